"""Sensors from the tables of a sensors.toml, strictly: an unknown key is refused.

This module takes and gives plain data; `io.sensors` reads and writes the file.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from forefield.errors import InputError, nearest
from forefield.sensing.classes import known_class
from forefield.sensing.clutter import KINDS as CLUTTER
from forefield.sensing.detections import KINDS, Sensor

__all__ = ["META_KEYS", "RULE_KEYS", "SENSOR_KEYS", "sensors_from"]

SENSOR_KEYS = tuple(f.name for f in dataclasses.fields(Sensor))
RULE_KEYS = ("class", "max_height_m", "max_range_m", "pd")
META_KEYS = ("id", "title", "about", "basis", "sources")
_REQUIRED = tuple(
    f.name
    for f in dataclasses.fields(Sensor)
    if f.default is dataclasses.MISSING and f.name not in ("lat_deg", "lon_deg")
)
_TEXT = ("id", "kind", "owner", "note")
_SPECIAL = ("shared", "p_detect", "clutter", "mask", "outages", "path")
_POSITIVE = ("period_s", "max_range_m")
_NOT_BELOW_0 = (
    "sigma_range_m", "sigma_azimuth_deg", "sigma_elevation_deg", "sigma_height_m",
    "sigma_range_rate_mps", "clutter_per_scan", "latency_s",
)  # fmt: skip


def _unknown(key: str, known: Sequence[str], at: str) -> InputError:
    close = nearest(key, known)
    hint = f"did you mean {close!r}?" if close else f"known: {', '.join(known)}."
    return InputError(f"{at}: unknown key {key!r}; {hint}")


def _number(value: Any, at: str, *, low: float = -math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{at} must be a number, not {value!r}.")
    if math.isnan(value) or value < low:
        raise InputError(f"{at} is {value}; give a number of at least {low:g}.")
    return float(value)


def _rows(value: Any, width: int, what: str, at: str) -> tuple[tuple[float, ...], ...]:
    if not isinstance(value, list):
        raise InputError(f"{at} must be a list of {what}.")
    out = []
    for i, row in enumerate(value):
        if not isinstance(row, list) or len(row) != width:
            raise InputError(f"{at}[{i}] must be {what}.")
        out.append(tuple(_number(x, f"{at}[{i}]") for x in row))
    return tuple(out)


def _seconds(value: Any, at: str) -> float:
    import datetime as dt

    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise InputError(
                f"{at}: {value.isoformat()} has no time zone; end it in Z."
            )
        return value.timestamp()
    return _number(value, at)


def _p_detect(
    value: Any, at: str
) -> float | tuple[tuple[str, float, float, float], ...]:
    if not isinstance(value, list):
        p = _number(value, at, low=0.0)
        if p > 1.0:
            raise InputError(f"{at} is {p}; a probability is at most 1.")
        return p
    rules = []
    for i, rule in enumerate(value):
        here = f"{at}[{i}]"
        if not isinstance(rule, dict):
            raise InputError(f"{here} must be a table with {', '.join(RULE_KEYS)}.")
        for key in rule:
            if key not in RULE_KEYS:
                raise _unknown(key, RULE_KEYS, here)
        if "pd" not in rule:
            raise InputError(f"{here} has no pd: give the probability of detection.")
        pd = _number(rule["pd"], f"{here}.pd", low=0.0)
        if pd > 1.0:
            raise InputError(f"{here}.pd is {pd}; a probability is at most 1.")
        klass = rule.get("class", "")
        if not isinstance(klass, str):
            raise InputError(f"{here}.class must be text, not {klass!r}.")
        try:
            known_class(klass)
        except InputError as error:
            raise InputError(f"{here}: {error}") from None
        rules.append(
            (
                klass,
                _number(rule.get("max_height_m", math.inf), f"{here}.max_height_m"),
                _number(rule.get("max_range_m", math.inf), f"{here}.max_range_m"),
                pd,
            )
        )
    if not rules:
        raise InputError(f"{at} has no rules: give a number or at least one rule.")
    return tuple(rules)


def _sensor(row: Any, at: str) -> Sensor:
    if not isinstance(row, dict):
        raise InputError(f"{at} must be a table.")
    name = row.get("id")
    if isinstance(name, str) and name:
        at = f"{at} ({name})"
    for key in row:
        if key not in SENSOR_KEYS:
            raise _unknown(key, SENSOR_KEYS, at)
    path = _rows(row.get("path", []), 4, "[t_s, lat_deg, lon_deg, alt_m]", f"{at}.path")
    given = dict(row)
    if path:
        for key, c in (("lat_deg", 1), ("lon_deg", 2), ("alt_m", 3)):
            given.setdefault(key, path[0][c])
        if any(b[0] <= a[0] for a, b in pairwise(path)):
            raise InputError(f"{at}.path: the times must increase.")
    for key in (*_REQUIRED, "lat_deg", "lon_deg"):
        if key not in given:
            raise InputError(f"{at} has no {key}: add it.")
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key in _SPECIAL:
            continue
        if key in _TEXT:
            if not isinstance(value, str) or (key != "note" and not value):
                raise InputError(f"{at}.{key} must be text, not {value!r}.")
            values[key] = value
        else:
            low = 0.0 if key in _NOT_BELOW_0 else -math.inf
            values[key] = _number(value, f"{at}.{key}", low=low)
            if key in _POSITIVE and not values[key] > 0.0:
                raise InputError(f"{at}.{key} must be above 0.")
    if values["kind"] not in KINDS:
        close = nearest(values["kind"], KINDS)
        hint = f"did you mean {close!r}?" if close else f"known: {', '.join(KINDS)}."
        raise InputError(f"{at}: unknown kind {values['kind']!r}; {hint}")
    if not (len(values["owner"]) == 2 and values["owner"].isupper()):
        raise InputError(
            f"{at}.owner is {values['owner']!r}; give a two-letter ISO code such as PL."
        )
    if not (abs(values["lat_deg"]) <= 90.0 and abs(values["lon_deg"]) <= 180.0):
        raise InputError(
            f"{at} stands at lat_deg {values['lat_deg']}, lon_deg {values['lon_deg']}, "
            "which is no place: latitude first, both in degrees."
        )
    shared = given.get("shared", True)
    if not isinstance(shared, bool):
        raise InputError(f"{at}.shared must be true or false.")
    noise = given.get("clutter", {})
    if not isinstance(noise, dict):
        raise InputError(f"{at}.clutter must be a table of kinds with their rates.")
    for key in noise:
        if key not in CLUTTER:
            raise _unknown(key, tuple(CLUTTER), f"{at}.clutter")
    outages = given.get("outages", [])
    if not isinstance(outages, list) or any(
        not isinstance(x, list) or len(x) != 2 for x in outages
    ):
        raise InputError(f"{at}.outages must be a list of [start, end] times.")
    return Sensor(
        **values,
        shared=shared,
        p_detect=_p_detect(given.get("p_detect", 0.9), f"{at}.p_detect"),
        clutter=tuple(
            (k, _number(v, f"{at}.clutter.{k}", low=0.0)) for k, v in noise.items()
        ),
        mask=tuple(
            (a, e)
            for a, e in _rows(
                given.get("mask", []), 2, "[azimuth_deg, elevation_deg]", f"{at}.mask"
            )
        ),
        outages=tuple(
            (_seconds(a, f"{at}.outages"), _seconds(b, f"{at}.outages"))
            for a, b in outages
        ),
        path=tuple((t, la, lo, al) for t, la, lo, al in path),
    )


def sensors_from(document: Mapping[str, Any], *, where: str) -> tuple[Sensor, ...]:
    """The sensors of a parsed sensors.toml. Raises InputError, one line.

    `where` names the source in messages. Beside [[sensor]] a [meta] table with id,
    title, about, basis and sources may stand; it is read by people only.
    """
    for key in document:
        if key not in ("sensor", "meta"):
            raise _unknown(key, ("sensor", "meta"), where)
    meta = document.get("meta", {})
    for key in meta if isinstance(meta, dict) else ():
        if key not in META_KEYS:
            raise _unknown(key, META_KEYS, f"{where}: meta")
    rows = document.get("sensor", [])
    if not isinstance(rows, list) or not rows:
        raise InputError(f"{where} lists no sensors: add at least one [[sensor]].")
    out = tuple(_sensor(row, f"{where}: sensor {i + 1}") for i, row in enumerate(rows))
    seen: set[str] = set()
    for s in out:
        if s.id in seen:
            raise InputError(f"{where}: two sensors are called {s.id!r}; rename one.")
        seen.add(s.id)
    return out
