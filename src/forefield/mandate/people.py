"""The chain of people: who must act by when, and who answers in a simulation.

Two stages. What must stand before any track (consent, domestic basis, procedures,
rules of exchange) is settled by states over days to months; it shows as standing
facts. What is asked about one object goes to the holders of the mandate, one after
another, in the seconds there are. `steps` lists both for a verdict.

Software never answers for anybody. In a simulated night the holders are simulated too
(`SimulatedHolders`): their delays are those of the mandate, assumed and said to be,
with a chance that no answer comes at all. In an exercise people answer, and nothing
here runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.engagement.option_table import Options
from forefield.mandate.judge import NO_BAR, Verdict
from forefield.mandate.rules import Holder, Mandate
from forefield.mandate.verdict_table import Verdicts

__all__ = ["Heard", "SimulatedHolders", "Step", "steps"]

#: Codes of the stage that must stand before any track.
STANDING = ("NO_HOST_CONSENT", "NO_DOMESTIC_BASIS", "NO_AGREED_PROCEDURE")
#: Codes under which people are being asked, or have answered.
_ASKED = ("AWAITING_ANSWER", "REFUSED_BY_HOLDER", "LAPSED", NO_BAR)
#: 95 % of a standard normal distribution lies below.
_Z95 = 1.6448536269514722


@dataclass(frozen=True)
class Step:
    """Something somebody would have to do.

    stage  "standing": before any track; "object": about this one
    who    the organ, in each language; of a ground its owner, in English
    what   the question, or the sentence of the ground
    state  "lacking" or "not excluded" of what must stand; else yes, no, awaited
    by_s   UTC seconds: the latest answer that leaves the holders after this one their
           usual time (p50); None: no deadline on this scale, or not known
    """

    stage: str
    who: dict[str, str]
    what: dict[str, str]
    state: str
    by_s: float | None = None


def steps(verdict: Verdict) -> tuple[Step, ...]:
    """Who must act, by when, for this option; the standing stage first."""
    out = []
    for found in verdict.grounds:
        g = found.ground
        if g.code in STANDING:
            state = "lacking" if found.value == "true" else "not excluded"
            who = dict.fromkeys(g.text, g.owner)
            out.append(Step("standing", who, g.text, state))
    latest = verdict.decide_by_s
    if latest is not None and not np.isfinite(latest):
        latest = None
    holders = verdict.mandate.holders
    for i, holder in enumerate(holders):
        given = verdict.facts.given.get(holder.fact)
        said = str(given.value) if given is not None and given.value else "awaited"
        after_s = sum(h.delay_p50_s for h in holders[i + 1 :])
        by_s = None if latest is None else latest - after_s
        out.append(Step("object", holder.organ, holder.question, said, by_s))
    return tuple(out)


@dataclass(frozen=True)
class Heard:
    """Something that happened between a question and its answer.

    said  "asked", "yes" or "no"
    """

    t_s: float
    option_id: str
    track_id: int
    holder: str
    said: str
    because: str = ""


@dataclass
class _Round:
    """One option before its holders: who was asked when, what was answered.

    option_id  its name in the last cycle; it has a new one each time
    """

    track_id: int
    option_id: str
    next: int = 0
    due_s: float = inf
    said: dict[str, str] = field(default_factory=dict)


#: What makes two cycles' options the same: track, effector, country below.
_Key = tuple[int, str, str]


def _keys(options: Options) -> list[tuple[str, _Key]]:
    return [
        (option_id, (int(track), effector, over))
        for option_id, track, effector, over in zip(
            options.option_id.tolist(),
            options.track_id.tolist(),
            options.effector.tolist(),
            options.over.tolist(),
            strict=True,
        )
    ]


class SimulatedHolders:
    """Holders of a simulated night: they answer late, or never; none is skipped.

    Each is asked when the one before has said yes. A delay is log-normal with the
    mandate's p50 and p95; with probability `no_answer` nothing comes. Draws depend on
    the track and the holder alone, so that two mandates under one seed meet the same
    people. An answer holds for its option only, and is asked for again when a bar that
    comes before the answers returned; a refusal stays.
    """

    def __init__(self, mandate: Mandate, stream: Stream) -> None:
        self.mandate, self._stream = mandate, stream
        self._rounds: dict[_Key, _Round] = {}

    def answers(self, options: Options) -> dict[str, dict[str, str]]:
        """option_id -> holder -> "yes" or "no", as heard so far."""
        return {
            option_id: dict(self._rounds[key].said)
            for option_id, key in _keys(options)
            if key in self._rounds and self._rounds[key].said
        }

    def hear(self, now_s: float) -> list[Heard]:
        """The answers, and the questions they lead to, up to now [UTC s]."""
        out: list[Heard] = []
        for _, one in sorted(self._rounds.items()):
            option_id = one.option_id
            while one.due_s <= now_s:
                t_s, holder = one.due_s, self.mandate.holders[one.next]
                one.said[holder.id] = "yes"
                why = f"simulated; delay {holder.delay_basis}"
                out.append(Heard(t_s, option_id, one.track_id, holder.id, "yes", why))
                one.next, one.due_s = one.next + 1, inf
                out += self._ask(option_id, one, t_s)
        return sorted(out, key=lambda h: (h.t_s, h.option_id))

    def consider(
        self, options: Options, verdicts: Verdicts, now_s: float
    ) -> list[Heard]:
        """Ask about the options that only answers still bar; forget the others."""
        out: list[Heard] = []
        code_of = dict(
            zip(verdicts.option_id.tolist(), verdicts.verdict.tolist(), strict=True)
        )
        seen = set()
        for option_id, key in _keys(options):
            code = code_of.get(option_id, "")
            if not code:
                continue
            seen.add(key)
            if code not in _ASKED:
                self._forget(key)
            elif key in self._rounds:
                self._rounds[key].option_id = option_id
            elif code == "AWAITING_ANSWER":
                one = self._rounds[key] = _Round(key[0], option_id)
                out += self._ask(option_id, one, now_s)
        for key in set(self._rounds) - seen:
            self._forget(key)
        return out

    def _forget(self, key: _Key) -> None:
        one = self._rounds.get(key)
        if one is not None and "no" not in one.said.values():
            del self._rounds[key]

    def _ask(self, option_id: str, one: _Round, t_s: float) -> Sequence[Heard]:
        if one.next >= len(self.mandate.holders):
            return ()
        holder = self.mandate.holders[one.next]
        one.due_s = t_s + self._delay_s(holder, one.track_id)
        return (Heard(t_s, option_id, one.track_id, holder.id, "asked"),)

    def _delay_s(self, holder: Holder, track_id: int) -> float:
        """How long this holder takes over this track; inf: no answer comes."""
        draw: Any = self._stream["people", holder.id, track_id].generator()
        silent, z = draw.random(), draw.standard_normal()
        if silent < holder.no_answer:
            return inf
        if holder.delay_p50_s <= 0:
            return 0.0
        sigma = np.log(holder.delay_p95_s / holder.delay_p50_s) / _Z95
        return float(holder.delay_p50_s * np.exp(sigma * z))
