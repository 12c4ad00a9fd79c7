"""Write the three pages of figures about the forecast, and their charts.

    python tools/make_forecast_pages.py

From bench/results: docs/replay-beliefs.md (`bench.forecast.replays`), docs/expected-entries.md
(`bench.forecast.entries`) and docs/forecast-verification.md (`bench.forecast.verification`,
`leave_out` and `through_radars`).
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.forecast.charts import (  # noqa: E402
    BLUE,
    GREY,
    ORANGE,
    RED,
    Panel,
    svg,
)
from scipy.special import gammaincinv  # noqa: E402

RESULTS = ROOT / "bench/results"
DOCS = ROOT / "docs"
Row = dict[str, str]


def rows_of(name: str) -> list[Row]:
    """A table of bench/results."""
    with (RESULTS / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(r) + " |\n" for r in lines)


# -- replays ------------------------------------------------------------------------

NIGHTS = {
    "pl-2024-03-24-oserdow": (
        "24 March 2024: 39 seconds near Oserdow",
        39.0,
        "the place of entry (on the border, within 5 km of the village's edge), speed (760 to 840 km/h "
        "that fit 39 s), the course and the bend inside, depth 1 to 2 km, the exit (within 5 km, south "
        "of the village), the way before it (way-points in discs of 30 to 80 km, a weave) and after it",
    ),
    "pl-2023-12-29-lubelskie": (
        "29 December 2023: under three minutes in Lubelskie",
        175.0,
        "the place of entry (on the border, within 20 km of the middle of the named stretch), speed (800 "
        "to 900 km/h that fit 175 s and about 40 km of way), the course and the bends inside, depth "
        "2 to 20 km, the exit, the way before it and after it",
    ),
}
MODELS = {"turning": ORANGE, "corrected": BLUE}

REPLAYS_HEAD = """# The belief over two documented flights

What would the forecast have said of the two cruise missiles that cut a corner of Poland and left
again? **A reconstruction, not a recording**: no track of either is public. Each line below is a
median over {draws} flights that all agree with every published number, each band holds 90 % of them.
Made by `python -m bench.forecast.replays --write`, then `python tools/make_forecast_pages.py`.

Every one of these flights enters at minute 0, because the real one did. So this page shows how
early the forecast sees it and how sure it gets; it **cannot show that the forecast is right**, which takes
flights that stay outside, too: see [how right it is](forecast-verification.md).

Both models were told the default base rate, 1 % of the night's objects enter. It decides more than the
reconstruction does (tables below): `corrected` was fitted on flights of which 24 % enter and is moved further
by it than `turning`. Told the share that really enters, `corrected` is the better calibrated of the two on
simulated nights.
"""
REPLAYS_ASSUMED = """
## What was assumed

- As in `forefield replay`: the published numbers hold, one flat ground, no terrain.
- Drawn anew in every draw, beside the flight: the height (a quarter either way of the one published
  figure, constant), the errors of position (30 to 300 m) and velocity (0.5 to 4 m/s) of whoever follows it,
  and how sure the class is (cruise missile with 50 to 95 %, the rest unknown).
- The hour is published to the minute; the time axis counts from the entry, so this moves nothing.
- It is followed all the way from twenty minutes before the border. At 250 to 400 m of height one ground radar
  would not see that far: who saw it first, and when, is not published and **not drawn**. Where the
  track began later, the belief starts later.
- P(leaves again) is asked only before the entry and again after the exit: inside, nothing is asked. That of
  `corrected` is the field's. Both come from the rate at which flights of the fitted families turn
  back, and from the 23 of 100 that are assumed to stay, so that they are nearly the same for every
  flight that comes near: the forecast knows that most such entries are corners cut, not that this one was.
