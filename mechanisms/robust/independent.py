"""Ambiguity sets of independent, symmetric, regular values (robust paper, Section 1.4).

Such a set is not convex (a mixture of two products is none), so its worst cases are no linear programs: a
finite list is searched in full, a family with one parameter on a grid of the parameter and then locally.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mechanisms._validation import FloatArray, check_field
from mechanisms.conversation import check_count
from mechanisms.distributions import ContinuousDistribution

Law = Callable[[float], ContinuousDistribution]
"""From a parameter to the distribution of one value."""

REGULARITY_POINTS = 512


def is_regular(law: ContinuousDistribution) -> bool:
    """Whether the density is positive and the virtual value v − (1 − F)/f never falls (Definition 1.4.2).

    Looked at on 512 quantiles; a fall of the virtual value by less than 1e-9 of the range is rounding.
    """
    values = law.quantile((np.arange(REGULARITY_POINTS) + 0.5) / REGULARITY_POINTS)
    density = law.pdf(values)
    if not (density > 0).all():
        return False
    virtual = values - (1 - law.cdf(values)) / density
    return bool((np.diff(virtual) >= -1e-9 * (values[-1] - values[0])).all())


@dataclass(frozen=True)
class IndependentSet:
    """Finitely many possible laws, from one of which all `bidders` values come independently.

    laws
        At least one `ContinuousDistribution`, each regular and with values of at least 0.
    bidders
        I, an integer of at least 2.

    Raises TypeError or ValueError for anything else.
    """

    laws: tuple[ContinuousDistribution, ...]
    bidders: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "laws", tuple(self.laws))
        if not self.laws:
            raise ValueError("laws must hold at least one distribution, got none")
        for place, law in enumerate(self.laws):
            _check_law(f"laws[{place}]", law)
        check_count("bidders", self.bidders, least=2)


@dataclass(frozen=True)
class RegularFamily:
    """The laws of a family with a parameter in [low, high], from one of which all values come independently.

    law
        From a parameter to a `ContinuousDistribution`; regular wherever it is looked at.
    low, high
        The range of the parameter, low < high.
    bidders
        I, an integer of at least 2.

    Raises TypeError or ValueError for anything else.
    """

    law: Law
    low: float
    high: float
    bidders: int

    def __post_init__(self) -> None:
        check_field(self, "low")
        check_field(self, "high", above=self.low)
        check_count("bidders", self.bidders, least=2)

    def at(self, parameter: float) -> ContinuousDistribution:
        """The law there; ValueError if it is not regular."""
        return _check_law(f"law({parameter:.6g})", self.law(parameter))

    def among(self, steps: int) -> IndependentSet:
        """The finite set of the laws at `steps` + 1 equidistant parameters, the ends included."""
        check_count("steps", steps)
        parameters: Sequence[float] | FloatArray = np.linspace(self.low, self.high, steps + 1)
        return IndependentSet(tuple(self.at(float(parameter)) for parameter in parameters), self.bidders)


def _check_law(name: str, law: object) -> ContinuousDistribution:
    if not isinstance(law, ContinuousDistribution):
        raise TypeError(f"{name} must be a ContinuousDistribution, got {law!r}")
    if not law.support[0] >= 0:
        raise ValueError(f"{name} must have values of at least 0, got the least value {law.support[0]}")
    if not is_regular(law):
        raise ValueError(f"{name} must be regular: its virtual value may not fall, got {law!r}")
    return law
