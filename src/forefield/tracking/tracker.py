"""From plots to tracks: who is who, how sure, and what it may be.

    tracker = Tracker(sensors, plane)
    tracks = tracker.update(detections, scans, now_s)      # again and again
    tracks = track(detections, sensors, scans)             # a whole recording

Plots of several sensors are processed scan by scan in the order in which the scans
end. An empty scan is information: a track that a sensor should have seen and did not
becomes less likely to exist. Nothing is dropped in silence: rows that cannot be used
are counted in `Tracker.rejects`, with the reason and the first example.

The inside is a global-nearest-neighbour tracker with a bank of turning models
(`kernels.gnn`). Reports mark its numbers "baseline".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forefield.columns import Bool, Floats, Ints
from forefield.errors import InputError
from forefield.sensing.classes import column_of
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.tracking import classes as _classes
from forefield.tracking.cooperative import Consistency
from forefield.tracking.tracks import CLASSES, Tracks

__all__ = [
    "Event",
    "History",
    "Reject",
    "Rejects",
    "Tracker",
    "TrackerConfig",
    "periods",
    "ready_s",
    "run",
    "track",
]

_FEET = 0.3048
#: Doubt about a speed that rests on neighbouring plots alone: a flock's echo wanders.
_JITTER_MPS = 25.0
#: Sensors that are no radar and need no line of sight over the earth's curve.
_KIND = {"adsb": 1, "acoustic": 2}
_WHY = ("", "not seen for too long", "existence became unlikely",
        "position became too uncertain", "merged with an older track")  # fmt: skip
_CODE = ("", "born", "confirmed", "coasted", "resumed", "ended")


@dataclass(frozen=True)
class TrackerConfig:
    """What the tracker assumes. SI units; every default is a tuned assumption.

    accel_psd          horizontal acceleration noise of straight flight [m²/s³]
    accel_psd_turning  the same while turning: absorbs rates of turn between models
    climb_psd          vertical acceleration noise [m²/s³]
    turn_dps           rate of turn of the two turning models [deg/s]
    turn_every_s       mean time of straight flight; turn_lasts_s mean time of a turn
    gate, gate_new     squared Mahalanobis distance; for tracks of one plot
    sigma_speed_mps    spread of each velocity axis of a new track
    sigma_fast_mps     the same for the rival guess that it is a fast missile
    sigma_climb_mps    spread of its climb
    height_m, sigma_height_m  height of a plot without one
    births_per_scan    new objects a sensor may meet in a scan, everywhere
    lifetime_s         mean time an object goes on existing
    p_confirm, confirm_hits   existence and plots that confirm a track
    p_drop             existence below which a confirmed track ends
    coast_misses, coast_s     missed looks, seconds unseen, until it is "coasting"
    max_coast_s        seconds unseen until it ends (a tentative one: 1.2 x coast_s)
    max_sigma_m        spread of position until it ends
    p_detect_cap       no sensor is taken to be better than this: misses come in rows
    merge              squared distance of two tracks that become one (0: never)
    speed_max_mps      nothing begins a track faster than this
    report_hits        plots a track needs to appear in the picture
    report_p_exist     existence it needs to appear
    max_lag_s          a plot older than the newest by more than this is late
    history            keep events and the plots of every track
    """

    accel_psd: float = 0.2
    accel_psd_turning: float = 20.0
    climb_psd: float = 1.0
    turn_dps: float = 2.2
    turn_every_s: float = 240.0
    turn_lasts_s: float = 30.0
    gate: float = 20.0
    gate_new: float = 14.0
    sigma_speed_mps: float = 130.0
    sigma_fast_mps: float = 900.0
    sigma_climb_mps: float = 15.0
    height_m: float = 1500.0
    sigma_height_m: float = 2000.0
    births_per_scan: float = 0.5
    lifetime_s: float = 3600.0
    p_confirm: float = 0.9
    confirm_hits: int = 3
    p_drop: float = 0.05
    coast_misses: int = 2
    coast_s: float = 30.0
    max_coast_s: float = 90.0
    max_sigma_m: float = 5_000.0
    p_detect_cap: float = 0.92
    merge: float = 2.0
    speed_max_mps: float = 3500.0
    report_hits: int = 2
    report_p_exist: float = 0.02
    max_lag_s: float = 60.0
    history: bool = True

    def array(self) -> Floats:
        """The numbers in the order of `kernels.gnn`."""
        from forefield.kernels.gnn import N_CONFIG

        return np.array(
            [
                self.accel_psd, self.accel_psd_turning, self.climb_psd,
                np.radians(self.turn_dps), 1.0 / self.turn_every_s,
                1.0 / self.turn_lasts_s, self.gate, self.gate_new,
                self.sigma_speed_mps, self.sigma_climb_mps, self.height_m,
                self.sigma_height_m, self.births_per_scan, self.lifetime_s,
                self.p_confirm, self.confirm_hits, self.p_drop, 0.3,
                self.coast_misses, self.coast_s, self.max_coast_s, self.max_sigma_m,
                self.p_detect_cap, self.merge, self.speed_max_mps,
                self.sigma_fast_mps, 0.0,
            ][:N_CONFIG]
        )  # fmt: skip


@dataclass(frozen=True)
class Reject:
    """Rows that could not be used, or were used with a reservation."""

    reason: str
    count: int
    example: str
    used: bool


class Rejects:
    """Rows counted by reason, with the first example of each."""

    def __init__(self) -> None:
        self._by_reason: dict[str, Reject] = {}

    def add(self, reason: str, count: int, example: str, *, used: bool = False) -> None:
        """Count rows under a reason; the first example given stays."""
        if count <= 0:
            return
        old = self._by_reason.get(reason)
        self._by_reason[reason] = (
            dataclasses.replace(old, count=old.count + count)
            if old
            else Reject(reason, count, example, used)
        )

    def __iter__(self) -> Any:
        return iter(sorted(self._by_reason.values(), key=lambda r: r.reason))

    def __len__(self) -> int:
        return len(self._by_reason)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by reason."""
        return {r.reason: r.count for r in self}

    @property
    def dropped(self) -> int:
        """Rows that took no part."""
        return sum(r.count for r in self if not r.used)

    def lines(self) -> list[str]:
        """One line for a reader per reason."""
        return [
            f"{r.count} rows: {r.reason}{'' if r.used else ' (not used)'}; "
            f"first: {r.example}"
            for r in self
        ]


