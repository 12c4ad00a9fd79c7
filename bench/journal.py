"""How fast the journal is, and what an acknowledgement is worth.

    python -m bench.journal [speed|fsync|flips|verify|kills-sqlite|kills-postgresql] …

Writes bench/results/journal_<part>.csv, a file a part; default: all parts.

speed   entries a second: batches of 50, and one at a time; the disk's own bare rate
        of write and fdatasync of one 4 kB page in the same run stands beside it
fsync   under strace: completed fsync and fdatasync calls for each acknowledged commit
        and a copy of the files, taken at acknowledgements, verified
kills   500 times kill -9 of the writer at a random moment, on SQLite and PostgreSQL
flips   every byte of every entry of an export changed, one at a time
verify  seconds to verify a journal of a million entries
"""

from __future__ import annotations

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from forefield.record.journal import Entry, Journal, export, verify
from forefield.record.signing import ExerciseKeys

RESULTS = Path("bench/results")
T_S = 1_711_250_560.0
WRITER = """
import sys
from forefield.record.journal import Entry, Journal
from forefield.record.signing import ExerciseKeys
where, batch, many = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
keys = ExerciseKeys(7) if sys.argv[4] == "signed" else None
with Journal.open(where, keys) as journal:
    print("ready", flush=True)
    for i in range(many):
        entries = [
            Entry("note", 1711250560.0 + i, f"duty-{i % 2}", {"i": i, "k": k, "of": batch})
            for k in range(batch)
        ]
        print(journal.append_many(entries), flush=True)
        if len(sys.argv) > 5:
            sys.stdin.readline()
"""


def entry(i: int) -> Entry:
    body = {
        "option_id": f"{i}-unit",
        "track_id": i % 97,
        "verdict": "NO_AGREED_PROCEDURE",
        "grounds": [{"id": "procedures", "value": "true"}],
        "p": 0.25 + (i % 500) / 1000,
    }
    return Entry("verdict", T_S + i, "software:mandate", body, ("p_enter",))


def _write(name: str, head: list[str], rows: list[list[Any]]) -> None:
    with (RESULTS / f"journal_{name}.csv").open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(head)
        out.writerows(rows)
    for row in rows:
        print(dict(zip(head, row, strict=True)), flush=True)


# -- speed ---------------------------------------------------------------------------


def _bare_disk(folder: Path, times: int = 1000) -> float:
    page = os.urandom(4096)
    place = os.open(folder / "bare", os.O_CREAT | os.O_WRONLY)
    since = time.perf_counter()
    for i in range(times):
        os.pwrite(place, page, 4096 * (i % 256))
        os.fdatasync(place)
    took_s = time.perf_counter() - since
    os.close(place)
    return times / took_s


def speed() -> None:
    rows = []
    for signed in (False, True):
        keys = ExerciseKeys(7) if signed else None
        for batch, n in ((50, 20_000), (1, 3_000)):
            rates, bare = [], []
            for _ in range(5):
                with tempfile.TemporaryDirectory() as folder:
                    bare.append(_bare_disk(Path(folder)))
                    with Journal.create(folder, keys) as journal:
                        entries = [entry(i) for i in range(n)]
                        since = time.perf_counter()
                        for i in range(0, n, batch):
                            journal.append_many(entries[i : i + batch])
                        rates.append(n / (time.perf_counter() - since))
                    assert verify(folder).n == n
            word = "each batch" if signed else "no"
            row = [batch, word, n, round(median(rates)), round(max(rates))]
            rows.append([*row, round(median(bare))])
    head = [
        "batch",
        "signed",
        "entries",
        "entries_per_s_median",
        "best",
        "bare_syncs_per_s",
    ]
    _write("speed", head, rows)


# -- fsync ---------------------------------------------------------------------------


def fsync() -> None:
    rows = []
    for batch in (1, 50):
        rows.append(["sqlite", batch, *trace(batch, 200)])
    head = [
        "store",
        "batch",
        "commits",
        "syncs",
        "fewest_between",
        "copies",
        "verified",
    ]
    _write("fsync", head, rows)


