"""Bids against values: the last answer that each bidder gave in each of the last auctions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechanisms.questions import kinds
from sim.page.drawing.look import PALE, THEORY
from sim.page.drawing.marks import curve, note, nothing_yet
from sim.page.drawing.plot import framed, plot_of
from sim.page.drawing.scales import roomy, roomy_range
from sim.page.keeping import last_of_each
from sim.page.sellers import points_of_sellers, sellers_legend

if TYPE_CHECKING:
    import pandas

    from sim.page.drawing.drawing import Drawing
    from sim.page.scene import Scene

_MOST, _LEAST_OF_EACH = 700, 25
_FAR = 3.0
"""So many times the bid that only one in a hundred exceeds: bids beyond are counted, not shown."""


def bids_against_values(scene: Scene) -> Drawing:
    """Each bid as a dot in its seller's colour; on the diagonal a bidder tells the truth."""
    bids, title = last_bids(scene), "Bids against values"
    top, named = sellers_legend(scene)
    value, said, seller = (bids[column].to_numpy() for column in ("value", "said", "seller_id"))
    reach = _reach(scene, said)
    low = min(0.0, float(said.min(initial=0.0)))
    plot = plot_of((0, reach), roomy_range(low, reach), "buyer's value (money)", "her bid (money)", top=top)
    if not len(bids):
        why = "nobody was asked for an amount of money so far" if scene.asked else "nobody was asked yet"
        return framed(plot, title, named, nothing_yet(plot, why))
    shown = (said <= plot.y.high) & (value <= plot.x.high)
    diagonal = curve(plot, [0, reach], [0, reach], THEORY)
    marks = [named, diagonal, points_of_sellers(plot, value[shown], said[shown], seller[shown])]
    marks.append(note(plot, "bid = value", 0.9 * reach, 0.94 * reach, PALE, "right"))
    if not shown.all():
        far = f"{np.count_nonzero(~shown)} bids beyond the axes"
        marks.append(note(plot, far, 0.02 * reach, 0.97 * reach, PALE))
    told = (f"{len(bids)} bids; {np.mean(said < value - 1e-9):.0%} below the value, "
            f"{np.mean(said > value + 1e-9):.0%} above")
    data = {"seller": np.array(scene.sellers)[seller], "value": value, "bid": said}
    return framed(plot, title, *marks, told=told, data=data)


def _reach(scene: Scene, said: np.ndarray) -> float:
    """Where both axes end: beyond all values and, unless a few are far out, all bids."""
    usual = float(np.quantile(said, 0.99)) if len(said) else 0.0
    highest = float(said.max(initial=0.0))
    bids = highest if highest <= _FAR * usual else usual
    reach = max(scene.highest_value, bids)
    return roomy(reach) if reach > 0 else 1.0


def last_bids(scene: Scene) -> pandas.DataFrame:
    """Value, what was `said`, and seller_id, of bidders' last answers in money: the last of each seller."""
    messages = scene.messages
    about_money = [kind.__name__ for kind in kinds() if kind.money]
    told = messages["question"].isin(about_money) & messages["status"].isin(("answered", "late"))
    said = messages["bid"].fillna(messages["drop_out"])
    known = told & np.isfinite(messages["value"]) & np.isfinite(said)
    spoke = messages.loc[known, ["auction", "bidder_id", "value"]].assign(said=said[known])
    last = spoke.drop_duplicates(["auction", "bidder_id"], keep="last")
    seller = last["auction"].to_numpy() % len(scene.sellers)
    most = max(_LEAST_OF_EACH, _MOST // len(scene.sellers))
    return last_of_each(last[["value", "said"]].assign(seller_id=seller), seller, most)
