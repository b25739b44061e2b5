"""Mechanism ℳ: buyers price the star (Azar, Chen and Micali 2010, Section 5 and Theorem 2).

The seller knows nothing. Buyers report their values in secret; the highest, the star, and the others'
values are announced; the others say what they believe of the star's value, and are paid for it by a proper
scoring rule; the star is offered the better of the second price and the best price for what they know.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import check_field
from mechanisms.comparison import at_least
from mechanisms.conservative.aggregation import combine
from mechanisms.conservative.scoring import Brier, ScoringRule, checked_beliefs, mass_and_norm
from mechanisms.conversation import Conversation, Mechanism, check_count
from mechanisms.distributions import JointDistribution
from mechanisms.outcome import Outcome
from mechanisms.questions import Announce, AskGridBelief, AskGridValue, Chance, Question

HEADS = 0
REWARD_DIVISOR = 3
"""The reward's constant is δε/(3nB); with δε/(nB) truth in step 1 would not be dominant for B >= 3."""

Designer = Callable[[int, tuple[float, ...]], Any]
"""What the seller knows herself: (star, the others' values) to masses of the star's value (B,), or None."""


@dataclass(frozen=True)
class StarAuction(Mechanism):
    """ℳ for one good and n buyers with integer values below `value_bound`.

    n, value_bound
        Number of buyers, at least 2, and B, at least 2.
    delta
        Probability of the random sale that makes truth in step 1 strictly dominant; in (0, 1/4).
    epsilon
        Discount that makes a sale worth more than nothing to the star; in (0, 1/4), money.
    scoring
        How beliefs are paid. With `Logarithmic` a buyer may lose ex post, and truth in step 1 is no longer
        strictly dominant: the reward is unbounded.
    designer
        What the seller knows: called with the star and the others' values (in order of their indices, −inf
        for who has left), returns probabilities over 0 … B−1, or None. It joins AGG with the last index, and
        stands alone if nobody reports.
    public_values
        A variant to see what secrecy is for: everybody's value is announced before step 2.

    Ties go to the lowest index. Who sends no acceptable value in step 1 has left; with fewer than two left
    nothing is sold. Beliefs that are late or malformed earn nothing and are left out; if there is none, the
    classical price CP stands. Truthful buyers expect REV >= (1 − δ) S − ε for the star benchmark S.

    Raises TypeError or ValueError for a parameter out of range.
    """

    n: int
    value_bound: int
    delta: float = 0.1
    epsilon: float = 0.1
    scoring: ScoringRule = field(default_factory=Brier)
    designer: Designer | None = None
    public_values: bool = False

    def __post_init__(self) -> None:
        check_count("n", self.n, least=2)
        check_count("value_bound", self.value_bound, least=2)
        check_field(self, "delta", above=0, below=0.25)
        check_field(self, "epsilon", above=0, below=0.25)
        if not isinstance(self.scoring, ScoringRule):
            raise TypeError(f"scoring must be a ScoringRule, not {self.scoring!r}")
        if self.designer is not None and not callable(self.designer):
            raise TypeError(f"designer must be a function of star and values, or None, not {self.designer!r}")

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """Exactly n."""
        return self.n

    @property
    def ex_post_ir(self) -> bool:  # type: ignore[override]
        """Whether rewards are never negative."""
        return self.scoring.never_negative

    @property
    def reward_unit(self) -> float:
        """What one point of the scoring rule is worth, δε/(3nB)."""
        return self.delta * self.epsilon / (REWARD_DIVISOR * self.n * self.value_bound)

    @cached_property
    def _chances(self) -> tuple[Chance, Chance, Chance]:
        """The biased coin, and the random sale's buyer and price."""
        coin = Chance((self.delta, 1 - self.delta))
        return coin, Chance((1 / self.n,) * self.n), Chance((1 / self.value_bound,) * self.value_bound)

    def conversation(self, n: int) -> Conversation:
        """Play ℳ; ValueError for another number of buyers than it was made for."""
        if n != self.n:
            raise ValueError(f"n must be {self.n}, the number of buyers of the mechanism, got {n}")
        values = (yield AskGridValue(bound=self.value_bound)).values
        if np.isfinite(values).sum() < 2:
            return self._outcome()
        coin, _, _ = self._chances
        if (yield coin) == HEADS:
            return (yield from self._random_sale(values))
        star = int(values.argmax())
        yield self._announcement(values, star)
        classical = classical_price(values, star)
        beliefs = yield AskGridBelief(
            to=tuple(j for j in np.flatnonzero(np.isfinite(values)).tolist() if j != star),
            about=(star,),
            outcomes=self.value_bound,
            least=classical,
        )
        reported = np.flatnonzero(beliefs.answered)
        price = self._price(classical, beliefs.values[reported], star, values)
        rewards = np.zeros(n)
        mass, squared_norm = mass_and_norm(int(values[star]), beliefs.values[reported])
        rewards[reported] = self.reward_unit * self.scoring.reward(mass, squared_norm)
        buys = values[star] >= price
        return self._outcome(star if buys else None, price - self.epsilon, rewards)

    def _random_sale(self, values: NDArray[Any]) -> Generator[Question, Any, Outcome]:
        """Step c: a random buyer may buy at a random price, less ε."""
        _, any_buyer, any_price = self._chances
        buyer = yield any_buyer
        price = yield any_price
        return self._outcome(buyer if values[buyer] >= price else None, price - self.epsilon)

    def _announcement(self, values: NDArray[Any], star: int) -> Announce:
        """Step d: who is the star, and the others' values."""
        others = tuple(np.delete(values, star).tolist())
        if self.public_values:
            return Announce.facts(star=star, values=others, highest=float(values[star]))
        return Announce.facts(star=star, values=others)

    def drop_outs(self, heard: tuple[Announce, ...]) -> tuple[int, ...]:
        """Whose announced value is −inf."""
        if not heard:
            return ()
        announced = heard[-1]
        values = np.insert(np.array(announced["values"]), announced["star"], np.inf)
        return tuple(np.flatnonzero(np.isneginf(values)).tolist())

    def _price(self, classical: int, beliefs: NDArray[Any], star: int, values: NDArray[Any]) -> float:
        """Steps e and f: CP if it is at least the known revenue KR, else the best known price KP."""
        if self.designer is not None:
            own = self.designer(star, tuple(np.delete(values, star).tolist()))
            if own is not None:
                known = checked_beliefs("designer", own)
                if known.shape != (self.value_bound,):
                    raise ValueError(f"designer must return {self.value_bound} masses, got {known.shape}")
                beliefs = np.vstack([beliefs, known])
        if len(beliefs) == 0:
            return classical
        price, revenue = best_integer_price(combine(beliefs))
        return classical if at_least(classical, revenue) else price

    def _outcome(self, winner: int | None = None, price: float = 0.0, rewards: Any = None) -> Outcome:
        """The good goes to `winner`, if there is one, who pays `price`."""
        allocation, prices = np.zeros(self.n), np.zeros(self.n)
        if winner is not None:
            allocation[winner], prices[winner] = 1.0, price
        if rewards is None:
            return Outcome(allocation, prices)
        return Outcome(allocation, prices - rewards, {"price": prices, "reward": -rewards})


