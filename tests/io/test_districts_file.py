"""Districts from a file: repaired, tiled, coded; broken files say why."""

import gzip
import json

import numpy as np
import pytest
import shapely

from forefield.errors import InputError
from forefield.io.districts import read_districts
from forefield.world.borders import guard

a_hectare_deg2 = 1e-6


def collection(*rows):
    """Features of (properties, polygon coordinates)."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
            for properties, ring in rows
        ],
    }


def box(west, south, east, north):
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def saved(tmp_path, data, name="d.geojson"):
    path = tmp_path / name
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


HALVES = collection(
    ({"id": "W", "nazwa": "west"}, box(16.0, 47.0, 19.6, 50.0)),
    ({"id": "E", "nazwa": "east"}, box(19.5, 47.0, 23.0, 50.0)),
)


def test_polish_powiats_tile_poland_under_their_register_codes(shared_data):
    border = guard("PL")
    units = read_districts(shared_data("pl_powiaty_min.geojson.gz"), border)
    assert sum(units.land) == 380
    assert units.codes[-1] == "PL-SEA"
    assert units.repaired > 0
    assert len({c[:2] for c in units.codes[:-1]}) == 16
    together = shapely.union_all(units.shapes)
    assert border.shape.difference(together).area < a_hectare_deg2
    assert abs(sum(g.area for g in units.shapes) - together.area) < a_hectare_deg2
    known = {
        "0604": (50.81, 23.89),  # Hrubieszów
        "0618": (50.45, 23.42),  # Tomaszów Lubelski, not Mazowiecki
        "1016": (51.53, 20.01),  # Tomaszów Mazowiecki
        "1815": (50.05, 21.61),  # Ropczyce
        "1821": (49.47, 22.33),  # Lesko
        "1465": (52.23, 21.01),  # Warsaw
        "0265": (50.78, 16.28),  # Wałbrzych, the city
        "2816": (53.63, 21.81),  # Pisz
    }
    for code, (lat, lon) in known.items():
        assert units.codes[int(units.locate(lat, lon))] == code
    lat, lon = border.point_at(np.linspace(0, border.length_m, 3_000))
    inner = shapely.points(lon, lat)
    assert (shapely.distance(together, inner) < 1e-7).all()


def test_codes_written_as_numbers_keep_their_zero(tmp_path):
    data = collection(
        ({"teryt": 604, "name": "hrubieszowski"}, box(23.4, 50.6, 24.2, 51.0)),
        ({"teryt": 1801, "name": "bieszczadzki"}, box(22.3, 49.0, 22.9, 49.5)),
    )
    units = read_districts(saved(tmp_path, data), guard("PL"))
    assert units.codes[:2] == ("0604", "1801")
    assert "PL-REST" in units.codes  # the file covers little of the country


def test_overlaps_go_to_the_first_and_gaps_to_the_nearest(tmp_path):
    data = collection(
        ({"id": "A", "nazwa": "west"}, box(16.0, 47.0, 19.6, 50.0)),
        ({"id": "B", "nazwa": "east"}, box(19.5, 47.0, 22.53, 50.0)),
    )
    border = guard("SK")
    units = read_districts(saved(tmp_path, data), border)
    assert units.codes == ("A", "B")
    assert units.names[int(units.locate(48.7, 19.55))] == "west"
    assert units.names[int(units.locate(48.7, 19.65))] == "east"
    assert units.names[int(units.locate(49.08, 22.55))] == "east"  # east of both
    assert sum(g.area for g in units.shapes) == pytest.approx(border.shape.area)


def test_a_zipped_file_reads_the_same(tmp_path):
    plain = read_districts(saved(tmp_path, HALVES), guard("SK"))
    path = tmp_path / "d.geojson.gz"
    path.write_bytes(gzip.compress(json.dumps(HALVES).encode()))
    zipped = read_districts(path, guard("SK"))
    assert zipped.codes == plain.codes
    assert [g.wkb for g in zipped.cover] == [g.wkb for g in plain.cover]


def test_a_shape_that_crosses_itself_is_repaired_and_counted(tmp_path):
    bow = [[17.0, 47.5], [23.0, 50.0], [23.0, 47.5], [17.0, 50.0], [17.0, 47.5]]
    data = collection(({"id": "X", "nazwa": "bow"}, bow))
    units = read_districts(saved(tmp_path, data), guard("SK"))
    assert units.repaired == 1
    assert units.cover[0].is_valid


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("{", "is no GeoJSON"),
        ("[]", "holds no features"),
        ({"type": "FeatureCollection", "features": []}, "holds no features"),
        ({"features": [{"properties": {"id": 1}}]}, "feature 1: needs both"),
        (collection(({"nazwa": "x"}, box(17, 48, 19, 49))), "no field for the .* code"),
        (collection(({"id": 1}, box(17, 48, 19, 49))), "no field for the .* name"),
        (
            collection(
                ({"id": 1, "nazwa": "x"}, box(17, 48, 19, 49)),
                ({"id": 2, "nazva": "y"}, box(19, 48, 20, 49)),
            ),
            "feature 2: field 'nazwa' is missing or empty .did you mean 'nazva'",
        ),
        (
            collection(
                ({"id": 1, "nazwa": "x"}, box(17, 48, 19, 49)),
                ({"id": 1, "nazwa": "y"}, box(19, 48, 20, 49)),
            ),
            "feature 2: code '1' occurs twice",
        ),
        (collection(({"id": 1, "nazwa": "x"}, [[1, 2]])), "cannot be read"),
        (
            collection(({"id": 1, "nazwa": "x"}, box(48, 17, 49, 19))),
            "nowhere near Slovakia",
        ),
        (
            {
                "features": [
                    {
                        "properties": {"id": 1, "nazwa": "x"},
                        "geometry": {"type": "Point", "coordinates": [19, 48]},
                    }
                ]
            },
            "holds no polygon",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why_in_one_line(tmp_path, data, says):
    with pytest.raises(InputError, match=says) as caught:
        read_districts(saved(tmp_path, data), guard("SK"))
    assert "\n" not in str(caught.value)
    assert "d.geojson" in str(caught.value)


def test_a_missing_or_cut_off_file_says_so(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_districts(tmp_path / "none.geojson", guard("SK"))
    cut = tmp_path / "cut.geojson.gz"
    cut.write_bytes(gzip.compress(json.dumps(HALVES).encode())[:-20])
    with pytest.raises(InputError, match="cut off or damaged"):
        read_districts(cut, guard("SK"))
    plain = tmp_path / "plain.geojson.gz"
    plain.write_text(json.dumps(HALVES))
    with pytest.raises(InputError, match="gzip"):
        read_districts(plain, guard("SK"))
