"""Studies over a real local Ray cluster: the same bytes, whatever dies in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from study_cases import TINY, tiny_study
from test_engine import bytes_of

from forefield.apps.cli import main
from forefield.apps.studies import study_files
from forefield.errors import InputError
from forefield.studies import ray_cluster

#: One night a batch, so that there is a middle.
SMALL = TINY.replace("batch = 2", "batch = 1").replace("minutes = 6", "minutes = 4")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The study and what one process makes of it."""
    folder = tmp_path_factory.mktemp("study")
    study = tiny_study(folder, SMALL)
    study_files(study, out=str(folder / "one"), workers=1)
    return study, folder / "one"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head that plays nothing and two nodes of one processor, as three machines."""
    with pytest.MonkeyPatch.context() as patch:
        place = tempfile.mkdtemp(prefix="ff-ray-", dir="/tmp")  # short, for its sockets
        patch.setenv("RAY_TMPDIR", place)
        patch.setenv("RAY_ADDRESS", "of the cluster below")
        ray_cluster.installed()
        from ray.cluster_utils import Cluster

        # How soon a silent node is given up; by default after fifteen seconds.
        soon = {
            "health_check_initial_delay_ms": 2000,
            "health_check_period_ms": 500,
            "health_check_timeout_ms": 1000,
            "health_check_failure_threshold": 2,
        }
        alike = {"object_store_memory": 80_000_000, "include_dashboard": False}
        made = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 0, "_system_config": soon, **alike},
        )
        made.places = [made.add_node(num_cpus=1, **alike) for _ in range(2)]
        patch.setenv("RAY_ADDRESS", made.address)
        yield made
        made.shutdown()
        shutil.rmtree(place, ignore_errors=True)


def once(act: Callable[[], None]) -> tuple[Callable[[str, float], None], list[float]]:
    """A progress that acts after the first batch, and tells how much was done then."""
    at: list[float] = []

    def progress(stage: str, done: float) -> None:
        if not at:
            at.append(done)
            act()

    return progress, at


def players(cluster: Any) -> list[int]:
    """Processes of this cluster's nodes that play a batch now."""
    nodes = {
        each.process.pid
        for place in cluster.places
        for each in place.all_processes["raylet"]
    }
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((each / "stat").read_text().rsplit(")", 1)[1].split()[1])
            name = (each / "cmdline").read_bytes()
        except OSError:
            continue
        if parent in nodes and name.startswith(b"ray::_play"):
            found.append(int(each.name))
    return found


def test_a_worker_killed_in_the_middle_loses_and_doubles_no_night(
    whole: tuple[str, Path], cluster: Any, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill() -> None:
        until = time.monotonic() + 20.0
        while not (found := players(cluster)) and time.monotonic() < until:
            time.sleep(0.01)
        killed.append(found[0])
        os.kill(killed[0], signal.SIGKILL)

    progress, at = once(kill)
    done = study_files(
        whole[0], out=str(tmp_path / "r"), engine="ray", progress=progress
    )
    assert killed
    assert at[0] < 0.5
    assert (done["nights"], done["failed"]) == (6, [])
    assert bytes_of(tmp_path / "r") == bytes_of(whole[1])


def test_a_node_killed_in_the_middle_loses_and_doubles_no_night(
    whole: tuple[str, Path], cluster: Any, tmp_path: Path
) -> None:
    progress, at = once(
        lambda: cluster.remove_node(cluster.places.pop(), allow_graceful=False)
    )
    done = study_files(
        whole[0], out=str(tmp_path / "r"), engine="ray", progress=progress
    )
    assert len(cluster.places) == 1
    assert at[0] < 0.5
    assert (done["nights"], done["failed"]) == (6, [])
    assert bytes_of(tmp_path / "r") == bytes_of(whole[1])


def test_a_machine_with_another_program_is_refused_in_one_line(
    whole: tuple[str, Path],
    cluster: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = {**ray_cluster.program(), "numba": "0.1"}
    monkeypatch.setattr(ray_cluster, "program", lambda: here)
    with pytest.raises(InputError, match=r"has numba .* begun with 0\.1") as error:
        study_files(whole[0], out=str(tmp_path / "r"), engine="ray")
    assert "\n" not in str(error.value)


def test_an_interrupt_leaves_whole_shards_and_another_engine_goes_on(
    whole: tuple[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "r"
    command = [sys.executable, "-m", "forefield", "study", whole[0], "--out", str(out)]
    env = {k: v for k, v in os.environ.items() if k != "RAY_ADDRESS"}
    begun = subprocess.Popen(
        [*command, "--engine", "ray", "--workers", "2"], env=env,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while begun.poll() is None and not list((out / "shards").glob("batch*")):
        time.sleep(0.02)
    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate(timeout=60)
    assert begun.returncode == 130, said
    kept = list((out / "shards").iterdir())
    assert 1 <= len(kept) < 6
    assert main([*command[3:], "--workers", "1", "--resume"]) == 0
    assert bytes_of(out) == bytes_of(whole[1])


def test_without_ray_the_engine_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'forefield\[ray\]'"):
        study_files("quick", out=str(tmp_path / "x"), engine="ray")
    assert not (tmp_path / "x").exists()


def test_an_address_where_nobody_answers_is_one_line(
    whole: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9: no Ray cluster answers"):
        study_files(whole[0], out=str(tmp_path / "x"), engine="ray")
