"""Lead time of alerts of border districts by model, at one false alert a night.

    .venv/bin/python -m bench.forecast.lead [--tune 16] [--report 24] [--write]

The nights of `bench.verify_forecast` (true positions once a minute; every model told the share
of the flights that enter). A district is here a section of 50 km of the border: an alert is about entry, wherever the object flies then. A section's chance is that of any track
entering through it: 1 minus the product over tracks whose likeliest place of entry lies there. An alert
opens when the chance within a horizon reaches a limit. Horizon and limit are chosen for each model on
nights of role tune: of those with at most one false alert a night, the pair with the greatest
mean lead. Nights of role report are met once, with that choice; as a limit that was tuned on other
behaviour may give more false alerts there, a second row tells what the best choice *for those nights*
would have given ("known"; nobody can know it beforehand). An alert is
false when nothing enters through the section or one beside it until half an hour after the chance was last at
the limit; an entry without an alert counts as a lead of 0 s. Intervals: nights drawn
again whole. Writes bench/results/forecast_lead.csv.
"""

from __future__ import annotations

import argparse
import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.forecast.verification import RESULTS
from bench.verify_forecast import T0_S, as_tracks, entering, flights_of, write_rows
from forefield.columns import Floats, Ints, Texts
from forefield.forecasting.forecast import HORIZONS_S, forecast
from forefield.scoring.lead import episodes, judged
from forefield.threats.classes import track_class
from forefield.threats.flights import Flights
from forefield.world.borders import guard

OUT = RESULTS / "forecast_lead.csv"
MODELS = ("corrected", "field", "turning", "reference", "straight-gauss", "straight")
LIMITS = np.round(np.concatenate([np.arange(0.01, 1.0, 0.01), [0.995, 0.999]]), 3)
FALSE_A_NIGHT = 1.0
_DAY_S = 86_400.0
_SECTION_M = 50_000.0
_SECTIONS = math.ceil(guard("PL").length_m / _SECTION_M)


@dataclass(frozen=True)
class Chances:
    """By section and time the combined chance of entry. N rows; group is night x section."""

    group: Ints
    t_s: Floats
    p: Floats


@dataclass(frozen=True)
class Entries:
    """Entries, a row each: night x section, when, and the class. The first of a flight."""

    group: Ints
    t_s: Floats
    klass: Texts


def _group(t_s: Floats, place: Ints) -> Ints:
    night = np.floor((t_s - T0_S) / _DAY_S).astype(np.int64)
    return np.asarray(night * _SECTIONS + place)


def entries_of(flights: Flights) -> Entries:
    """Where and when each flight first enters Poland from outside."""
    inside = guard("PL").inside(flights.lat_deg, flights.lon_deg)
    same = np.append(False, flights.flight_id[1:] == flights.flight_id[:-1])
    crossing = np.flatnonzero(inside & np.append(False, ~inside[:-1]) & same)
    _, first = np.unique(flights.flight_id[crossing], return_index=True)
    row = crossing[first]
    place = _section(flights.lat_deg[row], flights.lon_deg[row])
    klass = np.array([track_class(str(k)) for k in flights.klass[row]])
    return Entries(_group(flights.t_s[row], place), flights.t_s[row], klass)


def chances_of(flights: Flights) -> dict[tuple[str, float], Chances]:
    """Chances by model and horizon."""
    tracks = as_tracks(flights)
    border = guard("PL")
    near = border.distance_m(tracks.lat_deg, tracks.lon_deg) <= 350_000.0
    share = entering(flights)
    out = {}
    for model in MODELS:
        b = forecast(tracks.take(near), [border], model=model, base_rate=share)
        # Where nothing is said of the place, the nearest point of the border.
        lat = np.where(np.isnan(b.entry_lat_deg), b.lat_deg, b.entry_lat_deg)
        lon = np.where(np.isnan(b.entry_lon_deg), b.lon_deg, b.entry_lon_deg)
        place = _section(lat, lon)
        for h in HORIZONS_S:
            use = np.flatnonzero((b.horizon_s == h) & (b.p_enter > 0.001))
            key = np.column_stack([_group(b.t_s[use], place[use]), b.t_s[use]])
            pairs, at = np.unique(key, axis=0, return_inverse=True)
            left = np.zeros(len(pairs))
            np.add.at(left, at.ravel(), np.log1p(-np.minimum(b.p_enter[use], 1 - 1e-9)))
            out[model, h] = Chances(
                pairs[:, 0].astype(np.int64), pairs[:, 1], -np.expm1(left)
            )
    return out


