"""What is drawn are the numbers that were given, and theory beside them."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from mechanisms.robust import LogarithmicPrice
from scenarios._regret_figures import draw_gaps, draw_joint, draw_law, draw_reserves


@pytest.fixture
def axes():
    return Figure().add_subplot()


def test_laws_are_cumulated_beside_theory(axes):
    law = LogarithmicPrice(1.0)
    draw_law(axes, [0.0, 0.5, 1.0], [0.0, 0.25, 0.75], law.cdf)
    learned, theory = axes.get_lines()
    np.testing.assert_allclose(learned.get_ydata(), [0.0, 0.25, 1.0])
    np.testing.assert_allclose(theory.get_ydata(), law.cdf(theory.get_xdata()))
    assert axes.get_legend_handles_labels()[1] == ["learned", "theory"]


def test_the_band_of_optimal_reserves_closes_at_r(axes):
    """At x = r both ends are (I − 1) σ, and at 1 the law is 1: σ (I − 1 + ln(1/r)) = 1."""
    r, bidders = 0.4, 3
    sigma = 1 / (bidders - 1 - np.log(r))
    draw_reserves(axes, [0.0, 1.0], [0.5, 0.5], sigma, r, bidders)
    band = axes.collections[0].get_paths()[0].vertices
    last = band[band[:, 0] == r]
    np.testing.assert_allclose(last[:, 1], (bidders - 1) * sigma)
    assert band[:, 1].min() == 0
    assert axes.get_lines()[0].get_ydata()[-1] == pytest.approx(1.0)


def test_discs_are_in_proportion(axes):
    draw_joint(axes, [[0.0, 1.0], [1.0, 0.5]], [0.2, 0.8])
    sizes = axes.collections[0].get_sizes()
    assert sizes[1] / sizes[0] == pytest.approx(4)
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), [[0.0, 1.0], [1.0, 0.5]])


def test_gaps_have_logarithmic_axes(axes):
    draw_gaps(axes, [10, 100], [0.1, 0.01], "Hedge")
    assert axes.get_xscale() == axes.get_yscale() == "log"
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), [0.1, 0.01])
