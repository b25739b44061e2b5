"""Notions about outcomes of truth: does whoever runs the mechanism lose money, and is welfare the greatest?

Both are asked of every type profile and of everything that chance may do, of everybody's play as audited; on
a sample of the profiles drawn (`sim.audit.sampled`). In
two-sided trade they cannot hold together with incentive compatibility and individual rationality (Myerson and
Satterthwaite 1983).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.types import TypeSpace
from sim.audit.exact.direct import words
from sim.audit.exact.game import Game
from sim.audit.notions import Witness, notion

Floats = NDArray[np.float64]


def deficits(space: TypeSpace, types: Floats, allocation: Floats, payments: Floats) -> Floats:
    """What is paid out beyond what is paid in, in money, at each of E ends; see `worst_end`."""
    return -payments.sum(axis=-1)


def missing_welfare(space: TypeSpace, types: Floats, allocation: Floats, payments: Floats) -> Floats:
    """By how much a feasible allocation of greatest welfare has more, in money, at each of E ends."""
    return np.asarray(space.best_welfare(types) - space.welfare(types, allocation))


OUTCOME_LOSSES = {
    "budget-balance": (deficits, "are paid more than they pay"),
    "efficiency": (missing_welfare, "could have more welfare"),
}
"""What is lost at an end of truth, and what the types of it do then, by the notion's name."""


def worst_end(
    name: str, space: TypeSpace, types: Floats, allocation: Floats, payments: Floats
) -> tuple[float, Witness]:
    """The greatest loss at one of E ends, and its types (E, n, *type_shape); on the grid or on a sample."""
    lost, says = OUTCOME_LOSSES[name]
    losses = lost(space, types, allocation, payments)
    worst = int(losses.argmax())
    return float(losses[worst]), Witness("all", ", ".join(map(words, types[worst])), "", says)


def _of_game(name: str, game: Game) -> Iterator[tuple[float, Witness, bool]]:
    ends, instance = game.ends_of_truth(), game.instance
    types = instance.profiles(ends.profiles)
    yield *worst_end(name, instance.mechanism.space, types, ends.allocation, ends.payments), True


def somebody_pays(space: TypeSpace, n: int) -> bool:
    """Whether somebody may be expected to pay: not where all seats sell."""
    return not bool(space.sells(n).all())


def has_a_payer(game: Any) -> bool:
    """Whether it is a game in which somebody may be expected to pay."""
    return isinstance(game, Game) and somebody_pays(game.instance.mechanism.space, game.n)


@notion("budget-balance", "budget balance: no deficit", has_a_payer)
def budget_balance(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Payments add up to at least 0; the gain is the deficit, in money."""
    yield from _of_game("budget-balance", game)


@notion("efficiency", "ex-post efficiency")
def ex_post_efficiency(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Welfare is the greatest that a feasible allocation gives; the gain is what is missing, in money."""
    yield from _of_game("efficiency", game)
