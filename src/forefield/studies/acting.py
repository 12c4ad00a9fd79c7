"""What becomes of a decision: an engagement is flown back into the night.

In a study, and in a study alone, an option with no bar and everybody's yes is taken,
by one fixed rule that stands here in full. Whether it succeeds is drawn; an object that
was brought down is gone from then on, for the sensors, the tracker and every later
decision. Rounds are used up. This is bookkeeping about chances: nothing here says how
anything would be done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forefield.chance import Stream
from forefield.engagement.effectors import Effector
from forefield.engagement.option_table import Options
from forefield.engagement.success import hits, sigma_three
from forefield.mandate.judge import NO_BAR
from forefield.mechanism import Cycle

__all__ = ["PRIORS", "Engagement", "Studied"]

#: Which end of the published chance of success is taken for true.
PRIORS = {"low": "p_success_p05", "middle": "p_success", "high": "p_success_p95"}
#: An effector that fired sees to nothing else until its last shot was judged. Where an
#: option does not tell when that is, this long. ASSUMPTION.
_BUSY_S = 60.0


@dataclass(frozen=True)
class Engagement:
    """One decision that was taken, and what came of it.

    name       whose the track was: a flight, "clutter:…", or "track N"
    p_success  chance of the whole series of shots;  is_down: what was drawn
    is_fired   the object did come to where the mandate lets fire; else nobody fires
    rounds     expected rounds of shoot-look-shoot, at most the shots there is time for
    harm       country -> expected casualties less those of letting it fly on
    """

    name: str
    t_s: float
    t_intercept_s: float
    effector: str
    owner: str
    over: str
    p_success: float
    is_fired: bool
    is_down: bool
    rounds: float
    cost_eur: float
    harm: dict[str, float]


class Studied:
    """The rule by which a study takes decisions under one alternative.

    At each cycle, of the options with no bar that are still in time: for each object in
    no engagement, the option most likely to succeed whose effector is free and has a
    round left (ties: by its id). A series of shots ends at the option's latest
    intercept; an object that survived it may be decided on again.

    Nobody fires where the object is not: an option over the guard waits for the object
    to enter, up to the option's latest intercept, and one over a neighbour lapses when
    it has entered. Then the decision was for nothing, and no round is spent.

    flights  names of what truly flies;  stream: of the night
    stays    flight -> the times it is inside the guard, from and to [UTC s]
    guards   ISO codes of the guarded countries
    prior    "low", "middle" or "high" end of the published chances
    """

    def __init__(
        self,
        flights: Sequence[str],
        effectors: Sequence[Effector],
        stream: Stream,
        stays: Mapping[str, Sequence[tuple[float, float]]],
        guards: Sequence[str],
        prior: str = "middle",
    ) -> None:
        self._number = {name: k for k, name in enumerate(flights)}
        self._kinds = sorted({e.kind for e in effectors})
        self._kind = {e.id: self._kinds.index(e.kind) for e in effectors}
        self._left = {e.id: float(e.magazine) for e in effectors}
        self._busy_s: dict[str, float] = {}
        self._until_s: dict[str, float] = {}
        self._tries: dict[str, int] = {}
        self._down: set[str] = set()
        self._stays, self._guards = stays, frozenset(guards)
        self._stream, self._prior = stream, PRIORS[prior]
        self.engagements: list[Engagement] = []
        #: Objects for which an effector was wanted that had no round left.
        self.out_of_rounds: set[str] = set()

    def __call__(self, cycle: Cycle, whose: Callable[[int], str]) -> dict[str, float]:
        """Take what may be taken at this cycle: flights brought down, and when."""
        o = cycle.options
        ended: dict[str, float] = {}
        names: dict[int, str] = {}
        for row in self._open(cycle):
            track, effector = int(o.track_id[row]), str(o.effector[row])
            if track not in names:
                names[track] = whose(track) or f"track {track}"
            name, now_s = names[track], cycle.now_s
            if name in self._down or self._until_s.get(name, -np.inf) > now_s:
                continue
            if self._left[effector] < 1.0:
                self.out_of_rounds.add(name)
                continue
            if self._busy_s.get(effector, 0.0) > now_s:
                continue
            one = self._taken(o, row, name)
            self.engagements.append(one)
            if one.is_down:
                self._down.add(name)
                ended[name] = one.t_intercept_s
        return ended

    def drawn(self, name: str, p: float, effector: str) -> bool:
        """Is it brought down? Keyed by object and try, under the night's one luck.

        Nothing that is no flight of the raid is ever brought down.
        """
        nth = self._tries[name] = self._tries.get(name, -1) + 1
        number = self._number.get(name)
        if number is None:
            return False
        found = hits(
            self._stream, p, sigma_three()[1], self._kind[effector],
            np.array([number]), np.array([nth]),
        )  # fmt: skip
        return bool(found[0])

    def _open(self, cycle: Cycle) -> list[int]:
        """Rows of options with no bar that are in time, the best first."""
        v, o = cycle.verdicts, cycle.options
        free = set(v.option_id[v.verdict == NO_BAR].tolist())
        if not free:
            return []
        rows = [
            k
            for k, i in enumerate(o.option_id.tolist())
            if i in free and o.action[k] == "intercept"
            and o.latest_decision_s[k] >= cycle.now_s
        ]  # fmt: skip
        p = np.nan_to_num(getattr(o, self._prior))
        return sorted(rows, key=lambda k: (-p[k], str(o.option_id[k])))

    def _taken(self, o: Options, row: int, name: str) -> Engagement:
        effector, now_s = str(o.effector[row]), float(o.t_s[row])
        p = float(np.clip(np.nan_to_num(getattr(o, self._prior)[row]), 0.0, 1.0))
        first_s = float(o.t_intercept_s[row])
        latest_s = float(o.t_latest_intercept_s[row])
        until_s = latest_s if np.isfinite(latest_s) else first_s + _BUSY_S
        self._until_s[name] = self._busy_s[effector] = max(until_s, now_s)
        at_s = self._met(name, str(o.over[row]) in self._guards, first_s, until_s)
        shots = max(int(o.shots[row]), 1)
        if at_s is None:
            return Engagement(
                name, now_s, first_s, effector, str(o.owner[row]), str(o.over[row]),
                0.0, False, False, 0.0, 0.0, {},
            )  # fmt: skip
        rounds = min(_expected_rounds(p, shots), self._left[effector])
        self._left[effector] -= rounds
        cost = float(np.nan_to_num(o.cost_eur[row])) * rounds / shots
        return Engagement(
            name, now_s, at_s, effector, str(o.owner[row]), str(o.over[row]),
            p, True, self.drawn(name, p, effector), rounds, cost, _harm(o, row),
        )  # fmt: skip

    def _met(
        self, name: str, over_guard: bool, first_s: float, until_s: float
    ) -> float | None:
        """When the object is first where it may be fired at; None: it never is.

        What is no flight of the raid is fired at where its track is.
        """
        if name not in self._number:
            return first_s
        stays = self._stays.get(name, ())
        if not over_guard:
            return None if any(a <= first_s <= b for a, b in stays) else first_s
        met = [max(a, first_s) for a, b in stays if a <= until_s and b >= first_s]
        return min(met, default=None)


def _expected_rounds(p_series: float, shots: int) -> float:
    """Mean rounds of shoot-look-shoot that ends at the first hit, shots alike.

    >>> _expected_rounds(0.75, 2)
    1.5
    """
    miss = (1.0 - p_series) ** (1.0 / shots)
    if miss >= 1.0:
        return float(shots)
    return float((1.0 - miss**shots) / (1.0 - miss))


def _harm(o: Options, row: int) -> dict[str, float]:
    same = (o.t_s == o.t_s[row]) & (o.track_id == o.track_id[row])
    fly_on = np.flatnonzero(same & (o.action == "nothing"))
    out = {}
    for k, label in enumerate(o.harm_names):
        if label.endswith("_p50") and len(fly_on):
            change = float(o.harm[row, k] - o.harm[int(fly_on[0]), k])
            out[label[:-4]] = change if np.isfinite(change) else 0.0
    return out