class Event(NamedTuple):
    """Something in the life of a track."""

    t_s: float
    what: str
    because: str
    p_exist: float


class History(NamedTuple):
    """The life of one track: its events, and which plots made it.

    rows  number of each plot, counted over all rows ever handed to the tracker
    """

    track_id: int
    events: tuple[Event, ...]
    rows: Ints


class Tracker:
    """Turns the plots of several sensors into tracks, batch by batch.

    sensors  what is known of each sensor; plots of others are rejected
    plane    the picture's plane (`world.plane.Plane`): anything with `.constants`
    """

    def __init__(
        self,
        sensors: Sequence[Sensor],
        plane: Any,
        config: TrackerConfig | None = None,
    ) -> None:
        from forefield.kernels.gnn import empty_state

        if len({s.id for s in sensors}) != len(sensors):
            raise InputError("Two sensors share an id: give each its own.")
        if not sensors:
            raise InputError("A tracker needs at least one sensor; none was given.")
        self.sensors = tuple(sensors)
        self.config = config or TrackerConfig()
        self.rejects = Rejects()
        self.now_s = -np.inf
        self._k: Floats = np.ascontiguousarray(plane.constants, dtype=np.float64)
        self._index = {s.id: i for i, s in enumerate(self.sensors)}
        self._views = _views(self.sensors)
        self._cfg = self.config.array()
        self._state = empty_state(64, len(self.sensors), len(CLASSES))
        self._n = 0
        self._next = 1
        self._rows_seen = 0
        self._idents: dict[str, int] = {}
        self._scan_end = np.full(len(self.sensors), -np.inf)
        self._recent: dict[str, Floats] = {}
        self._events: list[Floats] = []
        self._links: list[Ints] = []
        self._sorted = False  # `run` looks for rows that go backwards itself
        self._check = Consistency()
        self._trails: dict[int, list[tuple[float, float, float, float]]] = {}

    # -- the one entry -------------------------------------------------------
    def update(
        self,
        detections: Detections,
        scans: Scans | None = None,
        now_s: float | None = None,
    ) -> Tracks:
        """Process what came in, and return all live tracks at `now_s`.

        detections  in any order; rows of a scan may be permuted without effect
        scans       what was looked at; plots outside any scan make one of their own
        now_s       UTC seconds of the picture; default: the end of the last scan

        Tracks confirmed before and ended by this batch appear once, as "ended".
        """
        from forefield.kernels.gnn import compact, process

        rows = self._usable(detections)
        used = detections.take(rows)
        z, flag = self._place(used)
        looks, order, used_scan = self._group(used, scans)
        used, z, flag = used.take(order), z[order], flag[order]
        numbers = (rows[order] + self._rows_seen).astype(np.int64)
        self._rows_seen += len(detections)

        # After the sort within each scan, the order of the rows has no effect.
        plots = self._plots(used, z, flag, used_scan, numbers)
        sightings = self._sightings(looks, used_scan)
        self._n = compact(self._state, self._n, False)
        self._reserve(self._n + len(used))
        links = np.full((len(used), 2), -1, dtype=np.int64)
        events = np.zeros((6 * (self._n + len(used)) + 16, 5))
        self._n, self._next, n_events = process(
            self._state, self._n, plots, sightings, self._views, self._cfg,
            self._next, links, events, self._k,
        )  # fmt: skip
        if self.config.history:
            self._events.append(events[: min(n_events, len(events))].copy())
            self._links.append(np.column_stack([links, numbers]))
        newest = [self.now_s]
        if len(used):
            newest.append(float(used.t_s.max()))
        if len(looks.sensor):
            newest.append(float(looks.t1.max()))
        self.now_s = max(newest) if now_s is None else max(self.now_s, float(now_s))
        if not np.isfinite(self.now_s):
            return Tracks.empty()
        return self._picture(self.now_s if now_s is None else float(now_s))

    def history(self, track_id: int) -> History:
        """Births, confirmations, coasts, ends and plots of one track."""
        if not self.config.history:
            raise InputError(
                "This tracker keeps no history: set TrackerConfig.history."
            )
        events = np.concatenate(self._events) if self._events else np.zeros((0, 5))
        links = (
            np.concatenate(self._links)
            if self._links
            else np.zeros((0, 3), dtype=np.int64)
        )
        mine = events[events[:, 1] == track_id]
        if not len(mine):
            raise InputError(
                f"No track {track_id}: numbers run from 1 to {self._next - 1}."
            )
        told = tuple(
            Event(float(e[0]), _CODE[int(e[2])], _because(e), float(e[4])) for e in mine
        )
        return History(track_id, told, links[links[:, 0] == track_id, 2])

    def origins(self) -> tuple[Ints, Ints]:
        """Plot numbers and the track each went to, of everything so far."""
        links = (
            np.concatenate(self._links)
            if self._links
            else np.zeros((0, 3), dtype=np.int64)
        )
        return links[:, 2], links[:, 0]

    # -- what came in ----------------------------------------------------------
    def _usable(self, d: Detections) -> Ints:
        """Rows that can be used; the others are counted."""
        n = len(d)
        ok = np.ones(n, dtype=np.bool_)
        if n == 0:
            return np.flatnonzero(ok)

        def reject(bad: Bool, reason: str, *, used: bool = False) -> None:
            bad = bad & ok
            if bad.any():
                row = int(np.flatnonzero(bad)[0])
                where = f"row {row + self._rows_seen}: sensor {d.sensor[row]!s}, "
                place = (
                    f"range {d.range_m[row]:g} m, azimuth {d.azimuth_deg[row]:g}"
                    if not np.isfinite(d.lat_deg[row])
                    else f"{d.lat_deg[row]:g}, {d.lon_deg[row]:g}"
                )
                example = f"{where}t_s {d.t_s[row]:.3f}, {place}"
                self.rejects.add(reason, int(bad.sum()), example, used=used)
                if not used:
                    ok[bad] = False

        reject(~np.isfinite(d.t_s), "no time")
        reject(
            np.array([s not in self._index for s in d.sensor.tolist()]),
            "unknown sensor",
        )
        reported = np.isfinite(d.lat_deg) | np.isfinite(d.lon_deg)
        with np.errstate(invalid="ignore"):
            reject(
                reported & ~((np.abs(d.lat_deg) < 90.0) & (np.abs(d.lon_deg) <= 360.0)),
                "position is not on the earth",
            )
            reject(~reported & ~np.isfinite(d.range_m), "neither range nor position")
            reject(~reported & ~(d.range_m > 0.0), "range is not above zero")
            reject(~reported & ~np.isfinite(d.azimuth_deg), "no azimuth")
            far = np.array(
                [
                    self.sensors[self._index[s]].max_range_m if s in self._index else 0
                    for s in d.sensor.tolist()
                ]
            )
            reject(~reported & (d.range_m > 1.5 * far + 1e4), "beyond the sensor")
            reject(np.abs(d.elevation_deg) > 90.0, "elevation beyond 90 degrees")
            reject(d.t_s < self.now_s - self.config.max_lag_s, "too late")
            if not self._sorted:
                reject(_backwards(d), "earlier than the sensor's row above", used=True)
        reject(self._repeated(d), "the same plot again")
        return np.flatnonzero(ok)

    def _repeated(self, d: Detections) -> Bool:
        """Rows equal to one before, in this batch or in the last `max_lag_s`."""
        names = np.array([self._index.get(s, -1) for s in d.sensor.tolist()])
        key = np.column_stack(
            [
                names, d.t_s, d.range_m, d.azimuth_deg, d.elevation_deg, d.height_m,
                d.lat_deg, d.lon_deg, d.alt_m,
            ]
        )  # fmt: skip
        key = np.nan_to_num(key, nan=-9.9e99)
        old = self._recent.get("", np.zeros((0, key.shape[1])))
        both = np.concatenate([old, key])
        order = np.lexsort((np.arange(len(both)), *both.T[::-1]))
        same = np.zeros(len(both), dtype=np.bool_)
        if len(both) > 1:
            same[order[1:]] = (both[order[1:]] == both[order[:-1]]).all(axis=1)
        newest = max(float(key[:, 1].max()), self.now_s)
        self._recent[""] = both[both[:, 1] >= newest - self.config.max_lag_s]
        return np.asarray(same[len(old) :])

    def _place(self, d: Detections) -> tuple[Floats, Bool]:
        """Every plot in the plane (N, 16), and which reports contradict themselves."""
        from forefield.kernels import measurement as m
        from forefield.sensing.geometry import position

        n = len(d)
        reported = np.isfinite(d.lat_deg) & np.isfinite(d.lon_deg)
        place, sigma = np.zeros((n, 3)), np.zeros((n, 4))
        kind = np.full(n, m.FLAT, dtype=np.int64)
        height = d.height_m.copy()
        level = ~np.isfinite(height) & np.isfinite(d.flight_level)
        height[level] = d.flight_level[level] * 100.0 * _FEET
        for name, i in self._index.items():
            mine = d.sensor == name
            if not mine.any():
                continue
            s = self.sensors[i]
            lat, lon, alt = position(s, d.t_s[mine])
            place[mine] = np.column_stack([lat, lon, alt])
            sigma[mine, 0] = max(s.sigma_range_m, 1.0)
            sigma[mine, 1] = max(s.sigma_azimuth_deg, 1e-3)
            sigma[mine, 2] = max(s.sigma_elevation_deg, 0.02)
            # Pressure heights are off the ellipsoid by some 300 m (assumption).
            sigma[mine, 3] = max(s.sigma_height_m, 30.0)
        sigma[level, 3] = 300.0
        with np.errstate(invalid="ignore"):
            tall = np.isfinite(height)
            elevated = np.isfinite(d.elevation_deg) & (
                ~tall | (d.range_m * np.radians(sigma[:, 2]) < sigma[:, 3])
            )
        kind[tall] = m.HEIGHT
        kind[elevated] = m.ELEVATION
        kind[reported] = m.REPORTED
        own = reported & np.isfinite(d.sigma_m) & (d.sigma_m > 0.0)
        sigma[own, 0] = np.maximum(d.sigma_m[own], 1.0)
        height[reported] = d.alt_m[reported]
        # A barometric report is off the ellipsoid by some 100 m (assumption).
        sigma[reported, 3] = np.maximum(sigma[reported, 3], 100.0)
        out = np.empty((n, 16))
        m.to_plane(
            kind, place, d.range_m, d.azimuth_deg, d.elevation_deg, height,
            d.lat_deg, d.lon_deg, sigma, self.config.height_m, self._k, out,
        )  # fmt: skip
        flag = np.zeros(n, dtype=np.bool_)
        told = np.flatnonzero(reported & (d.icao24 != ""))
        if len(told):
            why = self._check.judge(
                d.t_s[told], d.lat_deg[told], d.lon_deg[told], d.speed_mps[told],
                d.track_deg[told], d.alt_m[told], np.char.lower(d.icao24[told]),
            )  # fmt: skip
            flag[told] = why != 0
        return out, flag

    def _group(self, d: Detections, scans: Scans | None) -> tuple[_Looks, Ints, Ints]:
        """Scans in the order of their ends, and the plots sorted into them."""
        known = np.array([self._index.get(s, -1) for s in d.sensor.tolist()], dtype=int)
        sensor: list[Ints] = []
        t0: list[Floats] = []
        t1: list[Floats] = []
        weight: list[Floats] = []
        scan_of = np.full(len(d), -1, dtype=np.int64)
        base = 0
        table: dict[int, tuple[Floats, Floats, Floats]] = {}
        if scans is not None and len(scans):
            which = np.array([self._index.get(s, -1) for s in scans.sensor.tolist()])
            bad = (which < 0) | ~(scans.t_end_s >= scans.t_start_s)
            if bad.any():
                row = int(np.flatnonzero(bad)[0])
                self.rejects.add(
                    "scan of an unknown sensor or without duration",
                    int(bad.sum()),
                    f"scan row {row}: sensor {scans.sensor[row]!s}",
                )
            status = {"ok": 1.0, "degraded": 0.5, "out": 0.0}
            worth = np.array([status.get(x, 0.0) for x in scans.status.tolist()])
            odd = ~np.isin(scans.status, list(status)) & ~bad
            if odd.any():
                row = int(np.flatnonzero(odd)[0])
                self.rejects.add(
                    "scan of an unknown status counted as out",
                    int(odd.sum()),
                    f"scan row {row}: status {scans.status[row]!s}",
                    used=True,
                )
            for i in np.unique(which[~bad]):
                mine = np.flatnonzero((which == i) & ~bad)
                mine = mine[np.lexsort((scans.t_start_s[mine], scans.t_end_s[mine]))]
                table[int(i)] = (
                    scans.t_start_s[mine],
                    scans.t_end_s[mine],
                    worth[mine],
                )
        for i in range(len(self.sensors)):
            mine = np.flatnonzero(known == i)
            a, b, w = table.get(i, (np.zeros(0), np.zeros(0), np.zeros(0)))
            if len(a):
                at = np.minimum(np.searchsorted(b, d.t_s[mine]), len(b) - 1)
                inside = (d.t_s[mine] >= a[at]) & (d.t_s[mine] <= b[at])
                scan_of[mine[inside]] = base + at[inside]
                mine = mine[~inside]
            n_own = len(a)
            sensor.append(np.full(n_own, i))
            t0.append(a)
            t1.append(b)
            weight.append(w)
            base += n_own
            if len(mine):
                # Plots outside any scan: one look per period of the sensor. It is
                # evidence against other tracks only where scans are never told.
                period = self.sensors[i].period_s
                cell = np.floor(d.t_s[mine] / period)
                cells, where = np.unique(cell, return_inverse=True)
                scan_of[mine] = base + where
                told = scans is not None and len(scans) > 0
                sensor.append(np.full(len(cells), i))
                t0.append(cells * period)
                t1.append((cells + 1.0) * period)
                weight.append(np.full(len(cells), 0.0 if told else 1.0))
                base += len(cells)
        all_sensor = np.concatenate(sensor).astype(np.int64)
        start, end = np.concatenate(t0), np.concatenate(t1)
        rank = np.lexsort((start, all_sensor, end))
        place_of = np.empty(len(rank), dtype=np.int64)
        place_of[rank] = np.arange(len(rank))
        looks = _Looks(
            all_sensor[rank], start[rank], end[rank], np.concatenate(weight)[rank]
        )
        scan_of = place_of[scan_of] if len(scan_of) else scan_of
        order = np.lexsort(
            (
                d.icao24, d.alt_m, d.lon_deg, d.lat_deg, d.height_m, d.elevation_deg,
                d.azimuth_deg, d.range_m, d.t_s, scan_of,
            )
        )  # fmt: skip
        return looks, order, scan_of[order]

    def _plots(
        self, d: Detections, z: Floats, flag: Bool, scan: Ints, numbers: Ints
    ) -> Any:
        from forefield.kernels.frames import plane_from_geodetic
        from forefield.kernels.gnn import Plots

        n = len(d)
        ident = np.zeros(n, dtype=np.int64)
        for i in np.flatnonzero(d.icao24 != ""):
            name = str(d.icao24[i]).lower()
            ident[i] = self._idents.setdefault(name, len(self._idents) + 1)
        coop = np.array(
            [self.sensors[self._index[s]].kind == "adsb" for s in d.sensor.tolist()],
            dtype=np.bool_,
        )
        v0 = np.full((n, 3), np.nan)
        moving = coop & ~flag & np.isfinite(d.speed_mps) & np.isfinite(d.track_deg)
        if moving.any():
            lat, lon = d.lat_deg[moving], d.lon_deg[moving]
            xa, ya, _ = plane_from_geodetic(lat - 0.005, lon, self._k)
            xb, yb, _ = plane_from_geodetic(lat + 0.005, lon, self._k)
            course = np.radians(d.track_deg[moving]) + np.arctan2(xb - xa, yb - ya)
            v0[moving, 0] = d.speed_mps[moving] * np.sin(course)
            v0[moving, 1] = d.speed_mps[moving] * np.cos(course)
            v0[moving, 2] = 15.0
        return Plots(
            z=np.ascontiguousarray(z), t=np.ascontiguousarray(d.t_s), ident=ident,
            flag=flag, coop=coop, v0=v0, number=numbers,
        )  # fmt: skip

    def _sightings(self, looks: _Looks, scan: Ints) -> Any:
        from forefield.kernels.frames import plane_from_geodetic
        from forefield.kernels.gnn import Sightings
        from forefield.sensing.geometry import position

        n = len(looks.sensor)
        place = np.zeros((n, 3))
        middle = 0.5 * (looks.t0 + looks.t1)
        for i, s in enumerate(self.sensors):
            mine = looks.sensor == i
            if mine.any():
                place[mine] = np.column_stack(position(s, middle[mine]))
        x, y, _ = plane_from_geodetic(place[:, 0], place[:, 1], self._k)
        return Sightings(
            first=np.searchsorted(scan, np.arange(n + 1)).astype(np.int64),
            t0=looks.t0, t1=looks.t1, sensor=looks.sensor, place=place,
            xy=np.column_stack([x, y]), weight=looks.weight,
        )  # fmt: skip

    def _reserve(self, need: int) -> None:
        from forefield.kernels.gnn import State, empty_state

        have = len(self._state.t)
        if need <= have:
            return
        grown = empty_state(max(need, 2 * have), len(self.sensors), len(CLASSES))
        for name in State._fields:
            getattr(grown, name)[: self._n] = getattr(self._state, name)[: self._n]
        self._state = grown

    # -- what goes out -----------------------------------------------------------
    def _picture(self, now_s: float) -> Tracks:
        from forefield.kernels.gnn import picture

        s, n = self._state, self._n
        out, cov = np.empty((n, 12)), np.empty((n, 36))
        picture(s, n, now_s, self._cfg, self._k, out, cov)
        self._classify(out, cov)
        old = s.confirmed[:n]
        dead = s.dead[:n]
        shown = (s.hits[:n] >= self.config.report_hits) & (
            out[:, 8] >= self.config.report_p_exist
        )
        shown = (shown & ~dead) | (dead & old)
        rows = np.flatnonzero(shown)
        rows = rows[np.argsort(s.number[rows], kind="stable")]
        unseen = now_s - s.t_seen[:n]
        coasting = s.coasting[:n] | (unseen > self.config.coast_s)
        status = np.where(
            dead, "ended", np.where(~old, "tentative", np.where(coasting, "coasting",
                                                                "confirmed"))
        )  # fmt: skip
        names = [""] + [name for name, _ in sorted(
            self._idents.items(), key=lambda item: item[1])]  # fmt: skip
        return Tracks.build(
            len(rows),
            t_s=now_s,
            track_id=s.number[rows],
            lat_deg=out[rows, 0], lon_deg=out[rows, 1], alt_m=out[rows, 2],
            v_east_mps=out[rows, 3], v_north_mps=out[rows, 4], v_up_mps=out[rows, 5],
            sigma_pos_m=out[rows, 6], sigma_vel_mps=out[rows, 7],
            cov=cov[rows],
            p_exist=out[rows, 8],
            p_class=s.p_class[rows].copy(),
            t_seen_s=s.t_seen[rows],
            status=status[rows],
            inconsistent=s.flag[rows],
            n_sensors=(s.seen_by[rows] > 0).sum(axis=1),
            source_id=np.array(names)[s.ident[rows]],
        )  # fmt: skip

    def _classify(self, out: Floats, cov: Floats) -> None:
        s, n = self._state, self._n
        fresh = np.isneginf(s.t_class[:n])
        s.p_class[:n][fresh & (s.hits[:n] < 3)] = _classes.prior()
        due = (s.hits[:n] >= 3) & (s.t_seen[:n] - s.t_class[:n] >= 4.0) & ~s.dead[:n]
        rows = np.flatnonzero(due)
        if not len(rows):
            return
        speed, sigma = self._travelled(rows, out)
        like = _classes.likelihood(
            np.sqrt(speed**2 + out[rows, 5] ** 2),
            np.maximum(sigma, 1.0),
            out[rows, 2],
            np.sqrt(cov[rows, 14]),
        )
        gap = s.t_seen[rows] - s.t_class[rows]
        first = np.isneginf(s.t_class[rows])
        before = np.where(first[:, None], _classes.prior(), s.p_class[rows])
        polite = (s.ident[rows] > 0) & ~s.flag[rows]
        s.p_class[rows] = _classes.revise(before, like, gap, polite)
        s.t_class[rows] = s.t_seen[rows]

    def _travelled(self, rows: Ints, out: Floats) -> tuple[Floats, Floats]:
        """Speed and its spread: from the way made in a minute or two, where known.

        Birds and balloons look fast from plot to plot and slow over a minute. The
        greater of the last minute's and the last two minutes' way counts, so that a
        drone that circles does not look slow.
        """
        s = self._state
        speed = np.hypot(out[rows, 3], out[rows, 4])
        sigma = np.hypot(out[rows, 9], _JITTER_MPS)
        for k, i in enumerate(rows.tolist()):
            t, lat, lon, spread = s.t_seen[i], out[i, 0], out[i, 1], out[i, 6]
            trail = self._trails.setdefault(int(s.number[i]), [])
            best = -1.0
            for t0, lat0, lon0, spread0 in trail:
                age = t - t0
                if 50.0 <= age <= 150.0:
                    east = (lon - lon0) * np.cos(np.radians(lat)) * 111_200.0
                    made = np.hypot((lat - lat0) * 111_200.0, east) / age
                    if made > best:
                        best = made
                        speed[k] = made
                        sigma[k] = np.hypot(spread, spread0) / age
            trail.append((float(t), float(lat), float(lon), float(spread)))
            while trail and t - trail[0][0] > 150.0:
                trail.pop(0)
        return speed, sigma


