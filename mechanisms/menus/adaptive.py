"""Buying one entry after the other and seeing what came out (buy-many paper, Appendix A).

Dynamic programming over the items held and the purchases left. Each purchase tosses fresh independent
coins. The answer is a policy, its payment an expectation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray, read_only
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.menus.menu import Menu
from mechanisms.menus.search import Ties
from mechanisms.menus.valuations import TABLE_ITEMS, Valuation


@dataclass(frozen=True, eq=False)
class Policy:
    """What to buy next.

    choices
        Shape (stages, 2, ..., 2): the entry to buy, −1 to stop, with stage + 1 purchases left and the items
        held as indicators. A single stage when purchases are unlimited.
    """

    choices: NDArray[np.int64]

    def next(self, held: tuple[int, ...], left: float) -> int:
        """The entry to buy with these items held and `left` purchases left; −1 to stop."""
        if left < 1:
            return -1
        stage = min(left, len(self.choices)) - 1
        return int(self.choices[(int(stage), *held)])


@dataclass(frozen=True)
class BestPolicy:
    """The best policy, its expected utility and its expected payment."""

    policy: Policy
    utility: float
    payment: float


@dataclass(frozen=True)
class _Worth:
    """Of each set of items held: expected final utility, and expected payment from there on."""

    utility: FloatArray
    payment: FloatArray


def best_policy(buyer: Valuation, menu: Menu, k: float, ties: Ties = "seller") -> BestPolicy:
    """Find the policy of at most k purchases (k may be inf) of the highest expected utility.

    Raises ValueError for more than `TABLE_ITEMS` items: what is held takes 2ⁿ values.
    """
    if menu.n > TABLE_ITEMS:
        raise ValueError(f"adaptive choice takes at most {TABLE_ITEMS} items, not {menu.n}")
    held = buyer.table()
    rule = _Choice(RELATIVE_SLACK * buyer.total, 1 if ties == "seller" else -1)
    worth = _Worth(held, np.zeros_like(held))
    if k == math.inf:
        worth, choice = _unlimited(menu, worth, rule)
        stages = [choice]
    else:
        stages = []
        for _ in range(int(k)):
            following = worth
            worth, choice = _stage(menu, held, following, rule)
            stages.append(choice)
            if np.array_equal(worth.utility, following.utility) and len(stages) > 1 and np.array_equal(
                worth.payment, following.payment
            ):
                break  # more purchases change nothing
    nothing = (0,) * menu.n
    policy = Policy(read_only(np.stack(stages)))
    return BestPolicy(policy, float(worth.utility[nothing]), float(worth.payment[nothing]))


@dataclass(frozen=True)
class _Choice:
    """Chooses among options of equal utility by what they pay."""

    slack: float
    sign: int

    def __call__(self, utility: FloatArray, payment: FloatArray) -> NDArray[np.intp]:
        """Index along axis 0 of the favourite: the first is to stop, and wins full ties."""
        near = utility >= utility.max(axis=0) - self.slack
        return np.where(near, self.sign * payment, -np.inf).argmax(axis=0)


def _stage(
    menu: Menu, held: FloatArray, following: _Worth, rule: _Choice
) -> tuple[_Worth, NDArray[np.int64]]:
    """One more purchase: stop, or buy an entry and go on."""
    options = [(held, np.zeros_like(held))]
    for lottery, price in zip(menu.probabilities, menu.prices, strict=True):
        options.append((
            _after(following.utility, lottery) - price,
            _after(following.payment, lottery) + price,
        ))
    utility = np.stack([option[0] for option in options])
    payment = np.stack([option[1] for option in options])
    best = rule(utility, payment)
    pick = best[None]
    worth = _Worth(np.take_along_axis(utility, pick, 0)[0], np.take_along_axis(payment, pick, 0)[0])
    return worth, best - 1


def _after(worth: FloatArray, lottery: FloatArray) -> FloatArray:
    """Expectation of `worth` after a lottery, for every set held before it."""
    for item, chance in enumerate(lottery):
        lacking, having = np.take(worth, 0, axis=item), np.take(worth, 1, axis=item)
        worth = np.stack([(1 - chance) * lacking + chance * having, having], axis=item)
    return worth


def _unlimited(menu: Menu, worth: _Worth, rule: _Choice) -> tuple[_Worth, NDArray[np.int64]]:
    """Without a limit one repeats an entry until it brings something new: solve from all items downwards."""
    utility, payment = worth.utility.copy(), worth.payment.copy()
    choices = np.full(utility.shape, -1, dtype=np.int64)
    bundles = sorted(np.ndindex(utility.shape), key=sum, reverse=True)
    for bundle in bundles:
        lacking = np.array(bundle) == 0
        above = tuple(slice(None) if lacks else 1 for lacks in lacking)
        chances = _outcomes(menu.probabilities[:, lacking])
        flat = chances.reshape(len(menu), -1)
        new = 1 - flat[:, 0]
        entries = np.flatnonzero(new > 0)
        if not len(entries):
            continue
        later_utility, later_payment = utility[above].ravel()[1:], payment[above].ravel()[1:]
        moves = flat[entries, 1:]
        price = menu.prices[entries]
        gained = (moves @ later_utility - price) / new[entries]
        paid = (moves @ later_payment + price) / new[entries]
        best = rule(np.append(utility[bundle], gained), np.append(0.0, paid))
        if best > 0:
            utility[bundle], payment[bundle] = gained[best - 1], paid[best - 1]
            choices[bundle] = entries[best - 1]
    return _Worth(utility, payment), choices[None].reshape(1, *utility.shape)


def _outcomes(lotteries: FloatArray) -> FloatArray:
    """Probability of each set of items that lotteries (m, j) give: shape (m, 2, ..., 2)."""
    joint = np.ones(len(lotteries))
    for item in range(lotteries.shape[1]):
        chance = lotteries[:, item].reshape(-1, *(1,) * (joint.ndim - 1))
        joint = np.stack([joint * (1 - chance), joint * chance], axis=-1)
    return joint
