"""The model "field": laws, the particles' answers, and the files it keeps."""

from __future__ import annotations

import dataclasses
import math
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from forefield.forecasting import fields
from forefield.forecasting.forecast import forecast
from forefield.forecasting.parameters import Parameters, shipped
from forefield.forecasting.reading import served
from forefield.kernels import polygon
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.borders import Border

T0 = 1_711_252_800.0
HORIZONS = (120.0, 300.0, 600.0, 900.0, 3600.0, math.inf)


def square() -> Border:
    """A territory 67 by 64 km, the same mirrored; west of it ZW, east of it ZE."""
    west, mid, east, south, north = 19.55, 20.0, 20.45, 49.7, 50.3
    corners = [(mid, south), (east, south), (east, north), (mid, north), (west, north),
               (west, south)]  # fmt: skip
    ring = np.round(np.array(corners) * polygon.UNITS).astype(np.int32)
    label = np.array([1, 1, 1, 0, 0, 0], dtype=np.uint8)
    return Border(
        "ZZ", "Square", ("ZW", "ZE"), (ring,), polygon.prepare([ring], label), "a test"
    )  # fmt: skip


def at_once(par: Parameters, style: str, **more) -> Parameters:
    """The process of the field: turns take no time."""
    motion = dataclasses.replace(par.motion(style), turn_rate_dps=0.0, **more)
    return dataclasses.replace(par, motions={**par.motions, style: motion})


PAR = dataclasses.replace(shipped(), field_cells=9_000, defended=("ZE",))


@pytest.fixture(scope="module")
def cache_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("cache")
    old = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(home)
    yield home
    if old is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = old


@pytest.fixture(scope="module")
def border(cache_home):
    return square()


def flying(border, x, y, v, course_deg, style="cruise", **more):
    """Tracks at places [km] of the border's plane, on courses of its grid."""
    x, y, v, course = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(a, dtype=float)) for a in (x, y, v, course_deg))
    )
    lat, lon = border.plane.inverse(1e3 * x, 1e3 * y)
    xn, yn = border.plane.forward(lat + 1e-4, lon)
    north = np.arctan2(xn - 1e3 * x, yn - 1e3 * y)
    c = np.radians(course) - north
    p = np.zeros((len(x), len(CLASSES)))
    p[:, CLASSES.index(style)] = 1.0
    t = T0 + np.arange(len(x))
    values = {"sigma_pos_m": 100.0, "sigma_vel_mps": 3.0, "p_exist": 1.0, "t_seen_s": t}
    return Tracks.build(
        len(x), t_s=t, track_id=np.arange(len(x)) + 1, lat_deg=lat, lon_deg=lon,
        v_east_mps=v * np.sin(c), v_north_mps=v * np.cos(c), p_class=p,
        **{**values, **more},
    )  # fmt: skip


def around(border, n=300, seed=4, far_km=180.0, **more):
    rng = np.random.default_rng(seed)
    far, angle = rng.uniform(50, far_km, n), rng.uniform(0, 2 * np.pi, n)
    return flying(
        border, far * np.sin(angle), far * np.cos(angle), rng.uniform(190, 250, n),
        rng.uniform(0, 360, n), **more,
    )  # fmt: skip


# -- laws -------------------------------------------------------------------------------
def test_more_time_is_never_less_entry_and_the_parts_sum_up(border):
    b = forecast(around(border), [border], HORIZONS, model="field", parameters=PAR)
    p = b.p_enter.reshape(-1, len(HORIZONS))
    assert len(p) > 250
    assert ((p >= 0.0) & (p <= 1.0)).all()
    assert (np.diff(p, axis=1) >= -1e-12).all()
    assert (p[:, -1] > p[:, 0] + 0.05).any()
    assert np.allclose(b.p_via.sum(axis=1), b.p_enter, atol=1e-9)
    assert (b.p_end_inside <= b.p_enter + 1e-12).all()
    likely = b.p_enter > 1e-4
    assert ((b.p_leave[likely] >= 0) & (b.p_leave[likely] <= 1)).all()
    q = np.stack([b.t_enter_p05_s, b.t_enter_p50_s, b.t_enter_p95_s])[:, likely]
    assert (np.diff(q, axis=0) >= -1e-9).all()
    assert (q[2] <= b.horizon_s[likely] + 1e-9).all()
    assert border.distance_m(b.entry_lat_deg[likely], b.entry_lon_deg[likely]).max() < 1


