"""findings.html: what a study found, on one page that needs nothing but itself.

Pure: equal results give equal bytes. Each question is answered in a sentence with its
interval, a chart and a table; sample and assumptions stand beside every chart.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forefield.io.files import new_file
from forefield.mandate.explain import CODE_WORDS
from forefield.mandate.verdict_table import CODES
from forefield.report.pages import filled
from forefield.report.wording import casualties
from forefield.studies.asked import Asked, number, say
from forefield.studies.charts import dots
from forefield.studies.deciding import what_decides
from forefield.studies.design import short
from forefield.studies.factors import FACTORS
from forefield.studies.outcomes import LINKS, PER_100
from forefield.studies.questions import ask_all
from forefield.studies.raid_nights import PER_NIGHTS
from forefield.studies.study_file import AlternativePart, FactorPart
from forefield.studies.tables import BESIDE, Results
from forefield.version import __version__

__all__ = ["render", "write_findings"]

_WORDS = {
    **{k: w for k, (w, _) in PER_100.items()},
    "rounds": "rounds",
    "cost_eur": "cost, euro",
    "out_of_rounds": "objects without a round left",
    "alerts": "alerts",
    "alerts_false": "of them false",
}
#: A country where no option does as much harm as this is not shown.
_SHOWN = 0.01


def write_findings(path: Path, name: str, results: Results, command: str) -> None:
    """Write the page of a study, and its ten answers as questions.json beside it."""
    questions = ask_all(results)
    with new_file(path) as temporary:
        temporary.write_text(
            render(name, results, command, questions), encoding="utf-8", newline="\n"
        )
    told = {
        "mark": "SIMULATION",
        "study": name,
        "command": command,
        "version": __version__,
        "seed": results.design.seed,
        "sample": _sample(results),
        "answer": _answer(results),
        "questions": [
            {"question": q.title, "answer": q.answer, "change": q.change}
            for q in questions
        ],
    }
    with new_file(path.with_name("questions.json")) as temporary:
        temporary.write_text(
            json.dumps(told, ensure_ascii=False, indent=1) + "\n",
            encoding="utf-8", newline="\n",
        )  # fmt: skip


def render(
    name: str, results: Results, command: str, questions: Sequence[Asked]
) -> str:
    """The page as text; `command` is what makes the study again."""
    r, study, design = results, results.study, results.design
    main = study.outcomes.main
    shown = {k: r.of(k) for k in PER_100}
    harm = _harmed(r)
    names = [a.name for a in design.alternatives]
    nights = len(r.nights)
    first = {o["outcome"]: o for o in reversed(r.outcomes)}
    return filled(
        "findings.html",
        {"number": number, "said": say, "ticked": _ticked, "harm": casualties},
        name=name,
        study=study,
        design=design,
        command=command,
        nights=nights,
        n_failed=len(r.failures),
        failures=r.failures,
        main=main,
        main_words=PER_100[main][0],
        sample=_sample(results),
        answer=_answer(results),
        names=names,
        shown=shown,
        words={k: w for k, (w, _) in PER_100.items()},
        per_100={k: r.of(f"{k}_per_100") for k in BESIDE},
        harm=[(k[5:].upper(), r.of(f"{k}_per_100")) for k in harm],
        **_record(r),
        first=first,
        questions=questions,
        ranking=r.ranking,
        differences=r.differences,
        strata=r.strata,
        verdicts=_matrix(r.verdicts, names, CODES),
        countries=_countries(r),
        code_words={k: w["en"] for k, w in CODE_WORDS.items()},
        links=_matrix(r.links, names, LINKS),
        link_words=LINKS,
        factors=[
            *[_listed(a) for a in study.alternative],
            *[_factor(f) for f in study.factor],
        ],
        given=[f"{k} = {short(v)}" for part in (study.raid, study.chain, study.assume)
               for k, v in part.items()],
        chart_main=_chart(r.of(main), "per 100 objects that would enter", 0.0),
        chart_ranking=dots(
            [(k["name"], k["value"], k["lo"], k["hi"]) for k in r.ranking],
            f"{PER_100[main][0]}, per 100 that would enter", low=0.0,
        ),
        chart_differences=dots(
            [(f"{d['a']} − {d['b']}", d["value"], d["lo"], d["hi"])
             for d in r.differences[:30]],
            "difference per 100 objects that would enter", around_zero=True,
        ),
        chart_strata=dots(
            [(f"{s['stratum']}: {s['alternative']}", s["value"], s["lo"], s["hi"])
             for s in r.strata[:40]],
            "per 100 objects that would enter", low=0.0,
        ),
    )  # fmt: skip


def _factor(f: FactorPart) -> dict[str, str]:
    values = [short(v) for v in f.values]
    weights = [f"{w:g}" for w in f.weights]
    return {
        "name": f.name,
        "meaning": FACTORS[f.name].meaning,
        "kind": f.kind,
        "values": "; ".join(values) if values else f"{f.range[0]:g} to {f.range[1]:g}",
        "weights": " : ".join(weights),
        "basis": f.basis or "assumption",
    }


def _ticked(text: str) -> Any:
    """Words between backticks as code; everything is escaped."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(part) if k % 2 else escape(part)
        for k, part in enumerate(parts)
    )


def _listed(a: AlternativePart) -> dict[str, str]:
    return {
        "name": a.name,
        "meaning": "an alternative",
        "kind": "policy",
        "values": "; ".join(f"{k} = {short(v)}" for k, v in a.values.items()),
        "weights": "",
        "basis": a.basis or "assumption",
    }


