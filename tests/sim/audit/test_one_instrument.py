"""The exact and the sampled audit are one: a rule and its conversation, a grid and a sample say the same."""

from dataclasses import dataclass

import numpy as np
import pytest

from mechanisms.auctions import FirstPrice, RandomTies, SecondPrice
from mechanisms.conversation import DirectLottery, DirectMechanism, Mechanism
from mechanisms.distributions import Discrete, IndependentPrior, JointDistribution, Uniform
from mechanisms.outcome import Lottery, Outcome
from mechanisms.questions import AskValue, Chance
from mechanisms.utilities import CARA, Linear
from sim.audit import Effort, Instance, audit, audit_sample
from sim.audit.instance import REPORTS
from tests.sim.audit.examples import Spoken

SHARED = ["dominant", "expectation", "ex-post-ir", "ex-post-ic", "bayesian-ic", "interim-ir"]
NOTIONS = [*SHARED, "budget-balance", "efficiency"]
TYPES = (0.0, 1.0, 2.0)


@dataclass(frozen=True)
class RandomRule(DirectLottery):
    """A rule without rhyme: lotteries, fees and rewards by the reports 0, 1, 2 of each buyer, or silence."""

    seed: int
    n: int
    branches: int

    def lottery(self, reports):
        rng = np.random.default_rng(self.seed)
        shape = (4,) * self.n
        chances = rng.dirichlet(np.ones(self.branches), shape).round(1)
        chances[..., -1] += 1 - chances.sum(axis=-1)
        chances = np.maximum(chances, 0) / np.maximum(chances, 0).sum(axis=-1, keepdims=True)
        won = rng.integers(-1, self.n, (*shape, self.branches, 1)) == np.arange(self.n)
        paid = rng.integers(-2, 5, (*shape, self.branches, self.n)) / 4
        said = np.asarray(reports, dtype=float)
        places = tuple(np.moveaxis(np.where(said == -np.inf, 3, said).astype(int), -1, 0))
        return Lottery(chances[places], Outcome(won[places].astype(float), paid[places]))


@dataclass(frozen=True)
class TossedFirst(Mechanism):
    """A coin falls in secret before the reports, and says by which of two rules they are judged."""

    rules: tuple
    heads: float

    def conversation(self, n):
        fallen = yield Chance((self.heads, 1 - self.heads))
        lottery = self.rules[fallen].lottery((yield AskValue()).values)
        return lottery.branch((yield Chance(tuple(lottery.probabilities.tolist()))))


@dataclass(frozen=True)
class Mixed(DirectLottery):
    """The same in closed form, with the branches of both rules side by side."""

    rules: tuple
    heads: float

    def lottery(self, reports):
        one, other = (rule.lottery(reports) for rule in self.rules)
        ends = [(each.outcomes.allocation, each.outcomes.payments) for each in (one, other)]
        allocation, payments = (np.concatenate(parts, axis=-2) for parts in zip(*ends, strict=True))
        chances = [self.heads * one.probabilities, (1 - self.heads) * other.probabilities]
        return Lottery(np.concatenate(chances, axis=-1), Outcome(allocation, payments))


@dataclass(frozen=True)
class EntryFee(DirectMechanism):
    """Second price; who bids pays a fee besides."""

    fee: float

    def outcome(self, reports):
        sold = SecondPrice().outcome(reports)
        return Outcome(sold.allocation, sold.payments + self.fee * np.isfinite(reports))


@dataclass(frozen=True)
class Chancy(DirectLottery):
    """One buyer: the higher her report, the likelier she gets the good, for nothing."""

    def lottery(self, reports):
        wins = (np.asarray(reports, dtype=float) + 2)[..., 0] / 4
        wins = np.where(np.isfinite(wins), wins, 0.0)
        won = np.broadcast_to(np.array([[1.0], [0.0]]), (*wins.shape, 2, 1))
        return Lottery(np.stack([wins, 1 - wins], axis=-1), Outcome(won, np.zeros(won.shape)))


def prior_of(n, types=TYPES):
    rng = np.random.default_rng(n)
    return JointDistribution(rng.dirichlet(np.ones(len(types) ** n)).reshape((len(types),) * n), [types] * n)


