"""report.html: one night on one page that needs nothing but itself.

`render` is a pure function of the night: the same night gives the same bytes. What
matters is in the HTML itself and reads without script; the map and the timelines
are drawn from embedded data by the bundle in `static/` (source: `web/`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from forefield.drivers.night import Night
from forefield.report import consequences, wording
from forefield.report.alert_timeline import timeline
from forefield.report.pages import filled
from forefield.report.picture import picture
from forefield.report.story import (
    Story,
    TrueFlight,
    has_truth,
    main_horizon_s,
    stories,
)
from forefield.report.telling import (
    first_warnings,
    mandate_sentence,
    own_warning,
    passage_words,
    verdict_of_the_night,
)
from forefield.report.wording import Clock, country, join, percent, span

__all__ = ["render", "write_report"]


def write_report(night: Night, path: str | Path) -> None:
    """Write the page; `path` is the file, its folder exists."""
    Path(path).write_text(render(night), encoding="utf-8", newline="\n")


def render(night: Night) -> str:
    """The whole page as text. Pure: no clock, no network, no chance."""
    clock = Clock(night.timezone)
    told, truths = stories(night)
    data = picture(night, told, truths, clock)
    script = _static("report.js")
    style = _static("report.css") + _static("consequences.css")
    filters: dict[str, Callable[..., Any]] = {
        "clock": clock.markup,
        "times": wording.with_times,
        "percent": percent,
        "span": span,
        "km": wording.kilometres,
        "casualties": wording.casualties,
        "country": country,
        "horizon": wording.horizon,
        "code": lambda c: wording.CODE_WORDS.get(c, c),
        "klass": lambda c: wording.CLASS_WORDS.get(c, c),
        "channel": lambda c: wording.ALERT_CHANNELS.get(c, c),
        "sensor_kind": lambda c: wording.SENSOR_WORDS.get(c, c),
    }
    chapters = [s for s in told if s.is_chapter]
    warnings = first_warnings(night, truths)
    return filled(
        "report.html",
        filters,
        {"known": _is_number},
        night=night,
        clock=clock,
        verdict=verdict_of_the_night(night, clock, told, truths),
        mandate_says=mandate_sentence(night),
        chapters=[_chapter(night, clock, s) for s in chapters],
        others=[s for s in told if not s.is_chapter and s.confirmed],
        n_tentative=sum(not s.confirmed and not s.is_chapter for s in told),
        has_truth=has_truth(night),
        warnings=warnings,
        timeline=timeline(night, warnings),
        public=[
            (e, e.what.removeprefix(f"{e.kind}: "))
            for e in sorted(night.public, key=lambda e: (e.t_s, e.what))
        ],
        public_words=wording.PUBLIC_WORDS,
        main_horizon_s=main_horizon_s(night),
        horizons=[wording.horizon(h) for h in night.horizons_s],
        figures=_figures(night, told, truths),
        harm_ticks=consequences.ticks(),
        launch_line=consequences.launch_line()
        if night.summary.get("launch_line")
        else None,
        scores=_scores(night.summary.get("scores")),
        unknowns=night.unknowns,
        sources=sorted(
            set(night.sources) | {e.source for e in night.public if e.source}
        ),
        command=_command(night),
        journal_head=_journal_head(night),
        thinned=data["thinned"],
        unplaced=data["alert_unplaced"],
        codes=wording.CODE_WORDS,
        data=_embed(data),
        script=_no_end_tag(script),
        style=style,
        script_hash=_csp_hash(_no_end_tag(script)),
        what_kind="documented night, flown again"
        if night.kind == "replay"
        else "simulated night",
    )


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float) and math.isfinite(x)


# -- pieces of the page -----------------------------------------------------------


def _static(name: str) -> str:
    return (
        files("forefield.report").joinpath("static", name).read_text(encoding="utf-8")
    )


def _no_end_tag(script: str) -> str:
    return script.replace("</script", "<\\/script")


def _csp_hash(script: str) -> str:
    """So that the page runs this script and no other (Content Security Policy 3)."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _embed(data: dict[str, Any]) -> str:
    text = json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    # What could end the script element, or is a line end to older parsers.
    for raw, safe in (
        ("<", "\\u003c"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(raw, safe)
    return text


def _command(night: Night) -> str:
    verb = "replay" if night.kind == "replay" else "run"
    guards = ",".join(night.guards)
    sirens = "" if night.sirens is None else "--sirens SIRENS.parquet "
    return (
        f"forefield {verb} {night.name} --mandate {night.mandate} --guard {guards} "
        f"--seed {night.seed} {sirens}--out my-night"
    )


def _journal_head(night: Night) -> str:
    head = night.summary.get("journal_head")
    if head:
        return str(head)
    return ""


def _chapter(night: Night, clock: Clock, s: Story) -> dict[str, Any]:
    """Everything the template says of one object."""
    alerts = night.alerts
    first_alert = min(
        (
            float(alerts.t_s[k])
            for k in s.alert_rows
            if str(alerts.msg_type[k]) != "Cancel"
        ),
        default=math.nan,
    )
    moments: list[tuple[float, str, str]] = []
    moments.append((s.t_first_s, "picture", "First seen by the sensors"))
    moments += [
        (
            t,
            "forecast",
            f"Chance of entering {country(s.guard)} within "
            f"{wording.horizon(main_horizon_s(night))} first reached {percent(level)}",
        )
        for level, t in s.milestones
    ]
    if math.isfinite(first_alert):
        names = sorted(
            {
                night.district_names.get(
                    str(alerts.district[k]), str(alerts.district[k])
                )
                for k in s.alert_rows
                if float(alerts.t_s[k]) == first_alert
            }
        )
        moments.append((first_alert, "warning", f"First warning: {join(names)}"))
    for p in s.truth_passages:
        if math.isfinite(p.entered_s):
            moments.append(
                (p.entered_s, "truth", f"In truth: enters {country(p.guard)}")
            )
        if math.isfinite(p.left_s):
            moments.append((p.left_s, "truth", f"In truth: leaves {country(p.guard)}"))
    if s.truth_end and math.isfinite(s.truth_end_s):
        end = wording.END_WORDS.get(s.truth_end, s.truth_end)
        moments.append((s.truth_end_s, "truth", f"In truth: {end}"))
    moments.append((s.t_last_s, "picture", "Last kept by the tracker"))
    # In a night of many objects the record does not say which one it means.
    alone = len(np.unique(night.flights.flight_id)) <= 1
    about_it = alone and bool(s.truth_id or s.picture_passages)
    for e in night.public:
        if about_it and math.isfinite(e.t_s) and e.kind in ("entry", "exit", "impact"):
            moments.append((e.t_s, "record", f"On record: {e.what}"))
    moments.sort(key=lambda m: m[0])  # stable: equal times stay as told above
    judged = [o for o in s.options if o.verdict]
    # Neighbours come before the guard in `options`: the question is about them.
    shown = next((o for o in judged if o.action != "nothing" and not o.barred_by), None)
    shown = shown or next((o for o in judged if o.action != "nothing"), None)
    shown = shown or next(iter(judged), None)
    # Under one in a thousand at the high end is next to nothing.
    harmed = {h[0] for o in s.options for h in o.harm if h[3] >= 0.001}
    spared = {h[0] for o in s.options for h in o.harm} - harmed
    return {
        "s": s,
        "title": _object_name(s),
        "moments": moments,
        "lead": _chapter_lead(night, clock, s, first_alert),
        "harm_isos": sorted(harmed),
        "spared": join([country(iso) for iso in sorted(spared)]),
        "options": [(o, {h[0]: h for h in o.harm}) for o in s.options],
        "harm_panels": consequences.harm_chart(s.options, night.guards),
        "clock": consequences.decision_clock(
            s.options, s.options_s, _holders(night.mandate)
        ),
        "holders": _holders(night.mandate),
        "restraint": consequences.restraint(s.options, night.guards),
        "judged": shown,
        "barring": [g for g in shown.grounds if g.value != "false"] if shown else [],
        "no_bar": [g for g in shown.grounds if g.value == "false"] if shown else [],
        "other_judged": [o for o in judged if o is not shown and o.grounds],
    }


def _holders(mandate: str) -> list[tuple[str, float]]:
    """The holders of a shipped mandate and their usual time [s]; else none known."""
    from forefield.mandate.rules import load, shipped

    if mandate not in shipped():
        return []
    return [(h.organ["en"], h.delay_p50_s) for h in load(mandate).holders]


def _object_name(s: Story) -> str:
    what = wording.CLASS_WORDS[s.klass]
    if not s.confirmed:
        return f"Track {s.track_id}: never confirmed"
    if s.never_established:
        return f"Track {s.track_id}: never established"
    return f"Track {s.track_id}: {what}"


def _chapter_lead(night: Night, clock: Clock, s: Story, first_alert_s: float) -> str:
    parts = []
    sure = f" ({percent(s.p_klass)} sure)" if math.isfinite(s.p_klass) else ""
    what = wording.CLASS_WORDS[s.klass]
    article = "an" if what[0] in "aeiou" else "a"
    name = what if what == "birds" else f"{article} {what}"
    if s.confirmed:
        parts.append(f"The tracker took it for {name}{sure}.")
    else:
        parts.append(
            "The tracker never confirmed it: the probability that there was an object "
            f"peaked at {percent(s.p_exist_max)}."
        )
    if math.isfinite(s.p_peak):
        parts.append(
            f"Its chance of entering {country(s.guard)} within "
            f"{wording.horizon(main_horizon_s(night))} peaked at {percent(s.p_peak)}, "
            f"at {clock.words(s.t_peak_s)}."
        )
    if s.truth_passages:
        parts.append(
            f"In truth it {join([passage_words(clock, p) for p in s.truth_passages])}."
        )
    elif s.truth_id:
        parts.append("In truth it did not enter.")
    elif s.never_established:
        parts.append(
            "In truth no aircraft, drone or missile was there. “Never "
            "established” is a valid final state, "
            "not a failure to decide: the page shows what the software would have done "
            "meanwhile."
        )
    entered = [p.entered_s for p in s.truth_passages if math.isfinite(p.entered_s)]
    own = own_warning(night, s, entered[0]) if entered else None
    if own is not None:
        parts.append(
            f"It reached the limit for a warning there {span(entered[0] - own[1])} "
            "before entry."
        )
    elif entered and math.isfinite(first_alert_s):
        gap = entered[0] - first_alert_s
        side = "before" if gap >= 0 else "after"
        parts.append(f"The first warning it caused came {span(abs(gap))} {side} entry.")
    if s.inconsistent:
        parts.append(
            "Its reported positions contradicted its motion (frozen or jumping); "
            "no entry is forecast from such positions."
        )
    return " ".join(parts)


def _figures(
    night: Night, told: list[Story], truths: tuple[TrueFlight, ...]
) -> list[tuple[str, str]]:
    """The headline figures: what flew, what was seen, what was said."""
    entering = len({t.flight_id for t in truths if t.passages})
    warned = len(set(night.alerts.district.tolist()))
    clutter = np.char.startswith(night.detections.truth_id, "clutter")
    share = f", {percent(float(clutter.mean()))} clutter" if clutter.any() else ""
    return [
        (f"{len(truths):,}", "true flights"),
        (f"{entering:,}", f"entered {join([country(g) for g in night.guards])}"),
        (f"{len(night.detections):,}", f"plots (detections){share}"),
        (f"{sum(s.confirmed for s in told):,}", "confirmed tracks"),
        (f"{warned:,}", "districts warned"),
        (f"{len(night.verdicts):,}", "verdicts"),
    ]


def _scores(scores: Any) -> list[dict[str, Any]]:
    """Rows of `scores.json`, if the night was verified."""
    out: list[dict[str, Any]] = []
    if not isinstance(scores, dict):
        return out
    for model in sorted(scores):
        by_guard = scores[model]
        if not isinstance(by_guard, dict):
            continue
        for guard in sorted(by_guard):
            by_horizon = by_guard[guard]
            if not isinstance(by_horizon, dict):
                continue
            for h in sorted(by_horizon, key=lambda x: float(x)):
                row = by_horizon[h]
                if isinstance(row, dict):
                    out.append(
                        {
                            "model": model,
                            "guard": guard,
                            "horizon": wording.horizon(float(h)),
                            **{
                                key: row.get(key)
                                for key in (
                                    "n",
                                    "entering",
                                    "base",
                                    "brier",
                                    "bss",
                                    "log",
                                )
                            },
                        }
                    )
    return out
