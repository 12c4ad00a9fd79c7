"""Cases for the tests of mandates: random facts, and a world where all is agreed."""

from __future__ import annotations

import re
from importlib.resources import files

import numpy as np
from hypothesis import strategies as st

from forefield.mandate.facts import Facts, FactTable, Given
from forefield.mandate.rules import Mandate, load, parse

AT_S = 1_755_000_000.0  # 12 August 2025, 12:00 UTC
DOCUMENTED = load("documented")


def agreed_world() -> Mandate:
    """The documented table without what the documents settle: facts may say yes."""
    path = files("forefield").joinpath("data", "mandates", "documented.toml")
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^\[\[standing\]\].*?(?=^\[\[|^# --)", "", text)
    return parse(text.replace('id = "documented"', 'id = "all-may-be-assumed"'))


AGREED = agreed_world()

#: Every fact as it would have to be for no ground to bar in AGREED.
BEST = {
    "action": "intercept",
    "over": "UA",
    "guard": "PL",
    "owner": "PL",
    "fires_from": "PL",
    "p_missile_or_uav": 0.99,
    "p_civil": 0.0,
    "p_crewed": 0.0,
    "p_interceptor": 0.0,
    "p_unclassified": 0.0,
    "p_exist": 0.99,
    "consistent": True,
    "p_enter": 0.95,
    "evidence_age_s": 3.0,
    "harm_guard_p95": 0.0,
    "harm_host_p95": 0.0,
    "feasible": True,
    "seconds_left": 30.0,
    **{
        name: True
        for name in DOCUMENTED.facts
        if DOCUMENTED.facts[name].about == "standing"
    },
    **{holder.fact: "yes" for holder in DOCUMENTED.holders},
}


def best_case(at_s: float = AT_S, **other: object) -> Facts:
    """A case in which AGREED knows no bar, with some facts otherwise (None: absent)."""
    values = {**BEST, **other}
    given = {
        name: Given(value, at_s - 2.0)
        for name, value in values.items()
        if value is not None
    }
    return Facts(at_s, given, "option", 1, at_s + 30.0)


def _values(name: str) -> st.SearchStrategy[object]:
    rule = DOCUMENTED.facts[name]
    if rule.type == "bool":
        return st.booleans()
    if rule.type == "enum":
        return st.sampled_from(rule.values)
    if rule.type == "zone":
        return st.sampled_from(["UA", "PL", "RO", "BY", "XS"])
    edges = [x / 1000 for x in (rule.true_above, rule.false_below) if x is not None]
    near = [e + d for e in (*edges, 0.0) for d in (-0.0011, -0.0004, 0, 0.0004, 0.0011)]
    if rule.unit == "probability":
        near = [min(max(x, 0.0), 1.0) for x in near]
        return st.sampled_from([*near, 0.0, 1.0]) | st.floats(0, 1)
    return st.sampled_from(near) | st.floats(-100, 1000)


_AGES = st.sampled_from([None, -0.01, 0.0, 4.0, 9.999, 10.0, 10.001, 30.0, 61.0, 1e6])


@st.composite
def cases(draw: st.DrawFn, *, at_s: float = AT_S) -> Facts:
    """Random facts: present, absent, stale, undated, on and beside every limit.

    Most start from the best case, so that a law is tested where it can fail.
    """
    start = draw(st.sampled_from(["best", "best", "random"]))
    given = dict(best_case(at_s).given) if start == "best" else {}
    names = sorted(DOCUMENTED.facts)
    most = 3 if start == "best" else len(names)
    for name in draw(st.lists(st.sampled_from(names), max_size=most, unique=True)):
        if draw(st.integers(0, 5)) == 0:
            given.pop(name, None)
            continue
        age_s = draw(_AGES)
        as_of_s = None if age_s is None else at_s - age_s
        given[name] = Given(draw(_values(name)), as_of_s)
    return Facts(at_s, given, "option", 1, at_s + 30.0)


def table_of(mandate: Mandate, rows: list[Facts]) -> FactTable:
    """The same cases as columns."""
    n = len(rows)
    values: dict[str, object] = {}
    as_of: dict[str, np.ndarray] = {}
    booleans = set()
    for name, rule in mandate.facts.items():
        given = [f.given.get(name) for f in rows]
        if rule.type in ("enum", "zone"):
            values[name] = np.array([g.value if g else "" for g in given])
        else:
            values[name] = np.array(
                [np.nan if g is None else float(g.value) for g in given]
            )
        if rule.type == "bool":
            booleans.add(name)
        as_of[name] = np.array(
            [np.nan if g is None or g.as_of_s is None else g.as_of_s for g in given]
        )
    return FactTable(
        at_s=rows[0].at_s,
        n=n,
        values=values,
        as_of_s=as_of,
        sources={},
        option_id=np.array([f.option_id for f in rows]),
        track_id=np.array([f.track_id for f in rows]),
        latest_decision_s=np.array([f.latest_decision_s for f in rows], dtype=float),
        booleans=frozenset(booleans),
    )
