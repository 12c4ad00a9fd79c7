"""`forefield verify`: from two tables to scores and their page.

Finds which flight each track was, when and where it crossed each guarded border, lets
the baselines forecast the same moments, and hands the rows to `scoring.verify`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forefield.columns import Bool, Floats, Ints
from forefield.errors import InputError
from forefield.forecasting.beliefs import Beliefs, ThreatAreas
from forefield.scoring.censoring import ENTERED
from forefield.scoring.labels import Labels, Pieces, label
from forefield.scoring.lead import Leads, lead_at_false_rate
from forefield.scoring.matching import GATE_M, match, positions_at
from forefield.scoring.verify import (
    BASELINES,
    Forecasts,
    Sample,
    Scores,
    is_baseline,
    verify,
)
from forefield.threats.flights import Flights
from forefield.tracking.tracks import Tracks
from forefield.world.borders import Border, guard

__all__ = ["REACH_MPS", "leads", "night_of", "verify_files"]

#: Top speed where beliefs do not tell it (reach_mps): a jet airliner with the wind
#: behind it. An assumption, shown on the page when it is used.
REACH_MPS = 300.0

DAY_S, NOON_S = 86400.0, 43200.0


@dataclass(frozen=True)
class _States:
    """The distinct (time, track) pairs of the beliefs, and what they truly were."""

    t_s: Floats
    track_id: Ints
    lat_deg: Floats  # the track's own position, NaN where the beliefs have none
    lon_deg: Floats
    source_id: Any
    piece: Ints  # -1: unmatched
    outlived: Bool  # a track whose flight had truly ended before


def verify_files(
    beliefs: Beliefs,
    truth: Flights,
    *,
    out: Path | None = None,
    seed: int = 0,
    main: str = "",
    simulated: bool | None = None,
    sample_name: str = "",
    areas: ThreatAreas | None = None,
    districts: Any = None,
    tuning_nights: Sequence[int] | None = None,
) -> Scores:
    """Verify beliefs against what flew; with `out`, write the page and scores.json.

    beliefs    of one model or several; the baselines it lacks ("straight",
               "straight-gauss", "climatology") forecast from the matched flights' true
               positions at the same times, which favours them
    truth      true flights; an `end` other than target, crash or downed means that
               the record ends there, not the flight
    simulated  whether to mark the page SIMULATION; None: yes where the truth names an
               intent, class or family, which recordings of real flights do not
    areas      threat areas of several nights, with the `districts` they speak of: adds
               the lead time at one false district-alert a night
    tuning_nights  which nights choose its limit (numbers as in `night_of`); None: every
               second one
    Raises InputError when nothing can be scored: no overlap in time, no match.
    """
    if not len(beliefs) or not len(truth):
        empty = beliefs.TABLE if not len(beliefs) else truth.TABLE
        raise InputError(f"Table {empty} has no rows: nothing to verify.")
    pieces = Pieces.of(
        truth.t_s, truth.flight_id, truth.lat_deg, truth.lon_deg, truth.end
    )
    states, row_state = _states(beliefs)
    states, how = _matched(states, pieces)
    if not (states.piece >= 0).any():
        raise InputError(_no_match(states, pieces))
    borders = {iso: guard(str(iso)) for iso in np.unique(beliefs.guard)}
    horizons = _horizons(beliefs, pieces)
    every, added = _with_baselines(beliefs, states, pieces, borders, horizons)

    samples: list[Sample] = []
    tally = {"inside": 0, "dropped": 0}
    row_state = row_state if every is beliefs else _state_of(every, states)
    for iso, border in borders.items():
        samples += _samples(
            every, row_state, states, pieces, str(iso), border, horizons, tally
        )
    if simulated is None:
        told = [truth.klass, truth.intent, truth.family]
        simulated = any(bool((column != "").any()) for column in told)
    about = {
        "simulated": simulated,
        "sample": sample_name,
        "matched_by": how,
        "gate_m": GATE_M,
        "states": len(states.t_s),
        "states_unmatched": int((states.piece < 0).sum()),
        "states_outlived": int(states.outlived.sum()),
        "states_inside": tally["inside"],
        "rows_not_of_all_models": tally["dropped"],
        "tracks": len(np.unique(states.track_id)),
        "tracks_never_matched": _never_matched(states),
        "unmatched_mean_p": _false_forecast(beliefs, states, row_state[: len(beliefs)]),
        "flights": len(np.unique(truth.flight_id)),
        "pieces_censored": int((~pieces.ended).sum()),
        "pieces": len(pieces),
        "baselines_added": added,
        "reach_assumed": bool(np.isnan(beliefs.reach_mps).any()),
        "reach_mps": REACH_MPS,
        "first_s": float(beliefs.t_s.min()),
        "last_s": float(beliefs.t_s.max()),
        "infinite_skipped": bool(
            np.isinf(beliefs.horizon_s).any() and not np.isinf(horizons).any()
        ),
        "seed": seed,
    }
    lead = None
    if areas is not None and districts is not None:
        lead = leads(areas, truth, districts, tuning_nights=tuning_nights)
    scores = verify(samples, main=main, seed=seed, about=about, lead=lead)
    if out is not None:
        _write(scores, Path(out))
    return scores


def night_of(t_s: Any) -> Ints:
    """Number of the night, noon to noon UTC, that holds each time."""
    days = np.floor((np.asarray(t_s, dtype=np.float64) - NOON_S) / DAY_S)
    return np.asarray(days, dtype=np.int64)


def leads(
    areas: ThreatAreas,
    truth: Flights,
    districts: Any,
    *,
    tuning_nights: Sequence[int] | None = None,
    horizon_s: float = 900.0,
) -> Leads | None:
    """Lead time of district alerts from combined threat areas; None for one night.

    areas      rows with track "*" and the horizon are used
    districts  `world.districts.Districts`: the first fix of any true flight over a
               district in a night is the arrival there
    """
    rows = np.flatnonzero((areas.track_id == "*") & (areas.horizon_s == horizon_s))
    if not len(rows):
        raise InputError(
            f"Threat areas hold no combined rows (track_id *) for {horizon_s:g} s."
        )
    night = night_of(areas.t_s[rows])
    nights = np.unique(night)
    if len(nights) < 2:
        return None
    over = np.asarray(districts.locate(truth.lat_deg, truth.lon_deg))
    # A night of flights without any area row had nothing to alert on, but counts.
    flown = over >= 0
    their_night = night_of(truth.t_s[flown])
    keep = np.isin(their_night, nights)
    codes, of = np.unique(areas.district[rows], return_inverse=True)
    named = np.array([districts.index(str(c)) for c in codes], dtype=np.int64)[of]
    key = np.stack([night, named], axis=1)
    arrived = np.stack([their_night[keep], over[flown][keep]], axis=1)
    pairs, code = np.unique(np.concatenate([key, arrived]), axis=0, return_inverse=True)
    code = code.ravel()
    first = np.full(len(pairs), np.inf)
    np.minimum.at(first, code[len(key) :], truth.t_s[flown][keep])
    came = np.flatnonzero(np.isfinite(first))
    return lead_at_false_rate(
        code[: len(key)],
        pairs[:, 0],
        areas.t_s[rows],
        areas.p_over[rows],
        came,
        first[came],
        nights[::2] if tuning_nights is None else tuning_nights,
    )


def _write(scores: Scores, folder: Path) -> None:
    import json

    from forefield.io.files import new_file
    from forefield.report.verification import write_verification

    with new_file(folder / "scores.json") as path:
        text = json.dumps(scores.as_dict(), indent=1, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")
    with new_file(folder / "verification.html") as path:
        write_verification(scores, path)


# -- who is who ---------------------------------------------------------------------


def _states(beliefs: Beliefs) -> tuple[_States, Ints]:
    """The distinct states, and the state of each row of the beliefs."""
    order = np.lexsort((beliefs.track_id, beliefs.t_s))
    t, track = beliefs.t_s[order], beliefs.track_id[order]
    new = np.append(True, (np.diff(t) != 0) | (np.diff(track) != 0))
    row_state = np.empty(len(t), dtype=np.int64)
    row_state[order] = np.cumsum(new) - 1
    first = order[new]
    # Another model's rows may carry the position where the first row does not.
    placed = np.flatnonzero(np.isfinite(beliefs.lat_deg))
    lat, lon = np.full(len(first), np.nan), np.full(len(first), np.nan)
    lat[row_state[placed]] = beliefs.lat_deg[placed]
    lon[row_state[placed]] = beliefs.lon_deg[placed]
    blank = np.full(len(first), -1, dtype=np.int64)
    states = _States(
        beliefs.t_s[first],
        beliefs.track_id[first],
        lat,
        lon,
        beliefs.source_id[first],
        blank,
        np.zeros(len(first), dtype=np.bool_),
    )
    return states, row_state


def _state_of(beliefs: Beliefs, states: _States) -> Ints:
    """Index of each row's state; -1 where it is none of them."""
    both = np.concatenate(
        [
            np.stack([states.t_s, states.track_id.astype(np.float64)], axis=1),
            np.stack([beliefs.t_s, beliefs.track_id.astype(np.float64)], axis=1),
        ]
    )
    _, code = np.unique(both, axis=0, return_inverse=True)
    code = code.ravel()
    where = np.full(int(code.max()) + 1, -1, dtype=np.int64)
    where[code[: len(states.t_s)]] = np.arange(len(states.t_s))
    return np.asarray(where[code[len(states.t_s) :]], dtype=np.int64)


