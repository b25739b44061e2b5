"""What buyers of a strategy gain: the books balance, by hand and against the measures of a scenario."""

import numpy as np
import pandas as pd
import pytest

from scenarios import liars_market, neighbours
from sim.measures.by_strategy import strategy_measures
from sim.measures.people import payoffs_by_person

TABLES = {
    "agents": pd.DataFrame(
        {"bidder_id": [0, 1, 2, 3], "person_id": [0, 1, 2, 2], "strategy": ["a", "b", "b", "a"]}
    ),
    "auctions": pd.DataFrame(
        {"auction": [2, 0, 5], "opened": [1.0, 0.0, 2.0], "status": ["sold", "sold", "unfinished"]}
    ),
    "messages": pd.DataFrame({"auction": [0, 0, 0, 2, 2, 5], "bidder_id": [0, 1, 1, 0, 2, 0]}),
    "transactions": pd.DataFrame(
        {"auction": [0, 2, 2], "bidder_id": [1, 0, 2], "quantity": [1.0, 1.0, 0.0],
         "value": [5.0, 3.0, np.nan], "payment": [2.0, 4.0, -0.5]}
    ),
    "transfers": pd.DataFrame({"from_person": [0, 2], "to_person": [1, 0], "amount": [0.8, 0.2]}),
}


def test_by_hand():
    """Of a, two takings part: a loss of 1, and 0.6 paid; of b two: gains of 3 and 0.5, and 0.6 received."""
    a, b = strategy_measures(TABLES)
    assert (a.strategy, a.buyers, a.taken_part) == ("a", 2, 2)
    assert (b.strategy, b.buyers, b.taken_part) == ("b", 2, 2)
    assert a.side_payments == pytest.approx(-0.3)
    assert b.side_payments == pytest.approx(0.3)
    assert a.payoff.mean == pytest.approx(-0.5 - 0.3)
    assert b.payoff.mean == pytest.approx(1.75 + 0.3)
    assert np.isnan(a.payoff.half_width)


@pytest.mark.parametrize(("module", "until"), [(liars_market, 60), (neighbours, 5)])
def test_what_all_gain_is_what_each_person_gains(module, until):
    """Payoffs times takings part, over strategies, are those of all persons: two ways through the books."""
    market = module.build(module.Parameters(), 2)
    market.advance_to(until)
    market.finish()
    tables = market.records.frames()
    found = strategy_measures(tables)
    everybody = payoffs_by_person(tables)["payoff"].sum()
    assert sum(one.payoff.mean * one.taken_part for one in found) == pytest.approx(everybody)
    assert sum(one.side_payments * one.taken_part for one in found) == pytest.approx(0, abs=1e-9)


def test_the_ring_gains_what_the_scenario_says():
    """The mean over sellers of the colluders' payoffs; side payments are among themselves."""
    market = liars_market.build(liars_market.Parameters(latency=0.0), 1)
    market.advance_to(80.9)
    tables = market.records.frames()
    told = liars_market.measures(tables, liars_market.Parameters(latency=0.0))
    ring = next(one for one in strategy_measures(tables) if one.strategy == "Ring")
    theirs = [mean for name, mean in told.items() if name.startswith("colluders")]
    assert ring.payoff.mean == pytest.approx(np.mean(theirs))
    assert ring.payoff.half_width > 0
    bare = next(one for one in strategy_measures(tables, steady=False) if one.strategy == "Ring")
    assert np.isnan(bare.payoff.half_width)
