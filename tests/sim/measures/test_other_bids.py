"""Other bids equal the audit's numbers for the same buyer and auction, by rule and by replay."""

import numpy as np
import pytest

from agents.best_response.in_hindsight import PlayedAuction, utilities_of_bids
from agents.play.table_knowledge import TableKnowledge
from agents.population import Group, Population, Side
from agents.seller import SellerPlan
from agents.strategies import Shading, Truthful
from agents.strategies.random_bidder import RandomBidder
from mechanisms.auctions import (
    AllPay,
    AscendingClock,
    FirstPrice,
    OpenProxy,
    PostedPrice,
    RandomReserve,
    SecondPrice,
    ThirdPrice,
)
from mechanisms.auctions.vcg import AdditiveVCG
from mechanisms.conversation import has_rule
from mechanisms.distributions import Discrete, JointDistribution, Uniform
from mechanisms.menus import COFFEE_SHOP, PostedMenu, coffee_shop_menu
from mechanisms.questions import SILENT
from mechanisms.utilities import CARA
from scenarios import liars_market, neighbours
from sim.audit import Instance, game_of, standard_instances
from sim.audit.sampled.lies import OtherTypes
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.other_bids import CannotTellError, other_bids

OF_NUMBERS = [
    one
    for one in standard_instances()
    if not one.mechanism.space.type_shape and not one.mechanism.space.report_shape
]
ASKS_FOR_BELIEFS = ("star auction", "star auction, values public", "knowledge extraction")
WORLDS = 4


def differences(instance):
    """The curve's greatest gain less the audit's, and the audit's, at some type profiles of every type."""
    game, rng = game_of(instance), np.random.default_rng(0)
    everybody = zip(instance.players, instance.attitudes, strict=True)
    sides = tuple(
        Side(Group(strategy, utility, instance.prior), np.array([seat]), np.array([seat]))
        for seat, (strategy, utility) in enumerate(everybody)
    )
    by_rule = has_rule(instance.mechanism)
    knowledge = None if by_rule else TableKnowledge(instance.prior, instance.cells)
    for buyer in range(instance.n):
        for number, own in enumerate(instance.types(buyer)):
            worlds = game.worlds(buyer, number)
            for s in rng.permutation(len(worlds))[:WORLDS]:
                weights = np.eye(len(worlds))[[s]]
                best, truth = game.best(buyer, number, weights), game.truth(buyer, number, weights)
                types = instance.profiles(worlds[[s]])[0]
                reports = types
                if by_rule:
                    said = zip(game.reports, game.honest, worlds[s], strict=True)
                    reports = np.array([each[honest[place]] for each, honest, place in said])
                played = PlayedAuction(instance.mechanism, types, reports, sides, knowledge)
                tried = np.concatenate([[own], instance.types(buyer), instance.extra, [SILENT]])
                utilities = utilities_of_bids(played, buyer, tried)
                audited = float(best[0].utilities[0] - truth[0])
                yield utilities.max() - utilities[0] - audited, audited


@pytest.mark.parametrize("instance", OF_NUMBERS, ids=lambda one: one.name)
def test_the_greatest_gain_is_the_audits_number(instance):
    """Ex-post gains of the exact audit, which searches all plans by a game of its own.

    Who is asked for beliefs may lie about them too, which the audit tries and a bid does not.
    """
    off, audited = np.array(list(differences(instance))).T
    if instance.name in ASKS_FOR_BELIEFS:
        assert (off <= 1e-12).all()
    else:
        np.testing.assert_allclose(off, 0, atol=1e-12)
    assert (audited >= -1e-12).all()


def test_there_is_something_to_find():
    """The comparison above is not one of zeros with zeros alone, and covers rules and conversations."""
    named = {one.name: one for one in OF_NUMBERS}
    greatest = {"first price": 3, "third price": 2, "open proxy": 1, "k-double auction": 1.5}
    for name, gain in greatest.items():
        assert max(audited for _, audited in differences(named[name])) == pytest.approx(gain)
    assert sum(not has_rule(one.mechanism) for one in OF_NUMBERS) >= 10


