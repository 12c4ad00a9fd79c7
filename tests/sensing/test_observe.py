"""What is seen of what flies: geometry, chance, clutter, outages, identity."""

import time
from dataclasses import replace

import numpy as np
import pymap3d
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.sensing.detections import Detections, Sensor
from forefield.sensing.geometry import position
from forefield.sensing.horizon import horizon_m
from forefield.sensing.observe import id_hash, observe
from forefield.threats.flights import Flights
from forefield.threats.phantoms import drifting

T0 = 1_711_250_000.0

PLAIN = Sensor(
    id="chelm", kind="radar3d", owner="PL", lat_deg=51.1, lon_deg=23.5, alt_m=260.0,
    ground_m=230.0, period_s=10.0, max_range_m=400_000.0, sigma_range_m=0.0,
    sigma_azimuth_deg=0.0, p_detect=1.0, min_elevation_deg=-5.0,
)  # fmt: skip


def flights(
    n=5,
    seconds=1200.0,
    *,
    alt_m=9000.0,
    klass="kh101_kh555",
    step_s=10.0,
    names=None,
    lat0=50.2,
    apart=0.4,
):
    t = np.arange(0.0, seconds + step_s, step_s)
    k = np.arange(n)[:, None]
    lat = lat0 + apart * k + 0.0004 * np.sin(k) * t
    lon = 25.5 - 0.25 * apart * k - 0.0025 * t + 0.05 * np.sin(t / 300.0 + k)
    names = names or [f"f{i:03d}" for i in range(n)]
    return Flights.build(
        n * len(t),
        t_s=np.tile(T0 + t, n),
        flight_id=np.repeat(names, len(t)),
        lat_deg=lat.ravel(),
        lon_deg=lon.ravel(),
        alt_m=np.full(n * len(t), alt_m),
        klass=klass,
    )


def of(table, rows):
    return table.take(rows)


def same(a: Detections, b: Detections) -> bool:
    return all(
        np.array_equal(getattr(a, f.name), getattr(b, f.name), equal_nan=True)
        if getattr(a, f.name).dtype.kind == "f"
        else np.array_equal(getattr(a, f.name), getattr(b, f.name))
        for f in Detections._fields()
    )


def truth_at(f, name, t):
    rows = f.take(f.flight_id == name)
    return tuple(
        np.interp(t, rows.t_s, c) for c in (rows.lat_deg, rows.lon_deg, rows.alt_m)
    )


def test_a_plot_is_where_pymap3d_puts_the_target_at_its_time():
    f = flights()
    sensor = replace(PLAIN, sigma_elevation_deg=1e-12, sigma_height_m=1e-9)
    d, _ = observe(f, [sensor], Stream(1))
    assert len(d) > 400
    for name in np.unique(d.truth_id):
        mine = d.take(d.truth_id == name)
        lat, lon, alt = truth_at(f, name, mine.t_s)
        az, el, rng = pymap3d.geodetic2aer(
            lat, lon, alt, sensor.lat_deg, sensor.lon_deg, sensor.alt_m
        )
        assert np.allclose(mine.range_m, rng, atol=1e-3)
        assert np.allclose(mine.azimuth_deg, az, atol=1e-7)
        assert np.allclose(mine.elevation_deg, el, atol=1e-7)
        assert np.allclose(mine.height_m, alt, atol=1e-6)


def test_the_beam_sees_a_target_when_it_points_there():
    d, scans = observe(flights(), [PLAIN], Stream(1))
    k = np.searchsorted(scans.t_end_s, d.t_s)
    turn = (d.t_s - scans.t_start_s[k]) / PLAIN.period_s * 360.0
    off = (turn - d.azimuth_deg + 180.0) % 360.0 - 180.0
    one_millisecond_deg = 0.001 / PLAIN.period_s * 360.0
    assert np.abs(off).max() < one_millisecond_deg


def test_range_rate_is_the_change_of_range():
    f = flights(1, klass="civil")
    sensor = replace(PLAIN, sigma_range_rate_mps=1e-9)
    d, _ = observe(f, [sensor], Stream(1))
    ahead, back = (
        pymap3d.geodetic2aer(
            *truth_at(f, "f000", d.t_s + dt),
            sensor.lat_deg, sensor.lon_deg, sensor.alt_m,
        )[2]
        for dt in (0.5, -0.5)
    )  # fmt: skip
    rate = ahead - back
    inside = (d.t_s > T0 + 1.0) & (d.t_s < T0 + 1199.0)
    # A plot less than half a second from a way-point mixes two legs.
    leg = np.abs((d.t_s - T0 + 5.0) % 10.0 - 5.0) > 0.6
    assert np.allclose(d.range_rate_mps[inside & leg], rate[inside & leg], atol=0.05)


