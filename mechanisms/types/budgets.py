"""Budgets: bidders who cannot pay more than they have (Che and Gale 1998, Review of Economic Studies 65)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.types.goods import OneGood
from mechanisms.types.space import SLACK


@dataclass(frozen=True)
class Budgets(OneGood):
    """One good; a type is a pair of the value of a unit and the budget.

    To pay more than the budget is worth -inf; with `refuses` the deal is off instead, and worth 0.
    """

    refuses: bool = False

    @property
    def type_shape(self) -> tuple[int, ...]:
        """Value and budget."""
        return (2,)

    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """Value times quantity."""
        return np.asarray(valuations)[..., 0] * allocation

    def item_values(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The value."""
        return np.asarray(valuations)[..., 0]

    def payoff(
        self, valuations: NDArray[Any], allocation: NDArray[Any], payments: NDArray[Any]
    ) -> FloatArray:
        """Worth less payment; where the payment is above the budget, -inf or 0."""
        budget = np.asarray(valuations)[..., 1]
        money = self.worth(valuations, allocation) - payments
        return np.where(payments > budget * (1 + SLACK), 0.0 if self.refuses else -np.inf, money)

    def best_welfare(self, types: FloatArray) -> FloatArray:
        """The highest values, whoever can pay: budgets bind payments, and not what a good is worth."""
        return super().best_welfare(types[..., 0])
