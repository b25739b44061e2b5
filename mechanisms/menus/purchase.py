"""What a buyer buys from a menu of lotteries, up to k times (buy-many paper, Section 2 and Appendix A)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import probability_array
from mechanisms.menus.adaptive import Policy, best_policy
from mechanisms.menus.menu import Menu, check_purchases
from mechanisms.menus.search import Ties, best_multiset
from mechanisms.menus.valuations import Valuation, as_valuation, as_valuations


@dataclass(frozen=True)
class Purchase:
    """What a buyer chooses.

    entries
        Indices of menu entries, ascending, one for each purchase; or a `Policy` if she chooses adaptively.
    utility, payment
        Her expected utility, and what she pays: an expectation for a policy.
    endless
        Free entries that she takes without end (only for k = inf); `entries` lists each of them once.
    bound
        No purchase has a higher utility. Equal to `utility`, unless the search was cut short.
    """

    entries: tuple[int, ...] | Policy
    utility: float
    payment: float
    endless: tuple[int, ...]
    bound: float

    @property
    def committed(self) -> tuple[int, ...]:
        """`entries` of a purchase that is not adaptive; TypeError otherwise."""
        if isinstance(self.entries, Policy):
            raise TypeError("an adaptive purchase is a policy, not a multiset of entries")
        return self.entries


def best_purchase(
    menu: Menu,
    values: ArrayLike | Valuation,
    k: float,
    adaptive: bool = False,
    ties: Ties = "seller",
    max_nodes: float = math.inf,
) -> Purchase:
    """Return the purchase of at most k entries that is best for a buyer, exactly.

    Parameters
    ----------
    values
        Shape (n,): additive values; or (2, ..., 2) with n >= 2 axes: a monotone table over bundles; or a
        `Valuation`.
    k
        How many entries she may buy, copies counted; may be `math.inf`.
    adaptive
        Whether she sees what an entry gave before she buys the next. Otherwise she commits to all at once.
    ties
        "seller": of purchases of equal utility (to 1e-12 of the value of all items) she takes the one that
        pays more; "buyer": the one that pays less.
    max_nodes
        Stop a search that is not adaptive after so many multisets.

    Raises
    ------
    ValueError
        If k < 1, if values are negative, not finite or not of the menu's items, if a table is not monotone
        or does not give 0 to nothing; if `adaptive` and there are more than 16 items.
    """
    check_menu(menu)
    buyer = as_valuation(values, menu.n)
    limit = check_purchases(k)
    if ties not in ("seller", "buyer"):
        raise ValueError(f"ties must be 'seller' or 'buyer', not {ties!r}")
    if adaptive:
        plan = best_policy(buyer, menu, limit, ties)
        return Purchase(plan.policy, plan.utility, plan.payment, (), plan.utility)
    found = best_multiset(buyer, menu, limit, ties, max_nodes)
    endless = np.isinf(found.counts)
    times = np.where(endless, 1, found.counts).astype(int)
    entries = tuple(np.repeat(np.arange(len(menu)), times).tolist())
    return Purchase(
        entries, found.utility, found.payment, tuple(np.flatnonzero(endless).tolist()), found.bound
    )


def menu_revenue(
    menu: Menu,
    types: ArrayLike | list[Valuation],
    probabilities: ArrayLike,
    k: float,
    adaptive: bool = False,
    ties: Ties = "seller",
) -> float:
    """Return what a menu earns when every type buys what is best for her, up to k entries: BuyᵏRev(D, M).

    `types` as in `best_purchase`, stacked along a first axis; `probabilities` of shape (T,). The menu need
    not be incentive compatible. Raises ValueError as `best_purchase` does, and for bad probabilities.
    """
    check_menu(menu)
    buyers = as_valuations(types, menu.n)
    weights = type_probabilities(probabilities, len(buyers))
    return math.fsum(
        weight * best_purchase(menu, buyer, k, adaptive, ties).payment
        for buyer, weight in zip(buyers, weights.tolist(), strict=True)
    )


def check_menu(menu: object) -> None:
    """Raise TypeError unless `menu` is a `Menu`."""
    if not isinstance(menu, Menu):
        raise TypeError(f"menu must be a Menu, not {menu!r}")


def type_probabilities(probabilities: ArrayLike, count: int) -> np.ndarray:
    """Return the probabilities of `count` types; ValueError unless they are as many and sum to 1."""
    weights = probability_array("probabilities", probabilities)
    if weights.shape != (count,):
        raise ValueError(f"probabilities must be one for each of {count} types, not of shape {weights.shape}")
    return weights
