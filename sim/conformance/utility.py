"""The suite of utilities: U(0) = 0, nondecreasing, concave, finite, elementwise, with inverse."""

import numpy as np
import pytest

from mechanisms.utilities import validate_utility
from sim.conformance.values import ValueConformance

MONEY = np.concatenate([-np.geomspace(1e-3, 50, 30)[::-1], [0.0], np.geomspace(1e-3, 50, 40)])


class UtilityConformance(ValueConformance):
    """Subclass, and set `instances` to a tuple of distinct utilities, and `money` if need be."""

    money = MONEY

    def test_zero_at_zero(self, instance):
        assert instance(0.0) == 0

    def test_concave_nondecreasing_finite_on_the_line(self, instance):
        validate_utility(instance, self.money)

    def test_jensen(self, instance):
        left, right = np.meshgrid(self.money, self.money)
        mean_utility = (instance(left) + instance(right)) / 2
        slack = 1e-12 * (1 + np.abs(instance(left)) + np.abs(instance(right)))
        assert (instance((left + right) / 2) >= mean_utility - slack).all()

    def test_below_the_supremum(self, instance):
        assert (instance(self.money) <= instance.supremum).all()

    def test_elementwise_on_any_shape(self, instance):
        one_by_one = np.array([float(instance(x)) for x in self.money])
        np.testing.assert_allclose(instance(self.money), one_by_one, rtol=1e-14)
        assert instance(self.money.reshape(1, -1, 1)).shape == (1, self.money.size, 1)
        assert instance(np.zeros((0, 3))).shape == (0, 3)
        assert instance.inverse(np.zeros((2, 1))).shape == (2, 1)

    def test_nan_stays_nan(self, instance):
        assert np.isnan(instance(np.nan))

    def test_inverse_undoes_the_utility(self, instance):
        level = instance(self.money)
        inside = self.money[level < instance.supremum]
        np.testing.assert_allclose(instance.inverse(instance(inside)), inside, rtol=1e-6, atol=1e-9)

    def test_inverse_is_the_least_money_that_suffices(self, instance):
        money = instance.inverse(instance(self.money))
        assert (money <= self.money + 1e-6 * np.abs(self.money) + 1e-9).all()
        np.testing.assert_allclose(instance(money), instance(self.money), rtol=1e-9, atol=1e-9)

    def test_inverse_refuses_what_no_money_gives(self, instance):
        with pytest.raises(ValueError, match="NaN"):
            instance.inverse(np.nan)
        if np.isfinite(instance.supremum):
            with pytest.raises(ValueError, match="utility must be <="):
                instance.inverse([0.0, instance.supremum * 1.01])

    def test_risk_neutrality_is_linearity(self, instance):
        at_one = instance(1.0)
        linear = np.allclose(instance(self.money), at_one * self.money)
        assert instance.is_risk_neutral == linear
