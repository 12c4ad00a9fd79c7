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
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["kept"]

Arrays = dict[str, NDArray[Any]]


def kept(name: str, key: object, compute: Callable[[], Arrays]) -> Arrays:
    """`compute()`, or what an earlier call under the same name and key gave.

    key  anything whose `repr` tells all the arrays depend on
    """
    path = _path(name, key)
    found = _read(path)
    if found is None:
        found = compute()
        _write(path, found)
    for array in found.values():
        array.setflags(write=False)
    return found


def _path(name: str, key: object) -> Path | None:
    base = os.path.expanduser(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    if not os.path.isabs(base):  # no home, or a setting the standard says to ignore
        return None
    digest = hashlib.blake2b(repr(key).encode(), digest_size=12).hexdigest()
    return Path(base) / "forefield" / f"{name}-{digest}.npz"


def _read(path: Path | None) -> Arrays | None:
    if path is None:
        return None
    try:
        with path.open("rb") as f, np.load(f, allow_pickle=False) as data:
            return {k: data[k] for k in data.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(path: Path | None, arrays: Arrays) -> None:
    if path is None:
        return
    # Written beside and moved into place: a reader never meets half a file.
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as f:
            np.savez(f, **arrays)  # type: ignore[arg-type]
        os.replace(temporary, path)
    except OSError:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
