"""The design of one pass: truthful, R1's guarantee against the best BIC mechanism; Appendix C."""

import math

import numpy as np
import pytest

from mechanisms.programs import Design
from mechanisms.risk_averse import OnePass, Rounds, design_one_pass, gamma, optimal_bic_utility
from mechanisms.risk_averse.greedy import continuous_greedy
from mechanisms.risk_averse.incentives import gain_from_lying
from mechanisms.risk_averse.known_buyers import Buyers
from mechanisms.risk_averse.truthful_masses import TruthfulMasses
from mechanisms.utilities import CARA, Linear, Power
from tests.mechanisms.risk_averse.ends import gain_given_others
from tests.mechanisms.risk_averse.small_markets import SELLERS, market


@pytest.mark.parametrize("oversell", [False, True])
@pytest.mark.parametrize("seed", range(15))
def test_design_against_the_best_bic_mechanism(seed, oversell):
    """R1: >= the proved share of OPT_BIC, >= c U(soft), >= U(M_rounds); the upper bound is above OPT_BIC."""
    m = market(seed)
    design = design_one_pass(*m.arguments, oversell=oversell)
    optimum = optimal_bic_utility(*m.arguments)
    mechanism, value = design.mechanism, design.expected_utility
    assert value == pytest.approx(mechanism.expected_utility(m.probabilities, m.utility), abs=1e-12)
    assert value <= optimum + 1e-7
    assert optimum <= design.upper_bound + 1e-7
    assert value >= design.proved * optimum - 1e-9
    assert value >= design.factor * mechanism.soft_utility(m.probabilities, m.utility) - 1e-9
    rounds = Rounds(m.values, m.prices, design.lotteries, m.units)
    assert value >= rounds.expected_utility(m.probabilities, m.utility) - 1e-12
    q = [f @ table.sum(axis=1) for f, table in zip(m.probabilities, design.lotteries, strict=True)]
    if not oversell:
        assert sum(q) <= m.units + 1e-7
        assert design.factor >= min(m.units / (m.units + 1), gamma(m.units)) - 1e-7
    buyers = Buyers.checked(m.values, m.probabilities, m.buyer_utilities, m.prices)
    for worth, table in zip(buyers.surplus, design.lotteries, strict=True):
        assert gain_from_lying(worth, table) <= 1e-7


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("steps", [2, 20])
def test_what_is_proved_is_proved_of_the_greedys_lotteries(seed, steps):
    """(1 − e^{−(1 − k/(2T))}) OPT <= soft, c soft <= one pass, for them; and there the design begins.

    c is at least min(k/(k + 1), γ(k)), so that the whole share is known beforehand.
    """
    m = market(100 + seed)
    k = min(m.units, m.n)
    share = 1 - math.exp(k / (2 * steps) - 1)
    start = design_one_pass(*m.arguments, steps=steps, climbs=0)
    buyers = Buyers.checked(m.values, m.probabilities, m.buyer_utilities, m.prices)
    masses = TruthfulMasses.of_sorts(buyers, k)
    greedy = continuous_greedy(buyers.prices, k, m.utility, masses.best, steps=steps)
    first = OnePass(m.values, m.prices, masses.lotteries(greedy.design), m.units)
    optimum = optimal_bic_utility(*m.arguments)
    assert first.soft_utility(m.probabilities, m.utility) >= share * optimum - 1e-7
    assert start.proved == pytest.approx(share * first.factor(m.probabilities), abs=1e-9)
    assert start.proved >= share * min(k / (k + 1), gamma(k)) - 1e-7
    assert start.value >= first.expected_utility(m.probabilities, m.utility) - 1e-9
    for oversell in (False, True):
        climbed = design_one_pass(*m.arguments, steps=steps, oversell=oversell)
        assert climbed.proved == start.proved
        assert climbed.value >= start.value - 1e-12
        assert climbed.value >= climbed.proved * optimum - 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_nobody_gains_by_a_lie_given_the_others_reports(seed):
    """Truthful in expectation, in play: whatever the others report, to 1e-7, in one pass and in rounds."""
    m = market(seed, types=2, prices=4)
    design = design_one_pass(*m.arguments)
    for mechanism in (design.mechanism, Rounds(m.values, m.prices, design.lotteries, m.units)):
        assert gain_given_others(mechanism, m.values, m.buyer_utilities) <= 1e-7


def test_designs_come_close_on_average():
    """Far above the proved factor: shares of the best BIC mechanism, without overselling."""
    shares = []
    for seed in range(20, 28):
        m = market(seed)
        shares.append(design_one_pass(*m.arguments).expected_utility / optimal_bic_utility(*m.arguments))
    assert np.mean(shares) >= 0.9
    assert min(shares) >= 0.75


def test_overselling_helps_where_buyers_are_rarely_there():
    """Two buyers who pay 3 for sure: asked both, one buys; asked half of the time each, 3/4 of the time."""
    sure = ([[3.0]] * 2, [[1.0]] * 2, 1, Linear(), Linear(), [3.0])
    assert design_one_pass(*sure, oversell=True).expected_utility == pytest.approx(3.0)
    assert design_one_pass(*sure).expected_utility <= 3.0


def test_a_lone_buyer_gets_the_optimum():
    """One buyer: one pass is as good as any mechanism, and the bound of steps towards it is tight."""
    for seed in range(5):
        m = market(seed)
        alone = (m.values[:1], m.probabilities[:1], 1, m.utility, m.buyer_utilities[:1], m.prices)
        design = design_one_pass(*alone)
        assert design.expected_utility == pytest.approx(optimal_bic_utility(*alone), rel=1e-7, abs=1e-9)


