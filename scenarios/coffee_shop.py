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

`--set strategy=` says what people at the counters of the sweep do. By default they are impatient: they plan
what is best, the cost of coming back counted. The exact plan as if it cost nothing. The greedy take at each
visit what adds most: the clever menu tempts the hungry with both at once, and they do not come back; it earns
4 2/3 at any patience. The learning are regulars who try purchases, and repeat what paid best; all prices are
half a per cent lower for them, so that nobody is indifferent.

`--set menu=FILE.toml` sells another menu, from a file as `bazaar menu check` takes it, to the people in that
file, whose types must be additive; `bazaar audit` and the page take the same parameter. Then there are three
counters more: for people who look first, who learn, and who give two names.

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
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from agents.strategies.base import Strategy
from agents.strategies.menu_buyers import ExactMenuBuyer, GreedyMenuBuyer, ImpatientMenuBuyer
from agents.strategies.menu_learner import LearningMenuBuyer
from mechanisms.menus import Menu, menu_revenue
from mechanisms.names import counted
from scenarios import _presets
from scenarios._coffee_shop_page import last_customers, queue_over_time, what_menus_earn, who_comes_back
from scenarios._coffee_shop_sweep import (
    COSTS,
    EXTRAS,
    MENUS,
    SHADED,
    SURPRISE,
    TICKS,
    Assortment,
    assortment_of,
    expected_revenue,
    menus_among,
    patience,
    replicated_revenues,
    revenue_curve,
    sweep_name,
    visits_of_the_hungry,
)
from sim.measures.comparison import Figure, comparison_table
from sim.measures.plots import figure, pictures
from sim.menus.counter import CounterMarket, CounterPlan, crowd_of
from sim.records import Records
from sim.runs import scenario
from sim.runs.replicates import REPLICATES, across_told
from sim.runs.scenario import OneOf

if TYPE_CHECKING:
    from sim.audit import Instance

PANELS = (what_menus_earn, queue_over_time, who_comes_back, last_customers)
LEVELS = 10
"""How many different costs there are at a counter: as many quantiles of an exponential distribution."""
BAGS = 3
DECISIONS: dict[str, Callable[[float, float], Strategy]] = {
    "impatient": lambda cost, _: ImpatientMenuBuyer(cost),
    "exact": lambda _, __: ImpatientMenuBuyer(),
    "greedy": lambda cost, _: GreedyMenuBuyer(cost),
    "learning": lambda cost, exploration: LearningMenuBuyer(exploration, cost),
}
"""How people at the counters of the sweep decide, by `strategy`: made from their cost and `exploration`."""
DISCOUNT = 0.995
"""Learners at the counters of the sweep pay so much of each price, so that they are not tied."""

EXPLANATION = (
    "Revenue a customer, in money, of all who came before the first who is still there; ± is the half-width "
    "of a 95% confidence interval by batch means. Theory: every type at every cost buys what she plans. Of "
    "learners the later half counts; in brackets: as if they knew. – is not known: where learners queue, and "
    "the counter is hardly ever free, those who have gone home do not tell what the others will pay."
)


class Parameters(scenario.Parameters):
    """What can be set."""

    menu: str | None = Field(
        default=None, description="TOML or CSV file of a menu and its buyers, in place of the coffee shop's"
    )
    until: float = Field(default=1000.0, gt=0, le=1e9, description="simulated time at which the run ends")
    rate: float = Field(
        default=1.0, gt=0, le=1000, description="customers in a unit of time at each counter"
    )
    service: float = Field(default=0.2, gt=0, le=1000, description="how long a purchase takes at the counter")
    strategy: Annotated[str, OneOf(tuple(DECISIONS))] = Field(
        default="impatient",
        description="what people at the counters of the sweep buy: the best, with the cost of coming back "
        "(impatient) or without (exact); at each visit what adds most (greedy); what paid best (learning)",
    )
    visits: int = Field(default=2, ge=2, le=10, description="how often a customer comes at most")
    regulars: int = Field(default=15, ge=1, le=100_000, description="people at a counter of learners")
    exploration: float = Field(default=0.05, ge=0, le=1, description="how often learners try something else")
    replicates: int = REPLICATES


def costs_around(mean: float) -> tuple[float, ...]:
    """Quantiles of the exponential distribution of this mean, one of each tenth."""
    shares = (np.arange(LEVELS) + 0.5) / LEVELS
    return tuple((-mean * np.log1p(-shares)).tolist()) if mean > 0 else (0.0,)


