import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from agents.strategies.menu_buyers import ExactMenuBuyer
from mechanisms.menus import (
    best_purchase,
    bundle_revenue,
    cover_free_family,
    cover_free_strength,
    gap_instance,
    is_buy_k_ic,
    item_revenue,
    menu_gaps,
    menu_revenue,
    rare_items_distribution,
)
from mechanisms.menus.finite_fields import finite_field, prime_power
from mechanisms.menus.posted import PostedMenu
from tests.mechanisms.menus.walking import expected


@pytest.mark.parametrize("order", [2, 3, 4, 5, 7, 8, 9, 11, 16, 25, 27])
def test_fields_are_fields(order):
    field = finite_field(order)
    everything = np.arange(order)
    for table in (field.sums, field.products):
        np.testing.assert_array_equal(table, table.T)
        a, b, c = np.meshgrid(everything, everything, everything, indexing="ij")
        np.testing.assert_array_equal(table[table[a, b], c], table[a, table[b, c]])
    np.testing.assert_array_equal(field.sums[0], everything)
    np.testing.assert_array_equal(field.products[1], everything)
    distributed = field.sums[field.products[a, b], field.products[a, c]]
    np.testing.assert_array_equal(field.products[a, field.sums[b, c]], distributed)
    for row in field.products[1:]:
        assert sorted(row) == list(everything)  # every element but 0 has an inverse
    for row in field.sums:
        assert sorted(row) == list(everything)


@pytest.mark.parametrize("order", [-3, 0, 1, 6, 10, 12, 100, 2048])
def test_other_orders_are_refused(order):
    with pytest.raises(ValueError, match=f"prime power.*not {order}"):
        cover_free_family(order, 1)


def test_prime_powers_are_taken_apart():
    assert [prime_power(q) for q in (2, 8, 9, 1024, 961)] == [(2, 1), (2, 3), (3, 2), (2, 10), (31, 2)]


def is_cover_free(sets, k):
    """By brute force: no set in the union of k others."""
    for i in range(len(sets)):
        for others in itertools.combinations(np.delete(sets, i, axis=0), k):
            if (sets[i] <= np.max(others, axis=0)).all():
                return False
    return True


@pytest.mark.parametrize(("q", "degree"), [(2, 1), (3, 1), (4, 1), (5, 1), (3, 2), (4, 3)])
def test_families_are_cover_free(q, degree):
    family = cover_free_family(q, degree)
    assert family.shape == (q ** (degree + 1), q * q)
    assert set(np.unique(family)) == {0, 1}
    assert (family.sum(axis=1) == q).all()
    assert len(np.unique(family, axis=0)) == len(family)
    k = cover_free_strength(q, degree)
    assert k == (q - 1) // degree
    assert is_cover_free(family, k)
    together = family @ family.T - q * np.eye(len(family))
    assert together.max() == degree  # polynomials of this degree agree in at most so many places


def test_more_joined_sets_can_cover():
    assert not is_cover_free(cover_free_family(3, 1), 3)
    assert cover_free_strength(4, 0) == math.inf  # constants: disjoint sets


@pytest.mark.parametrize(("q", "degree", "k"), [(3, 1, 2), (3, 1, 1), (4, 1, 3), (5, 2, 2)])
def test_the_menu_sells_as_lemma_21_says(q, degree, k):
    instance = gap_instance(cover_free_family(q, degree), k)
    assert (instance.gaps >= 1).all()
    for i in range(len(instance)):
        bought = instance.purchase(i)
        assert bought.entries == (i,)
        assert bought.payment == pytest.approx(instance.gaps[i], rel=1e-12)
    assert instance.earned() == pytest.approx(instance.revenue, rel=1e-12)
    assert instance.is_buy_k_ic().holds
    n = instance.n
    assert instance.revenue >= instance.menu_gap  # MenuGap divides by |A_i|
    assert instance.menu_gap >= len(instance) / n  # Claim 20
    assert instance.bundle_revenue <= 2 * n
    assert instance.revenue / instance.bundle_revenue >= instance.menu_gap / (2 * n)


def test_the_menu_sells_in_conversation():
    """One buyer of each type talks to the posted menu, in her own unit; by the weights, payments add up."""
    instance = gap_instance(cover_free_family(3, 1), 2)
    paid = [
        expected(PostedMenu(instance.menu_for(i), 2), instance.sets[i], ExactMenuBuyer())[1]
        for i in range(len(instance))
    ]
    assert sum(paid) == pytest.approx(instance.revenue, rel=1e-12)


