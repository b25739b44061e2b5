"""Random matrices of single-parameter buyers, and the best deterministic DSIC mechanism of one."""

import itertools
import math
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


def matrix_optimum(market, utility):
    """The best deterministic DSIC mechanism of the matrix: its utility, and its mass at each price.

    An integer program over the price of each cell given the others' values (a value of that cell, or never),
    and at each profile over who is served at which prices: a matching, and exactly those whose value is at
    least their price.
    """
    n, m = market.shape
    cells = list(itertools.product(range(n), range(m)))
    grids = [market.values[i][j] for i, j in cells]
    masses = [market.probabilities[i][j] for i, j in cells]
    offers, served, objective, rows, limits = {}, [], [], {}, []
    for profile in itertools.product(*(range(grid.size) for grid in grids)):
        chance = math.prod(f[t] for f, t in zip(masses, profile, strict=True))
        for sale in itertools.product(*((None, *range(t + 1)) for t in profile)):
            sold = [c for c, price in enumerate(sale) if price is not None]
            if len({cells[c][0] for c in sold}) < len(sold) or len({cells[c][1] for c in sold}) < len(sold):
                continue
            money = sum(grids[c][sale[c]] for c in sold)
            served.append([(profile, c, sale[c]) for c in sold])
            objective.append(chance * float(utility(money)))
            rows.setdefault(("once", profile), {})[len(objective) - 1] = 1.0
            for c in sold:
                rows.setdefault(("sold", profile, c, sale[c]), {})[len(objective) - 1] = 1.0
    sales = len(objective)
    for key in list(rows):
        if key[0] == "sold":
            _, profile, c, price = key
            others = (c, tuple(t for d, t in enumerate(profile) if d != c), price)
            place = offers.setdefault(others, sales + len(offers))
            rows[key][place] = -1.0
    for (c, others, _), place in offers.items():
        rows.setdefault(("one price", c, others), {})[place] = 1.0
    matrix = np.zeros((len(rows), sales + len(offers)))
    for r, entries in enumerate(rows.values()):
        matrix[r, list(entries)] = list(entries.values())
    kinds = [key[0] for key in rows]
    equal = np.array([kind != "one price" for kind in kinds])
    limits = np.array([0.0 if kind == "sold" else 1.0 for kind in kinds])
    solution = maximise(
        [*objective, *([0.0] * len(offers))],
        at_most=(matrix[~equal], limits[~equal]),
        equal=(matrix[equal], limits[equal]),
        bounds=(0.0, 1.0),
        integral=np.arange(sales + len(offers)) >= sales,
    )
    mass = {}
    for share, sold in zip(solution.x[:sales], served, strict=True):
        for profile, c, price in sold:
            chance = math.prod(f[t] for f, t in zip(masses, profile, strict=True))
            mass[grids[c][price]] = mass.get(grids[c][price], 0.0) + share * chance
    return solution.value, mass


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