"""


def _replay_rows(name: str, model: str, horizon: int) -> list[Row]:
    return [
        r
        for r in rows_of("forecast_replays")
        if r["incident"] == name
        and r["drawn"] == "all"
        and r["model"] == model
        and r["horizon_s"] == str(horizon)
        and float(r["base_rate"]) == 0.01
    ]


def belief_chart(name: str) -> str:
    """P(enters within 600 s) above, P(leaves again) below, over the minutes."""
    title, inside_s, _ = NIGHTS[name]
    span = (-15.0, 8.0)
    panels = [
        Panel(70, 66, 640, 230, span),
        Panel(70, 352, 640, 130, span),
    ]
    minutes = [(float(v), f"{v:+d}" if v else "entry") for v in range(-15, 9, 3)]
    shares = [(v / 100, f"{v} %") for v in (0, 25, 50, 75, 100)]
    panels[0].axes(minutes, shares, "P(enters Poland within 600 s)")
    panels[1].axes(
        minutes, shares[::2], "P(leaves again), given that it enters within 600 s",
        "minutes before and after the entry",
    )  # fmt: skip
    for p, words in zip(panels, ("inside", ""), strict=True):
        p.shade(0.0, inside_s / 60.0, words)
    for k, (model, colour) in enumerate(MODELS.items()):
        rows = _replay_rows(name, model, 600)
        for part in (
            [r for r in rows if float(r["after_entry_s"]) < 0.0],
            [r for r in rows if float(r["after_entry_s"]) > inside_s],
        ):
            x = [float(r["after_entry_s"]) / 60.0 for r in part]
            panels[0].band(
                x, *([float(r[q]) for r in part] for q in ("p05", "p95")), colour
            )
            panels[0].line(x, [float(r["p50"]) for r in part], colour)
            told = [r for r in part if r["leave_p50"] not in ("", "nan")]
            told = [r for r in told if int(r["leave_draws"]) >= 0.5 * int(r["draws"])]
            x = [float(r["after_entry_s"]) / 60.0 for r in told]
            if len(x) > 1:
                low, high = (
                    [float(r[q]) for r in told] for q in ("leave_p05", "leave_p95")
                )
                panels[1].band(x, low, high, colour)
                panels[1].line(x, [float(r["leave_p50"]) for r in told], colour)
        panels[0].dot(-14.2, 0.93 - 0.1 * k, colour)
        panels[0].text(
            panels[0].px(-14.2) + 10, panels[0].py(0.93 - 0.1 * k) + 4,
            f"{model}: median and 90 % of the reconstructions",
        )  # fmt: skip
    return svg(760, 540, f"RECONSTRUCTION, {title}", panels)


def _share(row: Row, stem: str = "") -> str:
    low, mid, high = (row[f"{stem}{q}"] for q in ("p05", "p50", "p95"))
    if mid in ("", "nan"):
        return "–"
    return (
        f"{100 * float(mid):.0f} % ({100 * float(low):.0f} to {100 * float(high):.0f})"
    )


def _seconds(t: int) -> str:
    before = "before" if t < 0 else "after"
    return f"{abs(t)} s {before}" if abs(t) < 120 else f"{abs(t) // 60} min {before}"


def replays_page() -> str:
    """docs/replay-beliefs.md."""
    rows = rows_of("forecast_replays")
    draws = max(int(r["draws"]) for r in rows)
    out = [REPLAYS_HEAD.format(draws=draws)]
    shown = (-600, -300, -180, -120, -60, -30)
    for name, (title, _, what) in NIGHTS.items():
        out.append(
            f"\n## {title}\n\n![Belief over time](pictures/belief-{name}.svg)\n\n"
        )
        body = []
        for t in shown:
            line = [_seconds(t)]
            for model in MODELS:
                at = {
                    h: next(r for r in _replay_rows(name, model, h)
                            if int(r["after_entry_s"]) == t)
                    for h in (300, 600)
                }  # fmt: skip
                line += [_share(at[300]), _share(at[600])]
            line.append(_share(next(
                r for r in _replay_rows(name, "turning", 600) if int(r["after_entry_s"]) == t
            ), "leave_"))  # fmt: skip
            body.append(line)
        out.append(table(["of the entry", "turning, 300 s", "turning, 600 s", "corrected, 300 s",
                          "corrected, 600 s", "leaves again"], body))  # fmt: skip
        out.append(
            "\nMedian, and in brackets 90 % of the reconstructions. Drawn for the flight: "
            f"{what}.\n\n"
        )
        out.append(_what_widens(rows, name))
    out.append(REPLAYS_ASSUMED)
    return "".join(out)


def _what_widens(rows: list[Row], name: str) -> str:
    """What the interval comes from, and what the base rate does."""

    def at(model: str, drawn: str, rate: float, t: int) -> Row:
        return next(
            r
            for r in rows
            if r["incident"] == name
            and r["model"] == model
            and r["drawn"] == drawn
            and float(r["base_rate"]) == rate
            and r["horizon_s"] == "600"
            and int(r["after_entry_s"]) == t
        )

    body = []
    for words, drawn, rate in (
        ("everything, base rate 1 %", "all", 0.01),
        ("the flight alone, followed well", "flight", 0.01),
        ("the following alone, one flight", "tracking", 0.01),
        ("everything, base rate 0.1 %", "all", 0.001),
        ("everything, base rate 5 %", "all", 0.05),
    ):
        line = [words]
        for model in MODELS:
            line += [_share(at(model, drawn, rate, t)) for t in (-300, -120)]
        body.append(line)
    return "Within 600 s, by what is drawn and by the base rate:\n\n" + table(
        ["drawn", "turning, 5 min before", "turning, 2 min", "corrected, 5 min",
         "corrected, 2 min"], body,
    )  # fmt: skip


# -- entries ------------------------------------------------------------------------

ENTRIES_HEAD = """# Expected entries, and counted ones

