"""Facts: what is known about an option at one time, how old, and from whom.

`Facts` is one case, as a person writes it in FACTS.json or as the chain knew it.
`FactTable` is many cases as columns; `facts_for` assembles it from the tables of
one cycle. Nothing is filled in: what the chain does not know is absent, and an
absent fact is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from forefield.columns import Bool, Floats, Ints
from forefield.engagement.option_table import Options
from forefield.errors import InputError
from forefield.forecasting.beliefs import Beliefs
from forefield.mandate.rules import Mandate
from forefield.threats.classes import MISSILE_OR_UAV
from forefield.tracking.tracks import CLASSES, Tracks

__all__ = [
    "ENTRY_HORIZON_S",
    "FactTable",
    "Facts",
    "Given",
    "Observed",
    "entry_horizon",
    "facts_for",
    "facts_under",
    "observed",
]

#: The horizon of `p_enter` in `facts_for`. ASSUMPTION: ten minutes, the longest
#: horizon on which the public statements speak of minutes, not of hours.
ENTRY_HORIZON_S = 600.0

#: (id of a column, how) -> what was made of it, and the column, which keeps the id its.
Kept = dict[tuple[int, Callable[..., Any]], tuple[Any, Any]]


@dataclass(frozen=True)
class Given:
    """One fact: a bool, a number or a word; when it held; who says so.

    as_of_s  UTC seconds of the evidence; None: not stated
    assumed  a scenario or an exercise assumes it
    """

    value: bool | float | str | None
    as_of_s: float | None = None
    source: str = ""
    assumed: bool = False


@dataclass(frozen=True)
class Facts:
    """One case to judge.

    at_s               UTC seconds: the question is what may be done at this time
    given              the facts by name; an absent one is UNKNOWN
    option_id          what is judged, and on which track (-1: none)
    latest_decision_s  UTC seconds after which it is too late; None: not known
    unasked            facts that were stated and that the mandate does not ask for
    """

    at_s: float
    given: Mapping[str, Given] = field(default_factory=dict)
    option_id: str = ""
    track_id: int = -1
    latest_decision_s: float | None = None
    unasked: tuple[str, ...] = ()


@dataclass(frozen=True)
class FactTable:
    """Many cases of one time, as columns of N rows.

    values    (N,) by fact: float64 with NaN, or text with "", for "not known";
              a bool is 1.0 or 0.0
    as_of_s   (N,) by fact, UTC seconds; a fact without an entry has no stated age
    sources   one word by fact: where the column comes from
    assumed   facts that a scenario assumes
    kept      what `made` made
    """

    at_s: float
    n: int
    values: dict[str, Any]
    as_of_s: dict[str, Floats]
    sources: dict[str, str]
    option_id: Any
    track_id: Ints
    latest_decision_s: Floats
    booleans: frozenset[str] = frozenset()
    assumed: frozenset[str] = frozenset()
    kept: Kept = field(default_factory=dict, repr=False, compare=False)

    def made(self, how: Callable[..., Any], column: Any) -> Any:
        """`how(column, at_s)`, once for all tables of a time that share columns."""
        found = self.kept.get((id(column), how))
        if found is None:
            made = how(column, self.at_s)
            found = self.kept[id(column), how] = (made, column)
        return found[0]

    def row(self, i: int) -> Facts:
        """One case of the table, for `judge`."""
        given = {}
        for name, column in self.values.items():
            value = column[i]
            if isinstance(value, str):
                known: Any = str(value) or None
            elif np.isnan(value):
                known = None
            else:
                known = bool(value) if name in self.booleans else float(value)
            if known is None:
                continue
            as_of = self.as_of_s.get(name)
            given[name] = Given(
                known,
                None if as_of is None or np.isnan(as_of[i]) else float(as_of[i]),
                self.sources.get(name, ""),
                name in self.assumed,
            )
        latest = float(self.latest_decision_s[i])
        return Facts(
            self.at_s,
            given,
            str(self.option_id[i]),
            int(self.track_id[i]),
            None if np.isnan(latest) else latest,
        )


@dataclass(frozen=True)
class Observed:
    """What one cycle tells of its options, whatever the mandate: made by `observed`.

    values   (N,) by fact, as in `FactTable`; as_of_s: UTC seconds by fact
    kept     columns already turned into whole numbers, for every mandate that asks
    """

    options: Options
    now_s: float
    values: dict[str, Any]
    as_of_s: dict[str, Floats]
    kept: Kept = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def depth_km(self) -> Floats:
        """From the intercept point to the guard's border; few mandates ask."""
        return _depth_km(self.options, self.values["guard"])


