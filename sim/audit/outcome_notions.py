"""Notions about outcomes of truth: does whoever runs the mechanism lose money, and is welfare the greatest?

Both are asked of every type profile and of everything that chance may do, of everybody's play as audited. In
two-sided trade they cannot hold together with incentive compatibility and individual rationality (Myerson and
Satterthwaite 1983).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.audit.exact.direct import words
from sim.audit.exact.game import Game
from sim.audit.notions import Witness, notion


def _types(game: Game, profile: NDArray[np.intp]) -> str:
    """A type profile in words."""
    return ", ".join(words(game.instance.types(buyer)[place]) for buyer, place in enumerate(profile))


def _worst(
    game: Game, profiles: NDArray[np.intp], losses: NDArray[Any], says: str
) -> Iterator[tuple[float, Witness, bool]]:
    worst = int(losses.argmax())
    yield float(losses[worst]), Witness("all", _types(game, profiles[worst]), "", says), True


def has_a_payer(game: Any) -> bool:
    """Whether it is a game in which somebody may be expected to pay: not where all seats sell."""
    return isinstance(game, Game) and not bool(game.instance.mechanism.space.sells(game.n).all())


@notion("budget-balance", "budget balance: no deficit", has_a_payer)
def budget_balance(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Payments add up to at least 0; the gain is the deficit, in money."""
    ends = game.ends_of_truth()
    yield from _worst(game, ends.profiles, -ends.payments.sum(axis=-1), "are paid more than they pay")


@notion("efficiency", "ex-post efficiency")
def ex_post_efficiency(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Welfare is the greatest that a feasible allocation gives; the gain is what is missing, in money."""
    ends, space = game.ends_of_truth(), game.instance.mechanism.space
    types = game.instance.profiles(ends.profiles)
    missing = space.best_welfare(types) - space.welfare(types, ends.allocation)
    yield from _worst(game, ends.profiles, np.asarray(missing), "could have more welfare")
