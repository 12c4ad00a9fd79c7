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

from forefield.studies.asked import Asked, Row, names, number, say, table
from forefield.studies.charts import dots
from forefield.studies.deciding import what_decides
from forefield.studies.outcomes import BOUND_S, LINKS
from forefield.studies.raid_nights import PER_NIGHTS
from forefield.studies.saying_yes import who_could_say_yes
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
    rows: list[Row] = []
    told = []
    for s in BOUND_S:
        looked, entered = r.of(f"bound_{s}_per_100"), r.of(f"bound_{s}_entered")
        sights: dict[tuple[str, str], list[int]] = {}
        for k in range(len(looked)):
            sights.setdefault((say(looked[k]), say(entered[k])), []).append(k)
        told.append(f"T−{s // 60} min {say(entered[0])}")
        for cells, members in sights.items():
            seen_as = f", seen as under {names(r)[members[0]]}"
            more = f" and {len(members) - 1} more" if len(members) > 1 else ""
            name = f"T−{s // 60} min" + (seen_as + more if len(sights) > 1 else "")
            rows.append((name, list(cells)))
    share = r.nights.ratio("entering", "flights")[0]
    name, worst = _best(r, "engaged_never")
    shots = (
        "Nothing was engaged that would never have entered."
        if worst["value"] == 0.0
        else f"Most engaged for nothing: {name}, {say(worst)} per 100 that would enter."
    )
    rows += [(f"{n}: engaged, would never enter", [c[0], ""])
             for n, c in table(r, "engaged_never")]  # fmt: skip
    return Asked(
        "Of objects that look bound for the guard, how many enter, and how many shots "
        "would be at objects that never would?",
        f"On nights on which {say(share)} of 100 objects enter, of 100 that look bound "
        f"as many do: {', '.join(told)}. {shots}",
        "How many enter at all: where one of 100 does, far fewer that look bound are. "
        "A belief that is right more often, which needs tracks from farther out; "
        "another limit of evidence moves both figures together.",
        ["looked bound, or engaged, per 100 that would enter",
         "entered, of 100 that looked bound"],
        rows,
        note="An object looks bound when the belief of entry within that time reaches "
        "one half (assumption). Who sees the same believes the same: alternatives that "
        "differ in sensors, or in what was brought down, have rows of their own.",
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
    if r.laid_out.rows:
        return Asked(
            title,
            "The design draws this with everything else: how much it decides stands at "
            "question 9. `forefield study shared-tracks` takes the tracks away alone.",
            change,
        )
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
        **{
            f"{k}_per_100": f"change of casualties in {k[5:].upper()}, per 100"
            for k in harm
        },
    }
    rows = [
        (n, [*cells, f"{100 * on[k]:.0f} %"])
        for k, (n, cells) in enumerate(table(r, *columns))
    ]
    name, best = _best(r, "prevented")
    stops = [o["value"] > 0.0 for o in r.of("prevented")]
    kept = [n for k, n in enumerate(names(r)) if on[k] >= 0.5 and stops[k]]
    if best["value"] == 0.0:
        words = "No alternative prevented an entry on these nights."
    elif len(names(r)) == 1:
        words = f"Prevented: {say(best)} per 100 that would enter."
    else:
        words = (
            f"Most prevented: {name}, {say(best)} per 100 that would enter. Of those "
            "that prevent any, on the front of entries prevented, objects engaged in "
            f"vain, harm and cost in at least half of the draws: "
            f"{'; '.join(kept) or 'none'}."
        )
    words += _on_record(r, name) if best["value"] > 0.0 else ""
    words += _a_year(r, name, best) if best["value"] > 0.0 else ""
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


def _on_record(r: Results, name: str) -> str:
    """What the best would prevent on as many raid nights as are on record."""
    if r.on_record is None:
        return ""
    k = names(r).index(name)
    entering, prevented = r.of("entering_on_record")[k], r.of("prevented_on_record")[k]
    missing = r.on_record.missing()
    but = f" (but those on which {', or '.join(missing)} enter, too few here)"
    return (
        f" In {PER_NIGHTS:,.0f} raid nights as on record{but if missing else ''} "
        f"{say(entering)} objects enter; {name} would prevent {say(prevented)} of them."
    )


def _a_year(r: Results, name: str, best: dict[str, Any]) -> str:
    """The same a year, where a study gives its own scale."""
    if r.study.scale is None:
        return ""
    low, high = r.study.scale.entering_a_year
    least = best["value"] if math.isnan(best["lo"]) else best["lo"]
    most = best["value"] if math.isnan(best["hi"]) else best["hi"]
    return (
        f" With {low:g} to {high:g} entries a year, {name} would prevent "
        f"{number(low * least / 100, 2)} to {number(high * most / 100, 2)} a year."
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
    told = [f"{k}_per_100" for k in ("rounds", "cost_eur", "out_of_rounds")]
    rows = [(n, [*cells, say(each[k])]) for k, (n, cells) in enumerate(table(r, *told))]
    ok = [k for k, e in enumerate(each) if math.isfinite(e.value) and e.value > 0]
    words = (
        "No entry was prevented, so none has a price."
        if not ok
        else "Euro of rounds per prevented entry: "
        + "; ".join(f"{names(r)[k]} {say(each[k])}" for k in ok[:4])
        + "."
    )
    empty = max((o["value"] for o in r.of("out_of_rounds_per_100")), default=0.0)
    words += (
        f" Rounds ran out for at most {number(empty, 2)} objects per 100 that would "
        "enter."
        if empty > 0
        else " Rounds never ran out on nights of this size."
    )
    return Asked(
        "What does a prevented entry cost, and when is the magazine exhausted?",
        words,
        "Nights of 500 to 900 objects: `forefield study hindcast-2022-2026` flies "
        "the recorded sizes. Prices are commonly quoted figures, unverified.",
        ["rounds", "euro", "objects without a round left", "euro per prevented entry"],
        rows,
        note="Per 100 that would enter, but for the last column.",
    )  # fmt: skip


def _warned(r: Results) -> Asked:
    v = r.nights.values
    true = dict(v) | {"alerts_true": v["alerts"] - v["alerts_false"]}
    each = r.nights.with_values(true).ratio("alerts_false", "alerts_true", times=1.0)
    rows = [
        (n, [*cells, say(each[k])])
        for k, (n, cells) in enumerate(
            table(r, "alerts_per_100", "alerts_false_per_100", "entries_warned")
        )
    ]
    return Asked(
        "How many false warnings are there for a true one?",
        f"False district-alerts per true one: {say(each[0])} ({names(r)[0]}). "
        f"Of 100 entries, {say(r.of('entries_warned')[0])} had their district "
        "warned before.",
        "The limit above which a district is alerted (alert_limit, a policy factor) "
        "trades one for the other.",
        ["alerts", "false alerts", "entries warned of before", "false per true"],
        rows,
        note="Per 100 that would enter, but for the last column. District-alerts; "
        "where nothing enters, false ones still come: see raid nights on record.",
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
    _bound, _shared, _delay, _removed, _route, _cost, who_could_say_yes, _warned,
    what_decides, _unknowable,
)  # fmt: skip
