import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms.menus import (
    AdditiveValuation,
    Menu,
    TableValuation,
    UnitDemandValuation,
    lot,
    unit_demand_table,
)
from mechanisms.menus.valuations import as_valuations
from tests.mechanisms.menus.brute import buyers, lottery_value


@settings(max_examples=60)
@given(st.data())
def test_values_of_lotteries_are_sums_over_bundles(data):
    n = data.draw(st.integers(1, 4))
    buyer, table = data.draw(buyers(n))
    lotteries = np.array(data.draw(st.lists(st.integers(0, 4), min_size=3 * n, max_size=3 * n))) / 4
    lotteries = lotteries.reshape(3, n)
    expected = [lottery_value(table, lottery) for lottery in lotteries]
    np.testing.assert_allclose(buyer.value(lotteries), expected, atol=1e-12)
    np.testing.assert_allclose(buyer.table(), table)
    assert buyer.total == pytest.approx(table[(1,) * n])
    misses = 1 - lotteries
    both = [[lottery_value(table, 1 - a * b) for b in misses] for a in misses[:2]]
    np.testing.assert_allclose(buyer.after(misses[:2], misses), both, atol=1e-12)


def test_unit_demand_values_the_best_item():
    # ½ · 3 + ½ · ½ · 2, by hand
    assert UnitDemandValuation([2, 3]).value(np.array([0.5, 0.5])) == pytest.approx(2.0)
    np.testing.assert_array_equal(unit_demand_table([2, 3]), [[0, 3], [2, 3]])


def test_submodular_tables_are_recognised():
    assert TableValuation([[0, 3], [2, 3]]).submodular
    assert TableValuation([[0, 1], [1, 2]]).submodular
    assert not TableValuation([[0, 0], [0, 1]]).submodular
    three = np.zeros((2, 2, 2))
    three[1, 1, 1] = 1
    assert not TableValuation(three).submodular


@settings(max_examples=40)
@given(st.data())
def test_lotteries_together_give_what_one_of_them_gives(data):
    """Outcome by outcome: an item is had when at least one of the lotteries gives it. And Claim 4."""
    r, n = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    q = np.array(data.draw(st.lists(st.integers(0, 4), min_size=r * n, max_size=r * n))).reshape(r, n) / 4
    expected = np.zeros(n)
    for coins in itertools.product((0, 1), repeat=r * n):
        won = np.reshape(coins, (r, n))
        expected += np.prod(np.where(won, q, 1 - q)) * won.any(axis=0)
    np.testing.assert_allclose(lot(q), expected, atol=1e-12)
    assert (lot(q) >= q.max(axis=0) - 1e-12).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AdditiveValuation([1, -2]), r"values\[1\] must be finite and at least 0, not -2"),
        (lambda: AdditiveValuation([np.nan]), r"values\[0\]"),
        (lambda: AdditiveValuation([]), "vector"),
        (lambda: TableValuation([[0, 2], [3, 1]]), r"monotone: adding item \d to bundle"),
        (lambda: TableValuation([[1, 2], [3, 4]]), "0 to nothing, not 1"),
        (lambda: TableValuation(np.zeros((2, 3))), r"shape \(2, 3\)"),
        (lambda: TableValuation([[0, np.inf], [1, np.inf]]), "finite"),
        (lambda: as_valuations(np.zeros((0, 2))), "at least one type"),
        (lambda: as_valuations([[1, 2], [3, -1]]), r"types\[1\]: values\[1\]"),
        (lambda: as_valuations([1, 2]), r"types\[0\]: must be a vector of values or a table .*, not 1"),
        (lambda: as_valuations([AdditiveValuation([1]), AdditiveValuation([1, 2])]), "same number of items"),
        (lambda: Menu(np.zeros((0, 2)), []), "at least one entry"),
        (lambda: Menu([[0.5, 1.2]], [1]), r"probabilities\[0, 1\] must be in \[0, 1\], not 1.2"),
        (lambda: Menu([[np.nan]], [1]), r"probabilities\[0, 0\]"),
        (lambda: Menu([[0.5]], [-1]), r"prices\[0\] must be finite and at least 0, not -1"),
        (lambda: Menu([[0.5], [1]], [1, np.nan]), r"prices\[1\]"),
        (lambda: Menu([[0.5], [1]], [1]), "each of 2 entries"),
        (lambda: Menu([[0.5, 1], [1]], [1, 2]), r"probabilities\[1\] holds 1, probabilities\[0\] holds 2"),
        (lambda: Menu([0.5], [1]), "shape"),
        (lambda: lot([[0.5], [2]]), r"probabilities\[1, 0\]"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_equal_menus_are_equal():
    assert Menu([[0.5, 1]], [2]) == Menu([[0.5, 1]], [2.0])
    assert hash(Menu([[0.5, 1]], [2])) == hash(Menu([[0.5, 1]], [2]))
    assert Menu([[0.5, 1]], [2]) != Menu([[0.5, 1]], [3])


@pytest.mark.parametrize("name", ["probabilities", "prices"])
def test_a_menu_cannot_be_written_to(name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(Menu([[0.5]], [1]), name)[0] = 0


def test_the_items_of_a_lottery_are_drawn_independently():
    """Who wants any one item gets one of two with chances p, q with probability 1 − (1 − p)(1 − q).

    Drawn jointly, she would get one with max(p, q), or with p + q.
    """
    either, both = unit_demand_table([1.0, 1.0]), np.array([[0.0, 0.0], [0.0, 1.0]])
    for p, q in ((0.5, 0.5), (0.2, 0.7), (1.0, 0.3)):
        assert TableValuation(either).value(np.array([p, q])) == pytest.approx(1 - (1 - p) * (1 - q))
        assert TableValuation(both).value(np.array([p, q])) == pytest.approx(p * q)
