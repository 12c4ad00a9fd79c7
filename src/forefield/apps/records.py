"""Commands on the record of a night: show, verify, export."""

from __future__ import annotations

import json
import sys
from typing import Any

__all__ = ["export_journal", "show_journal", "verify_journal"]


def show_journal(where: str, kind: str) -> dict[str, Any]:
    """`forefield journal show`."""
    from forefield.errors import InputError, nearest
    from forefield.record.journal import export

    entries = [json.loads(line) for line in export(where)]
    kinds = sorted({e["kind"] for e in entries})
    if kind and kind not in kinds:
        close = nearest(kind, kinds)
        hint = f"did you mean {close!r}?" if close else f"it has: {', '.join(kinds)}."
        raise InputError(f"{where}: no entry of kind {kind!r}; {hint}")
    chosen = [e for e in entries if not kind or e["kind"] == kind]
    return {"lines": [_line(e) for e in chosen], "entries": chosen}


def _line(entry: dict[str, Any]) -> str:
    body = json.dumps(entry["body"], ensure_ascii=False, sort_keys=True)
    if len(body) > 160:
        body = body[:157] + "…"
    back = f" corrects {entry['corrects']}" if "corrects" in entry else ""
    return (
        f"{entry['n']:>6} {entry['at']} {entry['kind']} {entry['actor']}{back} {body}"
    )


def verify_journal(where: str, head: str) -> dict[str, Any]:
    """`forefield journal verify`."""
    from forefield.record.journal import verify

    found = verify(where, head=head)
    if found.ok:
        line = f"{found.n} entries, all in order and unaltered; head {found.head}"
    else:
        line = f"does not hold after {found.n} good entries: {found.problem}"
    return {
        "lines": [line],
        "ok": found.ok,
        "entries": found.n,
        "head": found.head,
        "problem": found.problem,
        "entry": found.entry,
        "kind": found.kind,
    }


def export_journal(where: str, out: str) -> None:
    """`forefield journal export`: canonical JSON, an entry a line."""
    from forefield.io.files import new_file
    from forefield.record.journal import export

    if not out:
        for line in export(where):
            sys.stdout.buffer.write(line.rstrip(b"\n") + b"\n")
        sys.stdout.buffer.flush()
        return
    with new_file(out) as temporary, temporary.open("wb") as file:
        for line in export(where):
            file.write(line.rstrip(b"\n") + b"\n")
