"""The night as compact data for the page's map and timelines.

Positions are whole 1e-5 degrees, times whole tenths of a second, chances whole
thousandths, each list as differences from the one before: small, exact enough, and
the same bytes every time. What was left out is counted in `thinned`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.drivers.night import Night
from forefield.report.story import Story, TrueFlight, main_horizon_s
from forefield.report.wording import CLASS_WORDS, END_WORDS, Clock, country
from forefield.world.basemap import basemap
from forefield.world.districts import districts
from forefield.world.places import places

__all__ = ["Box", "picture"]

_DEG = 1e5
#: A left-out track point lay this close to the drawn line, at the same time.
_NEAR_M, _FAR_M = 40.0, 250.0
#: Tracks that were never confirmed: at most this many are drawn, longest first.
_MOST_FAINT = 250
_TARGET_POINTS = 60_000

Box = tuple[float, float, float, float]


def _deltas(values: NDArray[Any], scale: float) -> list[int]:
    whole = np.rint(np.asarray(values, dtype=float) * scale).astype(np.int64)
    if not len(whole):
        return []
    return [int(whole[0]), *np.diff(whole).tolist()]


def _milles(p: NDArray[Any]) -> list[int]:
    """Thousandths, differenced; -1 where there is no forecast."""
    whole = np.where(np.isfinite(p), np.rint(np.nan_to_num(p) * 1000), -1)
    return _deltas(whole, 1.0)


def _plane_m(lat_deg: NDArray[Any], lon_deg: NDArray[Any]) -> NDArray[Any]:
    mid = math.radians(float(np.mean(lat_deg))) if len(lat_deg) else 0.0
    return np.stack([lat_deg * 111_200.0, lon_deg * 111_320.0 * math.cos(mid)], axis=-1)


def keep_rows(
    t_s: NDArray[Any], where_m: NDArray[Any], p: NDArray[Any], near_m: float
) -> NDArray[np.intp]:
    """Which points a drawn line needs: Douglas and Peucker 1973, in time as well.

    A point goes only if, at its own time, the straight line between the kept
    neighbours passes within `near_m` of it and within 0.03 of its chance.
    t_s (N,), where_m (N, 2), p (N,) may hold NaN. Returns sorted indices.
    """
    n = len(t_s)
    if n <= 2:
        return np.arange(n)
    chance_m = np.where(np.isfinite(p), p, -0.1) * (near_m / 0.03)
    xyz = np.column_stack([where_m, chance_m])
    keep = np.zeros(n, dtype=bool)
    keep[[0, -1]] = True
    todo = [(0, n - 1)]
    while todo:
        a, b = todo.pop()
        if b - a < 2:
            continue
        span_s = t_s[b] - t_s[a]
        share = (
            (t_s[a + 1 : b] - t_s[a]) / span_s if span_s > 0 else np.zeros(b - a - 1)
        )
        line = xyz[a] + share[:, None] * (xyz[b] - xyz[a])
        off = np.abs(xyz[a + 1 : b] - line).max(axis=1)
        worst = int(np.argmax(off))
        if off[worst] > near_m:
            k = a + 1 + worst
            keep[k] = True
            todo += [(a, k), (k, b)]
    return np.flatnonzero(keep)


def _rings(shape: Any, box: Box, tolerance_deg: float) -> list[list[list[int]]]:
    """A shapely shape, cut to the box and thinned, as rings of [lons], [lats]."""
    from shapely import box as rectangle
    from shapely import get_parts

    cut = shape.intersection(rectangle(*box)).simplify(tolerance_deg)
    out = []
    for part in get_parts(cut):
        if part.geom_type != "Polygon" or part.is_empty:
            continue
        for ring in (part.exterior, *part.interiors):
            xy = np.asarray(ring.coords)[:, :2]
            out.append([_deltas(xy[:, 0], _DEG), _deltas(xy[:, 1], _DEG)])
    return out


def _grow(box: Box, share: float, least_deg: float = 0.0) -> Box:
    west, south, east, north = box
    dx = max((east - west) * share, least_deg)
    dy = max((north - south) * share, least_deg * 0.65)
    return (west - dx, max(south - dy, -85.0), east + dx, min(north + dy, 85.0))


def _box_of(lon: NDArray[Any], lat: NDArray[Any]) -> Box:
    return (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))


def _near_box(night: Night, chapters: list[Story], whole: Box) -> Box:
    """Where the page opens: the last 25 minutes of approach of what matters most."""
    lon, lat = [], []
    tracks = night.tracks
    real = [s for s in chapters if s.confirmed and not s.never_established]
    for story in (real or chapters[:1])[:6]:
        rows = story.rows
        moments = [
            p.entered_s for p in story.truth_passages if math.isfinite(p.entered_s)
        ]
        moments += [story.t_peak_s] if math.isfinite(story.t_peak_s) else []
        if not moments:
            moments = [story.t_last_s]
        t_s = tracks.t_s[rows]
        close = rows[(t_s >= min(moments) - 600) & (t_s <= max(moments) + 420)]
        close = close if len(close) else rows[-20:]
        lon.append(tracks.lon_deg[close])
        lat.append(tracks.lat_deg[close])
        for p in story.truth_passages or story.picture_passages:
            # Country on both sides of where it entered.
            at_s = p.entered_s if math.isfinite(p.entered_s) else story.t_first_s
            k = rows[int(np.argmin(np.abs(t_s - at_s)))]
            lon.append(tracks.lon_deg[k] + np.array([-0.9, 0.5]))
            lat.append(tracks.lat_deg[k] + np.array([-0.35, 0.35]))
        mine = story.beliefs[
            (night.beliefs.t_s[story.beliefs] == story.t_peak_s)
            & (night.beliefs.p_enter[story.beliefs] >= 0.1)
        ]
        if len(mine):
            there = np.isfinite(night.beliefs.entry_lon_deg[mine])
            lon.append(night.beliefs.entry_lon_deg[mine][there])
            lat.append(night.beliefs.entry_lat_deg[mine][there])
    if not lon:
        return whole
    return _grow(_box_of(np.concatenate(lon), np.concatenate(lat)), 0.18, 0.25)


@dataclass(frozen=True)
class _Line:
    t_s: NDArray[Any]
    lat_deg: NDArray[Any]
    lon_deg: NDArray[Any]
    p: NDArray[Any]

    def data(self) -> dict[str, Any]:
        return {
            "t": _deltas(self.t_s, 10.0),
            "y": _deltas(self.lat_deg, _DEG),
            "x": _deltas(self.lon_deg, _DEG),
            "p": _milles(self.p),
        }


def _track_line(night: Night, story: Story, main_s: float, near_m: float) -> _Line:
    """A track with its chance of entry; 2 stands for "inside the guard"."""
    tracks, beliefs, rows = night.tracks, night.beliefs, story.rows
    t_s, lat, lon = tracks.t_s[rows], tracks.lat_deg[rows], tracks.lon_deg[rows]
    p = np.full(len(rows), np.nan)
    mine = story.beliefs[beliefs.horizon_s[story.beliefs] == main_s]
    if len(mine):
        # With several guards the map shows the highest chance of any.
        times, inverse = np.unique(beliefs.t_s[mine], return_inverse=True)
        top = np.zeros(len(times))
        np.maximum.at(top, inverse, beliefs.p_enter[mine])
        at = np.clip(np.searchsorted(times, t_s), 0, len(times) - 1)
        p = np.where(np.abs(times[at] - t_s) < 1e-6, top[at], np.nan)
    for passage in story.picture_passages:
        left = passage.left_s if math.isfinite(passage.left_s) else math.inf
        p[(t_s >= passage.entered_s) & (t_s <= left)] = 2.0
    keep = keep_rows(t_s, _plane_m(lat, lon), p, near_m)
    return _Line(t_s[keep], lat[keep], lon[keep], p[keep])


def symbol_of(klass: str, p_klass: float) -> str:
    """Name of the pre-drawn APP-6 symbol for the likeliest class.

    Affiliation follows the class and is an assumption: nobody interrogated it.
    """
    if klass in ("cruise", "ballistic"):
        return "hostile-missile" if p_klass >= 0.8 else "suspect-missile"
    if klass in ("drone", "jet_drone", "decoy"):
        return "hostile-uav" if p_klass >= 0.8 else "suspect-uav"
    if klass == "interceptor":
        return "friend-missile"
    if klass == "aircraft":
        return "unknown-fixed-wing"
    if klass == "civil":
        return "neutral-civil"
    if klass == "balloon":
        return "unknown-balloon"
    return "unknown-air"


def _chapter_data(night: Night, story: Story) -> dict[str, Any]:
    """What one object's timeline draws."""
    beliefs, alerts = night.beliefs, night.alerts
    mine = story.beliefs[beliefs.guard[story.beliefs] == story.guard]
    lines = []
    for horizon_s in sorted(set(beliefs.horizon_s[mine].tolist())):
        rows = mine[beliefs.horizon_s[mine] == horizon_s]
        p = beliefs.p_enter[rows]
        flat = np.zeros((len(rows), 2))
        keep = keep_rows(beliefs.t_s[rows], flat, p, 0.2)
        lines.append(
            {
                "h": horizon_s if math.isfinite(horizon_s) else None,
                "t": _deltas(beliefs.t_s[rows][keep], 10.0),
                "p": _milles(p[keep]),
            }
        )
    main_s = main_horizon_s(night)
    rows = mine[
        (beliefs.horizon_s[mine] == main_s)
        & np.isfinite(beliefs.t_enter_p50_s[mine])
        & (beliefs.p_enter[mine] >= 0.05)
    ]
    when = {
        "t": _deltas(beliefs.t_s[rows], 10.0),
        "lo": _deltas(beliefs.t_enter_p05_s[rows], 1.0),
        "mid": _deltas(beliefs.t_enter_p50_s[rows], 1.0),
        "hi": _deltas(beliefs.t_enter_p95_s[rows], 1.0),
    }
    rows = rows[np.isfinite(beliefs.entry_lon_deg[rows])]
    where = {
        "t": _deltas(beliefs.t_s[rows], 10.0),
        "y": _deltas(beliefs.entry_lat_deg[rows], _DEG),
        "x": _deltas(beliefs.entry_lon_deg[rows], _DEG),
        "s": _deltas(np.nan_to_num(beliefs.entry_sigma_m[rows]), 1.0),
        "p": _milles(beliefs.p_enter[rows]),
    }
    told: dict[tuple[float, str], dict[str, Any]] = {}
    for k in story.alert_rows:
        if str(alerts.msg_type[k]) == "Cancel":
            continue
        t_s, code = float(alerts.t_s[k]), str(alerts.district[k])
        arrival = float(alerts.t_arrival_p50_s[k])
        entry = told.setdefault(
            (t_s, code),
            {
                "c": code,
                "n": night.district_names.get(code, code),
                "t": _tenths(t_s),
                "arr": _tenths(arrival),
                "rel": _tenths(arrival - float(alerts.lead_release_s[k])),
                "kind": str(alerts.msg_type[k]),
                "by": [],
            },
        )
        entry["by"].append(
            [
                str(alerts.channel[k]),
                _tenths(arrival - float(alerts.lead_delivery_s[k])),
            ]
        )
    first: dict[str, dict[str, Any]] = {}
    for (_, code), entry in sorted(told.items()):
        first.setdefault(code, entry)
    return {
        "id": story.track_id,
        "e": int(story.confirmed and not story.never_established),
        "guard": story.guard,
        "t": [_tenths(story.t_first_s), _tenths(story.t_last_s)],
        "lines": lines,
        "when": when,
        "where": where,
        "inside": [
            [_tenths(p.entered_s), _tenths(p.left_s)] for p in story.picture_passages
        ],
        "truth": [
            [_tenths(p.entered_s), _tenths(p.left_s)] for p in story.truth_passages
        ],
        "end": [_tenths(story.truth_end_s), END_WORDS.get(story.truth_end, "")]
        if story.truth_end
        else None,
        "verdicts": [
            [
                r.lane,
                r.verdict,
                _tenths(r.t0_s),
                _tenths(r.t1_s),
                _tenths(r.decide_by_s),
            ]
            for r in story.runs
        ],
        "alerts": list(first.values())[:6],
        # As in the table of options, at the same moment.
        "decide": {
            o.effector: [_tenths(o.latest_decision_s), country(o.over)]
            for o in reversed(story.options)  # the first of an effector wins
            if o.action != "nothing" and not o.barred_by
        },
    }


