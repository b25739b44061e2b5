"""Difference: of two settings that are shown side by side, on the same seed, draws and clock.

Revenue a unit of time of the one less that of the other. Both are cut at the same times into pieces of equal
length; the interval is that of batch means over the differences of the pieces, which are paired: what the
same draws did to both falls out (`sim.measures.batch_means`).
"""

from __future__ import annotations

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
    now = min(one.now, other.now)
    if now <= 0:
        return {}
    mine, yours = revenue_by_piece(one, now), revenue_by_piece(other, now)
    length = np.full(PIECES, now / PIECES)
    found = {ALL: batch_ratio(mine.sum(axis=0) - yours.sum(axis=0), length, PIECES)}
    for name in one.sellers:
        if one.sellers.count(name) == other.sellers.count(name) == 1:
            gap = mine[one.sellers.index(name)] - yours[other.sellers.index(name)]
            found[name] = batch_ratio(gap, length, PIECES)
    return found


def revenue_by_piece(scene: Scene, now: float) -> NDArray[np.float64]:
    """Shape (sellers, pieces): revenue of the auctions that closed in each piece of the time up to `now`."""
    auctions = scene.market.records.recent("auctions", 0)
    done = auctions[(auctions["status"] != "unfinished") & (auctions["closed"] < now)]
    piece = np.minimum((done["closed"].to_numpy() / now * PIECES).astype(int), PIECES - 1)
    earned = np.zeros((len(scene.sellers), PIECES))
    np.add.at(earned, (done["seller_id"].to_numpy(), piece), done["revenue"].to_numpy())
    return earned


def difference_html(one: Show, other: Show) -> str:
    """The table of differences, first less second."""
    if not isinstance(one.scene, Scene) or not isinstance(other.scene, Scene):
        return "<p class='quiet'>These runs are no markets; compare their reports.</p>"
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td class='number'>{found.mean:+,.3f}</td>"
        f"<td class='number'>{found.low:+,.3f} to {found.high:+,.3f}</td></tr>"
        for name, found in revenue_differences(one.scene, other.scene).items()
    )
    if not rows:
        return "<p class='quiet'>Nothing was earned yet.</p>"
    return ("<table><tr><th scope='col'>seller</th><th scope='col' class='number'>revenue a unit of time</th>"
            f"<th scope='col' class='number'>95% interval</th></tr>{rows}</table>")
