"""Holders of a decision over all nights of a study: who could have said yes, on what.

From the counts of `studies.asking`, summed over nights, unweighted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from forefield.mandate.verdict_table import CODES
from forefield.studies.asking import BELIEF_EDGES
from forefield.studies.design import Design

__all__ = ["casualties_of", "holders_of", "limits_of"]

Table = list[dict[str, Any]]


def holders_of(rows: Any, design: Design) -> Table:
    """By alternative and holder, in the order they are asked.

    could, yes    verdicts on options to intercept where this holder could have said
                  yes, and had;  of: all such verdicts of the alternative
    belief_p50    median belief of entry where the holder could have said yes
    belief_all    that of all options to intercept;  limit: the mandate's, NaN: none
    """
    out: Table = []
    limit = {
        name: _only({one.get("belief") for one in nights})
        for name, nights in _by_alternative(rows, design, "limits")
    }
    for name, nights in _by_alternative(rows, design, "holders"):
        sums: dict[str, dict[str, Any]] = {}
        for holder, one in (pair for night in nights for pair in night.items()):
            kept = sums.setdefault(
                holder, {"who": one["who"], "could": 0, "yes": 0, "belief": 0}
            )
            kept["could"] += one["could"]
            kept["yes"] += one["yes"]
            kept["belief"] = kept["belief"] + np.array(one["belief"])
        every = sums.pop("", None)
        if every is None:
            continue
        out += [
            {"alternative": name, "holder": holder, "who": one["who"],
             "could": one["could"], "yes": one["yes"], "of": every["could"],
             "belief_p50": _median(one["belief"]),
             "belief_all": _median(every["belief"]), "limit": limit[name]}
            for holder, one in sums.items()
        ]  # fmt: skip
    return out


def casualties_of(rows: Any, design: Design) -> Table:
    """By verdict and country, over all alternatives: the mean 95 % end of casualties.

    options  how many verdicts it is the mean of
    """
    sums: dict[tuple[str, str], list[float]] = {}
    for _, nights in _by_alternative(rows, design, "casualties_said"):
        for code, by in (pair for night in nights for pair in night.items()):
            for country, (n, total) in by.items():
                kept = sums.setdefault((code, country), [0, 0.0])
                kept[0] += n
                kept[1] += total
    return [
        {"verdict": code, "country": country, "options": int(n), "mean": total / n}
        for code in CODES
        for (of, country), (n, total) in sorted(sums.items())
        if of == code and n
    ]


def limits_of(rows: Any, design: Design, name: str) -> list[float]:
    """Different limits of the mandates of a study, from least to most."""
    found = {
        one[name]
        for _, nights in _by_alternative(rows, design, "limits")
        for one in nights
        if name in one
    }
    return sorted(found)


def _only(limits: set[Any]) -> float:
    """The one limit of an alternative; NaN: it has none, or one that is drawn."""
    only = limits.pop() if len(limits) == 1 else None
    return float("nan") if only is None else float(only)


def _by_alternative(
    rows: Any, design: Design, column: str
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    texts, numbers = rows[column].to_pylist(), rows["alternative"].to_pylist()
    for k, a in enumerate(design.alternatives):
        mine = [t for n, t in zip(numbers, texts, strict=True) if n == k and t]
        yield a.name, [json.loads(t) for t in mine]


def _median(counts: Any) -> float:
    """Of beliefs that were counted in bins, to within a bin; NaN of none."""
    upto = np.concatenate([[0], np.cumsum(counts)])
    if not upto[-1]:
        return float("nan")
    return float(np.interp(0.5 * upto[-1], upto, BELIEF_EDGES))