def test_a_mirrored_flight_has_the_mirrored_belief(border):
    rng = np.random.default_rng(8)
    x, y = rng.uniform(-150, -45, 60), rng.uniform(-120, 120, 60)
    v, course = rng.uniform(190, 250, 60), rng.uniform(0, 360, 60)
    level = dataclasses.replace(PAR, defended=())
    one, other = (
        forecast(
            flying(border, side * x, y, v, side * course), [border], HORIZONS[:4],
            model="field", parameters=level,
        )
        for side in (1.0, -1.0)
    )  # fmt: skip
    # The field's cells do not lie mirrored.
    assert np.abs(one.p_enter - other.p_enter).mean() < 0.002
    assert np.abs(one.p_enter - other.p_enter).max() < 0.03
    assert np.abs(one.p_via[:, 0] - other.p_via[:, 1]).max() < 0.05


def test_without_turns_entry_is_the_distance_over_the_speed(border):
    par = at_once(
        PAR, "cruise", leg_s=math.inf, course_sigma_deg=0.0, speed_sigma=0.0,
        downed_per_s=0.0, end_out_per_s=0.0,
    )  # fmt: skip
    t = flying(
        border, [-100.0, -100.0, -100.0], [0.0, 0.0, 60.0], 200.0, [90.0, 270.0, 90.0],
        sigma_pos_m=1.0, sigma_vel_mps=0.01,
    )  # fmt: skip
    b = forecast(
        t, [border], (300.0, 400.0), model="field", parameters=par,
        base_rate=par.implied_base_rate,
    )  # fmt: skip
    far = border.distance_m(t.lat_deg[:1], t.lon_deg[:1])[0]
    assert 300.0 < far / 200.0 < 400.0
    assert b.p_enter.reshape(3, 2) == pytest.approx(
        np.array([[0, 1], [0, 0], [0, 0]]), abs=1e-6
    )
    assert b.t_enter_p50_s[1] == pytest.approx(far / 200.0, rel=0.005)


def test_a_field_says_what_the_particles_of_its_process_say(border):
    many = dataclasses.replace(PAR, particles=3000)
    for style, v in (("cruise", 1.0), ("drone", 0.2)):
        par = at_once(many, style)
        t = around(border, 150, 5, 50.0 + 100.0 * v, style=style)
        t = dataclasses.replace(
            t, v_east_mps=v * t.v_east_mps, v_north_mps=v * t.v_north_mps
        )
        f, p = (
            forecast(
                t, [border], HORIZONS[:4], model=m, parameters=par,
                base_rate=par.implied_base_rate,
            )
            for m in ("field", "turning")
        )  # fmt: skip
        off = f.p_enter - p.p_enter
        noise = np.sqrt(p.p_enter * (1 - p.p_enter) / par.particles)
        assert np.abs(off).mean() < 0.005
        assert abs(off.mean()) < 0.002
        # Cells of 10 km; `bench.field_oracle` measures the fields that are used.
        assert (np.abs(off) < 0.08 + 4 * noise).all()
        likely = p.p_enter > 0.1
        assert likely.sum() > 20
        assert np.abs(f.p_leave - p.p_leave)[likely].mean() < 0.08
        assert np.abs(f.p_end_inside - p.p_end_inside).mean() < 0.005
        assert np.abs(f.p_via - p.p_via).mean() < 0.01
        gap = np.abs(f.t_enter_p50_s - p.t_enter_p50_s)[likely]
        assert np.median(gap) < 10.0


def test_flights_that_turn_first_enter_on_the_side_where_they_are(border):
    # Along each side of the square, 25 km off: none enters without a turn.
    x, y, course = [60.0, 0.0, -60.0, 0.0], [0.0, 62.0, 0.0, -62.0], [0, 90, 180, 270]
    par = at_once(dataclasses.replace(PAR, particles=3000), "drone")
    t = flying(border, x, y, 50.0, course, style="drone")
    f, p = (
        forecast(t, [border], (1800.0,), model=m, parameters=par)
        for m in ("field", "turning")
    )
    assert (p.p_enter > 0.02 * p.p_enter.max()).all()
    fx, fy = border.plane.forward(f.entry_lat_deg, f.entry_lon_deg)
    px, py = border.plane.forward(p.entry_lat_deg, p.entry_lon_deg)
    # Coarse cells of 20 km; the stretch of the most entries jumps along a side.
    assert (np.hypot(fx - px, fy - py) < 35e3).all()
    assert (np.maximum(np.array(x) * fx, np.array(y) * fy) > 0.0).all()
    assert (f.entry_sigma_m < 40e3).all()


def test_what_has_no_field_is_flown_by_particles(border):
    assert not served(PAR)[list(CLASSES).index("balloon")]
    t = around(border, 20, style="civil")
    f, p = (
        forecast(t, [border], model=m, parameters=PAR) for m in ("field", "turning")
    )
    assert np.array_equal(f.p_enter, p.p_enter)


