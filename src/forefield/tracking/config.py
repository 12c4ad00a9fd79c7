"""What the tracker assumes, in one place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forefield.columns import Floats

__all__ = ["TrackerConfig"]


@dataclass(frozen=True)
class TrackerConfig:
    """What the tracker assumes. SI units; every default is a tuned assumption.

    models             1: straight; 3: and a left and a right turn; 5: two rates each
    accel_psd          horizontal acceleration noise of straight flight [m²/s³]
    accel_psd_turning  the same while turning: absorbs rates of turn between models
    turn_dps, turn_tight_dps  rates of turn of the turning models [deg/s]
    turn_every_s       mean time of straight flight; turn_lasts_s mean time of a turn
    climb_psd          vertical acceleration noise in level flight [m²/s³]
    climb_psd_active   the same in a climb or dive
    climb_every_s, climb_lasts_s  mean times of level flight and of a climb or dive
    climb_fades_s      in level flight a climb rate dies away with this time constant
    gate, gate_new     squared Mahalanobis distance; after a single plot
    sigma_speed_mps    spread of each velocity axis after a single plot
    sigma_fast_mps     the same for the rival guess that it is a fast missile, which has
    fast_share         this share and is made only where clutter is thin
    sigma_climb_mps    spread of the climb of a new track
    height_m, sigma_height_m  height of what has none measured
    height_span_m, rate_span_mps  heights and range rates of clutter spread over these
    births_per_hour    objects that appear, all classes, everywhere a sensor sees
    births_weight_s    seconds of watching that weigh as much as that assumption
    lifetime_s         mean time an object goes on; of what is learnt, it weighs as
    lifetime_weight    much as so many ends seen
    unseen_at_start    objects in the air, undetected, when the picture begins
    p_confirm, confirm_hits   existence and plots that confirm a track
    p_drop, p_drop_new existence below which a track ends: confirmed, or not yet
    single_misses      missed looks that a single plot outlives
    coast_chance       a confirmed track is "coasting" once the looks that missed it in
                       a row had less than this chance to miss an object there,
    coast_least_s, coast_most_s  and the first so long without a plot; or the second,
                       whoever looked
    coast_s            seconds unseen until a track not confirmed ends, by 1.2
    max_coast_s        seconds unseen until a confirmed one ends
    max_sigma_m        spread of position until it ends
    p_detect_cap       no sensor is taken to be better than this: misses come in rows
    decisiveness       how far, from 0 to 1, tracks that compete are drawn from the
                       marginal probabilities to the best joint assignment;
    decisiveness_new   the same before they are confirmed
    claim              chance that a plot is of one of several rival tracks from which
                       the likeliest of them is shown
    merge              squared distance of rivals that have come to one end
    formation_m, formation_mps  confirmed tracks that are so close to each other, and
                       so alike in velocity, are taken to fly together (0: none are)
    formation_share    how far, at each look, their velocities are drawn together
    formation_psd      how fast a member's place among them wanders [m²/s, each axis]
    formation_still    nothing slower than this does [m/s]
    formation_hits     nor does a track of fewer plots
    formation_absent   least chance that a plot near them which none of them caused is
                       of a member that has no track yet
    young_hits         plots until which a track may be joined to a rival
    report_hits        plots a track needs to appear in the picture
    report_p_exist     existence it needs to appear
    trust_low, trust_high, doubt  how the filter's existence of what radars see is
                       reported (`tracking.existence`): fitted, see there
    max_lag_s          a plot older than the newest by more than this is late
    max_plots_per_scan more than these are thinned, and counted
    region_m           west, south, east, north [m] of the plane outside which a track
                       ends
    register           estimate and take off the biases of radars
    history            keep events and the plots of every track
    """

    models: int = 3
    accel_psd: float = 0.2
    accel_psd_turning: float = 10.0
    turn_dps: float = 2.0
    turn_tight_dps: float = 2.8
    turn_every_s: float = 360.0
    turn_lasts_s: float = 30.0
    climb_psd: float = 0.3
    climb_psd_active: float = 30.0
    climb_every_s: float = 300.0
    climb_lasts_s: float = 60.0
    climb_fades_s: float = 60.0
    gate: float = 20.0
    gate_new: float = 14.0
    sigma_speed_mps: float = 130.0
    sigma_fast_mps: float = 900.0
    fast_share: float = 0.1
    sigma_climb_mps: float = 15.0
    height_m: float = 1500.0
    sigma_height_m: float = 2000.0
    height_span_m: float = 12_000.0
    rate_span_mps: float = 600.0
    births_per_hour: float = 60.0
    births_weight_s: float = 300.0
    lifetime_s: float = 1500.0
    lifetime_weight: float = 5.0
    unseen_at_start: float = 5.0
    p_confirm: float = 0.9
    confirm_hits: int = 3
    p_drop: float = 0.05
    p_drop_new: float = 1e-3
    single_misses: int = 1
    coast_chance: float = 0.02
    coast_least_s: float = 15.0
    coast_most_s: float = 60.0
    coast_s: float = 30.0
    max_coast_s: float = 90.0
    max_sigma_m: float = 5_000.0
    p_detect_cap: float = 0.92
    decisiveness: float = 0.3
    decisiveness_new: float = 0.6
    claim: float = 0.6
    merge: float = 3.0
    formation_m: float = 2000.0
    formation_mps: float = 30.0
    formation_share: float = 0.3
    formation_psd: float = 30.0
    formation_still: float = 20.0
    formation_hits: int = 7
    formation_absent: float = 0.0
    young_hits: int = 3
    report_hits: int = 2
    report_p_exist: float = 0.02
    trust_low: float = 0.34
    trust_high: float = 1.11
    doubt: float = 1.69
    max_lag_s: float = 60.0
    max_plots_per_scan: int = 50_000
    region_m: tuple[float, float, float, float] = (-1e12, -1e12, 1e12, 1e12)
    register: bool = True
    history: bool = True

    def array(self) -> Floats:
        """The numbers in the order of `kernels.track_rows.CONFIG`."""
        from forefield.kernels.track_rows import CONFIG

        own = {
            "turn_1": np.radians(self.turn_dps),
            "turn_2": np.radians(self.turn_tight_dps),
            "to_turn": 1.0 / self.turn_every_s,
            "to_straight": 1.0 / self.turn_lasts_s,
            "to_climb": 1.0 / self.climb_every_s,
            "to_level": 1.0 / self.climb_lasts_s,
            "climb_damping": self.climb_fades_s,
            "sigma_speed": self.sigma_speed_mps,
            "sigma_fast": self.sigma_fast_mps,
            "sigma_climb": self.sigma_climb_mps,
            "height": self.height_m,
            "sigma_height": self.sigma_height_m,
            "height_span": self.height_span_m,
            "rate_span": self.rate_span_mps,
            "birth_rate": self.births_per_hour / 3600.0,
            "birth_weight": self.births_weight_s,
            "lifetime": self.lifetime_s,
            "coast_chance": np.log(self.coast_chance),
            "coast_least": self.coast_least_s,
            "coast_most": self.coast_most_s,
            "coast": self.coast_s,
            "max_coast": self.max_coast_s,
            "max_sigma": self.max_sigma_m,
        }
        own |= zip(("west", "south", "east", "north"), self.region_m, strict=True)
        return np.array(
            [float(own[k] if k in own else getattr(self, k)) for k in CONFIG]
        )
