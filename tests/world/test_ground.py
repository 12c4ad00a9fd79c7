"""The ground below: its people are those of the countries, its countries are exact."""

import numpy as np
import pytest

from forefield.world import borders, places
from forefield.world.ground import _cell_m2, theatre


def test_the_people_of_a_country_are_all_on_the_ground():
    g = theatre(("PL",))
    m2 = _cell_m2(g.frame, g.density.shape[0])[:, None]
    for iso in ("PL", "UA"):
        people = (g.density * m2)[g.country == g.isos.index(iso)].sum()
        assert people == pytest.approx(places.national_total(iso), rel=0.005)


def test_the_country_of_a_cell_is_exactly_that_of_its_middle():
    g = theatre(("PL",))
    rng = np.random.default_rng(1)
    y = rng.integers(0, g.density.shape[0], 4000)
    x = rng.integers(0, g.density.shape[1], 4000)
    lat = g.frame[0] + g.frame[2] * (y + 0.5)
    lon = g.frame[1] + g.frame[3] * (x + 0.5)
    assert (borders.country_of(lat, lon) == g.over(lat, lon)).all()


def test_coarser_levels_keep_the_mean_of_every_country():
    g = theatre(("PL",))
    p = g.pyramid
    for level in (1, 3, 6):
        at = p.offset[level]
        shape = (p.nys[level], p.nxs[level], p.channels)
        block = p.grids[at : at + np.prod(shape)].reshape(shape)
        size = 2**level
        whole = (g.density.shape[0] // size, g.density.shape[1] // size)
        part = g.density[: whole[0] * size, : whole[1] * size]
        mean = part.reshape(whole[0], size, whole[1], size).mean(axis=(1, 3))
        assert block[: whole[0], : whole[1], -2] == pytest.approx(
            mean, rel=1e-4, abs=1e-12
        )
        told = block[..., :-2].sum(axis=2)
        assert (told <= block[..., -2] * (1 + 1e-4) + 1e-12).all()
        assert (block[..., -1] >= block[..., -2] ** 2 * (1 - 1e-3)).all()


def test_towns_are_where_they_are_and_the_country_is_not_empty():
    g = theatre(("PL",))
    assert g.people_per_km2(51.246, 22.568) > 1000.0  # Lublin
    assert 5.0 < g.people_per_km2(50.55, 24.05) < 400.0
    assert np.isnan(g.people_per_km2(10.0, 10.0))
    assert g.over(10.0, 10.0) == ""
