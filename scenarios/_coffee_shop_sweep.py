"""The coffee shop's counters: menus, seven degrees of patience, and what theory says that they earn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.strategies.menu_buyers import ImpatientMenuBuyer
from agents.strategies.menu_learner import LearningMenuBuyer
from mechanisms._validation import FloatArray
from mechanisms.menus import COFFEE_SHOP, Menu, coffee_shop_menu
from mechanisms.menus.valuations import additive_values
from sim.measures.batch_means import batch_means
from sim.measures.comparison import Figure
from sim.menus.counter import CounterPlan, expected_payment
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
    """Revenue a customer by counter, as `figures`, for these counters."""
    paid = {number: rows.to_numpy() for number, rows in tables["customers"].groupby("seller_id")["paid"]}
    found = {}
    for number, plan in enumerate(counters):
        if number in paid:
            learned = len(paid[number]) // 2 if plan.crowd.regulars else 0
            found[plan.name] = Figure(batch_means(paid[number][learned:]), expected_revenue(plan))
    return found


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


def revenue_curve(axes: Axes, found: Mapping[str, Figure], menu: str, **look: Any) -> None:
    """One menu's revenue by patience."""
    shown = [(x, found[sweep_name(menu, cost)]) for x, cost in enumerate(COSTS)
             if sweep_name(menu, cost) in found]
    places = [x for x, _ in shown]
    means = [one.estimate.mean for _, one in shown]
    errors = [one.estimate.half_width for _, one in shown]
    points = axes.errorbar(places, means, errors, fmt="o", markersize=4, capsize=2, label=menu, **look)
    axes.plot(places, [one.theory for _, one in shown], linewidth=1, color=points[0].get_color())
