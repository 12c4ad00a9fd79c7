"""People: circles against arithmetic, totals against the country table."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from forefield.errors import InputError
from forefield.kernels.people import lens_area_1
from forefield.world.borders import GUARDS, guard
from forefield.world.places import (
    density,
    disc_radius_m,
    national_total,
    people_within,
    places,
)


@given(st.floats(0, 30), st.floats(0.1, 10), st.floats(0.1, 10))
def test_common_area_of_two_circles_is_shapelys(d, a, b):
    one = shapely.Point(0, 0).buffer(a, quad_segs=400)
    other = shapely.Point(d, 0).buffer(b, quad_segs=400)
    expected = one.intersection(other).area
    assert lens_area_1(d, a, b) == pytest.approx(expected, abs=2e-5 * (a + b) ** 2)


@pytest.mark.parametrize("iso", ["PL", "UA", "RO", "MD", "FI"])
def test_density_over_the_country_sums_to_the_national_total(iso):
    border = guard(iso)
    west, south, east, north = border.bbox_deg
    step = 0.02
    lat, lon = np.meshgrid(
        np.arange(south, north, step), np.arange(west, east, step), indexing="ij"
    )
    area = (step * 111.195) ** 2 * np.cos(np.radians(lat))
    total = (density(lat, lon) * area * border.inside(lat, lon)).sum()
    # Cells of 2 km are coarse for villages, and discs reach over the border.
    assert total == pytest.approx(national_total(iso), rel=0.04)


def test_a_quarter_of_the_poles_live_outside_the_listed_places():
    # Listed: 82 % of the total (18 % are in no listed place at all); with the
    # districts of the great cities counted once, 74 %.
    listed = places("PL")
    assert listed.population.sum() / national_total("PL") == pytest.approx(
        0.82, abs=0.01
    )
    assert listed.people.sum() / national_total("PL") == pytest.approx(0.74, abs=0.01)


def test_cities_are_as_dense_as_cities_are():
    # Within 5 km of the centre of Warsaw: half a million at most, a tenth at least.
    assert 150_000 < people_within(52.23, 21.01, 5_000.0) < 600_000
    assert 100_000 < people_within(49.84, 24.03, 5_000.0) < 500_000
    assert people_within(54.95, 18.0, 3_000.0) == 0.0  # the sea
    forest = density(52.75, 23.85)  # Białowieża
    assert 0 < forest < 60


@given(st.floats(49.2, 54.0), st.floats(15.0, 30.0), st.floats(100.0, 40_000.0))
def test_a_wider_circle_never_holds_fewer(lat, lon, radius):
    two = people_within(lat, lon, [radius, 1.5 * radius])
    # The background is read at 200 points: allow its grain.
    assert two[1] >= 0.9 * two[0]


def test_a_small_circle_holds_its_area_times_the_density():
    draw = np.random.default_rng(1)
    lat, lon = draw.uniform(49.5, 53.5, 300), draw.uniform(16, 23, 300)
    within = people_within(lat, lon, 20.0)
    expected = density(lat, lon) * math.pi * 0.02**2
    assert np.median(np.abs(within - expected)) < 1e-9
    assert np.isclose(within, expected, rtol=1e-6).mean() > 0.95


def test_a_disc_grows_with_its_people_and_thickens():
    p = np.array([500.0, 5e3, 5e4, 5e5, 2e6])
    radius = disc_radius_m(p)
    per_km2 = p / (math.pi * (radius / 1e3) ** 2)
    assert (np.diff(radius) > 0).all()
    assert (np.diff(per_km2) > 0).all()
    assert per_km2[0] == pytest.approx(860, rel=0.01)


def test_every_guard_has_places_within_its_borders():
    for iso in GUARDS:
        table = places(iso)
        assert (np.diff(table.population) <= 0).all()
        assert set(table.iso) == {iso}
        inside = guard(iso).inside(table.lat_deg, table.lon_deg)
        assert inside.mean() > 0.985, iso
    assert list(places("PL").name[:2]) == ["Warsaw", "Kraków"]


def test_nowhere_and_no_radius_are_answered_plainly():
    assert np.isnan(people_within(np.nan, 20.0, 1_000.0))
    assert np.isnan(density(np.nan, 20.0))
    assert people_within(52.0, 21.0, 0.0) == 0.0
    with pytest.raises(InputError, match="shipped"):
        places("XX")
    with pytest.raises(InputError, match="shipped"):
        national_total("XX")
