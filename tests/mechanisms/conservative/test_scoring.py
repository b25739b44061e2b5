"""Scoring rules against the definition, their bounds, and strict propriety."""

import numpy as np
import pytest

from mechanisms.conservative.scoring import Brier, Logarithmic, brier_score, logarithmic_score


def beliefs(seed, count, m):
    return np.random.default_rng(seed).dirichlet(np.full(m, 0.5), count)


def test_brier_is_the_squared_distance_to_what_happened():
    for belief in beliefs(1, 20, 4):
        for happened in range(4):
            definition = -((np.eye(4)[happened] - belief) ** 2).sum()
            assert brier_score(happened, belief) == pytest.approx(definition, abs=1e-15)


def test_brier_is_bounded():
    masses = np.eye(3)
    assert brier_score([0, 1], masses[[0, 2]]).tolist() == [0.0, -2.0]
    scores = brier_score(np.zeros(500, dtype=int), beliefs(2, 500, 3))
    assert scores.min() >= -2
    assert scores.max() <= 0


def test_leading_axes():
    many = beliefs(3, 6, 5).reshape(2, 3, 5)
    happened = np.arange(6).reshape(2, 3) % 5
    each = [[brier_score(int(happened[i, j]), many[i, j]) for j in range(3)] for i in range(2)]
    np.testing.assert_allclose(brier_score(happened, many), each)


def test_leading_axes_broadcast():
    """One belief and several outcomes, several beliefs and one outcome; shapes that clash are refused."""
    assert brier_score([0, 1], [0.5, 0.5]).tolist() == [-0.5, -0.5]
    assert brier_score(1, [[0.5, 0.5], [0, 1], [1, 0]]).tolist() == [-0.5, 0, -2]
    np.testing.assert_allclose(logarithmic_score([0, 1], [0.25, 0.75], 1, 1), 1 + np.log([0.25, 0.75]))
    with pytest.raises(ValueError, match=r"outcome must go with beliefs of shape \(2, 2\), got shape \(3,\)"):
        brier_score([0, 1, 0], np.eye(2))


@pytest.mark.parametrize("m", [2, 5])
def test_a_lie_costs_the_squared_distance(m):
    """E_D[BSR(D)] − E_D[BSR(P)] = ‖D − P‖²."""
    for true, said in zip(beliefs(4, 20, m), beliefs(5, 20, m), strict=True):
        loss = sum(
            p * (brier_score(k, true) - brier_score(k, said)) for k, p in enumerate(true.tolist())
        )
        assert loss == pytest.approx(((true - said) ** 2).sum(), abs=1e-14)


def test_a_lie_costs_the_divergence_in_the_logarithmic_rule():
    for true, said in zip(beliefs(6, 20, 4), beliefs(7, 20, 4), strict=True):
        scores = [logarithmic_score(k, true, 2, 0.5) - logarithmic_score(k, said, 2, 0.5) for k in range(4)]
        assert true @ scores == pytest.approx(0.5 * true @ np.log(true / said), rel=1e-9)


def test_the_logarithmic_expectation_is_at_least_zero_from_b_log_m_on():
    uniform = np.full(6, 1 / 6)
    assert logarithmic_score(0, uniform, np.log(6), 1.0) == pytest.approx(0, abs=1e-15)
    for true in beliefs(8, 50, 6):
        assert true @ [logarithmic_score(k, true, np.log(6), 1.0) for k in range(6)] >= -1e-12


def test_the_logarithmic_rule_is_unbounded():
    assert logarithmic_score(0, [0.0, 1.0], 1, 1) == -np.inf
    assert not Logarithmic(1, 1).never_negative


def test_the_shifted_rule_is_between_0_and_2():
    rule = Brier()
    assert rule.reward(1.0, 1.0) == 2
    assert rule.reward(0.0, 1.0) == 0
    assert rule.never_negative


@pytest.mark.parametrize(
    ("outcome", "probabilities", "message"),
    [
        (0, [-0.5, 1.5], "nonnegative"),
        (0, [0.5, 0.6], "sum to 1"),
        (0, [np.nan, 1.0], "nonnegative"),
        (2, [0.5, 0.5], r"outcome must be in 0 \.\. 1"),
        (-1, [0.5, 0.5], "outcome"),
        (0, [], "at least one"),
    ],
)
def test_bad_input(outcome, probabilities, message):
    with pytest.raises(ValueError, match=message):
        brier_score(outcome, probabilities)


def test_bad_types():
    with pytest.raises(TypeError, match="outcome must be an integer"):
        brier_score(0.5, [0.5, 0.5])
    with pytest.raises(ValueError, match="a must be > 0"):
        Logarithmic(0, 1)
    with pytest.raises(TypeError, match="b must be"):
        Logarithmic(1, "1")
