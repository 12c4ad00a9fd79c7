"""What a command says, and how: text for people, JSON for machines, one-line errors."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Progress", "progress", "say", "say_json", "table"]


def say(text: str = "") -> None:
    """A line to standard output."""
    print(text, flush=True)


def say_json(value: Any) -> None:
    """A JSON document to standard output, keys sorted."""
    print(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str))


def table(headings: list[str], rows: list[list[str]]) -> None:
    """A table: ruled on a terminal, tab-separated when piped."""
    if not sys.stdout.isatty():
        for row in [headings, *rows]:
            print("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    out = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        out.add_row(*row)
    Console().print(out)


class Progress:
    """Where a long command stands. Silent unless standard error is a terminal.

    Call with a stage's name and the share done (0 to 1). Lines appear only after
    two seconds, so that a quick command stays quiet.
    """

    def __init__(self) -> None:
        self._live: Any = None
        self._task: Any = None
        self._since = time.monotonic()
        self._stage = ""

    def __call__(self, stage: str, done: float) -> None:
        if not sys.stderr.isatty():
            return
        if self._live is None:
            if time.monotonic() - self._since < 2.0:
                return
            from rich import progress as rp
            from rich.console import Console

            self._live = rp.Progress(
                rp.TextColumn("{task.description}"),
                rp.BarColumn(),
                rp.TaskProgressColumn(),
                rp.TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._live.start()
            self._task = self._live.add_task(stage, total=1.0)
        self._live.update(self._task, description=stage, completed=min(1.0, done))

    def stop(self) -> None:
        """Take the bar away."""
        if self._live is not None:
            self._live.stop()
            self._live = None


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar for one command."""
    bar = Progress()
    try:
        yield bar
    finally:
        bar.stop()
