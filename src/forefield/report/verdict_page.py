"""Verdicts on one page: a case, clause by clause, under one mandate or under many.

The page needs no script and no network; equal verdicts give equal bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forefield.errors import InputError
from forefield.mandate.explain import CODE_WORDS, explain_as_data, words
from forefield.mandate.judge import Verdict
from forefield.report.pages import filled

__all__ = ["render_verdicts", "write_verdicts"]

_WORDS = {
    "en": ("One case, what each mandate says of it", "Mandate", "Facts of the case"),
    "pl": ("Jeden przypadek, co mówi o nim każdy mandat", "Mandat", "Fakty przypadku"),
    "uk": ("Один випадок, що каже про нього кожен мандат", "Мандат", "Факти випадку"),
}


def write_verdicts(path: str | Path, verdicts: Sequence[Verdict], lang: str) -> None:
    """Write the page. Raises `InputError` where the folder does not exist."""
    there = Path(path)
    if not there.parent.is_dir():
        raise InputError(f"{path}: its folder does not exist; make it first.")
    if there.is_dir():
        raise InputError(f"{path}: is a folder; name a file.")
    page = render_verdicts(verdicts, lang)
    there.write_text(page, encoding="utf-8", newline="\n")


def render_verdicts(verdicts: Sequence[Verdict], lang: str = "en") -> str:
    """The page as text: `verdicts` of one case, in the order they are told."""
    title, mandate_word, facts_word = _WORDS[lang]
    rows = [
        {
            **explain_as_data(v),
            "title": v.mandate.title[lang],
            "summary": v.mandate.summary[lang],
        }
        for v in verdicts
    ]
    option = {
        n: g.value for n, g in verdicts[0].facts.given.items() if g.source == "option"
    }
    facts: dict[str, object] = {}
    for row in rows:
        facts |= row["facts"]
    return filled(
        "verdicts.html",
        rows=rows,
        option=option,
        facts=facts,
        say=words(lang),
        code_words=CODE_WORDS,
        lang=lang,
        title=title,
        mandate_word=mandate_word,
        facts_word=facts_word,
    )
