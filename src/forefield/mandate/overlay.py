"""Tables that build on another: what is taken over, replaced and taken out.

A table may say `extends = "documented"` in its `[meta]`. It then holds only what is
otherwise; `resolved` gives the whole table, and `toml_text` writes it as a file that
stands alone, which is what is hashed, journalled and shown. See docs/rooms/mandate.md.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from forefield.errors import InputError, nearest

__all__ = ["Finder", "resolved", "toml_text"]

#: The rows of a table, and what names a row. Versions of a ground share their name,
#: as do the rows that settle one fact on different days: they go together.
_NAMED = {
    "fact": "name",
    "standing": "fact",
    "ground": "id",
    "holder": "id",
    "question": "id",
}

#: Gives the text of the table of a name, and the place it was found at.
Finder = Callable[[str, str], tuple[str, str]]


def resolved(
    data: Mapping[str, Any], where: str, find: Finder, chain: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The whole table that a table with `extends` stands for.

    find   (name, where it is named) -> (text, where that is)
    chain  the tables on the way here, to notice a circle

    Raises `InputError`: a table that is not there, a circle, a row to take out that
    the base has not.
    """
    meta = data.get("meta")
    if not isinstance(meta, dict) or "extends" not in meta:
        for key in ("without", "amend"):
            if key in data:
                raise InputError(
                    f"{where}: {key}: changes rows of another table, and there is no "
                    "meta.extends; remove it."
                )
        return copy.deepcopy(dict(data))
    name = meta["extends"]
    if not isinstance(name, str) or not name:
        raise InputError(f"{where}: meta: extends must name a mandate or a .toml file.")
    text, place = find(name, where)
    if place in (*chain, where):
        way = " → ".join([*chain, where, place])
        raise InputError(
            f"{where}: meta: extends goes round in a circle ({way}); break it."
        )
    try:
        base = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{place}: no valid TOML: {error}; correct it.") from None
    whole = resolved(base, place, find, (*chain, where))
    return _over(whole, data, where)


def _over(base: dict[str, Any], data: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A whole table with the rows of another laid over it."""
    out = dict(base)
    _take_out(out, data.get("without", {}), where)
    for key, value in data.items():
        if key in ("without", "amend"):
            continue
        if key == "meta":
            out["meta"] = _meta(base.get("meta", {}), value)
        elif key == "parameter" and isinstance(value, dict):
            out["parameter"] = {**base.get("parameter", {}), **value}
        elif key in _NAMED and isinstance(value, list):
            out[key] = _rows(base_rows(out, key), value, _NAMED[key], where)
        else:
            out[key] = value  # an unknown key is refused by the reader
    for change in base_rows(data, "amend"):
        _amend(out, change, where)
    return out


def _amend(out: dict[str, Any], change: Any, where: str) -> None:
    """Give every row of a name other words: all its versions, only those keys."""
    kinds = [k for k in _NAMED if isinstance(change, dict) and k in change]
    if len(kinds) != 1:
        raise InputError(
            f'{where}: amend: name one row, such as ground = "civil"; '
            f"kinds: {', '.join(_NAMED)}."
        )
    kind, word = kinds[0], _NAMED[kinds[0]]
    name = change[kind]
    new = {k: v for k, v in change.items() if k != kind}
    rows = base_rows(out, kind)
    if not any(r.get(word) == name for r in rows):
        close = nearest(str(name), [str(r.get(word)) for r in rows])
        hint = f"did you mean {close!r}?" if close else "write the row itself."
        raise InputError(f"{where}: amend: there is no {kind} {name!r}; {hint}")
    out[kind] = [{**r, **new} if r.get(word) == name else r for r in rows]


def base_rows(data: Mapping[str, Any], key: str) -> list[Any]:
    """The rows of one kind; none where the table has none."""
    rows = data.get(key, [])
    return rows if isinstance(rows, list) else []


def _meta(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    out = {**base, **{k: v for k, v in own.items() if k != "extends"}}
    first = own.get("sources", [])
    if isinstance(first, list):
        rest = [s for s in base.get("sources", []) if s not in first]
        out["sources"] = [*first, *rest]
    return out


def _take_out(out: dict[str, Any], without: Any, where: str) -> None:
    if not isinstance(without, dict):
        raise InputError(f'{where}: without: write without.ground = ["id", …].')
    for key, names in without.items():
        if key not in _NAMED:
            close = nearest(key, _NAMED)
            hint = f"did you mean {close!r}?" if close else f"{', '.join(_NAMED)}."
            raise InputError(f"{where}: without: unknown kind {key!r}; {hint}")
        if not isinstance(names, list):
            raise InputError(f"{where}: without.{key} must be a list of names.")
        rows, word = base_rows(out, key), _NAMED[key]
        there = {r.get(word) for r in rows if isinstance(r, dict)}
        for name in names:
            if name not in there:
                close = nearest(str(name), [str(x) for x in there])
                hint = f"did you mean {close!r}?" if close else "remove it."
                raise InputError(
                    f"{where}: without.{key}: the base has no {key} {name!r}; {hint}"
                )
        out[key] = [r for r in rows if r.get(word) not in names]


def _rows(base: list[Any], own: list[Any], word: str, where: str) -> list[Any]:
    """Rows with others in the place of those of the same name.

    New ones come at the end, or before the row that `before` names: holders are
    asked in their order.
    """
    by_name: dict[Any, list[Any]] = {}
    for row in own:
        name = row.get(word) if isinstance(row, dict) else None
        by_name.setdefault(name, []).append(row)
    out: list[Any] = []
    for row in base:
        name = row.get(word) if isinstance(row, dict) else None
        if name not in by_name:
            out.append(row)
        elif by_name[name]:
            out += by_name[name]
            by_name[name] = []
    for rows in by_name.values():
        at = len(out)
        if rows and isinstance(rows[0], dict) and "before" in rows[0]:
            names = [r.get(word) for r in out]
            if rows[0]["before"] not in names:
                raise InputError(
                    f"{where}: {rows[0].get(word)}: before: there is no "
                    f"{rows[0]['before']!r}; name a row of the table."
                )
            at = names.index(rows[0]["before"])
        out[at:at] = [_without_before(r) for r in rows]
    return out


def _without_before(row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    return {k: v for k, v in row.items() if k != "before"}


# -- writing ------------------------------------------------------------------------


def toml_text(data: Mapping[str, Any]) -> str:
    """A table as TOML that reads back the same; equal tables give equal text."""
    lines = ["# A whole table, written out: it builds on no other.", ""]
    for key in ("meta", *_NAMED, "parameter"):
        if key not in data:
            continue
        rows = data[key]
        if key == "parameter":
            for name, row in rows.items():
                lines += _section(f"[parameter.{name}]", row)
        elif key == "meta":
            lines += _section("[meta]", rows)
        else:
            for row in rows:
                lines += _section(f"[[{key}]]", row)
    return "\n".join(lines)


def _section(head: str, row: Mapping[str, Any]) -> list[str]:
    return [head, *(f"{k} = {_written(v)}" for k, v in row.items()), ""]


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(_written(v) for v in value) + "]"
    if isinstance(value, dict):
        inner = ", ".join(f"{k} = {_written(v)}" for k, v in value.items())
        return "{ " + inner + " }"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    for sign, name in (("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        text = text.replace(sign, name)
    return f'"{text}"'
