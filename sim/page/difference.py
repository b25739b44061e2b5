"""Difference: of two settings that are shown side by side, on the same seed, draws and clock.

Revenue a unit of time of the one less that of the other. Both are cut at the same times into pieces of equal
length; the interval is that of batch means over the differences of the pieces, which are paired: what the
same draws did to both falls out (`sim.measures.batch_means`). Figures of the scenario itself, if it has
`measures`, are compared without an interval: they are of one run each.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from sim.measures.batch_means import Estimate, batch_ratio
from sim.page.scene import Scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.page.show import Show

PIECES = 10
"""Pieces of time that the interval comes from."""
ALL = "all sellers"


def revenue_differences(one: Scene, other: Scene) -> dict[str, Estimate]:
    """Revenue a unit of time, the first's less the second's: of all sellers, and of each that both have."""
    times, earned = _series(one)
    theirs, gained = _series(other)
    common = np.intersect1d(times, theirs)
    mine, yours = earned[np.searchsorted(times, common)], gained[np.searchsorted(theirs, common)]
    found = {ALL: _estimate(common, mine.sum(axis=1) - yours.sum(axis=1))}
    for name in one.sellers:
        if one.sellers.count(name) == other.sellers.count(name) == 1:
            gap = mine[:, one.sellers.index(name)] - yours[:, other.sellers.index(name)]
            found[name] = _estimate(common, gap)
    return found


def _series(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times without repetition, shape (t,), and revenue so far, shape (t, sellers)."""
    times, earned, _ = scene.revenue()
    kept, first = np.unique(times, return_index=True)
    return kept, earned[first]


def _estimate(times: NDArray[np.float64], gap: NDArray[np.float64]) -> Estimate:
    """The mean growth of a gap a unit of time."""
    if len(times) < 2:
        return Estimate(math.nan, math.nan, PIECES)
    return batch_ratio(np.diff(gap), np.diff(times), PIECES)


def difference_html(one: Show, other: Show) -> str:
    """The table of differences, first less second."""
    if not isinstance(one.scene, Scene) or not isinstance(other.scene, Scene):
        return "<p class='quiet'>These runs are no markets; compare their reports.</p>"
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td class='number'>{found.mean:+,.3f}</td>"
        f"<td class='number'>{_interval(found)}</td></tr>"
        for name, found in revenue_differences(one.scene, other.scene).items()
        if not math.isnan(found.mean)
    )
    if not rows:
        return "<p class='quiet'>Nothing was earned yet.</p>"
    return ("<table><tr><th scope='col'>seller</th><th scope='col' class='number'>revenue a unit of time</th>"
            f"<th scope='col' class='number'>95% interval</th></tr>{rows}</table>")


def _interval(found: Estimate) -> str:
    if math.isnan(found.half_width):
        return f"from {PIECES} steps on"
    return f"{found.low:+,.3f} to {found.high:+,.3f}"
