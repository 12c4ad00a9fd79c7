"""Object classes: what flies, how fast, how high, how far, and on whose word.

The figures are intervals from public reporting, shipped in
`data/object_classes.toml` with their sources. They are wide on purpose: a
simulation draws from the whole interval and quotes none of it as measured.
Each class belongs to one class column of `tracks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from forefield.errors import InputError, nearest
from forefield.world.facts import table

__all__ = [
    "MISSILE_OR_UAV",
    "TRACK_CLASSES",
    "Interval",
    "ObjectClass",
    "altitude_band_m",
    "classes",
    "get",
    "of_track_class",
    "speed_band_mps",
    "top_speed_mps",
    "track_class",
]

#: Classes that the words "missiles and UAVs" of the 2024 clause cover.
MISSILE_OR_UAV = ("cruise", "ballistic", "drone", "jet_drone", "decoy")

#: The class columns of `tracks`, in their order there.
TRACK_CLASSES = (
    "cruise",
    "ballistic",
    "drone",
    "jet_drone",
    "decoy",
    "aircraft",
    "interceptor",
    "civil",
    "balloon",
    "bird",
    "unknown",
)

GENERAL = "general knowledge, unverified"


@dataclass(frozen=True)
class Interval:
    """A closed interval, and what it rests on.

    `assumed` is true where no page says it and the number is ours.
    """

    low: float
    high: float
    basis: str
    assumed: bool = False

    @property
    def middle(self) -> float:
        return 0.5 * (self.low + self.high)


@dataclass(frozen=True)
class ObjectClass:
    """One class of object_classes.toml.

    speed_mps   cruise ground speed
    altitude_m  height above ground while cruising (ballistic: whole flight)
    range_km    how far it flies
    """

    id: str
    code: str  # three letters, for flight_id
    label: str
    track_class: str
    speed_mps: Interval
    altitude_m: Interval
    range_km: float
    range_basis: str
    behaviour: str
    sources: tuple[str, ...]


# Kh-22 is no ballistic missile, but flies like none of the other columns: high and
# at 1 km/s. The Tu-141 is an old jet with the speed and height of a cruise missile.
_COLUMN = {
    "kh101_kh555": "cruise",
    "kh22_kh32": "ballistic",
    "kalibr": "cruise",
    "iskander_k": "cruise",
    "iskander_m": "ballistic",
    "kinzhal": "ballistic",
    "zircon": "ballistic",
    "shahed136_geran2": "drone",
    "gerbera": "decoy",
    "geran3": "jet_drone",
    "ukrainian_long_range": "drone",
    "tu141": "cruise",
    "orlan10": "drone",
    "stray_interceptor": "interceptor",
    "unknown": "unknown",
}

_CODE = {
    "kh101_kh555": "khc",
    "kh22_kh32": "khs",
    "kalibr": "kal",
    "iskander_k": "isk",
    "iskander_m": "ism",
    "kinzhal": "kin",
    "zircon": "zir",
    "shahed136_geran2": "sha",
    "gerbera": "ger",
    "geran3": "gjt",
    "ukrainian_long_range": "ukr",
    "tu141": "tuj",
    "orlan10": "orl",
    "stray_interceptor": "sam",
    "unknown": "unk",
}

# What the shipped table leaves open. Ours, wide, and marked as assumed.
_ASSUMED_SPEED = {
    "stray_interceptor": (300.0, 1100.0),
    "unknown": (25.0, 250.0),
}
_ASSUMED_ALTITUDE = {
    "stray_interceptor": (0.0, 20_000.0),
    "unknown": (30.0, 3500.0),
}
_ASSUMED_RANGE_KM = {"unknown": 600.0}

# Columns of `tracks` that no class of the table fills: things that fly there anyway.
_OTHERS: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "aircraft": ((60.0, 600.0), (100.0, 15_000.0)),
    "civil": ((50.0, 270.0), (300.0, 13_000.0)),
    "balloon": ((0.0, 30.0), (100.0, 15_000.0)),
    "bird": ((4.0, 25.0), (20.0, 3000.0)),
}


def _interval(
    row: dict[str, Any],
    stem: str,
    basis: str,
    name: str,
    assumed: dict[str, tuple[float, float]],
) -> Interval:
    if f"{stem}_min" in row:
        return Interval(
            float(row[f"{stem}_min"]), float(row[f"{stem}_max"]), str(row[basis])
        )
    low, high = assumed[name]
    return Interval(low, high, f"assumed; {GENERAL}", assumed=True)


@cache
def classes() -> dict[str, ObjectClass]:
    """Every class of the shipped table by its id, in the table's order."""
    out = {}
    for name, row in table("object_classes")["class"].items():
        reach = row.get("range_km", _ASSUMED_RANGE_KM.get(name, 0.0))
        out[name] = ObjectClass(
            id=name,
            code=_CODE[name],
            label=str(row["label"]),
            track_class=_COLUMN[name],
            speed_mps=_interval(
                row, "cruise_speed_mps", "speed_basis", name, _ASSUMED_SPEED
            ),
            altitude_m=_interval(
                row, "altitude_m", "altitude_basis", name, _ASSUMED_ALTITUDE
            ),
            range_km=float(reach),
            range_basis=str(row.get("range_basis", f"assumed; {GENERAL}")),
            behaviour=str(row.get("behaviour", "")),
            sources=tuple(row.get("sources", ())),
        )
    return out


def get(name: str) -> ObjectClass:
    """One class; `InputError` with the nearest known name otherwise.

    >>> get("shahed136_geran2").speed_mps.high
    56.0
    """
    known = classes()
    if name not in known:
        close = nearest(name, known)
        hint = f" (did you mean {close!r}?)" if close else ""
        raise InputError(
            f"No object class is named {name!r}{hint}; known: {', '.join(known)}."
        )
    return known[name]


def track_class(name: str) -> str:
    """The class column of `tracks` that an object class belongs to.

    >>> track_class("kalibr")
    'cruise'
    """
    return get(name).track_class


def of_track_class(column: str) -> tuple[ObjectClass, ...]:
    """The object classes behind one class column of `tracks`; may be empty."""
    if column not in TRACK_CLASSES:
        close = nearest(column, TRACK_CLASSES)
        hint = f" (did you mean {close!r}?)" if close else ""
        raise InputError(
            f"Tracks have no class {column!r}{hint}; known: {', '.join(TRACK_CLASSES)}."
        )
    return tuple(c for c in classes().values() if c.track_class == column)


def _band(column: str, stem: str, other: int) -> Interval:
    members = of_track_class(column)
    if not members:
        low, high = _OTHERS[column][other]
        return Interval(low, high, f"assumed; {GENERAL}", assumed=True)
    parts: list[Interval] = [getattr(c, stem) for c in members]
    return Interval(
        min(p.low for p in parts),
        max(p.high for p in parts),
        "hull of " + ", ".join(c.id for c in members),
        assumed=all(p.assumed for p in parts),
    )


@cache
def speed_band_mps(column: str) -> Interval:
    """Cruise speeds of a class column of `tracks`: the hull over its classes."""
    return _band(column, "speed_mps", 0)


@cache
def altitude_band_m(column: str) -> Interval:
    """Heights of a class column of `tracks`: the hull over its classes."""
    return _band(column, "altitude_m", 1)


def top_speed_mps(column: str) -> float:
    """The greatest speed that a class column of `tracks` allows [m/s].

    The reachable set of the verification protocol is drawn with it.

    >>> top_speed_mps("drone")
    60.0
    """
    return speed_band_mps(column).high
