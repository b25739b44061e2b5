"""Attitudes to ambiguity: their definitions on hand-made numbers, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms.distributions import JointDistribution
from mechanisms.robust.attitudes import BayesianOverSet, ExpectedUtility, Hurwicz, Knightian, Maxmin
from mechanisms.robust.finite_sets import FiniteAmbiguitySet

ONE = JointDistribution([[0.2, 0.2], [0.5, 0.1]])
TWO = JointDistribution(np.full((2, 2), 0.25))
EVENT = np.array([[False, False], [True, True]])
PLANS = np.array([[2.0, 2.0], [4.0, 2.0], [0.0, 7.0], [4.0, 2.0]])


def test_attitudes_value_hand_made_plans():
    np.testing.assert_allclose(Maxmin().evaluate(PLANS), [2, 2, 0, 2])
    np.testing.assert_allclose(Hurwicz(0.25).evaluate(PLANS), [2, 3.5, 5.25, 3.5])
    np.testing.assert_allclose(BayesianOverSet((0.5, 0.5)).evaluate(PLANS), [2, 3, 3.5, 3])
    np.testing.assert_allclose(ExpectedUtility().evaluate(PLANS[:, :1]), [2, 4, 0, 4])


def test_knightian_preferences_are_unanimous():
    knightian = Knightian()
    assert knightian.prefers(PLANS[1], PLANS[0])
    assert not knightian.prefers(PLANS[1], PLANS[3])
    assert not knightian.prefers(PLANS[2], PLANS[0])
    assert not knightian.prefers(PLANS[0], PLANS[2])
    assert knightian.undominated(PLANS).tolist() == [False, True, True, True]


@given(st.lists(st.tuples(*[st.integers(-4, 4)] * 3), min_size=1, max_size=8))
def test_undominated_plans_are_those_of_the_definition(plans):
    expected = [
        not any(
            all(a >= b for a, b in zip(other, plan, strict=True)) and other != plan for other in plans
        )
        for plan in plans
    ]
    assert Knightian().undominated(plans).tolist() == expected


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=5), st.floats(0, 1))
def test_hurwicz_lies_between_the_worst_and_the_best(utilities, alpha):
    value = float(Hurwicz(alpha).evaluate(utilities))
    assert min(utilities) - 1e-12 <= value <= max(utilities) + 1e-12
    assert Hurwicz(1).evaluate(utilities) == min(utilities)
    assert Hurwicz(0).evaluate(utilities) == max(utilities)


def test_sets_condition_each_distribution():
    possible = FiniteAmbiguitySet((ONE, TWO))
    function = np.array([[0.0, 0.0], [6.0, 12.0]])
    np.testing.assert_allclose(possible.expectations(function, EVENT), [(5 * 6 + 12) / 6, 9])
    assert possible.least_expectation(function, EVENT) == pytest.approx(7)
    assert possible.greatest_expectation(function, EVENT) == pytest.approx(9)


def test_distributions_that_exclude_the_event_are_dropped():
    never = JointDistribution([[0.5, 0.5], [0.0, 0.0]])
    assert FiniteAmbiguitySet((never, TWO)).consistent(EVENT) == (1,)
    weights = BayesianOverSet((0.5, 0.2, 0.3))
    assert weights.among((1, 2)).weights == pytest.approx((0.4, 0.6))
    assert BayesianOverSet((1.0, 0.0)).among((1,)) is None
    with pytest.raises(ValueError, match="event must have positive probability"):
        FiniteAmbiguitySet((never,)).expectations(np.zeros((2, 2)), EVENT)


@pytest.mark.parametrize("alpha", [-0.1, 1.1, np.nan])
def test_alpha_is_between_0_and_1(alpha):
    with pytest.raises(ValueError, match="alpha must be"):
        Hurwicz(alpha)


def test_what_sets_refuse():
    with pytest.raises(ValueError, match="at least one distribution"):
        FiniteAmbiguitySet(())
    with pytest.raises(TypeError, match=r"distributions\[1\] must be a JointDistribution"):
        FiniteAmbiguitySet((ONE, 3))
    with pytest.raises(ValueError, match=r"distributions\[1\] must have the shape \(2, 2\)"):
        FiniteAmbiguitySet((ONE, JointDistribution([0.5, 0.5])))
    with pytest.raises(ValueError, match=r"distributions\[1\] must have the first one's type values"):
        FiniteAmbiguitySet((ONE, JointDistribution(ONE.table, [[0, 2], [0, 1]])))
    with pytest.raises(ValueError, match=r"impossible profiles no weight, but gives 0\.5 to \[1\.0, 0\.0\]"):
        FiniteAmbiguitySet((ONE,), possible=np.array([[True, True], [False, True]]))
    with pytest.raises(ValueError, match="weights must sum to 1"):
        BayesianOverSet((0.5, 0.6))
    with pytest.raises(ValueError, match="weights must be one for each of 3"):
        BayesianOverSet((0.5, 0.5)).evaluate(np.zeros(3))
    with pytest.raises(ValueError, match="under one belief"):
        ExpectedUtility().evaluate(PLANS)
