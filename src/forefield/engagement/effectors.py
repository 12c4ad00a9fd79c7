"""Abstract effectors: published reach, height, speed and hits, as intervals.

Kinds, no guidance, no interface to anything. Where reports disagree, and they do up to
eightfold, the interval is carried to the end. Every figure has its sources or says that
it is assumed; one with neither is refused. The shipped effectors stand at round
coordinates that are no real sites.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forefield.errors import InputError, nearest
from forefield.world.facts import table

__all__ = [
    "READINESS",
    "Band",
    "Effector",
    "Link",
    "default",
    "links",
    "named",
    "parse",
]

#: Readiness: able to act (after the kind's readiness_s), or not.
READINESS = ("ready", "standby", "down")

#: Figures of a kind, each an interval with its basis.
_FIGURES = (
    "reach_m",
    "height_m",
    "speed_mps",
    "reaction_s",
    "readiness_s",
    "look_s",
    "cost_eur",
)
_KIND_KEYS = {
    *_FIGURES, "title", "fires", "interceptor", "magazine", "magazine_basis", "p_hit",
}  # fmt: skip
_FIGURE_KEYS = {"low", "high", "basis", "sources", "assumption"}
_ROW_KEYS = {
    "id", "kind", "guard", "owner", "fires_from", "lat_deg", "lon_deg", "readiness",
    "magazine", "note", "sources", "assumption",
}  # fmt: skip


@dataclass(frozen=True)
class Band:
    """An interval of published or assumed figures; `mid` is its geometric middle."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.low <= self.high:
            raise InputError(f"An interval from {self.low} to {self.high} is none.")

    @property
    def mid(self) -> float:
        """sqrt(low x high) above 0: ranges differ by factors, not by sums."""
        return float((self.low * self.high) ** 0.5) if self.low > 0.0 else self.high / 2

    @property
    def three(self) -> tuple[float, float, float]:
        """Low, middle, high."""
        return self.low, self.mid, self.high


_NONE = Band(0.0, 0.0)


@dataclass(frozen=True)
class Effector:
    """One abstract effector.

    fires_from   ISO code of the country it fires from
    fires        "round" (a missile or shell flies there) or "pass" (an aircraft goes
                 there and stays: a second shot needs no second way)
    interceptor  which profile of falling pieces it leaves (data/debris.toml)
    reach_m      greatest distance from its place to the intercept
    reaction_s   from the crew's word to the launch; readiness_s comes before it
    look_s       from one shot to the verdict on it
    p_hit        (class column, interval) pairs; "other" for the rest
    """

    id: str
    kind: str
    owner: str
    lat_deg: float
    lon_deg: float
    reach_m: Band
    height_m: Band
    speed_mps: Band
    reaction_s: Band
    p_hit: tuple[tuple[str, Band], ...]
    magazine: int = 1
    readiness: str = "ready"
    fires_from: str = ""
    note: str = ""
    sources: tuple[str, ...] = ()
    readiness_s: Band = _NONE
    look_s: Band = Band(5.0, 20.0)
    cost_eur: Band = _NONE
    fires: str = "round"
    interceptor: str = "missile_medium"
    title: str = ""

    def hit(self, klass: str) -> Band:
        """The interval of its hit probability against a class column of `tracks`."""
        bands = dict(self.p_hit)
        return bands.get(klass, bands["other"])


@dataclass(frozen=True)
class Link:
    """One link between a yes and the crew: how long it takes [s], and why."""

    name: str
    delay_s: Band
    basis: str


def links() -> tuple[Link, ...]:
    """The shipped links of the chain from the word to the crew, in order."""
    rows = table("effectors")["chain"]["link"]
    return tuple(Link(r["name"], Band(*r["delay_s"]), r["basis"]) for r in rows)


def parse(raw: Mapping[str, Any], where: str) -> tuple[Effector, ...]:
    """Effectors of a parsed file; its [kind.*] add to, or replace, the shipped ones.

    where  the file's name, for the one line that says what is wrong with it

    Raises `InputError` for an unknown key or kind, an interval upside down, a place off
    the globe, and for a figure or an effector without a source that does not say that
    it is assumed.
    """
    kinds = {**table("effectors")["kind"], **raw.get("kind", {})}
    _known(raw, {"schema_version", "kind", "effector"}, where)
    rows = raw.get("effector", [])
    if not isinstance(rows, list) or not rows:
        raise InputError(f"{where}: no [[effector]]; write one, or leave the file out.")
    out = tuple(_one(row, kinds, where, k) for k, row in enumerate(rows, start=1))
    twice = _first_twice(e.id for e in out)
    if twice:
        raise InputError(f"{where}: effector id {twice!r} is used twice; rename one.")
    return out


