"""A batch of nights, played: what goes to a worker, and what comes back.

The rows come back as the bytes of a shard. A worker writes nothing, so it may stand on
a machine that shares no disk with the study's folder, and may be stopped anywhere.
"""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from forefield.studies.design import Design, lay_out
from forefield.studies.night import Row, failed, of_night
from forefield.studies.shards import shard_bytes
from forefield.studies.study_file import Study

__all__ = ["RESTARTS", "Played", "Task", "play", "play_as_worker"]

#: Work is begun again this often when a process or a machine dies; then it is told.
RESTARTS = 3


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


#: What an engine is: from (task, design, batches to play, workers) the batches as they
#: are done, each once and in any order, with their bytes. Closing it stops the work.
Played = Callable[
    [Task, Design, list[int], int], Generator[tuple[int, bytes], None, None]
]


def play(task: Task, design: Design, batch: int) -> bytes:
    """Play the nights of one batch: the bytes of its shard. A failing night is a row.

    A file or disk that fails is no matter of one night, and raises `OSError`.
    """
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
    return shard_bytes(rows)


#: Has this process put aside what it loaded?
_SETTLED: list[bool] = []


def play_as_worker(task: Task, design: Design, batch: int) -> bytes:
    """`play` in a process that does nothing else.

    What the first batch loaded stays for good. It is put out of the garbage collector's
    sight, which spends an eighth of a night on looking at it again and again.
    """
    rows = play(task, design, batch)
    if not _SETTLED:
        gc.collect()
        gc.freeze()
        _SETTLED.append(True)
    return rows
