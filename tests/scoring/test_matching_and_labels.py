import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forefield.errors import InputError
from forefield.scoring.censoring import ENDED, ENTERED, LOST
from forefield.scoring.climatology import bands, from_table, leave_one_flight_out
from forefield.scoring.labels import Pieces, label
from forefield.scoring.lead import episodes, lead_at_false_rate
from forefield.scoring.matching import match, positions_at
from forefield.scoring.reachable import reachable

km = 1.0 / 111.19  # degrees of latitude


def _straight(names, lats, t=(0.0, 10.0, 20.0), end="lost"):
    """Flights due east along parallels, 0.01 degrees a fix."""
    n = len(t)
    return Pieces.of(
        np.tile(t, len(names)),
        np.repeat(names, n),
        np.repeat(lats, n),
        np.tile(np.arange(n) * 0.01, len(names)) + 24.0,
        np.full(n * len(names), end),
    )


def test_two_tracks_take_the_pairing_with_the_smallest_sum_not_the_nearest_first():
    flights = _straight(["a", "b"], [50.0, 50.0 + 3 * km])
    # The first track is 1 km from b and 2 km from a; the second 3 km from b only.
    lat = [50.0 + 2 * km, 50.0 + 6 * km]
    piece, apart = match([0.0, 0.0], lat, [24.0, 24.0], flights)
    assert flights.names[flights.flight[piece]].tolist() == ["a", "b"]
    assert np.allclose(apart, [2000, 3000], atol=20)


def test_a_track_beyond_five_kilometres_is_nobodys():
    flights = _straight(["a"], [50.0])
    piece, apart = match([0.0], [50.0 + 5.1 * km], [24.0], flights)
    assert piece.tolist() == [-1]
    assert np.isnan(apart).all()


def test_a_flight_answers_for_one_track_only_and_only_while_it_flies():
    flights = _straight(["a"], [50.0])
    piece, _ = match([10, 10, 21], [50.0, 50.001, 50.0], [24.01] * 3, flights)
    assert piece.tolist() == [0, -1, -1]


def test_positions_are_linear_between_fixes():
    flights = _straight(["a", "b"], [50.0, 51.0])
    lat, lon = positions_at(flights, [1, 0], [5.0, 15.0])
    assert np.allclose(lat, [51.0, 50.0])
    assert np.allclose(lon, [24.005, 24.015])


def test_a_record_with_a_gap_is_two_pieces_and_only_the_last_ends_truly():
    flights = _straight(["a"], [50.0], t=(0.0, 10.0, 2000.0), end="crash")
    assert flights.stop.tolist() == [2, 3]
    assert flights.ended.tolist() == [False, True]


def test_every_way_a_flight_may_go_on_has_its_answer():
    t = np.tile([0.0, 100.0, 200.0], 3)
    pieces = Pieces.of(
        t,
        np.repeat(["crash", "enters", "lost"], 3),
        np.zeros(9),
        np.zeros(9),
        np.repeat(["crash", "target", "lost"], 3),
    )
    got = label(
        [50.0, 50.0, 50.0, 120.0, 230.0], [0, 1, 2, 1, 0], pieces, [1, 1], [180.0, 90.0]
    )
    assert got.status.tolist() == [ENDED, ENTERED, LOST, ENTERED, ENDED]
    assert got.time_s.tolist() == [150.0, 40.0, 150.0, 60.0, 0.0]
    assert got.entry.tolist() == [-1, 1, -1, 0, -1]


def test_a_border_beyond_reach_is_no_open_question():
    assert reachable([30e3, 30.1e3], 250.0, 120.0).tolist() == [True, False]


def test_climatology_leaves_the_flight_itself_out():
    dist = np.array([1e3, 1e3, 1e3, 500e3])
    got = leave_one_flight_out(dist, [1, 0, 0, 0], np.ones(4), ["a", "b", "c", "d"])
    # b and c see a's entry; a sees none; d, alone in its band, sees all others.
    assert np.allclose(got, [0.0, 0.5, 0.5, 1 / 3])
    assert from_table([1e3, 500e3], np.linspace(1, 0, 9)).tolist() == [1.0, 0.0]
    assert bands([0.0, 2e3, 1e9]).tolist() == [0, 1, 8]


@given(st.permutations(range(6)))
def test_climatology_does_not_care_for_the_order_of_rows(order):
    order = np.array(order)
    dist, y = np.array([1e3, 3e3, 3e3, 9e3, 9e3, 1e3]), np.array([1, 0, 1, 0, 0, 1])
    flight = np.array([0, 0, 1, 1, 2, 2])
    one = leave_one_flight_out(dist, y, np.ones(6), flight)
    two = leave_one_flight_out(dist[order], y[order], np.ones(6), flight[order])
    assert np.allclose(one[order], two)


def test_an_alert_holds_half_an_hour_and_then_is_a_new_one():
    got = episodes([0, 0, 0, 1], [0, 600, 9000, 0], [0.6, 0.7, 0.9, 0.2], 0.5)
    assert got.on_s.tolist() == [0, 9000]
    assert got.off_s.tolist() == [600 + 1800, 9000 + 1800]


def test_the_limit_is_tuned_on_one_night_and_the_lead_told_for_the_other():
    # Night 0: two false districts at 0.3 and 0.5; night 1: an arrival at 1000 s that
    # was forecast with 0.4 at 100 s and with 0.8 at 800 s, and one never forecast.
    group = [0, 1, 2, 2, 3]
    leads = lead_at_false_rate(
        group,
        [0, 0, 1, 1],
        [0.0, 0.0, 100.0, 800.0, 0.0],
        [0.3, 0.5, 0.4, 0.8, 0.0],
        [2, 3],
        [1000.0, 50.0],
        [0],
    )
    assert leads.limit == pytest.approx(0.31)  # one false alert, the one at 0.5
    assert leads.false_per_night_tuning == 1.0
    assert leads.false_per_night == 0.0
    assert leads.alerted_share == 0.5
    assert leads.median_s == 450.0  # 900 s, and 0 s for the one that was missed


def test_all_nights_cannot_be_tuning_nights():
    with pytest.raises(InputError, match="both sides"):
        lead_at_false_rate([0], [0], [0.0], [0.5], [], [], [0])