def _first_twice(names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""


def _known(raw: Mapping[str, Any], keys: set[str], where: str) -> None:
    for key in raw:
        if key not in keys:
            close = nearest(key, keys)
            hint = f"did you mean {close!r}?" if close else f"known: {sorted(keys)}."
            raise InputError(f"{where}: unknown key {key!r}; {hint}")


def _sourced(raw: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """The sources of an entry; refused when it has none and assumes nothing."""
    sources = raw.get("sources", [])
    if not isinstance(sources, list) or not all(
        isinstance(s, str) and s.strip() for s in sources
    ):
        raise InputError(f"{where}: sources must be a list of texts.")
    if not sources and raw.get("assumption") is not True:
        raise InputError(
            f'{where} has no source; add sources = ["…"], or assumption = true.'
        )
    return tuple(sources)


def _band(raw: Any, where: str) -> tuple[Band, tuple[str, ...]]:
    if not isinstance(raw, dict):
        raise InputError(f"{where}: write a table with low, high, basis and sources.")
    _known(raw, _FIGURE_KEYS, where)
    sources = _sourced(raw, where)
    if not str(raw.get("basis", "")).strip():
        raise InputError(f"{where} has no basis; say in a line where it comes from.")
    return _pair((raw.get("low"), raw.get("high")), where), sources


def _pair(pair: Any, where: str) -> Band:
    try:
        low, high = (float(x) for x in pair)
    except (TypeError, ValueError):
        raise InputError(f"{where}: two numbers are wanted, low and high.") from None
    if not 0.0 <= low <= high < float("inf"):
        raise InputError(
            f"{where}: {low:g} to {high:g} is no interval of numbers from 0 up."
        )
    return Band(low, high)


def _kind(name: str, raw: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The checked figures of one kind: Effector fields, and its sources."""
    _known(raw, _KIND_KEYS, f"{where}: kind {name}")
    out: dict[str, Any] = {}
    sources: list[str] = []
    for figure in _FIGURES:
        at = f"{where}: kind {name}.{figure}"
        if figure not in raw:
            raise InputError(f"{at} is missing; write low, high, basis and sources.")
        out[figure], more = _band(raw[figure], at)
        sources += more
    at = f"{where}: kind {name}.p_hit"
    hits = raw.get("p_hit", {})
    sources += _sourced(hits, at)
    bands = {
        k: _pair(v, f"{at}.{k}")
        for k, v in hits.items()
        if k not in ("basis", "sources", "assumption")
    }
    if "other" not in bands or any(b.high > 1.0 for b in bands.values()):
        raise InputError(f"{at}: chances from 0 to 1 are wanted, and one for `other`.")
    out["p_hit"] = tuple(bands.items())
    if raw.get("fires") not in ("round", "pass"):
        raise InputError(f'{where}: kind {name}.fires is "round" or "pass".')
    profiles = table("debris")["interceptor"]
    if raw.get("interceptor") not in profiles:
        raise InputError(
            f"{where}: kind {name}.interceptor {raw.get('interceptor')!r} is no profile"
            f" of falling pieces; known: {', '.join(sorted(profiles))}."
        )
    out |= {k: raw[k] for k in ("fires", "interceptor")}
    out |= {"magazine": raw.get("magazine", 1), "title": str(raw.get("title", name))}
    out["sources"] = tuple(dict.fromkeys(sources))
    return out


def _one(
    row: Mapping[str, Any], kinds: Mapping[str, Any], where: str, n: int
) -> Effector:
    at = f"{where}: effector {row.get('id', n)!r}"
    _known(row, _ROW_KEYS, at)
    for key in ("id", "kind", "owner", "lat_deg", "lon_deg", "note"):
        if key not in row:
            raise InputError(f"{at} has no {key}; every effector needs one.")
    sources = _sourced(row, at)
    if row["kind"] not in kinds:
        close = nearest(str(row["kind"]), kinds)
        hint = f"did you mean {close!r}?" if close else f"known: {', '.join(kinds)}."
        raise InputError(f"{at}: no kind is called {row['kind']!r}; {hint}")
    readiness = row.get("readiness", "ready")
    if readiness not in READINESS:
        raise InputError(f"{at}: readiness is one of {', '.join(READINESS)}.")
    lat, lon = float(row["lat_deg"]), float(row["lon_deg"])
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        raise InputError(f"{at}: {lat:g}, {lon:g} is no latitude and longitude.")
    kind = _kind(row["kind"], kinds[row["kind"]], where)
    figures = {k: v for k, v in kind.items() if k not in ("magazine", "sources")}
    magazine = row.get("magazine", kind["magazine"])
    if not isinstance(magazine, int) or magazine < 0:
        raise InputError(f"{at}: magazine is a whole number from 0 up.")
    return Effector(
        id=str(row["id"]),
        kind=str(row["kind"]),
        owner=str(row["owner"]),
        fires_from=str(row.get("fires_from", row["owner"])),
        lat_deg=lat,
        lon_deg=lon,
        magazine=magazine,
        readiness=readiness,
        note=str(row["note"]),
        sources=(*sources, *kind["sources"]),
        **figures,
    )


def _shipped() -> list[tuple[str, Effector]]:
    data = table("effectors")
    return [
        (row["guard"], _one(row, data["kind"], "effectors", k))
        for k, row in enumerate(data["effector"], start=1)
    ]


def default(guard: str) -> tuple[Effector, ...]:
    """The shipped, illustrative effectors of a guarded country; none for others.

    >>> [e.id for e in default("PL")][:3]
    ['pl-ground-1', 'pl-patrol-1', 'pl-medium-1']
    """
    return tuple(e for iso, e in _shipped() if iso == guard)


def named(ids: Sequence[str]) -> tuple[Effector, ...]:
    """Shipped effectors by id; InputError with the nearest for an unknown one."""
    known = {e.id: e for _, e in _shipped()}
    for name in ids:
        if name not in known:
            close = nearest(name, known)
            hint = (
                f"did you mean {close!r}?" if close else f"known: {', '.join(known)}."
            )
            raise InputError(f"No effector is called {name!r}; {hint}")
    return tuple(known[name] for name in ids)