def _section(lat: Floats, lon: Floats) -> Ints:
    """The section of the border that is nearest."""
    chainage = guard("PL").nearest(lat, lon).chainage_m
    return np.asarray(chainage // _SECTION_M, dtype=np.int64)


def met(c: Chances, e: Entries, limit: float, nights: int) -> tuple[float, Floats]:
    """False alerts a night, and the lead of every entry [s], 0 without an alert."""
    alerts = episodes(c.group, c.t_s, c.p, limit)
    _, lead = judged(alerts, e.group, e.t_s)
    beside = np.concatenate([e.group - 1, e.group, e.group + 1])
    true, _ = judged(alerts, beside, np.tile(e.t_s, 3))
    return float((~true).sum()) / nights, np.nan_to_num(lead)


def chosen(
    by: dict[tuple[str, float], Chances], e: Entries, model: str, nights: int
) -> tuple[float, float]:
    """Horizon and limit of one model, from the nights that may be tuned on."""
    best = (-1.0, np.inf, np.inf)
    for h in HORIZONS_S:
        tried = [met(by[model, h], e, float(x), nights) for x in LIMITS]
        wrong = np.flatnonzero([f > FALSE_A_NIGHT for f, _ in tried])
        k = int(wrong[-1]) + 1 if len(wrong) else 0  # above it, never too many
        if k < len(LIMITS):
            best = max(best, (float(tried[k][1].mean()), h, float(LIMITS[k])))
    return best[1], best[2]


def rows(tune: int, report: int) -> list[dict[str, Any]]:
    """The table: a row per model and class."""
    flown = {r: flights_of(r, 301, n) for r, n in (("tune", tune), ("report", report))}
    by = {r: chances_of(f) for r, f in flown.items()}
    entries = {r: entries_of(f) for r, f in flown.items()}
    e, out = entries["report"], []
    night = e.group // _SECTIONS
    rng = np.random.Generator(np.random.Philox(11))
    draws = rng.multinomial(report, np.full(report, 1.0 / report), size=1000)
    for model, source in itertools.product(MODELS, ("tune", "report")):
        n_tuned = {"tune": tune, "report": report}[source]
        horizon, limit = chosen(by[source], entries[source], model, n_tuned)
        if np.isfinite(horizon):
            wrong, lead = met(by["report"][model, horizon], e, limit, report)
        else:  # no limit keeps it to one false alert: it never warns
            wrong, lead = 0.0, np.zeros(len(e.t_s))
        for klass in ("all", "cruise", "drone"):
            mine = (e.klass == klass) | (klass == "all")
            times = draws[:, night[mine]]
            medians = [
                np.median(np.repeat(lead[mine], n)) for n in times if n.sum() > 0
            ]
            low, high = np.quantile(medians, [0.025, 0.975])
            out.append(
                {"model": model, "limit_from": {"report": "known"}.get(source, source),
                 "class": klass, "horizon_s": horizon, "limit": limit,
                 "false_a_night": wrong, "entries": int(mine.sum()),
                 "alerted": float((lead[mine] > 0).mean()),
                 "p10_s": float(np.quantile(lead[mine], 0.1)),
                 "median_s": float(np.median(lead[mine])),
                 "median_low_s": float(low), "median_high_s": float(high),
                 "mean_s": float(lead[mine].mean())}
            )  # fmt: skip
    return out


def main() -> None:
    """Print the table; with --write also bench/results/forecast_lead.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tune", type=int, default=16)
    parser.add_argument("--report", type=int, default=24)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    table = rows(args.tune, args.report)
    for r in table:
        print(
            f"{r['model']:14s} {r['limit_from']:5s} {r['class']:6s} {r['horizon_s']:5.0f} s at {r['limit']:.3f}"
            f"  false {r['false_a_night']:.2f}  of {r['entries']} alerted "
            f"{r['alerted']:.2f}  p10 {r['p10_s']:.0f}  median {r['median_s']:.0f} "
            f"({r['median_low_s']:.0f}-{r['median_high_s']:.0f})  mean {r['mean_s']:.0f}"
        )
    if args.write:
        write_rows(OUT, table)


if __name__ == "__main__":
    main()
