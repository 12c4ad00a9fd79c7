"""What is seen of what flies: plots and scans of every sensor.

Each draw is keyed by (object, sensor, scan), all three by stable numbers: the object
and the sensor by a hash of their names, the scan by its place on a clock that began
in 1970. Adding an object or a sensor, or starting an hour earlier, moves no draw.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.sensing import clutter as _clutter
from forefield.sensing.detections import KINDS, Detections, Scans, Sensor
from forefield.threats.flights import Flights
from forefield.threats.phantoms import Phantoms

__all__ = ["id_hash", "observe"]

Floats = NDArray[np.float64]

_MODE = {"radar2d": 0, "radar3d": 0, "airborne": 0, "acoustic": 2, "adsb": 3}
_PLOT_TYPE = {
    "radar2d": "psr",
    "radar3d": "psr",
    "airborne": "psr",
    "acoustic": "acoustic",
    "adsb": "adsb",
}
#: Classes that carry a transponder; `adsb` sees no others.
TRANSPONDING = frozenset({"civil", "airliner", "civil_aircraft"})


@lru_cache(maxsize=65536)
def id_hash(name: str) -> int:
    """A stable 32-bit number of a name, to key draws by it."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big")


def observe(
    flights: Flights,
    sensors: Sequence[Sensor],
    stream: Stream,
    *,
    t0_s: float | None = None,
    t1_s: float | None = None,
    phantoms: Phantoms | None = None,
) -> tuple[Detections, Scans]:
    """The plots and the scans that the sensors make of true flights.

    flights   sorted by flight_id, then t_s; `alt_m` is needed; between rows a flight
              moves straight, and it is there only from its first row to its last
    sensors   each looks once per `period_s`; a radar's beam turns clockwise from north
    stream    keys every draw
    t0_s      first moment [UTC s]; default: the first row of any flight
    t1_s      last moment; default: the last row
    phantoms  further echoes that are no aircraft, see `threats.phantoms`

    Elevation is geometric, above the sensor's horizontal, with refraction already
    taken out; the horizon and `min_elevation_deg` use the 4/3 earth. A sensor's clock
    offset moves its times of plots and of scans alike; `t_received_s` is our clock.
    Raises InputError for flights without heights or out of order, for a sensor of an
    unknown kind, and for a time span that is not finite.
    """
    objects = _flight_arrays(flights)
    if t0_s is None:
        t0_s = float(flights.t_s.min()) if len(flights) else np.nan
    if t1_s is None:
        t1_s = float(flights.t_s.max()) if len(flights) else np.nan
    if not (np.isfinite(t0_s) and np.isfinite(t1_s) and t1_s >= t0_s):
        raise InputError(
            f"Nothing to observe from {t0_s} to {t1_s}: give t0_s and t1_s as UTC "
            "seconds, the first not after the second."
        )
    seen = {s.id for s in sensors}
    if len(seen) != len(sensors):
        raise InputError("Two sensors share an id: give each its own.")
    wild = _clutter.sources(sensors, stream, t0_s=t0_s, t1_s=t1_s)
    extra = [_source_arrays(wild)]
    if phantoms is not None and len(phantoms):
        extra.append(_phantom_arrays(phantoms))
    everything = _merge([objects, *extra])
    plots: list[Detections] = []
    scans: list[Scans] = []
    for sensor in sensors:
        d, s = _one_sensor(sensor, everything, stream, t0_s, t1_s)
        plots += d
        scans.append(s)
    detections = Detections.concat(plots) if plots else Detections.empty()
    order = np.argsort(detections.t_s, kind="stable")
    all_scans = Scans.concat(scans) if scans else Scans.empty()
    by_end = np.argsort(all_scans.t_end_s, kind="stable")
    return detections.take(order), all_scans.take(by_end)


@dataclass(frozen=True)
class _Objects:
    """Flat arrays of everything that can give an echo; O objects, N rows."""

    first: NDArray[np.int64]  # (O + 1,) rows of each object
    t: Floats  # (N,)
    lat: Floats
    lon: Floats
    alt: Floats
    row_pd: Floats  # Pd of a row's own
    hash: NDArray[np.uint64]  # (O,)
    klass: list[str]
    shown: list[str]  # truth_id
    pd: Floats  # greatest row_pd; NaN: the sensor's rules
    scatter: Floats
    rr: Floats
    over: NDArray[np.bool_]
    mark: Floats
    source_kind: list[str]  # "" a flight, "phantom", or a kind of clutter


