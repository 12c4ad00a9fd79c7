"""`forefield track` as its users meet it: why a track is what it is, and wrong inputs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from forefield.apps.cli import main
from forefield.io.sensors import sensors_toml
from forefield.io.tables import read, write
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.tracking.tracks import Tracks

T0 = 1_711_250_000.0


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """One radar, one missile of twelve plots, then eight empty scans."""
    radar = Sensor(
        id="R1", kind="radar3d", owner="PL", lat_deg=51.1, lon_deg=23.5, alt_m=240.0,
        ground_m=210.0, period_s=10.0, max_range_m=250e3, sigma_range_m=100.0,
        sigma_azimuth_deg=0.1, sigma_elevation_deg=0.2, p_detect=0.9,
        clutter_per_scan=2.0,
    )  # fmt: skip
    k = np.arange(12)
    plots = Detections.build(
        12, t_s=T0 + 10.0 * k + 3.0, sensor="R1", range_m=90e3 - 2_100.0 * k,
        azimuth_deg=95.0, elevation_deg=1.0,
    )  # fmt: skip
    k = np.arange(20)
    scans = Scans.build(
        20, t_start_s=T0 + 10.0 * k, t_end_s=T0 + 10.0 * (k + 1), sensor="R1",
        status="ok",
    )  # fmt: skip
    write(plots, tmp_path / "plots.parquet")
    write(scans, tmp_path / "scans.parquet")
    (tmp_path / "sensors.toml").write_text(sensors_toml([radar]), encoding="utf-8")
    return [
        "track", str(tmp_path / "plots.parquet"),
        "--sensors", str(tmp_path / "sensors.toml"),
        "--scans", str(tmp_path / "scans.parquet"),
        "--out", str(tmp_path / "tracks.parquet"),
    ]  # fmt: skip


def test_the_life_of_a_track_has_reasons_and_the_rows_of_its_plots(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lives = tmp_path / "lives.json"
    assert main([*files, "--why", "1", "--history", str(lives), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    life = told["why"]
    what = [e["what"] for e in life["events"]]
    assert what[:2] == ["born", "confirmed"]
    assert what[-1] == "ended"
    assert all(e["because"] for e in life["events"])
    # Every plot is of this flight; they are named as they stand in the file.
    assert life["rows"] == list(range(12))
    assert json.loads(lives.read_text())[0] == life
    tracks = read(tmp_path / "tracks.parquet", Tracks)
    assert tracks.track_id.tolist().count(1) >= 10


def test_the_life_is_told_in_lines(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*files, "--why", "1"]) == 0
    said = capsys.readouterr().out
    assert "born: plots that no other track explains better" in said
    assert "12 plots: 12 of R1" in said
    assert "rows of the table, from 0: 0, 1, 2" in said


def test_a_track_that_never_was_is_one_line(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*files, "--why", "99"]) == 2
    said = capsys.readouterr().err.strip()
    assert "No track 99" in said
    assert "\n" not in said


def test_rows_that_cannot_be_used_are_named_by_their_place_in_the_file(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plots = read(tmp_path / "plots.parquet", Detections)
    rows = np.array([0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    bad = plots.take(rows)
    range_m, sensor = bad.range_m.copy(), bad.sensor.astype("U8").copy()
    range_m[6], range_m[8] = -5.0, np.nan
    sensor[9] = "R7"
    t_s = bad.t_s.copy()
    t_s[10] = np.nan
    columns = {"t_s": t_s, "azimuth_deg": bad.azimuth_deg,
               "elevation_deg": bad.elevation_deg}  # fmt: skip
    bad = Detections.build(13, range_m=range_m, sensor=sensor, **columns)
    write(bad, tmp_path / "plots.parquet")
    assert main([*files, "--json"]) == 0
    notices = "\n".join(json.loads(capsys.readouterr().out)["notices"])
    for reason, row in (
        ("range is not above zero", 6), ("neither range nor position", 8),
        ("unknown sensor", 9), ("the same plot again", 4), ("no time", 10),
    ):  # fmt: skip
        assert f"1 rows: {reason} (not used); first: row {row}:" in notices, reason
