"""Unit demand: what is proved of order-oblivious prices on random instances, and what the story says."""

import math

import numpy as np
import pytest

from mechanisms.risk_averse.order_oblivious import ANY_SCALE, RANDOM_SCALE
from scenarios import unit_demand
from scenarios._unit_demand_results import PROVED, market_of, shares_of
from sim.audit import audit
from sim.runs.run import play_until
from tests.scenarios.played import Folder, manifest, printed, table_width


@pytest.fixture(scope="module")
def run():
    """Three instances."""
    parameters = unit_demand.Parameters(until=3)
    workdays = unit_demand.build(parameters, 5)
    assert play_until(workdays, parameters.until) == "complete"
    return workdays.records.frames(), parameters


def test_lemma_20_r4_and_lemma_18(run):
    """1/6.75 of soft in any order, 1/(3√3) in random order; buyers who choose cost no more; a true bound."""
    rows = run[0]["shares"]
    assert rows.instance.nunique() == 3
    assert (rows.bound >= rows.best - 1e-7).all()
    for _, own in rows.groupby("instance"):
        worth = own.set_index("way").utility
        assert worth["any order, s = 1/3"] >= 4 / 27 * worth["soft"] - 1e-9
        assert worth["random order, s = .42"] >= worth["soft"] / (3 * math.sqrt(3)) - 1e-9
        assert worth["random order, best s"] >= worth["random order, s = .42"] - 1e-12
        assert worth["item prices, random"] >= worth["random order, best s"] - 1e-9
        assert worth["item prices, random"] >= worth["item prices, worst order"] - 1e-9
        feasible = worth.drop("soft")
        assert (feasible <= own.best.iloc[0] + 1e-7).all()


def test_shares_are_far_above_what_is_proved(run):
    told = unit_demand.measures(*run)
    for way, own in shares_of(run[0]):
        assert told[f"worst: {way}"] == own.min()
        if not math.isnan(PROVED[way]):
            assert own.min() > 1.3 * PROVED[way]
    assert PROVED["any order, s = 1/3"] == pytest.approx((1 - 1 / math.e) / 6.75)
    assert pytest.approx(1 / 3) == ANY_SCALE
    assert pytest.approx(1 - 1 / math.sqrt(3)) == RANDOM_SCALE


def test_curves_over_the_scale_keep_what_is_proved(run):
    """s (1 − s)² in any order, s (1 − s)(1 − s/2) in random order; nothing is offered at 0, all at 1."""
    rows = run[0]["scales"]
    s = rows.scale
    assert (rows.worst >= s * (1 - s) ** 2 * rows.soft - 1e-9).all()
    assert (rows.random >= s * (1 - s) * (1 - s / 2) * rows.soft - 1e-9).all()
    assert (rows.random >= rows.worst - 1e-9).all()
    assert (rows.buyers >= rows.random - 1e-9).all()
    assert rows.worst.iloc[0] == rows.buyers.iloc[0] == 0
    assert s.iloc[-1] == 1


def test_one_buyer_of_one_item_is_sold_to_at_the_best_price():
    """A matrix of one cell: the optimum is max U(p) Pr[v >= p], and soft prices have it."""
    told = unit_demand.Parameters(buyers=1, items=1, values=3)
    for seed in range(5):
        market = market_of(told, np.random.default_rng(seed))
        grid, chances = market.values[0][0], market.probabilities[0][0]
        best = max(float(market.utility(p)) * chances[grid >= p].sum() for p in grid)
        assert market.best == pytest.approx(best, abs=1e-9)
        assert market.design.soft_utility == pytest.approx(best, abs=1e-9)
        assert market.utilities()["item prices, worst order"] <= best + 1e-9


def test_where_the_optimum_is_too_large_its_bound_stands_in():
    told = unit_demand.Parameters(until=1, buyers=3, items=3)
    workdays = unit_demand.build(told, 0)
    assert play_until(workdays, 1) == "complete"
    tables = workdays.records.frames()
    assert tables["shares"].best.isna().all()
    assert all((own <= 1 + 1e-9).all() for way, own in shares_of(tables) if way != "soft")


def test_truth_is_dominant_before_item_prices():
    frame = audit(unit_demand.audited_instances(unit_demand.Parameters()), ["dominant", "ex-post-ir"])
    assert frame.verdict.tolist() == ["holds"] * 4
    single = unit_demand.audited_instances(unit_demand.Parameters(items=1))
    assert set(audit(single, ["dominant"]).verdict) == {"holds"}


def test_the_report_fits_and_draws(run, tmp_path):
    tables, parameters = run
    lines = unit_demand.report(Folder(tables, tmp_path), manifest(parameters))
    text = printed(lines)
    assert table_width(lines) <= 80
    assert "3 instances" in text
    assert all(way in text for way in PROVED)
    for name in ("shares", "scale"):
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_the_same_seed_gives_the_same_instances():
    told = unit_demand.Parameters()
    one, same, other = (market_of(told, unit_demand.generator(seed, 2)) for seed in (1, 1, 3))
    np.testing.assert_array_equal(np.array(one.values), np.array(same.values))
    assert not np.array_equal(np.array(one.probabilities), np.array(other.probabilities))
