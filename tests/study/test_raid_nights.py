"""Nights weighed as on record: the counts, and figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from test_statistics import rows_of, study_of

from forefield.studies.base_rate import Level, Record, garwood, on_record
from forefield.studies.raid_nights import RaidNights
from forefield.studies.statistics import Nights, nights_of


def test_the_limits_of_a_count_are_garwoods() -> None:
    # Table of exact 95 % limits (Garwood 1936): 0, 1, 10 events.
    for n, low, high in ((0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39)):
        assert garwood(n, n) == pytest.approx((low, high), abs=0.005)


def test_the_record_of_poland_is_that_of_the_incidents() -> None:
    found = on_record("PL")
    assert found is not None
    assert found.nights == 935
    assert found.objects == (27, 33)  # as in docs/expected-entries.md
    assert [x.counted for x in found.levels[1:]] == [(7, 8), (0, 0), (1, 1)]
    assert sum(x.share for x in found.levels) == pytest.approx(1.0)
    assert all(x.lo <= x.share <= x.hi for x in found.levels)


def test_a_country_without_an_entry_on_record_has_no_base_rate() -> None:
    assert on_record("SK") is None


#: Shares that can be summed by hand.
HAND = Record("PL", 1000, (
    Level("none", (0, 0), 0.9, 0.7, 0.97), Level("1 or 2", (0, 0), 0.06, 0.02, 0.1),
    Level("3 to 9", (0, 0), 0.03, 0.01, 0.1), Level("10 or more", (0, 0), 0.01, 0, 0.1),
), (0, 0))  # fmt: skip


def nights(entering: list[int], prevented: list[float]) -> Nights:
    _, design = study_of("documented")
    n = np.array(entering)
    rows = rows_of(np.array(prevented)[:, None], n)
    return nights_of(rows, design)


def test_a_figure_is_the_sum_of_shares_times_means_and_its_ends_those_of_the_shares() -> (
    None
):
    # Eight nights a level, alike within it: the shares alone make the interval.
    n = nights([0] * 8 + [2] * 8 + [4] * 8 + [10] * 8,
               [0.0] * 8 + [1.0] * 8 + [3.0] * 8 + [5.0] * 8)  # fmt: skip
    told = RaidNights(n, HAND)
    assert told.missing() == []
    (one,) = told.figure("prevented")
    assert one.value == pytest.approx(1000 * (0.06 * 1 + 0.03 * 3 + 0.01 * 5))
    assert one.lo == pytest.approx(1000 * (0.02 * 1 + 0.01 * 3 + 0.0 * 5))
    assert one.hi == pytest.approx(1000 * (0.1 * 1 + 0.1 * 3 + 0.1 * 5))
    (share,) = told.per_100("prevented")
    assert share.value == pytest.approx(100 * 0.20 / (0.12 + 0.12 + 0.10))
    # The best level is 3 of 4, the worst 1 of 2; the ends lean to either.
    assert share.hi == pytest.approx(100 * (0.02 + 0.3) / (0.04 + 0.4))
    assert share.lo == pytest.approx(100 * (0.1 + 0.03 + 0.5) / (0.2 + 0.04 + 1.0))
    assert [x[0].value for x in told.by_level("prevented")] == [50.0, 75.0, 50.0]


def test_what_happens_where_nothing_enters_is_not_told_without_such_nights() -> None:
    n = nights([2] * 10 + [4] * 10, [1.0] * 20)
    false = n.with_values(n.values | {"alerts_false": np.ones((20, 1))})
    told = RaidNights(false, HAND)
    assert np.isnan(told.figure("alerts_false")[0].value)
    assert told.missing() == ["10 or more"]
    # Nothing is prevented where nothing enters, so this is told without them.
    assert told.figure("prevented")[0].value == pytest.approx(1000 * (0.06 + 0.03))
    quiet = nights([0] * 10 + [2] * 10, [0.0] * 20)
    quiet = quiet.with_values(quiet.values | {"alerts_false": np.ones((20, 1))})
    # On every night one, whatever enters: one a night, but for levels left out.
    (one,) = RaidNights(quiet, HAND).figure("alerts_false")
    assert one.value == pytest.approx(1000 * (0.9 + 0.06))


def test_what_never_occurred_is_bounded_by_the_entries_and_not_zero() -> None:
    told = RaidNights(nights([0] * 8 + [2] * 12 + [4] * 8, [0.0] * 28), HAND)
    (one,) = told.figure("prevented")
    assert (one.value, one.lo) == (0.0, 0.0)
    bound = 1 - 0.05 ** (1 / 20)  # twenty nights with an occasion
    assert one.hi == pytest.approx(bound * 1000 * (0.1 * 2 + 0.1 * 4))


def test_a_level_with_too_few_nights_tells_nothing() -> None:
    told = RaidNights(nights([2] * 12 + [4] * 3, [1.0] * 15), HAND)
    assert told.missing() == ["3 to 9", "10 or more"]
    assert np.isnan(told.by_level("prevented")[1][0].value)


def test_what_is_no_share_has_no_bound_where_it_never_occurred() -> None:
    n = nights([0] * 8 + [2] * 12, [0.0] * 20)
    told = RaidNights(n.with_values(n.values | {"rounds": np.zeros((20, 1))}), HAND)
    (one,) = told.figure("rounds")
    assert one.value == 0.0
    assert np.isnan(one.hi)
