"""What the page shows of ℳ among neighbours: beliefs about the star, their scores, and the price.

Everything is read from the records. A person who answers honestly believes only in the values of the cell in
which she knows the star's value to be; so the cells show in what was reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.market.market import Market

LOOKED_AT = (1, 2, 6)
"""Rounds of auctions in which the last beliefs are looked for: more if there were none in the last ones."""
SHOWN, AHEAD = 40, 10
"""Simulated time of which prices are shown, and by how much the axis moves on at once."""
MILLIONTHS = 1e6


def watched(market: Market) -> int:
    """The room that is looked at closely: the one in the middle of the sweep."""
    return len(market.sellers) // 2


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
    found = (_asked_within(market, rounds * len(market.sellers)) for rounds in LOOKED_AT)
    return next((asked for asked in found if asked is not None), None)


def _asked_within(market: Market, auctions: int) -> Asked | None:
    """The same, of so many auctions of all rooms."""
    mechanism: Any = market.sellers[watched(market)].plan.mechanism
    n, bound = mechanism.n, mechanism.value_bound
    messages = _last(market, "messages", 2 * n * auctions)
    held = messages[messages["auction"] % len(market.sellers) == watched(market)]
    told = held[(held["question"] == "AskGridBelief") & (held["status"] == "answered")]
    if not len(told):
        return None
    auction = int(told["auction"].max())
    seats = np.sort(told["bidder_id"].to_numpy()[told["auction"].to_numpy() == auction])
    values = held[(held["auction"] == auction) & (held["question"] == "AskGridValue")].set_index("bidder_id")
    star = int(np.setdiff1d(values.index, seats)[0])
    paid = _last(market, "transactions", 2 * n * auctions)
    paid = paid[paid["auction"] == auction]
    rewards = -paid[paid["cause"] == "reward"].groupby("bidder_id")["payment"].sum()
    return Asked(
        auction,
        star % n,
        seats % n,
        _beliefs(_last(market, "vectors", n * bound * auctions), auction, seats, bound),
        rewards.reindex(seats, fill_value=0.0).to_numpy(),
        float(values.loc[star, "value"]),
        float(paid.loc[paid["cause"] == "price", "payment"].sum(min_count=1)),
    )


def _beliefs(entries: Any, auction: int, seats: NDArray[Any], bound: int) -> NDArray[np.float64]:
    """The beliefs reported in one auction, shape (seats, B)."""
    own = entries[(entries["auction"] == auction) & entries["bidder_id"].isin(seats)]
    table = np.zeros((len(seats), bound))
    table[np.searchsorted(seats, own["bidder_id"].to_numpy()), own["position"].to_numpy()] = own["number"]
    return table


def _last(market: Market, table: str, rows: int) -> Any:
    """The last so many rows of a table."""
    return market.records.recent(table, max(0, len(market.records[table]) - rows))


def _most(market: Market) -> float:
    """The highest reward that there is for a belief: that of Brier's score 0, two points above the least."""
    mechanism: Any = market.sellers[watched(market)].plan.mechanism
    return 2 * float(mechanism.reward_unit)


def _where(market: Market) -> str:
    """The watched room's name, to stand behind the name of an axis."""
    return f"; {market.sellers[watched(market)].plan.name}"


def beliefs_about_the_star(market: Market) -> Figure:
    """Who knows what about the star.

    The last auction of the room in the middle of the sweep: the values that each person holds possible, the
    darker the likelier, and what Brier's rule pays her.
    """
    from sim.page.colours import INK, new_figure, plain_axes, say_nothing_yet
    from sim.page.frames import PLAIN

    figure = new_figure()
    asked = last_asked(market)
    cells = plain_axes(figure, f"star's value (money){_where(market)}", "person", right=0.7)
    if asked is None:
        say_nothing_yet(cells, "no beliefs reported yet")
        return figure
    _light_up(cells, asked)
    place = cells.get_position()
    scores = figure.add_axes((0.74, place.y0, 0.22, place.height))
    paid = MILLIONTHS * asked.scores
    thick = 0.7 * 72 * figure.get_size_inches()[1] * place.height / (len(paid) + 1)
    scores.hlines(asked.seats, 0, paid, linewidth=thick, color="#0072B2")
    scores.set(ylim=cells.get_ylim(), yticks=[], xlim=(0, 1.05 * MILLIONTHS * _most(market)))
    scores.set_xlabel("reward (10⁻⁶)", fontsize=9, color=INK)
    scores.tick_params(labelsize=8, length=3, colors=INK)
    scores.locator_params(axis="x", nbins=3)
    for side in ("top", "right", "left"):
        scores.spines[side].set_visible(False)
    scores.set_gid(PLAIN)
    return figure


