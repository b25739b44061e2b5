"""Coffee shop: a clever menu, and customers who queue again; what does it earn as people get patient?

A customer wants only coffee (worth 2 to her), only a bagel (worth 4), or is hungry and wants both (4 and 6);
each kind is as frequent. The seller's clever menu: coffee at 2, the bagel at 4, both at 8. If everybody came
once, it would earn 4 2/3 a customer, and no menu earns more (buy-many paper, Example 1). But the hungry can
buy the bagel, queue again, and buy the coffee: 6 instead of 8. Then the menu earns 4.

At each counter of the run customers queue, one is served at a time, and after her purchase she may queue
again. Each visit after the first costs her something: time, shame, cold feet. People differ: costs are spread
around a mean, the counters' patience, so how many people come back emerges. Six menus are tried at each
patience, from customers who come only once to those to whom coming back is free:

- clever: coffee at 2, bagel at 4, both at 8;
- modest: the same, but both at 7, so that fewer find it worth their while to come back;
- bagel or both: bagel at 4, both at 8. It earns 4 however often people come, and once they come twice no menu
  earns more (certified by `optimal_buy_k_menu`);
- each at 4: it earns 8/3 from people who come once, and 4 from those to whom coming back is free;
- two and four: coffee at 2, bagel at 4, nothing for both;
- together: both at 10, and nothing else.

Four counters more: at two of them a surprise bag (coffee and bagel with chance 1/2 each, at 1.90) and both
for 8, for up to three visits; at one people decide beforehand how many bags to buy, at the other they look
into the bag first. At the third regulars know nothing and learn by trying; the prices are shaded by a cent or
two, so that nobody is indifferent. The last counter sells one entry to a name, and everybody gives two names.

With `--set strategy=greedy` people at the counters of the sweep take at each visit what adds most. The clever
menu tempts the hungry with both at once, and they do not come back: it earns 4 2/3 at any patience.

What to look for. Down the column of the clever menu revenue falls from 4.67 to 4, while others rise, and
menus cross: in theory the clever menu is best as long as coming back costs 2 on average or more, then the
modest one, and once it is free five of the six earn 4. (The run's intervals are wider than that; `--until
20000` shows the modest menu ahead at a mean cost of 1.) The clever menu's advantage is the queue's nuisance,
and nothing else. Names are as good as visits. Those who look into the bag first buy another only if it
disappointed; here they are better off, and pay more. Learners find the second visit by themselves. The plots
`revenue.png`, `visits.png` and `learning.png` show the sweep, how often the hungry come, and the learners.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from agents.habits import Adaptive, Committed, Greedy, Habit, Learned, Planned
from mechanisms.menus import COFFEE_SHOP, Menu, coffee_shop_menu, menu_revenue
from sim import scenario
from sim.comparison import Figure, comparison_table
from sim.counter import CounterMarket, CounterPlan, crowd_of
from sim.plots import figure
from sim.records import Records
from sim.scenario import OneOf
from sim.statistics import batch_means

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

    from sim.audit import Instance

MENUS: dict[str, Menu] = {
    "clever": coffee_shop_menu(),
    "modest": Menu(coffee_shop_menu().probabilities, [2, 4, 7]),
    "bagel or both": Menu(np.array([[0, 1], [1, 1]]), [4, 8]),
    "each at 4": Menu([[1, 0], [0, 1]], [4, 4]),
    "two and four": Menu([[1, 0], [0, 1]], [2, 4]),
    "together": Menu([[1, 1]], [10]),
}
COSTS = (math.inf, 8.0, 4.0, 2.0, 1.0, 0.5, 0.0)
"""Mean costs of coming back at the counters of the sweep; inf: people come only once."""
TICKS = ["once" if math.isinf(cost) else f"{cost:g}" for cost in COSTS]
LEVELS = 10
"""How many different costs there are at a counter: as many quantiles of an exponential distribution."""
SURPRISE = Menu(np.array([[0.5, 0.5], [1, 1]]), [1.9, 8])
SHADED = Menu(coffee_shop_menu().probabilities, [1.99, 3.99, 7.97])
BAGS = 3
HUNGRY = 2
PLANS: dict[str, type[Planned]] = {"exact": Committed, "greedy": Greedy}
"""How people at the counters of the sweep decide, by `strategy`."""
EXTRAS = ("bag, decides beforehand", "bag, looks first", "clever, learns", "clever, two names")

EXPLANATION = (
    "Revenue a customer; ± is the half-width of a 95% confidence interval by batch means. Theory: every type "
    "at every cost buys what she plans. Of the learners the later half counts; theory: as if they knew."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    until: float = Field(default=1000.0, gt=0, le=1e9, description="simulated time at which the run ends")
    rate: float = Field(
        default=1.0, gt=0, le=1000, description="customers in a unit of time at each counter"
    )
    service: float = Field(default=0.2, gt=0, le=1000, description="how long a purchase takes at the counter")
    strategy: Annotated[str, OneOf(tuple(PLANS))] = Field(
        default="exact", description="what people at the counters of the sweep buy"
    )
    visits: int = Field(default=2, ge=2, le=10, description="how often a customer comes at most")
    regulars: int = Field(default=15, ge=1, le=100_000, description="people at the counter of the learners")
    exploration: float = Field(default=0.05, ge=0, le=1, description="how often learners try something else")


def costs_around(mean: float) -> tuple[float, ...]:
    """Quantiles of the exponential distribution of this mean, one of each tenth."""
    shares = (np.arange(LEVELS) + 0.5) / LEVELS
    return tuple((-mean * np.log1p(-shares)).tolist()) if mean > 0 else (0.0,)


def sweep_name(menu: str, cost: float) -> str:
    """The name of a counter of the sweep."""
    return f"{menu}, once" if math.isinf(cost) else f"{menu}, cost {cost:g}"


def plans(told: Parameters) -> list[CounterPlan]:
    """All counters: the sweep, menu by menu, and the extras."""
    found = []
    habit = PLANS[told.strategy]
    for name, menu in MENUS.items():
        for cost in COSTS:
            habits = tuple(habit(one) for one in costs_around(0.0 if math.isinf(cost) else cost))
            most = 1 if math.isinf(cost) else told.visits
            found.append(_counter(told, sweep_name(name, cost), menu, most, *habits))
    learner = Learned(told.exploration)
    return [
        *found,
        _counter(told, EXTRAS[0], SURPRISE, BAGS, Committed()),
        _counter(told, EXTRAS[1], SURPRISE, BAGS, Adaptive()),
        _counter(told, EXTRAS[2], SHADED, 2, learner, regulars=told.regulars),
        _counter(told, EXTRAS[3], MENUS["clever"], 1, Committed(), names=2),
    ]


def _counter(told: Parameters, name: str, menu: Menu, most: int, *habits: Habit, **crowd: Any) -> CounterPlan:
    people = crowd_of(COFFEE_SHOP, *habits, rate=told.rate, **crowd)
    return CounterPlan(name, menu, people, told.service, most)


def build(
    parameters: Parameters | None = None, seed: int = 0, records: Records | None = None
) -> CounterMarket:
    """The counters, ready to open."""
    told = Parameters() if parameters is None else parameters
    return CounterMarket(plans(told), seed, records, tick=told.until / 400)


def audited_menus(parameters: Parameters) -> list[Instance]:
    """Every menu, before people to whom coming back costs nothing."""
    from sim.audit.library import menu_instance

    bags = {"bag": (SURPRISE, BAGS), "shaded": (SHADED, 2)}
    sold = {name: (menu, parameters.visits) for name, menu in MENUS.items()} | bags
    return [menu_instance(COFFEE_SHOP, menu, k, f"{name}, {k} visits") for name, (menu, k) in sold.items()]


# --- theory -----------------------------------------------------------------------------------------


def expected_revenue(plan: CounterPlan) -> float:
    """What a counter earns a customer when everybody buys as planned, or what is best for her."""
    crowd = plan.crowd
    planned = [habit for habit in crowd.habits if isinstance(habit, Planned)]
    if not planned:
        adaptive = isinstance(crowd.habits[0], Adaptive)
        return menu_revenue(plan.menu, crowd.types, crowd.probabilities, plan.most, adaptive)
    paid = [
        weight * sum(plan.menu.prices[list(habit.plan(plan.menu, tuple(values), plan.most))])
        for values, weight in zip(crowd.types.tolist(), crowd.probabilities.tolist(), strict=True)
        for habit in planned
    ]
    return float(sum(paid) / len(planned))


# --- what came of it --------------------------------------------------------------------------------


def figures(tables: Mapping[str, Any], told: Parameters) -> dict[str, Figure]:
    """Revenue a customer by counter, simulated and in theory."""
    return revenues(tables, plans(told))


def revenues(tables: Mapping[str, Any], counters: list[CounterPlan]) -> dict[str, Figure]:
    """Revenue a customer by counter, as `figures`, for these counters."""
    paid = {number: rows.to_numpy() for number, rows in tables["customers"].groupby("seller_id")["paid"]}
    found = {}
    for number, plan in enumerate(counters):
        if number in paid:
            learned = len(paid[number]) // 2 if plan.crowd.regulars else 0
            found[plan.name] = Figure(batch_means(paid[number][learned:]), expected_revenue(plan))
    return found


def report(tables: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Any]:
    """The sweep, the extra counters, and the plots in the run's folder."""
    told = Parameters(**manifest["parameters"])
    found = figures(tables, told)
    sweep = {
        patience(cost): {
            name: found[sweep_name(name, cost)] for name in MENUS if sweep_name(name, cost) in found
        }
        for cost in COSTS
    }
    others = {name: {"revenue": found[name]} for name in EXTRAS if name in found}
    return [
        f"Coffee shop: {len(tables['customers']):,} customers at {len(plans(told))} counters.",
        comparison_table("coming back costs", list(MENUS), sweep, 3),
        best_in_theory(found),
        comparison_table("other counters", ["revenue"], others, 3),
        EXPLANATION,
        *plots(tables, told, found),
    ]


