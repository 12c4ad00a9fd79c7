"""Tables from files: what goes in comes out, and bad files get one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.errors import InputError
from forefield.io.tables import from_anything, read, write
from forefield.sensing.detections import Detections
from forefield.threats.flights import Flights
from forefield.tracking.tracks import CLASSES, Tracks


def some_tracks(n: int = 4) -> Tracks:
    p = np.zeros((n, len(CLASSES)))
    p[:, 0], p[:, -1] = 0.75, 0.25
    return Tracks.build(
        n,
        t_s=1.7e9 + np.arange(n) // 2 * 10.0,
        track_id=np.arange(n) % 2,
        lat_deg=50.0 + np.arange(n) / 8,
        lon_deg=24.0 + np.arange(n) / 16,
        alt_m=np.array([400.0, np.nan, 300.0, 200.0])[:n],
        cov=np.arange(36.0 * n).reshape(n, 36),
        p_class=p,
        status=np.array(["confirmed", "", "coasting", "ended"])[:n],
    )


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".csv", ".geojson"])
def test_a_table_comes_back_as_it_went(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"tracks{ending}"
    out = some_tracks()
    write(out, path)
    back = read(path, Tracks)
    for name in ("t_s", "track_id", "lat_deg", "lon_deg", "alt_m", "p_class", "status"):
        np.testing.assert_array_equal(getattr(back, name), getattr(out, name), name)
    if ending in (".parquet", ".arrow"):
        np.testing.assert_array_equal(back.cov, out.cov)
        assert np.isnan(back.p_exist).all()


def test_the_same_table_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(some_tracks(), tmp_path / f"{name}.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (
        tmp_path / "b.parquet"
    ).read_bytes()


def test_polars_pandas_and_arrow_are_all_accepted() -> None:
    data = {
        "t_s": [1.0, 2.0],
        "track_id": [7, 7],
        "lat_deg": [50.0, 50.1],
        "lon_deg": [24.0, 24.1],
    }
    for made in (pl.DataFrame(data), pd.DataFrame(data), pa.table(data), data):
        tracks = from_anything(made, Tracks)
        assert tracks.track_id.tolist() == [7, 7]
        assert tracks.lat_deg.tolist() == [50.0, 50.1]


def test_a_recording_is_mapped(tmp_path: Path) -> None:
    path = tmp_path / "recording.parquet"
    pq.write_table(
        pa.table(
            {
                "id": ["B", "B", "A"],
                "time": [1.0, 2.0, 1.0],
                "lat": [50.0] * 3,
                "lon": [20.0] * 3,
                "alt_m": [1e4] * 3,
                "groundspeed_mps": [200.0] * 3,
                "track_deg": [90.0] * 3,
            }
        ),
        path,
    )
    tracks = read(path, Tracks)
    assert tracks.track_id.tolist() == [1, 1, 2]
    assert tracks.source_id.tolist() == ["B", "B", "A"]
    np.testing.assert_allclose(tracks.v_east_mps, 200.0)
    np.testing.assert_allclose(tracks.v_north_mps, 0.0, atol=1e-9)
    flights = read(path, Flights)
    assert flights.flight_id.tolist() == ["B", "B", "A"]
    assert set(flights.end) == {"lost"}


def test_real_recordings_are_read(shared_data) -> None:
    tracks = read(shared_data("real_tracks.parquet"), Tracks)
    assert len(tracks) == 109_550
    assert len(np.unique(tracks.track_id)) == 887


def bad(path: Path, cls=Tracks) -> str:
    with pytest.raises(InputError) as caught:
        read(path, cls)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def test_bad_files_get_one_line_that_says_what_and_where(tmp_path: Path) -> None:
    good = tmp_path / "good.parquet"
    write(some_tracks(), good)

    cut = tmp_path / "cut.parquet"
    cut.write_bytes(good.read_bytes()[:-100])
    assert "no readable parquet" in bad(cut)

    missing = tmp_path / "missing.csv"
    missing.write_text("t_s,track_id,lat_deg\n1,1,50\n")
    assert "'lon_deg'" in bad(missing)

    near = tmp_path / "near.csv"
    near.write_text("t_s,track_id,lat_deg,long_deg\n1,1,50,20\n")
    assert "did you mean 'long_deg'" in bad(near)

    far_north = tmp_path / "north.csv"
    far_north.write_text("t_s,track_id,lat_deg,lon_deg\n1,1,50,20\n2,1,95,20\n")
    assert "lat_deg of row 1 is 95" in bad(far_north)

    back = tmp_path / "back.csv"
    back.write_text("t_s,track_id,lat_deg,lon_deg\n5,1,50,20\n9,2,50,20\n4,1,50,20\n")
    assert "backwards at row 2 of track 1" in bad(back)

    words = tmp_path / "words.csv"
    words.write_text("t_s,track_id,lat_deg,lon_deg\nnoon,1,50,20\n")
    assert "'t_s'" in bad(words)

    empty = tmp_path / "empty.csv"
    empty.write_text("")
    bad(empty)

    holes = tmp_path / "holes.csv"
    holes.write_text("t_s,track_id,lat_deg,lon_deg\n5,1,,20\n")
    assert "lat_deg of row 0 is empty" in bad(holes)

    assert "unknown ending" in bad(_touch(tmp_path / "x.xlsx"))
    assert "no such file" in bad(tmp_path / "nothing.parquet")


def _touch(path: Path) -> Path:
    path.write_text("")
    return path


def test_plots_may_come_late_when_they_say_so(tmp_path: Path) -> None:
    path = tmp_path / "plots.csv"
    path.write_text(
        "t_s,sensor,t_received_s,range_m,azimuth_deg\n10,A,11,5e4,10\n9,B,12,5e4,20\n"
    )
    assert len(read(path, Detections)) == 2
    path.write_text("t_s,sensor,range_m,azimuth_deg\n10,A,5e4,10\n9,B,5e4,20\n")
    assert "backwards" in bad(path, Detections)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 1) | st.just(np.nan)
        ),
        max_size=12,
    )
)
def test_any_numbers_survive_parquet(tmp_path_factory, rows) -> None:
    lat, lon, p = (np.array([r[i] for r in rows], dtype=float) for i in range(3))
    tracks = Tracks.build(
        len(rows),
        t_s=np.arange(len(rows)) * 1.0,
        track_id=np.ones(len(rows), dtype=int),
        lat_deg=lat,
        lon_deg=lon,
        p_exist=p,
    )
    path = tmp_path_factory.mktemp("t") / "t.parquet"
    write(tracks, path)
    back = read(path, Tracks)
    np.testing.assert_array_equal(back.lat_deg, lat)
    np.testing.assert_array_equal(back.p_exist, p)
