"""What a risk-averse seller's sequential prices cost: exact utility, certified designs, the DSIC optimum."""

from __future__ import annotations

import numpy as np

from mechanisms.risk_averse import (
    SequentialPrices,
    best_sequential_prices,
    design_history_prices,
    design_sequential_prices,
    optimal_dsic_utility,
    utility_bounds,
)
from mechanisms.utilities import CRRA
from tests.benchmarks.measure import Figure, seconds

UTILITY = CRRA(0.5)
BUYERS, UNITS = 200, 20
GRID = np.arange(1.0, 41.0)


def figures():
    """Yield the figures one by one."""
    yield evaluation()
    for name, family in FAMILIES.items():
        yield from design(name, *family(np.random.default_rng(1)))
    values, probabilities = normal(np.random.default_rng(1))
    yield Figure(
        "bounds of any DSIC mechanism, 200 buyers, 40 values, 20 units",
        seconds(lambda: utility_bounds(values, probabilities, UNITS, UTILITY)), "seconds", 5,
    )
    yield Figure(
        "prices that depend on history, in index order, the same",
        seconds(lambda: design_history_prices(values, probabilities, UNITS, UTILITY, order=range(BUYERS))),
        "seconds", 10,
    )
    yield small("best sequential prices, 6 buyers, 8 values, 2 units", best_sequential_prices, 6, None)
    yield small("DSIC optimum, 3 buyers, 8 values, 2 units", optimal_dsic_utility, 3, 2)


def evaluation():
    """Exact expected utility of 100 prices on 50 levels, 20 units."""
    rng = np.random.default_rng(0)
    levels = np.arange(1.0, 51.0)
    values, probabilities = [levels] * 100, list(rng.dirichlet(np.ones(50), size=100))
    mechanism = SequentialPrices(rng.choice(levels, 100), 20)
    spent = min(seconds(lambda: mechanism.expected_utility(values, probabilities, UTILITY)) for _ in range(5))
    return Figure("exact utility of sequential prices, n = 100, k = 20, 50 levels", spent, "seconds", 0.02)


def design(name, values, probabilities):
    """The default design of a large instance: its time, and its certificate."""
    found = design_sequential_prices(values, probabilities, UNITS, UTILITY)
    what = f"design, 200 buyers, 40 prices, 20 units, {name}"
    yield Figure(what, found.seconds, "seconds", 20, "" if found.complete else "stopped")
    yield Figure("… its certificate", 100 * found.certificate, "%", None, at_least=90)


def normal(rng):
    """Normal values on a grid, of different means."""
    bells = np.exp(-0.5 * ((GRID - rng.uniform(10, 30, (BUYERS, 1))) / 6) ** 2)
    return [GRID] * BUYERS, list(bells / bells.sum(axis=1, keepdims=True))


def pareto(rng):
    """Pareto values on a geometric grid from 1 to 40, of different exponents."""
    grid = 40 ** np.linspace(0, 1, 40)
    tails = grid ** -rng.uniform(1.2, 2.5, (BUYERS, 1))
    return [grid] * BUYERS, list(-np.diff(tails, axis=1, append=0))


def rare(rng, most=0.3):
    """Values of 1, but for a chance of a normal one."""
    _, bells = normal(rng)
    chances = rng.uniform(most / 6, most, BUYERS)
    common = np.eye(1, GRID.size)[0]
    return [GRID] * BUYERS, [(1 - c) * common + c * bell for c, bell in zip(chances, bells, strict=True)]


def very_rare(rng):
    """The same with chances of up to 2 %."""
    return rare(rng, 0.02)


def jackpot(rng):
    """1, or 40 with 3 %."""
    return [np.array([1.0, 40.0])] * BUYERS, [np.array([0.97, 0.03])] * BUYERS


FAMILIES = {"normal": normal, "Pareto": pareto, "rare": rare, "very rare": very_rare, "jackpot": jackpot}


def small(name, optimum, buyers, at_most):
    """An exact method on a small random instance."""
    rng = np.random.default_rng(2)
    values = [rng.choice(np.arange(1.0, 13.0), 8, replace=False) for _ in range(buyers)]
    probabilities = rng.dirichlet(np.ones(8), size=buyers)
    return Figure(name, seconds(lambda: optimum(values, probabilities, 2, UTILITY)), "seconds", at_most)
