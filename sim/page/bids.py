"""Bids against values: the last answer that each bidder gave in each of the last auctions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechanisms.questions import kinds
from sim.page.colours import FAINT, INK, dots, new_figure, plain_axes, roomy, say_nothing_yet

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

    from sim.page.scene import Scene

_MOST = 500


def bids_against_values(scene: Scene) -> Figure:
    """Each bid as a dot in its seller's colour; on the diagonal a bidder tells the truth."""
    figure = new_figure()
    axes = plain_axes(figure, "buyer's value (money)", "her bid (money)")
    bids = last_bids(scene)
    if not len(bids):
        say_nothing_yet(axes, "no bids in money yet")
        return figure
    top = roomy(max(scene.highest_value, float(np.quantile(bids["said"], 0.99))))
    axes.plot([0, top], [0, top], color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.annotate(
        "bid = value",
        (0.93 * top, 0.93 * top),
        xytext=(-8, 5),
        textcoords="offset points",
        ha="right",
        fontsize=8.5,
        color=FAINT,
    )
    dots(axes, bids["value"], bids["said"], bids["seller_id"], alpha=0.7)
    axes.set(xlim=(0, top), ylim=(0, top))
    return figure


def last_bids(scene: Scene) -> pandas.DataFrame:
    """Of the last auctions: value, what was `said` and seller_id, of each bidder's last answer in money."""
    messages = scene.messages
    about_money = [kind.__name__ for kind in kinds() if kind.money]
    told = messages["question"].isin(about_money) & messages["status"].isin(("answered", "late"))
    said = messages["bid"].fillna(messages["drop_out"])
    known = np.isfinite(messages["value"]) & np.isfinite(said)
    spoke = messages.assign(said=said)[told & known]
    last = spoke.drop_duplicates(["auction", "bidder_id"], keep="last").tail(_MOST)
    seller = last["auction"].to_numpy() % len(scene.sellers)
    return last[["value", "said"]].assign(seller_id=seller)
