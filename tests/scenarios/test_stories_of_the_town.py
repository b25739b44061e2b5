"""What the stories of town_market, neighbours and learn_to_tell claim, by theory where it has it, or play."""

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from mechanisms.auctions import AscendingClock, SecondPrice
from mechanisms.auctions.risk_averse import expected_highest_bid, risk_averse_schedule
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.distributions.order_statistics import expected_second_highest
from mechanisms.utilities import Linear
from scenarios import learn_to_tell, neighbours, town_market
from sim.runs.report import seller_measures
from tests.scenarios.played import played

# --- town market ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 7])
def test_with_as_many_bidders_the_three_formats_earn_the_same(n):
    """Revenue equivalence: first price in equilibrium, second price without a reserve, and the clock."""
    prior = town_market.VALUES
    first = expected_highest_bid(risk_averse_schedule(Linear(), prior, n, 1, 0.0), prior, n)
    assert first == pytest.approx(float(expected_second_highest(prior, n)), rel=1e-6)


def test_truth_brings_the_same_on_the_clock_and_in_second_price():
    value = Discrete([0.0, 10.0, 30.0, 70.0], [0.25] * 4)
    three = JointDistribution.product([value] * 3)
    clock, second = (expected_outcome(rule, three).revenue for rule in (AscendingClock(), SecondPrice()))
    assert clock == pytest.approx(second, abs=1e-9)


@pytest.fixture(scope="module")
def town():
    return played(town_market, until=120, buyers=150, degree=4)[0]


def mean_value(tables):
    values = tables["messages"].drop_duplicates(["auction", "bidder_id"])["value"]
    return values.mean(), values.std() / np.sqrt(len(values))


def test_low_values_are_more_frequent_because_losers_come_back(town):
    mean, error = mean_value(town)
    assert mean < 50 - 5 * error
    alone, error = mean_value(played(town_market, until=60, buyers=150, degree=4, comeback=0)[0])
    assert abs(alone - 50) < 4 * error


def test_the_posted_price_loses_welfare(town):
    """The first of several above 50 wins, and not the highest: beside sellers who have no reserve either."""
    shares = {one.name: one.welfare_share for one in seller_measures(town)}
    posted = shares["posted price"]
    for other in ("first price", "ascending clock", "open proxy"):
        assert posted.high < shares[other].low, other


def test_truthful_bidders_come_less_and_less_to_first_price():
    """Their share of visits is below a sixth, and lower late than early."""
    visits = played(town_market, until=120, buyers=150, degree=4, strategy="truthful")[0]["visits"]
    chosen = visits.loc[visits["seller_id"] >= 0, "seller_id"].to_numpy() == 1
    early, late = np.array_split(chosen, 2)
    assert late.mean() < early.mean()
    assert late.mean() + 3 * np.sqrt(late.mean() / len(late)) < 1 / 6


# --- neighbours -------------------------------------------------------------------------------------


def test_a_careless_belief_costs_less_than_a_millionth():
    """Brier's rule: a unit times the squared distance of two beliefs, which is at most 2."""
    told = neighbours.Parameters()
    unit = told.delta * told.epsilon / (3 * told.buyers * told.value_bound)
    assert 2 * unit < 1e-6
    assert "less than a millionth" in " ".join(neighbours.__doc__.split())


# --- learn to tell ----------------------------------------------------------------------------------


def test_each_value_is_half_as_likely_as_the_one_below():
    masses = learn_to_tell.value_of(learn_to_tell.Parameters()).probabilities
    np.testing.assert_allclose(masses[1:] / masses[:-1], 0.5)


def test_truth_is_best_by_as_little_as_the_story_says():
    """A false value may cost as little as δε(1 + 2δ)/(3nB); nothing costs less, and it is thousandths."""
    told = learn_to_tell.Parameters()
    floor = told.delta * told.epsilon * (1 + 2 * told.delta) / (3 * learn_to_tell.BUYERS * told.value_bound)
    needed, _ = learn_to_tell.auctions_needed(told)
    least = told.value_bound / np.sqrt(needed)
    assert floor - 1e-12 <= least < 10 * floor
    assert 2e-4 < floor / (told.value_bound - 1) < 2e-3


def test_a_point_of_the_score_is_worth_what_the_story_says():
    told = learn_to_tell.Parameters()
    unit = told.delta * told.epsilon / (3 * learn_to_tell.BUYERS * told.value_bound)
    assert learn_to_tell.mechanism_of(told).reward_unit == pytest.approx(unit)
