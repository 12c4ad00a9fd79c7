"""`fly`: true flights of a raid or of a documented incident."""

from __future__ import annotations

import numpy as np

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.threats import raids
from forefield.threats.classes import track_class
from forefield.threats.families import default_mix
from forefield.threats.flights import Assumption, Flights, Flown
from forefield.threats.incidents import Told, recipe
from forefield.threats.nights import NIGHTS, beside_counts
from forefield.threats.plans import IncidentPlan, RaidPlan
from forefield.threats.sorties import fly_raid, row_step_s
from forefield.world.borders import Border, guard

__all__ = ["fly", "step_s"]


def step_s(klass: str) -> float:
    """Seconds between the rows of a flight of an object class, in a raid.

    1 s for ballistic missiles and interceptors, 2 s for cruise missiles and jet
    drones, 5 s for everything slower. Reconstructed flights have 1 s throughout
    for everything faster than a propeller drone.

    >>> step_s("gerbera")
    5.0
    """
    return row_step_s(track_class(klass))


def fly(raid: RaidPlan | IncidentPlan, stream: Stream) -> Flown:
    """The true flights of a plan, with every assumption behind them.

    Rows are sorted by flight_id, then t_s, and lie `step_s` apart; the last row of
    a flight is where it ends. `end` is "lost" for a flight that is still in the
    air when the window closes, or whose end nobody knows: treat it as censored.
    Heights stand on a flat ground. Draws are keyed by identity: an object more or
    less disturbs no other.
    """
    if isinstance(raid, IncidentPlan):
        return _incident(raid, stream["incident", raid.id])
    if not isinstance(raid, RaidPlan):
        raise InputError(
            f"A {type(raid).__name__} cannot be flown: hand over a RaidPlan or an "
            "IncidentPlan."
        )
    return _raid(raid, stream["raid", raid.name])


def _raid(raid: RaidPlan, stream: Stream) -> Flown:
    flown = fly_raid(raid, stream)
    mix = ", ".join(f"{name} {share:.1%}" for name, share in raid.behaviours)
    notes = [Assumption(*note) for note in raid.notes]
    notes += [
        Assumption(
            "what is simulated",
            f"{flown.airborne} flights of {flown.total} objects within "
            f"{raid.minutes:.0f} minutes",
            "the whole raid is flown in one window, as if its arrivals fell together; "
            "objects far from the guard fly too and may be outside every sensor's "
            "reach; those launched later are left out",
            _MODEL,
        ),
        Assumption(
            "behaviours", mix, "how often each is met is not known: assumed", _MODEL
        ),
        Assumption(
            "headed to the guard",
            f"{raid.headed_to_guard:.1%} of the objects; {flown.headed} drawn",
            "assumed; nobody has published such a share",
            _MODEL,
        ),
        Assumption(
            "targets",
            f"towns of Ukraine by people; {raid.west_share:.0%} near the guard",
            "assumed; the families at the border always have theirs near it",
            _MODEL,
        ),
        Assumption(
            "launch areas",
            "four broad sectors: east, south-east, Black Sea, north",
            "generic; no site is meant",
            _MODEL,
        ),
        Assumption(
            "speeds and heights",
            "drawn over the whole published interval of each class",
            "published figures disagree; heights stand on a flat ground",
            "data/object_classes.toml",
        ),
        _END,
    ]
    return Flown(flown.flights, tuple(notes))


def _incident(plan: IncidentPlan, stream: Stream) -> Flown:
    told = recipe(plan.id).tell(dict(plan.facts), stream)
    parts = [_rows(t, plan.t0_s, plan.t1_s) for t in told.flights]
    beside, notes = _beside(plan, stream["beside"])
    flights = sort(Flights.concat([p for p in (*parts, beside) if len(p)]))
    return Flown(flights, (*told.assumptions, *notes, _END), told.phantoms)


#: The rest of that night is flown where it comes this near to the guard.
_BESIDE_M = 400_000.0


def _beside(
    plan: IncidentPlan, stream: Stream
) -> tuple[Flights, tuple[Assumption, ...]]:
    """That night's raid near the guard: drawn like any raid, but none may enter."""
    if not plan.background:
        return Flights.empty(), ()
    night = NIGHTS.get(plan.id)
    counts = beside_counts(plan.id, plan.date, plan.background)
    raid = raids.plan(
        name="night",
        date=plan.date,
        guard=plan.guards[0],
        t0_s=plan.t0_s,
        minutes=(plan.t1_s - plan.t0_s) / 60.0,
        counts=counts,
        headed_to_guard=0.0,
        west_share=1.0,
        behaviours=dict(default_mix()),
    )
    borders = tuple(guard(iso) for iso in plan.guards)
    flown = near(fly_raid(raid, stream, keep_out=borders).flights, borders[0])
    n = len(np.unique(flown.flight_id))
    launched = (
        f"{night.missiles} missiles and {night.drones} drones launched that night"
        if night
        else "how many were launched that night is not in the facts"
    )
    note = Assumption(
        "the rest of that night",
        f"{n} further objects within {_BESIDE_M / 1000:.0f} km of the guard, none of "
        "which enters it",
        f"{launched}; how many came near is not known: assumed",
        night.source if night else _MODEL,
    )
    return flown, (note,)


def near(flights: Flights, border: Border) -> Flights:
    """Each flight from where it first comes within reach of the guard."""
    if not len(flights):
        return flights
    first = np.append(True, flights.flight_id[1:] != flights.flight_id[:-1])
    number = np.cumsum(first) - 1
    begin = np.flatnonzero(first)
    # Every twelfth row of a flight is asked: half a minute of a cruise missile.
    asked = np.flatnonzero((np.arange(len(flights)) - begin[number]) % 12 == 0)
    close = asked[
        border.distance_m(flights.lat_deg[asked], flights.lon_deg[asked]) < _BESIDE_M
    ]
    since = np.full(len(begin), len(flights))
    np.minimum.at(since, number[close], close)
    kept = flights.take(np.arange(len(flights)) >= since[number])
    ids, rows = np.unique(kept.flight_id, return_counts=True)
    return kept.take(np.isin(kept.flight_id, ids[rows >= 2]))


_MODEL = "Forefield's model of a raid"

_END = Assumption(
    "end of the record",
    "flights are cut at the end of the window",
    "a flight still in the air then is marked 'lost' and counts as censored",
    "Forefield's reconstruction",
)


def sort(flights: Flights) -> Flights:
    """Sorted by flight_id, then t_s."""
    order = np.lexsort((flights.t_s, flights.flight_id))
    return flights.take(order)


def _rows(told: Told, t0_s: float, t1_s: float) -> Flights:
    """A solved path as rows: whole multiples of the step, and its very end."""
    path, v = told.solved.path, told.solved.speed_mps
    in_m = min(told.solved.in_m, path.length_m)
    start = max(t0_s, told.t_in_s - in_m / v)
    last = told.t_in_s + (path.length_m - in_m) / v
    stop, step = min(t1_s, last), step_s(told.klass)
    step = step if step > 2.0 else 1.0
    t = np.arange(np.ceil(start / step) * step, stop, step)
    t = np.append(t[t < stop - 1e-3], stop)
    lat, lon, alt = path.at(in_m + (t - told.t_in_s) * v)
    return Flights.build(
        len(t),
        t_s=t,
        flight_id=told.flight_id,
        lat_deg=lat,
        lon_deg=lon,
        alt_m=alt,
        klass=told.klass,
        intent=told.intent,
        end=told.end if last <= t1_s else "lost",
        family=told.family,
    )
