"""The exact audit against printed numbers, theorems, and enumerations of its own."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.play.exact import TooLargeError
from agents.strategies import Shading, Strategy
from mechanisms.auctions import AscendingClock, FirstPrice, PostedPrice, SecondPrice
from mechanisms.auctions.myerson import MyersonAuction
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.robust.finite_sets import FiniteAmbiguitySet
from mechanisms.utilities import CARA
from sim.audit import NOTIONS, Instance, audit, game_of, standard_instance, undominated_answers, utility_loss
from tests import property as prop
from tests.sim.audit.examples import (
    INCENTIVES,
    P1,
    EitherWay,
    Flawed,
    Gamble,
    RewardsKnowledge,
    Spoken,
    Tables,
    example_1_2_2,
)


class Insists(Strategy):
    """Reports 1, whatever her value."""

    def report_value(self, question, view):
        return np.ones(view.values.shape)


def gains(instance, *notions):
    """The gain under each notion, in the order of the names."""
    frame = audit(instance, notions or INCENTIVES)
    assert (frame.interval == "exact").all()
    return frame.gain.tolist()


def verdicts(instance):
    frame = audit(instance, INCENTIVES)
    return dict(zip(frame.notion, frame.verdict, strict=True))


# --- the robust paper ------------------------------------------------------------------------------


def test_example_1_2_2_to_the_digit():
    game = game_of(example_1_2_2())
    kept, weights = game.conditioned_set(0, 1)
    assert kept == (0, 1)
    said = {plan.says[0][1]: plan.utilities for plan in game.frontier(0, 1, weights)}
    np.testing.assert_allclose(game.truth(0, 1, weights), [2, 2], rtol=1e-15)
    np.testing.assert_allclose(said[4.0], [2, 2], rtol=1e-15)
    np.testing.assert_allclose(said[0.0], [10 / 3, 2], rtol=1e-15)
    found = verdicts(example_1_2_2())
    assert found["maxmin IC"] == "holds"
    assert found["Knightian IC (distributionally robust)"] == "fails"
    assert found["Hurwicz IC"] == "fails"
    assert found["Bayesian IC over the set"] == "fails"


def test_example_1_2_2_gains_and_witness():
    frame = audit(example_1_2_2(), ["knightian-ic", "hurwicz-ic", "bayesian-set-ic"])
    np.testing.assert_allclose(frame.gain, [10 / 3 - 2, 8 / 3 - 2, 8 / 3 - 2], rtol=1e-14)
    assert (frame.buyer == 0).all()
    assert (frame.type == "4").all()
    assert (frame.says == "0").all()
    assert frame.knows[0] == "distribution 0"
    assert frame.undominated.tolist() == ["0", "", ""]


def test_only_the_lie_is_undominated_in_the_example():
    plans = undominated_answers(game_of(example_1_2_2()), 0, 1)
    assert [plan.says for plan in plans] == [(("value", 0.0),)]


@st.composite
def random_mechanisms(draw, ambiguous=3):
    """Random finite direct mechanisms of two buyers with integer types, and an ambiguity set."""
    shape = (draw(st.integers(1, 3)), draw(st.integers(2, 3)))
    count = int(np.prod(shape)) * 2
    numbers = st.lists(st.integers(-2, 4), min_size=count, max_size=count)
    shares = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=count, max_size=count)
    tables = [np.reshape(draw(kind), (*shape, 2)).tolist() for kind in (shares, numbers)]
    allocation, payments = (tuple(tuple(map(tuple, row)) for row in table) for table in tables)
    weights = st.lists(st.integers(0, 4), min_size=count // 2, max_size=count // 2).filter(any)
    drawn = [np.reshape(draw(weights), shape) for _ in range(ambiguous)]
    distributions = [JointDistribution(table / table.sum()) for table in drawn]
    options = {"ambiguity": FiniteAmbiguitySet(distributions), "alpha": draw(st.floats(0, 1))}
    prior = JointDistribution(np.full(shape, 1 / (count // 2)))
    return Instance(Tables(allocation, payments), prior, **options)


@settings(max_examples=60)
@given(random_mechanisms())
def test_proposition_1_2_1(instance):
    """Each implication, as an order of gains: a lie cannot gain more in the weaker notion."""
    for kind in ("ic", "ir"):
        robust, *weaker = gains(
            instance, *(f"{name}-{kind}" for name in ("knightian", "maxmin", "hurwicz", "bayesian-set"))
        )
        assert max(weaker) <= robust + 1e-9
        assert robust <= gains(instance, f"ex-post-{kind}")[0] + 1e-9
    dominant, ex_post = gains(instance, "dominant", "ex-post-ic")
    assert ex_post <= dominant + 1e-9


@settings(max_examples=30)
@given(random_mechanisms(ambiguous=1))
def test_one_distribution_leaves_no_ambiguity(instance):
    """All attitudes agree with the expected utility under it, found by loops."""
    (prior,) = instance.set.distributions
    rule = instance.mechanism
    best = 0.0
    for buyer, own in itertools.product(range(2), range(3)):
        if own >= prior.shape[buyer] or np.take(prior.table, own, axis=buyer).sum() == 0:
            continue
        worth = np.zeros(prior.shape[buyer])
        for said, other in itertools.product(range(prior.shape[buyer]), range(prior.shape[1 - buyer])):
            reports, types = (np.array([a, other][:: 1 - 2 * buyer]) for a in (said, own))
            end = rule.outcome(reports.astype(float))
            likely = prior.table[tuple(types)] / np.take(prior.table, own, axis=buyer).sum()
            worth[said] += likely * (own * end.allocation[buyer] - end.payments[buyer])
        best = max(best, worth.max() - worth[own], -worth[own])
    names = ("knightian-ic", "maxmin-ic", "hurwicz-ic", "bayesian-set-ic")
    found = np.array(gains(instance, *names))
    np.testing.assert_allclose(found, found[0], atol=1e-9)
    # silence, which nothing happens after, is the only further answer
    assert found[0] == pytest.approx(best, abs=1e-9)


# --- auctions --------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(prop.finite_priors(max_size=3), st.integers(0, 2))
def test_truthful_auctions_leave_no_gain_at_all(prior, reserve):
    own = Discrete([0, 1, 2, 5], [0.4, 0.1, 0.3, 0.2])
    for mechanism in (SecondPrice(reserve), MyersonAuction(own)):
        assert set(gains(Instance(mechanism, prior, extra_reports=(0.5, 3.0)))) == {0.0}


@settings(max_examples=8)
@given(prop.finite_priors(n=2, max_size=2), st.integers(0, 8))
def test_posted_prices_leave_no_gain_at_all(prior, price):
    assert set(gains(Instance(PostedPrice(price / 2), prior))) == {0.0}


def test_the_clock_leaves_no_gain_at_all():
    assert set(gains(standard_instance(AscendingClock(reserve=0.5), (0.0, 1.0), n=2))) == {0.0}


def enumerated_first_price(values, n):
    """The best gain in first price with equally likely values, by loops: Bayesian, and at any profile."""
    best = {"bayesian": (0.0,), "dominant": (0.0,)}
    for buyer, own, said in itertools.product(range(n), values, values):
        differences = []
        for others in itertools.product(values, repeat=n - 1):
            payoff = []
            for bid in (own, said):
                bids = [*others[:buyer], bid, *others[buyer:]]
                payoff.append(own - bid if bids.index(max(bids)) == buyer else 0.0)
            differences.append(payoff[1] - payoff[0])
        best["bayesian"] = max(best["bayesian"], (np.mean(differences), -buyer, own, said))
        best["dominant"] = max(best["dominant"], (max(differences), -buyer, own, said))
    return best


@pytest.mark.parametrize(("values", "n"), [((0, 1, 2, 3), 2), ((1, 2, 4), 3), ((0, 2, 3, 5, 8), 2)])
def test_first_price_gains_are_those_of_an_enumeration(values, n):
    best = enumerated_first_price(values, n)
    frame = audit(standard_instance(FirstPrice(), values, n), ["bayesian-ic", "ex-post-ic"])
    assert (frame.verdict == "fails").all()
    assert frame.gain[0] == pytest.approx(best["bayesian"][0])
    assert frame.gain[1] == pytest.approx(best["dominant"][0])
    assert frame.type[0] == f"{best['bayesian'][2]}"
    assert frame.says[0] == f"{best['bayesian'][3]}"


def test_a_conversation_is_audited_as_its_closed_rule():
    """Two roads, one figure: the table of all reports, and replayed conversations."""
    closed = standard_instance(FirstPrice(reserve=0.5), (0.0, 1.0, 3.0), extra_reports=(0.5,))
    spoken = replace(closed, mechanism=Spoken(FirstPrice(reserve=0.5)))
    np.testing.assert_allclose(gains(spoken), gains(closed), atol=1e-12)


def test_other_play_than_truth_can_be_audited():
    """Second price, everybody bids half her value, which costs ties."""
    instance = standard_instance(SecondPrice(), (0.0, 2.0, 4.0), strategies=Shading(0.5))
    (gain,) = gains(instance, "bayesian-ic")
    # type 4 of buyer 1 bids 2 and loses the tie with another 4; any more wins it: a third of 4 - 2
    assert gain == pytest.approx(2 / 3)


# --- planted flaws ---------------------------------------------------------------------------------


@pytest.mark.parametrize("bonus", [0.125, 1.0, 3.0])
def test_a_flaw_of_size_g_is_found_with_gain_g(bonus):
    frame = audit(standard_instance(Flawed(bonus, 0.0)), ["dominant", "expectation", "ex-post-ic"])
    np.testing.assert_array_equal(frame.gain, bonus)
    assert (frame.verdict == "fails").all()
    assert (frame.says == "0").all()
    assert (frame.buyer == 0).all()


# --- risk ------------------------------------------------------------------------------------------


def test_expected_utility_is_not_the_utility_of_a_mean():
    """Type 2 takes the good at -2 or 4: mean payoff 1, but CARA(1) makes it worse than nothing."""
    prior = JointDistribution([0.5, 0.5], [[1, 2]])
    averse = Instance(Gamble(-2.0, 4.0), prior, utilities=CARA(1.0))
    game = game_of(averse)
    utility = game.truth(0, 0, np.ones((1, 1)))
    assert utility[0] == pytest.approx(((1 - np.exp(-3)) + (1 - np.exp(3))) / 2)
    assert gains(Instance(Gamble(-2.0, 4.0), prior), "interim-ir") == [0.0]
    assert gains(averse, "interim-ir")[0] == pytest.approx(-utility[0])
    assert gains(averse, "ex-post-ir")[0] == pytest.approx(np.exp(3) - 1)


def test_truth_in_expectation_is_less_than_dominance():
    prior = JointDistribution([0.5, 0.5])
    assert gains(Instance(EitherWay(), prior), "dominant", "expectation") == [2.0, 0.0]
    spoken = Instance(Spoken(EitherWay()), prior)
    assert gains(spoken, "dominant", "expectation") == [2.0, 0.0]


def test_infinite_losses_are_worth_avoiding():
    """CARA(1) of a loss of 2000 overflows: staying silent gains without bound."""
    prior = JointDistribution([0.5, 0.5], [[0, 1]])
    instance = Instance(Gamble(2000.0, 2000.0), prior, utilities=CARA(1.0), strategies=Insists())
    assert gains(instance, "dominant", "bayesian-ic", "interim-ir") == [np.inf] * 3


# --- knowledge -------------------------------------------------------------------------------------


def test_who_knows_more_may_gain_more():
    """Half all-pay under equal chances: no gain for who knows her type; who knows all saves half her bid."""
    everything = np.arange(4).reshape(2, 2)
    assert gains(example_1_2_2(), "bayesian-ic") == [0.0]
    informed = example_1_2_2(partitions=(everything, everything))
    frame = audit(informed, ["bayesian-ic"])
    assert frame.gain[0] == 2.0
    assert frame.knows[0].startswith("cell")


PRIOR = JointDistribution(np.array([[3, 1], [1, 5]]) / 10)


def test_two_steps_hold_under_a_proper_rule():
    frame = audit(Instance(RewardsKnowledge(2), PRIOR), ["two-step-values", "two-step-knowledge"])
    assert frame.verdict.tolist() == ["holds", "holds"]


def test_two_steps_fail_where_they_should():
    """p(v) is maximised by a point mass on the likelier type: max p - sum p², here at posterior (1, 5)/6."""
    names = ["two-step-values", "two-step-knowledge"]
    frame = audit(Instance(RewardsKnowledge(2, proper=False), PRIOR), names)
    assert frame.verdict.tolist() == ["holds", "fails"]
    posteriors = [np.array([3, 1]) / 4, np.array([1, 5]) / 6]
    assert frame.gain[1] == pytest.approx(max(p.max() - p @ p for p in posteriors))
    frame = audit(Instance(RewardsKnowledge(2, bonus=0.5), PRIOR), names)
    assert frame.verdict.tolist() == ["fails", "holds"]
    assert frame.gain[0] == pytest.approx(0.5)


def test_a_rule_that_bends_beliefs_a_little_is_found():
    """With 2 p(v) - sum p² / 2 and chances (3, 2)/5, the best is (7, 3)/10; a point mass is worse than truth.

    Bent by 1/16 to the likelier type, p gains 0.2 d - d² for d = 1/40, less at the other chances, (1, 1)/2.
    """
    prior = JointDistribution(np.array([[3, 2], [2.5, 2.5]]) / 10)
    frame = audit(Instance(RewardsKnowledge(2, weight=0.5), prior), ["two-step-knowledge"])
    assert frame.verdict.tolist() == ["fails"]
    assert frame.gain[0] == pytest.approx(0.2 / 40 - 1 / 40**2)


def test_two_steps_are_of_conversations_about_knowledge_only():
    titles = {NOTIONS[name].title for name in ("two-step-values", "two-step-knowledge")}
    assert not titles & set(verdicts(standard_instance(SecondPrice())))
    assert titles <= set(verdicts(Instance(RewardsKnowledge(2), PRIOR)))


# --- loss ------------------------------------------------------------------------------------------


def test_utility_loss_of_truth_in_first_price():
    """Two values 0 and 3 with equal chances; buyer 0 wins ties. Type 3 of buyer 0 gains 3/2 by bidding 0."""
    frame = utility_loss(standard_instance(FirstPrice(), (0.0, 3.0))).set_index("buyer")
    assert frame.loc[0].tolist() == [0.75, 1.5, 0.0, np.inf, np.inf]
    shaded = utility_loss(standard_instance(FirstPrice(), (0.0, 4.0), strategies=Shading(0.5)))
    first = shaded.set_index("buyer").loc[0]
    # bids 0 and 2: type 4 of buyer 0 wins all, for 2; at a bid of 0 she wins half of the time, for 4
    assert first.tolist() == [0.0, 0.0, 1.0, 0.0, 0.0]
    # buyer 1 loses ties: type 4 wins half of the time, for 2; a bid of 4 would earn nothing
    assert shaded.set_index("buyer").loc[1, "utility"] == pytest.approx(0.5)


# --- bad input -------------------------------------------------------------------------------------


def test_too_large_instances_say_how_large():
    with pytest.raises(TooLargeError, match=r"3 buyers with \[61, 61, 61\] reports .* audit a sample"):
        audit(standard_instance(SecondPrice(), np.arange(60), n=3))
    with pytest.raises(TooLargeError, match=r"8000 type profiles; .* audit a sample"):
        audit(standard_instance(AscendingClock(), np.arange(20), n=3))


def test_what_instances_refuse():
    with pytest.raises(ValueError, match="there is no notion 'baysian-ic'; the nearest of"):
        audit(example_1_2_2(), ["baysian-ic"])
    with pytest.raises(ValueError, match="alpha must be"):
        example_1_2_2(alpha=1.5)
    with pytest.raises(ValueError, match="weights must be one for each of 2 distributions, got 1"):
        example_1_2_2(weights=(1.0,))
    with pytest.raises(ValueError, match="weights must sum to 1"):
        example_1_2_2(weights=(0.5, 0.4))
    with pytest.raises(ValueError, match="extra_reports must be"):
        example_1_2_2(extra_reports=(-1.0,))
    with pytest.raises(TypeError, match="prior must be a JointDistribution"):
        Instance(SecondPrice(), Discrete([0, 1], [0.5, 0.5]))
    with pytest.raises(ValueError, match="utilities must be one Utility, or one for each of 2"):
        example_1_2_2(utilities=(CARA(1.0),))
    with pytest.raises(ValueError, match="shape"):
        Instance(SecondPrice(), P1, ambiguity=FiniteAmbiguitySet((JointDistribution([0.5, 0.5]),)))
