"""Exact play against enumerations written out here, which share nothing with it but the mechanisms' rules."""

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.knowledge.partitions import own_type_partitions
from agents.play import exact
from agents.play.exact import TooLargeError, expected_outcome
from agents.strategies import RandomBidder, Strategy, Truthful
from agents.view import Mixed
from mechanisms import KnowledgeExtraction, StarAuction
from mechanisms.auctions import FirstPrice, PostedPrice, SecondPrice
from mechanisms.auctions.vcg import AdditiveVCG
from mechanisms.conversation import DirectLottery, DirectMechanism, Mechanism
from mechanisms.distributions import Discrete, JointDistribution, Uniform
from mechanisms.outcome import Lottery, Outcome
from mechanisms.questions import Announce, AskBelief, AskValue, Chance, Draw
from mechanisms.utilities import CARA, Capped, Linear
from sim.audit import Instance
from tests.property import finite_priors, informed_priors, utilities

TWO_OR_THREE = st.one_of(finite_priors(n=2), finite_priors(n=3, max_size=2))


def profiles_of(prior):
    """All profiles of positive probability, as tuples of values, with their probabilities."""
    for at in product(*map(range, prior.shape)):
        if prior.table[at] > 0:
            yield at, [float(grid[k]) for grid, k in zip(prior.values, at, strict=True)], prior.table[at]


class Tally:
    """Adds up realised outcomes with their probabilities."""

    def __init__(self, n, attitudes=None):
        self.attitudes = attitudes or [Linear()] * n
        self.payments, self.allocation, self.utility = np.zeros((3, n))
        self.weight = 0.0
        self.by_profile = defaultdict(float)

    def add(self, weight, at, values, got, paid):
        self.weight += weight
        self.allocation += weight * np.array(got)
        self.payments += weight * np.array(paid)
        self.utility += [
            weight * float(u(v * g - p)) for u, v, g, p in zip(self.attitudes, values, got, paid, strict=True)
        ]
        self.by_profile[at] += weight * sum(paid)

    def check(self, found, prior):
        assert self.weight == pytest.approx(1)
        assert found.leaves.probability.sum() == pytest.approx(1)
        assert found.revenue == pytest.approx(self.payments.sum(), abs=1e-12)
        np.testing.assert_allclose(found.payments, self.payments, atol=1e-12)
        np.testing.assert_allclose(found.allocation, self.allocation, atol=1e-12)
        np.testing.assert_allclose(found.utility, self.utility, atol=1e-9)
        np.testing.assert_allclose(sum(found.causes.values()), self.payments, atol=1e-12)
        wanted = [self.by_profile[at] / p for at, _, p in profiles_of(prior)]
        np.testing.assert_allclose(found.revenue_per_profile, wanted, atol=1e-12)


def second_price(bids):
    """Vickrey's rule in a loop: (who gets it, what each pays); ties to the lowest index."""
    winner = max(range(len(bids)), key=lambda i: (bids[i], -i))
    price = max((b for i, b in enumerate(bids) if i != winner), default=0.0)
    return ([float(i == winner) for i in range(len(bids))],
            [price if i == winner else 0.0 for i in range(len(bids))])


@dataclass(frozen=True)
class Retold(Mechanism):
    """Another mechanism without its closed rule."""

    inner: Mechanism

    def conversation(self, n):
        return (yield from self.inner.conversation(n))


# --- direct mechanisms ----------------------------------------------------------------------------


@given(st.one_of(TWO_OR_THREE, finite_priors(n=1)), st.data())
def test_the_rule_is_applied_at_every_profile(prior, data):
    attitudes = [data.draw(utilities()) for _ in range(prior.n)]
    tally = Tally(prior.n, attitudes)
    for at, values, p in profiles_of(prior):
        tally.add(p, at, values, *second_price(values))
    for mechanism in (SecondPrice(), Retold(SecondPrice())):
        tally.check(expected_outcome(mechanism, prior, utilities=attitudes), prior)