def best_in_theory(found: Mapping[str, Figure]) -> str:
    """For each patience, the menus that theory says earn most."""
    lines = ["Best in theory, by what coming back costs:"]
    for cost in COSTS:
        earned = {menu: found[name].theory for menu in MENUS if (name := sweep_name(menu, cost)) in found}
        most = max(earned.values(), default=0.0)
        best = [menu for menu, revenue in earned.items() if math.isclose(revenue, most)]
        lines.append(f"  {patience(cost)}: {', '.join(best) or '–'}")
    return "\n".join(lines)


def patience(cost: float) -> str:
    """A mean cost in words."""
    return "(comes once)" if math.isinf(cost) else f"{cost:g} on average" if cost else "nothing"


def plots(tables: Mapping[str, Any], told: Parameters, found: Mapping[str, Figure]) -> list[str]:
    """Draw all three into the folder of the run; says where, or nothing if the run is in memory."""
    folder = getattr(tables, "directory", None)
    if folder is None:
        return []
    numbers = {plan.name: number for number, plan in enumerate(plans(told))}
    draw_revenue(found, folder / "revenue.png")
    draw_visits(tables, numbers, folder / "visits.png")
    draw_learning(tables, numbers[EXTRAS[2]], folder / "learning.png")
    return [f"Plots: revenue.png, visits.png and learning.png in {folder}"]