How many objects should enter Poland if raids of the recorded sizes behaved as our families do? A
**simulation**: nights are drawn from the recorded distribution of raid sizes of each half-year, every
object is flown from launch to end through the defence of that half-year, and what crosses the
border is counted. Nothing here is fitted to the counts, so the two can disagree, and they do.
Made by `python -m bench.forecast.entries --write`, then `python tools/make_forecast_pages.py`.

The number that decides is an assumption, twice. `headed_to_guard`, the share q of a raid's objects that
are sent to a place in Poland, is not known to anybody who published it. And the shares of the
behaviours that come to the border without being sent there (`threats/families.py`) are assumed as well.
Expected entries are (1 - q) A + q B: A with nobody headed there, B with everybody.
"""
ENTRIES_CAVEATS = """
## Caveats

- **The counts are noisy and incomplete.** Four years, some thirty objects, most of them of one night. A low
  drone nobody sees or finds is not counted; two wrecks were found by chance; "between 0 and 2" is the official
  word about 26 August 2024. Two entries of 2022 were an air-defence missile and a wreck found four months later.
  Nothing is listed after November 2025, which is a gap of the pages read, not of the sky.
- Entries come in groups. An interval that takes objects as independent (Poisson, exact after Garwood 1936) is too
  narrow; the one over nights is the one to read, and rests on a handful of nights.
- Raid sizes are one side's daily reports, as quantiles by half-year. 2022 begins in September, 2026 ends on 5
  April; nights without a recorded attack count as none.
- The defence acts along 500 km over Ukraine at the half-year's share for massive attacks; ordinary nights may
  differ. How many go to the west of Ukraine (a quarter) is assumed, and is the same in every year.
