"""The tracker on small scenes whose truth is known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from tracking_scenes import (
    PLANE,
    T0,
    errors,
    eye,
    looks,
    radar,
    reports,
    same,
    straight,
)

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.sensing.detections import Detections, Scans
from forefield.sensing.observe import observe
from forefield.threats.flights import Flights
from forefield.tracking.config import TrackerConfig
from forefield.tracking.recording import run, track
from forefield.tracking.tracker import Tracker
from forefield.tracking.tracks import CLASSES
from forefield.world.plane import Plane


# -- statistics ---------------------------------------------------------------
def simulate_cv(seed, q, n=60, dt=5.0, sigma=100.0):
    """A near-constant-velocity truth, drawn from the filter's own model."""
    g = Stream(seed, "cv truth").generator()
    s = np.array([-30e3, 10e3, 150.0, -40.0])
    F = np.eye(4)
    F[0, 2] = F[1, 3] = dt
    Q = q * np.kron([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]], np.eye(2))
    L = np.linalg.cholesky(Q)
    truth = []
    for _ in range(n):
        truth.append(s)
        s = F @ s + L @ g.normal(size=4)
    truth = np.array(truth)
    return truth, truth[:, :2] + g.normal(size=(n, 2)) * sigma


def test_the_stated_covariance_holds_what_it_promises():
    """NEES of position and velocity in its 95 % band; better than the raw plots."""
    config = TrackerConfig(
        accel_psd=0.5, accel_psd_turning=0.5, turn_dps=1e-6, sigma_fast_mps=1.0
    )
    total, raw, kept, count = 0.0, [], [], 0
    at = [0, 1, 3, 4]
    for seed in range(120):
        truth, seen = simulate_cv(seed, 0.5)
        t = T0 + 5.0 * np.arange(len(truth))
        plots = reports(t, seen[:, 0], seen[:, 1])
        tracker = Tracker([eye(p_detect=0.95)], PLANE, config)
        for first, last in ((0, 24), (25, 49)):  # far apart: independent
            rows = slice(first, last + 1)
            out = tracker.update(plots.take(rows), looks(t[rows]), t[last])
            assert len(out) == 1
            x, y = PLANE.forward(out.lat_deg, out.lon_deg)
            scale = float(PLANE.scale(out.lat_deg, out.lon_deg)[0])
            v = np.array([out.v_east_mps[0], out.v_north_mps[0]])
            e = np.array([x[0], y[0], *(v * scale)]) - truth[last]
            raw.append(seen[last] - truth[last, :2])
            kept.append(e[:2])
            C = out.cov[0].reshape(6, 6)[np.ix_(at, at)]
            total += (e / scale) @ np.linalg.solve(C, e / scale)
            count += 1
    low, high = chi2.ppf([0.025, 0.975], 4 * count)
    assert low < total < high
    rms = [np.sqrt(np.mean(np.square(a))) for a in (kept, raw)]
    assert rms[0] < 0.75 * rms[1]


def test_two_radars_place_a_missile_better_than_either_and_know_its_height():
    flight = straight("A", -60e3, -40e3, 190.0, 120.0)
    sensors = [radar("R1", lon=23.0), radar("R2", lat=50.0, sigma_elevation_deg=0.15)]
    plots, scans = observe(flight, sensors, Stream(3, "two radars"))
    both = track(plots, sensors, scans, plane=PLANE, cycle_s=5.0)
    late = both.take((both.t_s > T0 + 120.0) & (both.t_s <= T0 + 300.0))
    assert len(np.unique(late.track_id)) == 1
    assert set(late.status) <= {"confirmed", "coasting", "ended"}
    assert (late.n_sensors == 2).all()
    e = errors(late, flight)
    assert np.sqrt((e**2).mean()) < 100.0
    assert np.abs(late.alt_m - 2500.0).mean() < 250.0
    assert np.abs(np.hypot(late.v_east_mps, late.v_north_mps) - 224.7).mean() < 8.0


