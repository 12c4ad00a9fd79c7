"""Commands on rules and pacts: judge, mandate, pacts."""

from __future__ import annotations

from typing import Any

__all__ = [
    "compare_pacts",
    "diff_mandates",
    "judge_file",
    "list_mandates",
    "list_pacts",
    "show_mandate",
    "show_pact",
]


def judge_file(
    facts: str, mandate: str, lang: str, html: str = "", every: bool = False
) -> dict[str, Any]:
    """`forefield judge`."""
    from forefield.io.facts import read_facts, read_mandate
    from forefield.mandate.explain import explain, explain_as_data, words
    from forefield.mandate.judge import judge
    from forefield.mandate.rules import shipped

    words(lang)
    names: tuple[str, ...] = (mandate,)
    if every:  # the world as documented first
        names = tuple(sorted(shipped(), key=lambda name: name != "documented"))
    verdicts = []
    for name in names:
        rules = read_mandate(name)
        verdicts.append(judge(rules, read_facts(facts, rules)))
    lines = explain(verdicts[0], lang)
    data = explain_as_data(verdicts[0])
    if every:
        wide = max(map(len, names))
        lines = [f"{v.mandate.id:{wide}}  {v.code}" for v in verdicts]
        data = {"verdicts": [explain_as_data(v) for v in verdicts]}
    if html:
        from forefield.report.verdict_page import write_verdicts

        write_verdicts(html, verdicts, lang)
        lines.append(f"Wrote {html}.")
    return {"lines": lines, **data}


def diff_mandates(one: str, other: str) -> dict[str, Any]:
    """`forefield mandate diff`."""
    import textwrap

    from forefield.io.facts import read_mandate
    from forefield.mandate.explain import differences

    a, b = read_mandate(one), read_mandate(other)
    found = differences(a, b)
    lines = []
    for row in found:
        lines.append(f"{row['part']} {row['name']}")
        for sign, text in (("-", row["one"]), ("+", row["other"])):
            if text:
                lines += textwrap.wrap(
                    text,
                    88,
                    initial_indent=f"  {sign} ",
                    subsequent_indent="    ",
                    break_long_words=False,
                    break_on_hyphens=False,
                )
    lines.append(f"{len(found)} differences: - {a.id}, + {b.id}.")
    return {"lines": lines, "one": a.id, "other": b.id, "differences": found}


def list_mandates() -> dict[str, Any]:
    """`forefield mandate list`."""
    from forefield.mandate.explain import overview

    rows = overview()
    return {"headings": list(rows[0]), "rows": rows}


def show_mandate(name: str, lang: str, toml: bool = False) -> dict[str, Any]:
    """`forefield mandate show`; with `toml` the whole table, ready to be copied."""
    from forefield.io.facts import read_mandate
    from forefield.mandate.explain import describe, describe_as_data, words

    words(lang)
    rules = read_mandate(name)
    lines = [rules.text] if toml else describe(rules, lang)
    return {"lines": lines, **describe_as_data(rules)}


def list_pacts(having: str = "", html: str = "") -> dict[str, Any]:
    """`forefield pacts list`: all, or those known to have a provision."""
    from forefield.mandate.pacts import compare, pacts, precedents

    found = compare(having)["yes"] if having else pacts()
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
        for p in found
    ]
    alone = "; ".join(f"{name}, in {p.id}" for p, name in precedents())
    lines = [
        "",
        f"{len(rows)} of {len(pacts())} agreements.",
        f"Unprecedented (known to be in no earlier agreement): {alone}.",
        "unknown: no source read says either way; it is never no.",
    ]
    if html:
        from forefield.report.pacts_page import write_pacts

        write_pacts(html)
        lines.append(f"Wrote {html}.")
    headings = ["id", "party", "signed", "years", "24 h", "air defence"]
    return {"headings": [*headings, "intercept clause"], "rows": rows, "lines": lines}


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


def compare_pacts(names: list[str]) -> dict[str, Any]:
    """`forefield pacts compare`: one provision across all, or some side by side."""
    from forefield.mandate.pacts import (
        PROVISIONS,
        compare,
        pact,
        provision,
        side_by_side,
    )

    if len(names) > 1:
        ids = [pact(name).id for name in names]
        cells = side_by_side(names)
        lines = ["  ".join([*(f"{i:8}" for i in ids), "provision"])]
        lines += [
            "  ".join([*(f"{word:8}" for word in row), PROVISIONS[key]])
            for key, row in cells.items()
        ]
        told = {k: dict(zip(ids, row, strict=True)) for k, row in cells.items()}
        return {"lines": lines, "agreements": ids, "provisions": told}
    key = provision(names[0])
    found = compare(key)
    said = {word: [p.id for p in some] for word, some in found.items()}
    lines = [f"{key}: {PROVISIONS[key]}"]
    lines += [f"{word:8} {len(ids):2}  {' '.join(ids)}" for word, ids in said.items()]
    return {"lines": lines, "provision": key, **said}
