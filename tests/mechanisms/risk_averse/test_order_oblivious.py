"""Appendix E: soft and partially order-oblivious prices, the adversary listed move by move; R4."""

import itertools
import math

import numpy as np
import pytest

from mechanisms.risk_averse import OrderObliviousPrices, design_order_oblivious_prices, optimal_matrix
from mechanisms.utilities import CARA, Linear
from tests.mechanisms.risk_averse.matrices import matrix_market, soft_offers, soft_with_masses
from tests.mechanisms.risk_averse.small_markets import SELLERS

SHAPES = [(2, 2), (1, 3), (3, 1), (2, 3), (3, 2), (2, 1)]
PRICES = (1.0, 3.0, 6.0)


def realisations(offers, market, scale):
    """All realised prices that are accepted (None: not), cell by cell, with their probabilities."""
    laws = []
    for i, j in itertools.product(*map(range, offers.shape)):
        law = {None: 1.0 - scale * sum(chance for _, chance in offers.offers[i][j])}
        for (price, chance), (value, mass) in itertools.product(
            offers.offers[i][j], zip(market.values[i][j], market.probabilities[i][j], strict=True)
        ):
            paid = price if value >= price else None
            law[paid] = law.get(paid, 0.0) + scale * chance * mass
        laws.append(list(law.items()))
    for drawn in itertools.product(*laws):
        yield [paid for paid, _ in drawn], math.prod(chance for _, chance in drawn)


def least_revenue(paid, order, columns, taken=frozenset()):
    """What the adversary leaves who tries every order of the cells in each row."""
    if not order:
        return 0.0
    row = paid[order[0] * columns : (order[0] + 1) * columns]
    found = []
    for cells in itertools.permutations(range(columns)):
        served = next((j for j in cells if row[j] is not None and j not in taken), None)
        now = 0.0 if served is None else row[served]
        found.append(now + least_revenue(paid, order[1:], columns, taken | {served}))
    return min(found)


@pytest.mark.parametrize("case", range(6))
def test_against_an_adversary_who_tries_every_order(case):
    rng = np.random.default_rng([1, case])
    n, m = SHAPES[case]
    market, utility = matrix_market(rng, n, m), SELLERS[case % len(SELLERS)]
    offers = soft_offers(rng, market, PRICES[: 2 if n * m > 4 else 3])
    drawn = list(realisations(offers, market, 0.4))
    by_order = [
        sum(chance * float(utility(least_revenue(paid, order, m))) for paid, chance in drawn)
        for order in itertools.permutations(range(n))
    ]
    args = (market.values, market.probabilities, utility, 0.4)
    for order, expected in zip(itertools.permutations(range(n)), by_order, strict=True):
        assert offers.expected_utility(*args, row_order=order) == pytest.approx(expected, abs=1e-12)
    assert offers.expected_utility(*args, row_order="random") == pytest.approx(np.mean(by_order), abs=1e-12)
    assert offers.expected_utility(*args, row_order="worst") == pytest.approx(min(by_order), abs=1e-12)


@pytest.mark.parametrize("case", range(6))
def test_soft_utility_by_listing(case):
    rng = np.random.default_rng([2, case])
    market, utility = matrix_market(rng, *SHAPES[case]), SELLERS[case % len(SELLERS)]
    offers = soft_offers(rng, market, PRICES[:2])
    listed = sum(
        chance * float(utility(sum(p for p in paid if p is not None)))
        for paid, chance in realisations(offers, market, 1.0)
    )
    soft = offers.soft_utility(market.values, market.probabilities, utility)
    assert soft == pytest.approx(listed, abs=1e-12)


@pytest.mark.parametrize("case", range(30))
def test_r4_and_lemma_20(case):
    """Of U(soft): 1/(3√3) with rows in random order, 1/6.75 in any; at scale s, s(1−s)(1−s/2) and s(1−s)²."""
    rng = np.random.default_rng([3, case])
    market, utility = matrix_market(rng, *SHAPES[case % 6]), SELLERS[case % len(SELLERS)]
    offers = soft_offers(rng, market, PRICES[:2])
    args = (market.values, market.probabilities, utility)
    soft = offers.soft_utility(*args)
    assert offers.expected_utility(*args) >= soft / (3 * math.sqrt(3)) - 1e-12
    assert offers.expected_utility(*args, row_order="worst") >= soft / 6.75 - 1e-12
    for s in (0.2, 0.6, 1.0):
        random = offers.expected_utility(*args, scale=s, row_order="random")
        worst = offers.expected_utility(*args, scale=s, row_order="worst")
        assert soft >= random >= worst - 1e-12
        assert random >= s * (1 - s) * (1 - s / 2) * soft - 1e-12
        assert worst >= s * (1 - s) ** 2 * soft - 1e-12


def test_the_bound_of_any_order_is_attained():
    """Three losses at once, of scaling, of the row and of the column: s (1 − s)² of the soft revenue is left.

    A cell of high price and tiny probability in the last row; one sure rival in its row and one in its
    column, at prices of nearly 0.
    """
    tiny, s = 1e-4, 1 / 3
    values = [[[1e-9], [1.0]], [[1.0], [1e-9]]]
    offers = OrderObliviousPrices([[{1e-9: 1 - tiny}, {}], [{1.0: tiny}, {1e-9: 1 - tiny}]])
    args = (values, [[[1.0]] * 2] * 2, Linear())
    soft, left = offers.soft_utility(*args), offers.expected_utility(*args, scale=s, row_order=(0, 1))
    assert soft == pytest.approx(tiny, rel=1e-4)
    assert left / soft == pytest.approx(s * (1 - s) ** 2, rel=1e-3)
    assert left / soft == pytest.approx(1 / 6.75, rel=1e-3)


