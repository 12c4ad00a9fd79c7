"""Commands that run one stage on files: track, forecast, verify."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from forefield.errors import InputError

__all__ = ["forecast_file", "guards_of", "horizons_of", "track_file", "verify_file"]

Progress = Callable[[str, float], None]


def guards_of(text: str) -> list[Any]:
    """Borders from "PL,RO"."""
    from forefield.world import borders

    codes = [c.strip().upper() for c in text.split(",") if c.strip()]
    if not codes:
        raise InputError("--guard is empty; name at least one country, such as PL.")
    if len(set(codes)) != len(codes):
        raise InputError(f"--guard {text}: a country is named twice; name it once.")
    return [borders.guard(code) for code in codes]


def horizons_of(text: str) -> tuple[float, ...]:
    """Seconds from "120,300,inf", ascending and positive."""
    try:
        values = sorted({float(h) for h in text.split(",") if h.strip()})
    except ValueError:
        raise InputError(f"--horizons {text!r}: seconds such as 120,300,600.") from None
    if not values or not all(h > 0 for h in values):
        raise InputError(f"--horizons {text!r}: every horizon must be above 0 s.")
    return tuple(values)


def track_file(
    detections: str,
    sensors: str,
    scans: str,
    out: str,
    *,
    cycle_s: float,
    why: int | None,
    history: str,
    progress: Progress,
) -> dict[str, Any]:
    """`forefield track`."""
    import json

    from forefield.io.sensors import read_sensors
    from forefield.io.tables import read, write
    from forefield.sensing.detections import Detections, Scans
    from forefield.tracking.recording import run

    if not cycle_s > 0:
        raise InputError(f"--cycle {cycle_s:g}: must be above 0 s.")
    laydown = read_sensors(Path(sensors))
    plots = read(detections, Detections, checked=False)
    looks = read(scans, Scans) if scans else None
    progress("tracking", 0.1)
    tracks, tracker = run(plots, laydown, looks, cycle_s=cycle_s)
    notices = tracker.rejects.lines()
    life = None if why is None else _life(tracker.history(why))
    write(tracks, out)
    shown = np.unique(tracks.track_id)
    n = len(shown)
    lines = [
        f"{len(plots)} plots (detections) -> {n} tracks, {len(tracks)} states: {out}"
    ]
    lines += [f"notice: {line}" for line in notices]
    if history:
        lives = [_life(tracker.history(int(i))) for i in shown]
        Path(history).write_text(
            json.dumps(lives, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        lines.append(f"{n} lives of tracks: {history}")
    told: dict[str, Any] = {} if life is None else {"why": life}
    if life is not None:
        lines += _told(life, plots)
    return told | {
        "lines": lines,
        "out": out,
        "plots": len(plots),
        "tracks": n,
        "states": len(tracks),
        "notices": list(notices),
    }


def _life(history: Any) -> dict[str, Any]:
    """A track's events and the rows of its plots, as plain data."""
    return {
        "track_id": history.track_id,
        "events": [
            {"at": _utc(e.t_s), "t_s": e.t_s, "what": e.what, "because": e.because,
             "p_exist": round(e.p_exist, 6)}
            for e in history.events
        ],
        "rows": history.rows.tolist(),
    }  # fmt: skip


def _told(life: dict[str, Any], plots: Any) -> list[str]:
    """The life of a track in lines: what happened, why, and from which plots."""
    lines = [f"track {life['track_id']}"]
    lines += [
        f"  {e['at']}  {e['what']}: {e['because']} (existence {e['p_exist']:.3f})"
        for e in life["events"]
    ]
    rows = np.array(life["rows"], dtype=np.int64)
    names, count = np.unique(plots.sensor[rows], return_counts=True)
    by = ", ".join(f"{c} of {s}" for s, c in zip(names, count, strict=True))
    lines.append(f"  {len(rows)} plots: {by or 'none'}")
    shown = ", ".join(map(str, rows[:12].tolist()))
    more = f" … {rows[-1]}" if len(rows) > 12 else ""
    lines.append(f"  rows of the table, from 0: {shown}{more}")
    return lines


