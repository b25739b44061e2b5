"""The market's mean is exact play's: sellers who are averse to risk or to ambiguity, one by one."""

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from agents.population import Group, Population
from agents.seller import SellerPlan
from mechanisms.utilities import CARA
from sim.audit.library import risk_averse_instances, robust_instances
from sim.market import Market, Panel

AUCTIONS = 2000
SELLER = CARA(1.0)
INSTANCES = [*risk_averse_instances(), *robust_instances()]


def held(instance):
    """The finished auctions of a market of this seller and truthful buyers of the instance's types."""
    each = zip(instance.players, instance.attitudes, strict=True)
    people = Population([Group(truth, attitude) for truth, attitude in each], np.arange(instance.n))
    plan = SellerPlan(instance.mechanism, window=0.01, utility=SELLER)
    market = Market(people, [plan], [Panel(prior=instance.prior)], instance.prior, seed=11)
    market.advance_to(AUCTIONS)
    market.finish()
    auctions = market.records.frames()["auctions"]
    return auctions[auctions.status != "unfinished"]


@pytest.mark.parametrize("instance", INSTANCES, ids=lambda instance: instance.name)
def test_revenue_and_the_sellers_utility_are_those_of_exact_play(instance):
    """Within 4 standard errors, which exact play knows: of revenue, and of her utility of it."""
    exact = expected_outcome(instance.mechanism, instance.prior, utilities=instance.attitudes)
    law = exact.revenue_law
    auctions = held(instance)
    assert len(auctions) >= AUCTIONS - 1
    revenue = auctions.revenue.to_numpy()
    for simulated, feel in ((revenue, lambda money: money), (SELLER(revenue), SELLER)):
        felt = feel(law.amounts)
        mean = law.probabilities @ felt
        error = np.sqrt(law.probabilities @ (felt - mean) ** 2 / len(auctions))
        assert abs(simulated.mean() - mean) <= 4 * error + 1e-9
    assert law.probabilities @ SELLER(law.amounts) == pytest.approx(exact.seller_utility(SELLER))
    assert (auctions.welfare <= auctions.best_welfare + 1e-9).all()
