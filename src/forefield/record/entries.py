"""What a night journals: pure functions from tables to entries.

`cycle_entries` says what changed since the last cycle, never what stayed: a track
confirmed, a belief that passed a milestone, a verdict that changed, an alert. What
people say about an object's origin is recorded as a dated hypothesis, and a later
correction stands beside it, never in its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from forefield.engagement.option_table import Options
from forefield.errors import InputError
from forefield.forecasting.beliefs import Beliefs
from forefield.mandate.facts import entry_horizon, facts_for
from forefield.mandate.rules import Mandate
from forefield.mandate.verdict_table import Verdicts
from forefield.record.canonical import digest, iso
from forefield.record.chain import GENESIS, Entry, line_of
from forefield.record.recompute import case_of, text_of
from forefield.record.signing import EXERCISE
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.warning.alert_table import Alerts

__all__ = [
    "MILESTONES",
    "Entry",
    "Judged",
    "Memory",
    "answer",
    "asked",
    "attribution",
    "chained",
    "closing",
    "cycle_entries",
    "opening",
]

#: A belief is journalled when it passes one of these. ASSUMPTION: chosen for
#: reading; nothing is decided by them.
MILESTONES = (0.1, 0.25, 0.5, 0.8, 0.95)
#: A belief that falls back is journalled only when it is this far below, so that one
#: that trembles at a milestone does not fill the journal.
_BACKWARDS = 0.05


class _Assumed(Protocol):
    """What `threats.flights.Assumption` has."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def because(self) -> str: ...
    @property
    def source(self) -> str: ...


@dataclass(frozen=True)
class Judged:
    """By what the verdicts of a cycle were given.

    standing  what the scenario assumes, by fact; answers and guard: as for
    `mandate.facts.facts_for`
    """

    mandate: Mandate
    standing: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    guard: Sequence[str] = ()

    def cases(
        self, options: Options, tracks: Tracks, beliefs: Beliefs, now_s: float
    ) -> list[dict[str, Any]]:
        """The case of every option, as `recompute.facts_in` reads it."""
        table = facts_for(
            self.mandate,
            options,
            tracks,
            beliefs,
            self.standing,
            now_s,
            self.answers,
            guard=list(self.guard),
        )
        return [case_of(table.row(i)) for i in range(table.n)]


@dataclass
class Memory:
    """What has been journalled so far, so that only changes are written."""

    status: dict[int, str] = field(default_factory=dict)
    inconsistent: set[int] = field(default_factory=set)
    belief: dict[tuple[int, str], int] = field(default_factory=dict)
    verdict: dict[tuple[int, str, str], str] = field(default_factory=dict)


# -- the frame of a night ---------------------------------------------------------


def opening(
    *,
    at_s: float,
    name: str,
    banner: str,
    seed: int,
    version: str,
    mandate: Mandate,
    guards: Sequence[str],
    assumptions: Iterable[_Assumed] = (),
) -> Entry:
    """The first entry: which night, by which versions, resting on what.

    The mandate's text goes in, with its SHA-256, so that every verdict can be
    recomputed from the journal alone. Its own assumed parameters are
    listed with those of the night, because a reader must not take them for law.
    """
    rests_on = [
        {"name": a.name, "value": a.value, "because": a.because, "source": a.source}
        for a in assumptions
    ]
    rests_on += [
        {
            "name": f"mandate {mandate.id}: {rule.name}",
            "value": rule.limits_in_words(),
            "because": rule.basis,
            "source": "",
        }
        for rule in mandate.assumed_parameters()
    ]
    return Entry(
        kind="opening",
        at_s=at_s,
        actor="software:record",
        body={
            "name": name,
            "banner": banner,
            "real": False,
            "seed": seed,
            "signing": EXERCISE,
            "version": version,
            "guards": list(guards),
            "mandate": {
                "id": mandate.id,
                "sha256": mandate.sha256,
                "day": str(mandate.day(at_s)),
                "text": text_of(mandate),
            },
            "assumptions": rests_on,
        },
        assumes=list(dict.fromkeys(a["name"] for a in rests_on)),
    )


def closing(*, at_s: float, tables: Mapping[str, Any]) -> Entry:
    """The last entry: how much there is of everything, or its digests."""
    return Entry("closing", at_s, "software:record", {"tables": dict(tables)})


# -- people -----------------------------------------------------------------------


def answer(
    *, at_s: float, holder: str, option_id: str, said: str, because: str = ""
) -> Entry:
    """What a holder answered about one option: yes or no, and why."""
    if said not in ("yes", "no"):
        raise InputError(f"answer of {holder}: {said!r} is neither yes nor no.")
    body = {"option_id": option_id, "said": said, "because": because}
    return Entry("answer", at_s, f"holder:{holder}", body)


def asked(*, at_s: float, holder: str, option_id: str) -> Entry:
    """That a holder was asked about one option; the clock of the answer starts."""
    body = {"option_id": option_id, "holder": holder}
    return Entry("asked", at_s, "software:mandate", body)


