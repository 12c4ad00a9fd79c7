"""Falls against closed forms; footprints against whole falls by chance."""

from importlib.resources import files

import numpy as np
import pytest
from scipy.special import ndtr

from forefield.chance import Stream
from forefield.engagement.pieces import (
    catalogue,
    compute_falls,
    falls,
    falls_key,
    footprint,
    nodes,
)
from forefield.engagement.wind import Wind, climatology, parse
from forefield.errors import InputError
from forefield.kernels import fall

G = fall.G
CALM = np.zeros(1)
FLAT = np.zeros(1)  # one height: the same at all
HUGE = 1e15


def land(h, v, *, up=0.0, beta=HUGE, scale=HUGE, along=CALM, across=CALM):
    out = np.empty(5)
    fall.fall_1(
        h, v, 0.0, up, beta, fall.RHO0, scale, FLAT, along, across, np.empty(6),
        np.empty(6), out,
    )  # fmt: skip
    return out


@pytest.mark.parametrize(("h", "v"), [(500.0, 200.0), (9_000.0, 250.0), (3.0, 10.0)])
def test_without_air_a_fall_is_a_parabola(h, v):
    x, y, t, side, down = land(h, v)
    assert t == pytest.approx(np.sqrt(2 * h / G), rel=1e-9)
    assert x == pytest.approx(v * np.sqrt(2 * h / G), rel=1e-9)
    assert (y, side) == (0.0, pytest.approx(v))
    assert down == pytest.approx(np.sqrt(2 * G * h), rel=1e-9)


def test_thrown_up_it_lands_later_by_the_book():
    _, _, t, _, _ = land(1000.0, 0.0, up=50.0)
    assert t == pytest.approx((50.0 + np.sqrt(2500.0 + 2 * G * 1000.0)) / G, rel=1e-9)


@pytest.mark.parametrize("beta", [5.0, 60.0, 1000.0])
def test_a_straight_fall_through_even_air_is_a_hyperbolic_tangent(beta):
    h = 4000.0
    end = np.sqrt(2 * beta * G / fall.RHO0)  # terminal speed
    _, _, t, _, down = land(h, 0.0, beta=beta)
    # h = (end^2 / g) ln cosh(g t / end), v = end tanh(g t / end)
    want = end / G * np.arccosh(np.exp(min(h * G / end**2, 700.0)))
    assert t == pytest.approx(want, rel=2e-3)
    assert down == pytest.approx(end * np.tanh(G * want / end), rel=2e-3)


def test_a_light_piece_drifts_with_the_wind_for_as_long_as_it_falls():
    x, y, t, side, _ = land(
        3000.0, 0.0, beta=5.0, along=np.array([10.0]), across=np.array([-4.0])
    )
    assert x == pytest.approx(10.0 * t, rel=0.01)
    assert y == pytest.approx(-4.0 * t, rel=0.01)
    assert side == pytest.approx(np.hypot(10.0, 4.0), rel=0.01)


def test_level_speed_dies_within_a_few_beta_over_rho():
    # Against even air without gravity v = v0 / (1 + rho v0 x / ... ): the way is
    # (2 beta / rho) ln(...): a light piece stops within some 2 beta / rho x 5.
    x, *_ = land(2000.0, 250.0, beta=5.0)
    assert x < 5.0 * 2 * 5.0 / fall.RHO0


def test_the_atmosphere_is_the_standard_one_within_four_per_cent():
    # ICAO standard atmosphere, density at 0, 2, 5, 8, 11 km.
    for h, rho in (
        (0, 1.225),
        (2e3, 1.0066),
        (5e3, 0.7364),
        (8e3, 0.5258),
        (11e3, 0.3648),
    ):
        assert fall.RHO0 * np.exp(-h / fall.SCALE_M) == pytest.approx(rho, rel=0.04)


def quantile(mean, sd, q):
    low, high = (mean - 9 * sd).min(), (mean + 9 * sd).max()
    for _ in range(60):
        x = 0.5 * (low + high)
        low, high = (x, high) if ndtr((x - mean) / sd).mean() < q else (low, x)
    return 0.5 * (low + high)


