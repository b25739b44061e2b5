"""Utilities against their closed forms, and the refusal of what is no attitude to risk."""

import numpy as np
import pytest
from hypothesis import given, settings

from mechanisms.utilities import CARA, CRRA, Capped, Linear, PiecewiseLinear, Power, validate_utility
from sim.conformance.utility import UtilityConformance
from tests.property import utilities


class TestConformance(UtilityConformance):
    instances = (
        Linear(),
        CARA(0.1),
        CARA(0.5),
        CRRA(0.0),
        CRRA(0.5),
        CRRA(0.9, threshold=1e-3),
        Power(1.0),
        Power(0.5),
        Power(0.2, threshold=0.01),
        Capped(3.0),
        PiecewiseLinear([(0, 0), (1, 2)]),
        PiecewiseLinear([(-2, -8), (0, 0), (1, 2), (4, 5)]),
        PiecewiseLinear([(0, 0), (1, 1), (2, 1.5), (3, 1.5)]),
    )


def test_cara_has_slope_one_at_zero_and_its_risk_aversion_everywhere():
    """CARA is defined by -U''/U' = a: a gamble x +- h has the same certainty equivalent loss at every x."""
    utility = CARA(2.0)
    assert utility(1.0) == pytest.approx((1 - np.exp(-2)) / 2)
    wealth = np.array([-1.0, 0.0, 1.0, 3.0])
    equivalent = utility.inverse((utility(wealth + 0.5) + utility(wealth - 0.5)) / 2)
    np.testing.assert_allclose(wealth - equivalent, np.log(np.cosh(2 * 0.5)) / 2)
    assert utility(1e-9) == pytest.approx(1e-9)


def test_cara_at_its_supremum_and_beyond_the_floats():
    assert CARA(2.0).inverse(0.5) == np.inf
    assert CARA(1.0)(-1e6) == -np.inf


def test_crra_certainty_equivalent_scales_with_wealth():
    """Relative risk aversion 1/2: a fair gamble of x or 0 is worth (1/2)^2 x."""
    utility = CRRA(0.5)
    assert utility(4.0) == 4
    wealth = np.array([0.5, 1.0, 8.0])
    np.testing.assert_allclose(utility.inverse(utility(wealth) / 2), wealth / 4)


def test_power_is_the_papers_curve_on_gains_and_a_steep_line_on_losses():
    utility = Power(0.5)
    np.testing.assert_allclose(utility([0.0, 1e-9, 0.25, 1.0, 4.0]), [0.0, 1e-9**0.5, 0.5, 1.0, 2.0])
    assert utility(-1.0) == pytest.approx(-(1e-9**-0.5))
    assert Power(0.5, threshold=0.01)(-1.0) == pytest.approx(-10)


def test_crra_is_power_rescaled_to_marginal_utility_one_at_one():
    x = np.array([-3.0, 0.0, 1e-10, 0.5, 7.0])
    np.testing.assert_allclose(CRRA(0.3)(x), Power(0.7)(x) / 0.7)


def test_capped():
    np.testing.assert_array_equal(Capped(2)([-5, 0, 1, 2, 9]), [-5, 0, 1, 2, 2])
    assert Capped(2).inverse(2) == 2


def test_piecewise_linear_goes_on_with_its_outer_slopes():
    utility = PiecewiseLinear([(-1, -4), (0, 0), (2, 2), (3, 2.5)])
    np.testing.assert_allclose(utility([-2, -1, -0.5, 0, 1, 2, 2.5, 5]), [-8, -4, -2, 0, 1, 2, 2.25, 3.5])
    np.testing.assert_allclose(utility.inverse([-8, 1, 2.25, 3.5]), [-2, 1, 2.5, 5])
    flat = PiecewiseLinear([(0, 0), (1, 1), (2, 1)])
    assert flat(np.inf) == 1
    assert flat.inverse(1) == 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: CARA(0), ValueError, "risk_aversion must be > 0"),
        (lambda: CARA(np.nan), ValueError, "risk_aversion must be finite, not nan"),
        (lambda: CARA("1"), TypeError, "risk_aversion must be a real number, not '1'"),
        (lambda: CARA(True), TypeError, "risk_aversion must be a real number"),
        (lambda: CRRA(1), ValueError, r"risk_aversion must be >= 0 and < 1, not 1.0"),
        (lambda: CRRA(-0.1), ValueError, "risk_aversion must be"),
        (lambda: CRRA(0.5, threshold=0), ValueError, "threshold must be > 0"),
        (lambda: Power(1.5), ValueError, "exponent must be > 0 and <= 1, not 1.5"),
        (lambda: Power(0), ValueError, "exponent must be"),
        (lambda: Capped(-1), ValueError, "cap must be > 0, not -1.0"),
        (lambda: Capped(np.inf), ValueError, "cap must be finite"),
        (lambda: PiecewiseLinear([(0, 0)]), ValueError, "at least two pairs"),
        (lambda: PiecewiseLinear([(0, 0), (0, 1)]), ValueError, "strictly increasing money"),
        (lambda: PiecewiseLinear([(0, 1), (1, 2)]), ValueError, r"must include \(0, 0\)"),
        (lambda: PiecewiseLinear([(0, 0), (1, 0)]), ValueError, "must rise first"),
        (lambda: PiecewiseLinear([(0, 0), (1, 1), (2, 0)]), ValueError, "never fall"),
        (lambda: PiecewiseLinear([(0, 0), (1, 1), (2, 3)]), ValueError, "must be concave"),
        (lambda: PiecewiseLinear([(0, 0), (1, np.nan)]), ValueError, "points must be finite"),
        (lambda: PiecewiseLinear([(0, 0), (1,)]), ValueError, "points must be a rectangular array"),
        (lambda: PiecewiseLinear("ab"), TypeError, "points must hold real numbers"),
    ],
)
def test_bad_parameters_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_users_utility_is_accepted():
    validate_utility(lambda x: np.where(x < 0, 2 * x, np.log1p(np.maximum(x, 0))), np.linspace(-3, 9, 50))


@pytest.mark.parametrize(
    ("utility", "error", "message"),
    [
        (3.0, TypeError, "must be callable"),
        (lambda x: 1.0, ValueError, "must be elementwise"),
        (lambda x: np.where(x < 0, -np.inf, x), ValueError, "must be finite, but is not at -2"),
        (lambda x: x + 1, ValueError, "must be 0 at 0, not 1.0"),
        (lambda x: -np.abs(x), ValueError, "must not decrease, but falls from 0.0 to 2"),
        (lambda x: np.expm1(x), ValueError, "must be concave, but at -1.0 it is below the chord"),
        (lambda x: np.where(x < 1, 0.0, x), ValueError, "must be concave, but at 0.0"),
    ],
)
def test_what_is_no_utility_is_refused(utility, error, message):
    with pytest.raises(error, match=message):
        validate_utility(utility, [-2.0, -1.0, 2.0])


def test_the_grid_of_a_check_needs_three_points():
    with pytest.raises(ValueError, match="grid must be a vector of length >= 3"):
        validate_utility(Linear(), [0.0, 1.0])


@settings(max_examples=30)
@given(utilities())
def test_risk_aversion_never_makes_a_gamble_worth_more_than_its_mean(utility):
    prizes, odds = np.array([-1.0, 0.5, 2.0, 7.0]), np.array([0.1, 0.4, 0.3, 0.2])
    equivalent = utility.inverse(odds @ utility(prizes))
    assert equivalent <= odds @ prizes + 1e-9
