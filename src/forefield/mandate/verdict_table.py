"""Verdicts: what the mandate says of an option, clause by clause."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from forefield.columns import Columns, Floats, Ints, Texts, as_arrow_table, column

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CODES", "Verdicts"]

#: Verdict codes, the deciding order; the last is no permission, only the absence
#: of a bar that the mandate knows of.
CODES = (
    "OUT_OF_SCOPE",
    "NATIONAL_LAW",
    "REFUSE_PROTECTED",
    "NO_HOST_CONSENT",
    "NO_DOMESTIC_BASIS",
    "NO_AGREED_PROCEDURE",
    "HOLD_EVIDENCE",
    "HOLD_DEBRIS",
    "NOT_FEASIBLE",
    "AWAITING_ANSWER",
    "REFUSED_BY_HOLDER",
    "LAPSED",
    "NO_BAR_FOUND_FOR_HUMAN_DECISION",
)


@dataclass(frozen=True)
class Verdicts(Columns):
    """A row per option judged. `grounds` is a list of structs in a file.

    In memory `grounds` is JSON text: a list of {code, clause, source, value
    (true, false, unknown), sentence, id}, the deciding ground first. Rows with one
    text share it: an array of objects, because a fixed-width NumPy text of this
    length would take 15 kB a row.
    """

    TABLE: ClassVar[str] = "verdicts"

    t_s: Floats = column("float", "UTC seconds since 1970")
    option_id: Texts = column("text", "the option judged")
    track_id: Ints = column("int", "the track")
    mandate: Texts = column("text", "id of the mandate")
    verdict: Texts = column("text", "one of CODES")
    decide_by_s: Floats = column("float", "UTC seconds", optional=True)
    grounds: Texts = column("text", "JSON; list of structs in a file")

    def __post_init__(self) -> None:
        grounds = np.asarray(self.grounds)
        if grounds.dtype != object:
            shared: dict[str, str] = {}
            words = [shared.setdefault(str(g), str(g)) for g in grounds]
            grounds = np.empty(len(words), dtype=object)
            grounds[:] = words
        object.__setattr__(self, "grounds", np.full(len(grounds), "", dtype="<U1"))
        super().__post_init__()
        object.__setattr__(self, "grounds", grounds)

    def to_arrow(self) -> pa.Table:
        """As an Arrow table; `grounds` becomes a list of structs."""
        import pyarrow as pa

        texts = self.grounds.tolist()
        distinct = list(dict.fromkeys(texts))
        place = {text: i for i, text in enumerate(distinct)}
        parsed = pa.array([json.loads(t) for t in distinct], type=_grounds_type())
        rows = pa.array([place[t] for t in texts], type=pa.int64())
        plain = super().to_arrow()
        at = plain.column_names.index("grounds")
        return plain.set_column(at, "grounds", parsed.take(rows))

    @classmethod
    def from_arrow(cls, data: Any, *, where: str = "", **extras: Any) -> Self:
        """As `Columns.from_arrow`; `grounds` may be structs or JSON text."""
        import pyarrow as pa

        table = as_arrow_table(data)
        at = table.schema.get_field_index("grounds")
        if at < 0 or not pa.types.is_list(table.schema.field(at).type):
            return super().from_arrow(table, where=where, **extras)
        shared: dict[str, str] = {}
        texts = np.empty(table.num_rows, dtype=object)
        for i, row in enumerate(table.column(at).to_pylist()):
            text = json.dumps(row or [], ensure_ascii=False)
            texts[i] = shared.setdefault(text, text)
        blank = pa.array([""] * table.num_rows, pa.string())
        out = super().from_arrow(
            table.set_column(at, "grounds", blank), where=where, **extras
        )
        object.__setattr__(out, "grounds", texts)
        return out


def _grounds_type() -> Any:
    import pyarrow as pa

    names = ("code", "clause", "source", "value", "sentence", "id")
    return pa.list_(pa.struct([(name, pa.string()) for name in names]))
