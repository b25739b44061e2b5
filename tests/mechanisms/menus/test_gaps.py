import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms.menus import (
    Menu,
    TableValuation,
    best_purchase,
    bundle_menu,
    bundle_revenue,
    gap_bound,
    gap_sequences,
    is_buy_k_ic,
    item_menu,
    lot,
    menu_gap,
    menu_gaps,
    menu_revenue,
    optimal_deterministic_menu,
    optimal_menu,
    standard_basis_sequences,
)
from mechanisms.menus.pricing import best_prices
from mechanisms.menus.relaxation import multisets
from tests.mechanisms.menus import brute


def lotteries(data, count, n):
    quarters = st.lists(st.integers(0, 4), min_size=count * n, max_size=count * n)
    return np.reshape(data.draw(quarters), (count, n)) / 4


def gaps_by_definition(tables, Q, k):
    """Definition 1, literally: the minimum over j_1 … j_k < i, q_0 = 0 among them."""
    n = Q.shape[1]
    sequence = np.vstack([np.zeros(n), Q])
    gaps = []
    for i, table in enumerate(tables, start=1):
        own = brute.lottery_value(table, sequence[i])
        covers = [
            brute.lottery_value(table, 1 - np.prod(1 - sequence[list(js)], axis=0))
            for js in itertools.combinations_with_replacement(range(i), k)
        ]
        gaps.append(own - max(covers))
    return gaps


@settings(max_examples=40)
@given(st.data())
def test_gaps_are_as_defined(data):
    n, count, k = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3))
    pairs = [data.draw(brute.buyers(n).filter(lambda pair: pair[0].total > 0)) for _ in range(count)]
    Q = lotteries(data, count, n)
    expected = gaps_by_definition([table for _, table in pairs], Q, k)
    X = [buyer for buyer, _ in pairs]
    np.testing.assert_allclose(menu_gaps(X, Q, k), expected, atol=1e-10)
    totals = [table[(1,) * n] for _, table in pairs]
    assert menu_gap(X, Q, k) == pytest.approx(sum(np.divide(expected, totals)), abs=1e-9)
    assert menu_gap(X, np.vstack([np.zeros(n), Q]), k) == menu_gap(X, Q, k)


@settings(max_examples=80)
@given(st.data())
def test_the_gap_with_n_purchases_is_at_most_n(data):
    """Lemma 7 for additive buyers, and the sharper bound for all monotone ones."""
    n, count = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 7))
    X = [data.draw(brute.buyers(n).filter(lambda pair: pair[0].total > 0))[0] for _ in range(count)]
    Q = lotteries(data, count, n)
    assert menu_gap(X, Q, n) <= n + 1e-9
    assert menu_gap(X, Q, math.inf) <= menu_gap(X, Q, n) + 1e-9


@pytest.mark.parametrize("n", range(1, 6))
def test_the_bound_is_attained(n):
    """Observation 15: the standard basis."""
    assert menu_gap(*standard_basis_sequences(n), n) == pytest.approx(n)


def test_a_second_purchase_closes_gaps():
    """By hand.

    q_1 = (½, 0) for (1, 0); q_2 = (0, 1) for (0, 1); q_3 = (1, ½) for (1, 1): gap 3/2 − 1, half of it; total
    ½ + 1 + ¼; q_4 = (1, 1): gap 2 − 3/2, ¼ more: exactly 2. With two purchases q_3 gains nothing.
    """
    X, Q = [[1, 0], [0, 1], [1, 1], [1, 1]], [[0.5, 0], [0, 1], [1, 0.5], [1, 1]]
    np.testing.assert_allclose(menu_gaps(X, Q, 1), [0.5, 1, 0.5, 0.5])
    np.testing.assert_allclose(menu_gaps(X, Q, 2), [0.5, 1, 0, 0])
    assert menu_gap(X, Q, 1) == pytest.approx(2)
    assert menu_gap(X, Q, 2) == pytest.approx(1.5)


