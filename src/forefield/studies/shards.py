"""The rows of a study on disk: a shard a batch, and all of them in one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forefield.studies.night import Row
from forefield.studies.outcomes import TOLD

__all__ = ["MARK", "TEXTS", "read_shards", "shard_bytes"]

MARK = "SIMULATION"
_FIRST = ("night", "stratum", "seed", "alternative")
TEXTS = ("name", "failure", "verdicts", "links", "holders", "casualties_said", "limits",
         "digest")  # fmt: skip


def _table(rows: Sequence[Row]) -> Any:
    import pyarrow as pa

    harm = sorted({k for row in rows for k in row if k.startswith("harm_")})
    numbers = [*TOLD, *harm]
    columns: dict[str, Any] = {
        k: pa.array([int(r[k]) for r in rows], pa.int64()) for k in _FIRST
    }
    for k in TEXTS:
        columns[k] = pa.array([str(r.get(k, "")) for r in rows], pa.string())
    for k in numbers:
        values = [None if k not in r else float(r[k]) for r in rows]
        columns[k] = pa.array(values, pa.float64())
    return pa.table(columns).replace_schema_metadata({"forefield": MARK})


def shard_bytes(rows: Sequence[Row]) -> bytes:
    """The rows of a batch as a Parquet file; the mark of a simulation is in it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = pa.BufferOutputStream()
    pq.write_table(_table(rows), out, compression="zstd")
    return bytes(out.getvalue())


def read_shards(paths: Sequence[Path]) -> Any:
    """All rows of some shards in their order, as one Arrow table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(p) for p in paths]
    # A batch whose nights all failed has no harm columns.
    joined = pa.concat_tables(tables, promote_options="default")
    return joined.replace_schema_metadata({"forefield": MARK})