def observed(
    options: Options,
    tracks: Tracks,
    beliefs: Beliefs,
    now_s: float | None = None,
    *,
    guard: str | Sequence[str] = "",
) -> Observed:
    """What the tables of one cycle say of every row of `options`.

    now_s  UTC seconds of the question; default: the latest `t_s` of the options
    guard  the guarded country or countries. The guard of an option is the one its
           track most probably enters; without a belief, the one it is over, else
           the only one. Default: the guards of the beliefs
    """
    if now_s is None:
        now_s = float(options.t_s.max()) if len(options) else 0.0
    values: dict[str, Any] = {
        "action": options.action,
        "over": options.over,
        "owner": options.owner,
        "fires_from": options.fires_from,
    }
    as_of: dict[str, Floats] = {}
    seen_s = _from_tracks(tracks, options, values, as_of)
    _from_beliefs(beliefs, options, values, as_of, seen_s, now_s, guard)
    _from_options(options, values, now_s)
    return Observed(options, now_s, values, as_of)


def facts_for(
    mandate: Mandate,
    options: Options,
    tracks: Tracks,
    beliefs: Beliefs,
    standing: Mapping[str, Any] | None = None,
    now_s: float | None = None,
    answers: Mapping[str, Mapping[str, str]] | None = None,
    *,
    guard: str | Sequence[str] = "",
) -> FactTable:
    """The facts of every option of one cycle, a row per row of `options`.

    now_s and guard as for `observed`, standing and answers as for `facts_under`.
    """
    seen = observed(options, tracks, beliefs, now_s, guard=guard)
    return facts_under(mandate, seen, standing, answers)


def facts_under(
    mandate: Mandate,
    seen: Observed,
    standing: Mapping[str, Any] | None = None,
    answers: Mapping[str, Mapping[str, str]] | None = None,
) -> FactTable:
    """The facts that one mandate asks for: what was seen, assumed and answered.

    standing  what the scenario assumes, by fact name
    answers   option_id -> holder id -> "yes" or "no"; who is absent is awaited

    Raises `InputError` for a standing fact or a holder that the mandate has not.
    """
    options, n = seen.options, len(seen.options)
    values = {k: v for k, v in seen.values.items() if k in mandate.facts}
    if "depth_km" in mandate.facts:
        values["depth_km"] = seen.depth_km
    sources = {name: _SOURCES.get(name, "options") for name in values}
    for name, value in (standing or {}).items():
        _check_standing(mandate, name, value)
        values[name] = _repeat(value, n)
        sources[name] = "scenario"
    values |= _from_answers(mandate, options, answers or {})
    return FactTable(
        at_s=seen.now_s,
        n=n,
        values=values,
        as_of_s={k: v for k, v in seen.as_of_s.items() if k in mandate.facts},
        sources=sources,
        option_id=options.option_id,
        track_id=options.track_id,
        latest_decision_s=options.latest_decision_s,
        booleans=mandate.booleans,
        assumed=frozenset(standing or {}),
        kept=seen.kept,
    )


