import json

import numpy as np
import pytest

from forefield.apps.verify import leads, verify_files
from forefield.errors import InputError
from forefield.forecasting.beliefs import Beliefs, ThreatAreas
from forefield.threats.flights import Flights
from forefield.world.borders import guard
from forefield.world.districts import districts

T0 = 1_700_000_000.0
MODELS = ("turning/1", "straight/1", "straight-gauss/1", "climatology/1")


def some_flights(n=24, end="target"):
    """Westward at 150 m/s from Volhynia; even ones turn back before the border."""
    parts = []
    t = np.arange(0.0, 901.0, 10.0)
    for k in range(n):
        lat = 50.6 + 0.05 * k
        step = 150.0 * 10.0 / (111_320.0 * np.cos(np.radians(lat)))
        lon = 24.9 - step * np.arange(len(t))
        if k % 2 == 0:
            lon = np.maximum(lon, 24.55 + 0.001 * np.abs(np.arange(len(t)) - 20))
        parts.append(
            Flights.build(
                len(t),
                t_s=T0 + t,
                flight_id=f"F{k:02d}",
                lat_deg=np.full(len(t), lat),
                lon_deg=lon,
                end=end,
                intent="test",
            )
        )
    return Flights.concat(parts)


def some_beliefs(
    flights, chance, positions=True, models=MODELS, t_s=(0.0, 60.0, 120.0)
):
    """For every flight and time: `chance(k, model)` within 600 s."""
    pl = guard("PL")
    rows = [
        (k, t, model)
        for k in range(len(np.unique(flights.flight_id)))
        for t in t_s
        for model in models
    ]
    names = np.unique(flights.flight_id)
    own = [
        np.flatnonzero((flights.flight_id == names[k]) & (flights.t_s == T0 + t))[0]
        for k, t, _ in rows
    ]
    lat, lon = flights.lat_deg[own], flights.lon_deg[own]
    near = pl.nearest(lat, lon)
    more = {"lat_deg": lat + 1e-3, "lon_deg": lon} if positions else {}
    return Beliefs.build(
        len(rows),
        t_s=np.array([T0 + t for _, t, _ in rows]),
        track_id=np.array([100 + k for k, _, _ in rows]),
        guard="PL",
        horizon_s=600.0,
        p_enter=np.array([chance(k, m) for k, _, m in rows]),
        p_via=np.zeros((len(rows), 0)),
        p_end_inside=0.0,
        age_s=0.0,
        model=np.array([m for _, _, m in rows]),
        entry_lat_deg=near.lat_deg,
        entry_lon_deg=near.lon_deg,
        entry_sigma_m=2000.0,
        source_id=names[[k for k, _, _ in rows]],
        reach_mps=300.0,
        **more,
    )


def knowing(k, model):
    if model.startswith("turning"):
        return 0.9 if k % 2 else 0.1
    return {"straight/1": 1.0, "straight-gauss/1": 0.7}.get(model, 0.5)


def test_truth_is_what_the_border_says_and_the_knowing_model_wins():
    flights = some_flights()
    scores = verify_files(some_beliefs(flights, knowing), flights)
    assert scores.main == "turning/1"
    cell = scores.cells[0]
    # The oracle: which flights have a fix in Poland within 600 s of a forecast.
    inside = guard("PL").inside(flights.lat_deg, flights.lon_deg)
    soon = flights.t_s <= T0 + 120.0 + 600.0
    entering = np.unique(flights.flight_id[inside & soon])
    assert cell.counts["entering"] == len(entering)
    assert len(entering) >= 8
    assert cell.numbers["censored_share"] == 0.0
    assert scores.about["matched_by"] == "position"
    assert scores.about["states_unmatched"] == 0
    brier = [x for x in cell.differences if x.score == "brier"]
    assert all(x.by_flight.value < 0 for x in brier)


