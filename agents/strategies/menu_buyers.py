"""Buyers at a menu of priced lotteries who may come back (buy-many paper, Section 2 and Appendix A).

They are additive and risk-neutral: only expected value less payment counts. An adaptive menu asks again
after each purchase and shows what entries can still add; the first entry of an answer is what they buy now.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from agents.strategies.base import Answer, Strategy
from agents.view import View
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.conversation import check_count, check_money
from mechanisms.menus import Menu, best_purchase
from mechanisms.menus.adaptive import Policy
from mechanisms.questions import ShowMenu


class MenuBuyer(Strategy):
    """For strategies that choose by one's values alone: override `entries`."""

    @abstractmethod
    def entries(self, menu: Menu, values: tuple[float, ...], purchases: int, adaptive: bool) -> list[int]:
        """Entries to buy, at most `purchases`; of an adaptive menu the one to buy now, or none."""

    def choose_from_menu(self, question: ShowMenu, view: View) -> Answer:
        """Buy what `entries` says; equal types are asked once."""
        menu = Menu(question.entries, question.prices)
        values = view.values if menu.n > 1 else view.values[..., None]
        rows, place = np.unique(values.reshape(-1, menu.n), axis=0, return_inverse=True)
        chosen = np.full((len(rows), question.purchases), -1, dtype=np.int64)
        for row, worth in zip(chosen, rows.tolist(), strict=True):
            bought = self.entries(menu, tuple(worth), question.purchases, question.adaptive)
            row[: len(bought)] = bought
        return chosen[place.ravel()].reshape(*values.shape[:-1], question.purchases)


@dataclass(frozen=True)
class ExactMenuBuyer(MenuBuyer):
    """Buy what is best, to the last cent; ties go to the seller."""

    honest: ClassVar[bool] = True

    def entries(self, menu: Menu, values: tuple[float, ...], purchases: int, adaptive: bool) -> list[int]:
        """The best multiset, or the first step of the best policy."""
        return list(_best(menu, values, purchases, adaptive))


@dataclass(frozen=True)
class GreedyMenuBuyer(MenuBuyer):
    """Buy whichever entry adds most to one's utility, again and again, as long as it adds something.

    cost
        What coming back costs, in money, each time; for an adaptive menu, which does not say how often she
        has come, it is not counted. ValueError for a cost that is not allowed.
    """

    cost: float = 0.0

    def __post_init__(self) -> None:
        check_money("cost", self.cost)

    def entries(self, menu: Menu, values: tuple[float, ...], purchases: int, adaptive: bool) -> list[int]:
        """One entry after the other, by marginal utility; at a tie the dearer one.

        As long as it adds something, or costs what it adds: the indifferent buy.
        """
        worth, misses = np.array(values), np.ones(menu.n)
        slack = RELATIVE_SLACK * float(worth.sum())
        bought: list[int] = []
        for _ in range(1 if adaptive else purchases):
            gains = menu.probabilities @ (worth * misses) - menu.prices - (self.cost if bought else 0)
            pick = int(np.where(gains >= gains.max() - slack, menu.prices, -1.0).argmax())
            if gains[pick] < -slack or (gains[pick] <= slack and menu.prices[pick] <= slack):
                break
            bought.append(pick)
            misses = misses * (1 - menu.probabilities[pick])
        return bought


@dataclass(frozen=True)
class ImpatientMenuBuyer(MenuBuyer):
    """Buy what is best when every purchase after the first costs patience, up to a limit of purchases.

    cost
        What coming back costs, in money, each time.
    limit
        How often one comes at most.

    She commits to all purchases at once; at an adaptive menu, which does not say how often she has come, she
    raises ValueError, as for a cost or a limit that is not allowed.
    """

    cost: float = 0.0
    limit: int = 1_000

    def __post_init__(self) -> None:
        check_money("cost", self.cost)
        check_count("limit", self.limit)

    def entries(self, menu: Menu, values: tuple[float, ...], purchases: int, adaptive: bool) -> list[int]:
        """What is best, the cost of coming back counted; ties go to the seller."""
        if adaptive:
            raise ValueError("an impatient buyer commits: the menu must not be adaptive")
        return list(committed_plan(menu, values, self.cost, min(purchases, self.limit)))


@lru_cache(maxsize=100_000)
def committed_plan(menu: Menu, values: tuple[float, ...], cost: float, most: int) -> tuple[int, ...]:
    """The entries to commit to if up to `most` may be bought and each after the first costs `cost`.

    Of every number of purchases the best, and of these the best; ties go to the seller. No number is left
    out because a smaller one is as good: three cheap entries may beat a dear one that two do not. Raises
    ValueError for bad values or `most`.
    """
    check_count("most", most)
    dream = best_purchase(menu, values, most)
    if cost == 0:
        return dream.committed
    best: tuple[int, ...] = ()
    utility, payment = 0.0, 0.0
    slack = RELATIVE_SLACK * sum(values)
    for often in range(1, most + 1):
        if dream.utility - cost * (often - 1) < utility - slack:
            break  # so many would cost more than they can bring
        purchase = best_purchase(menu, values, often)
        net = purchase.utility - cost * max(0, len(purchase.committed) - 1)
        if net > utility + slack or (net >= utility - slack and purchase.payment > payment):
            best, utility, payment = purchase.committed, net, purchase.payment
    return best


@lru_cache(maxsize=100_000)
def _best(menu: Menu, values: tuple[float, ...], purchases: int, adaptive: bool) -> tuple[int, ...]:
    best: Any = best_purchase(menu, values, purchases, adaptive).entries
    if isinstance(best, Policy):
        step = best.next((0,) * menu.n, purchases)
        return () if step < 0 else (step,)
    return best