@pytest.mark.parametrize(
    ("piece", "h", "v"),
    [("medium", 1000.0, 200.0), ("heavy", 3000.0, 220.0), ("missile_body", 600.0, 220.0),
     ("round_body", 3000.0, 600.0)],
)  # fmt: skip
def test_a_footprint_has_the_quantiles_of_falls_by_chance(piece, h, v):
    cat, w = catalogue(), climatology()
    k, n = cat.pieces.index(piece), 8000
    z = Stream(5, "test").generator().standard_normal((n, 6))
    out = np.empty((n, 2))
    fall.samples(
        z, h, v, float(cat.betas[k, 3]), float(cat.log_sd[k]), float(cat.kicks[k]),
        *(np.array(x) for x in (w.height_m, w.east_mps, w.north_mps, w.sigma_mps)),
        fall.RHO0, fall.SCALE_M, out,
    )  # fmt: skip
    f = footprint(piece, h, v)
    for axis in (0, 1):
        true = np.quantile(out[:, axis], (0.05, 0.25, 0.5, 0.75, 0.95))
        got = [
            quantile(f[:, axis], f[:, 2 + axis], q)
            for q in (0.05, 0.25, 0.5, 0.75, 0.95)
        ]
        # 5 % of the width from 5 to 95 %, and 1.5 % for the sample's own noise.
        assert np.abs(got - true).max() / (true[-1] - true[0]) < 0.065


def test_the_points_of_a_spread_have_its_mean_and_width():
    z = nodes()
    assert z.mean(axis=1) == pytest.approx(0.0, abs=1e-12)
    assert z.std(axis=1) == pytest.approx(1.0)
    assert abs(np.corrcoef(z.reshape(-1, 2).T)[0, 1]) < 0.2


def test_the_shipped_falls_are_those_of_the_shipped_pieces():
    with files("forefield").joinpath("data", "falls.npz").open("rb") as f:
        data = np.load(f)
        assert str(data["key"]) == falls_key(), "run tools/build_falls.py"
        kept = data["table"][:, :, [4, 12, 25]][:, :, :, [2, 5]]
    some = falls()
    again = compute_falls(some.heights[[4, 12, 25]], some.speeds[[2, 5]])
    assert again == pytest.approx(kept, rel=1e-4, abs=1e-2)


def test_falls_differ_by_wind_and_drift_is_that_of_a_fall_in_it():
    calm = falls(Wind((0.0,), (0.0,), (0.0,), (0.0,)))
    for column in (3, 4, 5, 8, 9, 10):
        assert np.all(calm.table[..., column] == 0.0)
    w = climatology()
    east, cat = falls(w), catalogue()
    f, b, i, j = cat.pieces.index("medium"), 3, 12, 4
    out = np.empty(5)
    for along in (False, True):
        blow, still = np.array(w.east_mps), np.zeros(len(w.height_m))
        winds = (blow, still) if along else (still, blow)
        fall.fall_1(
            east.heights[i], east.speeds[j], 0.0, 0.0, cat.betas[f, b], fall.RHO0,
            fall.SCALE_M, np.array(w.height_m), *winds, np.empty(6), np.empty(6), out,
        )  # fmt: skip
        cell = east.table[f, b, i, j]
        straight = land(
            east.heights[i], east.speeds[j], beta=cat.betas[f, b], scale=fall.SCALE_M
        )
        drift = out[0] - straight[0] if along else out[1]
        assert drift == pytest.approx(cell[8] if along else cell[3], rel=0.04)


def test_wind_is_told_by_where_it_comes_from():
    w = parse([{"height_m": 0, "from_deg": 270, "speed_mps": 10}], "here")
    assert w.east_mps[0] == pytest.approx(10.0)
    assert w.north_mps[0] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([], "at least one row"),
        ([{"height_m": 0, "speed_mps": 3}], "row 1 needs"),
        ([{"height_m": 0, "from_deg": 1, "speed_mps": 3, "gust": 1}], "'gust'"),
        ([{"height_m": 0, "from_deg": 1, "speed_mps": 999}], "is no wind"),
        ([{"height_m": 5, "from_deg": 1, "speed_mps": 3}] * 2, "must rise"),
    ],
)
def test_what_is_no_wind_is_refused_in_one_line(rows, match):
    with pytest.raises(InputError, match=match):
        parse(rows, "night.toml")