def _flight_arrays(f: Flights) -> _Objects:
    n = len(f)
    if n and not np.isfinite(f.alt_m).all():
        row = int(np.flatnonzero(~np.isfinite(f.alt_m))[0])
        raise InputError(
            f"flights: row {row} has no alt_m; a sensor cannot tell whether it is "
            "above the horizon. Fill the column.",
            rows=[row],
        )
    new = np.ones(n, dtype=np.bool_)
    if n:
        new[1:] = f.flight_id[1:] != f.flight_id[:-1]
        back = np.flatnonzero((np.diff(f.t_s) < 0.0) & ~new[1:]) + 1
        if back.size:
            raise InputError(
                f"flights: row {back[0]} is before the row above it: sort by "
                "flight_id, then t_s.",
                rows=back.tolist(),
            )
    starts = np.flatnonzero(new)
    names = f.flight_id[starts]
    if len(set(names.tolist())) != len(names):
        raise InputError(
            "flights: a flight_id comes in two places: sort by flight_id, then t_s."
        )
    k = len(starts)
    return _Objects(
        first=np.append(starts, n).astype(np.int64),
        t=f.t_s, lat=f.lat_deg, lon=f.lon_deg, alt=f.alt_m,
        hash=np.array([id_hash(str(x)) for x in names], dtype=np.uint64),
        klass=f.klass[starts].tolist(),
        shown=names.tolist(),
        pd=np.full(k, np.nan), row_pd=np.full(n, np.nan),
        scatter=np.zeros(k), rr=np.zeros(k), over=np.zeros(k, dtype=np.bool_),
        mark=np.full(k, -1.0),
        source_kind=[""] * k,
    )  # fmt: skip


def _source_arrays(s: _clutter.Sources) -> _Objects:
    k = len(s)
    kinds = [str(x) for x in s.kind]
    of = [_clutter.KINDS[x] for x in kinds]
    return _Objects(
        first=np.arange(0, 2 * k + 1, 2, dtype=np.int64),
        t=s.t_s.ravel(), lat=s.lat_deg.ravel(), lon=s.lon_deg.ravel(),
        alt=s.alt_m.ravel(), hash=s.id_hash, klass=kinds,
        shown=[str(x) for x in s.name],
        pd=np.array([x.p_detect for x in of], dtype=np.float64),
        row_pd=np.repeat([x.p_detect for x in of], 2).astype(np.float64),
        scatter=np.array([x.scatter_m for x in of], dtype=np.float64),
        rr=np.array([x.range_rate_mps for x in of], dtype=np.float64),
        over=np.array([x.over_horizon for x in of], dtype=np.bool_),
        mark=s.mark_per_m2,
        source_kind=kinds,
    )  # fmt: skip


def _phantom_arrays(p: Phantoms) -> _Objects:
    starts = np.flatnonzero(np.append(True, p.phantom_id[1:] != p.phantom_id[:-1]))
    k = len(starts)
    kinds = [str(x) for x in p.kind[starts]]
    names = [str(x).removeprefix("phantom:") for x in p.phantom_id[starts]]
    return _Objects(
        first=np.append(starts, len(p)).astype(np.int64),
        t=p.t_s, lat=p.lat_deg, lon=p.lon_deg, alt=p.alt_m,
        hash=np.array([id_hash("phantom:" + x) for x in names], dtype=np.uint64),
        klass=kinds,
        shown=[f"clutter:{a}:{b}" for a, b in zip(kinds, names, strict=True)],
        pd=np.maximum.reduceat(p.p_detect, starts),
        row_pd=p.p_detect,
        scatter=p.spread_m[starts], rr=np.zeros(k), over=p.ducted[starts],
        mark=np.full(k, -1.0),
        source_kind=["phantom"] * k,
    )  # fmt: skip


def _merge(parts: Sequence[_Objects]) -> _Objects:
    shift, firsts = 0, [np.zeros(1, dtype=np.int64)]
    for p in parts:
        firsts.append(p.first[1:] + shift)
        shift += len(p.t)
    joined: dict[str, Any] = {"first": np.concatenate(firsts)}
    for name in _Objects.__dataclass_fields__:
        if name == "first":
            continue
        values = [getattr(p, name) for p in parts]
        joined[name] = (
            [x for v in values for x in v]
            if isinstance(values[0], list)
            else np.ascontiguousarray(np.concatenate(values))
        )
    return _Objects(**joined)


