"""Which alert limit gives about one false district-alert a night, and what it leaves.

    .venv/bin/python -m bench.alert_limit [--nights 24] [--seed 201] [--write]

Simulated nights of the size of 24 March 2024 through the whole chain. The limit is
chosen on families of role "tune" and reported on families of role "report". A
district's alert is false when no true flight is over the district from the alert to 30
minutes after it. An entry is warned when the district it enters was alerted before, and
at most an hour before.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np

from forefield.apps.nights import cast_for
from forefield.chance import Stream
from forefield.drivers.chain import through
from forefield.drivers.truth import passages
from forefield.sensing.observe import observe
from forefield.threats import raids
from forefield.threats.fly import fly
from forefield.warning.desk import AlertDesk

LIMITS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7)
T0_S = 1_711_247_400.0
HOUR_S, WINDOW_S = 3600.0, 1800.0
OUT = Path(__file__).parent / "results/alert_limit.csv"


def one_night(seed: int, k: int, role: str, cast: Any) -> dict[str, Any]:
    """Threat areas of one simulated hour, with the truth to hold them against."""
    stream = Stream(seed, "alert limit", role, k)
    t0_s = T0_S + 86_400.0 * k
    plan = raids.plan(
        name=f"{role}-{k}",
        date="2024-03-24",
        guard="PL",
        t0_s=t0_s,
        minutes=60.0,
        counts={"kh101_kh555": 29, "shahed136_geran2": 28},
        headed_to_guard=0.03,
        roles=(role,),
        stream=stream["truth"],
    )
    flown = fly(plan, stream["truth"])
    plots, scans = observe(
        flown.flights, cast.sensors, stream["sensing"], t0_s=t0_s, t1_s=t0_s + HOUR_S
    )
    mechanism = cast.mechanism("EXERCISE", "Europe/Warsaw")
    passed = through(
        mechanism, plots, scans, t0_s, t0_s + HOUR_S, forecast_every_s=20.0
    )
    f = flown.flights
    where = cast.districts.locate(f.lat_deg, f.lon_deg)
    over = {
        code: np.sort(f.t_s[where == i]) for i, code in enumerate(cast.districts.codes)
    }
    border = cast.guards[0]
    entries = []
    for p in passages(f, border):
        if p.via:
            at = cast.districts.locate(
                np.array([p.first_lat_deg]), np.array([p.first_lon_deg])
            )[0]
            entries.append((p.t_enter_s, cast.districts.codes[int(at)]))
    times = t0_s + 20.0 * np.arange(1, int(HOUR_S / 20.0) + 1)
    return {"areas": passed.areas, "over": over, "entries": entries, "times": times}


def judged(night: dict[str, Any], limit: float, cast: Any) -> dict[str, Any]:
    """What the desk would have said at one limit."""
    desk = AlertDesk(cast.districts, None, limit=limit, confirm_s=cast.alert_confirm_s)
    areas = night["areas"].take(night["areas"].track_id == "*")
    opened: list[tuple[float, str]] = []
    for now in night["times"]:
        said = desk.update(areas.take(areas.t_s == now), float(now))
        first = said.msg_type == "Alert"
        opened += sorted({(float(now), str(d)) for d in said.district[first]})
    false = 0
    for t, code in opened:
        flights = night["over"][code]
        a, b = np.searchsorted(flights, [t - 60.0, t + WINDOW_S])
        false += a == b
    leads = []
    for t, code in night["entries"]:
        before = [t - at for at, c in opened if c == code and 0.0 < t - at <= HOUR_S]
        leads.append(max(before) if before else np.nan)
    return {"alerts": len(opened), "false": false, "leads": leads}


def main() -> None:
    """Choose on tune, report on report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=24)
    parser.add_argument("--seed", type=int, default=201)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    cast = cast_for("PL", "documented")
    rows = []
    for role in ("tune", "report"):
        nights = [one_night(args.seed, k, role, cast) for k in range(args.nights)]
        for limit in LIMITS:
            found = [judged(n, limit, cast) for n in nights]
            leads = np.array([x for f in found for x in f["leads"]], dtype=float)
            told = np.isfinite(leads)
            false = np.array([f["false"] for f in found], dtype=float)
            rng = Stream(args.seed, "bootstrap").generator()
            again = false[rng.integers(0, len(false), (2000, len(false)))].mean(axis=1)
            low, high = np.quantile(again, [0.025, 0.975])
            rows.append(
                {
                    "role": role,
                    "limit": limit,
                    "nights": args.nights,
                    "seed": args.seed,
                    "false_per_night": round(float(false.mean()), 2),
                    "false_low": round(float(low), 2),
                    "false_high": round(float(high), 2),
                    "entries": len(leads),
                    "share_alerted": round(float(told.mean()), 3) if len(leads) else "",
                    "lead_p10_s": round(float(np.quantile(leads[told], 0.1)))
                    if told.any()
                    else "",
                    "lead_p50_s": round(float(np.median(leads[told])))
                    if told.any()
                    else "",
                }
            )
            print(rows[-1], flush=True)
    if args.write:
        OUT.parent.mkdir(exist_ok=True)
        with OUT.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
