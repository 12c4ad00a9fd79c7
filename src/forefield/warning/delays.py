"""From "the limit is reached" to "people have it", as intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forefield.errors import InputError, nearest
from forefield.world.facts import table

__all__ = ["CHANNELS", "WHAT_IF", "Delays"]

#: Channels that there are, and one that is counted apart as a what-if.
CHANNELS = ("siren", "sms", "radio")
WHAT_IF = ("cell_broadcast",)
_KEYS = ("decide_s", "release_s", *(f"{c}_s" for c in (*CHANNELS, *WHAT_IF)))


@dataclass(frozen=True)
class Delays:
    """Each delay as (quick, slow) seconds; the middle is their geometric mean.

    >>> Delays.shipped().middle("siren_s").__round__(1)
    17.3
    """

    decide_s: tuple[float, float]
    release_s: tuple[float, float]
    siren_s: tuple[float, float]
    sms_s: tuple[float, float]
    radio_s: tuple[float, float]
    cell_broadcast_s: tuple[float, float]
    basis: str = ""

    @classmethod
    def shipped(cls) -> Delays:
        """The assumed delays of data/delays.toml."""
        a = table("delays")["assumed"]
        given = {"decide_s": a["decide_s"], "release_s": a["release_s"]}
        given |= {f"{c}_s": a["channel"][f"{c}_s"] for c in CHANNELS}
        given |= {f"{c}_s": a["what_if"][f"{c}_s"] for c in WHAT_IF}
        return cls(**{k: (float(v[0]), float(v[1])) for k, v in given.items()},
                   basis=str(a["title"]))  # fmt: skip

    @classmethod
    def of(cls, given: Mapping[str, Any] | Delays | None) -> Delays:
        """The shipped delays with some replaced: a number, or [quick, slow] seconds.

        Raises InputError for an unknown name or an interval that is none.
        """
        if given is None or isinstance(given, Delays):
            return given or cls.shipped()
        base = cls.shipped()
        values = {k: getattr(base, k) for k in _KEYS}
        for key, value in given.items():
            if key not in _KEYS:
                close = nearest(key, _KEYS)
                hint = (
                    f"did you mean {close!r}?"
                    if close
                    else f"known: {', '.join(_KEYS)}."
                )
                raise InputError(f"delays: unknown delay {key!r}; {hint}")
            pair = value if isinstance(value, list | tuple) else (value, value)
            ok = len(pair) == 2 and all(
                isinstance(x, int | float) and not isinstance(x, bool) for x in pair
            )
            if not ok or not 0.0 <= pair[0] <= pair[1]:
                raise InputError(
                    f"delays.{key} is {value!r}; give seconds or [quick, slow]."
                )
            values[key] = (float(pair[0]), float(pair[1]))
        return cls(
            **values, basis="as given; the rest " + base.basis if given else base.basis
        )

    def as_dict(self) -> dict[str, list[float]]:
        """Name -> [quick, slow] seconds, as `of` takes it."""
        return {k: list(getattr(self, k)) for k in _KEYS}

    def middle(self, key: str) -> float:
        """Seconds: the geometric mean of quick and slow (the mean if quick is 0)."""
        low, high = getattr(self, key)
        return float((low * high) ** 0.5) if low > 0.0 else 0.5 * (low + high)

    def quick(self, key: str) -> float:
        """Seconds: the quick end."""
        return float(getattr(self, key)[0])

    def slow(self, key: str) -> float:
        """Seconds: the slow end."""
        return float(getattr(self, key)[1])
