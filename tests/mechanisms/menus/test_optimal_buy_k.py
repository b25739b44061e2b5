import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms.menus import (
    COFFEE_SHOP,
    LOTTERY_TICKETS,
    Menu,
    bundle_revenue,
    is_buy_k_ic,
    item_revenue,
    menu_revenue,
    optimal_buy_k_menu,
    optimal_menu,
    ticket_revenue,
)
from mechanisms.menus.optimal_buy_k import _Search
from mechanisms.menus.pricing import best_prices
from mechanisms.menus.relaxation import Box, Relaxation, multisets, tightened
from tests.mechanisms.menus import brute

EVERLASTING = 8.0297
"""What the best menu earns from k = 11 on, to four decimals; the certificates close the gap to 1e-5."""


def certified(k, gap=1e-5):
    example = LOTTERY_TICKETS
    best = optimal_buy_k_menu(example.types, example.probabilities, k, gap=gap)
    assert best.upper_bound - best.revenue <= gap
    assert is_buy_k_ic(best.menu, example.types, k).holds
    assert menu_revenue(best.menu, example.types, example.probabilities, k) == best.revenue
    return best


def slowly(*counts):
    """The same test for further counts, on request."""
    return [pytest.param(k, marks=pytest.mark.slow) for k in counts]


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 8, 10, *slowly(6, 7, 9)])
def test_the_papers_menu_is_best_up_to_ten_purchases(k):
    best = certified(k)
    assert best.revenue == pytest.approx(ticket_revenue(k), abs=1e-5)
    assert best.upper_bound >= ticket_revenue(k) - 1e-12  # M_k is buy-k incentive compatible


@pytest.mark.parametrize("k", [11, 12, 20, math.inf, *slowly(*range(13, 20))])
def test_from_eleven_purchases_on_revenue_stops_falling(k):
    """The conjecture that it falls for ever fails: a buy-many incentive compatible menu earns 8.0297."""
    best = certified(k)
    assert best.revenue == pytest.approx(EVERLASTING, abs=5e-5)
    assert is_buy_k_ic(best.menu, LOTTERY_TICKETS.types, math.inf).holds
    assert best.revenue > ticket_revenue(11) + 1e-4
    assert best.revenue > bundle_revenue(LOTTERY_TICKETS.types, LOTTERY_TICKETS.probabilities) + 0.02


def test_the_everlasting_menu_holds_at_every_k():
    """Its revenue bounds every optimum from below, and the optimum at 11 bounds all later ones from above."""
    endless, eleven = certified(math.inf, gap=1e-6), certified(11, gap=1e-6)
    assert endless.revenue <= eleven.upper_bound
    assert eleven.upper_bound - endless.revenue <= 2e-6


def test_the_coffee_shop():
    shop = COFFEE_SHOP
    assert optimal_buy_k_menu(shop.types, shop.probabilities, 1).revenue == pytest.approx(14 / 3, abs=1e-6)
    for k in (2, math.inf):
        best = optimal_buy_k_menu(shop.types, shop.probabilities, k)
        assert best.upper_bound - best.revenue <= 1e-5
        assert best.revenue == pytest.approx(4, abs=1e-6)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_unit_of_money_does_not_matter(scale):
    example = LOTTERY_TICKETS
    best = optimal_buy_k_menu(example.types * scale, example.probabilities, 2, gap=1e-5 * scale)
    assert best.upper_bound - best.revenue <= 1e-5 * scale
    assert best.revenue == pytest.approx(ticket_revenue(2) * scale, abs=1e-5 * scale)
    assert menu_revenue(best.menu, example.types * scale, example.probabilities, 2) == best.revenue


@pytest.mark.parametrize("types", [[[0.0, 0.0]], [[5.0]], [[1.0, 2.0, 3.0]], [[2.0], [5.0], [2.0]]])
def test_small_instances(types):
    """Nobody wants anything; one type pays all she has; one item is sold at its best price."""
    weights = np.full(len(types), 1 / len(types))
    best = optimal_buy_k_menu(types, weights, 3)
    assert best.revenue == pytest.approx(bundle_revenue(types, weights), abs=1e-6)
    assert best.upper_bound - best.revenue <= 1e-5


def test_a_type_that_never_comes_does_not_count():
    best = optimal_buy_k_menu([[5.0, 1.0], [1.0, 1.0]], [1.0, 0.0], 2)
    assert best.revenue == pytest.approx(6, abs=1e-6)


@settings(max_examples=12)
@given(brute.distributions(n=2, most=3))
def test_the_chain_of_observation_1(instance):
    types, weights = instance
    gap = 1e-3
    chain = [optimal_buy_k_menu(types, weights, k, gap=gap, time_limit=5) for k in (1, 2, 3, math.inf)]
    once = optimal_menu(types, weights)
    assert chain[0].revenue == pytest.approx(once.revenue, abs=gap)
    assert chain[0].upper_bound >= once.revenue - 1e-9
    for fewer, more in itertools.pairwise(chain):
        assert fewer.upper_bound >= more.revenue - 1e-9
    simple = max(item_revenue(types, weights), bundle_revenue(types, weights))
    assert chain[-1].upper_bound >= simple - 1e-9
    assert chain[-1].revenue >= simple - 1e-6
    assert all(best.upper_bound >= best.revenue - 1e-9 for best in chain)