def forecast_file(
    tracks: str,
    guard: str,
    horizons: str,
    out: str,
    *,
    base_rate: float | None,
    model: str,
    areas: str,
    districts: str,
    why: int | None,
    progress: Progress,
) -> dict[str, Any]:
    """`forefield forecast`."""
    from forefield.forecasting.areas import threat_areas
    from forefield.forecasting.beliefs import ThreatAreas
    from forefield.forecasting.forecast import forecast
    from forefield.io.tables import read, write
    from forefield.tracking.tracks import Tracks

    guards = guards_of(guard)
    spans = horizons_of(horizons)
    if base_rate is not None and not 0.0 < base_rate < 1.0:
        raise InputError(f"--base-rate {base_rate:g}: a share between 0 and 1.")
    states = read(tracks, Tracks)
    progress("forecasting", 0.05)
    beliefs = forecast(states, guards, spans, model=model, base_rate=base_rate)
    write(beliefs, out)
    n_tracks = len(np.unique(states.track_id))
    flagged = _flagged(states, beliefs)
    lines = [
        f"{len(states)} states of {n_tracks} tracks -> {len(beliefs)} beliefs "
        f"({', '.join(g.iso for g in guards)}): {out}"
    ]
    inside = {
        g.iso: int(g.inside(states.lat_deg, states.lon_deg).sum()) for g in guards
    }
    lines += [
        f"{n} states lie inside {iso}: no belief of entry, they are there already"
        for iso, n in inside.items()
        if n
    ]
    lines += flagged["lines"]
    told = {}
    if why is not None:
        told = {"why": _moved(states, guards, spans, why, model, base_rate)}
        lines += [line for m in told["why"] for line in m["lines"]]
    written = told | {
        "out": out,
        "states": len(states),
        "tracks": n_tracks,
        "beliefs": len(beliefs),
        "inside": inside,
        "inconsistent_states": flagged["states"],
        "inconsistent_tracks": flagged["tracks"],
    }
    if areas:
        if len(guards) != 1 and districts:
            raise InputError("--districts goes with one --guard.")
        progress("threat areas", 0.6)
        finite = tuple(h for h in spans if np.isfinite(h))
        found = ThreatAreas.concat(
            [
                threat_areas(states, [g], districts_of(g, districts), finite)
                for g in guards
            ]
        )
        write(found, areas)
        lines.append(f"{len(found)} rows of threat areas: {areas}")
        written["areas"] = areas
    written["lines"] = lines
    return written


def _moved(
    states: Any, guards: Any, spans: Any, why: int, model: str, base_rate: float | None
) -> list[dict[str, Any]]:
    """What moved the last belief about a track: for every guard, longest span."""
    from forefield.forecasting.explain import what_moved

    if model == "all":
        raise InputError("--why explains one model; name it with --model.")
    out = []
    for g in guards:
        m = what_moved(
            states, g, why, horizon_s=max(spans), model=model, base_rate=base_rate
        )
        out.append(
            {
                "track_id": m.track_id, "guard": m.guard, "horizon_s": m.horizon_s,
                "before": _utc(m.before_s), "now": _utc(m.now_s),
                "p_before": m.p_before, "p_now": m.p_now,
                "shares": {s.part: s.moved for s in m.shares}, "lines": m.lines(),
            }
        )  # fmt: skip
    return out


def _flagged(states: Any, beliefs: Any) -> dict[str, Any]:
    """Which tracks reported positions that contradict their motion."""
    from forefield.forecasting.motion import complete

    moved = complete(states)
    rows = moved.inconsistent
    who = np.unique(moved.track_id[rows])
    lines = []
    for track in who[:10]:
        mine = moved.take(rows & (moved.track_id == track))
        name = mine.source_id[0] or str(track)
        lines.append(
            f"kinematically inconsistent: track {track} ({name}), {len(mine)} states "
            f"from {_utc(mine.t_s[0])} to {_utc(mine.t_s[-1])}; no entry is forecast "
            "from them"
        )
    if len(who) > 10:
        lines.append(f"… and {len(who) - 10} more inconsistent tracks")
    return {"lines": lines, "states": int(rows.sum()), "tracks": len(who)}


def _utc(t_s: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(float(t_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def districts_of(guard: Any, path: str) -> Any:
    """Districts of a guard: shipped admin-1, or those of a GeoJSON."""
    from forefield.world.districts import districts

    if path:
        from forefield.io.districts import read_districts

        return read_districts(Path(path), guard)
    return districts(guard.iso)


def verify_file(
    beliefs: str,
    truth: str,
    out: str,
    *,
    areas: str,
    districts: str,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    """`forefield verify`."""
    from forefield.apps.verify import verify_files
    from forefield.forecasting.beliefs import Beliefs, ThreatAreas
    from forefield.io.tables import read
    from forefield.threats.flights import Flights

    told = read(beliefs, Beliefs)
    flown = read(truth, Flights)
    lead: dict[str, Any] = {}
    if areas:
        guards = sorted(set(told.guard.tolist()))
        if len(guards) != 1:
            raise InputError(f"--areas needs beliefs of one guard; found {guards}.")
        lead = {
            "areas": read(areas, ThreatAreas),
            "districts": districts_of(guards_of(guards[0])[0], districts),
        }
    folder = Path(out or f"{Path(beliefs).with_suffix('')}-verification")
    progress("verifying", 0.1)
    scores = verify_files(
        told, flown, out=folder, seed=seed, sample_name=Path(truth).name, **lead
    )
    return {
        "lines": [*scores.lines(), f"Page: {folder / 'verification.html'}"],
        "passed": scores.passed,
        "out": str(folder),
        "scores": scores.as_dict(),
    }
