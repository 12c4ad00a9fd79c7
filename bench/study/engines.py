"""What engines cost: scaling to two workers, and the overhead of a night.

    python -m bench.study.engines [--write]

scaling   a study of nights of half an hour with one worker and with two, in turn, the
          fastest of each; counted from the moment that every worker has given a batch, so
          that starting processes, importing and loading compiled code is left out
overhead  batches of no night at all: handing out, a shard's bytes, the way back, and
          the shard on disk; an upper end for the overhead of a night, as a batch has one
          night or more

Other work on the machine counts against these figures; cpu_per_batch_s, the processor
time of all workers, depends on it less. Writes bench/results/study_engines.csv.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.study.results import write_rows
from forefield.studies.batch import Played, Task
from forefield.studies.design import Design
from forefield.studies.engine import _keep, shard_path
from forefield.studies.processes import one_by_one, pooled
from forefield.studies.study_file import load

__all__ = ["Idle", "task_of"]


@dataclass(frozen=True)
class Idle(Design):
    """A design whose batches hold no night."""

    def batches(self) -> list[range]:
        """As many batches as nights, all empty."""
        return [range(k, k) for k in range(self.nights)]


TEXT = """
scenario = "quick"
minutes = 30
[[factor]]
name = "mandate"
kind = "policy"
values = ["documented", "pre-delegated"]
[design]
nights = 24
batch = 1
"""


def task_of(text: str) -> Task:
    """A study from its text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.toml"
        path.write_text(text, encoding="utf-8")
        name, study, _ = load(str(path))
    return Task(name, study, Path("."))


def steady(played: Played, task: Task, design: Design, n: int) -> dict[str, float]:
    """Wall-clock and processor seconds a batch once all workers are up."""
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        shards, at = Path(folder), []
        todo = list(range(len(design.batches())))
        with closing(played(task, design, todo, n)) as done:
            for batch, rows in done:
                _keep(shard_path(shards, batch), rows)
                at.append(perf_counter())
    skip = max(2 * n, len(at) // 10)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "wall_per_batch_s": (at[-1] - at[skip - 1]) / (len(at) - skip),
        "cpu_per_batch_s": (end.ru_utime + end.ru_stime - cpu.ru_utime - cpu.ru_stime)
        / len(at),
    }


def engines() -> dict[str, Played]:
    """The engines that are installed."""
    from forefield.errors import InputError
    from forefield.studies.ray_cluster import installed, on_ray

    try:
        installed()
    except InputError as error:
        print(f"ray is left out: {error}")
        return {"processes": pooled}
    return {"processes": pooled, "ray": on_ray}


def scaling(repeats: int) -> list[dict[str, Any]]:
    """Efficiency of two workers, for each engine."""
    task = task_of(TEXT)
    design = task.design()
    rows = []
    for name, played in engines().items():
        one, two = [], []
        for _ in range(repeats):
            # A pool of one, so that both sides are processes of the same kind.
            one.append(steady(played, task, design, 1))
            two.append(steady(played, task, design, 2))
        best = min(r["wall_per_batch_s"] for r in one)
        both = min(r["wall_per_batch_s"] for r in two)
        rows.append(
            {"engine": name, "what": "efficiency of two workers",
             "value": round(best / (2 * both), 3), "unit": "1",
             "one_worker_s": round(best, 4), "two_workers_s": round(both, 4)}
        )  # fmt: skip
    return rows


def overhead(batches: int) -> list[dict[str, Any]]:
    """Seconds a batch that holds nothing, two workers."""
    task = task_of(TEXT)
    base = task.design()
    empty = Idle(**{f: getattr(base, f) for f in base.__dataclass_fields__})
    empty = replace(empty, nights=batches)
    rows = []
    for name, played in {"one process": one_by_one, **engines()}.items():
        got = steady(played, task, empty, 2)
        rows.append(
            {"engine": name, "what": "overhead of a batch", "unit": "ms",
             "value": round(1e3 * got["wall_per_batch_s"], 3),
             "one_worker_s": "", "two_workers_s": ""}
        )  # fmt: skip
    return rows


def main() -> None:
    """Print the table; with --write also bench/results/study_engines.csv."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--write", action="store_true")
    ask.add_argument("--repeats", type=int, default=3)
    ask.add_argument("--batches", type=int, default=1000)
    asked = ask.parse_args()
    os.environ.pop("RAY_ADDRESS", None)
    table = overhead(asked.batches)
    write_rows(table)  # the rest takes minutes
    table += scaling(asked.repeats)
    write_rows(table, "study_engines.csv" if asked.write else "")


if __name__ == "__main__":
    main()
