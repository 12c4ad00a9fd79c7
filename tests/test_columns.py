"""Columns: shapes are checked once, rows travel, Arrow is there and back."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forefield.columns import Columns, Floats, Ints, Texts, column, wide
from forefield.errors import InputError


@dataclass(frozen=True)
class Readings(Columns):
    TABLE = "readings"

    t_s: Floats = column("float", "when")
    station: Texts = column("text", "where")
    level: Floats = column("float", "how high", optional=True)
    count: Ints = column("int", "how many", optional=True)
    share: Floats = wide("of two kinds", names=("share_a", "share_b"))
    cov: Floats = wide("a matrix", as_list=4, optional=True)


def readings(n):
    return Readings.build(
        n,
        t_s=np.arange(n, dtype=float),
        station=np.array([f"s{i % 3}" for i in range(n)], dtype=str),
        level=np.where(np.arange(n) % 2, np.nan, 1.5),
        share=np.tile([0.25, 0.75], (n, 1)),
    )


def same(one, other):
    for f in Readings._fields():
        a, b = getattr(one, f.name), getattr(other, f.name)
        if a.dtype.kind == "f":
            np.testing.assert_array_equal(a, b)
        else:
            assert (a == b).all()


@given(st.integers(0, 20))
def test_a_table_survives_arrow(n):
    table = readings(n)
    same(Readings.from_arrow(table.to_arrow()), table)


def test_what_is_not_measured_is_null_outside_and_nan_inside():
    arrow = readings(4).to_arrow()
    assert arrow.column("level").null_count == 2
    # A column that holds nothing is there all the same: one schema for every night.
    assert arrow.column("count").null_count == 4
    assert "cov" in arrow.column_names
    assert np.isnan(Readings.from_arrow(arrow).cov).all()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=9))
def test_rows_by_index_keep_their_order(rows):
    taken = readings(10).take(np.array(rows))
    assert taken.t_s.tolist() == [float(r) for r in rows]


def test_parts_join_into_the_whole():
    whole = readings(9)
    parts = [whole.take(slice(0, 4)), Readings.empty(), whole.take(slice(4, 9))]
    same(Readings.concat(parts), whole)


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(InputError, match="has 2 rows, others 3"):
        Readings.build(3, t_s=np.zeros(3), station=["a", "b"], share=np.zeros((3, 2)))
    with pytest.raises(InputError, match=r"expected .N, 2."):
        Readings.build(3, t_s=np.zeros(3), station=list("abc"), share=np.zeros((3, 3)))


def test_a_missing_column_is_named_with_the_nearest_one_there():
    arrow = readings(2).to_arrow().rename_columns({"t_s": "t"})
    with pytest.raises(InputError, match=r"night\.csv: column 't_s'"):
        Readings.from_arrow(arrow, where="night.csv")


def test_unknown_columns_are_ignored_and_wrong_kinds_refused():
    arrow = readings(2).to_arrow().append_column("extra", pa.array([1, 2]))
    same(Readings.from_arrow(arrow), readings(2))
    wrong = arrow.set_column(0, "t_s", pa.array(["noon", "one"]))
    with pytest.raises(InputError, match="'t_s' holds string, which is no float"):
        Readings.from_arrow(wrong)


def test_polars_and_pandas_are_read_alike():
    import pandas as pd
    import polars as pl

    arrow = readings(5).to_arrow()
    same(Readings.from_arrow(pl.from_arrow(arrow)), readings(5))
    same(Readings.from_arrow(pd.DataFrame(arrow.to_pydict())), readings(5))


def test_times_with_a_zone_become_utc_seconds():
    arrow = readings(1).to_arrow()
    stamp = pa.array([1_711_250_000_000_000], type=pa.timestamp("us", tz="UTC"))
    assert (
        Readings.from_arrow(arrow.set_column(0, "t_s", stamp)).t_s[0] == 1_711_250_000
    )
