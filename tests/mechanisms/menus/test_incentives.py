import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms.menus import (
    COFFEE_SHOP,
    LOTTERY_TICKETS,
    Menu,
    coffee_shop_menu,
    is_buy_k_ic,
    menu_revenue,
    ticket_chance,
    ticket_menu,
    ticket_revenue,
)
from tests.mechanisms.menus import brute


def test_the_coffee_shop_dreams_of_more_than_it_earns():
    """Example 1: 4⅔ a customer, and 4 once they come back."""
    shop, menu = COFFEE_SHOP, coffee_shop_menu()
    assert menu_revenue(menu, shop.types, shop.probabilities, 1) == pytest.approx(14 / 3)
    for k in (2, 3, math.inf):
        assert menu_revenue(menu, shop.types, shop.probabilities, k) == pytest.approx(4)
    assert is_buy_k_ic(menu, shop.types, 1).holds
    check = is_buy_k_ic(menu, shop.types, 2)
    assert check.holds is False
    assert check.gain == pytest.approx(2)  # both for 6 instead of 8
    assert check.witness.type == 2
    assert check.witness.several.entries == (0, 1)
    assert check.witness.single.entries == (2,)


@pytest.mark.parametrize("k", range(1, 21))
def test_ticket_menus_are_buy_k_incentive_compatible(k):
    """Claim 25, and α_k is the smallest positive root of its polynomial."""
    example, chance = LOTTERY_TICKETS, ticket_chance(k)
    polynomial = 12 * (1 - np.poly1d([-1, 1]) ** k) - 7 * k * np.poly1d([1, 0]) - 1
    assert polynomial(chance) == pytest.approx(0, abs=1e-9)
    assert (polynomial(np.linspace(0, chance * (1 - 1e-9), 2000)) < 0).all()
    menu = ticket_menu(k)
    assert is_buy_k_ic(menu, example.types, k).holds
    assert not is_buy_k_ic(menu, example.types, k + 1).holds
    revenue = menu_revenue(menu, example.types, example.probabilities, k)
    assert revenue == pytest.approx(ticket_revenue(k), abs=1e-12)
    assert revenue == pytest.approx(8 + 7 / 6 * chance, abs=1e-12)


def test_the_chances_fall():
    """Claim 26; and the printed optima 8.233, 8.135, 8.096, 8.074 are truncated."""
    chances = [ticket_chance(k) for k in range(1, 21)]
    assert (np.diff(chances) < 0).all()
    printed = [math.floor(1000 * ticket_revenue(k)) for k in range(1, 5)]
    assert printed == [8233, 8135, 8096, 8074]


@pytest.mark.parametrize("k", range(2, 6))
def test_ticket_menus_fail_against_adaptive_buyers(k):
    check = is_buy_k_ic(ticket_menu(k), LOTTERY_TICKETS.types, k, adaptive=True)
    assert check.holds is False
    several = brute.best_adaptive(ticket_menu(k), brute.additive_table([5, 7]), k)[0]
    assert several - 1 > 1e-3  # a single one gives type 3 just 1
    assert check.gain == pytest.approx(several - 1, abs=1e-10)


@settings(max_examples=60)
@given(st.data())
def test_the_verdict_equals_enumeration(data):
    menu = data.draw(brute.menus(n=2, most=3))
    types, _ = data.draw(brute.distributions(high=4))
    k = data.draw(st.integers(1, 3))
    gains = [
        brute.best_committed(menu, brute.additive_table(x), k)[0]
        - brute.best_committed(menu, brute.additive_table(x), 1)[0]
        for x in types
    ]
    check = is_buy_k_ic(menu, types, k)
    assert check.holds == (max(gains) < 1e-9)
    assert check.gain == pytest.approx(max(gains), abs=1e-10)
    assert check.most == pytest.approx(check.gain, abs=1e-10)
    if check.holds is False:
        assert gains[check.witness.type] == pytest.approx(max(gains), abs=1e-10)
    if is_buy_k_ic(menu, types, math.inf).holds:
        assert check.holds
    if is_buy_k_ic(menu, types, k, adaptive=True).holds:
        assert check.holds


def test_undecided_when_the_search_is_cut_short():
    rng = np.random.default_rng(3)
    lotteries = np.vstack([rng.random((12, 6)) * 0.5, np.ones(6)])
    menu = Menu(lotteries, np.append(0.45 * lotteries[:-1].sum(axis=1), 0.1))  # all of it nearly for nothing
    assert is_buy_k_ic(menu, [np.ones(6)], 4).holds is True
    dear = Menu(lotteries, np.append(0.45 * lotteries[:-1].sum(axis=1), 4.0))
    full = is_buy_k_ic(dear, [np.ones(6)], 4)
    cut = is_buy_k_ic(dear, [np.ones(6)], 4, max_nodes=1)
    assert cut.most >= full.gain
    assert cut.holds in (None, full.holds)
    assert is_buy_k_ic(Menu(lotteries, np.append(0.45 * lotteries[:-1].sum(axis=1), 3.2)),
                       [np.ones(6)], 4, max_nodes=1).holds is not True


def test_the_witness_is_one_whose_gain_counts():
    """Type 0 gains about 1 of 1e12, which is forgiven as rounding; type 1 gains .05 of 1, which is not."""
    menu = Menu([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0.5]], [5e11 - 1, 5e11 - 1, 1e12 - 0.5, 0.2])
    check = is_buy_k_ic(menu, [[5e11, 5e11, 0], [0, 0, 1.0]], 2)
    assert check.holds is False
    assert check.witness.type == 1
    assert check.gain == pytest.approx(0.05)  # .3 with one, ¾ − .4 with two
    assert [choice.type for choice in check.choices] == [0, 1]
    assert check.choices[0].gain > check.gain


def test_a_search_that_cannot_begin_is_undecided():
    """Of a chance of 1e-7 of 1e8, at 2, the first 16 million copies are worth their price."""
    lottery = Menu([[1e-7, 0], [2e-7, 1e-4]], [2, 5])
    jackpot = [[1e8, 3000.0]]
    with pytest.raises(ValueError, match="set a smaller k"):
        is_buy_k_ic(lottery, jackpot, math.inf)
    check = is_buy_k_ic(lottery, jackpot, math.inf, max_nodes=1000)
    assert check.holds is False  # a second ticket gains as the first does
    assert check.gain == pytest.approx(4 * 15.3, abs=0.01)
    assert check.most == pytest.approx(1e8 + 3000 - 15.3)


def test_types_must_fit_the_menu():
    with pytest.raises(ValueError, match=r"types\[0\] must be of 2 items"):
        is_buy_k_ic(coffee_shop_menu(), [[1, 2, 3]], 2)
    with pytest.raises(ValueError, match=r"types\[1\]: values\[0\]"):
        is_buy_k_ic(coffee_shop_menu(), [[1, 2], [-1, 2]], 2)