def _tenths(t_s: float) -> int | None:
    return round(t_s * 10) if math.isfinite(t_s) else None


def _alert_spans(night: Night) -> dict[str, list[list[Any]]]:
    """By district, the moments an alert was issued (1) or withdrawn (0)."""
    alerts = night.alerts
    out: dict[str, list[list[Any]]] = {}
    for k in np.lexsort((alerts.alert_id, alerts.t_s)):
        code = str(alerts.district[k])
        on = 0 if str(alerts.msg_type[k]) == "Cancel" else 1
        marks = out.setdefault(code, [])
        mark = [_tenths(float(alerts.t_s[k])), on]
        if not marks or marks[-1][1] != on:
            marks.append(mark)
    return out


def _places(night: Night, whole: Box, near: Box) -> list[list[Any]]:
    """Towns to find one's way by: the largest overall, more of them near by."""
    found = []
    isos = sorted({*night.guards, "UA"})
    for iso in isos:
        try:
            p = places(iso)
        except ValueError:
            continue
        for k in range(len(p.lat_deg)):
            found.append(
                (
                    float(p.population[k]),
                    str(p.name[k]),
                    float(p.lon_deg[k]),
                    float(p.lat_deg[k]),
                )
            )
    found.sort(key=lambda f: (-f[0], f[1], f[2]))

    def within(box: Box) -> list[tuple[float, str, float, float]]:
        west, south, east, north = box
        return [f for f in found if west < f[2] < east and south < f[3] < north]

    chosen = sorted(
        {*within(whole)[:50], *within(near)[:50]}, key=lambda f: (-f[0], f[1], f[2])
    )
    return [
        [name, round(lon * _DEG), round(lat * _DEG), round(people)]
        for people, name, lon, lat in chosen
    ]


