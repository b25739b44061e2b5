"""Spaces of units, goods, bundles, packages, signals and budgets: exact play, market, audit."""

from itertools import product

import numpy as np
import pytest

from agents.play.exact import expected_outcome
from agents.population import Population
from agents.seller import SellerPlan
from agents.strategies import OneBuyerStrategy
from agents.strategies.base import Truthful
from mechanisms.auctions import (
    AdditiveVCG,
    AscendingClock,
    CombinatorialClock,
    CombinatorialVCG,
    FirstPrice,
    McAfee,
    MyersonAuction,
    NearestBid,
    OpenProxy,
    Procurement,
    RandomReserve,
    RandomTies,
    SecondPrice,
    UniformPriceMultiUnit,
    UnitDemandVCG,
    WithBudgets,
)
from mechanisms.conversation import DirectMechanism
from mechanisms.distributions import IndependentPrior, IndependentTypes, JointDistribution, Uniform
from mechanisms.outcome import Outcome
from mechanisms.types import (
    Additive,
    Budgets,
    Bundles,
    CommonPart,
    DiminishingUnits,
    OneGood,
    Packages,
    Signals,
    Traders,
    UnitDemand,
)
from sim.audit import Effort, Instance, audit, audit_sample, standard_instance
from sim.market import Market, Panel
from sim.measures.people import payoffs_by_person
from sim.runs.report import seller_measures

RULES = (
    AdditiveVCG(2),
    UnitDemandVCG(2),
    CombinatorialVCG(2),
    UniformPriceMultiUnit(2),
    NearestBid(),
    WithBudgets(SecondPrice()),
    CombinatorialClock(rounds=4),
)


def small_prior(mechanism):
    """The standard instance's types, fewer of them where conversations are replayed."""
    return standard_instance(mechanism, (0.0, 1.0)).prior


@pytest.fixture(params=RULES, ids=lambda rule: rule.name)
def rule(request):
    return request.param


def test_market_and_exact_play_agree(rule):
    """Mean revenue and welfare within four standard errors of exact play's expectation."""
    prior = small_prior(rule)
    exact = expected_outcome(rule, prior)
    people = Population.of([Truthful()] * prior.n)
    market = Market(people, [SellerPlan(rule)], [Panel(prior=prior)], prior, seed=11)
    market.advance_to(1500)
    market.finish()
    frames = market.records.frames()
    auctions = frames["auctions"].query("status != 'unfinished'")
    space, leaves = rule.space, exact.leaves
    welfare = leaves.probability @ space.welfare(exact.profiles[leaves.profile], leaves.allocation)
    for column, expected in (("revenue", exact.revenue), ("welfare", welfare)):
        error = auctions[column].std() / np.sqrt(len(auctions))
        assert abs(auctions[column].mean() - expected) <= 4 * error + 1e-12
    assert (auctions.welfare <= auctions.best_welfare + 1e-9).all()
    assert not len(frames["refusals"])
    goods = frames["transactions"]
    gained = (goods.value.fillna(0) * goods.quantity).sum()
    np.testing.assert_allclose(gained, auctions.welfare.sum())


def test_efficient_rules_reach_the_best_welfare():
    """VCG is efficient, and so is a core-selecting auction under truth (Day and Cramton 2012)."""
    for rule in (*RULES[:3], NearestBid()):
        types = small_prior(rule).profiles()
        space = rule.space
        np.testing.assert_allclose(
            space.welfare(types, rule.outcome(types).allocation), space.best_welfare(types), err_msg=rule.name
        )


def best_by_enumeration(space, types, kinds):
    """Try every realised allocation of quantities 0 … supply of every entry."""
    n = len(types)
    entries = n * int(np.prod(space.allocation_shape, initial=1))
    best = 0.0
    for quantities in product(range(kinds + 1), repeat=entries):
        allocation = np.array(quantities, dtype=float).reshape((n, *space.allocation_shape))
        if space.feasible(allocation):
            best = max(best, float(space.worth(types, allocation).sum()))
    return best


SPACES = {  # a space, how much of an entry one buyer may get, how many buyers
    "two units": (OneGood(2), 1, 3),
    "diminishing": (DiminishingUnits(2), 2, 2),
    "additive": (Additive(2), 1, 2),
    "unit demand": (UnitDemand(2), 1, 2),
    "bundles": (Bundles(2), 1, 2),
    "packages": (Packages(((0,), (1,), (0, 1))), 1, 3),
    "budgets": (Budgets(), 1, 3),
}