def _chart(rows: list[dict[str, Any]], unit: str, low: float) -> str:
    return dots(
        [(o["alternative"], o["value"], o["lo"], o["hi"]) for o in rows], unit, low=low
    )


def _sample(results: Results) -> str:
    design, n = results.design, len(results.nights)
    if results.laid_out.rows:
        asked, used = results.study.design.nights, results.laid_out.nights
        cut = f" ({asked} asked for; a power of two is used)" if asked != used else ""
        return (
            f"Sample: a Sobol’ design of {used} nights{cut}, "
            f"{len(results.laid_out.alternatives)} rows each, every factor drawn; its "
            f"rows A and B are {n} simulated nights with inputs of their own. 95 % "
            "intervals, nights drawn again whole."
        )
    parts = [
        f"Sample: {n} simulated nights, shared by {len(design.alternatives)} "
        "alternatives"
    ]
    if len(design.strata) > 1:
        parts.append(
            "averaged over "
            + "; ".join(f"{s.name} (weight {s.weight:.2g})" for s in design.strata)
        )
    return ", ".join(parts) + ". 95 % intervals, nights drawn again whole."


def _answer(results: Results) -> str:
    """The finding in a sentence or three, with its interval and no more than it has."""
    main, names = results.study.outcomes.main, results.design.alternatives
    rows, ranks = results.of(main), results.ranking
    entering = next(o for o in results.outcomes if o["outcome"] == "entering")
    words = PER_100[main][0]
    if entering["value"] == 0.0:
        return "Nothing entered on any night, so nothing can be said of it."
    if all(o["value"] == 0.0 for o in rows):
        most = max((o["hi"] for o in rows if math.isfinite(o["hi"])), default=math.nan)
        bound = (
            f" So few nights exclude no more than this: above {number(most)} of 100 "
            "(95 %)."
            if math.isfinite(most)
            else ""
        )
        return (
            f"Under all {len(names)} alternatives: {words}, 0 of 100 that would enter."
            f"{bound} What stood in the way is told below."
        )
    if results.laid_out.rows:
        mean = f"On average over all inputs: {words} {say(rows[0])} of 100."
        return f"{what_decides(results).answer} {mean}"
    best = ranks[0]
    said = f"{best['name']}: {words} {say(best)} per 100 that would enter."
    tied = [k["name"] for k in ranks[1:] if k["best"] == 1]
    if len(ranks) == 1:
        return said
    if not tied:
        return f"{said} It is told apart from every other alternative."
    if len(tied) == len(ranks) - 1:
        return f"{said} These nights do not tell it apart from any other alternative."
    return f"{said} Not told apart from it: {', '.join(tied)}."


def _record(r: Results) -> dict[str, Any]:
    """What the section about raid nights on record is made of."""
    if r.on_record is None:
        return {"record": None}

    def told(*outcomes: str) -> list[tuple[str, list[dict[str, Any]]]]:
        words = {k: _WORDS.get(k, f"casualties, {k[5:].upper()}") for k in outcomes}
        return [(words[k], r.of(f"{k}_on_record")) for k in outcomes]

    levels = dict.fromkeys(x["entering"] for x in r.by_entries)
    return {
        "record": r.on_record.record,
        "here": r.on_record.counts.tolist(),
        "missing": r.on_record.missing(),
        "has_quiet": bool(r.on_record.present[0]),
        "per_nights": PER_NIGHTS,
        "by_entries": [
            (w, [x for x in r.by_entries if x["entering"] == w]) for w in levels
        ],
        "entering_on_record": r.of("entering_on_record")[0],
        "on_record": told("prevented", "decided", "too_late", "engaged_never",
                          "engaged_nothing"),
        "cost_on_record": told("rounds", "cost_eur", "out_of_rounds", *_harmed(r)),
        "alerts_on_record": told("alerts", "alerts_false", "entries_warned"),
    }  # fmt: skip


def _harmed(r: Results) -> list[str]:
    """Outcomes of harm that any alternative changed; the guard and the host always."""
    always = {f"harm_{r.guard.lower()}", "harm_ua"}
    return [
        k
        for k in sorted(k for k in r.nights.values if k[:5] == "harm_")
        if k in always or r.nights.values[k].any()
    ]


def _countries(r: Results) -> list[dict[str, Any]]:
    """Countries where options may do harm: mean by verdict, and the limit there."""
    worst: dict[str, float] = {}
    for c in r.casualties:
        worst[c["country"]] = max(worst.get(c["country"], 0.0), c["mean"])
    out = []
    first = [k for k in (r.guard.lower(), "ua") if k in worst]
    others = [k for k, most in worst.items() if most >= _SHOWN and k not in first]
    for country in first + others:
        which = {r.guard.lower(): "guard", "ua": "host"}.get(country, "")
        limits = [number(x, 2) for x in r.limits.get(which, [])]
        mean = {
            c["verdict"]: c["mean"] for c in r.casualties if c["country"] == country
        }
        limit = f"limit {' or '.join(limits)}" if limits else "no limit"
        out.append({"name": country.upper(), "limit": limit, "mean": mean})
    return out


def _matrix(rows: list[dict[str, Any]], names: list[str], order: Any) -> Any:
    """(what, counts by alternative, share by alternative) in the order of the chain."""
    count = {(r["what"], r["alternative"]): r["count"] for r in rows}
    total = {n: sum(r["count"] for r in rows if r["alternative"] == n) for n in names}
    present = {r["what"] for r in rows}
    return [
        (what, [(count.get((what, n), 0),
                 100.0 * count.get((what, n), 0) / max(1, total[n])) for n in names])
        for what in order if what in present
    ]  # fmt: skip