def test_beliefs_stay_as_they_are_like_those_of_the_sampled_audits_liar():
    """ℳ: to bid b and believe as one does is the sampled audit's row (b, true value), on average over coins.

    Values 0, 1, 2; the audit tosses coins by seed, so that its mean is known to a few standard errors.
    """
    instance = next(one for one in OF_NUMBERS if one.name == "star auction")
    knowledge = TableKnowledge(instance.prior, instance.cells)
    groups = [Group(Truthful(), prior=instance.prior) for _ in range(2)]
    lies = OtherTypes(instance.mechanism, groups, lambda: knowledge)
    types, bids = np.array([1.0, 2.0]), np.array([0.0, 1.0, 2.0])
    sides = Population(groups, np.arange(2)).sides(np.arange(2))
    ours = utilities_of_bids(PlayedAuction(instance.mechanism, types, types, sides, knowledge), 1, bids)
    seeds = np.arange(400)
    rows = np.stack([bids, np.full(3, types[1])], axis=1)
    dealt = lies.deals(1, rows, np.tile(types, (len(seeds), 1)), seeds)
    sampled = dealt.brought(np.array(types[1])).payoffs[..., 0]
    error = sampled.std(axis=1) / np.sqrt(len(seeds))
    assert (np.abs(sampled.mean(axis=1) - ours) <= 4 * error + 1e-9).all()


# --- from the records of a market ---------------------------------------------------------------------

GRID = np.array([0.0, 1.0, 2.0, 3.0])
RULES = {
    "second price": SecondPrice(),
    "second price, reserve": SecondPrice(1.5),
    "first price": FirstPrice(),
    "all-pay": AllPay(),
    "third price": ThirdPrice(),
    "random reserve": RandomReserve(Uniform(0.0, 3.0)),
    "clock": AscendingClock(),
    "proxy": OpenProxy(increment=1.0, rounds=2),
}


def market_of(mechanism, strategies, prior=None, **told):
    values = Discrete(GRID, np.full(4, 0.25)) if prior is None else prior
    return Market(Population.of(strategies), [SellerPlan(mechanism, **told)], [Panel()], values, 5)


@pytest.mark.parametrize("name", RULES)
def test_from_the_records_it_is_the_audits_number_too(name):
    """For all three buyers of some recorded auctions; the audit is told some of the bids tried here."""
    market = market_of(RULES[name], [Truthful()] * 3)
    market.advance_to(4.5)
    tables = market.records.frames()
    prior = JointDistribution.product([Discrete(GRID, np.full(4, 0.25))] * 3)
    largest = 0.0
    for auction in tables["auctions"]["auction"][:3]:
        values = tables["messages"].query("auction == @auction").drop_duplicates("bidder_id")["value"]
        for bidder, own in enumerate(values):
            found = other_bids(market, tables, auction, bidder)
            extra = [*found.bids[::20], max(found.best_bid, 0.0)] if has_rule(RULES[name]) else ()
            game = game_of(Instance(RULES[name], prior, extra_reports=extra))
            worlds = game.worlds(bidder, int(own))
            weights = (worlds == values.to_numpy()).all(axis=1)[None].astype(float)
            truth = game.truth(bidder, int(own), weights)[0]
            audited = game.best(bidder, int(own), weights)[0].utilities[0] - truth
            if has_rule(RULES[name]):
                assert found.gain == pytest.approx(audited, abs=1e-12)
            else:  # the audit of a conversation tries types alone; what lies between can bring more
                assert found.gain >= audited - 1e-12
                assert found.gain == pytest.approx(audited, abs=1e-6) or name == "proxy"
            assert found.by_truth == pytest.approx(truth, abs=1e-12)
            if name != "random reserve":
                assert found.got == pytest.approx(found.as_played, abs=1e-12)
            largest = max(largest, found.gain)
    assert (largest > 0.1) == (name in ("first price", "all-pay", "third price", "proxy"))


def test_by_hand():
    """First price: the best bid is just above the rival's, and gains the value less that."""
    market = market_of(FirstPrice(), [Truthful(), Shading(0.5)], Uniform(0, 1))
    market.advance_to(1)
    tables = market.records.frames()
    messages = tables["messages"]
    mine, rivals = messages["value"][0], messages["bid"][1]
    assert rivals == messages["value"][1] / 2
    found = other_bids(market, tables, 0, 0)
    assert (found.value, found.bid, found.by_truth) == (mine, mine, 0)
    assert found.gain == pytest.approx(max(mine - rivals, 0), abs=1e-7)
    assert found.best_bid == pytest.approx(rivals if mine > rivals else mine, abs=1e-7)
    assert found.others.tolist() == [rivals]
    below, above = found.bids < rivals, found.bids > rivals
    assert (found.utilities[below] == 0).all()
    np.testing.assert_allclose(found.utilities[above], mine - found.bids[above], atol=1e-12)


