"""Who has the warning in time: bounds, order, and nobody after the fact."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forefield.warning.delays import CHANNELS, WHAT_IF, Delays
from forefield.warning.reach import reached, shares
from forefield.world.facts import table

D = Delays.shipped()


@given(st.floats(-600.0, 7200.0))
def test_the_middle_lies_between_the_unlucky_and_the_lucky_end(wait_s):
    r = reached(wait_s, D)
    assert 0.0 <= r.low <= r.middle <= r.high <= 1.0


@given(st.floats(-600.0, 7200.0), st.floats(0.0, 1800.0))
def test_more_time_never_reaches_fewer(wait_s, more_s):
    a, b = reached(wait_s, D), reached(wait_s + more_s, D)
    assert a.low <= b.low
    assert a.middle <= b.middle + 1e-12
    assert a.high <= b.high


def test_nobody_is_reached_by_a_message_that_comes_after_the_object():
    soonest_s = D.quick("decide_s") + D.quick("release_s") + D.quick("siren_s")
    assert reached(soonest_s - 1.0, D).high == 0.0
    assert reached(soonest_s, D).high == shares()["siren"][1]
    assert reached(-30.0, D) == reached(0.0, D)


def test_an_hour_reaches_everyone_who_can_be_reached():
    r = reached(3600.0, D)
    s = shares()
    assert r.low == max(s[c][0] for c in CHANNELS)
    assert r.high == pytest.approx(1 - math.prod(1 - s[c][1] for c in CHANNELS))


def test_half_of_a_channel_is_reached_half_way_in_the_logarithm():
    d = Delays.of({"decide_s": 0, "release_s": 0, "sms_s": [10, 1000]})
    r = reached(100.0, d, ("sms",), share={"sms": (0.4, 0.4)})
    assert r.middle == pytest.approx(0.2)


def test_cell_broadcast_is_a_what_if_and_not_among_the_channels():
    assert not set(WHAT_IF) & set(CHANNELS)
    with_it = reached(90.0, D, (*CHANNELS, *WHAT_IF))
    assert with_it.middle > reached(90.0, D).middle


def test_every_share_says_that_it_is_assumed():
    share = table("delays")["assumed"]["share"]
    for c in (*CHANNELS, *WHAT_IF):
        low, high = share[c]
        assert 0.0 <= low <= high <= 1.0
        assert "assumption" in share[f"{c}_basis"]
