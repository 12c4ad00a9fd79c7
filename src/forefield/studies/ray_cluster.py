"""The engine of many machines: Ray.

`RAY_ADDRESS` names a cluster; without it a small one is started on this machine and
stopped again. Nothing is reported to anyone: usage statistics and the dashboard are
off, and a cluster of our own listens on this machine only. Every worker is asked once
whether it runs the same program, so that no result mixes two versions.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from forefield.errors import InputError
from forefield.studies import batch as of
from forefield.studies.batch import RESTARTS, Task
from forefield.studies.design import Design
from forefield.studies.manifest import program
from forefield.studies.night import checked
from forefield.studies.processes import one_thread_each
from forefield.studies.study_file import study_hash

__all__ = ["installed", "on_ray"]

#: A hash of the study, and what the program consists of.
Wanted = tuple[Any, ...]

#: Before Ray is imported: it says nothing to anyone, and leaves GPU settings alone.
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
#: For a cluster of our own: "no cluster here", which makes it listen on loopback alone.
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
#: The least that Ray accepts for objects in memory [bytes]; shards are far smaller.
_STORE = 80_000_000


def on_ray(
    task: Task, design: Design, todo: list[int], workers: int
) -> Generator[tuple[int, bytes], None, None]:
    """Batches as the workers of a cluster play them.

    workers  at most so many at once; 0: every processor of the cluster

    A batch whose worker or machine dies is played again elsewhere. Raises `InputError`
    in one line when Ray is not installed, a cluster cannot be reached, workers keep
    dying, or a machine runs another program.
    """
    ray = installed()
    with _joined(ray, workers):
        play = ray.remote(_play).options(num_cpus=1, max_retries=RESTARTS)
        wanted = (study_hash(task.study), *program().items())
        shared = ray.put((task, design, wanted))
        waiting = iter(todo)
        running: dict[Any, int] = {}
        try:
            while True:
                # Asked each time, for machines come and go.
                most = workers or 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
                while len(running) < most:
                    batch = next(waiting, None)
                    if batch is None:
                        break
                    running[play.remote(shared, batch)] = batch
                if not running:
                    return
                for ref in ray.wait(list(running), num_returns=1)[0]:
                    batch = running.pop(ref)
                    yield batch, _got(ray, ref)
        finally:
            for ref in running:
                with suppress(ray.exceptions.RayError):
                    ray.cancel(ref, force=True)


def installed() -> Any:
    """The module `ray`, or in one line what to install."""
    alone = {} if _address() else _ALONE
    for name, value in {**_QUIET, **alone}.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError:
        raise InputError(
            "--engine ray: Ray is not installed; install it with: "
            "pip install 'forefield[ray]'."
        ) from None
    return ray


@contextmanager
def _joined(ray: Any, workers: int) -> Iterator[None]:
    """In the cluster that is there, or in one of our own for the time being."""
    if ray.is_initialized():
        yield
        return
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    address = _address()
    if address:
        try:
            _heard(address)
            ray.init(address=address, **quiet)
        except (OSError, RuntimeError, ValueError):
            raise InputError(
                f"RAY_ADDRESS {address}: no Ray cluster answers there; start one with "
                "`ray start --head`, or unset RAY_ADDRESS for one on this machine."
            ) from None
        try:
            yield
        finally:
            ray.shutdown()
        return
    # Its logs and sockets. A short path: those of sockets may have 107 bytes.
    place = tempfile.mkdtemp(prefix="ff-ray-")
    try:
        with one_thread_each():
            ray.init(
                address="local",
                num_cpus=workers or os.cpu_count() or 1,
                num_gpus=0,
                object_store_memory=_STORE,
                include_dashboard=False,
                _node_ip_address="127.0.0.1",
                _temp_dir=place,
                **quiet,
            )
        yield
    finally:
        ray.shutdown()
        shutil.rmtree(place, ignore_errors=True)


def _address() -> str:
    """Where a cluster is said to be; "" for one of our own."""
    address = os.environ.get("RAY_ADDRESS", "")
    return "" if address == "local" else address


def _heard(address: str) -> None:
    """`OSError` where nobody listens; Ray itself would end this process."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host:
        socket.create_connection((host, int(port)), timeout=10.0).close()


def _got(ray: Any, ref: Any) -> bytes:
    """The bytes of a batch, or in one line why there are none."""
    broken = (
        ray.exceptions.WorkerCrashedError,
        ray.exceptions.NodeDiedError,
        ray.exceptions.OutOfMemoryError,
        ray.exceptions.ObjectLostError,
    )
    try:
        return bytes(ray.get(ref))
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except broken:
        raise InputError(
            f"--engine ray: the worker of a batch died {RESTARTS + 1} times, perhaps "
            "for want of memory; go on with --resume and fewer --workers."
        ) from None


#: What this process has found that it may play.
_FIT: set[Wanted] = set()


def _play(shared: tuple[Task, Design, Wanted], batch: int) -> bytes:
    """In a worker."""
    task, design, wanted = shared
    if wanted not in _FIT:
        _fit(task, design, wanted)
        _FIT.add(wanted)
    return of.play_as_worker(task, design, batch)


def _fit(task: Task, design: Design, wanted: Wanted) -> None:
    """Is this the same program, and are the files that the study names here too?"""
    here = program()
    for what, version in wanted[1:]:
        if here[what] != version:
            raise InputError(
                f"--engine ray: {platform.node()} has {what} {here[what]}, and the "
                f"study was begun with {version}; install the same on both."
            )
    try:
        checked(task.study, design, task.folder)
    except InputError as error:
        raise InputError(f"--engine ray: on {platform.node()}: {error}") from None