@dataclass(frozen=True)
class Raffle(DirectLottery):
    """Buyer k of n gets the good with probability (k + 1)/(1 + … + n), for half her report."""

    def lottery(self, reports):
        n = reports.shape[-1]
        allocation = np.broadcast_to(np.eye(n), (*reports.shape, n))
        tickets = np.broadcast_to(np.arange(1, n + 1) / (n * (n + 1) / 2), reports.shape)
        half = allocation * reports[..., None, :] / 2
        return Lottery(tickets, Outcome.of_causes(allocation, price=2 * half, reward=-half))


@given(TWO_OR_THREE, st.data())
def test_lotteries_are_felt_when_they_are_drawn(prior, data):
    """Expected utility over what is realised; the utility of the mean would be another number."""
    attitudes = [data.draw(utilities()) for _ in range(prior.n)]
    n, tally = prior.n, Tally(prior.n, attitudes)
    for at, values, p in profiles_of(prior):
        for k in range(n):
            got = [float(i == k) for i in range(n)]
            paid = [v / 2 if i == k else 0.0 for i, v in enumerate(values)]
            tally.add(p * (k + 1) / sum(range(n + 1)), at, values, got, paid)
    for mechanism in (Raffle(), Retold(Raffle())):
        found = expected_outcome(mechanism, prior, utilities=attitudes)
        tally.check(found, prior)
        assert set(found.causes) == {"price", "reward"}


def test_utility_of_a_gamble_by_hand():
    """Values are 4: the winner gains 2, the first buyer with 1/3, the second with 2/3."""
    sure = JointDistribution.product([Discrete([4.0], [1.0])] * 2)
    found = expected_outcome(Raffle(), sure, utilities=CARA(1.0))
    gain = float(CARA(1.0)(np.array(2.0)))
    assert found.utility.tolist() == pytest.approx([gain / 3, 2 * gain / 3])
    assert found.utility[0] > float(CARA(1.0)(np.array(2 / 3))) / 3  # concave: not of the mean
    capped = expected_outcome(Raffle(), sure, utilities=Capped(1.0))
    assert capped.utility.tolist() == pytest.approx([1 / 3, 2 / 3])


# --- mixed answers --------------------------------------------------------------------------------


class Hesitates(Strategy):
    """Bids the value with probability 1/4, half of it with 3/4, and nothing at all with 0."""

    probabilities = (0.25, 0.75, 0.0)
    shares = (1.0, 0.5, 0.0)

    def report_value(self, question, view):
        return Mixed(view.values[..., None] * np.array(self.shares), np.array(self.probabilities))


@given(TWO_OR_THREE, st.data())
def test_each_buyer_randomises_on_her_own(prior, data):
    attitudes = [data.draw(utilities()) for _ in range(prior.n)]
    hesitant = Hesitates()
    mixes = [data.draw(st.booleans()) for _ in range(prior.n)]
    strategies = [hesitant if mixed else Truthful() for mixed in mixes]
    tally = Tally(prior.n, attitudes)
    for at, values, p in profiles_of(prior):
        options = [[(1.0, 0.25), (0.5, 0.75)] if mixed else [(1.0, 1.0)] for mixed in mixes]
        for chosen in product(*options):
            bids = [v * share for v, (share, _) in zip(values, chosen, strict=True)]
            weight = p * np.prod([q for _, q in chosen])
            tally.add(weight, at, values, *second_price(bids))
    for mechanism in (SecondPrice(), Retold(SecondPrice())):
        tally.check(expected_outcome(mechanism, prior, None, strategies, attitudes), prior)


# --- conversations with chance, announcements and beliefs -----------------------------------------

COIN = (0.25, 0.75)


