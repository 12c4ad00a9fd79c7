"""Fit the forecast's parameters on simulated families, and write them down.

    python tools/fit_forecast.py            # about four minutes on one core

Parameters are fitted on nights of the families with role `fit`, and checked on nights
of role `tune`; families with role `report` are never opened here. Ends are counted as
rates; courses are chosen by Brier score, one number after the other; the share of
entering objects that the particles alone imply is the one that makes the forecast
expect as many entries as there were. The climatology by distance band and the
Gaussian of the straight line come from the same nights.

Writes src/forefield/data/forecast_parameters.toml and forecast_climatology.toml.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path

import numpy as np

from forefield.chance import Stream
from forefield.forecasting import forecast as fc
from forefield.forecasting import parameters as pa
from forefield.forecasting.motion import motion_of
from forefield.scoring.climatology import BAND_EDGES_M, bands
from forefield.threats import raids
from forefield.threats.classes import track_class
from forefield.threats.fly import fly
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.borders import country_of, guard

DATA = Path(__file__).resolve().parent.parent / "src/forefield/data"
COUNTS = {
    "shahed136_geran2": 140,
    "gerbera": 60,
    "geran3": 30,
    "kh101_kh555": 60,
    "kalibr": 30,
}
GUARDS = ("PL", "RO")
HORIZONS = np.array([120.0, 300.0, 600.0, 900.0])
# Errors of a track in the middle of a radar's range: assumptions.
SIGMA_POS_M, SIGMA_VEL_MPS = 200.0, 2.0
#: Searched values, class by class, one number after the other.
GRID: dict[str, tuple[float, ...]] = {
    "leg_s": (300.0, 600.0, 1200.0, 2400.0),
    "turn_scale_deg": (10.0, 20.0, 35.0, 50.0),
    "wander_sigma_deg": (0.0, 5.0, 10.0, 20.0),
    "wander_tau_s": (60.0, 200.0, 600.0),
    "course_sigma_deg": (1.0, 4.0, 8.0),
    "keep_turn_s": (0.0, 8.0, 20.0),
    "speed_sigma": (0.02, 0.08),
}
GAUSS = (2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0)


@dataclasses.dataclass(frozen=True)
class Sample:
    """Rows to be forecast, with what became of them."""

    task: fc.Task
    t_enter_s: np.ndarray
    left_s: np.ndarray  # how long the flight was followed; inf: to its end
    style: np.ndarray  # class of the object

    def take(self, rows: np.ndarray) -> Sample:
        task = self.task.take(rows)
        return Sample(task, self.t_enter_s[rows], self.left_s[rows], self.style[rows])


def nights(role: str, seeds: range, iso: str):
    """Truth of nights of one role: flights, each flight's class and end."""
    for seed in seeds:
        stream = Stream(seed, "fit-forecast", role, iso)
        plan = raids.plan(
            guard=iso, minutes=90.0, roles=(role,), stream=stream, counts=COUNTS,
            name=f"{role}-{iso}-{seed}",
        )  # fmt: skip
        yield seed, fly(plan, stream).flights


class Ends:
    """Counts of ends and seconds flown, by class and place."""

    def __init__(self) -> None:
        self.count: dict[tuple[str, str], float] = {}

    def add(self, style: str, what: str, amount: float) -> None:
        self.count[style, what] = self.count.get((style, what), 0.0) + amount

    def rate(self, style: str, what: str, where: str) -> float:
        seconds = self.count.get((style, where), 0.0)
        return self.count.get((style, what), 0.0) / seconds if seconds else 0.0