def rule_of(seed):
    n = 1 + seed % 2
    return RandomRule(seed, n, 1 + seed % 3), prior_of(n), (Linear(), CARA(1.0))[seed % 2]


@pytest.mark.parametrize("reports", REPORTS)
@pytest.mark.parametrize("seed", range(6))
def test_a_rule_and_its_conversation_have_the_same_verdicts_and_gains(seed, reports):
    rule, prior, utility = rule_of(seed)
    both = (Instance(one, prior, utilities=utility, reports=reports, name="") for one in (rule, Spoken(rule)))
    shut, spoken = (audit(one, NOTIONS) for one in both)
    assert list(shut.notion) == list(spoken.notion)
    assert list(shut.verdict) == list(spoken.verdict)
    np.testing.assert_allclose(shut.gain, spoken.gain, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_two_moves_of_chance_are_one_lottery_on_average(seed):
    """Where nobody sees the first coin, only notions about each fall of the coins can tell the two apart."""
    n = 1 + seed % 2
    rules, prior = (RandomRule(seed, n, 2), RandomRule(seed + 50, n, 3)), prior_of(n)
    averaged = [name for name in NOTIONS if name != "dominant"]
    frames = [audit(Instance(one, prior), averaged) for one in (TossedFirst(rules, 0.3), Mixed(rules, 0.3))]
    assert list(frames[0].verdict) == list(frames[1].verdict)
    np.testing.assert_allclose(frames[0].gain, frames[1].gain, atol=1e-9)
    exact = audit(Instance(TossedFirst(rules, 0.3), prior, reports="types"), ["dominant", "bayesian-ic"])
    seen, bound = audit_sample(
        TossedFirst(rules, 0.3), prior, ["dominant", "bayesian-ic"],
        effort=Effort(60, 3, 4), amounts=TYPES, reports="types",
    ).gain
    assert seen <= exact.gain[0] + 1e-9
    assert bound >= 0 if exact.verdict[1] == "fails" else bound >= exact.gain[1]


def test_coins_are_coupled():
    """To report 1 wins wherever 0 does: truth is right at each coin. Uncoupled, a lie would gain 1."""
    prior = JointDistribution([0.5, 0.5], [[0.0, 1.0]])
    for mechanism in (Chancy(), Spoken(Chancy())):
        found = audit(Instance(mechanism, prior), ["dominant", "expectation"])
        assert found.verdict.tolist() == ["holds", "holds"]
        sampled = audit_sample(mechanism, prior, ["dominant"], effort=Effort(200, 2, 4), amounts=(0.0, 1.0))
        assert sampled.gain.tolist() == [0.0]


def test_coins_that_fall_in_more_ways_after_a_lie():
    """Type 1 who says 2 for sure wins at each coin where truth does, and gains where it does not: 1."""
    prior = JointDistribution([0.5, 0.5], [[1.0, 2.0]])
    for mechanism in (Chancy(), Spoken(Chancy())):
        found = audit(Instance(mechanism, prior), ["dominant", "expectation"])
        np.testing.assert_allclose(found.gain, [1.0, 0.25])


@pytest.mark.parametrize("spoken", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_a_sample_of_everything_finds_what_the_exact_audit_finds(seed, spoken):
    """With the types as the reports, and all profiles and coins seen, gains at each of them are the same."""
    rule, prior, utility = rule_of(seed)
    mechanism = Spoken(rule) if spoken else rule
    exact = audit(Instance(mechanism, prior, utilities=utility, reports="types"), SHARED)
    effort = Effort(60 if spoken else 8_000, 3, 4)
    sampled = audit_sample(
        mechanism, prior, SHARED, effort=effort, amounts=TYPES, reports="types", utilities=utility
    )
    theirs = exact.set_index("notion").loc[sampled.notion]
    for (notion, mine), gain in zip(sampled.set_index("notion").iterrows(), theirs.gain, strict=True):
        if notion in ("Bayesian IC", "interim IR"):
            assert mine.gain >= gain - 1e-9 if mine.verdict != "fails" else low(mine) <= gain + 1e-3
        elif spoken:
            assert mine.gain <= gain + 1e-9
        else:
            assert mine.gain == pytest.approx(gain, abs=1e-9), notion


def low(line):
    """The lower end of a line's interval."""
    return float(line.interval.strip("[]").split(",")[0])


@pytest.mark.parametrize("mechanism", [EntryFee(0.1), Spoken(EntryFee(0.1))], ids=["rule", "conversation"])
def test_silence_is_a_lie_if_the_caller_says_so(mechanism):
    """Second price with an entry fee of 0.1: type 0 gains 0.1 by silence, and nothing by another bid."""
    prior = JointDistribution.product([Discrete([0.0, 1.0], [0.5, 0.5])] * 2)
    few = Effort(40, 2, 4)
    for reports, verdicts in (("types", ["holds", "no"]), ("types and silence", ["fails", "fails"])):
        exact = audit(Instance(mechanism, prior, reports=reports), ["bayesian-ic", "dominant"])
        assert exact.verdict.tolist() == [verdicts[0]] * 2
        sampled = audit_sample(mechanism, prior, ["bayesian-ic", "dominant"], effort=few, reports=reports)
        assert {verdict.split()[0] for verdict in sampled.verdict} == {verdicts[1]}
        if reports != "types":
            np.testing.assert_allclose([*exact.gain, *sampled.gain], 0.1)
            assert all(says.endswith("nothing") for says in exact.says)


def test_reports_are_one_of_two():
    prior = prior_of(1)
    with pytest.raises(ValueError, match="reports must be 'types' or 'types and silence', got 'lies'"):
        Instance(SecondPrice(), prior, reports="lies")
    with pytest.raises(ValueError, match="reports must be 'types' or"):
        audit_sample(SecondPrice(), prior, reports="lies")


def test_random_ties_are_broken_by_the_same_coin():
    """Whoever wins a tie by the coin: truth in second price is right at each of its falls."""
    prior = JointDistribution.product([Discrete(TYPES, [0.2, 0.3, 0.5])] * 2)
    for mechanism in (RandomTies(SecondPrice()), Spoken(RandomTies(SecondPrice()))):
        assert audit(Instance(mechanism, prior), ["dominant"]).verdict.tolist() == ["holds"]


@dataclass(frozen=True)
class RareLoss(DirectMechanism):
    """Nothing is sold; a buyer whose value is above `above` pays `fine`."""

    above: float
    fine: float

    def outcome(self, reports):
        fined = (reports > self.above).any(axis=-1, keepdims=True)
        return Outcome(np.zeros(reports.shape), np.where(fined, self.fine, np.zeros(reports.shape)))


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_on_losses_is_bernsteins(seed):
    """A rival above 0.99 costs 1: of N profiles with k such, mean, variance and range make the bound.

    Maurer and Pontil 2009, Theorem 4: mean + sqrt(2 V log(2 m / δ) / N) + 7 R log(2 m / δ) / (3 (N - 1)),
    here with m = 8 types of two buyers. The figure is that of some k.
    """
    prior, n = IndependentPrior.identical(Uniform(0, 1), 2), 400
    found = audit_sample(RareLoss(0.99, 1.0), prior, ["interim-ir"], effort=Effort(n, 4, 4, seed))
    (line,) = found.to_dict("records")
    size = np.log(2 * 8 / 0.05)
    mean = np.arange(1, 30) / n
    bounds = mean + np.sqrt(2 * mean * (1 - mean) * n / (n - 1) * size / n) + 7 * size / (3 * n - 3)
    assert np.abs(bounds - line["gain"]).min() < 1e-12
    assert line["interval"] == "95%, as seen"


def test_a_mixed_play_of_a_rule_is_audited_by_replay():
    """First price; both mix a quarter and three quarters of a value of 0 or 2, and seat 0 wins ties.

    At seat 0, 0.5 brings 1.5 and 0.75 against the types of the rival, 1.5 brings 0.5: so 1.125 and 0.5.
    """
    from agents.strategies import RandomBidder

    prior = JointDistribution.product([Discrete([0.0, 2.0], [0.5, 0.5])] * 2)
    found = audit(Instance(FirstPrice(), prior, strategies=RandomBidder(2)), ["bayesian-ic"])
    assert found.gain.tolist() == pytest.approx([1.125 - (1.125 + 0.5) / 2])
