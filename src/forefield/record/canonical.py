"""One text for one meaning: canonical JSON (RFC 8785) and its SHA-256.

The hash of an entry is the hash of these bytes, so anybody with a JSON library and
SHA-256 can check a journal without our code.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from forefield.errors import InputError

__all__ = ["canonical", "digest", "iso", "plain"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain(value: Any) -> Any:
    """A value as plain JSON: NumPy numbers and arrays, dataclasses, times unwrapped.

    NaN ("not measured") becomes null and an infinity the text "inf" or "-inf",
    because JSON has neither.
    """
    if value is None or isinstance(value, bool | str):
        return value if not isinstance(value, np.str_) else str(value)
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        if math.isnan(number):
            return None
        if math.isinf(number):
            return "inf" if number > 0 else "-inf"
        return number
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
    import rfc8785

    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise InputError(f"not recordable as canonical JSON: {error}.") from None


def digest(data: bytes) -> str:
    """SHA-256 as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def iso(t_s: float) -> str:
    """UTC seconds as ISO 8601 with milliseconds and Z.

    >>> iso(1711250580.0)
    '2024-03-24T03:23:00.000Z'
    """
    if not math.isfinite(t_s):
        raise InputError(f"a time of {t_s} s cannot be recorded; give UTC seconds.")
    moment = _EPOCH + timedelta(milliseconds=round(t_s * 1000))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