def attribution(
    *,
    at_s: float,
    actor: str,
    about: str,
    said: str,
    source: str,
    corrects: int | None = None,
) -> Entry:
    """Somebody's statement about what an object was or whose: a hypothesis.

    It is never recorded as a fact. A correction names the entry it corrects; both
    stay. (In November 2022 the first word at Przewodów named the wrong state.)
    """
    if not source:
        raise InputError(f"attribution of {about}: needs the source of the statement.")
    stated = "as first stated" if corrects is None else "as corrected"
    body = {
        "about": about,
        "said": said,
        "stated": stated,
        "standing": "hypothesis",
        "source": source,
    }
    return Entry("attribution", at_s, actor, body, corrects=corrects)


# -- a cycle ------------------------------------------------------------------------


def cycle_entries(
    now_s: float,
    tracks: Tracks,
    beliefs: Beliefs,
    options: Options,
    verdicts: Verdicts,
    alerts: Alerts,
    memory: Memory,
    judged: Judged | None = None,
) -> list[Entry]:
    """What changed in one cycle of the chain; `memory` carries what was written.

    judged  by which mandate and on which standing facts the verdicts were given; with
            it a verdict's entry holds its case: `recompute` can judge it again

    In this order: tracks, beliefs, verdicts, alerts; within each by the rows of its
    table. The same night gives the same entries.
    """
    return [
        *_of_tracks(now_s, tracks, memory),
        *_of_beliefs(now_s, beliefs, memory),
        *_of_verdicts(now_s, tracks, beliefs, options, verdicts, memory, judged),
        *_of_alerts(now_s, alerts),
    ]


def _of_tracks(now_s: float, tracks: Tracks, memory: Memory) -> list[Entry]:
    out: list[Entry] = []
    told = ("confirmed", "ended")
    for i, (number, status) in enumerate(
        zip(tracks.track_id.tolist(), tracks.status.tolist(), strict=True)
    ):
        before = memory.status.get(number, "")
        if status in told and status != before:
            # An end is news only of a track that was announced.
            if status == "confirmed" or before:
                body = {"event": status, **_track(tracks, i)}
                out.append(_entry("track", now_s, "tracker", body, ["sensors"]))
            memory.status[number] = status
        jumps = bool(tracks.inconsistent[i])
        if jumps != (number in memory.inconsistent):
            event = "inconsistent" if jumps else "consistent again"
            body = {"event": event, **_track(tracks, i)}
            out.append(_entry("track", now_s, "tracker", body, ["sensors"]))
            memory.inconsistent ^= {number}
    return out


def _track(tracks: Tracks, i: int) -> dict[str, Any]:
    shares = {
        name: _round(p, 3)
        for name, p in zip(CLASSES, tracks.p_class[i].tolist(), strict=True)
        if p >= 0.0005
    }
    return {
        "track_id": int(tracks.track_id[i]),
        "state_at": iso(float(tracks.t_s[i])),
        "lat_deg": _round(tracks.lat_deg[i], 4),
        "lon_deg": _round(tracks.lon_deg[i], 4),
        "alt_m": _round(tracks.alt_m[i], 0),
        "v_east_mps": _round(tracks.v_east_mps[i], 1),
        "v_north_mps": _round(tracks.v_north_mps[i], 1),
        "sigma_pos_m": _round(tracks.sigma_pos_m[i], 0),
        "p_exist": _round(tracks.p_exist[i], 3),
        "classes": shares,
    }


def _of_beliefs(now_s: float, beliefs: Beliefs, memory: Memory) -> list[Entry]:
    out: list[Entry] = []
    at = entry_horizon(beliefs)
    for i in np.flatnonzero(beliefs.horizon_s == at).tolist():
        key = (int(beliefs.track_id[i]), str(beliefs.guard[i]))
        p = float(beliefs.p_enter[i])
        band = int(np.searchsorted(MILESTONES, p, side="right"))
        before = memory.belief.get(key, 0)
        if band < before:
            held = int(np.searchsorted(MILESTONES, p + _BACKWARDS, side="right"))
            band = min(before, held)
        if band == before:
            continue
        memory.belief[key] = band
        same = (beliefs.track_id == key[0]) & (beliefs.guard == key[1])
        steps = {
            f"{h:g}": _round(q, 3)
            for h, q in zip(beliefs.horizon_s[same], beliefs.p_enter[same], strict=True)
        }
        body = {
            "track_id": key[0],
            "guard": key[1],
            "passed": "upwards" if band > before else "downwards",
            "horizon_s": at,
            "p_enter": _round(p, 3),
            "p_enter_by_horizon_s": steps,
            "p_leave": _round(beliefs.p_leave[i], 3),
            "p_end_inside": _round(beliefs.p_end_inside[i], 3),
            "t_enter_s": [
                _round(beliefs.t_enter_p05_s[i], 0),
                _round(beliefs.t_enter_p50_s[i], 0),
                _round(beliefs.t_enter_p95_s[i], 0),
            ],
            "entry_lat_deg": _round(beliefs.entry_lat_deg[i], 3),
            "entry_lon_deg": _round(beliefs.entry_lon_deg[i], 3),
            "age_s": _round(beliefs.age_s[i], 1),
            "model": str(beliefs.model[i]),
        }
        out.append(_entry("belief", now_s, "forecast", body, ["sensors"]))
    return out


