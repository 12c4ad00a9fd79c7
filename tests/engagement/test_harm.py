"""Harm against published formulas and examples, by hand, and by chance."""

from dataclasses import replace

import numpy as np
import pytest
from engagement_cases import GROUNDS, UNIT, ask, crowded, ground, one_country, track

from forefield.engagement import harm as H
from forefield.engagement.pieces import catalogue, falls
from forefield.kernels.casualties import impact_1, piece_area_1, quantiles_1
from forefield.world.facts import table


def test_the_risk_of_a_published_re_entry():
    # UARS, 2011: 26 pieces, about 22 m2 together, a casualty once in 3,200 entries, and
    # one person among seven billion once in about 21 trillion (NASA, September 2011).
    # The one gives the other: 7e9 people share the risk.
    area, people = 22.0, 7.0e9
    belt = 4 * np.pi * 6.371e6**2 * np.sin(np.radians(57.0))  # between 57 S and 57 N
    ec = H.expected_casualties(
        np.array([1.0]), np.array([area]), np.array([people]), np.array([belt])
    )
    assert ec == pytest.approx(1 / 3200, rel=0.25)
    assert ec / people == pytest.approx(1 / 21e12, rel=0.35)


def test_a_spread_over_a_region_has_the_impact_probability_of_the_regulation():
    # 14 CFR 420 appendix D: the chance that a normal spread falls on a populated area is
    # the product of its chances along and across. A country of one box, pieces around it.
    from scipy.special import ndtr

    here = ground(500.0, lambda la, lo: np.where(
        (np.asarray(la) > 49.95) & (np.asarray(la) < 50.05), "PL", "UA"), (24.0, 49.0, 26.0, 51.0))  # fmt: skip
    p = here.pyramid
    shape = np.zeros((7, 11))
    shape[:, 1] = shape[:, 2] = 8_000.0**2
    z = np.random.default_rng(1).normal(size=(7, 4000, 2))
    mean, hit = np.empty(len(here.told)), np.empty(len(here.told))
    peak = impact_1(
        50.0, 25.0, 0.3, 0.0, shape, z, here.density, here.country, p.channel_of, p.grids,
        p.offset, p.nxs, p.nys, p.channels, here.frame, 20.0, mean, hit,
    )  # fmt: skip
    half = 0.05 * 111_194.93
    inside = ndtr(half / 8_000.0) - ndtr(-half / 8_000.0)
    assert mean[0] * 1e6 == pytest.approx(500.0 * inside, rel=0.05)
    assert mean[1] * 1e6 == pytest.approx(500.0 * (1 - inside), rel=0.05)
    assert peak == pytest.approx(1 / (2 * np.pi * 8_000.0**2))
    assert hit[0] == pytest.approx(20.0 * mean[0], rel=0.01)  # rare: chance is the mean


def test_the_casualty_area_of_a_piece_by_hand():
    # Straight down: a circle of piece and person. At 45 degrees a person's height is
    # added as a swath of twice the radius.
    assert piece_area_1(0.2, 1.0, 0.3, 1.8) == pytest.approx(np.pi * 0.25)
    assert piece_area_1(0.2, np.sqrt(0.5), 0.3, 1.8) == pytest.approx(
        np.pi * 0.25 + 1.8
    )
    assert piece_area_1(0.2, 0.01, 0.3, 1.8) == piece_area_1(0.2, 0.1736, 0.3, 1.8)


def test_quantiles_are_numpys():
    values = np.random.default_rng(3).lognormal(size=32)
    out = np.empty(3)
    quantiles_1(values.copy(), out)
    assert out == pytest.approx(np.quantile(values, (0.05, 0.5, 0.95)))


def by_hand(per_km2, p, *, klass="cruise", wreck="missile_medium"):
    """Middle draw of the harm over one even country, term by term from the catalogue."""
    cat, data = catalogue(), table("debris")
    o, i = cat.object_of(klass), cat.interceptors.index(wreck)
    shape = np.empty((7, 11))
    from forefield.kernels.casualties import footprint_1

    def area(item, h, v):
        if item[6] > 0:
            return item[2] * item[5]
        t = falls()
        footprint_1(t.table, t.heights, t.speeds, int(item[1]), h, v, shape)
        return item[2] * piece_area_1(item[3], shape[3, 7], *cat.person)

    def total(items, package, v):
        return [area(x, 3000.0, v) for x in items if x[0] == package], [
            int(x[4]) for x in items if x[0] == package
        ]

    mine = cat.obj_items[cat.obj_start[o] : cat.obj_start[o + 1]]
    theirs = cat.int_items[cat.int_start[i] : cat.int_start[i + 1]]
    rho = per_km2 / 1e6
    ec = np.zeros(len(cat.people_draw))
    for d in range(len(ec)):
        q = cat.p_draw[d]
        hit = (
            p[0] + 2 * q * (p[1] - p[0])
            if q < 0.5
            else p[1] + (2 * q - 1) * (p[2] - p[1])
        )
        done = sum(
            cat.obj_draw[o, g, s, d] * a
            for g in range(3)
            for a, s in zip(*total(mine, g, 200.0), strict=True)
        ) + sum(
            cat.int_draw[i, 0, s, d] * a
            for a, s in zip(*total(theirs, 0, cat.int_speed[i]), strict=True)
        )
        miss = sum(
            cat.int_draw[i, g, s, d] * a
            for g in (1, 2)
            for a, s in zip(*total(theirs, g, cat.int_speed[i]), strict=True)
        )
        fly = cat.blast_draw[o, d]
        ec[d] = rho * cat.people_draw[d] * (hit * done + (1 - hit) * (miss + fly))
    assert data["object"][klass]["basis"]
    return np.quantile(ec, (0.05, 0.5, 0.95))


