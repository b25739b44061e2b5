"""Random small markets of a seller and buyers who may be averse to risk."""

from dataclasses import dataclass

import numpy as np

from mechanisms.utilities import CARA, Capped, Linear, PiecewiseLinear, Power

SELLERS = (Linear(), CARA(0.5), Capped(3.0), Power(0.5), PiecewiseLinear([(-1, -2), (0, 0), (2, 2), (5, 3)]))
BUYERS = (Linear(), CARA(0.2), CARA(1.0), PiecewiseLinear([(-1, -1.5), (0, 0), (1, 1), (6, 3)]))


@dataclass
class Market:
    """What the design functions take, in their order."""

    values: list
    probabilities: list
    units: int
    utility: object
    buyer_utilities: list
    prices: np.ndarray

    @property
    def arguments(self):
        return (self.values, self.probabilities, self.units, self.utility, self.buyer_utilities, self.prices)

    @property
    def n(self):
        return len(self.values)


def market(seed, most_buyers=3, alike=False, types=3, prices=5) -> Market:
    """n buyers with a few types each, values up to 9, a grid of prices that includes 0."""
    rng = np.random.default_rng([8, seed])
    n = int(rng.integers(2, most_buyers + 1))
    counts = rng.integers(2, types + 1, n)
    values = [np.sort(rng.choice(10, count, replace=False)).astype(float) for count in counts]
    probabilities = [rng.dirichlet(np.ones(len(own))) for own in values]
    attitudes = [BUYERS[int(rng.integers(len(BUYERS)))] for _ in range(n)]
    if alike:
        values, probabilities, attitudes = values[:1] * n, probabilities[:1] * n, attitudes[:1] * n
    grid = np.append(0.0, np.sort(rng.choice(np.arange(1, 19) / 2, prices - 1, replace=False)))
    units, seller = int(rng.integers(1, n + 1)), SELLERS[seed % len(SELLERS)]
    return Market(values, probabilities, units, seller, attitudes, grid)


def random_lotteries(rng, values, prices, most=1.0):
    """Tables of probabilities of sales at no more than the value; their sums are up to `most`."""
    tables = []
    for own in values:
        table = rng.exponential(size=(len(own), len(prices))) * (np.asarray(prices) <= own[:, None])
        share = rng.uniform(0, most, (len(own), 1))
        tables.append(table * share / np.maximum(table.sum(axis=1, keepdims=True), 1e-9))
    return tables