def _backwards(d: Detections) -> Bool:
    """Rows earlier than the row before them of the same sensor."""
    out = np.zeros(len(d), dtype=np.bool_)
    order = np.argsort(d.sensor, kind="stable")
    t, name = d.t_s[order], d.sensor[order]
    out[order[1:]] = (np.diff(t) < 0.0) & (name[1:] == name[:-1])
    return out


class _Looks(NamedTuple):
    sensor: Ints
    t0: Floats
    t1: Floats
    weight: Floats


def _because(e: NDArray[np.float64]) -> str:
    code = int(e[2])
    if code == 1:
        return "a plot that no track claimed"
    if code == 2:
        return f"existence reached {e[4]:.3f}"
    if code == 3:
        return "looks that should have seen it did not"
    if code == 4:
        return "seen again"
    return _WHY[int(e[3])]


def _views(sensors: Sequence[Sensor]) -> Any:
    """What the kernel knows of the sensors."""
    from forefield.kernels.gnn import Views

    n = len(sensors)
    most = max(
        [1, *(len(s.p_detect) for s in sensors if isinstance(s.p_detect, tuple))]
    )
    rules = np.zeros((n, most, 3))
    fits = np.zeros((n, most, len(CLASSES)), dtype=np.bool_)
    count = np.ones(n, dtype=np.int64)
    mask = np.zeros((n, 360))
    clutter = np.zeros(n)
    for i, s in enumerate(sensors):
        given = s.p_detect
        if not isinstance(given, tuple):
            given = (("", np.inf, np.inf, float(given)),)
        count[i] = len(given)
        for j, (name, top, far, pd) in enumerate(given):
            rules[i, j] = top, far, pd
            for c, column in enumerate(CLASSES):
                fits[i, j, c] = name == "" or column_of(name) == column
        mask[i] = s.min_elevation_deg
        if len(s.mask) > 1:
            pairs = np.array(sorted(s.mask))
            limit = np.interp(
                np.arange(360) + 0.5, pairs[:, 0], pairs[:, 1], period=360.0
            )
            mask[i] = np.maximum(mask[i], limit)
        # Correlated false plots are not uniform, but they must be expected.
        extra = sum(rate for _, rate in s.clutter)
        clutter[i] = s.clutter_per_scan + extra
        if s.kind == "adsb":
            clutter[i] = 1e-3
        elif clutter[i] <= 0.0:
            clutter[i] = 0.05
    return Views(
        max_range=np.array([s.max_range_m for s in sensors], dtype=np.float64),
        clutter=clutter,
        turning=np.array([s.kind in ("radar2d", "radar3d") for s in sensors]),
        kind=np.array([_KIND.get(s.kind, 0) for s in sensors], dtype=np.int64),
        base=np.array([s.ground_m for s in sensors], dtype=np.float64),
        rules=rules,
        fits=fits,
        mask=mask,
        n_rules=count,
        period=np.array([s.period_s for s in sensors], dtype=np.float64),
    )


