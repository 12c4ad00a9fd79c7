"""The agreements on one page: who promised what, by what source, and what is unknown.

The page needs no script and no network; equal facts give equal bytes.
"""

from __future__ import annotations

from pathlib import Path

from forefield.errors import InputError
from forefield.mandate.pacts import PROVISIONS, WORDS, compare, pacts, precedents
from forefield.report.pages import filled

__all__ = ["render_pacts", "write_pacts"]


def write_pacts(path: str | Path) -> None:
    """Write the page. Raises `InputError` where the folder does not exist."""
    there = Path(path)
    if not there.parent.is_dir():
        raise InputError(f"{path}: its folder does not exist; make it first.")
    there.write_text(render_pacts(), encoding="utf-8", newline="\n")


def render_pacts() -> str:
    """The page as text."""
    counts = {name: [len(compare(name)[w]) for w in WORDS] for name in PROVISIONS}
    rows = pacts()
    unknown = sum(len(p.unknown) for p in rows)
    return filled(
        "pacts.html",
        pacts=rows,
        provisions=PROVISIONS,
        counts=counts,
        precedents=precedents(),
        unknown=unknown,
        cells=len(rows) * len(PROVISIONS),
    )
