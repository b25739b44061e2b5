import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms.menus import (
    COFFEE_SHOP,
    LOTTERY_TICKETS,
    AdditiveValuation,
    Menu,
    TableValuation,
    bundle_menu,
    bundle_revenue,
    is_buy_k_ic,
    item_menu,
    item_revenue,
    menu_revenue,
    optimal_deterministic_menu,
    optimal_menu,
)
from tests.mechanisms.menus import brute


def test_the_printed_optimal_buy_one_menus():
    """Example 1: 4⅔. Appendix C, Proposition 1: M_1 earns 8.233."""
    for example, revenue in ((COFFEE_SHOP, 14 / 3), (LOTTERY_TICKETS, 8 + 7 / 30)):
        best = optimal_menu(example.types, example.probabilities)
        assert best.revenue == pytest.approx(revenue, abs=1e-8)
        assert best.upper_bound == pytest.approx(revenue, abs=1e-8)
        assert menu_revenue(best.menu, example.types, example.probabilities, 1) == best.revenue


def test_no_tie_is_left_to_break():
    """Tied types prefer the dearer entry a little: even buyers who break ties against the seller pay."""
    for example in (COFFEE_SHOP, LOTTERY_TICKETS):
        best = optimal_menu(example.types, example.probabilities)
        assert menu_revenue(best.menu, example.types, example.probabilities, 1, ties="buyer") == best.revenue


@settings(max_examples=40)
@given(brute.distributions(n=2, most=4))
def test_primal_equals_dual_and_the_order_of_revenues(instance):
    types, weights = instance
    best = optimal_menu(types, weights)
    assert best.revenue == pytest.approx(best.upper_bound, abs=1e-7)
    assert menu_revenue(best.menu, types, weights, 1) == best.revenue
    sure = optimal_deterministic_menu(types, weights)
    assert sure.revenue == pytest.approx(best_sure_revenue(types, weights), abs=1e-6)
    assert sure.upper_bound == pytest.approx(sure.revenue, abs=1e-6)
    assert sure.revenue <= best.revenue + 1e-7
    assert max(item_revenue(types, weights), bundle_revenue(types, weights)) <= sure.revenue + 1e-7


@pytest.mark.parametrize(
    ("types", "weights"),
    [
        ([[0, 3], [0, 3], [5, 6]], [1 / 4, 1 / 4, 1 / 2]),
        ([[2, 0], [5, 4], [6, 6], [1, 2]], [1 / 3, 1 / 6, 1 / 3, 1 / 6]),
        ([[0, 0], [0, 0]], [1 / 2, 1 / 2]),
    ],
)
def test_sure_prices_are_exact_where_types_are_tied(types, weights):
    """The integer program's tolerance made a tied type take the cheaper bundle, and left a gap."""
    types, weights = np.array(types, dtype=float), np.array(weights)
    sure = optimal_deterministic_menu(types, weights)
    assert sure.revenue == pytest.approx(best_sure_revenue(types, weights), abs=1e-8)
    assert sure.upper_bound == pytest.approx(sure.revenue, abs=1e-6)


def best_sure_revenue(types, weights):
    """Optimal prices of two items' bundles are found among differences of whole values: whole numbers."""
    top = int(types.sum(axis=1).max())
    bundles = np.array([[1, 0], [0, 1], [1, 1]])
    prices = np.array(list(itertools.product(range(top + 1), repeat=3)), dtype=float)
    total = np.zeros(len(prices))
    for values, weight in zip(types, weights, strict=True):
        gains = bundles @ values - prices
        best = np.maximum(gains.max(axis=1, keepdims=True), 0)
        total += weight * np.where(gains >= best, prices, 0).max(axis=1)
    return total.max()


