"""Random matrices of single-parameter buyers, and random soft prices for them."""

from dataclasses import dataclass

import numpy as np

from mechanisms.programs import maximise
from mechanisms.risk_averse import OrderObliviousPrices


@dataclass
class MatrixMarket:
    """Values and probabilities of each cell's buyer."""

    values: list
    probabilities: list

    @property
    def shape(self):
        return len(self.values), len(self.values[0])


def matrix_market(rng, n, m, types=2, jackpot=None) -> MatrixMarket:
    """Integer values from 1 to 9; with a jackpot one cell rarely has that value instead."""
    values = [[np.sort(rng.choice(9, types, replace=False)) + 1.0 for _ in range(m)] for _ in range(n)]
    probabilities = [[rng.dirichlet(np.ones(types)) for _ in range(m)] for _ in range(n)]
    if jackpot is not None:
        value, chance = jackpot
        values[0][0], probabilities[0][0] = np.array([2.0, value]), np.array([1 - chance, chance])
    return MatrixMarket(values, probabilities)


def soft_offers(rng, market, prices) -> OrderObliviousPrices:
    """Random offers that keep the expected sales of each row and column at most 1, one of them at 1."""
    n, m = market.shape
    shares = rng.dirichlet(np.ones(len(prices) + 1), size=(n, m))[..., :-1]
    offers = OrderObliviousPrices(
        [[dict(zip(prices, shares[i, j], strict=True)) for j in range(m)] for i in range(n)]
    )
    sold = offers.expected_sales(market.values, market.probabilities)
    most = max(sold.sum(axis=0).max(), sold.sum(axis=1).max())
    return offers.scaled(min(1.0, 1 / most))


def soft_with_masses(rng, market, prices, weights, totals) -> OrderObliviousPrices:
    """Soft offers with Σ weights[r, price] · sale probability = totals[r]: a random vertex of theirs."""
    n, m = market.shape
    chances = np.array([
        [[market.probabilities[i][j][market.values[i][j] >= p].sum() for p in prices] for j in range(m)]
        for i in range(n)
    ])
    size = chances.size
    place = np.arange(size).reshape(chances.shape)
    sums = []
    for group in (*place, *place.transpose(1, 0, 2)):
        row = np.zeros(size)
        row[group.ravel()] = chances.ravel()[group.ravel()]
        sums.append(row)
    once = np.kron(np.eye(n * m), np.ones(len(prices)))
    equal = np.array([(chances * own).ravel() for own in weights])
    x = maximise(
        rng.normal(size=size),
        at_most=(np.vstack([*sums, once]), np.ones(n + m + n * m)),
        equal=(equal, totals),
        bounds=(0.0, 1.0),
    ).x.reshape(chances.shape)
    return OrderObliviousPrices(
        [[dict(zip(prices, np.clip(x[i, j], 0, 1), strict=True)) for j in range(m)] for i in range(n)]
    )