def _matched(states: _States, pieces: Pieces) -> tuple[_States, str]:
    """Each state's piece of flight, and how it was found."""
    from dataclasses import replace

    here = np.isfinite(states.lat_deg) & np.isfinite(states.lon_deg)
    piece = np.full(len(states.t_s), -1, dtype=np.int64)
    if here.any():
        piece[here], _ = match(
            states.t_s[here], states.lat_deg[here], states.lon_deg[here], pieces
        )
    named = ~here
    if named.any():
        piece[named] = _by_name(states, named, pieces)
    found, outlived = _outlived(states, piece, pieces)
    how = "position" if here.all() else "name" if not here.any() else "position, name"
    return replace(states, piece=found, outlived=outlived), how


def _by_name(states: _States, rows: Bool, pieces: Pieces) -> Ints:
    """Pieces by equality of flight_id with source_id, else with the track's number."""
    number = states.track_id[rows].astype(np.str_)
    wanted = np.where(states.source_id[rows] != "", states.source_id[rows], number)
    at = np.minimum(np.searchsorted(pieces.names, wanted), len(pieces.names) - 1)
    flight = np.where(pieces.names[at] == wanted, at, -1)
    out = np.full(len(flight), -1, dtype=np.int64)
    t = states.t_s[rows]
    for k in range(len(pieces)):
        mine = flight == pieces.flight[k]
        out[mine & (t >= pieces.first_s[k]) & (t <= pieces.last_s[k])] = k
    return out


