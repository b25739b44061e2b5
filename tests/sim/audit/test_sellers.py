"""`bazaar audit SCENARIO`: each seller's rules, with her own buyers' attitudes, priors and knowledge."""

import numpy as np
import pytest

from agents.play.exact import TooLargeError, expected_outcome
from mechanisms.auctions import SecondPrice
from mechanisms.auctions.core_selecting import NearestZero
from mechanisms.conservative import KnowledgeExtraction, StarAuction
from mechanisms.distributions import Discrete, IndependentPrior, JointDistribution, Uniform
from mechanisms.utilities import CARA, CRRA, Linear
from scenarios import learn_first_price, learn_to_tell, neighbours, risk_averse_bidders, sell_the_room
from sim.audit import Effort, audit_market, audit_sample
from sim.audit.sampled.sampling import Sampler
from sim.audit.sellers import Shop, distinct, shops, small_instances
from tests.sim.command import bazaar

__all__ = ["bazaar"]


def every_shop(scenario, **options):
    market = scenario.build(scenario.Parameters(**options))
    return [shop for each in shops(market).values() for shop in each]


def test_buyers_keep_their_attitude_to_risk(bazaar):
    """Two bidders, values 1/6, 1/2, 5/6; u = x^0.4/0.4. Who has 5/6 and says 1/2 wins against 1/6 and 1/2."""
    crowds = [shop.utility for shop in every_shop(risk_averse_bidders)]
    assert crowds == [Linear(), Linear(), CRRA(0.6), CRRA(0.6), CARA(4.0), CARA(4.0)]
    call = bazaar(
        "audit", "risk_averse_bidders", "--mechanism", "first price, CRRA 0.6", "--notion", "bayesian-ic"
    )
    assert call.code == 0
    assert f"{2 / 3 * (1 / 3) ** 0.4 / 0.4:.4g}" in call.out


def test_each_room_has_its_own_prior():
    """The room of fixed values is audited at 1 and 1/2; five rooms of first price are one."""
    instances, left_out = small_instances(every_shop(learn_first_price), types=3, buyers=2)
    assert [instance.name for instance in instances] == [
        "first price: gradient (and 4 alike)",
        "second price: values anew",
        "second price: values fixed",
    ]
    assert [grid.tolist() for grid in instances[-1].prior.values] == [[1.0], [0.5]]
    assert left_out == []


def test_rules_for_many_buyers_are_audited_among_few(bazaar):
    """ℳ among two of four, 𝕄 among two of up to fifty: truth about values is dominant, and loses nothing."""
    small = ("--set", "buyers=4", "--set", "density=2", "--set", "value_bound=4")
    call = bazaar("audit", "neighbours", *small, "--notion", "two-step-values", "--notion", "ex-post-ir")
    assert call.code == 0
    assert call.out.count("holds") == 2 + 2  # below the table it stands twice
    call = bazaar("audit", "sell_the_room", "--notion", "interim-ir")
    told = " ".join(call.out.replace("│", " ").split())
    assert call.code == 0
    for seller in ("𝕄", "Segal", "Baliga-Vohra", "single sample", "Vickrey"):
        assert f"{seller}, n = 2 (and 6 alike)" in told


def test_rules_that_need_more_buyers_are_left_out():
    rules = SecondPrice(), NearestZero()
    second, local = (Shop(rule.name, rule, Linear(), Uniform(0, 1)) for rule in rules)
    instances, left_out = small_instances([second, local], types=3, buyers=2)
    assert [instance.name for instance in instances] == ["second price"]
    assert left_out == ["nearest zero: needs --buyers 3, which may take minutes"]
    with pytest.raises(TooLargeError, match="needs 3 buyers, 8,000 type profiles, too many"):
        small_instances([local], types=20, buyers=2)
    with pytest.raises(TooLargeError, match="20 buyers of 3 types have 3,486,784,401 type profiles"):
        small_instances([second], types=3, buyers=20)


def test_the_rooms_knowledge_is_audited_on_a_sample(bazaar):
    """In ℳ truth is best: no gain is found, and that there is none cannot be seen from a sample."""
    small = ("audit", "neighbours", "--set", "buyers=4", "--set", "density=2", "--sample", "400")
    for room in ("no ties", "2 ties, 2 bins"):
        call = bazaar(*small, "--mechanism", room)
        told = " ".join(call.out.replace("│", " ").split())
        assert call.code == 0
        assert "Bayesian IC no gain above" in told
        assert "ex-post IR no gain above 0 " in told


