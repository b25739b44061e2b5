"""Lemma 18: unit-demand buyers who choose bring at least what the adversary would have left."""

import itertools
import math

import numpy as np
import pytest

from mechanisms.risk_averse import ItemPrices, OrderObliviousPrices, optimal_matrix
from mechanisms.utilities import CARA, Capped, Linear
from tests.mechanisms.risk_averse.ends import ends
from tests.mechanisms.risk_averse.matrices import matrix_market, soft_offers
from tests.mechanisms.risk_averse.small_markets import SELLERS

PRICES = (1.0, 3.0, 6.0)


def vectors(market):
    """All profiles of buyers' vectors of values, with their probabilities."""
    cells = list(itertools.product(*map(range, market.shape)))
    grids = [zip(market.values[i][j], market.probabilities[i][j], strict=True) for i, j in cells]
    for drawn in itertools.product(*map(list, grids)):
        chance = math.prod(f for _, f in drawn)
        yield np.array([v for v, _ in drawn]).reshape(market.shape), chance


@pytest.mark.parametrize("case", range(4))
def test_expected_utility_is_that_of_play(case):
    """Supply, rationality and one question each on the way."""
    rng = np.random.default_rng([1, case])
    n, m = [(2, 2), (1, 3), (3, 1), (2, 2)][case]
    market, utility = matrix_market(rng, n, m), SELLERS[case]
    offers = soft_offers(rng, market, PRICES[: 1 + (n * m < 4)])
    mechanism = ItemPrices(offers, "random" if case < 3 else (1, 0))
    total = 0.0
    for values, chance in vectors(market):
        played = ends(mechanism, values if m > 1 else values[:, 0])
        total += chance * played.mean(utility(played.revenue))
        got = played.allocation.reshape(-1, n, m)
        assert got.sum(axis=1).max() <= 1
        assert got.sum(axis=2).max() <= 1
        assert (played.payments <= (got * values).sum(axis=2)).all()
        assert all(len(set(asked)) == len(asked) for asked in played.asked)
    exact = mechanism.expected_utility(market.values, market.probabilities, utility)
    assert exact == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("case", range(24))
def test_lemma_18_choice_is_kinder_than_the_adversary(case):
    rng = np.random.default_rng([2, case])
    n, m = [(2, 2), (1, 3), (2, 3), (3, 2)][case % 4]
    market = matrix_market(rng, n, m)
    offers = soft_offers(rng, market, PRICES[:2]).scaled(0.7)
    for utility in (Linear(), CARA(0.5), Capped(3.0)):
        args = (market.values, market.probabilities, utility)
        for order in itertools.permutations(range(n)):
            chosen = ItemPrices(offers, order).expected_utility(*args)
            assert chosen >= offers.expected_utility(*args, scale=1.0, row_order=order) - 1e-12
        chosen = ItemPrices(offers).expected_utility(*args)
        assert chosen >= offers.expected_utility(*args, scale=1.0, row_order="random") - 1e-12


def best_item_prices(market, utility):
    """One buyer: the best deterministic mechanism is a price for each item; here integers."""
    best = 0.0
    for prices in itertools.product(range(12), repeat=market.shape[1]):
        total = 0.0
        for values, chance in vectors(market):
            gains = values[0] - np.array(prices)
            liked = np.flatnonzero(gains == max(gains.max(), 0))
            total += chance * float(utility(max((prices[j] for j in liked), default=0)))
        best = max(best, total)
    return best


@pytest.mark.parametrize("case", range(8))
def test_lemma_18_the_matrix_earns_at_least_the_unit_demand_optimum(case):
    """One buyer of two items: OPT by listing item prices, OPT' by the integer program of the matrix."""
    market, utility = matrix_market(np.random.default_rng([3, case]), 1, 2), SELLERS[case % len(SELLERS)]
    best = optimal_matrix(market.values, market.probabilities, utility)
    assert best.utility >= best_item_prices(market, utility) - 1e-9


def test_ties_pay_more_and_the_order_is_kept():
    """Values 3 and 2 at prices 2 and 1 leave the same: she takes the dearer."""
    offers = OrderObliviousPrices([[{2.0: 1.0}, {1.0: 1.0}]] * 2)
    values, sure = [[[3.0], [2.0]]] * 2, [[[1.0], [1.0]]] * 2
    assert ItemPrices(offers, (1, 0)).expected_utility(values, sure, Linear()) == pytest.approx(3.0)
    assert ItemPrices(OrderObliviousPrices(offers.offers[:1])).expected_utility(
        values[:1], sure[:1], Linear()
    ) == pytest.approx(2.0)


def test_prices_of_infinity_are_never_shown():
    offers = OrderObliviousPrices([[{np.inf: 0.5, 1.0: 0.5}, {np.inf: 1.0}]])
    mechanism = ItemPrices(offers)
    assert mechanism.expected_utility([[[2.0], [9.0]]], [[[1.0], [1.0]]], Linear()) == pytest.approx(0.5)
    played = ends(mechanism, np.array([[2.0, 9.0]]))
    assert played.mean(played.revenue) == pytest.approx(0.5)


def test_bad_input_is_named():
    offers = OrderObliviousPrices([[{1.0: 0.5}]])
    with pytest.raises(TypeError, match="prices must be OrderObliviousPrices"):
        ItemPrices([[{1.0: 0.5}]])
    with pytest.raises(ValueError, match="row_order must be 'random' or an order, not 'worst'"):
        ItemPrices(offers, "worst")
    with pytest.raises(ValueError, match="row_order must hold each of 0 to 0 once"):
        ItemPrices(offers, (0, 1))
    with pytest.raises(ValueError, match="is for 1 buyers, not for 2"):
        next(ItemPrices(offers).conversation(2))
    wide = OrderObliviousPrices([[{p / 10: 0.01 for p in range(60)}] * 4])
    with pytest.raises(ValueError, match="combinations for a buyer, more than"):
        ItemPrices(wide).expected_utility([[[9.0]] * 4], [[[1.0]] * 4], Linear())
