"""Auctions among bidders with budgets (Che and Gale 1998, Review of Economic Studies 65)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.conversation import DirectMechanism
from mechanisms.outcome import Outcome
from mechanisms.types import Budgets, one_good


@dataclass(frozen=True)
class WithBudgets(DirectMechanism):
    """Asks for values and budgets, and plays `rule`, of one unit of one good, with the lesser of the two.

    At second price truth is dominant but for ties: who bids her budget and ties with a lower index would
    rather win at that price. A payment above her true budget is worth -inf to a bidder; with `refuses` the
    deal is off instead, and she neither gets nor pays anything. Raises TypeError for a rule of another kind.
    """

    rule: DirectMechanism
    refuses: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.rule, DirectMechanism) or self.rule.space != one_good(1):
            raise TypeError(f"rule must be a mechanism without chance that sells one good, got {self.rule!r}")

    @property
    def name(self) -> str:
        """Name for tables."""
        return f"{self.rule.name} with budgets"

    @property
    def space(self) -> Budgets:
        """Pairs of a value and a budget."""
        return Budgets(refuses=self.refuses)

    @property
    def ex_post_ir(self) -> bool:  # type: ignore[override]
        """The rule's: nobody is charged more than her bid."""
        return self.rule.ex_post_ir

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for reports of shape `(..., n, 2)`; no bid where either number is missing."""
        return self.rule.outcome(np.asarray(reports, dtype=float).min(axis=-1))