def test_fear_of_risk_is_hers():
    """All-pay with CARA: utilities of money for sure, where nothing is left to chance."""
    people = Population([Group(Truthful(), CARA(2.0)), Group(Truthful())], [0, 1])
    market = Market(people, [SellerPlan(AllPay())], [Panel()], Uniform(0, 1), 1)
    market.advance_to(1)
    tables = market.records.frames()
    found = other_bids(market, tables, 0, 0)
    rival = tables["messages"]["bid"][1]
    wins = found.bids > rival
    money = np.where(wins, found.value, 0) - found.bids
    clear = np.abs(found.bids - rival) > 1e-6
    np.testing.assert_allclose(found.utilities[clear], CARA(2.0)(money)[clear], atol=1e-12)


def test_a_late_bid_counted_for_nothing():
    slow = Population.of([Truthful()] * 2, latency=50.0)
    market = Market(slow, [SellerPlan(SecondPrice())], [Panel()], Uniform(0, 1), 0)
    market.advance_to(3)
    tables = market.records.frames()
    late = tables["messages"].query("status == 'late'").iloc[0]
    found = other_bids(market, tables, late["auction"], late["bidder_id"])
    assert np.isnan(found.bid)
    assert found.as_played == found.by_silence == 0


# --- where it cannot be told ----------------------------------------------------------------------------


def refusal(market, tables, auction=None, bidder=None):
    auction = tables["messages"]["auction"].iloc[0] if auction is None else auction
    first = tables["messages"].query("auction == @auction")["bidder_id"].iloc[0]
    with pytest.raises(CannotTellError) as refused:
        other_bids(market, tables, auction, first if bidder is None else bidder)
    return str(refused.value)


def run(module, until, **told):
    market = module.build(module.Parameters(**told), 0)
    market.advance_to(until)
    return market, market.records.frames()


def test_menus_have_no_bid():
    rule = PostedMenu(coffee_shop_menu(), 2)
    types = np.reshape(COFFEE_SHOP.types, (-1, *rule.space.type_shape))
    market = market_of(rule, [Truthful()], JointDistribution(COFFEE_SHOP.probabilities, [types]))
    market.advance_to(1)
    assert "menu" in refusal(market, market.records.frames())


def test_several_numbers_have_no_axis():
    market = market_of(AdditiveVCG(2), [Truthful()] * 2, Uniform(0, 1))
    market.advance_to(1)
    assert "several" in refusal(market, market.records.frames())


def test_lost_answers_cannot_be_replayed():
    market, tables = run(liars_market, 6, latency=0.1)
    messages = tables["messages"]
    lost = messages[(messages["auction"] % 5 == 4) & (messages["status"] == "late")]["auction"].iloc[0]
    assert "late" in refusal(market, tables, lost)


def test_learners_cannot_be_replayed():
    market, tables = run(liars_market, 3, strategy="hedge")
    clock = tables["auctions"].query("seller_id == 3")["auction"].iloc[0]
    assert "learns" in refusal(market, tables, clock)


def test_coins_of_buyers_cannot_be_replayed():
    market = market_of(AscendingClock(), [RandomBidder(), Truthful()], Uniform(0, 1))
    market.advance_to(1)
    assert "coin" in refusal(market, market.records.frames())


def test_who_was_not_there_or_not_asked():
    market = market_of(SecondPrice(), [Truthful()] * 2)
    market.advance_to(1)
    tables = market.records.frames()
    assert "not asked" in refusal(market, tables, bidder=7)
    assert "no longer at hand" in refusal(market, {**tables, "auctions": tables["auctions"].head(0)}, 0)
    market = market_of(PostedPrice(0.0), [Truthful()] * 2)
    market.advance_to(1)
    assert "Not everybody" in refusal(market, market.records.frames())


def test_a_market_that_learned_to_answer_otherwise():
    """Records that no replay explains are not explained: a value was changed behind the market's back."""
    market = market_of(AscendingClock(), [Truthful()] * 2, Uniform(0, 1))
    market.advance_to(1)
    tables = market.records.frames()
    messages = tables["messages"].copy()
    messages.loc[0, "drop_out"] += 0.1
    assert "otherwise" in refusal(market, {**tables, "messages": messages})


def test_the_star_auctions_of_neighbours_can_be_told():
    """ℳ is truthful in expectation about values: no bid brings more than the truth (Theorem of Section 4)."""
    market, tables = run(neighbours, 2)
    found = other_bids(market, tables, 0, int(tables["messages"]["bidder_id"].iloc[0]))
    assert found.gain <= 1e-9
    assert found.utilities.max() > 0

