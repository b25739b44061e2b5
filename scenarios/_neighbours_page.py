"""What the page shows of ℳ among neighbours: beliefs about the star, their scores, and the price.

Everything is read from the records. A person who answers honestly believes only in the values of the cell in
which she knows the star's value to be; so the cells show in what was reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.market import Market

ROOM = 5
"""The room that is watched: 4 ties, 4 bins."""
ROUNDS, SHOWN = 6, 40
"""Rounds of auctions in which the last beliefs are looked for; auctions of which prices are shown."""
MILLIONTHS = 1e6


@dataclass(frozen=True)
class Asked:
    """One auction in which beliefs about the star were reported.

    seats
        Shape (n − 1,): who was asked.
    beliefs
        Shape (n − 1, B): what each reported.
    scores
        Shape (n − 1,): what each was paid for it.
    value, price
        The star's value; what she paid, NaN if she did not buy.
    """

    auction: int
    star: int
    seats: NDArray[np.intp]
    beliefs: NDArray[np.float64]
    scores: NDArray[np.float64]
    value: float
    price: float


def last_asked(market: Market) -> Asked | None:
    """The last auction of the watched room in which beliefs were reported; None if there was none lately."""
    mechanism: Any = market.sellers[ROOM].plan.mechanism
    n, bound = mechanism.n, mechanism.value_bound
    rounds = ROUNDS * len(market.sellers)
    messages = _last(market, "messages", 2 * n * rounds)
    held = messages[messages["auction"] % len(market.sellers) == ROOM]
    told = held[(held["question"] == "AskGridBelief") & (held["status"] == "answered")]
    if not len(told):
        return None
    auction = int(told["auction"].max())
    told = told[told["auction"] == auction]
    values = held[(held["auction"] == auction) & (held["question"] == "AskGridValue")]
    entries = _last(market, "vectors", n * bound * rounds)
    entries = entries[(entries["auction"] == auction) & entries["bidder_id"].isin(told["bidder_id"])]
    table = entries.pivot(index="bidder_id", columns="position", values="number").sort_index()
    star = next(iter(set(values["bidder_id"]) - set(table.index)))
    paid = _last(market, "transactions", 2 * n * rounds)
    paid = paid[paid["auction"] == auction]
    rewards = -paid[paid["cause"] == "reward"].groupby("bidder_id")["payment"].sum()
    return Asked(
        auction,
        star % n,
        table.index.to_numpy() % n,
        table.to_numpy(),
        rewards.reindex(table.index, fill_value=0.0).to_numpy(),
        float(values.loc[values["bidder_id"] == star, "value"].iloc[0]),
        float(paid.loc[paid["cause"] == "price", "payment"].sum(min_count=1)),
    )


def _last(market: Market, table: str, rows: int) -> Any:
    """The last so many rows of a table."""
    return market.records.recent(table, max(0, len(market.records[table]) - rows))


def beliefs_about_the_star(market: Market) -> Figure:
    """Who knows what about the star.

    The last auction with 4 ties and 4 bins: the values that each person holds possible, the darker the
    likelier, and her score by Brier's rule.
    """
    from sim.page.colours import new_figure, plain_axes, say_nothing_yet

    figure = new_figure()
    asked = last_asked(market)
    cells = plain_axes(figure, "possible values of the star (money)", "person", right=0.7)
    if asked is None:
        say_nothing_yet(cells, "no beliefs reported yet")
        return figure
    _light_up(cells, asked)
    place = cells.get_position()
    scores = figure.add_axes((0.74, place.y0, 0.22, place.height))
    scores.barh(asked.seats, MILLIONTHS * asked.scores, height=0.7, color="#0072B2")
    scores.set(ylim=cells.get_ylim(), yticks=[])
    scores.set_xlabel("score (millionths)", fontsize=9)
    scores.tick_params(labelsize=8, length=3)
    scores.locator_params(axis="x", nbins=3)
    for side in ("top", "right", "left"):
        scores.spines[side].set_visible(False)
    return figure


def _light_up(axes: Axes, asked: Asked) -> None:
    """A row for each person, a column for each value; her cell in colour, the star's row empty."""
    people, bound = len(asked.seats) + 1, asked.beliefs.shape[1]
    grid = np.full((people, bound), np.nan)
    grid[asked.seats] = np.where(asked.beliefs > 0, np.sqrt(asked.beliefs), np.nan)
    axes.grid(visible=False)
    edges = np.arange(bound + 1) - 0.5
    axes.pcolormesh(edges, np.arange(people + 1) - 0.5, grid, cmap="YlGnBu", vmin=-0.25, vmax=1)
    axes.axvline(asked.value, color="#D55E00", linewidth=1.4)
    outcome = "does not buy"
    if np.isfinite(asked.price):
        axes.axvline(asked.price, color="black", linewidth=1.2, linestyle=(0, (4, 2)))
        outcome = f"pays {asked.price:.2f}"
    axes.text(asked.value, asked.star, f"  the star: {asked.value:g}, {outcome}  ", color="#B34700",
              fontsize=8.5, va="center", ha="left" if asked.value < 0.5 * bound else "right")
    axes.set(xlim=(-0.5, bound - 0.5), ylim=(people - 0.5, -0.5))
    axes.locator_params(axis="both", nbins=7, integer=True)