def sample(
    role: str, seeds: range, iso: str, ends: Ends, par: pa.Parameters
) -> tuple[Sample, int, int]:
    """Rows outside the guard within reach of it, and objects flown and entered."""
    border = guard(iso)
    parts = []
    n_objects = n_entered = 0
    for seed, flights in nights(role, seeds, iso):
        ids, first, inverse = np.unique(
            flights.flight_id, return_index=True, return_inverse=True
        )
        last = np.append(first[1:], len(flights)) - 1
        style = np.array([track_class(k) for k in flights.klass[first]])
        inside = border.inside(flights.lat_deg, flights.lon_deg)
        near = country_of(flights.lat_deg, flights.lon_deg)
        n_objects += len(ids)
        t_in = np.full(len(flights), np.inf)
        for a, b, s, end in zip(
            first, last + 1, style, flights.end[first], strict=True
        ):
            t, hit = flights.t_s[a:b], inside[a:b]
            dt = np.diff(t, append=t[-1])
            n_entered += bool(hit.any())
            when = np.where(hit, t, np.inf)[::-1]
            t_in[a:b] = np.minimum.accumulate(when)[::-1]
            ends.add(s, "in_s", dt[hit].sum())
            ends.add(s, "out_s", dt[~hit].sum())
            ends.add(s, "ua_s", dt[near[a:b] == "UA"].sum())
            if end == "lost":
                continue
            if hit[-1]:
                ends.add(s, "end_in", 1)
            elif end == "downed":
                ends.add(s, "downed", 1)
            else:
                ends.add(s, "end_out", 1)
            if hit.any():
                ends.add(s, "left", float((hit[:-1] & ~hit[1:]).sum()))
        # Tracks of a radar picture: ten-second rows with errors.
        keep = np.flatnonzero(np.round(flights.t_s % 10.0, 3) < 5.0)
        noise = Stream(seed, "fit-noise", role, iso).generator()
        lat, lon = flights.lat_deg[keep], flights.lon_deg[keep]
        ve, vn = np.zeros((2, len(flights)))
        for a, b in zip(first, last + 1, strict=True):
            t = flights.t_s[a:b]
            if b - a < 2 or not (np.diff(t) > 0.0).all():
                continue
            ve[a:b] = np.gradient(flights.lon_deg[a:b], t) * 111_320.0
            vn[a:b] = np.gradient(flights.lat_deg[a:b], t) * 111_200.0
        ve = (ve * np.cos(np.radians(flights.lat_deg)))[keep]
        p_class = np.zeros((len(keep), len(CLASSES)))
        s = style[inverse][keep]
        p_class[np.arange(len(keep)), [CLASSES.index(k) for k in s]] = 1.0
        dn, de = noise.normal(0.0, SIGMA_POS_M / np.sqrt(2.0), (2, len(keep)))
        tracks = Tracks.build(
            len(keep), t_s=flights.t_s[keep],
            track_id=inverse[keep] + 100_000 * (seed + 1),
            lat_deg=lat + dn / 111_200.0,
            lon_deg=lon + de / (111_320.0 * np.cos(np.radians(lat))),
            v_east_mps=ve + noise.normal(0.0, SIGMA_VEL_MPS / np.sqrt(2.0), len(keep)),
            v_north_mps=vn[keep]
            + noise.normal(0.0, SIGMA_VEL_MPS / np.sqrt(2.0), len(keep)),
            sigma_pos_m=SIGMA_POS_M, sigma_vel_mps=SIGMA_VEL_MPS,
            t_seen_s=flights.t_s[keep], p_exist=1.0, p_class=p_class,
        )  # fmt: skip
        motion = motion_of(tracks, par)
        dist = border.distance_m(tracks.lat_deg, tracks.lon_deg)
        end = flights.end[first][inverse][keep]
        gone = flights.t_s[last][inverse][keep] - tracks.t_s
        rows = np.flatnonzero(
            ~inside[keep]
            & ~border.inside(tracks.lat_deg, tracks.lon_deg)
            & (dist <= motion.reach_mps * HORIZONS[-1])
            & (np.round(tracks.t_s) % 60.0 < 10.0)
            & (gone > 0.0)
        )
        parts.append(
            (
                tracks.take(rows), motion.take(rows), dist[rows],
                (t_in[keep] - tracks.t_s)[rows],
                np.where(end == "lost", gone, np.inf)[rows], s[rows],
            )
        )  # fmt: skip
    columns = [[p[i] for p in parts] for i in range(6)]
    names = [f.name for f in dataclasses.fields(columns[1][0])]
    motion = type(columns[1][0])(
        **{n: np.concatenate([getattr(m, n) for m in columns[1]]) for n in names}
    )
    task = fc.Task(
        border, border.field(), Tracks.concat(columns[0]), motion,
        np.concatenate(columns[2]), HORIZONS, 1.0, par,
    )  # fmt: skip
    return (
        Sample(task, *(np.concatenate(c) for c in columns[3:])), n_objects, n_entered,
    )  # fmt: skip


