"""A defence that can only do so much at once, against Erlang; allocation, exactly."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.chance import Stream
from forefield.engagement.allocation import greedy
from forefield.engagement.saturation import Layer, erlang_b, fly_through
from forefield.errors import InputError

HOUR = 3600.0


def poisson(rate, nights, hours, seed=1):
    rng = np.random.default_rng(seed)
    return [
        np.cumsum(rng.exponential(1 / rate, int(rate * hours * HOUR)))
        for _ in range(nights)
    ]


@pytest.mark.parametrize(
    ("channels", "load", "want"),
    # Printed Erlang B tables: 5 channels at 2.2185 and 10 at 4.4612 block one in 20
    # and one in 100.
    [(1, 1.0, 0.5), (5, 2.2185, 0.05), (10, 4.4612, 0.01), (0, 3.0, 1.0)],
)
def test_erlang_b_is_that_of_the_tables(channels, load, want):
    assert erlang_b(channels, load) == pytest.approx(want, rel=1e-3)


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("channels", "load"), [(1, 0.7), (4, 3.0), (8, 6.0)])
def test_the_simulator_agrees_with_erlang_whatever_the_engagements_length(
    channels, load, spread
):
    layer = Layer(channels=channels, service_s=60.0, p_hit=0.5, spread=spread)
    rate = load / 60.0
    seen = fly_through([layer], poisson(rate, 20, 4000 / (rate * HOUR)), Stream(3))
    b = erlang_b(channels, load)
    n = seen.met.sum()
    # Blocks cluster: four standard errors of a sample a tenth as large.
    assert seen.blocked_share[0] == pytest.approx(
        b, abs=4 * np.sqrt(b * (1 - b) / (n / 10))
    )
    # Who is met and not blocked is hit half of the time.
    shot = n - seen.blocked.sum()
    assert 1 - seen.through.sum() / n == pytest.approx(0.5 * shot / n, abs=0.01)


def test_shared_luck_leaves_the_mean_and_widens_the_nights():
    raid = [np.arange(40.0) * 30.0] * 400
    alone = fly_through([Layer(40, 60.0, 0.6)], raid, Stream(5)).through
    shared = fly_through([Layer(40, 60.0, 0.6, sigma=1.0)], raid, Stream(5)).through
    assert shared.mean() == pytest.approx(alone.mean(), abs=1.5)
    assert shared.std() > 2.0 * alone.std()


def test_a_second_layer_sees_only_what_is_left_and_magazines_run_out():
    first, second = (
        Layer(100, 30.0, 0.5, gap_s=120.0),
        Layer(100, 30.0, 1.0, magazine=7),
    )
    seen = fly_through([first, second], [np.arange(100.0)] * 20, Stream(9))
    assert (seen.met[:, 0] == 100).all()
    assert (seen.through == seen.met[:, 1] - 7).all()
    assert fly_through([], [np.arange(5.0)], Stream(1)).through.tolist() == [5]


layers = st.builds(
    Layer, channels=st.integers(0, 5), service_s=st.floats(5.0, 200.0),
    p_hit=st.floats(0.0, 1.0), spread=st.floats(0.0, 1.0), sigma=st.floats(0.0, 1.5),
)  # fmt: skip


@given(layers, st.integers(0, 30))
@settings(max_examples=30, deadline=None)
def test_everybody_is_met_once_and_more_rounds_never_let_more_through(layer, rounds):
    raid = [np.arange(25.0) * 10.0]
    few = fly_through([replace(layer, magazine=rounds)], raid, Stream(2))
    more = fly_through([replace(layer, magazine=rounds + 5)], raid, Stream(2))
    assert few.met[0, 0] == 25
    assert more.through[0] <= few.through[0]
    again = fly_through([replace(layer, magazine=rounds)], raid, Stream(2))
    assert again.through[0] == few.through[0]


@pytest.mark.parametrize(
    "wrong", [{"channels": -1}, {"service_s": 0.0}, {"p_hit": 1.2}]
)
def test_a_layer_that_cannot_be_is_refused(wrong):
    with pytest.raises(InputError):
        Layer(**{"channels": 1, "service_s": 10.0, "p_hit": 0.5, **wrong})


def best(gain, capacity):
    """By brute force: every track one effector or none."""
    n, e = gain.shape
    top = 0.0
    for choice in itertools.product(range(e + 1), repeat=n):
        used = np.bincount([c for c in choice if c < e], minlength=e)
        if (used <= capacity).all():
            top = max(top, sum(gain[i, c] for i, c in enumerate(choice) if c < e))
    return top


gains = st.integers(1, 4).flatmap(
    lambda n: st.integers(1, 3).flatmap(
        lambda e: st.tuples(
            st.lists(
                st.lists(st.floats(0, 1), min_size=e, max_size=e),
                min_size=n,
                max_size=n,
            ),
            st.lists(st.integers(0, 2), min_size=e, max_size=e),
        )
    )
)


@given(gains)
@settings(max_examples=60, deadline=None)
def test_greedy_keeps_within_capacity_and_gets_at_least_half_of_the_best(case):
    gain, capacity = np.array(case[0]), np.array(case[1])
    chosen = greedy(gain, capacity)
    assert (chosen.sum(axis=0) <= capacity).all()
    assert (chosen.sum(axis=1) <= 1).all()
    assert (gain * chosen).sum() >= 0.5 * best(gain, capacity) - 1e-12


@pytest.mark.parametrize("seed", range(5))
def test_greedy_beside_an_exact_solver(seed):
    from scipy.optimize import LinearConstraint, milp

    rng = np.random.default_rng(seed)
    n, e = 12, 5
    gain = rng.random((n, e)) * (rng.random((n, e)) < 0.6)
    capacity = rng.integers(0, 4, e)
    rows = np.kron(np.eye(n), np.ones(e))
    columns = np.kron(np.ones(n), np.eye(e))
    found = milp(
        -gain.ravel(), integrality=np.ones(n * e), bounds=(0, 1),
        constraints=[LinearConstraint(rows, 0, 1), LinearConstraint(columns, 0, capacity)],
    )  # fmt: skip
    got = (gain * greedy(gain, capacity)).sum()
    assert 0.8 * -found.fun <= got <= -found.fun + 1e-9


def test_a_second_effector_counts_only_what_the_first_left():
    gain = np.array([[0.9, 0.8], [0.5, 0.5]])
    # One shot each: after 0.9 on the first, 0.8 more there adds 0.08; 0.5 elsewhere.
    assert greedy(gain, np.array([1, 1]), 2).tolist() == [[True, False], [False, True]]
    assert greedy(gain, np.array([2, 2]), 2).all()


@pytest.mark.parametrize(
    ("gain", "capacity", "per"),
    [([[1.0]], [1, 2], 1), ([[-1.0]], [1], 1), ([[2.0]], [1], 2), ([[1.0]], [-1], 1)],
)
def test_what_cannot_be_allocated_is_refused(gain, capacity, per):
    with pytest.raises(InputError):
        greedy(np.array(gain), np.array(capacity), per)
