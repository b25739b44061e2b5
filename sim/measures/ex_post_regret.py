"""Ex-post regret: what bidders lost against the best reply to the bids that the others made.

For sealed auctions of one good to the highest bidder. Knowing the highest rival bid m, the best that a
bidder of value v can get in first and in second price is what truth brings against m in second price: v - m,
or nothing if that is negative (in first price up to the part by which m is beaten). The regret is its utility
less that of what she got. No reserve is reckoned with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.auctions import SecondPrice
from mechanisms.deviations import brought
from mechanisms.utilities import Linear, Utility
from sim.measures.surplus import surplus_of

if TYPE_CHECKING:
    import pandas


def ex_post_regret(
    messages: pandas.DataFrame, transactions: pandas.DataFrame, utility: Utility | None = None
) -> pandas.DataFrame:
    """The regret of each bidder in each auction: columns `auction`, `bidder_id`, `regret`, in utility.

    `messages` are those of auctions of this kind, in the tables of records; a bid that never counted is none.
    """
    felt = Linear() if utility is None else utility
    frame = messages[["auction", "bidder_id", "value"]].reset_index(drop=True)
    bids = np.where(messages["status"] == "answered", messages["bid"], -np.inf)
    values = frame["value"].to_numpy()
    met = np.stack([values, _highest_rivals(frame["auction"].to_numpy(), bids)], axis=-1)
    best = brought(SecondPrice(), met, 0, values).payoffs[:, 0]
    gains = surplus_of(transactions)
    keys = ["auction", "bidder_id"]
    payoffs = gains.groupby([transactions[key] for key in keys]).sum().rename("payoff")
    got = frame.join(payoffs, on=keys)["payoff"].fillna(0.0)
    return frame[keys].assign(regret=felt(best) - felt(got.to_numpy()))


def _highest_rivals(auctions: NDArray[Any], bids: NDArray[Any]) -> NDArray[np.float64]:
    """The highest bid of anybody else in the same auction, `-inf` if there is none; shapes (rows,)."""
    ascending = np.lexsort((bids, auctions))
    ranked = auctions[ascending]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    first = np.append(0, last[:-1] + 1)
    alone = first == last
    runner_up = np.where(alone, -np.inf, bids[ascending[np.where(alone, last, last - 1)]])
    highest = np.repeat(bids[ascending[last]], last - first + 1)
    highest[last] = runner_up
    rivals = np.empty(len(bids))
    rivals[ascending] = highest
    return rivals
