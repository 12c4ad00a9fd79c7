"""A private PostgreSQL server for the tests, where its programs are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest


class Server:
    """A throw-away PostgreSQL cluster on a local socket, run by nobody important."""

    def __init__(self, programs: Path, user: str | None) -> None:
        self.programs = programs
        self.user = user
        # pytest's own folders are closed to other users, and a server refuses root.
        self.folder = Path(tempfile.mkdtemp(prefix="forefield-pg-"))
        if user:
            shutil.chown(self.folder, user)
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-N")
        self.start()

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    @property
    def url(self) -> str:
        return f"postgresql:///postgres?host={self.folder}"

    def run(self, program: str, *words: str) -> None:
        subprocess.run(
            [self.programs / program, *words],
            user=self.user,
            group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
            extra_groups=None if self.user is None else [],
            cwd=self.folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start(self) -> None:
        # fsync stays on: what is tested is what an acknowledgement is worth.
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", self.data, "-w", "-l", log, "-o", options, "start")

    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def children(self) -> list[int]:
        """The server's processes under the first, from /proc."""
        mine = self.pid()
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError, IndexError):
                if not entry.name.isdigit():
                    continue
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(stat[1]) == mine:
                    found.append(int(entry.name))
        return found

    def crash(self) -> None:
        """SIGKILL to every process of the server at once, then start it again."""
        pids = [*self.children(), self.pid()]
        for pid in reversed(pids):
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        until = time.monotonic() + 20
        while any(_lives(p) for p in pids) and time.monotonic() < until:
            time.sleep(0.005)
        self.start()

    def stop(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def find_programs() -> Path | None:
    """The newest PostgreSQL's programs; None when there is none."""
    beside = shutil.which("initdb")
    places = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name)
    )
    if beside:
        places.append(Path(beside).resolve().parent)
    return places[-1] if places else None


def start_server() -> Server | str:
    """A server, or why there is none."""
    programs = find_programs()
    if programs is None:
        return "PostgreSQL's initdb is not installed"
    user = None
    if os.geteuid() == 0:
        for name in ("postgres", "nobody"):
            with suppress(KeyError):
                user = user or pwd.getpwnam(name).pw_name
        if user is None:
            return "PostgreSQL refuses to run as root, and there is no other user"
    try:
        return Server(programs, user)
    except (subprocess.CalledProcessError, OSError) as error:
        return f"PostgreSQL does not start here: {error}"


@pytest.fixture(scope="session")
def pg_server() -> Iterator[Server]:
    pytest.importorskip("pg8000")
    server = start_server()
    if isinstance(server, str):
        pytest.skip(server)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _pg_base(request: pytest.FixtureRequest) -> str:
    pytest.importorskip("pg8000")
    url = os.environ.get("FOREFIELD_TEST_PG", "")
    return url or str(request.getfixturevalue("pg_server").url)


@pytest.fixture
def pg_url(_pg_base: str) -> Iterator[Callable[[], str]]:
    """Gives URLs of journals that do not exist yet; takes them away afterwards.

    FOREFIELD_TEST_PG names a server; else a private one is started, or the test
    skips and says why.
    """
    given: list[str] = []

    def fresh() -> str:
        name = f"t{os.getpid()}_{time.monotonic_ns()}"
        given.append(name)
        joint = "&" if "?" in _pg_base else "?"
        return f"{_pg_base}{joint}schema={name}"

    yield fresh
    from forefield.record.postgres_store import PostgresStore

    store = PostgresStore._connected(_pg_base)
    for name in given:
        store._run(f"DROP SCHEMA IF EXISTS {name} CASCADE")
    store.close()
