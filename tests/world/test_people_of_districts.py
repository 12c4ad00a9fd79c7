"""People of districts add up to the country's."""

import numpy as np
import pytest

from forefield.world.districts import districts
from forefield.world.people import people_of
from forefield.world.places import national_total


@pytest.mark.parametrize("iso", ["PL", "LT"])
def test_districts_hold_the_national_total_within_a_hundredth(iso):
    units = districts(iso)
    people = people_of(units)
    assert people.sum() == pytest.approx(national_total(iso), rel=0.01)
    assert not people[~units.land].any()


def test_voivodeships_have_about_the_people_that_the_register_counts():
    # Statistics Poland, end of 2023, rounded; general knowledge, unverified.
    units = districts("PL")
    people = dict(zip(units.codes, people_of(units), strict=True))
    for code, millions in (("PL-06", 2.02), ("PL-14", 5.51), ("PL-18", 2.07)):
        assert people[code] / 1e6 == pytest.approx(millions, rel=0.15)
    assert np.isfinite(list(people.values())).all()