@pytest.mark.parametrize("name", SPACES)
def test_best_welfare_is_that_of_all_feasible_allocations(name):
    space, kinds, n = SPACES[name]
    rng = np.random.default_rng(5)
    for _ in range(20):
        types = space.types_of(rng.integers(0, 5, (n, *space.type_shape)).astype(float))
        assert space.best_welfare(types) == pytest.approx(best_by_enumeration(space, types, kinds))


def test_one_good_is_not_sold_twice_in_bundles_or_packages():
    both, first = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
    assert not Bundles(2).feasible(np.stack([both, first]))
    assert Bundles(2).feasible(np.stack([first, np.array([0.0, 1.0, 0.0])]))
    assert not Packages(((0,), (1,), (0, 1))).feasible(np.array([1.0, 0.0, 1.0]))


class Tied(OneBuyerStrategy):
    """Bids b(x) = v(x, x) = 2x: the ex-post equilibrium of the wallet game (Klemperer 1998)."""

    def bid(self, value, n):
        return 2 * value


class WalletGame(DirectMechanism):
    """Second price for two bidders whose common value is the sum of their signals."""

    @property
    def space(self):
        return Signals(values=CommonPart(1.0, 1.0))

    def outcome(self, reports):
        return SecondPrice().outcome(reports)


def test_signals_of_interdependent_values():
    """Bidding one's signal fails ex post, 2x holds ex post but is not dominant; revenue is 2 E[min]."""
    wallet, notions = WalletGame(), ["ex-post-ic", "bayesian-ic", "dominant"]
    truth = standard_instance(wallet, extra_reports=(4.0, 5.0, 6.0))
    assert list(audit(truth, notions).verdict) == ["fails", "fails", "fails"]
    tied = standard_instance(wallet, extra_reports=(4.0, 5.0, 6.0), strategies=Tied())
    assert list(audit(tied, notions).set_index("notion").verdict.sort_index()) == ["holds", "fails", "holds"]
    exact = expected_outcome(wallet, tied.prior, strategies=Tied())
    least = np.mean([min(a, b) for a, b in product(range(4), repeat=2)])
    assert exact.revenue == pytest.approx(2 * least)
    total = np.mean([a + b for a, b in product(range(4), repeat=2)])
    assert exact.utility.sum() + exact.revenue == pytest.approx(total)


def test_budgets_can_be_misreported():
    """min(value, budget) is dominant at second price but for ties, not at first; more than that is ruin."""
    apart = [
        np.array(list(product((0.0, 2.0), (1.0, 3.0)))),
        np.array(list(product((0.5, 2.5), (1.5, 3.5)))),
    ]
    prior = JointDistribution(np.full((4, 4), 1 / 16), apart)  # no reports of two bidders are ever equal
    for rule, dominant in ((SecondPrice(), "holds"), (FirstPrice(), "fails")):
        found = audit(Instance(WithBudgets(rule), prior), ["dominant", "ex-post-ir"])
        assert list(found.verdict) == [dominant, "holds"]
    tied = audit(standard_instance(WithBudgets(SecondPrice())), ["dominant"])
    assert tied.verdict.item() == "fails"  # at a tie with her budget, to bid above it wins, for the budget
    money = Budgets().payoff(np.array([5.0, 2.0]), np.array(1.0), np.array([2.0, 3.0]))
    assert money.tolist() == [3.0, -np.inf]
    assert Budgets(refuses=True).payoff(np.array([5.0, 2.0]), np.array(1.0), np.array(3.0)) == 0.0


@pytest.mark.parametrize("rule", RULES[:4], ids=lambda rule: rule.name)
def test_exact_and_sampled_audit_name_the_same_verdict(rule):
    """Of vector types too: VCG passes both, the uniform price of several units fails both (Krishna, 13.1)."""
    exact = audit(standard_instance(rule), ["dominant"]).verdict.iloc[0]
    prior = IndependentTypes(rule.space, [Uniform(0.0, 1.0)] * 2)
    few = Effort(profiles=200, types=4, deviations=16)
    found = audit_sample(rule, prior, ["dominant", "ex-post-ir"], effort=few)
    assert (found.verdict.iloc[0] == "fails") == (exact == "fails") == isinstance(rule, UniformPriceMultiUnit)
    assert found.verdict.iloc[1] != "fails"


