"""Habits of customers who queue again, against the exact purchases and by hand."""

import numpy as np
import pytest

from agents.habits import HOME, Adaptive, Committed, Learned, adaptive_step, committed_plan
from mechanisms.menus import Menu, best_purchase, coffee_shop_menu

SHOP = coffee_shop_menu()
HUNGRY = (4.0, 6.0)
RNG = np.random.default_rng(0)


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


def test_with_a_cost_no_purchase_is_better():
    """Against all multisets of up to three entries."""
    from itertools import combinations_with_replacement

    for seed in range(10):
        menu, values = random_menu(seed)

        def utility(bought, menu=menu, values=values):
            got = 1 - np.prod(1 - menu.probabilities[list(bought)], axis=0)
            return got @ values - menu.prices[list(bought)].sum() - 0.1 * max(0, len(bought) - 1)

        best = max(utility(b) for size in range(4) for b in combinations_with_replacement(range(3), size))
        assert utility(committed_plan(menu, values, 0.1, 3)) == pytest.approx(best)


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


def test_learners_find_the_second_visit():
    """Payoffs are certain: once everything has been tried, she makes the best purchase, 10 − 6."""
    learner = Learned(exploration=0.0)
    shaded = Menu(SHOP.probabilities, [1.99, 3.99, 7.97])
    for _ in range(12):
        step = learner.start(shaded, HUNGRY, 2, 7, RNG)
        bought = [entry for visit in range(2) if (entry := step((0, 0), visit)) != HOME]
        got = shaded.probabilities[bought].max(axis=0) if bought else np.zeros(2)
        payoff = float(got @ HUNGRY - shaded.prices[bought].sum())
        learner.end(shaded, HUNGRY, 2, 7, bought, payoff)
    assert sorted(bought) == [0, 1]


@pytest.mark.parametrize("kind", [Committed, Adaptive])
def test_costs_are_checked(kind):
    with pytest.raises(ValueError, match="cost"):
        kind(-1.0)
