"""A user's raster of people: taken, refused, its holes filled and told."""

import numpy as np
import pytest

from forefield.errors import InputError
from forefield.io.population import read_population
from forefield.world.ground import Counts, _cell_m2, ground_from

tifffile = pytest.importorskip("tifffile")


def write(
    path, data, *, epsg=4326, model=2, nodata=None, keys=True, scale=True, **more
):
    tags = []
    if scale:
        tags += [
            (33550, "d", 3, (0.1, 0.1, 0.0), True),
            (33922, "d", 6, (0.0, 0.0, 0.0, 24.0, 51.0, 0.0), True),
        ]
    if keys:
        code = 2048 if model == 2 else 3072
        geo = (1, 1, 0, 3, 1024, 0, 1, model, 1025, 0, 1, 1, code, 0, 1, epsg)
        tags.append((34735, "H", len(geo), geo, True))
    if nodata is not None:
        text = str(nodata)
        tags.append((42113, "s", len(text) + 1, text, True))
    tifffile.imwrite(path, data, extratags=tags, metadata=None, **more)
    return path


PEOPLE = np.arange(100.0, dtype=np.float32).reshape(10, 10)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_raster_in_degrees_is_read_with_south_at_row_0(tmp_path, compression):
    got = read_population(write(tmp_path / "p.tif", PEOPLE, compression=compression))
    assert (got.west, got.dlat, got.dlon) == (24.0, 0.1, 0.1)
    assert got.south == pytest.approx(50.0)
    assert got.count[0, 0] == 90.0  # the last row written is the southern one


def test_nodata_is_not_a_number_of_people(tmp_path):
    data = PEOPLE.copy()
    data[0] = -200.0
    got = read_population(write(tmp_path / "p.tif", data, nodata=-200))
    assert np.isnan(got.count[-1]).all()
    assert np.isfinite(got.count[:-1]).all()


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"epsg": 54009, "model": 1}, "EPSG:54009; give it in EPSG:4326"),
        ({"epsg": 4258}, "EPSG:4258"),
        ({"epsg": 32767, "model": 1}, "is another"),
        ({"keys": False}, "says no coordinate system"),
        ({"scale": False}, "turned or has no place"),
        ({"data": np.full((4, 4), -200.0, np.float32)}, "negative counts"),
        ({"data": np.full((4, 4), 7.0, np.float32), "nodata": 7}, "no data at all"),
        ({"nodata": "none"}, "is no number"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path, more, match):
    more = dict(more)
    data = more.pop("data", PEOPLE)
    with pytest.raises(InputError, match=match) as found:
        read_population(write(tmp_path / "p.tif", data, **more))
    assert "\n" not in str(found.value)
    assert "p.tif" in str(found.value)


def test_what_is_no_raster_is_refused(tmp_path):
    (tmp_path / "x.tif").write_text("people")
    with pytest.raises(InputError, match="is no TIFF"):
        read_population(tmp_path / "x.tif")
    with pytest.raises(InputError, match="no such file"):
        read_population(tmp_path / "none.tif")


def base():
    return ground_from(
        (23.0, 49.0, 27.0, 52.0), lambda la, lo: np.full(np.shape(la), 50.0),
        lambda la, lo: np.full(np.shape(la), "UA"), ("UA",),
    )  # fmt: skip


def test_a_raster_keeps_its_people_and_holes_keep_the_gazetteers():
    count = np.full((10, 10), 1000.0)
    count[2, 3] = np.nan
    here = base()
    with_people = here.with_counts(Counts("p.tif", 50.0, 24.0, 0.1, 0.1, count))
    m2 = _cell_m2(here.frame, here.density.shape[0])[:, None]
    before, after = (x.density * m2 for x in (here, with_people))
    # The gazetteer's people of the 99 cells go, the raster's come: by area.
    m2_of = _cell_m2(np.array([50.0, 24.0, 0.1, 0.1]), 10)[:, None]
    gone = 50e-6 * (np.broadcast_to(m2_of, count.shape)[np.isfinite(count)]).sum()
    assert after.sum() - before.sum() == pytest.approx(99_000.0 - gone, rel=0.005)
    assert with_people.people_per_km2(50.25, 24.35) == pytest.approx(50.0, rel=0.02)
    assert with_people.people_per_km2(49.5, 26.0) == pytest.approx(50.0)
    assert "p.tif" in with_people.note
    assert "stands in for" in with_people.note
    with pytest.raises(InputError, match="covers no part"):
        here.with_counts(Counts("p.tif", 10.0, 24.0, 0.1, 0.1, count))
