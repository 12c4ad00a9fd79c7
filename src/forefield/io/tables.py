"""Tables from files and into files: Parquet, Arrow, CSV and GeoJSON by ending.

A file that cannot be used raises `InputError` with one line: what, where, what to
do. Recordings with the columns id, time, lat, lon, … (as `traffic` and the
OpenSky tools write them) are accepted by the mapping in `RECORDING`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from forefield.columns import Columns, as_arrow_table
from forefield.errors import InputError
from forefield.io.files import new_file, readable
from forefield.sensing.detections import Detections
from forefield.threats.flights import Flights
from forefield.tracking.tracks import Tracks

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ENDINGS", "RECORDING", "from_anything", "read", "write"]

T = TypeVar("T", bound=Columns)

ENDINGS = (".parquet", ".csv", ".arrow", ".geojson")

#: Column of a recording -> what it becomes in `tracks` and `flights`. Ground speed
#: and course become velocity; `id` becomes `source_id` (tracks, with track_id
#: numbered by first appearance) or `flight_id` (flights, whose end is "lost").
RECORDING = {
    "time": "t_s",
    "lat": "lat_deg",
    "lon": "lon_deg",
    "alt_m": "alt_m",
    "id": "source_id / flight_id",
    "groundspeed_mps": "v_east_mps, v_north_mps",
    "track_deg": "v_east_mps, v_north_mps",
    "vertical_rate_mps": "v_up_mps",
}

_LIMITS = {
    "lat_deg": (-90.0, 90.0),
    "lon_deg": (-180.0, 180.0),
    "azimuth_deg": (-360.0, 360.0),
    "range_m": (0.0, np.inf),
    "horizon_s": (0.0, np.inf),
    "p_enter": (0.0, 1.0),
    "p_exist": (0.0, 1.0),
    "p_leave": (0.0, 1.0),
    "p_end_inside": (0.0, 1.0),
    "sigma_pos_m": (0.0, np.inf),
}


def read(path: str | Path, cls: type[T], *, checked: bool = True) -> T:
    """One table of type `cls` from a file, checked.

    Refuses values outside their range (a latitude of 95), empty times and
    positions, and times that go backwards within a track, flight or sensor.
    checked=False leaves the values alone, for a reader that counts such rows itself
    (the tracker); columns and their types are still those of the table.
    """
    p = readable(path, cls.TABLE)
    ending = p.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"{p}: unknown ending {ending!r}; use {', '.join(ENDINGS)}.")
    table = _read_arrow(p, ending)
    return from_anything(table, cls, where=str(p), checked=checked)


def from_anything(
    data: Any, cls: type[T], *, where: str = "table", checked: bool = True
) -> T:
    """`cls` from Polars, pandas, Arrow or our own columns, checked as by `read`."""
    if isinstance(data, cls):
        out = data
    else:
        table = _from_recording(as_arrow_table(data), cls, where)
        out = cls.from_arrow(table, where=where)
    if checked:
        _check(out, where)
    return out


def write(table: Columns, path: str | Path, *, mark: str = "") -> None:
    """Write a table; the ending of the path names the format. Atomic.

    mark  such as "SIMULATION": goes into the schema of Parquet and Arrow files, so
          that a table that leaves its folder still says what it is
    """
    p = Path(path)
    ending = p.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"{p}: unknown ending {ending!r}; use {', '.join(ENDINGS)}.")
    with new_file(p) as temporary:
        rows = table.to_arrow()
        if mark:
            told = {b"forefield": mark.encode(), b"not_a_real_warning": b"true"}
            rows = rows.replace_schema_metadata(
                {**(rows.schema.metadata or {}), **told}
            )
        _write_arrow(rows, temporary, ending)


def _read_arrow(p: Path, ending: str) -> pa.Table:
    import pyarrow as pa

    try:
        if ending == ".parquet":
            import pyarrow.parquet as pq

            return pq.read_table(p)
        if ending == ".arrow":
            with pa.memory_map(str(p)) as source:
                return pa.ipc.open_file(source).read_all()
        if ending == ".csv":
            import pyarrow.csv as pc

            return pc.read_csv(p)
        return _table_from_geojson(p)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = str(error).splitlines()[0].rstrip(".")
        raise InputError(
            f"{p}: no readable {ending[1:]} file ({reason}); write or copy it again."
        ) from None


def _write_arrow(table: pa.Table, p: Path, ending: str) -> None:
    import pyarrow as pa

    if ending == ".parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, p, compression="zstd")
    elif ending == ".arrow":
        with (
            pa.OSFile(str(p), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as out,
        ):
            out.write_table(table)
    elif ending == ".csv":
        import pyarrow.csv as pc

        pc.write_csv(_flat(table), p)
    else:
        p.write_text(_geojson_from(table), encoding="utf-8")


def _flat(table: pa.Table) -> pa.Table:
    """Lists as JSON text, for formats without lists."""
    import pyarrow as pa

    for i, name in enumerate(table.column_names):
        if pa.types.is_nested(table.schema.field(i).type):
            text = [
                None if v is None else json.dumps(v) for v in table[name].to_pylist()
            ]
            table = table.set_column(i, name, pa.array(text, pa.string()))
    return table


def _geojson_from(table: pa.Table) -> str:
    """Points, longitude first; `time` is ISO 8601 because GeoJSON has no time."""
    names = set(table.column_names)
    if not {"lat_deg", "lon_deg"} <= names:
        raise InputError("This table has no lat_deg, lon_deg: GeoJSON needs positions.")
    features = []
    for row in _flat(table).to_pylist():
        lat, lon = row.pop("lat_deg"), row.pop("lon_deg")
        if row.get("t_s") is not None:
            row["time"] = datetime.fromtimestamp(row["t_s"], UTC).isoformat()
        point = None
        if lat is not None and lon is not None and np.isfinite(lat + lon):
            point = {"type": "Point", "coordinates": [lon, lat]}
        props = {k: _json_number(v) for k, v in row.items()}
        features.append({"type": "Feature", "geometry": point, "properties": props})
    return json.dumps(
        {"type": "FeatureCollection", "features": features},
        ensure_ascii=False,
        allow_nan=False,
    )


def _json_number(value: Any) -> Any:
    if isinstance(value, float) and not np.isfinite(value):
        return None if np.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def _table_from_geojson(p: Path) -> pa.Table:
    import pyarrow as pa

    data = json.loads(p.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        raise InputError(f"{p}: is no GeoJSON FeatureCollection.")
    rows = []
    for i, feature in enumerate(data.get("features", [])):
        geometry = feature.get("geometry") or {}
        row = dict(feature.get("properties") or {})
        if geometry and geometry.get("type") != "Point":
            raise InputError(
                f"{p}: feature {i} is a {geometry.get('type')}; need Points."
            )
        if geometry:
            row["lon_deg"], row["lat_deg"] = geometry["coordinates"][:2]
        row.pop("time", None)
        rows.append({k: np.inf if v == "inf" else v for k, v in row.items()})
    return pa.Table.from_pylist(rows)


def _from_recording(table: pa.Table, cls: type[Columns], where: str) -> pa.Table:
    """Apply the mapping RECORDING where a file has its columns and not ours."""
    import pyarrow as pa

    names = set(table.column_names)
    if cls not in (Tracks, Flights) or not {"id", "time", "lat", "lon"} <= names:
        return table
    if "t_s" in names:
        return table
    table = table.rename_columns(
        [
            {"time": "t_s", "lat": "lat_deg", "lon": "lon_deg"}.get(n, n)
            for n in table.column_names
        ]
    )
    ids = np.asarray(table["id"].cast(pa.string()).to_pylist(), dtype=np.str_)
    if cls is Flights:
        return table.append_column(
            "flight_id", pa.array(ids.astype(object))
        ).append_column("end", pa.array(np.full(len(ids), "lost", dtype=object)))
    _, first, code = np.unique(ids, return_index=True, return_inverse=True)
    number = np.empty(len(first), dtype=np.int64)
    number[np.argsort(first)] = np.arange(1, len(first) + 1)
    table = table.append_column("track_id", pa.array(number[code]))
    table = table.append_column("source_id", pa.array(ids.astype(object)))
    if {"groundspeed_mps", "track_deg"} <= names:
        speed = np.asarray(table["groundspeed_mps"].cast(pa.float64()), dtype=float)
        course = np.radians(
            np.asarray(table["track_deg"].cast(pa.float64()), dtype=float)
        )
        table = table.append_column("v_east_mps", pa.array(speed * np.sin(course)))
        table = table.append_column("v_north_mps", pa.array(speed * np.cos(course)))
    if "vertical_rate_mps" in names:
        table = table.append_column("v_up_mps", table["vertical_rate_mps"])
    return table


def _check(table: Columns, where: str) -> None:
    n = len(table)
    for name, (low, high) in _LIMITS.items():
        values = getattr(table, name, None)
        if values is None:
            continue
        bad = np.flatnonzero((values < low) | (values > high))
        if bad.size:
            raise InputError(
                f"{where}: {name} of row {bad[0]} is {values[bad[0]]:g}, outside "
                f"{low:g} to {high:g} ({bad.size} of {n} rows); correct or drop them.",
                rows=bad.tolist(),
            )
    needed = [
        f.name
        for f in table._fields()
        if f.metadata["kind"] == "float"
        and not f.metadata["optional"]
        and f.name != "horizon_s"
    ]
    for name in needed:
        bad = np.flatnonzero(~np.isfinite(getattr(table, name)))
        if bad.size and name in ("t_s", "lat_deg", "lon_deg", "t_start_s", "t_end_s"):
            raise InputError(
                f"{where}: {name} of row {bad[0]} is empty or not finite "
                f"({bad.size} of {n} rows); correct or drop them.",
                rows=bad.tolist(),
            )
    _check_order(table, where)


def _check_order(table: Columns, where: str) -> None:
    key: Any = None
    label = ""
    if isinstance(table, Tracks):
        key, label, t = table.track_id, "track", table.t_s
    elif isinstance(table, Flights):
        key, label, t = table.flight_id, "flight", table.t_s
    elif isinstance(table, Detections):
        # In order of measurement, or in order of reception: either will do.
        received = np.where(np.isnan(table.t_received_s), table.t_s, table.t_received_s)
        in_order = bool((np.diff(table.t_s) >= 0).all())
        t = table.t_s if in_order else received
        key, label = np.zeros(len(t), dtype=np.int64), "file"
    if key is None or not len(table):
        return
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    back = np.flatnonzero(same & (np.diff(t[order]) < 0))
    if back.size:
        row = int(order[back[0] + 1])
        of = f"{label} {key[row]}" if label != "file" else "the file"
        raise InputError(
            f"{where}: time goes backwards at row {row} of {of} "
            f"({back.size} times); sort by time"
            + (" (t_s, or t_received_s)." if label == "file" else "."),
            rows=[row],
        )
