"""Intervals for shares between 0 and 1, which stay between 0 and 1 (Wilson, J. Am. Stat. Assoc. 1927).

A share that is close to an end is known worse than the few exceptions that were seen say: where none was seen
batches do not vary at all. Wilson's interval asks which shares are compatible with what was seen. It is for
independent draws; here it is taken for as many as would vary like the batches do.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sim.measures.batch_means import Estimate, batch_means, batch_ratio, student_t

FEW = 10
"""With fewer exceptions than this the batches do not tell how much the share varies."""
SELDOM = 20
"""With fewer entries than this that are not 0 the batches do not tell how much a mean varies."""


def share(numerators: npt.ArrayLike, denominators: npt.ArrayLike, batches: int = 20) -> Estimate:
    """Return sum(numerators) / sum(denominators), both of shape (n,), with an interval within 0 and 1.

    For parts of wholes, 0 <= numerator <= denominator entry by entry: units sold of those offered, welfare of
    the best possible. Where numbers are no such parts, the interval is that of `batch_ratio`.

    The interval is Wilson's with Student's t for as many draws as explain the variance of the batches. Where
    fewer than FEW entries differ from 0, or from the whole, the draws are at most as many as there are
    entries (weighted ones count for less): as if an exception always cost the whole.
    """
    rough = batch_ratio(numerators, denominators, batches)
    over, under = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    rounding = 1e-9 * under.max(initial=0.0)
    if math.isnan(rough.half_width) or (over < -rounding).any() or (over > under + rounding).any():
        return rough
    entries = float(under.sum() ** 2 / (under**2).sum())
    exceptions = min(int((over > rounding).sum()), int((over < under - rounding).sum()))
    return bounded(rough, entries, few=exceptions < FEW)


def mean_of_rare(values: npt.ArrayLike, batches: int = 20) -> Estimate:
    """The mean of a series, shape (n,), most of which may be 0; without interval where nearly all are.

    Where fewer than SELDOM entries differ from 0 they do not tell how far the mean may be off.
    """
    series = np.asarray(values, dtype=float)
    estimate = batch_means(series, batches)
    return estimate if np.count_nonzero(series) >= SELDOM else estimate.without_interval()


def bounded(rough: Estimate, entries: float, few: bool = False) -> Estimate:
    """The estimate of a share with Wilson's interval, from its half-width and as many independent entries.

    `few`: at most that many draws are reckoned with; they are, too, where the half-width is 0.
    """
    mean = min(max(float(rough.mean), 0.0), 1.0)
    t = student_t(rough.batches - 1)
    spread = (float(rough.half_width) / t) ** 2
    draws = mean * (1 - mean) / spread if spread > 0 else math.inf
    if few or not 0 < draws < math.inf:
        draws = min(draws, entries) if draws > 0 else entries
    low, high = wilson(mean, draws, t)
    return Estimate(rough.mean, (high - low) / 2, rough.batches, (low, high))


def wilson(mean: float, draws: float, quantile: float) -> tuple[float, float]:
    """Both ends of Wilson's interval: shares p with |mean - p| <= quantile · sqrt(p (1 - p) / draws).

    >>> low, high = wilson(1.0, 10.0, 1.96)
    >>> round(low, 4), high
    (0.7225, 1.0)
    """
    weight = quantile**2 / draws
    centre = (mean + weight / 2) / (1 + weight)
    reach = math.sqrt(mean * (1 - mean) * weight + weight**2 / 4) / (1 + weight)
    return max(0.0, min(mean, centre - reach)), min(1.0, max(mean, centre + reach))