def _outlived(states: _States, piece: Ints, pieces: Pieces) -> tuple[Ints, Bool]:
    """A track that goes on after its flight truly ended keeps that flight.

    Its answer is "no": a forecaster who still warns of a crashed drone is wrong, and
    leaving such rows out would spare him.
    """
    piece = piece.copy()
    outlived = np.zeros(len(piece), dtype=np.bool_)
    order = np.lexsort((states.t_s, states.track_id))
    last = -1
    for i, before in zip(order, np.append(-1, order[:-1]), strict=True):
        if before < 0 or states.track_id[i] != states.track_id[before]:
            last = -1
        if piece[i] >= 0:
            last = int(piece[i])
        elif last >= 0 and pieces.ended[last] and states.t_s[i] > pieces.last_s[last]:
            piece[i], outlived[i] = last, True
    return piece, outlived


def _never_matched(states: _States) -> int:
    seen = np.unique(states.track_id[states.piece >= 0])
    return len(np.setdiff1d(states.track_id, seen))


def _false_forecast(beliefs: Beliefs, states: _States, row_state: Ints) -> float:
    """Mean probability given to tracks that are no flight, longest finite horizon."""
    main = next((m for m in beliefs.model if not is_baseline(m)), beliefs.model[0])
    rows = (states.piece[row_state] < 0) & (beliefs.model == main)
    finite = np.isfinite(beliefs.horizon_s)
    if not (rows & finite).any():
        return float("nan")
    rows &= beliefs.horizon_s == beliefs.horizon_s[finite].max()
    return float(beliefs.p_enter[rows].mean()) if rows.any() else float("nan")


def _no_match(states: _States, pieces: Pieces) -> str:
    if states.t_s.max() < pieces.t_s.min() or states.t_s.min() > pieces.t_s.max():
        return (
            f"Beliefs (t_s {states.t_s.min():.0f} to {states.t_s.max():.0f}) and truth "
            f"(t_s {pieces.t_s.min():.0f} to {pieces.t_s.max():.0f}) do not overlap in "
            "time: hand over the flights of the same night."
        )
    if np.isfinite(states.lat_deg).any():
        return (
            f"No track is within {GATE_M / 1000:g} km of a true flight at its time: "
            "check that --truth is of the same night and that lat and lon are in order."
        )
    return (
        "Beliefs carry no positions, and no source_id or track_id equals a flight_id "
        f"such as {str(pieces.names[0])!r}: add columns lat_deg and lon_deg."
    )


