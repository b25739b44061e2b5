"""A posted menu as a conversation: one buyer, up to k purchases, coins by nature (buy-many paper, Section 2).

A buyer who commits chooses all entries at once, and each item is then drawn once, with the chance that the
lotteries give together. An adaptive buyer (Appendix A) is asked again after each purchase. She is shown
what entries can still add: their chances of items that she already has are 0, as a second one is worth
nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.conversation import Conversation, Mechanism, check_count
from mechanisms.menus.menu import Menu, lot
from mechanisms.menus.purchase import check_menu
from mechanisms.outcome import Outcome
from mechanisms.questions import Chance, Question, ShowMenu
from mechanisms.types import Additive, TypeSpace, one_good


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
        return Additive(self.menu.n) if self.menu.n > 1 else one_good(1)

    def conversation(self, n: int) -> Conversation:
        """Show the menu, let nature draw, and repeat if the buyer may come back."""
        if n != 1:
            raise ValueError(f"a posted menu is for one buyer at a time, not for {n}")
        got, paid = yield from self._one_by_one() if self.adaptive else self._all_at_once()
        return Outcome(got.reshape(1, *self.space.allocation_shape), np.array([paid]))

    def _all_at_once(self) -> Generator[Question, Any, tuple[FloatArray, float]]:
        bought = yield from self._ask(self.menu.probabilities, self.k)
        if not bought:
            return np.zeros((1, self.menu.n)), 0.0
        got = yield from _draw(lot(self.menu.probabilities[bought]))
        return got[None], float(self.menu.prices[bought].sum())

    def _one_by_one(self) -> Generator[Question, Any, tuple[FloatArray, float]]:
        held, paid = np.zeros(self.menu.n), 0.0
        for left in range(self.k, 0, -1):
            adds = self.menu.probabilities * (1 - held)
            bought = yield from self._ask(adds, left)
            if not bought:
                break
            held = held + (yield from _draw(adds[bought[0]]))
            paid += float(self.menu.prices[bought[0]])
        return held[None], paid

    def _ask(self, lotteries: FloatArray, left: int) -> Generator[Question, Any, list[int]]:
        entries = tuple(tuple(lottery) for lottery in lotteries.tolist())
        question = ShowMenu(
            entries=entries, prices=tuple(self.menu.prices.tolist()), purchases=left, adaptive=self.adaptive
        )
        replies = yield question
        chosen = replies.values[0].astype(int)
        if self.adaptive:
            chosen = chosen[:1]  # what she would buy later, she may say later
        return chosen[chosen >= 0].tolist()


def _draw(lottery: FloatArray) -> Generator[Question, Any, FloatArray]:
    """One coin for each item that is neither sure nor impossible."""
    got = np.floor(lottery)
    for item in np.flatnonzero((lottery > 0) & (lottery < 1)).tolist():
        chance = float(lottery[item])
        got[item] = yield Chance((1 - chance, chance))
    return got
