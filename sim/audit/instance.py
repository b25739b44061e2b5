"""Instance: a mechanism with finitely many types, what buyers know of each other, and their attitudes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents.knowledge.partitions import check_partitions, check_value_bound, own_type_partitions
from agents.strategies.base import Strategy, Truthful
from mechanisms.conversation import Mechanism
from mechanisms.distributions import JointDistribution
from mechanisms.robust.attitudes import BayesianOverSet, Hurwicz
from mechanisms.robust.finite_sets import AmbiguitySet, FiniteAmbiguitySet
from mechanisms.utilities import Linear, Utility

REPORTS = ("types", "types and silence")
"""What counts as a lie: to answer as another type would, or also to say nothing, to any question."""


@dataclass(frozen=True, eq=False)
class Instance:
    """What is audited.

    Parameters
    ----------
    mechanism
        Any mechanism.
    prior
        The common prior on a finite grid of type profiles, of the mechanism's space. Notions that speak of
        every profile mean every profile of the grid.
    partitions
        What each buyer knows: label arrays of the prior's shape. None: her own type only.
    ambiguity
        The distributions that buyers think possible, on the prior's grid: a `FiniteAmbiguitySet`, or one that
        is given by moments, such as a `GridMomentSet`. None: the prior alone.
    weights
        Weight on each distribution of a finite set, for Bayesian buyers; None: equal. Of a set that is given
        by moments they think of the prior alone, which must be in it.
    alpha
        In [0, 1]: the weight that Hurwicz's buyers give to the worst case.
    utilities, strategies
        Attitudes to risk (None: linear), and the play that is audited (None: truth in every question); one
        for all, or one for each buyer. Wherever the audit says truth, it means this play.
    extra_reports
        Amounts, at least 0, that are tried as reports besides all types.
    reports
        One of `REPORTS`: whether silence is tried too.
    name
        For tables; by default the mechanism's name.
    note
        What to say of the ambiguity set below a table.

    Raises ValueError or TypeError for anything that does not fit the prior.
    """

    mechanism: Mechanism
    prior: JointDistribution
    partitions: Sequence[Any] | None = None
    ambiguity: AmbiguitySet | None = None
    weights: Sequence[float] | None = None
    alpha: float = 0.5
    utilities: Utility | Sequence[Utility] | None = None
    strategies: Strategy | Sequence[Strategy] | None = None
    extra_reports: ArrayLike = ()
    name: str = ""
    reports: str = REPORTS[1]
    note: str = ""

    players: tuple[Strategy, ...] = field(init=False)
    attitudes: tuple[Utility, ...] = field(init=False)
    cells: tuple[NDArray[Any], ...] = field(init=False)
    set: AmbiguitySet = field(init=False)
    weighed: FiniteAmbiguitySet = field(init=False)
    hurwicz: Hurwicz = field(init=False)
    bayesian: BayesianOverSet = field(init=False)
    extra: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.mechanism, Mechanism):
            raise TypeError(f"mechanism must be a Mechanism, got {self.mechanism!r}")
        if not isinstance(self.prior, JointDistribution):
            raise TypeError(f"prior must be a JointDistribution for an exact audit, got {self.prior!r}")
        wanted = self.mechanism.space.type_shape
        if self.prior.type_shape != wanted:
            raise ValueError(
                f"prior must be over types of shape {wanted}, those of {self.mechanism.name}, got "
                f"{self.prior.type_shape}"
            )
        if not wanted:
            check_value_bound(self.mechanism, self.prior.values)
        weighed = _weighed(self.prior, self.ambiguity)
        count = len(weighed)
        weights = (1 / count,) * count if self.weights is None else tuple(self.weights)
        if len(weights) != count:
            raise ValueError(f"weights must be one for each of {count} distributions, got {len(weights)}")
        cells = own_type_partitions(self.prior) if self.partitions is None else self.partitions
        self._set("players", one_each("strategies", self.strategies, Truthful(), self.n, Strategy))
        self._set("attitudes", one_each("utilities", self.utilities, Linear(), self.n, Utility))
        self._set("cells", check_partitions(self.prior, cells))
        self._set("set", weighed if self.ambiguity is None else self.ambiguity)
        self._set("weighed", weighed)
        self._set("hurwicz", Hurwicz(self.alpha))
        self._set("bayesian", BayesianOverSet(weights))
        self._set("reports", reports_of(self.reports))
        self._set("extra", amounts_of("extra_reports", self.extra_reports))
        self._set("name", self.name or self.mechanism.name)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @property
    def n(self) -> int:
        """The number of buyers."""
        return self.prior.n

    @property
    def silence(self) -> bool:
        """Whether to say nothing is a lie that is tried."""
        return self.reports == REPORTS[1]

    def types(self, buyer: int) -> NDArray[Any]:
        """All types of a buyer, shape (types, *type_shape)."""
        return self.prior.values[buyer]

    def profiles(self, places: NDArray[np.intp]) -> NDArray[Any]:
        """Type profiles (S, n, *type_shape) from their places on the prior's grid, (S, n)."""
        return np.stack([self.types(buyer)[of_one] for buyer, of_one in enumerate(places.T)], axis=1)


def _weighed(prior: JointDistribution, ambiguity: AmbiguitySet | None) -> FiniteAmbiguitySet:
    """The distributions to which Bayesian buyers give weight; errors for a set on another grid."""
    if isinstance(ambiguity, FiniteAmbiguitySet):
        FiniteAmbiguitySet((prior, *ambiguity.distributions))  # refuses different grids
        return ambiguity
    if ambiguity is not None and not isinstance(ambiguity, AmbiguitySet):
        raise TypeError(f"ambiguity must be an AmbiguitySet, got {ambiguity!r}")
    if ambiguity is not None and not ambiguity.holds(prior):
        raise ValueError(f"prior must be in the ambiguity set {ambiguity!r}, on its grid, got {prior!r}")
    return FiniteAmbiguitySet((prior,))


def one_each(name: str, given: Any, default: Any, n: int, kind: type) -> tuple[Any, ...]:
    """One object for each of n buyers, from None, one for all, or a sequence; ValueError otherwise."""
    alike = default if given is None else given
    each = (alike,) * n if isinstance(alike, kind) else tuple(alike)
    if len(each) != n or not all(isinstance(one, kind) for one in each):
        raise ValueError(f"{name} must be one {kind.__name__}, or one for each of {n} buyers, got {given!r}")
    return each


def reports_of(given: str) -> str:
    """What counts as a lie; ValueError unless it is one of `REPORTS`."""
    if given not in REPORTS:
        raise ValueError(f"reports must be {' or '.join(map(repr, REPORTS))}, got {given!r}")
    return given


def amounts_of(name: str, given: ArrayLike) -> NDArray[np.float64]:
    """A vector of amounts of money; ValueError unless they are finite and at least 0."""
    amounts = np.asarray(given, dtype=float)
    if amounts.ndim != 1 or not np.all(np.isfinite(amounts) & (amounts >= 0)):
        raise ValueError(f"{name} must be a vector of finite amounts of at least 0, got {given!r}")
    return amounts
