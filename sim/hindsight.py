"""Hindsight: what bidders lost against somebody who knows the bids of an auction before she makes her own.

For sealed auctions of one good to the highest bidder. Knowing the highest rival bid m, a bidder of value v
can get v - m in first and in second price (in first price up to the part by which m is beaten), and nothing
if that is negative. The loss is its utility less that of what she got. No reserve is reckoned with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechanisms.utilities import Linear, Utility

if TYPE_CHECKING:
    import pandas


def hindsight_losses(
    messages: pandas.DataFrame, transactions: pandas.DataFrame, utility: Utility | None = None
) -> pandas.DataFrame:
    """The loss of each bidder in each auction: columns `auction`, `bidder_id`, `loss`, of utility.

    `messages` are those of auctions of this kind, in the tables of records; a bid that never counted is none.
    """
    felt = Linear() if utility is None else utility
    asked = messages.sort_values(["auction", "bidder_id"], kind="stable")
    bids = np.where(asked["status"] == "answered", asked["answer"], -np.inf)
    frame = asked[["auction", "bidder_id", "value"]].assign(bid=bids).reset_index(drop=True)
    ranked = frame.sort_values("bid", kind="stable").groupby("auction")["bid"]
    top = ranked.transform("last").reindex(frame.index)
    runner_up = frame["auction"].map(ranked.nth(-2).set_axis(frame.loc[ranked.nth(-2).index, "auction"]))
    leader = ranked.tail(1).index
    rival = top.to_numpy().copy()
    rival[leader] = runner_up.fillna(-np.inf).to_numpy()[leader]
    best = np.maximum(frame["value"].to_numpy() - np.maximum(rival, 0.0), 0.0)
    traded = transactions[transactions["auction"].isin(frame["auction"])]
    gains = traded["value"] * traded["quantity"] - traded["payment"]
    keys = ["auction", "bidder_id"]
    payoffs = gains.groupby([traded[key] for key in keys]).sum().rename("payoff")
    got = frame.join(payoffs, on=keys)["payoff"].fillna(0.0).to_numpy()
    return frame[keys].assign(loss=felt(best) - felt(got))
