"""Example 1.2.2 to the digit, and Proposition 1.2.1 on random mechanisms."""

from fractions import Fraction

import numpy as np
import pytest

from mechanisms.auctions import AllPay
from mechanisms.distributions import JointDistribution
from mechanisms.robust.attitudes import BayesianOverSet, Hurwicz, Knightian, Maxmin
from mechanisms.robust.finite_sets import FiniteAmbiguitySet

VALUES = ([0, 4], [0, 4])
P1 = JointDistribution([[1 / 5, 1 / 5], [1 / 2, 1 / 10]], VALUES)
P2 = JointDistribution(np.full((2, 2), 1 / 4), VALUES)
POSSIBLE = FiniteAmbiguitySet((P1, P2))
HIGH = np.array([[False, False], [True, True]])  # bidder 1 has the value 4
PROFILES = np.stack(np.meshgrid([0.0, 4.0], [0.0, 4.0], indexing="ij"), axis=-1)
HALF = (0.5, 0.5)


def utilities(share, report):
    """Expected utility of bidder 1 of value 4 who reports this, under each law; the other is truthful."""
    reports = PROFILES.copy()
    reports[..., 0] = report
    outcome = AllPay(share=share).outcome(reports)
    return POSSIBLE.expectations(4 * outcome.allocation[..., 0] - outcome.payments[..., 0], HIGH)


def test_the_examples_utilities():
    np.testing.assert_allclose(utilities(0.5, 4), [2, 2])
    np.testing.assert_allclose(utilities(0.5, 0), [10 / 3, 2])


def test_the_examples_verdicts():
    truth, lie = utilities(0.5, 4), utilities(0.5, 0)
    assert Maxmin().evaluate(lie) == pytest.approx(Maxmin().evaluate(truth))
    assert Knightian().prefers(lie, truth)
    assert Hurwicz(0.5).evaluate(lie) == pytest.approx(8 / 3)
    assert Hurwicz(0.5).evaluate(truth) == pytest.approx(2)


def test_bayes_literally_and_proper():
    """Definition 1.2.6 (iv) does not update the weight on the distributions: 8/3; who does gets 30/11."""
    lie = utilities(0.5, 0)
    literal = BayesianOverSet(HALF)
    proper = literal.updated(POSSIBLE.likelihoods(HIGH))
    assert literal.evaluate(lie) == pytest.approx(8 / 3)
    assert proper.weights == pytest.approx((6 / 11, 5 / 11))
    assert proper.evaluate(lie) == pytest.approx(30 / 11)


def test_what_the_seller_expected_and_gets():
    """1.8 and 2.0 if bidder 1 told the truth, .6 and 1.0 when she reports 0."""
    honest, lied = PROFILES, PROFILES.copy()
    lied[..., 0] = 0.0
    for reports, expected in ((honest, (1.8, 2.0)), (lied, (0.6, 1.0))):
        revenue = AllPay(share=0.5).outcome(reports).revenue
        assert [float(p.expectation(revenue)) for p in (P1, P2)] == pytest.approx(list(expected))


@pytest.mark.parametrize(
    ("leaves", "share"),
    [
        (lambda lie, truth: (lie > truth + 1e-12).any(), Fraction(1, 6)),  # some P prefers it
        (lambda lie, truth: Hurwicz(0.25).evaluate(lie) > Hurwicz(0.25).evaluate(truth), Fraction(1, 4)),
        (lambda lie, truth: Hurwicz(0.5).evaluate(lie) > Hurwicz(0.5).evaluate(truth), Fraction(1, 3)),
        (lambda lie, truth: BayesianOverSet(HALF).evaluate(lie) > BayesianOverSet(HALF).evaluate(truth),
         Fraction(1, 3)),
        (lambda lie, truth: Maxmin().evaluate(lie) > Maxmin().evaluate(truth), Fraction(1, 2)),
    ],
    ids=["Knightian", "Hurwicz 1/4", "Hurwicz 1/2", "Bayes 1/2", "maxmin"],
)
def test_the_paid_share_at_which_each_attitude_leaves_the_truth(leaves, share):
    for paid, expected in ((float(share) - 1e-6, False), (float(share) + 1e-6, True)):
        assert bool(leaves(utilities(paid, 0), utilities(paid, 4))) == expected


@pytest.mark.parametrize("seed", range(40))
def test_robust_incentive_compatibility_implies_the_others(seed):
    """Proposition 1.2.1, for the utilities of one type and all her reports under random conditional laws."""
    rng = np.random.default_rng(seed)
    reports, laws, profiles = 4, 3, 5
    ex_post = rng.integers(-3, 4, (reports, profiles)).astype(float)
    conditional = rng.dirichlet(np.ones(profiles), size=laws)
    if seed % 2:  # half of the instances are robustly incentive compatible: truth is report 0
        expected = ex_post @ conditional.T
        ex_post[0] += max((expected[1:] - expected[0]).max(), 0.0)
    expected = ex_post @ conditional.T
    ex_post_ic = (ex_post[0] >= ex_post).all()
    robust_ic = (expected[0] >= expected - 1e-12).all()
    assert robust_ic or not ex_post_ic
    assert robust_ic or not seed % 2
    weights = tuple(rng.dirichlet(np.ones(laws)).tolist())
    for attitude in (Maxmin(), Hurwicz(0.3), Hurwicz(0.8), BayesianOverSet(weights)):
        worth = attitude.evaluate(expected)
        assert (worth[0] >= worth - 1e-9).all() or not robust_ic


def test_likelihoods_that_do_not_fit():
    with pytest.raises(ValueError, match="likelihoods must be one for each of 2"):
        BayesianOverSet(HALF).updated([1.0])
    with pytest.raises(ValueError, match="not all 0"):
        BayesianOverSet(HALF).updated([0.0, 0.0])


@pytest.mark.parametrize("share", [0, 1.5, -1])
def test_shares_of_the_bids(share):
    with pytest.raises(ValueError, match="share must be > 0 and <= 1"):
        AllPay(share=share)
