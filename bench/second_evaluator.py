"""Does Cedar agree with `judge` on 10,000 generated cases of each mandate?

    python -m bench.second_evaluator [cases]

Writes bench/results/second_evaluator.csv: a row per mandate, with the number of cases,
of disagreements, of distinct codes met, and of cases with an absent fact and with a
fact exactly on one of its limits. A disagreement is printed and exits 1.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from forefield.chance import Stream
from forefield.mandate.cedar import cases, disagreements
from forefield.mandate.facts import Facts
from forefield.mandate.judge import judge
from forefield.mandate.rules import Mandate, load, shipped

DAY = date(2026, 5, 29)
PIECE = 5_000


def _on_a_limit(mandate: Mandate, facts: Facts) -> bool:
    for name, given in facts.given.items():
        rule = mandate.facts[name]
        if rule.true_above is not None and isinstance(given.value, int | float):
            value = round(given.value * 1000)
            if value in (rule.true_above, rule.false_below):
                return True
    return False


def main() -> int:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    tables = [load(name) for name in shipped()]
    opened = [
        replace(m, id=f"{m.id}, nothing settled", standing=())
        for m in tables
        if m.id == "documented"
    ]
    rows, wrong = [], 0
    at_s = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC).timestamp()
    for mandate in [*tables, *opened]:
        since = time.perf_counter()
        codes: Counter[str] = Counter()
        absent = edge = bad = 0
        for start in range(0, wanted, PIECE):
            stream = Stream(1, "second evaluator", mandate.id, start)
            some = cases(mandate, min(PIECE, wanted - start), stream, at_s)
            for facts, ours, theirs in disagreements(mandate, DAY, some):
                print(mandate.id, facts, ours, theirs, sep="\n  ")
                bad += 1
            codes.update(judge(mandate, f).code for f in some)
            absent += sum(len(f.given) < len(mandate.facts) for f in some)
            edge += sum(_on_a_limit(mandate, f) for f in some)
        took_s = time.perf_counter() - since
        wrong += bad
        rows.append([mandate.id, wanted, bad, len(codes), absent, edge])
        print(f"{mandate.id}: {wanted} cases, {bad} disagreements, {took_s:.0f} s")
        print(f"  {dict(codes.most_common())}", flush=True)
    with Path("bench/results/second_evaluator.csv").open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(
            ["mandate", "cases", "disagreements", "codes", "absent", "on_limit"]
        )
        out.writerows(rows)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
