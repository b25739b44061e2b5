"""A posted menu as a conversation: one buyer, up to k purchases, coins by nature (buy-many paper, Section 2).

A buyer who commits chooses all entries at once, and each item is then drawn once, with the chance that the
lotteries give together. An adaptive buyer (Appendix A) is asked again after each purchase. She is shown
what entries can still add: their chances of items that she already has are 0, as a second one is worth
nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from mechanisms.conversation import Conversation, Mechanism, check_count
from mechanisms.menus.menu import Menu, lot
from mechanisms.menus.purchase import check_menu
from mechanisms.outcome import Outcome
from mechanisms.questions import Chance, Question, ShowMenu
from mechanisms.types import TypeSpace, unit_of_each

Lots = tuple[float, ...]
"""For each item 1 if the buyer has it, else 0."""


@dataclass(frozen=True)
class PostedMenu(Mechanism):
    """Sell to one buyer from a menu of priced lotteries.

    menu
        The entries.
    k
        How many the buyer may take, copies counted; a finite number.
    adaptive
        Whether she sees what she got before she buys again.

    Raises TypeError or ValueError for anything else; `conversation` raises ValueError unless n is 1.
    """

    menu: Menu
    k: int = 1
    adaptive: bool = False

    def __post_init__(self) -> None:
        check_menu(self.menu)
        check_count("k", self.k)

    @property
    def space(self) -> TypeSpace:
        """Additive values of the menu's goods."""
        return unit_of_each(self.menu.n)

    def conversation(self, n: int) -> Conversation:
        """Show the menu, let nature draw, and repeat if the buyer may come back."""
        if n != 1:
            raise ValueError(f"a posted menu is for one buyer at a time, not for {n}")
        got, paid = yield from self._one_by_one() if self.adaptive else self._all_at_once()
        return Outcome(np.array([got if self.menu.n > 1 else got[0]]), np.array([paid]))

    def _all_at_once(self) -> Generator[Question, Any, tuple[Lots, float]]:
        question = menu_question(self.menu, (0.0,) * self.menu.n, self.k, False)
        chosen = (yield question).values[0].astype(int)
        bought = chosen[chosen >= 0].tolist()
        if not bought:
            return (0.0,) * self.menu.n, 0.0
        got = yield from _draw(lot(self.menu.probabilities[bought]).tolist())
        return got, float(self.menu.prices[bought].sum())

    def _one_by_one(self) -> Generator[Question, Any, tuple[Lots, float]]:
        held, paid = (0.0,) * self.menu.n, 0.0
        for left in range(self.k, 0, -1):
            question = menu_question(self.menu, held, left, True)
            entry = int((yield question).values[0][0])  # what she would buy later, she may say later
            if entry < 0:
                break
            got = yield from _draw(question.entries[entry])
            held = tuple(max(pair) for pair in zip(held, got, strict=True))
            paid += question.prices[entry]
        return held, paid


@lru_cache(maxsize=10_000)
def menu_question(menu: Menu, held: Lots, left: int, adaptive: bool) -> ShowMenu:
    """The menu as a question to a buyer who has some items, and may buy `left` entries more."""
    entries = tuple(tuple(lottery) for lottery in (menu.probabilities * (1 - np.array(held))).tolist())
    prices = tuple(menu.prices.tolist())
    return ShowMenu(entries=entries, prices=prices, purchases=left, adaptive=adaptive)


def _draw(lottery: Sequence[float]) -> Generator[Question, Any, Lots]:
    """One coin for each item that is neither sure nor impossible."""
    got = []
    for chance in lottery:
        sure = chance in (0, 1)
        got.append(chance if sure else 1.0 - (yield Chance((chance, 1 - chance))))
    return tuple(got)
