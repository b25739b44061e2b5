"""The design program (1.11) on grids, and the conjecture on deterministic rules."""

import itertools

import numpy as np
import pytest

from mechanisms.robust import (
    best_personal_reserves,
    design_program,
    deterministic_program,
    markov_bounds,
)
from mechanisms.robust.markov import lottery_constants
from tests.mechanisms.robust.programs import least_revenue

ON_THE_GRID = [(2, 1 / 8), (2, 1 / 4), (2, 1 / 2), (3, 1 / 4), (3, 1 / 2)]


def mean_for(bidders, r):
    """The μ for which the lottery secures r: z = ln(1/r) in μ = r (I + z)/I, by Theorem 1.5.3."""
    mean = r * (1 + np.log(1 / r) / bidders)
    assert lottery_constants(bidders, mean).value == pytest.approx(r, rel=1e-14)
    return mean


def order(errors):
    """The order in h of errors on grids of which each is twice as fine as the one before."""
    return np.log2(errors[-2] / errors[-1])


@pytest.mark.parametrize(("bidders", "mean"), [(2, 0.2), (2, 0.5), (2, 0.8), (3, 0.5)])
def test_the_grid_is_above_the_continuum_by_two_steps_at_most(bidders, mean):
    """Theorem 1.5.3: the optimum of (1.11) is r. Proof of r <= value <= r + 2h: docs/theory/robust.md."""
    r = lottery_constants(bidders, mean).value
    steps = (4, 8, 16) if bidders == 3 else (8, 16, 32)
    designs = [design_program(bidders, mean, k) for k in steps]
    for k, design in zip(steps, designs, strict=True):
        assert r <= design.value <= r + 1 / k + (np.ceil(r * k) / k - r)
        assert design.upper_bound == pytest.approx(design.value, abs=1e-12)
    assert all(finer.value < coarser.value for coarser, finer in itertools.pairwise(designs))


@pytest.mark.parametrize(("bidders", "r"), ON_THE_GRID)
def test_the_grid_falls_to_the_continuum_with_the_step(bidders, r):
    """With r on every grid: within h, of first order, and the limit of three grids is r to four digits."""
    mean, steps = mean_for(bidders, r), (8, 16, 32)
    coarse, middle, fine = (design_program(bidders, mean, k).value for k in steps)
    errors = np.array([coarse, middle, fine]) - r
    assert (errors <= 1 / np.array(steps)).all()
    assert order(errors) == pytest.approx(1, abs=0.06)
    assert (coarse - 6 * middle + 8 * fine) / 3 == pytest.approx(r, rel=2e-4)


@pytest.mark.parametrize(("bidders", "r"), ON_THE_GRID)
def test_linear_chances_are_closer(bidders, r):
    """Of second order for two bidders; for three of first, but the limit of three grids is r as well."""
    mean, steps = mean_for(bidders, r), (8, 16, 32)
    coarse, middle, fine = (design_program(bidders, mean, k, chances="linear").value for k in steps)
    if bidders == 2:
        assert order([middle - r, fine - r]) == pytest.approx(2, abs=0.15)
        assert (4 * fine - middle) / 3 == pytest.approx(r, rel=5e-4)
    else:
        assert order([middle - r, fine - r]) < 1.2
        assert (coarse - 6 * middle + 8 * fine) / 3 == pytest.approx(r, rel=0.01)
    assert abs(fine - r) < (design_program(bidders, mean, 32).value - r) / 3


@pytest.mark.parametrize(("bidders", "grids"), [(2, (8, 16, 24)), (3, (4, 8))])
@pytest.mark.parametrize("mean", np.linspace(0.1, 0.9, 9).round(1))
def test_the_optimum_lies_between_r_and_the_bounds(bidders, grids, mean):
    """r <= optimum <= min(μ, r (2 − r), I/(I + t)), that of a grid is no lower."""
    bounds = markov_bounds(bidders, mean, steps=0)
    found = [design_program(bidders, mean, steps, rule="any").value for steps in grids]
    assert found == sorted(found, reverse=True)
    for value, steps in zip(found, grids, strict=True):
        assert bounds.lower <= value + 1e-9
        assert value <= bounds.upper + 0.5 / steps


@pytest.mark.parametrize("bidders", [2, 3])
def test_linear_chances_lie_between_r_and_the_bounds_at_middling_means(bidders):
    """Without an allowance. It does not hold for all means: an approximation of no certain side, they
    leave these bounds at .1 and .9, by up to .02."""
    for mean in (0.4, 0.5, 0.6, 0.8):
        bounds = markov_bounds(bidders, mean, steps=0)
        steps = 12 if bidders == 2 else 8
        optimum = design_program(bidders, mean, steps, rule="any", chances="linear").value
        assert bounds.lower <= optimum <= bounds.upper


