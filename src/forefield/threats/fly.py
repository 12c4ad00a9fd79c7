"""`fly`: true flights of a raid or of a documented incident."""

from __future__ import annotations

import numpy as np

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.threats.classes import track_class
from forefield.threats.flights import Assumption, Flights, Flown
from forefield.threats.incidents import Told, recipe
from forefield.threats.plans import IncidentPlan, RaidPlan

__all__ = ["fly", "step_s"]

_STEP_S = {"ballistic": 1.0, "interceptor": 1.0, "cruise": 1.0, "jet_drone": 2.0}


def step_s(klass: str) -> float:
    """Seconds between the rows of a flight of an object class.

    1 s for missiles (250 m at most between rows of a cruise missile), 2 s for jet
    drones, 5 s for everything slower.
    """
    return _STEP_S.get(track_class(klass), 5.0)


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
    raise InputError(f"A {type(raid).__name__} cannot be flown yet.")


def _incident(plan: IncidentPlan, stream: Stream) -> Flown:
    told = recipe(plan.id).tell(dict(plan.facts), stream)
    parts = [_rows(t, plan.t0_s, plan.t1_s) for t in told.flights]
    flights = sort(Flights.concat([p for p in parts if len(p)]))
    return Flown(flights, (*told.assumptions, _END), told.phantoms)


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