@dataclass(frozen=True)
class Rumour(Mechanism):
    """The highest report is announced, or (more often) the lowest, not saying which; then beliefs are asked.

    The last buyer gets the good for the rumoured price; each is paid the chance she gives to buyer 0 being of
    her highest type.
    """

    types: int

    def conversation(self, n):
        reports = (yield AskValue()).values
        tails = yield Chance(COIN)
        price = float(reports.min() if tails else reports.max())
        yield Announce.facts(price=price)
        beliefs = (yield AskBelief(about=(0,), outcomes=self.types)).values
        last = np.arange(n) == n - 1
        return Outcome.of_causes(last.astype(float), price=last * price, reward=-beliefs[:, -1])


@settings(max_examples=30)
@given(st.one_of(informed_priors(n=2), informed_priors(n=3, max_size=2)), st.data())
def test_a_conversation_is_walked_through_chance_announcements_and_beliefs(informed, data):
    prior, cells = informed
    attitudes = [data.draw(utilities()) for _ in range(prior.n)]
    n, tally, whole = prior.n, Tally(prior.n, attitudes), list(profiles_of(prior))

    def top_chance(buyer, at, price):
        """By Bayes: that buyer 0 has her highest type, given the cell of `at` and the price heard."""
        yes = total = 0.0
        for other, values, p in whole:
            if cells[buyer][other] == cells[buyer][at]:
                for coin, q in enumerate(COIN):
                    if (min(values) if coin else max(values)) == price:
                        total += p * q
                        yes += p * q * (other[0] == prior.shape[0] - 1)
        return yes / total

    for at, values, p in whole:
        for coin, q in enumerate(COIN):
            price = min(values) if coin else max(values)
            rewards = [top_chance(i, at, price) for i in range(n)]
            paid = [price * (i == n - 1) - rewards[i] for i in range(n)]
            tally.add(p * q, at, values, [float(i == n - 1) for i in range(n)], paid)
    found = expected_outcome(Rumour(prior.shape[0]), prior, cells, utilities=attitudes)
    tally.check(found, prior)


def test_mean_beliefs_are_the_prior_however_fine_the_knowledge():
    """The posterior is a martingale; buyer 1 knows buyer 0's type, or only what is announced."""
    prior = JointDistribution.from_table(np.full((2, 2), 0.25))
    for cells in ((own_type_partitions(prior)[0], np.array([[0, 1], [2, 3]])), None):
        rewards = expected_outcome(Rumour(2), prior, cells).causes["reward"]
        np.testing.assert_allclose(rewards, [-0.5, -0.5])


# --- what is refused ------------------------------------------------------------------------------

COINS = JointDistribution.product([Discrete([0.0, 1.0], [0.5, 0.5])] * 2)


@dataclass(frozen=True)
class RandomReserve(Mechanism):
    def conversation(self, n):
        yield AskValue()
        yield Draw(Uniform(0, 1))
        return Outcome.nothing(n)


def test_continuous_draws_are_refused():
    with pytest.raises(ValueError, match="cannot enumerate a continuous draw from Uniform"):
        expected_outcome(RandomReserve(), COINS)


class Says(Strategy):
    def __init__(self, number):
        self.number = number

    def report_value(self, question, view):
        return np.full(view.values.shape, self.number)


@pytest.mark.parametrize("mechanism", [FirstPrice(), Retold(FirstPrice())], ids=repr)
@pytest.mark.parametrize("number", [np.nan, np.inf, -1.0])
def test_unacceptable_answers_are_refused(mechanism, number):
    with pytest.raises(ValueError, match="answer of buyer 1 is refused: report_value: must be a number"):
        expected_outcome(mechanism, COINS, strategies=[Truthful(), Says(number)])


def test_a_mixture_that_is_none_is_refused():
    class Wrong(Hesitates):
        probabilities = (0.5, 0.75, 0.0)

    with pytest.raises(ValueError, match=r"answer of buyer 0 is refused: .*sum to 1"):
        expected_outcome(SecondPrice(), COINS, strategies=Wrong())


