"""Priors over the types of a space whose numbers are drawn independently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.distributions.base import Distribution
from mechanisms.distributions.prior import Prior
from mechanisms.types import TypeSpace


@dataclass(frozen=True)
class IndependentTypes(Prior):
    """Independent types of a `space`: participant i's numbers are drawn from `marginals[i]`.

    The space makes types of the draws (`TypeSpace.types_of`): in descending order where values diminish,
    monotone where bundles are valued. Raises ValueError without marginals, TypeError if one is not a
    Distribution.
    """

    space: TypeSpace
    marginals: tuple[Distribution, ...]

    def __init__(self, space: TypeSpace, marginals: Sequence[Distribution]) -> None:
        object.__setattr__(self, "space", space)
        object.__setattr__(self, "marginals", tuple(marginals))
        if not self.marginals:
            raise ValueError("marginals must hold at least one distribution")
        for place, marginal in enumerate(self.marginals):
            if not isinstance(marginal, Distribution):
                raise TypeError(f"marginals[{place}] must be a Distribution, not {marginal!r}")

    @property
    def n(self) -> int:
        """The number of participants."""
        return len(self.marginals)

    @property
    def type_shape(self) -> tuple[int, ...]:
        """The space's."""
        return self.space.type_shape

    @property
    def uniforms_per_profile(self) -> int:
        """One for each number of each type."""
        return self.n * prod(self.type_shape)

    def _from_uniforms(self, u: FloatArray) -> FloatArray:
        rows = u.reshape(*u.shape[:-1], self.n, prod(self.type_shape))
        drawn = [marginal.quantile(rows[..., i, :]) for i, marginal in enumerate(self.marginals)]
        return self.space.types_of(np.stack(drawn, axis=-2).reshape(*u.shape[:-1], self.n, *self.type_shape))