def test_the_harm_over_one_even_country_is_the_sum_of_its_terms():
    o = ask(on=crowded(250.0, one_country), end=np.nan)
    at = {name: k for k, name in enumerate(o.harm_names)}
    got = [o.harm[1, at[f"pl_{q}"]] for q in ("p05", "p50", "p95")]
    assert got == pytest.approx(by_hand(250.0, (0.5, 0.7, 0.9)), rel=0.02)
    assert all(o.harm[1, at[f"ua_{q}"]] == 0.0 for q in ("p05", "p50", "p95"))
    # Letting it fly: the charge, where people are even anywhere.
    cat = catalogue()
    k = cat.object_of("cruise")
    fly = np.quantile(
        cat.blast_draw[k] * cat.people_draw * 250.0 / 1e6, (0.05, 0.5, 0.95)
    )
    assert [o.harm[0, at[f"pl_{q}"]] for q in ("p05", "p50", "p95")] == pytest.approx(
        fly, rel=0.02
    )


def test_letting_it_fly_includes_the_charge_at_an_aimed_ukrainian_place():
    # A town in Ukraine on the course, nobody elsewhere: what is aimed finds it.
    town = GROUNDS[one_country]
    la = town.frame[0] + town.frame[2] * (np.arange(town.density.shape[0]) + 0.5)
    lo = town.frame[1] + town.frame[3] * (np.arange(town.density.shape[1]) + 0.5)
    dens = np.where(
        (abs(la - 50.0) < 0.15)[:, None] & (abs(lo - 25.0) < 0.2), 2e-3, 1e-6
    )
    ua = ground(1.0, lambda lat, lon: np.full(np.shape(lat), "UA"))
    o = ask(on=replace(ua, density=dens.astype(np.float32)), end=np.nan)
    at = {name: k for k, name in enumerate(o.harm_names)}
    even = ask(
        on=replace(ua, density=np.full(dens.shape, dens.mean(), np.float32)), end=np.nan
    )
    assert o.harm[0, at["ua_p50"]] > 5.0 * even.harm[0, at["ua_p50"]]
    assert o.harm[0, at["pl_p95"]] == 0.0


def test_chance_of_a_casualty_never_exceeds_what_is_expected():
    for per_km2 in (1.0, 100.0, 10_000.0):
        o = ask(on=crowded(per_km2))
        mid = [k for k, n in enumerate(o.harm_names) if n.endswith("p50")]
        assert (o.p_casualty[:, mid] <= o.harm[:, mid] * 1.35 + 1e-12).all()
        assert ((o.risk >= 0) & (o.risk <= 1)).all()


def test_a_sure_shot_far_from_people_hurts_less_than_letting_it_fly():
    sure = replace(UNIT, p_hit=(("other", UNIT.p_hit[0][1].__class__(1.0, 1.0)),))
    o = ask(effectors=[sure], on=crowded(50.0, one_country), end=np.nan)
    at = o.harm_names.index("pl_p50")
    assert o.harm[1, at] < o.harm[0, at]


def test_wyryki_a_failed_round_on_a_house_seldom_hurts_anybody():
    # 10 September 2025: a missile failed, did not explode and went through a roof at
    # Wyryki-Wola; nobody was hurt. The model must not call that a wonder: one round in
    # one piece, at the density of the place, expects far less than one casualty.
    from forefield.world.ground import theatre

    at = theatre(("PL",)).people_per_km2(51.55, 23.35)
    cat = catalogue()
    i = cat.interceptors.index("missile_air")
    items = cat.int_items[cat.int_start[i] : cat.int_start[i + 1]]
    body = items[(items[:, 0] == 2) & (items[:, 6] == 0)][0]
    ec = piece_area_1(body[3], 0.7, *cat.person) * float(at) / 1e6
    assert ec < 0.01


def test_przewodow_two_dead_are_within_what_a_live_round_among_people_does():
    # 15 November 2022: a round that did not destroy itself exploded at a grain dryer:
    # two dead. Given two people at work within some tens of metres, its casualty area
    # holds them; given the mean density of the parish, it is a rare misfortune.
    low, high = table("debris")["interceptor"]["missile_large"]["blast_m2"]
    assert np.pi * 10.0**2 < high
    from forefield.world.ground import theatre

    per_m2 = float(theatre(("PL",)).people_per_km2(50.471, 23.934)) / 1e6
    assert high * per_m2 < 2.0  # the mean does not expect two
    assert high * 2 / (np.pi * 20.0**2) > 1.0  # two within 20 m: it does
    assert low < high


def test_harm_without_a_height_takes_the_stated_one():
    known = ask(track(alt_m=1000.0), on=crowded(100.0, one_country), end=np.nan)
    unknown = ask(track(alt_m=np.nan), on=crowded(100.0, one_country), end=np.nan)
    assert unknown.harm[1] == pytest.approx(known.harm[1])
    assert "HEIGHT_UNKNOWN" in unknown.reasons[1]
