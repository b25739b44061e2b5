"""Every known equilibrium is audited: no deviation gains, a disturbed one is exploited."""

from dataclasses import replace

import numpy as np
import pytest

from mechanisms.distributions import Exponential, PowerLaw, Uniform
from mechanisms.distributions.marginal_values import TwoUnitValues
from mechanisms.equilibria import (
    affiliated_first_price,
    all_pay_uniform,
    equilibrium_loss,
    first_price,
    first_price_common_low,
    first_price_two_uniforms,
    first_price_uniform,
    known_equilibria,
    mineral_rights,
    nearest_bid,
    nearest_vcg,
    nearest_zero,
    second_price,
    uniform_price_two_units,
)
from mechanisms.utilities import CARA, Power

KNOWN = known_equilibria()
NOISE = 5.0
"""Standard errors allowed to an average of independent draws: one failure in two million."""


def some_types(equilibrium, bidder):
    return equilibrium.types(bidder, 3 if equilibrium.model.width else 5)


def loss(equilibrium, bidder):
    points = 9 if equilibrium.model.width else 33
    return equilibrium_loss(equilibrium, bidder, some_types(equilibrium, bidder), points=points, rounds=4)


def disturbed(equilibrium, factor):
    """All bids times a factor; where only the second bid matters, it becomes a small share of the value."""
    if isinstance(equilibrium.model, TwoUnitValues):
        second = np.array([1.0, factor - 1])
        return replace(equilibrium, strategies=(lambda values: values * second,) * 2)
    return replace(
        equilibrium, strategies=tuple(lambda t, s=s: factor * s(t) for s in equilibrium.strategies)
    )


@pytest.mark.parametrize("equilibrium", KNOWN, ids=lambda e: e.name)
class TestEveryEquilibrium:
    def test_no_deviation_gains(self, equilibrium):
        for bidder in range(equilibrium.n):
            assert loss(equilibrium, bidder).max() <= equilibrium.precision

    def test_a_disturbance_of_five_per_cent_is_found(self, equilibrium):
        found = max(loss(disturbed(equilibrium, 1.05), bidder).max() for bidder in range(equilibrium.n))
        assert found > 1e-4 > 50 * equilibrium.precision

    def test_weights_of_the_quadrature_sum_to_one(self, equilibrium):
        for bidder in range(equilibrium.n):
            types = some_types(equilibrium, bidder)
            for bids in (equilibrium.strategies[bidder](types), np.full(types.shape, 0.3)):
                met = equilibrium.opponents(equilibrium, bidder, types, bids)
                np.testing.assert_allclose(met.weights.sum(axis=-1), 1.0, atol=1e-12)

    def test_quadrature_agrees_with_sampled_auctions(self, equilibrium):
        """Given a bidder's type, the mean of her realised utility is her interim utility."""
        draw = equilibrium.model.sample(np.random.default_rng(3), 300)
        outcome = equilibrium.mechanism.outcome(equilibrium.bids(draw.signals))
        for bidder in range(equilibrium.n):
            types = draw.signals[:, bidder]
            interim = equilibrium.interim_utility(bidder, types, equilibrium.strategies[bidder](types))
            values = draw.values[:, bidder] if draw.values.ndim == 3 else draw.values[:, bidder, None]
            units = outcome.allocation[:, bidder, None] - np.arange(values.shape[-1])
            worth = (values * np.clip(units, 0, 1)).sum(axis=-1)
            gaps = equilibrium.utility(worth - outcome.payments[:, bidder]) - interim
            assert abs(gaps.mean()) <= NOISE * gaps.std() / np.sqrt(len(gaps)) + 1e-12

    def test_revenue_is_the_mean_of_sampled_auctions(self, equilibrium):
        if equilibrium.revenue is None:
            pytest.skip("no closed form")
        draw = equilibrium.model.sample(np.random.default_rng(4), 20_000)
        revenues = equilibrium.mechanism.outcome(equilibrium.bids(draw.signals)).revenue
        error = revenues.std() / np.sqrt(revenues.size)
        assert abs(revenues.mean() - equilibrium.revenue) <= NOISE * error + 1e-12


