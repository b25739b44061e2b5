"""The coffee shop's counters: menus, seven degrees of patience, and what theory says that they earn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from agents.strategies.menu_buyers import ImpatientMenuBuyer
from agents.strategies.menu_learner import LearningMenuBuyer
from mechanisms._validation import FloatArray
from mechanisms.menus import COFFEE_SHOP, Menu, coffee_shop_menu
from mechanisms.menus.valuations import additive_values
from sim.measures.batch_means import Estimate, batch_means
from sim.measures.comparison import Figure
from sim.measures.replicates import across, replicates_of
from sim.menus.counter import CounterMarket, CounterPlan, expected_payment
from sim.menus.menu_file import read_menu_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
SURPRISE = Menu(np.array([[0.5, 0.5], [1, 1]]), [1.9, 8])
SHADED = Menu(coffee_shop_menu().probabilities, [1.99, 3.99, 7.97])
EXTRAS = ("bag, decides beforehand", "bag, looks first", "clever, learns", "clever, two names")


@dataclass(frozen=True, eq=False)
class Assortment:
    """Menus by name, and the people to whom they are sold: additive types (T, n), and probabilities (T,)."""

    menus: Mapping[str, Menu]
    types: FloatArray
    probabilities: FloatArray


def assortment_of(file: str | None) -> Assortment:
    """The coffee shop, or the menu and the people in a file, by the file's name; ValueError for a bad one."""
    if file is None:
        return Assortment(MENUS, COFFEE_SHOP.types, COFFEE_SHOP.probabilities)
    read = read_menu_file(file)
    try:
        types = additive_values(read.types, "a counter")
    except TypeError as error:
        raise ValueError(f"{file}: {error}") from None
    return Assortment({Path(file).stem: read.menu}, types, read.probabilities)


def sweep_name(menu: str, cost: float) -> str:
    """The name of a counter of the sweep."""
    return f"{menu}, once" if math.isinf(cost) else f"{menu}, cost {cost:g}"


def menus_among(counters: Iterable[str]) -> list[str]:
    """The menus of the sweep, from the names of all counters."""
    return [name.removesuffix(", once") for name in counters if name.endswith(", once")]


def patience(cost: float) -> str:
    """A mean cost in words."""
    return "(comes once)" if math.isinf(cost) else f"{cost:g} on average" if cost else "nothing"


def expected_revenue(plan: CounterPlan) -> float:
    """What a counter earns a customer when everybody buys as planned; those who learn, as if they knew."""
    crowd = plan.crowd
    informed = [ImpatientMenuBuyer(one.cost) if isinstance(one, LearningMenuBuyer) else one
                for one in crowd.strategies]
    paid = [
        weight * expected_payment(plan.rules, values, strategy)
        for values, weight in zip(crowd.types.tolist(), crowd.probabilities.tolist(), strict=True)
        for strategy in informed
    ]
    return float(sum(paid) / len(informed))


def revenues(tables: Mapping[str, Any], counters: list[CounterPlan]) -> dict[str, Figure]:
    """Revenue a customer by counter, with theory's; of learners the mean of one run, without an interval.

    NaN where nobody has gone home yet, or where regulars are served too slowly to say.
    """
    served = dict(iter(tables["customers"].groupby("seller_id")))
    found = {}
    for number, plan in enumerate(counters):
        if number in served:
            theory = expected_revenue(plan)
            if plan.crowd.regulars is None:
                found[plan.name] = Figure(batch_means(paid_in_order(served[number])), theory)
            else:
                mean = learned_revenue(served[number], plan)
                found[plan.name] = Figure(Estimate(mean, math.nan, 1), theory, target=True)
    return found


def paid_in_order(customers: Any) -> Any:
    """What customers paid who come once in their lives, in the order of arrival, up to the first one missing.

    Who buys more stays longer, so that those who have gone home are no fair sample of those who came: all who
    came after the first customer who is still there are left out. Numbers of persons tell who came when.
    """
    ordered = customers.sort_values("person_id")
    persons = ordered["person_id"].to_numpy()
    whole = int(np.argmin(np.append(persons, -1) == np.arange(len(persons) + 1)))
    return ordered["paid"].to_numpy()[:whole]


