"""Does a worker's memory stay flat over ten thousand nights?

    python -m bench.study.memory [--nights N] [--write]

A worker process of the pool plays very small nights one after another, and the memory
that is its own (unique set size, from the kernel) is read every hundred. The slope is a
least-squares line over the second half. Writes bench/results/study_memory.csv.
"""

from __future__ import annotations

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from bench.study.engines import task_of
from bench.study.results import write_rows
from forefield.studies.batch import Task, play_as_worker

#: Nights of two minutes with one missile: everything runs, and little is computed.
TEXT = """
scenario = "quick"
minutes = 2
raid = { counts = { kh101_kh555 = 1 }, headed_to_guard = 1.0 }
chain = { forecast_every_s = 60, cycle_s = 20 }
[[factor]]
name = "mandate"
kind = "policy"
values = ["pre-delegated"]
[design]
nights = NIGHTS
batch = 100
"""
_EVERY = 100


def unique_mb() -> float:
    """Memory of this process that no other shares [MB]."""
    text = Path("/proc/self/smaps_rollup").read_text()
    kb = sum(
        int(line.split()[1])
        for line in text.splitlines()
        if line.startswith(("Private_Clean", "Private_Dirty"))
    )
    return kb / 1024.0


def played(task: Task, batch: int) -> float:
    """In the worker: one batch, and the memory after it."""
    play_as_worker(task, task.design(), batch)
    return unique_mb()


def main() -> None:
    """Print the table; with --write also bench/results/study_memory.csv."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--nights", type=int, default=10_000)
    ask.add_argument("--write", action="store_true")
    asked = ask.parse_args()
    task = task_of(TEXT.replace("NIGHTS", str(asked.nights)))
    context = multiprocessing.get_context("spawn")
    rows: list[dict[str, Any]] = []
    since = perf_counter()
    with ProcessPoolExecutor(1, context) as pool:
        for batch in range(asked.nights // _EVERY):
            unique = pool.submit(played, task, batch).result()
            rows.append({"nights": (batch + 1) * _EVERY, "unique_mb": round(unique, 2)})
            if batch % 10 == 9:
                print(rows[-1], f"{perf_counter() - since:.0f} s", flush=True)
    at = np.array([r["nights"] for r in rows], dtype=float)
    mb = np.array([r["unique_mb"] for r in rows])
    half = len(rows) // 2
    slope = float(np.polyfit(at[half:], mb[half:], 1)[0])
    print(f"slope over the second half: {1e3 * slope:.3f} MB per 1,000 nights")
    write_rows(rows[9::10] or rows, "study_memory.csv" if asked.write else "")


if __name__ == "__main__":
    main()
