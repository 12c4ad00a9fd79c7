"""The recipes: one function for each documented incident that can be flown."""

from __future__ import annotations

from typing import Any

from forefield.chance import Stream
from forefield.threats.classes import get
from forefield.threats.flights import Assumption
from forefield.threats.incidents import Recipe, Retold, Told, place_of, utc_s
from forefield.threats.phantoms import Phantoms
from forefield.threats.reconstruct import Clip, Place, Solved, clip
from forefield.world.borders import guard

__all__ = ["RECIPES", "REFUSED"]

HERE = "Forefield's reconstruction"


def _source(facts: dict[str, Any]) -> str:
    return f"data/incidents.toml, {facts['id']}; {facts['sources'][0]}"


def _point(solved: Solved, way_m: float) -> str:
    import numpy as np

    lat, lon, _ = solved.path.at(np.array([way_m]))
    return f"{lat[0]:.4f} N {lon[0]:.4f} E"


def _drawn(facts: dict[str, Any], solved: Solved, inside_s: float) -> list[Assumption]:
    """What every clip or reach leaves open, with what was drawn."""
    source = _source(facts)
    out = [
        Assumption(
            "speed",
            f"{solved.speed_mps:.1f} m/s",
            "drawn in the reported or published band so that the time inside fits",
            source,
        ),
        Assumption(
            "entry point",
            _point(solved, solved.in_m),
            "officials publish no point; drawn on the exact border within the radius "
            "of the estimate",
            source,
        ),
        Assumption(
            "way to the border",
            f"{solved.in_m / 1000:.0f} km of it flown",
            "not published; way-points drawn in wide discs along a plausible approach",
            HERE,
        ),
        Assumption(
            "depth inside",
            f"{solved.depth_m / 1000:.2f} km",
            "follows from the path that was solved",
            source,
        ),
        Assumption(
            "heights",
            "as reported, the same all the way; above a flat ground",
            "only one figure is published and the model carries no terrain",
            source,
        ),
        Assumption(
            "first contact",
            "none assumed: whoever has it in reach may see it",
            "the time of first radar contact is not published",
            HERE,
        ),
    ]
    if solved.out_m < float("inf"):
        out.append(
            Assumption(
                "exit point",
                _point(solved, solved.out_m),
                f"solved: {inside_s:.0f} s inside to the second",
                source,
            )
        )
    return out


def _oserdow(facts: dict[str, Any], stream: Stream) -> Retold:
    pl = guard("PL")
    reported = facts["speed_kmh_reported"] / 3.6
    case = Clip(
        border=pl,
        via="UA",
        entry=place_of(facts, "entry"),
        exit=place_of(facts, "exit"),
        inside_s=float(facts["duration_s"]),
        speed_mps=(0.95 * reported, 1.05 * reported),
        depth_m=(1000.0, 1000.0 * facts["depth_km"]),
        path_m=(0.0, 20_000.0),
        radius_m=1600.0,
        alt_m=float(facts["altitude_m_reported"]),
        before_s=2100.0,
        origins=(
            Place(50.45, 25.6, 30e3),
            Place(50.6, 29.0, 80e3),
            Place(50.9, 33.5, 80e3),
        ),
        onward=Place(49.26, 23.85, 15e3),
        south_west_deg=(50.4186, 23.99),
    )
    solved = clip(case, stream["clip"])
    source = _source(facts)
    notes = [
        *_drawn(facts, solved, case.inside_s),
        Assumption(
            "speed band",
            f"{case.speed_mps[0]:.0f}-{case.speed_mps[1]:.0f} m/s",
            "the reported 800 km/h is a round figure; 5 % either way",
            source,
        ),
        Assumption(
            "exit side",
            "south of the village, up to 6 km west of it",
            "the report says south-east; with the mapped border no flight of this "
            "speed and time stays within 2 km depth and turns that tightly. The exit "
            "lies within the published radius of the estimate",
            source,
        ),
        Assumption(
            "tightest turn",
            f"{reported**2 / case.radius_m / 9.81:.1f} g",
            "assumed limit of the lateral acceleration (radius 1.6 km)",
            HERE,
        ),
        Assumption(
            "where it went",
            "a target near Stryi, Lviv oblast",
            "its target is not published; western Ukraine was struck that morning",
            HERE,
        ),
    ]
    told = Told(
        f"{facts['id']}:1",
        solved,
        utc_s(facts["entry_time_utc"]),
        facts["object_class"],
        "UA: western Ukraine (assumed)",
        "target",
        "smooth_curves",
    )
    return Retold((told,), tuple(notes), Phantoms.empty())


def _entry_to_exit(facts: dict[str, Any]) -> tuple[float, float]:
    t = utc_s(facts["entry_time_utc"])
    return t, t + float(facts["duration_s"])


RECIPES: dict[str, Recipe] = {
    r.id: r
    for r in (
        Recipe(
            "pl-2024-03-24-oserdow",
            ("PL",),
            "clip: in and out again, solved for 39 s inside",
            _entry_to_exit,
            2100.0,
            600.0,
            8,
            _oserdow,
        ),
    )
}

#: Why the rest are refused, where the general reasons of `why_not` do not tell it.
REFUSED: dict[str, str] = {}
_ = get
