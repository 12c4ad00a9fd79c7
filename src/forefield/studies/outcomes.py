"""What one night gave under one alternative, held against what truly flew.

Truth is the night with no mechanism: what would have entered had nobody acted, with
Ukraine's own defence in it. Decisions are taken and flown back by `studies.acting`.
`prevented` sums chances, not draws: each decision on an object that would have entered
counts its chance of success, which has the same mean as counting hits and less spread.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forefield.columns import Texts
from forefield.drivers.chain import Passed
from forefield.drivers.truth import Passage, each_flight
from forefield.mandate.judge import NO_BAR
from forefield.mandate.verdict_table import CODES
from forefield.studies.acting import Engagement, Studied
from forefield.threats.flights import Flights
from forefield.world import borders
from forefield.world.districts import Districts

__all__ = [
    "BOUND_BELIEF",
    "BOUND_S",
    "LINKS",
    "PER_100",
    "TOLD",
    "Truth",
    "of_alternative",
    "of_sight",
    "truth_of",
]

#: An object looks bound for the guard when its belief reaches this. ASSUMPTION.
BOUND_BELIEF = 0.5
#: T-10, T-5 and T-2 minutes.
BOUND_S = (600, 300, 120)

#: Along the border: within ALONG_M of it ALONG_S before the entry. ASSUMPTION.
ALONG_M, ALONG_S = 30e3, 600.0

#: Outcomes told per 100 objects that would enter: (meaning, is more better?).
PER_100 = {
    "prevented": ("entries prevented, expected", True),
    "decided": ("entering objects with a decision in time, before they enter", True),
    "leakers": ("entering objects that entered after all, expected", False),
    "engaged_never": ("objects engaged that would never have entered", False),
    "engaged_nothing": ("tracks engaged where nothing of a raid flew", False),
    "too_late": ("entering objects whose decision came too late", False),
    "entries_warned": ("entering objects whose district was warned before", True),
}

#: Every number of a night and alternative, in the order of the table.
TOLD = (
    "flights", "inside_at_start", "entering", "entering_via_by", "entering_along",
    "entering_left", *(f"bound_{s}" for s in BOUND_S),
    *(f"bound_{s}_entered" for s in BOUND_S), *PER_100, "engaged_inside",
    "decided_unmet", "engagements", "down", "rounds", "cost_eur", "out_of_rounds",
    "options", "options_no_bar", "alerts", "alerts_false",
)  # fmt: skip

#: Links of the chain at which an entering object was lost, in order.
LINKS = {
    "not seen": "no track of it that was worth a belief",
    "belief below the floor": "no option was worked out before it entered",
    "no effector in reach": "no effector could meet it before it entered",
    "mandate": "a clause barred every option",
    "answers": "people asked had not answered in time",
    "word to the crew": "the answers came, but too late for crew and flight",
}


@dataclass(frozen=True)
class Truth:
    """What flew, as far as outcomes ask.

    entering  flight -> its first entry from outside, after the start
    started   flights that were inside the guard when the night began
    end_s     flight -> UTC seconds of its last row
    """

    flights: Flights
    entering: dict[str, Passage]
    started: frozenset[str]
    end_s: dict[str, float]
    stays: tuple[Passage, ...]

    def inside(self) -> dict[str, list[tuple[float, float]]]:
        """Flight -> when it is inside the guard, from and to [UTC s]."""
        out: dict[str, list[tuple[float, float]]] = {}
        for p in self.stays:
            out.setdefault(p.flight_id, []).append((p.t_enter_s, p.until_s))
        return out


def truth_of(flights: Flights, stays: Sequence[Passage]) -> Truth:
    """The entries and ends of a night's flights."""
    started = frozenset(p.flight_id for p in stays if p.via == "")
    entering: dict[str, Passage] = {}
    for p in stays:
        if p.flight_id not in started:
            entering.setdefault(p.flight_id, p)
    ends = {name: float(f.t_s[-1]) for name, f in each_flight(flights)}
    return Truth(flights, entering, started, ends, tuple(stays))


