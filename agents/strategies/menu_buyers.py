"""Buyers at a menu of priced lotteries who may come back (buy-many paper, Section 2 and Appendix A).

They are additive and risk-neutral: only expected value less payment counts, and what coming back costs. An
adaptive menu asks again after each purchase and shows what entries can still add; the first entry of an
answer is what they buy now.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.strategies.base import Answer, Strategy
from agents.strategies.menu_plans import HOME, adaptive_step, committed_plan
from agents.view import View
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.conversation import check_count, check_money
from mechanisms.menus import Menu
from mechanisms.questions import ShowMenu


class MenuBuyer(Strategy):
    """For strategies that choose by one's values alone: override `entries`.

    cost
        What each visit after the first costs her, in money.
    """

    cost: float

    @abstractmethod
    def entries(
        self, menu: Menu, values: tuple[float, ...], purchases: int, adaptive: bool, visits: int = 0
    ) -> list[int]:
        """Entries to buy, at most `purchases`, after `visits` purchases before.

        Of an adaptive menu the first is bought now, and `menu` is what its entries can still add.
        """

    def choose_from_menu(self, question: ShowMenu, view: View) -> Answer:
        """Buy what `entries` says; equal types are asked once."""
        menu, visits = menu_of(question), len(earlier_menus(question, view))
        values = view.values if menu.n > 1 else view.values[..., None]
        rows = values.reshape(-1, menu.n).tolist()
        bought = {}
        for row in rows:
            one = tuple(row)
            if one not in bought:
                found = self.entries(menu, one, question.purchases, question.adaptive, visits)
                bought[one] = [*found, *[HOME] * (question.purchases - len(found))]
        chosen = np.array([bought[tuple(row)] for row in rows], dtype=np.int64)
        return chosen.reshape(*values.shape[:-1], question.purchases)


@lru_cache(maxsize=10_000)
def menu_of(question: ShowMenu) -> Menu:
    """What is shown."""
    return Menu(question.entries, question.prices)


def earlier_menus(question: ShowMenu, view: View) -> list[NDArray[Any]]:
    """What the members answered at their earlier visits to an adaptive menu."""
    if not question.adaptive:
        return []
    return [said for asked, said in view.said if isinstance(asked, ShowMenu) and asked.adaptive]


def planned_before(question: ShowMenu, view: View) -> NDArray[Any] | None:
    """What is left of what the members said at their first visit; None if this is the first."""
    earlier = earlier_menus(question, view)
    return earlier[0][..., len(earlier) :] if earlier else None


@dataclass(frozen=True)
class ExactMenuBuyer(MenuBuyer):
    """Buy what is best, to the last cent, and look before one buys again where that is possible.

    Ties go to the seller. TypeError or ValueError for a cost that is no money.
    """

    cost: float = 0.0

    def __post_init__(self) -> None:
        check_money("cost", self.cost)

    @property
    def name(self) -> str:
        """In words."""
        return "looks first"

    def entries(
        self, menu: Menu, values: tuple[float, ...], purchases: int, adaptive: bool, visits: int = 0
    ) -> list[int]:
        """The best multiset, or the first step of the best policy."""
        if not adaptive:
            return list(committed_plan(menu, values, self.cost, purchases))
        step = adaptive_step(menu, values, (0,) * menu.n, self.cost, purchases, visits == 0)
        return [] if step == HOME else [step]


@dataclass(frozen=True)
class GreedyMenuBuyer(MenuBuyer):
    """Buy whichever entry adds most to one's utility, again and again, as long as it adds something.

    TypeError or ValueError for a cost that is no money.
    """

    cost: float = 0.0

    def __post_init__(self) -> None:
        check_money("cost", self.cost)

    @property
    def name(self) -> str:
        """In words."""
        return "takes what adds most"

    def entries(
        self, menu: Menu, values: tuple[float, ...], purchases: int, adaptive: bool, visits: int = 0
    ) -> list[int]:
        """One entry after the other, by marginal utility; at a tie the dearer one.

        As long as it adds something, or costs what it adds: the indifferent buy.
        """
        worth, misses = np.array(values), np.ones(menu.n)
        slack = RELATIVE_SLACK * float(worth.sum())
        bought: list[int] = []
        for _ in range(1 if adaptive else purchases):
            cost = self.cost if bought or visits else 0
            gains = menu.probabilities @ (worth * misses) - menu.prices - cost
            pick = int(np.where(gains >= gains.max() - slack, menu.prices, -1.0).argmax())
            if gains[pick] < -slack or (gains[pick] <= slack and menu.prices[pick] <= slack):
                break
            bought.append(pick)
            misses = misses * (1 - menu.probabilities[pick])
        return bought


@dataclass(frozen=True)
class ImpatientMenuBuyer(MenuBuyer):
    """Decide on all purchases beforehand, as is best when every one after the first costs patience.

    limit
        How often one comes at most.

    At an adaptive menu, too, she sticks to what she said at her first visit. TypeError or ValueError for a
    cost or a limit that is not allowed.
    """

    cost: float = 0.0
    limit: int = 1_000

    def __post_init__(self) -> None:
        check_money("cost", self.cost)
        check_count("limit", self.limit)

    @property
    def name(self) -> str:
        """In words."""
        return "decides beforehand"

    def entries(
        self, menu: Menu, values: tuple[float, ...], purchases: int, adaptive: bool, visits: int = 0
    ) -> list[int]:
        """What is best, the cost of coming back counted; ties go to the seller."""
        return list(committed_plan(menu, values, self.cost, min(purchases, self.limit)))

    def choose_from_menu(self, question: ShowMenu, view: View) -> Answer:
        """The plan, or what is left of it."""
        plan = planned_before(question, view)
        return super().choose_from_menu(question, view) if plan is None else plan
