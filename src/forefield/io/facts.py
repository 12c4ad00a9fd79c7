"""FACTS.json: one case to judge, as a person writes it.

    {"at": "2024-03-24T03:22:40Z",
     "option": {"action": "intercept", "over": "UA", "owner": "PL", …},
     "facts": {"p_enter": {"value": 0.8, "as_of": "…", "source": "…"}, …}}

A fact that is not there is UNKNOWN. A name nobody asks for is refused with the
nearest known one, because a misspelt fact would otherwise be a missing one.
"""

from __future__ import annotations

import json
import math
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from forefield.errors import InputError, nearest
from forefield.io.files import readable
from forefield.mandate.facts import Facts, Given
from forefield.mandate.rules import (
    FactRule,
    Mandate,
    find_shipped,
    load,
    parse,
    shipped,
)

__all__ = ["read_facts", "read_mandate"]

_TOP = ("at", "option", "facts")
_OPTION = (
    "option_id",
    "track_id",
    "action",
    "over",
    "guard",
    "owner",
    "fires_from",
    "depth_km",
    "effector",
    "p_success",
    "barred_by",
    "latest_decision",
)
_FACT = ("value", "as_of", "source", "assumed")


def read_mandate(name_or_path: str) -> Mandate:
    """A shipped mandate by name, or one from a TOML file.

    Either may be followed by parameters: `joint-allied:depth_km=50`. A file may extend
    a shipped table by its name, or a file beside it.
    """
    plain, *settings = name_or_path.split(":")
    if not plain.endswith(".toml"):
        return load(name_or_path)
    path, text = _mandate_text(plain)
    return parse(text, where=str(path), find=_find_mandate, settings=tuple(settings))


def _mandate_text(name: str) -> tuple[Path, str]:
    path = readable(name, "mandate")
    try:
        return path, path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{path}: is no UTF-8 text; save it as UTF-8.") from None


def _find_mandate(name: str, where: str) -> tuple[str, str]:
    """The table that another extends: shipped, or a file beside it."""
    if not name.endswith(".toml"):
        return find_shipped(name, where)
    path, text = _mandate_text(str(Path(where).parent / name))
    return text, str(path)


