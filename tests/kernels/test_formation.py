"""What the members of a formation learn of each other, against a joint Gaussian."""
# ruff: noqa: E741

from __future__ import annotations

import numpy as np
import pytest

from forefield.chance import Stream
from forefield.kernels import track_rows as k
from forefield.kernels.formation import fly_together
from forefield.tracking.config import TrackerConfig
from forefield.tracking.plane_tracker import PlaneTracker

COMMON = np.array(  # what all members share: place (m), velocity (m/s)
    [[9e3, 2e3, 900.0, 50.0], [2e3, 8e3, 40.0, 700.0],
     [900.0, 40.0, 400.0, 10.0], [50.0, 700.0, 10.0, 300.0]]
)  # fmt: skip
R = np.array([[2e4, 5e3], [5e3, 1.5e4]])
OWN = (1500.0, 2500.0, 4000.0)
PLACE = np.array([[0.0, 0.0, 60.0, 5.0], [400.0, 30.0, 61.0, 4.0], [90, -400, 59, 5.5]])
SHIFT = np.array([[150.0, -80.0], [60.0, 30.0], [-20.0, 90.0]])


def scene(members):
    """Members that each caused exactly one plot; rooms filled as after association."""
    config = TrackerConfig(models=1, formation_share=0.0)
    n = len(members)
    F, I = np.zeros((n, k.N_F)), np.zeros((n, k.N_I), np.int64)
    upper = np.triu_indices(4)
    for row, m in enumerate(members):
        P = COMMON.copy()
        P[[0, 1], [0, 1]] += OWN[m]
        F[row, k.X : k.X + 4] = PLACE[m]
        F[row, k.X + 4 : k.X + 14] = P[upper]
        F[row, k.MU], F[row, k.OWN], F[row, k.R], F[row, k.PD] = 1.0, OWN[m], 0.99, 0.9
    I[:, k.CONFIRMED], I[:, k.STAGE], I[:, k.HITS] = 1, k.MODELS, 20
    z = np.full((n, 16), np.nan)
    z[:, :2] = PLACE[list(members), :2] + SHIFT[list(members)]
    z[:, 3], z[:, 4], z[:, 5], z[:, 9] = R[0, 0], R[0, 1], R[1, 1], 2.0
    nan = np.full((n, 3), np.nan)
    whole = np.zeros(n, np.int64)
    plots = k.Plots(
        z=z, t=np.zeros(n), ident=whole, flag=whole > 0, coop=whole > 0, v0=nan,
        rate=nan, number=whole,
    )  # fmt: skip
    room = k.empty_room(n, n, n)
    room.first[:] = np.arange(n + 1)
    room.plot[:] = room.order[:] = np.arange(n)
    room.belief[:], room.start[1], room.lam[:] = 1.0, n, 1e-9
    return F, I, plots, room, config.array()


def block(f):
    """Mean and covariance of the first block of a row."""
    P = np.zeros((4, 4))
    P[np.triu_indices(4)] = f[k.X + 4 : k.X + 14]
    return f[k.X : k.X + 4].copy(), P + np.triu(P, 1).T


@pytest.mark.parametrize("members", [(0, 1), (0, 1, 2)])
def test_a_member_is_corrected_as_the_joint_gaussian_says(members):
    """Twin: condition (common, own places of all) on the plots of the other members."""
    F, I, plots, room, cfg = scene(members)
    assert fly_together(F, I, plots, 0, room, 0, cfg) == len(members)
    H = np.eye(2, 4)
    for row, m in enumerate(members):
        others = [o for o in members if o != m]
        A = np.tile(H, (len(others), 1))
        noise = np.kron(np.eye(len(others)), np.ones((2, 2)))
        noise *= np.tile(R, (len(others), len(others)))
        noise += np.diag(np.repeat([OWN[o] for o in others], 2))
        S = A @ COMMON @ A.T + noise
        K = COMMON @ A.T @ np.linalg.inv(S)
        x, P = block(F[row])
        own = np.diag([OWN[m], OWN[m], 0.0, 0.0])
        assert np.allclose(x, PLACE[m] + K @ np.concatenate(SHIFT[others]), rtol=1e-9)
        assert np.allclose(P, COMMON + own - K @ A @ COMMON, rtol=1e-9)


def test_tracks_that_differ_in_velocity_or_lie_apart_are_left_alone():
    for at, by in ((k.X + 2, 40.0), (k.X, 5_000.0)):
        F, I, plots, room, cfg = scene((0, 1))
        F[1, at] += by
        before = F.copy()
        assert fly_together(F, I, plots, 0, room, 0, cfg) == 0
        assert np.array_equal(F[:, k.X :], before[:, k.X :])


def test_a_plot_beside_a_formation_may_be_of_a_member_not_yet_known():
    F, I, plots, room, cfg = scene((0, 1, 2))
    cfg[k.C_ABSENT], room.fresh[:] = 0.2, [0.0, 0.5, 0.1]
    fly_together(F, I, plots, 0, room, 0, cfg)
    assert room.fresh.tolist() == [0.2, 0.5, 0.2]
    F, I, plots, room, cfg = scene((0,))
    cfg[k.C_ABSENT] = 0.2
    fly_together(F, I, plots, 0, room, 0, cfg)
    assert room.fresh.tolist() == [0.0]


def follow(config, seed):
    """Six in formation through a turn: RMS error after it and changes of number."""
    g = Stream(seed, "formation").generator()
    spots = np.array([[400.0 * (j // 2), 400.0 * (j % 2)] for j in range(6)])
    tracker = PlaneTracker(150.0, 0.85, 7e-9, (-60e3, -60e3, 60e3, 60e3), config)
    head, at, last, errors, changes = 0.0, np.array([-30e3, -10e3]), {}, [], 0
    for scan in range(60):
        head += 0.1 if 30 <= scan < 36 else 0.0
        at = at + 5.0 * 220.0 * np.array([np.cos(head), np.sin(head)])
        true = at + spots
        seen = (true + g.normal(size=true.shape) * 150.0)[g.random(6) < 0.85]
        noise = g.uniform(-60e3, 60e3, (g.poisson(100), 2))
        now = tracker.scan(5.0 * scan, np.concatenate([seen, noise]))
        if scan < 15:
            continue
        far = np.hypot(*(now.xy_m[:, None] - true[None]).transpose(2, 0, 1))
        for j in range(6):
            best = int(far[:, j].argmin())
            errors.append(min(far[best, j], 1000.0))
            changes += last.setdefault(j, now.track_id[best]) != now.track_id[best]
            last[j] = now.track_id[best]
    return np.sqrt(np.mean(np.square(errors))), changes


def test_a_formation_is_followed_better_together_than_one_by_one():
    given = {
        "p_confirm": 0.5, "confirm_hits": 2, "max_coast_s": 60.0, "fast_share": 0.0,
        "p_detect_cap": 1.0, "accel_psd": 0.1, "accel_psd_turning": 2.0,
    }  # fmt: skip
    together, alone = (
        np.mean([follow(TrackerConfig(**given, formation_m=m), s) for s in range(6)], 0)
        for m in (2000.0, 0.0)
    )
    assert together[0] < 0.85 * alone[0]
    assert together[1] < 0.7 * alone[1]
