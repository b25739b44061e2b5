"""Outcome: who gets what and pays what, for one type profile or for many at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Outcome:
    """An allocation with payments.

    allocation
        Shape `(..., n, *space.allocation_shape)`: the quantity that each participant gets, of each good where
        there are several, or its expectation when the outcome is one.
    payments
        Shape `(..., n)`: money from each buyer to the seller, in total; negative for rewards.
    causes
        Where payments have several causes: the part of each, by name, each of shape `(..., n)`, adding up to
        `payments`. Empty when everything paid is the price.
    """

    allocation: NDArray[Any]
    payments: NDArray[Any]
    causes: Mapping[str, NDArray[Any]] | None = None

    @property
    def revenue(self) -> Any:
        """Shape `(...)`: what the seller earns, rewards deducted."""
        return self.payments.sum(axis=-1)

    @property
    def itemised(self) -> Mapping[str, NDArray[Any]]:
        """Payments by cause; one cause, `price`, unless the mechanism says otherwise."""
        return {"price": self.payments} if self.causes is None else self.causes

    @classmethod
    def of_causes(cls, allocation: NDArray[Any], **causes: NDArray[Any]) -> Outcome:
        """An outcome whose payments are the sum of named causes (`price=…`, `reward=…`)."""
        return cls(allocation, np.sum(list(causes.values()), axis=0), causes)

    @classmethod
    def nothing(cls, n: int, items: int = 1) -> Outcome:
        """Nothing sold, nothing paid."""
        return cls(np.zeros(n if items == 1 else (n, items)), np.zeros(n))


@dataclass(frozen=True, slots=True)
class Lottery:
    """A finite lottery over outcomes, drawn jointly for all buyers.

    probabilities
        Shape `(..., b)`: of each of the b branches; they sum to 1.
    outcomes
        An `Outcome` whose arrays carry the branches on an axis in front of the buyers': allocation
        `(..., b, n)` or `(..., b, n, items)`, payments `(..., b, n)`.
    """

    probabilities: NDArray[Any]
    outcomes: Outcome

    @classmethod
    def certain(cls, outcome: Outcome) -> Lottery:
        """An outcome as a lottery with one branch."""
        axis = outcome.payments.ndim - 1
        one = Outcome(
            np.expand_dims(outcome.allocation, axis),
            np.expand_dims(outcome.payments, axis),
            None
            if outcome.causes is None
            else {name: np.expand_dims(part, axis) for name, part in outcome.causes.items()},
        )
        return cls(np.ones((*outcome.payments.shape[:-1], 1)), one)

    def mean(self) -> Outcome:
        """The expectation over the branches."""
        weights = self.probabilities
        several_items = self.outcomes.allocation.ndim > self.outcomes.payments.ndim
        allocation = np.einsum("...b,...bni->...ni" if several_items else "...b,...bn->...n",
                               weights, self.outcomes.allocation)
        return Outcome(allocation, _average(weights, self.outcomes.payments), self._causes(_average))

    def branch(self, k: int) -> Outcome:
        """The realised outcome of branch k of a lottery without leading axes."""
        outcomes = self.outcomes
        return Outcome(outcomes.allocation[k], outcomes.payments[k], self._causes(lambda _, part: part[k]))

    def _causes(self, reduce: Any) -> Mapping[str, NDArray[Any]] | None:
        causes = self.outcomes.causes
        return None if causes is None else {c: reduce(self.probabilities, part) for c, part in causes.items()}


def _average(weights: NDArray[Any], parts: NDArray[Any]) -> NDArray[Any]:
    return np.einsum("...b,...bn->...n", weights, parts)