def test_crossing_targets_keep_their_numbers():
    """Forty degrees apart in course, once through the same place."""
    a = straight("A", -20e3, -3.6e3, 200.0, 36.0, seconds=200.0)
    b = straight("B", -20e3, 3.6e3, 200.0, -36.0, seconds=200.0)
    c = straight("C", 0.0, 20e3, 0.0, -200.0, seconds=200.0)
    flights = Flights.concat([a, b, c])
    sensors = [radar("R1", lat=51.2, sigma_azimuth_deg=0.08)]
    switches = 0
    for seed in range(6):
        plots, scans = observe(flights, sensors, Stream(seed, "crossing"))
        out = track(plots, sensors, scans, plane=PLANE, cycle_s=5.0)
        sure = out.take(out.status == "confirmed")
        for flight in (a, b, c):
            owner = []
            for now in np.unique(sure.t_s):
                rows = sure.take(sure.t_s == now)
                off = np.hypot(*errors(rows, flight).T)
                if len(off) and off.min() < 1000.0 and now < T0 + 195.0:
                    owner.append(int(rows.track_id[off.argmin()]))
            # At the crossing itself the nearest is anybody's: compare the ends.
            switches += owner[0] != owner[-1]
    assert switches == 0


def test_a_ballistic_missile_begins_a_track():
    """1.5 km/s: 7.5 km from plot to plot."""
    flight = straight("K", -120e3, -90e3, 1200.0, 900.0, seconds=120.0, alt=20e3)
    sensors = [radar("R1", clutter_per_scan=2.0)]
    plots, scans = observe(flight, sensors, Stream(6, "fast"))
    out = track(plots, sensors, scans, plane=PLANE, cycle_s=5.0)
    sure = out.take((out.status == "confirmed") & (out.t_s > T0 + 60.0))
    fast = np.hypot(sure.v_east_mps, sure.v_north_mps) > 1400.0
    assert len(np.unique(sure.track_id[fast])) == 1
    fits = [CLASSES.index(name) for name in ("ballistic", "interceptor", "unknown")]
    assert sure.p_class[fast][-1][fits].sum() > 0.9


def test_clutter_alone_confirms_next_to_nothing():
    sensor = eye(clutter_per_scan=20.0)
    g = Stream(5, "clutter").generator()
    plots, ends = [], T0 + 5.0 * np.arange(120)
    for t in ends:
        n = g.poisson(20.0)
        r, a = 250e3 * np.sqrt(g.random(n)), 2 * np.pi * g.random(n)
        plots.append(reports(np.full(n, t), r * np.cos(a), r * np.sin(a)))
    out = track(Detections.concat(plots), [sensor], looks(ends), plane=PLANE)
    confirmed = np.unique(out.track_id[out.status == "confirmed"])
    assert len(confirmed) <= 1  # of 2400 false plots


# -- laws -----------------------------------------------------------------------
def one_track(n=12):
    t = T0 + 5.0 * np.arange(n)
    x = -10e3 + 50.0 * (t - T0)
    tracker = Tracker([eye()], PLANE)
    for k in range(n):
        tracker.update(reports(t[k : k + 1], x[k : k + 1], [0.0]), looks([t[k]]), t[k])
    return tracker, t[-1]


def test_an_empty_scan_is_information():
    tracker, t = one_track()
    p = [tracker.update(Detections.empty(), None, t).p_exist[0]]
    for k in range(1, 4):
        out = tracker.update(Detections.empty(), looks([t + 5 * k]), t + 5 * k)
        p.append(out.p_exist[0])
    assert p[0] > 0.995  # a minute old, it might yet be ground that flickers
    assert (np.diff(p) < 0.0).all()
    assert p[-1] < 0.9
    assert out.status[0] == "coasting"


def test_a_sensor_that_is_out_says_nothing():
    tracker, t = one_track()
    before = tracker.update(Detections.empty(), None, t + 15.0).p_exist[0]
    tracker, t = one_track()
    ends = t + 5.0 * np.arange(1, 4)
    out = tracker.update(Detections.empty(), looks(ends, status="out"), t + 15.0)
    assert np.isclose(out.p_exist[0], before, atol=1e-3)