def score(samples: list[Sample], par: pa.Parameters, model: str, odds: float = 1.0):
    """Skill-scaled Brier score, summed over horizons; expected, observed entries."""
    total, expected, observed = 0.0, 0.0, 0.0
    sums = np.zeros((len(HORIZONS), 3))
    for s in samples:
        task = dataclasses.replace(s.task, parameters=par, odds=odds)
        p = fc.MODELS[model](task).out[:, :, 0]
        for j, h in enumerate(HORIZONS):
            ok = (task.dist_m <= task.motion.reach_mps * h) & (
                (s.t_enter_s <= h) | (s.left_s >= h)
            )
            y = (s.t_enter_s <= h)[ok]
            sums[j] += ((p[ok, j] - y) ** 2).sum(), y.sum(), ok.sum()
            expected += p[ok, j].sum()
            observed += y.sum()
    for brier, hits, n in sums:
        base = hits / max(n, 1.0)
        if 0.0 < base < 1.0:
            total += brier / n / (base * (1.0 - base))
    return total / len(HORIZONS), expected, observed


def thin(s: Sample, most: int) -> Sample:
    """Every k-th row, so that at most so many are left."""
    return s.take(np.arange(0, len(s.style), max(1, -(-len(s.style) // most))))


def prior_odds(samples: list[Sample], par: pa.Parameters) -> float:
    """The odds of the prior at which as many entries are expected as there were."""
    open_ended = np.append(HORIZONS, np.inf)
    p, y, use = [], [], []
    for s in (thin(s, 3000) for s in samples):
        task = dataclasses.replace(s.task, parameters=par, horizons_s=open_ended)
        p.append(fc.MODELS["turning"](task).out[:, :, 0])
        reach = (task.motion.reach_mps * 900.0)[:, None]
        entered = s.t_enter_s[:, None] <= HORIZONS
        y.append(entered)
        use.append(
            (entered | (s.left_s[:, None] >= HORIZONS))
            & (task.dist_m[:, None] <= reach * HORIZONS / 900.0)
        )
    chance, seen, ok = (np.concatenate(x) for x in (p, y, use))

    def excess(log_odds: float) -> float:
        r = np.exp(log_odds)
        shifted = r * chance[:, :4] / (1.0 + (r - 1.0) * chance[:, 4:])
        return float((shifted * ok).sum() - (seen & ok).sum())

    low, high = np.log(0.01), np.log(100.0)
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if excess(middle) > 0.0 else (middle, high)
    return float(np.exp(low))


def implied_share(share: float, ratio: float) -> float:
    """The share whose odds, times the ratio, are the odds of `share`."""
    odds = share / (1.0 - share) / ratio
    return odds / (1.0 + odds)


def main() -> None:
    """Fit, check, write."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--nights", type=int, default=30, help="of each role and guard")
    ask.add_argument("--out", type=Path, default=DATA)
    given = ask.parse_args()
    began = time.time()
    par = pa.Parameters(particles=64)
    ends, unused = Ends(), Ends()
    seeds = range(1, given.nights + 1)
    fit, tune = [], []
    n_objects = n_entered = 0
    shares = {}
    for iso in GUARDS:
        one, n, k = sample("fit", seeds, iso, ends, par)
        fit.append(one)
        n_objects, n_entered = n_objects + n, n_entered + k
        shares[iso] = k / n
        tune.append(sample("tune", seeds, iso, unused, par)[0])
    share = n_entered / n_objects
    print(
        f"{n_objects} objects, {n_entered} entered ({share:.2%}); rows "
        f"{[len(s.style) for s in fit]}, {[len(s.style) for s in tune]}; "
        f"{time.time() - began:.0f} s"
    )

    motions: dict[str, pa.ClassMotion] = {}
    for group in (("drone", "decoy"), ("jet_drone",), ("cruise",)):
        name = group[0]
        mine = [thin(s.take(np.isin(s.style, group)), 2000) for s in fit]
        motion = dataclasses.replace(
            par.motion(name),
            downed_per_s=_pooled(ends, group, "downed", "ua_s"),
            end_out_per_s=_pooled(ends, group, "end_out", "out_s"),
            end_in_per_s=_pooled(ends, group, "end_in", "in_s"),
            return_per_s=_pooled(ends, group, "left", "in_s"),
        )

        def tried(m: pa.ClassMotion, mine=mine, group=group) -> float:
            p = dataclasses.replace(par, motions=dict.fromkeys(group, m))
            return score(mine, p, "turning")[0]

        best = tried(motion)
        print(f"{name}: {sum(len(s.style) for s in mine)} rows, start {best:.4f}")
        for field, values in GRID.items():
            for value in values:
                other = dataclasses.replace(motion, **{field: value})
                if other != motion and (new := tried(other)) < best - 1e-4:
                    motion, best = other, new
        gauss = []
        for degrees in GAUSS:
            m = dataclasses.replace(motion, gauss_course_deg=degrees)
            p = dataclasses.replace(par, motions=dict.fromkeys(group, m))
            gauss.append(score(mine, p, "straight-gauss")[0])
        motion = dataclasses.replace(
            motion, gauss_course_deg=GAUSS[int(np.argmin(gauss))]
        )
        print(f"  best {best:.4f}, gauss {min(gauss):.4f}; {time.time() - began:.0f} s")
        motions |= dict.fromkeys(group, motion)

    fitted = dataclasses.replace(par, motions=motions)
    ratio = prior_odds(fit, fitted)
    implied = {"": implied_share(share, ratio)}
    ratios = {}
    for s in fit:
        iso = s.task.border.iso
        ratios[iso] = prior_odds([s], fitted)
        implied[iso] = implied_share(shares[iso], ratios[iso])
        print(f"{iso}: {shares[iso]:.2%} entered, odds ratio {ratios[iso]:.3f}")
    print(f"odds ratio {ratio:.3f}: the particles alone imply {implied['']:.2%}")
    for name, samples in (("fit", fit), ("tune", tune)):
        few = [thin(x, 4000) for x in samples]
        for model in ("turning", "straight", "straight-gauss"):
            odds = ratio if model == "turning" else 1.0
            got = score(few, fitted, model, odds)
            print(f"  {name} {model}: {got[0]:.4f}, E {got[1]:.0f}, O {got[2]:.0f}")
    write_parameters(given.out, given.nights, share, implied, motions)
    write_climatology(given.out, given.nights, fit, share)
    print(f"{time.time() - began:.0f} s")


def _pooled(ends: Ends, group: tuple[str, ...], what: str, where: str) -> float:
    seconds = sum(ends.count.get((s, where), 0.0) for s in group)
    return sum(ends.count.get((s, what), 0.0) for s in group) / max(seconds, 1.0)


HEAD = """# Made by `python tools/fit_forecast.py --nights {n}`: seeds 1 to {n},
# guards PL and RO, families with role fit alone. Simulated behaviour, not measured:
# the families' shares are assumptions (src/forefield/threats/families.py).
"""


def write_parameters(out, n, share, implied, motions) -> None:
    """The fitted classes as TOML."""
    lines = [HEAD.format(n=n), "[settings]", f"implied_base_rate = {implied['']:.6f}"]
    lines += ['version = "0.2"', "", "[settings.implied_by_guard]"]
    lines += [f"{iso} = {value:.6f}" for iso, value in implied.items() if iso]
    lines += ["", "[made]", f"entering_share = {share:.6f}"]
    for name, m in motions.items():
        lines += ["", f"[class.{name}]"]
        lines += [f"{k} = {v:.6g}" for k, v in dataclasses.asdict(m).items()]
    text = "\n".join(lines) + "\n"
    (out / "forecast_parameters.toml").write_text(text, encoding="utf-8")


def write_climatology(out, n, samples, share) -> None:
    """Share of rows that enter, by speed, distance band and horizon."""
    lines = [HEAD.format(n=n), f"entering_share = {share:.6f}"]
    lines += [f"band_edges_m = {list(BAND_EDGES_M)}"]
    lines += [f"horizons_s = {HORIZONS.tolist()}", "slow_below_mps = 120.0"]
    for name in ("slow", "fast"):
        rows = []
        before = np.full(len(HORIZONS), share)
        for band in range(len(BAND_EDGES_M) + 1):
            row = []
            for prior, h in zip(before, HORIZONS, strict=True):
                hits = n_rows = 0.0
                for s in samples:
                    v = np.hypot(s.task.motion.v_east_mps, s.task.motion.v_north_mps)
                    ok = ((v < 120.0) == (name == "slow")) & (
                        bands(s.task.dist_m) == band
                    )
                    ok &= (s.t_enter_s <= h) | (s.left_s >= h)
                    hits += (s.t_enter_s[ok] <= h).sum()
                    n_rows += ok.sum()
                # One pseudo-row of the nearer band: an empty band says as it does.
                row.append(round(float((hits + prior) / (n_rows + 1.0)), 6))
            before = np.maximum.accumulate(row)
            rows.append(before.tolist())
        lines += [f"{name} = ["] + [f"  {r}," for r in rows] + ["]"]
    text = "\n".join(lines) + "\n"
    (out / "forecast_climatology.toml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
