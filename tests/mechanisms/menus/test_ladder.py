"""Ladders of lotteries: gaps and revenue against the general routines, and the growth that is claimed."""

import numpy as np
import pytest

from mechanisms.menus import (
    Menu,
    best_purchase,
    bundle_revenue,
    is_buy_k_ic,
    item_menu,
    item_revenue,
    menu_gap,
    menu_gaps,
    menu_revenue,
)
from mechanisms.menus.ladder import Ladder, shell_lotteries


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("shells", [1, 3, 5])
def test_gaps_are_those_of_definition_1(shells, k):
    ladder = Ladder(shell_lotteries(shells), k)
    general = menu_gaps(ladder.values, ladder.lotteries, k)
    assert ladder.gaps == pytest.approx(np.maximum(general, 0), abs=1e-9)


def test_who_comes_once_pays_her_gap():
    ladder = Ladder(shell_lotteries(6), 1)
    assert ladder.earned(1) == pytest.approx(ladder.gaps.sum(), abs=1e-4)


def test_who_comes_twice_pays_her_gap_once_or_twice():
    """A second copy of her own entry may be worth its price."""
    ladder = Ladder(shell_lotteries(6), 2)
    total = ladder.gaps.sum()
    assert total - 1e-9 <= ladder.earned(2) <= 2 * total + 1e-4


@pytest.mark.parametrize("visits", [1, 2])
def test_payments_are_those_of_best_purchases(visits):
    ladder = Ladder(shell_lotteries(4), 1)
    paid = [
        best_purchase(ladder.menu_for(i), ladder.values[i], visits).payment for i in range(len(ladder))
    ]
    assert ladder.earned(visits) == pytest.approx(sum(paid), abs=1e-9)


def test_one_visit_grows_and_two_are_bounded():
    """Every lottery has a gap of at least 0.7 / S; MenuGap² of two items is at most 2 (Lemma 7)."""
    totals = []
    for shells in (4, 16, 64):
        lotteries = shell_lotteries(shells)
        once = Ladder(lotteries, 1)
        assert once.gaps.min() >= 0.7 / shells
        totals.append(once.gaps.sum())
        if shells < 64:
            assert Ladder(lotteries, 2).gaps.sum() <= 2
    assert totals[0] < totals[1] < totals[2]
    assert totals[2] > 4


def test_normalised_gaps_add_up_to_menu_gap():
    ladder = Ladder(shell_lotteries(3), 1)
    assert ladder.gaps.sum() == pytest.approx(menu_gap(ladder.values, ladder.lotteries, 1))


def test_bundling_earns_what_one_type_pays():
    """Price C_i: type i pays 1 in her unit, the later ones RATIO^-1, RATIO^-2, …"""
    assert Ladder(shell_lotteries(4), 1).bundle_revenue == pytest.approx(1 + 1e-6, abs=1e-11)


@pytest.mark.parametrize("k", [1, 2])
def test_in_money_the_ladder_is_an_ordinary_menu(k):
    """The general functions agree with the account in each type's own unit."""
    ladder = Ladder(shell_lotteries(4), k)
    menu, types, weights = ladder.in_money()
    assert bundle_revenue(types, weights) == pytest.approx(ladder.bundle_revenue, rel=1e-12)
    assert item_revenue(types, weights) == pytest.approx(ladder.item_revenue, rel=1e-12)
    assert menu_revenue(menu, types, weights, 1) == pytest.approx(Ladder(ladder.lotteries, k).earned(1))
    assert menu_revenue(menu, types, weights, 2) == pytest.approx(ladder.earned(2))
    with pytest.raises(ValueError, match="beyond the range"):
        Ladder(shell_lotteries(64), 1).in_money()


def test_item_prices_are_the_best_menu_for_two_visits():
    """Safe for two visits, and at the most that such a menu can earn, 2 + 2N/10⁶: by hand 2 (1 + 10⁻⁶ …)."""
    for shells in (1, 2, 4):
        ladder = Ladder(shell_lotteries(shells), 2)
        _, types, weights = ladder.in_money()
        apart = item_menu(types, weights)
        menu = Menu([*apart.probabilities, [1, 1]], [*apart.prices, apart.prices.sum()])
        assert is_buy_k_ic(menu, types, 2).holds
        assert menu_revenue(menu, types, weights, 2) == pytest.approx(ladder.item_revenue)
        assert 2 - 1e-12 <= ladder.item_revenue <= 2 + 2 * len(ladder) / 1e6
        assert Ladder(ladder.lotteries, 2).gaps.sum() <= 2  # lotteries priced for two visits: no more


@pytest.mark.parametrize("shells", [0, -1])
def test_no_circles(shells):
    with pytest.raises(ValueError, match="shells"):
        shell_lotteries(shells)


def test_bad_ladders():
    with pytest.raises(ValueError, match="k must be 1 or 2, not 3"):
        Ladder(shell_lotteries(1), 3)
    with pytest.raises(ValueError, match="give something"):
        Ladder(np.zeros((1, 2)), 1)
    with pytest.raises(ValueError, match="visits"):
        Ladder(shell_lotteries(1), 1).earned(3)
