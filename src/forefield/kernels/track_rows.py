"""How the tracker's numbers lie in memory: rows of tracks, plots, looks, and room.

A track is one row of `F` (numbers) and one of `I` (whole numbers), in the order of
birth, so that a scan touches memory once and a call takes a handful of arrays.
"""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from forefield.kernels.bank import BLOCK, VBLOCK

#: Clusters of up to so many tracks and plots are solved exactly.
EXACT_TRACKS, EXACT_PLOTS = 40, 9
#: Most models a bank may hold.
MODELS = 5

# Places in a row of F: existence; times of the state, of the existence, of the last
# plot, of birth, of the class evidence; chance that the look at hand sees it; time of
# that look; evidence that it is ground; log of the chance that an object there was
# missed as often as it was since its last plot; its own share of the variance of its
# place, in a formation [m²] (0: none yet); vertical bank and its shares; shares of the
# models, and their blocks; a ring of anchors (time, east, north, spread) for the way
# made, of which the first stays.
R, T, TR, SEEN, BORN_T, T_CLASS, PD, LOOK, STILL, MISSED, OWN = range(11)
V = 11
VMU = V + 2 * VBLOCK
MU = VMU + 2
X = MU + MODELS
TRAIL = X + MODELS * BLOCK
ANCHORS = 9
N_F = TRAIL + 4 * ANCHORS

# Places in a row of I. STAGE: blocks in use; below MODELS after a single plot. FIRST:
# number of that plot. LAST: plot of the scan at hand that it took, or -1.
(
    NUMBER, IDENT, HITS, MISSES, CONFIRMED, COASTING, DEAD, WHY, FLAG, RADAR, TALL,
    STAGE, FIRST, LAST, SHOWN,
) = range(15)  # fmt: skip
N_I = 15

# Events, and why a track ended.
BORN, CONFIRM, COAST, RESUME, END = 1, 2, 3, 4, 5
UNSEEN, UNLIKELY, SPREAD, MERGED, LEFT = 1, 2, 3, 4, 5
#: Columns of an event: time, track, code, reason, existence, first plot.
N_EVENT = 6

#: Names of the configuration's numbers, in order; angles in radians, rates per second.
CONFIG = (
    "accel_psd", "accel_psd_turning", "turn_1", "turn_2", "to_turn", "to_straight",
    "models", "climb_psd", "climb_psd_active", "to_climb", "to_level", "climb_damping",
    "gate", "gate_new", "sigma_speed", "sigma_fast", "fast_share", "sigma_climb",
    "height", "sigma_height", "height_span", "rate_span", "birth_rate", "birth_weight",
    "lifetime", "lifetime_weight", "p_confirm", "confirm_hits", "p_drop", "p_drop_new",
    "single_misses", "coast_chance", "coast_least", "coast_most", "coast", "max_coast",
    "max_sigma", "p_detect_cap", "decisiveness", "decisiveness_new", "claim", "merge",
    "young_hits", "formation_m", "formation_mps", "formation_share", "formation_psd",
    "formation_still", "formation_hits", "formation_absent",
    "west", "south", "east", "north",
)  # fmt: skip
(
    C_Q, C_Q_TURN, C_TURN_1, C_TURN_2, C_TO_TURN, C_TO_STRAIGHT, C_MODELS, C_QH,
    C_QH_ACTIVE, C_TO_CLIMB, C_TO_LEVEL, C_DAMP, C_GATE, C_GATE_NEW, C_SIGMA_V,
    C_SIGMA_FAST, C_FAST_SHARE, C_SIGMA_W, C_H0, C_SIGMA_H, C_HEIGHT_SPAN, C_RATE_SPAN,
    C_BIRTHS, C_BIRTH_WEIGHT, C_LIFE, C_LIFE_WEIGHT, C_CONFIRM, C_CONFIRM_HITS, C_DROP,
    C_DROP_NEW, C_SINGLE, C_COAST_CHANCE, C_COAST_LEAST_S, C_COAST_MOST_S, C_COAST_S,
    C_MAX_COAST_S, C_MAX_SIGMA, C_PD_CAP, C_DECISIVE, C_DECISIVE_NEW, C_CLAIM, C_MERGE,
    C_YOUNG, C_REACH, C_DIFFER, C_SHARE, C_WANDER, C_STILL,
    C_MEMBER, C_ABSENT, C_WEST, C_SOUTH, C_EAST, C_NORTH,
) = range(len(CONFIG))  # fmt: skip

