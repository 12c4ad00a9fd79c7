"""Every mutant of every shipped mandate, and what kills it; writes docs/mutants.md.

    python -m bench.mutants

A survivor that differs from its table in some case is printed and exits 1.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from forefield.mandate.invariants import INVARIANTS
from forefield.mandate.mutants import KINDS, Fate, survey
from forefield.mandate.rules import load, shipped

HEAD = """# Mutants: would the proofs notice?

<!-- Written by `python -m bench.mutants`; do not edit. -->

`forefield mandate prove` shows that no case breaks an invariant. That is worth what the
invariants would catch. So each shipped table is changed in one place at a time, and each
change must break an invariant: a named sentence about what the mechanism must never do, written
from public law and not from the table. A change that no case can tell from the table is
*equivalent*; Z3 shows it, with every standing fact left open and as settled.

The invariants are in [proofs](proofs.md); how a change is made, in `mandate/mutants.py`.
"""


def main() -> int:
    fates: dict[str, list[Fate]] = {}
    for name in shipped():
        since = time.perf_counter()
        fates[name] = list(survey(load(name)))
        gone = Counter(f.killed_by or "alive" for f in fates[name])
        took_s = time.perf_counter() - since
        print(
            f"{name}: {len(fates[name])} mutants, {took_s:.0f} s, {dict(gone)}",
            flush=True,
        )
    survivors = [
        (name, f.mutant)
        for name, found in fates.items()
        for f in found
        if not f.killed_by and not f.equivalent
    ]
    lines = [HEAD, "## By table", ""]
    lines += [
        "| mandate | text | mutants | killed | equivalent |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for name, found in fates.items():
        killed = sum(bool(f.killed_by) for f in found)
        equal = sum(f.equivalent for f in found)
        sha = load(name).sha256[:12]
        lines.append(f"| `{name}` | `{sha}` | {len(found)} | {killed} | {equal} |")
    every = [f for found in fates.values() for f in found]
    lines += [
        "",
        "## By change",
        "",
        "| change | what it is | mutants | killed by |",
        "| --- | --- | ---: | --- |",
    ]
    for kind, what in KINDS.items():
        these = [f for f in every if f.mutant.kind == kind]
        by = Counter(f.killed_by for f in these if f.killed_by)
        told = ", ".join(f"`{name}` {n}" for name, n in by.most_common())
        lines.append(f"| {kind} | {what} | {len(these)} | {told} |")
    lines += [
        "",
        "Several invariants may notice a mutant; the first one asked is named.",
        "",
    ]
    lines += [
        "## By invariant",
        "",
        "| invariant | killed first by it |",
        "| --- | ---: |",
    ]
    by = Counter(f.killed_by for f in every)
    lines += [f"| `{i.name}` | {by[i.name]} |" for i in INVARIANTS]
    equal_rows = [
        (n, f.mutant) for n, found in fates.items() for f in found if f.equivalent
    ]
    lines += ["", "## Equivalent mutants", ""]
    if not equal_rows:
        lines.append("None.")
    lines += [f"- `{n}`: {m.kind}, {m.where}: {m.what}" for n, m in equal_rows]
    if survivors:
        lines += ["", "## Survivors", ""]
        lines += [
            f"- survives: `{n}`: {m.kind}, {m.where}: {m.what}" for n, m in survivors
        ]
    Path("docs/mutants.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, mutant in survivors:
        print(f"survives: {name}: {mutant.kind}, {mutant.where}: {mutant.what}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
