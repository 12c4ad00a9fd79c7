"""Districts tile the exact territory, and places are in their own unit."""

import time

import numpy as np
import pytest
import shapely

from forefield.errors import InputError
from forefield.world.borders import guard
from forefield.world.districts import districts
from forefield.world.places import places

COUNTS = {
    "PL": 16,
    "UA": 27,
    "RO": 42,
    "SK": 8,
    "BY": 7,
    "BG": 28,
    "EE": 15,
    "LT": 10,
    "HR": 21,
    "FI": 19,
    "HU": 20,
}
a_hectare_deg2 = 1e-6


@pytest.mark.parametrize("iso", sorted(COUNTS))
def test_every_country_has_its_units_and_they_tile_the_exact_territory(iso):
    units = districts(iso)
    assert sum(units.land) == COUNTS[iso]
    assert len(set(units.codes)) == len(units)
    assert all(c.startswith(f"{iso}-") for c in units.codes)
    whole, shapes = units.border.shape, units.shapes
    together = shapely.union_all(shapes)
    assert whole.difference(together).area < a_hectare_deg2
    assert together.difference(whole).area < a_hectare_deg2
    twice = sum(g.area for g in shapes) - together.area
    assert abs(twice) < a_hectare_deg2
    assert {g.geom_type for g in shapes} <= {"Polygon", "MultiPolygon"}


@pytest.mark.parametrize("iso", ["PL", "UA", "RO"])
def test_every_point_inside_has_a_district_and_none_outside(iso):
    border, units = guard(iso), districts(iso)
    west, south, east, north = border.bbox_deg
    draw = np.random.default_rng(1)
    lat = draw.uniform(south - 0.2, north + 0.2, 20_000)
    lon = draw.uniform(west - 0.2, east + 0.2, 20_000)
    found = units.locate(lat, lon)
    assert ((found >= 0) == border.inside(lat, lon)).all()
    tree = shapely.STRtree(units.shapes)
    at, expected = tree.query(shapely.points(lon, lat), predicate="within")
    assert (found[at] == expected).mean() > 0.9999  # seams have a rounding


def test_towns_are_in_the_unit_everyone_knows():
    known = {
        "PL": [
            (50.81, 23.89, "PL-06"),  # Hrubieszów
            (51.25, 22.57, "PL-06"),  # Lublin
            (50.04, 22.00, "PL-18"),  # Rzeszów
            (50.68, 21.75, "PL-26"),  # Sandomierz
            (52.23, 21.01, "PL-14"),
            (54.95, 18.00, "PL-SEA"),
        ],
        "UA": [
            (49.84, 24.03, "UA-46"),
            (50.75, 25.33, "UA-07"),  # Lutsk
            (50.45, 30.52, "UA-30"),
            (50.51, 30.79, "UA-32"),  # Brovary
            (44.61, 33.52, "UA-40"),
            (48.62, 22.29, "UA-21"),
        ],
        "RO": [
            (45.18, 28.80, "RO-TL"),
            (44.43, 26.10, "RO-B"),
            (45.44, 28.05, "RO-GL"),
        ],
        "LT": [(54.69, 25.28, "LT-VL")],
        "HR": [(45.34, 17.68, "HR-11"), (45.16, 18.02, "HR-12")],
    }
    for iso, rows in known.items():
        units = districts(iso)
        for lat, lon, code in rows:
            assert units.codes[int(units.locate(lat, lon))] == code, (lat, lon)


def test_voivodeships_hold_the_places_the_state_register_says(shared_data):
    import gzip
    import json

    path = shared_data("pl_wojewodztwa_medium.geojson.gz")
    features = json.loads(gzip.decompress(path.read_bytes()))["features"]
    units, listed = districts("PL"), places("PL")
    found = units.locate(listed.lat_deg, listed.lon_deg)
    names = [n.lower() for n in units.names]
    draw = np.random.default_rng(2)
    lat, lon = draw.uniform(49, 54.9, 30_000), draw.uniform(14.1, 24.2, 30_000)
    spread = units.locate(lat, lon)
    right = people_right = area_right = area_of = known = people = 0.0
    for feature in features:
        shape = shapely.make_valid(shapely.from_geojson(json.dumps(feature)))
        shapely.prepare(shape)
        unit = names.index(feature["properties"]["nazwa"].lower())
        at = shapely.contains_xy(shape, listed.lon_deg, listed.lat_deg)
        known += at.sum()
        people += listed.people[at].sum()
        right += (found[at] == unit).sum()
        people_right += listed.people[at & (found == unit)].sum()
        cells = shapely.contains_xy(shape, lon, lat) & (spread >= 0)
        area_of += cells.sum()
        area_right += (spread[cells] == unit).sum()
    assert right / known > 0.995
    assert people_right / people > 0.995
    assert area_right / area_of > 0.965  # measured: 97.1 %


def test_a_raster_is_locate_at_its_points():
    units, plane = districts("PL"), guard("PL").plane
    raster = units.raster(plane, -50_000.0, -40_000.0, 10_000.0, 9, 11)
    assert raster.shape == (9, 11)
    assert raster.dtype == np.int16
    for iy, ix in ((0, 0), (8, 10), (3, 7)):
        lat, lon = plane.inverse(-50_000.0 + 10_000 * ix, -40_000.0 + 10_000 * iy)
        assert raster[iy, ix] == units.locate(lat, lon)


def test_a_country_without_units_is_one_district():
    units = districts("MD")
    assert units.codes == ("MD",)
    assert int(units.locate(47.0, 28.8)) == 0
    assert int(units.locate(50.0, 28.8)) == -1
    assert units.shapes[0].equals(guard("MD").shape)


def test_shipped_districts_load_in_a_third_of_a_second():
    guard("UA"), districts("PL")
    districts.cache_clear()
    start = time.process_time()
    districts("UA")
    assert time.process_time() - start < 0.3


def test_an_unknown_code_is_refused_with_the_nearest():
    units = districts("PL")
    assert units.names[units.index("PL-06")] == "Lubelskie"
    with pytest.raises(InputError, match="Did you mean"):
        units.index("PL-6")
