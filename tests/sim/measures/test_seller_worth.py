"""What auctions are worth to sellers who fear risk, in the market as in exact play."""

import numpy as np
import pandas as pd
import pytest

from agents.play.exact import expected_outcome
from agents.population import Population
from agents.seller import SellerPlan
from agents.strategies.base import Truthful
from mechanisms.auctions import FirstPrice, SecondPrice
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.risk_averse import InsuredSale
from mechanisms.utilities import CARA, Capped, Linear
from sim.market import Market, Panel
from sim.measures.seller_worth import seller_worth, worth_to_sellers


def test_a_table_by_hand():
    """Capped at 3: utilities 0, 2, 3, 3; the unfinished auction does not count."""
    auctions = pd.DataFrame({
        "revenue": [0.0, 2.0, 5.0, 3.0, 9.0],
        "status": ["unsold", "sold", "sold", "sold", "unfinished"],
    })
    worth = seller_worth(auctions, Capped(3.0))
    assert (worth.revenue.mean, worth.utility.mean, worth.certainty_equivalent) == (2.5, 2.0, 2.0)
    none = seller_worth(auctions[:0], Capped(3.0))
    assert np.isnan([none.revenue.mean, none.utility.mean, none.certainty_equivalent]).all()


def test_a_utility_at_its_upper_bound_has_the_least_such_revenue():
    """Rounding of the mean must not leave the range of the utility."""
    auctions = pd.DataFrame({"revenue": [5.0] * 1001, "status": ["sold"] * 1001})
    assert seller_worth(auctions, Capped(0.1)).certainty_equivalent == pytest.approx(0.1)


def test_sellers_of_a_market_by_their_own_attitudes():
    """Within 4 standard errors of exact play; who does not fear risk has the mean as certainty equivalent."""
    prior = JointDistribution.product([Discrete([0.0, 1.0, 4.0], [0.5, 0.3, 0.2])] * 2)
    plans = [
        SellerPlan(SecondPrice(1.0), utility=CARA(0.5)),
        SellerPlan(SecondPrice(1.0), name="neutral"),
        SellerPlan(InsuredSale(1.0, 0.4), utility=CARA(0.5)),
    ]
    people = Population.of([Truthful()] * 6)
    panels = [Panel(members=[2 * k, 2 * k + 1], prior=prior) for k in range(3)]
    market = Market(people, plans, panels, Discrete([0.0, 1.0], [0.5, 0.5]))
    market.advance_to(2000)
    market.finish()
    for plan, worth in zip(plans, worth_to_sellers(market), strict=True):
        exact = expected_outcome(plan.mechanism, prior)
        law = exact.revenue_law
        spread = np.sqrt(law.probabilities @ plan.utility(law.amounts) ** 2)
        wanted = exact.seller_utility(plan.utility)
        assert abs(worth.utility.mean - wanted) <= 4 * spread / np.sqrt(1990) + 1e-9
    cautious, neutral, insured = worth_to_sellers(market)
    assert cautious.certainty_equivalent < cautious.revenue.mean
    assert neutral.certainty_equivalent == pytest.approx(neutral.revenue.mean)
    assert insured.certainty_equivalent == pytest.approx(0.4)


def test_a_plan_holds_a_utility():
    assert SellerPlan(FirstPrice()).utility == Linear()
    with pytest.raises(TypeError, match="utility must be a Utility, got 'cautious'"):
        SellerPlan(FirstPrice(), utility="cautious")
