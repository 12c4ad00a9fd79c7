"""Proofs: what holds of a mandate in every case, not only in those we tried.

`prove` asks Z3 for a case that breaks one of the named invariants, on every span of
days on which the table is the same. Where there is one, `judge` is asked about it
as well, and it is told in words. Needs the extra `prove`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from forefield.mandate.facts import Facts, Given
from forefield.mandate.frames import Claim, Frame
from forefield.mandate.invariants import INVARIANTS, Invariant
from forefield.mandate.judge import judge
from forefield.mandate.rules import Mandate
from forefield.mandate.symbolic import Case, Epoch, Zones, epochs, name_zones, solver

__all__ = ["Counterexample", "Proof", "Prover", "prove"]

_PATIENCE_MS = 20_000


@dataclass(frozen=True)
class Counterexample:
    """A case that breaks an invariant, in words.

    days   the days on which the table says so
    lines  the facts, and what the table answers
    sure   `judge` answers as the formulas do; if not, one of the two is wrong
    """

    days: str
    lines: tuple[str, ...]
    sure: bool = True


@dataclass(frozen=True)
class Proof:
    """One invariant of one mandate: `holds` on all its days, or a counterexample."""

    invariant: Invariant
    holds: bool
    counterexample: Counterexample | None = None
    questions: int = 0


def prove(mandate: Mandate) -> tuple[Proof, ...]:
    """Every invariant that applies to a mandate, proved or refuted.

    Raises `InputError` when Z3 is not installed.
    """
    prover = Prover(mandate)
    return tuple(prover.prove(i) for i in INVARIANTS if i.applies(mandate))


class Prover:
    """Asks Z3 about one mandate; keeps what several questions share.

    spans     epochs, each with the one before; default: all of the mandate
    like      a prover of a mandate with the same facts, whose symbols are shared
    faithful  `judge` can be asked too; not where a mutant says what no table can
    """

    def __init__(
        self,
        mandate: Mandate,
        *,
        spans: tuple[tuple[Epoch, Epoch | None], ...] | None = None,
        like: Prover | None = None,
        faithful: bool = True,
    ) -> None:
        self.z3 = solver()
        self.mandate, self.faithful = mandate, faithful
        self.zones: Zones = like.zones if like else Zones()
        name_zones(mandate, self.zones)
        self.cases: dict[Any, Case] = like.cases if like else {}
        self._solvers: dict[Any, Any] = like._solvers if like else {}
        if spans is None:
            found = epochs(mandate)
            spans = tuple(zip(found, (None, *found), strict=False))
        self.spans = spans
        self._frames: dict[bool, tuple[Frame, ...]] = {}

    def prove(self, invariant: Invariant) -> Proof:
        """One invariant, on every span of days, stopping at the first that fails."""
        asked = 0
        for frame in self.frames(invariant):
            for claim in invariant.build(frame):
                asked += 1
                found = self._ask(frame, claim)
                if found is not None:
                    return Proof(invariant, False, found, asked)
        return Proof(invariant, True, None, asked)

    def breaks(self, invariant: Invariant) -> bool:
        """Whether some case breaks it; quicker than `prove`, and without words."""
        for frame in self.frames(invariant):
            wrongs: dict[tuple[Case, ...], list[Any]] = {}
            for claim in invariant.build(frame):
                if claim.wrong is None:
                    return True
                wrongs.setdefault(claim.cases, []).append(claim.wrong)
            for cases, some in wrongs.items():
                wrong = some[0] if len(some) == 1 else self.z3.Or(some)
                if self._check(Claim(wrong, cases))[0]:
                    return True
        return False

    def attainable(self, *, settled: bool) -> bool:
        """Whether any case at all is free of a bar.

        With every standing fact left open it has to be, or the invariants say nothing;
        as settled, in the documented world, it must not be.
        """
        free = replace(INVARIANTS[0], settled=settled, build=_free)
        return self.breaks(free)

    def frames(self, invariant: Invariant) -> tuple[Frame, ...]:
        """The mandate on each span of days that asks something new."""
        settled = invariant.settled
        if settled not in self._frames:
            asked: dict[Any, Frame] = {}
            for epoch, before in self.spans:
                frame = Frame(
                    self.mandate,
                    epoch,
                    self.zones,
                    self.cases,
                    settled=settled,
                    before=before,
                )
                asked.setdefault(frame.question, frame)
            self._frames[settled] = tuple(asked.values())
        return self._frames[settled]

    def _solver(self, cases: tuple[Case, ...]) -> Any:
        key = tuple(id(case) for case in cases)
        if key not in self._solvers:
            made = self.z3.Solver()
            made.set("timeout", _PATIENCE_MS)
            for case in cases:
                made.add(*case.domain())
            self._solvers[key] = made
        return self._solvers[key]

    def _check(self, claim: Claim) -> tuple[bool, Any]:
        """(a case exists or could not be excluded, its model)"""
        asked = self._solver(claim.cases)
        asked.push()
        try:
            asked.add(claim.wrong)
            answer = asked.check()
            if answer == self.z3.unsat:
                return False, None
            return True, asked.model() if answer == self.z3.sat else None
        finally:
            asked.pop()

    def _ask(self, frame: Frame, claim: Claim) -> Counterexample | None:
        days = str(frame.epoch)
        if claim.wrong is None:
            return Counterexample(days, (f"{claim.said}.",))
        broken, model = self._check(claim)
        if not broken:
            return None
        if model is None:
            return Counterexample(days, ("Z3 came to no answer in time.",), False)
        return self._told(frame, claim, self._plainest(claim, model))

    def _plainest(self, claim: Claim, model: Any) -> Any:
        """A model with as few facts, and as few differences, as one pass finds."""
        # A solver of its own: what is wished for here must not reach a proof.
        asked = self.z3.Solver()
        asked.set("timeout", _PATIENCE_MS)
        for case in claim.cases:
            asked.add(*case.domain())
        asked.add(claim.wrong)
        for wish in self._wishes(claim.cases):
            asked.push()
            asked.add(wish)
            if asked.check() == self.z3.sat:
                model = asked.model()
            else:
                asked.pop()
        return model

    def _wishes(self, cases: tuple[Case, ...]) -> Iterator[Any]:
        if len(cases) == 2:
            one, other = cases
            for name, x in one.said.items():
                y = other.said[name]
                yield self.z3.And(
                    x.given == y.given,
                    x.dated == y.dated,
                    x.age_ms == y.age_ms,
                    x.value == y.value,
                )
        for case in cases:
            for fact in case.said.values():
                yield self.z3.Not(fact.given)
                yield self.z3.Or(self.z3.Not(fact.dated), fact.age_ms == 2000)

    def _told(self, frame: Frame, claim: Claim, model: Any) -> Counterexample:
        at_s = frame.epoch.at_s(self.mandate.timezone)
        table = self.mandate
        if not frame.settled:
            table = replace(table, standing=())
        lines, sure = [f"{claim.said}."] if claim.said else [], True
        first: Facts | None = None
        for case in claim.cases:
            facts = case.facts(model, at_s)
            lines += list(_in_words(facts, first))
            first = facts
            barring = [
                g.id
                for g in frame.grounds
                if self.z3.is_true(model.eval(case.bars(g), model_completion=True))
            ]
            if self.faithful:
                found = judge(table, facts)
                sure = sure and [x.ground.id for x in found.grounds] == barring
                lines.append(f"judge answers {found.code}{_grounds(barring)}.")
            else:
                lines.append(f"No ground bars.{_grounds(barring)}")
        return Counterexample(str(frame.epoch), tuple(lines), sure)


def _free(frame: Frame) -> Iterator[Claim]:
    yield Claim(frame.no_bar(frame.a), (frame.a,))


def _grounds(ids: list[str]) -> str:
    return f" ({', '.join(ids)})" if ids else ""


def _in_words(facts: Facts, first: Facts | None) -> Iterator[str]:
    """The facts of a case as lines; of a second case only what differs."""
    if first is None:
        yield "Facts: " + _listed(facts.at_s, dict(facts.given)) + "."
        return
    changed = {
        n: facts.given.get(n)
        for n in {**first.given, **facts.given}
        if facts.given.get(n) != first.given.get(n)
    }
    yield "Beside it, all else alike: " + _listed(facts.at_s, changed) + "."


def _listed(at_s: float, given: dict[str, Given | None]) -> str:
    return "; ".join(_fact(at_s, n, g) for n, g in given.items()) or "none at all"


def _fact(at_s: float, name: str, given: Given | None) -> str:
    if given is None or given.value is None:
        return f"{name} absent"
    value = given.value
    if isinstance(value, bool):
        said = "true" if value else "false"
    else:
        said = f"{value:g}" if isinstance(value, float | int) else value
    if given.as_of_s is None:
        return f"{name} {said}"
    age_s = round(at_s - given.as_of_s, 3)
    if age_s < 0:
        return f"{name} {said} (dated {-age_s:g} s after the question)"
    return f"{name} {said} ({age_s:g} s old)"
