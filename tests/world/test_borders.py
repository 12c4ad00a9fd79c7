"""Borders against shapely (inside, crossing) and pyproj (distance)."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from forefield.errors import InputError
from forefield.kernels import polygon
from forefield.world.borders import GUARDS, Border, boxes, country_of, guard

GEOD = Geod(ellps="WGS84")
one_millimetre = 1e-3
SOME = ("PL", "UA", "RO", "BY", "IT", "DE", "HR")  # holes, exclaves, islands


def around(border: Border, n: int, away_m: float, seed: int):
    """Points within `away_m` of the line, on both sides."""
    draw = np.random.default_rng(seed)
    lat, lon = border.point_at(draw.uniform(0.0, border.length_m, n))
    far, turn = draw.uniform(0, away_m, n), draw.uniform(0, 2 * np.pi, n)
    lat1 = lat + far * np.sin(turn) / 111_200
    return lat1, lon + far * np.cos(turn) / 111_200 / np.cos(np.radians(lat))


@pytest.mark.parametrize("iso", SOME)
def test_inside_agrees_with_shapely_at_every_point(iso):
    border = guard(iso)
    west, south, east, north = border.bbox_deg
    draw = np.random.default_rng(1)
    n = 60_000
    lat, lon = draw.uniform(south, north, n), draw.uniform(west, east, n)
    parts = [(lat, lon)]
    parts += [around(border, 30_000, away, 2) for away in (1_000.0, 1.0, 0.01)]
    lat, lon = (np.concatenate(p) for p in zip(*parts, strict=True))
    shapely.prepare(border.shape)
    expected = shapely.contains_xy(border.shape, lon, lat)
    assert (border.inside(lat, lon) == expected).all()


def test_inside_agrees_with_shapely_at_latitudes_and_longitudes_of_vertices():
    border = guard("PL")
    edge = border.prepared.edge.astype(float) / polygon.UNITS
    lat, lon = edge[::7, 1], edge[::11, 0][: len(edge[::7])]
    n = min(len(lat), len(lon))
    lat, lon = lat[:n], lon[:n]
    shapely.prepare(border.shape)
    line = border.shape.boundary
    shapely.prepare(line)
    on_line = shapely.intersects_xy(line, lon, lat)
    expected = shapely.contains_xy(border.shape, lon, lat)
    assert (border.inside(lat, lon) == expected)[~on_line].all()


def squares():
    """Rings of a few integer vertices: everything that can tie, ties."""
    corner = st.integers(0, 12)
    return st.lists(st.tuples(corner, corner), min_size=3, max_size=9, unique=True)


def even_odd(ring, x, y):
    """The obvious rule: crossings of the ray to the east, half-open in y."""
    odd = False
    for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            odd = not odd
    return odd


@settings(max_examples=100, deadline=None)
@given(squares(), st.integers(4, 400))
def test_grid_of_any_size_gives_the_even_odd_rule(ring, boxes_wanted):
    units = np.array(ring, dtype=np.int32) * 7
    p = polygon.prepare([units], np.zeros(len(units), dtype=np.uint8), boxes_wanted)
    # Whole, half and odd places: level with vertices, on grid lines, between them.
    spot = np.arange(-2.0, 87.0, 4.5)
    x, y = (g.ravel() for g in np.meshgrid(spot + 0.25, spot))
    out = np.empty(len(x), dtype=bool)
    polygon.inside(y / polygon.UNITS, x / polygon.UNITS, p, out)
    closed = [tuple(map(int, v)) for v in units]
    line = shapely.LinearRing(units)
    away = shapely.distance(line, shapely.points(x, y)) > 1e-6
    expected = np.array([even_odd(closed, a, b) for a, b in zip(x, y, strict=True)])
    assert (out == expected)[away].all()


def test_scalar_kernels_agree_with_the_arrays():
    border = guard("PL")
    lat, lon = around(border, 200, 20_000.0, 3)
    near = border.nearest(lat, lon)
    for i in range(len(lat)):
        assert polygon.inside_1(lat[i], lon[i], border.prepared) == border.inside(
            lat[i], lon[i]
        )
        d, a, o, s, e = polygon.nearest_1(lat[i], lon[i], border.prepared)
        assert (d, a, o, s) == (
            near.distance_m[i],
            near.lat_deg[i],
            near.lon_deg[i],
            near.chainage_m[i],
        )
        assert border.prepared.edge_label[e] == near.neighbour[i]


@pytest.mark.parametrize("iso", ["PL", "FI"])
def test_distance_is_that_of_geographiclib_to_the_densified_line(iso):
    border = guard(iso)
    draw = np.random.default_rng(4)
    west, south, east, north = border.bbox_deg
    lat = draw.uniform(south - 3, north + 3, 400)
    lon = draw.uniform(west - 4, east + 4, 400)
    near = border.nearest(lat, lon)
    keep = near.distance_m < 1_000_000
    lat, lon = lat[keep], lon[keep]
    d = near.distance_m[keep]
    _, _, exact = GEOD.inv(lon, lat, near.lon_deg[keep], near.lat_deg[keep])
    relative = np.where(d < 400_000, 1e-6, 3e-6)
    assert (np.abs(d - exact) <= one_millimetre + relative * exact).all()
    # The point named is on the line, and no other point of the line is nearer.
    at_lat, at_lon = border.point_at(near.chainage_m[keep])
    assert np.abs(at_lat - near.lat_deg[keep]).max() < 1e-8
    assert np.abs(at_lon - near.lon_deg[keep]).max() < 1e-8
    s = np.arange(0.0, border.length_m, 250.0)
    line_lat, line_lon = border.point_at(s)
    for i in range(0, len(lat), 20):
        n = len(line_lat)
        _, _, all_m = GEOD.inv(
            np.full(n, lon[i]), np.full(n, lat[i]), line_lon, line_lat
        )
        best = np.argsort(all_m)[:12]
        fine = (s[best][:, None] + np.arange(-250.0, 250.0, 2.0)).ravel()
        a, o = border.point_at(fine)
        _, _, fine_m = GEOD.inv(np.full(len(a), lon[i]), np.full(len(a), lat[i]), o, a)
        least = fine_m.min()
        assert d[i] <= least + one_millimetre + relative[i] * least


def test_chainage_measures_the_line_as_geographiclib_does():
    border = guard("PL")
    edge = border.prepared.edge.astype(float) / polygon.UNITS
    _, _, chords = GEOD.inv(edge[:, 0], edge[:, 1], edge[:, 2], edge[:, 3])
    lengths = np.diff(border.prepared.edge_chainage_m)
    # An edge straight in lon-lat is a little longer than the geodesic: by
    # (length/R)² tan²(lat)/24 of itself.
    assert (lengths >= chords * (1 - 1e-9) - 1e-7).all()
    limit = (chords / 6.3e6) ** 2 * np.tan(np.radians(70)) ** 2 / 24 + 1e-8
    assert (lengths <= chords * (1 + limit) + 1e-7).all()


@pytest.mark.parametrize("iso", ["PL", "UA", "IT"])
def test_a_point_at_a_chainage_lies_there_on_the_line(iso):
    border = guard(iso)
    s = np.random.default_rng(5).uniform(0, border.length_m, 2_000)
    lat, lon = border.point_at(s)
    near = border.nearest(lat, lon)
    assert near.distance_m.max() < one_millimetre
    back_lat, back_lon = border.point_at(near.chainage_m)
    _, _, off = GEOD.inv(lon, lat, back_lon, back_lat)
    assert off.max() < one_millimetre
    same = np.abs(near.chainage_m - s) < one_millimetre
    assert same.mean() > 0.999  # the line touches itself at a few points
    assert (border.neighbour_at(s) == near.neighbour)[same].all()


@pytest.mark.parametrize("iso", ["PL", "IT"])
def test_first_crossing_is_shapelys(iso):
    border = guard(iso)
    draw = np.random.default_rng(6)
    west, south, east, north = border.bbox_deg
    n = 1_500
    lat0, lon0 = draw.uniform(south, north, n), draw.uniform(west - 1, east + 1, n)
    long = draw.uniform(0, 1, n) ** 3 * 4.0
    lat1 = lat0 + long * draw.uniform(-1, 1, n)
    lon1 = lon0 + long * draw.uniform(-1, 1, n)
    lat1[:50], lon1[50:100] = lat0[:50], lon0[50:100]  # level and upright ones
    found = border.crossing(lat0, lon0, lat1, lon1)
    line = border.shape.boundary
    shapely.prepare(line)
    ends = np.stack([np.stack([lon0, lat0], -1), np.stack([lon1, lat1], -1)], axis=1)
    meets = shapely.intersection(shapely.linestrings(ends), line)
    for i, meet in enumerate(meets):
        if meet.is_empty:
            assert np.isnan(found.fraction[i])
            continue
        xy = shapely.get_coordinates(meet)
        step = ends[i, 1] - ends[i, 0]
        fraction = ((xy - ends[i, 0]) @ step / (step @ step)).min()
        assert found.fraction[i] == pytest.approx(fraction, abs=1e-9)
    hit = np.isfinite(found.fraction)
    outside = ~border.inside(lat0, lon0)
    assert (found.inward == outside)[hit].all()
    assert border.distance_m(found.lat_deg[hit], found.lon_deg[hit]).max() < 0.01
    assert (found.neighbour[~hit] == -1).all()


def test_a_segment_from_ukraine_to_poland_crosses_their_border():
    border = guard("PL")
    found = border.crossing(50.45, 24.9, 50.45, 22.0)
    assert border.neighbours[int(found.neighbour)] == "UA"
    assert bool(found.inward)
    assert not border.inside(50.45, found.lon_deg + 1e-6)
    assert border.inside(50.45, found.lon_deg - 1e-6)


def test_places_are_where_everyone_knows_them():
    known = {
        "PL": [(52.23, 21.01), (50.81, 23.89), (54.80, 18.42), (53.75, 21.72)],
        "UA": [(50.45, 30.52), (44.95, 34.10), (46.63, 32.62)],
        "RO": [(44.43, 26.10), (45.18, 28.80)],
        "DE": [(47.697, 8.69)],  # Büsingen
        "IT": [(41.80, 12.60)],
        "FR": [(48.86, 2.35), (42.0, 9.0)],  # Corsica
        "FI": [(60.1, 19.95)],  # Åland
        "": [(43.94, 12.45), (41.9025, 12.453), (54.71, 20.5), (0.0, 0.0)],
    }
    for iso, points in known.items():
        for lat, lon in points:
            assert country_of(lat, lon) == iso, (lat, lon)


def test_poland_ends_at_its_territorial_sea():
    border = guard("PL")
    assert border.inside(54.60, 18.90)  # Gulf of Gdańsk
    coast_m = 12 * 1852.0
    # North of Łeba's beach (54.764 N) the limit is 12 nautical miles out.
    out = border.crossing(54.70, 17.55, 55.3, 17.55)
    _, _, distance = GEOD.inv(17.55, 54.764, float(out.lon_deg), float(out.lat_deg))
    assert distance == pytest.approx(coast_m, rel=0.1)
    assert border.neighbours[int(out.neighbour)] == "XS"


def test_neighbours_are_those_of_the_map():
    expected = {
        "PL": {"CZ", "SK", "UA", "BY", "DE", "LT", "RU", "XS"},
        "UA": {"PL", "SK", "HU", "RO", "MD", "BY", "RU", "XS"},
        "RO": {"UA", "MD", "BG", "RS", "HU", "XS"},
        "MD": {"RO", "UA"},
        "SK": {"CZ", "PL", "UA", "HU", "AT"},
        "CH": {"DE", "FR", "IT", "AT", "LI"},
    }
    for iso, names in expected.items():
        assert set(guard(iso).neighbours) == names, iso


def test_a_common_border_is_one_line_with_one_length():
    pl, ua = guard("PL"), guard("UA")
    one, other = pl.length_by_neighbour_m["UA"], ua.length_by_neighbour_m["PL"]
    assert one == pytest.approx(other, abs=one_millimetre)
    assert one == pytest.approx(538_800, abs=200)  # measured on the source itself


def test_every_guard_loads_and_its_box_is_the_listed_one():
    for iso in GUARDS:
        border = guard(iso)
        assert border.bbox_deg == pytest.approx(boxes()[iso], abs=1e-9)
        assert border.shape.is_valid
        assert border.prepared.edge_label.max() < len(border.neighbours)


def test_areas_are_those_of_an_equal_area_sum_over_the_vertices():
    # Poland with its sea, measured on the source: 322 720 km².
    area, _ = GEOD.geometry_area_perimeter(guard("PL").shape)
    assert area / 1e6 == pytest.approx(322_720, rel=1e-3)


def test_not_a_number_is_nowhere():
    border = guard("PL")
    assert not border.inside(np.nan, 20.0)
    near = border.nearest([np.nan, 52.0], 20.0)
    assert np.isnan(near.distance_m[0])
    assert near.neighbour[0] == -1
    assert near.distance_m[1] > 0
    assert np.isnan(border.crossing(np.nan, 20.0, 52.0, 20.0).fraction)


def test_an_unknown_guard_is_refused_with_the_nearest_known():
    with pytest.raises(InputError, match="Did you mean 'PL'"):
        guard("pl")
    with pytest.raises(InputError, match="Shipped: PL, UA"):
        guard("XX")


def test_points_may_come_in_any_shape_and_read_only():
    border = guard("PL")
    lat = np.broadcast_to(np.array([[52.0], [50.0]]), (2, 3))
    lon = np.array([21.0, 30.0, 14.2])
    assert border.inside(lat, lon).shape == (2, 3)
    assert border.inside(52.0, 21.0).shape == ()
    assert border.nearest(lat, lon).distance_m.shape == (2, 3)
    assert border.crossing(lat, lon, 49.5, 22.0).fraction.shape == (2, 3)


def test_a_field_is_the_signed_distance_at_its_points(tmp_path, monkeypatch):
    from forefield.world import fields

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    border = guard("SK")
    fields.distance_field.cache_clear()
    field = border.field(cell_m=5_000.0, margin_m=60_000.0)
    ny, nx = field.signed_m.shape
    x = field.x0_m + field.cell_m * np.arange(nx)
    y = field.y0_m + field.cell_m * np.arange(ny)
    lat, lon = field.plane.inverse(*np.meshgrid(x, y))
    expected = border.signed_distance_m(lat, lon)
    assert np.abs(field.signed_m - expected).max() < 0.05  # float32
    near = border.nearest(lat, lon)
    assert (field.neighbour == near.neighbour).all()
    assert np.abs(field.chainage_m - near.chainage_m).max() < 1.0
    # Every vertex has the whole margin around it.
    vx, vy = border.plane.forward(
        *border.point_at(np.linspace(0, border.length_m, 500))
    )
    assert vx.min() - x[0] >= 60_000.0
    assert x[-1] - vx.max() >= 60_000.0
    assert vy.min() - y[0] >= 60_000.0
    assert y[-1] - vy.max() >= 60_000.0

    kept = list((tmp_path / "forefield").iterdir())
    assert len(kept) == 1
    assert kept[0].suffix == ".npz"
    fields.distance_field.cache_clear()
    again = border.field(cell_m=5_000.0, margin_m=60_000.0)
    assert again.signed_m.tobytes() == field.signed_m.tobytes()

    kept[0].write_bytes(kept[0].read_bytes()[:5_000])  # a damaged copy is ignored
    fields.distance_field.cache_clear()
    third = border.field(cell_m=5_000.0, margin_m=60_000.0)
    assert third.signed_m.tobytes() == field.signed_m.tobytes()

    blocked = tmp_path / "a file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    fields.distance_field.cache_clear()
    fourth = border.field(cell_m=5_000.0, margin_m=60_000.0)
    assert fourth.signed_m.tobytes() == field.signed_m.tobytes()
    fields.distance_field.cache_clear()


def test_a_border_travels_to_another_process_by_name():
    import pickle

    assert pickle.loads(pickle.dumps(guard("SK"))) is guard("SK")