def slow_twin(f, sensor, stream, t0, t1):
    """Every look by itself: who is detected in which scan, with what noise."""
    phase = float(stream["scan phase"].uniform(id_hash(sensor.id))) * sensor.period_s
    k0 = int(np.floor((t0 - phase) / sensor.period_s))
    k1 = int(np.floor((t1 - phase) / sensor.period_s))
    out = []
    for name in np.unique(f.flight_id):
        rows = f.take(f.flight_id == name)
        for k in range(k0, k1 + 1):
            t = phase + (k + 0.5) * sensor.period_s
            for _ in range(20):
                here = truth_at(f, name, np.clip(t, rows.t_s[0], rows.t_s[-1]))
                az, _, rng = pymap3d.geodetic2aer(
                    *here, sensor.lat_deg, sensor.lon_deg, sensor.alt_m
                )
                t = phase + (k + az / 360.0) * sensor.period_s
            if not (max(t0, rows.t_s[0]) <= t <= min(t1, rows.t_s[-1])):
                continue
            pd = next(
                (
                    p
                    for c, h, r, p in sensor.p_detect
                    if c in ("", "drone", str(rows.klass[0]))
                    and here[2] - sensor.ground_m <= h
                    and rng <= r
                ),
                0.0,
            )
            ids = (id_hash(name), id_hash(sensor.id), k & 0xFFFFFFFF)
            draw = stream["detection"]
            if rng > sensor.max_range_m or draw.uniform(*ids) >= pd:
                continue
            if rng > horizon_m(sensor.alt_m - sensor.ground_m, here[2]) * 1.001:
                continue
            noisy = rng + sensor.sigma_range_m * draw.normal(*ids, lane=1)
            out.append((t, name, noisy))
    return sorted(out)


def test_the_kernel_equals_its_slow_twin():
    f = flights(4, 600.0, alt_m=2500.0, klass="shahed136_geran2")
    sensor = replace(
        PLAIN,
        max_range_m=190_000.0,
        sigma_range_m=80.0,
        p_detect=(
            ("cruise", np.inf, np.inf, 1.0),
            ("drone", 3000.0, 90_000.0, 0.8),
            ("shahed136_geran2", np.inf, 150_000.0, 0.4),
            ("", np.inf, np.inf, 0.1),
        ),
    )
    stream = Stream(5, "night")
    d, _ = observe(f, [sensor], stream)
    slow = slow_twin(f, sensor, stream, f.t_s.min(), f.t_s.max())
    assert [n for _, n, _ in slow] == d.truth_id.tolist()
    assert np.allclose(d.t_s, [t for t, _, _ in slow], atol=1e-3)
    assert np.allclose(d.range_m, [r for _, _, r in slow], atol=0.5)


NOISY = replace(
    PLAIN,
    sigma_range_m=100.0,
    sigma_azimuth_deg=0.2,
    sigma_height_m=600.0,
    sigma_range_rate_mps=1.0,
    p_detect=0.7,
    clutter_per_scan=4.0,
    clutter=(("flock", 3.0), ("balloon", 2.0), ("anomalous_propagation", 0.2)),
)
SECOND = replace(NOISY, id="lviv", lat_deg=49.8, lon_deg=24.0, period_s=6.0)


