"""ℳ step by step: prices and ties, who is late or silent, the designer's own knowledge, what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from agents.strategies.base import Truthful
from mechanisms.conservative.star_auction import (
    StarAuction,
    best_integer_price,
    classical_price,
    designer_knowing,
)
from mechanisms.distributions import JointDistribution
from mechanisms.engine import walk
from mechanisms.questions import SILENT
from tests.mechanisms.conservative import by_hand
from tests.mechanisms.conservative.scripted import DELTA, EPSILON, Script, auction_for, play_tails


def test_the_example_by_hand():
    """Buyer 1 has 3, buyer 0 has 1 and thinks 2 or 3 equally likely: KR = 2 at KP = 2 = CP."""
    mechanism = StarAuction(2, 4, DELTA, EPSILON)
    asked = []
    end = play_tails(mechanism, [1, 3], [np.array([0, 0, 0.5, 0.5]), None], asked)
    assert [dict(q.content) for q in asked if hasattr(q, "content")] == [{"star": 1, "values": (1.0,)}]
    np.testing.assert_array_equal(end.allocation, [0, 1])
    np.testing.assert_allclose(end.itemised["price"], [0, 2 - EPSILON])
    np.testing.assert_allclose(end.itemised["reward"], [-mechanism.reward_unit * 1.5, 0])


def test_ties_and_the_classical_price():
    assert classical_price(np.array([2.0, 2.0]), 0) == 2
    assert classical_price(np.array([2.0, 3.0]), 1) == 3
    assert classical_price(np.array([-np.inf, 3.0, 1.0]), 1) == 1
    assert best_integer_price(np.array([0.0, 0.5, 0.5])) == (1, 1.0)
    sure_of_1 = [np.eye(3)[1], np.eye(3)[1]]
    end = play_tails(StarAuction(2, 3, DELTA, EPSILON), [1, 1], sure_of_1)
    np.testing.assert_array_equal(end.allocation, [1, 0])
    assert end.itemised["price"][0] == 1 - EPSILON


def test_where_knowledge_earns_no_more_the_classical_price_stands():
    """KR = 2 at KP = 4 is no more than CP = 2; nor is it where rounding makes it a little more."""
    for low in (0.5, 0.5 - 1e-14):
        end = play_tails(StarAuction(2, 5, DELTA, EPSILON), [1, 3], [np.array([low, 0, 0, 0, 1 - low]), None])
        np.testing.assert_array_equal(end.allocation, [0, 1])
        assert end.itemised["price"][1] == 2 - EPSILON


def test_who_can_make_no_sense_of_it_is_told_the_classical_price():
    """The question about the star says which values she can have at all."""
    asked = []
    play_tails(StarAuction(3, 5, DELTA, EPSILON), [2, 3, 1], [None] * 3, asked)
    assert (asked[-1].about, asked[-1].least) == ((1,), 3)


def test_the_good_stays_unsold_where_knowledge_asks_too_much():
    end = play_tails(StarAuction(2, 4, DELTA, EPSILON), [2, 0], [None, np.eye(4)[3]])
    assert not end.allocation.any()
    assert not end.payments.any()  # a sure belief in what did not happen scores −2: reward 0


def test_who_is_late_has_left():
    mechanism = StarAuction(3, 4, DELTA, EPSILON)
    asked = []
    end = play_tails(mechanism, [SILENT, 3, 1], [None, None, np.eye(4)[3]], asked)
    assert asked[-1].to == (2,)
    assert end.itemised["price"][1] == 3 - EPSILON
    for values in ([SILENT, 3, SILENT], [SILENT] * 3):
        for _, end in walk(mechanism, 3, lambda path, v=values: Script(v, [None] * 3, path)):
            assert not end.allocation.any()
            assert not end.payments.any()


def test_without_beliefs_the_classical_price_stands():
    end = play_tails(StarAuction(3, 4, DELTA, EPSILON), [1, 3, 0], [None] * 3)
    np.testing.assert_allclose(end.payments, [0, 2 - EPSILON, 0])


def test_a_missing_belief_is_left_out_and_earns_nothing():
    mechanism = StarAuction(3, 4, DELTA, EPSILON)
    end = play_tails(mechanism, [1, 3, 0], [None, None, np.eye(4)[3]])
    np.testing.assert_allclose(end.payments, [0, 3 - EPSILON, -2 * mechanism.reward_unit])


def test_the_designer_joins_last_and_stands_alone_if_nobody_reports():
    heard = []

    def designer(star, others):
        heard.append((star, others))
        return [0, 0, 0.1, 0.9]

    mechanism = StarAuction(2, 4, DELTA, EPSILON, designer=designer)
    alone = play_tails(mechanism, [1, 3], [None, None])
    assert heard == [(1, (1.0,))]
    assert alone.payments[1] == 3 - EPSILON
    among = play_tails(mechanism, [1, 3], [np.array([0, 0.5, 0.3, 0.2]), None])
    assert among.payments[1] == 2 - EPSILON  # 0.6 : 0.4 on 2 and 3: the first report gives the density
    silent = replace(mechanism, designer=lambda star, others: None)
    assert play_tails(silent, [1, 3], [None, None]).payments[1] == 2 - EPSILON


class KeepsQuiet(Truthful):
    """Reports her value, and no belief."""

    def report_belief(self, question, view):
        return np.full((len(view.seats), *question.shape), np.nan)


def test_a_designer_who_knows_the_prior_needs_nobody_for_the_star_benchmark():
    for prior, _ in by_hand.instances(11, 12):
        mechanism = auction_for(prior, designer=designer_knowing(prior))
        outcome = expected_outcome(mechanism, prior, strategies=KeepsQuiet())
        heads = sum(
            weight * sum(p - EPSILON for v in profile for p in range(int(v) + 1))
            for weight, profile in zip(prior.support_probabilities(), prior.profiles(), strict=True)
        ) / (prior.n * prior.shape[0])
        discounts = outcome.allocation.sum() - DELTA * sold_by_chance(prior)
        gross = (outcome.revenue - DELTA * heads + EPSILON * discounts) / (1 - DELTA)
        assert gross == pytest.approx(by_hand.star_benchmark(prior), abs=1e-12)


def sold_by_chance(prior):
    """Probability that the random sale of the heads branch finds its buyer."""
    chances = (prior.profiles() + 1).mean(axis=1) / prior.shape[0]
    return prior.support_probabilities() @ chances


def test_a_designer_who_does_not_fit():
    for own, message in [([0.5, 0.5], "must return 4 masses"), ([-1, 1, 1, 0], "designer must be nonneg")]:
        mechanism = StarAuction(2, 4, DELTA, EPSILON, designer=lambda star, others, own=own: own)
        with pytest.raises(ValueError, match=message):
            play_tails(mechanism, [1, 3], [None, None])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 3), "n must be at least 2"),
        ((2, 1), "value_bound must be at least 2"),
        ((2, 3, 0.25), "delta must be > 0 and < 0.25"),
        ((2, 3, 0.0), "delta"),
        ((2, 3, 0.1, 0.25), "epsilon must be"),
        ((2, 3, 0.1, float("nan")), "epsilon"),
    ],
)
def test_bad_parameters(arguments, message):
    with pytest.raises(ValueError, match=message):
        StarAuction(*arguments)


def test_bad_types_and_sizes():
    with pytest.raises(TypeError, match="scoring"):
        StarAuction(2, 3, scoring="brier")
    with pytest.raises(TypeError, match="designer must be a function"):
        StarAuction(2, 3, designer=[0.5, 0.5, 0])
    with pytest.raises(TypeError, match="n must be an integer"):
        StarAuction(2.0, 3)
    with pytest.raises(ValueError, match="n must be 2"):
        next(StarAuction(2, 3).conversation(3))


def test_values_off_the_grid_are_refused():
    prior = JointDistribution.from_table([[0.5, 0.5]], values=[[0], [1.5, 4]])
    with pytest.raises(ValueError, match="integers from 0 to 4"):
        expected_outcome(StarAuction(2, 5), prior)
    too_high = JointDistribution.from_table([[0.5, 0.5]], values=[[0], [1, 5]])
    with pytest.raises(ValueError, match=r"integers from 0 to 4, .* got 5 for buyer 1"):
        expected_outcome(StarAuction(2, 5), too_high)
