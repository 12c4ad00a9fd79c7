"""The verdict of the night, told in plain sentences from its tables."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from forefield.drivers.night import Night, PublicEvent
from forefield.report import wording
from forefield.report.story import (
    Passage,
    Story,
    TrueFlight,
    has_truth,
    main_horizon_s,
)
from forefield.report.wording import Clock, country, join, percent, plural, span
from forefield.world.districts import districts

__all__ = [
    "first_warnings",
    "mandate_sentence",
    "overflown",
    "own_warning",
    "passage_words",
    "verdict_of_the_night",
]

#: Distance along a flight between two looks at which district lies below.
_LOOK_S = 5.0


def passage_words(clock: Clock, p: Passage) -> str:
    """`entered Poland at 04:23:00 (03:23:00 UTC) and left after 39 s`."""
    start = (
        f"entered {country(p.guard)} at {clock.words(p.entered_s)}"
        if math.isfinite(p.entered_s)
        else f"was inside {country(p.guard)} from the start"
    )
    if math.isfinite(p.left_s):
        known = math.isfinite(p.entered_s)
        stay = f" after {span(p.left_s - p.entered_s)}" if known else ""
        return f"{start} and left{stay}"
    return f"{start} and did not leave"


def first_warnings(
    night: Night, truths: tuple[TrueFlight, ...]
) -> list[dict[str, Any]]:
    """First alert of each district, its channels side by side."""
    alerts = night.alerts
    over = overflown(night, truths)
    shipped = {str(c) for iso in night.guards for c in districts(iso).codes}
    by_district: dict[str, list[int]] = {}
    for k in range(len(alerts)):
        by_district.setdefault(str(alerts.district[k]), []).append(k)
    out = []
    for code, rows in by_district.items():
        called = [k for k in rows if str(alerts.msg_type[k]) != "Cancel"] or rows
        first_s = min(float(alerts.t_s[k]) for k in called)
        now = [k for k in called if float(alerts.t_s[k]) == first_s]
        k = now[0]
        arrival = float(alerts.t_arrival_p50_s[k])
        cancels = [
            float(alerts.t_s[j]) for j in rows if str(alerts.msg_type[j]) == "Cancel"
        ]
        out.append(
            {
                "code": code,
                "name": night.district_names.get(code, code),
                "t_s": first_s,
                "release_s": arrival - float(alerts.lead_release_s[k]),
                "arrival_s": arrival,
                "channels": _channels(night, now),
                "over_s": over.get(code, math.nan),
                "placed": code in shipped,
                "severity": str(alerts.severity[k]),
                "certainty": str(alerts.certainty[k]),
                "status": str(alerts.status[k]),
                "n": len({str(alerts.alert_id[j]) for j in rows}),
                "cancel_s": max(cancels, default=math.nan),
                "duty": [
                    str(alerts.duty_en[k]),
                    str(alerts.duty_pl[k]),
                    str(alerts.duty_uk[k]),
                ],
                "text_en": str(alerts.text_en[k]),
                "text_pl": str(alerts.text_pl[k]),
                "text_uk": str(alerts.text_uk[k]),
            }
        )
    out.sort(key=lambda w: (w["t_s"], w["name"]))
    return out


def _told_public(night: Night) -> list[PublicEvent]:
    return sorted(
        (e for e in night.public if e.kind in ("public_told", "alert")),
        key=lambda e: (e.t_s, e.what),
    )


def _channels(night: Night, rows: list[int]) -> list[tuple[str, float, float]]:
    """(channels, when they reach people, lead), the soonest first.

    Channels that reach people at the same second share a line.
    """
    alerts = night.alerts
    by_time: dict[tuple[float, float], list[str]] = {}
    for j in rows:
        lead_s = float(alerts.lead_delivery_s[j])
        if not math.isfinite(lead_s):
            continue  # no arrival was foreseen: there is no lead to speak of
        at_s = float(alerts.t_arrival_p50_s[j]) - lead_s
        names = by_time.setdefault((round(at_s), round(lead_s)), [])
        names.append(
            wording.ALERT_CHANNELS.get(str(alerts.channel[j]), str(alerts.channel[j]))
        )
    return [
        (join(sorted(set(names))), float(at_s), float(lead_s))
        for (at_s, lead_s), names in sorted(by_time.items())
    ]


def overflown(night: Night, truths: tuple[TrueFlight, ...]) -> dict[str, float]:
    """By district of the guards, when a true flight was first over it."""
    found: dict[str, float] = {}
    for iso in night.guards:
        units = districts(iso)
        for flight in truths:
            if not any(p.guard == iso for p in flight.passages):
                continue
            t_s = np.arange(flight.t_s[0], flight.t_s[-1] + _LOOK_S, _LOOK_S)
            where = units.locate(
                np.interp(t_s, flight.t_s, flight.lat_deg),
                np.interp(t_s, flight.t_s, flight.lon_deg),
            )
            for k in np.unique(where[where >= 0]):
                code = str(units.codes[int(k)])
                at_s = float(t_s[int(np.argmax(where == k))])
                found[code] = min(at_s, found.get(code, math.inf))
    return found


def verdict_of_the_night(
    night: Night, clock: Clock, told: list[Story], truths: tuple[TrueFlight, ...]
) -> list[str]:
    """The night in one plain paragraph, a sentence per question."""
    out = [_what_entered(night, clock, truths), _what_was_tracked(told)]
    entered = [s for s in told if s.is_chapter and s.truth_passages]
    if len(entered) <= 2:
        out += [_what_was_foreseen(night, clock, story) for story in entered]
    else:
        out.append(_how_many_in_time(night))
    out.append(_who_was_warned(night, clock, truths))
    if night.kind == "replay":
        out.append(_what_was_said(night, clock))
    return [sentence for sentence in out if sentence]


def _what_entered(night: Night, clock: Clock, truths: tuple[TrueFlight, ...]) -> str:
    guards = join([country(g) for g in night.guards])
    if not has_truth(night):
        return "What truly flew is not known: this is a recording."
    if not truths:
        return "In truth no aircraft, drone or missile flew here."
    stays = sorted(
        ((p, t) for t in truths for p in t.passages),
        key=lambda e: (e[0].entered_s, e[1].flight_id),
    )
    entering = len({t.flight_id for _, t in stays})
    if len(truths) == 1:
        flight = truths[0]
        if stays:
            words = join([passage_words(clock, p) for p, _ in stays])
            return f"The one true flight of this night {words}."
        end = wording.END_WORDS.get(flight.end, "ended")
        return (
            f"The one true flight of this night did not enter {guards}: it {end} at "
            f"{clock.words(float(flight.t_s[-1]))}."
        )
    if not stays:
        return f"Of {plural(len(truths), 'true flight')}, none entered {guards}."
    if entering > 3:
        first, last = stays[0][0].entered_s, stays[-1][0].entered_s
        return (
            f"Of {plural(len(truths), 'true flight')}, {entering} entered {guards}, "
            f"the first at {clock.words(first)}, the last at {clock.words(last)}."
        )
    told = "; ".join(f"“{t.flight_id}” {passage_words(clock, p)}" for p, t in stays)
    return f"Of {plural(len(truths), 'true flight')}, {entering} entered: {told}."


def _what_was_tracked(told: list[Story]) -> str:
    confirmed = sum(s.confirmed for s in told)
    ghosts = sum(s.confirmed and s.never_established for s in told)
    text = f"The tracker confirmed {plural(confirmed, 'track')}"
    if ghosts:
        text += f", of which {ghosts:,} {'was' if ghosts == 1 else 'were'} never "
        text += "established: birds, balloons or false echoes, and no flight"
    return text + "."


def _what_was_foreseen(night: Night, clock: Clock, story: Story) -> str:
    """When the forecast saw it coming, and the warning it caused."""
    main = wording.horizon(main_horizon_s(night))
    entered_s = story.truth_passages[0].entered_s
    half = next((t for level, t in story.milestones if level == 0.5), math.nan)
    text = ""
    if math.isfinite(half) and math.isfinite(entered_s) and half < entered_s:
        text = (
            f"The forecast put the chance that track {story.track_id} enters within "
            f"{main} at 50{wording.NBSP}% or more from {clock.words(half)}, "
            f"{span(entered_s - half)} before it did."
        )
    elif math.isfinite(story.p_peak):
        text = (
            f"The forecast for track {story.track_id} peaked at "
            f"{percent(story.p_peak)} within {main}, at {clock.words(story.t_peak_s)}."
        )
    caused = own_warning(night, story, entered_s)
    if caused is None:
        return f"{text} Track {story.track_id} caused no warning before it entered."
    name, decide_s, reach_s = caused
    said = (
        f"{text} Because of it {name} would have been warned at {clock.words(decide_s)}"
    )
    if not math.isfinite(reach_s):
        return f"{said}."
    side = (
        f"{span(entered_s - reach_s)} before entry"
        if reach_s <= entered_s
        else f"{span(reach_s - entered_s)} after entry"
    )
    return f"{said}; by the fastest channel that reaches people {side}."


def own_warning(
    night: Night, story: Story, entered_s: float
) -> tuple[str, float, float] | None:
    """District of entry, when this object caused a warning there, when it arrives.

    Read off the summary, so that page and summary say the same.
    """
    for entry in night.summary.get("entries") or ():
        if entry["flight_id"] != story.truth_id or entry["lead_decide_s"] is None:
            continue
        if entry["lead_decide_s"] < 0.0 or abs(entry["t_enter_s"] - entered_s) > 5.0:
            continue
        reach = entry["lead_delivery_s"]
        return (
            entry["district_name"],
            entered_s - entry["lead_decide_s"],
            math.nan if reach is None else entered_s - reach,
        )
    return None


def _how_many_in_time(night: Night) -> str:
    """For a night of many entries: how often the place of entry knew before."""
    entries = night.summary.get("entries")
    if not isinstance(entries, list) or not entries:
        return ""
    leads = [e.get("lead_delivery_s") for e in entries]
    early = sorted(float(x) for x in leads if x is not None and x > 0)
    text = (
        f"For {len(early)} of {len(entries)} entries people in the district of entry "
        "would have been told before it happened"
    )
    if early:
        text += f", half of them {span(float(np.median(early)))} or more before"
    return f"{text}, counting only warnings that the object itself caused."


def _who_was_warned(night: Night, clock: Clock, truths: tuple[TrueFlight, ...]) -> str:
    warned = first_warnings(night, truths)
    if not warned:
        return "This software would have warned no district."
    names = [w["name"] for w in warned]
    listed = join(names if len(names) <= 6 else [*names[:5], f"{len(names) - 5} more"])
    text = (
        f"In all this software would have warned {plural(len(warned), 'district')}: "
        f"{listed}, the first at {clock.words(warned[0]['t_s'])}"
    )
    # A file of one's own districts is not in the night: nothing is claimed of those.
    if has_truth(night) and all(w["placed"] for w in warned):
        vain = sum(not math.isfinite(w["over_s"]) for w in warned)
        if vain == len(warned):
            text += "; no true flight came over any of them"
        elif vain:
            text += f"; over {vain} of them no true flight ever came"
    return text + "."


def _what_was_said(night: Night, clock: Clock) -> str:
    public = _told_public(night)
    if not public:
        return (
            "When the public was told in fact is not known: the record we "
            "have gives no time."
        )
    words = [
        f"{'about ' if e.approx else ''}{clock.words(e.t_s, minute=e.approx)} "
        f"({e.what.split(';')[0].rstrip('.')})"
        for e in public[:3]
    ]
    return f"In fact the public was told at {'; '.join(words)}."


def mandate_sentence(night: Night) -> str:
    """What the mandate said of intercepts, by the country they would be over."""
    options, verdicts = night.options, night.verdicts
    row_of = {str(o): k for k, o in enumerate(options.option_id)}
    said: dict[str, dict[str, int]] = {}
    reason: dict[tuple[str, str], str] = {}
    late = 0
    total = 0
    for k in range(len(verdicts)):
        option = row_of.get(str(verdicts.option_id[k]))
        if option is None or str(options.action[option]) == "nothing":
            continue
        total += 1
        code, over = str(verdicts.verdict[k]), str(options.over[option])
        if code in ("NOT_FEASIBLE", "LAPSED"):
            late += 1
            continue
        counts = said.setdefault(over, {})
        counts[code] = counts.get(code, 0) + 1
        if (over, code) not in reason:
            grounds = json.loads(str(verdicts.grounds[k]) or "[]")
            first = str(grounds[0].get("sentence", "")).strip() if grounds else ""
            reason[over, code] = first.rstrip(".")
    name = f"The mandate “{night.mandate}”"
    if not total:
        return f"{name} had nothing to judge: no intercept was ever on the table."
    if not said:
        return (
            f"{name} was asked {plural(total, 'time')} about an intercept; each time "
            "it could no longer, or never, be done in time or in reach."
        )
    # Ukraine first: the question is about its airspace. Then the guards.
    places = sorted(said, key=lambda o: (o != "UA", o not in night.guards, o))
    parts = []
    for over in places[:2]:
        counts = said[over]
        code = max(sorted(counts), key=lambda c: counts[c])
        words = wording.CODE_WORDS.get(code, code)
        words = f"{words[0].lower()}{words[1:]}"
        where = f"over {country(over)}" if over else "with no place given"
        mostly = "" if len(counts) == 1 else "mostly "
        because = f" (“{reason[over, code]}”)" if reason[over, code] else ""
        parts.append(f"{where} it {mostly}said {code}, {words}{because}")
    text = f"{name} was asked about intercepts; {'; '.join(parts)}."
    text += f" It was asked {total:,} times"
    if late:
        text += f"; in {late:,} of them no time or no reach was left in any case"
    never = "NO_BAR_FOUND_FOR_HUMAN_DECISION"
    free = sum(counts.get(never, 0) for counts in said.values())
    text += (
        f". In {free:,} it found no bar, so that a human might have decided."
        if free
        else ". It never found an option free of a bar."
    )
    return text
