"""How long the proofs of all shipped mandates take, in one process.

    python -m bench.proofs

Writes bench/results/proofs.csv: a row a mandate and their sum. Exits 1 when an
invariant does not hold.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path

from forefield.mandate.prove import prove
from forefield.mandate.rules import load, shipped


def main() -> int:
    rows: list[list[str | int | float]] = []
    for name in shipped():
        since = time.perf_counter()
        proofs = prove(load(name))
        took_s = time.perf_counter() - since
        asked = sum(p.questions for p in proofs)
        holds = sum(p.holds for p in proofs)
        rows.append([name, len(proofs), holds, asked, round(took_s, 2)])
    sums = [sum(int(r[i]) for r in rows) for i in (1, 2, 3)]
    rows.append(["all", *sums, round(sum(float(r[4]) for r in rows), 2)])
    with Path("bench/results/proofs.csv").open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["mandate", "invariants", "hold", "questions", "seconds"])
        out.writerows(rows)
    for row in rows:
        print(*row)
    return 1 if sums[0] != sums[1] else 0


if __name__ == "__main__":
    sys.exit(main())