- A corner smaller than 225 to 450 m is missed; those would not have been counted in fact either.
"""


def garwood(n: float) -> tuple[float, float]:
    """95 % interval of a Poisson mean after n events (Garwood 1936)."""
    low = float(gammaincinv(n, 0.025)) if n > 0 else 0.0
    return low, float(gammaincinv(n + 1.0, 0.975))


#: No entry is listed after November 2025; that is a gap of the pages read, so later
#: years imply nothing.
_LAST_TOLD = 2025


def _years() -> list[dict[str, float]]:
    """Expected by year at q = 0 and q = 1, and what was counted."""
    expected = rows_of("entries_expected")
    out = []
    for c in rows_of("entries_counted"):
        mine = [r for r in expected if r["half_year"].startswith(c["year"])]
        nights = [float(r["nights_on_record"]) for r in mine]
        objects = [
            n * float(r["objects_a_night"]) for n, r in zip(nights, mine, strict=True)
        ]
        row = {k: float(v) for k, v in c.items()}
        row["nights"], row["objects"] = sum(nights), sum(objects)
        row["none"] = sum(
            n * float(r["share_entering_unheaded"])
            for n, r in zip(objects, mine, strict=True)
        )
        row["every"] = sum(
            n * float(r["share_entering_headed"])
            for n, r in zip(objects, mine, strict=True)
        )
        row["low"], row["high"] = (
            sum(n * float(r[k]) for n, r in zip(nights, mine, strict=True))
            for k in ("low", "high")
        )
        row["nights_with"] = sum(
            n * float(r["nights_with_entry"]) for n, r in zip(nights, mine, strict=True)
        )
        out.append(row)
    return out


def at_share(year: dict[str, float], q: float) -> float:
    """Expected entries of a year when a share q is headed to the guard."""
    return (1.0 - q) * year["none"] + q * year["every"]


def _counted(y: dict[str, float], what: str) -> str:
    a, b = y[f"{what}_low"], y[f"{what}_high"]
    return f"{a:.0f}" if a == b else f"{a:.0f} to {b:.0f}"


def _rate(n_low: float, n_high: float, of: float) -> str:
    """Counts over exposure, per thousand, with the widest Garwood ends."""
    low, high = garwood(n_low)[0] / of, garwood(n_high)[1] / of
    mid = 0.5 * (n_low + n_high) / of
    return f"{1e3 * mid:.2f} ({1e3 * low:.2f} to {1e3 * high:.2f})"


def entries_page() -> str:
    """docs/expected-entries.md."""
    years = _years()
    out = [ENTRIES_HEAD, "\n![Expected and counted](pictures/expected-entries.svg)\n"]
    out.append("\n## By year\n\n")
    out.append(
        table(
            ["year", "nights", "objects", "expected, q = 0", "q = 0.1 %", "q = 1 %",
             "q = 5 %", "counted", "nights with an entry: expected, q = 0", "counted"],
            [
                [f"{y['year']:.0f}", f"{y['nights']:.0f}", f"{y['objects']:,.0f}",
                 f"{y['none']:.0f} ({y['low']:.0f} to {y['high']:.0f})",
                 *(f"{at_share(y, q):.0f}" for q in (0.001, 0.01, 0.05)),
                 _counted(y, "objects"), f"{y['nights_with']:.0f}", _counted(y, "events")]
                for y in years
            ],
        )
    )  # fmt: skip
    flown = rows_of("entries_expected")[0]["nights_flown"]
    out.append(
        f"\nBrackets: 95 % of the {flown} nights flown for each half-year, resampled; "
        "they are about the simulation alone.\n"
    )
    out.append("\n## What the counts imply\n\n")
    body = []
    told = [y for y in years if y["year"] <= _LAST_TOLD]
    whole = {k: sum(y[k] for y in told) for k in years[0]}
    span = f"2022 to {_LAST_TOLD}"
    for words, y in [*((f"{y['year']:.0f}", y) for y in told), (span, whole)]:
        low, high = garwood(y["events_low"])[0], garwood(y["events_high"])[1]
        body.append(
            [words, _rate(y["objects_low"], y["objects_high"], y["objects"]),
             f"{1e3 * y['none'] / y['objects']:.1f}",
             f"{low / y['nights_with']:.3f} to {high / y['nights_with']:.2f}"]
        )  # fmt: skip
    out.append(
        table(
            ["year", "counted per thousand launched (Garwood, objects taken as independent)",
             "simulated per thousand, q = 0",
             "nights with an entry: counted over simulated, 95 % (Garwood)"], body,
        )
    )  # fmt: skip
    low, high = garwood(whole["events_low"])[0], garwood(whole["events_high"])[1]
    out.append(_verdict(whole, low, high))
    out.append(_by_family())
    out.append(_by_night())
    out.append(ENTRIES_CAVEATS)
    return "".join(out)


def _verdict(whole: dict[str, float], low: float, high: float) -> str:
    """Whether any share headed to the guard agrees with the counts."""
    ratio_low, ratio_high = low / whole["nights_with"], high / whole["nights_with"]
    spread = whole["every"] - whole["none"]
    upper_q = (garwood(whole["objects_high"])[1] - whole["none"]) / spread
    words = (
        f"\nUp to {_LAST_TOLD}, with nobody headed to Poland, the families alone give "
        f"{whole['none']:.0f} entries where {_counted(whole, 'objects')} were counted, and "
        f"{whole['nights_with']:.0f} nights with an entry where {_counted(whole, 'events')} were. "
    )
    if upper_q < 0.0:
        words += (
            "So **no share headed to Poland, not even none, agrees with the counts**: the implied "
            "q is 0 and its upper bound is below 0, which means that the assumed shares of behaviour at "
            "the border are too high, that counts miss most entries, or both. If it is the shares, they "
            f"should be {1 / ratio_high:.0f} to {1 / ratio_low:.0f} times lower. The counts cannot tell "
            "a missile sent to Poland from one that strayed, so q and the families' shares are not told "
            "apart by them.\n"
        )
    else:
        words += f"The counts allow q up to {100 * upper_q:.2f} %.\n"
    counted = 0.5 * (whole["objects_low"] + whole["objects_high"]) / whole["objects"]
    return words + (
        "\nFor the forecast this matters: its default base rate is 1 % of a night's objects, the families "
        f"give {whole['none'] / whole['objects']:.1%}, and {counted:.2%} were counted. The default is kept "
        "because a count of what was noticed is a lower bound and because a warning errs on the side of telling; "
        f"whoever believes the counts gives `--base-rate {counted:.1g}`. Nothing was retuned to these counts.\n"
    )


def _by_family() -> str:
    """Where simulated entries come from."""
    flights: dict[str, list[int]] = {}
    for r in rows_of("entries_by_family"):
        got = flights.setdefault(r["family"], [0, 0])
        got[0] += int(r["flights"])
        got[1] += int(r["entered"])
    objects = sum(n for n, _ in flights.values())
    entries = sum(n for _, n in flights.values())
    order = sorted(flights, key=lambda f: (-flights[f][1], f))
    body = [
        [f"`{f}`", f"{flights[f][0] / objects:.1%}",
         f"{flights[f][1] / max(flights[f][0], 1):.1%}",
         f"{flights[f][1] / max(entries, 1):.0%}"]
        for f in order
    ]  # fmt: skip
    return (
        "\n## By behaviour family\n\nNobody headed to the guard, all half-years together, "
        f"{entries:,} entries of {objects:,} flights:\n\n"
        + table(["family", "of all flights", "of these enter", "of all entries"], body)
    )


def _by_night() -> str:
    body = [
        [r["half_year"], r["nights_on_record"], f"{float(r['objects_a_night']):.0f}",
         f"{float(r['entries_a_night']):.2f} ({float(r['low']):.2f} to {float(r['high']):.2f})",
         f"{float(r['p90']):.0f}", f"{float(r['nights_with_entry']):.0%}",
         f"{float(r['share_entering_headed']):.0%}"]
        for r in rows_of("entries_expected")
    ]  # fmt: skip
    return (
        "\n## By half-year: a simulated night\n\nNobody headed to the guard, except in the last "
        "column.\n\n"
        + table(
            ["half-year", "nights on record", "objects a night", "entries a night",
             "in one night of ten at least", "nights with an entry",
             "of those headed to Poland arrive"], body,
        )
    )  # fmt: skip


def entries_chart() -> str:
    """Entries a year on a log axis: expected by q, and counted with intervals."""
    import math

    years = _years()
    panel = Panel(70, 66, 640, 300, (-0.6, len(years) - 0.4), (-0.6, 3.6))
    panel.axes(
        [(float(k), f"{y['year']:.0f}") for k, y in enumerate(years)],
        [(0.0, "1"), (1.0, "10"), (2.0, "100"), (3.0, "1,000")],
        "entries into Poland in a year (log axis)",
        "2022: from September; 2026: to 5 April",
    )

    def up(v: float) -> float:
        return max(math.log10(max(v, 1e-9)), -0.6)

    shades = (
        (0.0, "q = 0", "#9ec5ea"),
        (0.01, "q = 1 %", BLUE),
        (0.05, "q = 5 %", "#0b3d70"),
    )
    for k, y in enumerate(years):
        for j, (q, _, colour) in enumerate(shades):
            panel.dot(k - 0.2 + 0.12 * j, up(at_share(y, q)), colour, 5.0)
        a, b = y["objects_low"], y["objects_high"]
        x = k + 0.25
        panel.bar(x, up(garwood(a)[0]), up(garwood(b)[1]), RED)
        if b > 0.0:
            panel.bar(x, up(max(a, 0.3)) - 0.02, up(b) + 0.02, RED, 7.0)
    for j, (_, words, colour) in enumerate(shades):
        x = -0.45 + 1.2 * j
        panel.dot(x, 3.38, colour, 5.0)
        panel.text(panel.px(x) + 10, panel.py(3.38) + 4, f"simulated, {words}")
    panel.bar(3.15, 3.3, 3.46, RED, 7.0)
    panel.text(panel.px(3.15) + 10, panel.py(3.38) + 4, "counted, 95 % as if Poisson")
    return svg(
        760, 430, "SIMULATION against counts: objects that enter Poland", [panel]
    )


# -- verification -------------------------------------------------------------------

VERIFICATION_HEAD = """# The forecasts, verified