@settings(max_examples=60)
@given(st.data())
def test_partial_derivatives_are_at_most_the_value_of_everything(data):
    """The step of the proof: raising one chance by d raises the value by at most d · v([n]), at least 0."""
    n = data.draw(st.integers(1, 4))
    buyer, _ = data.draw(brute.buyers(n))
    low = lotteries(data, 1, n)[0]
    item = data.draw(st.integers(0, n - 1))
    high = low.copy()
    high[item] = data.draw(st.floats(low[item], 1))
    rise = float(buyer.value(high) - buyer.value(low))
    assert -1e-12 <= rise <= (high[item] - low[item]) * buyer.total + 1e-12


def incentive_compatible_menus(data, types, weights, k):
    """Menus of all sorts that are buy-k incentive compatible."""
    yield item_menu(types, weights)
    yield optimal_menu(types, weights).menu
    for _ in range(2):
        found = best_prices(types, weights, lotteries(data, *types.shape), multisets(len(types), k), k)
        if found is not None:
            yield found


@settings(max_examples=40)
@given(st.data())
def test_the_constructed_sequences_bound_the_revenue(data):
    """Lemma 6, and Theorem 1: at k = n at most 9n² BRev."""
    n = data.draw(st.integers(1, 3))
    types, weights = data.draw(brute.distributions(n=n, most=4, high=40))
    k = data.draw(st.sampled_from([1, 2, n]))
    for menu in incentive_compatible_menus(data, types, weights, k):
        if not is_buy_k_ic(menu, types, k).holds:
            continue
        revenue = menu_revenue(menu, types, weights, 1)
        sequences = gap_sequences(menu, types, weights, k)
        assert revenue <= gap_bound(types, weights, sequences, k) + 1e-9
        if k == n:
            assert revenue <= 9 * n * n * bundle_revenue(types, weights) + 1e-9
        _check_construction(menu, types, k, revenue, sequences)


def monotone_distributions(data, n):
    """Monotone tables of one to three types, the greatest at 16 times the least, and weights."""
    count = data.draw(st.integers(1, 3))
    worth = data.draw(st.lists(st.sampled_from([1, 4, 16]), min_size=count, max_size=count))
    types = [TableValuation(data.draw(brute.tables(n)) * scale) for scale in worth]
    weights = np.array(data.draw(st.lists(st.sampled_from([1, 5, 50]), min_size=count, max_size=count)))
    return types, weights / weights.sum()


def dear_menus(data, n):
    """Menus of up to three entries, priced so that nobody wants more than about twenty of them."""
    drawn = data.draw(brute.menus(n=n, most=3))
    return Menu(drawn.probabilities, (drawn.prices + 0.5) * data.draw(st.sampled_from([1, 4, 16])))


def menu_of_choices(menu, types):
    """What each type chooses of a menu if there is no limit, as a menu of its own, or None if all go home.

    It is buy-many incentive compatible: several of its entries are a purchase from the old menu, and no
    purchase is better for a type than her own.
    """
    chosen = [best_purchase(menu, table, math.inf) for table in types]
    bought = [choice for choice in chosen if choice.committed and not choice.endless]
    if not bought:
        return None
    got = [lot(menu.probabilities[list(choice.committed)]) for choice in bought]
    return Menu(np.array(got), [choice.payment for choice in bought])


@settings(max_examples=60)
@given(st.data())
def test_bundling_earns_its_share_from_every_monotone_buyer(data):
    """Theorem: for monotone buyers of n items the buy-n revenue is at most 9n² BRev.

    Lemma 6 gives sequences with 9k · MenuGap^k · BRev >= revenue, and MenuGap^n is at most n, for tables too
    (the paper's Theorem 2 has n² 2ⁿ). Menus: bundling, sure bundles, random ones, and their buyers' choices.
    """
    n = data.draw(st.integers(1, 3))
    types, weights = monotone_distributions(data, n)
    k = data.draw(st.sampled_from([1, n]))
    drawn = dear_menus(data, n)
    menus = (
        bundle_menu(types, weights), optimal_deterministic_menu(types, weights).menu, drawn,
        menu_of_choices(drawn, types),
    )
    bundling = bundle_revenue(types, weights)
    for menu in menus:
        if menu is None or not is_buy_k_ic(menu, types, k).holds:
            continue
        revenue = menu_revenue(menu, types, weights, k)
        sequences = gap_sequences(menu, types, weights, k)
        assert revenue <= gap_bound(types, weights, sequences, k) + 1e-9
        if k == n:
            assert sequences.gap(n) <= n + 1e-9
            assert revenue <= 9 * n * n * bundling + 1e-9
        _check_construction(menu, types, k, menu_revenue(menu, types, weights, 1), sequences)


