"""The engine of one machine: a pool of processes.

A pool whose process dies is built again with what is still to play.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager

from forefield.errors import InputError
from forefield.studies import batch as of
from forefield.studies.batch import RESTARTS, Task
from forefield.studies.design import Design

__all__ = ["one_by_one", "one_thread_each", "pooled"]


def one_by_one(
    task: Task, design: Design, todo: list[int], workers: int
) -> Generator[tuple[int, bytes], None, None]:
    """Every batch in this process, in order."""
    for batch in todo:
        yield batch, of.play(task, design, batch)


def pooled(
    task: Task, design: Design, todo: list[int], workers: int
) -> Generator[tuple[int, bytes], None, None]:
    """Batches as a pool of processes plays them.

    Raises `InputError` in one line when processes keep dying.
    """
    left = list(todo)
    n = workers or os.cpu_count() or 1
    for attempt in range(RESTARTS + 1):
        try:
            with closing(_pool(task, design, list(left), n)) as done:
                for batch, played in done:
                    left.remove(batch)
                    yield batch, played
            return
        except BrokenProcessPool:
            if attempt == RESTARTS:
                raise InputError(
                    f"study {task.name}: a worker process died {RESTARTS + 1} times, "
                    "perhaps for want of memory; go on with --resume --workers 1."
                ) from None


def _pool(
    task: Task, design: Design, todo: list[int], n: int
) -> Generator[tuple[int, bytes], None, None]:
    """One pool's work. Few are handed out ahead, so that little is wasted."""
    waiting = iter(todo)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        min(n, len(todo)) or 1, context, _begin, (task, design)
    )  # fmt: skip
    running: dict[Future[bytes], int] = {}
    try:
        with one_thread_each():
            for batch in waiting:
                running[pool.submit(_play, batch)] = batch
                if len(running) >= 2 * n:
                    break
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=running.__getitem__):
                    batch = running.pop(future)
                    more = next(waiting, None)
                    if more is not None:
                        running[pool.submit(_play, more)] = more
                    yield batch, future.result()
    except (KeyboardInterrupt, GeneratorExit):
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def one_thread_each() -> Iterator[None]:
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


#: What this process works for; it is handed over once and not with every batch.
_MINE: list[tuple[Task, Design]] = []


def _begin(task: Task, design: Design) -> None:
    """In a worker: an interrupt is the parent's to handle, and its end is ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _MINE[:] = [(task, design)]


def _play(batch: int) -> bytes:
    return of.play_as_worker(*_MINE[0], batch)


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
