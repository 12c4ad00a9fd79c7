"""Particles meet borders when and where they should."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats

from forefield.kernels.first_passage import (
    COLUMNS,
    LATTICE,
    N_LATTICE,
    quantile_normal_1,
    signed_1,
    summarise,
    walk,
)

CELL = 1000.0
KEY = np.uint64(77)
ZERO = {"leg_s": math.inf, "wander_tau_s": 60.0, "speed_max_mps": 1.0}


def half_plane(nx=400, ny=400):
    """Inside is y < 0; the grid spans +-200 km."""
    y = (np.arange(ny) - ny // 2) * CELL
    field = np.repeat(y[:, None], nx, axis=1).astype(np.float32)
    return field, -nx // 2 * CELL, -ny // 2 * CELL


def disc(radius_m=30_000.0, n=400):
    at = (np.arange(n) - n // 2) * CELL
    field = np.hypot(*np.meshgrid(at, at)) - radius_m
    return field.astype(np.float32), -n // 2 * CELL, -n // 2 * CELL


def params(**values):
    row = {**dict.fromkeys(COLUMNS, 0.0), **ZERO, **values}
    return np.array([[row[c] for c in COLUMNS]])


def fly(where, starts, par, *, particles=256, horizon_s=900.0, to_end=False,
        known=True, stamp=0, neighbour=None, defended=(0.0,), raster=None, first=0,
        max_s=1e5):  # fmt: skip
    field, x0, y0 = where
    starts = np.atleast_2d(np.asarray(starts, dtype=np.float64))
    n = len(starts)
    start = np.zeros((n, 9))
    start[:, : starts.shape[1]] = starts
    shape = (n, particles)
    out = {k: np.empty(shape) for k in ("te", "xe", "ye", "tx", "tend")}
    inside = np.empty(shape, dtype=np.bool_)
    near = np.zeros(field.shape, dtype=np.int8) if neighbour is None else neighbour
    n_d = 0 if raster is None else int(raster.max()) + 1
    arrival = np.full((n, particles, n_d) if n_d else (0, 0, 0), np.inf)
    fall = np.empty(shape, dtype=np.int16)
    grid = np.empty((0, 0), dtype=np.int16) if raster is None else raster
    out["steps"] = walk(
        KEY, np.arange(first, first + n, dtype=np.uint64),
        np.full(n, stamp, dtype=np.uint64), start, np.full(n, known),
        np.ones((n, 1)), par, LATTICE, x0, y0, CELL, field, near,
        np.array(defended), horizon_s, to_end, max_s, grid,
        2000.0 if n_d else 0.0, out["te"], out["xe"], out["ye"], out["tx"],
        out["tend"], inside, arrival, fall,
    )  # fmt: skip
    return {**out, "inside": inside, "arrival": arrival, "fall": fall}


def within(estimate, truth, n, sigmas=4.0):
    """A share among n independent draws, to four standard errors."""
    return abs(estimate - truth) <= sigmas * math.sqrt(truth * (1 - truth) / n) + 1e-9


# -- analytic ----------------------------------------------------------------
def test_the_normal_quantile_is_scipys():
    p = np.concatenate([[1e-12, 1e-6], np.linspace(0.001, 0.999, 999), [1 - 1e-6]])
    mine = np.array([quantile_normal_1(x) for x in p])
    assert np.allclose(mine, stats.norm.ppf(p), rtol=2e-7, atol=2e-7)


def test_the_field_is_read_bilinearly_and_bounded_from_below_beyond_its_grid():
    field, x0, y0 = half_plane()
    assert signed_1(123.0, 4567.8, x0, y0, CELL, field) == pytest.approx(4567.8)
    beyond = signed_1(0.0, 350_000.0, x0, y0, CELL, field)
    assert 199_000.0 < beyond <= 350_000.0


def test_a_straight_flight_at_a_straight_border_enters_after_distance_over_speed():
    out = fly(half_plane(), [[0.0, 20_000.0, 0.0, -50.0]], params(), particles=3)
    assert np.allclose(out["te"], 400.0, atol=1e-6)
    assert np.allclose(out["xe"], 0.0, atol=1e-6)
    assert np.allclose(out["ye"], 0.0, atol=1e-3)


def test_an_oblique_flight_enters_where_its_line_meets_the_border():
    v, a = 200.0, math.radians(130.0)
    out = fly(
        half_plane(), [[-5e3, 30e3, v * math.sin(a), v * math.cos(a)]], params(),
        particles=1,
    )  # fmt: skip
    t = 30e3 / (-v * math.cos(a))
    assert out["te"][0, 0] == pytest.approx(t, rel=1e-6)
    assert out["xe"][0, 0] == pytest.approx(-5e3 + v * math.sin(a) * t, abs=0.1)


def test_following_until_entry_and_exit_are_known_tells_the_same_in_fewer_steps():
    rough = params(
        leg_s=200.0, turn_scale_rad=1.0, turn_rate_rps=0.1, end_out_per_s=2e-4,
        end_in_per_s=3e-4, wander_sigma_rad=0.1, wander_tau_s=60.0,
    )  # fmt: skip
    starts = [[0.0, 45_000.0, 0.0, -150.0], [60_000.0, 0.0, -40.0, 20.0]]
    to_end, known = (
        fly(disc(), starts, rough, horizon_s=400.0, to_end=mode) for mode in (1, 2)
    )
    for name in ("te", "xe", "ye", "tx"):
        assert np.array_equal(to_end[name], known[name], equal_nan=True)
    # Ends are the same up to the horizon, which is as far as anyone asks.
    early = to_end["tend"] <= 400.0
    assert np.array_equal(early, known["tend"] <= 400.0)
    assert np.array_equal(to_end["inside"][early], known["inside"][early])
    assert 0.1 < np.isfinite(known["te"]).mean() < 0.95
    assert known["steps"] < to_end["steps"]


def test_a_flight_that_leads_away_never_enters():
    out = fly(half_plane(), [[0.0, 2_000.0, 0.0, 50.0]], params(), particles=1)
    assert np.isinf(out["te"]).all()


def test_a_corner_cut_is_entered_and_left_again():
    # A chord of the disc at half its radius: enters at -26 km, leaves at +26 km.
    out = fly(disc(), [[-100e3, 15e3, 250.0, 0.0]], params(), particles=1)
    half = math.sqrt(30e3**2 - 15e3**2)
    assert out["te"][0, 0] == pytest.approx((100e3 - half) / 250.0, abs=1.0)
    assert out["tx"][0, 0] == pytest.approx((100e3 + half) / 250.0, abs=1.0)


def test_a_particle_that_ends_before_the_border_does_not_enter():
    # Exponential life: P(enter) = exp(-rate d / v).
    rate, d, v = 1 / 600.0, 30e3, 50.0
    out = fly(
        half_plane(), [[0.0, d, 0.0, -v]], params(end_out_per_s=rate), particles=4000
    )
    share = np.isfinite(out["te"]).mean()
    assert within(share, math.exp(-rate * d / v), 4000)


def test_only_a_defended_neighbour_downs_what_flies_over_it():
    field, x0, y0 = half_plane()
    near = np.zeros(field.shape, dtype=np.int8)
    near[:, 200:] = 1  # east of x = 0 the nearest neighbour is number 1
    par = params(downed_per_s=1 / 300.0)
    for x, lives in ((-50e3, 1.0), (50e3, math.exp(-400.0 / 300.0))):
        out = fly(
            (field, x0, y0), [[x, 20e3, 0.0, -50.0]], par, particles=4000,
            neighbour=near, defended=(0.0, 1.0),
        )  # fmt: skip
        assert within(np.isfinite(out["te"]).mean(), lives, 4000)


def test_ends_inside_follow_the_rate_inside():
    par = params(end_in_per_s=1 / 500.0)
    out = fly(
        half_plane(), [[0.0, 10e3, 0.0, -50.0]], par, particles=4000, horizon_s=900.0
    )
    ended = (out["inside"] & (out["tend"] <= 900.0)).mean()
    assert within(ended, 1.0 - math.exp(-700.0 / 500.0), 4000)


def test_brownian_particles_cross_as_the_reflection_principle_says():
    # Almost no speed: P(cross by T) = 2 Phi(-d / sqrt(D T)), whatever the steps.
    d, diffusion, horizon = 3_000.0, 20_000.0, 900.0
    out = fly(
        half_plane(), [[0.0, d, 0.0, 0.1]], params(diffusion_m2ps=diffusion),
        particles=6000, horizon_s=horizon,
    )  # fmt: skip
    truth = 2.0 * stats.norm.cdf(-d / math.sqrt(diffusion * horizon))
    assert within(np.isfinite(out["te"]).mean(), truth, 6000)


def test_a_gaussian_course_error_enters_with_the_share_of_courses_that_do():
    # In t = 600 s at 50 m/s a flight from 15 km enters if |course error| < 60 deg.
    sigma = math.radians(50.0)
    out = fly(
        half_plane(), [[0.0, 15e3, 0.0, -50.0]], params(course_sigma_rad=sigma),
        particles=512, horizon_s=600.0,
    )  # fmt: skip
    truth = 2.0 * stats.norm.cdf(math.radians(60.0) / sigma) - 1.0
    # The first draws are a lattice: far better than independent ones.
    assert np.isfinite(out["te"]).mean() == pytest.approx(truth, abs=0.005)


def test_an_unknown_course_is_any_course():
    par = params(speed_min_mps=50.0, speed_max_mps=50.0)
    out = fly(
        half_plane(), [[0.0, 15e3]], par, particles=512, horizon_s=600.0, known=False
    )
    assert np.isfinite(out["te"]).mean() == pytest.approx(1 / 3, abs=0.006)


def test_a_turn_in_progress_goes_on_for_an_exponential_time():
    # Along the border at 100 m/s, turning towards it at 1 deg/s: it meets the border
    # within 300 s if it turns by more than the angle that just takes it there.
    omega, keep, v, d, horizon = math.radians(1.0), 40.0, 100.0, 10e3, 300.0

    def short_of(turned):
        bend = v / omega * (1.0 - math.cos(turned))
        return bend + v * math.sin(turned) * (horizon - turned / omega) - d

    least = optimize.brentq(short_of, 0.0, 1.5)
    out = fly(
        half_plane(), [[0.0, d, v, 0.0, 0, 0, omega]], params(keep_turn_s=keep),
        particles=4000, horizon_s=horizon,
    )  # fmt: skip
    truth = math.exp(-least / (omega * keep))
    assert within(np.isfinite(out["te"]).mean(), truth, 4000)


# -- a slow, obvious twin ------------------------------------------------------
def twin(rng, where, start, c, horizon_s, n, dt=1.0):
    """One-second Euler steps of n particles at once; no tricks."""
    field, x0, y0 = where
    ny, nx = field.shape

    def signed(x, y):
        fx, fy = (x - x0) / CELL, (y - y0) / CELL
        ix = np.clip(fx.astype(int), 0, nx - 2)
        iy = np.clip(fy.astype(int), 0, ny - 2)
        a, b = fx - ix, fy - iy
        top = (1 - a) * field[iy + 1, ix] + a * field[iy + 1, ix + 1]
        return (1 - b) * ((1 - a) * field[iy, ix] + a * field[iy, ix + 1]) + b * top

    x = start[0] + start[4] * rng.normal(size=n)
    y = start[1] + start[4] * rng.normal(size=n)
    vx = start[2] + start[5] * rng.normal(size=n)
    vy = start[3] + start[5] * rng.normal(size=n)
    w = c["wander_sigma_rad"] * rng.normal(size=n)
    mu = np.arctan2(vx, vy) + c["course_sigma_rad"] * rng.normal(size=n) - w
    v = np.hypot(vx, vy) * np.maximum(0.05, 1 + c["speed_sigma"] * rng.normal(size=n))
    rem = np.zeros(n)
    rate = np.full(n, c["turn_rate_rps"])
    if start[6]:
        rem = start[6] * c["keep_turn_s"] * rng.exponential(size=n)
        rate[:] = abs(start[6])
    te, tx, tend = (np.full(n, np.inf) for _ in range(3))
    inside = signed(x, y) <= 0
    te[inside] = 0.0
    alive = np.ones(n, dtype=bool)
    keep = math.exp(-dt / c["wander_tau_s"])
    for k in range(int(horizon_s / dt)):
        turning = rem != 0
        begin = ~turning & (rng.random(n) < dt / c["leg_s"])
        rem = np.where(begin, rng.laplace(0, c["turn_scale_rad"], n), rem)
        rem = np.clip(rem, -math.pi, math.pi) if not start[6] else rem
        rate = np.where(begin, c["turn_rate_rps"], rate)
        step = np.sign(rem) * np.minimum(np.abs(rem), rate * dt)
        mu, rem = mu + step, rem - step
        w = w * keep + c["wander_sigma_rad"] * math.sqrt(1 - keep**2) * rng.normal(
            size=n
        )
        x = x + v * dt * np.sin(mu + w)
        y = y + v * dt * np.cos(mu + w)
        now = signed(x, y) <= 0
        t = (k + 0.5) * dt
        te = np.where(alive & now & np.isinf(te), t, te)
        tx = np.where(alive & inside & ~now & np.isinf(tx), t, tx)
        inside = np.where(alive, now, inside)
        risk = np.where(inside, c["end_in_per_s"], c["end_out_per_s"])
        dies = alive & (rng.random(n) < 1 - np.exp(-risk * dt))
        tend = np.where(dies, t, tend)
        alive &= ~dies
    return te, tx, tend, inside


CASES = {
    "drone by a disc": (
        disc(), (-40e3, 25e3, 45.0, -15.0, 300.0, 3.0, 0.0),
        {"leg_s": 300.0, "turn_scale_rad": 0.5, "turn_rate_rps": 0.06,
             "wander_sigma_rad": 0.15, "wander_tau_s": 60.0, "course_sigma_rad": 0.1,
             "speed_sigma": 0.1, "keep_turn_s": 10.0, "end_out_per_s": 1 / 2000.0,
             "end_in_per_s": 1 / 800.0},
    ),
    "missile turning at a straight border": (
        half_plane(), (0.0, 60e3, 200.0, -60.0, 500.0, 5.0, 0.01),
        {"leg_s": 200.0, "turn_scale_rad": 0.7, "turn_rate_rps": 0.03,
             "wander_sigma_rad": 0.05, "wander_tau_s": 30.0, "course_sigma_rad": 0.05,
             "speed_sigma": 0.05, "keep_turn_s": 20.0, "end_out_per_s": 1 / 1500.0,
             "end_in_per_s": 1 / 600.0},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_long_steps_agree_with_a_slow_twin_of_one_second_steps(case):
    where, start, c = CASES[case]
    n, horizon = 12_000, 900.0
    slow = twin(np.random.default_rng(5), where, start, c, horizon, n)
    fast = fly(where, [start], params(**c), particles=n, horizon_s=horizon)
    for h in (120.0, 300.0, 600.0, 900.0):
        p_slow = (slow[0] <= h).mean()
        p_fast = (fast["te"][0] <= h).mean()
        # Two estimates of n draws each, and the twin's half step: four sigmas.
        band = 4 * math.sqrt(2 * 0.25 / n) * 0.8 + 0.004
        assert abs(p_slow - p_fast) < band, (h, p_slow, p_fast)
        end_slow = ((slow[2] <= h) & slow[3]).mean()
        end_fast = ((fast["tend"][0] <= h) & fast["inside"][0]).mean()
        assert abs(end_slow - end_fast) < band
    both = slow[0][slow[0] <= horizon], fast["te"][0][fast["te"][0] <= horizon]
    assert stats.ks_2samp(*both).statistic < 0.04


# -- laws ------------------------------------------------------------------------
def test_rows_do_not_know_their_neighbours_in_the_batch():
    where, start, c = CASES["drone by a disc"]
    many = fly(where, [start] * 5, params(**c), particles=64, first=10)
    alone = fly(where, [start], params(**c), particles=64, first=13)
    for name in ("te", "xe", "tx", "tend"):
        assert np.array_equal(many[name][3], alone[name][0], equal_nan=True)
    assert not np.array_equal(many["te"][2], many["te"][3])


def test_another_time_is_another_draw():
    where, start, c = CASES["drone by a disc"]
    a = fly(where, [start], params(**c), particles=64, stamp=1)["te"]
    b = fly(where, [start], params(**c), particles=64, stamp=2)["te"]
    assert not np.array_equal(a, b)


def test_districts_are_reached_in_the_order_of_the_way():
    where = half_plane()
    raster = np.full(where[0].shape, -1, dtype=np.int16)
    raster[180:200] = 0  # y from -20 to 0 km
    raster[160:180] = 1
    out = fly(
        where, [[0.0, 10e3, 0.0, -50.0]], params(), particles=2, raster=raster,
        horizon_s=900.0,
    )  # fmt: skip
    first, second = out["arrival"][0, 0]
    assert first == pytest.approx(200.0, abs=30.0)
    assert second == pytest.approx(600.0, abs=30.0)
    assert (out["fall"] == -1).all()


def test_the_shift_of_the_prior_is_bayes():
    # One in four particles ever enters; odds of 3 make it one in two.
    te = np.array([[10.0, np.inf, np.inf, np.inf]])
    x = np.where(np.isfinite(te), 0.0, np.nan)
    far = np.full((1, 4), np.inf)
    out, via = np.empty((1, 1, 9)), np.empty((1, 1, 1))
    grid = np.zeros((3, 3))
    summarise(
        te, x, x, far, far, np.zeros((1, 4), dtype=bool), 0.0, 0.0, 1.0,
        grid.astype(np.int8), grid.astype(np.float32), 100.0, 1, np.array([3.0]),
        np.array([60.0]), out, via,
    )  # fmt: skip
    assert out[0, 0, 0] == pytest.approx(0.5)
    assert via[0, 0, 0] == pytest.approx(0.5)


def test_the_lattice_is_irrational_in_every_direction():
    assert len(LATTICE) == N_LATTICE == len(set(LATTICE.round(9)))
    assert ((LATTICE > 0) & (LATTICE < 1)).all()
