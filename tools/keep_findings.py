"""Keep the findings of a finished study in the documentation.

    forefield study rationale-and-feasibility --out runs/flagship
    python tools/keep_findings.py runs/flagship

Copies findings.html and the small tables to docs/findings/<study>/ and writes
docs/findings.md anew from every study that is kept there.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs"
KEPT = ("findings.html", "questions.json", "ranking.csv", "outcomes.csv", "links.csv",
        "verdicts.csv", "by_entries.csv", "holders.csv", "casualties.csv",
        "effects.csv")  # fmt: skip
HEAD = """\
# Findings of the shipped studies

**SIMULATION.** Every figure here is about simulated nights under stated assumptions; the pages
say which. Kept by `python tools/keep_findings.py DIR` from runs of the commands below. Objects that
would enter are far more frequent here than on record ([expected against counted
entries](expected-entries.md)), so figures are per 100 that would enter.
"""


def main(folders: list[str]) -> None:
    """Copy each folder's page and tables, then write the index."""
    for name in folders:
        keep(Path(name))
    (DOCS / "findings.md").write_text(index(), encoding="utf-8", newline="\n")


def keep(folder: Path) -> None:
    """Copy what is kept of one study."""
    told = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    to = DOCS / "findings" / told["study"]
    to.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, to / name)


def index() -> str:
    """The page that leads to every kept study."""
    parts = [HEAD]
    for path in sorted((DOCS / "findings").glob("*/questions.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        parts.append(section(told, path.parent))
    return "\n".join(parts)


def section(told: dict[str, Any], folder: Path) -> str:
    """One study: its answer, its ranking, its ten answers."""
    lines = [
        f"## {told['study']}", "",
        f"`{told['command']}`, version {told['version']}, seed {told['seed']}. "
        f"{told['sample']} [The whole page](findings/{told['study']}/findings.html); "
        "tables beside it.", "",
        f"**{told['answer']}**", "",
        *(totals(folder) or ranking(folder)), "",
    ]  # fmt: skip
    lines += [
        f"{k}. *{q['question']}* {q['answer']}"
        for k, q in enumerate(told["questions"], 1)
    ]
    return "\n".join(lines) + "\n"


def ranking(folder: Path) -> list[str]:
    """Policies, with the range of their ranks."""
    lines = [
        "| alternative | per 100 that would enter | 95 % | rank |",
        "| --- | --- | --- | --- |",
    ]
    for row in rows_of(folder / "ranking.csv"):
        rank = row["best"] + (
            f" to {row['worst']}" if row["worst"] != row["best"] else ""
        )
        lines.append(
            f"| {row['name']} | {float(row['value']):.1f} | "
            f"{float(row['lo'] or 'nan'):.1f} to {float(row['hi'] or 'nan'):.1f} | "
            f"{rank} |"
        )
    return lines


def totals(folder: Path) -> list[str]:
    """Total effects on the main outcome, in the study's order; nothing without any."""
    rows = [r for r in rows_of(folder / "effects.csv") if r["total"] not in ("", "nan")]
    if not rows:
        return []
    lines = ["| input | kind | total effect, % of the variance | 95 % |",
             "| --- | --- | --- | --- |"]  # fmt: skip
    for row in (r for r in rows if r["outcome"] == rows[0]["outcome"]):
        value, lo, hi = (100 * float(row[k]) for k in ("total", "total_lo", "total_hi"))
        lines.append(
            f"| {row['name']} | {row['kind']} | {value:.1f} | {lo:.1f} to {hi:.1f} |"
        )
    return lines


def rows_of(path: Path) -> list[dict[str, str]]:
    """A small table; empty where there is none."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main(sys.argv[1:])