def _of_verdicts(
    now_s: float,
    tracks: Tracks,
    beliefs: Beliefs,
    options: Options,
    verdicts: Verdicts,
    memory: Memory,
    judged_by: Judged | None,
) -> list[Entry]:
    out: list[Entry] = []
    rows: list[int] = []
    row_of = {str(o): i for i, o in enumerate(options.option_id)}
    judged: set[tuple[int, str, str]] = set()
    parsed: dict[str, Any] = {"": []}  # many verdicts share one text
    for v, option_id in enumerate(verdicts.option_id.tolist()):
        i = row_of.get(option_id)
        effector = str(options.effector[i]) if i is not None else option_id
        over = str(options.over[i]) if i is not None else ""
        key = (int(verdicts.track_id[v]), effector, over)
        judged.add(key)
        text = str(verdicts.grounds[v])
        if text not in parsed:
            parsed[text] = json.loads(text)
        grounds = parsed[text]
        code = str(verdicts.verdict[v])
        # A verdict changes with its code or with what decides it; that another ground
        # comes and goes with every scan is no news. A refusal always is.
        decides = [grounds[0].get("id"), grounds[0]["value"]] if grounds else []
        refused = any(g["code"] == "REFUSED_BY_HOLDER" for g in grounds)
        pattern = json.dumps([code, decides, refused])
        if memory.verdict.get(key) == pattern:
            continue
        memory.verdict[key] = pattern
        body: dict[str, Any] = {
            "track_id": key[0],
            "option_id": option_id,
            "mandate": str(verdicts.mandate[v]),
            "verdict": code,
            "deciding": grounds[0] if grounds else None,
            "grounds": [
                {"id": g.get("id", ""), "code": g["code"], "value": g["value"]}
                for g in grounds
            ],
        }
        if i is not None:
            body["option"] = {
                "action": str(options.action[i]),
                "effector": effector,
                "owner": str(options.owner[i]),
                "fires_from": str(options.fires_from[i]),
                "over": over,
                "barred_by": str(options.barred_by[i]),
            }
        latest = float(verdicts.decide_by_s[v])
        body["decide_by"] = iso(latest) if np.isfinite(latest) else None
        rests = [f"mandate {verdicts.mandate[v]}"]
        out.append(_entry("verdict", now_s, "mandate", body, rests))
        rows.append(-1 if i is None else i)
    if judged_by is not None and rows and min(rows) >= 0:
        cases = judged_by.cases(options.take(rows), tracks, beliefs, now_s)
        for entry, case in zip(out, cases, strict=True):
            entry.body["case"] = case
    # A verdict holds for one track at one time: an option that comes back is judged
    # and journalled anew.
    for key in [k for k in memory.verdict if k not in judged]:
        del memory.verdict[key]
    return out


def _of_alerts(now_s: float, alerts: Alerts) -> list[Entry]:
    out: list[Entry] = []
    names = dict.fromkeys(
        zip(alerts.alert_id.tolist(), alerts.msg_type.tolist(), strict=True)
    )
    for alert_id, msg_type in names:
        same = (alerts.alert_id == alert_id) & (alerts.msg_type == msg_type)
        rows = np.flatnonzero(same).tolist()
        first = rows[0]
        body = {
            "alert_id": alert_id,
            "msg_type": msg_type,
            "status": str(alerts.status[first]),
            "severity": str(alerts.severity[first]),
            "certainty": str(alerts.certainty[first]),
            "text_en": str(alerts.text_en[first]),
            "text_pl": str(alerts.text_pl[first]),
            "text_uk": str(alerts.text_uk[first]),
            "areas": [
                {
                    "district": str(alerts.district[r]),
                    "channel": str(alerts.channel[r]),
                    "lead_decide_s": _round(alerts.lead_decide_s[r], 0),
                    "lead_release_s": _round(alerts.lead_release_s[r], 0),
                    "lead_delivery_s": _round(alerts.lead_delivery_s[r], 0),
                }
                for r in rows
            ],
        }
        out.append(_entry("alert", now_s, "warning", body, ["alert limit"]))
    return out


def _entry(
    kind: str, at_s: float, part: str, body: dict[str, Any], assumes: list[str]
) -> Entry:
    return Entry(kind, at_s, f"software:{part}", body, assumes)


def _round(value: Any, digits: int) -> float | None:
    """A number as it is worth writing down; None when it was not measured."""
    number = float(value)
    if not np.isfinite(number):
        return None
    return round(number, digits) + 0.0


# -- the chain, in memory -------------------------------------------------------------


def chained(entries: Iterable[Entry]) -> tuple[dict[str, Any], ...]:
    """The entries numbered and chained, as plain dicts, each with its "hash".

    The hash is of the entry without the "hash" key; `journal.write_entries` puts
    them on disk.
    """
    out: list[dict[str, Any]] = []
    prev = GENESIS
    for n, entry in enumerate(entries, start=1):
        line = line_of(n, prev, entry)
        prev = digest(line)
        out.append({**json.loads(line), "hash": prev})
    return tuple(out)
