"""Who could have said yes, on what evidence, and at what harm: counted over a night.

At every cycle, of the options to intercept: a holder *could say yes* when nothing but
answers was left to bar the option and everybody asked before had said yes. The belief
of entry within ten minutes is the evidence at that moment, and the 95 % end of the
expected casualties is what a mandate's limit of harm is held against.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import numpy as np

from forefield.columns import Floats, Ints, Texts
from forefield.mandate.facts import entry_horizon
from forefield.mandate.judge import NO_BAR
from forefield.mandate.rules import Mandate
from forefield.mandate.verdict_table import CODES
from forefield.mechanism import Cycle, Mechanism
from forefield.studies.acting import Studied

__all__ = ["BELIEF_EDGES", "Watched"]

#: Beliefs are counted in twentieths.
BELIEF_EDGES = np.linspace(0.0, 1.0, 21)
#: Verdicts under which only answers are, or were, asked for.
_PUT = ("AWAITING_ANSWER", "REFUSED_BY_HOLDER", "LAPSED", NO_BAR)
_LIMITS = {"belief": "p_enter", "guard": "harm_guard_p95", "host": "harm_host_p95"}

#: Of one holder, or of all options (name ""): verdicts, yes, verdicts by belief.
Counts = dict[str, dict[str, object]]


class Watched:
    """A study's rule of acting, with what it was asked about counted beside it."""

    def __init__(self, mechanism: Mechanism, acts: Studied) -> None:
        self._mechanism, self._acts = mechanism, acts
        names = ["", *(h.id for h in mechanism.mandate.holders)]
        self._belief = {n: np.zeros(len(BELIEF_EDGES) - 1, dtype=int) for n in names}
        self._could, self._yes = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
        self._harm: dict[str, dict[str, list[float]]] = {}

    def __call__(self, cycle: Cycle, whose: Callable[[int], str]) -> dict[str, float]:
        """Count, then act."""
        self._count(cycle)
        return self._acts(cycle, whose)

    def _count(self, cycle: Cycle) -> None:
        o, v = cycle.options, cycle.verdicts
        code_of = dict(zip(v.option_id.tolist(), v.verdict.tolist(), strict=True))
        fire = np.flatnonzero(o.action == "intercept")
        if not len(fire):
            return
        said = [code_of.get(i, "") for i in o.option_id[fire].tolist()]
        belief = _belief_of(cycle)
        told = np.array([belief.get(t, np.nan) for t in o.track_id[fire].tolist()])
        self._add("", told)
        put = [k for k, code in enumerate(said) if code in _PUT]
        self._asked(cycle, [str(o.option_id[fire[k]]) for k in put], told[put])
        self._harmed(cycle, fire, np.array(said))

    def _harmed(self, cycle: Cycle, fire: Ints, said: Texts) -> None:
        o = cycle.options
        for k, label in enumerate(o.harm_names):
            if not label.endswith("_p95"):
                continue
            harm = o.harm[fire, k]
            for code in np.unique(said).tolist():
                mine = harm[(said == code) & np.isfinite(harm)]
                by = self._harm.setdefault(code, {})
                kept = by.setdefault(label[:-4], [0, 0.0])
                kept[0] += len(mine)
                kept[1] += float(mine.sum())

    def _asked(self, cycle: Cycle, options: list[str], belief: Floats) -> None:
        people = self._mechanism.holders
        answers = people.answers(cycle.options) if people is not None else {}
        could: dict[str, list[float]] = {}
        for option, p in zip(options, belief.tolist(), strict=True):
            heard = answers.get(option, {})
            for holder in self._mechanism.mandate.holders:
                could.setdefault(holder.id, []).append(p)
                if heard.get(holder.id, "") != "yes":
                    break
                self._yes[holder.id] += 1
        for name, beliefs in could.items():
            self._add(name, beliefs)

    def _add(self, name: str, belief: Iterable[float]) -> None:
        p = np.asarray(belief, dtype=float)
        self._could[name] += len(p)
        self._belief[name] += np.histogram(p[np.isfinite(p)], BELIEF_EDGES)[0]

    def told(self) -> dict[str, float | str]:
        """All of it as columns of a row, in JSON."""
        told = {
            "holders": self._holders(),
            "casualties_said": {c: self._harm[c] for c in CODES if c in self._harm},
            "limits": _limits(self._mechanism.mandate),
        }
        return {name: json.dumps(value) for name, value in told.items()}

    def _holders(self) -> Counts:
        """Counts of all options to intercept ("") and of each holder in their order."""
        who = {h.id: h.organ["en"] for h in self._mechanism.mandate.holders}
        return {
            n: {"who": who.get(n, ""), "could": k, "yes": self._yes[n],
                "belief": self._belief[n].tolist()}
            for n, k in self._could.items()
        }  # fmt: skip


def _limits(mandate: Mandate) -> dict[str, float]:
    """The mandate's limits: belief of entry, and harm to the guard and the host."""
    facts = {name: mandate.facts.get(fact) for name, fact in _LIMITS.items()}
    return {
        name: fact.true_above / 1000
        for name, fact in facts.items()
        if fact is not None and fact.true_above is not None
    }


def _belief_of(cycle: Cycle) -> dict[int, float]:
    """Track -> belief of entry on the horizon that mandates look at, of any guard."""
    b = cycle.beliefs
    out: dict[int, float] = {}
    rows = b.horizon_s == entry_horizon(b)
    for track, p in zip(b.track_id[rows].tolist(), b.p_enter[rows].tolist(),
                        strict=True):  # fmt: skip
        out[track] = max(p, out.get(track, 0.0))
    return out