def draw_revenue(found: Mapping[str, Figure], path: Any) -> None:
    """Revenue by patience: points with intervals are simulated, lines are theory."""
    with figure(path, "mean cost of coming back", "revenue a customer") as axes:
        for name in MENUS:
            revenue_curve(axes, found, name)
        axes.set_xticks(range(len(COSTS)), TICKS)


def revenue_curve(axes: Axes, found: Mapping[str, Figure], menu: str, **look: Any) -> None:
    """One menu's revenue by patience."""
    shown = [(x, found[sweep_name(menu, cost)]) for x, cost in enumerate(COSTS)
             if sweep_name(menu, cost) in found]
    places = [x for x, _ in shown]
    means = [one.estimate.mean for _, one in shown]
    errors = [one.estimate.half_width for _, one in shown]
    points = axes.errorbar(places, means, errors, fmt="o", markersize=4, capsize=2, label=menu, **look)
    axes.plot(places, [one.theory for _, one in shown], linewidth=1, color=points[0].get_color())


def draw_visits(tables: Mapping[str, Any], numbers: Mapping[str, int], path: Any) -> None:
    """How often the hungry come, by patience."""
    with figure(path, "mean cost of coming back", "visits of a hungry customer") as axes:
        for place, (name, visits) in enumerate(visits_of_the_hungry(tables["customers"], numbers).items()):
            axes.plot(np.arange(len(COSTS)) + place / 30, visits, "o-", markersize=4, label=name)
        axes.set_xticks(range(len(COSTS)), TICKS)


