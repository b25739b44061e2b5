"""A space and a mechanism that nobody has heard of play everywhere, and nothing else is touched.

The planted space is of public goods: everybody enjoys what is provided, and a type may be negative.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from agents.best_response.strategy import BestResponse
from agents.learners import Hedge
from agents.play.exact import expected_outcome
from agents.play.instant import play_many
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies.base import Truthful
from mechanisms.conversation import DirectMechanism
from mechanisms.distributions import Discrete, IndependentPrior, JointDistribution, Uniform
from mechanisms.outcome import Outcome
from mechanisms.types import TypeSpace
from sim.audit import audit, audit_sample, standard_instance
from sim.market import Market, Panel

COST = 1.0


@dataclass(frozen=True)
class PublicGood(TypeSpace):
    """Everybody gets the same good or nobody does; a type is a number from -2 to 2."""

    @property
    def report_range(self):
        return (-2.0, 2.0)

    @property
    def units(self):
        return 0

    def worth(self, valuations, allocation):
        return valuations * allocation

    def welfare(self, types, allocation):
        return (types * allocation).sum(axis=-1) - COST * allocation.max(axis=-1)

    def best_welfare(self, types):
        return np.maximum(types.sum(axis=-1) - COST, 0.0)

    def feasible(self, allocation):
        same = (allocation == allocation[..., :1]).all(axis=-1)
        return same & np.isin(allocation[..., 0], (0.0, 1.0))


@dataclass(frozen=True)
class Pivot(DirectMechanism):
    """Provide if reported benefits exceed the cost, which all share; who is pivotal pays the others' loss."""

    @property
    def space(self):
        return PublicGood()

    def outcome(self, reports):
        said = np.where(reports == -np.inf, 0.0, reports)
        n = said.shape[-1]
        net = said - COST / n
        total = net.sum(axis=-1, keepdims=True)
        others = total - net
        provided = total > 0
        tax = np.where(provided != (others > 0), np.abs(others), 0.0)
        return Outcome(np.repeat(provided, n, axis=-1).astype(float), tax + provided * COST / n)


TYPES = (-1.0, 0.0, 1.0, 2.0)


def test_exact_play_of_types_below_zero():
    prior = JointDistribution.product([Discrete(TYPES, [0.25] * 4)] * 3)
    played = expected_outcome(Pivot(), prior)
    welfare = np.mean([max(sum(p) - COST, 0.0) for p in product(TYPES, repeat=3)])
    assert played.utility.sum() + played.revenue - COST * played.allocation[0] == pytest.approx(welfare)


def test_the_market_plays_it():
    people = Population.of([Truthful()] * 3)
    market = Market(people, [SellerPlan(Pivot())], [Panel()], Discrete(TYPES, [0.25] * 4), seed=3)
    market.advance_to(500)
    market.finish()
    auctions = market.records.frames()["auctions"].query("status != 'unfinished'")
    np.testing.assert_allclose(auctions.welfare, auctions.best_welfare)  # the pivot mechanism is efficient
    assert (market.records.frames()["messages"].bid < 0).any()


def test_exact_and_sampled_audit_agree_that_truth_is_dominant():
    instance = standard_instance(Pivot(), TYPES, n=3)
    assert list(audit(instance, ["dominant", "bayesian-ic"]).verdict) == ["holds", "holds"]
    prior = IndependentPrior.identical(Uniform(-1.0, 2.0), 3)
    found = audit_sample(Pivot(), prior, ["dominant", "bayesian-ic"])
    assert not (found.verdict == "fails").any()


def test_best_response_to_truth_is_no_worse_than_truth_and_no_better():
    prior = JointDistribution.product([Discrete(TYPES, [0.25] * 4)] * 3)
    truth = expected_outcome(Pivot(), prior).utility
    best = expected_outcome(Pivot(), prior, strategies=[BestResponse(), Truthful(), Truthful()]).utility
    np.testing.assert_allclose(best[0], truth[0], atol=1e-12)


def test_learners_and_instant_play_take_it():
    people = Population([Group(Hedge())], [0] * 3)
    market = Market(people, [SellerPlan(Pivot(), discloses="bids")], [Panel()], Uniform(0.0, 2.0), seed=3)
    market.advance_to(50)
    market.finish()
    assert not len(market.records.frames()["refusals"])
    values = np.random.default_rng(0).choice(TYPES, (20, 3))
    played = play_many(Pivot(), values, Population.of([Truthful()] * 3), np.random.default_rng(1))
    np.testing.assert_allclose(
        PublicGood().welfare(values, played.allocation), PublicGood().best_welfare(values)
    )
