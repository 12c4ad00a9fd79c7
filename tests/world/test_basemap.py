"""What is drawn is what is computed with."""

import numpy as np
import shapely

from forefield.world import attribution
from forefield.world.basemap import basemap, district_lines
from forefield.world.borders import guard
from forefield.world.districts import districts

BOX = (22.0, 49.0, 26.0, 52.5)


def test_drawn_borders_stay_within_the_tolerance_of_the_exact_ones():
    for tolerance in (25.0, 100.0):
        ring = basemap(BOX, tolerance)["PL"][0]
        lat, lon = ring[:-1].T[::-1]
        assert guard("PL").distance_m(lat, lon).max() < 0.01  # vertices are kept ones
        drawn = shapely.LineString(ring * [np.cos(np.radians(52.0)), 1.0])
        shapely.prepare(drawn)
        s = np.random.default_rng(1).uniform(0, guard("PL").length_m, 1_000)
        lat, lon = guard("PL").point_at(s)
        off = shapely.distance(
            drawn, shapely.points(lon * np.cos(np.radians(52.0)), lat)
        )
        # Scales differ by a few per cent between the middle and the ends.
        assert off.max() * 111_200 < 1.2 * tolerance


def test_two_countries_share_one_drawn_line():
    shapes = basemap(BOX, 100.0)
    assert {"PL", "UA", "BY", "SK"} <= set(shapes)
    lines = {iso: {tuple(v) for r in shapes[iso] for v in r} for iso in ("PL", "UA")}
    pl, ua = guard("PL"), guard("UA")
    for iso, border, other in (("PL", pl, "UA"), ("UA", ua, "PL")):
        mine = np.array(sorted(lines[iso]))
        near = border.nearest(mine[:, 1], mine[:, 0])
        common = near.neighbour == border.neighbours.index(other)
        shared = {tuple(v) for v in mine[common]}
        missing = shared - lines[other]
        assert len(missing) <= 2  # the triple points at its ends may count either way
        assert len(shared) > 300


def test_rings_are_closed_and_few():
    shapes = basemap(BOX, 100.0)
    for rings in shapes.values():
        for ring in rings:
            assert (ring[0] == ring[-1]).all()
    assert sum(len(r) for r in shapes["PL"]) < 5_000
    assert "FR" not in shapes
    assert "RO" not in basemap((14.0, 52.0, 18.0, 54.0))


def test_district_lines_run_inside_the_country():
    lines = district_lines(districts("PL"))
    points = np.vstack(lines)
    border = guard("PL")
    outside = ~border.inside(points[:, 1], points[:, 0])
    assert border.distance_m(points[outside, 1], points[outside, 0]).max() < 300
    assert len(points) < 5_000


def test_those_who_made_the_data_are_named():
    assert attribution.OSM == "© OpenStreetMap contributors (ODbL)"
    assert attribution.GEONAMES == "GeoNames (CC BY 4.0)"
    assert attribution.OSM in attribution.MAP
    assert attribution.GEONAMES in attribution.MAP
