"""Ironed virtual values of one buyer's prior (Myerson 1981, Section 6; Elkind 2007 for finite priors).

Put the values in order of the quantile q, the probability that a price is accepted. The revenue curve is
R(q) = q times the price that sells with probability q; the virtual value is its slope, and the ironed
virtual value is the slope of its least concave majorant. That slope is the isotonic regression of the
virtual values, weighted by probability, which is how it is computed.

A finite prior is exact. A continuous one is cut into cells that are narrow in probability, relative to the
upper tail too, and in value; the revenue curve is joined linearly between them. It may have gaps, which no
value falls into, and atoms: there the ironed virtual value jumps. A report in a gap counts as the gap's lower
end, so that a price never stands in a gap: its upper end sells as often and earns more.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.comparison import RELATIVE_SLACK, at_least
from mechanisms.distributions import Discrete, Distribution

LINEAR_CELLS = 2**12
"""A continuous prior's cells have at most this part of the probability, and of the range of values."""
OCTAVES = 30
"""No cell is narrower than about 2**-OCTAVES in probability, except in the upper tail."""
HALVINGS = 64
"""Bisections after which neighbours in probability are next to one another in rounding."""
CELLS_AN_OCTAVE = 128
"""In the upper tail: cells between two probabilities of exceedance, one twice the other."""
IMPOSSIBLE = 1e-200
"""A finite prior's values of no more probability are taken for impossible: ratios would overflow."""
GAP = 1e-6
"""A jump of the quantile function by less than this part of the value is no gap."""
BESIDE_A_STEP = 2.0**-24
"""No cell beside a gap or atom is narrower than this in probability, or than a 512th of what exceeds it."""

_ROUNDING = 8 * np.finfo(float).eps


@dataclass(frozen=True, eq=False)
class IronedVirtualValue(ABC):
    """The ironed virtual value of one buyer as a nondecreasing function of her report.

    values, levels
        Shape (m,), nondecreasing: reports, and the ironed virtual value there.
    cell_levels, cell_probabilities
        Shape (c,): the distribution of the ironed virtual value under the prior; levels nondecreasing.
    """

    values: FloatArray
    levels: FloatArray
    cell_levels: FloatArray
    cell_probabilities: FloatArray

    @abstractmethod
    def __call__(self, reports: FloatArray) -> FloatArray:
        """Ironed virtual value, elementwise; -inf for reports below the support, and for no bid."""

    @abstractmethod
    def least_report(self, level: FloatArray, *, above: bool = False) -> FloatArray:
        """Infimum of the reports with ironed virtual value >= level (> level if `above`), elementwise.

        inf where there is no such report.
        """


class GridVirtualValue(IronedVirtualValue):
    """A step function: a report between two values of the grid counts as the lower one."""

    def __call__(self, reports: FloatArray) -> FloatArray:
        """Level of the greatest value of the grid that does not exceed the report (up to 1e-12 relative)."""
        place = np.searchsorted(self.values, reports * (1 + RELATIVE_SLACK), side="right") - 1
        return np.append(self.levels, -np.inf)[place]

    def least_report(self, level: FloatArray, *, above: bool = False) -> FloatArray:
        """Least value of the grid that does it."""
        place = np.searchsorted(self.levels, level, side="right" if above else "left")
        return np.append(self.values, np.inf)[place]


class ContinuousVirtualValue(IronedVirtualValue):
    """Linear between the knots, and of slope 1 above the last one, so that reports there still differ.

    A value that stands twice among the knots is a jump, where the upper level counts.
    """

    @cached_property
    def _jumps(self) -> FloatArray:
        """Values at which the level jumps, ascending."""
        return self.values[1:][np.diff(self.values) <= 0]

    def __call__(self, reports: FloatArray) -> FloatArray:
        """Interpolate; 0 what is 0 up to 1e-12 of the report; -inf below the first knot.

        A report that is below a jump by rounding only (1e-12) is not below it.
        """
        if self._jumps.size:
            reached = np.searchsorted(self._jumps, reports * (1 + RELATIVE_SLACK), side="right")
            reports = np.maximum(reports, np.append(-np.inf, self._jumps)[reached])
        excess = np.maximum(reports - self.values[-1], 0)
        levels = np.interp(reports, self.values, self.levels) + excess
        levels = np.where(np.abs(levels) <= RELATIVE_SLACK * reports, 0.0, levels)
        return np.where(at_least(reports, self.values[0]), levels, -np.inf)

    def least_report(self, level: FloatArray, *, above: bool = False) -> FloatArray:
        """Invert; on a flat part the lower end, or the upper one if `above`."""
        level = np.asarray(level, dtype=float)
        place = np.searchsorted(self.levels, level, side="right" if above else "left")
        right = np.clip(place, 1, self.levels.size - 1)
        rise = np.diff(self.levels)[right - 1]
        share = (level - self.levels[right - 1]) / np.where(rise > 0, rise, 1.0)
        within = self.values[right - 1] + share * np.diff(self.values)[right - 1]
        beyond = self.values[-1] + (level - self.levels[-1])
        return np.where(place == 0, self.values[0], np.where(place == self.levels.size, beyond, within))