def plans(told: Parameters) -> list[CounterPlan]:
    """All counters: the sweep, menu by menu, and the extras."""
    shop = assortment_of(told.menu)
    found = [_of_the_sweep(told, shop, name, cost) for name in shop.menus for cost in COSTS]
    return [*found, *(_extras(told, shop) if told.menu is None else _extras_of_a_file(told, shop))]


def _extras(told: Parameters, shop: Assortment) -> list[CounterPlan]:
    learner = LearningMenuBuyer(told.exploration)
    return [
        _counter(told, shop, EXTRAS[0], SURPRISE, BAGS, ImpatientMenuBuyer()),
        _counter(told, shop, EXTRAS[1], SURPRISE, BAGS, ExactMenuBuyer()),
        _counter(told, shop, EXTRAS[2], SHADED, 2, learner, regulars=told.regulars),
        _counter(told, shop, EXTRAS[3], MENUS["clever"], 1, ImpatientMenuBuyer(), names=2),
    ]


def _extras_of_a_file(told: Parameters, shop: Assortment) -> list[CounterPlan]:
    """The menu before people who look first, who learn, and who give two names for an entry each."""
    ((name, menu),) = shop.menus.items()
    learner = LearningMenuBuyer(told.exploration)
    shaded = Menu(menu.probabilities, menu.prices * DISCOUNT)
    return [
        _counter(told, shop, f"{name}, looks first", menu, told.visits, ExactMenuBuyer()),
        _counter(told, shop, f"{name}, learns", shaded, told.visits, learner, regulars=told.regulars),
        _counter(told, shop, f"{name}, two names", menu, 1, ImpatientMenuBuyer(), names=2),
    ]


def _of_the_sweep(told: Parameters, shop: Assortment, name: str, cost: float) -> CounterPlan:
    """One counter of the sweep; learners are regulars, at least one of each type and cost, at a discount."""
    menu, most = shop.menus[name], 1 if math.isinf(cost) else told.visits
    decides = DECISIONS[told.strategy]
    costs = costs_around(0.0 if math.isinf(cost) else cost)
    people = [decides(one, told.exploration) for one in costs]
    if told.strategy != "learning":
        return _counter(told, shop, sweep_name(name, cost), menu, most, *people)
    shaded = Menu(menu.probabilities, menu.prices * DISCOUNT)
    regulars = max(told.regulars, len(shop.types) * len(people))
    return _counter(told, shop, sweep_name(name, cost), shaded, most, *people, regulars=regulars)


def _counter(
    told: Parameters, shop: Assortment, name: str, menu: Menu, most: int, *strategies: Strategy, **crowd: Any
) -> CounterPlan:
    people = crowd_of(shop, *strategies, rate=told.rate, **crowd)
    return CounterPlan(name, menu, people, told.service, most)


def build(
    parameters: Parameters | None = None, seed: int = 0, records: Records | None = None
) -> CounterMarket:
    """The counters, ready to open."""
    told = Parameters() if parameters is None else parameters
    tick = min(told.until, max(told.until / 400, 1 / told.rate))  # a customer or more comes to each counter
    return CounterMarket(plans(told), seed, records, tick=tick)


def audited_menus(parameters: Parameters) -> list[Instance]:
    """Every menu, before people to whom coming back costs nothing."""
    from sim.audit.library import menu_instance

    shop = assortment_of(parameters.menu)
    sold = {name: (menu, parameters.visits) for name, menu in shop.menus.items()}
    if parameters.menu is None:
        sold |= {"bag": (SURPRISE, BAGS), "shaded": (SHADED, 2)}
    return [menu_instance(shop, menu, k, f"{name}, {k} visits") for name, (menu, k) in sold.items()]


# --- what came of it --------------------------------------------------------------------------------


def figures(
    tables: Mapping[str, Any], told: Parameters, seed: int = 0, status: str = "complete"
) -> dict[str, Figure]:
    """Revenue a customer by counter, simulated and in theory; of learners with intervals across runs."""
    return replicated_revenues(tables, plans(told), told.until, seed, told.replicates, status)


def measures(tables: Mapping[str, Any], parameters: Parameters) -> dict[str, float]:
    """Revenue a customer, by counter."""
    found = figures(tables, parameters)
    return {f"revenue: {counter}": one.estimate.mean for counter, one in found.items()}