def test_bundling_and_probabilities_are_exact():
    """Against sums of fractions: a price of C_i |A_i| sells to all later types."""
    instance = gap_instance(cover_free_family(3, 1), 2)
    *shares, rest = instance.probabilities
    assert sum(shares) + rest == 1
    assert rest > 0
    assert shares[0] == Fraction(1, (instance.n + 1) ** 2)
    prices = [unit * int(size) for unit, size in zip(instance.units, instance.sets.sum(axis=1), strict=True)]
    best = max(price * sum(f for f, p in zip(shares, prices, strict=True) if p >= price) for price in prices)
    assert instance.bundle_revenue == pytest.approx(float(best), rel=1e-14)


def test_in_money_the_instance_is_an_ordinary_one():
    """As long as doubles reach: the general functions agree with the account in each type's own unit."""
    instance = gap_instance(cover_free_family(3, 1), 2)
    weights = [float(share) for share in instance.probabilities]
    assert menu_revenue(instance.menu, instance.types, weights, 2) == pytest.approx(instance.revenue)
    assert bundle_revenue(instance.types, weights) == pytest.approx(instance.bundle_revenue)
    assert is_buy_k_ic(instance.menu, instance.types, 2).holds
    assert best_purchase(instance.menu, np.zeros(instance.n), 2).payment == 0
    with pytest.raises(ValueError, match="beyond the range of a double"):
        _ = gap_instance(cover_free_family(5, 2), 2).menu


def test_one_purchase_too_many_breaks_the_menu():
    instance = gap_instance(cover_free_family(5, 2), 2)
    check = instance.is_buy_k_ic(4)
    assert check.holds is False
    assert instance.earned(4) < instance.revenue
    t = check.witness.type
    covered = instance.sets[list(check.witness.several.entries)].max(axis=0)
    gained = (covered * instance.sets[t]).sum() - (instance.sets[t].sum() - instance.gaps[t])
    assert check.gain == pytest.approx(gained, abs=1e-2)  # the cheap sets cost next to nothing


@pytest.mark.parametrize(("k", "visits"), [(1, 3), (1, 4), (2, 3), (2, 4), (2, math.inf)])
def test_more_visits_than_planned_by_all_purchases_in_whole_numbers(k, visits):
    """Nine sets over nine items, money in whole numbers: who gains by up to `visits` sets, and how much."""
    instance = gap_instance(cover_free_family(3, 1), k)
    sets = [frozenset(np.flatnonzero(row).tolist()) for row in instance.sets]
    prices = [int(gap) * unit for gap, unit in zip(instance.gaps, instance.units, strict=True)]

    def best(wanted, unit, most):
        return max(
            unit * len(wanted & frozenset().union(*(sets[e] for e in bought)))
            - sum(prices[e] for e in bought)
            for size in range(most + 1)
            for bought in itertools.combinations(range(9), size)
        )

    gains = [
        float(Fraction(best(wanted, unit, int(min(visits, 9))) - best(wanted, unit, 1), unit))
        for wanted, unit in zip(sets, instance.units, strict=True)
    ]
    check = instance.is_buy_k_ic(visits)
    assert [choice.gain for choice in check.choices] == pytest.approx(gains, abs=1e-9)
    assert check.gain == pytest.approx(max(gains), abs=1e-9)
    assert check.holds is (max(gains) == 0)


def test_gaps_count_what_earlier_sets_leave_uncovered():
    sets = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [1, 1, 1, 1]])
    np.testing.assert_array_equal(gap_instance(sets, 1).gaps, [2, 1, 2])
    np.testing.assert_array_equal(gap_instance(sets, 2).gaps, [2, 1, 1])
    np.testing.assert_allclose(menu_gaps(sets, sets, 2), [2, 1, 1])


@pytest.mark.parametrize("n", [1, 2, 5, 20, 1000])
def test_items_one_by_one_beat_bundling_without_bound(n):
    """Claim 23's property."""
    types, weights = rare_items_distribution(n)
    assert weights.sum() == pytest.approx(1)
    assert item_revenue(types, weights) == pytest.approx(n)
    assert bundle_revenue(types, weights) == pytest.approx(2 - 2.0 ** (1 - n))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cover_free_family(3, 3), "degree must be from 0 to 2.*not 3"),
        (lambda: cover_free_family(3, -1), "degree"),
        (lambda: cover_free_family(101, 3), "too large"),
        (lambda: gap_instance([[1, 0], [1, 0]], 1), r"family\[1\] lies in the union of 1 earlier"),
        (lambda: gap_instance([[1, 0], [0, 0]], 1), r"family\[1\] must hold an item"),
        (lambda: gap_instance([[1, 0.5]], 1), r"family\[0, 1\] must be 0 or 1, not 0.5"),
        (lambda: gap_instance([1, 0], 1), "shape"),
        (lambda: gap_instance([[1, 0]], 0), "k must be"),
        (lambda: gap_instance([[1, 0]], math.inf), "finite"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("degree", [0.5, "1", True])
def test_a_degree_is_an_integer(degree):
    with pytest.raises(TypeError, match=f"degree must be an integer, not {degree!r}"):
        cover_free_family(3, degree)
