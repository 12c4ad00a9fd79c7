"""Trees read as masks, and straight ways looked up: held against their slow twins."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forefield.forecasting.fields import ground_of
from forefield.forecasting.fitted import load
from forefield.forecasting.forest import Forest
from forefield.forecasting.parameters import shipped
from forefield.forecasting.sights import sight_of
from forefield.kernels.passage_field import first_meetings
from forefield.kernels.sight import blind, sight_1
from forefield.world.borders import guard


@pytest.mark.parametrize("name", ["corrected", "reference"])
def test_all_horizons_in_one_pass_are_each_tree_after_the_other(name: str) -> None:
    fitted = load(name)
    chance = np.random.default_rng(3)
    n_f = 1 + max(int(t.feature.max()) for t in fitted.trees)
    cuts = np.concatenate([t.threshold for t in fitted.trees])
    x = chance.choice(cuts, (700, n_f)) + chance.choice([0.0, 1e-9, -1e-9], (700, n_f))
    x[chance.random(x.shape) < 0.1] = np.nan
    forest = Forest.of(fitted.trees)
    assert forest is not None
    slow = np.column_stack([t.log_odds(x) for t in fitted.trees])
    assert np.allclose(forest.log_odds(x), slow, atol=1e-10)
    assert np.array_equal(forest.log_odds(x[:5]), forest.log_odds(x)[:5])


def test_a_straight_way_that_is_told_is_the_way_that_is_traced() -> None:
    border, par = guard("PL"), shipped()
    defended = tuple(par.defended)
    sight = sight_of(border, defended, 4000)
    ground = ground_of(border, defended)
    chance = np.random.default_rng(5)
    iy, ix = np.nonzero((ground.signed > 0.0) & (ground.signed < 150e3))
    pick = chance.integers(0, len(iy), 1500)
    x = ground.x0 + ground.cell * (ix[pick] + chance.uniform(-0.5, 0.5, 1500))
    y = ground.y0 + ground.cell * (iy[pick] + chance.uniform(-0.5, 0.5, 1500))
    outside = ground.signed[iy[pick], ix[pick]] > ground.cell
    x, y = x[outside], y[outside]
    n, rays = len(x), 72
    meet, alive = (np.empty((rays, n), np.float32) for _ in range(2))
    none = np.zeros_like(ground.signed)
    first_meetings(
        x, y, np.ones(n, bool), rays, ground.x0, ground.y0, ground.cell, ground.signed,
        none, 1.2e6, meet, alive,
    )  # fmt: skip
    ray = np.empty(4)
    told, off, wrong = 0, [], 0
    for i in range(n):
        k = i % rays
        course = 2.0 * math.pi * k / rays
        said = sight_1(x[i], y[i], course, sight, ray)
        told += said >= 0
        if said == 1 and np.isfinite(meet[k, i]):
            off.append((ray[0] - meet[k, i]) / (ground.cell + meet[k, i]))
            assert ray[1] == pytest.approx(x[i] + ray[0] * math.sin(course))
        wrong += said >= 0 and (said == 1) != np.isfinite(meet[k, i])
        assert sight_1(x[i], y[i], course, blind(), ray) == -1
    assert told > 0.5 * n
    assert wrong <= 0.005 * told
    # Of a table with a tenth of the usual points: borders wind between them.
    assert np.quantile(np.abs(off), 0.5) < 0.01
    assert np.quantile(np.abs(off), 0.95) < 0.05
    assert abs(np.mean(off)) < 0.005