@settings(max_examples=40)
@given(st.data())
def test_the_menu_of_choices_is_safe_however_often_people_come(data):
    n = data.draw(st.integers(1, 2))
    types, weights = monotone_distributions(data, n)
    drawn = dear_menus(data, n)
    menu = menu_of_choices(drawn, types)
    if menu is not None:
        assert is_buy_k_ic(menu, types, n).holds
        earned = menu_revenue(drawn, types, weights, math.inf)
        assert menu_revenue(menu, types, weights, n) == pytest.approx(earned)


def _check_construction(menu, types, k, revenue, sequences):
    """Prices at least c, each 2k times the one before; the pairs are what the types chose.

    And Claim 13: the gap of each is at least half its price.
    """
    assert (sequences.prices >= revenue / 100 - 1e-12).all()
    assert (sequences.prices[1:] >= 2 * k * sequences.prices[:-1] - 1e-9).all()
    for t, lottery, price in zip(sequences.types, sequences.Q, sequences.prices, strict=True):
        chosen = best_purchase(menu, types[t], 1)
        assert chosen.payment == price
        np.testing.assert_array_equal(menu.probabilities[chosen.entries[0]], lottery)
    if sequences.types:
        gaps = menu_gaps(list(sequences.X), sequences.Q, k)
        assert (gaps >= sequences.prices / 2 - 1e-9 * sequences.prices.max()).all()


def test_sequences_with_several_bins():
    """Sure bundles at prices far apart: every type stands for herself."""
    types = np.diag([1.0, 100.0, 10_000.0])
    weights = np.array([0.9, 0.09, 0.01])
    menu = Menu(np.eye(3), [1, 100, 10_000])
    sequences = gap_sequences(menu, types, weights, 2)
    # revenue .9 + 9 + 100, so c = 1.099: type 0 is dropped; classes of prices by factors of 4: 3 and 6
    assert sequences.types == (2,)
    assert 9 * 2 * sequences.gap(2) * bundle_revenue(types, weights) >= 109.9


def test_what_costs_a_hundredth_of_the_revenue_counts():
    """Revenue 32.5: c = 0.325, and with factors of 2 the prices 1 and 64 fall into the classes 1 and 7."""
    sequences = gap_sequences(Menu(np.eye(2), [1, 64]), np.diag([1.0, 64.0]), [0.5, 0.5], 1)
    assert sequences.types == (0, 1)
    assert sequences.gap(1) == 2


def test_the_lowest_type_of_a_bin_represents_it():
    sequences = gap_sequences(Menu([[1, 1]], [3]), [[4, 4], [1, 2], [2, 2]], [0.25, 0.5, 0.25], 2)
    assert sequences.types == (1,)
    assert sequences.gap(2) == 1


def test_a_menu_that_earns_nothing_has_empty_sequences():
    sequences = gap_sequences(Menu([[1, 1]], [5]), [[1, 1]], [1], 2)
    assert sequences.types == ()
    assert sequences.gap(2) == 0


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"Q must be of shape \(1, 2\)"):
        menu_gap([[1, 1]], [[0.5, 0.5], [1, 1]], 1)
    with pytest.raises(ValueError, match=r"Q\[0, 1\] must be in \[0, 1\], not 1.5"):
        menu_gap([[1, 1]], [[0.5, 1.5]], 1)
    with pytest.raises(ValueError, match=r"X\[1\] values all items at 0"):
        menu_gap([[1, 1], [0, 0]], [[0.5, 0.5], [1, 1]], 1)
    with pytest.raises(ValueError, match=r"X\[1\]: values\[0\] must be finite and at least 0, not -1"):
        menu_gap([[1, 1], [-1, 0]], [[0.5, 0.5], [1, 1]], 1)
    with pytest.raises(ValueError, match="X must hold at least one type"):
        menu_gap([], [], 1)
    with pytest.raises(ValueError, match="k must be finite"):
        gap_sequences(Menu([[1]], [1]), [[1]], [1], math.inf)
    with pytest.raises(ValueError, match="k must be"):
        menu_gap([[1]], [[1]], 0)
