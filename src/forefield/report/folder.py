"""A night on disk: tables, journal, summary, manifest and the page."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from forefield.columns import Columns
from forefield.drivers.night import Night
from forefield.io.files import new_folder
from forefield.io.tables import write
from forefield.version import __version__

__all__ = ["TABLES", "digests", "write_night"]

TABLES = (
    "flights",
    "detections",
    "scans",
    "tracks",
    "beliefs",
    "areas",
    "options",
    "verdicts",
    "alerts",
)


def write_night(night: Night, out: str | Path, *, inputs: dict[str, str]) -> Path:
    """Write the folder of a night; returns it.

    inputs  name -> SHA-256 of every file that was read

    Every byte but the manifest's is a function of the inputs and the seed; what the
    clock and the machine did stands in the manifest alone.
    """
    from forefield.io.cap import write_alerts
    from forefield.record.journal import Journal
    from forefield.report.page import write_report

    target = Path(out)
    with new_folder(target) as folder:
        for name in TABLES:
            table: Columns = getattr(night, name)
            write(table, folder / f"{table.TABLE}.parquet", mark=night.banner)
        with Journal.create(folder / "journal.sqlite") as journal:
            journal.append_many(night.journal)
            head = journal.head
        left_out = write_alerts(night, folder / "alerts", night.districts)
        notices = [*night.summary.get("notices", ())]
        if left_out:
            notices.append(f"{left_out} characters that XML forbids left out of alerts")
        more = {"journal_head": head, "notices": notices}
        night = replace(night, summary={**night.summary, **more})
        _write_json(folder / "summary.json", night.summary)
        write_report(night, folder / "report.html")
        _write_json(folder / "manifest.json", _manifest(night, folder, inputs))
    return target


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder but its manifest, by relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def _manifest(night: Night, folder: Path, inputs: dict[str, str]) -> dict[str, Any]:
    import numba
    import numpy
    import pyarrow
    import scipy

    return {
        "forefield": __version__,
        "banner": night.banner,
        "kind": night.kind,
        "name": night.name,
        "seed": night.seed,
        "guards": list(night.guards),
        "mandate": night.mandate,
        "inputs_sha256": inputs,
        "files_sha256": digests(folder),
        "stage_seconds": {k: round(v, 3) for k, v in sorted(night.timings_s.items())},
        "versions": {
            "python": sys.version.split()[0],
            "numpy": numpy.__version__,
            "numba": numba.__version__,
            "scipy": scipy.__version__,
            "pyarrow": pyarrow.__version__,
        },
        "machine": platform.platform(),
    }


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