def test_equilibrium_of_the_wrong_risk_attitude_is_exploited():
    equilibrium = first_price_uniform(3)
    averse = replace(equilibrium, utility=Power(0.5))
    assert loss(averse, 0).max() > 1e-3
    assert first_price_uniform(3, exponent=0.5).revenue > equilibrium.revenue


def test_equilibrium_of_one_rule_is_none_of_another():
    rules = [nearest_zero(), nearest_bid(), nearest_vcg()]
    for known in rules:
        for other in rules:
            crossed = replace(known, mechanism=other.mechanism)
            assert (loss(crossed, 0).max() > 1e-4) == (known is not other)


def test_interim_utility_is_the_textbooks():
    """v^n / n for n uniform values, by revenue equivalence; and (v - b) times the chance to win."""
    values = np.linspace(0.05, 0.95, 7)
    for n in (2, 4):
        for equilibrium in (first_price_uniform(n), second_price(Uniform(), n), all_pay_uniform(n)):
            honest = equilibrium.interim_utility(0, values, equilibrium.strategies[0](values))
            np.testing.assert_allclose(honest, values**n / n, rtol=1e-12)
    deviation = first_price_uniform(3).interim_utility(0, values, np.full(7, 0.4))
    np.testing.assert_allclose(deviation, (values - 0.4) * (0.4 / (2 / 3)) ** 2, rtol=1e-12)


def test_utility_loss_is_the_textbooks():
    """Against one uniform value that bids its half, truth earns 0, and the best bid v/2 earns v^2 / 2."""
    equilibrium, values = first_price_uniform(2), np.linspace(0.05, 0.95, 7)
    truthful = replace(equilibrium, strategies=(lambda v: v, equilibrium.strategies[1]))
    np.testing.assert_allclose(equilibrium_loss(truthful, 0, values), values**2 / 2, rtol=1e-6)


def test_general_first_price_matches_closed_forms():
    values = np.linspace(0.1, 0.9, 9)
    by_power = first_price(PowerLaw(2.0), 3).strategies[0](values)
    np.testing.assert_allclose(by_power, values * 4 / 5, atol=2e-6)
    by_exponential = first_price(Exponential(1.0), 2).strategies[0](values)
    np.testing.assert_allclose(by_exponential, 1 - values / np.expm1(values), atol=2e-6)


def test_common_lower_end_with_equal_tops_is_the_symmetric_equilibrium():
    values = np.linspace(1.0, 3.0, 9)
    equilibrium = first_price_common_low((3.0, 3.0), low=1.0)
    np.testing.assert_allclose(equilibrium.strategies[0](values), (values + 1) / 2, rtol=1e-14)
    assert equilibrium.revenue == pytest.approx(first_price_uniform(2, 1.0, 3.0).revenue, abs=1e-12)
    nearly = first_price_common_low((3.0, 3.001), low=1.0).revenue
    assert nearly == pytest.approx(equilibrium.revenue, abs=1e-3)


def test_kaplan_and_zamirs_inverse_bids_for_0_5_and_6_7():
    """Their example of 2015 in the numbers usually stated, and its range of bids [3, 13/3]."""
    curves = first_price_two_uniforms((0, 5), (6, 7)).strategies[0].curves
    assert (curves.least, curves.top) == pytest.approx((3, 13 / 3))
    b = np.linspace(3.2, 4.3, 12)
    weak = 36 / ((2 * b - 6) / 5 * np.exp(9 / 4 + 6 / (6 - 2 * b)) + 24 - 4 * b)
    strong = 6 + 36 / ((2 * b - 6) * 20 * np.exp(-9 / 4 - 6 / (6 - 2 * b)) - 4 * b)
    np.testing.assert_allclose(curves.value_of_first(b), weak, rtol=1e-12)
    np.testing.assert_allclose(curves.value_of_second(b), strong, rtol=1e-12)