def test_a_track_below_the_horizon_is_not_blamed_for_being_unseen():
    near, far = straight("N", 30e3, 0, 50.0, 0.0), straight("F", 190e3, 0, 50.0, 0.0)
    far = dataclasses.replace(far, alt_m=np.full(len(far), 300.0))
    tracker, _ = one_track()
    view, cfg = tracker._views, tracker._cfg
    assert cfg[0] > 0.0
    assert view.kind[0] == 2  # acoustic: no horizon
    sensors = [radar("R1"), eye()]
    for flight, seen in ((near, True), (far, False)):
        t = T0 + 5.0 * np.arange(20)
        x = np.interp(t, flight.t_s, PLANE.forward(flight.lat_deg, flight.lon_deg)[0])
        plots = reports(t, x, np.zeros(20), alt_m=flight.alt_m[0])
        out, tracker = run(plots, sensors, looks(t), plane=PLANE, cycle_s=5.0)
        p0 = out.p_exist[-1]
        blank = Scans.build(
            4, t_start_s=t[-1] + 5.0 * np.arange(4), sensor="R1", status="ok",
            t_end_s=t[-1] + 5.0 * np.arange(1, 5),
        )  # fmt: skip
        after = tracker.update(Detections.empty(), blank, t[-1] + 20.0)
        fell = p0 - (after.p_exist[0] if len(after) else 0.0)
        assert (fell > 0.05) == seen


def scene():
    flights = Flights.concat(
        [
            straight("A", -40e3, 0.0, 200.0, 30.0),
            straight("B", -20e3, 30e3, 40.0, -30.0, alt=900.0),
        ]
    )
    sensors = [radar("R1"), radar("R2", "radar2d", lat=50.9, clutter_per_scan=3.0)]
    plots, scans = observe(flights, sensors, Stream(9, "scene"))
    return sensors, plots, scans


def test_the_order_of_the_rows_of_a_scan_has_no_effect():
    sensors, plots, scans = scene()
    a = Tracker(sensors, PLANE)
    b = Tracker(sensors, PLANE)
    g = np.random.default_rng(0)
    out_a = a.update(plots, scans)
    mixed, shuffled = g.permutation(len(plots)), g.permutation(len(scans))
    out_b = b.update(plots.take(mixed), scans.take(shuffled))
    assert len(out_a)
    assert same(out_a, out_b)


def test_the_same_input_gives_the_same_bytes():
    sensors, plots, scans = scene()
    assert same(track(plots, sensors, scans), track(plots, sensors, scans))


def test_a_recording_cut_into_other_batches_gives_the_same_tracks():
    sensors, plots, scans = scene()
    last = scans.t_end_s.max()
    for register, near_m in ((False, 1e-3), (True, 30.0)):
        config = TrackerConfig(register=register)
        ends = []
        for cycle in (5.0, 20.0):
            _, tracker = run(
                plots, sensors, scans, plane=PLANE, cycle_s=cycle, config=config
            )
            out = tracker.update(Detections.empty(), None, last + 20.0)
            ends.append(out.take(out.p_exist > 0.3))
        a, b = ends
        assert len(a) == len(b) == 2
        x, y = PLANE.forward(a.lat_deg, a.lon_deg)
        u, v = PLANE.forward(b.lat_deg, b.lon_deg)
        assert np.hypot(x - u, y - v).max() < near_m
        assert np.allclose(a.p_exist, b.p_exist, atol=0.01)


@settings(max_examples=8, deadline=None)
@given(st.floats(-np.pi, np.pi))
def test_turning_the_scene_turns_the_tracks(angle):
    g = np.random.default_rng(3)
    t = T0 + 5.0 * np.arange(15)
    x = np.concatenate([-20e3 + 150.0 * (t - T0), 15e3 - 60.0 * (t - T0)])
    y = np.concatenate([5e3 + 20.0 * (t - T0), -8e3 - 100.0 * (t - T0)])
    x, y, tt = x + g.normal(0, 80, 30), y + g.normal(0, 80, 30), np.tile(t, 2)
    c, s = np.cos(angle), np.sin(angle)

    def final(x, y):
        out = track(reports(tt, x, y), [eye()], looks(t), plane=PLANE, cycle_s=5.0)
        out = out.take(out.t_s == out.t_s.max())
        px, py = PLANE.forward(out.lat_deg, out.lon_deg)
        order = np.argsort(np.hypot(px, py))
        return px[order], py[order], out.p_exist[order], out.sigma_pos_m[order]

    ax, ay, ap, asig = final(x, y)
    bx, by, bp, bsig = final(c * x - s * y, s * x + c * y)
    one_metre = 1.0
    assert len(ax) == 2
    assert np.allclose(bx, c * ax - s * ay, atol=one_metre)
    assert np.allclose(by, s * ax + c * ay, atol=one_metre)
    assert np.allclose(ap, bp, atol=1e-5)
    assert np.allclose(asig, bsig, rtol=1e-3)


