"""The script in the documentation checks a journal with none of our code."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from forefield.record.journal import Entry, Journal, export
from forefield.record.signing import ExerciseKeys

SCRIPT = Path(__file__).parents[2] / "docs" / "check_journal.py"
pytest.importorskip("cryptography")


def _run(lines: list[bytes]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT)],
        input=b"".join(lines),
        capture_output=True,
        check=False,
    )


@pytest.fixture
def lines(tmp_path: Path) -> list[bytes]:
    with Journal.create(tmp_path, ExerciseKeys(7)) as journal:
        for i in range(4):
            journal.append_many(
                [Entry("note", i, f"duty-{k % 2}", {"é": i + k / 3}) for k in range(5)]
            )
        journal.append("closing", 9.0, "software:record", {"tables": {}})
    return list(export(tmp_path))


def test_it_is_sixty_lines_and_imports_nothing_of_ours() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    imported = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import)]
    froms = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom)]
    names = {a.name for n in imported for a in n.names} | {n.module for n in froms}
    assert not [n for n in names if n and n.startswith("forefield")]


def test_a_good_journal_holds(lines: list[bytes]) -> None:
    done = _run(lines)
    assert done.returncode == 0
    assert done.stdout.startswith(b"21 entries")
    assert b"log:witness" in done.stdout


def test_altered_removed_reordered_and_resealed_are_found(
    lines: list[bytes],
) -> None:
    seal = next(i for i, x in enumerate(lines) if b'"seal":"batch"' in x)
    bad = {
        "altered": [*lines[:6], lines[6].replace(b"note", b"nota"), *lines[7:]],
        "removed": [*lines[:6], *lines[7:]],
        "reordered": [*lines[:6], lines[7], lines[6], *lines[8:]],
        "last altered": [*lines[:20], lines[20].replace(b"9", b"8", 1), *lines[21:]],
        "signature": [
            *lines[:seal],
            lines[seal].replace(b'"signature":"', b'"signature":"00')[:-4] + b"}\n",
            *lines[seal + 1 :],
        ],
    }
    for what, some in bad.items():
        done = _run(some)
        assert done.returncode == 1, what
        assert done.stderr.startswith(b"does not hold"), what
