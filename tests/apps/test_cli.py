"""The command line as its users meet it: exit codes, one-line errors, help."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from forefield.apps.cli import main
from forefield.io.tables import read, write
from forefield.sensing.detections import Detections
from forefield.tracking.tracks import Tracks

ROOT = Path(__file__).resolve().parents[2]

COMMANDS = [
    [], ["run"], ["replay"], ["demo"], ["track"], ["forecast"], ["verify"], ["judge"],
    ["mandate"], ["mandate", "list"], ["mandate", "show"], ["pacts"], ["pacts", "list"],
    ["pacts", "show"], ["pacts", "compare"], ["journal"], ["journal", "show"],
    ["journal", "verify"], ["journal", "export"], ["doctor"],
]  # fmt: skip


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(list(argv))
    out, err = capsys.readouterr()
    return code, out, err


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    code, out, err = said(capsys, *argv)
    assert code == 2, err
    assert out == ""
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(capsys, command: list[str]) -> None:
    code, out, _ = said(capsys, *command, "--help")
    assert code == 0
    assert "Usage: forefield" in out
    if command and command not in (["mandate"], ["pacts"], ["journal"]):
        assert "Example: forefield" in out


def test_help_is_quick() -> None:
    """Cold start: the command line itself imports nothing heavy."""
    code = (
        "import sys; from forefield.apps.cli import main; main(['--help'])\n"
        "heavy = {'numba', 'scipy', 'pyarrow', 'shapely', 'lxml'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_wrong_words_are_one_line_with_a_suggestion(capsys) -> None:
    assert "Did you mean 'run'" in refused(capsys, "rn")
    assert "--seed" in refused(capsys, "run", "quick", "--sed", "1")
    assert "pl-2024-03-24-oserdow" in refused(capsys, "replay", "pl-2024-03-24-oserdov")
    assert "'quick'" in refused(capsys, "run", "quikc")
    assert "documented" in refused(capsys, "run", "quick", "--mandate", "documentd")
    assert "PL" in refused(capsys, "run", "quick", "--guard", "XX")
    assert "did you mean 'UA-" in refused(capsys, "pacts", "show", "UA-PI")
    assert "no such file" in refused(
        capsys, "replay", "plots.parquet", "--sensors", "x"
    )


@pytest.fixture
def few_tracks(tmp_path: Path) -> Path:
    n = 30
    path = tmp_path / "tracks.parquet"
    write(
        Tracks.build(n, t_s=1.7e9 + 10.0 * np.arange(n), track_id=np.ones(n, dtype=int),
                     lat_deg=np.full(n, 50.6), lon_deg=25.5 - 0.01 * np.arange(n)),
        path,
    )  # fmt: skip
    return path


def test_forecast_refuses_what_it_cannot_use(
    capsys, few_tracks: Path, tmp_path
) -> None:
    def forecast(
        *more: str, out: Path = tmp_path / "b.parquet", path=few_tracks
    ) -> str:
        line = refused(capsys, "forecast", str(path), *more, "--out", str(out))
        assert not out.exists()
        return line

    assert "ZZ" in forecast("--guard", "ZZ")
    assert "above 0" in forecast("--guard", "PL", "--horizons", "0,300")
    assert "share" in forecast("--guard", "PL", "--base-rate", "1.5")
    assert "model" in forecast("--guard", "PL", "--model", "turnin")
    assert "ending" in forecast("--guard", "PL", out=tmp_path / "b.xlsx")
    assert "file" in forecast("--guard", "PL", out=few_tracks / "x" / "b.parquet")
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(few_tracks.read_bytes()[:200])
    assert "no readable parquet" in forecast("--guard", "PL", path=cut)


def test_forecast_writes_beliefs_and_areas(capsys, few_tracks: Path, tmp_path) -> None:
    out, areas = tmp_path / "b.parquet", tmp_path / "a.csv"
    code, text, err = said(capsys, "forecast", str(few_tracks), "--guard", "PL",
                           "--out", str(out), "--areas", str(areas))  # fmt: skip
    assert code == 0, err
    assert "beliefs" in text
    assert out.exists()
    assert areas.exists()


def test_a_new_scenario_can_be_written_and_is_not_overwritten(capsys, tmp_path) -> None:
    path = tmp_path / "mine.toml"
    assert said(capsys, "run", "--new", str(path))[0] == 0
    assert "exists already" in refused(capsys, "run", "--new", str(path))
    code, out, _ = said(capsys, "run", "--schema")
    assert code == 0
    assert "Scenario" in json.dumps(json.loads(out))


def test_judge_explains_and_speaks_three_languages(capsys) -> None:
    facts = str(ROOT / "examples/facts-2024-03-24.json")
    for lang in ("en", "pl", "uk"):
        code, out, _ = said(capsys, "judge", facts, "--lang", lang)
        assert code == 0
        assert "NO_HOST_CONSENT" in out
    code, out, _ = said(capsys, "judge", facts, "--json")
    assert json.loads(out)["verdict"] == "NO_HOST_CONSENT"
    assert "de" in refused(capsys, "judge", facts, "--lang", "de")


def test_pacts_are_28_and_one_has_the_clause(capsys) -> None:
    code, out, _ = said(capsys, "pacts", "list", "--json")
    assert code == 0
    assert len(json.loads(out)) == 28
    assert json.loads(
        said(capsys, "pacts", "compare", "airspace_intercept", "--json")[1]
    )["yes"] == ["UA-PL"]


def test_the_doctor_says_what_it_found(capsys) -> None:
    code, out, _ = said(capsys, "doctor", "--json")
    assert code == (0 if json.loads(out)["ready"] else 1)
    assert {c["what"] for c in json.loads(out)["checks"]} >= {
        "Python",
        "shipped borders",
    }


def test_an_interrupt_ends_with_130(tmp_path: Path) -> None:
    code = (
        "import forefield.apps.rules as r\n"
        "def stop(*_): raise KeyboardInterrupt\n"
        "r.list_pacts = stop\n"
        "import sys; from forefield.apps.cli import main\n"
        "sys.exit(main(['pacts', 'list']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 130
    assert done.stderr == "forefield: interrupted\n"


def small_night(folder: Path, out: str, **env: str) -> Path:
    """A short simulated night in a second process."""
    scenario = folder / "small.toml"
    scenario.write_text(
        '[night]\ndate = "2026-02-14"\nminutes = 8\n'
        "[raid]\ncounts = { shahed136_geran2 = 8, kh101_kh555 = 3 }\n"
        "headed_to_guard = 0.5\n[chain]\nforecast_every_s = 30\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "forefield", "run", str(scenario), "--seed", "5",
         "--out", str(folder / out)],
        capture_output=True, text=True, check=False, env={**os.environ, **env},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / out


def test_the_same_command_twice_writes_the_same_bytes(capsys, tmp_path: Path) -> None:
    first = small_night(tmp_path, "one", NUMBA_NUM_THREADS="1")
    second = small_night(tmp_path, "two", NUMBA_NUM_THREADS="2")
    names = {p.relative_to(first) for p in first.rglob("*") if p.is_file()}
    assert names == {p.relative_to(second) for p in second.rglob("*") if p.is_file()}
    for name in sorted(names):
        if name.name in ("manifest.json", "journal.sqlite"):
            continue
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    exports = []
    for folder in (first, second):
        assert said(capsys, "journal", "verify", str(folder))[0] == 0
        out = tmp_path / f"{folder.name}.jsonl"
        assert said(capsys, "journal", "export", str(folder), "--out", str(out))[0] == 0
        exports.append(out.read_bytes())
    assert exports[0] == exports[1]
    assert exports[0].count(b"\n") > 2
    for path in first.rglob("*"):
        if path.suffix in (".xml", ".html", ".json"):
            assert "<status>Actual" not in path.read_text(encoding="utf-8")

    # A recording of the same plots goes through the same chain.
    plots = read(first / "detections.parquet", Detections)
    assert len(plots)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, few_tracks: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount a small tmpfs here (needs root)")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "forefield", "forecast", str(few_tracks), "--guard",
             "PL", "--out", str(disk / "b.parquet")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert "no space left" in done.stderr
        assert done.stderr.count("\n") == 1
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