@lru_cache(maxsize=256)
def ironed_virtual_value(prior: Distribution) -> IronedVirtualValue:
    """Return the ironed virtual value of a buyer with this prior (kept, so that it is computed once).

    Exact for `Discrete`. For a continuous prior: the level is within the variation of the exact one over a
    cell, and within 1e-6 of it, relative to the range of values, where the virtual value has a bounded second
    derivative and is increasing. Gaps narrower than a millionth of the value are not seen as gaps.

    Raises TypeError for anything but a distribution, ValueError for one with negative values.
    """
    if not isinstance(prior, Distribution):
        raise TypeError(f"prior must be a Distribution of values, got {prior!r}")
    if not prior.support[0] >= 0:
        raise ValueError(f"prior must have values of at least 0, got the least value {prior.support[0]}")
    return _of_grid(prior) if isinstance(prior, Discrete) else _of_continuum(prior)


def _of_grid(prior: Discrete) -> GridVirtualValue:
    """Iron a finite prior; impossible values are left out of the grid."""
    possible = prior.probabilities > IMPOSSIBLE
    values, probabilities = prior.values[possible], prior.probabilities[possible]
    levels = _ironed_slopes(values, probabilities)
    return GridVirtualValue(values, levels, levels, probabilities)


def _of_continuum(prior: Distribution) -> ContinuousVirtualValue:
    """Iron a prior on cells; the slope over a cell is the level in its middle."""
    cells = _cell_edges(prior)
    starts, ends = _atoms(prior, cells)
    steps = np.union1d(_gaps(prior, cells), starts)
    edges = _with_steps(cells, np.union1d(steps, ends))
    probabilities = np.diff(edges)
    prices = _values_at(prior, edges[:-1])
    slopes = _ironed_slopes(prices, probabilities)
    middles = _values_at(prior, edges[:-1] + probabilities / 2)
    lowest = float(prior.support[0])
    gap, run = middles[0] - lowest, middles[1] - middles[0]
    first = slopes[0] - (slopes[1] - slopes[0]) * gap / run if run > 0 else slopes[0]
    first = 0.0 if abs(first) <= _ROUNDING * LINEAR_CELLS * lowest else first
    jumps = np.flatnonzero(np.isin(edges[1:-1], steps)) + 1  # cells at whose lower edge the level jumps
    beside = np.repeat(jumps, 2)
    values = np.insert(middles, beside, prices[beside])
    levels = np.insert(slopes, beside, np.stack([slopes[jumps - 1], slopes[jumps]], axis=-1).ravel())
    return ContinuousVirtualValue(
        np.append(lowest, values), np.append(first, levels), slopes, probabilities
    )


def _values_at(prior: Distribution, quantiles: FloatArray) -> FloatArray:
    return np.maximum.accumulate(np.maximum(prior.quantile(quantiles), prior.support[0]))


def _cell_edges(prior: Distribution) -> FloatArray:
    """Edges in [0, 1] of the cells: a linear grid, a geometric one for the upper tail, halved where wide."""
    octaves = 2.0 ** -np.arange(OCTAVES)
    tail = np.outer(octaves, np.linspace(0.5, 1, CELLS_AN_OCTAVE, endpoint=False)).ravel()
    edges = np.union1d(np.linspace(0, 1, LINEAR_CELLS + 1), 1 - tail)
    while True:
        values = _values_at(prior, edges[:-1])
        wide = np.diff(values) > (values[-1] - values[0]) / LINEAR_CELLS
        halves = (edges[:-2] + edges[1:-1])[wide & (np.diff(edges[:-1]) > 2.0**-OCTAVES)] / 2
        if halves.size == 0:
            return edges
        edges = np.union1d(edges, halves)