def of_sight(truth: Truth, passed: Passed) -> dict[str, float]:
    """What does not hang on any mandate: entries, and what looked bound when."""
    out: dict[str, float] = {
        "flights": len(truth.end_s),
        "inside_at_start": len(truth.started),
        "entering": len(truth.entering),
        "entering_via_by": sum(p.via == "BY" for p in truth.entering.values()),
        "entering_along": _along(truth),
        "entering_left": sum(np.isfinite(p.t_exit_s) for p in truth.entering.values()),
    }
    b = passed.beliefs
    for s in BOUND_S:
        rows = (b.horizon_s == s) & (b.p_enter >= BOUND_BELIEF)
        first: dict[str, float] = {}
        for track, t in zip(b.track_id[rows].tolist(), b.t_s[rows].tolist(),
                            strict=True):  # fmt: skip
            name = _name(passed.origin, track)
            first[name] = min(t, first.get(name, np.inf))
        # An object that is inside already is no question of entry.
        first = {k: t for k, t in first.items() if k not in truth.started}
        out[f"bound_{s}"] = len(first)
        out[f"bound_{s}_entered"] = sum(
            k in truth.entering and truth.entering[k].t_enter_s >= t
            for k, t in first.items()
        )
    return out


def _along(truth: Truth) -> int:
    """Entering flights that were near the border for a while before they entered."""
    n = 0
    for name, f in each_flight(truth.flights):
        entry = truth.entering.get(name)
        if entry is None:
            continue
        t = max(entry.t_enter_s - ALONG_S, float(f.t_s[0]))
        lat, lon = np.interp(t, f.t_s, f.lat_deg), np.interp(t, f.t_s, f.lon_deg)
        border = borders.guard(entry.guard)
        n += bool(border.distance_m(np.array([lat]), np.array([lon]))[0] < ALONG_M)
    return n


def _name(origin: Mapping[int, str], track: int) -> str:
    return origin.get(track, "") or f"track {track}"


def of_alternative(
    truth: Truth,
    passed: Passed,
    districts: Districts,
    acts: Studied,
) -> dict[str, float | str]:
    """What hangs on the alternative: decisions, losses, harm, warnings, a digest.

    Numbers are named in `TOLD`; further `harm_<country>`: expected casualties there of
    what was decided, less those of letting the same objects fly on (median figures,
    countries never summed). `verdicts` and `links` are JSON counts.
    """
    o, said, engagements = passed.options, _verdict_of(passed), acts.engagements
    fire = o.action == "intercept"
    kinds: dict[str, set[str]] = {k: set() for k in _KINDS}
    for e in engagements:
        kinds[_kind(truth, e)].add(e.name)
    prevented = _prevented(truth, engagements)
    links = Counter(
        _link(truth.entering[name], name, passed, said)
        for name in sorted(truth.entering)
        if name not in kinds["entering"]
    )
    seen, counts = np.unique(said[fire], return_counts=True)
    return {
        "prevented": prevented,
        "leakers": len(truth.entering) - prevented,
        "decided": len(kinds["entering"]),
        "engaged_never": len(kinds["never"]),
        "engaged_nothing": len(kinds["nothing"]),
        "engaged_inside": len(kinds["inside"]),
        "decided_unmet": len(kinds["unmet"]),
        "engagements": sum(e.is_fired for e in engagements),
        "down": sum(e.is_down for e in engagements),
        "rounds": sum(e.rounds for e in engagements),
        "cost_eur": sum(e.cost_eur for e in engagements),
        "out_of_rounds": len(acts.out_of_rounds),
        "too_late": links["answers"] + links["word to the crew"],
        "options": int(fire.sum()),
        "options_no_bar": int((fire & (said == NO_BAR)).sum()),
        **_warned(truth, passed, districts),
        **_harm(passed, engagements),
        "verdicts": _json(dict(zip(seen.tolist(), counts.tolist(), strict=True))),
        "links": _json(links),
        "digest": _digest(passed, engagements),
    }


_KINDS = ("entering", "never", "nothing", "inside", "unmet")


def _prevented(truth: Truth, engagements: Sequence[Engagement]) -> float:
    """Expected entries prevented; the mean over draws equals that of counted hits."""
    return sum(e.p_success for e in engagements if _kind(truth, e) == "entering")


def _verdict_of(passed: Passed) -> Texts:
    """The verdict of every option, row by row; "" for doing nothing."""
    v = passed.verdicts
    code = dict(zip(v.option_id.tolist(), v.verdict.tolist(), strict=True))
    return np.array([code.get(i, "") for i in passed.options.option_id.tolist()],
                    dtype=f"<U{max(map(len, CODES))}")  # fmt: skip


