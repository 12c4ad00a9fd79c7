"""The engine: bytes, resuming, failures, refusals."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from study_cases import TINY, tiny_study

import forefield as ff
from forefield.apps.cli import main
from forefield.apps.studies import dry_run, one_night, study_files
from forefield.errors import InputError
from forefield.studies import batch
from forefield.studies.meeting import night_seed


def bytes_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every file but the manifest, which tells of clock and machine."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != "manifest.json"
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """One uninterrupted run with one worker."""
    folder = tmp_path_factory.mktemp("study")
    study = tiny_study(folder)
    study_files(study, out=str(folder / "one"), workers=1)
    return study, folder / "one"


def test_two_workers_write_the_same_bytes_as_one(
    whole: tuple[str, Path], tmp_path: Path
) -> None:
    study, one = whole
    study_files(study, out=str(tmp_path / "two"), workers=2)
    assert bytes_of(tmp_path / "two") == bytes_of(one)


def test_a_resumed_study_is_that_which_was_never_interrupted(
    whole: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, one = whole
    real, played = batch.play, []

    def interrupted(*args: Any) -> bytes:
        if played:
            raise KeyboardInterrupt
        played.append(args[-1])
        return real(*args)

    out = str(tmp_path / "r")
    monkeypatch.setattr(batch, "play", interrupted)
    assert main(["study", study, "--out", out, "--workers", "1"]) == 130
    assert len(list((tmp_path / "r/shards").iterdir())) == 1
    monkeypatch.setattr(batch, "play", real)
    assert main(["study", study, "--out", out, "--workers", "1", "--resume"]) == 0
    assert bytes_of(tmp_path / "r") == bytes_of(one)


SOBOL = (
    TINY.replace("[design]\nnights = 6\nbatch = 2", "[design]\nnights = 3\nbatch = 1")
    + """kind = "sobol"
