"""Commands on the record of a night: show, verify, export."""

from __future__ import annotations

import json
import sys
from typing import Any

__all__ = ["export_journal", "show_journal", "verify_journal"]


def show_journal(where: str, kind: str) -> dict[str, Any]:
    """`forefield journal show`: the entries, and what was said of them later."""
    from forefield.errors import InputError, nearest
    from forefield.record.journal import export
    from forefield.record.store import shown

    entries = [json.loads(line) for line in export(where, seals=False)]
    kinds = sorted({e["kind"] for e in entries})
    if kind and kind not in kinds:
        close = nearest(kind, kinds)
        hint = f"did you mean {close!r}?" if close else f"it has: {', '.join(kinds)}."
        raise InputError(f"{shown(where)}: no entry of kind {kind!r}; {hint}")
    later: dict[int, list[int]] = {}
    for entry in entries:
        if "corrects" in entry:
            later.setdefault(entry["corrects"], []).append(entry["n"])
    chosen = [e for e in entries if not kind or e["kind"] == kind]
    said = _attributions(entries) if kind in ("", "attribution") else []
    return {
        "lines": [_line(e, later.get(e["n"], [])) for e in chosen]
        + [line for a in said for line in _told(a)],
        "entries": chosen,
        "corrected_by": {str(n): by for n, by in sorted(later.items())},
        "attributions": said,
    }


def _line(entry: dict[str, Any], corrected_by: list[int]) -> str:
    body = json.dumps(entry["body"], ensure_ascii=False, sort_keys=True)
    if len(body) > 160:
        body = body[:157] + "…"
    back = f" corrects {entry['corrects']}" if "corrects" in entry else ""
    if corrected_by:
        back += f" corrected by {', '.join(map(str, corrected_by))}"
    return (
        f"{entry['n']:>6} {entry['at']} {entry['kind']} {entry['actor']}{back} {body}"
    )


def _attributions(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each attribution as first stated, with every correction of it, in order."""
    stated: dict[int, dict[str, Any]] = {}  # any entry of a thread -> the thread
    threads = []
    for entry in entries:
        if entry["kind"] != "attribution":
            continue
        body = entry["body"]
        one = {
            "entry": entry["n"],
            "at": entry["at"],
            "actor": entry["actor"],
            "said": body.get("said", ""),
            "source": body.get("source", ""),
        }
        thread = stated.get(entry.get("corrects", -1))
        if thread is None:
            thread = {"about": body.get("about", ""), "first": one, "corrected": []}
            threads.append(thread)
        else:
            thread["corrected"].append(one)
        stated[entry["n"]] = thread
    return threads


def _told(thread: dict[str, Any]) -> list[str]:
    lines = [f"attribution of {thread['about']} (hypotheses, not facts):"]
    steps = [("as first stated", thread["first"])]
    steps += [("as corrected", one) for one in thread["corrected"]]
    for how, one in steps:
        lines.append(
            f"  {how}, entry {one['entry']}, {one['at']}, {one['actor']}: "
            f"{one['said']} ({one['source']})"
        )
    return lines


def verify_journal(
    where: str, head: str, *, recompute: bool = False, keys: str = ""
) -> dict[str, Any]:
    """`forefield journal verify`.

    keys  a JSON file of public keys known from elsewhere, hex by owner
    """
    from forefield.record.journal import verify

    found = verify(where, head=head, keys=_read_keys(keys) if keys else None)
    if found.ok:
        lines = [f"{found.n} entries, all in order and unaltered; head {found.head}"]
        lines.append(_signed(found))
    else:
        lines = [f"does not hold after {found.n} good entries: {found.problem}"]
    out: dict[str, Any] = {
        "lines": lines,
        "ok": found.ok,
        "entries": found.n,
        "head": found.head,
        "root": found.root,
        "problem": found.problem,
        "entry": found.entry,
        "kind": found.kind,
        "signers": list(found.signers),
        "tree_heads": found.heads,
        "countersigned": found.countersigned,
        "exercise_keys": found.exercise,
    }
    if recompute and found.ok:
        _recomputed(where, out)
    return out


def _signed(found: Any) -> str:
    if not found.signers:
        return f"signed by nobody; Merkle root {found.root}"
    whose = "exercise keys, which prove nobody's identity: " if found.exercise else ""
    heads = "no tree head" if not found.heads else f"{found.heads} signed tree head(s)"
    if found.heads:
        heads += f", {found.countersigned} countersigned"
    names = ", ".join(found.signers)
    return f"signed ({whose}{names}); {heads}; Merkle root {found.root}"


def _recomputed(where: str, out: dict[str, Any]) -> None:
    from forefield.record.recompute import recompute

    again = recompute(where)
    out["recomputed"] = {
        "same": again.same,
        "other": [{"entry": n, "how": how} for n, how in again.other],
        "without": [{"entry": n, "why": why} for n, why in again.without],
    }
    line = f"{again.same} verdicts recomputed, the same to the last byte"
    if not again.ok:
        out["ok"] = False
        bad = [f"entry {n}: {why}" for n, why in again.other or again.without]
        count = len(again.other) + len(again.without)
        line += f"; {count} not: {bad[0]}"
        out["problem"] = bad[0]
    out["lines"].append(line)


def _read_keys(path: str) -> dict[str, str]:
    from forefield.errors import InputError
    from forefield.io.files import readable

    text = readable(path, "keys").read_bytes()
    try:
        keys = json.loads(text)
        fine = isinstance(keys, dict) and all(
            len(bytes.fromhex(value)) == 32 for value in keys.values()
        )
    except (ValueError, TypeError):
        fine = False
    if not fine:
        raise InputError(
            f"{path}: must be JSON like {{'holder:shooter': '64 hex digits'}}; "
            "write each owner's public key."
        )
    return {str(owner): value.lower() for owner, value in keys.items()}


def export_journal(where: str, out: str) -> None:
    """`forefield journal export`: canonical JSON, an entry a line, then the seals."""
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
