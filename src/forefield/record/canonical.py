"""One text for one meaning: canonical JSON (RFC 8785) and its SHA-256.

The hash of an entry is the hash of these bytes, so anybody with a JSON library and
SHA-256 can check a journal without our code.

The standard library's encoder, written in C, gives the canonical text of nearly all
we record; where Python and RFC 8785 write a number or sort a key differently, the
package `rfc8785` does the work. A test holds the two ways equal.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from forefield.errors import InputError

__all__ = ["canonical", "digest", "iso", "plain", "read_line"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT = 2**53
_encode = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,
).encode


class _Otherwise(Exception):
    """Python and RFC 8785 might write this differently."""


def plain(value: Any) -> Any:
    """A value as plain JSON: NumPy numbers and arrays, dataclasses, times unwrapped.

    NaN ("not measured") becomes null and an infinity the text "inf" or "-inf",
    because JSON has neither.
    """
    kind = type(value)
    if value is None or kind is str or kind is bool or kind is int:
        return value
    if kind is float:
        return value if math.isfinite(value) else _unbounded(value)
    if kind is dict:
        return {k if type(k) is str else str(k): plain(v) for k, v in value.items()}
    if kind is list or kind is tuple:
        return [plain(v) for v in value]
    return _unwrapped(value)


def _unbounded(number: float) -> str | None:
    if math.isnan(number):
        return None
    return "inf" if number > 0 else "-inf"


def _unwrapped(value: Any) -> Any:
    if isinstance(value, str | bool | np.str_ | np.bool_):
        return str(value) if isinstance(value, str) else bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return plain(float(value))
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value.tolist()]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)
        }
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def canonical(value: Any) -> bytes:
    """The canonical JSON of a plain value (RFC 8785, JCS), UTF-8 bytes.

    >>> canonical({"b": 2.0, "a": "é"})
    b'{"a":"\\xc3\\xa9","b":2}'
    """
    try:
        return _encode(_alike(value)).encode()
    except _Otherwise:
        return _by_the_book(value)
    except (UnicodeError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"not recordable as canonical JSON: {error}.") from None


def _by_the_book(value: Any) -> bytes:
    import rfc8785

    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise InputError(f"not recordable as canonical JSON: {error}.") from None


def _alike(value: Any) -> Any:
    """The value with numbers that Python writes as RFC 8785 does, or `_Otherwise`."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is float:
        return _number(value)
    if kind is int:
        if -_EXACT < value < _EXACT:
            return value
        raise _Otherwise
    if kind is dict:
        out = {}
        for key, item in value.items():
            # UTF-16 and Unicode sort alike below the surrogates (section 3.2.3).
            if type(key) is not str or not (key.isascii() or max(key) < "\ud800"):
                raise _Otherwise
            out[key] = item if type(item) is str else _alike(item)
        return out
    if kind is list or kind is tuple:
        return [v if type(v) is str else _alike(v) for v in value]
    raise _Otherwise


def _number(value: float) -> float | int:
    # Both write the shortest digits that read back the same; between 1e-4 and 2**53
    # both write them without an exponent (ECMAScript 2015, 7.1.12.1). A whole number
    # has no ".0" there, and no sign when it is zero.
    if value.is_integer():
        if abs(value) < _EXACT:
            return int(value)
    elif abs(value) >= 1e-4:
        return value
    raise _Otherwise


def read_line(line: bytes) -> tuple[dict[str, Any], bool]:
    """An entry's line read, and whether it is its own canonical text.

    Raises `ValueError` when it is no JSON object.
    """
    text = line.decode()
    try:
        value = _strict(text)
        same = _encode(value).encode() == line
        if same and not line.isascii() and max(text) > "\uffff":
            same = canonical(value) == line  # keys may sort otherwise in UTF-16
    except _Otherwise:
        value = _loose(text)
        same = canonical(value) == line
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value, same


def _literal(text: str) -> float:
    value = float(text)
    if repr(value) != text or text.endswith(".0") or "e" in text:
        raise _Otherwise
    return value


def _whole(text: str) -> int:
    if len(text) > 15:
        raise _Otherwise
    return int(text)


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


_strict = json.JSONDecoder(
    parse_float=_literal, parse_int=_whole, parse_constant=_no_constant
).decode
_loose = json.JSONDecoder(parse_constant=_no_constant).decode


def digest(data: bytes) -> str:
    """SHA-256 as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


@lru_cache(maxsize=256)
def iso(t_s: float) -> str:
    """UTC seconds as ISO 8601 with milliseconds and Z.

    >>> iso(1711250580.0)
    '2024-03-24T03:23:00.000Z'
    """
    if not math.isfinite(t_s):
        raise InputError(f"a time of {t_s} s cannot be recorded; give UTC seconds.")
    try:
        moment = _EPOCH + timedelta(milliseconds=round(t_s * 1000))
    except OverflowError:
        raise InputError(
            f"a time of {t_s} s cannot be recorded; give UTC seconds."
        ) from None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