def test_kaplan_and_zamirs_solution_tends_to_plums():
    values = np.linspace(0.1, 0.9, 5)
    near = first_price_two_uniforms((0, 1), (1e-3, 2))
    plum = first_price_common_low((1.0, 2.0))
    np.testing.assert_allclose(near.strategies[0](values), plum.strategies[0](values), atol=2e-3)
    np.testing.assert_allclose(near.strategies[1](values), plum.strategies[1](values), atol=2e-3)


def test_local_local_global_revenues_in_closed_form():
    """E[S] - E[S^2]/4 for the locals' sum S, integrated by hand for independent and for equal values."""
    e, root = np.e, np.sqrt(8) - 2
    assert nearest_bid(0.0).revenue == pytest.approx(1 / 2, abs=1e-13)
    assert nearest_bid(1.0).revenue == pytest.approx(5 / 12, abs=1e-13)
    assert nearest_zero(0.0).revenue == pytest.approx(3 / e - 1 / 2 - 1 / (2 * e**2), abs=1e-13)
    assert nearest_zero(1.0).revenue == pytest.approx(2 / 3, abs=1e-13)
    assert nearest_vcg(0.0).revenue == pytest.approx(root**2 - root**3 / 6 - root**4 / 8, abs=1e-13)
    assert nearest_vcg(1.0).revenue == pytest.approx(14 / 27, abs=1e-13)


def test_local_bids_are_continuous_in_the_correlation():
    values = np.linspace(0, 1, 11)
    for rule in (nearest_zero, nearest_bid, nearest_vcg):
        near, limit = (rule(c).strategies[0](values) for c in (1 - 1e-7, 1.0))
        np.testing.assert_allclose(near, limit, atol=1e-6)


def test_mineral_rights_bid_of_three():
    signals = np.linspace(0.1, 1.9, 7)
    np.testing.assert_allclose(
        mineral_rights(3).strategies[0](signals), 2 * signals / (2 + signals), rtol=1e-14
    )


def test_second_unit_bid_never_gains_by_the_textbooks_integral():
    """A second bid b gains the integral of 2t (x2 - t) - (1 - t^2) over [0, b] = x2 b^2 - b^3/3 - b."""
    equilibrium, values = uniform_price_two_units(), np.array([0.9, 0.6])
    second = np.linspace(0, 0.9, 10)
    bids = np.stack([np.full(10, 0.9), second], axis=-1)
    gains = equilibrium.interim_utility(0, np.broadcast_to(values, (10, 2)), bids) - 0.9
    np.testing.assert_allclose(gains, 0.6 * second**2 - second**3 / 3 - second, atol=1e-14)


def test_bad_input_is_refused():
    equilibrium = affiliated_first_price()
    with pytest.raises(ValueError, match=r"bidder must be in 0 … 1, got 2"):
        equilibrium_loss(equilibrium, 2)
    with pytest.raises(ValueError, match=r"points must be at least 3"):
        equilibrium_loss(equilibrium, 0, points=2)
    with pytest.raises(ValueError, match=r"types must have shape \(t,\), got \(1, 2\)"):
        equilibrium_loss(equilibrium, 0, [[0.5, 0.5]])
    with pytest.raises(ValueError, match="risk-neutral"):
        replace(equilibrium, utility=CARA(1.0))
    with pytest.raises(ValueError, match="strategies must be 2, not 1"):
        replace(equilibrium, strategies=equilibrium.strategies[:1])
    with pytest.raises(ValueError, match="exponent"):
        first_price_uniform(2, exponent=1.5)
    with pytest.raises(ValueError, match="second low"):
        first_price_two_uniforms((1, 5), (1, 7))
    with pytest.raises(ValueError, match="first high"):
        first_price_two_uniforms((0, 3), (6, 7))
    with pytest.raises(ValueError, match="n must be at least 3"):
        mineral_rights(2)
    with pytest.raises(ValueError, match="correlation"):
        nearest_bid(1.1)
