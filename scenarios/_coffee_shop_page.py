"""What the page shows of the coffee shop: what menus earn, the queue, who comes back, the last customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mechanisms.menus import COFFEE_SHOP
from scenarios._coffee_shop_sweep import (
    COSTS,
    TICKS,
    menus_among,
    revenue_curve,
    revenues,
    visits_of_the_hungry,
)
from sim.menus.counter import CounterMarket

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

SEEN, WATCHED = 40.0, ("once", "cost 0")
"""How much time the queue is shown for; at which counters of the first menu."""
LISTED, WANTED = 12, ("coffee", "a bagel", "both")
"""How many customers are listed; what those of each type want in the coffee shop."""


def at_the_counter(customers: Any, times: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """How many of these customers have come and not yet gone home, at each time."""
    come = np.searchsorted(np.sort(customers["arrived"].to_numpy()), times, side="right")
    return come - np.searchsorted(np.sort(customers["left"].to_numpy()), times, side="right")


def watched(market: CounterMarket) -> dict[str, int]:
    """The numbers of the two counters that are watched."""
    numbers = {plan.name: number for number, plan in enumerate(market.plans)}
    first = menus_among(numbers)[0]
    return {who: numbers[f"{first}, {who}"] for who in WATCHED}


def wanted(market: CounterMarket) -> tuple[str, ...]:
    """What people of each type want, in words."""
    types = market.plans[0].crowd.types
    if np.array_equal(types, COFFEE_SHOP.types):
        return WANTED
    return tuple(", ".join(f"{value:g}" for value in row) for row in types.tolist())


def queue_over_time(market: CounterMarket) -> Drawing:
    """The queue.

    People at two counters with the first menu, waiting or being served, of those who have gone home since.
    Where coming back is free the queue is longer.
    """
    from sim.page.colours import new_figure, plain_axes, seller_colour

    drawn = new_figure()
    axes = plain_axes(drawn, "simulated time", "people at the counter")
    customers, end = market.records.frame("customers"), max(market.now, SEEN)
    times = np.arange(end - SEEN, market.now, 0.05)
    for place, (who, number) in enumerate(watched(market).items()):
        own = customers[customers["seller_id"] == number]
        mean = float((own["left"] - own["arrived"]).sum()) / max(market.now, 1e-9)
        label = f"{'all come once' if who == 'once' else 'coming back is free'}: {mean:.2f} on average"
        present = at_the_counter(own, times)
        axes.fill_between(times, present, step="post", alpha=0.25, color=seller_colour(place), linewidth=0)
        axes.step(times, present, where="post", linewidth=1.5, label=label, color=seller_colour(place))
    axes.set(xlim=(end - SEEN, end), ylim=(0, 7))
    axes.legend(frameon=False, fontsize=8.5, loc="upper left")
    return drawn


def who_comes_back(market: CounterMarket) -> Drawing:
    """Who comes back.

    Visits of a hungry customer, so far, by what coming back costs on average.
    """
    from sim.page.colours import seller_colour

    drawn, axes = _by_patience("visits of a hungry customer")
    rows = visits_of_the_hungry(market.records.frame("customers"), market.plans)
    for place, (name, visits) in enumerate(rows.items()):
        where = np.arange(len(COSTS)) + place / 30
        axes.plot(where, visits, "o-", markersize=4, label=name, color=seller_colour(place))
    axes.set(ylim=(-0.05, 2.6))
    axes.legend(frameon=False, fontsize=8.5, ncols=3, loc="upper left")
    return drawn


def what_menus_earn(market: CounterMarket) -> Drawing:
    """What the menus really earn.

    Dots with 95% confidence intervals: so far; lines: theory. The clever menu falls as people get patient.
    """
    from sim.page.colours import seller_colour

    drawn, axes = _by_patience("revenue a customer (money)")
    found = revenues({"customers": market.records.frame("customers")}, market.plans)
    for place, name in enumerate(menus_among(plan.name for plan in market.plans)):
        revenue_curve(axes, found, name, color=seller_colour(place))
    axes.set(ylim=(0, 7))
    axes.legend(frameon=False, fontsize=8.5, ncols=3, loc="upper left")
    return drawn


def last_customers(market: CounterMarket) -> Drawing:
    """The last customers.

    Of the same two counters, the latest at the top: what each wanted, how often she bought, what she paid.
    """
    from sim.page.colours import FAINT, INK, new_figure, seller_colour

    drawn = new_figure()
    axes = drawn.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.set(xlim=(0, 1), ylim=(LISTED + 0.5, -0.5))
    axes.axis("off")
    places = (0.0, 0.1, 0.44, 0.7, 0.86)
    for place, heading in zip(places, ("left", "counter", "wanted", "visits", "paid"), strict=True):
        axes.text(place, 0, heading, fontsize=9, color=INK, weight="bold", va="center")
    counters = {number: k for k, number in enumerate(watched(market).values())}
    wants = wanted(market)
    customers = market.records.frame("customers")
    last = customers[customers["seller_id"].isin(list(counters))].tail(LISTED)
    if not len(last):
        axes.text(0, 1, "nobody has gone home yet", fontsize=9, color=FAINT, va="center")
    rows: Any = last.iloc[::-1].itertuples()
    for line, row in enumerate(rows, start=1):
        which = counters[row.seller_id]
        words = (f"{row.left:.1f}", ("all come once", "coming back is free")[which], wants[row.type],
                 f"{row.visits}", f"{row.paid:g}")
        for place, word in zip(places, words, strict=True):
            axes.text(place, line, word, fontsize=9, color=seller_colour(which), va="center")
    return drawn


def _by_patience(what: str) -> tuple[Drawing, Axes]:
    """An empty figure over the costs of coming back."""
    from sim.page.colours import new_figure, plain_axes

    drawn = new_figure()
    axes = plain_axes(drawn, "mean cost of coming back (money)", what)
    axes.set_xlim(-0.3, len(COSTS) - 0.7)
    axes.set_xticks(range(len(COSTS)), TICKS)
    return drawn, axes
