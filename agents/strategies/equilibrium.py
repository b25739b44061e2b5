"""Equilibrium: bid as in a known Bayes-Nash equilibrium of the mechanism, for the prior at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.strategies.base import Answer, Strategy
from agents.view import View
from mechanisms.conversation import Mechanism, has_rule
from mechanisms.distributions.prior import IndependentPrior
from mechanisms.distributions.priors import CommonPrior
from mechanisms.distributions.signals import TypeModel
from mechanisms.equilibria.equilibrium import KnownEquilibrium
from mechanisms.questions import AskValue
from mechanisms.utilities import Utility


@dataclass(frozen=True)
class Equilibrium(Strategy):
    """Report as in an equilibrium that is known for the mechanism, the n buyers, the prior and their utility.

    known
        The equilibrium to play, where there are several. None: for independent values from one distribution
        the mechanism's own formula (`equilibrium_bids`, and `risk_averse_bids` for buyers who are averse to
        risk and take all others for as averse); for other priors what `find_equilibrium` finds, and the
        mechanism's formula where it finds nothing. TypeError if it is something else.

    Offers, clocks and open proxy bids are answered with the truth, which is an equilibrium there: a dominant
    strategy at an offer and on the clock with private values. In a proxy auction truth is one equilibrium
    among others (Ockenfels and Roth 2006).
    """

    known: KnownEquilibrium | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.known, KnownEquilibrium | None):
            raise TypeError(f"known must be a known equilibrium, got {self.known!r}")

    def lacks(self, mechanism: Mechanism, prior: CommonPrior | None) -> str:
        """A prior, where reports are asked for and no equilibrium was named."""
        asked = has_rule(mechanism) and isinstance(mechanism.space.question(), AskValue)
        return "a prior: Group(…, prior=…)" if asked and self.known is None and prior is None else ""

    def report_value(self, question: AskValue, view: View) -> Answer:
        """The equilibrium bid; ValueError where nobody has told the buyer a prior, or none is known."""
        if self.known is not None:
            return _bids_of(self.known, view)
        if view.prior is None:
            raise ValueError("prior is None: an equilibrium bid needs the distribution of the others' values")
        found = _found(view.mechanism, view.prior, view.n, view.utility)
        if found is not None:
            return _bids_of(found, view)
        if view.utility.is_risk_neutral:
            return view.mechanism.equilibrium_bids(view.values, view.n, view.prior)
        return view.mechanism.risk_averse_bids(view.values, view.n, view.prior, view.utility)


def _found(mechanism: Mechanism, prior: CommonPrior, n: int, utility: Utility) -> KnownEquilibrium | None:
    """What is known beyond the mechanism's own formula, which is for private values."""
    if not isinstance(prior, TypeModel | IndependentPrior):
        return None
    from mechanisms.equilibria.finding import find_equilibrium

    found = find_equilibrium(mechanism, prior, n, utility)
    if found is None and isinstance(prior, TypeModel) and not prior.private:
        raise ValueError(f"no equilibrium of {mechanism!r} is known with {n} buyers, {prior!r}, {utility!r}")
    return found


def _bids_of(equilibrium: KnownEquilibrium, view: View) -> Any:
    """Each member's bid by the strategy of her seat."""
    if equilibrium.n != view.n:
        raise ValueError(f"known is an equilibrium of {equilibrium.n} buyers, and there are {view.n}")
    axis = -2 if equilibrium.model.width else -1
    seats = enumerate(view.seats.tolist())
    each = [equilibrium.strategies[seat](view.values.take(k, axis=axis)) for k, seat in seats]
    return np.stack(each, axis=axis)
