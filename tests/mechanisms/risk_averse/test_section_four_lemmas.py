"""Lemmas 10 to 14 of Section 4, with the optimum's own interim lotteries, and Theorem 2's factor."""

import itertools
import math

import numpy as np
import pytest

from mechanisms.risk_averse import OnePass, Rounds, gamma, optimal_bic
from mechanisms.utilities import Linear
from tests.mechanisms.risk_averse.small_markets import SELLERS, market

SEEDS = range(15)


def best(seed):
    """A market, its optimum, and the mass at each price of the optimum."""
    m = market(seed, prices=4)
    optimum = optimal_bic(*m.arguments)
    tables = [np.clip(table, 0, 1) for table in optimum.lotteries]
    tables = [table / np.maximum(table.sum(axis=1, keepdims=True), 1) for table in tables]
    masses = np.array([f @ table for f, table in zip(m.probabilities, tables, strict=True)])
    return m, optimum, tables, masses


def poisson_sales(masses, prices, utility, most=math.inf):
    """E[U] of the first `most` of Poisson many payments, each at price p in proportion to its mass.

    M_soft on infinitely many copies (Lemma 12), or M_hard with `most` = k. On a grid of half units.
    """
    expected = masses.sum()
    if expected == 0:
        return 0.0
    step = np.zeros(int(2 * prices.max()) + 1)
    np.add.at(step, np.round(2 * prices).astype(int), masses / expected)
    law, total, chance = np.ones(1), 0.0, math.exp(-expected)
    for sold in range(60):
        total += chance * float(law @ utility(np.arange(law.size) / 2))
        chance *= expected / (sold + 1)
        if sold < most:
            law = np.convolve(law, step)
    return total


@pytest.mark.parametrize("seed", SEEDS)
def test_lemma_11_soft_on_copies_keeps_its_share_of_the_optimum(seed):
    """Lemmas 8 and 11: independent sales with the optimum's masses earn (1 − 1/e) OPT; here copies."""
    m, optimum, tables, masses = best(seed)
    soft = poisson_sales(masses.sum(axis=0), m.prices, m.utility)
    assert soft >= (1 - 1 / math.e) * optimum.utility - 1e-7
    # and merging copies into buyers does not lower it (Lemma 6)
    merged = OnePass(m.values, m.prices, tables, m.n).expected_utility(m.probabilities, m.utility)
    assert merged >= soft - 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_lemma_13_the_limit_of_units_costs_gamma(seed):
    m, _, _, masses = best(seed)
    for utility in SELLERS:
        soft = poisson_sales(masses.sum(axis=0), m.prices, utility)
        hard = poisson_sales(masses.sum(axis=0), m.prices, utility, m.units)
        assert hard >= gamma(m.units) * soft - 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_lemma_10_rounds_and_the_sharper_one_pass(seed):
    """Theorem 2: (1 − 1/e)² γ(k) OPT by rounds; R1: (1 − 1/e) c OPT by one pass, c >= min(k/(k+1), γ(k))."""
    m, optimum, tables, _ = best(seed)
    rounds = Rounds(m.values, m.prices, tables, m.units).expected_utility(m.probabilities, m.utility)
    one_pass = OnePass(m.values, m.prices, tables, m.units)
    value, c = one_pass.expected_utility(m.probabilities, m.utility), one_pass.factor(m.probabilities)
    assert rounds >= (1 - 1 / math.e) ** 2 * gamma(m.units) * optimum.utility - 1e-7
    assert c >= min(m.units / (m.units + 1), gamma(m.units)) - 1e-7
    assert value >= (1 - 1 / math.e) * c * optimum.utility - 1e-7
    assert value >= rounds - 1e-9


def law_of_sale(number, masses, rounds):
    """The law of the price of the sale of this number in M_soft on copies, given that it happens.

    In each round every buyer in turn is sold to with masses / rounds.
    """
    before = np.zeros(number)
    before[0] = 1.0
    law = np.zeros(masses.shape[1])
    for _, own in itertools.product(range(rounds), masses / rounds):
        law += before[-1] * own
        moved = own.sum() * before
        before -= moved
        before[1:] += moved[:-1]
    return law / law.sum()


@pytest.mark.parametrize("seed", range(6))
def test_lemma_12_every_sale_has_one_law_in_the_limit(seed):
    _, _, _, masses = best(seed)
    aim = masses.sum(axis=0) / masses.sum()
    for number in (1, 2, 3):
        errors = [np.abs(law_of_sale(number, masses, rounds) - aim).sum() for rounds in (20, 200, 2000)]
        assert errors[2] <= 5e-3
        assert errors[2] <= errors[0] / 10 + 1e-12


def test_lemma_14_what_is_lost_by_chance_costs_its_share_at_most():
    """E[U(R − X)] >= (1 − E[X]/R) (U(R) − U(0)) for X in [0, R]."""
    rng = np.random.default_rng(0)
    for utility, _ in itertools.product(SELLERS, range(40)):
        most = rng.uniform(0.1, 8)
        lost, chances = rng.uniform(0, most, 5), rng.dirichlet(np.ones(5))
        kept = float(chances @ utility(most - lost))
        assert kept >= (1 - chances @ lost / most) * float(utility(most)) - 1e-12


def test_the_least_factor_of_one_unit_is_that_of_one_sure_buyer():
    """c = 1/2 at q = (1, 0): the bound counts her own sale against her, and is far from attained."""
    mechanism = OnePass([[1.0]] * 2, [1.0], [[[1.0]], [[0.0]]], 1)
    assert mechanism.factor([[1.0]] * 2) == pytest.approx(0.5, abs=1e-12)
    assert mechanism.expected_utility([[1.0]] * 2, Linear()) == pytest.approx(1.0, abs=1e-12)
