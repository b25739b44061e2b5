"""A buyer who learns what to buy from a menu by trying (ε-greedy, a bandit over purchases).

The buy-many paper's buyers compute what is best; these start from nothing. Each keeps, for each menu and
type, the average payoff of every multiset of entries that she has bought: untried ones come first, then the
best so far, and now and then any.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.strategies.base import Answer
from agents.strategies.menu_buyers import MenuBuyer, planned_before
from agents.strategies.menu_plans import committed_plan
from agents.validation import check_share
from agents.view import Feedback, Mixed, View
from mechanisms.comparison import RELATIVE_SLACK, size_of
from mechanisms.conversation import check_money
from mechanisms.menus import Menu
from mechanisms.questions import ShowMenu

MOST_PURCHASES = 1_000
"""The most multisets that a buyer tries to tell apart."""


@dataclass
class _Experience:
    """Of each purchase: how often it was made, and the average payoff."""

    times: NDArray[np.int64]
    average: NDArray[np.float64]

    def chances(self, exploration: float) -> NDArray[np.float64]:
        """What to try: the untried if there are any, else the best, with some exploration."""
        untried = self.times == 0
        slack = RELATIVE_SLACK * size_of(self.average)
        best = untried if untried.any() else self.average >= self.average.max() - slack
        return (1 - exploration) * best / best.sum() + exploration / len(best)

    def learn(self, purchase: int, payoff: float) -> None:
        """Move the average."""
        self.times[purchase] += 1
        self.average[purchase] += (payoff - self.average[purchase]) / self.times[purchase]


@dataclass(eq=False)
class LearningMenuBuyer(MenuBuyer):
    """Try purchases from a menu, and mostly make the one that has paid best so far; truthful elsewhere.

    exploration
        How often to try any purchase instead, a share from 0 to 1.

    She learns what to commit to, and sticks to it at an adaptive menu. TypeError or ValueError for an
    exploration or a cost outside the range, and for menus with more than 1,000 possible purchases.
    """

    exploration: float = 0.1
    cost: float = 0.0
    _experience: dict[Any, _Experience] = field(init=False, repr=False, default_factory=dict)

    memoryless: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_share("exploration", self.exploration)
        check_money("cost", self.cost)

    @property
    def name(self) -> str:
        """In words."""
        return "learns"

    def choose_from_menu(self, question: ShowMenu, view: View) -> Answer:
        """A mixture over all purchases, by what each member has lived through; later what is left of it."""
        plan = planned_before(question, view)
        if plan is not None:
            return plan
        options = purchases_of(len(question.prices), question.purchases)
        rows = view.values if len(question.entries[0]) > 1 else view.values[..., None]
        chances = np.empty((*rows.shape[:-1], len(options)))
        for place in np.ndindex(rows.shape[:-1]):
            key = self._key(question, view.buyers[place[-1]], rows[place])
            chances[place] = self._of(key, len(options)).chances(self.exploration)
        answers = np.broadcast_to(options, (*rows.shape[:-1], *options.shape))
        return Mixed(answers, chances)

    def observe(self, feedback: Feedback) -> None:
        """Remember the payoff of what was bought, less what it cost to come back for it."""
        for question, answers in feedback.answers:
            if isinstance(question, ShowMenu):
                self._learn(question, answers, feedback)
                return

    def _learn(self, question: ShowMenu, answers: NDArray[Any], feedback: Feedback) -> None:
        options = purchases_of(len(question.prices), question.purchases)
        places = {tuple(option): i for i, option in enumerate(np.sort(options, axis=1).tolist())}
        values = feedback.values.reshape(len(feedback.seats), -1)
        for member, answer in enumerate(answers.astype(int).tolist()):
            bought = tuple(sorted(answer))
            key = self._key(question, feedback.buyers[member], values[member])
            experience = self._experience.setdefault(key, self._of(key, len(options)))
            visits = sum(entry >= 0 for entry in answer)
            payoff = float(feedback.payoffs[member]) - self.cost * max(0, visits - 1)
            experience.learn(places[bought], payoff)

    def entries(
        self, menu: Menu, values: tuple[float, ...], purchases: int, adaptive: bool, visits: int = 0
    ) -> list[int]:
        """What she would buy if she knew all."""
        return list(committed_plan(menu, values, self.cost, purchases))

    def _of(self, key: Any, options: int) -> _Experience:
        """What is known; nothing for the inexperienced, and asking leaves no trace."""
        known = self._experience.get(key)
        return known or _Experience(np.zeros(options, dtype=np.int64), np.zeros(options))

    @staticmethod
    def _key(question: ShowMenu, buyer: Any, values: NDArray[Any]) -> Any:
        menu = (question.entries, question.prices, question.purchases)
        return (int(buyer), tuple(values.tolist()), menu)


@lru_cache(maxsize=1_000)
def purchases_of(entries: int, most: int) -> NDArray[np.int64]:
    """All multisets of at most `most` entries as answers to a menu, shape (b, most), −1 for none."""
    found = list(itertools.islice(_purchases(entries, most), MOST_PURCHASES + 1))
    if len(found) > MOST_PURCHASES:
        raise ValueError(
            f"a menu of {entries} entries with up to {most} purchases allows more than {MOST_PURCHASES} of "
            "them: too many to try"
        )
    table = np.array(found, dtype=np.int64)
    table.setflags(write=False)
    return table


def _purchases(entries: int, most: int) -> Any:
    for size in range(most + 1):
        for bought in itertools.combinations_with_replacement(range(entries), size):
            yield (*bought, *(-1,) * (most - size))
