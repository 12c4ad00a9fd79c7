import numpy as np
import pytest

from forefield.chance import Stream
from forefield.scoring.bootstrap import CLUSTERS_MIN, Resample, paired_difference


def test_equal_seeds_give_equal_intervals_and_rows_may_be_shuffled():
    g = np.random.Generator(np.random.Philox(1))
    label, score = np.repeat(np.arange(40), 5), g.uniform(size=200)
    mixed = g.permutation(200)
    one = Resample.draw(label, Stream(7, "t")).ratio(score, np.ones(200))
    two = Resample.draw(label[mixed], Stream(7, "t")).ratio(score[mixed], np.ones(200))
    assert one.lo == pytest.approx(two.lo)
    assert one.hi == pytest.approx(two.hi)
    other = Resample.draw(label, Stream(8, "t")).ratio(score, np.ones(200))
    assert one.lo != other.lo


def test_a_difference_of_a_score_with_itself_is_exactly_nothing():
    g = np.random.Generator(np.random.Philox(2))
    score, label = g.uniform(size=100), np.repeat(np.arange(20), 5)
    got = paired_difference(Resample.draw(label, Stream(1)), score, score, np.ones(100))
    assert (got.value, got.lo, got.hi) == (0.0, 0.0, 0.0)


def test_too_few_nights_give_no_interval():
    label = np.repeat(np.arange(CLUSTERS_MIN - 1), 30)
    got = Resample.draw(label, Stream(1)).ratio(
        np.ones(len(label)), np.ones(len(label))
    )
    assert got.value == 1.0
    assert np.isnan([got.lo, got.hi]).all()


def test_intervals_by_flight_cover_and_intervals_by_row_do_not():
    g = np.random.Generator(np.random.Philox(3))
    trials, by_flight, by_row = 250, 0, 0
    for trial in range(trials):
        shared = np.repeat(g.normal(size=60), 10)
        value, one = shared + 0.3 * g.normal(size=600), np.ones(600)
        flight = np.repeat(np.arange(60), 10)
        good = Resample.draw(flight, Stream(trial), replicates=400).ratio(value, one)
        poor = Resample.draw(np.arange(600), Stream(trial), replicates=200).ratio(
            value, one
        )
        by_flight += good.lo <= 0 <= good.hi
        by_row += poor.lo <= 0 <= poor.hi
    assert by_flight / trials > 0.90  # 95 % nominal, percentile, 60 clusters
    assert by_row / trials < 0.65
