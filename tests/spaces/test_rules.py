"""One suite for the mechanisms of every type space: rule, exact play, market and audit against references.

Each case names a mechanism, a reference rule in plain Python (`references`), what a part of an allocation is
worth, the best welfare by enumeration, and which notions of incentives hold by the source of the rule.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from agents.population import Population
from agents.seller import SellerPlan
from agents.strategies.base import Truthful
from mechanisms.auctions import (
    Dutch,
    FirstPrice,
    GeneralizedSecondPrice,
    KDoubleAuction,
    McAfee,
    PositionVCG,
    Procurement,
    RandomTies,
    SecondPrice,
    ThirdPrice,
)
from mechanisms.distributions import Discrete, JointDistribution
from sim.audit import audit, standard_instance
from sim.market import Market, Panel
from tests.spaces import references as by_hand

VALUES = (0.0, 1.0, 2.0, 4.0)
RATES = (3.0, 1.0, 2.0)


@dataclass
class Case:
    mechanism: Any
    n: int
    rule: Any
    worth: Any
    best: Any
    dominant: bool
    ex_post_ir: bool = True


CASES = {
    "procurement, second price": Case(
        Procurement(3.0),
        3,
        by_hand.procurement(3.0, "second price"),
        by_hand.worth_of_contract,
        by_hand.best_contract(3.0),
        dominant=True,
    ),
    "procurement, first price": Case(
        Procurement(3.0, "first price"),
        3,
        by_hand.procurement(3.0, "first price"),
        by_hand.worth_of_contract,
        by_hand.best_contract(3.0),
        dominant=False,
    ),
    "McAfee": Case(
        McAfee(2), 4, by_hand.mcafee(2), by_hand.worth_of_quantity, by_hand.best_trade(2), dominant=True
    ),
    "k-double": Case(
        KDoubleAuction(2, 0.25),
        4,
        by_hand.k_double(2, 0.25),
        by_hand.worth_of_quantity,
        by_hand.best_trade(2),
        dominant=False,
    ),
    "GSP": Case(
        GeneralizedSecondPrice(RATES),
        3,
        by_hand.positions(RATES, "gsp"),
        by_hand.worth_of_clicks(RATES),
        by_hand.best_clicks(RATES),
        dominant=False,
    ),
    "position VCG": Case(
        PositionVCG(RATES),
        3,
        by_hand.positions(RATES, "vcg"),
        by_hand.worth_of_clicks(RATES),
        by_hand.best_clicks(RATES),
        dominant=True,
    ),
    "third price": Case(
        ThirdPrice(), 3, by_hand.third_price, by_hand.worth_of_quantity, by_hand.best_quantity, dominant=False
    ),
    "Dutch": Case(
        Dutch(), 3, by_hand.first_price, by_hand.worth_of_quantity, by_hand.best_quantity, dominant=False
    ),
}


@pytest.fixture(params=CASES, ids=str)
def case(request):
    return CASES[request.param]


def profiles(case):
    return list(product(VALUES, repeat=case.n))


def test_the_rule_is_the_reference_at_every_profile_of_a_grid_with_silence(case):
    reports = np.array(list(product((-np.inf, *VALUES), repeat=case.n)))
    outcome = case.mechanism.outcome(reports)
    for row, report in enumerate(reports.tolist()):
        won, paid = case.rule(report)
        np.testing.assert_allclose(outcome.allocation[row], won, atol=1e-12, err_msg=str(report))
        np.testing.assert_allclose(outcome.payments[row], paid, atol=1e-12, err_msg=str(report))


def test_what_allocations_are_worth_and_the_best_of_them(case):
    types = np.array(profiles(case))
    space, outcome = case.mechanism.space, case.mechanism.outcome(types)
    worth = space.worth(types, outcome.allocation)
    for row, profile in enumerate(types.tolist()):
        parts = zip(profile, outcome.allocation[row].tolist(), strict=True)
        np.testing.assert_allclose(worth[row], [case.worth(t, got) for t, got in parts], atol=1e-12)
        assert space.best_welfare(types[row]) == pytest.approx(case.best(profile), abs=1e-12)
    assert (space.welfare(types, outcome.allocation) <= space.best_welfare(types) + 1e-12).all()
    assert space.feasible(outcome.allocation).all()
    twice = np.concatenate([outcome.allocation, outcome.allocation], axis=1)
    given = np.abs(outcome.allocation).reshape(len(types), -1).sum(axis=1) > 0
    if case.mechanism.space.units:  # the good that is there once cannot be given twice
        assert not space.feasible(twice)[given].any()


def prior_of(case):
    masses = (0.1, 0.2, 0.3, 0.4)
    prior = JointDistribution.product([Discrete(VALUES, masses)] * case.n)
    return prior, dict(zip(VALUES, masses, strict=True))


def by_enumeration(case, mass):
    """Expected revenue and utilities of truth, profile by profile."""
    revenue, utility = 0.0, np.zeros(case.n)
    for profile in profiles(case):
        chance = float(np.prod([mass[t] for t in profile]))
        won, paid = case.rule(list(profile))
        revenue += chance * sum(paid)
        worth = [case.worth(t, got) for t, got in zip(profile, won, strict=True)]
        utility += chance * (np.array(worth) - paid)
    return revenue, utility


def test_exact_play_is_the_enumeration(case):
    prior, mass = prior_of(case)
    revenue, utility = by_enumeration(case, mass)
    exact = expected_outcome(case.mechanism, prior)
    assert exact.revenue == pytest.approx(revenue, abs=1e-12)
    np.testing.assert_allclose(exact.utility, utility, atol=1e-12)


def test_the_market_plays_it(case):
    """Mean revenue within four standard errors of exact play's; welfare never above the best, per auction."""
    prior, mass = prior_of(case)
    revenue, _ = by_enumeration(case, mass)
    people = Population.of([Truthful()] * case.n)
    market = Market(people, [SellerPlan(case.mechanism)], [Panel(prior=prior)], Discrete(VALUES, [0.25] * 4))
    market.advance_to(3000)
    market.finish()
    auctions = market.records.frames()["auctions"].query("status != 'unfinished'")
    error = auctions.revenue.std() / np.sqrt(len(auctions))
    assert len(auctions) > 2900
    assert abs(auctions.revenue.mean() - revenue) <= 4 * error
    assert (auctions.welfare <= auctions.best_welfare + 1e-9).all()
    goods = market.records.frames()["transactions"]
    np.testing.assert_allclose(goods.payment.sum(), auctions.revenue.sum())
    worth = (goods.value * goods.quantity).sum()
    outside = 3.0 * auctions.sold.sum() if isinstance(case.mechanism, Procurement) else 0.0
    np.testing.assert_allclose(worth + outside, auctions.welfare.sum())


