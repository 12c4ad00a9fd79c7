"""From the filter's existence to a probability that holds: beta calibration.

The filter takes clutter for independent and evenly spread. Real clutter comes back at
the same place, in several radars at once, so the filter promises too much, most of all
in the middle of the scale. What is reported is therefore a monotone map of what the
filter says (Kull, Silva Filho and Flach 2017, "Beta calibration", AISTATS):

    logit p' = low ln p - high ln(1 - p) - doubt

Three numbers, fitted by `bench.tracking.fit_existence` on simulated nights of their
own. What the filter does inside (confirming, dropping, associating) goes by its own
existence, and so do the events of a track's history.
"""

from __future__ import annotations

import numpy as np

from forefield.columns import Floats

__all__ = ["reported"]


def reported(p: Floats, low: float, high: float, doubt: float) -> Floats:
    """(N,) what is reported of the filter's existence p; 0 stays 0 and 1 stays 1.

    low, high  > 0: how much what speaks against, and for, an object counts
    doubt      how much less likely [log odds] it is than the filter says
    low, high, doubt = 1, 1, 0 changes nothing.
    """
    with np.errstate(divide="ignore"):
        odds = low * np.log(p) - high * np.log1p(-p) - doubt
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * odds)))