@settings(max_examples=25)
@given(st.data())
def test_no_box_is_bounded_below_a_menu_in_it(data):
    """Random lotteries at their best prices make a menu, which is checked; no box around it may forbid it."""
    types, weights = data.draw(brute.distributions(n=2, most=3))
    k = data.draw(st.integers(1, 5))
    chances = st.floats(0, 1).map(lambda q: round(q, 3))
    lotteries = np.array(data.draw(st.lists(chances, min_size=types.size, max_size=types.size)))
    lotteries = lotteries.reshape(types.shape)
    bundles = multisets(len(types), k)
    menu = best_prices(types, weights, lotteries, bundles, k)
    if menu is None or not is_buy_k_ic(menu, types, k).holds:
        return
    revenue = float(weights @ menu.prices)
    width = data.draw(st.sampled_from([0.0, 0.01, 0.3, 1.0]))
    shift = np.array(data.draw(st.lists(st.floats(0, 1), min_size=types.size, max_size=types.size)))
    lower = np.clip(lotteries - width * shift.reshape(types.shape), 0, 1)
    box = Box(lower, np.clip(np.maximum(lotteries, lower + width), 0, 1))
    relaxation = Relaxation(types, weights, bundles)
    bounded = relaxation.solve(box, relaxation.first_cuts(), -math.inf)
    assert bounded.bound >= revenue - 1e-9
    kept = tightened(box, bounded, revenue - 1e-9)
    assert (kept.lower <= lotteries + 1e-9).all()
    assert (kept.upper >= lotteries - 1e-9).all()
    if width == 0:  # a point: the relaxation is the program itself
        assert bounded.bound <= revenue + 1e-5


@settings(max_examples=25)
@given(st.data())
def test_no_split_loses_a_menu_that_earns_more_than_the_best_known(data):
    """A small box around a menu that earns a trifle more: one of its parts must hold the menu.

    So the certificate covers the optimum even where pricing never finds it.
    """
    types, weights = data.draw(brute.distributions(n=2, most=3))
    k = data.draw(st.integers(1, 4))
    search = _Search(types, weights, k, gap=1e-12)
    chances = st.floats(0.1, 0.9).map(lambda q: round(q, 3))
    lotteries = np.array(
        data.draw(st.lists(chances, min_size=search.values.size, max_size=search.values.size))
    ).reshape(search.values.shape)
    menu = best_prices(search.values, search.weights, lotteries, search.relaxation.multisets, k)
    if menu is None or not is_buy_k_ic(menu, search.values, k).holds:
        return
    search.revenue = float(search.weights @ menu.prices) - 1e-8
    search._price = lambda _: None
    box = Box(lotteries - 1e-5, lotteries + 1e-5)
    parts = search._parts(math.inf, box, search.relaxation.first_cuts())
    assert any(
        (part.lower <= lotteries + 1e-9).all() and (lotteries <= part.upper + 1e-9).all()
        for part, _, _ in parts
    )


def test_a_menu_that_earns_the_same_from_people_who_come_twice_is_not_enough():
    """Item by item the first type pays 2 as well, and has 3 rather than 2.85: it fails for two purchases."""
    types, weights = np.array([[1.5, 1.5], [0.0, 4.0]]), np.array([0.5, 0.5])
    menu = Menu([[1, 0], [0, 1], [1, 0.9]], [1, 1, 2])
    assert menu_revenue(menu, types, weights, 2) == menu_revenue(menu, types, weights, 1)
    assert not is_buy_k_ic(menu, types, 2).holds
    search = _Search(types, weights, 2, gap=0.1)
    search.revenue = -math.inf
    search._consider(menu)
    assert search.revenue == -math.inf


@pytest.mark.parametrize("gap", [1.0, 0.3, 0.1, 0.01])
def test_a_coarse_certificate_is_one(gap):
    """However early the search may stop, its upper bound is above what the paper's menu earns."""
    example = LOTTERY_TICKETS
    for k in (2, 5):
        best = optimal_buy_k_menu(example.types, example.probabilities, k, gap=gap)
        assert best.revenue <= ticket_revenue(k) <= best.upper_bound <= best.revenue + gap


def test_no_buyer_is_tied_between_one_purchase_and_several():
    best = certified(3)
    for values in LOTTERY_TICKETS.types:
        found = list(brute.all_purchases(best.menu, brute.additive_table(values), 3))
        once = max(utility for utility, _, entries in found if len(entries) <= 1)
        assert max(utility for utility, _, entries in found if len(entries) > 1) < once - 1e-9


def test_multisets_are_all_of_them_once():
    found = multisets(3, 4)
    assert len(found) == len(np.unique(found, axis=0)) == math.comb(7, 3)
    assert found.sum(axis=1).max() == 4
    assert multisets(3, math.inf).sum(axis=1).max() < 30
    np.testing.assert_array_equal(multisets(1, 2), [[0], [1], [2]])


def test_a_search_out_of_time_still_has_a_bound():
    example = LOTTERY_TICKETS
    rushed = optimal_buy_k_menu(example.types, example.probabilities, 5, gap=1e-5, time_limit=1e-9)
    assert rushed.revenue <= ticket_revenue(5) <= rushed.upper_bound
    assert rushed.revenue >= 8 - 1e-6  # bundling at least


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[1, 2]], [1], 0), ValueError, "k must be"),
        (([[1, 2]], [0.5], 2), ValueError, "sum to 1"),
        (([[1, -2]], [1], 2), ValueError, r"values\[1\]"),
        (([[1, 2]], [1], 2, 0), ValueError, "gap must be > 0"),
        (([[1, 2]], [1], 2, 1e-3, -1), ValueError, "time_limit must be > 0"),
        (([[[0, 1], [1, 1]]], [1], 2), TypeError, "additive types"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        optimal_buy_k_menu(*arguments)
