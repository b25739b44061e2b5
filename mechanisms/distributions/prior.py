"""Priors over type profiles: what a prior is, and the large ones, which are sampled and never enumerated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, probability_array
from mechanisms.distributions.base import Distribution
from mechanisms.distributions.uniforms import draw_uniforms


class Prior(ABC):
    """A distribution over profiles of n types, sampled through uniforms: a fixed number for each profile.

    A new prior overrides `n`, `uniforms_per_profile` and `_from_uniforms`.
    """

    @property
    @abstractmethod
    def n(self) -> int:
        """The number of buyers."""

    @property
    @abstractmethod
    def uniforms_per_profile(self) -> int:
        """How many uniforms one profile takes."""

    @property
    def type_shape(self) -> tuple[int, ...]:
        """Shape of one buyer's type; () for a number."""
        return ()

    @abstractmethod
    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        """Profiles of shape (..., n, *type_shape) from uniforms of shape (..., uniforms_per_profile)."""

    def from_uniforms(self, u: ArrayLike) -> FloatArray:
        """Profiles, shape (..., n, *type_shape), from uniforms in [0, 1], shape (..., uniforms_per_profile).

        Raises ValueError for another last axis, or a number outside [0, 1].
        """
        u = np.asarray(u, dtype=np.float64)
        if u.ndim == 0 or u.shape[-1] != self.uniforms_per_profile:
            raise ValueError(f"u must have a last axis of {self.uniforms_per_profile}, not shape {u.shape}")
        inside = (u >= 0) & (u <= 1)
        if not inside.all():
            raise ValueError(f"u must be in [0, 1], not {float(u[~inside][0])!r}")
        return self._from_uniforms(u)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> FloatArray:
        """Independent profiles of shape (*size, n, *type_shape), from uniforms drawn from `rng`."""
        return self._from_uniforms(draw_uniforms(rng, size, self.uniforms_per_profile))


class IndependentPrior(Prior):
    """Independent values, buyer i's from `marginals[i]`: a product of any size.

    Buyer i's value is the quantile of the i-th uniform, so a further buyer changes nobody else's value.
    """

    def __init__(self, marginals: Iterable[Distribution]) -> None:
        """Raise ValueError without marginals, TypeError if one is not a Distribution."""
        self.marginals = tuple(marginals)
        if not self.marginals:
            raise ValueError("marginals must hold at least one distribution")
        members: dict[Distribution, list[int]] = {}
        for buyer, marginal in enumerate(self.marginals):
            if not isinstance(marginal, Distribution):
                raise TypeError(f"marginals[{buyer}] must be a Distribution, not {marginal!r}")
            members.setdefault(marginal, []).append(buyer)
        self._groups = tuple((marginal, np.array(buyers)) for marginal, buyers in members.items())

    @classmethod
    def identical(cls, marginal: Distribution, n: int) -> IndependentPrior:
        """Return the prior of n >= 1 buyers with the same marginal."""
        if n < 1:
            raise ValueError(f"n must be >= 1, not {n}")
        return cls([marginal] * n)

    @property
    def n(self) -> int:
        """The number of buyers."""
        return len(self.marginals)

    @property
    def uniforms_per_profile(self) -> int:
        """One for each buyer."""
        return self.n

    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        profiles = np.empty(u.shape)
        for marginal, buyers in self._groups:
            profiles[..., buyers] = marginal.quantile(u[..., buyers])
        return profiles

    def __eq__(self, other: object) -> bool:
        return self.marginals == other.marginals if isinstance(other, IndependentPrior) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.marginals)

    def __repr__(self) -> str:
        if len(self._groups) == 1:
            return f"IndependentPrior.identical({self.marginals[0]!r}, n={self.n})"
        return f"IndependentPrior({list(self.marginals)!r})"


class MixturePrior(Prior):
    """A mixture of priors over the same buyers: the state of the world is drawn first, then the profile.

    The first uniform of a profile chooses the component; the next ones are the component's own.
    """

    def __init__(self, weights: ArrayLike, components: Sequence[Prior]) -> None:
        """Raise ValueError for weights that are no probabilities, or components that do not fit them."""
        self.weights = tuple(probability_array("weights", weights).tolist())
        self.components = tuple(components)
        if len(self.weights) != len(self.components):
            raise ValueError(f"weights must be one for each of {len(self.components)} components")
        for place, component in enumerate(self.components):
            if not isinstance(component, Prior):
                raise TypeError(f"components[{place}] must be a Prior, not {component!r}")
        sizes = [component.n for component in self.components]
        if len(set(sizes)) > 1:
            raise ValueError(f"components must have the same number of buyers, not {sizes}")
        shapes = {component.type_shape for component in self.components}
        if len(shapes) > 1:
            raise ValueError(f"components must have types of the same shape, not {sorted(shapes)}")

    @property
    def type_shape(self) -> tuple[int, ...]:
        """That of the components."""
        return self.components[0].type_shape

    @property
    def n(self) -> int:
        """The number of buyers."""
        return self.components[0].n

    @property
    def uniforms_per_profile(self) -> int:
        """One for the component, and as many as the hungriest component takes."""
        return 1 + max(component.uniforms_per_profile for component in self.components)

    def component_of(self, u: ArrayLike) -> np.ndarray:
        """Index of the component that a first uniform chooses, elementwise; one of weight 0 never is."""
        positive = np.flatnonzero(self.weights)
        cumulative = np.cumsum(np.array(self.weights)[positive])
        place = np.searchsorted(cumulative, np.asarray(u), side="right")
        return positive[np.minimum(place, positive.size - 1)]

    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        profiles = np.empty((*u.shape[:-1], self.n, *self.type_shape))
        chosen = self.component_of(u[..., 0])
        for place, component in enumerate(self.components):
            rows = chosen == place
            own = u[rows][..., 1 : 1 + component.uniforms_per_profile]
            profiles[rows] = component.from_uniforms(own)
        return profiles

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MixturePrior):
            return NotImplemented
        return (self.weights, self.components) == (other.weights, other.components)

    def __hash__(self) -> int:
        return hash((self.weights, self.components))

    def __repr__(self) -> str:
        return f"MixturePrior({list(self.weights)!r}, {list(self.components)!r})"
