"""Sequential prices: exact utility against enumeration and exact play; truth is dominant; bad input."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from mechanisms.distributions import Discrete, JointDistribution, Uniform
from mechanisms.risk_averse import RevenueLaw, SequentialPrices, TooLargeError
from mechanisms.risk_averse.sales import Offers, sales_law, sales_utility
from mechanisms.utilities import CARA, CRRA, Capped, Linear
from sim.conformance.mechanism import MechanismConformance
from tests.mechanisms.risk_averse.cases import enumerated_utility, instance, line_revenue, profiles


class TestConformance(MechanismConformance):
    instances = (
        SequentialPrices((3.0, 7.0, 7.0), 1),
        SequentialPrices((3.0, math.inf, 7.0, 2.0), 2),
        SequentialPrices((4.0, 8.0), 2, order=(0, 1)),
    )

    ties_to_lowest = False  # prices differ

    def sizes(self, mechanism):
        return (mechanism.least_buyers,)


def prices_for(seed, values):
    """A price for each buyer, often one of her values, sometimes none."""
    rng = np.random.default_rng([seed, 5])
    chosen = [float(rng.choice([*v, math.inf, 2.5])) for v in values]
    order = tuple(int(i) for i in rng.permutation(len(values)))
    return chosen, order


@pytest.mark.parametrize("seed", range(60))
def test_expected_utility_against_enumeration(seed):
    """In decreasing order and in any, for prices with and without a common unit of money."""
    values, probabilities, units, utility = instance(seed, most_buyers=5, most_values=4)
    prices, order = prices_for(seed, values)
    for given in (None, order):
        found = SequentialPrices(prices, units, given).expected_utility(values, probabilities, utility)
        wanted = enumerated_utility(prices, values, probabilities, units, utility, given)
        assert found == pytest.approx(wanted, abs=1e-10, rel=1e-10)


@pytest.mark.parametrize("seed", range(0, 30, 3))
def test_law_of_revenue_against_exact_play(seed):
    values, probabilities, units, utility = instance(seed)
    prices, order = prices_for(seed, values)
    mechanism = SequentialPrices(prices, units, order)
    priors = [Discrete(*pair) for pair in zip(values, probabilities, strict=True)]
    played = expected_outcome(mechanism, JointDistribution.product(priors))
    law = mechanism.revenue_law(priors)
    assert law.mean == pytest.approx(played.revenue, abs=1e-12)
    revenue = played.leaves.payments.sum(axis=1)
    for amount in (*law.amounts, 1.0, 5.0):
        at_most = played.leaves.probability[revenue <= amount + 1e-9].sum()
        assert law.cdf(amount + 1e-9) == pytest.approx(at_most, abs=1e-12)
    worth = played.leaves.probability @ utility(revenue)
    assert law.expected_utility(utility) == pytest.approx(worth, abs=1e-12)


def test_no_report_gains_whatever_the_others_do():
    """Dominant-strategy incentive compatible: every profile of three, every buyer, every lie."""
    mechanism = SequentialPrices((4.0, 6.0, 2.0), 1)
    grid = np.arange(0.0, 9.0, 2.0)
    for types in itertools.product(grid, repeat=3):
        honest = surpluses(mechanism, types, types)
        for buyer, lie in itertools.product(range(3), grid):
            lying = [lie if i == buyer else t for i, t in enumerate(types)]
            assert surpluses(mechanism, lying, types)[buyer] <= honest[buyer] + 1e-12


def surpluses(mechanism, answers, types):
    """What each buyer gains when all answer offers as if they had the values `answers`."""
    talk = mechanism.conversation(len(types))
    reply = None
    try:
        while True:
            question = talk.send(reply)
            takes = np.zeros(len(types))
            takes[question.to[0]] = answers[question.to[0]] >= question.prices[0]
            reply = SimpleNamespace(values=takes)
    except StopIteration as end:
        return np.array(types) * end.value.allocation - end.value.payments


def test_moments_quantiles_and_certainty_equivalent_of_a_law():
    law = RevenueLaw.of(np.array([4.0, 0.0, 4.0]), np.array([0.25, 0.5, 0.25]))
    assert law.mean == 2.0
    assert law.standard_deviation == 2.0
    assert law.certainty_equivalent(CRRA(0.5)) == pytest.approx(1.0)  # (½ · 2)²
    assert law.certainty_equivalent(lambda x: np.sqrt(np.abs(x))) == pytest.approx(1.0, abs=1e-9)
    assert (law.quantile(0.5), law.quantile(0.51)) == (0.0, 4.0)


def test_any_distribution_at_given_prices():
    """Uniform values on [0, 1], prices ½ and ¼, one unit: ½ · ½ + ½ · ¾ · ¼."""
    law = SequentialPrices((0.25, 0.5)).revenue_law([Uniform(0, 1), Uniform(0, 1)])
    assert law.mean == pytest.approx(0.5 * 0.5 + 0.5 * 0.75 * 0.25)


def many_odd_offers(n):
    rng = np.random.default_rng(4)
    return Offers(np.sort(1 + 9 * rng.random(n))[::-1], rng.random(n) * 0.3)


def test_many_odd_prices_are_bracketed():
    """The bracket is narrow, and holds the exact value where counting gives one."""
    offers, units = many_odd_offers(60), 6
    with pytest.raises(TooLargeError, match="60 buyers"):
        sales_law(offers, units)
    bracket = sales_utility(offers, units, CRRA(0.5))
    assert bracket.lower < bracket.upper < bracket.lower * 1.001
    for utility in (CARA(0.1), Linear()):
        exact = sales_utility(offers, units, utility)
        around = sales_utility(offers, units, lambda x, u=utility: u(x))
        assert exact.exact
        assert around.lower <= exact.lower <= around.upper


def test_listed_sums_counting_and_cells_agree():
    """Three exact routes: sums that occur, the number of sales, multiples of a unit."""
    offers = many_odd_offers(12)
    whole = Offers(np.round(offers.prices), offers.chances)
    for made in (offers, whole):
        by_law = sales_law(made, 4).expected_utility(CARA(0.2))
        assert sales_utility(made, 4, CARA(0.2)).lower == pytest.approx(by_law, abs=1e-12)


def test_small_risk_aversion_is_linear_in_the_limit():
    """Counting with exponentials loses no digits: CARA(1e-9) against the mean."""
    offers = many_odd_offers(40)
    mean = sales_utility(offers, 5, Linear()).lower
    assert sales_utility(offers, 5, CARA(1e-9)).lower == pytest.approx(mean, rel=1e-7)


def test_infinite_prices_are_never_offered():
    mechanism = SequentialPrices((math.inf, 2.0), 2)
    assert mechanism.sequence == (1,)
    assert mechanism.expected_utility([[100.0], [2.0]], [[1.0], [1.0]], Linear()) == 2.0


def test_nothing_is_offered():
    assert SequentialPrices((math.inf,)).expected_utility([[1.0]], [[1.0]], Capped(1.0)) == 0.0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (((-1.0,), 1), ValueError, "prices must be at least 0, not -1.0"),
        (((math.nan,), 1), ValueError, "prices must be at least 0, not nan"),
        (((), 1), ValueError, "at least one price"),
        ((("a",), 1), TypeError, "prices must hold real numbers"),
        (((1.0,), 0), ValueError, "units must be at least 1, got 0"),
        (((1.0,), 1.5), TypeError, "units must be an integer"),
        (((1.0, 2.0), 1, (0, 0)), ValueError, "order must hold each of 0 to 1 once"),
    ],
)
def test_bad_prices_units_and_orders(arguments, error, message):
    with pytest.raises(error, match=message):
        SequentialPrices(*arguments)


@pytest.mark.parametrize(
    ("values", "probabilities", "utility", "error", "message"),
    [
        ([[1.0]], [[1.0]], Linear(), ValueError, "prices must be of the 1 buyers, got 2 of them"),
        ([[1.0], [1.0]], [[1.0], [0.5]], Linear(), ValueError, "buyer 1: probabilities must sum to 1"),
        ([[1.0], [-1.0]], [[1.0], [1.0]], Linear(), ValueError, r"values\[1\] must be at least 0, not -1"),
        ([[1.0], [math.nan]], [[1.0], [1.0]], Linear(), ValueError, r"values\[1\] must be finite"),
        ([[1.0], [2.0]], [[1.0]], Linear(), ValueError, "as many buyers as values, 2, not 1"),
        ([[1.0], [2.0]], [[1.0], [1.0]], np.square, ValueError, "utility must be concave"),
        ([[1.0], [2.0]], [[1.0], [1.0]], np.cos, ValueError, "utility must be 0 at 0"),
        ([[1.0], [2.0]], [[1.0], [1.0]], 3.0, TypeError, "utility must be callable"),
    ],
)
def test_bad_buyers_and_utilities(values, probabilities, utility, error, message):
    with pytest.raises(error, match=message):
        SequentialPrices((1.0, 2.0), 2).expected_utility(values, probabilities, utility)


def test_another_number_of_buyers_is_refused():
    with pytest.raises(ValueError, match="prices must be of the 3 buyers, got 2"):
        next(SequentialPrices((1.0, 2.0)).conversation(3))


def test_enumeration_itself_on_a_case_by_hand():
    """Two fair coins of 1 or 2, both offered 2, one unit: revenue 2 with probability ¾."""
    values, probabilities = [[1.0, 2.0]] * 2, [[0.5, 0.5]] * 2
    assert sum(chance for _, chance in profiles(values, probabilities)) == 1.0
    assert line_revenue([2.0, 2.0], [2.0, 2.0], 1, [0, 1]) == 2.0
    assert enumerated_utility([2.0, 2.0], values, probabilities, 1, Linear()) == 1.5
