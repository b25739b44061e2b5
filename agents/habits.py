"""Habits of customers who may queue again: what they buy, one entry a visit (buy-many paper, 1, App. A).

A customer starts an errand, is asked at each visit which entry she buys, and goes home when she wants no
more. Her values are additive, and a second piece of an item is worth nothing to her.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from agents.strategies.menu_buyers import GreedyMenuBuyer, committed_plan
from agents.strategies.menu_learner import LearningMenuBuyer
from agents.view import Feedback, View
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.conversation import check_money
from mechanisms.menus import Menu, PostedMenu
from mechanisms.questions import ShowMenu
from mechanisms.utilities import Linear

Values = tuple[float, ...]
Held = tuple[int, ...]
"""For each item 1 if the customer has it, else 0."""
Step = Callable[[Held, int], int]
"""Called with what she has and the visits made: the entry that she buys now, or −1 to go home."""
HOME = -1


class Habit(ABC):
    """How a customer decides; `name` is for tables."""

    name: str

    @abstractmethod
    def start(self, menu: Menu, values: Values, most: int, person: int, rng: np.random.Generator) -> Step:
        """Begin an errand of at most `most` visits."""

    def end(self, menu: Menu, values: Values, most: int, person: int, bought: list[int],
            payoff: float) -> None:
        """Hear what the errand came to; only learners listen."""
        return


@dataclass(frozen=True)
class Planned(Habit):
    """Decide on all purchases beforehand; each visit after the first costs `cost`, in money.

    Raises TypeError or ValueError for a cost that is no money.
    """

    cost: float = 0.0

    def __post_init__(self) -> None:
        check_money("cost", self.cost)

    @abstractmethod
    def plan(self, menu: Menu, values: Values, most: int) -> tuple[int, ...]:
        """The entries to buy, at most `most`, in this order."""

    def start(self, menu: Menu, values: Values, most: int, person: int, rng: np.random.Generator) -> Step:
        """Buy the entries of the plan one by one."""
        plan = self.plan(menu, values, most)
        return lambda _, visits: plan[visits] if visits < len(plan) else HOME


@dataclass(frozen=True)
class Committed(Planned):
    """Plan what is best, the cost of coming back counted."""

    name: str = "decides beforehand"

    def plan(self, menu: Menu, values: Values, most: int) -> tuple[int, ...]:
        """As `committed_plan`."""
        return committed_plan(menu, values, self.cost, most)


@dataclass(frozen=True)
class Greedy(Planned):
    """Take the entry that adds most, and come back for the next as long as it is worth the trouble."""

    name: str = "takes what adds most"

    def plan(self, menu: Menu, values: Values, most: int) -> tuple[int, ...]:
        """As `GreedyMenuBuyer`."""
        return tuple(GreedyMenuBuyer(self.cost).entries(menu, values, most, adaptive=False))


@dataclass(frozen=True)
class Adaptive(Habit):
    """Look at what one has got before one decides to queue again, which costs `cost`, in money.

    Raises TypeError or ValueError for a cost that is no money.
    """

    cost: float = 0.0
    name: str = "looks first"

    def __post_init__(self) -> None:
        check_money("cost", self.cost)

    def start(self, menu: Menu, values: Values, most: int, person: int, rng: np.random.Generator) -> Step:
        """Take the best step at each visit."""
        return lambda held, visits: adaptive_step(menu, values, held, self.cost, most - visits, visits == 0)


@dataclass(eq=False)
class Learned(Habit):
    """Try purchases, and mostly repeat the one that has paid best; each visit after the first costs `cost`.

    exploration
        How often any purchase is tried instead, a share from 0 to 1.

    Raises TypeError or ValueError for a share or a cost that is none.
    """

    exploration: float = 0.05
    cost: float = 0.0
    name: str = "learns"
    _buyer: LearningMenuBuyer = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_money("cost", self.cost)
        self._buyer = LearningMenuBuyer(self.exploration)

    def start(self, menu: Menu, values: Values, most: int, person: int, rng: np.random.Generator) -> Step:
        """Draw a purchase from what she would try now."""
        worth, seat = np.array([values]), np.array([0])
        view = View(worth, seat, np.array([person]), 1, PostedMenu(menu, most))
        mixed: Any = self._buyer.choose_from_menu(_question(menu, most), view)
        answers, chances = mixed.answers[0], mixed.probabilities[0]
        drawn = int(np.searchsorted(np.cumsum(chances), rng.random() * chances.sum(), side="right"))
        plan = [entry for entry in answers[min(drawn, len(answers) - 1)].tolist() if entry >= 0]
        return lambda _, visits: plan[visits] if visits < len(plan) else HOME

    def end(self, menu: Menu, values: Values, most: int, person: int, bought: list[int],
            payoff: float) -> None:
        """Remember what the purchase paid, less what it cost to come back for it."""
        payoff -= self.cost * max(0, len(bought) - 1)
        answer = np.array([[*bought, *[-1] * (most - len(bought))]])
        nothing, seat = np.zeros(1), np.array([0])
        self._buyer.observe(
            Feedback(
                seats=seat, buyers=np.array([person]), n=1, mechanism=PostedMenu(menu, most),
                values=np.array([values]), utility=Linear(),
                answers=((_question(menu, most), answer),), allocation=nothing, payments=nothing,
                payoffs=np.array([payoff]), causes={},
            )
        )


@lru_cache(maxsize=10_000)
def _question(menu: Menu, most: int) -> ShowMenu:
    entries = tuple(tuple(lottery) for lottery in menu.probabilities.tolist())
    return ShowMenu(entries=entries, prices=tuple(menu.prices.tolist()), purchases=most)


@lru_cache(maxsize=100_000)
def adaptive_step(menu: Menu, values: Values, held: Held, cost: float, left: int, first: bool) -> int:
    """The entry to buy now, with `left` visits left, or `HOME`; the first visit is free.

    Ties go to the seller: she buys, and the dearer entry, but nothing that is free and useless.
    """
    gains = [
        _expected(menu, values, held, cost, left, entry) - (0 if first else cost)
        for entry in range(len(menu))
    ] if left else []
    slack = RELATIVE_SLACK * sum(values)
    best = max(gains, default=-1.0)
    near = [entry for entry, gain in enumerate(gains) if gain >= max(best, 0.0) - slack]
    dearest = max(near, key=lambda entry: float(menu.prices[entry]), default=HOME)
    useless = best <= slack and dearest != HOME and menu.prices[dearest] == 0
    return HOME if useless else dearest


def _expected(menu: Menu, values: Values, held: Held, cost: float, left: int, entry: int) -> float:
    """What buying an entry now is worth, when the best is done afterwards."""
    chances = menu.probabilities[entry].tolist()
    open_items = [j for j, has in enumerate(held) if not has and chances[j] > 0]
    total = -float(menu.prices[entry])
    for coins in product((0, 1), repeat=len(open_items)):
        weight, now = 1.0, list(held)
        for j, coin in zip(open_items, coins, strict=True):
            weight *= chances[j] if coin else 1 - chances[j]
            now[j] = coin
        if weight > 0:
            gained = sum(values[j] for j, coin in zip(open_items, coins, strict=True) if coin)
            total += weight * (gained + _onwards(menu, values, tuple(now), cost, left - 1))
    return total


@lru_cache(maxsize=100_000)
def _onwards(menu: Menu, values: Values, held: Held, cost: float, left: int) -> float:
    """The most that further visits can add to one's utility."""
    if left == 0 or all(held):
        return 0.0
    return max(
        0.0,
        *(_expected(menu, values, held, cost, left, entry) - cost for entry in range(len(menu))),
    )
