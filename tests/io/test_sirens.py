"""The record of the sirens: read, and shown only where it was given."""

import numpy as np
import pytest

from forefield.errors import InputError
from forefield.io.sirens import read_sirens

HEAD = "region,started_at,finished_at\n"
ROWS = (
    "Volynska oblast,2024-03-24T02:12:36Z,2024-03-24T04:06:44Z\n"
    "Kyiv City,2024-03-24T01:41:05Z,2024-03-24T04:01:02Z\n"
    "Atlantis,2024-03-24T01:41:05Z,2024-03-24T04:01:02Z\n"
)


def saved(tmp_path, text, name="s.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_oblasts_get_their_codes_and_strange_names_are_counted(tmp_path):
    sirens, strange = read_sirens(saved(tmp_path, HEAD + ROWS))
    assert sirens.district.tolist() == ["UA-30", "UA-07"]
    assert sirens.t_start_s[1] == 1_711_246_356.0  # 2024-03-24T02:12:36Z
    assert strange == {"Atlantis": 1}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("region,started_at\nVolynska oblast,2024-03-24T02:12:36Z\n", "finished_at"),
        (HEAD + "Volynska oblast,yesterday,today\n", "2024-03-24T02:12:36Z"),
        ("", "no Parquet or CSV"),
    ],
)
def test_a_file_that_is_no_record_of_sirens_is_refused(tmp_path, text, word):
    with pytest.raises(InputError, match=word) as caught:
        read_sirens(saved(tmp_path, text))
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no such file"):
        read_sirens(tmp_path / "none.parquet")


def test_the_whole_public_record_is_understood(shared_data):
    file = shared_data("sirens_oblast_merged_2022-03_2026-06.parquet")
    sirens, strange = read_sirens(file)
    assert strange == {}
    assert len(sirens) > 74_000
    lviv = sirens.take(sirens.district == "UA-46")
    minutes = np.median(lviv.t_end_s - lviv.t_start_s) / 60.0
    assert 40.0 < minutes < 46.0


def test_a_report_says_when_it_has_no_record_of_the_sirens(monkeypatch):
    from dataclasses import replace
    from pathlib import Path

    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "report"))
    from a_small_night import small_night

    from forefield.drivers.sirens import BesideSirens
    from forefield.report.page import render

    night = small_night()
    assert "was not given to this run" in render(night)
    row = BesideSirens("UA-46", "Lvivska", night.t0_s, night.t1_s, night.t0_s + 600.0,
                       np.nan)  # fmt: skip
    page = render(replace(night, sirens=(row,)))
    assert "was not given to this run" not in page
    assert "Lvivska" in page
    assert "--sirens SIRENS.parquet" in page
