"""The journal: an independent check of the chain, every flipped byte, full disks."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forefield.errors import InputError
from forefield.record.canonical import canonical, iso, plain
from forefield.record.journal import (
    GENESIS,
    Entry,
    Journal,
    export,
    find,
    verify,
    write_entries,
)
from forefield.record.merkle import Frontier, leaf_hash

T_S = 1_711_250_560.0


def small(path: Path, n: int = 6) -> Path:
    with Journal.create(path) as journal:
        journal.append_many(
            Entry("note", T_S + i, f"duty-{i % 2}", {"i": i, "p": i / 7, "é": "ą"})
            for i in range(n)
        )
    return find(path)


# -- the chain, by nobody's code but the standard library's --------------------------


def independent_head(lines: list[bytes]) -> str:
    prev = "0" * 64
    for n, line in enumerate(lines, start=1):
        entry = json.loads(line)
        assert entry["n"] == n
        assert entry["prev"] == prev
        prev = hashlib.sha256(line.rstrip(b"\n")).hexdigest()
    return prev


def test_the_chain_is_what_the_documentation_says(tmp_path: Path) -> None:
    small(tmp_path)
    assert independent_head(list(export(tmp_path))) == verify(tmp_path).head


def test_canonical_json_is_rfc_8785() -> None:
    # The sample of RFC 8785, section 3.2.3 (sorting of properties by UTF-16 units),
    # and numbers of its appendix B.
    sample = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    values = list(json.loads(canonical(sample)).values())
    assert values == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]
    numbers = [9007199254740994.0, 1e21, 9.999999999999997e22, 5e-324, 0.000001, 1e-7]
    assert canonical(numbers) == (
        b"[9007199254740994,1e+21,9.999999999999997e+22,5e-324,0.000001,1e-7]"
    )


def test_numpy_numbers_and_nothing_measured_are_plain() -> None:
    body = {"a": np.float64(1.5), "b": np.array([1, 2]), "c": np.nan, "d": np.inf}
    assert plain(body) == {"a": 1.5, "b": [1, 2], "c": None, "d": "inf"}
    assert plain(np.bool_(True)) is True


def test_times_are_simulated_utc() -> None:
    assert iso(1711250580.0004) == "2024-03-24T03:23:00.000Z"
    with pytest.raises(InputError, match="cannot be recorded"):
        iso(float("nan"))


# -- what is found ------------------------------------------------------------------


def test_a_good_journal_holds(tmp_path: Path) -> None:
    path = small(tmp_path)
    found = verify(path)
    assert found.ok
    assert found.n == 6
    assert sorted(p.name for p in tmp_path.iterdir()) == ["journal.sqlite"]


def test_an_empty_journal_holds(tmp_path: Path) -> None:
    Journal.create(tmp_path).close()
    assert verify(tmp_path).head == GENESIS


def _tamper(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path)
    for (name,) in db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("statements", "entry", "kind"),
    [
        (["DELETE FROM entry WHERE n = 3"], 3, "removed"),
        (["DELETE FROM entry WHERE n > 4"], 5, "truncated"),
        (
            [
                "DELETE FROM entry WHERE n = 3",
                "UPDATE entry SET n = n - 1 WHERE n > 3",
            ],
            3,
            "removed",
        ),
        (
            [
                "UPDATE entry SET n = 99 WHERE n = 2",
                "UPDATE entry SET n = 2 WHERE n = 5",
                "UPDATE entry SET n = 5 WHERE n = 99",
            ],
            2,
            "reordered",
        ),
        (
            ["UPDATE entry SET line = replace(line, 'note', 'nots') WHERE n = 4"],
            4,
            None,
        ),
        (["UPDATE entry SET sha256 = replace(sha256, 'a', 'b') WHERE n = 2"], 2, None),
        (["INSERT INTO entry SELECT 7, line, sha256 FROM entry WHERE n = 6"], 7, None),
        (["DELETE FROM head"], 7, "damaged"),
    ],
)
def test_tampering_is_found_and_placed(
    tmp_path: Path, statements: list[str], entry: int, kind: str | None
) -> None:
    path = small(tmp_path)
    _tamper(path, *statements)
    found = verify(path)
    assert not found.ok
    assert found.entry == entry
    assert found.n == entry - 1
    assert kind is None or found.kind == kind
    assert f"entry {entry}" in found.problem


def test_an_altered_entry_with_its_hash_made_to_fit_is_found(tmp_path: Path) -> None:
    path = small(tmp_path)
    lines = list(export(path))
    forged = lines[3].rstrip(b"\n").replace(b'"note"', b'"nope"')
    digest = hashlib.sha256(forged).hexdigest()
    _tamper(
        path,
        f"UPDATE entry SET line = x'{forged.hex()}', sha256 = '{digest}' WHERE n = 4",
    )
    found = verify(path)
    assert not found.ok
    assert found.entry == 5  # the first that does not follow


def test_a_tail_cut_with_the_head_is_found_by_the_head_noted_elsewhere(
    tmp_path: Path,
) -> None:
    path = small(tmp_path)
    noted = verify(path).head
    _tamper(
        path,
        "DELETE FROM entry WHERE n > 4",
        "UPDATE head SET n = 4, sha256 = (SELECT sha256 FROM entry WHERE n = 4)",
    )
    assert verify(path).kind == "damaged"  # the tree's edge tells
    edge = Frontier()
    for line in list(export(path))[:4]:
        edge.add(leaf_hash(line.rstrip(b"\n")))
    _tamper(path, f"UPDATE head SET edge = '{edge.to_text()}'")
    assert verify(path).ok
    found = verify(path, head=noted)
    assert not found.ok
    assert found.kind == "truncated"


def test_every_flipped_byte_of_an_export_is_placed(tmp_path: Path) -> None:
    small(tmp_path, 4)
    lines = list(export(tmp_path))
    text = b"".join(lines)
    noted = verify(tmp_path).head
    path = tmp_path / "journal.jsonl"
    starts = np.cumsum([0, *map(len, lines)])
    for at in range(len(text)):
        flipped = bytearray(text)
        flipped[at] ^= 1 << (at % 8)
        path.write_bytes(flipped)
        found = verify(path, head=noted)
        assert not found.ok, at
        line = int(np.searchsorted(starts, at, side="right"))
        assert found.entry in (line, line + 1), (at, line, found)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_of_the_file_changes_what_is_read_unnoticed(
    tmp_path: Path, place: float, bit: int
) -> None:
    whole = tmp_path / "whole"
    if not whole.exists():
        whole.mkdir()
        small(whole)
    path = tmp_path / "flipped.sqlite"
    data = bytearray(find(whole).read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    path.write_bytes(data)
    if verify(path).ok:
        assert list(export(path)) == list(export(whole))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_cut_file_is_found(tmp_path: Path, cut: float) -> None:
    whole = tmp_path / "whole"
    if not whole.exists():
        whole.mkdir()
        small(whole, 60)
    data = find(whole).read_bytes()
    path = tmp_path / "cut.sqlite"
    path.write_bytes(data[: int(cut * len(data))])
    assert not verify(path).ok or list(export(path)) == list(export(whole))


def test_a_cut_export_is_found(tmp_path: Path) -> None:
    small(tmp_path)
    text = b"".join(export(tmp_path))
    path = tmp_path / "journal.jsonl"
    path.write_bytes(text[:-5])
    assert verify(path).kind == "altered"
    path.write_bytes(text)
    assert verify(path).ok


# -- writing -----------------------------------------------------------------------


def test_all_of_a_batch_or_none(tmp_path: Path) -> None:
    with Journal.create(tmp_path) as journal:
        journal.append("note", T_S, "a", {})
        with pytest.raises(InputError, match="canonical"):
            journal.append_many(
                [Entry("note", T_S, "a", {}), Entry("note", T_S, "a", {"n": 2**60})]
            )
        with pytest.raises(InputError, match="no earlier entry"):
            journal.append("note", T_S, "a", {}, corrects=2)
        assert len(journal) == 1
        assert journal.append("note", T_S, "a", {}, corrects=1) == 2
    assert verify(tmp_path).ok


def test_two_writers_make_one_chain(tmp_path: Path) -> None:
    Journal.create(tmp_path).close()
    with Journal.open(tmp_path) as one, Journal.open(tmp_path) as other:
        for i in range(10):
            (one if i % 2 else other).append("note", T_S, f"w{i % 2}", {"i": i})
        assert [e["body"]["i"] for e in one.entries("note")] == list(range(10))
    assert verify(tmp_path).n == 10


def test_a_journal_can_be_checked_while_it_is_written(tmp_path: Path) -> None:
    with Journal.create(tmp_path) as journal:
        journal.append("note", T_S, "a", {})
        assert verify(tmp_path).n == 1
        journal.append("note", T_S, "a", {})
    assert verify(tmp_path).n == 2


def test_entries_chained_in_memory_go_to_disk_unchanged(tmp_path: Path) -> None:
    small(tmp_path / ".." / tmp_path.name)
    rows = [json.loads(line) for line in export(tmp_path)]
    again = tmp_path / "again.sqlite"
    assert write_entries(again, rows) == verify(tmp_path).head
    assert list(export(again)) == list(export(tmp_path))
    rows[2]["body"] = "other"
    with pytest.raises(InputError, match="entry 4"):
        write_entries(tmp_path / "third.sqlite", rows)
    assert not (tmp_path / "third.sqlite").exists()


def test_the_same_entries_give_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        small(tmp_path / name, 50)
    one, other = (find(tmp_path / n).read_bytes() for n in "ab")
    assert one == other


@pytest.mark.parametrize("place", ["missing/journal.sqlite", "file/journal.sqlite"])
def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError) as caught:
        Journal.create(tmp_path / place)
    assert "\n" not in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = small(tmp_path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        Journal.create(path)
    assert path.read_bytes() == before


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="needs a device that is always full"
)
def test_a_full_disk_is_one_line_and_nothing_half_written(tmp_path: Path) -> None:
    # A limit on the file's size stands in for the full disk: the write fails inside
    # SQLite the same way, and no privileges are needed to set it.
    script = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from forefield.errors import InputError
from forefield.record.journal import Entry, Journal
journal = Journal.create({str(tmp_path)!r})
journal.append("note", 0.0, "a", {{"first": True}})
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    journal.append_many(Entry("note", 0.0, "a", "x" * 1000) for _ in range(5000))
except InputError as error:
    print(error)
    sys.exit(2)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "cannot write" in done.stdout
    assert done.stdout.count("\n") == 1
    assert verify(tmp_path).n == 1


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no journal"):
        verify(tmp_path)
    with pytest.raises(InputError, match="no such journal"):
        verify(tmp_path / "none.sqlite")
    other = tmp_path / "other.txt"
    other.write_text("hello\n")
    assert not verify(other).ok
    with pytest.raises(InputError, match="is no journal database"):
        Journal.open(other)


# -- a crash -----------------------------------------------------------------------

WRITER = """
import sys
from forefield.record.journal import Journal
journal = Journal.open(sys.argv[1])
start = len(journal)
for i in range(start, start + 100_000):
    n = journal.append("note", float(i), "writer", {"i": i, "text": "x" * 300})
    sys.stdout.write(f"{n}\\n")
    sys.stdout.flush()
"""


def test_no_acknowledged_entry_is_lost_when_the_writer_is_killed(
    tmp_path: Path,
) -> None:
    Journal.create(tmp_path).close()
    for kill in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        acknowledged = 0
        for _ in range(3 + 7 * kill):
            acknowledged = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        for line in writer.stdout.read().split("\n"):
            if line.isdigit():
                acknowledged = max(acknowledged, int(line))
        writer.stdout.close()
        writer.wait()
        found = verify(tmp_path)
        assert found.ok, found
        assert found.n >= acknowledged
    with Journal.open(tmp_path) as journal:
        journal.append("note", 0.0, "after", {})
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(tmp_path / "journal.sqlite", copy)
    assert verify(copy).n == found.n + 1
