"""Verdicts: what the mandate says of an option, clause by clause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from forefield.columns import Columns, Floats, Ints, Texts, column

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
    (true, false, unknown), sentence}, the deciding ground first.
    """

    TABLE: ClassVar[str] = "verdicts"

    t_s: Floats = column("float", "UTC seconds since 1970")
    option_id: Texts = column("text", "the option judged")
    track_id: Ints = column("int", "the track")
    mandate: Texts = column("text", "id of the mandate")
    verdict: Texts = column("text", "one of CODES")
    decide_by_s: Floats = column("float", "UTC seconds", optional=True)
    grounds: Texts = column("text", "JSON; list of structs in a file")
