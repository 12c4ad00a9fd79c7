"""Commands on rules: judge one case, read mandates, read the agreements."""

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
    return {"rows": rows, "headings": list(rows[0])}


def show_mandate(name: str, lang: str) -> dict[str, Any]:
    """`forefield mandate show`."""
    from forefield.io.facts import read_mandate
    from forefield.mandate.explain import describe, describe_as_data, words

    words(lang)
    rules = read_mandate(name)
    return {"lines": describe(rules, lang), **describe_as_data(rules)}


def list_pacts() -> dict[str, Any]:
    """`forefield pacts list`."""
    from forefield.mandate.pacts import pacts

    rows = [
        {
            "n": p.n,
            "id": p.id,
            "party": p.party,
            "signed": str(p.signed),
            "intercept": p.provisions["airspace_intercept"],
            "24 h": p.provisions["consult_24h"],
            "air defence": p.provisions["air_defence_aid"],
            "unknown": len(p.unknown),
        }
        for p in pacts()
    ]
    lines = [
        '"unknown": no source that was read says either way; it is never "no".',
        "The last column counts such provisions.",
    ]
    return {"rows": rows, "headings": list(rows[0]), "lines": lines}


def show_pact(name: str) -> dict[str, Any]:
    """`forefield pacts show`."""
    from forefield.mandate.pacts import PROVISIONS, pact

    p = pact(name)
    lines = [
        f"{p.id}: Ukraine and {p.party}, no. {p.n} of 28",
        f"Signed {p.signed}, {p.place}; {p.duration_years} years",
        f"Money: {p.money or 'unknown'}",
    ]
    if p.note:
        lines.append(f"Note: {p.note}")
    lines.append("Provisions (unknown: no source that was read says either way):")
    lines += [
        f"  {word:<8} {PROVISIONS[key]} ({key})" for key, word in p.provisions.items()
    ]
    lines.append("Sources:")
    lines += [f"  {source}" for source in p.sources]
    data = {
        "n": p.n,
        "id": p.id,
        "party": p.party,
        "group": p.group,
        "signed": str(p.signed),
        "place": p.place,
        "duration_years": p.duration_years,
        "money": p.money,
        "note": p.note,
        "provisions": p.provisions,
        "sources": list(p.sources),
    }
    return {"lines": lines, **data}


def compare_pacts(provision: str) -> dict[str, Any]:
    """`forefield pacts compare`: one provision through all agreements."""
    from forefield.mandate.pacts import PROVISIONS, compare

    found = compare(provision)
    lines = [f"{provision}: {PROVISIONS[provision]}"]
    for word, rows in found.items():
        names = ", ".join(p.party for p in rows) or "none"
        lines.append(f"  {word} ({len(rows)}): {names}")
    lines.append('Unknown is never "no": no source that was read says either way.')
    ids = {word: [p.id for p in rows] for word, rows in found.items()}
    return {"lines": lines, "provision": provision, **ids}