def price_and_value(market: Market) -> Figure:
    """The price that came of it.

    The same room: the star's value, and below it what was paid for the good in each of the last auctions.
    """
    from sim.page.colours import INK, new_figure, plain_axes, say_nothing_yet

    figure = new_figure()
    axes = plain_axes(figure, "simulated time", "star's value and price (money)")
    held = _last(market, "auctions", SHOWN * len(market.sellers))
    held = held[(held["seller_id"] == ROOM) & (held["status"] != "unfinished")]
    if not len(held):
        say_nothing_yet(axes, "nothing was sold yet")
        return figure
    sold = held[held["status"] == "sold"]
    axes.vlines(sold["opened"], sold["revenue"], sold["best_welfare"], color="#B8B8B8", linewidth=1.2)
    axes.plot(held["opened"], held["best_welfare"], "_", color="#D55E00", markersize=7, markeredgewidth=2,
              label="value")
    axes.plot(sold["opened"], sold["revenue"], "o", color=INK, markersize=3.5, label="price less rewards")
    bound: Any = market.sellers[ROOM].plan.mechanism
    end = max(market.now, float(SHOWN))
    axes.set(xlim=(end - SHOWN - 1, end + 1), ylim=(-1, 1.15 * bound.value_bound))
    axes.legend(frameon=False, fontsize=8.5, ncols=2, loc="upper left")
    return figure


def share_of_the_value(market: Market) -> Figure:
    """What knowledge is worth.

    All auctions so far: revenue, of the highest value, by the neighbours that a person has and the bins that
    she knows of each.
    """
    from sim.page.colours import label_ends, new_figure, plain_axes, say_nothing_yet, seller_colour

    figure = new_figure()
    axes = plain_axes(figure, "neighbours of a person", "revenue, % of the highest value", right=0.82)
    auctions = market.records.frame("auctions").query("status != 'unfinished'")
    if not len(auctions):
        say_nothing_yet(axes, "no auctions yet")
        return figure
    sums = auctions.groupby("seller_id")[["revenue", "best_welfare"]].sum()
    shares = (100 * sums["revenue"] / sums["best_welfare"]).to_dict()
    named = {seller.plan.name: shares.get(seller.number, np.nan) for seller in market.sellers}
    without = named.pop("no ties")
    cells = {tuple(int(word) for word in name.split() if word.isdigit()): s for name, s in named.items()}
    ends = []
    for number, bins in enumerate(sorted({bins for _, bins in cells})):
        curve = sorted([(0, without), *((ties, s) for (ties, known), s in cells.items() if known == bins)])
        ties, heights = zip(*curve, strict=True)
        axes.plot(ties, heights, "o-", markersize=4, linewidth=1.8, color=seller_colour(number))
        ends.append((float(heights[-1]), f"{bins} bins", seller_colour(number)))
    axes.set(xlim=(-0.2, 8.2), ylim=(0, 105))
    label_ends(axes, [end for end in ends if np.isfinite(end[0])], 8.2, 7.5)
    return figure
