"""Class probabilities from motion."""

from __future__ import annotations

import numpy as np
import pytest

from forefield.tracking import classes as c
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