def designer_knowing(prior: JointDistribution) -> Designer:
    """What a seller who knows the prior knows of the star, given the announcement.

    `prior` is over integers 0 … B−1 for every buyer. She has nothing to say (None) where the announcement has
    probability 0, and where somebody has left.
    """

    def knows(star: int, others: tuple[float, ...]) -> Any:
        values = np.insert(np.array(others), star, -np.inf)
        if np.isinf(others).any():
            return None
        place: Any = (*(int(v) for v in others[:star]), slice(None), *(int(v) for v in others[star:]))
        masses = prior.table[place].copy()
        masses[: classical_price(values, star)] = 0.0
        total = masses.sum()
        return masses / total if total > 0 else None

    return knows


def classical_price(values: NDArray[Any], star: int) -> int:
    """CP: the least integer value with which the star would still be the star.

    >>> classical_price(np.array([3.0, 5.0, 3.0]), 1)
    4
    """
    before = values[:star].max(initial=-np.inf) + 1
    after = values[star + 1 :].max(initial=-np.inf)
    return int(max(before, after))


def best_integer_price(masses: NDArray[np.float64]) -> tuple[int, float]:
    """KP and KR: the smallest p in 0 … B−1 that maximises p · Pr[V >= p], and that maximum.

    >>> best_integer_price(np.array([0.0, 0.5, 0.5]))
    (1, 1.0)
    """
    revenues = np.arange(len(masses)) * np.cumsum(masses[::-1])[::-1]
    best = int(np.argmax(at_least(revenues, revenues.max())))
    return best, float(revenues[best])