How right each shipped model was on simulated nights of the behaviour families nobody tuned on (role *report*),
taken apart by what a row is. Numbers from **simulation** are about the simulation.
`python -m bench.forecast.verification --write`: raids on Poland, true positions once a minute unless said, the
reachable set, every model told the share of these nights' flights that enter ({share:.1%}; far more than in a
real night, so that there is something to count). What is asked, and how it is scored:
[Verification](rooms/verification.md).

Skill is 1 - Brier / Brier of climatology by distance band, each flight left out of its own. The climatology of
a part is that of the part: where nearly nothing enters, the reference knows that and is hard to beat. E/O is
expected over observed; 1 is right. Intervals are 95 %, resampled by flight.
"""
VERIFICATION_LIMITS = """
## What it cannot know

- Whether real flights behave as these families do. The order of the models may be believed more than the
  numbers; all come from one simulator. `dog_legs` is the only family here that was fitted on: an object sent to
  Poland flies as one where its own family takes no target.
- Calibration on real entries: there are [some thirty in four years](expected-entries.md), and their tracks are not public.
- The base rate. Here every model was told it. Told a wrong one, E/O is wrong by as much.
- Aircraft: on real airliners the field and the particles are measured in [What was measured](rooms/results.md);
  the trees have seen none and leave them alone.
