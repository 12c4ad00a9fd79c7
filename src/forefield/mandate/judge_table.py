"""A verdict for every option of a cycle, through the compiled form of the mandate.

`judge` is the slow evaluator that explains itself; a test holds the two equal on
generated cases. A table with more grounds or comparisons than the compiled form holds
is judged row by row by `judge`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from forefield.engagement.option_table import Options
from forefield.forecasting.beliefs import Beliefs
from forefield.mandate import compiled
from forefield.mandate.facts import FactTable, Observed, facts_under, observed
from forefield.mandate.judge import in_text, judge
from forefield.mandate.rules import Mandate
from forefield.mandate.verdict_table import Verdicts
from forefield.tracking.tracks import Tracks

__all__ = ["acts_of", "judge_observed", "judge_options", "judge_table"]


def acts_of(options: Options) -> Options:
    """The options that are acts: doing nothing needs no permission."""
    return options.take(options.action != "nothing")


def judge_options(
    mandate: Mandate,
    options: Options,
    tracks: Tracks,
    beliefs: Beliefs,
    standing: Mapping[str, Any] | None = None,
    now_s: float | None = None,
    answers: Mapping[str, Mapping[str, str]] | None = None,
    *,
    guard: str | Sequence[str] = "",
) -> Verdicts:
    """A verdict for every option that is an act; arguments as for `facts_for`.

    Rows whose action is "nothing" get no verdict. Sentences are in English; equal
    patterns of truth share their text.
    """
    seen = observed(acts_of(options), tracks, beliefs, now_s, guard=guard)
    return judge_observed(mandate, seen, standing, answers)


def judge_observed(
    mandate: Mandate,
    seen: Observed,
    standing: Mapping[str, Any] | None = None,
    answers: Mapping[str, Mapping[str, str]] | None = None,
) -> Verdicts:
    """The same from what was observed of the acts, which many mandates may share."""
    if not len(seen.options):
        return Verdicts.empty()
    return judge_table(mandate, facts_under(mandate, seen, standing, answers))


def judge_table(mandate: Mandate, table: FactTable) -> Verdicts:
    """A verdict for every row of a table of facts."""
    if not table.n:
        return Verdicts.empty()
    program = compiled.on(mandate, mandate.day(table.at_s))
    if program is None:
        told = [_slowly(mandate, table, i) for i in range(table.n)]
    else:
        told = [program.told(*key) for key in program.judge_rows(table)]
    texts = np.empty(table.n, dtype=object)
    texts[:] = [text for _, text in told]
    return Verdicts(
        t_s=np.full(table.n, table.at_s),
        option_id=table.option_id,
        track_id=table.track_id,
        mandate=np.full(table.n, mandate.id),
        verdict=np.array([code for code, _ in told]),
        decide_by_s=table.latest_decision_s,
        grounds=texts,
    )


def _slowly(mandate: Mandate, table: FactTable, i: int) -> tuple[str, str]:
    found = judge(mandate, table.row(i))
    return found.code, in_text([(f.ground, f.value) for f in found.grounds])
