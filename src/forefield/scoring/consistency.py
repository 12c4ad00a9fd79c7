"""Do stated covariances hold? Normalised errors and innovations.

An error e with stated covariance P has the normalised square e' P⁻¹ e, whose mean is
its number of dimensions if the covariance is right: above it the filter is too sure,
below it too modest. Bar-Shalom, Li and Kirubarajan 2001, section 5.4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from forefield.columns import Floats
from forefield.errors import InputError

__all__ = ["Consistency", "anees", "normalised"]


class Consistency(NamedTuple):
    """Mean normalised square over its dimensions, and the 95 % band if it is right."""

    ratio: float
    low: float
    high: float
    samples: int

    @property
    def holds(self) -> bool:
        """Whether the ratio lies in the band."""
        return self.low <= self.ratio <= self.high


def normalised(error: ArrayLike, covariance: ArrayLike) -> Floats:
    """(N,) e' P⁻¹ e of errors (N, d) with covariances (N, d, d): NEES, or NIS."""
    e, P = np.asarray(error, float), np.asarray(covariance, float)
    if e.ndim != 2 or P.shape != (*e.shape, e.shape[1]):
        raise InputError(
            f"Errors {e.shape} need covariances {(*e.shape, e.shape[-1])}, "
            f"not {P.shape}."
        )
    return np.asarray((e * np.linalg.solve(P, e[:, :, None])[:, :, 0]).sum(axis=1))


def anees(error: ArrayLike, covariance: ArrayLike) -> Consistency:
    """Average normalised square of independent errors, over their dimensions.

    Arguments as in `normalised`. The band is that of a chi-square mean of N d degrees
    of freedom; samples of one track that lie close in time are not independent, and
    make the true band wider.
    """
    from scipy.stats import chi2

    values = normalised(error, covariance)
    n, d = np.asarray(error).shape
    if n == 0:
        raise InputError("No errors were given; ANEES needs at least one.")
    low, high = chi2.ppf([0.025, 0.975], n * d) / (n * d)
    return Consistency(float(values.mean() / d), float(low), float(high), n)
