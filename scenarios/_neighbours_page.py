"""What the page shows of ℳ among neighbours: beliefs about the star, their scores, and the price.

Everything is read from the records. A person who answers honestly believes only in the values of the cell in
which she knows the star's value to be; so the cells show in what was reported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sim.market.market import Market
    from sim.page.drawing.drawing import Drawing
    from sim.page.drawing.plot import Plot

LOOKED_AT = (1, 2, 6)
"""Rounds of auctions in which the last beliefs are looked for: more if there were none in the last ones."""
SHOWN, AHEAD = 40, 10
"""Simulated time of which prices are shown, and by how much the axis moves on at once."""
MILLIONTHS = 1e6
_REWARDS = 120.0
"""Pixels for the rewards beside the beliefs."""


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


def beliefs_about_the_star(market: Market) -> Drawing:
    """Who knows what about the star.

    The last auction of the room in the middle of the sweep: the values that each person holds possible, the
    darker the likelier, and what Brier's rule pays her. Solid: the star's value; dashed: the price.
    """
    from sim.page.drawing.marks import nothing_yet
    from sim.page.drawing.plot import framed, plot_of

    asked, title, across = last_asked(market), "Who knows what", f"star's value (money){_where(market)}"
    mechanism: Any = market.sellers[watched(market)].plan.mechanism
    people = mechanism.n
    persons = [(-float(k), f"{k}") for k in range(0, people, max(1, people // 6))]
    plot = plot_of((-0.5, mechanism.value_bound - 0.5), (0.5 - people, 0.5), across, "person",
                   right=_REWARDS, heights=persons)
    if asked is None:
        return framed(plot, title, nothing_yet(plot, "no beliefs reported yet"))
    data = {"person": asked.seats, "reward": asked.scores,
            **{f"belief in {value}": asked.beliefs[:, value] for value in range(asked.beliefs.shape[1])}}
    told = f"the star's value is {asked.value:g}; she {_outcome(asked)}"
    beside = _rewards(plot, asked, _most(market))
    return framed(plot, title, _lit_up(plot, asked), beside, told=told, data=data)


def _outcome(asked: Asked) -> str:
    return f"pays {asked.price:.2f}" if np.isfinite(asked.price) else "does not buy"


def _rewards(plot: Plot, asked: Asked, most: float) -> str:
    """A bar for each person at the right of her row, and what the longest that there can be is worth."""
    from sim.page.drawing.elements import line_of_text
    from sim.page.drawing.look import look_of_seller
    from sim.page.drawing.marks import stripes
    from sim.page.drawing.scales import Scale

    left, right = plot.x.end + 10, plot.width - 14
    beside = replace(plot, x=Scale(0.0, most, left, right))
    thick = 0.7 * abs(float(plot.y(1.0) - plot.y(0.0)))
    bars = stripes(beside, asked.scores, -asked.seats.astype(float), look_of_seller(0), thick)
    words = ((f"0 to {MILLIONTHS * most:.3g}", plot.y.start + 15), ("reward (10⁻⁶)", plot.height - 7))
    middle = (left + right) / 2
    return bars + "".join(line_of_text(each, middle, at, class_="small middle") for each, at in words)


def _lit_up(plot: Plot, asked: Asked) -> str:
    """A row for each person, a column for each value; her cell in colour, the star's row empty."""
    from sim.page.drawing.look import INKED, SHADES, Look, look_of_seller
    from sim.page.drawing.marks import note, shaded_cells, upright

    rows, values = np.nonzero(asked.beliefs > 0)
    shades = (SHADES * np.sqrt(asked.beliefs[rows, values])).astype(int).clip(2, SHADES - 1)
    lit = shaded_cells(plot, values, -asked.seats[rows].astype(float), shades)
    price = upright(plot, asked.price, Look("ink", "4 2")) if np.isfinite(asked.price) else ""
    near = asked.value < 0.5 * asked.beliefs.shape[1]
    words = f"  the star: {asked.value:g}, {_outcome(asked)}  "
    aside = 0.4 if near else -0.4
    said = note(plot, words.strip(), asked.value + aside, -float(asked.star), INKED, "" if near else "right")
    return lit + upright(plot, asked.value, look_of_seller(1)) + price + said


