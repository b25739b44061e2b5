"""The seller's utility in the market is the exact one: lotteries in sequence, item prices, and no risk."""

from itertools import product

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from agents.population import Population
from agents.seller import SellerPlan
from agents.strategies.base import Truthful
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.risk_averse import EsoFutoAuction, ItemPrices, OrderObliviousPrices, SequentialSale
from mechanisms.utilities import CARA
from sim.market import Market, Panel
from sim.measures.seller_worth import worth_to_sellers

CAUTIOUS = CARA(0.5)
LOW, HIGH = Discrete([1.0, 4.0], [0.6, 0.4]), Discrete([2.0, 5.0], [0.3, 0.7])
ITEMS = [[LOW, HIGH], [HIGH, LOW]]
OFFERS = OrderObliviousPrices([[{1.0: 0.5, 3.0: 0.4}, {2.0: 1.0}], [{5.0: 0.3, 2.0: 0.7}, {4.0: 1.0}]])


def simulated(mechanism, prior, until=1500):
    """The mean of the seller's utility over the market's auctions, and their number."""
    people = Population.of([Truthful()] * prior.n)
    market = Market(people, [SellerPlan(mechanism, utility=CAUTIOUS)], [Panel(prior=prior)], LOW, seed=5)
    market.advance_to(until)
    market.finish()
    (worth,) = worth_to_sellers(market)
    auctions = market.records.frame("auctions")
    return worth.utility.mean, int((auctions.status != "unfinished").sum())


def assert_near(found, count, law):
    """Within 4.5 standard errors of what the exact law of revenue is worth."""
    felt = CAUTIOUS(law.amounts)
    wanted = law.probabilities @ felt
    error = np.sqrt(law.probabilities @ (felt - wanted) ** 2 / count)
    assert count > 1450
    assert abs(found - wanted) <= 4.5 * error + 1e-9


def test_sequential_sale():
    """One unit for two; the second, asked first, may pay for nothing."""
    sales = [[[0.3, 0.2], [0.2, 0.6]], [[0.4, 0.1], [0.1, 0.7]]]
    charges = [np.zeros((2, 2)), [[0.1, 0.0], [0.1, 0.1]]]
    mechanism = SequentialSale([LOW.values, HIGH.values], [1.0, 3.0], sales, charges, (1, 0), 1)
    prior = JointDistribution.product([LOW, HIGH])
    law = expected_outcome(mechanism, prior).revenue_law
    exact = mechanism.expected_revenue([LOW.probabilities, HIGH.probabilities])
    assert law.probabilities @ law.amounts == pytest.approx(exact)
    assert_near(*simulated(mechanism, prior), law)


@pytest.mark.parametrize("order", ["random", (1, 0)])
def test_item_prices(order):
    """Types are vectors of independent values of two items."""
    mechanism = ItemPrices(OFFERS, order)
    values = [[one.values for one in row] for row in ITEMS]
    chances = [[one.probabilities for one in row] for row in ITEMS]
    law = mechanism.revenue_law(values, chances)
    types = [np.array(list(product(*row))) for row in values]
    rows = [np.multiply.outer(*row).ravel() for row in chances]
    assert_near(*simulated(mechanism, JointDistribution(np.multiply.outer(*rows), types)), law)


def test_eso_and_futo():
    """Each auction brings Myerson's expected revenue, so that nothing is left to chance."""
    mechanism, prior = EsoFutoAuction([LOW, HIGH]), JointDistribution.product([LOW, HIGH])
    law = expected_outcome(mechanism, prior).revenue_law
    found, count = simulated(mechanism, prior)
    assert found == pytest.approx(float(CAUTIOUS(mechanism.revenue)))
    assert_near(found, count, law)