- Few flights enter in some parts ("entering"); an interval that spans half the axis says that it is not known.
"""
FOUR = ("corrected", "reference", "turning", "straight-gauss")
HORIZONS = ("120", "300", "600", "900")


def _num(text: str, form: str = ".2f") -> str:
    return "–" if text in ("", "None", "nan") else format(float(text), form)


def _skill(r: Row) -> str:
    if r["bss"] in ("", "None"):
        return "–"
    low, high = r["bss_low"], r["bss_high"]
    span = f" ({_num(low)} to {_num(high)})" if low not in ("", "None") else ""
    return f"{_num(r['bss'])}{span}"


def verification_page() -> str:
    """docs/forecast-verification.md."""
    rows = rows_of("forecast_verification")
    every = [r for r in rows if r["part"] == "all"]
    out = [VERIFICATION_HEAD.format(share=float(rows[0]["base_rate"]))]
    first = next(r for r in every if r["horizon_s"] == "600")
    out.append(
        f"\n## All of it\n\nAt 600 s: {int(first['n']):,} rows of {first['flights']} flights, "
        f"{first['entering']} of which enter. Skill (E/O; slope):\n\n"
    )
    models = list(dict.fromkeys(r["model"] for r in every))
    body = []
    for m in models:
        line = [f"`{m}`"]
        for h in HORIZONS:
            r = next(r for r in every if r["model"] == m and r["horizon_s"] == h)
            line.append(f"{_num(r['bss'])} ({_num(r['e_over_o'])}; {_num(r['slope'])})")
        body.append(line)
    out.append(table(["model", *(f"{h} s" for h in HORIZONS)], body))
    out.append(
        "\n![Reliability at 600 s](pictures/forecast-reliability.svg)\n\n" + _bins()
    )
    for part, words in (
        ("class", "By class"),
        ("distance", "By distance to the border"),
        ("family", "By behaviour family"),
        ("quality", "By quality of the track"),
    ):
        out.append(f"\n## {words}\n\n" + _part(rows, part))
    out.append(_radars())
    out.append(_when_where())
    out.append(_airliners())
    out.append(VERIFICATION_LIMITS)
    return "".join(out)


def _bins() -> str:
    """How many bins leave the band, by model and horizon."""
    bins = rows_of("forecast_reliability")
    body = []
    for m in dict.fromkeys(b["model"] for b in bins):
        line = [f"`{m}`"]
        for h in HORIZONS:
            mine = [b for b in bins if b["model"] == m and b["horizon_s"] == h]
            off = [b for b in mine if not _within(b)]
            line.append(f"{len(off)} of {len(mine)}")
        body.append(line)
    return (
        "Dots: what was said and what came of it, ten bins of equal weight. Bars: 95 % for all bins of a "
        "diagram at once. Red, and counted here: bins whose forecast lies outside the band that holds for a model's four diagrams "
        "together:\n\n" + table(["model", *(f"{h} s" for h in HORIZONS)], body)
    )


def _within(b: Row) -> bool:
    said = min(max(float(b["forecast"]), 1e-4), 1.0 - 1e-4)
    return float(b["low_family"]) <= said <= float(b["high_family"])


def _part(rows: list[Row], part: str) -> str:
    mine = [r for r in rows if r["part"] == part and r["model"] in FOUR]
    values = list(dict.fromkeys(r["value"] for r in mine))
    body = []
    for v in values:
        at = {(r["model"], r["horizon_s"]): r for r in mine if r["value"] == v}
        c = at.get(("corrected", "600"))
        if c is None:
            continue
        line = [v, c["flights"], c["entering"], _num(at["corrected", "120"]["bss"])
                if ("corrected", "120") in at else "–", _skill(c), _num(c["e_over_o"])]  # fmt: skip
        for m in FOUR[1:]:
            r = at["corrected", "600"] if (m, "600") not in at else at[m, "600"]
            line.append(f"{_num(r['bss'])} ({_num(r['e_over_o'])})")
        body.append(line)
    return table(
        [part, "flights", "entering within 600 s", "corrected, 120 s", "corrected, 600 s",
         "E/O", "reference (E/O)", "turning (E/O)", "straight-gauss (E/O)"], body,
    )  # fmt: skip


def _radars() -> str:
    rows = rows_of("forecast_through_radars")
    seen = list(dict.fromkeys(r["seen"] for r in rows))
    body = []
    for m in ("corrected", "turning", "reference", "straight-gauss"):
        for s in seen:
            at = {r["horizon_s"]: r for r in rows
                  if r["model"].split("/")[0] == m and r["seen"] == s}  # fmt: skip
            body.append(
                [f"`{m}`", s, at["600"]["entering"],
                 *(f"{_num(at[h]['bss'])} ({_num(at[h]['e_over_o'])})" for h in HORIZONS)]
            )  # fmt: skip
    return (
        "\n## Through our radars and tracker\n\n"
        "`python -m bench.forecast.through_radars --write`: other raids of the same families. "
        + RADARS
        + "\n"
        + table(
            ["model", "rows from", "entering", *(f"{h} s, skill (E/O)" for h in HORIZONS)],
            body,
        )
    )  # fmt: skip


def _when_where() -> str:
    """Times, places, leaving again and ending inside, by role and whether any are sent."""
    rows = [r for r in rows_of("forecast_when_where") if r["horizon_s"] == "600"]
    times, ends = [], []
    for r in rows:
        sent = f"{float(r['sent']):.0%}"
        key = [f"`{r['model']}`", r["role"], sent, r["flights"]]
        times.append(
            [*key, f"{_num(r['within'])} ({_num(r['within_low'])} to {_num(r['within_high'])})",
             _num(r["early"]), _num(r["late"]), _num(r["off_km"], ".1f"),
             f"{_num(r['in_2_sigma'])} ({_num(r['in_2_low'])} to {_num(r['in_2_high'])})"]
        )  # fmt: skip
        ends.append(
            [*key, _num(r["leave"]), _num(r["left"]), _num(r["leave_brier"], ".3f"),
             _num(r["leave_base"], ".3f"), _num(r["end_expected"], ".0f"), r["end_came"]]
        )  # fmt: skip
    head = ["model", "role", "sent to Poland", "flights"]
    return (
        WHEN_WHERE
        + table(
            [
                *head,
                "within 90 %",
                "before",
                "after",
                "off by, median [km]",
                "within two spreads",
            ],
            times,
        )
        + LEAVES
        + table(
            [
                *head,
                "`p_leave`",
                "left",
                "its Brier",
                "of the share alone",
                "ended inside, expected",
                "came",
            ],
            ends,
        )
    )


WHEN_WHERE = """
## When and where

