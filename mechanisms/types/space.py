"""Type space: what a mechanism is about. What a type is, and what an outcome is worth to it.

Nobody else multiplies a value by an allocation: the market, the records, exact play, the audit, best response
and the learners ask the mechanism's space (`Mechanism.space`). Spaces are frozen and hashable.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache
from math import prod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray
from mechanisms.questions import LARGEST_ANSWER, AskValue

SLACK = 1e-9
"""How far, relative to the supply, rounding may take an allocation beyond what is feasible."""


def total(numbers: NDArray[Any]) -> float:
    """Sum of a vector, as a product with ones: for a few numbers `sum` takes three times as long."""
    return float(numbers.dot(_ones(len(numbers))))


@lru_cache(maxsize=64)
def _ones(n: int) -> NDArray[np.float64]:
    return np.ones(n)


class TypeSpace(ABC):
    """The types of the participants of a mechanism, and what they think of its allocations.

    A new space overrides `worth`, `best_welfare` and `feasible`, and the shapes where they are not numbers.
    All methods are vectorised over leading axes: a profile of types has shape `(..., n, *type_shape)`, an
    allocation `(..., n, *allocation_shape)`, and what is said of each participant `(..., n)`.

    Money flows from participants to whoever runs the mechanism; who sells is paid, by a negative payment.

    has_sellers
        Whether some seats sell.
    """

    has_sellers: ClassVar[bool] = False

    @property
    def type_shape(self) -> tuple[int, ...]:
        """Shape of one participant's type; () for a number."""
        return ()

    @property
    def report_shape(self) -> tuple[int, ...]:
        """Shape of one participant's report; that of a type unless the mechanism asks for something else."""
        return self.type_shape

    @property
    def allocation_shape(self) -> tuple[int, ...]:
        """Shape of what one participant gets; () for a quantity of one good."""
        return ()

    @property
    def report_range(self) -> tuple[float, float]:
        """Least and greatest number that a report may hold."""
        return (0.0, LARGEST_ANSWER)

    @property
    def kinds(self) -> int:
        """How many kinds of goods a seller hands out."""
        return prod(self.allocation_shape)

    @property
    def units(self) -> int:
        """How many units of each kind are handed out at most: what a seller must have in stock."""
        return 1

    @property
    def offered(self) -> int:
        """How many units of all kinds may change hands at most."""
        return self.units * self.kinds

    def question(self, to: tuple[int, ...] | None = None) -> AskValue:
        """The question for a sealed report."""
        least, most = self.report_range
        return AskValue(to, self.report_shape, least, most)

    # --- worth ------------------------------------------------------------------------------------

    def valuations(self, types: FloatArray) -> FloatArray:
        """What everybody's valuation is at a profile: her own type, unless values depend on others' signals.

        Shape `(..., n, *type_shape)`, as `types`.
        """
        return types

    @abstractmethod
    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """What a participant's part of the allocation is worth to her valuation, in money, elementwise.

        Shapes `(..., *type_shape)` and `(..., *allocation_shape)`, broadcast; the result has shape `(...)`.
        """

    def payoff(
        self, valuations: NDArray[Any], allocation: NDArray[Any], payments: NDArray[Any]
    ) -> FloatArray:
        """Worth less payment, in money; shapes as for `worth`, payments `(...)`."""
        return self.worth(valuations, allocation) - payments

    def payoffs(self, types: NDArray[Any], allocation: NDArray[Any], payments: NDArray[Any]) -> FloatArray:
        """Everybody's payoff at a profile of types, shape `(..., n)`."""
        return self.payoff(self.valuations(types), allocation, payments)

    def together(self, one: NDArray[Any], other: NDArray[Any]) -> FloatArray:
        """What somebody holds who takes part under two names, from what each gets; shapes as for `worth`."""
        return one + other

    def item_values(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """A value for each entry of the allocation, of its shape, such that quantities times values is worth.

        By default the whole worth stands with the first entry that is not 0. For the records.
        """
        flat = allocation.reshape(*allocation.shape[: allocation.ndim - len(self.allocation_shape)], -1)
        first = (flat != 0).argmax(axis=-1)[..., None]
        quantity = np.take_along_axis(flat, first, axis=-1)[..., 0]
        worth = self.worth(valuations, allocation)
        values = np.zeros(flat.shape)
        each = np.divide(worth, quantity, out=np.zeros_like(worth), where=quantity != 0)
        np.put_along_axis(values, first, each[..., None], axis=-1)
        return values.reshape(allocation.shape)

    # --- welfare and feasibility ------------------------------------------------------------------

    def welfare(self, types: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The sum of what an allocation is worth to everybody, shape `(...)`."""
        return self.worth(self.valuations(types), allocation).sum(axis=-1)

    @abstractmethod
    def best_welfare(self, types: FloatArray) -> FloatArray:
        """The greatest welfare that a feasible allocation gives to a profile, shape `(...)`."""

    @abstractmethod
    def feasible(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether an allocation, expected or realised, can be carried out; shape `(...)`."""

    def complaint(self, allocation: NDArray[Any]) -> str:
        """Why one allocation, shape `(n, *allocation_shape)`, is not feasible, in words."""
        return f"the allocation is not feasible in {self!r}: {np.asarray(allocation).tolist()}"

    def insist(
        self, allocation: NDArray[Any], payments: NDArray[Any], possible: NDArray[np.bool_] | None = None
    ) -> None:
        """ValueError, with the first that does not fit, unless outcomes can be carried out.

        Shapes `(..., n, *allocation_shape)` and `(..., n)`; only those that are `possible`, `(...)`, count.
        """
        fits, unpriced = np.asarray(self.feasible(allocation)), np.isnan(payments)
        if unpriced.any():
            fits = fits & ~unpriced.any(axis=-1)
        if possible is not None:
            fits = fits | ~possible
        if not fits.all():
            where = tuple(np.argwhere(~fits)[0])
            if np.isnan(payments[where]).any():
                raise ValueError(f"payments must be numbers, got {payments[where].tolist()}")
            raise ValueError(f"the outcome cannot be carried out: {self.complaint(allocation[where])}")

    def handed_out(self, allocation: NDArray[Any]) -> FloatArray:
        """Units of each kind of good that leave the seller's stock: shape `(..., kinds)`."""
        return allocation.sum(axis=-1 - len(self.allocation_shape)).reshape(
            *allocation.shape[: allocation.ndim - 1 - len(self.allocation_shape)], -1
        )

    def involved(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """Who gets or gives anything, shape `(..., n)`."""
        return np.asarray((allocation != 0).any(axis=tuple(range(-len(self.allocation_shape), 0))))

    def traded(self, allocation: NDArray[Any]) -> FloatArray:
        """How many units change hands in all, shape `(...)`."""
        axes = tuple(range(-1 - len(self.allocation_shape), 0))
        return np.maximum(allocation, 0).sum(axis=axes)

    def nothing(self, n: int) -> FloatArray:
        """The allocation in which nobody gets anything."""
        return np.zeros((n, *self.allocation_shape))

    @property
    def private(self) -> bool:
        """Whether everybody's valuation is her own type, whatever the others' are."""
        return True

    def sells(self, n: int) -> NDArray[np.bool_]:
        """Which of n seats sell, shape `(n,)`; the others buy."""
        return np.zeros(n, dtype=bool)

    # --- for who draws types, and for who learns ----------------------------------------------------

    def types_of(self, draws: FloatArray) -> FloatArray:
        """Types made of independent draws, both of shape `(..., *type_shape)`; the draws themselves here."""
        return draws

    def level(self, types: NDArray[Any]) -> FloatArray:
        """One number that a type counts as, shape `(...)`: the mean of its numbers."""
        return types.mean(axis=tuple(range(-len(self.type_shape), 0))) if self.type_shape else types

    def shaded(self, types: NDArray[Any], share: Any, sells: Any = False) -> FloatArray:
        """The report of who bids a `share` of her value, of each of its numbers; shapes as for `worth`.

        Who `sells` asks for more than her cost: 2 - share times the cost.
        """
        factor = share if sells is False else np.where(sells, 2 - np.asarray(share), share)
        if not self.type_shape:
            return types * factor
        return types * np.expand_dims(factor, tuple(range(-len(self.type_shape), 0)))