def _rules(sensor: Sensor, classes: Sequence[str]) -> tuple[Any, ...]:
    """Rule arrays, and which rule is for which object's class."""
    from forefield.sensing.classes import column_of

    if isinstance(sensor.p_detect, int | float):
        rules: tuple[tuple[str, float, float, float], ...] = (
            ("", np.inf, np.inf, float(sensor.p_detect)),
        )
    else:
        rules = sensor.p_detect
    top = np.array([r[1] for r in rules], dtype=np.float64)
    far = np.array([r[2] for r in rules], dtype=np.float64)
    pd = np.array([r[3] for r in rules], dtype=np.float64)
    known = sorted(set(classes))
    lookup = {
        c: [r[0] in ("", c, column_of(c)) for r in rules]
        if sensor.kind != "adsb" or c in TRANSPONDING
        else [False] * len(rules)
        for c in known
    }
    fits = np.array([lookup[c] for c in classes], dtype=np.bool_).reshape(
        len(classes), len(rules)
    )
    return top, far, pd, fits


def _one_sensor(
    sensor: Sensor, o: _Objects, stream: Stream, t0_s: float, t1_s: float
) -> tuple[list[Detections], Scans]:
    from forefield.kernels import looks

    look: Any = looks.look
    if sensor.kind not in KINDS:
        raise InputError(
            f"Sensor {sensor.id}: unknown kind {sensor.kind!r}; known: "
            f"{', '.join(KINDS)}."
        )
    if not sensor.period_s > 0.0:
        raise InputError(f"Sensor {sensor.id}: period_s must be above 0.")
    number = id_hash(sensor.id)
    period = sensor.period_s
    phase = float(stream["scan phase"].uniform(number)) * period
    scan0 = int(np.floor((t0_s - phase) / period))
    scan1 = int(np.floor((t1_s - phase) / period))
    n = scan1 - scan0 + 1
    starts: Floats = phase + (scan0 + np.arange(n, dtype=np.float64)) * period
    blind = np.zeros(n, dtype=np.bool_)
    for a, b in sensor.outages:
        blind |= (starts < b) & (starts + period > a)

    # Which objects this sensor can see at all.
    area = math.pi * sensor.max_range_m**2
    rate = dict(sensor.clutter)
    mine = np.array(
        [
            kind in ("", "phantom") or mark < rate.get(kind, 0.0) / area
            for kind, mark in zip(o.source_kind, o.mark, strict=True)
        ],
        dtype=np.bool_,
    )
    if sensor.kind == "adsb":
        mine &= np.array([k == "" for k in o.source_kind], dtype=np.bool_)
    top, far, pd, fits = _rules(sensor, o.klass)
    own_pd = np.where(mine, o.pd, 0.0)
    way = np.asarray(
        sensor.path or ((0.0, sensor.lat_deg, sensor.lon_deg, sensor.alt_m),),
        dtype=np.float64,
    )
    mask = np.asarray(sensor.mask, dtype=np.float64).reshape(-1, 2)
    mask = mask[np.argsort(mask[:, 0], kind="stable")]
    if len(mask):  # closed over north
        mask = np.vstack(
            [
                [mask[-1, 0] - 360.0, mask[-1, 1]],
                mask,
                [mask[0, 0] + 360.0, mask[0, 1]],
            ]
        )
    # No more plots than looks: an object gives at most one plot per scan.
    heads, tails = o.t[o.first[:-1]], o.t[o.first[1:] - 1]
    span_s = np.clip(
        np.minimum(tails, starts[-1] + period) - np.maximum(heads, starts[0]), 0, None
    )
    room = int(np.sum(np.ceil(span_s / period) + 2))
    out = np.empty((room, len(looks.OUT)))
    out_obj = np.empty(room, dtype=np.int64)
    out_scan = np.empty(room, dtype=np.int64)
    count = look(
        stream["detection"].key, np.uint64(number), _MODE[sensor.kind],
        scan0, n, phase, period, blind,
        *(np.ascontiguousarray(way[:, c]) for c in range(4)),
        sensor.ground_m, sensor.max_range_m, sensor.min_elevation_deg,
        np.ascontiguousarray(mask[:, 0]), np.ascontiguousarray(mask[:, 1]),
        top, far, pd,
        np.array([
            sensor.sigma_range_m, sensor.sigma_azimuth_deg,
            sensor.sigma_elevation_deg, sensor.sigma_height_m,
            sensor.sigma_range_rate_mps,
        ], dtype=np.float64),
        np.array([sensor.bias_range_m, sensor.bias_azimuth_deg], dtype=np.float64),
        o.first, o.hash, fits, own_pd, o.scatter, o.rr, o.over,
        o.t, o.lat, o.lon, o.alt, o.row_pd, out, out_obj, out_scan,
    )  # fmt: skip
    real = out[:count]
    shown = np.array(o.shown or [""], dtype=np.str_)
    labels = shown[out_obj[:count]] if count else np.zeros(0, dtype="<U1")
    inside = (real[:, 0] >= t0_s) & (real[:, 0] <= t1_s)
    parts = [_table(sensor, real[inside], labels[inside])]
    noise = _uniform(sensor, number, stream, scan0, starts, blind)
    if noise is not None:
        noise = noise[(noise[:, 0] >= t0_s) & (noise[:, 0] <= t1_s)]
        parts.append(
            _table(sensor, noise, np.full(len(noise), f"clutter:uniform:{sensor.id}"))
        )
    status = np.full(n, "ok", dtype="<U8")
    ducts = [
        i
        for i, kind in enumerate(o.source_kind)
        if mine[i] and (kind == "anomalous_propagation" or o.over[i])
    ]
    if ducts:
        status[np.isin(scan0 + np.arange(n), out_scan[:count][
            np.isin(out_obj[:count], ducts)])] = "degraded"  # fmt: skip
    status[blind] = "out"
    return parts, Scans.build(
        n,
        t_start_s=starts + sensor.clock_offset_s,
        t_end_s=starts + period + sensor.clock_offset_s,
        sensor=sensor.id,
        status=status,
    )


