"""How many people a district has: an order of magnitude, from the listed places.

    people_of(districts("PL"))           # 17 numbers, 38 million together

Each listed place counts where its centre is; the rest of the national total lies evenly
over the country's land (`places`). A register of residents would be better: none ships.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from forefield.columns import Floats
from forefield.errors import InputError
from forefield.world.districts import Districts
from forefield.world.places import places, rural_grid

__all__ = ["people_of"]

_known: WeakKeyDictionary[Districts, Floats] = WeakKeyDictionary()


def people_of(districts: Districts) -> Floats:
    """(K,) people of each district; NaN where the country's places do not ship."""
    if districts not in _known:
        _known[districts] = _count(districts)
    return _known[districts]


def _count(districts: Districts) -> Floats:
    try:
        listed = places(districts.iso)
    except InputError:
        return np.full(len(districts), np.nan)
    out = np.zeros(len(districts))
    where = districts.locate(listed.lat_deg, listed.lon_deg)
    some = where >= 0
    np.add.at(out, where[some], listed.people[some])
    lat, lon, people = rural_grid(districts.border.bbox_deg)
    where = districts.locate(lat, lon)
    some = where >= 0
    np.add.at(out, where[some], people[some])
    return out