BUSY = 0.9
"""The share of its time that a counter may be busy; above it the queue does not pass in a run."""


def learned_revenue(customers: Any, plan: CounterPlan) -> float:
    """Revenue from a customer in the later half of those who came to a counter of regulars and learn.

    Of those who came so late that others as slow as the slowest might still be there nobody counts; NaN if
    the counter is busy more than BUSY of the time, when nobody knows how slow the slowest are.
    """
    end = float(customers["left"].max())
    busy = float(customers["visits"].sum()) * plan.service / end
    longest = float((customers["left"] - customers["arrived"]).max())
    came = customers[customers["arrived"] <= end - longest].sort_values("arrived")
    paid = came["paid"].to_numpy()[len(came) // 2 :]
    return float(paid.mean()) if len(paid) and busy <= BUSY else math.nan


def replicated_revenues(
    tables: Mapping[str, Any],
    counters: list[CounterPlan],
    until: float,
    seed: int,
    replicates: int,
    status: str = "complete",
) -> dict[str, Figure]:
    """As `revenues`, with intervals across runs of their own at counters of learners."""
    found = revenues(tables, counters)
    plans = [plan for plan in counters if plan.crowd.regulars is not None and plan.name in found]
    if status != "complete" or not plans:
        return found
    own = {plan.name: float(found[plan.name].estimate.mean) for plan in plans}
    runs = replicates_of(tables, own, partial(all_learned, plans, until), seed, replicates)
    return found | {
        name: replace(found[name], estimate=one) for name, one in across(runs).items()
    }


def all_learned(plans: list[CounterPlan], until: float, seed: int) -> dict[str, float]:
    """Revenue a customer at each of these counters, in a run of their own."""
    market = CounterMarket(plans, seed, tick=until)
    market.advance_to(until)
    market.finish()
    served = dict(iter(market.records.frame("customers").groupby("seller_id")))
    return {
        plan.name: learned_revenue(served[number], plan) if number in served else math.nan
        for number, plan in enumerate(plans)
    }


def visits_of_the_hungry(customers: Any, counters: list[CounterPlan]) -> dict[str, list[float]]:
    """Mean visits at each cost of coming back, by menu, of those who want most: in all, of the last type."""
    numbers = {plan.name: number for number, plan in enumerate(counters)}
    totals = counters[0].crowd.types.sum(axis=1)
    hungry = int(np.flatnonzero(totals == totals.max())[-1])
    visits = customers[customers["type"] == hungry].groupby("seller_id")["visits"].mean()
    return {
        name: [visits.get(numbers[sweep_name(name, cost)], math.nan) for cost in COSTS]
        for name in menus_among(numbers)
    }


class ByPatience(NamedTuple):
    """Places among `COSTS`, and a menu's revenue there: mean, half an interval, theory, shape (costs,)."""

    places: FloatArray
    means: FloatArray
    half_widths: FloatArray
    theory: FloatArray


def by_patience(found: Mapping[str, Figure], menu: str) -> ByPatience:
    """One menu's revenue by patience."""
    shown = [(x, found[sweep_name(menu, cost)]) for x, cost in enumerate(COSTS)
             if sweep_name(menu, cost) in found]
    rows = [(x, one.estimate.mean, one.estimate.half_width, one.theory) for x, one in shown]
    return ByPatience(*np.array(rows, dtype=float).reshape(-1, 4).T)


def revenue_curve(axes: Axes, found: Mapping[str, Figure], menu: str, **look: Any) -> None:
    """The same as dots with intervals and a line."""
    places, means, errors, theory = by_patience(found, menu)
    points = axes.errorbar(places, means, errors, fmt="o", markersize=4, capsize=2, label=menu, **look)
    axes.plot(places, theory, linewidth=1, color=points[0].get_color())