def report(tables: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Any]:
    """The sweep, the extra counters, and the plots in the run's folder."""
    told, status = Parameters(**manifest["parameters"]), manifest.get("status", "complete")
    found, counters = figures(tables, told, int(manifest["seed"]), status), plans(told)
    menus = menus_among(plan.name for plan in counters)
    sweep = {
        patience(cost): {
            name: found[sweep_name(name, cost)] for name in menus if sweep_name(name, cost) in found
        }
        for cost in COSTS
    }
    extras = [plan.name for plan in counters[len(menus) * len(COSTS) :]]
    others = {name: {"revenue": found[name]} for name in extras if name in found}
    return [
        f"Coffee shop: {counted(len(tables['customers']), 'customer')} at {len(counters)} counters.",
        comparison_table("coming back costs", menus, sweep, 3),
        best_in_theory(counters),
        comparison_table("other counters", ["revenue"], others, 3),
        EXPLANATION,
        f"Learners: {across_told(told.replicates, status)}",
        *plots(tables, counters, found),
    ]


def best_in_theory(counters: Sequence[CounterPlan]) -> str:
    """For each patience, the menus that theory says earn most at these counters, whoever came."""
    expected = {plan.name: expected_revenue(plan) for plan in counters}
    lines = ["Best in theory, by what coming back costs:"]
    for cost in COSTS:
        earned = {menu: expected[sweep_name(menu, cost)] for menu in menus_among(expected)}
        most = max(earned.values())
        best = [menu for menu, revenue in earned.items() if math.isclose(revenue, most)]
        lines.append(f"  {patience(cost)}: {', '.join(best)}")
    return "\n".join(lines)


def plots(tables: Mapping[str, Any], counters: list[CounterPlan], found: Mapping[str, Figure]) -> list[str]:
    """Draw all three into the folder of the run; says where, or nothing if the run is in memory."""

    def draw(folder: Any) -> None:
        draw_revenue(found, folder / "revenue.png")
        draw_visits(tables, counters, folder / "visits.png")
        draw_learning(tables, counters, folder / "learning.png")

    return pictures(tables, ["revenue.png", "visits.png", "learning.png"], draw)


def draw_revenue(found: Mapping[str, Figure], path: Any) -> None:
    """Revenue by patience: points with intervals are simulated, lines are theory."""
    title = "Points: simulated, with 95% intervals; lines: theory"
    with figure(path, "mean cost of coming back (money)", "revenue (money a customer)", title) as axes:
        for name in menus_among(found):
            revenue_curve(axes, found, name)
        axes.set_xticks(range(len(COSTS)), TICKS)


def draw_visits(tables: Mapping[str, Any], counters: list[CounterPlan], path: Any) -> None:
    """How often the hungry come, by patience."""
    title = "How often the hungry come, of those who have gone home"
    with figure(path, "mean cost of coming back (money)", "visits (a hungry customer)", title) as axes:
        for place, (name, visits) in enumerate(visits_of_the_hungry(tables["customers"], counters).items()):
            axes.plot(np.arange(len(COSTS)) + place / 30, visits, "o-", markersize=4, label=name)
        axes.set_xticks(range(len(COSTS)), TICKS)


def draw_learning(tables: Mapping[str, Any], counters: list[CounterPlan], path: Any) -> None:
    """The learners' revenue, a moving mean, beside that of those who come once and of those who know."""
    number, plan = next((k, plan) for k, plan in enumerate(counters) if plan.name.endswith(", learns"))
    customers = tables["customers"]
    learners = customers[customers["seller_id"] == number]
    paid = learners["paid"].to_numpy()
    window = max(1, len(paid) // 8)
    moving = np.convolve(paid, np.ones(window) / window, "valid") if len(paid) else paid
    title = f"Those who learn, mean of {window} customers, one run"
    with figure(path, "customer", "revenue (money a customer)", title) as axes:
        axes.plot(np.arange(len(moving)) + window, moving, label="regulars who learn")
        known = {1: "all come once", plan.most: "all know, and come as often as they may"}
        for k, label in known.items():
            level = menu_revenue(plan.menu, plan.crowd.types, plan.crowd.probabilities, k)
            axes.axhline(level, linestyle="--" if k == 1 else ":", color="black", linewidth=1, label=label)


PRESETS = _presets.COFFEE_SHOP


if __name__ == "__main__":
    from scenarios.__main__ import main

    main(["run", "coffee_shop", *sys.argv[1:]])
