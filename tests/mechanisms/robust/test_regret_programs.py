"""(2.6), its dual (2.7), and (3.1) on grids, against the closed form of z_n and against one another."""

import math

import numpy as np
import pytest

from mechanisms import regret_program
from mechanisms.robust import (
    auction_regret_program,
    grid_regret,
    least_regret_against,
    regret_dual_program,
)

GRIDS = (
    ((1.0,), (0.0,), 1),
    ((1.0,), (0.25,), 2),
    ((1.0,), (0.0,), 60),
    ((1.0, 1.0), (0.0, 0.0), 7),
    ((1.0, 2.0), (0.1, 0.5), 12),
    ((1.0, 2.0, 0.5), (0.0, 1.0, 0.1), 4),
)


@pytest.mark.parametrize(("upper", "cost", "steps"), GRIDS)
def test_program_has_the_value_of_the_closed_form(upper, cost, steps):
    found, z = regret_program(upper, cost, steps), grid_regret(upper, cost, steps)
    total = np.subtract(upper, cost).sum()
    assert found.value == pytest.approx(z, abs=1e-6 * total)
    assert found.lower_bound <= z + 1e-9 * total
    assert found.lower_bound >= z - 1e-6 * total


@pytest.mark.parametrize(("upper", "cost", "steps"), GRIDS)
def test_programs_mechanism_is_feasible_and_nature_keeps_it_there(upper, cost, steps):
    """All of (2.5)'s constraints, and the least regret of any mechanism under the program's nature."""
    found = regret_program(upper, cost, steps)
    slack = 2e-7 * np.subtract(upper, cost).sum()
    utility = found.values @ found.allocation.T - found.payments
    own = np.diag(utility)
    assert (utility <= own[:, None] + slack).all()
    assert (own >= -slack).all()
    assert ((found.allocation >= -1e-9) & (found.allocation <= 1 + 1e-9)).all()
    profit = found.payments - found.allocation @ np.array(cost)
    regret = np.maximum(found.values - cost, 0).sum(axis=1) - profit
    assert regret.max() == pytest.approx(found.value, abs=1e-9)
    assert found.nature.sum() == pytest.approx(1)
    likely = found.nature > 1e-9
    kept = least_regret_against(
        found.values[likely], found.nature[likely] / found.nature[likely].sum(), upper, cost)
    assert kept == pytest.approx(found.value, abs=1e-5)


def test_values_rise_to_an_eth_of_the_range():
    """Lemmas 2.3.2 and 2.3.3: along doublings z_n rises, stays below 1/e, and comes within 1/(2 n) of it."""
    values = [grid_regret(1.0, 0.0, 2**k) for k in range(1, 16)]
    assert (np.diff(values) > 0).all()
    for k, value in enumerate(values, start=1):
        assert 0 < 1 / math.e - value < 0.5 / 2**k
    solved = [regret_program((1.0, 1.0), 0.0, steps).value / 2 for steps in (2, 4, 8, 16)]
    np.testing.assert_allclose(solved, values[:4], atol=1e-6)


@pytest.mark.parametrize(
    ("upper", "cost", "steps"), [GRIDS[1], ((1.0,), (0.0,), 40), GRIDS[3], ((1, 2), (0.1, 0.5), 6)]
)
def test_dual_program_has_the_same_value(upper, cost, steps):
    """(2.7), with multipliers for all lies, written down apart from (2.6)."""
    dual = regret_dual_program(upper, cost, steps)
    assert dual.value == pytest.approx(grid_regret(upper, cost, steps), abs=1e-7)
    assert dual.probabilities.sum() == pytest.approx(1)
    likely = dual.probabilities > 1e-10
    kept = least_regret_against(
        dual.values[likely], dual.probabilities[likely] / dual.probabilities[likely].sum(), upper, cost)
    assert kept == pytest.approx(dual.value, abs=1e-6)


@pytest.mark.parametrize(("upper", "bidders", "steps"), [((1.0,), 2, 12), ((2.0,), 3, 5), ((1.0, 2.0), 2, 3)])
def test_auctions_on_a_grid_have_the_same_regret_whatever_the_number_of_bidders(upper, bidders, steps):
    """(3.1) on a grid: Corollary 3.3.1's independence already holds there."""
    found = auction_regret_program(upper, bidders, steps)
    assert found.value == pytest.approx(grid_regret(upper, 0.0, steps), abs=1e-6 * sum(upper))
    assert found.lower_bound <= grid_regret(upper, 0.0, steps) + 1e-9
    assert (found.allocation.sum(axis=1) <= 1 + 1e-7).all()
    utility = (found.allocation * found.values).sum(axis=-1) - found.payments
    assert (utility >= -1e-6).all()
    revenue = found.payments.sum(axis=-1)
    best = found.values.max(axis=1).sum(axis=-1)
    assert (best - revenue).max() == pytest.approx(found.value, abs=1e-9)


def test_lies_of_bidders_do_not_tempt():
    """Every bidder, every pair of her types, every profile of the others, by enumeration."""
    found, types = auction_regret_program((1.0, 2.0), 2, 2), 9
    values = found.values.reshape(types, types, 2, 2)
    allocation, payments = found.allocation.reshape(values.shape), found.payments.reshape(types, types, 2)
    for bidder in (0, 1):
        own, got, paid = (np.moveaxis(part, (bidder, 2), (0, 1))[:, bidder]
                          for part in (values, allocation, payments))
        for rival in range(types):
            utility = own[:, rival] @ got[:, rival].T - paid[:, rival]
            assert (utility <= np.diag(utility)[:, None] + 1e-6).all()


def test_items_that_are_not_sold_stay():
    """Remark 2.3.1."""
    found = regret_program((1.0, 2.0), (0.0, 2.5), 8)
    assert found.value == pytest.approx(grid_regret(1.0, 0.0, 8), abs=1e-6)
    assert not found.allocation[:, 1].any()
    assert regret_program(1.0, 1.0, 8).value == 0


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        regret_program(1.0, 0.0, 0)
    with pytest.raises(TypeError, match=r"steps must be an integer, got 2\.5"):
        regret_program(1.0, 0.0, 2.5)
    with pytest.raises(ValueError, match="pairs of a truth and a lie"):
        regret_program((1.0, 1.0, 1.0), 0.0, 20)
    with pytest.raises(ValueError, match="bidders must be at least 2, got 1"):
        auction_regret_program(1.0, 1, 5)
    with pytest.raises(ValueError, match="cost must be below upper"):
        regret_dual_program(1.0, 1.5, 5)
    with pytest.raises(ValueError, match="steps must be at least 1, got -3"):
        grid_regret(1.0, 0.0, -3)
    with pytest.raises(ValueError, match="upper must be above 0"):
        regret_program(-1.0, 0.0, 5)


@pytest.mark.slow
def test_two_goods_on_thirty_steps():
    found = regret_program((1.0, 1.0), 0.0, 30)
    assert found.value == pytest.approx(grid_regret((1.0, 1.0), 0.0, 30), abs=1e-6)
    assert 2 / math.e - found.value < 0.03