def picture(
    night: Night, told: list[Story], truths: tuple[TrueFlight, ...], clock: Clock
) -> dict[str, Any]:
    """Everything the script draws from, ready for JSON with sorted keys."""
    main_s = main_horizon_s(night)
    chapters = [s for s in told if s.is_chapter]
    drawn = [s for s in told if s.confirmed or s.is_chapter]
    faint = sorted(
        (s for s in told if not s.confirmed and not s.is_chapter),
        key=lambda s: (-(s.t_last_s - s.t_first_s), s.track_id),
    )
    lon = [night.tracks.lon_deg[s.rows] for s in drawn] + [t.lon_deg for t in truths]
    lat = [night.tracks.lat_deg[s.rows] for s in drawn] + [t.lat_deg for t in truths]
    if lon:
        whole = _grow(_box_of(np.concatenate(lon), np.concatenate(lat)), 0.05, 0.3)
    else:
        whole = (14.0, 44.0, 40.5, 55.2)
    near = _near_box(night, chapters, whole)
    # Some country around the picture, so that a wide window does not end in blank.
    ground = _grow(
        (
            min(whole[0], near[0]),
            min(whole[1], near[1]),
            max(whole[2], near[2]),
            max(whole[3], near[3]),
        ),
        0.25,
        1.5,
    )

    near_m, far_m = _NEAR_M, _FAR_M
    while True:
        lines = [
            _track_line(night, s, main_s, near_m if s.is_chapter else far_m)
            for s in drawn
        ]
        n_points = sum(len(line.t_s) for line in lines)
        if n_points <= _TARGET_POINTS or far_m > 5_000:
            break
        near_m, far_m = near_m * 2, far_m * 2
    tracks = [
        {
            "id": s.track_id,
            "sym": symbol_of(s.klass, s.p_klass if math.isfinite(s.p_klass) else 0.0),
            "k": CLASS_WORDS[s.klass],
            "c": int(s.is_chapter),
            "e": int(s.confirmed and not s.never_established),
            **line.data(),
        }
        for s, line in zip(drawn, lines, strict=True)
    ]
    dust = []
    for s in faint[:_MOST_FAINT]:
        line = _track_line(night, s, main_s, 600.0)
        data = line.data()
        dust.append({"t": data["t"], "x": data["x"], "y": data["y"]})
    truth = []
    paired = {s.truth_id for s in chapters if s.truth_id}
    for flight in truths:
        fine = flight.flight_id in paired or bool(flight.passages)
        keep = keep_rows(
            flight.t_s,
            _plane_m(flight.lat_deg, flight.lon_deg),
            np.full(len(flight.t_s), np.nan),
            30.0 if fine else 250.0,
        )
        truth.append(
            {
                "id": flight.flight_id.removeprefix(f"{night.name}:"),
                "end": flight.end,
                "c": int(fine),
                "t": _deltas(flight.t_s[keep], 10.0),
                "x": _deltas(flight.lon_deg[keep], _DEG),
                "y": _deltas(flight.lat_deg[keep], _DEG),
            }
        )

    marks = _alert_spans(night)
    areas = []
    shown = set()
    for iso in sorted({*night.guards, "UA"}):
        try:
            found = districts(iso)
        except ValueError:
            continue
        for code, name, shape in zip(
            found.codes, found.names, found.shapes, strict=True
        ):
            code = str(code)
            rings = _rings(shape, ground, 0.004)
            if rings:
                shown.add(code)
                areas.append(
                    {
                        "n": night.district_names.get(code, str(name)),
                        "r": rings,
                        "a": marks.get(code, []),
                    }
                )
    coarse_m = 120.0 if (ground[2] - ground[0]) < 9 else 300.0
    base = {
        iso: [
            [
                _deltas(np.asarray(ring)[:, 0], _DEG),
                _deltas(np.asarray(ring)[:, 1], _DEG),
            ]
            for ring in rings
        ]
        for iso, rings in sorted(basemap(ground, coarse_m).items())
    }
    offsets: list[list[int]] = []
    for t in np.arange(night.t0_s, night.t1_s + 60.0, 60.0):
        offset = clock.offset_s(float(t))
        if not offsets or offsets[-1][1] != offset:
            offsets.append([round(float(t)), offset])
    return {
        "alert_unplaced": sorted(set(marks) - shown),
        "areas": areas,
        "base": base,
        "base_m": coarse_m,
        "chapters": [_chapter_data(night, s) for s in chapters],
        "dust": dust,
        "ground": [round(v, 4) for v in ground],
        "guards": list(night.guards),
        "horizon": main_s if math.isfinite(main_s) else None,
        "near": [round(v, 4) for v in near],
        "places": _places(night, whole, near),
        "public": [
            [_tenths(e.t_s), e.kind, e.what, int(e.approx)]
            for e in sorted(night.public, key=lambda e: (e.t_s, e.what))
        ],
        "sensors": [
            {
                "id": s.id,
                "kind": s.kind,
                "owner": s.owner,
                "lon": round(s.lon_deg, 4),
                "lat": round(s.lat_deg, 4),
                "range": round(s.max_range_m),
                "path": [[round(p[2], 3), round(p[1], 3)] for p in s.path],
            }
            for s in night.sensors
        ],
        "t0": _tenths(night.t0_s),
        "t1": _tenths(night.t1_s),
        "thinned": {
            "points": n_points,
            "rows": int(sum(len(s.rows) for s in drawn)),
            "near_m": near_m,
            "far_m": far_m,
            "dust": len(faint),
            "dust_drawn": len(dust),
        },
        "tracks": tracks,
        "truth": truth,
        "tz": {"name": night.timezone, "offsets": offsets},
        "whole": [round(v, 4) for v in whole],
    }
