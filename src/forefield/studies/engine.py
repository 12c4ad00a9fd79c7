"""Running a study: batches of nights over an engine, shards on disk, and going on.

Batches are fixed before the first night, and each has its own shard; results are read
from the shards in order. So neither the engine, nor the number of workers, nor an
interruption can change a digit, and stopping at a named interval looks at whole batches
in order alone. Workers play; only the process that runs the study writes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from forefield.errors import InputError
from forefield.io.files import new_file
from forefield.studies.batch import Played, Task
from forefield.studies.design import Design
from forefield.studies.manifest import begin
from forefield.studies.night import checked, of_night
from forefield.studies.shards import read_shards
from forefield.studies.statistics import half_width
from forefield.studies.study_file import Study

__all__ = ["ENGINES", "Ran", "Task", "run_study", "seconds_a_night", "shard_path"]

ENGINES = ("processes", "ray")
#: The interval is looked at about so often over a study, after fixed batches.
_LOOKS = 50

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Ran:
    """What a run of the engine did.

    batches  how many make up the result;  computed  how many of them were made now
    seconds  wall-clock of now
    """

    batches: int
    computed: int
    seconds: float
    stopped_early: bool


def run_study(
    task: Task,
    out: Path,
    *,
    engine: str = "processes",
    workers: int = 0,
    resume: bool = False,
    progress: Progress | None = None,
) -> Ran:
    """Run what is missing of a study; its shards are complete afterwards.

    engine   "processes" of this machine, or "ray" for many machines
    workers  at most so many at once; 0: one a processor, of the cluster with "ray"
    resume   go on with what `out` holds, when code and study are the same

    Raises `InputError` in one line for a folder that holds something else, a changed
    code or study, and a full disk. An interrupt leaves a folder to resume.
    """
    if workers < 0:
        raise InputError(f"--workers {workers}: a number of processes, 0 for all.")
    played = _engine(engine, workers)
    design = task.design()
    checked(task.study, design, task.folder)
    begin(task.name, task.study, design, out, resume=resume)
    batches = design.batches()
    shards = out / "shards"
    for half in shards.glob(".batch-*"):  # what a stopped run left behind
        half.unlink()
    missing = [k for k in range(len(batches)) if not shard_path(shards, k).exists()]
    began = perf_counter()
    told = _Told(task.study, design, shards, len(missing), progress)
    end = told.after()
    if end is None and missing:
        _run(played, task, design, shards, missing, told, workers)
        end = told.after()
    last = len(batches) if end is None else end
    for k in range(last, len(batches)):
        with suppress(FileNotFoundError):
            shard_path(shards, k).unlink()
    computed = sum(k < last for k in missing)
    return Ran(last, computed, perf_counter() - began, last < len(batches))


def _engine(name: str, workers: int) -> Played:
    """An engine by name. Ray is imported when it is asked for."""
    if name == "ray":
        from forefield.studies.ray_cluster import installed, on_ray

        installed()
        return on_ray
    if name not in ENGINES:
        raise InputError(f"--engine {name}: known: {', '.join(ENGINES)}.")
    from forefield.studies.processes import one_by_one, pooled

    return one_by_one if (workers or os.cpu_count()) == 1 else pooled


def _run(
    played: Played, task: Task, design: Design, shards: Path, missing: list[int],
    told: _Told, workers: int,
) -> None:  # fmt: skip
    try:
        with closing(played(task, design, missing, workers)) as done:
            for batch, rows in done:
                _keep(shard_path(shards, batch), rows)
                if told.one_more():
                    return
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"{shards.parent}: cannot go on: {reason}; make room and check the files "
            "that the study names, then go on with --resume."
        ) from None


def _keep(shard: Path, rows: bytes) -> None:
    try:
        with new_file(shard) as temporary:
            temporary.write_bytes(rows)
    except InputError as error:
        raise InputError(f"{error} Then go on with --resume.") from None


def shard_path(shards: Path, batch: int) -> Path:
    """Where the rows of a batch lie."""
    return shards / f"batch-{batch:06d}.parquet"


class _Told:
    """Where a run stands: batches done in order, the interval, and the stop rule."""

    def __init__(
        self, study: Study, design: Design, shards: Path, todo: int,
        progress: Progress | None,
    ) -> None:  # fmt: skip
        self.study, self.design, self.shards = study, design, shards
        self.todo, self.done, self.progress = todo, 0, progress
        self._asked = 0  # batches in order whose stop rule was looked at
        self._end: int | None = None
        self._said = ""

    def after(self) -> int | None:
        """After how many batches the study ends by its rule; None: not yet."""
        rule, batches = self.study.design, self.design.batches()
        look_every = max(1, len(batches) // _LOOKS)
        while self._end is None and self._asked < len(batches):
            if not shard_path(self.shards, self._asked).exists():
                break
            self._asked += 1
            nights = batches[self._asked - 1][-1] + 1
            if self._asked % look_every:
                continue
            ripe = rule.stop_within > 0 and nights >= rule.stop_after
            if not ripe and self.progress is None:
                continue
            width = half_width(self._rows(), self.design, self.study)
            self._said = f", {self.study.outcomes.main} ± {width:.1f} per 100"
            if ripe and width <= rule.stop_within:
                self._end = self._asked
        return self._end

    def _rows(self) -> Any:
        paths = [shard_path(self.shards, k) for k in range(self._asked)]
        return read_shards(paths)

    def one_more(self) -> bool:
        """A batch is done; is the study to end?"""
        self.done += 1
        over = self.after() is not None
        if self.progress is not None:
            nights = min(self.done * self.design.batch, self.design.nights)
            self.progress(
                f"{nights} of {self.design.nights} nights{self._said}",
                self.done / max(1, self.todo),
            )
        return over


def seconds_a_night(task: Task, design: Design) -> tuple[float, int]:
    """What the first night costs here and now [s], and the size of its rows [bytes]."""
    of_night(task.study, design, task.folder, 0)  # compiles, and reads the world
    since = perf_counter()
    rows = of_night(task.study, design, task.folder, 0)
    spent = perf_counter() - since
    return spent, len(json.dumps(rows))