[[factor]]
name = "headed_to_guard"
kind = "environment"
range = [0.5, 1.0]
"""
)


def test_a_sobol_study_is_resumed_replayed_and_priced_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = tiny_study(tmp_path, SOBOL)
    real, played = batch.play, []

    def interrupted(*args: Any) -> bytes:
        if played:
            raise KeyboardInterrupt
        played.append(args[-1])
        return real(*args)

    out = str(tmp_path / "r")
    monkeypatch.setattr(batch, "play", interrupted)
    assert main(["study", study, "--out", out, "--workers", "1"]) == 130
    monkeypatch.setattr(batch, "play", real)
    assert main(["study", study, "--out", out, "--workers", "1", "--resume"]) == 0
    done = study_files(study, out=str(tmp_path / "w"), workers=1)
    assert bytes_of(tmp_path / "r") == bytes_of(tmp_path / "w")
    assert done["nights"] == 4  # rows A and B of two nights
    assert any("power of two: 2 are used" in line for line in done["lines"])
    kept = pq.read_table(tmp_path / "w/nights.parquet").to_pylist()
    again = one_night(study, 1)["rows"]
    assert [r["digest"] for r in again] == [
        r["digest"] for r in kept if r["night"] == 1
    ]
    priced = dry_run(study, 1, 0, None)
    assert priced["nights"] == 2
    assert any("2 nights of 6 rows" in line for line in priced["lines"])


def test_a_changed_study_is_not_resumed_and_the_change_is_named(
    whole: tuple[str, Path], tmp_path: Path
) -> None:
    changed = tiny_study(tmp_path, TINY.replace("minutes = 6", "minutes = 7"))
    with pytest.raises(InputError, match=r"minutes was 6\.?0?, is 7"):
        study_files(changed, out=str(whole[1]), workers=1, resume=True)


def test_changed_code_is_not_resumed_and_the_file_is_named(
    whole: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from forefield.studies import manifest

    files = {**manifest.code_files(), "mechanism.py": "0"}
    monkeypatch.setattr(manifest, "code_files", lambda: files)
    with pytest.raises(InputError, match=r"changed in 1 files \(mechanism\.py\)"):
        study_files(whole[0], out=str(whole[1]), workers=1, resume=True)


def test_a_folder_with_a_study_is_not_overwritten(whole: tuple[str, Path]) -> None:
    with pytest.raises(InputError, match="go on with --resume"):
        study_files(whole[0], out=str(whole[1]), workers=1)


def test_a_failing_night_is_told_with_its_seed_and_stops_nothing(
    whole: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = batch.of_night

    def of_night(study: Any, design: Any, folder: Any, night: int) -> Any:
        if night == 3:
            raise RuntimeError("the sky fell")
        return real(study, design, folder, night)

    monkeypatch.setattr(batch, "of_night", of_night)
    done = study_files(whole[0], out=str(tmp_path / "f"), workers=1)
    assert done["nights"] == 5
    (failed,) = done["failed"]
    assert failed["night"] == 3
    assert failed["seed"] == night_seed(1, 3)
    assert "the sky fell" in failed["failure"]
    assert any("--night 3" in line for line in done["lines"])
    page = (tmp_path / "f/findings.html").read_text()
    assert "the sky fell" in page
    # The other nights are those of the run that did not fail.
    ours = pq.read_table(tmp_path / "f/nights.parquet").to_pylist()
    theirs = pq.read_table(whole[1] / "nights.parquet").to_pylist()
    assert [r for r in ours if r["night"] != 3] == [
        r for r in theirs if r["night"] != 3
    ]


def test_a_full_disk_is_one_line(
    whole: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(batch, "of_night", lambda *_: [])
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match=r"no space left on device.*--resume") as error:
        study_files(whole[0], out=str(tmp_path / "d"), workers=1)
    assert "\n" not in str(error.value)


def test_one_night_again_is_the_night_of_the_study(whole: tuple[str, Path]) -> None:
    again = one_night(whole[0], 4)["rows"]
    kept = pq.read_table(whole[1] / "nights.parquet").to_pylist()
    kept = [r for r in kept if r["night"] == 4]
    assert [r["digest"] for r in again] == [r["digest"] for r in kept]
    assert len({r["digest"] for r in kept}) == 4


def test_the_same_truth_meets_every_alternative(whole: tuple[str, Path]) -> None:
    rows = pq.read_table(whole[1] / "nights.parquet").to_pylist()
    for night in range(6):
        mine = [r for r in rows if r["night"] == night]
        assert len({(r["flights"], r["entering"], r["seed"]) for r in mine}) == 1


def test_the_page_and_every_table_say_that_they_are_a_simulation(
    whole: tuple[str, Path],
) -> None:
    page = (whole[1] / "findings.html").read_text(encoding="utf-8")
    assert page.count("SIMULATION") > 8
    assert page.count("<figcaption>SIMULATION") == page.count("<figcaption>")
    assert page.count("<caption>SIMULATION") == page.count("<caption>")
    for path in whole[1].glob("*.csv"):
        assert '"SIMULATION"' in path.read_text()
    for path in whole[1].rglob("*.parquet"):
        table = pq.read_table(path)
        marked = (table.schema.metadata or {}).get(b"forefield") == b"SIMULATION"
        assert marked or set(table["mark"].to_pylist()) == {"SIMULATION"}


def test_python_gives_what_the_command_wrote(
    whole: tuple[str, Path], tmp_path: Path
) -> None:
    result = ff.study(whole[0], out=tmp_path / "py", workers=1)
    assert result["nights"] == 6
    assert bytes_of(tmp_path / "py") == bytes_of(whole[1])


def test_an_unknown_engine_or_study_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'quick'"):
        study_files("quik", out=str(tmp_path / "x"))
    with pytest.raises(InputError, match="known: processes, ray"):
        study_files("quick", out=str(tmp_path / "x"), engine="cloud")
