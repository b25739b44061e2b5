"""VCG for bundles against brute force, the printed false-name example, and VCG for additive buyers."""

from itertools import product

import numpy as np
import pytest

from mechanisms.auctions.combinatorial_vcg import CombinatorialVCG
from mechanisms.auctions.vcg import AdditiveVCG
from mechanisms.types.bundles import bundle_of, bundles
from sim.conformance.mechanism import MechanismConformance

RNG = np.random.default_rng(8)


class TestConformance(MechanismConformance):
    instances = (CombinatorialVCG(2), CombinatorialVCG(3))
    ties_to_lowest = False  # good by good, not bundle by bundle


def brute_force(values, goods):
    """The greatest welfare over every map from goods to buyers or nobody."""
    best = 0.0
    for owners in product([None, *range(len(values))], repeat=goods):
        held = [sum(1 << g for g in range(goods) if owners[g] == i) for i in range(len(values))]
        best = max(best, sum(values[i][mask - 1] for i, mask in enumerate(held) if mask))
    return best


@pytest.mark.parametrize(("n", "goods"), [(1, 2), (2, 2), (3, 2), (3, 3)])
def test_welfare_and_clarke_payments(n, goods):
    for _ in range(20):
        values = RNG.random((n, 2**goods - 1))
        outcome = CombinatorialVCG(goods).outcome(values)
        worth = (values * outcome.allocation).sum(axis=1)
        assert worth.sum() == pytest.approx(brute_force(values, goods))
        for i in range(n):
            loss = brute_force(np.delete(values, i, axis=0), goods) - (worth.sum() - worth[i])
            assert outcome.payments[i] == pytest.approx(loss, abs=1e-12)
        sold = (outcome.allocation.sum(axis=0) @ bundles(goods)) if n else 0
        assert (sold <= 1).all()


def test_all_profiles_at_once():
    values = RNG.random((5, 4, 3, 3))
    mechanism = CombinatorialVCG(2)
    together = mechanism.outcome(values)
    for where in np.ndindex(5, 4):
        alone = mechanism.outcome(values[where])
        np.testing.assert_array_equal(together.allocation[where], alone.allocation)
        np.testing.assert_array_equal(together.payments[where], alone.payments)


def test_truth_is_dominant_under_one_name():
    mechanism = CombinatorialVCG(2)
    values = RNG.random((200, 3, 3))
    honest = mechanism.outcome(values)
    gains = (values * honest.allocation).sum(axis=-1) - honest.payments
    for _ in range(30):
        lies = values.copy()
        lies[:, 1] = RNG.random((200, 3)) * 1.5
        told = mechanism.outcome(lies)
        lied = (values[:, 1] * told.allocation[:, 1]).sum(axis=-1) - told.payments[:, 1]
        assert (lied <= gains[:, 1] + 1e-12).all()


def test_additive_buyers_are_as_in_separate_auctions():
    each = RNG.random((50, 3, 2))
    reports = each @ bundles(2).T.astype(float)
    bundled, apart = CombinatorialVCG(2).outcome(reports), AdditiveVCG(2).outcome(each)
    np.testing.assert_allclose(bundled.payments, apart.payments, atol=1e-12)
    np.testing.assert_array_equal(bundled.allocation @ bundles(2), apart.allocation)


def test_bundles_have_their_bits():
    for goods in (1, 2, 4):
        assert bundle_of(bundles(goods)).tolist() == list(range(2**goods - 1))
    assert bundle_of(np.zeros(3)) == -1


def test_silence_wins_nothing():
    reports = np.array([[-np.inf] * 3, [1.0, 2.0, 2.5]])
    outcome = CombinatorialVCG(2).outcome(reports)
    assert outcome.allocation.tolist() == [[0, 0, 0], [0, 0, 1]]
    assert outcome.payments.tolist() == [0, 0]


def test_refuses():
    with pytest.raises(ValueError, match="goods"):
        CombinatorialVCG(1)
    with pytest.raises(TypeError, match="goods"):
        CombinatorialVCG(2.0)
    with pytest.raises(ValueError, match="shape"):
        CombinatorialVCG(2).outcome(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="ways"):
        CombinatorialVCG(10).outcome(np.zeros((9, 1023)))