def test_random_reserve_is_the_integral_over_reserves():
    """Against the revenue at each of many fixed reserves, at random bids."""
    rng, law = np.random.default_rng(3), Uniform(0.2, 1.4)
    bids = rng.random((50, 3)) * 1.6
    reserves = law.quantile((np.arange(4000) + 0.5) / 4000)
    fixed = np.mean([SecondPrice(reserve).outcome(bids).payments for reserve in reserves], axis=0)
    np.testing.assert_allclose(RandomReserve(law).outcome(bids).payments, fixed, atol=1e-3)


def test_ties_by_lot_in_open_formats():
    """Two buyers alike get the good half of the time each, on the clock and in the proxy auction."""
    prior = JointDistribution(np.ones((1, 1)), [[2.0], [2.0]])
    for rule in (AscendingClock(ties="by lot"), OpenProxy(0.5, 2, ties="by lot")):
        played = expected_outcome(rule, prior)
        np.testing.assert_allclose(played.allocation, [0.5, 0.5])
        assert played.revenue == pytest.approx(2.0)
    with pytest.raises(ValueError, match="ties must be one of"):
        AscendingClock(ties="first")


def test_tiers_of_increments():
    """eBay's: the price is the second maximum and the raise of its tier, at most the highest maximum."""
    tiers = ((0.0, 0.05), (1.0, 0.25), (5.0, 0.5))
    rule = OpenProxy(tiers, rounds=1)
    for second, price in ((0.5, 0.55), (1.0, 1.25), (4.9, 5.15), (6.0, 6.5), (9.9, 10.0)):
        prior = JointDistribution(np.ones((1, 1)), [[second], [10.0]])
        assert expected_outcome(rule, prior).revenue == pytest.approx(price)
    with pytest.raises(ValueError, match="ascending prices from 0"):
        OpenProxy(((1.0, 0.1),), rounds=1)


def test_ties_by_lot_keep_roles():
    """Sellers stay sellers, and rules whose seats have parameters of their own are refused."""
    tied = np.array([1.0, 1.0, 1.0, 1.0])
    lottery = RandomTies(McAfee(2)).lottery(tied)
    assert Traders(2).feasible(lottery.outcomes.allocation).all()
    instance = standard_instance(RandomTies(McAfee(2)), (0.0, 1.0), n=4)
    assert list(audit(instance, ["dominant", "ex-post-ir"]).verdict) == ["holds", "holds"]
    for rule in (NearestBid(), MyersonAuction([Uniform(0, 1), Uniform(0, 2)])):
        with pytest.raises(TypeError, match="treat seats alike"):
            RandomTies(rule)


class SellsToAll(DirectMechanism):
    """Hands its one good to everybody."""

    def outcome(self, reports):
        return Outcome(np.ones(reports.shape), np.zeros(reports.shape))


def test_one_good_for_everybody_is_nowhere_believed():
    """Exact play and both audits refuse what the market refuses: a good that is sold twice."""
    instance = standard_instance(SellsToAll())
    prior = IndependentPrior.identical(Uniform(0.0, 1.0), 2)
    for look in (
        lambda: expected_outcome(SellsToAll(), instance.prior),
        lambda: audit(instance, ["dominant"]),
        lambda: audit_sample(SellsToAll(), prior, ["dominant"]),
    ):
        with pytest.raises(ValueError, match=r"sold .* units where 1 were on offer"):
            look()


def test_surplus_of_sellers_is_what_they_keep():
    """In procurement bidders keep price less cost; the contract is sold once where it is offered once."""
    people = Population.of([Truthful()] * 3)
    market = Market(people, [SellerPlan(Procurement(10.0))], [Panel()], Uniform(0.0, 8.0), seed=2)
    market.advance_to(200.5)
    market.finish()
    frames = market.records.frames()
    (measures,) = seller_measures(frames)
    persons = payoffs_by_person(frames)
    assert measures.surplus_per_auction.mean * measures.auctions == pytest.approx(persons.payoff.sum())
    assert measures.sale_rate.mean == 1.0
