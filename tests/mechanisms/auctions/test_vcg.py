"""VCG against the enumeration of all assignments, and against every deviation that is drawn."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from mechanisms.auctions.vcg import AdditiveVCG, UnitDemandVCG
from mechanisms.questions import AskValue

SHAPES = [(1, 1), (1, 3), (2, 2), (3, 2), (2, 3), (4, 3), (5, 2)]


def random_values(rng, n, items, ties=False):
    """Values of a profile; a fifth of the buyers absent."""
    values = rng.integers(0, 4, (n, items)).astype(float) if ties else rng.random((n, items))
    values[rng.random(n) < 0.2] = -np.inf
    return values


def assignments(n, items):
    """All ways to give each of n buyers one item or none (−1), no item twice."""
    for choice in product(range(-1, items), repeat=n):
        given = [item for item in choice if item >= 0]
        if len(given) == len(set(given)):
            yield choice


def brute_welfare(values):
    """The greatest welfare of unit-demand buyers, by enumeration."""
    n, items = values.shape
    return max(sum(values[i, j] for i, j in enumerate(choice) if j >= 0) for choice in assignments(n, items))


def worth(values, allocation, additive):
    """Each buyer's value for what she gets; -inf counts as 0, where nothing is got."""
    got = np.where(allocation > 0, values, 0.0)
    return got.sum(axis=-1) if additive else got.max(axis=-1, initial=0.0)


@pytest.mark.parametrize(("n", "items"), SHAPES)
@pytest.mark.parametrize("ties", [False, True])
def test_unit_demand_is_optimal_and_charges_the_externality(n, items, ties):
    rng = np.random.default_rng(n * 10 + items)
    mechanism = UnitDemandVCG(items)
    for _ in range(10):
        values = random_values(rng, n, items, ties)
        result = mechanism.outcome(values[:, 0] if items == 1 else values)
        allocation = result.allocation.reshape(n, items)
        assert (allocation.sum(axis=0) <= 1).all()
        assert (allocation.sum(axis=1) <= 1).all()
        gained = worth(values, allocation, additive=False)
        assert gained.sum() == pytest.approx(brute_welfare(values), abs=1e-12)
        for i in range(n):
            without = brute_welfare(np.delete(values, i, axis=0)) if n > 1 else 0.0
            assert result.payments[i] == pytest.approx(without - (gained.sum() - gained[i]), abs=1e-12)
        assert (result.payments >= 0).all()
        assert (result.payments <= gained).all()


@pytest.mark.parametrize(("n", "items"), SHAPES)
def test_ties_go_to_the_first_optimal_assignment(n, items):
    """Of all optimal assignments: buyer 0's first (items in order, none last), then 1's …"""
    rng = np.random.default_rng(100 + n * 10 + items)
    for _ in range(10):
        values = random_values(rng, n, items, ties=True)
        best = brute_welfare(values)
        optimal = [
            choice
            for choice in assignments(n, items)
            if sum(values[i, j] for i, j in enumerate(choice) if j >= 0) == best
        ]
        first = min(optimal, key=lambda choice: [j if j >= 0 else items for j in choice])
        allocation = UnitDemandVCG(items).outcome(values[:, 0] if items == 1 else values).allocation
        expected = np.array([[float(j == k) for k in range(items)] for j in first])
        np.testing.assert_array_equal(allocation.reshape(n, items), expected)


@pytest.mark.parametrize("items", [1, 2, 3])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_additive_is_a_second_price_auction_of_each_item(n, items):
    rng = np.random.default_rng(n * 10 + items)
    mechanism = AdditiveVCG(items)
    for ties in (False, True):
        values = random_values(rng, n, items, ties)
        result = mechanism.outcome(values[:, 0] if items == 1 else values)
        allocation, paid = np.zeros((n, items)), np.zeros(n)
        for j in range(items):
            order = sorted((i for i in range(n) if values[i, j] >= 0), key=lambda i, j=j: (-values[i, j], i))
            if order:
                allocation[order[0], j] = 1
                paid[order[0]] += values[order[1], j] if len(order) > 1 else 0.0
        np.testing.assert_array_equal(result.allocation.reshape(n, items), allocation)
        np.testing.assert_allclose(result.payments, paid, rtol=1e-12)