def _atoms(prior: Distribution, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of each atom that fills a cell: the probability of less, and of no more; those inside (0, 1)."""
    values = _values_at(prior, edges[:-1])
    atoms = np.unique(values[1:][np.diff(values) == 0])
    below, up_to = 1 - prior.sale_probability(atoms), prior.cdf(atoms)
    return below[below > 0], up_to[up_to < 1]


def _gaps(prior: Distribution, edges: FloatArray) -> FloatArray:
    """Ascending probabilities just above those at which the quantile function jumps, by more than `GAP`.

    One gap at a time is found in each cell, by bisection, until there are no more.
    """
    below, above = np.empty(0), np.empty(0)
    while True:
        ends = np.union1d(edges[:-1], above)
        high = ends[1:].copy()
        high[np.isin(high, above)] = below
        low, high = _bisected(prior, ends[:-1], high)
        if high.size == 0:
            return above
        order = np.argsort(np.append(above, high))
        above, below = np.append(above, high)[order], np.append(below, low)[order]


def _bisected(prior: Distribution, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Intervals of probability, each halved to where values rise more: those that shrink to a jump."""
    for _ in range(HALVINGS):
        bottom, top = (np.maximum(prior.quantile(end), prior.support[0]) for end in (low, high))
        wide = top - bottom > GAP * top
        low, high, bottom, top = low[wide], high[wide], bottom[wide], top[wide]
        middle = (low + high) / 2
        rises = np.maximum(prior.quantile(middle), prior.support[0])
        upper = top - rises >= rises - bottom
        low, high = np.where(upper, middle, low), np.where(upper, high, middle)
    jumps = high <= np.nextafter(low, 1)
    return low[jumps], high[jumps]


def _with_steps(edges: FloatArray, steps: FloatArray) -> FloatArray:
    """The edges with the steps among them, in place of those inside that are next to a step."""
    if steps.size == 0:
        return edges
    place = np.searchsorted(steps, edges)
    around = np.stack([steps[np.maximum(place - 1, 0)], steps[np.minimum(place, steps.size - 1)]])
    least = np.minimum(BESIDE_A_STEP, (1 - around) / 512)
    near = np.asarray((np.abs(edges - around) < least).any(axis=0))
    near[[0, -1]] = False
    return np.union1d(edges[~near], steps)


def _ironed_slopes(values: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Slopes of the least concave majorant of the revenue curve, in ascending order of value.

    `values` ascend; each has a probability > 0. What differs by rounding alone is made equal, and zero
    where it is zero but for rounding, so that rounding decides neither ties nor sales.
    """
    from scipy.optimize import isotonic_regression

    exceedance = np.append(np.cumsum(probabilities[::-1])[-2::-1], 0.0)
    odds = exceedance / probabilities
    virtual = values - np.diff(values, append=values[-1]) * odds
    levels = isotonic_regression(virtual, weights=probabilities).x
    slack = np.maximum(RELATIVE_SLACK, _ROUNDING * (1 + odds)) * values
    levels = np.where(np.abs(levels) <= slack, 0.0, levels)
    return _merged(np.maximum.accumulate(levels), slack)


def _merged(levels: FloatArray, slack: FloatArray) -> FloatArray:
    """Ascending levels, with each that is within `slack` of the one before it made equal to that one."""
    starts = np.diff(levels, prepend=-np.inf) > slack
    return levels[starts][np.cumsum(starts) - 1]


def share_ties(curves: Sequence[IronedVirtualValue]) -> tuple[IronedVirtualValue, ...]:
    """The curves of different buyers, with levels made equal that are equal but for rounding (1e-12)."""
    pooled = np.concatenate([curve.levels for curve in curves])
    order = np.argsort(pooled, kind="stable")
    merged: Any = np.empty_like(pooled)
    merged[order] = _merged(pooled[order], RELATIVE_SLACK * np.abs(pooled[order]))
    parts = np.split(merged, np.cumsum([curve.levels.size for curve in curves])[:-1])
    return tuple(replace(curve, levels=part) for curve, part in zip(curves, parts, strict=True))
