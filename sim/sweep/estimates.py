"""What a sweep says at each point: means over seeds, and paired differences, with Student-t intervals.

Seeds are independent replications, so that the mean of n of them has the interval ± t(n − 1) s / √n, exact
for normal figures and nearly so for means over many auctions. Two settings meet the same seeds, and with them
the same draws (common random numbers): their difference is the mean of the differences seed by seed. Where
several differences are looked at, each interval has the level 1 − 0.05 / m (Bonferroni), so that with 95% all
m hold at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.measures.batch_means import LEVEL, Estimate, student_t

if TYPE_CHECKING:
    import pandas


def over_seeds(figures: npt.ArrayLike, level: float = LEVEL) -> Estimate:
    """The mean of independent figures, shape (n,), with the interval of this level; NaNs are left out.

    The half-width is NaN for fewer than two figures. Raises ValueError for a level that is not in (0, 1).

    >>> estimate = over_seeds([1.0, 2.0, 3.0])
    >>> float(estimate.mean), round(float(estimate.half_width), 3)
    (2.0, 2.484)
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it must be above 0 and below 1")
    series = np.asarray(figures, dtype=np.float64)
    series = series[~np.isnan(series)]
    n = series.size
    if n < 2:
        return Estimate(series.mean() if n else np.nan, np.nan, n)
    return Estimate(series.mean(), student_t(n - 1, level) * series.std(ddof=1) / np.sqrt(n), n)


@dataclass(frozen=True)
class PointEstimates:
    """Estimates at one point: its swept parameters, and an estimate for each measure, by name."""

    point: dict[str, Any]
    estimates: dict[str, Estimate]


def means(
    frame: pandas.DataFrame, points: Sequence[dict[str, Any]], measures: Sequence[str]
) -> list[PointEstimates]:
    """The mean of each measure over the seeds at each point, in their order."""
    by_point = dict(iter(frame.groupby("point")))
    return [
        PointEstimates(point, {name: over_seeds(by_point[number][name]) for name in measures})
        for number, point in enumerate(points)
        if number in by_point
    ]


def paired_differences(
    frame: pandas.DataFrame,
    points: Sequence[dict[str, Any]],
    measures: Sequence[str],
    versus: tuple[str, Any, Any],
    looked_at: int | None = None,
) -> list[PointEstimates]:
    """Second value less first of an axis, seed by seed, wherever all other parameters are the same.

    Each interval is corrected for how many differences are looked at: by default those returned.
    """
    axis, first, second = versus
    pairs = _pairs(points, axis, first, second)
    count = len(pairs) * len(measures) if looked_at is None else looked_at
    level = 1 - (1 - LEVEL) / max(1, count)
    by_point = {number: rows.set_index("seed") for number, rows in frame.groupby("point")}
    return [
        PointEstimates(
            rest, {name: over_seeds(by_point[two][name] - by_point[one][name], level) for name in measures}
        )
        for rest, one, two in pairs
    ]


def _pairs(
    points: Sequence[dict[str, Any]], axis: str, first: Any, second: Any
) -> list[tuple[dict[str, Any], int, int]]:
    """The other parameters, and the numbers of the two points that differ in the axis alone."""
    numbered = {_key(point): number for number, point in enumerate(points)}
    return [
        (
            {name: value for name, value in point.items() if name != axis},
            number,
            numbered[_key({**point, axis: second})],
        )
        for number, point in enumerate(points)
        if point[axis] == first
    ]


def _key(point: dict[str, Any]) -> tuple[str, ...]:
    return tuple(map(repr, point.values()))
