"""The fan of paths: its slow twin, particles drawn one by one, and laws."""

import math

import numpy as np
import pytest

from forefield.forecasting.areas import _library, _nodes
from forefield.forecasting.parameters import STYLES, shipped
from forefield.kernels import area_fan as fan

CELL_M, SIZE = 2_000.0, 80
HORIZONS = np.array([120.0, 300.0, 600.0, 900.0])
KNOT_S = 20.0
CRUISE, DRONE = STYLES.index("cruise"), STYLES.index("drone")
within_a_step = 0.02


def a_map():
    """A country west of x = 80 km in four squares; east of it a neighbour."""
    district = np.full((SIZE, SIZE), -1)
    district[:40, 10:25], district[:40, 25:40] = 0, 1
    district[40:, 10:25], district[40:, 25:40] = 2, 3
    return district


def regions(district):
    from scipy import ndimage

    region = (district + 1).astype(np.int32)
    seam = ndimage.minimum_filter(region, 3) != ndimage.maximum_filter(region, 3)
    far = ndimage.distance_transform_cdt(~seam, metric="chessboard").clip(0, 255)
    inside = district >= 0
    signed = ndimage.distance_transform_edt(~inside) - ndimage.distance_transform_edt(
        inside
    )
    return (
        (region * fan.STRIDES + far).astype(np.int32),
        signed * CELL_M,
        ndimage.distance_transform_edt(~inside) * CELL_M,
        np.array([-1, 0, 1, 2, 3]),
        np.array([False, True, True, True, True]),
        np.array([1.0, 0.0, 0.0, 0.0, 0.0]),
    )


def start_of(x_km, y_km, speed, course_deg, *, turn=0.0, age_s=0.0, sigma_m=300.0):
    a = math.radians(course_deg)
    return [x_km * 1e3, y_km * 1e3, speed * math.sin(a), speed * math.cos(a), sigma_m,
            4.0, turn, age_s]  # fmt: skip


def ask(starts, style, *, odds=1.0, paths=64, exist=1.0, floor=1e-9, known=True):
    """(N, D, H, 5) answers and the combined chances of a fan."""
    starts = np.array(starts)
    n = len(starts)
    district = a_map()
    cells, signed, near, of, inside, defended = regions(district)
    nodes, normals = _nodes(paths)
    params = shipped().matrix("turning")
    classes = np.zeros((n, len(STYLES)))
    classes[:, style:] = 1.0
    row, value = np.empty((500 * n, 3), np.int32), np.empty((500 * n, 5))
    over_left, fall_left = np.ones((4, 4)), np.ones((4, 4))
    pooled = np.zeros((4, fan.BINS))
    count = fan.fan(
        starts, np.full(n, known), classes, params, nodes, normals,
        _library(params, paths), KNOT_S, 0.0, 0.0, CELL_M, cells, signed, near, of,
        inside, defended, HORIZONS, odds, np.full(n, exist), floor, row, value,
        over_left, fall_left, pooled,
    )  # fmt: skip
    out = np.zeros((n, 4, 4, 5))
    for (i, d, h), v in zip(row[:count], value[:count], strict=True):
        out[i, d, h] = v
    return out, 1.0 - over_left, 1.0 - fall_left