def test_the_time_of_entry_agrees_with_a_walk_of_one_metre_steps():
    from forefield.apps.verify import _entries
    from forefield.scoring.labels import Pieces

    f = some_flights(6)
    pieces = Pieces.of(f.t_s, f.flight_id, f.lat_deg, f.lon_deg, f.end)
    got = _entries(pieces, guard("PL"))
    assert len(got.piece)
    for k, when in zip(got.piece, got.t_s, strict=True):
        span = slice(pieces.start[k], pieces.stop[k])
        fine = np.arange(when - 0.05, when + 0.05, 1 / 150)
        fine = np.concatenate([[pieces.t_s[span][0]], fine])
        lat = np.interp(fine, pieces.t_s[span], pieces.lat_deg[span])
        lon = np.interp(fine, pieces.t_s[span], pieces.lon_deg[span])
        walked = fine[np.argmax(guard("PL").inside(lat, lon))]
        assert walked == pytest.approx(when, abs=2 / 150)


def test_a_record_that_ends_is_censored_and_a_flight_that_ends_is_a_no():
    flights = some_flights(end="target")
    short = flights.take(flights.t_s <= T0 + 300.0)
    ended = verify_files(some_beliefs(short, knowing), short).cells[0]
    lost = Flights(**{**short.__dict__, "end": np.full(len(short), "lost")})
    seen = verify_files(some_beliefs(lost, knowing), lost).cells[0]
    assert ended.numbers["censored_share"] == 0.0
    assert seen.numbers["censored_share"] > 0.4
    assert ended.counts["n"] > seen.counts["n"]


def test_a_track_that_outlives_a_crashed_flight_is_a_wrong_yes():
    flights = some_flights(24, end="crash")
    beliefs = some_beliefs(flights, knowing)
    gone = flights.take((flights.flight_id != "F01") | (flights.t_s <= T0 + 60.0))
    scores = verify_files(beliefs, gone)
    assert scores.about["states_outlived"] == 1
    assert scores.about["states_unmatched"] == 0


def test_without_positions_names_are_matched():
    flights = some_flights()
    beliefs = some_beliefs(flights, knowing, positions=False)
    scores = verify_files(beliefs, flights)
    assert scores.about["matched_by"] == "name"
    assert scores.cells[0].counts["flights"] == 24
    strangers = Beliefs(
        **{**beliefs.__dict__, "source_id": np.full(len(beliefs), "nobody")}
    )
    with pytest.raises(InputError, match="add columns lat_deg and lon_deg"):
        verify_files(strangers, flights)


def test_beliefs_of_another_night_are_refused_in_one_line():
    flights = some_flights()
    beliefs = some_beliefs(flights, knowing)
    later = Flights(**{**flights.__dict__, "t_s": flights.t_s + 86400.0})
    with pytest.raises(InputError, match="do not overlap in time") as caught:
        verify_files(beliefs, later)
    assert "\n" not in str(caught.value)


def test_the_same_row_twice_is_refused():
    flights = some_flights()
    beliefs = some_beliefs(flights, knowing)
    twice = Beliefs.concat([beliefs, beliefs.take(slice(0, 1))])
    with pytest.raises(InputError, match="twice"):
        verify_files(twice, flights)


def test_a_file_with_one_model_is_compared_with_the_baselines_all_the_same(tmp_path):
    flights = some_flights(12)
    beliefs = some_beliefs(flights, knowing, models=("turning/1",))
    scores = verify_files(beliefs, flights, out=tmp_path)
    words = {m.split("/")[0] for m in scores.about["baselines_added"]}
    assert {"straight", "straight-gauss"} <= words
    page = (tmp_path / "verification.html").read_text()
    assert "were not in the file" in page


