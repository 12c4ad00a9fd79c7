"""How fast verdicts are given, and that the fast ways say what the slow one says.

    python -m bench.verdicts [cases]

Writes bench/results/verdicts.csv, a row a mandate. Counted on one core:

judge_per_s     `judge`: one case, explained, with what would change it
scalar_per_s    `Compiled.judge`: one row of facts with their ages, read, compared and
                judged, with the whole trace and its sentences; a Python loop calls it
planes_per_s    `Compiled.counts`: rows of packed ternary comparisons (two bits each),
                every ground until one decides, and the number of rows of each verdict
codes_per_s     `Compiled.codes`: the same, and one byte a row with its verdict
cases           generated cases on which `judge`, the compiled scalar and the planes
                gave the same truth of every ground; `different` of them did not
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

import numpy as np

from forefield.chance import Stream
from forefield.mandate.cedar import cases
from forefield.mandate.compiled import Compiled
from forefield.mandate.facts import Facts
from forefield.mandate.judge import _Case, judge
from forefield.mandate.rules import load, shipped
from forefield.mandate.verdict_table import CODES

DAY = date(2026, 5, 29)
AT_S = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC).timestamp()


def differences(table: Compiled, some: list[Facts]) -> int:
    """Cases on which the three ways do not say the same of every ground."""
    standing = table.mandate.standing_on(table.day)
    read = [_Case(table.mandate, f, standing) for f in some]
    truths = np.array(
        [[case.truth(a) for case in read] for a in table.atoms], dtype=np.int8
    )
    yes, no = table.planes(truths)
    codes = table.codes(yes, no, len(some))
    counts = np.bincount(codes, minlength=len(CODES))
    wrong = int((counts != table.counts(yes, no, len(some))).any())
    g_yes, g_no = table.judge_planes(yes, no)
    for i, facts in enumerate(some):
        slow = judge(table.mandate, facts)
        said = [(f.ground.id, f.value) for f in slow.trace]
        fast = table.judge(table.row(facts))
        w, bit = i // 64, np.uint64(i % 64)
        plane = [
            "true"
            if g_yes[g, w] >> bit & np.uint64(1)
            else "false"
            if g_no[g, w] >> bit & np.uint64(1)
            else "unknown"
            for g in range(len(table.grounds))
        ]
        same = fast.code == slow.code == CODES[codes[i]]
        same = same and [(g.id, v) for g, v in fast.trace] == said
        same = same and plane == [v for _, v in said]
        wrong += not same
    return wrong


def _rate(n: int, run: Callable[[], object], times: int = 5) -> int:
    run()
    took = []
    for _ in range(times):
        since = time.perf_counter()
        run()
        took.append(time.perf_counter() - since)
    return round(n / median(took))


def speeds(table: Compiled, few: list[Facts]) -> list[int]:
    """Rates a second: judge, compiled scalar, planes, codes."""
    mandate, n = table.mandate, 4_000_000
    packed = [table.row(f) for f in few] * 50

    def scalar() -> None:
        judged = table.judge
        for row in packed:
            judged(row)

    standing = mandate.standing_on(DAY)
    read = [_Case(mandate, f, standing) for f in few]
    truths = np.array([[c.truth(a) for c in read] for a in table.atoms], dtype=np.int8)
    yes, no = table.planes(np.tile(truths, n // len(few)))
    return [
        _rate(200, lambda: [judge(mandate, f) for f in few[:200]], 3),
        _rate(len(packed), scalar),
        _rate(n, lambda: table.counts(yes, no, n)),
        _rate(n, lambda: table.codes(yes, no, n)),
    ]


def main() -> int:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    names = shipped()
    each = -(-wanted // len(names) // 2000) * 2000
    rows, wrong = [], 0
    for name in names:
        mandate = load(name)
        table = Compiled(mandate, DAY)
        bad, few = 0, []
        for start in range(0, each, 2000):
            stream = Stream(2, "compiled", name, start)
            some = cases(mandate, 2000, stream, AT_S)
            bad += differences(table, some)
            few = few or some
        wrong += bad
        rows.append([name, len(table.grounds), each, bad, *speeds(table, few)])
        print(rows[-1], flush=True)
    head = ["mandate", "grounds", "cases", "different", "judge_per_s", "scalar_per_s"]
    with Path("bench/results/verdicts.csv").open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([*head, "planes_per_s", "codes_per_s"])
        out.writerows(rows)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
