"""Many of a thing: one frozen object of equal-length arrays.

Every table of Forefield (detections, tracks, beliefs, …) is a frozen dataclass
that inherits `Columns` and declares its fields with `column` or `wide`. This
module holds what they share: the check of shapes, rows by index or mask,
concatenation, and the way to Arrow and back.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from forefield.errors import InputError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Bool", "Columns", "Floats", "Ints", "Texts", "column", "wide"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bool = NDArray[np.bool_]
Texts = NDArray[Any]  # NumPy unicode array

_KINDS = {"float": np.float64, "int": np.int64, "bool": np.bool_, "text": np.str_}


def column(kind: str, about: str, *, optional: bool = False) -> Any:
    """Declare one column. `kind`: float, int, bool or text; `about`: meaning, unit.

    An optional column may be absent on input; it is then filled with NaN, -1,
    False or "" ("not measured").
    """
    meta = {"kind": kind, "about": about, "optional": optional, "wide": None}
    return dataclasses.field(metadata=meta)


def wide(
    about: str,
    *,
    names: Sequence[str] | None = None,
    names_from: str = "",
    pattern: str = "{}",
    optional: bool = False,
    as_list: int = 0,
) -> Any:
    """Declare a matrix (N, K) of float64 that is K columns in a file.

    names       the K column names, or
    names_from  a field (a tuple of str) of the object that holds K labels; the
                file's columns are `pattern.format(label)`
    as_list     instead: one column with lists of this many numbers
    """
    meta = {
        "kind": "wide",
        "about": about,
        "optional": optional,
        "wide": (tuple(names) if names else None, names_from, pattern, as_list),
    }
    return dataclasses.field(metadata=meta)


def _blank(kind: str, n: int) -> NDArray[Any]:
    if kind == "float":
        return np.full(n, np.nan)
    if kind == "int":
        return np.full(n, -1, dtype=np.int64)
    if kind == "bool":
        return np.zeros(n, dtype=np.bool_)
    return np.full(n, "", dtype="<U1")


@dataclasses.dataclass(frozen=True)
class Columns:
    """Base of all tables. Subclasses are frozen dataclasses of arrays."""

    TABLE: ClassVar[str] = "table"

    def __post_init__(self) -> None:
        n = -1
        for f in self._fields():
            given = getattr(self, f.name)
            value = np.asarray(given)
            kind = f.metadata["kind"]
            if kind == "wide":
                value = np.asarray(value, dtype=np.float64)
                labels = self._labels(f)
                if value.ndim != 2 or value.shape[1] != len(labels):
                    raise InputError(
                        f"{self.TABLE}.{f.name} has shape {value.shape}; "
                        f"expected (N, {len(labels)})."
                    )
            elif kind == "text":
                value = value.astype(np.str_) if value.dtype.kind != "U" else value
            else:
                value = value.astype(_KINDS[kind], copy=False)
            if kind != "wide" and value.ndim != 1:
                raise InputError(f"{self.TABLE}.{f.name} must be one-dimensional.")
            if n < 0:
                n = len(value)
            elif len(value) != n:
                raise InputError(
                    f"{self.TABLE}.{f.name} has {len(value)} rows, others {n}."
                )
            if value is not given:
                object.__setattr__(self, f.name, value)

    # -- structure ---------------------------------------------------------
    @classmethod
    def _fields(cls) -> tuple[dataclasses.Field[Any], ...]:
        return _columns_of(cls)

    @classmethod
    def _extras(cls) -> list[str]:
        """Fields that are not columns (label tuples)."""
        return [f.name for f in dataclasses.fields(cls) if "kind" not in f.metadata]

    def _same_but(self, columns: dict[str, NDArray[Any]]) -> Self:
        """This table with other rows of its own columns: checked when it was made.

        Only for arrays that rows of this table gave; nothing is checked again.
        """
        made = object.__new__(type(self))
        for name in _names_of(type(self)):
            value = columns[name] if name in columns else getattr(self, name)
            object.__setattr__(made, name, value)
        return made

    def _labels(self, f: dataclasses.Field[Any]) -> tuple[str, ...]:
        names, names_from, pattern, as_list = f.metadata["wide"]
        if as_list:
            return ("",) * cast(int, as_list)
        if names is not None:
            return cast("tuple[str, ...]", names)
        return tuple(pattern.format(x) for x in getattr(self, names_from))

    def __len__(self) -> int:
        return len(getattr(self, _columns_of(type(self))[0].name))

    def take(self, rows: Any) -> Self:
        """The rows of an index array, slice or boolean mask, in that order."""
        if isinstance(rows, slice) or np.ndim(rows) == 1:
            if not isinstance(rows, slice):
                rows = _positions(rows, len(self))
            fields = self._fields()
            return self._same_but({f.name: getattr(self, f.name)[rows] for f in fields})
        return dataclasses.replace(
            self, **{f.name: getattr(self, f.name)[rows] for f in self._fields()}
        )

    @classmethod
    def concat(cls, parts: Iterable[Self]) -> Self:
        """The rows of several tables, one after the other."""
        tables = list(parts)
        if not tables:
            return cls.empty()
        filled = [t for t in tables if len(t)] or tables[:1]
        extras = {name: getattr(filled[0], name) for name in cls._extras()}
        for t in filled:
            for name, value in extras.items():
                if getattr(t, name) != value:
                    raise InputError(f"{cls.TABLE}: parts differ in {name}.")
        if len(filled) == 1:
            return filled[0]
        return filled[0]._same_but(
            {
                f.name: np.concatenate([getattr(t, f.name) for t in filled])
                for f in cls._fields()
            }
        )

    @classmethod
    def build(cls, n: int, /, **given: Any) -> Self:
        """A table of `n` rows; optional columns not given are left blank.

        A scalar is repeated. A column that is not optional must be given.
        """
        values: dict[str, Any] = {}
        for f in cls._fields():
            kind = f.metadata["kind"]
            if f.name in given:
                value = np.asarray(given.pop(f.name))
                values[f.name] = np.full(n, value) if value.ndim == 0 else value
            elif not f.metadata["optional"]:
                raise InputError(f"{cls.TABLE}: column {f.name} is missing.")
            elif kind == "wide":
                names, names_from, _, as_list = f.metadata["wide"]
                k = as_list or len(names if names else given.get(names_from, ()))
                values[f.name] = np.full((n, k), np.nan)
            else:
                values[f.name] = _blank(kind, n)
        for name in cls._extras():
            if name in given:
                values[name] = given.pop(name)
        if given:
            raise TypeError(f"{cls.TABLE} has no column {sorted(given)}")
        return cls(**values)

    @classmethod
    def empty(cls, **extras: Any) -> Self:
        """A table without rows."""
        none: dict[str, Any] = {}
        for f in cls._fields():
            kind = f.metadata["kind"]
            if kind == "wide":
                names, names_from, _, as_list = f.metadata["wide"]
                k = as_list or len(names if names else extras.get(names_from, ()))
                none[f.name] = np.zeros((0, k))
            else:
                none[f.name] = _blank(kind, 0)
        return cls.build(0, **none, **extras)

    # -- Arrow --------------------------------------------------------------
    def to_arrow(self) -> pa.Table:
        """As an Arrow table; the columns in the order of declaration.

        Every column is there, whatever it holds, so that the schema is always the
        same; NaN, "" and -1 in optional columns become null.
        """
        import pyarrow as pa

        out: dict[str, Any] = {}
        for f in self._fields():
            value, kind = getattr(self, f.name), f.metadata["kind"]
            optional = f.metadata["optional"]
            if kind == "wide":
                as_list = f.metadata["wide"][3]
                if as_list:
                    flat = pa.array(np.ascontiguousarray(value).ravel())
                    out[f.name] = pa.FixedSizeListArray.from_arrays(flat, as_list)
                else:
                    for k, name in enumerate(self._labels(f)):
                        out[name] = pa.array(np.ascontiguousarray(value[:, k]))
                continue
            mask: NDArray[np.bool_] | None = None
            if optional:
                if kind == "float":
                    mask = np.isnan(value)
                elif kind == "int":
                    mask = value == -1
                elif kind == "text":
                    mask = value == ""
            if kind == "text":
                out[f.name] = pa.array(
                    value.astype(object), type=pa.string(), mask=mask
                )
            else:
                out[f.name] = pa.array(value, mask=mask)
        return pa.table(out)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return cast("Any", self.to_arrow()).__arrow_c_stream__(requested_schema)

    @classmethod
    def from_arrow(cls, data: Any, *, where: str = "", **extras: Any) -> Self:
        """From anything with the Arrow C stream interface, or a pandas frame.

        Columns that the table does not know are ignored (adding is free). A
        column that is missing, or holds another type, raises `InputError`.
        `where` names the source in the message.
        """
        table = as_arrow_table(data)
        at = f"{where}: " if where else ""
        have = set(table.column_names)
        values: dict[str, Any] = {}
        for f in cls._fields():
            kind, optional = f.metadata["kind"], f.metadata["optional"]
            if kind == "wide":
                values[f.name] = _wide_from(cls, f, table, extras, at)
                continue
            if f.name not in have:
                if optional:
                    values[f.name] = _blank(kind, table.num_rows)
                    continue
                close = nearest(f.name, have)
                hint = f" (did you mean {close!r}?)" if close else ""
                raise InputError(
                    f"{at}column {f.name!r} of table {cls.TABLE} is missing{hint}; "
                    f"found: {', '.join(sorted(have))}."
                )
            values[f.name] = _array_from(
                table.column(f.name), kind, f.name, at, optional
            )
        return cls(**values, **extras)


def _list_columns(cls: Any) -> tuple[dataclasses.Field[Any], ...]:
    return tuple(f for f in dataclasses.fields(cls) if "kind" in f.metadata)


def _list_names(cls: Any) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(cls))


# Listed once a class: this is asked many thousand times a night.
_columns_of: Callable[[Any], tuple[dataclasses.Field[Any], ...]] = cache(_list_columns)
_names_of: Callable[[Any], tuple[str, ...]] = cache(_list_names)


def _positions(rows: Any, n: int) -> Any:
    """Rows as positions: a mask is read once, and not once a column."""
    at = np.asarray(rows)
    if at.dtype == np.bool_ and len(at) == n:
        return at.nonzero()[0]
    return at if len(at) else at.astype(np.int64)


def as_arrow_table(data: Any) -> pa.Table:
    """A pyarrow table from Polars, pandas, Arrow or our own columns."""
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    if hasattr(data, "__arrow_c_stream__"):
        return pa.table(data)
    if isinstance(data, dict):
        return pa.table(data)
    raise InputError(
        f"A {type(data).__name__} is no table: hand over Polars, pandas or Arrow."
    )


def _array_from(
    col: Any, kind: str, name: str, at: str, optional: bool
) -> NDArray[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(col.type):
        col = col.cast(col.type.value_type)
    try:
        if kind == "text":
            return np.asarray(
                pc.fill_null(col.cast(pa.string()), "").to_numpy(zero_copy_only=False),
                dtype=np.str_,
            )
        if kind == "bool":
            return np.asarray(pc.fill_null(col.cast(pa.bool_()), False), dtype=np.bool_)
        if kind == "int":
            if col.null_count and not optional:
                raise InputError(
                    f"{at}column {name!r} has {col.null_count} empty cells."
                )
            return np.asarray(pc.fill_null(col.cast(pa.int64()), -1), dtype=np.int64)
        if pa.types.is_timestamp(col.type):
            micros = np.asarray(col.cast(pa.timestamp("us")).cast(pa.int64()))
            return micros / 1e6
        return np.asarray(
            pc.fill_null(col.cast(pa.float64()), np.nan), dtype=np.float64
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"{at}column {name!r} holds {col.type}, which is no {kind}: {error}."
        ) from None


def _list_from(cell: Any, k: int) -> Any:
    """The numbers of one cell: a list, the JSON text of one (CSV), or nothing."""
    if cell is None or cell == "":
        return [np.nan] * k
    return json.loads(cell) if isinstance(cell, str) else cell


def _wide_from(
    cls: type[Columns],
    f: dataclasses.Field[Any],
    table: Any,
    extras: dict[str, Any],
    at: str,
) -> NDArray[np.float64]:
    names, names_from, pattern, as_list = f.metadata["wide"]
    n = table.num_rows
    if as_list:
        if f.name not in table.column_names:
            if f.metadata["optional"]:
                return np.full((n, as_list), np.nan)
            raise InputError(f"{at}column {f.name!r} of table {cls.TABLE} is missing.")
        rows = [_list_from(r, as_list) for r in table.column(f.name).to_pylist()]
        try:
            return np.asarray(rows, dtype=np.float64).reshape(n, as_list)
        except ValueError:
            raise InputError(
                f"{at}column {f.name!r} must hold {as_list} numbers a row."
            ) from None
    if names is None:
        if names_from not in extras:
            stem, tail = pattern.split("{}")
            extras[names_from] = tuple(
                c[len(stem) : len(c) - len(tail) if tail else None]
                for c in table.column_names
                if c.startswith(stem) and c.endswith(tail)
            )
        names = tuple(pattern.format(x) for x in extras[names_from])
    present = [c for c in names if c in table.column_names]
    if not present and f.metadata["optional"]:
        return np.full((n, len(names)), np.nan)
    missing = [c for c in names if c not in table.column_names]
    if missing and not f.metadata["optional"]:
        raise InputError(
            f"{at}column {missing[0]!r} of table {cls.TABLE} is missing; "
            f"found: {', '.join(sorted(table.column_names))}."
        )
    parts = [
        _array_from(table.column(c), "float", c, at, True)
        if c in present
        else np.full(n, np.nan)
        for c in names
    ]
    return np.stack(parts, axis=1) if parts else np.zeros((n, 0))
