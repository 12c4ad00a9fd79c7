"""sensors.toml: round trip, and one clear line for each mistake."""

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from forefield.errors import InputError
from forefield.io.sensors import read_sensors, sensors_toml
from forefield.sensing import laydown
from forefield.world.borders import guard

GOOD = """
[[sensor]]
id = "a"
kind = "radar3d"
owner = "PL"
lat_deg = 51.1
lon_deg = 23.5
alt_m = 260.0
period_s = 10.0
max_range_m = 400000.0
sigma_range_m = 100.0
sigma_azimuth_deg = 0.2
"""


def put(folder, text):
    path = folder / "sensors.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("iso", ["PL", "RO", "LT"])
def test_sensors_come_back_as_they_were_written(tmp_path, iso):
    sensors = laydown.default(iso)
    odd = replace(
        sensors[0], id="odd", mask=((0.0, 0.5), (90.0, 1.0)), bias_range_m=-12.5,
        outages=((1.7e9, 1.7e9 + 60.5),), note='a "quoted" łuk', shared=False,
    )  # fmt: skip
    text = sensors_toml((*sensors, odd))
    assert read_sensors(put(tmp_path, text)) == (*sensors, odd)


def test_outages_may_be_written_as_times(tmp_path):
    text = GOOD + "outages = [[2024-03-24T03:10:00Z, 2024-03-24T03:20:00Z]]\n"
    (sensor,) = read_sensors(put(tmp_path, text))
    assert sensor.outages == ((1711249800.0, 1711250400.0),)


def test_the_first_fitting_rule_is_read_with_its_blanks(tmp_path):
    text = GOOD + 'p_detect = [{ class = "drone", pd = 0.5 }, { pd = 0.9 }]\n'
    (sensor,) = read_sensors(put(tmp_path, text))
    assert sensor.p_detect == (
        ("drone", np.inf, np.inf, 0.5),
        ("", np.inf, np.inf, 0.9),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + "sigma_rang_m = 3.0\n", ["sigma_rang_m", "'sigma_range_m'"]),
        (GOOD + 'p_detect = [{ klass = "drone", pd = 0.5 }]\n', ["klass", "'class'"]),
        (GOOD + 'p_detect = [{ class = "dron", pd = 0.5 }]\n', ["dron", "'drone'"]),
        (GOOD + "p_detect = 1.5\n", ["p_detect", "at most 1"]),
        (GOOD + "clutter = { flocks = 1.0 }\n", ["flocks", "'flock'"]),
        (GOOD.replace("radar3d", "radar4d"), ["radar4d", "'radar3d'"]),
        (GOOD.replace("period_s = 10.0", "period_s = 0.0"), ["period_s", "above 0"]),
        (GOOD.replace("lat_deg = 51.1", "lat_deg = 95.0"), ["lat_deg", "95"]),
        (GOOD.replace("lat_deg = 51.1\n", ""), ["lat_deg", "add it"]),
        (GOOD.replace('"PL"', '"Poland"'), ["owner", "ISO"]),
        (GOOD.replace("period_s = 10.0", 'period_s = "10"'), ["period_s", "number"]),
        (GOOD + GOOD, ["two sensors", "'a'"]),
        (GOOD.replace("[[sensor]]", "[[sensors]]"), ["sensors", "'sensor'"]),
        ("", ["lists no sensors"]),
        ("[[sensor]\n", ["no TOML"]),
        (GOOD + "outages = [[2024-03-24T03:10:00, 5.0]]\n", ["time zone"]),
    ],
)
def test_a_mistake_gets_one_line_that_says_where(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        read_sensors(put(tmp_path, text))
    message = str(caught.value)
    assert "\n" not in message
    assert "sensors.toml" in message
    for word in words:
        assert word in message


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_sensors(tmp_path / "none.toml")


@pytest.mark.parametrize("iso", ["PL", "RO"])
def test_a_shipped_laydown_says_that_it_is_no_real_site(iso):
    text = (
        files("forefield")
        .joinpath("data", "laydowns", f"{iso.lower()}.toml")
        .read_text(encoding="utf-8")
    )
    assert "ILLUSTRATIVE" in text
    assert "NOT real sites" in text
    assert "basis = [" in text
    sensors = laydown.default(iso)
    assert 6 <= len(sensors) <= 9
    assert {"radar2d", "radar3d", "airborne", "acoustic"} <= {s.kind for s in sensors}
    border = guard(iso)
    for s in sensors:
        assert "illustrative" in s.note
        assert round(s.lat_deg, 1) == s.lat_deg
        if s.owner == iso:
            assert border.inside(np.array([s.lat_deg]), np.array([s.lon_deg]))[0]


def test_ukraines_sensors_are_a_switch():
    on = {s.id for s in laydown.default("PL")}
    off = {s.id for s in laydown.default("PL", shared_by_ukraine=False)}
    assert off < on
    assert all(name.startswith("ua-") for name in on - off)


def test_any_guard_has_a_generic_laydown_inside_it():
    for iso in ("LT", "FR"):
        sensors = laydown.default(iso)
        border = guard(iso)
        ground = [s for s in sensors if s.kind == "radar3d"]
        assert len(ground) == 3
        for s in ground:
            assert border.inside(np.array([s.lat_deg]), np.array([s.lon_deg]))[0]