def test_the_same_command_twice_writes_the_same_bytes(tmp_path):
    flights = some_flights()
    beliefs = some_beliefs(flights, knowing)
    verify_files(beliefs, flights, out=tmp_path / "a", seed=5)
    mixed = beliefs.take(
        np.random.Generator(np.random.Philox(1)).permutation(len(beliefs))
    )
    # The order of rows of one model does not matter, nor where the folder is.
    order = np.argsort(mixed.model == "turning/1", kind="stable")[::-1]
    verify_files(mixed.take(order), flights, out=tmp_path / "b", seed=5)
    scores = [json.loads((tmp_path / k / "scores.json").read_text()) for k in "ab"]
    assert scores[0] == scores[1]
    verify_files(beliefs, flights, out=tmp_path / "c", seed=5)
    for name in ("scores.json", "verification.html"):
        one, three = (tmp_path / k / name for k in "ac")
        assert one.read_bytes() == three.read_bytes()


def test_leads_are_told_for_nights_that_did_not_choose_the_limit():
    pl = districts("PL")
    flights = some_flights(2)
    day = 86400.0
    both = Flights.concat(
        [
            flights,
            Flights(
                **{
                    **flights.__dict__,
                    "t_s": flights.t_s + day,
                    "flight_id": np.char.add(flights.flight_id, "b"),
                }
            ),
        ]
    )
    over = pl.locate(flights.lat_deg, flights.lon_deg)
    arrival = float(flights.t_s[over >= 0].min())
    where = pl.codes[int(over[over >= 0][0])]
    areas = ThreatAreas.build(
        2,
        t_s=np.array([arrival - 200.0, arrival + day - 150.0]),
        track_id="*",
        district=np.array([where, where]),
        horizon_s=900.0,
        p_over=0.6,
        p_fall=0.0,
    )
    got = leads(areas, both, pl)
    assert got is not None
    assert got.alerted_share == 1.0
    assert got.median_s == pytest.approx(150.0)
    assert leads(areas.take([0]), both, pl) is None


def test_real_flights_enter_switzerland_as_counted_by_hand(shared_data):
    # An independent count over these 746 flights: 16 start inside, 715 have a later fix
    # inside, first after 160 s in the median (5 to 95 %: 30 to 473 s), 471 after 120 s
    # or more, 146 after 300 s or more. Exact crossings are up to one 10 s step earlier,
    # and two flights clip a corner between fixes.
    from forefield.apps.verify import _entries
    from forefield.io.tables import read
    from forefield.scoring.labels import Pieces, label
    from forefield.scoring.matching import positions_at

    f = read(shared_data("real_tracks.parquet"), Flights)
    f = f.take(np.char.startswith(f.flight_id, "CH"))
    pieces = Pieces.of(f.t_s, f.flight_id, f.lat_deg, f.lon_deg, f.end)
    ch = guard("CH")
    inside = ch.inside(pieces.lat_deg, pieces.lon_deg)
    outside = np.flatnonzero(~inside[pieces.start])
    assert (len(pieces), len(pieces) - len(outside)) == (746, 16)
    entries = _entries(pieces, ch)
    came = label(pieces.first_s[outside], outside, pieces, entries.piece, entries.t_s)
    fix_s = np.full(len(outside), np.inf)
    for row, k in enumerate(outside):
        own = np.flatnonzero(inside[pieces.start[k] : pieces.stop[k]])
        if len(own):
            fix_s[row] = pieces.t_s[pieces.start[k] + own[0]] - pieces.first_s[k]
    seen = np.isfinite(fix_s)
    assert seen.sum() == 715
    assert np.median(fix_s[seen]) == 160.0
    assert ((fix_s[seen] >= 120).sum(), (fix_s[seen] >= 300).sum()) == (471, 146)
    assert (came.entry >= 0).sum() == 717
    early = fix_s[seen] - came.time_s[seen]
    assert (early >= 0).all()
    assert np.mean(early <= 10.0 + 1e-6) > 0.95  # the rest clip a corner before
    # Every entry is one: outside two metres before it, inside two metres after.
    for shift_s, there in ((-0.01, False), (0.01, True)):
        where = positions_at(pieces, entries.piece, entries.t_s + shift_s)
        assert (ch.inside(*where) == there).all()
