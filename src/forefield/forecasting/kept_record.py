"""A record of arrays, computed once and mapped from the cache folder.

Its first field is a checksum of all that follows: a file that is cut short or altered
is noticed, said once, and made again. Where the folder cannot be written, the record
lives in the process alone.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.world.kept import write_whole

__all__ = ["checksum", "kept_record"]


def checksum(record: NDArray[Any]) -> int:
    """CRC-32 of all but the record's first four bytes, where it is kept."""
    return zlib.crc32(record.view(np.uint8)[4:].data)


def _read(path: Path, layout: np.dtype[Any]) -> NDArray[Any] | None:
    """The kept record, mapped; None where there is none, or it is not whole."""
    if not path.exists():
        return None
    try:
        record = np.asarray(np.load(path, mmap_mode="r"))
        fits = record.dtype == layout and record.shape == (1,)
        if fits and int(record[0]["crc32"]) == checksum(record):
            return record
    except (OSError, ValueError, EOFError):
        pass
    print(f"{path.name} is damaged; it is solved again.", file=sys.stderr)
    return None


def kept_record(
    path: Path | None, layout: np.dtype[Any], solve: Callable[[], NDArray[Any]]
) -> NDArray[Any]:
    """(1,) record of a layout: mapped from the file, or solved and put there."""
    record = None if path is None else _read(path, layout)
    if record is None:
        if sys.stderr.isatty():
            what = path.stem.rpartition("-")[0] if path is not None else "a table"
            print(f"{what}: worked out once and kept; a minute …", file=sys.stderr)
        solved = record = solve()
        if path is not None and write_whole(path, lambda f: np.save(f, solved)):
            record = np.asarray(np.load(path, mmap_mode="r"))
    return record
