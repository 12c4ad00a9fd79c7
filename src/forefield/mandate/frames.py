"""What an invariant may look at: a mandate on some days, and its cases.

The words here are those of public law (the acting state, its own sky, consent, basis,
the answers of the holders), read from the facts of a case and from no ground.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any

from forefield.mandate.rules import Ground, Mandate
from forefield.mandate.symbolic import Case, Epoch, Zones

__all__ = [
    "CLEAR",
    "RAILS",
    "REACH",
    "RECORD",
    "SUPPOSED",
    "Claim",
    "Frame",
    "Reach",
    "reach_of",
]

#: The day from which there is a clause on interception over Ukraine.
CLAUSE = date(2024, 7, 8)
ALWAYS = (date.min, date.max)

#: Bounds, in thousandths, beyond which no mandate of ours may find no bar. They are
#: rails of this proof (ASSUMPTION), not law: no source gives a number. They are wider
#: than the limits of any shipped mandate and catch a limit put in the wrong place.
RAILS = {
    "hazard_at_most": 100,  # civil, crewed, friendly, unclassified: 1 in 10
    "object_at_least": 750,  # that it exists, that it is a missile or UAV: 3 in 4
    "entry_above": 500,  # that it enters the guarded airspace: more likely than not
    "age_ms_at_most": 60_000,  # of anything observed; 15 km of flight
    "evidence_age_at_most": 30_000,  # s in thousandths
    "harm_at_most": 1_000,  # expected casualties: one
}

#: A case nobody could call doubtful: the other end of the same scale.
CLEAR = {
    "hazard_at_most": 20,
    "object_at_least": 950,
    "entry_at_least": 950,
    "age_ms_at_most": 5_000,
    "evidence_age_at_most": 5_000,
    "harm_at_most": 10,
}

#: What the public record says of each standing fact, up to November 2026: `missing`
#: (a source says so, or a thing that would be public was looked for and not found) or
#: `open` (no source says either way). First and last day, then why.
RECORD: tuple[tuple[str, date, date, str, str], ...] = (
    ("host_consent_fire", *ALWAYS, "missing", "no consent instrument was seen"),
    ("host_consent_units", *ALWAYS, "missing", "no act of parliament was seen"),
    ("inside_consent_scope", *ALWAYS, "missing", "no consent, so nothing inside it"),
    ("domestic_basis_pl", date.min, date(2026, 1, 22), "missing", "art. 2a of 1998"),
    ("domestic_basis_pl", date(2026, 1, 23), date.max, "open", "Act of 18 Dec 2025"),
    ("standing_mandate_pl", *ALWAYS, "open", "rules of engagement are not public"),
    ("domestic_basis_other", *ALWAYS, "open", "not examined"),
    ("procedures_agreed", *ALWAYS, "missing", "no source shows them agreed"),
    ("allied_procedure_agreed", *ALWAYS, "missing", "policy unchanged, 14 Jul 2024"),
    ("exchange_rules_agreed", date.min, date(2025, 9, 10), "missing", "none reported"),
    ("exchange_rules_agreed", date(2025, 9, 11), date.max, "open", "discussed only"),
)

HAZARDS = ("p_civil", "p_crewed", "p_interceptor", "p_unclassified")
OBJECT = ("p_exist", "p_missile_or_uav", "p_missile", "p_uav")
HARM = ("harm_guard_p95", "harm_host_p95")
#: Facts of which an emergency power hangs, such as lost contact, by a part of the name.
POWERS = ("contact", "emergency")
#: Beginnings of facts that bind one state alone, named at their end.
OWN_LAW = ("domestic_basis_", "standing_mandate_")
CONSENT = ("host_consent_fire", "inside_consent_scope")
LEGAL = (
    "NATIONAL_LAW",
    "NO_HOST_CONSENT",
    "NO_DOMESTIC_BASIS",
    "NO_AGREED_PROCEDURE",
    "AWAITING_ANSWER",
    "REFUSED_BY_HOLDER",
)
AGREED_WITH_UKRAINE = LEGAL[1:]


@dataclass(frozen=True)
class Reach:
    """Where a mandate speaks: over which country, by whose forces, for whose sake.

    by     another (any state but that one), itself, or anyone
    guard  the guarded country; "" for any
    since  the first day on which `guard` is part of it
    law    the first day on which there is the law it is about; before, it lifts no bar
    """

    over: str
    by: str
    guard: str = ""
    since: date = date.min
    law: date = date.min


_CLAUSE_REACH = Reach("UA", "another", "PL", CLAUSE)

#: What each mandate is about, said once beside its table. A mandate of another name
#: that asks for agreed procedures and for consent is taken to be about the clause.
REACH = {
    "documented": _CLAUSE_REACH,
    "agreement-2024-agreed": _CLAUSE_REACH,
    "national-self-defence": _CLAUSE_REACH,
    "joint-allied": _CLAUSE_REACH,
    "pre-delegated": _CLAUSE_REACH,
    "status-quo-border": Reach("PL", "anyone", "PL"),
    "lost-contact": Reach("PL", "anyone", "PL", law=date(2026, 1, 23)),
    "romania-2025": Reach("RO", "anyone", "RO", law=date(2025, 5, 19)),
    "lithuania-2025": Reach("LT", "anyone", "LT", law=date(2025, 10, 1)),
    "ukraine-shoots-warned": Reach("UA", "itself"),
}

#: What each mandate that supposes an agreement supposes, and nothing else: said once
#: beside its table. All of it is ASSUMPTION, by the authors of the table; what no
#: reader of the title would expect (units admitted, another state's law) stays as
#: documented.
_AGREED: dict[str, bool | None] = {
    "host_consent_fire": True,
    "host_consent_units": False,
    "inside_consent_scope": True,
    "domestic_basis_pl": True,
    "standing_mandate_pl": True,
    "domestic_basis_other": None,
    "procedures_agreed": True,
    "allied_procedure_agreed": True,
    "exchange_rules_agreed": True,
}
SUPPOSED: dict[str, dict[str, bool | None]] = {
    "agreement-2024-agreed": _AGREED,
    "joint-allied": {**_AGREED, "domestic_basis_other": True},
    "pre-delegated": {**_AGREED, "delegation_in_force": True},
    "national-self-defence": {
        k: v
        for k, v in _AGREED.items()
        if k not in ("procedures_agreed", "allied_procedure_agreed")
    },
}


def reach_of(mandate: Mandate) -> Reach | None:
    """What a mandate is about; None where that is not known."""
    plain = mandate.id.partition(":")[0]  # without the parameters that were set
    if plain in REACH:
        return REACH[plain]
    codes = {g.code for g in mandate.grounds}
    asks = {"NO_AGREED_PROCEDURE", "NO_HOST_CONSENT"} <= codes
    return _CLAUSE_REACH if asks and "procedures_agreed" in mandate.facts else None


@dataclass(frozen=True)
class Claim:
    """One wrong: no case (or pair of cases) may fulfil it.

    wrong  the formula; None: a wrong seen without a solver, told by `said`
    cases  the cases it speaks of, the first barred less than it should be
    """

    wrong: Any
    cases: tuple[Case, ...] = ()
    said: str = ""


def kept(build: Callable[[Frame, Case], Any]) -> Callable[[Frame, Case], Any]:
    """Keep with the case what depends on its facts and on no ground."""

    @wraps(build)
    def once(frame: Frame, case: Case) -> Any:
        return case.keep(build.__name__, lambda: build(frame, case))

    return once


class Frame:
    """One mandate in one epoch, with its cases: what an invariant may look at."""

    def __init__(
        self,
        mandate: Mandate,
        epoch: Epoch,
        zones: Zones,
        cases: dict[Any, Case],
        *,
        settled: bool,
        before: Epoch | None = None,
    ) -> None:
        self.mandate, self.epoch, self.zones = mandate, epoch, zones
        self.settled, self.before = settled, before
        self._cases = cases
        self._bars: dict[Any, Any] = {}
        self.a = self.case("a")
        self.z = self.a.z3

    def case(self, tag: str) -> Case:
        """A case by its tag; kept, because building one costs more than asking."""
        standing = self.epoch.standing if self.settled else ()
        key = (tag, self.settled, standing)
        if key not in self._cases:
            self._cases[key] = Case(self.mandate, self.zones, tag, standing)
        return self._cases[key]

    @property
    def question(self) -> Any:
        """What the answers depend on; two spans of days with one question are one."""
        rows = tuple((g.id, g.code, g.order, g.when) for g in self.epoch.grounds)
        first = self.epoch.first
        after = first is not None and first >= CLAUSE
        standing = self.epoch.standing if self.settled else ()
        return rows, standing, after, first == CLAUSE

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """The grounds in force, in the order in which they decide."""
        return self.epoch.grounds

    def has(self, name: str) -> bool:
        """Whether the mandate asks for a fact."""
        return name in self.mandate.facts

    def of(self, *codes: str) -> list[Ground]:
        """The grounds with one of these codes."""
        return [g for g in self.grounds if g.code in codes]

    def no_bar(self, case: Case) -> Any:
        """No ground bars."""
        return self.z.Not(self.some_bar(case))

    def some_bar(self, case: Case, *codes: str) -> Any:
        """A ground bars; with codes, one of those."""
        key = (case.tag, codes)
        if key not in self._bars:
            found = self.of(*codes) if codes else list(self.grounds)
            self._bars[key] = self.z.Or([case.bars(g) for g in found])
        return self._bars[key]

    def asserted(self, case: Case, *codes: str) -> Any:
        """A ground with one of these codes bars and is certainly true."""
        return self.z.Or([case.asserts(g) for g in self.of(*codes)])

    # -- where an act takes place ----------------------------------------------------

    @kept
    def own_sky(self, case: Case) -> Any:
        """Over the acting state itself, over a guarded ally, or over the sea."""
        return self.z.Or(
            case.same("over", "owner"),
            self.over_the_guard(case),
            case.equals("over", "XS"),
        )

    @kept
    def abroad(self, case: Case) -> Any:
        """Not certainly in its own sky: the unknown counts as abroad."""
        return self.z.Not(self.own_sky(case))

    @kept
    def over_ukraine_by_another(self, case: Case) -> Any:
        """Certainly over Ukraine, certainly not by Ukraine."""
        return self.z.And(case.equals("over", "UA"), self.by_another(case))

    @kept
    def by_another(self, case: Case) -> Any:
        """The acting state is known and is not Ukraine."""
        return self.z.And(case.known("owner"), self.z.Not(case.equals("owner", "UA")))

    @kept
    def over_the_guard(self, case: Case) -> Any:
        """Certainly over the guarded state, which is not Ukraine."""
        return self.z.And(
            case.same("over", "guard"), self.z.Not(case.equals("over", "UA"))
        )

    def powers(self) -> list[str]:
        """Facts on which an emergency power hangs."""
        return [n for n in self.mandate.facts if any(w in n for w in POWERS)]

    def inside(self, case: Case, reach: Reach) -> Any:
        """The act is certainly where the mandate speaks."""
        parts = [case.equals("over", reach.over)]
        if reach.by == "another":
            parts.append(case.known("owner"))
            parts.append(self.z.Not(case.equals("owner", reach.over)))
        elif reach.by == "itself":
            parts.append(case.equals("owner", reach.over))
        if reach.guard and self.epoch.day >= reach.since:
            parts.append(case.equals("guard", reach.guard))
        return self.z.And(parts)

    # -- links -------------------------------------------------------------------------

    def links_abroad(self) -> list[str]:
        """Agreed procedures and rules of exchange that this mandate asks for."""
        names = ("procedures_agreed", "allied_procedure_agreed")
        return [n for n in (*names, "exchange_rules_agreed") if self.has(n)]

    @kept
    def basis(self, case: Case) -> Any:
        """A basis in the acting state's own law, and an order where one is asked for.

        A fact that ends in a country's code is that country's alone; `_other` is of
        every state that has no fact of its own.
        """
        named = {
            f.rsplit("_", 1)[1].upper(): f
            for f in self.mandate.facts
            if f.startswith("domestic_basis_") and not f.endswith("_other")
        }
        parts = []
        others = [self.z.Not(case.equals("owner", iso)) for iso in named]
        for iso, fact in named.items():
            needed = [case.equals(fact, True)]
            order = f"standing_mandate_{iso.lower()}"
            if self.has(order):
                needed.append(case.equals(order, True))
            parts.append(self.z.And(case.equals("owner", iso), *needed))
        other = case.equals("domestic_basis_other", True)
        parts.append(self.z.And(case.known("owner"), other, *others))
        return self.z.Or(parts)

    @kept
    def consent(self, case: Case) -> Any:
        """The host's consent to fire, in scope; to units, unless fired from outside."""
        return self.z.And(
            *(case.equals(name, True) for name in CONSENT),
            self.z.Or(
                case.differ("fires_from", "over"),
                case.equals("host_consent_units", True),
            ),
        )

    @kept
    def all_said_yes(self, case: Case) -> Any:
        """Every holder himself answered yes: the case says so, nothing settles it."""
        return self.z.And(
            [
                self.z.And(case.fresh(h.fact), case.said[h.fact].value == 0)
                for h in self.mandate.holders
            ]
        )