def visits_of_the_hungry(customers: Any, numbers: Mapping[str, int]) -> dict[str, list[float]]:
    """Mean visits of a hungry customer at each cost of coming back, by menu."""
    hungry = customers[customers["type"] == HUNGRY].groupby("seller_id")["visits"].mean()
    return {
        name: [hungry.get(numbers[sweep_name(name, cost)], math.nan) for cost in COSTS] for name in MENUS
    }


def draw_learning(tables: Mapping[str, Any], number: int, path: Any) -> None:
    """The learners' revenue, a moving mean, beside that of those who come once and of those who know."""
    customers = tables["customers"]
    learners = customers[customers["seller_id"] == number]
    window = max(1, len(learners) // 8)
    moving = np.convolve(learners["paid"].to_numpy(), np.ones(window) / window, "valid")
    with figure(path, "customer", f"revenue a customer, mean of {window}") as axes:
        axes.plot(np.arange(len(moving)) + window, moving, label="regulars who learn")
        for k, label in ((1, "all come once"), (2, "all know, and come twice")):
            level = menu_revenue(SHADED, COFFEE_SHOP.types, COFFEE_SHOP.probabilities, k)
            axes.axhline(level, linestyle="--" if k == 1 else ":", color="black", linewidth=1, label=label)


# --- on the page ------------------------------------------------------------------------------------

SEEN, WATCHED = 40.0, ("once", "cost 0")
"""How much time the queue is shown for; at which counters of the clever menu."""
LISTED, WANTED = 12, ("coffee", "a bagel", "both")
"""How many customers are listed; what those of each type want."""


def at_the_counter(customers: Any, times: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """How many of these customers have come and not yet gone home, at each time."""
    come = np.searchsorted(np.sort(customers["arrived"].to_numpy()), times, side="right")
    return come - np.searchsorted(np.sort(customers["left"].to_numpy()), times, side="right")


def queue_over_time(market: CounterMarket) -> Drawing:
    """The queue.

    People at two counters with the clever menu, waiting or being served, of those who have gone home since.
    Where coming back is free the queue is longer.
    """
    from sim.page.colours import new_figure, plain_axes, seller_colour

    drawn = new_figure()
    axes = plain_axes(drawn, "simulated time", "people at the counter")
    customers, end = market.records.frame("customers"), max(market.now, SEEN)
    times = np.arange(end - SEEN, market.now, 0.05)
    numbers = {plan.name: number for number, plan in enumerate(market.plans)}
    for place, who in enumerate(WATCHED):
        own = customers[customers["seller_id"] == numbers[f"clever, {who}"]]
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
    numbers = {plan.name: number for number, plan in enumerate(market.plans)}
    rows = visits_of_the_hungry(market.records.frame("customers"), numbers)
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
    for place, name in enumerate(MENUS):
        revenue_curve(axes, found, name, color=seller_colour(place))
    axes.set(ylim=(0, 7))
    axes.legend(frameon=False, fontsize=8.5, ncols=3, loc="upper left")
    return drawn


def last_customers(market: CounterMarket) -> Drawing:
    """The last customers.

    Of the same two counters, the latest at the top: what each wanted, how often she bought, what she paid.
    """
    from sim.page.colours import INK, new_figure, seller_colour

    drawn = new_figure()
    axes = drawn.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.set(xlim=(0, 1), ylim=(LISTED + 0.5, -0.5))
    axes.axis("off")
    places = (0.0, 0.1, 0.44, 0.7, 0.86)
    for place, heading in zip(places, ("left", "counter", "wanted", "visits", "paid"), strict=True):
        axes.text(place, 0, heading, fontsize=9, color=INK, weight="bold", va="center")
    numbers = [plan.name for plan in market.plans]
    counters = {numbers.index(f"clever, {who}"): k for k, who in enumerate(WATCHED)}
    customers = market.records.frame("customers")
    last = customers[customers["seller_id"].isin(list(counters))].tail(LISTED)
    rows: Any = last.iloc[::-1].itertuples()
    for line, row in enumerate(rows, start=1):
        which = counters[row.seller_id]
        words = (f"{row.left:.1f}", ("all come once", "coming back is free")[which], WANTED[row.type],
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


PANELS = (what_menus_earn, queue_over_time, who_comes_back, last_customers)


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "coffee_shop", *sys.argv[1:]])
