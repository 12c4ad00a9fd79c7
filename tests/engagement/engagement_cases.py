"""A small ground that is easy to draw, one effector, one track."""

import numpy as np

from forefield.engagement.effectors import Band, Effector
from forefield.engagement.options import countries_of, options
from forefield.forecasting.beliefs import Beliefs
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.borders import guard
from forefield.world.ground import ground_from

NOW = 1_711_250_000.0
PL = guard("PL")
EARTH_M = 6_371_000.0

UNIT = Effector(
    id="unit", kind="sam_medium", owner="PL", lat_deg=50.0, lon_deg=25.0,
    reach_m=Band(40_000.0, 40_000.0), height_m=Band(50.0, 20_000.0),
    speed_mps=Band(1000.0, 1000.0), reaction_s=Band(20.0, 20.0),
    p_hit=(("cruise", Band(0.5, 0.9)), ("other", Band(0.2, 0.4))), magazine=1,
    fires_from="PL", look_s=Band(10.0, 10.0),
)  # fmt: skip


def land(lat, lon):
    """Ukraine north of 50.0, Poland south of it: countries that are easy to draw."""
    return np.where(np.asarray(lat) > 50.0, "UA", "PL")


def one_country(lat, lon):
    return np.full(np.shape(lat), "PL")


def ground(per_km2=100.0, where=land, box=(20.0, 46.0, 30.0, 54.0)):
    return ground_from(
        box, lambda lat, lon: np.full(np.shape(lat), float(per_km2)), where,
        countries_of([PL]), dlat=0.05, dlon=0.08,
    )  # fmt: skip


GROUNDS = {where: ground(100.0, where) for where in (land, one_country)}


def crowded(per_km2, where=land):
    """The same ground with other people on it."""
    from dataclasses import replace

    base = GROUNDS[where]
    even = np.full(base.density.shape, per_km2 / 1e6, dtype=np.float32)
    return replace(base, density=even)


def track(
    lat=None, lon=25.0, *, south_mps=200.0, alt_m=3000.0, klass="cruise", east_mps=0.0
):
    # 100 km north of the unit, flying south over it.
    lat = 50.0 + np.degrees(100_000.0 / EARTH_M) if lat is None else lat
    p = np.zeros((1, len(CLASSES)))
    p[0, CLASSES.index(klass)] = 1.0
    return Tracks.build(
        1, t_s=NOW, track_id=7, lat_deg=lat, lon_deg=lon, alt_m=alt_m,
        v_east_mps=east_mps, v_north_mps=-south_mps, v_up_mps=0.0, p_class=p,
    )  # fmt: skip


def belief(p=0.5, track_id=7, end=0.1, leave=np.nan):
    return Beliefs.build(
        1, t_s=NOW, track_id=track_id, guard="PL", horizon_s=900.0, p_enter=p,
        p_via=np.zeros((1, 0)), p_end_inside=end, p_leave=leave, age_s=0.0, model="test",
    )  # fmt: skip


def ask(
    tracks=None, effectors=(UNIT,), *, p=0.5, on=None, end=0.1, leave=np.nan, **more
):
    return options(
        track() if tracks is None else tracks, belief(p, end=end, leave=leave),
        effectors, guards=[PL], now_s=NOW,
        ground=GROUNDS[land] if on is None else on, **{"margin_s": 10.0, **more},
    )  # fmt: skip


def feasible(o):
    return o.take((o.action == "intercept") & (o.barred_by == ""))
