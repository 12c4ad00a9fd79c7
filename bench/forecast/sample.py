"""Flights of every behaviour family, as tracks with what became of them.

One family at a time is flown until enough of its flights have entered the guard;
all of these are kept, and of the others a number drawn at random (weighted
sampling: the share that enters is set, not natural). Half of the tracks carry a
radar's errors, half are exact; half begin where a sensor might first have seen the
object, half at the start of the night.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from forefield.chance import Stream
from forefield.columns import Bool, Floats, Ints, Texts
from forefield.threats import raids
from forefield.threats.classes import track_class
from forefield.threats.families import FAMILIES
from forefield.threats.flights import Flights
from forefield.threats.fly import fly
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.borders import Border, guard

__all__ = ["NAMES", "Sample", "family_flights", "sample"]

#: Families that are flown here; a ballistic arc is one behaviour in every role.
NAMES = tuple(n for n in FAMILIES if n != "ballistic_arc")

_COUNTS = {"shahed136_geran2": 300, "gerbera": 100, "geran3": 150, "kh101_kh555": 300,
           "kalibr": 150}  # fmt: skip
_SAM = {"stray_interceptor": 1000}
_DAY_S = 86_400.0
EVERY_S = 10.0
SIGMA_POS_M, SIGMA_VEL_MPS = 150.0, 2.0


@dataclass(frozen=True)
class Sample:
    """Tracks of one family or several. N rows, F flights.

    tracks     every row of every flight, by flight and time; track_id is the flight
    t_enter_s  (N,) seconds until the guard's border is crossed; inf: never
    left_s     (N,) seconds until it was lost from view; inf: followed to its end
    dist_m     (N,) to the guard; 0 inside
    asked      (N,) rows to be forecast: outside, one a minute
    family     (N,) its family; flown under the name of the guard
    """

    tracks: Tracks
    t_enter_s: Floats
    left_s: Floats
    dist_m: Floats
    asked: Bool
    family: Texts

    def take(self, rows: Ints) -> Sample:
        return Sample(
            self.tracks.take(rows), self.t_enter_s[rows], self.left_s[rows],
            self.dist_m[rows], self.asked[rows], self.family[rows],
        )  # fmt: skip

    @classmethod
    def concat(cls, parts: list[Sample]) -> Sample:
        return cls(
            Tracks.concat([p.tracks for p in parts]),
            *(
                np.concatenate([getattr(p, n) for p in parts])
                for n in ("t_enter_s", "left_s", "dist_m", "asked", "family")
            ),
        )


def family_flights(
    name: str, iso: str, seed: int, most_nights: int = 40
) -> Iterator[Flights]:
    """Nights of one family alone; ids unique over nights."""
    kind = FAMILIES[name]
    for k in range(most_nights):
        stream = Stream(seed, "forecast-sample", name, iso, k)
        raid = raids.plan(
            name=f"{name}-{iso}-{k}",
            date="2024-03-24",
            guard=iso,
            t0_s=1_711_247_400.0 + _DAY_S * k,
            minutes=75.0,
            counts=_SAM if name == "stray_interceptor" else _COUNTS,
            behaviours={name: 1.0},
            headed_to_guard=0.12 if kind.takes_target else 0.0,
            west_share=0.7,
            stream=stream,
        )
        flights = fly(raid, stream).flights
        ids = np.array([f"{name}/{iso}/{k}/{i}" for i in flights.flight_id])
        yield replace(flights, flight_id=ids)


def _crossings(
    flights: Flights, border: Border
) -> tuple[Ints, Ints, Bool, Floats, Floats]:
    """Bounds of each flight, inside, seconds to entry and to being lost."""
    _, first = np.unique(flights.flight_id, return_index=True)
    first = np.sort(first)
    stop = np.append(first[1:], len(flights))
    near = (flights.lat_deg > 40.0) & (flights.lat_deg < 60.0)
    inside = np.zeros(len(flights), dtype=bool)
    inside[near] = border.inside(flights.lat_deg[near], flights.lon_deg[near])
    t_in, left = np.full((2, len(flights)), np.inf)
    for a, b in zip(first, stop, strict=True):
        when = np.where(inside[a:b], flights.t_s[a:b], np.inf)[::-1]
        t_in[a:b] = np.minimum.accumulate(when)[::-1] - flights.t_s[a:b]
        if flights.end[a] == "lost":
            left[a:b] = flights.t_s[b - 1] - flights.t_s[a:b]
    return first, stop, inside, t_in, left


def sample(
    name: str,
    iso: str = "PL",
    *,
    seed: int = 1,
    entering: int = 320,
    others: int = 1300,
    noisy: float = 0.5,
    number0: int = 0,
) -> Sample:
    """`entering` flights of a family that enter the guard, and `others` that do not."""
    border = guard(iso)
    hits: list[tuple[Flights, Ints, Floats, Floats, Bool]] = []
    misses: list[tuple[Flights, Ints, Floats, Floats, Bool]] = []
    rng = Stream(seed, "forecast-sample", name, iso, "keep").generator()
    for flights in family_flights(name, iso, seed):
        first, stop, inside, t_in, left = _crossings(flights, border)
        for a, b in zip(first, stop, strict=True):
            if b - a < 8 or inside[a]:
                continue
            entry = (flights, np.arange(a, b), t_in[a:b], left[a:b], inside[a:b])
            (hits if inside[a:b].any() else misses).append(entry)
        if len(hits) >= entering and len(misses) >= others:
            break
    keep = rng.permutation(len(misses))[: others * min(1, len(hits))]
    chosen = hits[:entering] + [misses[i] for i in np.sort(keep)[:others]]
    parts = []
    for number, (flights, rows, t_in, left, inside) in enumerate(chosen):
        parts.append(
            _as_track(
                flights,
                rows,
                t_in,
                left,
                inside,
                border,
                rng,
                number0 + number + 1,
                noisy,
                name,
            )
        )
    return Sample.concat([p for p in parts if p is not None])


def _as_track(
    flights: Flights,
    rows: Ints,
    t_in: Floats,
    left: Floats,
    inside: Bool,
    border: Border,
    rng: np.random.Generator,
    number: int,
    noisy: float,
    name: str,
) -> Sample | None:
    """One flight as a track, from where it is first seen until it enters."""
    end = int(np.argmax(inside)) if inside.any() else len(rows)
    t = flights.t_s[rows]
    ve = np.gradient(flights.lon_deg[rows], t) * 111_320.0
    ve *= np.cos(np.radians(flights.lat_deg[rows]))
    vn = np.gradient(flights.lat_deg[rows], t) * 111_250.0
    keep = np.flatnonzero(
        np.append(True, np.floor(t[1:] / EVERY_S) != np.floor(t[:-1] / EVERY_S))
    )
    keep = keep[keep < end]
    first_seen, plain, errors = rng.uniform(size=3)
    if first_seen < 0.5 and len(keep) > 12:
        keep = keep[int(plain * (len(keep) - 6)) :]
    if len(keep) < 3:
        return None
    lat, lon = flights.lat_deg[rows][keep], flights.lon_deg[rows][keep]
    ve, vn = ve[keep], vn[keep]
    exact = errors >= noisy
    z = rng.normal(size=(4, len(keep)))
    if not exact:
        lat = lat + SIGMA_POS_M * z[0] / 111_250.0
        lon = lon + SIGMA_POS_M * z[1] / (111_320.0 * np.cos(np.radians(lat)))
        ve, vn = ve + SIGMA_VEL_MPS * z[2], vn + SIGMA_VEL_MPS * z[3]
    p = np.zeros((len(keep), len(CLASSES)))
    p[:, CLASSES.index(track_class(str(flights.klass[rows[0]])))] = 0.9
    p[:, CLASSES.index("unknown")] = 0.1
    tracks = Tracks.build(
        len(keep), t_s=t[keep], track_id=np.full(len(keep), number), lat_deg=lat,
        lon_deg=lon, alt_m=flights.alt_m[rows][keep], v_east_mps=ve, v_north_mps=vn,
        v_up_mps=0.0, sigma_pos_m=30.0 if exact else SIGMA_POS_M * 2**0.5,
        sigma_vel_mps=0.7 if exact else SIGMA_VEL_MPS * 2**0.5, p_exist=1.0,
        p_class=p, t_seen_s=t[keep],
        source_id=np.full(len(keep), flights.flight_id[rows[0]]),
    )  # fmt: skip
    outside = ~border.inside(lat, lon)
    minute = np.append(
        True, np.floor(t[keep][1:] / 60.0) != np.floor(t[keep][:-1] / 60.0)
    )
    return Sample(
        tracks, t_in[keep], left[keep], border.distance_m(lat, lon),
        outside & minute & (np.arange(len(keep)) > 0),
        np.full(len(keep), name),
    )  # fmt: skip
