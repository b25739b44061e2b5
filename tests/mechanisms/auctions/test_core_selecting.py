"""Core-selecting rules against the core's definition, projection by search, and examples by hand."""

import numpy as np
import pytest

from mechanisms.auctions.core_selecting import NearestBid, NearestVCG, NearestZero
from sim.conformance.mechanism import MechanismConformance

RULES = (NearestZero(), NearestBid(), NearestVCG())


class TestConformance(MechanismConformance):
    instances = RULES

    def sizes(self, mechanism):
        return (3,)

    def test_rule_accepts_no_profiles(self, instance):
        assert instance.outcome(np.empty((0, 3))).payments.shape == (0, 3)


def random_bids(seed, count=300):
    rng = np.random.default_rng(seed)
    return rng.random((count, 3)) * [1, 1, 2]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_no_coalition_blocks(rule):
    """Core: no coalition with the seller has more value in its bids than it and the seller get."""
    for bids in random_bids(1):
        outcome = rule.outcome(bids)
        surplus = bids * outcome.allocation - outcome.payments
        assert (surplus >= -1e-12).all()
        for coalition in range(8):
            members = [i for i in range(3) if coalition >> i & 1]
            pairs = [[i] for i in members] + ([[0, 1]] if {0, 1} <= set(members) else [])
            worth = max((bids[pair].sum() for pair in pairs), default=0.0)
            assert outcome.revenue + surplus[members].sum() >= worth - 1e-12


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_payments_are_the_nearest_of_the_cheapest_core(rule):
    """Search over divisions p1 + p2 = B with VCG payments <= p <= bids."""
    for bids in random_bids(2, 100):
        b1, b2, b3 = bids
        if b1 + b2 < b3:
            np.testing.assert_allclose(rule.outcome(bids).payments, [0, 0, b1 + b2])
            continue
        vcg = np.maximum([b3 - b2, b3 - b1], 0)
        reference = {NearestZero: np.zeros(2), NearestBid: bids[:2], NearestVCG: vcg}[type(rule)]
        first = np.linspace(vcg[0], min(b1, b3), 4001)
        distance = (first - reference[0]) ** 2 + (b3 - first - reference[1]) ** 2
        payments = rule.outcome(bids).payments
        assert payments[0] == pytest.approx(first[distance.argmin()], abs=5e-4)
        assert payments.sum() == pytest.approx(b3)


def test_examples_by_hand():
    bids = np.array([[8.0, 6, 10], [12, 6, 10], [2, 9, 10]])
    np.testing.assert_allclose(NearestZero().outcome(bids).payments[:, :2], [[5, 5], [5, 5], [2, 8]])
    np.testing.assert_allclose(NearestBid().outcome(bids).payments[:, :2], [[6, 4], [8, 2], [1.5, 8.5]])
    np.testing.assert_allclose(NearestVCG().outcome(bids).payments[:, :2], [[6, 4], [7, 3], [1.5, 8.5]])


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_who_does_not_bid_gets_and_pays_nothing(rule):
    silent = -np.inf
    reports = np.array([[silent, 5, 4], [silent, 3, 4], [silent, silent, 4], [2, 2, silent], [silent] * 3])
    outcome = rule.outcome(reports)
    np.testing.assert_array_equal(
        outcome.allocation, [[0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 1, 0], [0, 0, 0]]
    )
    np.testing.assert_array_equal(outcome.payments, [[0, 4, 0], [0, 0, 3], [0, 0, 0], [0, 0, 0], [0, 0, 0]])


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"shape \(..., 3\)"):
        NearestZero().outcome(np.ones(4))
    for bad in (np.nan, np.inf, -1.0):
        with pytest.raises(ValueError, match="finite"):
            NearestZero().outcome(np.array([1.0, bad, 2.0]))
