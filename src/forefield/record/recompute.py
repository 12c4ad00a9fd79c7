"""From a journal alone, every verdict again: was this the answer the rules give?

An opening holds the mandate's whole text, an entry of kind "verdict" the case it
judged: every fact with its value, its time and its source. Judging the case anew
must give the entry's words, bit for bit. It is done with `mandate.judge.judge`, one
case at a time; the night had judged whole tables at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from forefield.errors import InputError
from forefield.mandate.facts import Facts, Given
from forefield.mandate.judge import Verdict, judge, sentence
from forefield.mandate.rules import Mandate, parse, shipped
from forefield.record.canonical import canonical, iso, plain
from forefield.record.exporting import export

__all__ = ["Recomputed", "case_of", "facts_in", "recompute", "text_of"]


@dataclass(frozen=True)
class Recomputed:
    """What became of a journal's verdicts when they were given again.

    same     how many came out as they were written, to the last byte
    other    (entry, what differs): the rules do not give what was written
    without  (entry, why): the journal does not hold what judging it needs
    """

    same: int = 0
    other: tuple[tuple[int, str], ...] = ()
    without: tuple[tuple[int, str], ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every verdict came out as it was written."""
        return not self.other and not self.without


def recompute(
    where: str | Path, mandates: Mapping[str, Mandate] | None = None
) -> Recomputed:
    """Judge every verdict of a journal again, from what the journal holds.

    mandates  by id, for a journal that holds no text of its mandate; a mandate whose
              hash is not the one in the journal is not used

    Raises `InputError` when there is no journal, or its mandate cannot be read.
    """
    known: dict[str, Mandate | str] = {}
    same = 0
    other: list[tuple[int, str]] = []
    without: list[tuple[int, str]] = []
    for line in export(where, seals=False):
        entry = json.loads(line)
        n, body = entry["n"], entry["body"]
        if entry["kind"] == "opening" and isinstance(body.get("mandate"), dict):
            said = body["mandate"]
            known[said["id"]] = _mandate(said, mandates or {}, f"entry {n}")
        if entry["kind"] != "verdict":
            continue
        mandate = known.get(body["mandate"], "no opening before it names its mandate")
        if isinstance(mandate, str):
            without.append((n, mandate))
        elif "case" not in body:
            without.append((n, "the entry holds no facts"))
        else:
            differs = _differs(entry, mandate)
            if differs:
                other.append((n, differs))
            else:
                same += 1
    return Recomputed(same, tuple(other), tuple(without))


def _mandate(
    said: Mapping[str, Any], given: Mapping[str, Mandate], where: str
) -> Mandate | str:
    """The mandate an opening names, or why it is not to be had."""
    text = said.get("text") or ""
    if text:
        if sha256(text.encode()).hexdigest() != said["sha256"]:
            return f"the mandate's text in {where} has another hash than stated there"
        return parse(text, where=f"mandate {said['id']} in {where}")
    mandate = given.get(said["id"])
    if mandate is not None and mandate.sha256 == said["sha256"]:
        return mandate
    return f"the mandate's text ({said['sha256'][:16]}…) is not in the journal"


def _differs(entry: Mapping[str, Any], mandate: Mandate) -> str:
    """What the entry says otherwise than the rules; "" when it is the same."""
    body = entry["body"]
    case = facts_in(body["case"], mandate)
    # A verdict holds for one option at one time: the case must be of this entry.
    if iso(case.at_s) != entry["at"]:
        return f"at: the case is of {iso(case.at_s)}"
    for name, value in body.get("option", {}).items():
        if name in case.given and case.given[name].value != value:
            return f"{name}: written {value}, the case has {case.given[name].value}"
    for name, again in _written(judge(mandate, case)).items():
        if canonical(plain(again)) != canonical(body.get(name)):
            return (
                f"{name}: written {_short(body.get(name))}, recomputed {_short(again)}"
            )
    return ""


def _short(value: Any) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 80 else text[:77] + "…"


def _written(verdict: Verdict) -> dict[str, Any]:
    """A verdict as `entries` writes it."""
    grounds = [(f.ground, f.value) for f in verdict.grounds]
    deciding = None
    if grounds:
        ground, value = grounds[0]
        deciding = {
            "code": ground.code,
            "clause": ground.clause,
            "source": ground.source,
            "value": value,
            "sentence": sentence(ground, value),
            "id": ground.id,
        }
    latest = verdict.decide_by_s
    return {
        "verdict": verdict.code,
        "deciding": deciding,
        "grounds": [{"id": g.id, "code": g.code, "value": v} for g, v in grounds],
        "decide_by": None if latest is None or latest == float("inf") else iso(latest),
        "option_id": verdict.facts.option_id,
        "track_id": verdict.facts.track_id,
    }


# -- a case, written and read ---------------------------------------------------------


def case_of(facts: Facts) -> dict[str, Any]:
    """A case as an entry holds it. Numbers keep their last bit."""
    given: dict[str, Any] = {}
    for name, fact in facts.given.items():
        said: dict[str, Any] = {"value": fact.value}
        if fact.as_of_s is not None:
            said["as_of_s"] = fact.as_of_s
        if fact.source:
            said["source"] = fact.source
        if fact.assumed:
            said["assumed"] = True
        given[name] = said
    return {
        "at_s": facts.at_s,
        "option_id": facts.option_id,
        "track_id": facts.track_id,
        "latest_decision_s": facts.latest_decision_s,
        "facts": given,
    }


def facts_in(case: Mapping[str, Any], mandate: Mandate) -> Facts:
    """The case that an entry holds, for `judge`; the mandate knows the types."""
    given: dict[str, Given] = {}
    for name, said in case["facts"].items():
        value, rule = said["value"], mandate.facts.get(name)
        # JSON has no infinity, and writes 2.0 as 2.
        if rule is not None and rule.type == "number" and value is not None:
            value = float(value)
        as_of = said.get("as_of_s")
        given[name] = Given(
            value,
            None if as_of is None else float(as_of),
            said.get("source", ""),
            bool(said.get("assumed", False)),
        )
    latest = case["latest_decision_s"]
    return Facts(
        float(case["at_s"]),
        given,
        str(case["option_id"]),
        int(case["track_id"]),
        None if latest is None else float(latest),
    )


def text_of(mandate: Mandate) -> str:
    """The text a mandate was read from; "" when it is not to be had any more."""
    kept = getattr(mandate, "text", "")
    if isinstance(kept, str) and sha256(kept.encode()).hexdigest() == mandate.sha256:
        return kept
    if mandate.id not in shipped():
        return ""
    from importlib.resources import files

    path = files("forefield").joinpath("data", "mandates", f"{mandate.id}.toml")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, InputError):
        return ""
    return text if sha256(text.encode()).hexdigest() == mandate.sha256 else ""
