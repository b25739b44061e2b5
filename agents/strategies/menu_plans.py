"""What is best at a menu for who may come back at a cost: beforehand, or looking at what she has got.

Buy-many paper, Section 2 and Appendix A: values are additive, and a second piece of an item is worth nothing.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.conversation import check_count
from mechanisms.menus import Menu, best_purchase

ItemValues = tuple[float, ...]
Held = tuple[int, ...]
"""For each item 1 if the customer has it, else 0."""
HOME = -1
"""In the place of an entry: she buys no more."""


@lru_cache(maxsize=100_000)
def committed_plan(menu: Menu, values: tuple[float, ...], cost: float, most: int) -> tuple[int, ...]:
    """The entries to commit to if up to `most` may be bought and each after the first costs `cost`.

    Of every number of purchases the best, and of these the best; ties go to the seller. No number is left
    out because a smaller one is as good: three cheap entries may beat a costly one that two do not. Raises
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
def adaptive_step(menu: Menu, values: ItemValues, held: Held, cost: float, left: int, first: bool) -> int:
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


def _expected(menu: Menu, values: ItemValues, held: Held, cost: float, left: int, entry: int) -> float:
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
def _onwards(menu: Menu, values: ItemValues, held: Held, cost: float, left: int) -> float:
    """The most that further visits can add to one's utility."""
    if left == 0 or all(held):
        return 0.0
    return max(
        0.0,
        *(_expected(menu, values, held, cost, left, entry) - cost for entry in range(len(menu))),
    )