def test_too_many_profiles_say_how_many(monkeypatch):
    monkeypatch.setattr(exact, "PROFILE_LIMIT", 3)
    monkeypatch.setattr(exact, "RULE_LIMIT", 7)
    with pytest.raises(TooLargeError, match=r"prior has 4 profiles; .* no more than 3"):
        expected_outcome(PostedPrice(1.0), COINS)
    with pytest.raises(TooLargeError, match=r"prior has 4 profiles of 2 buyers; .* at most 7"):
        expected_outcome(SecondPrice(), COINS)


def test_profiles_of_probability_zero_do_not_count(monkeypatch):
    monkeypatch.setattr(exact, "PROFILE_LIMIT", 2)
    expected_outcome(PostedPrice(1.0), JointDistribution.from_table([[0.5, 0.0], [0.0, 0.5]]))


def test_too_many_ends_of_play_are_refused(monkeypatch):
    """Two buyers of 4 random bids each: 16 ends at each of 4 profiles."""
    monkeypatch.setattr(exact, "LEAF_LIMIT", 60)
    with pytest.raises(TooLargeError, match="more than 60 ends"):
        expected_outcome(SecondPrice(), COINS, strategies=RandomBidder(branches=4))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strategies": [Truthful()]}, "strategies must be one Strategy, or one for each of 2 buyers"),
        ({"strategies": [Truthful(), None]}, "strategies must be one Strategy"),
        ({"strategies": []}, "strategies must be one Strategy"),
        ({"utilities": [Linear()] * 3}, "utilities must be one Utility, or one for each of 2 buyers"),
        ({"partitions": own_type_partitions(COINS)[:1]}, "partitions must hold 2 label arrays"),
    ],
    ids=["few strategies", "no strategy", "none at all", "many utilities", "few partitions"],
)
def test_what_does_not_fit_the_prior_is_refused(arguments, message):
    for mechanism in (SecondPrice(), Retold(SecondPrice())):
        with pytest.raises(ValueError, match=message):
            expected_outcome(mechanism, COINS, **arguments)


@pytest.mark.parametrize("mechanism", [StarAuction(2, 3), KnowledgeExtraction(2, "program", value_bound=3)])
@pytest.mark.parametrize("odd", [3.0, 0.5, -1.0])
def test_a_prior_beyond_the_bound_of_a_mechanism_is_refused_by_name(mechanism, odd):
    message = f"^prior must hold integers from 0 to 2, because the mechanism's value_bound is 3, got {odd:g}"
    prior = JointDistribution.from_table([[0.5, 0.5]], [[0], sorted([1, odd])])
    with pytest.raises(ValueError, match=f"{message} for buyer 1$"):
        expected_outcome(mechanism, prior)
    with pytest.raises(ValueError, match=message):
        Instance(mechanism, prior)


def test_types_of_probability_zero_may_lie_beyond_the_bound():
    prior = JointDistribution.from_table([[0.5, 0.5, 0]], [[0], [0, 1, 7]])
    expected_outcome(StarAuction(2, 3), prior)


def test_what_is_no_mechanism_or_no_finite_prior_is_refused():
    with pytest.raises(TypeError, match="mechanism must be a Mechanism, got 3"):
        expected_outcome(3, COINS)
    with pytest.raises(TypeError, match=r"prior must be a JointDistribution for exact play, got \[\[1\]\]"):
        expected_outcome(SecondPrice(), [[1]])


def test_types_that_are_vectors():
    """Additive VCG of two goods is two second-price auctions: revenue 2 E[min] of two independent values."""
    pairs = np.array([(a, b) for a in range(3) for b in range(3)], dtype=float)
    prior = JointDistribution(np.full((9, 9), 1 / 81), [pairs, pairs])
    played = expected_outcome(AdditiveVCG(2), prior)
    least = sum(min(a, b) for a in range(3) for b in range(3)) / 9
    assert played.revenue == pytest.approx(2 * least)
    assert played.utility.sum() + played.revenue == pytest.approx(2 * (2 - least))  # E[max] = 2 E - E[min]