def twin(start, style, odds, paths, horizons=HORIZONS):
    """The same, path by path and every 100 m: chances (D, H) over and fall."""
    district = a_map()
    signed = regions(district)[1]
    nodes, normals = _nodes(paths)
    params = shipped().matrix("turning")
    way = _library(params, paths)[style]
    (leg_s, scale, rate, _, _, course_sigma, speed_sigma, keep_s, downed, end_out,
     end_in, back_rate, *_) = params[style]  # fmt: skip
    x0, y0, vx, vy, s_pos, s_vel, turn, age = start
    over, fall, total = np.zeros((4, 4)), np.zeros((4, 4)), 0.0
    for k in range(paths):
        z = normals[k]
        x, y = x0 + s_pos * z[4], y0 + s_pos * z[5]
        a, b = vx + s_vel * z[1], vy + s_vel * z[2]
        v = math.hypot(a, b) * max(0.05, 1.0 + speed_sigma * z[3])
        course = math.atan2(a, b) + course_sigma * z[0]
        if age > 0.0 and nodes[k, 12] > math.exp(-age / leg_s):
            q = 2.0 * nodes[k, 13] - 1.0
            course -= math.copysign(scale, q) * math.log(1.0 - abs(q))
        arc_s = min(-keep_s * math.log(nodes[k, 9]), math.pi / abs(turn)) if turn else 0
        back_s = -math.log(nodes[k, 10]) / back_rate if back_rate else math.inf
        dt, t, left, inside_s, u, entered, at = 100.0 / v, 0.0, 1.0, 0.0, 0.0, 0.0, None
        stays = []  # (district, time, alive at its start, alive at its end)
        own, bend, bend_s = k, turn, arc_s
        while t < 3600.0:
            iy, ix = (min(max(int(p / CELL_M + 0.5), 0), SIZE - 1) for p in (y, x))
            at = district[iy, ix]
            inside = at >= 0
            if inside and entered == 0.0:
                entered = left
            alive = left * math.exp(-dt * (end_in if inside else end_out + downed))
            if inside and t < 900.0:
                stays.append((at, t, left, alive))
            left, t = alive, t + dt
            inside_s = inside_s + dt if inside else 0.0
            if inside and inside_s >= back_s:
                jy, jx = min(max(iy, 1), SIZE - 2), min(max(ix, 1), SIZE - 2)
                s = signed
                out = math.atan2(
                    s[jy, jx + 1] - s[jy, jx - 1], s[jy + 1, jx] - s[jy - 1, jx]
                )
                to = out + 0.5 * z[11] - course
                to -= 2 * math.pi * math.floor((to + math.pi) / (2 * math.pi))
                bend, back_s, u = math.copysign(rate, to), math.inf, 0.0
                bend_s, own = to / bend, (k + paths // 2) % paths
            # Course: an arc first, then the library's.
            if u < bend_s:
                course += bend * dt
                base = course
                heading = course
            else:
                if u - dt < bend_s:
                    base = course
                j = min(int((u - bend_s) / KNOT_S), way.shape[1] - 2)
                right, ahead = way[own, j + 1] - way[own, j]
                heading = base + math.atan2(right, ahead)
                pace = math.hypot(right, ahead) / KNOT_S
                course = heading
                x += v * dt * (pace - 1.0) * math.sin(heading)
                y += v * dt * (pace - 1.0) * math.cos(heading)
            if u == 0.0 and bend_s == 0.0:
                base = course if own != k else math.atan2(a, b) + course_sigma * z[0]
            u += dt
            x += v * dt * math.sin(heading)
            y += v * dt * math.cos(heading)
            if t >= 900.0 and entered > 0.0:
                break
        total += 1.0 + (odds - 1.0) * entered
        for d in range(4):
            mine = [s for s in stays if s[0] == d]
            for h, horizon in enumerate(horizons):
                soon = [s for s in mine if s[1] <= horizon]
                if soon:
                    over[d, h] += odds * soon[0][2]
                fall[d, h] += odds * sum(s[2] - s[3] for s in soon)
    return over / total, fall / total


CASES = [
    (start_of(88.0, 76.0, 210.0, 265.0), CRUISE, 1.0),
    (start_of(120.0, 60.0, 210.0, 300.0), CRUISE, 0.2),
    (start_of(84.0, 70.0, 50.0, 250.0), DRONE, 0.2),
    (start_of(60.0, 90.0, 50.0, 180.0), DRONE, 1.0),
]


@pytest.mark.parametrize(("start", "style", "odds"), CASES)
def test_the_kernel_agrees_with_a_path_by_path_walk(start, style, odds):
    got, _, _ = ask([start], style, odds=odds, paths=24)
    over, fall = twin(start, style, odds, 24)
    # The kernel looks every two kilometres, and takes the middle for the crossing.
    half_step_s = 1_000.0 / math.hypot(start[2], start[3])
    sooner, _ = twin(start, style, odds, 24, HORIZONS - half_step_s)
    later, _ = twin(start, style, odds, 24, HORIZONS + half_step_s)
    p = got[0, :, :, 0]
    # A path of 24 weighs 0.04: one that clips a corner may be seen by one of the two.
    assert (p >= sooner - 0.085).all()
    assert (p <= later + 0.085).all()
    assert np.abs(p - over).mean() < within_a_step
    assert np.abs(got[0, :, :, 1] - fall).max() < 0.006


def test_a_straight_flight_arrives_when_way_over_speed_says():
    got, _, _ = ask([start_of(100.0, 40.0, 200.0, 270.0, sigma_m=1.0)], CRUISE)
    # The border lies at the middle between the cells at 78 and 80 km.
    middle = got[0, 1, 3, 3]
    assert middle == pytest.approx((100.0e3 - 79.0e3) / 200.0, abs=15.0)
    assert got[0, 1, 0, 0] > 0.5  # within two minutes: 24 km


def test_chances_grow_with_the_horizon_and_stay_chances():
    starts = [c[0] for c in CASES]
    got, over, fall = ask(starts, CRUISE, odds=0.3)
    assert (np.diff(got[..., 0], axis=2) >= -1e-12).all()
    assert (np.diff(got[..., 1], axis=2) >= -1e-12).all()
    assert (got[..., 0] <= 1.0).all()
    assert (over >= got[..., 0].max(axis=0) - 1e-12).all()
    assert (fall >= got[..., 1].max(axis=0) - 1e-12).all()


def test_a_track_that_may_not_exist_threatens_in_proportion():
    start = [CASES[0][0]]
    whole, _, _ = ask(start, CRUISE)
    half, _, _ = ask(start, CRUISE, exist=0.5)
    assert np.allclose(half[..., :2], 0.5 * whole[..., :2])


def test_the_company_of_a_track_does_not_move_a_digit():
    starts = [c[0] for c in CASES]
    together, _, _ = ask(starts, DRONE)
    alone, _, _ = ask(starts[2:3], DRONE)
    assert (together[2] == alone[0]).all()


def test_a_turn_in_progress_bends_the_fan():
    # Flying north along the border, turning left: towards the country.
    straight, _, _ = ask([start_of(84.0, 60.0, 210.0, 0.0)], CRUISE)
    left, _, _ = ask([start_of(84.0, 60.0, 210.0, 0.0, turn=-0.03)], CRUISE)
    assert left[0, :, 1, 0].max() > straight[0, :, 1, 0].max() + 0.3


def test_old_evidence_spreads_the_fan():
    fresh, _, _ = ask([start_of(90.0, 60.0, 210.0, 270.0)], CRUISE)
    old, _, _ = ask([start_of(90.0, 60.0, 210.0, 270.0, age_s=300.0)], CRUISE)
    assert old[0, :, 0, 0].max() < fresh[0, :, 0, 0].max()


def test_what_cannot_arrive_is_not_told():
    got, over, _ = ask([start_of(158.0, 60.0, 45.0, 270.0)], DRONE)
    assert not got.any()
    assert not over.any()
