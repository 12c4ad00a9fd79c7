"""Where the tables of these measurements go."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

__all__ = ["write_rows"]

RESULTS = Path(__file__).parents[1] / "results"


def write_rows(rows: list[dict[str, Any]], name: str = "") -> None:
    """Print a table, and keep it in bench/results under `name` if there is one."""
    for row in rows:
        print("  ".join(f"{k} {v}" for k, v in row.items()), flush=True)
    if name:
        with (RESULTS / name).open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