def test_a_prior_over_other_types_is_refused():
    with pytest.raises(ValueError, match=r"prior must be over types of shape \(2,\)"):
        expected_outcome(AdditiveVCG(2), JointDistribution.product([Discrete([0, 1], [0.5, 0.5])] * 2))


# --- a rule beside a conversation of one's own ----------------------------------------------------


@dataclass(frozen=True)
class Generous(DirectMechanism):
    """Has the rule of second price, but its conversation gives the good away."""

    def outcome(self, reports):
        return SecondPrice().outcome(reports)

    def conversation(self, n):
        yield AskValue()
        return Outcome(np.eye(n)[0], np.zeros(n))


def test_the_conversation_is_what_is_played():
    assert expected_outcome(Generous(), COINS).revenue == 0


def test_buyers_know_the_common_prior():
    """Who bids half the mean of it, 3/4, wins at that price against another who does."""

    class HalfTheMean(Strategy):
        def report_value(self, question, view):
            mean = view.prior.table.sum(axis=1) @ view.prior.values[0]
            return np.full(view.values.shape, mean / 2)

    prior = JointDistribution.product([Discrete([1.0, 2.0], [0.5, 0.5])] * 2)
    assert expected_outcome(FirstPrice(), prior, strategies=HalfTheMean()).revenue == pytest.approx(0.75)


# --- the law of revenue ---------------------------------------------------------------------------


@dataclass(frozen=True)
class CoinReserve(Mechanism):
    """Vickrey's auction at one of two reserves, by a coin."""

    low: float
    high: float

    def conversation(self, n):
        reserve = (self.low, self.high)[(yield Chance((0.5, 0.5)))]
        replies = yield AskValue()
        return SecondPrice(reserve).outcome(replies.values)


def second_price_revenue(values, reserve):
    """From sorted values."""
    bids = sorted(value for value in values if value >= reserve)
    return max(reserve, bids[-2]) if len(bids) > 1 else reserve if bids else 0.0


@pytest.mark.parametrize("utility", [Linear(), CARA(0.7), Capped(1.5)], ids=repr)
def test_the_law_of_revenue_is_the_enumerated_one(utility):
    """Profile by profile: which revenue has what probability, and what it is worth to the seller."""
    weights = {0.0: 0.1, 1.0: 0.3, 2.0: 0.4, 4.0: 0.2}
    prior = JointDistribution.product([Discrete(list(weights), list(weights.values()))] * 3)
    law = {}
    for values in product(weights, repeat=3):
        revenue = second_price_revenue(values, 1.0)
        law[revenue] = law.get(revenue, 0.0) + math.prod(weights[value] for value in values)
    exact = expected_outcome(SecondPrice(1.0), prior)
    np.testing.assert_array_equal(exact.revenue_law.amounts, sorted(law))
    np.testing.assert_allclose(exact.revenue_law.probabilities, [law[r] for r in sorted(law)], rtol=1e-12)
    assert exact.revenue_law.mean == pytest.approx(exact.revenue, rel=1e-12)
    by_hand = sum(p * float(utility(r)) for r, p in law.items())
    assert exact.seller_utility(utility) == pytest.approx(by_hand, rel=1e-12)


def test_the_law_of_revenue_holds_what_is_left_to_chance():
    """A reserve of 1 or 3, each half the time, before values of 2 and 2, or 4 and 0: not the mean reserve."""
    table = np.zeros((3, 3))
    table[1, 1], table[2, 0] = 0.25, 0.75
    prior = JointDistribution(table, [np.array([0.0, 2.0, 4.0])] * 2)
    law = expected_outcome(CoinReserve(1.0, 3.0), prior).revenue_law
    assert law.amounts.tolist() == [0.0, 1.0, 2.0, 3.0]
    np.testing.assert_allclose(law.probabilities, [0.125, 0.375, 0.125, 0.375])