def _light_up(axes: Axes, asked: Asked) -> None:
    """A row for each person, a column for each value; her cell in colour, the star's row empty."""
    people, bound = len(asked.seats) + 1, asked.beliefs.shape[1]
    grid = np.full((people, bound), np.nan)
    grid[asked.seats] = np.where(asked.beliefs > 0, np.sqrt(asked.beliefs), np.nan)
    axes.grid(visible=False)
    edges = np.arange(bound + 1) - 0.5
    axes.pcolormesh(edges, np.arange(people + 1) - 0.5, grid, cmap="YlGnBu", vmin=-0.25, vmax=1)
    axes.axvline(asked.value, color="#D55E00", linewidth=1.4, zorder=5)
    outcome = "does not buy"
    if np.isfinite(asked.price):
        axes.axvline(asked.price, color="black", linewidth=1.2, linestyle=(0, (4, 2)))
        outcome = f"pays {asked.price:.2f}"
    axes.text(asked.value, asked.star, f"  the star: {asked.value:g}, {outcome}  ", color="#B34700",
              fontsize=8.5, va="center", ha="left" if asked.value < 0.5 * bound else "right",
              bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5}, zorder=4)
    axes.set(xlim=(-0.5, bound - 0.5), ylim=(people - 0.5, -0.5))
    axes.locator_params(axis="both", nbins=7, integer=True)


def price_and_value(market: Market) -> Figure:
    """The price that came of it.

    The same room: the star's value, and below it what was paid for the good in each of the last auctions.
    """
    from sim.page.colours import INK, new_figure, plain_axes, say_nothing_yet

    figure = new_figure()
    axes = plain_axes(figure, f"simulated time{_where(market)}", "star's value and price (money)")
    held = _last(market, "auctions", SHOWN * len(market.sellers))
    held = held[(held["seller_id"] == watched(market)) & (held["status"] != "unfinished")]
    if not len(held):
        say_nothing_yet(axes, "nothing was sold yet")
        return figure
    sold = held[held["status"] == "sold"]
    axes.vlines(sold["opened"], sold["revenue"], sold["best_welfare"], color="#B8B8B8", linewidth=1.2)
    axes.plot(held["opened"], held["best_welfare"], "_", color="#D55E00", markersize=7, markeredgewidth=2,
              label="value")
    axes.plot(sold["opened"], sold["revenue"], "o", color=INK, markersize=3.5, label="price less rewards")
    bound: Any = market.sellers[watched(market)].plan.mechanism
    end = max(AHEAD * -(-market.now // AHEAD), float(SHOWN))
    axes.set(xlim=(end - SHOWN - 1, end + 1), ylim=(-1, 1.15 * bound.value_bound))
    axes.legend(frameon=False, fontsize=8.5, ncols=2, loc="upper left")
    return figure


_SUMS: WeakKeyDictionary[Market, tuple[int, NDArray[np.float64]]] = WeakKeyDictionary()


def sums_so_far(market: Market) -> NDArray[np.float64]:
    """Revenue and highest values so far, shape (2, sellers); only rows that are new are read."""
    read, sums = _SUMS.get(market, (0, np.zeros((2, len(market.sellers)))))
    fresh = market.records.recent("auctions", read)
    done = fresh[fresh["status"] != "unfinished"]
    sums = sums.copy()
    for row, column in zip(sums, ("revenue", "best_welfare"), strict=True):
        np.add.at(row, done["seller_id"].to_numpy(), done[column].to_numpy())
    _SUMS[market] = (len(market.records["auctions"]), sums)
    return sums


def share_of_the_value(market: Market) -> Figure:
    """What knowledge is worth.

    All auctions so far: revenue, of the highest value, by the neighbours that a person has and the bins that
    she knows of each.
    """
    from sim.page.colours import label_ends, new_figure, plain_axes, say_nothing_yet, seller_colour

    figure = new_figure()
    axes = plain_axes(figure, "neighbours of a person", "revenue, % of the highest value", right=0.82)
    earned, worth = sums_so_far(market)
    if not worth.any():
        say_nothing_yet(axes, "no auctions yet")
        return figure
    shares = 100 * np.divide(earned, worth, out=np.full(len(worth), np.nan), where=worth > 0)
    named = {seller.plan.name: float(shares[seller.number]) for seller in market.sellers}
    without = named.pop("no ties")
    cells = {tuple(int(word) for word in name.split() if word.isdigit()): s for name, s in named.items()}
    ends = []
    for number, bins in enumerate(sorted({bins for _, bins in cells})):
        curve = sorted([(0, without), *((ties, s) for (ties, known), s in cells.items() if known == bins)])
        ties, heights = zip(*curve, strict=True)
        axes.plot(ties, heights, "o-", markersize=4, linewidth=1.8, color=seller_colour(number))
        ends.append((float(heights[-1]), f"{bins} bins", seller_colour(number)))
    most = max(ties for ties, _ in cells)
    axes.set(xlim=(-0.025 * most, 1.025 * most), ylim=(0, 105))
    label_ends(axes, [end for end in ends if np.isfinite(end[0])], 1.025 * most, 7.5)
    return figure
