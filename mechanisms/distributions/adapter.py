"""Any continuous distribution of scipy.stats as a distribution of values."""

from __future__ import annotations

from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.distributions.base import ContinuousDistribution


class FromScipy(ContinuousDistribution):
    """A frozen continuous distribution such as `scipy.stats.gamma(2, scale=3)`.

    Two are equal when family and parameters were given alike. Discrete families are refused (TypeError):
    `Discrete` takes their values and probabilities.
    """

    def __init__(self, frozen: Any) -> None:
        """Raise TypeError unless `frozen` is a frozen continuous distribution of scipy.stats."""
        needed = ("cdf", "sf", "pdf", "ppf", "support", "mean", "dist")
        missing = [name for name in needed if not hasattr(frozen, name)]
        if missing or hasattr(frozen.dist, "pmf"):
            raise TypeError(f"frozen must be a frozen continuous scipy.stats distribution, not {frozen!r}")
        self._frozen = frozen

    @property
    def support(self) -> tuple[float, float]:
        """As scipy gives it."""
        lo, hi = self._frozen.support()
        return float(lo), float(hi)

    @property
    def mean(self) -> float:
        """As scipy gives it."""
        return float(self._frozen.mean())

    def _cdf(self, value: FloatArray) -> FloatArray:
        return np.asarray(self._frozen.cdf(value))[()]

    def _sale_probability(self, price: FloatArray) -> FloatArray:
        return np.asarray(self._frozen.sf(price))[()]

    def _pdf(self, value: FloatArray) -> FloatArray:
        return np.asarray(self._frozen.pdf(value))[()]

    def _quantile(self, u: FloatArray) -> FloatArray:
        return np.asarray(self._frozen.ppf(u))[()]

    def _identity(self) -> tuple[object, ...]:
        return self._frozen.dist.name, self._frozen.args, tuple(sorted(self._frozen.kwds.items()))

    def __eq__(self, other: object) -> bool:
        return self._identity() == other._identity() if isinstance(other, FromScipy) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        name, args, kwds = self._frozen.dist.name, self._frozen.args, self._frozen.kwds
        given = [repr(arg) for arg in args] + [f"{key}={value!r}" for key, value in kwds.items()]
        return f"FromScipy({name}({', '.join(given)}))"