_TRACK_FACTS = (
    "p_missile_or_uav",
    "p_missile",
    "p_uav",
    "p_civil",
    "p_crewed",
    "p_interceptor",
    "p_unclassified",
    "p_exist",
    "consistent",
)
_SOURCES = dict.fromkeys(_TRACK_FACTS, "tracks") | dict.fromkeys(
    ("p_enter", "guard", "evidence_age_s"), "beliefs"
)


def _from_tracks(
    tracks: Tracks, options: Options, values: dict[str, Any], as_of: dict[str, Floats]
) -> Floats:
    row, found = _latest(tracks.t_s, tracks.track_id, options)

    def pick(column: Floats) -> Floats:
        return np.where(found, column[row], np.nan) if len(tracks) else _nan(options)

    def share(*names: str) -> Floats:
        columns = [CLASSES.index(name) for name in names]
        return pick(tracks.p_class[:, columns].sum(axis=1))

    values["p_missile_or_uav"] = share(*MISSILE_OR_UAV)
    values["p_missile"] = share("cruise", "ballistic")
    values["p_uav"] = share("drone", "jet_drone", "decoy")
    values["p_civil"] = share("civil")
    values["p_crewed"] = share("aircraft")
    values["p_interceptor"] = share("interceptor")
    values["p_unclassified"] = share("unknown")
    values["p_exist"] = pick(tracks.p_exist)
    values["consistent"] = pick(1.0 - tracks.inconsistent.astype(np.float64))
    seen_s = pick(tracks.t_seen_s)
    # A track without a time of last detection is as old as its state, no younger.
    seen_s = np.where(np.isnan(seen_s), pick(tracks.t_s), seen_s)
    for name in _TRACK_FACTS:
        as_of[name] = seen_s
    return seen_s


def _from_beliefs(
    beliefs: Beliefs,
    options: Options,
    values: dict[str, Any],
    as_of: dict[str, Floats],
    seen_s: Floats,
    now_s: float,
    guard: str | Sequence[str],
) -> None:
    n = len(options)
    horizon_s = entry_horizon(beliefs)
    use = beliefs.horizon_s == horizon_s
    guards = [guard] if isinstance(guard, str) and guard else list(guard)
    if guards:
        use &= np.isin(beliefs.guard, guards)
    guards = guards or np.unique(beliefs.guard).tolist()
    # An object inside a guard has no belief of entering it: the guard is below.
    inside = np.isin(options.over, guards)
    other = np.where(inside, options.over, guards[0] if len(guards) == 1 else "")
    chosen = beliefs.take(use)
    # Of several guards the most threatened speaks: the last after this sort.
    order = np.lexsort((chosen.p_enter, chosen.t_s, chosen.track_id))
    chosen = chosen.take(order)
    row, found = _latest(chosen.t_s, chosen.track_id, options)
    if len(chosen):
        values["p_enter"] = np.where(found, chosen.p_enter[row], np.nan)
        values["guard"] = np.where(found, chosen.guard[row], other)
        age_s = np.where(found, chosen.age_s[row], np.nan)
        evidence_s = np.where(found, chosen.t_s[row] - age_s, np.nan)
    else:
        values["p_enter"] = np.full(n, np.nan)
        values["guard"] = other
        evidence_s = np.full(n, np.nan)
    evidence_s = np.where(np.isnan(evidence_s), seen_s, evidence_s)
    as_of["p_enter"] = evidence_s
    values["evidence_age_s"] = now_s - evidence_s


def entry_horizon(beliefs: Beliefs) -> float:
    """600 s where it was computed; else the longest horizon below; else what is."""
    have = np.unique(beliefs.horizon_s)
    if not len(have):
        return ENTRY_HORIZON_S
    below = have[have <= ENTRY_HORIZON_S]
    return float(below[-1] if len(below) else have[0])