def price_and_value(market: Market) -> Drawing:
    """The price that came of it.

    The same room: the star's value, and below it what was paid for the good in each of the last auctions.
    """
    from sim.page.drawing.elements import element, pieces
    from sim.page.drawing.look import INKED, look_of_seller
    from sim.page.drawing.marks import legend_above, nothing_yet, points
    from sim.page.drawing.plot import framed, plot_of

    mechanism: Any = market.sellers[watched(market)].plan.mechanism
    end = max(AHEAD * -(-market.now // AHEAD), float(SHOWN))
    value = look_of_seller(1)
    top, named = legend_above([("value", value), ("price less rewards", INKED)])
    plot = plot_of((end - SHOWN - 1, end + 1), (-1, 1.05 * mechanism.value_bound),
                   f"simulated time{_where(market)}", "star's value and price (money)", top=top)
    held = _last(market, "auctions", SHOWN * len(market.sellers))
    held = held[(held["seller_id"] == watched(market)) & (held["status"] != "unfinished")]
    if not len(held):
        return framed(plot, "The price that came of it", nothing_yet(plot, "nothing was sold yet"))
    data = {name: held[name].to_numpy() for name in ("opened", "best_welfare", "revenue")}
    sold = (held["status"] == "sold").to_numpy()
    at, worth, paid = (np.asarray(column, dtype=float) for column in data.values())
    ends = [np.stack([plot.x(at), plot.y(heights)], axis=-1)[sold] for heights in (paid, worth)]
    marks = [named, element("path", class_="thin faint", d=pieces(*ends)),
             points(plot, at, worth, value, 6), points(plot, at[sold], paid[sold], INKED)]
    return framed(plot, "The price that came of it", *marks, data=data)


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


def share_of_the_value(market: Market) -> Drawing:
    """What knowledge is worth.

    All auctions so far: revenue, of the highest value, by the neighbours that a person has and the bins that
    she knows of each.
    """
    from sim.page.drawing.look import look_of_seller
    from sim.page.drawing.marks import curve, names_at_ends, nothing_yet, points
    from sim.page.drawing.plot import framed, plot_of

    earned, worth = sums_so_far(market)
    shares = 100 * np.divide(earned, worth, out=np.full(len(worth), np.nan), where=worth > 0)
    named = {seller.plan.name: float(shares[seller.number]) for seller in market.sellers}
    without = named.pop("no ties")
    known = {tuple(int(word) for word in name.split() if word.isdigit()): s for name, s in named.items()}
    most = max(ties for ties, _ in known)
    plot = plot_of((-0.025 * most, 1.025 * most), (0, 105), "neighbours of a person",
                   "revenue, % of the highest value", right=70)
    if not worth.any():
        return framed(plot, "What knowledge is worth", nothing_yet(plot, "no auctions yet"))
    marks, ends = [], []
    for number, bins in enumerate(sorted({bins for _, bins in known})):
        rows = sorted([(0, without), *((ties, s) for (ties, cut), s in known.items() if cut == bins)])
        ties, heights = np.array(rows, dtype=float).T
        look = look_of_seller(number)
        marks += [curve(plot, ties, heights, look, f"{bins} bins"), points(plot, ties, heights, look, 6)]
        ends.append((float(heights[-1]), f"{bins} bins", look))
    marks.append(names_at_ends(plot, [end for end in ends if np.isfinite(end[0])]))
    data = {"neighbours": [ties for ties, _ in known], "bins": [bins for _, bins in known],
            "share": list(known.values())}
    return framed(plot, "What knowledge is worth", *marks, data=data)
