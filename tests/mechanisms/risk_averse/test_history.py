"""Prices that depend on history: against plain recursion, and never worse than fixed prices."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from mechanisms.distributions import Discrete
from mechanisms.risk_averse import best_sequential_prices, design_history_prices, optimal_dsic_utility
from mechanisms.risk_averse.history import best_history_policy
from mechanisms.utilities import CRRA, Capped
from sim.conformance.mechanism import MechanismConformance
from tests.mechanisms.risk_averse.cases import instance, profiles


class TestConformance(MechanismConformance):
    instances = (
        design_history_prices(
            [[2.0, 5.0, 8.0]] * 3, [[0.3, 0.3, 0.4]] * 3, 2, CRRA(0.5), order=(2, 0, 1)
        ).mechanism,
    )

    ties_to_lowest = False  # the order decides

    @pytest.fixture(params=instances, ids=["history"])
    def instance(self, request):
        return request.param

    def sizes(self, mechanism):
        return (mechanism.least_buyers,)


def all_policies(order, values, probabilities, units, utility):
    """The best prices that depend on units and revenue, by plain recursion over what may happen."""

    def worth(turn, left, revenue):
        if turn == len(order) or not left:
            return float(utility(revenue))
        buyer = order[turn]
        best = worth(turn + 1, left, revenue)
        for price in values[buyer]:
            sold = sum(p for v, p in zip(values[buyer], probabilities[buyer], strict=True) if v >= price)
            taken, refused = worth(turn + 1, left - 1, revenue + price), worth(turn + 1, left, revenue)
            best = max(best, sold * taken + (1 - sold) * refused)
        return best

    return worth(0, units, 0.0)


@pytest.mark.parametrize("seed", range(20))
def test_history_prices_against_recursion(seed):
    rng = np.random.default_rng([seed, 4])
    _, probabilities, units, utility = instance(seed)
    values = [rng.choice(np.arange(1.0, 13.0), len(p), replace=False) for p in probabilities]
    order = tuple(int(i) for i in rng.permutation(len(values)))
    design = design_history_prices(values, probabilities, units, utility, order=order)
    wanted = all_policies(order, values, probabilities, units, utility)
    assert design.value == pytest.approx(wanted, abs=1e-10)
    played = design.mechanism.expected_utility(values, probabilities, utility)
    assert played == pytest.approx(wanted, abs=1e-10)
    assert design.value <= optimal_dsic_utility(values, probabilities, units, utility) + 1e-9


@pytest.mark.parametrize("seed", range(8))
def test_history_is_never_worse_than_fixed_prices_in_the_same_order(seed):
    values, probabilities, units, utility = instance(seed, most_buyers=4)
    values = [np.round(v) for v in values]
    fixed = best_sequential_prices(values, probabilities, units, utility)
    asked = fixed.mechanism.sequence
    order = (*asked, *(i for i in range(len(values)) if i not in asked))
    priors = [Discrete(*pair) for pair in zip(values, probabilities, strict=True)]
    assert best_history_policy(priors, units, utility, order)[1] >= fixed.expected_utility - 1e-10


def test_bold_when_behind():
    """Two buyers, 1 for sure or 3 with ½; U counts money up to 3: whoever sold the first at 3 is content."""
    values, probabilities = [[1.0, 3.0]] * 2, [[0.5, 0.5]] * 2
    design = design_history_prices(values, probabilities, 2, Capped(3.0), order=(0, 1))
    ahead, behind = (design.mechanism.price(1, sold, 3 * sold) for sold in (1, 0))
    assert design.mechanism.prices[behind] == 3.0
    assert ahead == -1  # nothing more can be gained
    assert design.value == pytest.approx(0.75 * 3)


def test_history_prices_of_odd_values_are_worth_at_least_what_they_say():
    """Revenue is counted rounded down: the value is from below, close to fixed prices in the same order."""
    rng = np.random.default_rng(6)
    values = [np.sort(rng.random(4) * 9) for _ in range(5)]
    probabilities = rng.dirichlet(np.ones(4), size=5)
    fixed = best_sequential_prices(values, probabilities, 2, CRRA(0.5))
    asked = fixed.mechanism.sequence
    order = (*asked, *(i for i in range(5) if i not in asked))
    value = design_history_prices(values, probabilities, 2, CRRA(0.5), order=order).value
    exact = all_policies(order, values, probabilities, 2, CRRA(0.5))
    assert 0.995 * exact <= value <= exact + 1e-12
    assert math.isfinite(value)


def test_the_law_of_revenue_against_its_conversation():
    """The conversation at every profile of truthful buyers, against the forward law."""
    values, probabilities = [[1.0, 3.0, 4.0]] * 3, [[0.2, 0.5, 0.3], [0.5, 0.1, 0.4], [0.3, 0.3, 0.4]]
    mechanism = design_history_prices(values, probabilities, 2, CRRA(0.5), order=(1, 2, 0)).mechanism
    law = mechanism.revenue_law([Discrete(*pair) for pair in zip(values, probabilities, strict=True)])
    chances = {}
    for types, chance in profiles(values, probabilities):
        revenue = played_revenue(mechanism, types)
        chances[revenue] = chances.get(revenue, 0.0) + chance
    assert chances.keys() == set(law.amounts.tolist())
    np.testing.assert_allclose(law.probabilities, [chances[x] for x in sorted(chances)], atol=1e-12)


def played_revenue(mechanism, types):
    """What truthful buyers of these types pay in all."""
    talk, reply = mechanism.conversation(len(types)), None
    try:
        while True:
            question = talk.send(reply)
            takes = np.zeros(len(types))
            takes[question.to[0]] = types[question.to[0]] >= question.prices[0]
            reply = SimpleNamespace(values=takes)
    except StopIteration as end:
        return float(end.value.payments.sum())
