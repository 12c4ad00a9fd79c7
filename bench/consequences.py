"""Speed of the options and of harm, footprints, shared luck, saturation: the figures.

    python -m bench.consequences            (2 to 10 minutes; 10^6 falls a footprint)
    python -m bench.consequences --quick    (10^4 falls a footprint)

Times are processor time, the best of several; writes bench/results/consequences.csv,
footprints.csv and saturation.csv.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np

from bench import footprints
from forefield.chance import Stream
from forefield.engagement import harm
from forefield.engagement.effectors import default
from forefield.engagement.options import (
    _chain,
    _sum,
    countries_of,
    meetings,
    options,
    pack,
)
from forefield.engagement.path import straight_on
from forefield.engagement.pieces import catalogue
from forefield.engagement.saturation import Layer, erlang_b, fly_through
from forefield.engagement.success import shared_success
from forefield.forecasting.beliefs import Beliefs
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.borders import guard
from forefield.world.ground import theatre

NOW = 1_711_250_000.0
RESULTS = Path("bench/results")


def best(work, times=9):
    work()
    out = []
    for _ in range(times):
        since = process_time()
        work()
        out.append(process_time() - since)
    return min(out)


def raid(n, seed=2):
    """n tracks over western Ukraine, every way; a fifth of each of five classes."""
    rng = np.random.default_rng(seed)
    p = np.eye(len(CLASSES))[rng.integers(0, 5, n)]
    course, speed = rng.uniform(0, 2 * np.pi, n), np.where(p[:, 0] > 0, 210.0, 50.0)
    return Tracks.build(
        n, t_s=NOW, track_id=np.arange(n), lat_deg=rng.uniform(49, 52, n),
        lon_deg=rng.uniform(23, 28, n), alt_m=rng.uniform(50, 4000, n), p_class=p,
        v_east_mps=speed * np.sin(course), v_north_mps=speed * np.cos(course),
        v_up_mps=0.0,
    )  # fmt: skip


def laydown(n, seed=3):
    rng, kinds = np.random.default_rng(seed), default("PL")
    return tuple(
        replace(kinds[k % len(kinds)], id=f"e{k}", lat_deg=float(rng.uniform(49.5, 52)),
                lon_deg=float(rng.uniform(21, 24)))
        for k in range(n)
    )  # fmt: skip


def speed():
    pl = guard("PL")
    told = countries_of([pl])
    ground = theatre(("PL",), told)
    tracks, effectors = raid(1000), laydown(50)
    packed = pack(effectors, _sum(_chain(None, None)))
    paths = straight_on(tracks, NOW, 1200.0, ground)
    met = meetings(paths, packed, 1200.0)
    a = best(lambda: straight_on(tracks, NOW, 1200.0, ground))
    b = best(lambda: meetings(paths, packed, 1200.0))
    yield (
        "options of 1,000 tracks x 50 effectors: paths over countries [ms]",
        1e3 * a,
        "",
    )
    yield (
        "options of 1,000 tracks x 50 effectors: all meetings [ms]",
        1e3 * b,
        f"{len(met.of)} feasible",
    )
    yield (
        "options of 1,000 tracks x 50 effectors: together [ms]",
        1e3 * (a + b),
        "target 50",
    )

    # Harm of intercepts along the tracks, told for two countries and for all.
    cat = catalogue()
    profile = np.array(
        [cat.object_of(CLASSES[k]) for k in np.argmax(tracks.p_class, 1)]
    )
    n = len(met.of)
    i, e = met.of[:, 0], met.of[:, 1]
    lat, lon, alt = paths.at(i, met.first_s)
    wreck = np.array([cat.interceptors.index(x.interceptor) for x in effectors])[e]
    for shown in (("PL", "UA"), told):
        at = theatre(("PL",), shown)
        fly = [
            paths.state[:, 0], paths.state[:, 1], paths.course_rad, paths.speed_mps,
            profile, np.full((1000, 1), 0.1), ("PL",), at,
        ]  # fmt: skip
        flying = harm.fly_on(*fly)
        args = (
            lat, lon, alt, paths.course_rad[i], paths.speed_mps[i],
            np.zeros(n), np.full(n, 800.0), profile[i], wreck, i,
            np.tile([0.4, 0.6, 0.9], (n, 1)), np.tile([0.2, 2.0], (n, 1)), flying, at,
        )  # fmt: skip
        yield (
            f"harm of one intercept, {len(shown)} countries [us]",
            1e6 * best(lambda a=args: harm.intercepts(*a), 5) / n,
            "target 10",
        )
        yield (
            f"harm of letting one fly, {len(shown)} countries [us]",
            1e6 * best(lambda f=fly: harm.fly_on(*f), 5) / 1000,
            "",
        )
    beliefs = Beliefs.build(
        1000, t_s=NOW, track_id=np.arange(1000), guard="PL", horizon_s=900.0, p_enter=0.6,
        p_via=np.zeros((1000, 0)), p_end_inside=0.1, age_s=0.0, model="bench",
    )  # fmt: skip
    few, few_e = tracks.take(np.arange(1000) < 20), effectors[:10]
    yield (
        "whole table, 20 tracks x 10 effectors, reasons and names [ms]",
        1e3
        * best(
            lambda: options(few, beliefs, few_e, guards=[pl], now_s=NOW, ground=ground),
            3,
        ),
        "",
    )


def luck():
    for sigma in (0.0, 0.7, 1.2):
        p = shared_success(np.array([0.6]), np.array([sigma]), 4)[0]
        yield f"four shots of 0.6 each, luck spread {sigma:g}", p[3], f"two: {p[1]:.3f}"


def saturation():
    rng = np.random.default_rng(4)
    rows = []
    for channels, load in ((1, 0.7), (2, 2.0), (4, 3.0), (8, 6.0), (16, 16.0)):
        rate = load / 60.0
        nights = [np.cumsum(rng.exponential(1 / rate, 5000)) for _ in range(40)]
        for spread in (0.0, 1.0):
            seen = fly_through(
                [Layer(channels, 60.0, 0.7, spread)], nights, Stream(1, str(channels))
            )
            rows.append(
                (channels, load, "constant" if spread == 0.0 else "exponential",
                 f"{erlang_b(channels, load):.4f}", f"{seen.blocked_share[0]:.4f}",
                 int(seen.met.sum()))
            )  # fmt: skip
    with (RESULTS / "saturation.csv").open("w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(
            ("channels", "load_erlang", "length", "erlang_b", "simulated", "n")
        )
        out.writerows(rows)
    for r in rows:
        print(*r)


def main() -> None:
    quick = "--quick" in sys.argv
    with (RESULTS / "consequences.csv").open("w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(("what", "value", "note"))
        for what, value, note in (*speed(), *luck()):
            out.writerow((what, f"{value:.3g}", note))
            print(f"{what}: {value:.3g} {note}", flush=True)
    saturation()
    sys.argv[1:] = ["10000" if quick else "1000000"]
    footprints.main()


if __name__ == "__main__":
    main()