# -- what happened ------------------------------------------------------------------


def _horizons(beliefs: Beliefs, pieces: Pieces) -> Floats:
    """Horizons to score: "before the flight ends" needs an end of every flight."""
    found = np.unique(beliefs.horizon_s)
    if not pieces.ended.all():
        found = found[np.isfinite(found)]
    if not len(found):
        raise InputError(
            "Only the horizon inf is forecast and some flights have no true end: "
            "forecast finite horizons too, such as 600."
        )
    return found


@dataclass(frozen=True)
class _Entries:
    piece: Ints
    t_s: Floats
    chainage_m: Floats
    lat_deg: Floats
    lon_deg: Floats


def _entries(pieces: Pieces, border: Border) -> _Entries:
    """Every inward crossing of the border by the true flights."""
    n = len(pieces.t_s)
    of = np.repeat(np.arange(len(pieces)), pieces.stop - pieces.start)
    a = np.flatnonzero(np.diff(of) == 0) if n else np.zeros(0, dtype=np.int64)
    c = border.crossing(
        pieces.lat_deg[a],
        pieces.lon_deg[a],
        pieces.lat_deg[a + 1],
        pieces.lon_deg[a + 1],
    )
    found = np.isfinite(c.fraction) & c.inward
    when = pieces.t_s[a] + c.fraction * (pieces.t_s[a + 1] - pieces.t_s[a])
    return _Entries(
        of[a][found],
        when[found],
        c.chainage_m[found],
        c.lat_deg[found],
        c.lon_deg[found],
    )


def _with_baselines(
    beliefs: Beliefs,
    states: _States,
    pieces: Pieces,
    borders: dict[str, Border],
    horizons: Floats,
) -> tuple[Beliefs, list[str]]:
    """The beliefs and those of the baselines they lack; the names of the latter."""
    words = {
        m.replace("/", " ").replace("@", " ").split(" ")[0] for m in _models(beliefs)
    }
    from forefield.forecasting.forecast import MODELS, forecast

    missing = [m for m in BASELINES if m not in words and m in MODELS]
    if not missing:
        return beliefs, []
    rows = np.flatnonzero(states.piece >= 0)
    lat, lon = positions_at(pieces, states.piece[rows], states.t_s[rows])
    tracks = Tracks.build(
        len(rows),
        t_s=states.t_s[rows],
        track_id=states.track_id[rows],
        lat_deg=lat,
        lon_deg=lon,
    )
    parts = [
        forecast(tracks, list(borders.values()), tuple(map(float, horizons)), model=m)
        for m in missing
    ]
    names = [str(p.model[0]) for p in parts if len(p)]
    kept = ["t_s", "track_id", "guard", "horizon_s", "p_enter", "p_end_inside", "age_s"]
    kept += ["t_enter_p05_s", "t_enter_p50_s", "t_enter_p95_s", "model"]
    kept += ["entry_lat_deg", "entry_lon_deg", "entry_sigma_m", "lat_deg", "lon_deg"]
    kept += ["dist_m", "reach_mps"]
    # p_via differs in its labels between files and is not scored here.
    lean = [
        Beliefs.build(
            len(p), **{k: getattr(p, k) for k in kept}, p_via=np.zeros((len(p), 0))
        )
        for p in (beliefs, *parts)
    ]
    return Beliefs.concat(lean), names


def _models(beliefs: Beliefs) -> list[str]:
    """Models by name, baselines last: rows may come in any order."""
    return sorted(map(str, np.unique(beliefs.model)), key=lambda m: (is_baseline(m), m))


