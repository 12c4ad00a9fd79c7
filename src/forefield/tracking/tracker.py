"""From plots to tracks: who is who, how sure, and what it may be.

    tracker = Tracker(sensors, plane)
    tracks = tracker.update(detections, scans, now_s)      # again and again

Plots of several sensors are processed scan by scan in the order in which the scans
end. An empty scan is information: a track that a sensor should have seen and did not
becomes less likely to exist. Nothing is dropped in silence: rows that cannot be used
are counted in `Tracker.rejects`, with the reason and the first example.

The inside is a Poisson multi-Bernoulli tracker with a bank of motion models
(`kernels.pmb`). `tracking.recording` runs it over a whole recording.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from forefield.columns import Floats, Ints
from forefield.errors import InputError
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.tracking import classes as _classes
from forefield.tracking import existence as _existence
from forefield.tracking import stillness as _stillness
from forefield.tracking import views as _views
from forefield.tracking.config import TrackerConfig
from forefield.tracking.history import Chronicle, History
from forefield.tracking.intake import Intake, Looked
from forefield.tracking.registration import Offset, Registration
from forefield.tracking.rejects import Rejects
from forefield.tracking.tracks import CLASSES, Tracks

__all__ = ["Tracker"]

#: Doubt about a speed that rests on neighbouring plots alone: a flock's echo wanders.
_JITTER_MPS = 25.0
_CLASS_EVERY_S = 4.0
_ANCHOR_EVERY_S = 16.0
#: A sensor that flies has its reach worked out anew when it has moved so far [m].
_MOVED_M = 20e3
#: Rows of tracks, and new tracks a plot may need at most.
_MOST_ROWS, _ROWS_PER_PLOT = 200_000, 4


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
        from forefield.kernels import track_rows as k

        if len({s.id for s in sensors}) != len(sensors):
            raise InputError("Two sensors share an id: give each its own.")
        if not sensors:
            raise InputError("A tracker needs at least one sensor; none was given.")
        self.sensors = tuple(sensors)
        self.config = config or TrackerConfig()
        self.rejects = Rejects()
        self.now_s = -np.inf
        self._k: Floats = np.ascontiguousarray(plane.constants, dtype=np.float64)
        self._intake = Intake(self.sensors, self._k, self.config, self.rejects)
        self._registration = Registration(self.sensors)
        self._chronicle = Chronicle()
        self._views = _views.views(self.sensors)
        self._stood = self._places(0.0)
        self._unseen = _views.unseen(self.sensors, self.config, self._stood)
        for i in range(len(self.sensors)):
            self._reach(i)
        self._cfg = self.config.array()
        self._F, self._I = np.zeros((0, k.N_F)), np.zeros((0, k.N_I), np.int64)
        self._sides = k.empty_sides(0, len(self.sensors), len(CLASSES))
        self._room: Any = k.empty_room(0, 0, 0)
        self._n = 0
        self._next = 1
        self._share_still = _stillness.share(np.zeros(0))

    # -- the one entry -------------------------------------------------------
    def update(
        self,
        detections: Detections,
        scans: Scans | None = None,
        now_s: float | None = None,
        *,
        numbers: Ints | None = None,
    ) -> Tracks:
        """Process what came in, and return all live tracks at `now_s`.

        detections  in any order; rows of a scan may be permuted without effect
        scans       what was looked at; plots outside any scan make one of their own
        now_s       UTC seconds of the picture; default: the end of the last scan
        numbers     (N,) the caller's own number of each row, for histories, origins
                    and rejects; default: rows counted over all calls

        Tracks confirmed before and ended by this batch appear once, as "ended".
        """
        intake = self._intake
        if numbers is None:
            numbers = np.arange(len(detections)) + intake.rows_seen
        elif len(numbers) != len(detections):
            raise InputError(
                f"{len(numbers)} numbers for {len(detections)} rows: give one a row."
            )
        rows = intake.usable(detections, self.now_s, numbers)
        used = detections.take(rows)
        which = intake.number_of(used.sensor)
        looked, order, scan = intake.group(used, which, scans)
        looked, order, scan = self._thinned(looked, order, scan, numbers[rows])
        used, which = used.take(order), which[order]
        numbers = numbers[rows[order]].astype(np.int64)
        intake.rows_seen += len(detections)
        self._process(used, which, looked, scan, numbers)
        newest = [self.now_s, *used.t_s.tolist()[-1:], *looked.t1.tolist()[-1:]]
        if len(used):
            newest.append(float(used.t_s.max()))
        self.now_s = max(newest) if now_s is None else max(self.now_s, float(now_s))
        if not np.isfinite(self.now_s):
            return Tracks.empty()
        return self._picture(self.now_s if now_s is None else float(now_s))

    def count_backwards(self, detections: Detections) -> None:
        """Count rows of a recording that are earlier than their sensor's row above.

        To be called before the recording is sorted and fed in; later batches are then
        not looked through again.
        """
        self._intake.count_backwards(detections)

    def history(self, track_id: int) -> History:
        """Births, confirmations, coasts, ends and plots of one track."""
        if not self.config.history:
            raise InputError(
                "This tracker keeps no history: set TrackerConfig.history."
            )
        return self._chronicle.of(track_id, self._next - 1)

    def origins(self) -> tuple[Ints, Ints]:
        """Plot numbers and the track each went to (-1: none), of everything so far."""
        links = self._chronicle.links
        return links[:, 2], links[:, 0]

    def offsets(self) -> tuple[Offset, ...]:
        """Range, azimuth and clock offsets of the sensors as estimated so far."""
        return self._registration.offsets()

    # -- what happens to it ------------------------------------------------------
    def _process(
        self, d: Detections, which: Ints, looked: Looked, scan: Ints, numbers: Ints
    ) -> None:
        from forefield.kernels import pmb
        from forefield.kernels.track_rows import N_EVENT
        from forefield.kernels.track_update import compact

        bias = self._registration.bias
        if bias[:, 2].any():
            d = dataclasses.replace(d, t_s=d.t_s - bias[which, 2])
        z, rate, flag = self._intake.place(d, which, bias)
        plots = self._intake.plots(d, which, z, rate, flag, numbers)
        looks = self._intake.looks(looked, scan)
        if len(looked.sensor):
            if not np.isfinite(self._unseen.grid[5]):
                self._unseen.grid[5] = looked.t0.min()
            self._follow(looks)
        self._n = compact(self._F, self._I, self._sides, self._n, False, False)
        per_scan = int(np.diff(looks.first).max()) if len(looked.sensor) else 0
        self._reserve(len(d), per_scan)
        links = np.full((len(d), 2), -1, dtype=np.int64)
        events = np.zeros((6 * (self._n + len(d)) + 64, N_EVENT))
        self._n, self._next, n_events, shed = pmb.process(
            self._F, self._I, self._sides, self._n, plots, looks, self._views,
            self._unseen, self._cfg, self._next, links, events, self._room, True,
        )  # fmt: skip
        if shed:
            self.rejects.add(
                "no room: a new track or a track's plots left out of a scan",
                int(shed),
                f"{self._n} tracks are held",
            )
        if self.config.history:
            lost = n_events - len(events)
            if lost > 0:
                self.rejects.add(
                    "event of a track not kept", lost, f"{n_events} in one batch"
                )
            self._chronicle.add(events[:n_events], links, numbers)
        if self.config.register and len(self.sensors) > 1 and len(d):
            self._register(links[:, 0], which, plots, looks, scan)

    def _register(
        self, track: Ints, which: Ints, plots: Any, looks: Any, scan: Ints
    ) -> None:
        from forefield.kernels.bank import BLOCK, VBLOCK
        from forefield.kernels.track_rows import (
            CONFIRMED,
            DEAD,
            MODELS,
            MU,
            NUMBER,
            TALL,
            VMU,
            V,
            X,
        )  # fmt: skip

        n = self._n
        sure = (self._I[:n, CONFIRMED] == 1) & (self._I[:n, DEAD] == 0)
        known = self._I[:n, NUMBER][sure]
        if not len(known):
            return
        order = np.argsort(known, kind="stable")
        at = np.minimum(np.searchsorted(known[order], track), len(known) - 1)
        row = np.flatnonzero(sure)[order[at]]
        usable = (track > 0) & (self._I[row, NUMBER] == track) & ~plots.flag
        f = self._F[row]
        share = f[:, MU : MU + MODELS]
        models = int(self.config.models)
        blocks = f[:, X : X + MODELS * BLOCK].reshape(len(row), MODELS, BLOCK)
        velocity = (share[:, :models, None] * blocks[:, :models, 2:4]).sum(axis=1)
        # A turning flight's way between two plots is not its velocity times the time.
        usable &= (share[:, 0] > 0.8) & np.isfinite(velocity).all(axis=1)
        arc = np.hypot(*(plots.z[:, 0:2] - looks.xy[scan]).T)
        # Without a height of its own, a plot says where only on a track that has one.
        flat = np.isfinite(plots.z[:, 12])
        usable &= ~flat | (self._I[row, TALL] == 1)
        a, b = f[:, VMU], f[:, VMU + 1]
        low, high = f[:, V : V + VBLOCK], f[:, V + VBLOCK : V + 2 * VBLOCK]
        step = high[:, 0] - low[:, 0]
        height = low[:, 0] + b * step
        spread = a * low[:, 2] + b * high[:, 2] + a * b * step**2
        known_height = np.column_stack([height, spread])
        self._registration.learn(
            track, which, plots, arc, velocity, known_height, usable
        )

    def _thinned(
        self, looked: Looked, order: Ints, scan: Ints, numbers: Ints
    ) -> tuple[Looked, Ints, Ints]:
        """Scans with more plots than can be held lose some, evenly, and say so."""
        most = self.config.max_plots_per_scan
        if len(order) <= most:
            return looked, order, scan
        count = np.bincount(scan, minlength=len(looked.sensor))
        if count.max() <= most:
            return looked, order, scan
        keep = np.ones(len(order), dtype=np.bool_)
        weight = looked.weight.copy()
        for q in np.flatnonzero(count > most).tolist():
            rows = np.flatnonzero(scan == q)
            kept = rows[(np.arange(most) * len(rows)) // most]
            keep[rows] = False
            keep[kept] = True
            # What was not looked through is no evidence that nothing is there.
            weight[q] *= most / len(rows)
            first = int(numbers[order[rows[~keep[rows]][0]]])
            self.rejects.add(
                f"more than {most} plots in a scan: thinned evenly in time, range and "
                "azimuth, and the scan counts for that much less",
                len(rows) - most,
                f"sensor {self.sensors[int(looked.sensor[q])].id}, "
                f"scan of {len(rows)} plots ending at {looked.t1[q]:.3f}, row {first}",
            )
        return looked._replace(weight=weight), order[keep], scan[keep]

    def _reserve(self, plots: int, per_scan: int) -> None:
        """Room for a batch: rows of tracks, and working space for its largest scan."""
        from forefield.kernels import track_rows as k

        need = min(
            self._n + _ROWS_PER_PLOT * per_scan + plots + 64, max(_MOST_ROWS, self._n)
        )
        if need > len(self._F):
            size = max(need, min(2 * len(self._F), _MOST_ROWS))
            F, I = np.zeros((size, k.N_F)), np.zeros((size, k.N_I), np.int64)  # noqa: E741
            sides = k.empty_sides(size, len(self.sensors), len(CLASSES))
            n = self._n
            F[:n], I[:n] = self._F[:n], self._I[:n]
            for new, old in zip(sides, self._sides, strict=True):
                new[:n] = old[:n]
            self._F, self._I, self._sides = F, I, sides
        if per_scan > len(self._room.px) or len(self._F) > len(self._room.none):
            most = max(per_scan, len(self._room.px), 64)
            self._room = k.empty_room(len(self._F), most, 8 * most + 256)

    # -- where the sensors are -----------------------------------------------------
    def _places(self, t_s: float) -> Floats:
        """(S, 3) plane x, y [m] and height [m] of every sensor."""
        from forefield.kernels.frames import plane_from_geodetic
        from forefield.sensing.geometry import position

        where = [position(s, np.array([t_s])) for s in self.sensors]
        lat, lon, alt = (np.array([float(w[k][0]) for w in where]) for k in range(3))
        x, y, _ = plane_from_geodetic(lat, lon, self._k)
        return np.column_stack([x, y, alt])

    def _reach(self, i: int) -> None:
        cap = self.config.p_detect_cap
        _views.reach(self._unseen, i, self._stood[i], self._views, cap)

    def _follow(self, looks: Any) -> None:
        """Work out anew what a sensor that has flown on can see."""
        for i, s in enumerate(self.sensors):
            if not s.path:
                continue
            mine = np.flatnonzero(looks.sensor == i)
            if len(mine):
                here = np.append(looks.xy[mine[-1]], looks.place[mine[-1], 2])
                if np.hypot(*(here - self._stood[i])[:2]) > _MOVED_M:
                    self._stood[i] = here
                    self._reach(i)

    # -- what goes out -----------------------------------------------------------
    def _picture(self, now_s: float) -> Tracks:
        from forefield.kernels import pmb
        from forefield.kernels import track_rows as k

        n, config = self._n, self.config
        F, I, sides = self._F[:n], self._I[:n], self._sides  # noqa: E741
        out, cov = np.empty((n, 12)), np.empty((n, 36))
        life = self._unseen.grid[6]
        pmb.picture(F, I, n, now_s, life, self._cfg, self._k, out, cov)
        self._classify(out, cov, now_s)
        self._discount(out)
        old, dead = I[:, k.CONFIRMED] == 1, I[:, k.DEAD] == 1
        shown = (
            (I[:, k.NUMBER] > 0)
            & (I[:, k.HITS] >= config.report_hits)
            & (out[:, 8] >= config.report_p_exist)
            & ~dead
        ) | (dead & old)
        # A report that no radar supports is not in doubt as clutter is.
        by_radar = I[:, k.RADAR] > 0
        out[by_radar, 8] = _existence.reported(
            out[by_radar, 8], config.trust_low, config.trust_high, config.doubt
        )
        rows = np.flatnonzero(shown)
        rows = rows[np.argsort(I[rows, k.NUMBER], kind="stable")]
        unseen = now_s - F[:, k.SEEN]
        coasting = (I[:, k.COASTING] == 1) | (unseen > config.coast_most_s)
        status = np.where(
            dead, "ended", np.where(~old, "tentative", np.where(coasting, "coasting",
                                                                "confirmed"))
        )  # fmt: skip
        return Tracks.build(
            len(rows),
            t_s=now_s,
            track_id=I[rows, k.NUMBER],
            lat_deg=out[rows, 0], lon_deg=out[rows, 1], alt_m=out[rows, 2],
            v_east_mps=out[rows, 3], v_north_mps=out[rows, 4], v_up_mps=out[rows, 5],
            sigma_pos_m=out[rows, 6], sigma_vel_mps=out[rows, 7],
            cov=cov[rows],
            p_exist=out[rows, 8],
            p_class=sides.p_class[rows].copy(),
            t_seen_s=F[rows, k.SEEN],
            status=status[rows],
            inconsistent=I[rows, k.FLAG] == 1,
            n_sensors=(sides.seen_by[rows] > 0).sum(axis=1),
            source_id=self._intake.names[I[rows, k.IDENT]],
        )  # fmt: skip

    def _classify(self, out: Floats, cov: Floats, now_s: float) -> None:
        """Weigh what the tracks did since they were last weighed."""
        from forefield.kernels import track_rows as k

        n = self._n
        F, I, p = self._F, self._I, self._sides.p_class  # noqa: E741
        last = F[:n, k.T_CLASS]
        fresh = np.isneginf(last)
        p[:n][fresh & (I[:n, k.HITS] < 3)] = _classes.prior()
        gone = F[:n, k.SEEN]
        due = (I[:n, k.HITS] >= 3) & (I[:n, k.DEAD] == 0)
        due &= gone - last >= _CLASS_EVERY_S
        rows = np.flatnonzero(due)
        if not len(rows):
            return
        speed, sigma = self._travelled(rows, out, now_s)
        like = _classes.likelihood(
            np.sqrt(speed**2 + out[rows, 5] ** 2),
            np.maximum(sigma, 1.0),
            out[rows, 2],
            np.sqrt(cov[rows, 14]),
        )
        before = np.where(fresh[rows, None], _classes.prior(), p[rows])
        F[rows, k.STILL] = self._stillness(rows, out, before, now_s)
        polite = (I[rows, k.IDENT] > 0) & (I[rows, k.FLAG] == 0)
        p[rows] = _classes.revise(before, like, gone[rows] - last[rows], polite)
        F[rows, k.T_CLASS] = gone[rows]

    def _discount(self, out: Floats) -> None:
        """Existence of an object: what is seen exists, and is no ground."""
        from forefield.kernels import track_rows as k

        n = self._n
        F, I = self._F[:n], self._I[:n]  # noqa: E741
        still = _stillness.p_still(F[:, k.STILL], self._share_still)
        # Who answers by an address, and consistently, is no ground.
        still[(I[:, k.IDENT] > 0) & (I[:, k.FLAG] == 0)] = 0.0
        out[:, 8] *= 1.0 - still
        sure = (I[:, k.CONFIRMED] == 1) & (I[:, k.DEAD] == 0)
        self._share_still = _stillness.share(still[sure])

    def _stillness(
        self, rows: Ints, out: Floats, p_class: Floats, now_s: float
    ) -> Floats:
        """Evidence that they are ground: velocity, recent and settled way."""
        from forefield.kernels.track_rows import ANCHORS, TRAIL

        ring = self._F[rows, TRAIL : TRAIL + 4 * ANCHORS].reshape(-1, ANCHORS, 4)
        speed = np.hypot(out[rows, 3], out[rows, 4])
        total = _stillness.log_ratio(speed, np.hypot(2.0 * out[rows, 9], 5.0), p_class)
        with np.errstate(invalid="ignore", divide="ignore"):
            age = now_s - ring[:, :, 0]
            dx = out[rows, 10][:, None] - ring[:, :, 1]
            dy = out[rows, 11][:, None] - ring[:, :, 2]
            way = np.hypot(dx, dy) / age
            wide = np.hypot(out[rows, 6][:, None], ring[:, :, 3])
            spread = np.hypot(wide, _stillness.WANDER_M) / age
        recent = np.where((age >= 50.0) & (age <= 150.0), age, -1.0)
        recent[:, 0] = -1.0
        each, oldest = np.arange(len(rows)), recent.argmax(axis=1)
        held = recent[each, oldest] > 0.0
        lately = np.where(held, way[each, oldest], np.nan)
        total += _stillness.log_ratio(lately, spread[each, oldest], p_class)
        ever = np.where(age[:, 0] >= 60.0, way[:, 0], np.nan)
        return total + _stillness.log_ratio(ever, spread[:, 0], p_class)

    def _travelled(
        self, rows: Ints, out: Floats, now_s: float
    ) -> tuple[Floats, Floats]:
        """Speed and its spread: from the way made in a minute or two, where known.

        Birds and balloons look fast from plot to plot and slow over a minute. The
        greater of the last minute's and the last two minutes' way counts, so that a
        drone that circles does not look slow.
        """
        from forefield.kernels.track_rows import ANCHORS, TRAIL

        speed = np.hypot(out[rows, 3], out[rows, 4])
        sigma = np.hypot(out[rows, 9], _JITTER_MPS)
        ring = self._F[rows, TRAIL : TRAIL + 4 * ANCHORS].reshape(-1, ANCHORS, 4)
        age = now_s - ring[:, :, 0]
        x, y, spread = out[rows, 10], out[rows, 11], out[rows, 6]
        with np.errstate(invalid="ignore", divide="ignore"):
            way = np.hypot(x[:, None] - ring[:, :, 1], y[:, None] - ring[:, :, 2]) / age
        way[~((age >= 50.0) & (age <= 150.0))] = -1.0
        best = way.argmax(axis=1)
        each = np.arange(len(rows))
        far = way[each, best] >= 0.0
        speed[far] = way[each, best][far]
        over = np.hypot(spread[far], ring[each, best, 3][far])
        sigma[far] = over / age[each, best][far]
        # A new anchor takes the place of the oldest, but for the first of all.
        due = age.min(axis=1) >= _ANCHOR_EVERY_S
        oldest = np.where(np.isinf(age[:, 0]), 0, 1 + age[:, 1:].argmax(axis=1))
        wide = np.hypot(np.hypot(spread, ring[:, 0, 3]), _stillness.WANDER_M)
        with np.errstate(invalid="ignore", divide="ignore"):
            gone = np.hypot(x - ring[:, 0, 1], y - ring[:, 0, 2])
            left = gone > _stillness.SETTLED * wide
        due |= left
        oldest[left] = 0
        ring[each[due], oldest[due]] = np.column_stack(
            [np.full(due.sum(), now_s), x[due], y[due], spread[due]]
        )
        self._F[rows, TRAIL : TRAIL + 4 * ANCHORS] = ring.reshape(len(rows), -1)
        return speed, sigma