def test_a_market_is_audited_from_python():
    """Values 1/6, 1/2, 5/6: the highest wins ties as buyer 0, and gains 2/3 with chance 1/3, bidding 1/6."""
    market = risk_averse_bidders.build()
    names = ["first price, risk-neutral", "second price, risk-neutral"]
    frame = audit_market(market, ["bayesian-ic"], mechanisms=names)
    assert frame.mechanism.tolist() == names
    assert frame.verdict.tolist() == ["fails", "holds"]
    np.testing.assert_allclose(frame.gain, [2 / 9, 0], atol=1e-12)
    assert frame.attrs["left_out"] == []
    sampled = audit_market(market, ["bayesian-ic"], mechanisms=names[:1], sample=2000)
    assert sampled.verdict.tolist() == ["fails"]
    with pytest.raises(ValueError, match="there is no mechanism 'third price'"):
        audit_market(market, mechanisms=["third price"])


def test_knowledge_tells_shops_apart_on_samples_only():
    each = every_shop(neighbours, buyers=3, density=(2,), resolution=(2,))
    assert len(distinct(each, by_knowledge=True)) == len(each) == 2
    assert len(distinct(each, by_knowledge=False)) == 1


def test_one_market_with_several_attitudes_is_audited_for_each():
    market = learn_to_tell.build()
    market.population.groups = tuple(
        type(group)(group.strategy, CARA(1.0) if number == 0 else Linear(), group.prior)
        for number, group in enumerate(market.population.groups)
    )
    names = {shop.name: shop.utility for each in shops(market).values() for shop in each}
    assert list(names.values()) == [CARA(1.0), Linear(), Linear(), Linear()]
    market.population.membership = np.arange(len(market.population)) % 2
    first, second, *_ = (shop for each in shops(market).values() for shop in each)
    assert (first.name, second.name) == (
        "values, told everything, CARA(risk_aversion=1.0)",
        "values, told everything, Linear()",
    )


TENDENCY = JointDistribution(np.array([[4, 1, 1], [1, 2, 1], [1, 1, 4]]) / 16, [[0, 1, 2]] * 2)


def test_truth_with_beliefs_earns_what_exact_play_says():
    """ℳ pays for true knowledge; 5 standard errors around the exact interim utilities."""
    mechanism = StarAuction(2, 3)
    exact = expected_outcome(mechanism, TENDENCY)
    sampler = Sampler(mechanism, TENDENCY)
    for buyer in range(2):
        grid = sampler.types(buyer, 3)
        lies = sampler.deviations(buyer, grid, grid[:1, None])
        moments = sampler.moments(lies, 100, np.random.default_rng(1))
        honest = (np.arange(3), lies.honest)
        error = np.sqrt(moments.utility_variance[honest] / 100)
        mass = TENDENCY.marginal(buyer).probabilities
        found, allowed = moments.mean_utility[honest] @ mass, 5 * np.sqrt((error * mass) @ (error * mass))
        assert abs(found - exact.utility[buyer]) < allowed


def test_conversations_about_knowledge_are_sampled_on_whole_numbers():
    even = IndependentPrior.identical(Discrete([0, 1, 2], [1 / 3] * 3), 3)
    mechanism = KnowledgeExtraction(3, value_bound=3)
    frame = audit_sample(mechanism, even, ["ex-post-ir", "interim-ir"], effort=Effort(8, 3, 9))
    assert len(frame) == 2
    assert not frame.verdict.str.contains("fails").any()
    with pytest.raises(TypeError, match="prior must hold whole numbers"):
        audit_sample(mechanism, IndependentPrior.identical(Uniform(0, 2), 3), effort=Effort(8, 3, 9))
    strangers = next(shop.knowledge for shop in every_shop(sell_the_room) if shop.name == "𝕄, n = 20")
    with pytest.raises(ValueError, match="knowledge must be of the prior's 3 buyers, got 20"):
        audit_sample(mechanism, even, knowledge=strangers)
