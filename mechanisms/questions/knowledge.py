"""Questions about what one knows of others, as in Azar, Chen and Micali 2010."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import chain, product
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.questions.base import SILENT, BuyerQuestion, Respondents, TypeBelief, all_parts

PRODUCT_TOLERANCE = 1e-9
"""How far a table may be from the product of its marginals, and still be one."""


@dataclass(frozen=True)
class AskValueBound(BuyerQuestion):
    """Name the least B such that the buyers in `about` have values in 0 … B−1, at most `most`.

    Silence: not known, NaN.
    """

    about: tuple[int, ...] = ()
    most: int = sys.maxsize

    answered_by: ClassVar[str] = "report_value_bound"
    default: ClassVar[float] = np.nan

    @property
    def allowed(self) -> str:  # type: ignore[override]
        """In words."""
        return f"an integer from 1 to {self.most}"

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Integers in range."""
        return (answers >= 1) & (answers <= self.most) & (answers == np.floor(answers))

    def silent(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """NaN or SILENT."""
        return np.isnan(answers) | (answers == SILENT)

    def told_by(self, belief: TypeBelief | None) -> int:
        """The true answer of a buyer with this belief over type profiles (None: 1)."""
        return 1 if belief is None else belief.value_bound(self.about)

    def truth(self, view: Respondents) -> NDArray[Any]:
        """What each member's belief says."""
        return np.array([self.told_by(belief) for belief in _beliefs(view)])

    def possible_answers(self, amounts: NDArray[Any]) -> list[Any]:
        """Every bound from 1 to just above the highest amount, and silence."""
        return [*map(float, range(1, int(amounts.max()) + 2)), SILENT]


@dataclass(frozen=True)
class AskBelief(BuyerQuestion):
    """Report your belief about the types of the buyers in `about`.

    The answer is a probability for each joint type of them, `outcomes` numbers in lexicographic order.
    Silence: no belief, NaN throughout.
    """

    about: tuple[int, ...] = ()
    outcomes: int = 0

    answered_by: ClassVar[str] = "report_belief"
    allowed: ClassVar[str] = "probabilities, at least 0, that sum to 1"
    default: ClassVar[float] = np.nan
    convex: ClassVar[bool] = True

    @property
    def shape(self) -> tuple[int, ...]:
        """(outcomes,)."""
        return (self.outcomes,)

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Non-negative masses that sum to 1 within 1e-9."""
        with np.errstate(invalid="ignore"):
            sums_to_1 = np.abs(answers.sum(axis=-1) - 1) <= 1e-9
            return np.asarray(np.all(answers >= 0, axis=-1) & sums_to_1)

    def silent(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """NaN or SILENT throughout."""
        return all_parts(np.isnan(answers) | (answers == SILENT), self.shape)

    def told_by(self, belief: TypeBelief | None) -> NDArray[np.float64]:
        """The true answer of a buyer with this belief over type profiles (None: she has none; uniform)."""
        return self.uniform() if belief is None else self._read(belief)

    def truth(self, view: Respondents) -> NDArray[Any]:
        """What each member's belief says."""
        return np.array([self.told_by(belief) for belief in _beliefs(view)])

    def possible_answers(self, amounts: NDArray[Any]) -> list[Any]:
        """Point masses."""
        return [tuple(row) for row in np.eye(self.outcomes).tolist()]

    def uniform(self) -> NDArray[np.float64]:
        """The answer of somebody who can say nothing at all."""
        return np.full(self.shape, 1 / self.outcomes)

    def _read(self, belief: Any) -> NDArray[np.float64]:
        return belief.marginal(self.about).table.ravel()


@dataclass(frozen=True)
class AskGridBelief(AskBelief):
    """Report your belief about m buyers whose types are 0 … B−1; `outcomes` is B to the power of m.

    Who holds larger types possible reports what she believes if there are none. `least` is the least type
    that any of them may have, given what was announced: who can make no sense of what she heard reports
    uniform on the types from there on.
    """

    least: int = 0

    @property
    def bound(self) -> int:
        """B, the number of types of each buyer in `about`."""
        return round(self.outcomes ** (1 / max(len(self.about), 1)))

    def uniform(self) -> NDArray[np.float64]:
        """Uniform from `least` on."""
        table = np.zeros((self.bound,) * len(self.about))
        table[(slice(min(self.least, self.bound - 1), None),) * len(self.about)] = 1.0
        return table.ravel() / table.sum()

    def _read(self, belief: Any) -> NDArray[np.float64]:
        table = belief.integer_table(self.about, self.bound).ravel()
        return _given_any(table, self.uniform())


@dataclass(frozen=True)
class AskProductBelief(AskGridBelief):
    """Report your belief about m buyers as a table that is the product of its marginals."""

    allowed: ClassVar[str] = "the product of its marginals (with inner='program' it may be anything)"

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Probabilities, off the product of their marginals by at most 1e-9."""
        axes = tuple(range(-len(self.about), 0))
        tables = answers.reshape(*answers.shape[:-1], *(self.bound,) * len(axes))
        product = np.ones(())
        with np.errstate(invalid="ignore", over="ignore"):
            for axis in axes:
                product = product * tables.sum(axis=tuple(a for a in axes if a != axis), keepdims=True)
            near = np.abs(tables - product).max(axis=axes) <= PRODUCT_TOLERANCE
        return super().acceptable(answers) & near


@dataclass(frozen=True)
class AskMarginals(AskGridBelief):
    """Report your belief about several buyers as a product: one distribution for each of `about`.

    The answer has shape (len(about), outcomes); `outcomes` is the number of types of each.
    """

    @property
    def bound(self) -> int:
        """How many types each has."""
        return self.outcomes

    @property
    def shape(self) -> tuple[int, ...]:
        """(len(about), outcomes)."""
        return (len(self.about), self.outcomes)

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Each row a distribution."""
        return np.asarray(super().acceptable(answers).all(axis=-1))

    def possible_answers(self, amounts: NDArray[Any]) -> list[Any]:
        """A point mass for each of those whom it is about."""
        points = np.eye(self.outcomes).tolist()
        return [tuple(chain(*rows)) for rows in product(points, repeat=len(self.about))]

    def uniform(self) -> NDArray[np.float64]:
        """All alike, uniform from `least` on."""
        row = np.arange(self.bound) >= min(self.least, self.bound - 1)
        return np.tile(row / row.sum(), (len(self.about), 1))

    def _read(self, belief: Any) -> NDArray[np.float64]:
        rows = [belief.integer_table((buyer,), self.bound) for buyer in self.about]
        return np.stack([_given_any(*pair) for pair in zip(rows, self.uniform(), strict=True)])


def _beliefs(view: Respondents) -> list[TypeBelief | None]:
    """What the members believe; ValueError if nature gave them nothing to believe."""
    believes = view.posterior
    if believes is None:
        raise ValueError("posterior is None: asked for a belief, but nature gave this buyer none")
    return [believes(member) for member in range(len(view.seats))]


def _given_any(masses: NDArray[np.float64], otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Masses made to sum to 1; `otherwise` if there are none."""
    total = masses.sum()
    if abs(total - 1) <= 1e-12:
        return masses
    return masses / total if total > 0 else otherwise