def test_a_track_is_shown_in_the_frame_at_the_track():
    """Due-east flight far east of the centre: the plane's axes are turned there."""
    plane = Plane.at(50.5, 18.0)
    t = T0 + 5.0 * np.arange(30)
    lon = 26.0 + 200.0 * (t - T0) / (111_320.0 * np.cos(np.radians(50.5)))
    plots = Detections.build(
        30, t_s=t, sensor="E", lat_deg=50.5, lon_deg=lon, sigma_m=50.0
    )
    sensor = eye(lon=26.0)
    out = track(plots, [sensor], looks(t), plane=plane, cycle_s=5.0)
    last = out.take([-1])
    assert abs(last.v_north_mps[0]) < 2.0
    assert abs(last.v_east_mps[0] - 200.0 * 1.0024) < 3.0
    C = last.cov[0].reshape(6, 6)
    assert np.allclose(C, C.T)
    assert np.linalg.eigvalsh(C).min() > 0.0
    assert np.isclose(last.sigma_pos_m[0], np.sqrt((C[0, 0] + C[1, 1]) / 2))


def test_every_row_is_whole():
    sensors, plots, scans = scene()
    out = track(plots, sensors, scans, plane=PLANE)
    assert ((out.p_exist > 0.0) & (out.p_exist < 1.0)).all()
    assert np.allclose(out.p_class.sum(axis=1), 1.0)
    assert (out.p_class[:, CLASSES.index("unknown")] >= 0.05 - 1e-12).all()
    assert set(out.status) <= {"tentative", "confirmed", "coasting", "ended"}
    assert np.isfinite(out.cov).all()
    assert (out.t_seen_s <= out.t_s).all()
    key = np.lexsort((out.track_id, out.t_s))
    assert (key == np.arange(len(out))).all()


# -- what cannot be used ----------------------------------------------------------
def test_rows_that_cannot_be_used_are_counted_with_an_example():
    tracker = Tracker([radar("R1")], PLANE)
    good = {"range_m": 5e4, "azimuth_deg": 10.0, "elevation_deg": 2.0}
    rows = [
        {"t_s": T0, "sensor": "R1", **good},
        {"t_s": T0, "sensor": "R1", **good},
        {"t_s": T0, "sensor": "R9", **good},
        {"t_s": np.nan, "sensor": "R1", **good},
        {"t_s": T0, "sensor": "R1", **good, "range_m": -5.0},
        {"t_s": T0, "sensor": "R1", **good, "range_m": np.nan},
        {"t_s": T0 - 3.0, "sensor": "R1", **good, "azimuth_deg": 12.0},
        {"t_s": T0 - 900.0, "sensor": "R1", **good},
    ]
    plots = Detections.build(
        len(rows), **{k: np.array([r[k] for r in rows]) for k in rows[0]}
    )
    tracker.update(plots.take([0]), None, T0)
    tracker.update(plots.take(slice(1, None)), None, T0)
    assert tracker.rejects.counts == {
        "the same plot again": 1,
        "unknown sensor": 1,
        "no time": 1,
        "range is not above zero": 1,
        "neither range nor position": 1,
        "earlier than the sensor's row above": 1,
        "too late": 1,
    }
    assert tracker.rejects.dropped == 6
    assert all("row " in line for line in tracker.rejects.lines())


def test_a_tracker_without_sensors_says_what_to_do():
    with pytest.raises(InputError, match="at least one sensor"):
        Tracker([], PLANE)
    with pytest.raises(InputError, match="share an id"):
        Tracker([radar("A"), radar("A")], PLANE)


