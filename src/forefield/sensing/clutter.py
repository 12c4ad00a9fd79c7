"""False plots: uniform noise, and echoes that several radars share.

Uniform clutter is a Poisson number of plots per scan, uniform over the area covered.
Correlated clutter comes from *sources* that exist in the world whether or not a radar
looks: flocks of birds, balloons on the wind, wind farms, and patches of ground lit by
anomalous propagation. A source is a slow flight of its own, so two radars that list
its kind both report it, at one place, each with its own noise.

How many: a sensor's entry `(kind, rate)` in `Sensor.clutter` asks for `rate` sources
alive in its circle of `max_range_m` at any moment. Sources are the points of one
Poisson process over place, birth and a mark; a sensor sees those whose mark is below
its density. So a second sensor, or a higher rate, adds sources and moves none.

Every figure of `KINDS` is an assumption, chosen from the ordinary behaviour of such
echoes, not measured on any radar.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forefield.chance import Stream
from forefield.errors import InputError, nearest
from forefield.sensing.detections import Sensor

__all__ = ["KINDS", "Kind", "Sources", "poisson", "sources"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """How one kind of clutter source lives and looks. All figures are assumptions."""

    speed_mps: tuple[float, float]
    alt_m: tuple[float, float]  # above ground
    life_s: tuple[float, float]
    p_detect: float
    scatter_m: float
    range_rate_mps: float  # spread of the echo's own Doppler
    over_horizon: bool
    echoes: int  # reflectors of one source
    radius_m: float  # they lie within this distance of it
    about: str


KINDS: dict[str, Kind] = {
    "flock": Kind(
        (8.0, 22.0), (50.0, 1500.0), (900.0, 5400.0), 0.55, 250.0, 4.0, False, 1, 0.0,
        "birds; headings as of a migration night, speeds of a drone at the slow end",
    ),
    "balloon": Kind(
        (4.0, 25.0), (1500.0, 9000.0), (5400.0, 14400.0), 0.7, 60.0, 1.0, False, 1,
        0.0, "free balloons on the wind, such as smugglers' over the Belarus border",
    ),
    "wind_farm": Kind(
        (0.0, 0.0), (80.0, 200.0), (86400.0, 86400.0), 0.3, 900.0, 30.0, False, 1, 0.0,
        "turbines: fixed place, flickering, any Doppler from turning blades",
    ),
    "anomalous_propagation": Kind(
        (0.0, 0.0), (0.0, 200.0), (600.0, 2700.0), 0.25, 150.0, 1.0, True, 40,
        25_000.0, "ground seen over the horizon while a duct lasts",
    ),
}  # fmt: skip

_SLOT_S = 21_600.0  # births are drawn by slots of this length
_GROUND_M = 200.0  # of the lowlands, above the ellipsoid: assumption
_CELL_DEG = 2.0
_LAYER_PER_M2 = 1e-11  # one layer of marks: about one source in 100 000 km²


@dataclass(frozen=True)
class Sources:
    """Clutter sources as straight slow flights of two points each.

    mark_per_m2  a sensor whose density is above the mark sees the source
    """

    kind: NDArray[np.str_]
    name: NDArray[np.str_]
    t_s: Floats  # (N, 2)
    lat_deg: Floats  # (N, 2)
    lon_deg: Floats  # (N, 2)
    alt_m: Floats  # (N, 2)
    mark_per_m2: Floats
    id_hash: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.kind)


def poisson(mean: Floats | float, u: Floats) -> NDArray[np.int64]:
    """Poisson counts from uniforms by inversion: one draw, one count. Broadcasts."""
    from scipy.special import pdtr

    lam, v = np.broadcast_arrays(np.asarray(mean, float), np.asarray(u, float))
    top = int(float(np.max(lam, initial=0.0)) * 1.5) + 30
    below = pdtr(np.arange(top), lam[..., None]) < v[..., None]
    return np.asarray(below.sum(axis=-1), dtype=np.int64)


def _density(sensor: Sensor, rate: float) -> float:
    return rate / (math.pi * sensor.max_range_m**2)


def sources(
    sensors: Sequence[Sensor], stream: Stream, *, t0_s: float, t1_s: float
) -> Sources:
    """The sources that any of the sensors can see between two times."""
    parts: list[Sources] = []
    wanted: dict[str, list[tuple[Sensor, float]]] = {}
    for s in sensors:
        for kind, rate in s.clutter:
            if kind not in KINDS:
                close = nearest(kind, KINDS)
                hint = f"; did you mean {close!r}?" if close else ""
                raise InputError(
                    f"Sensor {s.id}: unknown clutter kind {kind!r}{hint} "
                    f"Known: {', '.join(KINDS)}."
                )
            if rate > 0.0:
                wanted.setdefault(kind, []).append((s, _density(s, rate)))
    for kind in KINDS:
        if kind in wanted:
            parts += _of_kind(kind, wanted[kind], stream, t0_s, t1_s)
    return _joined(parts)


def _joined(parts: Sequence[Sources]) -> Sources:
    if not parts:
        none, two = np.zeros(0), np.zeros((0, 2))
        empty = np.zeros(0, dtype="<U1")
        return Sources(
            empty, empty, two, two, two, two, none, np.zeros(0, dtype=np.uint64)
        )
    return Sources(
        *(
            np.concatenate([getattr(p, f) for p in parts])
            for f in Sources.__dataclass_fields__
        )
    )


def _of_kind(
    kind: str,
    wanted: Sequence[tuple[Sensor, float]],
    stream: Stream,
    t0_s: float,
    t1_s: float,
) -> list[Sources]:
    k = KINDS[kind]
    here = stream["clutter", kind]
    mean_life = 0.5 * (k.life_s[0] + k.life_s[1])
    n_layers = math.ceil(max(d for _, d in wanted) / _LAYER_PER_M2)
    # Cells within reach of any sensor that lists the kind, plus a drift's length.
    drift = k.speed_mps[1] * k.life_s[1] / 111_000.0 + k.radius_m / 111_000.0
    cells: set[tuple[int, int]] = set()
    for s, _ in wanted:
        at = s.path or ((0.0, s.lat_deg, s.lon_deg, s.alt_m),)
        for _, lat, lon, _ in at:
            dlat = s.max_range_m / 111_000.0 + drift
            dlon = dlat / max(0.2, math.cos(math.radians(lat)))
            for iy in range(
                math.floor((lat - dlat) / _CELL_DEG),
                math.floor((lat + dlat) / _CELL_DEG) + 1,
            ):
                for ix in range(
                    math.floor((lon - dlon) / _CELL_DEG),
                    math.floor((lon + dlon) / _CELL_DEG) + 1,
                ):
                    cells.add((iy, ix))
    at_cells = np.array(sorted(cells), dtype=np.int64)
    slots = np.arange(
        math.floor((t0_s - k.life_s[1]) / _SLOT_S), math.floor(t1_s / _SLOT_S) + 1
    )
    grid = np.stack(
        [
            g.ravel()
            for g in np.meshgrid(
                np.arange(len(at_cells)), slots, np.arange(n_layers), indexing="ij"
            )
        ]
    )
    cy, cx = at_cells[grid[0], 0], at_cells[grid[0], 1]
    slot, layer = grid[1], grid[2]
    cell_id = (cy + 90) * 1024 + (cx + 180)
    mid = np.radians((cy + 0.5) * _CELL_DEG)
    area = (_CELL_DEG * 111_195.0) ** 2 * np.cos(mid)
    mean = area * _LAYER_PER_M2 * _SLOT_S / mean_life
    count = poisson(mean, here["count"].uniform(cell_id, slot, layer))
    which = np.repeat(np.arange(len(count)), count)
    if not len(which):
        return []
    nth = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    ids = (cell_id[which], slot[which], layer[which] * 256 + nth)

    def u(lane: int) -> Floats:
        return here["source"].uniform(*ids, lane=lane)

    def between(band: tuple[float, float], lane: int) -> Floats:
        return band[0] + (band[1] - band[0]) * u(lane)

    lat = (cy[which] + u(1)) * _CELL_DEG
    lon = (cx[which] + u(2)) * _CELL_DEG
    born = (slot[which] + u(3)) * _SLOT_S
    died = born + between(k.life_s, 4)
    speed, alt = between(k.speed_mps, 5), _GROUND_M + between(k.alt_m, 6)
    # One wind, or one migration, for the region and the slot; each a little off it.
    wind = here["wind"].uniform(slot[which]) * 2.0 * np.pi
    course = wind + 0.35 * here["source"].normal(*ids, lane=7)
    mark = (layer[which] + u(8)) * _LAYER_PER_M2
    alive = (died > t0_s) & (born < t1_s) & (mark < max(d for _, d in wanted))
    rows = np.flatnonzero(alive)
    out = []
    for e in range(k.echoes):
        if k.echoes > 1:
            r = k.radius_m * np.sqrt(here["echo"].uniform(*ids, lane=2 * e))
            a = 2.0 * np.pi * here["echo"].uniform(*ids, lane=2 * e + 1)
            dn, de = (r * np.cos(a))[rows], (r * np.sin(a))[rows]
        else:
            dn = de = np.zeros(len(rows))
        cos = np.cos(np.radians(lat[rows]))
        lat0 = lat[rows] + dn / 111_195.0
        lon0 = lon[rows] + de / (111_195.0 * cos)
        run = speed[rows] * (died - born)[rows] / 111_195.0
        lat1 = lat0 + run * np.cos(course[rows])
        lon1 = lon0 + run * np.sin(course[rows]) / cos
        names = np.array(
            [
                f"clutter:{kind}:{c}-{s}-{n}"
                for c, s, n in zip(*(i[rows] for i in ids), strict=True)
            ],
            dtype=np.str_,
        )
        base = ids[0][rows].astype(np.uint64) * np.uint64(2654435761)
        base ^= ids[1][rows].astype(np.uint64) * np.uint64(2246822519)
        base ^= (ids[2][rows] * 64 + e).astype(np.uint64) * np.uint64(3266489917)
        base ^= np.uint64(len(kind) * 374761393)
        out.append(
            Sources(
                np.full(len(rows), kind),
                names,
                np.stack([born[rows], died[rows]], axis=1),
                np.stack([lat0, lat1], axis=1),
                np.stack([lon0, lon1], axis=1),
                np.repeat(alt[rows, None], 2, axis=1),
                mark[rows],
                base & np.uint64(0xFFFFFFFF),
            )
        )
    return out
