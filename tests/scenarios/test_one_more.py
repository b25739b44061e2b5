"""One more seller, with a mechanism of the registry, in the scenarios that sell one good."""

import numpy as np
import pytest

from mechanisms.auctions import AllPay, FirstPrice, SecondPrice
from mechanisms.registry import ONE_GOOD
from scenarios import learn_first_price, liars_market, risk_averse_bidders, town_market
from sim.runs.scenario import make_parameters

SMALL = {
    town_market: {"buyers": 30, "rate": 0.5, "until": 15},
    liars_market: {"until": 15},
    risk_averse_bidders: {"until": 15, "strategy": "truthful"},
}


def run(scenario, **told):
    parameters = make_parameters(scenario.Parameters, told)
    market = scenario.build(parameters)
    market.advance_to(parameters.until)
    market.finish()
    return market


@pytest.mark.parametrize("scenario", SMALL, ids=lambda scenario: scenario.__name__)
@pytest.mark.parametrize("mechanism", ONE_GOOD)
def test_each_mechanism_of_one_good_sells_at_one_more_seller(scenario, mechanism):
    """The market's checks, which stop a run at a breach, hold; the seller's auctions are in the records."""
    before = len(scenario.build(scenario.Parameters()).sellers)
    market = run(scenario, mechanism=mechanism, **SMALL[scenario])
    names = [seller.plan.name for seller in market.sellers]
    assert len(names) == len(set(names)) > before
    auctions = market.records.frames()["auctions"]
    assert (auctions.seller_id == len(names) - 1).any()


def test_an_equilibrium_that_is_not_known_is_refused_and_not_played_as_silence():
    told = risk_averse_bidders.Parameters(mechanism="all_pay")
    with pytest.raises(ValueError, match=r"mechanism is all_pay: all pay has no known equilibrium .*CRRA"):
        risk_averse_bidders.build(told)
    risk_averse_bidders.build(risk_averse_bidders.Parameters(mechanism="ascending_clock"))


def test_the_room_that_is_added_holds_learners():
    told = learn_first_price.Parameters(mechanism="all_pay", until=200, replicates=1)
    market = run(learn_first_price, mechanism="all_pay", until=200)
    assert market.sellers[-1].plan.mechanism == AllPay()
    tables = market.records.frames()
    row = learn_first_price.findings(tables, told)["one more room: all pay"]
    np.testing.assert_allclose([one.theory for one in row.values()], [1 / 3, 1 / 3, 0], atol=1e-4)


@pytest.mark.parametrize(("rule", "share"), [(FirstPrice(), 1 / 2), (SecondPrice(), 1), (AllPay(), 1 / 3)])
def test_revenue_equivalence(rule, share):
    """Two buyers, uniform values: each format earns 1/3; all-pay bids v²/2 are 1/3 of the mean value."""
    found = learn_first_price.equilibrium_figures(rule)
    np.testing.assert_allclose(found, (share, 1 / 3), atol=2e-3)