def track(
    detections: Any,
    sensors: Sequence[Sensor],
    scans: Any = None,
    *,
    plane: Any = None,
    cycle_s: float = 10.0,
    config: TrackerConfig | None = None,
) -> Tracks:
    """Track a whole recording; the picture every `cycle_s` seconds.

    detections  our columns, Polars, pandas or Arrow
    scans       what was looked at; without it every sensor is taken to have looked
                once a period from its first plot to its last
    plane       default: centred on the sensors

    Returns all pictures, sorted by t_s, then track_id. Uses nothing received later
    than the time of a picture. The rejects are in a `Tracker`'s; use that class to
    see them.
    """
    tracks, _ = run(
        detections, sensors, scans, plane=plane, cycle_s=cycle_s, config=config
    )
    return tracks


def run(
    detections: Any,
    sensors: Sequence[Sensor],
    scans: Any = None,
    *,
    plane: Any = None,
    cycle_s: float = 10.0,
    config: TrackerConfig | None = None,
) -> tuple[Tracks, Tracker]:
    """As `track`, with the tracker that did it (its rejects and histories)."""
    if not isinstance(detections, Detections):
        detections = Detections.from_arrow(detections, where="detections")
    if scans is not None and not isinstance(scans, Scans):
        scans = Scans.from_arrow(scans, where="scans")
    if not cycle_s > 0.0:
        raise InputError(f"cycle_s is {cycle_s}; give seconds above 0.")
    if plane is None:
        plane = _plane_of(sensors)
    tracker = Tracker(sensors, plane, config)
    finite = np.isfinite(detections.t_s)
    if not finite.all():
        tracker.update(detections.take(~finite), None, None)
        detections = detections.take(finite)
    if scans is None:
        scans = periods(detections, sensors)
    times = np.concatenate([detections.t_s, scans.t_end_s])
    if not len(times):
        return Tracks.empty(), tracker
    detections = detections.take(np.argsort(detections.t_s, kind="stable"))
    scans = scans.take(np.argsort(scans.t_end_s, kind="stable"))
    # A plot is processed in the cycle in which its scan has ended.
    ready = ready_s(detections, scans)
    by_ready = np.argsort(ready, kind="stable")
    detections, ready = detections.take(by_ready), ready[by_ready]
    first = np.floor(times.min() / cycle_s)
    last = np.ceil(max(times.max(), ready.max() if len(ready) else -np.inf) / cycle_s)
    pictures = []
    for c in range(int(first), int(last)):
        a, b = np.searchsorted(ready, [c * cycle_s, (c + 1) * cycle_s], side="right")
        if c == int(first):
            a = 0
        p, q = np.searchsorted(
            scans.t_end_s, [c * cycle_s, (c + 1) * cycle_s], side="right"
        )
        if c == int(first):
            p = 0
        pictures.append(
            tracker.update(
                detections.take(slice(a, b)),
                scans.take(slice(p, q)),
                (c + 1) * cycle_s,
            )
        )
    return Tracks.concat(pictures), tracker


