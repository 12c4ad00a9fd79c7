"""The record of Ukraine's air-raid sirens, by oblast: when each began and ended.

A siren says "danger towards this oblast", not where anything is: it is held beside our
times, never used as truth about a track. The record does not ship; a file with columns
region, started_at and finished_at is read (docs/warning.md names a public one).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from forefield.columns import Columns, Floats, Texts, column
from forefield.errors import InputError
from forefield.world.districts import districts

__all__ = ["Sirens", "read_sirens"]

_ALIASES = {
    "Kyiv City": "UA-30",
    "Kyiv": "UA-30",
    "Crimea": "UA-43",
    "Autonomous Republic of Crimea": "UA-43",
}


@dataclass(frozen=True)
class Sirens(Columns):
    """A row per siren and oblast, in order of its start."""

    TABLE: ClassVar[str] = "sirens"

    district: Texts = column("text", "ISO 3166-2 code of the oblast")
    t_start_s: Floats = column("float", "UTC seconds since 1970")
    t_end_s: Floats = column("float", "UTC seconds since 1970")


def read_sirens(path: str | Path) -> tuple[Sirens, dict[str, int]]:
    """Sirens of a Parquet or CSV file, and how often each unknown region occurred.

    Raises InputError, one line, for a file that cannot be read or lacks a column.
    """
    where = Path(path)
    if not where.is_file():
        raise InputError(f"{where}: no such file; give the record of the sirens.")
    table = _table(where)
    for name in ("region", "started_at", "finished_at"):
        if name not in table.column_names:
            raise InputError(
                f"{where}: no column {name!r}; region, started_at and finished_at are "
                "needed."
            )
    start, end = (_seconds(table[n], where, n) for n in ("started_at", "finished_at"))
    region = np.asarray(table["region"].to_pylist(), dtype=np.str_)
    units = districts("UA")
    known = dict(zip(units.names, units.codes, strict=True)) | _ALIASES
    names, back = np.unique(region, return_inverse=True)
    codes = np.array([known.get(n.removesuffix(" oblast"), known.get(n, ""))
                      for n in names.tolist()])  # fmt: skip
    strange = {
        str(n): int(np.sum(back == k)) for k, n in enumerate(names) if not codes[k]
    }
    code = codes[back]
    rows = np.flatnonzero((code != "") & np.isfinite(start) & (end >= start))
    rows = rows[np.lexsort((code[rows], start[rows]))]
    return Sirens(code[rows], start[rows], end[rows]), strange


def _table(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    try:
        if path.suffix == ".parquet":
            return pyarrow.parquet.read_table(path)
        return pyarrow.csv.read_csv(path)
    except (pa.ArrowException, OSError) as error:
        said = " ".join(str(error).split())
        raise InputError(f"{path}: is no Parquet or CSV table: {said}") from None


def _seconds(column_: Any, path: Path, name: str) -> Floats:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        stamps = pc.cast(column_, pa.timestamp("us", tz="UTC"))
    except pa.ArrowException:
        raise InputError(f"{path}: {name} holds no times such as 2024-03-24T02:12:36Z."
                         ) from None  # fmt: skip
    micros = pc.cast(stamps, pa.int64()).to_numpy()
    return np.asarray(micros, dtype=np.float64) / 1e6
