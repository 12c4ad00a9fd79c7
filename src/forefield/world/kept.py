"""Arrays computed once and kept in the user's cache folder.

The folder is XDG_CACHE_HOME, else ~/.cache. A name hashes all the arrays depend on, so
that a file is never stale and can be deleted at any time. Where the folder cannot be
written, they are computed again.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["cache_file", "kept", "read_arrays", "write_whole"]

Arrays = dict[str, NDArray[Any]]


def kept(name: str, key: object, compute: Callable[[], Arrays]) -> Arrays:
    """`compute()`, or what an earlier call under the same name and key gave.

    key  anything whose `repr` tells all the arrays depend on
    """
    path = _path(name, key)
    found = read_arrays(path)
    if found is None:
        arrays = found = compute()
        write_whole(path, lambda f: np.savez(f, **arrays))  # type: ignore[arg-type]
    for array in found.values():
        array.setflags(write=False)
    return found


def _path(name: str, key: object) -> Path | None:
    digest = hashlib.blake2b(repr(key).encode(), digest_size=12).hexdigest()
    return cache_file(f"{name}-{digest}.npz")


def cache_file(name: str) -> Path | None:
    """Where a file of that name is kept; None where there is no cache folder."""
    base = os.path.expanduser(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    if not os.path.isabs(base):  # no home, or a setting the standard says to ignore
        return None
    return Path(base) / "forefield" / name


def read_arrays(path: Path | None) -> Arrays | None:
    """The arrays of a kept file; None where there is none that can be read."""
    if path is None:
        return None
    try:
        with path.open("rb") as f, np.load(f, allow_pickle=False) as data:
            return {k: data[k] for k in data.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def write_whole(path: Path | None, save: Callable[[IO[bytes]], object]) -> bool:
    """Have `save` write a file; False where it cannot be written.

    It is written beside and moved into place: a reader never meets half a file.
    """
    if path is None:
        return False
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as f:
            save(f)
        os.replace(temporary, path)
    except OSError:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
        return False
    return True
