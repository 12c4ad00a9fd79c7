"""What an acknowledgement is worth: kill -9 at random moments, and system calls."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from bench.journal import kill_writers, trace

from forefield.record.journal import Journal, verify
from forefield.record.signing import ExerciseKeys


def test_sqlite_survives_kills_at_random_moments(tmp_path: Path) -> None:
    where = str(tmp_path / "journal.sqlite")
    Journal.create(where, ExerciseKeys(7)).close()
    kills, entries, _, problem = kill_writers(where, 15, seed=5)
    assert not problem
    assert kills == 15
    assert entries > 15


def test_postgresql_survives_kills_at_random_moments(pg_url: Callable[[], str]) -> None:
    where = pg_url()
    Journal.create(where, ExerciseKeys(7)).close()
    kills, entries, _, problem = kill_writers(where, 15, seed=6)
    assert not problem
    assert kills == 15
    assert entries > 15
    assert verify(where).ok


@pytest.mark.parametrize("batch", [1, 50])
def test_every_acknowledged_commit_has_its_sync_and_its_files_verify(
    batch: int,
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    commits, syncs, fewest, copies, good = trace(batch, 20, copies_every=5)
    if not syncs:
        pytest.skip("strace may not trace here")
    assert syncs >= commits
    assert fewest >= 1
    assert copies == good >= 4