@pytest.mark.parametrize("case", range(12))
def test_lemma_19_only_the_masses_of_soft_prices_matter(case):
    """Any soft prices with the optimum's mass at each price earn (1 − 1/e) OPT of the matrix."""
    rng = np.random.default_rng([4, case])
    market, utility = matrix_market(rng, *[(2, 2), (1, 3), (2, 1)][case % 3]), SELLERS[case % len(SELLERS)]
    best = optimal_matrix(market.values, market.probabilities, utility)
    optimum, mass = best.utility, best.masses
    prices = sorted(mass)
    totals = np.array([mass[p] for p in prices])
    for _ in range(3):
        soft = soft_with_masses(rng, market, prices, np.eye(len(prices)), totals)
        value = soft.soft_utility(market.values, market.probabilities, utility)
        assert value >= (1 - 1 / math.e) * optimum - 1e-7


@pytest.mark.parametrize("case", range(8))
def test_lemma_21_huge_prices_count_by_their_utility(case):
    """Prices of at least U⁻¹(OPT/ε) only need the same Σ U(p) · mass; (1 − 1/e − O(ε)) OPT is left.

    Here O(ε) is ε/4. In markets this small no price is small (p* = 0 unless 1/ε⁴ units are sold).
    """
    epsilon = 0.4
    rng = np.random.default_rng([5, case])
    market = matrix_market(rng, 2, 2, jackpot=(60.0, 0.03))
    market.values[1][1], market.probabilities[1][1] = np.array([1.0, 40.0]), np.array([0.96, 0.04])
    utility = [Linear(), CARA(0.005), CARA(0.01)][case % 3]
    best = optimal_matrix(market.values, market.probabilities, utility)
    optimum, mass = best.utility, best.masses
    prices = sorted(mass)
    huge = np.array([float(utility(p)) >= optimum / epsilon for p in prices])
    assert huge.any()
    weights = [np.where(huge, utility(np.array(prices)), 0.0), *np.eye(len(prices))[~huge]]
    totals = np.array([sum(own[k] * mass[p] for k, p in enumerate(prices)) for own in weights])
    soft = soft_with_masses(rng, market, prices, weights, totals)
    value = soft.soft_utility(market.values, market.probabilities, utility)
    assert value >= (1 - 1 / math.e - epsilon / 4) * optimum


@pytest.mark.parametrize("case", range(10))
def test_the_design_and_its_certificate(case):
    """Soft >= (1 − 1/e) OPT, random rows >= 1/(3√3) of that; the bound is above the optimum of the matrix."""
    rng = np.random.default_rng([6, case])
    market, utility = matrix_market(rng, *[(2, 2), (1, 3), (2, 1)][case % 3]), SELLERS[case % len(SELLERS)]
    design = design_order_oblivious_prices(market.values, market.probabilities, utility, np.arange(1, 11.0))
    optimum = optimal_matrix(market.values, market.probabilities, utility).utility
    args = (market.values, market.probabilities, utility)
    assert optimum <= design.upper_bound + 1e-7
    assert design.soft_utility >= (1 - 1 / math.e) * optimum - 1e-7
    assert design.value >= design.soft_utility / (3 * math.sqrt(3)) - 1e-9
    assert design.value <= optimum + 1e-7
    assert design.value == pytest.approx(design.mechanism.expected_utility(*args, scale=1.0), abs=1e-12)
    sold = design.soft.expected_sales(*args[:2])
    assert max(sold.sum(axis=0).max(), sold.sum(axis=1).max()) <= 1 + 1e-7


def test_prices_of_infinity_are_never_taken():
    offers = OrderObliviousPrices([[{math.inf: 0.5, 1.0: 0.5}]])
    assert offers.soft_utility([[[2.0]]], [[[1.0]]], Linear()) == pytest.approx(0.5)


def test_bad_input_is_named():
    for offers, message in [
        ([], "offers must be a matrix of at least one cell"),
        ([[{1.0: 0.5}], [{}, {}]], r"not rows of \[1, 2\]"),
        ([[{-1.0: 0.5}]], r"offers\[0\]\[0\] must have prices of at least 0, not -1.0"),
        ([[{math.nan: 0.5}]], r"offers\[0\]\[0\] must have prices"),
        ([[{1.0: 1.5}]], r"offers\[0\]\[0\] must have probabilities from 0 to 1, not 1.5"),
        ([[{1.0: 0.6, 2.0: 0.6}]], "probabilities of sum at most 1, not 1.2"),
    ]:
        with pytest.raises(ValueError, match=message):
            OrderObliviousPrices(offers)
    offers = OrderObliviousPrices([[{1.0: 0.5}]])
    good = ([[[2.0]]], [[[1.0]]], Linear())
    for options, message in [
        ({"scale": 1.5}, "scale must be >= 0.0 and <= 1.0, not 1.5"),
        ({"row_order": "best"}, "row_order must be 'random', 'worst' or an order"),
        ({"row_order": (1,)}, "row_order must hold each of 0 to 0 once"),
    ]:
        with pytest.raises(ValueError, match=message):
            offers.expected_utility(*good, **options)
    with pytest.raises(ValueError, match=r"values must be a matrix \(1, 1\) of vectors, not rows of \[2\]"):
        offers.soft_utility([[[2.0], [1.0]]], *good[1:])
    with pytest.raises(ValueError, match=r"probabilities\[0\] must sum to 1"):
        offers.soft_utility(good[0], [[[0.5]]], Linear())
    with pytest.raises(ValueError, match="utility must be concave"):
        offers.soft_utility(*good[:2], np.square)