@given(st.integers(0, 2**31), st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_one_more_object_moves_no_other_draw(seed, n):
    stream = Stream(seed)
    few, _ = observe(flights(n), [NOISY], stream, t0_s=T0, t1_s=T0 + 900.0)
    names = [f"f{i:03d}" for i in range(n)]
    more = Flights.concat([flights(1, names=["a-new"]), flights(n, names=names)])
    both, _ = observe(more, [NOISY], stream, t0_s=T0, t1_s=T0 + 900.0)
    assert (both.truth_id == "a-new").any()
    assert same(both.take(both.truth_id != "a-new"), few)


@given(st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_one_more_sensor_moves_no_other_draw(seed):
    alone, s1 = observe(flights(3), [NOISY], Stream(seed))
    pair, s2 = observe(flights(3), [SECOND, NOISY], Stream(seed))
    assert same(pair.take(pair.sensor == "chelm"), alone)
    mine = s2.take(s2.sensor == "chelm")
    assert np.array_equal(mine.t_end_s, s1.t_end_s)


def test_starting_earlier_moves_no_draw():
    late, _ = observe(flights(3), [NOISY], Stream(3), t0_s=T0 + 300.0, t1_s=T0 + 900.0)
    early, _ = observe(flights(3), [NOISY], Stream(3), t0_s=T0 - 50.0, t1_s=T0 + 900.0)
    assert same(early.take(early.t_s >= T0 + 300.0), late)


def test_the_share_of_detections_is_the_stated_probability():
    d, _ = observe(
        flights(20, apart=0.1),
        [replace(PLAIN, p_detect=0.6)],
        Stream(2),
        t0_s=T0,
        t1_s=T0 + 1200,
    )
    looks = 20 * 120
    four_sigma = 4.0 * np.sqrt(looks * 0.6 * 0.4)
    assert abs(len(d) - 0.6 * looks) < four_sigma + 20


def test_noise_bias_and_clock_are_as_stated():
    sensor = replace(
        NOISY, clutter=(), clutter_per_scan=0.0, p_detect=1.0, bias_range_m=250.0,
        bias_azimuth_deg=0.5, clock_offset_s=3.0,
    )  # fmt: skip
    f = flights(20, apart=0.1)
    d, scans = observe(f, [sensor], Stream(2))
    assert len(d) > 2000
    clean, _ = observe(f, [replace(PLAIN, sigma_height_m=1e-9)], Stream(2))
    assert np.array_equal(clean.truth_id, d.truth_id)
    assert np.allclose(d.t_s - clean.t_s, 3.0)
    n = len(d)
    for got, sigma, bias in (
        (d.range_m - clean.range_m, 100.0, 250.0),
        ((d.azimuth_deg - clean.azimuth_deg + 180) % 360 - 180, 0.2, 0.5),
        (d.height_m - clean.height_m, 600.0, 0.0),
    ):
        assert abs(got.mean() - bias) < 4.0 * sigma / np.sqrt(n)
        assert abs(got.std() / sigma - 1.0) < 4.0 / np.sqrt(2.0 * n)
    # Our own clock tells when a plot came, the sensor's when it was measured.
    assert ((d.t_received_s - (d.t_s - 3.0)) > 0.0).all()
    assert (scans.t_start_s[1:] > scans.t_start_s[:-1]).all()


def test_uniform_clutter_is_poisson_and_uniform_over_the_area():
    sensor = replace(PLAIN, clutter_per_scan=5.0)
    d, scans = observe(
        Flights.empty(), [sensor], Stream(4), t0_s=T0, t1_s=T0 + 20_000.0
    )
    assert (d.truth_id == "clutter:uniform:chelm").all()
    per_scan = np.histogram(d.t_s, np.append(scans.t_start_s, scans.t_end_s[-1]))[0]
    full = per_scan[1:-1]
    assert abs(full.mean() - 5.0) < 4.0 * np.sqrt(5.0 / len(full))
    assert abs(full.var() / full.mean() - 1.0) < 4.0 * np.sqrt(2.0 / len(full))
    share = (d.range_m / sensor.max_range_m) ** 2
    assert abs(share.mean() - 0.5) < 4.0 / np.sqrt(12.0 * len(d))
    assert abs(np.exp(1j * np.radians(d.azimuth_deg)).mean()) < 4.0 / np.sqrt(len(d))


def test_every_scan_is_listed_and_an_outage_is_silent():
    sensor = replace(PLAIN, outages=((T0 + 300.0, T0 + 400.0),), clutter_per_scan=3.0)
    d, scans = observe(flights(3), [sensor], Stream(1), t0_s=T0, t1_s=T0 + 1200.0)
    assert np.allclose(np.diff(scans.t_start_s), 10.0)
    assert scans.t_start_s[0] <= T0 < scans.t_end_s[0]
    assert scans.t_end_s[-1] >= T0 + 1200.0
    out = scans.status == "out"
    assert 10 <= out.sum() <= 12
    assert not ((d.t_s > T0 + 300.0) & (d.t_s < T0 + 400.0)).any()
    nobody, empty = observe(Flights.empty(), [PLAIN], Stream(1), t0_s=T0, t1_s=T0 + 60)
    assert len(nobody) == 0
    assert len(empty) >= 6


def test_a_low_flyer_is_hidden_until_the_horizon():
    f = flights(1, 1500.0, alt_m=330.0, lat0=51.1)
    d, _ = observe(f, [PLAIN], Stream(1))
    limit = horizon_m(30.0, 100.0)
    assert 0.9 * limit < d.range_m.max() < 1.01 * limit
    lat, lon, _ = truth_at(f, "f000", f.t_s)
    _, _, r = pymap3d.geodetic2aer(lat, lon, 330.0, 51.1, 23.5, 260.0)
    assert (r > 1.2 * limit).any()


def test_a_mask_hides_what_is_behind_the_hill():
    west = replace(
        PLAIN, mask=((0.0, 80.0), (180.0, 80.0), (181.0, -5.0), (359.0, -5.0))
    )
    d, _ = observe(flights(5), [west], Stream(1))
    free, _ = observe(flights(5), [PLAIN], Stream(1))
    assert len(d) < len(free)
    assert (d.azimuth_deg > 180.0).all()
    assert (free.azimuth_deg < 170.0).any()


def test_correlated_clutter_stands_in_one_place_for_two_radars():
    pair = [
        replace(
            s, clutter_per_scan=0.0, clutter=(("balloon", 6.0),), sigma_height_m=1.0
        )
        for s in (NOISY, SECOND)
    ]
    d, _ = observe(Flights.empty(), pair, Stream(6), t0_s=T0, t1_s=T0 + 1800.0)
    a, b = (d.take(d.sensor == s.id) for s in pair)
    common = set(a.truth_id) & set(b.truth_id)
    assert common
    for name in common:
        spots = []
        for one, sensor in ((a, pair[0]), (b, pair[1])):
            mine = one.take(one.truth_id == name)
            lat, lon, _ = pymap3d.aer2geodetic(
                mine.azimuth_deg, 1.0, mine.range_m, sensor.lat_deg, sensor.lon_deg, 260
            )
            # Times differ by less than a scan; the drift in it is below the noise.
            spots.append(np.polyfit(mine.t_s - T0, np.stack([lat, lon], 1), 1)[1])
        assert np.abs(np.subtract(*spots)).max() < 0.1


def test_a_higher_rate_adds_clutter_sources_and_moves_none():
    low = replace(PLAIN, clutter=(("balloon", 6.0),))
    high = replace(PLAIN, clutter=(("balloon", 20.0),))
    few, _ = observe(Flights.empty(), [low], Stream(6), t0_s=T0, t1_s=T0 + 3600.0)
    many, _ = observe(Flights.empty(), [high], Stream(6), t0_s=T0, t1_s=T0 + 3600.0)
    assert set(few.truth_id) < set(many.truth_id)
    assert same(many.take(np.isin(many.truth_id, few.truth_id)), few)


def test_the_number_of_clutter_sources_is_the_stated_rate():
    sensor = replace(PLAIN, clutter=(("wind_farm", 12.0),), max_range_m=200_000.0)
    counts = [
        len(
            set(
                observe(
                    Flights.empty(),
                    [replace(sensor, alt_m=3000.0)],
                    Stream(seed),
                    t0_s=T0,
                    t1_s=T0 + 200.0,
                )[0].truth_id
            )
        )
        for seed in range(30)
    ]
    # 20 looks at p = 0.3 miss a source once in 1250.
    assert abs(np.mean(counts) - 12.0) < 4.0 * np.sqrt(12.0 / 30)


def test_a_phantom_is_seen_by_both_radars_and_named_clutter():
    pair = [replace(s, clutter_per_scan=0.0, clutter=()) for s in (NOISY, SECOND)]
    p = drifting(
        "phantom:one", "balloon", Stream(1), t0_s=T0, t1_s=T0 + 900.0,
        from_deg=(50.8, 24.2), to_deg=(50.6, 23.6), alt_m=2500.0,
    )  # fmt: skip
    d, _ = observe(Flights.empty(), pair, Stream(1), t0_s=T0, t1_s=T0 + 900, phantoms=p)
    assert set(d.truth_id) == {"clutter:balloon:one"}
    assert set(d.sensor) == {"chelm", "lviv"}
    duct = drifting(
        "phantom:two", "anomalous_propagation", Stream(1), t0_s=T0, t1_s=T0 + 900.0,
        from_deg=(50.8, 27.2), to_deg=(50.6, 27.0), alt_m=260.0,
    )  # fmt: skip
    d, s = observe(
        Flights.empty(), pair, Stream(1), t0_s=T0, t1_s=T0 + 900.0, phantoms=duct
    )
    assert len(d)
    assert (s.status == "degraded").any()


def test_adsb_hears_only_who_carries_a_transponder():
    ear = replace(PLAIN, id="ear", kind="adsb", sigma_range_m=30.0)
    assert not len(observe(flights(3), [ear], Stream(1))[0])
    d, _ = observe(flights(3, klass="civil"), [ear], Stream(1))
    assert len(d)
    lat, _, _ = truth_at(flights(3, klass="civil"), "f001", d.t_s)
    mine = d.truth_id == "f001"
    assert np.abs(d.lat_deg - lat)[mine].max() < 5 * 30.0 / 111_000.0
    assert (d.icao24[mine] == d.icao24[mine][0]).all()
    assert np.isnan(d.range_m).all()


def test_the_acoustic_net_gives_places_without_heights():
    net = replace(PLAIN, id="net", kind="acoustic", sigma_range_m=1500.0)
    d, _ = observe(flights(3, alt_m=300.0), [net], Stream(1))
    assert len(d)
    assert np.isnan(d.alt_m).all()
    assert (d.sigma_m == 1500.0).all()
    assert (d.plot_type == "acoustic").all()


def test_an_airborne_radar_measures_from_where_it_flies():
    path = tuple(
        (t, lat, 22.0, 9e3) for t, lat in ((0.0, 51.0), (600.0, 52.0), (1200.0, 51.0))
    )
    plane = replace(PLAIN, id="up", kind="airborne", path=path, min_elevation_deg=-20.0)
    f = flights(2, klass="civil")
    d, _ = observe(f, [plane], Stream(1))
    lat, lon, alt = truth_at(f, "f001", d.t_s)
    slat, slon, salt = position(plane, d.t_s)
    assert np.ptp(slat) > 0.5
    az, _, rng = pymap3d.geodetic2aer(lat, lon, alt, slat, slon, salt)
    mine = d.truth_id == "f001"
    assert np.allclose(d.range_m[mine], rng[mine], atol=0.01)
    assert np.allclose(d.azimuth_deg[mine], az[mine], atol=1e-6)


def test_a_sensors_position_repeats_with_its_circuit():
    path = tuple(
        (t, lat, 22.0, 9e3) for t, lat in ((0.0, 51.0), (100.0, 52.0), (200.0, 51.0))
    )
    plane = replace(PLAIN, path=path)
    lat, _, _ = position(plane, np.array([T0, T0 + 200.0, T0 + 50.0]))
    assert lat[0] == pytest.approx(lat[1])
    assert position(PLAIN, T0)[0] == 51.1


def test_what_cannot_be_observed_is_refused_in_one_line():
    f = flights(2)
    blind = Flights.build(
        2, t_s=[T0, T0 + 1], flight_id="x", lat_deg=50.0, lon_deg=24.0
    )
    cases = [
        (lambda: observe(blind, [PLAIN], Stream(1)), "alt_m"),
        (lambda: observe(f.take(slice(None, None, -1)), [PLAIN], Stream(1)), "sort"),
        (lambda: observe(Flights.empty(), [PLAIN], Stream(1)), "t0_s"),
        (lambda: observe(f, [PLAIN, PLAIN], Stream(1)), "share an id"),
        (lambda: observe(f, [replace(PLAIN, kind="sonar")], Stream(1)), "sonar"),
        (
            lambda: observe(f, [replace(PLAIN, clutter=(("flok", 1.0),))], Stream(1)),
            "'flock'",
        ),
    ]
    for call, word in cases:
        with pytest.raises(InputError) as caught:
            call()
        assert word in str(caught.value)
        assert "\n" not in str(caught.value)


def test_an_hour_of_120_objects_and_six_sensors_takes_well_under_a_second():
    f = flights(120, 3600.0, alt_m=900.0)
    sensors = [
        replace(NOISY, id=f"r{i}", lat_deg=49.5 + 0.4 * i, kind=kind)
        for i, kind in enumerate(
            ("radar3d", "radar3d", "radar2d", "airborne", "acoustic", "adsb")
        )
    ]
    observe(f, sensors, Stream(1))
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        observe(f, sensors, Stream(1))
        best = min(best, time.perf_counter() - start)
    assert best < 1.0  # 0.2 s on an idle core; the machine may be busy
