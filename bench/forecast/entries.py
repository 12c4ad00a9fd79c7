"""Raids of the recorded sizes, flown many times: how many objects enter Poland?

    .venv/bin/python -m bench.forecast.entries [--nights 120] [--write]

For each half-year with a recorded distribution of raid sizes, nights are drawn from it and
every object is flown from launch to end, through the neighbour's defence of that half-year
(`forefield.threats.raids`). Twice: once with no object headed to Poland, so that what enters
is corners cut, strays and the rest of the behaviour families; once with every object that can
be, so that the share of those headed there which arrive is known. Expected entries at any share
q of objects headed to the guard are then (1 - q) A + q B: nothing is fitted to the counts.

Counted entries are those of `data/incidents.toml`. A flight that clips less than its row step
(225 to 450 m) may be missed. Then `python tools/make_forecast_pages.py` writes
docs/expected-entries.md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from bench.verify_forecast import write_rows
from forefield.chance import Stream
from forefield.columns import Bool
from forefield.threats import raids
from forefield.threats.flights import Flights
from forefield.threats.sorties import fly_raid
from forefield.world.borders import guard
from forefield.world.facts import table

RESULTS = Path(__file__).parents[1] / "results"
NIGHTS_OUT = RESULTS / "entries_expected.csv"
FAMILIES_OUT = RESULTS / "entries_by_family.csv"
COUNTED_OUT = RESULTS / "entries_counted.csv"
GUARD = "PL"

#: Categories of incidents in which something was inside; the rest never entered.
_INSIDE = {"impact", "debris", "entry_exit", "overflight", "entered_lost",
           "found_later", "shot_down"}  # fmt: skip


def entered(flights: Flights) -> tuple[Any, Any, Bool]:
    """Ids of the flights, their families, and which of them were inside the guard."""
    border = guard(GUARD)
    ids, first, back = np.unique(
        flights.flight_id, return_index=True, return_inverse=True
    )
    hit = np.zeros(len(ids), dtype=bool)
    near = np.flatnonzero(
        (flights.lon_deg > 13.5) & (flights.lon_deg < 24.5)
        & (flights.lat_deg > 48.8) & (flights.lat_deg < 55.2)
    )  # fmt: skip
    inside = border.inside(flights.lat_deg[near], flights.lon_deg[near])
    hit[back[near[inside]]] = True
    return ids, flights.family[first], hit


def half_year(
    name: str, nights: int, headed: float, seed: int
) -> tuple[list[tuple[int, int]], Counter[str], Counter[str]]:
    """Nights of one half-year: (objects, entries) of each; flights, entries by family."""
    flown: Counter[str] = Counter()
    came: Counter[str] = Counter()
    each = []
    month = "03" if name.endswith("1") else "10"
    for k in range(nights):
        stream = Stream(seed, "expected entries", name, k)
        plan = raids.plan(
            name=f"{name}-{k}", date=f"{name[:4]}-{month}-01", guard=GUARD,
            half_year=name, headed_to_guard=headed, stream=stream,
        )  # fmt: skip
        flights = fly_raid(plan, stream, whole=True).flights
        _, family, hit = entered(flights)
        flown.update(family.tolist())
        came.update(family[hit].tolist())
        each.append((sum(n for _, n in plan.counts), int(hit.sum())))
    return each, flown, came


def counted() -> list[dict[str, Any]]:
    """Entries into the guard on record, by year: objects (low, high) and events."""
    years: dict[int, list[int]] = {}
    for row in table("incidents")["incident"]:
        if GUARD not in row["countries"] or row["category"] not in _INSIDE:
            continue
        low = int(row.get("n_objects_min", 1))
        high = int(row.get("n_objects_max", max(low, 1)))
        stray = row["object_class"] == "stray_interceptor"
        year = years.setdefault(int(row["date"][:4]), [0, 0, 0, 0, 0, 0])
        for k, n in enumerate(
            (low, high, int(low > 0), 1, int(stray) * low, max(high, 1))
        ):
            year[k] = max(year[k], n) if k == 5 else year[k] + n
    keys = ("objects_low", "objects_high", "events_low", "events_high", "of_which_strays",
            "largest_event")  # fmt: skip
    return [
        {"year": y} | dict(zip(keys, years.get(y, [0] * 6), strict=True))
        for y in range(2022, 2027)
    ]


def main() -> None:
    """Print the tables; with --write also bench/results/entries_*.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=120)
    parser.add_argument("--headed-nights", type=int, default=30)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    rows: list[dict[str, Any]] = []
    by_family: list[dict[str, Any]] = []
    for name, size in raids.raid_sizes().items():
        none, flown, came = half_year(name, args.nights, 0.0, args.seed)
        every, _, _ = half_year(name, args.headed_nights, 1.0, args.seed)
        objects, hits = np.array(none, dtype=float).T
        at_one = np.array(every, dtype=float)
        a = hits.sum() / objects.sum()
        rng = Stream(args.seed, "expected entries", "bootstrap", name).generator()
        drawn = rng.multinomial(len(none), np.full(len(none), 1 / len(none)), size=2000)
        low, high = np.quantile(drawn @ hits / args.nights, [0.025, 0.975])
        rows.append(
            {
                "half_year": name, "nights_on_record": size.nights,
                "nights_flown": len(none), "objects_a_night": objects.mean(),
                "share_entering_unheaded": a,
                "share_entering_headed": at_one[:, 1].sum() / at_one[:, 0].sum(),
                "entries_a_night": hits.mean(), "low": low, "high": high,
                "p10": np.quantile(hits, 0.1), "p50": np.quantile(hits, 0.5),
                "p90": np.quantile(hits, 0.9), "nights_with_entry": (hits > 0).mean(),
            }
        )  # fmt: skip
        by_family += [
            {"half_year": name, "family": f, "flights": n, "entered": came[f]}
            for f, n in sorted(flown.items())
        ]
        print(*(round(v, 4) if isinstance(v, float) else v for v in rows[-1].values()),
              sep="\t", flush=True)  # fmt: skip
    for row in counted():
        print(*row.values(), sep="\t")
    if args.write:
        write_rows(NIGHTS_OUT, rows)
        write_rows(FAMILIES_OUT, by_family)
        write_rows(COUNTED_OUT, counted())


if __name__ == "__main__":
    main()
