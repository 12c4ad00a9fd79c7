"""Straight ways to a border, against geometry done by hand."""

import math

import numpy as np

from forefield.kernels.rays import fan_m

CELL_M = 500.0
FAR_M = 60_000.0


def disc(radius_m: float = 20_000.0) -> np.ndarray:
    """Signed distance to a disc about (50 km, 50 km) on a grid from (0, 0)."""
    at = CELL_M * np.arange(201)
    x, y = np.meshgrid(at, at)
    return (np.hypot(x - 50e3, y - 50e3) - radius_m).astype(np.float32)


def test_rays_meet_a_disc_where_the_quadratic_says() -> None:
    rng = np.random.Generator(np.random.Philox(5))
    n, fan = 200, np.radians([0.0, -20.0, 20.0, 70.0])
    x, y = rng.uniform(5e3, 95e3, (2, n))
    outside = np.hypot(x - 50e3, y - 50e3) > 21e3
    x, y = x[outside], y[outside]
    course = rng.uniform(-math.pi, math.pi, len(x))
    out = np.empty((len(x), len(fan)))
    fan_m(x, y, course, fan, 0.0, 0.0, CELL_M, disc(), FAR_M, out)
    for i in range(len(x)):
        for k, turn in enumerate(fan):
            s, c = math.sin(course[i] + turn), math.cos(course[i] + turn)
            along = (50e3 - x[i]) * s + (50e3 - y[i]) * c
            aside = abs((50e3 - x[i]) * c - (50e3 - y[i]) * s)
            if abs(aside - 20e3) < 300.0:
                continue  # grazing: the grid decides
            hit = aside < 20e3 and along > 0.0
            true = along - math.sqrt(20e3**2 - aside**2) if hit else FAR_M
            assert abs(out[i, k] - min(true, FAR_M)) < 1.2 * CELL_M


def test_a_course_that_is_unknown_meets_nothing() -> None:
    out = np.empty((1, 1))
    one = np.array([10e3])
    fan_m(
        one, one, np.array([np.nan]), np.zeros(1), 0.0, 0.0, CELL_M, disc(), FAR_M, out
    )
    assert out[0, 0] == FAR_M
