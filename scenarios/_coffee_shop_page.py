"""What the page shows of the coffee shop: what menus earn, the queue, who comes back, the last customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mechanisms.menus import COFFEE_SHOP
from scenarios._coffee_shop_sweep import (
    COSTS,
    TICKS,
    by_patience,
    menus_among,
    revenues,
    visits_of_the_hungry,
)
from sim.menus.counter import CounterMarket

if TYPE_CHECKING:
    from sim.page.drawing.drawing import Drawing
    from sim.page.drawing.plot import Plot

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
    Where coming back is free the queue is longer. The numbers above are how many there are on average.
    """
    from sim.page.drawing.look import look_of_seller
    from sim.page.drawing.marks import band, legend_above, staircase
    from sim.page.drawing.plot import framed, plot_of
    from sim.page.drawing.scales import roomy

    customers, end = market.records.frame("customers"), max(market.now, SEEN)
    times = np.arange(end - SEEN, market.now, 0.2)
    marks, entries, data, longest = [], [], {"time": times}, 5.0
    for place, (who, number) in enumerate(watched(market).items()):
        own = customers[customers["seller_id"] == number]
        mean = float((own["left"] - own["arrived"]).sum()) / max(market.now, 1e-9)
        label = "all come once" if who == "once" else "coming back is free"
        entries.append((f"{label}: {mean:.2f}", look_of_seller(place)))
        data[label] = at_the_counter(own, times)
        at_first = own[own["arrived"] < end]
        longest = max(longest, float(at_the_counter(at_first, at_first["arrived"].to_numpy()).max(initial=0)))
    top, named = legend_above(entries)
    plot = plot_of((end - SEEN, end), (0, roomy(longest)), "simulated time", "people at the counter", top=top)
    for (_, look), present in zip(entries, list(data.values())[1:], strict=True):
        ends = np.repeat(times, 2)[1:], np.repeat(present, 2)[:-1]
        marks += [band(plot, ends[0], 0 * ends[1], ends[1], look), staircase(plot, times, present, look)]
    told = "; ".join(f"{name} people on average" for name, _ in entries)
    return framed(plot, "The queue", named, *marks, told=told, data=data)


def who_comes_back(market: CounterMarket) -> Drawing:
    """Who comes back.

    Visits of a hungry customer, so far, by what coming back costs on average.
    """
    from sim.page.drawing.look import look_of_seller
    from sim.page.drawing.marks import curve, legend_above, points
    from sim.page.drawing.plot import framed
    from sim.page.drawing.scales import roomy

    rows = visits_of_the_hungry(market.records.frame("customers"), market.plans)
    top, named = legend_above([(name, look_of_seller(place)) for place, name in enumerate(rows)])
    most = max((float(np.nan_to_num(visits).max()) for visits in rows.values()), default=0.0)
    plot = _by_patience("visits of a hungry customer", roomy(max(2.5, most)), top)
    marks, data = [named], {"cost": list(COSTS)}
    for place, (name, visits) in enumerate(rows.items()):
        where, look = np.arange(len(COSTS)) + place / 30, look_of_seller(place)
        marks += [curve(plot, where, visits, look, name), points(plot, where, visits, look, 6)]
        data[name] = list(visits)
    return framed(plot, "Who comes back", *marks, data=data)


def what_menus_earn(market: CounterMarket) -> Drawing:
    """What the menus really earn.

    Dots with 95% confidence intervals: so far; lines: theory. The clever menu falls as people get patient.
    """
    from sim.page.drawing.look import look_of_seller
    from sim.page.drawing.marks import curve, intervals, legend_above, points
    from sim.page.drawing.plot import framed
    from sim.page.drawing.scales import roomy

    found = revenues({"customers": market.records.frame("customers")}, market.plans)
    menus = menus_among(plan.name for plan in market.plans)
    top, named = legend_above([(name, look_of_seller(place)) for place, name in enumerate(menus)])
    highest = [max(one.estimate.mean, one.theory) for one in found.values()]
    plot = _by_patience("revenue a customer (money)", roomy(max([6.0, *np.nan_to_num(highest)])), top)
    marks, data = [named], dict[str, Any](cost=COSTS)
    for place, name in enumerate(menus):
        look, seen = look_of_seller(place), by_patience(found, name)
        low, high = seen.means - seen.half_widths, seen.means + seen.half_widths
        beside = seen.places + 0.08 * (place - (len(menus) - 1) / 2)
        marks += [curve(plot, seen.places, seen.theory, look, name),
                  points(plot, beside, seen.means, look, 6), intervals(plot, beside, low, high, look)]
        if len(seen.places) == len(COSTS):
            data |= {name: seen.means, f"{name}, theory": seen.theory}
    return framed(plot, "What the menus really earn", *marks, data=data)


def last_customers(market: CounterMarket) -> str:
    """The last customers.

    Of the same two counters, the latest at the top: what each wanted, how often she bought, what she paid.
    """
    from sim.page.tables import table

    counters = {number: k for k, number in enumerate(watched(market).values())}
    wants = wanted(market)
    customers = market.records.frame("customers")
    last: Any = customers[customers["seller_id"].isin(list(counters))].tail(LISTED).iloc[::-1]
    rows = [
        (f"{row.left:.1f}", ("all come once", "coming back is free")[counters[row.seller_id]],
         wants[row.type], f"{row.visits}", f"{row.paid:g}")
        for row in last.itertuples()
    ]
    headings = ("left", "counter", "wanted", "visits", "paid")
    return table(headings, rows, {0, 3, 4}, empty="Nobody has gone home yet.")


def _by_patience(what: str, most: float, top: float) -> Plot:
    """An empty plot over the costs of coming back."""
    from sim.page.drawing.plot import plot_of

    places = [(float(place), words) for place, words in enumerate(TICKS)]
    across = "mean cost of coming back (money)"
    return plot_of((-0.3, len(COSTS) - 0.7), (0, most), across, what, places=places, top=top)
