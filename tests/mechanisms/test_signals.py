"""Models of signals: what a bidder may conclude from hers, against definitions by integration."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from mechanisms.distributions import Uniform
from mechanisms.distributions.local_local_global import LocalLocalGlobal
from mechanisms.distributions.marginal_values import TwoUnitValues
from mechanisms.distributions.signals import (
    CommonComponent,
    IndependentPrivateValues,
    MineralRights,
    SumOfSignals,
)

PAIRS = [(0.3, 0.2), (0.3, 0.9), (1.4, 0.7), (1.4, 1.8), (0.8, 1.6)]


@pytest.mark.parametrize(("x", "y"), PAIRS)
@pytest.mark.parametrize("n", [3, 5])
def test_mineral_rights_by_integration_over_the_value(n, x, y):
    """f(V | x) as 1/V on [x/2, 1]; the highest rival signal has cdf (y / 2V)^(n-1) on [0, 2V]."""
    model = MineralRights(n)
    normal = quad(lambda v: 1 / (2 * v), x / 2, 1)[0]

    def joint(v):
        return 1 / (2 * v) / normal * (n - 1) * y ** (n - 2) / (2 * v) ** (n - 1)

    density = quad(joint, max(x, y) / 2, 1)[0]
    value = quad(lambda v: v * joint(v), max(x, y) / 2, 1)[0] / density
    assert model.density(np.array(x), np.array(y)) == pytest.approx(density, rel=1e-9)
    assert model.expected_value(np.array(x), np.array(y)) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_common_component_by_integration_over_it(x, y):
    """Given t, both signals are uniform on [t, t + 1]."""
    ends = sorted({0.0, 1.0, *(min(max(e, 0.0), 1.0) for e in (x - 1, x, y - 1, y))})

    def pieces(f):
        return sum(quad(f, a, b)[0] for a, b in pairwise(ends))

    own = pieces(lambda t: float(0 <= x - t <= 1))
    both = pieces(lambda t: float(0 <= x - t <= 1) * float(0 <= y - t <= 1))
    assert CommonComponent().density(np.array(x), np.array(y)) == pytest.approx(both / own, abs=1e-9)


@pytest.mark.parametrize(
    ("model", "x"),
    [
        (IndependentPrivateValues.identical(Uniform(1, 3), 4), 2.0),
        (CommonComponent(), 0.7),
        (CommonComponent(), 1.6),
        (MineralRights(4), 1.1),
        (SumOfSignals(), 0.4),
    ],
)
def test_highest_rival_matches_samples_with_a_near_signal(model, x):
    draw = model.sample(np.random.default_rng(9), 200_000)
    near = np.abs(draw.signals[:, 0] - x) < 0.02
    rivals, values = draw.signals[near, 1:].max(axis=1), draw.values[near, 0]
    met = model.highest_rival(0, np.array(x), np.array(x))
    assert met.weights.sum() == pytest.approx(1)
    for sampled, nodes in ((rivals, met.signals), (values, met.values)):
        error = sampled.std() / np.sqrt(sampled.size)
        assert abs(sampled.mean() - (met.weights * nodes).sum()) < 5 * error + 2e-3


def test_local_values_correlate_as_stated():
    values = LocalLocalGlobal(0.4).sample(np.random.default_rng(5), 50_000).values
    assert np.corrcoef(values[:, 0], values[:, 1])[0, 1] == pytest.approx(0.4, abs=0.02)
    assert (values[:, 0] == values[:, 1]).mean() == pytest.approx(0.4, abs=0.02)
    assert values[:, 2].mean() == pytest.approx(1.0, abs=0.02)


def test_two_unit_values_are_order_statistics():
    values = TwoUnitValues(3).sample(np.random.default_rng(6), (1000, 10)).values
    assert values.shape == (1000, 10, 3, 2)
    assert (values[..., 0] >= values[..., 1]).all()
    np.testing.assert_allclose(values.mean(axis=(0, 1, 2)), [2 / 3, 1 / 3], atol=0.01)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        IndependentPrivateValues([Uniform()])
    with pytest.raises(ValueError, match="must be alike"):
        IndependentPrivateValues([Uniform(), Uniform(), Uniform(0, 2)])
    with pytest.raises(TypeError, match="n must be an integer"):
        MineralRights(3.0)
    with pytest.raises(ValueError, match="correlation"):
        LocalLocalGlobal(-0.1)
