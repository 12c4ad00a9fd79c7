"""Gridded population from a GeoTIFF of the user's: GHS-POP, WorldPop and the like.

Needs tifffile, which is not installed by default: `pip install 'forefield[raster]'`.
Only geographic WGS-84 rasters (EPSG:4326) of counts are taken; both products are
published so. Cells without data stay without data: the shipped gazetteer stands in for
them, and the report says for how many.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from forefield.errors import InputError
from forefield.io.files import readable
from forefield.world.ground import Counts

__all__ = ["read_population"]

_KEYS, _SCALE, _TIE, _NODATA = 34735, 33550, 33922, 42113
_MODEL, _RASTER, _GEOGRAPHIC, _PROJECTED = 1024, 1025, 2048, 3072
_MOST_CELLS = 400_000_000


def read_population(path: str | Path) -> Counts:
    """People of each cell of a GeoTIFF in latitude and longitude, row 0 in the south.

    Raises `InputError`, one line, for another coordinate system, a raster that is
    turned, that holds no counts, or whose compression is not known here.
    """
    file = readable(path, "population raster")
    try:
        import tifffile
    except ModuleNotFoundError:
        raise InputError(
            f"{file}: reading it needs tifffile; pip install 'forefield[raster]'."
        ) from None
    try:
        with tifffile.TiffFile(file) as tif:
            page: Any = tif.pages[0]
            tags = {t.code: t.value for t in page.tags.values()}
            south, west, dlat, dlon = _frame(tags, page.shape, file)
            count = _values(page, file)
    except tifffile.TiffFileError:
        raise InputError(f"{file}: is no TIFF; give a GeoTIFF of counts.") from None
    nodata = str(tags.get(_NODATA, "")).strip("\0 ")
    if nodata:
        try:
            count[count == float(nodata)] = np.nan
        except ValueError:
            raise InputError(
                f"{file}: its nodata value {nodata!r} is no number; write it anew."
            ) from None
    if (count < 0.0).any():
        raise InputError(
            f"{file}: holds negative counts ({np.nanmin(count):g}) and does not say "
            "that this is nodata; set its nodata value (gdal_edit -a_nodata)."
        )
    if not np.isfinite(count).any():
        raise InputError(f"{file}: holds no data at all; give another raster.")
    return Counts(file.name, south, west, dlat, dlon, count[::-1])


def _frame(
    tags: dict[int, Any], shape: tuple[int, ...], file: Path
) -> tuple[float, float, float, float]:
    keys = list(tags.get(_KEYS, ()))
    value = {keys[i]: keys[i + 3] for i in range(4, len(keys) - 3, 4)}
    wanted = "give it in EPSG:4326 (GHS-POP and WorldPop are published so)."
    if not keys:
        raise InputError(f"{file}: says no coordinate system; {wanted}")
    if value.get(_MODEL) != 2 or value.get(_GEOGRAPHIC) != 4326:
        code = value.get(_PROJECTED) or value.get(_GEOGRAPHIC)
        shown = "another" if code in (None, 32767) else f"EPSG:{code}"
        raise InputError(f"{file}: coordinate system is {shown}; {wanted}")
    scale, tie = tags.get(_SCALE), tags.get(_TIE)
    if scale is None or tie is None or len(tie) < 6:
        raise InputError(f"{file}: is turned or has no place; warp it first.")
    if len(shape) != 2:
        raise InputError(f"{file}: has {len(shape)} axes; one band is wanted.")
    if shape[0] * shape[1] > _MOST_CELLS:
        raise InputError(
            f"{file}: {shape[0]} x {shape[1]} cells are too many; cut out the region."
        )
    dlon, dlat = float(scale[0]), float(scale[1])
    # A tie point of a pixel's middle lies half a cell inside its corner.
    half = 0.5 if value.get(_RASTER, 1) == 2 else 0.0
    west = float(tie[3]) - (float(tie[0]) + half) * dlon
    north = float(tie[4]) + (float(tie[1]) + half) * dlat
    return north - shape[0] * dlat, west, dlat, dlon


def _values(page: Any, file: Path) -> Any:
    try:
        return page.asarray().astype(np.float64)
    except (ValueError, ImportError, NotImplementedError) as error:
        if "imagecodecs" not in str(error) and "compress" not in str(error).lower():
            raise InputError(f"{file}: cannot be read: {error}.") from None
        raise InputError(
            f"{file}: its compression needs imagecodecs; pip install imagecodecs, or "
            "write it anew with gdal_translate -co COMPRESS=DEFLATE."
        ) from None