`python -m bench.forecast.when_where --write`: of rows whose flight entered within 600 s, how often between
the times of 5 % and 95 %, before and after; how far from the place named; how often within two of its
spreads (a Gaussian would say 0.95). Nights with 8 % of the objects sent to Poland, as above, and with none.
Intervals draw flights again; other horizons are in `bench/results/forecast_when_where.csv`.

"""
LEAVES = """
**What then.** `p_leave` beside the share that left again, and the rows that ended inside within the horizon
beside the sum of `p_end_inside` (flights lost from view tell what was seen of them until then). The models know how flights without
a purpose leave again: 82 to 85 of 100 here. What was sent here stays, and **how many were sent no track
tells**. So 23 of 100 weapons that enter are assumed to stay (`Parameters.stay_share`; on nights of role fit 65 of 100
stay with 8 % sent and 7 with none): right on the mean of both kinds of night, on neither alone. Without that
assumption 0.83 was said on nights of role report with objects sent, where 0.45 left, and 49 ends inside were
expected where some 370 came.

"""


def _airliners() -> str:
    """Brier scores beside both straight lines on recorded airliners."""
    rows = rows_of("forecast_real_flights")
    body = []
    for sample in dict.fromkeys(r["sample"] for r in rows):
        for h in HORIZONS:
            at = {
                r["model"]: r
                for r in rows
                if r["sample"] == sample and r["horizon_s"] == h
            }
            ours, line = at["turning"], [sample, f"{h} s", at["turning"]["entering"]]
            line += [
                _num(at[m]["brier"], ".4f")
                for m in ("turning", "straight-gauss", "straight")
            ]
            for m in ("straight-gauss", "straight"):
                low, high = ours[f"to_{m}_low"], ours[f"to_{m}_high"]
                line.append(f"{_num(ours[f'to_{m}'])} ({_num(low)} to {_num(high)})")
            body.append([*line, _num(ours["e_over_o"])])
    return AIRLINERS + table(
        [
            "flights",
            "horizon",
            "entering",
            "turning",
            "straight-gauss",
            "straight",
            "to straight-gauss",
            "to straight",
            "E/O",
        ],
        body,
    )


AIRLINERS = """
## On recorded airliners

