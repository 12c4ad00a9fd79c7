"""Writing files so that a failure leaves nothing half-written behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from forefield.errors import InputError

__all__ = ["new_file", "new_folder", "readable"]


def readable(path: str | Path, what: str) -> Path:
    """The path of an existing regular file, or one clear line."""
    p = Path(path)
    if p.is_dir():
        raise InputError(f"{p}: is a folder; name the {what} file inside it.")
    try:
        found = p.exists()
    except OSError as error:
        raise InputError(f"{p}: {_reason(error)}; check the path.") from None
    if not found:
        raise InputError(f"{p}: no such file; check the path of the {what}.")
    if not os.access(p, os.R_OK):
        raise InputError(f"{p}: not readable; check its permissions.")
    return p


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _refused(path: Path, error: OSError) -> InputError:
    hint = {
        28: "free some space or choose another place",
        20: "a part of the path is a file; choose another place",
        13: "choose a place you may write to",
        30: "choose a place you may write to",
    }.get(error.errno or 0, "choose another place")
    return InputError(f"{path}: cannot write: {_reason(error)}; {hint}.")


@contextmanager
def new_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes its place.

    On any failure the temporary file goes; an `OSError` becomes one clear line.
    """
    target = Path(path)
    temporary: Path | None = None
    try:
        if target.is_dir():
            raise InputError(f"{target}: is a folder; name a file.")
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
        temporary = None
    except OSError as error:
        raise _refused(target, error) from None
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


@contextmanager
def new_folder(path: str | Path, *, ours: str = "manifest.json") -> Iterator[Path]:
    """Yield a staging folder; on success its files move into `path`.

    An existing folder is replaced only when it is empty or holds `ours` (an
    earlier result of this program); anything else is refused. On failure what was
    there before is still there, and nothing is added.
    """
    target = Path(path)
    made: list[Path] = []
    staging: Path | None = None
    try:
        if target.exists() and not target.is_dir():
            raise InputError(f"{target}: is a file; name a folder.")
        if target.is_dir() and any(target.iterdir()) and not (target / ours).exists():
            raise InputError(
                f"{target}: holds other files and no {ours}; name a new folder."
            )
        for folder in [target, *target.parents]:
            if folder.exists():
                break
            made.append(folder)
        target.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".partial-", dir=target))
        yield staging
        _move_in(staging, target)
        staging = None
        made = []
    except OSError as error:
        raise _refused(target, error) from None
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


def _move_in(staging: Path, target: Path) -> None:
    """Swap the staged entries in; entries of an earlier result go."""
    fresh = {entry.name for entry in staging.iterdir()}
    for old in target.iterdir():
        if old == staging or old.name in fresh:
            continue
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        else:
            old.unlink()
    for entry in sorted(staging.iterdir()):
        place = target / entry.name
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        entry.replace(place)
    staging.rmdir()