@settings(max_examples=40)
@given(brute.distributions(n=2, most=4))
def test_simple_revenues_are_those_of_their_menus(instance):
    types, weights = instance
    bundle, items = bundle_menu(types, weights), item_menu(types, weights)
    for k in (1, 2, 5):
        assert menu_revenue(bundle, types, weights, k) == pytest.approx(bundle_revenue(types, weights))
        assert is_buy_k_ic(bundle, types, k).holds
    assert menu_revenue(items, types, weights, 2) == pytest.approx(item_revenue(types, weights))
    for price in range(13):  # whole values: no other price can be best
        asked = Menu([[1, 1]], [price])
        assert menu_revenue(asked, types, weights, 1) <= bundle_revenue(types, weights) + 1e-12


def test_simple_revenues_by_hand():
    shop = COFFEE_SHOP
    assert bundle_revenue(shop.types, shop.probabilities) == pytest.approx(10 / 3)
    assert item_revenue(shop.types, shop.probabilities) == pytest.approx(4 / 3 + 8 / 3)
    tickets = LOTTERY_TICKETS
    assert bundle_revenue(tickets.types, tickets.probabilities) == pytest.approx(8)


@settings(max_examples=30)
@given(st.data())
def test_for_tables_the_program_is_an_upper_bound(data):
    tables = [data.draw(brute.tables(2)) for _ in range(2)]
    best = optimal_menu(np.array(tables), [0.5, 0.5])
    assert best.menu is None
    assert best.revenue == pytest.approx(best.upper_bound, abs=1e-7)
    sure = optimal_deterministic_menu(np.array(tables), [0.5, 0.5])
    assert best.revenue >= sure.revenue - 1e-7
    menu = data.draw(brute.menus(n=2, most=3))
    assert best.revenue >= menu_revenue(menu, np.array(tables), [0.5, 0.5], 1) - 1e-7
    assert bundle_revenue(np.array(tables), [0.5, 0.5]) <= sure.revenue + 1e-7


@settings(max_examples=20)
@given(brute.distributions(n=2, most=3))
def test_an_additive_table_has_the_additive_optimum(instance):
    """For additive buyers only the marginal chances matter, so both programs agree."""
    types, weights = instance
    tables = np.array([brute.additive_table(x) for x in types])
    best = optimal_menu(types, weights).upper_bound
    assert optimal_menu(tables, weights).revenue == pytest.approx(best, abs=1e-7)


@settings(max_examples=40)
@given(st.data())
def test_bundling_earns_a_share_for_each_entry(data):
    """Corollary 17, buy-one: |M| · BRev >= Rev(M); the null entry is not counted."""
    types, weights = data.draw(brute.distributions(n=2, most=4))
    menu = data.draw(brute.menus(n=2, most=4))
    assert len(menu) * bundle_revenue(types, weights) >= menu_revenue(menu, types, weights, 1) - 1e-9


def test_that_fails_when_people_come_back():
    """One entry (1, ½) at 1: (0, 4) buys it twice."""
    types, weights, menu = [[1, 0], [0, 4]], [0.75, 0.25], Menu([[1, 0.5]], [1])
    assert bundle_revenue(types, weights) == 1
    assert menu_revenue(menu, types, weights, 1) == 1
    assert menu_revenue(menu, types, weights, 2) == pytest.approx(1.25)


def test_nothing_is_earned_where_nothing_is_wanted():
    for program in (optimal_menu, optimal_deterministic_menu):
        best = program([[0.0, 0.0], [0.0, 0.0]], [0.5, 0.5])
        assert best.revenue == best.upper_bound == 0


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="sum to 1"):
        optimal_menu([[1, 2]], [0.9])
    with pytest.raises(ValueError, match=r"types\[0\]: values\[1\]"):
        bundle_revenue([[1, -2]], [1])
    with pytest.raises(TypeError, match=r"item pricing takes additive types.*types\[1\]"):
        item_revenue([AdditiveValuation([1, 2]), TableValuation([[0, 1], [1, 1]])], [0.5, 0.5])
