"""Means of a simulated series with confidence intervals by batch means (Schmeiser, Operations Research 1982).

The series is cut into batches of neighbours. If batches are long beside the memory of the series, their
means are about independent and normal, and Student's t with one degree less than there are batches
gives the interval. This assumes that the series is stationary: cut off the start, if it is not like the
rest. Where batches are too short and neighbours alike, the interval is too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """An estimate and the half-width of its 95% confidence interval, each of the leading shape.

    batches
        How many batches, or independent runs, the interval comes from.
    ends
        Both ends of an interval that is not symmetric about the mean; None: mean ± half_width.

    The half-width is NaN where there are fewer observations than batches: too few to say.
    """

    mean: Any
    half_width: Any
    batches: int
    ends: tuple[Any, Any] | None = None

    @property
    def low(self) -> Any:
        """The lower end of the interval."""
        return self.mean - self.half_width if self.ends is None else self.ends[0]

    @property
    def high(self) -> Any:
        """The upper end of the interval."""
        return self.mean + self.half_width if self.ends is None else self.ends[1]

    @property
    def errors(self) -> tuple[Any, Any]:
        """How far the interval reaches below and above the mean, as error bars take it."""
        return self.mean - self.low, self.high - self.mean

    def scaled(self, factor: float) -> Estimate:
        """The estimate of so many times the quantity; `factor` is above 0."""
        ends = None if self.ends is None else (self.ends[0] * factor, self.ends[1] * factor)
        return Estimate(self.mean * factor, self.half_width * factor, self.batches, ends)

    def without_interval(self) -> Estimate:
        """The mean alone, where nothing is known of how far it may be off."""
        return Estimate(self.mean, self.half_width * np.nan, self.batches)


def batch_means(values: npt.ArrayLike, batches: int = 20) -> Estimate:
    """Return the mean of a series along its last axis, shape (..., n), with a batch-means interval.

    Batches are equally long, up to one entry. The mean of no observations is NaN. Raises ValueError if
    batches is below 2 or `values` has no axis.
    """
    series = _series("values", values)
    return batch_ratio(series, np.ones(series.shape[-1]), batches)


def batch_ratio(numerators: npt.ArrayLike, denominators: npt.ArrayLike, batches: int = 20) -> Estimate:
    """Return sum(numerators) / sum(denominators) along the last axis, with a batch-means interval.

    For revenue for each auction, share of visits, and the like: the two series go together, entry by
    entry. The interval is that of the mean of numerator - ratio x denominator over the batches, divided
    by the mean denominator (the classical, linearised ratio estimator); its bias is of order 1/n. It
    assumes what `batch_means` assumes, of both series, and a mean denominator well away from 0.

    The ratio is NaN where the denominators sum to 0. Shapes (..., n) broadcast. Raises ValueError if the
    shapes do not, or if batches is below 2.
    """
    if batches < 2:
        raise ValueError(f"batches is {batches}; it must be at least 2")
    over, under = _series("numerators", numerators), _series("denominators", denominators)
    if over.shape[-1] != under.shape[-1]:
        raise ValueError(f"numerators have {over.shape[-1]} entries and denominators {under.shape[-1]}; "
                         "they must have as many")
    total = under.sum(axis=-1)
    ratio = over.sum(axis=-1) / np.where(total == 0, np.nan, total)
    n = over.shape[-1]
    if n < batches:
        return Estimate(ratio, np.full_like(ratio, np.nan)[()], batches)
    residuals = over - np.asarray(ratio)[..., np.newaxis] * under
    starts = np.arange(batches) * n // batches
    sums = np.add.reduceat(residuals, starts, axis=-1)
    error = np.sqrt(np.sum(sums**2, axis=-1) * batches / (batches - 1))
    return Estimate(ratio, student_t(batches - 1) * error / np.abs(total), batches)


def student_t(freedom: int, level: float = LEVEL) -> float:
    """Return the two-sided quantile of Student's t at this level."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2))


def _series(field: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return a series of shape (..., n) as floats."""
    series = np.asarray(values, dtype=np.float64)
    if series.ndim == 0:
        raise ValueError(f"{field} is {values!r}; it must have at least one axis")
    return series
