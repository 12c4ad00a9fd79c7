"""Commands on rules and pacts: judge, mandate, pacts."""

from __future__ import annotations

from typing import Any

__all__ = [
    "compare_pacts",
    "judge_file",
    "list_mandates",
    "list_pacts",
    "show_mandate",
    "show_pact",
]


def judge_file(facts: str, mandate: str, lang: str) -> dict[str, Any]:
    """`forefield judge`."""
    from forefield.io.facts import read_facts, read_mandate
    from forefield.mandate.explain import explain, explain_as_data, words
    from forefield.mandate.judge import judge

    words(lang)
    rules = read_mandate(mandate)
    verdict = judge(rules, read_facts(facts, rules))
    return {"lines": explain(verdict, lang), **explain_as_data(verdict)}


def list_mandates() -> dict[str, Any]:
    """`forefield mandate list`."""
    from forefield.mandate.explain import overview

    rows = overview()
    return {"headings": list(rows[0]), "rows": rows}


def show_mandate(name: str, lang: str) -> dict[str, Any]:
    """`forefield mandate show`."""
    from forefield.io.facts import read_mandate
    from forefield.mandate.explain import describe, describe_as_data, words

    words(lang)
    rules = read_mandate(name)
    return {"lines": describe(rules, lang), **describe_as_data(rules)}


def list_pacts() -> dict[str, Any]:
    """`forefield pacts list`."""
    from forefield.mandate.pacts import pacts, unprecedented

    rows = [
        {
            "id": p.id,
            "party": p.party,
            "signed": str(p.signed),
            "years": p.duration_years or "unknown",
            "24 h": p.provisions["consult_24h"],
            "air defence": p.provisions["air_defence_aid"],
            "intercept clause": p.provisions["airspace_intercept"],
        }
        for p in pacts()
    ]
    alone = ", ".join(p.id for p in unprecedented())
    return {
        "headings": list(rows[0]),
        "rows": rows,
        "lines": [
            "",
            f"{len(rows)} agreements. A clause on intercepting over Ukraine: {alone}.",
            "unknown: no source read says either way; it is never no.",
        ],
    }


def show_pact(name: str) -> dict[str, Any]:
    """`forefield pacts show`."""
    from forefield.mandate.pacts import PROVISIONS, pact

    p = pact(name)
    lines = [
        f"{p.id}  {p.party}: signed {p.signed} in {p.place}, {_years(p)}",
        f"money: {p.money or 'unknown'}",
        p.note,
        "",
        *(f"{p.provisions[key]:8} {about}" for key, about in PROVISIONS.items()),
        "",
        "unknown: no source read says either way; it is never no.",
        "Sources:",
        *(f"  {s}" for s in p.sources),
    ]
    return {
        "lines": lines,
        "id": p.id,
        "party": p.party,
        "signed": str(p.signed),
        "place": p.place,
        "duration_years": p.duration_years,
        "money": p.money,
        "note": p.note,
        "provisions": p.provisions,
        "unknown": list(p.unknown),
        "sources": list(p.sources),
    }


def _years(p: Any) -> str:
    return f"{p.duration_years} years" if p.duration_years else "years unknown"


def compare_pacts(name: str) -> dict[str, Any]:
    """`forefield pacts compare`: who has a provision, who has not, who is unknown."""
    from forefield.mandate.pacts import PROVISIONS, compare, provision

    key = provision(name)
    found = compare(key)
    said = {word: [p.id for p in some] for word, some in found.items()}
    lines = [f"{key}: {PROVISIONS[key]}"]
    lines += [f"{word:8} {len(ids):2}  {' '.join(ids)}" for word, ids in said.items()]
    return {"lines": lines, "provision": key, **said}
