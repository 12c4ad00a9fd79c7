"""Commands that prove, and that write a table for another evaluator."""

from __future__ import annotations

import textwrap
import time
from typing import Any

__all__ = ["prove_mandates", "write_cedar"]


def prove_mandates(names: tuple[str, ...]) -> dict[str, Any]:
    """`forefield mandate prove`: names of mandates or files; none means all shipped."""
    from forefield.io.facts import read_mandate
    from forefield.mandate.frames import RAILS
    from forefield.mandate.prove import Prover, prove
    from forefield.mandate.rules import shipped

    lines: list[str] = []
    told = []
    for name in names or shipped():
        rules = read_mandate(name)
        since = time.perf_counter()
        proofs = prove(rules)
        took_s = time.perf_counter() - since
        broken = [p for p in proofs if not p.holds]
        count = f"{len(proofs) - len(broken)} of {len(proofs)}"
        lines.append(f"{rules.id}: {count} invariants hold ({took_s:.2f} s)")
        for proof in proofs:
            word = "holds" if proof.holds else "FAILS"
            about = textwrap.wrap(proof.invariant.sentence, 60)
            lines.append(f"  {word}  {proof.invariant.name:18} {about[0]}")
            lines += [" " * 28 + more for more in about[1:]]
            if proof.counterexample is None:
                continue
            for line in (f"Days: {proof.counterexample.days}.", *_words(proof)):
                lines += textwrap.wrap(
                    line,
                    width=88,
                    initial_indent=" " * 9,
                    subsequent_indent=" " * 11,
                    break_on_hyphens=False,
                )
        as_settled = Prover(rules).attainable(settled=True)
        free = "can" if as_settled else "can never"
        lines.append(f"  As its standing facts are settled a case {free} be unbarred.")
        told.append(
            {
                "free_of_a_bar": as_settled,
                "mandate": rules.id,
                "sha256": rules.sha256,
                "holds": not broken,
                "seconds": round(took_s, 3),
                "proofs": [
                    {
                        "invariant": p.invariant.name,
                        "sentence": p.invariant.sentence,
                        "source": p.invariant.source,
                        "holds": p.holds,
                        "questions": p.questions,
                        "counterexample": _data(p),
                    }
                    for p in proofs
                ],
            }
        )
    holds = all(row["holds"] for row in told)
    lines.append(
        "Proved over every case and day, with standing facts left open; this says what "
        "the tables do, and asserts no legality."
        if holds
        else "Not every invariant holds: see the counterexamples."
    )
    return {"lines": lines, "holds": holds, "rails": RAILS, "mandates": told}


def write_cedar(name: str, day: str) -> dict[str, Any]:
    """`forefield mandate cedar`: a mandate on one day as Cedar policies and schema."""
    from datetime import date

    from forefield.errors import InputError
    from forefield.io.facts import read_mandate
    from forefield.mandate.cedar import policies, schema

    rules = read_mandate(name)
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise InputError(f"--day {day!r}: write a day like 2024-07-08.") from None
    text, shape = policies(rules, on), schema(rules)
    return {"lines": [text], "mandate": rules.id, "policies": text, "schema": shape}


def _words(proof: Any) -> tuple[str, ...]:
    found = proof.counterexample
    if found.sure:
        return tuple(found.lines)
    return (*found.lines, "The formulas and judge disagree: please report this.")


def _data(proof: Any) -> dict[str, Any] | None:
    found = proof.counterexample
    if found is None:
        return None
    return {"days": found.days, "said": list(found.lines), "sure": found.sure}