@pytest.mark.parametrize("mechanism", [UnitDemandVCG(3), AdditiveVCG(3)])
def test_no_deviation_gains(mechanism):
    rng = np.random.default_rng(7)
    additive = isinstance(mechanism, AdditiveVCG)
    for _ in range(40):
        values = rng.integers(0, 5, (3, 3)).astype(float)
        truthful = mechanism.outcome(values)
        gains = worth(values, truthful.allocation, additive) - truthful.payments
        assert (gains >= -1e-12).all()
        for i in range(3):
            reports = np.repeat(values[None], 12, axis=0)
            reports[:, i] = rng.integers(0, 6, (12, 3))
            reports[0, i] = -np.inf
            lied = mechanism.outcome(reports)
            for k in range(12):
                gain = worth(values, lied.allocation[k], additive)[i] - lied.payments[k, i]
                assert gain <= gains[i] + 1e-12


@pytest.mark.parametrize("make", [UnitDemandVCG, AdditiveVCG])
def test_one_item_is_the_second_price_auction(make):
    none = -np.inf
    result = make(1).outcome(np.array([[3.0, 5.0, 5.0, none], [0.0, 0.0, none, none], [none] * 4]))
    np.testing.assert_array_equal(result.allocation, [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(result.payments, [[0, 5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])


def test_textbook_assignment():
    """Two ad slots of 10 and 5 clicks, worth 4, 3, 1 a click: by Clarke, 3·(10−5) + 1·5 = 20, and 1·5."""
    values = np.outer([4.0, 3.0, 1.0], [10.0, 5.0])
    result = UnitDemandVCG(2).outcome(values)
    np.testing.assert_array_equal(result.allocation, [[1, 0], [0, 1], [0, 0]])
    np.testing.assert_allclose(result.payments, [20.0, 5.0, 0.0])


@pytest.mark.parametrize("make", [UnitDemandVCG, AdditiveVCG])
def test_an_item_left_out_is_not_got(make):
    result = make(2).outcome(np.array([[-np.inf, 0.0], [-np.inf, 2.0]]))
    np.testing.assert_array_equal(result.allocation, [[0, 0], [0, 1]])


@pytest.mark.parametrize("make", [UnitDemandVCG, AdditiveVCG])
def test_leading_axes(make):
    values = np.random.default_rng(3).random((2, 3, 4, 2))
    together = make(2).outcome(values)
    assert together.allocation.shape == values.shape
    assert together.revenue.shape == (2, 3)
    alone = make(2).outcome(values[1, 2])
    np.testing.assert_array_equal(together.allocation[1, 2], alone.allocation)
    np.testing.assert_array_equal(together.payments[1, 2], alone.payments)


@pytest.mark.parametrize("make", [UnitDemandVCG, AdditiveVCG])
def test_nobody_comes(make):
    result = make(2).outcome(np.zeros((0, 2)))
    assert result.allocation.shape == (0, 2)
    assert result.payments.shape == (0,)


@pytest.mark.parametrize("make", [UnitDemandVCG, AdditiveVCG])
def test_conversation_asks_for_a_value_of_each_item(make):
    assert next(make(3).conversation(2)) == AskValue(shape=(3,))


@pytest.mark.parametrize("make", [UnitDemandVCG, AdditiveVCG])
def test_bad_input(make):
    with pytest.raises(ValueError, match="items must be at least 1, got 0"):
        make(0)
    with pytest.raises(TypeError, match="items must be an integer"):
        make(1.5)
    with pytest.raises(ValueError, match=r"reports must have shape \(\.\.\., n, 2\), got \(2, 3\)"):
        make(2).outcome(np.ones((2, 3)))
    with pytest.raises(ValueError, match="reports must be finite numbers"):
        make(2).outcome(np.full((2, 2), np.nan))
