"""First-passage fields: their steps, and what is read from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from forefield.kernels.passage_fan import LEAF, LEAVES, Ground, below_1, fan, trace_1
from forefield.kernels.passage_field import (
    RAYS,
    advance,
    courses_of_turn,
    encode,
    first_meetings,
    keep_beyond,
    march,
    mean_over_turns,
    spread,
    steps_to,
)
from forefield.kernels.passage_reading import _if_outside
from forefield.kernels.sight import blind

CELL = 1000.0


def half_plane(n=301):
    """Inside is y < 0; a place's neighbour is 0."""
    at = (np.arange(n) - n // 2) * CELL
    signed = np.repeat(at[:, None], n, axis=1).astype(np.float32)
    near = np.zeros((n, n), np.int8)
    return Ground(
        at[0], at[0], CELL, signed, near, signed.copy(), 1e6, np.zeros(1)
    )  # fmt: skip


# -- the turn ---------------------------------------------------------------------------
@pytest.mark.parametrize("rays", [48, 144, 45])
def test_a_turn_ends_somewhere_and_left_is_as_likely_as_right(rays):
    courses = 48 if rays % 48 == 0 else 15
    table = courses_of_turn(math.radians(50.0), courses, rays)
    assert np.allclose(table.sum(axis=1), 1.0)
    mirrored = np.roll(table[0][::-1], 1)
    assert np.allclose(table[0], mirrored)
    assert np.allclose(table[1], np.roll(table[0], rays // courses))


def test_a_turn_is_laplace_distributed():
    scale = math.radians(50.0)
    table = courses_of_turn(scale, 48, 144)[0]
    edge = (10 + 0.5) * 2 * math.pi / 144
    within = table[:11].sum() + table[-10:].sum()
    assert within == pytest.approx(1.0 - math.exp(-edge / scale), abs=1e-12)


# -- kernels and their plain twins --------------------------------------------------------
def test_spreading_is_a_product_with_what_is_reached():
    rng = np.random.default_rng(1)
    table = rng.random((8, 24)).astype(np.float32)
    meet = rng.uniform(0, 10, (24, 2500)).astype(np.float32)
    weight = rng.random((24, 2500)).astype(np.float32)
    out = np.zeros((8, 2500), np.float32)
    spread(table, meet, weight, -1.0, 4.0, out)
    assert np.allclose(out, table @ np.where(meet <= 4.0, weight, 0.0), atol=1e-4)
    # Step by step it comes to the same.
    steps = np.zeros((8, 2500), np.float32)
    for after, s in ((-1.0, 1.5), (1.5, 1.6), (1.6, 4.0)):
        spread(table, meet, weight, after, s, steps)
    assert np.allclose(out, steps, atol=1e-5)


@pytest.mark.parametrize("courses", [4, 8, 24, 48])
@pytest.mark.parametrize("scale_deg", [10.0, 50.0, 200.0])
def test_the_mean_over_turns_is_the_product_with_their_table(courses, scale_deg):
    table = courses_of_turn(math.radians(scale_deg), courses, courses)
    u = np.random.default_rng(2).random((courses, 2500)).astype(np.float32)
    out = np.empty_like(u)
    ratio = table[0, 2] / table[0, 1] if courses > 4 else 0.0
    mean_over_turns(
        table[0, 0], table[0, 1], ratio, table[0, courses // 2], u, out
    )  # fmt: skip
    assert np.allclose(out, table @ u, atol=2e-6)


def test_a_step_is_the_exact_integral_where_everything_is_level():
    # w = 1 everywhere: u1 after s metres is 1 - exp(-lam s), whatever the steps.
    ny = nx = 12
    n, courses, lam, cell = ny * nx, 8, 1 / 40e3, 4000.0
    ones = np.ones((courses, n), np.float32)
    meet = np.full((courses, n), np.inf, np.float32)
    for steps in ([3e3, 9e3, 20e3], [32e3]):
        u = np.zeros_like(ones)
        for h in steps:
            keep = math.exp(-lam * h)
            all_in = 1.0 - keep
            at_start = 1.0 - all_in / (lam * h)
            each = [
                np.full(n, v, np.float32)
                for v in (keep, at_start, (all_in - at_start) / keep)
            ]
            new = np.zeros_like(u)
            advance(
                u, ones, ones, meet, np.ones(n, bool), *each, ny, nx, cell, lam, h,
                np.empty((ny, nx), np.float32), new,
            )  # fmt: skip
            u = new
        assert np.allclose(u, 1.0 - math.exp(-lam * 32e3), atol=1e-6)


def test_steps_come_by_every_knot():
    knots = np.array([1500.0, 2000.0, 9000.0, 1e6])
    at = np.cumsum(steps_to(knots, 4000.0, 12e3))
    assert all(np.abs(at - k).min() < 1e-3 for k in knots)
    # Longest steps give or take, twice as long beyond the last knot but one.
    assert np.diff(at[at <= 9000.0]).max() <= 1.3 * 12e3
    assert np.diff(at).max() <= 2.6 * 12e3


def test_what_lies_between_two_steps_is_kept_place_by_place():
    rng = np.random.default_rng(2)
    n, courses = 30, 6
    one, two = (rng.random((courses, n)).astype(np.float32) for _ in range(2))
    meet = np.where(rng.random((courses, n)) < 0.5, 5e3, np.inf).astype(np.float32)
    source, ghost = rng.integers(0, n, n), rng.random(n) < 0.3
    places = np.flatnonzero(rng.random(n) < 0.6)
    part, whole = (rng.random(len(places)).astype(np.float32) for _ in range(2))
    out = np.full((courses, n), 7, np.uint8)
    keep_beyond(places, source, ghost, part, whole, meet, 6e3, one, two, out)
    twin = np.full((courses, n), 7)
    for c in range(courses):
        for q, i in enumerate(places):
            j = source[i]
            share = part[q] if np.isfinite(meet[c, j]) else whole[q]
            value = one[c, j] + (two[c, j] - one[c, j]) * share
            leads_in = ghost[i] and meet[c, j] < 6e3
            twin[c, i] = 0 if leads_in else round(255.0 * math.sqrt(value))
    assert np.abs(out.astype(int) - twin).max() <= 1
    assert (out[:, np.setdiff1d(np.arange(n), places)] == 7).all()


def test_bytes_keep_probabilities_to_four_thousandths_and_small_ones_far_better():
    w = np.linspace(-0.01, 1.01, 5000, dtype=np.float32)[None]
    out = np.empty(w.shape, np.uint8)
    encode(w, out)
    back = (out / 255.0) ** 2
    assert np.abs(back - np.clip(w, 0, 1)).max() < 1 / 255
    small = (w > 0) & (w < 1e-3)
    assert np.abs(back - w)[small].max() < 1.5e-4


def test_rays_meet_a_straight_border_after_distance_over_cosine():
    g = half_plane()
    rays = 24
    meet, alive = (np.empty((rays, 1), np.float32) for _ in range(2))
    kill = np.full(g.signed.shape, 1e-5, np.float32)
    first_meetings(
        np.array([500.0]), np.array([20_000.0]), np.array([True]), rays, g.x0, g.y0,
        CELL, g.signed, kill, 140e3, meet, alive,
    )  # fmt: skip
    for j in range(rays):
        down = -math.cos(2 * math.pi * j / rays)
        if down < 0.1:
            assert math.isinf(meet[j, 0])
        else:
            assert meet[j, 0] == pytest.approx(20_000.0 / down, rel=1e-4)
            assert alive[j, 0] == pytest.approx(math.exp(-1e-5 * meet[j, 0]), rel=1e-3)


def test_straight_legs_without_turns_are_geometry_alone():
    # As turns become rare, w tends to the share of courses that reach the border.
    g = half_plane(161)
    stride, courses = 4, 24
    at = g.x0 + CELL * stride * np.arange(41)
    x, y = (v.ravel() for v in np.meshgrid(at, at))
    todo = y > 0.0
    rays = courses * RAYS
    meet, alive = (np.empty((rays, len(x)), np.float32) for _ in range(2))
    kill = np.zeros(g.signed.shape, np.float32)
    first_meetings(
        x, y, todo, rays, g.x0, g.y0, CELL, g.signed, kill, 3e5, meet, alive
    )  # fmt: skip
    kept = {}
    level = [np.full((courses, k), 1.0 / k) for k in (rays, courses)]
    ghosts = (np.flatnonzero(y == 0.0), np.flatnonzero(y == 4000.0))
    march(
        meet, alive, 1e-12, np.zeros(len(x)), *level, todo, ghosts, (41, 41), 4000.0,
        np.array([30e3, 60e3]), 8e3, lambda k, w, u: kept.update({k: w.copy()}),
    )  # fmt: skip
    place = np.flatnonzero((x == 0.0) & (y == 20_000.0))[0]
    for k, s in ((0, 30e3), (1, 60e3)):
        assert kept[k][:, place] == pytest.approx(
            math.acos(20e3 / s) / math.pi, abs=1.0 / rays
        )


@pytest.mark.parametrize("far", [0.0, 40.0, 150.0, 400.0])
def test_a_place_known_to_be_outside_is_a_gaussian_cut_at_the_border(far):
    s_pos = 150.0
    shift, left, nx, ny = _if_outside(0.0, far, far, s_pos, half_plane())
    cut = stats.truncnorm(-far / s_pos, np.inf, loc=far, scale=s_pos)
    assert far + shift == pytest.approx(cut.mean(), rel=1e-4)
    assert left * s_pos == pytest.approx(cut.std(), rel=1e-3)
    assert (nx, ny) == pytest.approx((0.0, 1.0))


# -- the fan ------------------------------------------------------------------------------
def test_the_normal_distribution_is_scipys():
    z = np.linspace(-6, 6, 241)
    assert np.allclose([below_1(v) for v in z], stats.norm.cdf(z), atol=3e-7)


def fanned(y, sigma, beta=0.0, course=math.pi, omega_radius=0.0):
    g = half_plane()
    leaf = np.empty((LEAVES, LEAF))
    n = fan(
        0.0, y, course, sigma, beta, 1.0, 0.0, omega_radius, 0.0, y, 140e3, g, blind(),
        0.0, 0.0, 0.05, np.empty((41, 5)), np.empty((64, 11)), leaf,
    )  # fmt: skip
    return leaf[:n]


@pytest.mark.parametrize("sigma_deg", [1.0, 10.0, 40.0])
def test_a_fan_holds_all_its_courses_once(sigma_deg):
    leaf = fanned(20e3, math.radians(sigma_deg), course=math.radians(100.0))
    assert leaf[:, 1].sum() == pytest.approx(1.0, abs=1e-4)
    assert (np.diff(leaf[:, 0]) > 0).all()


@pytest.mark.parametrize("sigma_deg", [2.0, 10.0, 30.0])
@pytest.mark.parametrize("off_deg", [0.0, 5.0, 20.0])
def test_the_share_of_a_fan_that_enters_is_that_of_its_courses(sigma_deg, off_deg):
    # From a course along the border: those that lead to it by more than the angle that
    # meets it within reach enter.
    sigma, off = math.radians(sigma_deg), math.radians(off_deg)
    leaf = fanned(10e3, sigma, course=math.pi / 2 + off)
    hit = leaf[np.isfinite(leaf[:, 2]), 1].sum()
    least = math.asin(10e3 / 140e3)
    truth = stats.norm.cdf((off - least) / sigma)
    assert hit == pytest.approx(truth, abs=0.012)


def test_a_turn_in_progress_carries_the_fan_with_it():
    # Along the border, turning towards it: the mean of an exponential turn.
    sigma, beta = math.radians(1.0), math.radians(30.0)
    leaf = fanned(10e3, sigma, beta, course=math.pi / 2, omega_radius=5e3)
    assert leaf[:, 1].sum() == pytest.approx(1.0, abs=1e-3)
    mean = (leaf[:, 0] * leaf[:, 1]).sum()
    assert mean == pytest.approx(beta, rel=0.1)
    assert leaf[np.isfinite(leaf[:, 2]), 1].sum() > 0.8


def test_a_ray_ends_at_the_border_with_what_it_lost_on_the_way():
    ray = np.empty(4)
    g = half_plane()._replace(defended=np.ones(1))
    trace_1(0.0, 30e3, math.pi, 0.0, 0.0, 1e6, g, 1e-6, 2e-6, ray)
    assert ray[0] == pytest.approx(30e3, rel=1e-5)
    assert ray[2] == pytest.approx(0.0, abs=1.0)
    assert ray[3] == pytest.approx(30e3 * 3e-6, rel=1e-5)
