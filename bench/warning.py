"""Alert rules on simulated raids: false alerts, people warned, lead, people reached.

    .venv/bin/python -m bench.warning [--tune 60] [--report 200] [--part raids|replays|speed]

Raids of the size of 24 March 2024 through the tracker once (`bench.tracked_raids`), then
through threat areas and alert desk for each rule. The rule is chosen on families of role
"tune": of those whose false district-alerts a night stay at most one (the upper end of a
one-sided 90 % bootstrap interval), the one with most entries alerted. Families of role
"report" are met once, with that choice.

A district's alert is false when no true flight is over the district from a minute before
the alert to half an hour after it. An entry is alerted when the district it enters was
alerted before it, at most an hour before. People reached: `warning.reach`, of those who
live in the district that is entered; an entry without an alert reaches nobody.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from bench.tracked_raids import CYCLE_S, HOUR_S, KEEP, Raid, raid
from forefield.apps.nights import cast_for, replayed
from forefield.chance import Stream
from forefield.drivers.build import Cast
from forefield.drivers.truth import each_flight
from forefield.forecasting.areas import threat_areas
from forefield.forecasting.beliefs import ThreatAreas
from forefield.mechanism import Settings
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.warning.delays import CHANNELS, WHAT_IF, Delays
from forefield.warning.desk import ALERT_LIMIT, ALERT_LOOK_S, AlertDesk
from forefield.warning.reach import reached
from forefield.world.people import people_of

RESULTS = Path(__file__).parent / "results"
SEED, EVERY_S, WINDOW_S = 201, 20.0, 1800.0
LOOKS_S = (300.0, 420.0, 540.0, 600.0, 900.0)
LIMITS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7)
CASES = (
    "pl-2024-03-24-oserdow",
    "pl-2023-12-29-lubelskie",
    "pl-2025-09-10-mass-incursion",
    "pl-2024-08-26-tyszowce",
    "ro-2026-05-29-galati-block",
    "ro-2026-02-27-chilia-shotdown-ua-side",
)


@dataclass(frozen=True)
class Rule:
    """Which tracks count, and how the desk opens and closes an alert."""

    name: str
    look_s: float
    limit: float
    alert_floor: float = Settings.alert_floor
    more: tuple[tuple[str, float], ...] = ()


def before(limit: float) -> Rule:
    """The rule of the first version: the chance within 15 minutes, and no more."""
    return Rule("belief alone", 900.0, limit, Settings.hazard_floor,
                (("hold_s", 120.0), ("close_at", 0.5)))  # fmt: skip


def seen(r: Raid, cast: Cast, floor: float, looks_s: tuple[float, ...]) -> Any:
    """(now, combined threat areas) of every step of a raid."""
    part = replace(cast, settings=replace(cast.settings, horizons_s=looks_s,
                                          alert_floor=floor))  # fmt: skip
    mechanism = part.mechanism("EXERCISE", "Europe/Warsaw")
    out = []
    for now in r.t0_s + CYCLE_S * np.arange(1, round(HOUR_S / CYCLE_S) + 1):
        a, b = np.searchsorted(r.tracks.t_s, [now - 1e-3, now + 1e-3])
        tracks = r.tracks.take(slice(int(a), int(b)))
        if (now - r.t0_s) % EVERY_S:
            mechanism.remember(tracks, float(now))
            continue
        areas, _ = mechanism.warned(tracks, float(now))
        out.append((float(now), areas.take(areas.track_id == "*")))
    return out


def told(steps: Any, rule: Rule, cast: Cast) -> list[tuple[float, str]]:
    """Time and district of each alert that the desk opens."""
    desk = AlertDesk(cast.districts, None, limit=rule.limit, look_s=rule.look_s,
                     confirm_s=cast.alert_confirm_s, **dict(rule.more))  # fmt: skip
    out: list[tuple[float, str]] = []
    for now, areas in steps:
        said = desk.update(areas, now)
        new = said.district[said.msg_type == "Alert"]
        out += [(now, str(d)) for d in np.unique(new)]
    return out


@dataclass(frozen=True)
class Truth:
    """Where true flights were: passages over districts, and the entries."""

    over: dict[str, Any]
    entries: tuple[tuple[float, str], ...]
    arrivals: tuple[tuple[float, str], ...]


def truth_of(r: Raid, cast: Cast) -> Truth:
    codes, f = cast.districts.codes, r.flights
    where = cast.districts.locate(f.lat_deg, f.lon_deg)
    over = {c: np.sort(f.t_s[where == i]) for i, c in enumerate(codes)}
    at = [cast.districts.locate(np.array([y]), np.array([x]))[0]
          for _, _, y, x in r.entries]  # fmt: skip
    entries = tuple((t, codes[int(d)]) for (_, t, _, _), d in zip(r.entries, at,
                                                               strict=True))  # fmt: skip
    arrivals = []
    for _, g in each_flight(f):
        w = cast.districts.locate(g.lat_deg, g.lon_deg)
        for d in np.unique(w[w >= 0]):
            if cast.districts.land[d]:
                arrivals.append((float(g.t_s[w == d].min()), codes[int(d)]))
    return Truth(over, entries, tuple(arrivals))


def outcome(alerts: list[tuple[float, str]], truth: Truth, people: dict[str, float]):
    """Numbers of one raid under one rule."""
    false = 0
    for t, code in alerts:
        a, b = np.searchsorted(truth.over[code], [t - 60.0, t + WINDOW_S])
        false += int(a == b)

    def lead(t: float, code: str) -> float:
        ahead = [t - at for at, c in alerts if c == code and 0.0 < t - at <= HOUR_S]
        return max(ahead) if ahead else np.nan

    return {
        "alerts": len(alerts),
        "false": false,
        "warned": sum(people[c] for _, c in alerts),
        "warned_false": 0.0 if not false else sum(
            people[c] for t, c in alerts
            if np.diff(np.searchsorted(truth.over[c], [t - 60.0, t + WINDOW_S]))[0] == 0
        ),
        "leads": [lead(t, c) for t, c in truth.entries],
        "people": [people[c] for _, c in truth.entries],
        "arrivals": [lead(t, c) for t, c in truth.arrivals],
    }  # fmt: skip


def summed(role: str, rule: Rule, found: list[dict[str, Any]]) -> dict[str, Any]:
    """A row of the table: means over raids, with 95 % bootstrap intervals by raid."""
    delays = Delays.shipped()
    false = np.array([f["false"] for f in found], dtype=float)
    pick = (
        Stream(SEED, "bootstrap")
        .generator()
        .integers(0, len(found), (2000, len(found)))
    )
    again = false[pick].mean(axis=1)
    hits = np.array([np.isfinite(f["leads"]).sum() for f in found], dtype=float)
    count = np.array([len(f["leads"]) for f in found], dtype=float)
    share = hits[pick].sum(axis=1) / np.maximum(count[pick].sum(axis=1), 1.0)
    leads = np.array([x for f in found for x in f["leads"]], dtype=float)
    weight = np.array([x for f in found for x in f["people"]], dtype=float)
    arrive = np.array([x for f in found for x in f["arrivals"]], dtype=float)
    some = np.isfinite(leads)

    def share_reached(channels: tuple[str, ...]) -> list[float]:
        got = [reached(float(x), delays, channels) if x == x else None for x in leads]
        rows = [(g.low, g.middle, g.high) if g else (0.0, 0.0, 0.0) for g in got]
        return [float(v) for v in (np.array(rows) * weight[:, None]).sum(0)
                / weight.sum()]  # fmt: skip

    low, middle, high = share_reached(CHANNELS)
    row = {
        "role": role, "rule": rule.name, "look_s": rule.look_s, "limit": rule.limit,
        "raids": len(found), "alerts_a_night": np.mean([f["alerts"] for f in found]),
        "false_a_night": false.mean(), "false_low": np.quantile(again, 0.025),
        "false_high": np.quantile(again, 0.975), "false_p90": np.quantile(again, 0.9),
        "people_warned_a_night_m": np.mean([f["warned"] for f in found]) / 1e6,
        "people_warned_falsely_m": np.mean([f["warned_false"] for f in found]) / 1e6,
        "entries": len(leads), "entries_alerted": some.mean(),
        "alerted_low": np.quantile(share, 0.025),
        "alerted_high": np.quantile(share, 0.975),
        "lead_p10_s": np.nanquantile(leads, 0.1) if some.any() else np.nan,
        "lead_p50_s": np.nanmedian(leads) if some.any() else np.nan,
        "arrivals": len(arrive), "arrivals_alerted": np.isfinite(arrive).mean(),
        "reached_low": low, "reached_middle": middle, "reached_high": high,
    }  # fmt: skip
    for channel in (*CHANNELS, *WHAT_IF):
        row[f"reached_{channel}_middle"] = share_reached((channel,))[1]
    row["reached_with_cell_broadcast_middle"] = share_reached((*CHANNELS, *WHAT_IF))[1]
    return {
        k: round(float(v), 4) if isinstance(v, float) else v for k, v in row.items()
    }


def raids(tune: int, report: int, keep: Path) -> list[dict[str, Any]]:
    """Choose on tune, report on report."""
    cast = cast_for("PL", "documented")
    people = dict(zip(cast.districts.codes, people_of(cast.districts), strict=True))
    new = [Rule("evidence and look", h, p) for h in LOOKS_S for p in LIMITS]
    old = [before(p) for p in (0.15, 0.3, 0.5, 0.7)]
    rows: list[dict[str, Any]] = []
    for role, count in (("tune", tune), ("report", report)):
        if role == "report":
            best = _best(rows)
            print(f"chosen on tune: look {best.look_s:.0f} s, limit {best.limit}")
            if (best.look_s, best.limit) != (ALERT_LOOK_S, ALERT_LIMIT):
                print(f"the shipped rule is {ALERT_LOOK_S:.0f} s, {ALERT_LIMIT}")
            new = [replace(best, limit=p) for p in LIMITS]
        found: dict[Rule, list[dict[str, Any]]] = {r: [] for r in (*new, *old)}
        for k in range(count):
            r = raid(role, k, seed=SEED, cast=cast, keep=keep)
            truth = truth_of(r, cast)
            looks = tuple(sorted({rule.look_s for rule in new}))
            steps = seen(r, cast, Settings.alert_floor, looks)
            for rule in new:
                found[rule].append(outcome(told(steps, rule, cast), truth, people))
            steps = seen(r, cast, Settings.hazard_floor, (900.0,))
            for rule in old:
                found[rule].append(outcome(told(steps, rule, cast), truth, people))
        rows += [summed(role, rule, f) for rule, f in found.items()]
        _write("warning_rules.csv", rows)
    return rows


def _best(rows: list[dict[str, Any]]) -> Rule:
    ok = [r for r in rows if r["rule"] != "belief alone" and r["false_p90"] <= 1.0]
    ok = ok or sorted(rows, key=lambda r: r["false_p90"])[:1]
    r = max(ok, key=lambda r: (r["entries_alerted"], -r["false_a_night"]))
    return Rule(r["rule"], r["look_s"], r["limit"])


def replays() -> list[dict[str, Any]]:
    """The lead of each documented case: first alert of the district, then delivery."""
    rows = []
    delays = Delays.shipped()
    for name in CASES:
        night = replayed(name)
        alerted = np.unique(night.alerts.district)
        common = {"case": name, "districts_alerted": len(alerted)}
        if not night.summary["entries"]:
            rows.append({**common, "guard": night.guards[0]})
        for e in night.summary["entries"]:
            a = night.alerts
            mine = (a.district == e["district"]) & (a.msg_type == "Alert")
            first = a.take(mine)
            before = first.t_s[first.t_s < e["t_enter_s"]]
            wait = e["t_enter_s"] - before.max() if len(before) else np.nan
            got = reached(float(wait), delays)
            rows.append({
                **common, "guard": e["guard"], "district": e["district"],
                "flight": e["flight_id"], "from_the_start_inside": e["inside_at_start"],
                "lead_s": round(float(wait), 0),
                "lead_own_s": e["lead_decide_s"] and round(e["lead_decide_s"]),
                **{f"after_{c}_s": round(float(
                    wait - delays.middle("decide_s") - delays.middle("release_s")
                    - delays.middle(f"{c}_s")), 0) for c in CHANNELS},
                "reached_low": round(got.low, 3), "reached_middle": round(got.middle, 3),
                "reached_high": round(got.high, 3),
                "public_told_after_s": e["public_told_after_s"],
            })  # fmt: skip
        print(name, len(night.summary["entries"]), "entries", flush=True)
    _write("warning_replays.csv", rows)
    return rows


def speed(tracks: int = 1000) -> list[dict[str, Any]]:
    """Processor time of threat areas, tracks x districts; best of seven."""
    rows = []
    for title, districts in _district_sets():
        for scene, box in (
            ("all within 200 km of the border", (48.5, 52.5, 20.0, 28.0)),
            ("all over Ukraine and Poland", (46.0, 53.0, 18.0, 38.0)),
        ):
            given = _scene(tracks, box)
            guards = [districts.border]
            best = min(_once(given, guards, districts) for _ in range(7))
            rows.append({
                "tracks": tracks, "districts": f"{title} ({len(districts)})",
                "scene": scene, "ms": round(1e3 * best, 1),
            })  # fmt: skip
            print(rows[-1], flush=True)
    _write("warning_speed.csv", rows)
    return rows


def _once(given: Tracks, guards: Any, districts: Any) -> float:
    since = process_time()
    areas: ThreatAreas = threat_areas(given, guards, districts)
    assert len(areas)
    return process_time() - since


def _district_sets() -> Any:
    import os

    from forefield.io.districts import read_districts
    from forefield.world.borders import guard
    from forefield.world.districts import districts

    yield "voivodeships", districts("PL")
    data = os.environ.get("FOREFIELD_TEST_DATA")
    if data:
        file = Path(data) / "pl_powiaty_min.geojson.gz"
        yield "powiats", read_districts(file, guard("PL"))


def _scene(n: int, box: tuple[float, float, float, float]) -> Tracks:
    """Half cruise missiles, half drones, anywhere in a box, on any course."""
    draw = Stream(SEED, "speed").generator()
    fast = draw.random(n) < 0.5
    p = np.zeros((n, len(CLASSES)))
    p[np.arange(n), np.where(fast, CLASSES.index("cruise"), CLASSES.index("drone"))] = 1
    course = draw.uniform(0.0, 2.0 * np.pi, n)
    speed_mps = np.where(fast, 220.0, 50.0)
    south, north, west, east = box
    return Tracks.build(
        n, t_s=1.7e9, track_id=np.arange(n), lat_deg=draw.uniform(south, north, n),
        lon_deg=draw.uniform(west, east, n), alt_m=300.0, p_exist=0.95, p_class=p,
        v_east_mps=speed_mps * np.sin(course), v_north_mps=speed_mps * np.cos(course),
        v_up_mps=0.0, sigma_pos_m=300.0, sigma_vel_mps=4.0, t_seen_s=1.7e9 - 3.0,
    )  # fmt: skip


def _write(name: str, rows: list[dict[str, Any]]) -> None:
    with (RESULTS / name).open("w", newline="", encoding="utf-8") as file:
        names = list(dict.fromkeys(k for r in rows for k in r))
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """All parts, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tune", type=int, default=60)
    parser.add_argument("--report", type=int, default=200)
    parser.add_argument("--part", choices=("raids", "replays", "speed"))
    parser.add_argument("--keep", type=Path, default=KEEP)
    args = parser.parse_args()
    if args.part in (None, "raids"):
        raids(args.tune, args.report, args.keep)
    if args.part in (None, "replays"):
        replays()
    if args.part in (None, "speed"):
        speed()


if __name__ == "__main__":
    main()
