"""What came in, made ready for the kernels: checked, placed, sorted into its scans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from forefield.columns import Bool, Floats, Ints
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.tracking.config import TrackerConfig
from forefield.tracking.cooperative import Consistency
from forefield.tracking.rejects import Rejects

__all__ = ["Intake", "Looked"]

_FEET = 0.3048
_STATUS = {"ok": 1.0, "degraded": 0.5, "out": 0.0}


def _example(d: Detections, row: int, number: Any) -> str:
    place = (
        f"range {d.range_m[row]:g} m, azimuth {d.azimuth_deg[row]:g}"
        if not np.isfinite(d.lat_deg[row])
        else f"{d.lat_deg[row]:g}, {d.lon_deg[row]:g}"
    )
    return f"row {number}: sensor {d.sensor[row]!s}, t_s {d.t_s[row]:.3f}, {place}"


class Looked(NamedTuple):
    """Scans in the order of their ends: sensor, start, end, worth as evidence."""

    sensor: Ints
    t0: Floats
    t1: Floats
    weight: Floats


class Intake:
    """Turns tables of plots and scans into the arrays of `kernels.pmb`."""

    def __init__(
        self,
        sensors: Sequence[Sensor],
        constants: Floats,
        config: TrackerConfig,
        rejects: Rejects,
    ) -> None:
        self.sensors = tuple(sensors)
        self.index = {s.id: i for i, s in enumerate(self.sensors)}
        self.rows_seen = 0
        self._sorted = False
        self._config = config
        self._k = constants
        self._rejects = rejects
        self._recent = np.zeros((0, 9))
        self._idents: dict[str, int] = {}
        self._check = Consistency()
        self._far = np.array([s.max_range_m for s in sensors] + [0.0])
        self._moving = [i for i, s in enumerate(self.sensors) if s.path]
        #: (S, 3) latitude, longitude [deg], height [m] of what stands still.
        self._stands = np.array([(s.lat_deg, s.lon_deg, s.alt_m) for s in sensors])
        # Pressure heights are off the ellipsoid by some 300 m (assumption).
        self._sigma = np.array(
            [
                (max(s.sigma_range_m, 1.0), max(s.sigma_azimuth_deg, 1e-3),
                 max(s.sigma_elevation_deg, 0.02), max(s.sigma_height_m, 30.0))
                for s in sensors
            ]
        )  # fmt: skip
        self._sigma_rate = np.array([s.sigma_range_rate_mps for s in sensors])
        self._replies = np.array([s.kind == "adsb" for s in sensors], dtype=np.bool_)

    def _where(self, which: Ints, t_s: Floats) -> Floats:
        """(N, 3) latitude, longitude [deg] and height [m] of sensors at times."""
        from forefield.sensing.geometry import position

        place = self._stands[which]
        for i in self._moving:
            mine = np.flatnonzero(which == i)
            place[mine] = np.column_stack(position(self.sensors[i], t_s[mine]))
        return place

    @property
    def names(self) -> Any:
        """Addresses by number; number 0 is none."""
        return np.array(["", *self._idents])

    def number_of(self, names: Any) -> Ints:
        """(N,) index of each sensor, -1 for one that is not known."""
        return np.array([self.index.get(s, -1) for s in names.tolist()], dtype=np.int64)

    # -- which rows ---------------------------------------------------------------
    def usable(self, d: Detections, now_s: float, numbers: Ints) -> Ints:
        """Rows that can be used; the others are counted, named by their numbers."""
        n = len(d)
        if n == 0:
            return np.zeros(0, dtype=np.int64)
        ok = np.ones(n, dtype=np.bool_)
        which = self.number_of(d.sensor)

        def reject(bad: Bool, reason: str, *, used: bool = False) -> None:
            bad = bad & ok
            if bad.any():
                row = int(np.flatnonzero(bad)[0])
                self._rejects.add(
                    reason, int(bad.sum()), _example(d, row, numbers[row]), used=used
                )
                if not used:
                    ok[bad] = False

        reject(~np.isfinite(d.t_s), "no time")
        reject(which < 0, "unknown sensor")
        reported = np.isfinite(d.lat_deg) | np.isfinite(d.lon_deg)
        with np.errstate(invalid="ignore"):
            reject(
                reported & ~((np.abs(d.lat_deg) < 90.0) & (np.abs(d.lon_deg) <= 360.0)),
                "position is not on the earth",
            )
            reject(~reported & ~np.isfinite(d.range_m), "neither range nor position")
            reject(~reported & ~(d.range_m > 0.0), "range is not above zero")
            reject(~reported & ~np.isfinite(d.azimuth_deg), "no azimuth")
            far = 1.5 * self._far[which] + 1e4
            reject(~reported & (d.range_m > far), "beyond the sensor")
            reject(np.abs(d.elevation_deg) > 90.0, "elevation beyond 90 degrees")
            reject(d.t_s < now_s - self._config.max_lag_s, "too late")
            if not self._sorted:
                reject(_backwards(d), "earlier than the sensor's row above", used=True)
        reject(self._repeated(d, which, now_s), "the same plot again")
        return np.flatnonzero(ok)

    def count_backwards(self, d: Detections) -> None:
        """Count the rows that go backwards in time, and look no more for any."""
        self._sorted = True
        back = np.flatnonzero(_backwards(d))
        if len(back):
            self._rejects.add(
                "earlier than the sensor's row above", len(back),
                _example(d, int(back[0]), back[0]), used=True,
            )  # fmt: skip

    def _repeated(self, d: Detections, which: Ints, now_s: float) -> Bool:
        """Rows equal to one before, in this batch or in the last `max_lag_s`."""
        key = np.column_stack(
            [
                which, d.t_s, d.range_m, d.azimuth_deg, d.elevation_deg, d.height_m,
                d.lat_deg, d.lon_deg, d.alt_m,
            ]
        )  # fmt: skip
        key = np.nan_to_num(key, nan=-9.9e99)
        old = self._recent
        both = np.concatenate([old, key])
        # Only where time, range and latitude agree are the rows compared whole.
        quick = both[:, [1, 2, 6]]
        order = np.lexsort(quick.T)
        same = np.zeros(len(both), dtype=np.bool_)
        near = quick[order[1:]] == quick[order[:-1]]
        if near.all(axis=1).any():
            order = np.lexsort((np.arange(len(both)), *both.T[::-1]))
            same[order[1:]] = (both[order[1:]] == both[order[:-1]]).all(axis=1)
        newest = max(float(np.nanmax(key[:, 1])), now_s)
        self._recent = both[both[:, 1] >= newest - self._config.max_lag_s]
        return np.asarray(same[len(old) :])

    # -- where --------------------------------------------------------------------
    def place(
        self, d: Detections, which: Ints, bias: Floats
    ) -> tuple[Floats, Floats, Bool]:
        """Every plot in the plane (N, 16), its range rate (N, 3), and its flag.

        bias  (S, 3) range [m], azimuth [rad] to take off; the clock was taken off
        The flag marks reports that contradict themselves.
        """
        from forefield.kernels import measurement as m

        n = len(d)
        reported = np.isfinite(d.lat_deg) & np.isfinite(d.lon_deg)
        place, sigma = self._where(which, d.t_s), self._sigma[which]
        rate_sigma = self._sigma_rate[which]
        kind = np.full(n, m.FLAT, dtype=np.int64)
        height = d.height_m.copy()
        level = ~np.isfinite(height) & np.isfinite(d.flight_level)
        height[level] = d.flight_level[level] * 100.0 * _FEET
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
        range_m = np.maximum(d.range_m - bias[which, 0], 1.0)
        azimuth = d.azimuth_deg - np.degrees(bias[which, 1])
        out = np.empty((n, 16))
        m.to_plane(
            kind, place, range_m, azimuth, d.elevation_deg, height, d.lat_deg,
            d.lon_deg, sigma, self._config.height_m, self._k, out,
        )  # fmt: skip
        rate = np.full((n, 3), np.nan)
        rated = np.isfinite(d.range_rate_mps) & (rate_sigma > 0.0) & ~reported
        if rated.any():
            # Sine of the elevation as seen at the target, by the law of cosines.
            a = 6_371e3 + place[rated, 2]
            h = np.where(out[rated, 9] > 2.5, out[rated, 2], self._config.height_m)
            b, r = 6_371e3 + h, range_m[rated]
            up = (b * b + r * r - a * a) / (2.0 * b * r)
            rate[rated, 0] = d.range_rate_mps[rated]
            rate[rated, 1] = rate_sigma[rated]
            rate[rated, 2] = np.clip(up, -0.99, 0.99)
        flag = np.zeros(n, dtype=np.bool_)
        told = np.flatnonzero(reported & (d.icao24 != ""))
        if len(told):
            why = self._check.judge(
                d.t_s[told], d.lat_deg[told], d.lon_deg[told], d.speed_mps[told],
                d.track_deg[told], d.alt_m[told], np.char.lower(d.icao24[told]),
            )  # fmt: skip
            flag[told] = why != 0
        return out, rate, flag

    # -- when ---------------------------------------------------------------------
    def group(
        self, d: Detections, which: Ints, scans: Scans | None
    ) -> tuple[Looked, Ints, Ints]:
        """Scans in the order of their ends, and the plots sorted into them.

        Returns the scans, the order of the plots, and the scan of each in that order.
        """
        parts: list[tuple[Ints, Floats, Floats, Floats]] = []
        scan_of = np.full(len(d), -1, dtype=np.int64)
        table = self._table(scans)
        told = scans is not None and len(scans) > 0
        base = 0
        for i in sorted(set(table) | set(np.unique(which).tolist())):
            mine = np.flatnonzero(which == i)
            a, b, w = table.get(i, (np.zeros(0), np.zeros(0), np.zeros(0)))
            if len(a):
                at = np.minimum(np.searchsorted(b, d.t_s[mine]), len(b) - 1)
                inside = (d.t_s[mine] >= a[at]) & (d.t_s[mine] <= b[at])
                scan_of[mine[inside]] = base + at[inside]
                mine = mine[~inside]
                parts.append((np.full(len(a), i), a, b, w))
                base += len(a)
            if len(mine):
                # Plots outside any scan: one look per period of the sensor. It is
                # evidence against other tracks only where scans are never told.
                period = self.sensors[i].period_s
                cells, where = np.unique(
                    np.floor(d.t_s[mine] / period), return_inverse=True
                )
                scan_of[mine] = base + where
                worth = np.full(len(cells), 0.0 if told else 1.0)
                start = cells * period
                parts.append((np.full(len(cells), i), start, start + period, worth))
                base += len(cells)
        if not parts:
            empty = np.zeros(0)
            none = np.zeros(0, dtype=np.int64)
            return Looked(none, empty, empty, empty), none, none
        sensor = np.concatenate([p[0] for p in parts]).astype(np.int64)
        start, end, worth = (np.concatenate([p[k] for p in parts]) for k in (1, 2, 3))
        rank = np.lexsort((start, sensor, end))
        place_of = np.empty(len(rank), dtype=np.int64)
        place_of[rank] = np.arange(len(rank))
        scan_of = place_of[scan_of]
        order = np.lexsort((d.t_s, scan_of))
        t_s, at = d.t_s[order], scan_of[order]
        if ((t_s[1:] == t_s[:-1]) & (at[1:] == at[:-1])).any():
            order = np.lexsort(
                (
                    d.icao24, d.alt_m, d.lon_deg, d.lat_deg, d.height_m,
                    d.elevation_deg, d.azimuth_deg, d.range_m, d.t_s, scan_of,
                )
            )  # fmt: skip
        looked = Looked(sensor[rank], start[rank], end[rank], worth[rank])
        return looked, order, scan_of[order]

    def _table(self, scans: Scans | None) -> dict[int, tuple[Floats, Floats, Floats]]:
        """Start, end and worth of the scans of each sensor, in order."""
        if scans is None or not len(scans):
            return {}
        which = self.number_of(scans.sensor)
        bad = (which < 0) | ~(scans.t_end_s >= scans.t_start_s)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            self._rejects.add(
                "scan of an unknown sensor or without duration",
                int(bad.sum()),
                f"scan row {row}: sensor {scans.sensor[row]!s}",
            )
        told = [_STATUS.get(x, -1.0) for x in scans.status.tolist()]
        worth = np.maximum(told, 0.0)
        odd = (np.array(told) < 0.0) & ~bad
        if odd.any():
            row = int(np.flatnonzero(odd)[0])
            self._rejects.add(
                "scan of an unknown status counted as out",
                int(odd.sum()),
                f"scan row {row}: status {scans.status[row]!s}",
                used=True,
            )
        order = np.lexsort((scans.t_start_s, scans.t_end_s, which))
        order = order[~bad[order]]
        start, end, worth = scans.t_start_s[order], scans.t_end_s[order], worth[order]
        which = which[order]
        first = np.flatnonzero(np.append(True, np.diff(which) != 0)[: len(which)])
        return {
            int(which[a]): (start[a:b], end[a:b], worth[a:b])
            for a, b in zip(first.tolist(), [*first[1:].tolist(), len(which)],
                            strict=True)
        }  # fmt: skip

    # -- as arrays ----------------------------------------------------------------
    def plots(
        self, d: Detections, which: Ints, z: Floats, rate: Floats, flag: Bool,
        numbers: Ints,
    ) -> Any:  # fmt: skip
        """Rows in the order of their scans, as `kernels.track_rows.Plots`."""
        from forefield.kernels.frames import plane_from_geodetic
        from forefield.kernels.track_rows import Plots

        n = len(d)
        ident = np.zeros(n, dtype=np.int64)
        for i in np.flatnonzero(d.icao24 != ""):
            name = str(d.icao24[i]).lower()
            ident[i] = self._idents.setdefault(name, len(self._idents) + 1)
        coop = self._replies[which]
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
            flag=flag, coop=coop, v0=v0, rate=np.ascontiguousarray(rate),
            number=numbers,
        )  # fmt: skip

    def looks(self, looked: Looked, scan: Ints) -> Any:
        """Scans as `kernels.track_rows.Looks`; `scan` is the scan of each plot."""
        from forefield.kernels.frames import plane_from_geodetic
        from forefield.kernels.track_rows import Looks

        n = len(looked.sensor)
        place = self._where(looked.sensor, 0.5 * (looked.t0 + looked.t1))
        x, y, _ = plane_from_geodetic(place[:, 0], place[:, 1], self._k)
        return Looks(
            first=np.searchsorted(scan, np.arange(n + 1)).astype(np.int64),
            t0=looked.t0, t1=looked.t1, sensor=looked.sensor, place=place,
            xy=np.column_stack([x, y]), weight=looked.weight,
        )  # fmt: skip


def _backwards(d: Detections) -> Bool:
    """Rows earlier than the row before them of the same sensor."""
    out = np.zeros(len(d), dtype=np.bool_)
    order = np.argsort(d.sensor, kind="stable")
    t, name = d.t_s[order], d.sensor[order]
    out[order[1:]] = (np.diff(t) < 0.0) & (name[1:] == name[:-1])
    return out