`python -m bench.forecast.real_flights --write`: 887 recorded flights, guards FR, IT, DE and AT pooled, Brier
scores with censoring (a recording that ends says nothing of what came after), and ratios to both
straight lines with 95 % intervals (flights drawn again). The parameters of airliners were chosen on one half
of the flights. At 600 s the aims were 0.95 of the tuned straight line, which is met, and 0.75 of the hard
one, **which is not**: nothing in what these flights did before tells more (a turn 5 to 15 minutes ago
says nothing about the next; their own parameters fitted anew gain 0.2 % on the other half).

"""

RADARS = """*Truth* is every flight
from true positions, *tracker* our tracker's output through the default laydown, *truth where tracked* true positions
of the flights and minutes in which the tracker has a track of them. What the first loses to the second is sight; what
the second loses to the third is the tracks themselves. Tracked before the tracker's last small change.
"""


def reliability_chart() -> str:
    """Said against came, 600 s, three models."""
    bins = [b for b in rows_of("forecast_reliability") if b["horizon_s"] == "600"]
    panels = []
    ticks = [(v / 4, f"{25 * v} %") for v in range(5)]
    for k, m in enumerate(("corrected", "turning", "straight-gauss")):
        p = Panel(62 + 244 * k, 70, 195, 195, (0.0, 1.0))
        p.axes(ticks[::2], ticks if k == 0 else [(v, "") for v, _ in ticks], m,
               "said")  # fmt: skip
        p.line([0.0, 1.0], [0.0, 1.0], GREY, "4 4")
        for b in (b for b in bins if b["model"] == m):
            colour = BLUE if _within(b) else RED
            p.bar(float(b["forecast"]), float(b["low"]), float(b["high"]), colour)
            p.dot(float(b["forecast"]), float(b["observed"]), colour, 3.5)
        panels.append(p)
    panels[0].text(6, 60, "came", GREY)
    return svg(
        780, 320, "SIMULATION, role report, 600 s: said against came (red: outside "
        "the band)", panels,
    )  # fmt: skip


def files() -> dict[str, str]:
    """Every file this makes, by its path under docs."""
    out = {f"pictures/belief-{n}.svg": belief_chart(n) for n in NIGHTS}
    out["replay-beliefs.md"] = replays_page()
    out["pictures/expected-entries.svg"] = entries_chart()
    out["expected-entries.md"] = entries_page()
    out["pictures/forecast-reliability.svg"] = reliability_chart()
    out["forecast-verification.md"] = verification_page()
    return out


def main() -> None:
    for path, text in files().items():
        (DOCS / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
