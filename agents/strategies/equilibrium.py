"""Equilibrium: bid as in the symmetric Bayes-Nash equilibrium that the mechanism knows of itself."""

from __future__ import annotations

from dataclasses import dataclass

from agents.strategies.base import Answer, Strategy
from agents.view import View
from mechanisms.questions import AskValue


@dataclass(frozen=True)
class Equilibrium(Strategy):
    """Report what `mechanism.equilibrium_bids` says for n buyers with independent values from the prior.

    Buyers who are averse to risk take all others for as averse, and bid `mechanism.risk_averse_bids`.

    Offers, clocks and open proxy bids are answered with the truth, which is an equilibrium there: a dominant
    strategy at an offer and on the clock with private values. In a proxy auction truth is one equilibrium
    among others (Ockenfels and Roth 2006).
    """

    def report_value(self, question: AskValue, view: View) -> Answer:
        """The equilibrium bid; ValueError where nobody has told the buyer a prior."""
        if view.prior is None:
            raise ValueError("prior is None: an equilibrium bid needs the distribution of the others' values")
        if view.utility.is_risk_neutral:
            return view.mechanism.equilibrium_bids(view.values, view.n, view.prior)
        return view.mechanism.risk_averse_bids(view.values, view.n, view.prior, view.utility)