def _samples(
    beliefs: Beliefs,
    row_state: Ints,
    states: _States,
    pieces: Pieces,
    iso: str,
    border: Border,
    horizons: Floats,
    tally: dict[str, int],
) -> list[Sample]:
    """One guard: a sample for each horizon, rows that all models forecast."""
    entries = _entries(pieces, border)
    known = states.piece >= 0
    which = np.where(known, states.piece, 0)
    came = label(states.t_s, which, pieces, entries.piece, entries.t_s)
    lat, lon = positions_at(pieces, which, states.t_s)
    # A track just outside whose flight is already in has no entry left to forecast.
    inside = known & ~states.outlived & border.inside(lat, lon)
    usable = known & ~inside
    first_fix = pieces.t_s[pieces.start][which]
    night = night_of(first_fix)
    models = _models(beliefs)
    here = (beliefs.guard == iso) & (row_state >= 0)
    tally["inside"] += int(np.isin(np.flatnonzero(inside), row_state[here]).sum())

    out = []
    for horizon in horizons:
        at: dict[str, Ints] = {}
        for model in models:
            rows = np.flatnonzero(
                here & (beliefs.horizon_s == horizon) & (beliefs.model == model)
            )
            index = np.full(len(states.t_s), -1, dtype=np.int64)
            index[row_state[rows]] = rows
            if len(rows) != int((index >= 0).sum()):
                raise InputError(
                    f"Beliefs hold a row twice for model {model}, guard {iso}, horizon "
                    f"{horizon:g} s: remove the duplicates."
                )
            at[model] = index
        told = np.stack([index >= 0 for index in at.values()])
        shared = np.flatnonzero(told.all(axis=0) & usable)
        tally["dropped"] += int((told.any(axis=0) & usable).sum()) - len(shared)
        if len(shared):
            out.append(
                _sample(
                    beliefs,
                    at,
                    shared,
                    states,
                    pieces,
                    iso,
                    border,
                    float(horizon),
                    came,
                    entries,
                    night,
                )
            )
    return out


def _sample(
    beliefs: Beliefs,
    at: dict[str, Ints],
    rows: Ints,
    states: _States,
    pieces: Pieces,
    iso: str,
    border: Border,
    horizon_s: float,
    came: Labels,
    entries: _Entries,
    night: Ints,
) -> Sample:
    status, time = came.status[rows], came.time_s[rows]
    entry = came.entry[rows]
    enters = np.flatnonzero((status == ENTERED) & (time <= horizon_s))
    truth_m, ring_m = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    rings = border.ring_chainage_m
    truth_m[enters] = entries.chainage_m[entry[enters]]
    true_ring = _ring(rings, truth_m[enters])
    ring_m[enters] = rings[true_ring + 1] - rings[true_ring]

    first = next(iter(at.values()))[rows]
    dist, reach = beliefs.dist_m[first].copy(), beliefs.reach_mps[first].copy()
    for index in at.values():
        dist = np.where(np.isnan(dist), beliefs.dist_m[index[rows]], dist)
        reach = np.fmax(reach, beliefs.reach_mps[index[rows]])
    blank = np.flatnonzero(np.isnan(dist))
    if len(blank):
        where = rows[blank]
        lat, lon = positions_at(pieces, states.piece[where], states.t_s[where])
        dist[blank] = border.distance_m(lat, lon)
    reach = np.where(np.isnan(reach), REACH_MPS, reach)

    forecasts = {}
    for model, index in at.items():
        b = index[rows]
        entry_m, off = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        placed = enters[np.isfinite(beliefs.entry_lat_deg[b[enters]])]
        if len(placed):
            point = border.nearest(
                beliefs.entry_lat_deg[b[placed]], beliefs.entry_lon_deg[b[placed]]
            )
            entry_m[placed] = point.chainage_m
            other = _ring(rings, point.chainage_m) != _ring(rings, truth_m[placed])
            true = entry[placed[other]]
            off[placed[other]] = _apart_m(
                point.lat_deg[other],
                point.lon_deg[other],
                entries.lat_deg[true],
                entries.lon_deg[true],
            )
        forecasts[model] = Forecasts(
            beliefs.p_enter[b],
            beliefs.t_enter_p05_s[b],
            beliefs.t_enter_p50_s[b],
            beliefs.t_enter_p95_s[b],
            entry_m,
            beliefs.entry_sigma_m[b],
            off,
        )
    return Sample(
        iso,
        horizon_s,
        pieces.flight[states.piece[rows]],
        night[rows],
        dist,
        reach,
        time,
        status,
        truth_m,
        ring_m,
        forecasts,
    )


def _ring(rings: Floats, chainage_m: Floats) -> Ints:
    found = np.searchsorted(rings, chainage_m, side="right") - 1
    return np.asarray(np.clip(found, 0, len(rings) - 2), dtype=np.int64)


def _apart_m(lat0: Floats, lon0: Floats, lat1: Floats, lon1: Floats) -> Floats:
    from forefield.kernels.frames import ecef_from_geodetic

    gap = ecef_from_geodetic(lat0, lon0, 0.0) - ecef_from_geodetic(lat1, lon1, 0.0)
    return np.asarray(np.linalg.norm(gap, axis=-1))
