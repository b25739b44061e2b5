"""The buyers of a seller who is averse to risk: independent values on finite supports, checked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mechanisms._validation import FloatArray, finite_vector
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.conversation import check_count
from mechanisms.distributions import Discrete, Distribution
from mechanisms.risk_averse.attitude import Attitude, check_attitude


def buyers(values: Sequence[ArrayLike], probabilities: Sequence[ArrayLike]) -> tuple[Discrete, ...]:
    """Return the n buyers' distributions of values, from lists of n arrays.

    Raises TypeError or ValueError, naming the buyer, for values that are negative or not finite, for
    probabilities that are negative or do not sum to 1, and for lists of different lengths, or of none.
    """
    if len(values) != len(probabilities):
        raise ValueError(
            f"probabilities must be of as many buyers as values, {len(values)}, not {len(probabilities)}"
        )
    if len(values) == 0:
        raise ValueError("values must be of at least one buyer, not none")
    return tuple(_buyer(i, values[i], probabilities[i]) for i in range(len(values)))


def _buyer(i: int, values: ArrayLike, probabilities: ArrayLike) -> Discrete:
    support = finite_vector(f"values[{i}]", values)
    if (support < 0).any():
        raise ValueError(f"values[{i}] must be at least 0, not {float(support.min())!r}")
    try:
        return Discrete(support, probabilities)
    except ValueError as error:
        raise ValueError(f"buyer {i}: {error}") from None


def sale_chances(priors: Sequence[Distribution], prices: FloatArray) -> FloatArray:
    """Pr[v_i >= p] for each buyer and price, shape (n, m); 0 at a price of infinity.

    A value that is below the price by rounding only (1e-12) is not below it.
    """
    tolerant = prices * (1 - RELATIVE_SLACK)
    chances = np.array([prior.sale_probability(np.where(np.isinf(prices), 0, tolerant)) for prior in priors])
    return np.where(np.isinf(prices), 0.0, chances)


def useful_prices(priors: Sequence[Discrete]) -> FloatArray:
    """All positive values of positive probability of any buyer, increasing: no other price is worth offering.

    A price between two values of a buyer sells as often as the higher one. Raises ValueError if all values
    are 0: there is nothing to sell.
    """
    positive = [prior.values[(prior.values > 0) & (prior.probabilities > 0)] for prior in priors]
    prices = np.unique(np.concatenate(positive))
    if prices.size == 0:
        raise ValueError("values must be positive for some buyer, but all are 0")
    return prices


def own_prices(priors: Sequence[Discrete], prices: FloatArray) -> np.ndarray:
    """Mask, shape (n, m): which prices are values of buyer i of positive probability."""
    return np.array([np.isin(prices, prior.values[prior.probabilities > 0]) for prior in priors])


def check_seller(utility: Attitude, priors: Sequence[Discrete], units: int) -> Attitude:
    """Return the seller's utility, checked on revenues up to what the dearest sales could bring."""
    check_count("units", units)
    highest = sorted((prior.support[1] for prior in priors), reverse=True)[:units]
    return check_attitude(utility, sum(highest))