def _from_options(options: Options, values: dict[str, Any], now_s: float) -> None:
    values["feasible"] = (options.barred_by == "").astype(np.float64)
    values["seconds_left"] = options.latest_decision_s - now_s
    labels = list(options.harm_names)

    def harm(iso: Any) -> Floats:
        out = _nan(options)
        for code in np.unique(iso):
            label = f"{str(code).lower()}_p95"
            if code and label in labels:
                here = iso == code
                out[here] = options.harm[here, labels.index(label)]
        return out

    values["harm_guard_p95"] = harm(values["guard"])
    values["harm_host_p95"] = harm(np.full(len(options), "UA"))


def _depth_km(options: Options, guard: Any) -> Floats:
    """From the intercept point to the guard's border; NaN where there is no guard."""
    from forefield.world.borders import guard as border

    out = _nan(options)
    for iso in np.unique(guard):
        here = guard == iso
        if iso:
            lat, lon = options.lat_deg[here], options.lon_deg[here]
            try:
                out[here] = border(str(iso)).distance_m(lat, lon) / 1000.0
            except InputError:  # no border of that country is shipped: not known
                continue
    return out


def _from_answers(
    mandate: Mandate, options: Options, answers: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    known = {holder.id for holder in mandate.holders}
    for option_id, said in answers.items():
        for who, word in said.items():
            if who not in known or word not in ("yes", "no"):
                raise InputError(
                    f"answers of {option_id}: {who}={word!r}; holders of mandate "
                    f"{mandate.id}: {', '.join(sorted(known))}; answers: yes, no."
                )
    out: dict[str, Any] = {}
    for holder in mandate.holders:
        words = np.full(len(options), "awaited")
        for i, option_id in enumerate(options.option_id.tolist() if answers else ()):
            words[i] = answers.get(option_id, {}).get(holder.id, "awaited")
        out[holder.fact] = words
    return out


def _check_standing(mandate: Mandate, name: str, value: Any) -> None:
    rule = mandate.facts.get(name)
    if rule is None:
        from forefield.errors import nearest

        close = nearest(name, mandate.facts)
        hint = f"did you mean {close!r}?" if close else "leave it out."
        raise InputError(
            f"standing fact {name!r}: mandate {mandate.id} does not ask for it; {hint}"
        )
    if rule.about in ("option", "object", "forecast", "time"):
        raise InputError(
            f"standing fact {name!r} is observed, not assumed; leave it out."
        )
    fits = isinstance(value, bool) if rule.type == "bool" else True
    fits = fits and (isinstance(value, str) if rule.type in ("enum", "zone") else True)
    if not fits:
        raise InputError(f"standing fact {name!r} must be a {rule.type}: {value!r}.")


def _repeat(value: Any, n: int) -> Any:
    if isinstance(value, str):
        return np.full(n, value)
    return np.full(n, float(value))


def _nan(options: Options) -> Floats:
    return np.full(len(options), np.nan)


def _latest(t_s: Floats, track_id: Ints, options: Options) -> tuple[Ints, Bool]:
    """For each option the last row of its track that is not after the option.

    Of equal times the row that comes last. Returns (N,) row numbers and whether
    there is one; where there is none the row number is 0.
    """
    n = len(options)
    if not len(t_s):
        return np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.bool_)
    # One lexicographic merge: table rows before options at equal (track, time).
    m = len(t_s)
    tracks = np.concatenate([track_id, options.track_id])
    times = np.concatenate([t_s, options.t_s])
    is_option = np.repeat([0, 1], [m, n])
    order = np.lexsort((np.arange(m + n), is_option, times, tracks))
    rows = np.where(order < m, order, -1)
    place = np.maximum.accumulate(np.where(rows >= 0, np.arange(m + n), -1))
    at_options = np.flatnonzero(order >= m)
    last = place[at_options]
    candidate = np.where(last >= 0, order[np.maximum(last, 0)], 0)
    which = order[at_options] - m
    found = (last >= 0) & (track_id[candidate] == options.track_id[which])
    row = np.zeros(n, dtype=np.int64)
    ok = np.zeros(n, dtype=np.bool_)
    row[which] = np.where(found, candidate, 0)
    ok[which] = found
    return row, ok
