"""Is this machine ready? Each check says what it found and what to do."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["examine"]

_NEEDED = (
    "numpy",
    "scipy",
    "numba",
    "pyarrow",
    "shapely",
    "msgspec",
    "jinja2",
    "lxml",
    "rfc8785",
)


def _check(what: str, ok: bool, found: str) -> dict[str, Any]:
    return {"what": what, "ok": ok, "found": found}


def _kernel_cache() -> dict[str, Any]:
    """Numba keeps compiled kernels beside the source, or where NUMBA_CACHE_DIR says."""
    folder = os.environ.get("NUMBA_CACHE_DIR")
    here = Path(folder) if folder else Path(__file__).parent.parent / "kernels"
    if os.access(here if here.exists() else here.parent, os.W_OK):
        return _check("kernel cache", True, f"kept in {here}")
    home = Path.home()
    ok = os.access(home, os.W_OK)
    found = (
        "kept under the home folder"
        if ok
        else (
            "nowhere to keep compiled kernels: set NUMBA_CACHE_DIR to a writable folder"
        )
    )
    return _check("kernel cache", ok, found)


def _data() -> dict[str, Any]:
    from forefield.world import borders

    try:
        border = borders.guard("PL")
        inside = bool(border.inside([52.23], [21.01])[0])
    except Exception as error:  # the doctor reports, whatever it is
        return _check("shipped borders", False, f"{error}; install Forefield again")
    return _check(
        "shipped borders",
        inside,
        "Warsaw lies in Poland"
        if inside
        else "Warsaw is not in Poland: install Forefield again",
    )


def _memory_gb() -> float:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError):
        return float("nan")


def examine() -> dict[str, Any]:
    """Run every check; `ready` is true when none fails."""
    version = sys.version_info
    checks = [
        _check(
            "Python",
            version >= (3, 11),
            f"{version.major}.{version.minor}.{version.micro}"
            + ("" if version >= (3, 11) else "; needs 3.11 or newer"),
        ),
    ]
    for name in _NEEDED:
        try:
            module = importlib.import_module(name)
            checks.append(
                _check(name, True, str(getattr(module, "__version__", "here")))
            )
        except ImportError as error:
            checks.append(_check(name, False, f"{error}; pip install {name}"))
    checks.append(_kernel_cache())
    checks.append(_data())
    try:
        with tempfile.NamedTemporaryFile():
            checks.append(_check("temporary files", True, tempfile.gettempdir()))
    except OSError as error:
        checks.append(_check("temporary files", False, f"{error}; set TMPDIR"))
    memory = _memory_gb()
    checks.append(_check("memory", not memory < 2.0, f"{memory:.1f} GB"))
    checks.append(_check("cores", True, str(os.cpu_count() or 1)))
    return {"ready": all(c["ok"] for c in checks), "checks": checks}