def _digest(passed: Passed, engagements: Sequence[Engagement]) -> str:
    """BLAKE2 of what was believed, said, warned and done: equal nights are equal."""
    found = hashlib.blake2b(digest_size=16)
    b, o, v, a = passed.beliefs, passed.options, passed.verdicts, passed.alerts
    for column in (b.t_s, b.p_enter, o.t_s, o.p_success, o.harm, v.t_s, a.t_s):
        found.update(np.ascontiguousarray(column).tobytes())
    said = "|".join(
        [*v.mandate, *v.option_id, *v.verdict, *a.district, *map(repr, engagements)]
    )
    found.update(said.encode())
    return found.hexdigest()


def _json(counts: Mapping[str, int]) -> str:
    return json.dumps(dict(counts), sort_keys=True)


def _kind(truth: Truth, e: Engagement) -> str:
    """What an engaged object would have done; "nothing": nothing of a raid flew.

    "unmet": decided on, and it never came to where the mandate lets fire.
    """
    if e.name not in truth.end_s:
        return "nothing"
    if not e.is_fired:
        return "unmet"
    entry = truth.entering.get(e.name)
    if e.name in truth.started:
        return "inside"
    if entry is None:
        return "never"
    return "entering" if e.t_intercept_s < entry.t_enter_s else "inside"


def _link(entry: Passage, name: str, passed: Passed, said: Texts) -> str:
    """The link at which an entering object was lost: the furthest that was reached."""
    o, b = passed.options, passed.beliefs
    mine = [t for t, source in passed.origin.items() if source == name]
    if not (np.isin(b.track_id, mine) & (b.t_s < entry.t_enter_s)).any():
        return "not seen"
    before = np.isin(o.track_id, mine) & (o.t_s < entry.t_enter_s)
    before &= o.action == "intercept"
    if not before.any():
        return "belief below the floor"
    # An option over the guard itself comes after the entry, and prevents none.
    outside = before & (o.barred_by == "") & (o.over != entry.guard)
    if not outside.any():
        return "no effector in reach"
    if (said[outside] == NO_BAR).any():
        return "word to the crew"
    if np.isin(said[outside], ("AWAITING_ANSWER", "LAPSED")).any():
        return "answers"
    return "mandate"


def _harm(passed: Passed, engagements: Sequence[Engagement]) -> dict[str, float]:
    told = [n[:-4] for n in passed.options.harm_names if n.endswith("_p50")]
    out = dict.fromkeys((f"harm_{n}" for n in told), 0.0)
    for e in engagements:
        for n in told:
            out[f"harm_{n}"] += e.harm.get(n, 0.0)
    return out


def _warned(truth: Truth, passed: Passed, districts: Districts) -> dict[str, float]:
    """Alerts that were opened; false: nothing of the raid flew there while it held."""
    a, f = passed.alerts, truth.flights
    opened = a.take(a.msg_type == "Alert")
    first: dict[tuple[str, float], float] = {}
    for i in range(len(opened)):
        key = str(opened.district[i]), float(opened.t_s[i])
        first[key] = max(first.get(key, 0.0), float(opened.t_arrival_p50_s[i]))
    inside = np.zeros(len(f), dtype=bool)
    for p in truth.stays:
        inside |= (
            (f.flight_id == p.flight_id) & (f.t_s >= p.t_enter_s) & (f.t_s <= p.until_s)
        )
    where = np.full(len(f), "", dtype=object)
    if inside.any():
        at = districts.locate(f.lat_deg[inside], f.lon_deg[inside])
        codes = np.array([*districts.codes, ""], dtype=object)
        where[inside] = codes[at]
    false = sum(
        not ((where == code) & (f.t_s >= t) & (f.t_s <= arrival + _ALERT_HOLDS_S)).any()
        for (code, t), arrival in first.items()
    )
    warned = 0
    for p in truth.entering.values():
        at_first = np.array([p.first_lat_deg]), np.array([p.first_lon_deg])
        k = int(districts.locate(*at_first)[0])
        code = districts.codes[k] if k >= 0 else ""
        warned += any(c == code and t < p.t_enter_s for c, t in first)
    return {"alerts": len(first), "alerts_false": false, "entries_warned": warned}


#: An alert is true when an object flew over its district up to this long after the
#: arrival it told. ASSUMPTION.
_ALERT_HOLDS_S = 900.0