def _plane_of(sensors: Sequence[Sensor]) -> Any:
    from forefield.world.plane import Plane

    if not sensors:
        raise InputError("A tracker needs at least one sensor; none was given.")
    return Plane.at(
        float(np.mean([s.lat_deg for s in sensors])),
        float(np.mean([s.lon_deg for s in sensors])),
    )


def ready_s(d: Detections, scans: Scans) -> Floats:
    """When each plot can be processed: at the end of its scan."""
    out = d.t_s.copy()
    for name in np.unique(d.sensor):
        mine = np.flatnonzero(d.sensor == name)
        ours = scans.sensor == name
        if not ours.any():
            continue
        a, b = scans.t_start_s[ours], scans.t_end_s[ours]
        at = np.minimum(np.searchsorted(b, d.t_s[mine]), len(b) - 1)
        inside = (d.t_s[mine] >= a[at]) & (d.t_s[mine] <= b[at])
        out[mine[inside]] = b[at[inside]]
    return out


def periods(d: Detections, sensors: Sequence[Sensor]) -> Scans:
    """Scans taken to have happened between a sensor's first and last plot."""
    parts = []
    for s in sensors:
        mine = d.t_s[d.sensor == s.id]
        if not len(mine):
            continue
        cells = np.arange(
            np.floor(mine.min() / s.period_s), np.floor(mine.max() / s.period_s) + 1.0
        )
        parts.append(
            Scans.build(
                len(cells),
                t_start_s=cells * s.period_s,
                t_end_s=(cells + 1.0) * s.period_s,
                sensor=s.id,
                status="ok",
            )
        )
    return Scans.concat(parts) if parts else Scans.empty()
