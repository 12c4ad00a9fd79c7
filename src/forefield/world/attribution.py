"""Who has to be named beside a map or a table made from our data."""

from __future__ import annotations

__all__ = ["GEONAMES", "MAP", "NATURAL_EARTH", "OSM"]

OSM = "© OpenStreetMap contributors (ODbL)"
GEONAMES = "GeoNames (CC BY 4.0)"
NATURAL_EARTH = "Natural Earth (public domain)"

# For a map with borders, places and districts: show all of it.
MAP = f"Borders {OSM} · places {GEONAMES} · {NATURAL_EARTH}"