@pytest.mark.parametrize(("bidders", "mean", "rule"), [(2, 0.5, "highest"), (2, 0.5, "any"), (3, 0.3, "any")])
def test_the_rule_on_the_grid_is_what_the_program_says(bidders, mean, rule):
    """Its chances are monotone, give one good, and secure the value against an independent nature."""
    design = design_program(bidders, mean, 6, rule=rule)
    assert design.upper_bound == pytest.approx(design.value, abs=1e-8)
    column = {tuple(rivals): number for number, rivals in enumerate(design.rivals.tolist())}
    profiles = list(itertools.product(range(7), repeat=bidders))
    revenue = []
    for profile in profiles:
        given = paid = 0.0
        for i, own in enumerate(profile):
            chances = design.chances[:, column[tuple(sorted(profile[:i] + profile[i + 1 :]))]]
            assert (np.diff(chances) >= -1e-8).all()
            given += chances[own]
            paid += chances[own] * own / 6 - chances[:own].sum() / 6
            assert rule == "any" or own == max(profile) or chances[own] <= 1e-8
        assert given <= 1 + 1e-8
        revenue.append(paid)
    assert least_revenue(revenue, np.array(profiles) / 6, mean) == pytest.approx(design.value, abs=1e-6)


@pytest.mark.parametrize(("bidders", "mean"), [(2, 0.5), (2, 0.8), (3, 0.3), (3, 0.5)])
def test_vickrey_is_the_best_efficient_rule_but_for_a_step(bidders, mean):
    """Theorem 1.5.1: (Iμ − 1)⁺/(I − 1); on a grid at most a step more."""
    vickrey = max((bidders * mean - 1) / (bidders - 1), 0)
    steps = 12 if bidders == 2 else 8
    best = design_program(bidders, mean, steps, rule="efficient").value
    assert vickrey - 1e-9 <= best <= vickrey + 1 / steps


@pytest.mark.parametrize(
    ("bidders", "mean", "steps"),
    [(2, 0.2, 4), (2, 0.5, 5), (2, 0.8, 6), (3, 0.5, 2), (3, 0.7, 2),
     pytest.param(2, 0.5, 10, marks=pytest.mark.slow), pytest.param(2, 0.35, 12, marks=pytest.mark.slow),
     pytest.param(3, 0.4, 4, marks=pytest.mark.slow)],
)
def test_no_deterministic_rule_beats_personal_reserves(bidders, mean, steps):
    """The conjecture, as B4 found it: both optima agree on every grid tried."""
    design = deterministic_program(bidders, mean, steps)
    best, reserves = best_personal_reserves(bidders, mean, steps)
    assert design.value == pytest.approx(best, abs=1e-7)
    assert design.upper_bound == pytest.approx(best, abs=1e-6)
    assert len(reserves) == bidders
    assert set(np.unique(design.winners)) <= {0.0, 1.0}
    assert design.winners.sum(axis=0).max() <= 1
    assert design.value <= design_program(bidders, mean, steps, rule="any").value + 1e-9


def test_personal_reserves_by_hand():
    """I = 2, one step, μ = ½: whoever has 1 pays 1 where 0 does not win; both have 1 with chance 0 at worst.

    Reserves (1, 1): revenue 1 unless both have 0; the worst puts ½ on (1, 1), ½ on (0, 0): ½ = μ.
    """
    best, _ = best_personal_reserves(2, 0.5, 2)
    tried = []
    for first, second in itertools.product((0.0, 0.5, 1.0), repeat=2):
        revenue, profiles = [], list(itertools.product((0.0, 0.5, 1.0), repeat=2))
        for x, y in profiles:
            if x >= y:
                price = max(y, first)
                revenue.append(price if x >= price else 0.0)
            else:
                price = max(x + 0.5, second)
                revenue.append(price if y >= price else 0.0)
        tried.append(least_revenue(revenue, profiles, 0.5))
    assert best == pytest.approx(max(tried))


def test_what_programs_refuse():
    with pytest.raises(ValueError, match="rule must be one of 'any', 'highest', 'efficient', got 'all'"):
        design_program(2, 0.5, 8, rule="all")
    with pytest.raises(ValueError, match="chances must be one of"):
        design_program(2, 0.5, 8, chances="cubic")
    with pytest.raises(ValueError, match="steps must be at least 2, got 1"):
        design_program(2, 0.5, 1)
    with pytest.raises(ValueError, match="steps must give at most 40000 unknowns"):
        design_program(3, 0.5, 60)
    with pytest.raises(ValueError, match="steps must give at most 2000 unknowns"):
        deterministic_program(3, 0.5, 9)
