"""Is a menu buy-k incentive compatible? (buy-many paper, Section 2; adaptive buyers: Appendix A)

It is if every type does best with a single entry, or none, among all purchases of at most k entries. k = inf
is buy-many incentive compatibility.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike

from mechanisms.menus.menu import Menu, check_purchases
from mechanisms.menus.purchase import Purchase, best_purchase, check_menu
from mechanisms.menus.valuations import Valuation, as_valuations

TOLERANCE = 1e-9
"""Gains below this part of the value of all items are rounding."""


@dataclass(frozen=True)
class SeveralPurchases:
    """Who gains most from several purchases, and how.

    type
        Index of the type.
    single
        Her best single entry, or none.
    several
        Her best purchase of up to k.
    """

    type: int
    single: Purchase
    several: Purchase

    @property
    def gain(self) -> float:
        """By how much the second is better than the first."""
        return self.several.utility - self.single.utility


@dataclass(frozen=True)
class BuyKCheck:
    """Whether a menu is buy-k incentive compatible.

    holds
        True or False, or None when the search was cut short before it was decided.
    gain
        The largest gain that was found, of any type; where `holds` is False, of those not forgiven.
    most
        No type gains more than this; equal to `gain` when nothing was cut short.
    choices
        What every type buys, once and up to k times, in the order of the types.
    witness
        Of `choices`, the one with that gain; also where it is 0.
    """

    holds: bool | None
    gain: float
    most: float
    choices: tuple[SeveralPurchases, ...]
    witness: SeveralPurchases


def is_buy_k_ic(
    menu: Menu,
    types: ArrayLike | list[Valuation],
    k: float,
    adaptive: bool = False,
    max_nodes: float = math.inf,
) -> BuyKCheck:
    """Check buy-k incentive compatibility of a menu for finitely many types; k = inf is buy-many.

    `types` as in `best_purchase`, stacked along a first axis. With `adaptive`, buyers see what they got
    before they buy again. After `max_nodes` multisets the search for a type stops, and the answer may be
    undecided. Gains below `TOLERANCE` of the type's value for all items are forgiven.

    Raises ValueError as `best_purchase` does.
    """
    check_menu(menu)
    buyers = as_valuations(types, menu.n)
    limit = check_purchases(k)
    choices = tuple(
        SeveralPurchases(
            t,
            best_purchase(menu, buyer, 1),
            best_purchase(menu, buyer, limit, adaptive, max_nodes=max_nodes),
        )
        for t, buyer in enumerate(buyers)
    )
    real = [choice for choice in choices if choice.gain > TOLERANCE * buyers[choice.type].total]
    worst = max(real or choices, key=lambda choice: choice.gain)
    open_gains = [choice.several.bound - choice.single.utility for choice in choices]
    safe = all(
        gain <= TOLERANCE * buyer.total for gain, buyer in zip(open_gains, buyers, strict=True)
    )
    return BuyKCheck(
        holds=False if real else True if safe else None,
        gain=max(worst.gain, 0.0),
        most=max(0.0, *open_gains),
        choices=choices,
        witness=worst,
    )
