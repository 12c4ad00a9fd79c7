"""Who could have said yes, and on what evidence? The seventh question."""

from __future__ import annotations

import math
from typing import Any

from forefield.mandate.verdict_table import CODES
from forefield.studies.asked import Asked, Row, names, number
from forefield.studies.tables import Results

__all__ = ["who_could_say_yes"]


def who_could_say_yes(r: Results) -> Asked:
    """By alternative and holder: how often the question was theirs, on what belief."""
    total = sum(v["count"] for v in r.verdicts)
    free = sum(v["count"] for v in r.verdicts if v["what"] == CODES[-1])
    rows: list[Row] = []
    for h in r.holders:
        cells = [_share(h["could"], h["of"]), _share(h["yes"], h["could"]),
                 number(h["belief_p50"], 2), number(h["limit"], 2),
                 number(h["belief_all"], 2)]  # fmt: skip
        before = f"{h['alternative']}: " if len(names(r)) > 1 else ""
        rows.append((before + h["who"], cells))
    words = (
        f"Of {total:,} options to intercept, over all alternatives, {free:,} ended "
        "with no bar found for a human decision: everybody the mandate names had said "
        "yes, in time, on evidence above its limits. "
    )
    return Asked(
        "Who could have said yes, and on what evidence?",
        words + _most(r.holders),
        "An agreement in force moves the first grounds; evidence and debris limits "
        "are parameters that no source gives.",
        ["could have said yes, % of all options", "said yes, % of those",
         "belief of entry there, middle", "limit of the mandate",
         "belief of all options, middle"],
        rows,
        note="Holders in the order in which they are asked. One could have said yes "
        "where nothing but answers was left to bar the option and all before had said "
        "yes. Belief: of entry within ten minutes, at that moment, to a twentieth. "
        "Answers are simulated; no real person was asked. A dash: never, or no limit.",
    )  # fmt: skip


def _most(holders: list[dict[str, Any]]) -> str:
    """Who had the question most often, of those asked first."""
    first: dict[str, dict[str, Any]] = {}
    for h in holders:
        first.setdefault(h["alternative"], h)
    top = max(first.values(), key=lambda h: h["could"] / max(1, h["of"]), default=None)
    if top is None or not top["could"]:
        return "Nobody could have said yes to any: other bars came before every answer."
    under = f"Most often under {top['alternative']}: " if len(first) > 1 else ""
    said = (
        f"{under}{top['who']} could have said yes to "
        f"{_share(top['could'], top['of'])} % of them, half at a belief of entry above "
        f"{number(top['belief_p50'], 2)}"
    )
    limit = top["limit"]
    return said + (f" (limit {number(limit, 2)})." if math.isfinite(limit) else ".")


def _share(part: int, of: int) -> str:
    return number(100 * part / of, 2) if of else "–"