def test_a_track_has_a_history():
    tracker, t = one_track()
    tracker.update(Detections.empty(), looks(t + 5.0 * np.arange(1, 12)), t + 55.0)
    story = tracker.history(1)
    assert [e.what for e in story.events] == ["born", "confirmed", "coasted", "ended"]
    assert story.events[-1].because == "existence became unlikely"
    assert story.rows.tolist() == list(range(12))
    with pytest.raises(InputError, match="No track 77"):
        tracker.history(77)


def test_a_track_that_a_poor_sensor_misses_half_the_time_does_not_flip():
    """Looks every 5 s that see it half the time: it coasts rarely, not at each miss."""
    g = Stream(5, "poor sensor").generator()
    t = T0 + 5.0 * np.arange(240)
    seen = g.random(len(t)) < 0.5
    seen[:6] = True
    poor = {"p_detect": 0.5}
    tracker = Tracker([eye(**poor)], PLANE)
    for k, at in enumerate(t):
        x = -10e3 + 50.0 * (at - T0)
        plot = reports([at], [x], [0.0]) if seen[k] else Detections.empty()
        tracker.update(plot, looks([at]), at)
    events = [e.what for e in tracker.history(1).events]
    misses = int((~seen).sum())
    assert misses > 100
    assert events[:2] == ["born", "confirmed"]
    assert events.count("coasted") <= 0.05 * misses
    assert "ended" not in events


def test_no_plots_make_an_empty_picture():
    tracker = Tracker([radar()], PLANE)
    assert len(tracker.update(Detections.empty(), None)) == 0
    assert len(track(Detections.empty(), [radar()], plane=PLANE)) == 0


def test_without_scans_a_sensor_is_taken_to_look_once_a_period():
    flight = straight("A", -40e3, 0.0, 200.0, 30.0)
    sensors = [radar("R1")]
    plots, _ = observe(flight, sensors, Stream(2, "no scans"))
    out = track(plots, sensors, plane=PLANE)
    assert len(np.unique(out.track_id[out.status == "confirmed"])) == 1


def test_an_out_of_date_plot_still_helps():
    """A second sensor's plots come 8 s late; the track uses both."""
    t = T0 + 10.0 * np.arange(20)
    x = -10e3 + 100.0 * (t - T0)
    sensors = [eye(), dataclasses.replace(eye(), id="F")]
    tracker = Tracker(sensors, PLANE)
    for k in range(20):
        tracker.update(reports(t[k : k + 1], x[k : k + 1], [0.0]), looks([t[k]]), t[k])
        old = t[k] - 8.0
        out = tracker.update(
            reports([old], [-10e3 + 100.0 * (old - T0)], [0.0], sensor="F"),
            looks([old], "F"),
            t[k],
        )
    sure = out.take(out.status == "confirmed")
    assert len(sure) == 1
    assert sure.n_sensors[0] == 2
    px, _ = PLANE.forward(sure.lat_deg, sure.lon_deg)
    assert abs(px[0] - x[-1]) < 20.0


# -- cooperative -------------------------------------------------------------------
def test_a_spoofed_report_does_not_move_the_radars_track():
    t = T0 + 5.0 * np.arange(60)
    x = -40e3 + 200.0 * (t - T0)
    told = x.copy()
    told[30:] = x[29]  # frozen from here on
    sensors = [eye(), dataclasses.replace(eye(), id="A", kind="adsb")]
    plots = Detections.concat(
        [
            reports(t, x, np.zeros(60)),
            reports(
                t + 0.1, told, np.zeros(60), sensor="A", icao24="4b1817",
                speed_mps=200.0, track_deg=90.0,
            ),
        ]
    )  # fmt: skip
    scans = Scans.concat([looks(t), looks(t + 0.1, "A")])
    out = track(plots, sensors, scans, plane=PLANE, cycle_s=5.0)
    last = out.take(out.t_s == out.t_s.max())
    px, _ = PLANE.forward(last.lat_deg, last.lon_deg)
    true_x = -40e3 + 200.0 * (last.t_s - T0)
    honest = np.abs(px - true_x) < 1500.0
    assert honest.sum() == 1
    assert not last.inconsistent[honest][0]
    flagged = out.take(out.inconsistent)
    assert len(flagged)
    assert set(flagged.source_id) == {"4b1817"}
