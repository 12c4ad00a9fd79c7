"""The ten questions a study is asked, each answered from its own nights.

A question has a sentence with its interval, a table, perhaps a chart, and what would
change the answer. Where a study varies nothing that could answer it, the sentence says
so and names the study that does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from forefield.mandate.explain import CODE_WORDS
from forefield.mandate.verdict_table import CODES
from forefield.studies.asked import Asked, names, number, say, table
from forefield.studies.charts import dots
from forefield.studies.deciding import what_decides
from forefield.studies.outcomes import BOUND_S, LINKS
from forefield.studies.tables import Results
from forefield.studies.worth import front

__all__ = ["ask_all"]


def ask_all(results: Results) -> list[Asked]:
    """The ten, in their order."""
    return [ask(results) for ask in _QUESTIONS]


def _best(r: Results, outcome: str) -> tuple[str, dict[str, Any]]:
    rows = r.of(outcome)
    k = int(np.argmax([-1.0 if math.isnan(o["value"]) else o["value"] for o in rows]))
    return names(r)[k], rows[k]


def _bound(r: Results) -> Asked:
    cells = []
    for s in BOUND_S:
        looked, entered = r.of(f"bound_{s}")[0], r.of(f"bound_{s}_entered")[0]
        cells.append((f"T−{s // 60} min", [say(looked), say(entered)]))
    share = r.nights.ratio("entering", "flights")[0]
    name, worst = _best(r, "engaged_never")
    told = ", ".join(f"{row} {c[1]}" for row, c in cells)
    shots = (
        "Nothing was engaged that would never have entered."
        if worst["value"] == 0.0
        else f"Most engaged for nothing: {name}, {say(worst)} per 100 that would enter."
    )
    rows = [(f"{n}: engaged, would never enter", ["", c[0]])
            for n, c in table(r, "engaged_never")]  # fmt: skip
    return Asked(
        "Of objects that look bound for the guard, how many enter, and how many shots "
        "would be at objects that never would?",
        f"On nights on which {say(share)} of 100 objects enter, of 100 that look bound "
        f"as many do: {told}. {shots}",
        "How many enter at all: where one of 100 does, far fewer that look bound are. "
        "A belief that is right more often, which needs tracks from farther out; "
        "another limit of evidence moves both figures together.",
        ["looked bound, a night", "entered, of 100 that looked bound; or engaged per "
         "100 that would enter"],
        [*cells, *rows],
    )  # fmt: skip


def _varied(r: Results, factor: str) -> dict[Any, list[int]]:
    out: dict[Any, list[int]] = {}
    for k, a in enumerate(r.design.alternatives):
        if factor in a.values:
            out.setdefault(a.values[factor], []).append(k)
    return out


def _shared(r: Results) -> Asked:
    title = "How much do shared Ukrainian, airborne or acoustic tracks add?"
    change = (
        "Real sensors: the illustrative laydown decides this figure more than any "
        "policy does."
    )
    groups = _varied(r, "shared_by_ukraine")
    if len(groups) < 2:
        return Asked(
            title,
            "Every alternative of this study sees the same; "
            "`forefield study shared-tracks` takes the shared tracks away.",
            change,
        )
    told = ("entries_warned", "bound_600_entered", "decided", "prevented")
    rows = []
    for shared, members in sorted(groups.items(), reverse=True):
        name = "shared" if shared else "not shared"
        rows.append(
            (name, [say(r.nights.ratio_of(o, "entering", members)) for o in told])
        )
    warned = [c[0] for _, c in rows]
    return Asked(
        title,
        f"Warned before their entry, per 100: {warned[0]} with shared tracks, "
        f"{warned[1]} without.",
        change,
        ["warned before", "looked bound at T−10 and entered", "decided", "prevented"],
        rows,
        note="Per 100 objects that would enter.",
    )


def _delay(r: Results) -> Asked:
    rows, late = [], []
    lost = {(x["alternative"], x["what"]): x["count"] for x in r.links}
    for n in names(r):
        total = sum(lost.get((n, link), 0) for link in LINKS)
        share = [100.0 * lost.get((n, k), 0) / max(1, total) for k in LINKS]
        rows.append((n, [number(x, 0) + " %" for x in share]))
        late.append(share[-2] + share[-1])
    most = int(np.argmax(late))
    depth = [
        (n, v) for n, v in zip(names(r), r.of("prevented"), strict=True)
        if "depth_km" in n or " km" in n
    ]  # fmt: skip
    words = (
        f"Time alone lost at most {number(late[most], 0)} % of the objects that "
        f"nobody decided on ({names(r)[most]})."
        if late[most] > 0
        else "On no night was an object lost to a late answer or a late word alone; "
        "what stood before time is in the table."
    )
    if depth:
        told = "; ".join(f"{n}: {say(v)}" for n, v in depth)
        words += f" Prevented per 100 by depth: {told}."
    return Asked(
        "Which delay kills feasibility, and when does depth stop helping?",
        words,
        "Faster answers matter once objects are seen, believed and in reach; `forefield"
        " study depth-and-delay` varies depth and delays alone.",
        list(LINKS),
        rows,
        note="Of objects that would enter and were not decided on in time: the furthest"
        " link each reached.",
    )


def _removed(r: Results) -> Asked:
    on = front(r.nights)
    harm = [k for k in ("harm_pl", "harm_ua", "harm_ro", "harm_md") if r.of(k)]
    columns = {
        "prevented": "prevented per 100",
        "engaged_never": "engaged, would never enter",
        **{k: f"change of casualties in {k[5:].upper()}, a night" for k in harm},
    }
    rows = [
        (n, [*cells, f"{100 * on[k]:.0f} %"])
        for k, (n, cells) in enumerate(table(r, *columns))
    ]
    name, best = _best(r, "prevented")
    stops = [o["value"] > 0.0 for o in r.of("prevented")]
    kept = [n for k, n in enumerate(names(r)) if on[k] >= 0.5 and stops[k]]
    words = (
        "No alternative prevented an entry on these nights."
        if best["value"] == 0.0
        else f"Most prevented: {name}, {say(best)} per 100 that would enter. Of those "
        "that prevent any, on the front of entries prevented, objects engaged in vain, "
        f"harm and cost in at least half of the draws: {'; '.join(kept) or 'none'}."
    )
    if r.study.scale is not None and best["value"] > 0.0:
        low, high = r.study.scale.entering_a_year
        least = best["value"] if math.isnan(best["lo"]) else best["lo"]
        most = best["value"] if math.isnan(best["hi"]) else best["hi"]
        words += (
            f" With {low:g} to {high:g} entries a year on record, {name} would "
            f"prevent {number(low * least / 100, 2)} to {number(high * most / 100, 2)} "
            "a year."
        )
    chart = dots(
        [(n, o["value"], o["lo"], o["hi"])
         for n, o in zip(names(r), r.of("prevented"), strict=True)],
        "entries prevented per 100 objects that would enter", low=0.0,
    )  # fmt: skip
    note = "Countries are never summed. Last column: share of draws in which nothing "
    note += "else is at least as good in all of these."
    if r.study.scale is not None:
        note += f" Entries a year: {r.study.scale.basis}."
    return Asked(
        "Per option, how many incursions and how much harm are removed, and how much "
        "harm is added on the other side?",
        words,
        "The published hit chances disagree: see the environment below. Debris figures "
        "are assumptions throughout.",
        [*columns.values(), "on the front"],
        rows,
        chart,
        note,
    )


def _route(r: Results) -> Asked:
    total = r.nights.ratio("entering_via_by", "entering")[0]
    along = r.nights.ratio("entering_along", "entering")[0]
    left = r.nights.ratio("entering_left", "entering")[0]
    return Asked(
        "What share comes by way of Belarus or along the border?",
        f"Of 100 that enter: {say(total)} by way of Belarus, where the clause says "
        f"nothing; {say(along)} were within 30 km of the border ten minutes before.",
        "Which way raids go is assumed (the behaviour families); the record is too "
        "short to say.",
        ["of 100 that enter"],
        [
            ("by way of Belarus", [say(total)]),
            ("near the border ten minutes before", [say(along)]),
            ("left again by themselves", [say(left)]),
        ],
    )


def _cost(r: Results) -> Asked:
    each = r.nights.ratio("cost_eur", "prevented", times=1.0)
    rows = [
        (n, [*cells, say(each[k])])
        for k, (n, cells) in enumerate(table(r, "rounds", "cost_eur", "out_of_rounds"))
    ]
    ok = [k for k, e in enumerate(each) if math.isfinite(e.value) and e.value > 0]
    words = (
        "No entry was prevented, so none has a price."
        if not ok
        else "Euro of rounds per prevented entry: "
        + "; ".join(f"{names(r)[k]} {say(each[k])}" for k in ok[:4])
        + "."
    )
    empty = max((o["value"] for o in r.of("out_of_rounds")), default=0.0)
    words += (
        f" Rounds ran out for at most {number(empty, 2)} objects a night."
        if empty > 0
        else " Rounds never ran out on nights of this size."
    )
    return Asked(
        "What does a prevented entry cost, and when is the magazine exhausted?",
        words,
        "Nights of 500 to 900 objects: `forefield study hindcast-2022-2026` flies "
        "the recorded sizes. Prices are commonly quoted figures, unverified.",
        ["rounds, a night", "euro, a night", "objects without a round left, a night",
         "euro per prevented entry"],
        rows,
    )  # fmt: skip


def _who(r: Results) -> Asked:
    rows = []
    counts = {(v["alternative"], v["what"]): v["count"] for v in r.verdicts}
    for n in names(r):
        mine = [(c, counts.get((n, c), 0)) for c in CODES]
        total = sum(c for _, c in mine)
        top = sorted(mine, key=lambda x: -x[1])[:3]
        said = "; ".join(
            f"{CODE_WORDS[c]['en']} {100 * k / total:.0f} %" for c, k in top if k
        )
        free = counts.get((n, CODES[-1]), 0)
        rows.append((n, [said, f"{free:,} of {total:,}"]))
    free = sum(counts.get((n, CODES[-1]), 0) for n in names(r))
    total = sum(counts.values())
    return Asked(
        "Who could have said yes, and on what evidence?",
        f"Of {total:,} options to intercept, over all alternatives, {free:,} ended "
        "with no bar found for a human decision: everybody the mandate names had said "
        "yes, in time, on evidence above its limits. Nobody's yes was supposed.",
        "An agreement in force moves the first grounds; evidence and debris limits "
        "are parameters that no source gives.",
        ["most frequent deciding grounds", "no bar found"],
        rows,
    )


def _warned(r: Results) -> Asked:
    v = r.nights.values
    true = dict(v) | {"alerts_true": v["alerts"] - v["alerts_false"]}
    each = r.nights.with_values(true).ratio("alerts_false", "alerts_true", times=1.0)
    rows = [
        (n, [*cells, say(each[k])])
        for k, (n, cells) in enumerate(
            table(r, "alerts", "alerts_false", "entries_warned")
        )
    ]
    return Asked(
        "How many false warnings are there for a true one?",
        f"False district-alerts per true one: {say(each[0])} ({names(r)[0]}). "
        f"Of 100 entries, {say(r.of('entries_warned')[0])} had their district "
        "warned before.",
        "The limit above which a district is alerted (alert_limit, a policy factor) "
        "trades one for the other.",
        ["alerts, a night", "false, a night", "entries warned of before, per 100",
         "false per true"],
        rows,
    )  # fmt: skip


def _unknowable(r: Results) -> Asked:
    left = r.nights.ratio("entering_left", "entering")[0]
    return Asked(
        "What stays unknowable?",
        f"Of 100 objects that enter, {say(left)} would leave again by themselves, which"
        " no track tells in advance; whether an object is meant for the guard is in "
        "no radar plot; and how raids will behave is not on record.",
        "None of it is changed by more nights: the intervals here are about these "
        "assumptions alone.",
        ["why no study tells it"],
        [
            ("intent", ["the same course corners a border on the way to Ukraine, or "
                        "is meant to"]),
            ("real sensors and effectors", ["places and performance are not public; "
                                            "illustrative ones stand in"]),
            ("people under real responsibility", ["delays of answers are assumed; "
                                                  "nobody's were measured"]),
            ("debris", ["no figures are published for any case on record"]),
            ("the other side's reaction", ["nothing here adapts, and nothing here "
                                           "searches for what would get through"]),
        ],
    )  # fmt: skip


_QUESTIONS: tuple[Callable[[Results], Asked], ...] = (
    _bound, _shared, _delay, _removed, _route, _cost, _who, _warned, what_decides,
    _unknowable,
)  # fmt: skip