def trace(
    batch: int, commits: int, copies_every: int = 10
) -> tuple[int, int, int, int, int]:
    """(commits, completed syncs, fewest syncs before any acknowledgement, copies,
    copies that verify to the acknowledged entry)."""
    with tempfile.TemporaryDirectory() as folder:
        where, log = f"{folder}/journal.sqlite", f"{folder}/strace"
        Journal.create(where).close()
        words = ["strace", "-f", "-qq", "-s", "40", "-e", "trace=fsync,fdatasync,write"]
        writer = subprocess.Popen(
            [
                *words,
                "-o",
                log,
                sys.executable,
                "-c",
                WRITER,
                where,
                str(batch),
                str(commits),
                "no",
                "wait",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        assert writer.stdin is not None
        taken = good = 0
        for k, line in enumerate(writer.stdout):
            if line.startswith("ready"):
                continue
            if k % copies_every:
                print(file=writer.stdin, flush=True)
                continue
            # The writer waits: these are the files as the acknowledgement left them.
            copy = Path(folder) / f"copy{k}"
            copy.mkdir()
            shutil.copy(where, copy / "journal.sqlite")
            shutil.copy(f"{where}-wal", copy / "journal.sqlite-wal")
            taken += 1
            found = verify(copy)
            good += found.ok and found.n == int(line)
            print(file=writer.stdin, flush=True)
        writer.communicate()
        return (commits, *syncs(Path(log).read_text()), taken, good)


def syncs(text: str) -> tuple[int, int]:
    """(completed syncs after "ready", fewest of them before one acknowledgement)."""
    total = since = 0
    fewest = 10**9
    begun = False
    for line in text.splitlines():
        if re.search(r'write\(1, "ready', line):
            begun, since = True, 0
        elif not begun:
            continue
        elif re.search(r"(fsync|fdatasync)(\(| resumed>).*= 0$", line):
            total, since = total + 1, since + 1
        elif re.search(r'write\(1, "\d+', line):
            fewest, since = min(fewest, since), 0
    return total, fewest


# -- kills ---------------------------------------------------------------------------


def kill_writers(where: str, times: int, seed: int) -> tuple[int, int, int, str]:
    """Kill a writer at random moments, on one journal that grows.

    Returns (kills, acknowledged entries, commits found beyond the last
    acknowledgement, the first problem).
    """
    draw = random.Random(seed)
    acknowledged = beyond = 0
    for k in range(times):
        batch = draw.choice([1, 1, 7, 50])
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, where, str(batch), "1000000", "signed"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(draw.uniform(0.0, 0.12))
        writer.send_signal(signal.SIGKILL)
        said = [
            x
            for x in writer.stdout.read().splitlines(keepends=True)
            if x.endswith("\n")
        ]
        writer.communicate()
        acknowledged_before = acknowledged
        acknowledged = int(said[-1]) if said else acknowledged
        found = verify(where)
        if not found.ok:
            return k + 1, acknowledged, beyond, found.problem
        if found.n < acknowledged:
            return k + 1, acknowledged, beyond, f"lost: {found.n} of {acknowledged}"
        if torn(where, acknowledged_before):
            return k + 1, acknowledged, beyond, "a batch is torn"
        beyond += found.n > acknowledged
        acknowledged = found.n
    return times, acknowledged, beyond, ""


def torn(where: str, after: int) -> bool:
    """Whether a batch after an entry is there in part: each says its place and size."""
    due = 0
    with Journal.open(where) as journal:
        for _, line, _ in journal.store.rows(after):
            body = json.loads(line)["body"]
            if body["k"] != due:
                return True
            due = (due + 1) % body["of"]
    return due != 0


def _many_kills(
    fresh: Callable[[], str], times: int, seed: int
) -> tuple[int, int, int, str]:
    """In pieces of 25 kills a journal, so that verifying each time stays short."""
    kills = entries = beyond = 0
    for piece in range(0, times, 25):
        where = fresh()
        Journal.create(where, ExerciseKeys(7)).close()
        done = kill_writers(where, min(25, times - piece), seed + piece)
        kills, entries, beyond = kills + done[0], entries + done[1], beyond + done[2]
        if done[3]:
            return kills, entries, beyond, done[3]
    return kills, entries, beyond, ""


KILLS = ["store", "kills", "entries", "commits_not_acknowledged", "problem"]


def kills_sqlite(times: int = 500) -> None:
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(10**6))
        found = _many_kills(lambda: f"{folder}/{next(numbers)}.sqlite", times, 1)
    _write("kills_sqlite", KILLS, [["sqlite", *found]])


def kills_postgresql(times: int = 500) -> None:
    sys.path.insert(0, "tests/record")
    from conftest import start_server  # type: ignore[import-not-found]

    server = start_server()
    if isinstance(server, str):
        raise SystemExit(f"no measurement: {server}")
    numbers = iter(range(10**6))
    try:
        found = _many_kills(lambda: f"{server.url}&schema=k{next(numbers)}", times, 2)
    finally:
        server.stop()
    _write("kills_postgresql", KILLS, [["postgresql", *found]])


# -- flips ---------------------------------------------------------------------------


def flips() -> None:
    with tempfile.TemporaryDirectory() as folder:
        with Journal.create(folder, ExerciseKeys(7)) as journal:
            for i in range(12):
                journal.append_many([entry(i)])
        lines = list(export(folder))
        place = Path(folder) / "one.jsonl"
        tried = found = placed = 0
        for i, line in enumerate(lines):
            if b'"seal"' in line[:10]:
                break
            for at in range(len(line.rstrip(b"\n"))):
                bad = bytearray(line)
                bad[at] ^= 1 << (tried % 8)
                if bad[at] == 10:
                    bad[at] ^= 1
                place.write_bytes(b"".join([*lines[:i], bytes(bad), *lines[i + 1 :]]))
                said = verify(place)
                tried += 1
                found += not said.ok
                placed += said.entry == i + 1
    _write("flips", ["bytes_flipped", "found", "located"], [[tried, found, placed]])


# -- verification --------------------------------------------------------------------


def million(n: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with Journal.create(folder, ExerciseKeys(7)) as journal:
            since = time.perf_counter()
            for i in range(0, n, 1000):
                journal.append_many([entry(j) for j in range(i, i + 1000)])
            wrote_s = time.perf_counter() - since
        size = Path(folder, "journal.sqlite").stat().st_size
        since = time.perf_counter()
        said = verify(folder)
        took_s = time.perf_counter() - since
        assert said.ok
        assert said.n == n
    row = [n, round(size / 1e6), round(wrote_s, 1), round(took_s, 1), round(n / took_s)]
    _write(
        "verify",
        ["entries", "megabytes", "write_s", "verify_s", "entries_per_s"],
        [row],
    )


PARTS = {
    "speed": speed,
    "fsync": fsync,
    "flips": flips,
    "verify": million,
    "kills-sqlite": kills_sqlite,
    "kills-postgresql": kills_postgresql,
}


def main() -> int:
    for name in sys.argv[1:] or PARTS:
        if name not in PARTS:
            print(f"no part {name!r}; parts: {', '.join(PARTS)}")
            return 2
        PARTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
