"""Class probabilities from motion."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from forefield.tracking import classes as c
from forefield.tracking import stillness
from forefield.tracking.tracks import CLASSES


def settled(speed, height, *, cooperative=False, looks=20):
    p = c.prior()[None]
    like = c.likelihood(
        np.array([speed]), np.array([5.0]), np.array([height]), np.array([100.0])
    )
    gap = np.inf
    for _ in range(looks):
        p = c.revise(p, like.copy(), np.array([gap]), np.array([cooperative]))
        gap = 10.0
    return dict(zip(CLASSES, p[0], strict=True))


@pytest.mark.parametrize(
    ("speed", "height", "best"),
    [
        (222.0, 330.0, "cruise"),
        (50.0, 900.0, "drone"),
        (30.0, 600.0, "decoy"),
        (120.0, 2500.0, "jet_drone"),
    ],
)
def test_a_typical_motion_finds_its_class(speed, height, best):
    p = settled(speed, height)
    assert max(p, key=lambda k: p[k]) == best


def test_what_flies_like_a_ballistic_missile_is_one_or_unknown():
    p = settled(1800.0, 20_000.0)
    assert p["ballistic"] > 0.3
    assert p["ballistic"] + p["unknown"] > 0.99


def test_an_airliner_with_a_transponder_is_most_likely_civil():
    p = settled(230.0, 11_000.0, cooperative=True)
    assert p["civil"] > 0.5


def test_unknown_keeps_its_share_whatever_is_seen():
    for speed in (10.0, 50.0, 222.0, 700.0, 4000.0):
        p = settled(speed, 500.0, looks=200)
        assert p["unknown"] >= c.LEAST_UNKNOWN - 1e-12
        assert np.isclose(sum(p.values()), 1.0)


def test_measuring_the_same_speed_again_does_not_pile_up_evidence():
    few, many = settled(45.0, 900.0, looks=2), settled(45.0, 900.0, looks=500)
    assert abs(few["drone"] - many["drone"]) < 0.02
    assert many["decoy"] > 0.05  # 45 m/s is in both bands


def test_a_changed_motion_changes_the_class():
    p = c.prior()[None]
    for speed, gap in [(50.0, np.inf)] + [(222.0, 60.0)] * 20:
        like = c.likelihood(
            np.array([speed]), np.array([5.0]), np.array([500.0]), np.array([100.0])
        )
        p = c.revise(p, like, np.array([gap]), np.array([False]))
    assert CLASSES[int(p[0].argmax())] == "cruise"


def test_an_unknown_height_is_no_evidence():
    a = c.likelihood(np.array([222.0]), np.array([5.0]), np.array([np.nan]), np.ones(1))
    assert np.isfinite(a).all()
    assert a[0, CLASSES.index("cruise")] > a[0, CLASSES.index("unknown")]


# -- the slow twins of kernels/track_classes.py ------------------------------------


def _within(value, sigma, low, high):
    s = np.sqrt(sigma[:, None] ** 2 + (0.08 * (high - low))[None] ** 2)
    inside = ndtr((high[None] - value[:, None]) / s)
    inside -= ndtr((low[None] - value[:, None]) / s)
    return inside / (high - low)[None]


def _likelihood(speed, sigma, height, sigma_height):
    b = c.bands()
    joint = _within(speed, sigma, b[:, 1], b[:, 2])
    known = np.isfinite(height)
    above = np.where(known, height - c.GROUND_M, 0.0)
    spread = np.hypot(np.where(known, sigma_height, 0.0), c.SIGMA_GROUND_M)
    by_height = _within(above, spread, b[:, 3], b[:, 4])
    joint = joint * np.where(known[:, None], by_height * 1000.0, 1.0)
    columns = [joint[:, b[:, 0] == k].mean(axis=1) for k in range(len(CLASSES))]
    return np.column_stack(columns)


def _revise(p_class, like, gap_s, cooperative):
    like = like / np.maximum(like.max(axis=1, keepdims=True), 1e-300)
    keep = np.exp(-gap_s / c.FORGET_S)[:, None]
    for name, factor in c.COOPERATIVE.items():
        like[cooperative, CLASSES.index(name)] *= factor
    logs = keep * np.log(np.maximum(p_class, 1e-12))
    logs = logs + (1.0 - keep) * np.log(c.prior())
    logs += (1.0 - keep) * np.log(np.maximum(like, 1e-12))
    p = np.exp(logs - logs.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    u = CLASSES.index("unknown")
    for row in p:
        if row[u] < c.LEAST_UNKNOWN:
            row *= (1.0 - c.LEAST_UNKNOWN) / max(1.0 - row[u], 1e-12)
            row[u] = c.LEAST_UNKNOWN
    return p / p.sum(axis=1, keepdims=True)


def _log_ratio(speed, sigma, p_class):
    out = np.zeros(len(speed))
    for i in np.flatnonzero(np.isfinite(speed) & np.isfinite(sigma)):
        s, e = speed[i], max(sigma[i], 0.1)
        fixed = np.log(max(s, 0.05 * e) / e**2) - 0.5 * (s / e) ** 2
        none = np.array([np.nan])
        like = _likelihood(np.array([s]), np.array([e]), none, none)[0]
        flies = np.log(max((p_class[i] * like).sum(), 1e-12))
        out[i] = np.clip(fixed - flies, -4.5, 6.0)
    return out


def test_the_kernels_are_the_formulas():
    chance = np.random.default_rng(7)
    n = 400
    speed = chance.uniform(0.0, 900.0, n)
    sigma = chance.uniform(0.05, 60.0, n)
    height = np.where(chance.random(n) < 0.3, np.nan, chance.uniform(0.0, 2e4, n))
    high = chance.uniform(10.0, 900.0, n)
    like = _likelihood(speed, sigma, height, high)
    found = c.likelihood(speed, sigma, height, high)
    assert np.allclose(found, like, rtol=1e-9, atol=1e-14)
    p = chance.dirichlet(np.ones(len(CLASSES)), n)
    gap = np.where(chance.random(n) < 0.2, np.inf, chance.uniform(0.0, 600.0, n))
    polite = chance.random(n) < 0.3
    told = c.revise(p, found, gap, polite)
    assert np.allclose(told, _revise(p, like, gap, polite), atol=1e-9)
    slow = np.where(chance.random(n) < 0.2, np.nan, chance.uniform(0.0, 30.0, n))
    assert np.allclose(
        stillness.log_ratio(slow, sigma, p), _log_ratio(slow, sigma, p), atol=1e-8
    )