def test_the_result_is_a_design():
    m = market(2)
    design = design_one_pass(*m.arguments)
    assert isinstance(design, Design)
    assert isinstance(design.mechanism, OnePass)
    assert design.value == design.expected_utility
    assert design.certificate == pytest.approx(design.value / design.upper_bound)
    assert [table.shape for table in design.lotteries] == [(len(v), m.prices.size) for v in m.values]


# Appendix C: buyers who are alike


@pytest.mark.parametrize("seed", range(10))
def test_lemma_15_alike_buyers_can_be_treated_alike(seed):
    """For every gains of prices one shared lottery implements masses as good as lotteries of their own."""
    m = market(seed, alike=True)
    buyers = Buyers.checked(m.values, m.probabilities, m.buyer_utilities, m.prices)
    together, apart = TruthfulMasses.of_sorts(buyers, m.units), TruthfulMasses.of_each(buyers, m.units)
    assert together.sorts == (tuple(range(m.n)),)
    rng = np.random.default_rng(seed)
    for _ in range(5):
        gains = rng.exponential(size=m.prices.size)
        shared, own = together.best(gains), apart.best(gains)
        assert shared.sales @ gains == pytest.approx(own.sales @ gains, abs=1e-7)
        tables = together.lotteries(shared.design)
        masses = sum(f @ table for f, table in zip(m.probabilities, tables, strict=True))
        np.testing.assert_allclose(masses, shared.sales, atol=1e-7)


@pytest.mark.parametrize("seed", range(10))
def test_lemma_16_a_shared_lottery_keeps_gamma_of_the_soft_utility(seed):
    """U(one pass) >= γ(k) U(soft) where all have the same lottery with Σ q <= k: Appendix C's factor."""
    m = market(seed, alike=True, most_buyers=4)
    buyers = Buyers.checked(m.values, m.probabilities, m.buyer_utilities, m.prices)
    masses = TruthfulMasses.of_sorts(buyers, m.units)
    rng = np.random.default_rng(seed)
    for utility in SELLERS:
        tables = masses.lotteries(masses.best(rng.exponential(size=m.prices.size)).design)
        mechanism = OnePass(m.values, m.prices, tables, m.units)
        soft = mechanism.soft_utility(m.probabilities, utility)
        assert mechanism.expected_utility(m.probabilities, utility) >= gamma(m.units) * soft - 1e-9


def test_lemma_17_only_the_masses_of_a_shared_lottery_matter():
    """Two shared lotteries of different types with the same mass at each price: the same law of revenue."""
    values, probabilities = [[2.0, 3.0]] * 3, [[0.25, 0.75]] * 3
    low = [[[0.4, 0.2], [0.2, 0.2]]] * 3
    high = [[[0.1, 0.5], [0.3, 0.1]]] * 3
    for utility in SELLERS:
        one, other = (OnePass(values, [1.0, 2.0], tables, 2) for tables in (low, high))
        assert one.expected_utility(probabilities, utility) == pytest.approx(
            other.expected_utility(probabilities, utility), abs=1e-12
        )


@pytest.mark.parametrize("seed", range(8))
def test_theorem_3(seed):
    """Alike buyers: (1 − 1/e − ε) γ(k) of the best BIC mechanism, ε what 20 steps cost."""
    m = market(seed, alike=True)
    design, optimum = design_one_pass(*m.arguments, steps=20), optimal_bic_utility(*m.arguments)
    share = 1 - math.exp(min(m.units, m.n) / 40 - 1)
    assert design.expected_utility >= share * gamma(m.units) * optimum - 1e-9


def test_many_alike_buyers_are_one_program():
    """Thirty buyers with a shared lottery: the program of one, and R1's factor at its best."""
    n = 30
    design = design_one_pass(
        [np.arange(1, 6.0)] * n, [np.full(5, 0.2)] * n, 4, CARA(0.2), Power(0.5), np.arange(1, 6.0), climbs=2
    )
    assert design.certificate >= 0.8
    assert design.factor >= gamma(4) - 1e-6


def test_bad_input_is_named():
    good = ([[1.0, 2.0]], [[0.5, 0.5]], 1, Linear(), Linear(), [1.0])
    bad = [
        (0, [], "values must hold a vector"),
        (0, [[-1.0, 2.0]], r"values\[0\] must be at least 0"),
        (1, [[0.5, 0.6]], r"probabilities\[0\] must sum to 1"),
        (1, [[1.0]], r"probabilities\[0\] must have the shape of values\[0\]"),
        (2, 0, "units must be at least 1"),
        (3, np.square, "utility must be concave"),
        (4, np.square, "utility must be concave"),
        (4, CARA(1e4), r"buyer_utilities\[0\] must be finite at every value less price"),
        (5, [-1.0], "prices must be at least 0"),
        (5, [math.inf], "prices must be finite"),
    ]
    for place, value, message in bad:
        arguments = list(good)
        arguments[place] = value
        if place == 4 and isinstance(value, CARA):
            arguments[5] = [1.0, 3.0]
        with pytest.raises(ValueError, match=message):
            design_one_pass(*arguments)
    with pytest.raises(ValueError, match="steps must be at least 1"):
        design_one_pass(*good, steps=0)
    with pytest.raises(ValueError, match="climbs must be at least 0"):
        design_one_pass(*good, climbs=-1)
