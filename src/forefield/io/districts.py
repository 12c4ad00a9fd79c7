"""Districts from a GeoJSON file: powiats, raions, whatever answers for an alert."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from forefield.errors import InputError, nearest
from forefield.world.borders import Border
from forefield.world.districts import Districts, cover, districts, polygons_of
from forefield.world.facts import table

__all__ = ["read_districts"]


def read_districts(
    path: str | Path, border: Border, *, code: str = "", name: str = ""
) -> Districts:
    """Districts of a guard from `.geojson` or `.geojson.gz`, made to tile it exactly.

    path    a FeatureCollection of polygons in WGS-84 longitude, latitude
    border  the guard they belong to
    code    field with the code; by default "id", "teryt", "code" or "terc"
    name    field with the name; by default "nazwa" or "name"

    Polish powiats get their TERYT codes of four digits ("0604"): from the code
    field where that holds them, else by name and place; a running number in "id" is
    no TERYT code. If a name is not in the register, the file's codes stay.
    Shapes that cross themselves are repaired (the area they enclose is kept, lines
    are dropped) and counted in `repaired`. Then, as for the shipped districts,
    overlaps go to the first, gaps to the nearest and everything is clipped to the
    exact border; water off the coast is "<ISO>-SEA", land that no district of the
    file is near is "<ISO>-REST".

    Raises `InputError` for a file that is not such a collection, a missing field, a
    code that occurs twice, or districts that are elsewhere.
    """
    import shapely

    where = Path(path)
    features = _features(where)
    code = code or _field(features, ("id", "teryt", "terc", "code"), where, "code")
    name = name or _field(features, ("nazwa", "name"), where, "name")
    rows: dict[str, tuple[str, Any]] = {}
    repaired = 0
    for i, feature in enumerate(features):
        properties = feature["properties"]
        at = f"{where}, feature {i + 1}"
        for field in (code, name):
            if properties.get(field) in (None, ""):
                close = nearest(field, properties)
                hint = f" (did you mean {close!r}?)" if close else ""
                raise InputError(f"{at}: field {field!r} is missing or empty{hint}.")
        key = _text(properties[code])
        if key in rows:
            raise InputError(
                f"{at}: code {key!r} occurs twice; each district needs its own."
            )
        try:
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        except (shapely.GEOSException, TypeError, ValueError) as error:
            text = " ".join(str(error).split())
            raise InputError(f"{at}: the geometry cannot be read: {text}.") from None
        if not shape.is_valid:
            repaired += 1
            shape = shapely.make_valid(shape)
        shape = polygons_of(shape)
        if shape.is_empty:
            raise InputError(f"{at} ({key}): the geometry holds no polygon.")
        rows[key] = (str(properties[name]), shape)

    if border.iso == "PL":
        rows = _teryt(rows, border)
    codes = sorted(rows)
    shapes = [rows[c][1] for c in codes]
    w, s, e, n = border.bbox_deg
    box = shapely.box(w, s, e, n)
    away = [c for c, g in zip(codes, shapes, strict=True) if not box.intersects(g)]
    if away:
        raise InputError(
            f"{where}: district {away[0]!r} is nowhere near {border.name}; are the "
            "coordinates longitude, latitude in degrees, and is it the right guard?"
        )
    shipped = districts(border.iso)
    water = [g for g, land in zip(shipped.cover, shipped.land, strict=True) if not land]
    sea = shapely.union_all(water)
    grown, far, rest = cover(shapes, border, sea=sea)
    names = [rows[c][0] for c in codes]
    for suffix, title, shape in (
        ("SEA", "territorial waters", far),
        ("REST", "not in the file", rest),
    ):
        if not shape.is_empty:
            codes.append(f"{border.iso}-{suffix}")
            names.append(title)
            grown.append(shape)
    import numpy as np

    return Districts(
        border, tuple(codes), tuple(names), np.array(grown), str(where), repaired
    )


def _features(path: Path) -> list[dict[str, Any]]:
    try:
        raw = path.read_bytes()
        if path.suffix == ".gz":
            raw = gzip.decompress(raw)
        data = json.loads(raw)
    except OSError as error:
        reason = error.strerror or "is no whole gzip file"
        raise InputError(f"{path}: cannot be read: {reason}.") from None
    except (EOFError, zlib.error):
        raise InputError(
            f"{path}: the gzip file is cut off or damaged; fetch it again."
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: is no GeoJSON: {error}.") from None
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list) or not features:
        raise InputError(
            f"{path}: holds no features; a GeoJSON FeatureCollection of polygons is "
            "needed."
        )
    for i, feature in enumerate(features):
        if not (
            isinstance(feature, dict)
            and isinstance(feature.get("properties"), dict)
            and isinstance(feature.get("geometry"), dict)
        ):
            raise InputError(
                f"{path}, feature {i + 1}: needs both properties and a geometry."
            )
    return features


def _field(
    features: list[dict[str, Any]], known: tuple[str, ...], path: Path, what: str
) -> str:
    have = features[0]["properties"]
    for field in known:
        if field in have:
            return field
    raise InputError(
        f"{path}: no field for the district's {what}: found "
        f"{', '.join(map(str, have)) or 'none'}; expected {' or '.join(known)}."
    )


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def _teryt(
    rows: dict[str, tuple[str, Any]], border: Border
) -> dict[str, tuple[str, Any]]:
    """The same rows under TERYT codes, or unchanged if they are not powiats."""
    known: dict[str, str] = table("teryt")["powiat"]
    # A number has lost the zero of the first nine voivodeships' codes.
    padded = {key: key.zfill(4) for key in rows}
    if all(code in known for code in padded.values()):
        return {padded[key]: row for key, row in rows.items()}
    by_name: dict[str, list[str]] = {}
    for code, name in known.items():
        by_name.setdefault(name, []).append(code)
        if name[0].isupper():
            by_name.setdefault(name.lower(), []).append(code)
    by_name["jeleniogórski"] = by_name["karkonoski"]  # its name until 2020
    land = districts(border.iso)
    out: dict[str, tuple[str, Any]] = {}
    for name, shape in rows.values():
        plain = name.removeprefix("powiat ").removeprefix("m. st. ").strip()
        plain = plain.removeprefix("m.st. ").removeprefix("m. ").strip()
        codes = by_name.get(plain, by_name.get(plain.lower(), []))
        if len(codes) > 1:  # ten names occur in several voivodeships
            inner = shape.representative_point()
            away = {
                c: land.cover[land.codes.index(f"PL-{c[:2]}")].distance(inner)
                for c in codes
            }
            codes = [min(codes, key=lambda c: away[c])]
        if not codes or codes[0] in out:
            return rows
        out[codes[0]] = (name, shape)
    return out