def read_facts(path: str | Path, mandate: Mandate | None = None) -> Facts:
    """One case from a file, checked against the facts the mandate asks about.

    mandate  whose facts are known; default: the shipped `documented`

    Raises `InputError` with one line: no JSON, an unknown key or fact (with the
    nearest known), a value of the wrong type, a time that is none.
    """
    p = readable(path, "facts")
    try:
        data = json.loads(p.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{p}: is no UTF-8 text; save it as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{p}: is no JSON: {error}; correct it.") from None
    return _Reader(str(p), mandate or load("documented")).facts(data)


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number; leave the fact out")


@cache
def _shipped_facts() -> frozenset[str]:
    """Every fact that some shipped mandate asks for."""
    return frozenset(name for m in shipped() for name in load(m).facts)


class _Reader:
    def __init__(self, where: str, mandate: Mandate) -> None:
        self.where, self.mandate = where, mandate

    def wrong(self, problem: str) -> InputError:
        return InputError(f"{self.where}: {problem}")

    def table(self, what: str, data: Any, known: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise self.wrong(f"{what} must be an object {{…}}.")
        for key in data:
            if key not in known:
                close = nearest(key, known)
                hint = f"did you mean {close!r}?" if close else f"{', '.join(known)}."
                raise self.wrong(f"{what} has an unknown key {key!r}; {hint}")
        return data

    def facts(self, data: Any) -> Facts:
        top = self.table("the file", data, _TOP)
        if "at" not in top:
            raise self.wrong('"at" is missing; give the time of the question.')
        at_s = self.time('"at"', top["at"])
        option = self.table('"option"', top.get("option", {}), _OPTION)
        given = self.option(option, at_s)
        rows = top.get("facts", {})
        if not isinstance(rows, dict):
            raise self.wrong('"facts" must be an object {…}.')
        unasked = []
        for name, row in rows.items():
            if name not in self.mandate.facts and name in _shipped_facts():
                unasked.append(name)  # another mandate asks for it; told, not used
                self.table(f"fact {name!r}", row, _FACT)
                continue
            given[name] = self.fact(name, row, at_s)
        latest = option.get("latest_decision")
        number = option.get("track_id", -1)
        if not isinstance(number, int) or isinstance(number, bool):
            raise self.wrong('option "track_id" must be a whole number.')
        return Facts(
            at_s=at_s,
            given=given,
            option_id=str(option.get("option_id", "")),
            track_id=number,
            latest_decision_s=None
            if latest is None
            else self.time('option "latest_decision"', latest),
            unasked=tuple(unasked),
        )

    def option(self, option: dict[str, Any], at_s: float) -> dict[str, Given]:
        given: dict[str, Given] = {}
        for name in ("action", "over", "guard", "owner", "fires_from", "depth_km"):
            if name in option and name in self.mandate.facts:
                rule = self.mandate.facts[name]
                value = self.value(f"option {name}", rule, option[name])
                given[name] = Given(value, None, "option")
        if "barred_by" in option and "feasible" in self.mandate.facts:
            barred_by = option["barred_by"]
            if not isinstance(barred_by, str):
                raise self.wrong('option "barred_by" must be text; "" when feasible.')
            source = f"option: {barred_by or 'feasible'}"
            given["feasible"] = Given(barred_by == "", None, source)
        if "latest_decision" in option and "seconds_left" in self.mandate.facts:
            latest = self.time('option "latest_decision"', option["latest_decision"])
            given["seconds_left"] = Given(latest - at_s, None, "option")
        return given

    def fact(self, name: str, row: Any, at_s: float) -> Given:
        rule = self.mandate.facts.get(name)
        if rule is None:
            close = nearest(name, self.mandate.facts)
            hint = f"did you mean {close!r}?" if close else "remove it."
            raise self.wrong(
                f"unknown fact {name!r} for mandate {self.mandate.id}; {hint}"
            )
        if rule.about == "option":
            raise self.wrong(f'fact {name!r} describes the option; put it in "option".')
        row = self.table(f"fact {name!r}", row, _FACT)
        if "value" not in row:
            raise self.wrong(f'fact {name!r} has no "value"; leave the fact out.')
        value = self.value(f"fact {name}", rule, row["value"])
        as_of_s = None
        if row.get("as_of") is not None:
            as_of_s = self.time(f'fact {name!r} "as_of"', row["as_of"])
        source, assumed = row.get("source", ""), row.get("assumed", False)
        if not isinstance(source, str) or not isinstance(assumed, bool):
            raise self.wrong(f"fact {name!r}: source is text, assumed true or false.")
        return Given(value, as_of_s, source, assumed)

    def value(self, what: str, rule: FactRule, value: Any) -> bool | float | str | None:
        if value is None:
            return None
        if rule.type == "bool":
            if isinstance(value, bool):
                return value
            raise self.wrong(f"{what} is {value!r}; write true or false.")
        if rule.type == "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise self.wrong(f"{what} is {value!r}; write a number ({rule.unit}).")
            if not math.isfinite(value):
                raise self.wrong(f"{what} is {value!r}; write a finite number.")
            if rule.unit == "probability" and not 0 <= value <= 1:
                raise self.wrong(f"{what} is {value}; a probability lies in [0, 1].")
            return float(value)
        if not isinstance(value, str):
            raise self.wrong(f"{what} is {value!r}; write a word.")
        if rule.values and value not in rule.values:
            close = nearest(value, rule.values)
            hint = f"did you mean {close!r}?" if close else ""
            known = ", ".join(rule.values)
            raise self.wrong(f"{what} is {value!r}; known: {known}. {hint}".rstrip())
        if rule.type == "zone" and not (len(value) == 2 and value.isupper()):
            raise self.wrong(f"{what} is {value!r}; write an ISO code such as UA.")
        return value

    def time(self, what: str, value: Any) -> float:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.wrong(
                f"{what} is {value!r}; write a time such as 2024-03-24T03:22:40Z."
            ) from None
        if moment.tzinfo is None:
            raise self.wrong(f"{what} {value!r} has no time zone; end it with Z.")
        return moment.timestamp()
