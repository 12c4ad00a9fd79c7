"""sensors.toml: read strictly, and written as a template to start from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from forefield.errors import InputError
from forefield.sensing.detections import Sensor
from forefield.sensing.sensor_file import sensors_from

__all__ = ["read_sensors", "sensors_toml"]


def read_sensors(path: str | Path) -> tuple[Sensor, ...]:
    """The sensors of a sensors.toml. Raises InputError with one line.

    Keys as in `sensing.detections.Sensor`; `p_detect` is a number or a list of rules
    {class, max_height_m, max_range_m, pd} of which the first that fits holds.
    """
    import tomllib

    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{place} does not exist: name a sensors.toml.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(f"{place} cannot be read: {reason}.") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{place} is no TOML: {error}.") from None
    return sensors_from(document, where=str(place))


def _text(value: str) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _num(value: float) -> str:
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(float(value)) if value != int(value) else f"{int(value)}.0"


def _rows(rows: Sequence[Sequence[float]]) -> str:
    return "[" + ", ".join(f"[{', '.join(map(_num, r))}]" for r in rows) + "]"


_ABOUT = """\
# Sensors. SI units, degrees, heights above the WGS-84 ellipsoid, UTC.
# p_detect is one number, or rules of which the first that fits holds:
#   p_detect = [{ class = "drone", max_range_m = 90000.0, pd = 0.75 }, { pd = 0.9 }]
# outages take times such as 2024-03-24T03:10:00Z; clutter takes kinds with the number
# of sources alive in the circle of max_range_m, such as { flock = 2.0 }.
"""


def sensors_toml(sensors: Sequence[Sensor], *, about: str = _ABOUT) -> str:
    """The text of a sensors.toml that `read_sensors` reads back to equal sensors."""
    from dataclasses import MISSING, fields

    out = [about.rstrip("\n")] if about else []
    for s in sensors:
        out.append("\n[[sensor]]")
        for f in fields(Sensor):
            value = getattr(s, f.name)
            if f.default is not MISSING and value == f.default:
                continue
            if isinstance(value, bool):
                text = "true" if value else "false"
            elif isinstance(value, str):
                text = _text(value)
            elif isinstance(value, int | float):
                text = _num(value)
            elif f.name == "clutter":
                text = "{ " + ", ".join(f"{k} = {_num(v)}" for k, v in value) + " }"
            elif f.name == "p_detect":
                rules = []
                for klass, height, reach, pd in value:
                    parts = [f"class = {_text(klass)}"] if klass else []
                    if not math.isinf(height):
                        parts.append(f"max_height_m = {_num(height)}")
                    if not math.isinf(reach):
                        parts.append(f"max_range_m = {_num(reach)}")
                    parts.append(f"pd = {_num(pd)}")
                    rules.append("  { " + ", ".join(parts) + " },")
                text = "[\n" + "\n".join(rules) + "\n]"
            else:
                text = _rows(value)
            out.append(f"{f.name} = {text}")
    return "\n".join(out) + "\n"
