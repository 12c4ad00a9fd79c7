"""Running a study: batches of nights over processes, shards on disk, and going on.

Batches are fixed before the first night, and each writes its own shard; results are
read from the shards in order. So neither the number of workers nor an interruption can
change a digit, and stopping at a named interval looks at whole batches in order alone.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from forefield.errors import InputError
from forefield.io.files import new_file
from forefield.studies.design import Design, lay_out
from forefield.studies.manifest import begin
from forefield.studies.night import Row, checked, failed, of_night
from forefield.studies.shards import read_shards, write_shard
from forefield.studies.statistics import half_width
from forefield.studies.study_file import Study

__all__ = ["ENGINES", "Ran", "Task", "run_study", "seconds_a_night", "shard_path"]

ENGINES = ("processes",)
#: The interval is looked at about so often over a study, after fixed batches.
_LOOKS = 50
#: A pool is built again this often when one of its processes dies; then it is told.
_RESTARTS = 3

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Task:
    """A study, ready to run.

    name    as it is shown;  file: what was typed to name it
    folder  that paths in it are relative to
    given   options that changed it, as they were typed
    """

    name: str
    study: Study
    folder: Path
    file: str = ""
    given: str = ""

    def design(self) -> Design:
        """Its alternatives, strata and nights."""
        return lay_out(self.study, self.name)

    def command(self, night: int) -> str:
        """What plays one night of it again."""
        return f"forefield study {self.file or self.name}{self.given} --night {night}"


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

    workers  processes; 0: one per processor
    resume   go on with what `out` holds, when code and study are the same

    Raises `InputError` in one line for a folder that holds something else, a changed
    code or study, and a full disk. An interrupt leaves a folder to resume.
    """
    if engine not in ENGINES:
        raise InputError(f"--engine {engine}: known: {', '.join(ENGINES)}.")
    if workers < 0:
        raise InputError(f"--workers {workers}: a number of processes, 0 for all.")
    design = task.design()
    checked(task.study, design, task.folder)
    begin(task.name, task.study, design, out, resume=resume)
    batches = design.batches()
    shards = out / "shards"
    for half in shards.glob(".batch-*"):  # what a stopped worker left behind
        half.unlink()
    missing = [k for k in range(len(batches)) if not shard_path(shards, k).exists()]
    began = perf_counter()
    told = _Told(task.study, design, shards, len(missing), progress)
    n = workers or os.cpu_count() or 1
    end = told.after()
    if end is None:
        with _full_disk(out):
            if n == 1:
                _one_by_one(task, design, shards, missing, told)
            else:
                _pooled(task, design, shards, missing, told, n)
        end = told.after()
    last = len(batches) if end is None else end
    for k in range(last, len(batches)):
        with suppress(FileNotFoundError):
            shard_path(shards, k).unlink()
    computed = sum(k < last for k in missing)
    return Ran(last, computed, perf_counter() - began, last < len(batches))


def shard_path(shards: Path, batch: int) -> Path:
    """Where the rows of a batch lie."""
    return shards / f"batch-{batch:06d}.parquet"


def play_batch(task: Task, design: Design, shards: Path, batch: int) -> int:
    """Play the nights of one batch and write its shard. A failing night is a row."""
    rows: list[Row] = []
    for night in design.batches()[batch]:
        try:
            rows += of_night(task.study, design, task.folder, night)
        except OSError:
            raise
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            why = f"{type(error).__name__}: {error} ({Path(last.filename).name})"
            rows += failed(design, night, design.alternatives, " ".join(why.split()))
    with new_file(shard_path(shards, batch)) as temporary:
        write_shard(rows, temporary)
    return batch


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


def _one_by_one(
    task: Task, design: Design, shards: Path, missing: list[int], told: _Told
) -> None:
    for batch in missing:
        play_batch(task, design, shards, batch)
        if told.one_more():
            return


def _pooled(
    task: Task, design: Design, shards: Path, missing: list[int], told: _Told, n: int
) -> None:
    left = list(missing)
    for attempt in range(_RESTARTS + 1):
        try:
            with closing(_batches_done(task, design, shards, list(left), n)) as done:
                for batch in done:
                    left.remove(batch)
                    if told.one_more():
                        return
            return
        except BrokenProcessPool:
            if attempt == _RESTARTS:
                raise InputError(
                    f"{shards.parent}: a worker process died {_RESTARTS + 1} times, "
                    "perhaps for want of memory; go on with --resume --workers 1."
                ) from None
            left = [k for k in left if not shard_path(shards, k).exists()]


def _batches_done(
    task: Task, design: Design, shards: Path, todo: list[int], n: int
) -> Generator[int, None, None]:
    """Batches as they are done. Few are handed out ahead, so that little is wasted."""
    waiting = iter(list(todo))
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(n, len(todo)) or 1, context, _quiet)
    running: set[Future[int]] = set()
    try:
        with _one_thread_each():
            for batch in waiting:
                running.add(pool.submit(play_batch, task, design, shards, batch))
                if len(running) >= 2 * n:
                    break
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=id):
                    more = next(waiting, None)
                    if more is not None:
                        running.add(pool.submit(play_batch, task, design, shards, more))
                    yield future.result()
    except (KeyboardInterrupt, GeneratorExit):
        # Shards are whole or absent, so a worker may be stopped anywhere.
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Workers that start inside have one thread each for linear algebra."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _quiet() -> None:
    """In a worker: an interrupt is the parent's to handle, and its end is ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # shards are whole or absent


@contextmanager
def _full_disk(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"{out}: cannot write: {reason}; make room, then go on with --resume."
        ) from None


def seconds_a_night(task: Task, design: Design) -> tuple[float, int]:
    """What the first night costs here and now [s], and the size of its rows [bytes]."""
    of_night(task.study, design, task.folder, 0)  # compiles, and reads the world
    since = perf_counter()
    rows = of_night(task.study, design, task.folder, 0)
    spent = perf_counter() - since
    return spent, len(json.dumps(rows))