def test_the_audit_finds_what_the_sources_prove(case):
    instance = standard_instance(case.mechanism, n=case.n, extra_reports=(0.5, 1.5, 2.5))
    table = audit(instance, ["dominant", "ex-post-ir"]).set_index("notion").verdict
    assert list(table) == ["holds" if case.dominant else "fails", "holds" if case.ex_post_ir else "fails"]


def test_double_auctions_balance():
    """McAfee never runs short (his Theorem 1); in the k-double auction sellers get what buyers pay."""
    offers = np.array(list(product(VALUES, repeat=5)))
    assert (McAfee(2).outcome(offers).revenue >= -1e-12).all()
    np.testing.assert_allclose(KDoubleAuction(2, 0.7).outcome(offers).revenue, 0.0, atol=1e-12)


def test_bilateral_trade_is_chatterjee_and_samuelson():
    outcome = KDoubleAuction(1, 0.5).outcome(np.array([[1.0, 3.0], [3.0, 1.0]]))
    assert outcome.allocation.tolist() == [[-1.0, 1.0], [0.0, 0.0]]
    assert outcome.payments.tolist() == [[-2.0, 2.0], [0.0, 0.0]]


def test_gsp_example_of_its_paper():
    """Edelman, Ostrovsky and Schwarz 2007: bids 10, 4, 2; 200 and 100 clicks; GSP 800, 200, VCG 600, 200."""
    outcome = GeneralizedSecondPrice((200, 100)).outcome(np.array([10.0, 4.0, 2.0]))
    assert outcome.payments.tolist() == [800.0, 200.0, 0.0]
    vcg = PositionVCG((200, 100)).outcome(np.array([10.0, 4.0, 2.0]))
    assert vcg.payments.tolist() == [600.0, 200.0, 0.0]  # the same paper, section I


def test_dutch_steps_are_those_of_the_clock():
    clock = Dutch(reserve=1.0, start=10.0, decrement=3.0)  # 10, 7, 4, 1
    outcome = clock.outcome(np.array([[7.0, 6.9], [6.9, 4.0], [0.5, -np.inf], [12.0, 11.0]]))
    assert outcome.payments.tolist() == [[7.0, 0.0], [4.0, 0.0], [0.0, 0.0], [10.0, 0.0]]


ANONYMOUS = (FirstPrice(), SecondPrice(), ThirdPrice(), GeneralizedSecondPrice(RATES))


@pytest.mark.parametrize("rule", ANONYMOUS, ids=repr)
def test_ties_by_lot_treat_equals_equally(rule):
    """Equal reports get and pay the same on average; untied profiles what the rule gives; no more is sold."""
    for report in product((-np.inf, 0.0, 1.0, 2.0), repeat=4):
        bids = np.array(report)
        lottery, plain = RandomTies(rule).lottery(bids), rule.outcome(bids)
        mean = lottery.mean()
        for i, j in product(range(4), repeat=2):
            if bids[i] == bids[j]:
                np.testing.assert_allclose(mean.allocation[i], mean.allocation[j], atol=1e-12)
                assert mean.payments[i] == pytest.approx(mean.payments[j], abs=1e-12)
        np.testing.assert_allclose(mean.allocation.sum(axis=0), plain.allocation.sum(axis=0), atol=1e-12)
        if len(set(report)) == 4:
            np.testing.assert_allclose(mean.payments, plain.payments)
