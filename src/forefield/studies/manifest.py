"""What a study's folder rests on: code, study, versions; and whether it may go on."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from forefield.errors import InputError
from forefield.io.files import new_file
from forefield.studies.design import Design
from forefield.studies.study_file import Study, study_hash
from forefield.version import __version__

__all__ = ["begin", "code_files", "finish", "program", "read_manifest"]

_READ = (".py", ".toml", ".npz")


@cache
def code_files() -> dict[str, str]:
    """Every file of the program that a result can depend on, with its SHA-256."""
    root = Path(str(files("forefield")))
    return {
        p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.suffix in _READ and "__pycache__" not in p.parts
    }


def program() -> dict[str, str]:
    """What a worker elsewhere must have too: versions, and a hash of the code."""
    return {**_versions(), "code": _code_hash(code_files())}


def _code_hash(of: dict[str, str]) -> str:
    text = json.dumps(of, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _versions() -> dict[str, str]:
    import numba
    import numpy
    import pyarrow
    import scipy

    return {
        "forefield": __version__,
        "python": sys.version.split()[0],
        "numpy": numpy.__version__,
        "numba": numba.__version__,
        "scipy": scipy.__version__,
        "pyarrow": pyarrow.__version__,
    }


def read_manifest(out: Path) -> dict[str, Any] | None:
    """The manifest of a study's folder; None where there is none."""
    path = out / "manifest.json"
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        raise InputError(
            f"{path}: is no manifest that can be read; name a new folder."
        ) from None
    return found if isinstance(found, dict) else None


def begin(name: str, study: Study, design: Design, out: Path, *, resume: bool) -> None:
    """Open the folder of a study, or refuse to, with the difference in one line."""
    now = {
        "kind": "study",
        "banner": "SIMULATION",
        "name": name,
        "versions": _versions(),
        "code_sha256": _code_hash(code_files()),
        "code_files": code_files(),
        "study_sha256": study_hash(study),
        "study": msgspec.to_builtins(study),
        "seed": design.seed,
        "alternatives": [a.name for a in design.alternatives],
        "nights": design.nights,
        "batch": design.batch,
    }
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; name a folder.")
    before = read_manifest(out)
    if before is not None and before.get("kind") == "study":
        if not resume:
            raise InputError(
                f"{out}: holds a study already; go on with --resume, or name a new "
                "folder."
            )
        _same(before, now, out)
        return
    if out.is_dir() and any(out.iterdir()):
        raise InputError(f"{out}: holds other files and no study; name a new folder.")
    if resume:
        raise InputError(f"{out}: holds no study to resume; leave --resume out.")
    _write(out, now)
    (out / "shards").mkdir(exist_ok=True)


def _write(out: Path, manifest: dict[str, Any]) -> None:
    with new_file(out / "manifest.json") as temporary:
        text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def finish(out: Path, more: dict[str, Any]) -> None:
    """Add what is known at the end: files with their hashes, and what the clock did."""
    manifest = read_manifest(out) or {}
    _write(out, {**manifest, **more, "machine": platform.platform()})


def _same(before: dict[str, Any], now: dict[str, Any], out: Path) -> None:
    """InputError with the first difference that would mix two results in one."""
    if before.get("study_sha256") != now["study_sha256"]:
        what = _difference(before.get("study"), now["study"])
        raise InputError(f"{out}: the study changed: {what}; run it in a new folder.")
    if before.get("code_sha256") != now["code_sha256"]:
        was, is_ = before.get("code_files", {}), now["code_files"]
        changed = sorted(k for k in {*was, *is_} if was.get(k) != is_.get(k))
        some = ", ".join(changed[:3]) + (" …" if len(changed) > 3 else "")
        raise InputError(
            f"{out}: the program changed in {len(changed)} files ({some}); run the "
            "study in a new folder."
        )
    for key, version in now["versions"].items():
        had = before.get("versions", {}).get(key)
        if had != version:
            raise InputError(
                f"{out}: {key} is {version}, and the study was begun with {had}; run "
                "it in a new folder."
            )


def _difference(was: Any, is_: Any, at: str = "") -> str:
    """The first place where two plain values differ, in words."""
    if isinstance(was, dict) and isinstance(is_, dict):
        for key in sorted({*was, *is_}):
            if was.get(key) != is_.get(key):
                return _difference(was.get(key), is_.get(key), f"{at}.{key}".strip("."))
    if isinstance(was, list) and isinstance(is_, list) and len(was) == len(is_):
        for k, (a, b) in enumerate(zip(was, is_, strict=True)):
            if a != b:
                return _difference(a, b, f"{at}[{k}]")
    return f"{at} was {json.dumps(was)}, is {json.dumps(is_)}"
