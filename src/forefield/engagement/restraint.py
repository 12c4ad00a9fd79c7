"""Why one might not fire: the reasons, in words and numbers, beside every option.

Nothing here forbids. Pilots with permission did not fire over towns; the worst damage
in Poland was by all appearances an interceptor that failed. A comparison that only told
how to fire would be dishonest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forefield.world.borders import GUARDS

__all__ = ["CODES", "reasons"]

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]

#: Codes, and what each means.
CODES = {
    "MORE_HARM": "stopping it is expected to hurt more people there than letting it be",
    "NOT_TOLD_APART": "the intervals overlap: the figures do not tell which is worse",
    "TOWN_BELOW": "many people live where the pieces would begin to fall",
    "LIKELY_LEAVES": "it would more likely than not leave again by itself",
    "UNLIKELY_ENTRY": "it will more likely than not never enter",
    "MAY_FAIL": "it may well fail, and what fails comes down",
    "IDENTITY": "it may be civil or crewed",
    "TRAFFIC": "civil or friendly traffic is too near",
    "HEIGHT_UNKNOWN": "nobody measured its height",
    "SECONDS": "only seconds remain to decide",
}

#: ASSUMPTIONS: where a number becomes a reason.
_TOWN_PER_KM2 = 400.0
_FAIL = 0.5
_IDENTITY = 0.02
_SECONDS = 30.0
#: Expected casualties that are worth a word.
_TOLD = 1e-3


def _number(x: float) -> str:
    return f"{x:.2g}" if x < 100 else f"{x:,.0f}"


def _interval(three: Floats) -> str:
    return f"{_number(three[1])} ({_number(three[0])} to {_number(three[2])})"


def reasons(
    told: Sequence[str],
    harm: Floats,
    nothing: Floats,
    people_km2: Floats,
    p_low: Floats,
    p_friend: Floats,
    p_enter: Floats,
    p_leave: Floats,
    seconds_left: Floats,
    height_m: Floats,
    conflict: Texts,
) -> list[str]:
    """For each of R options a JSON list of {"code", "says"}; "[]" for none.

    harm, nothing  (R, C, 3) expected casualties of the option, and of letting it fly
    people_km2     at the place of the intercept;  p_low  low end of its success
    p_friend       chance that the object is civil or crewed
    p_enter, p_leave  of the belief with the longest horizon; NaN where there is none
    seconds_left   to the latest decision; NaN where there is none
    """
    out = []
    worse = harm[..., 1] > 1.05 * nothing[..., 1]
    better = harm[..., 1] < nothing[..., 1] / 1.05
    apart = (harm[..., 0] > nothing[..., 2]) | (harm[..., 2] < nothing[..., 0])
    much = np.asarray(worse & (harm[..., 1] > 1e-6))
    unclear = np.asarray((worse | better) & ~apart)
    unclear &= np.maximum(harm[..., 2], nothing[..., 2]) >= _TOLD
    any_much = np.atleast_1d(much.any(axis=1)).tolist()
    any_unclear = np.atleast_1d(unclear.any(axis=1)).tolist()
    people, low, friend = people_km2.tolist(), p_low.tolist(), p_friend.tolist()
    enter, leave, left = p_enter.tolist(), p_leave.tolist(), seconds_left.tolist()
    has_height, near = np.isfinite(height_m).tolist(), conflict.tolist()
    for r in range(len(harm)):
        said: list[tuple[str, str]] = []
        for c in np.flatnonzero(much[r]).tolist() if any_much[r] else ():
            where = GUARDS.get(told[c], told[c])
            says = (
                f"In {where} it is expected to hurt {_interval(harm[r, c])} people, "
                f"against {_interval(nothing[r, c])} if it flies on."
            )
            said.append(("MORE_HARM", says))
        if any_unclear[r]:
            names = ", ".join(
                GUARDS.get(told[c], told[c])
                for c in np.flatnonzero(unclear[r]).tolist()
            )
            said.append(
                ("NOT_TOLD_APART",
                 f"In {names} the intervals of stopping it and letting it fly overlap.")
            )  # fmt: skip
        if people[r] >= _TOWN_PER_KM2:
            said.append(
                ("TOWN_BELOW", f"About {people[r]:,.0f} people live on each square "
                 "kilometre below the place.")
            )  # fmt: skip
        if leave[r] >= 0.5 and enter[r] > 0.0:
            said.append(
                ("LIKELY_LEAVES",
                 f"If it enters, it leaves again with chance {leave[r]:.2f}.")
            )  # fmt: skip
        if enter[r] < 0.5:
            said.append(("UNLIKELY_ENTRY", f"Its chance of entry is {enter[r]:.2f}."))
        if low[r] < _FAIL:
            said.append(
                ("MAY_FAIL", f"It succeeds with as little as {low[r]:.2f} at the low "
                 "end of what is published; a round that misses comes down.")
            )  # fmt: skip
        if friend[r] >= _IDENTITY:
            said.append(
                ("IDENTITY", f"It is civil or crewed with chance {friend[r]:.2f}.")
            )
        if near[r]:
            said.append(("TRAFFIC", f"Too near: {near[r]}."))
        if not has_height[r]:
            said.append(("HEIGHT_UNKNOWN", "Nobody measured its height."))
        if left[r] < _SECONDS:
            said.append(("SECONDS", f"{max(left[r], 0.0):.0f} s remain."))
        out.append(
            json.dumps([{"code": c, "says": s} for c, s in said]) if said else "[]"
        )
    return out
