"""Quadrature and inverses against integrals and inverses in closed form."""

import numpy as np
import pytest

from mechanisms.quadrature import between_cuts, inverse


def test_exact_for_polynomials_between_cuts():
    nodes, weights = between_cuts(np.array([[2.0, 0.0, 0.7], [1.0, 1.0, 0.0]]), 3)
    jump = np.where(nodes < 0.7, nodes**5, 4.0)
    assert (weights * jump)[0].sum() == pytest.approx(0.7**6 / 6 + 4 * 1.3, rel=1e-14)
    assert weights[1].sum() == pytest.approx(1.0)


def test_inverse_of_rising_flat_and_jumping_functions():
    np.testing.assert_allclose(inverse(np.square, [0.0, 0.25, 1.0, 9.0], 0, 2), [0, 0.5, 1, 2], atol=1e-7)
    np.testing.assert_allclose(inverse(lambda x: np.maximum(x - 1, 0), [-1, 0.0, 0.5], 0, 3), [0, 1, 1.5])
    np.testing.assert_allclose(inverse(np.floor, [0.5, 1.0], 0, 5), [1, 2])
