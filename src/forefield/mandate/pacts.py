"""The 28 security agreements and their provisions, as public sources tell them.

A provision is "yes" or "no" where a source says so, and "unknown" where none that
was read says either. Unknown is never "no": most of the texts were not read in
full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from forefield.errors import InputError, nearest
from forefield.world.facts import table

__all__ = [
    "PROVISIONS",
    "WORDS",
    "Pact",
    "compare",
    "having",
    "pact",
    "pacts",
    "precedents",
    "provision",
    "side_by_side",
    "unprecedented",
]

UNKNOWN = "unknown"
WORDS = ("yes", "no", UNKNOWN)

#: The provisions that are compared, and what each means.
PROVISIONS = {
    "air_defence_aid": "aid for Ukraine's air defence",
    "consult_immediate": "consultation at once on renewed aggression",
    "consult_24h": "consultation within 24 hours",
    "airspace_intercept": "a clause on intercepting objects in Ukraine's airspace",
    "defence_industry": "co-operation of the defence industries",
    "training": "training of Ukrainian personnel",
    "legion": "a Ukrainian volunteer unit trained on the party's soil",
    "intelligence": "exchange of intelligence",
    "cyber": "co-operation on cyber defence",
    "reconstruction": "reconstruction",
    "eu": "support for membership of the European Union",
    "nato": "support for membership of NATO",
    "sanctions": "sanctions on Russia",
    "accountability": "accountability for crimes",
}


@dataclass(frozen=True)
class Pact:
    """One agreement. `provisions`: yes, no or unknown by name of provision."""

    n: int
    id: str
    party: str
    group: str
    signed: date
    place: str
    duration_years: int
    money: str
    note: str
    sources: tuple[str, ...]
    provisions: dict[str, str]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Provisions of which no source read says either way."""
        return tuple(n for n, word in self.provisions.items() if word == UNKNOWN)


@cache
def pacts() -> tuple[Pact, ...]:
    """All agreements, in order of signature."""
    rows = []
    for row in table("pacts")["pact"]:
        said = row["provisions"]
        rows.append(
            Pact(
                n=row["n"],
                id=row["id"],
                party=row["party"],
                group=row["group"],
                signed=row["signed"],
                place=row["place"],
                duration_years=row["duration_years"],
                money=row["money"],
                note=row["note"],
                sources=tuple(row["sources"]),
                provisions={name: said.get(name) or UNKNOWN for name in PROVISIONS},
            )
        )
    return tuple(sorted(rows, key=lambda p: p.n))


def pact(name: str) -> Pact:
    """One agreement by id (UA-PL), or by the name of the party (Poland)."""
    for one in pacts():
        if name.lower() in (one.id.lower(), one.party.lower()):
            return one
    known = [p.id for p in pacts()]
    close = nearest(name.upper(), known) or nearest(name, [p.party for p in pacts()])
    hint = f"did you mean {close!r}?" if close else "see forefield pacts list."
    raise InputError(f"no agreement {name!r}; {hint}")


def provision(name: str) -> str:
    """The name of a provision, checked."""
    if name in PROVISIONS:
        return name
    close = nearest(name, PROVISIONS)
    hint = f"did you mean {close!r}?" if close else ", ".join(PROVISIONS)
    raise InputError(f"no provision {name!r}; {hint}")


def compare(name: str) -> dict[str, tuple[Pact, ...]]:
    """The agreements by what is known of one provision: yes, no and unknown.

    >>> {word: len(found) for word, found in compare("airspace_intercept").items()}
    {'yes': 1, 'no': 20, 'unknown': 7}
    """
    key = provision(name)
    return {
        word: tuple(p for p in pacts() if p.provisions[key] == word) for word in WORDS
    }


def unprecedented(name: str = "airspace_intercept") -> tuple[Pact, ...]:
    """Agreements that have a provision which every earlier one is known not to have.

    One earlier agreement of which it is unknown is enough to leave the question open:
    then there is no row. The first of the series has no earlier one, and no row.

    >>> [p.id for p in unprecedented()]
    ['UA-PL']
    """
    key = provision(name)
    rows = pacts()
    return tuple(
        p
        for i, p in enumerate(rows)
        if i
        and p.provisions[key] == "yes"
        and all(q.provisions[key] == "no" for q in rows[:i])
    )


def precedents() -> tuple[tuple[Pact, str], ...]:
    """Every unprecedented provision of every agreement: the answer is one row.

    >>> [(p.id, name) for p, name in precedents()]
    [('UA-PL', 'airspace_intercept')]
    """
    return tuple((p, name) for name in PROVISIONS for p in unprecedented(name))


def having(**wanted: str) -> tuple[Pact, ...]:
    """The agreements with these words (yes, no, unknown) for these provisions.

    >>> [p.id for p in having(airspace_intercept="yes", consult_24h="yes")]
    ['UA-PL']
    """
    for name, word in wanted.items():
        provision(name)
        if word not in WORDS:
            raise InputError(f"provision {name}: {word!r} is none of yes, no, unknown.")
    return tuple(
        p
        for p in pacts()
        if all(p.provisions[name] == word for name, word in wanted.items())
    )


def side_by_side(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Several agreements, provision by provision, in the order asked for."""
    found = [pact(name) for name in names]
    return {key: tuple(p.provisions[key] for p in found) for key in PROVISIONS}
