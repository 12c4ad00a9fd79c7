"""Ed25519 as RFC 8032 writes it: slow, short, and the same bytes everywhere.

`signing` uses the package `cryptography` where it is installed. This is the
arithmetic of the standard, so that a simulated night signs its journal, with the
same bytes, where it is not. It does not hide a key from whoever can time it: fit
for exercise keys, which are public by construction, and for checking.
"""

from __future__ import annotations

import hashlib
from functools import cache

__all__ = ["check", "public_of", "sign"]

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)

#: Extended coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, x*y = T/Z.
_Point = tuple[int, int, int, int]
_ZERO: _Point = (0, 1, 1, 0)


def _add(a: _Point, b: _Point) -> _Point:
    # RFC 8032, 5.1.4.
    s = (a[1] - a[0]) * (b[1] - b[0]) % _P
    t = (a[1] + a[0]) * (b[1] + b[0]) % _P
    c = 2 * a[3] * b[3] * _D % _P
    d = 2 * a[2] * b[2] % _P
    e, f, g, h = t - s, d - c, d + c, t + s
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(k: int, point: _Point) -> _Point:
    out = _ZERO
    while k:
        if k & 1:
            out = _add(out, point)
        point, k = _add(point, point), k >> 1
    return out


@cache
def _doublings() -> tuple[_Point, ...]:
    """The base point times 1, 2, 4, …: halves the work of signing."""
    y = 4 * pow(5, -1, _P) % _P
    x = _x_of(y, 0)
    assert x is not None
    point, out = (x, y, 1, x * y % _P), []
    for _ in range(256):
        out.append(point)
        point = _add(point, point)
    return tuple(out)


def _base_times(k: int) -> _Point:
    out = _ZERO
    for point in _doublings():
        if not k:
            break
        if k & 1:
            out = _add(out, point)
        k >>= 1
    return out


def _x_of(y: int, sign: int) -> int | None:
    # RFC 8032, 5.1.3; None: there is no such point.
    if y >= _P:
        return None
    x2 = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(x2, (_P + 3) // 8, _P)
    if (x * x - x2) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (x * x - x2) % _P or (x == 0 and sign):
        return None
    return _P - x if x & 1 != sign else x


def _pack(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _unpack(data: bytes) -> _Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


@cache
def _secret(seed: bytes) -> tuple[int, bytes, bytes]:
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return a, h[32:], _pack(_base_times(a))


def _hash(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % _ORDER


def public_of(seed: bytes) -> bytes:
    """The public key, 32 bytes, of a 32-byte secret (5.1.5)."""
    return _secret(seed)[2]


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature, 64 bytes (5.1.6)."""
    a, prefix, public = _secret(seed)
    r = _hash(prefix, message)
    point = _pack(_base_times(r))
    s = (r + _hash(point, public, message) * a) % _ORDER
    return point + s.to_bytes(32, "little")


def check(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is that key's on that message (5.1.7)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, point = _unpack(public), _unpack(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or point is None or s >= _ORDER:
        return False
    right = _add(point, _times(_hash(signature[:32], public, message), key))
    left = _base_times(s)
    return not (
        (left[0] * right[2] - right[0] * left[2]) % _P
        or (left[1] * right[2] - right[1] * left[2]) % _P
    )
