"""Plans of customers who queue again, against the exact purchases and by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.strategies.menu_buyers import ImpatientMenuBuyer
from agents.strategies.menu_plans import HOME, adaptive_step, committed_plan
from mechanisms.menus import Menu, best_purchase, coffee_shop_menu
from tests.mechanisms.menus import brute

SHOP = coffee_shop_menu()
HUNGRY = (4.0, 6.0)


def random_menu(seed, entries=3):
    rng = np.random.default_rng(seed)
    return Menu(rng.random((entries, 2)), rng.random(entries) * 2), tuple((rng.random(2) * 3).tolist())


@pytest.mark.parametrize(("cost", "plan"), [(0.0, (0, 1)), (1.99, (0, 1)), (2.0, (2,)), (3.0, (2,))])
def test_the_hungry_come_back_while_it_costs_less_than_two(cost, plan):
    """Both for 8, or 6 and a second visit; at a cost of 2 she is indifferent, and the tie is the seller's."""
    assert committed_plan(SHOP, HUNGRY, cost, 2) == plan


def test_a_free_plan_is_the_best_purchase():
    for seed in range(20):
        menu, values = random_menu(seed)
        assert committed_plan(menu, values, 0.0, 3) == best_purchase(menu, values, 3).committed


def bought_at(menu, values, cost, bought):
    """Utility, visits after the first at a cost, and payment."""
    got = 1 - np.prod(1 - menu.probabilities[list(bought)], axis=0)
    paid = menu.prices[list(bought)].sum()
    return got @ values - paid - cost * max(0, len(bought) - 1), paid


@settings(max_examples=80)
@given(st.data())
def test_no_purchase_is_better_nor_as_good_and_dearer(data):
    """Against all multisets, on a grid where ties are frequent."""
    n = data.draw(st.integers(1, 3))
    menu = data.draw(brute.menus(n=n, most=4))
    values = tuple(data.draw(st.lists(st.integers(0, 4).map(float), min_size=n, max_size=n)))
    cost, most = data.draw(st.integers(0, 4)) / 4, data.draw(st.integers(1, 4))
    found = [
        bought_at(menu, values, cost, bought)
        for size in range(most + 1)
        for bought in itertools.combinations_with_replacement(range(len(menu)), size)
    ]
    best = max(utility for utility, _ in found)
    dearest = max(paid for utility, paid in found if utility >= best - 1e-11)
    for plan in (
        committed_plan(menu, values, cost, most),
        ImpatientMenuBuyer(cost, limit=most).entries(menu, values, most + 1, False),
    ):
        assert bought_at(menu, values, cost, plan) == pytest.approx((best, dearest))


@pytest.mark.parametrize(("cost", "plan"), [(0.0, (1, 2, 3)), (0.3, (1, 2, 3)), (0.4, (0,))])
def test_three_visits_may_pay_where_two_do_not(cost, plan):
    """All three items at 1, or each at 0.1, worth 2: 5 at once; 3.8 less the cost by twos, 5.7 by threes."""
    menu = Menu([[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]], [1, 0.1, 0.1, 0.1])
    assert committed_plan(menu, (2.0, 2.0, 2.0), cost, 2) == (0,)
    assert committed_plan(menu, (2.0, 2.0, 2.0), cost, 3) == plan


def expected(menu, values, cost, held, left, first):
    """Utility of following `adaptive_step`, over all coins."""
    step = adaptive_step(menu, values, held, cost, left, first)
    if step == HOME:
        return 0.0
    total = -menu.prices[step] - (0 if first else cost)
    for coins in np.ndindex(2, 2):
        q = menu.probabilities[step]
        weight = np.prod([q[j] if coins[j] else 1 - q[j] for j in range(2)])
        now = tuple(max(h, c) for h, c in zip(held, coins, strict=True))
        gain = sum(v * (n - h) for v, n, h in zip(values, now, held, strict=True))
        total += weight * (gain + expected(menu, values, cost, now, left - 1, False))
    return total


def test_free_adaptive_steps_attain_the_best_policy():
    for seed in range(10):
        menu, values = random_menu(seed)
        best = best_purchase(menu, values, 3, adaptive=True).utility
        assert expected(menu, values, 0.0, (0, 0), 3, True) == pytest.approx(best)


def best_with_cost(menu, values, cost, held, left, first):
    """The highest expected utility of any policy, by walking the tree of entries and coins."""
    best = 0.0
    for lottery, price in zip(menu.probabilities, menu.prices, strict=True) if left else ():
        gain = -price - (0 if first else cost)
        for coins in np.ndindex(2, 2):
            weight = np.prod([q if coin else 1 - q for q, coin in zip(lottery, coins, strict=True)])
            if weight > 0:
                now = tuple(max(pair) for pair in zip(held, coins, strict=True))
                new = sum(v * (n - h) for v, n, h in zip(values, now, held, strict=True))
                gain += weight * (new + best_with_cost(menu, values, cost, now, left - 1, False))
        best = max(best, gain)
    return best


@pytest.mark.parametrize("cost", [0.05, 0.2, 0.5])
def test_adaptive_steps_are_best_at_any_cost(cost):
    for seed in range(8):
        menu, values = random_menu(seed)
        best = best_with_cost(menu, values, cost, (0, 0), 3, True)
        assert expected(menu, values, cost, (0, 0), 3, True) == pytest.approx(best)


@pytest.mark.parametrize(("cost", "steps"), [(0.0, [1, 0]), (4.5, [0, HOME])])
def test_she_who_looks_knows_how_often_she_may_still_come(cost, steps):
    """An item worth 10: sure at 6, or with chance 1/2 at 2. Of two visits the first is for the chance, 5.

    At a cost of 4.5 she gains 4 at once, or 3 and −1/2 for a second visit.
    """
    menu = Menu([[1.0], [0.5]], [6, 2])
    found = [adaptive_step(menu, (10.0,), (0,), cost, 2 - visits, visits == 0) for visits in (0, 1)]
    assert found == steps
    assert adaptive_step(menu, (10.0,), (1,), cost, 1, False) == HOME


def test_ties_at_a_visit_go_to_the_seller():
    """The dearer of two entries that gain 1; what is worth its price; but nothing free and useless."""
    assert adaptive_step(Menu([[1, 0], [0, 1]], [2, 3]), (3.0, 4.0), (0, 0), 0.0, 1, True) == 1
    assert adaptive_step(Menu([[1, 0], [0, 1]], [3, 5]), (3.0, 4.0), (0, 0), 0.0, 1, True) == 0
    assert adaptive_step(Menu([[1, 0], [0, 0]], [4, 0]), (3.0, 4.0), (0, 0), 0.0, 1, True) == HOME


def test_a_prohibitive_cost_leaves_one_visit():
    for seed in range(10):
        menu, values = random_menu(seed)
        assert expected(menu, values, 100.0, (0, 0), 3, True) == pytest.approx(
            best_purchase(menu, values, 1).utility
        )


def test_looking_is_worth_something():
    """A bag of (1/2, 1/2) at 1 to (2, 2), twice: committed 3 − 2 = 1; she who looks stops with both."""
    bag = Menu(np.array([[0.5, 0.5]]), [1.0])
    assert adaptive_step(bag, (2.0, 2.0), (1, 1), 0.0, 1, False) == HOME
    assert adaptive_step(bag, (2.0, 2.0), (0, 0), 0.0, 1, False) == 0
    assert expected(bag, (2.0, 2.0), 0.0, (0, 0), 2, True) == pytest.approx(1 + 0.25)
