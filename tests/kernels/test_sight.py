"""The table of straight ways beside rays that are traced."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forefield.kernels.passage_fan import Ground, trace_1
from forefield.kernels.passage_field import first_meetings
from forefield.kernels.sight import MISS, SIGHTS, Sight, as_sights, blind, sight_1

CELL, N, STRIDE = 1000.0, 161, 4


@pytest.fixture(scope="module")
def disc():
    """A disc of 20 km about the middle, of which who shoots holds the western half."""
    at = (np.arange(N) - N // 2) * CELL
    x, y = np.meshgrid(at, at)
    signed = (np.hypot(x, y) - 20e3).astype(np.float32)
    west = np.where(x < 0.0, 0, 1).astype(np.int8)
    ground = Ground(
        at[0], at[0], CELL, signed, west, signed.copy(), 1e6, np.array([1.0, 0.0])
    )  # fmt: skip
    fine = (signed > 0.0) & (signed < 12e3)
    n = (N - 1) // STRIDE + 1
    cx, cy = (v.ravel() for v in np.meshgrid(at[::STRIDE], at[::STRIDE]))
    px, py = np.append(cx, x[fine]), np.append(cy, y[fine])
    todo = np.hypot(px, py) > 20e3
    meet, alive = (np.empty((SIGHTS, len(px)), np.float32) for _ in range(2))
    kill = np.where(west == 0, 1e-6, 0.0).astype(np.float32)
    first_meetings(
        px, py, todo, SIGHTS, at[0], at[0], CELL, signed, kill, 3e5, meet, alive
    )  # fmt: skip
    lost = -np.log(np.where(np.isfinite(meet), alive, 1.0)) / 1e-6
    far, shot = as_sights(meet, lost)
    far[~todo] = 0
    slot = np.full(signed.shape, -1, np.int32)
    slot[fine] = n * n + np.arange(fine.sum())
    return ground, Sight(at[0], at[0], CELL, STRIDE, slot, (n, n), far, shot)


def test_what_is_told_is_what_a_traced_ray_finds(disc):
    ground, sight = disc
    rng = np.random.default_rng(6)
    told = np.zeros(3, dtype=int)
    seen, ray, shares = np.empty(4), np.empty(4), []
    for _ in range(3000):
        far, angle = rng.uniform(21e3, 75e3), rng.uniform(0.0, 2 * math.pi)
        x, y = far * math.sin(angle), far * math.cos(angle)
        course = angle + math.pi + rng.normal(0.0, 0.6)
        answer = sight_1(x, y, course, sight, seen)
        told[answer] += 1
        trace_1(x, y, course, 0.0, 0.0, 3e5, ground, 0.0, 1.0, ray)
        # By hand: a ray that passes the middle at `aside`.
        aside = abs(x * math.cos(course) - y * math.sin(course))
        if answer == 0:
            assert math.isinf(ray[0]) or aside > 19.5e3
        elif answer == 1:
            assert seen[0] == pytest.approx(ray[0], abs=150.0 + 0.02 * ray[0])
            assert math.hypot(seen[1] - x, seen[2] - y) == pytest.approx(seen[0])
            shares.append((seen[3] - ray[3]) / ray[0])
        elif math.isfinite(ray[0]):
            assert seen[0] <= ray[0]
    # Whose ground is flown over is that of the nearest ray; it jumps at the middle.
    assert np.abs(shares).mean() < 0.03
    assert np.median(np.abs(shares)) < 0.002
    # Most is told, though in view of an edge, or across a bend of it, nothing is.
    assert told[-1] < 0.35 * told.sum()
    assert told[0] > 300
    assert told[1] > 1000


def test_a_ray_that_begins_where_it_is_free_meets_the_same_place(disc):
    ground, _ = disc
    one, other = np.empty(4), np.empty(4)
    trace_1(3e3, 60e3, math.pi, 0.0, 0.0, 3e5, ground, 0.0, 0.0, one)
    trace_1(3e3, 60e3, math.pi, 30e3, 0.0, 3e5, ground, 0.0, 0.0, other)
    assert other[0] == pytest.approx(one[0], abs=1.0)
    # Told wrongly, it begins at the start.
    trace_1(3e3, 60e3, math.pi, 50e3, 0.0, 3e5, ground, 0.0, 0.0, other)
    assert other[0] == pytest.approx(one[0], abs=1.0)


def test_outside_its_grid_and_without_a_table_nothing_is_told(disc):
    _, sight = disc
    ray = np.empty(4)
    assert sight_1(500e3, 0.0, 0.0, sight, ray) == -1
    assert sight_1(0.0, 0.0, 0.0, blind(), ray) == -1


def test_no_meeting_and_none_told_are_kept_apart():
    far, shot = as_sights(np.array([[np.inf], [30e3]]), np.array([[0.0], [15e3]]))
    assert far.tolist() == [[MISS, 1500]]
    assert shot.tolist() == [[0, 128]]