def _uniform(
    sensor: Sensor,
    number: int,
    stream: Stream,
    scan0: int,
    starts: Floats,
    blind: NDArray[np.bool_],
) -> Floats | None:
    """Uniform false plots in the layout of the kernel's `out`."""
    from forefield.kernels.looks import OUT

    if sensor.clutter_per_scan <= 0.0 or sensor.kind == "adsb":
        return None
    here = stream["clutter", "uniform"]
    scans = (scan0 + np.arange(len(starts))) & 0xFFFFFFFF
    count = _clutter.poisson(
        sensor.clutter_per_scan, here["count"].uniform(number, scans)
    )
    count[blind] = 0
    which = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)

    def u(lane: int) -> Floats:
        return here["plot"].uniform(number, scans[which], nth, lane=lane)

    out = np.full((len(which), len(OUT)), np.nan)
    radius = sensor.max_range_m * np.sqrt(u(0))
    azimuth = 360.0 * u(1)
    turn = azimuth / 360.0 if _MODE[sensor.kind] == 0 else u(2)
    out[:, 0] = starts[which] + turn * sensor.period_s
    if _MODE[sensor.kind] == 2:
        north = radius * np.cos(np.radians(azimuth))
        east = radius * np.sin(np.radians(azimuth))
        out[:, 6] = sensor.lat_deg + north / 111_132.0
        out[:, 7] = sensor.lon_deg + east / (
            111_320.0 * np.cos(np.radians(sensor.lat_deg))
        )
    else:
        out[:, 1], out[:, 2] = radius, azimuth
        if sensor.sigma_elevation_deg > 0.0:
            low = max(sensor.min_elevation_deg, -1.0)
            out[:, 3] = low + (8.0 - low) * u(3)
        if sensor.sigma_height_m > 0.0:
            out[:, 4] = sensor.ground_m + 6000.0 * u(4)
        if sensor.sigma_range_rate_mps > 0.0:
            out[:, 5] = 600.0 * (u(5) - 0.5)
    out[:, 10] = u(6)
    return out


def _table(sensor: Sensor, rows: Floats, labels: NDArray[np.str_]) -> Detections:
    n = len(rows)
    late = sensor.latency_s * (0.5 + rows[:, 10])
    given: dict[str, Any] = {}
    if _MODE[sensor.kind] == 0:
        for c, name in enumerate(
            ("range_m", "azimuth_deg", "elevation_deg", "height_m", "range_rate_mps"), 1
        ):
            given[name] = rows[:, c]
    else:
        given = {
            "lat_deg": rows[:, 6],
            "lon_deg": rows[:, 7],
            "alt_m": rows[:, 4],
            "sigma_m": np.full(n, sensor.sigma_range_m),
            "speed_mps": rows[:, 8],
            "track_deg": rows[:, 9],
        }
    if sensor.kind == "adsb":
        given["icao24"] = np.array(
            [f"{id_hash(str(x)) & 0xFFFFFF:06x}" for x in labels], dtype="<U6"
        )
    return Detections.build(
        n,
        t_s=rows[:, 0] + sensor.clock_offset_s,
        sensor=np.full(n, sensor.id),
        t_received_s=rows[:, 0] + late,
        plot_type=np.full(n, _PLOT_TYPE[sensor.kind]),
        truth_id=labels,
        **given,
    )