#: Per track and sensor: plots it gave, time of the last; per track: classes.
Sides = namedtuple("Sides", "seen_by seen_t p_class")
#: Plots of a batch, in the order of their scans: rows of `to_plane`; time; address;
#: contradicts itself; tells its place; velocity told (east, north, spread); range rate,
#: its spread and the sine of the elevation (NaN: none); number for life.
Plots = namedtuple("Plots", "z t ident flag coop v0 rate number")
#: Scans of a batch: plots first[k] … first[k + 1], of the sensor `sensor[k]`.
Looks = namedtuple("Looks", "first t0 t1 sensor place xy weight")
#: What is known of every sensor. kind: 0 radar, 1 replies, 2 hears, 3 sees all alike.
#: density: false plots per square metre.
Views = namedtuple(
    "Views", "max_range density turning kind base rules fits mask n_rules period"
)
#: Objects never detected. rate (G, C): expected per m² in each group and cell; pd
#: (S, G, C): what a look of each sensor finds of them; births (G, C): share of all
#: births that falls on a square metre there; grid: x0, y0, cell [m], columns, rows,
#: time, mean time that an object goes on [s]; learnt: births counted, seconds, deaths
#: counted, seconds of tracks.
Unseen = namedtuple("Unseen", "rate pd births grid learnt")
#: Working space of a call.
Room = namedtuple(
    "Room",
    "px py lam fresh total cell item box owner first none parent order start plot "
    "weight mode back belief mix tmp mean share steps "
    "ahead behind",
)


def empty_sides(tracks: int, sensors: int, classes: int) -> Sides:
    """Room for so many tracks."""
    return Sides(
        np.zeros((tracks, sensors), np.int64),
        np.full((tracks, sensors), -np.inf),
        np.zeros((tracks, classes)),
    )


def empty_room(tracks: int, plots: int, pairs: int) -> Room:
    """Working space for so many tracks, plots of one scan, and gated pairs."""
    f, i = np.float64, np.int64
    return Room(
        px=np.zeros(plots, f), py=np.zeros(plots, f), lam=np.zeros(plots, f),
        fresh=np.zeros(plots, f), total=np.zeros(plots, f),
        cell=np.zeros(4 * plots + 16, i), item=np.zeros(plots, i), box=np.zeros(6, f),
        owner=np.zeros(plots, i), first=np.zeros(tracks + 1, i),
        none=np.zeros(tracks, f), parent=np.zeros(tracks, i),
        order=np.zeros(tracks, i), start=np.zeros(tracks + 1, i),
        plot=np.zeros(pairs, i), weight=np.zeros(pairs, f),
        mode=np.zeros((pairs, MODELS), f), back=np.zeros(pairs, f),
        belief=np.zeros(pairs, f), mix=np.zeros(MODELS * BLOCK + MODELS, f),
        tmp=np.zeros(BLOCK + MODELS, f), mean=np.zeros(MODELS * BLOCK, f),
        share=np.zeros(MODELS, f), steps=np.zeros((MODELS + 2, 5), f),
        ahead=np.zeros((EXACT_TRACKS + 1, 1 << EXACT_PLOTS), f),
        behind=np.zeros((EXACT_TRACKS + 1, 1 << EXACT_PLOTS), f),
    )  # fmt: skip
