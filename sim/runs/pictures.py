"""The picture at the end of a run that has sellers: what each earned, and what buyers kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.measures.plots import plot_bars

if TYPE_CHECKING:
    from sim.runs.report import SellerMeasures


def draw_sellers(sellers: Sequence[SellerMeasures], path: Any) -> None:
    """Revenue and the buyers' surplus in an auction, with 95% intervals, by seller."""
    kinds = {
        "revenue": [seller.revenue_per_auction for seller in sellers],
        "buyers' surplus": [seller.surplus_per_auction for seller in sellers],
    }
    bars = {
        label: ([one.mean for one in each], [one.half_width for one in each]) for label, each in kinds.items()
    }
    names = [seller.name.replace(" ", "\n") for seller in sellers]
    plot_bars(path, bars, names, "mean of an auction (money), with 95% interval", "What sellers earn")
