"""What truly happened at a border: entries, exits and ends of the true flights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from forefield.threats.flights import Flights
from forefield.world.borders import Border

__all__ = ["Passage", "each_flight", "passages"]


@dataclass(frozen=True)
class Passage:
    """One stay of one flight inside one guard.

    t_exit_s is NaN when the flight ended inside; `end` then says how. lat, lon: where
    the border was crossed; first_lat, first_lon: the first row inside.
    """

    flight_id: str
    guard: str
    t_enter_s: float
    t_exit_s: float
    lat_deg: float
    lon_deg: float
    first_lat_deg: float
    first_lon_deg: float
    via: str
    end: str
    t_end_s: float
    end_lat_deg: float
    end_lon_deg: float

    @property
    def until_s(self) -> float:
        """When the stay is over: the exit, or the end of a flight that ended inside."""
        return self.t_exit_s if np.isfinite(self.t_exit_s) else self.t_end_s


def each_flight(flights: Flights) -> Iterator[tuple[str, Flights]]:
    """The rows of each flight, in order of flight_id."""
    if not len(flights):
        return
    cuts = np.flatnonzero(flights.flight_id[1:] != flights.flight_id[:-1]) + 1
    edges = np.concatenate([[0], cuts, [len(flights)]])
    for a, b in pairwise(edges):
        yield str(flights.flight_id[a]), flights.take(slice(int(a), int(b)))


def passages(flights: Flights, border: Border) -> list[Passage]:
    """Every stay inside the guard, in order of time of entry.

    Between two rows a flight is straight in longitude and latitude and uniform in
    time; a flight that starts inside has entered at its first row.
    """
    found: list[Passage] = []
    if not len(flights):
        return found
    inside = border.inside(flights.lat_deg, flights.lon_deg)
    for name, rows in _with(flights, inside):
        f, within = rows
        state = np.concatenate([[False], within])
        starts = np.flatnonzero(~state[:-1] & state[1:])
        for i in starts:
            after = np.flatnonzero(~within[i:])
            j = int(i + after[0]) if after.size else -1
            found.append(_passage(name, f, border, int(i), j))
    return sorted(found, key=lambda p: (p.t_enter_s, p.flight_id))


def _with(
    flights: Flights, inside: np.ndarray
) -> Iterator[tuple[str, tuple[Flights, np.ndarray]]]:
    start = 0
    for name, f in each_flight(flights):
        yield name, (f, inside[start : start + len(f)])
        start += len(f)


def _passage(name: str, f: Flights, border: Border, i: int, j: int) -> Passage:
    def crossing(a: int) -> tuple[float, float, float, int]:
        c = border.crossing(
            f.lat_deg[a : a + 1],
            f.lon_deg[a : a + 1],
            f.lat_deg[a + 1 : a + 2],
            f.lon_deg[a + 1 : a + 2],
        )
        share = float(c.fraction[0]) if np.isfinite(c.fraction[0]) else 1.0
        t = float(f.t_s[a] + share * (f.t_s[a + 1] - f.t_s[a]))
        return t, float(c.lat_deg[0]), float(c.lon_deg[0]), int(c.neighbour[0])

    if i == 0:
        t_in, lat, lon, via = float(f.t_s[0]), f.lat_deg[0], f.lon_deg[0], -1
    else:
        t_in, lat, lon, via = crossing(i - 1)
    t_out = crossing(j - 1)[0] if j > 0 else float("nan")
    return Passage(
        flight_id=name,
        guard=border.iso,
        t_enter_s=t_in,
        t_exit_s=t_out,
        lat_deg=float(lat),
        lon_deg=float(lon),
        first_lat_deg=float(f.lat_deg[i]),
        first_lon_deg=float(f.lon_deg[i]),
        via=border.neighbours[via] if via >= 0 else "",
        end=str(f.end[-1]),
        t_end_s=float(f.t_s[-1]),
        end_lat_deg=float(f.lat_deg[-1]),
        end_lon_deg=float(f.lon_deg[-1]),
    )