def test_old_evidence_is_a_flight_that_may_have_turned(border):
    fresh = flying(border, -60.0, 0.0, 200.0, 90.0)
    old = dataclasses.replace(fresh, t_seen_s=fresh.t_s - 200.0)
    p = [
        forecast(t, [border], (300.0,), model="field", parameters=PAR).p_enter[0]
        for t in (fresh, old)
    ]
    assert p[1] < p[0] - 0.05


def test_a_belief_does_not_depend_on_the_company_or_order_of_its_row(border):
    t = around(border, 60)
    whole = forecast(t, [border], HORIZONS[:4], model="field", parameters=PAR)
    order = np.random.default_rng(3).permutation(len(t))[:25]
    some = forecast(
        t.take(order), [border], HORIZONS[:4], model="field", parameters=PAR
    )
    at = {k: n for n, k in enumerate(zip(whole.track_id, whole.horizon_s, strict=True))}
    rows = [at[k] for k in zip(some.track_id, some.horizon_s, strict=True)]
    assert np.array_equal(some.p_enter, whole.p_enter[rows])
    assert np.array_equal(some.p_via, whole.p_via[rows])
    assert np.array_equal(some.t_enter_p50_s, whole.t_enter_p50_s[rows], equal_nan=True)


def test_a_track_on_the_border_that_may_be_across_enters_as_its_particles_do(border):
    # Along the western side, less far from it than its position is known.
    par = dataclasses.replace(at_once(PAR, "drone"), particles=4000)
    west = -0.5 * 1e-3 * border.length_m / 4.0
    x = np.linspace(west - 3.0, west + 3.0, 241)
    t = flying(
        border, x, 0.0, 50.0, 0.0, style="drone", sigma_pos_m=300.0, sigma_vel_mps=2.0
    )
    far = border.distance_m(t.lat_deg, t.lon_deg)
    near = ~border.inside(t.lat_deg, t.lon_deg) & (far < 300.0)
    assert near.sum() > 3
    f, p = (
        forecast(
            t.take(np.flatnonzero(near)), [border], HORIZONS[:4], model=m,
            parameters=par, base_rate=par.implied_base_rate,
        )
        for m in ("field", "turning")
    )  # fmt: skip
    assert np.abs(f.p_enter - p.p_enter).max() < 0.12


# -- files ------------------------------------------------------------------------------
SMALL = dataclasses.replace(PAR, field_cells=1_000)


def asked(border, par=SMALL):
    fields.passage_of.cache_clear()
    return forecast(around(border, 40), [border], model="field", parameters=par)


def kept(cache_home, border):
    key = fields.key_of_field("cruise", SMALL)
    path = fields.field_path(border, key)
    assert path.parent == cache_home / "forefield"
    return path


def test_a_kept_field_is_mapped_and_gives_the_same_digits(cache_home, border):
    first = asked(border)
    path = kept(cache_home, border)
    made = path.stat()
    again = asked(border)
    assert np.array_equal(first.p_enter, again.p_enter)
    assert path.stat().st_mtime_ns == made.st_mtime_ns
    assert path.stat().st_ino == made.st_ino
    p = fields.passage_of(border, fields.key_of_field("cruise", SMALL))
    base = p.w
    while not isinstance(base, np.memmap) and base.base is not None:
        base = base.base
    assert isinstance(base, np.memmap) or type(base).__name__ == "mmap"
    with pytest.raises(ValueError, match="read-only"):
        p.w[0, 0, 0, 0] = 1


@pytest.mark.parametrize("harm", ["cut", "altered", "another thing"])
def test_a_damaged_file_is_solved_again_and_said_once(cache_home, border, capsys, harm):
    first = asked(border)
    path = kept(cache_home, border)
    whole = path.read_bytes()
    if harm == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif harm == "altered":
        middle = len(whole) // 2
        path.write_bytes(
            whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        )
    else:
        path.write_bytes(b"nothing of the kind")
    capsys.readouterr()
    again = asked(border)
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert "damaged" in said[0]
    assert np.array_equal(first.p_enter, again.p_enter)
    assert path.read_bytes() == whole
    asked(border)
    assert capsys.readouterr().err == ""


def test_where_nothing_can_be_kept_the_field_is_solved_all_the_same(
    border, tmp_path, monkeypatch
):
    first = asked(border)
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    again = asked(border)
    assert np.array_equal(first.p_enter, again.p_enter)
    fields.passage_of.cache_clear()


def test_another_process_reads_the_file_and_solves_nothing(cache_home, border):
    first = asked(border)
    script = textwrap.dedent(
        """
        import sys
        sys.path.insert(0, {here!r})
        import test_fields as t
        from forefield.forecasting import fields

        def solve(*_):
            raise AssertionError("solved again")

        fields._solve = solve
        print(t.asked(t.square()).p_enter.sum().hex())
        """
    ).format(here=os.path.dirname(__file__))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == first.p_enter.sum().hex()
