"""A question that nothing knows of is played by the market, at once, exactly and by the audit."""

from dataclasses import dataclass

import numpy as np
import pytest

from agents.best_response.strategy import BestResponse
from agents.play.exact import expected_outcome
from agents.play.instant import play_many
from agents.population import Group, Population
from agents.strategies import Late, Ring, Truthful
from mechanisms.auctions import FirstPrice, SecondPrice
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.questions import BuyerQuestion
from sim.audit import Instance, audit
from tests.sim.market.markets import run

GRID = Discrete(np.arange(4), [0.1, 0.4, 0.3, 0.2])
PRIOR = JointDistribution.product([GRID] * 2)


@dataclass(frozen=True)
class Whisper(BuyerQuestion):
    """Whisper your value; silence: no bid."""

    answered_by = "whisper"

    def truth(self, view):
        return view.values

    def possible_answers(self, amounts):
        return [-np.inf, *map(float, amounts)]


@dataclass(frozen=True)
class Whispered(Mechanism):
    """An auction whose bids are whispered."""

    auction: Mechanism

    def conversation(self, n):
        return self.auction.outcome((yield Whisper()).values)


class Half(Truthful):
    """Whispers half the value."""

    def whisper(self, question, view):
        return view.values / 2


AUCTIONS = pytest.mark.parametrize("auction", [FirstPrice(), SecondPrice()], ids=lambda one: one.name)


@AUCTIONS
def test_exact_play_is_that_of_the_auction(auction):
    mine, theirs = (expected_outcome(one, PRIOR) for one in (Whispered(auction), auction))
    assert mine.revenue == pytest.approx(theirs.revenue)
    np.testing.assert_allclose(mine.utility, theirs.utility)
    halved = expected_outcome(Whispered(FirstPrice()), PRIOR, strategies=Half()).revenue
    assert halved == pytest.approx(expected_outcome(FirstPrice(), PRIOR).revenue / 2)


@AUCTIONS
def test_instant_play_is_that_of_the_auction(auction):
    values, rng = PRIOR.profiles(), np.random.default_rng(0)
    people = Population.of([Truthful(), Half()])
    reports = values * [1, 0.5]
    ends = play_many(Whispered(auction), values, people, rng)
    np.testing.assert_array_equal(ends.payments, auction.outcome(reports).payments)


def sold(mechanism, strategy=None):
    """The frames of a market of three."""
    return run(20.0, Population([Group(strategy or Truthful())], [0, 0, 0]), mechanism)


@AUCTIONS
def test_the_market_sells_as_the_auction_does(auction):
    mine, theirs = sold(Whispered(auction)), sold(auction)
    assert len(mine["transactions"]) > 10
    np.testing.assert_array_equal(mine["transactions"]["payment"], theirs["transactions"]["payment"])
    assert set(mine["messages"]["question"]) == {"Whisper"}


def test_the_market_hears_those_who_have_an_answer_of_their_own():
    whispered = Whispered(SecondPrice())
    ring, half = (sold(whispered, strategy) for strategy in (Late(Ring(), 0.5), Half()))
    truth = sold(SecondPrice())
    np.testing.assert_array_equal(half["transactions"]["payment"], truth["transactions"]["payment"] / 2)
    assert len(ring["transactions"]) == len(truth["transactions"])


def test_the_audit_tries_its_answers():
    """Second price is dominant; in first price somebody shades, by as much as where bids are asked aloud."""
    notions = ["dominant", "ex-post-ir"]
    assert audit(Instance(Whispered(SecondPrice()), PRIOR), notions).verdict.tolist() == ["holds"] * 2
    loud, soft = (audit(Instance(one, PRIOR), notions) for one in (FirstPrice(), Whispered(FirstPrice())))
    assert soft.verdict.tolist() == loud.verdict.tolist() == ["fails", "holds"]
    np.testing.assert_allclose(soft.gain, loud.gain)


def test_best_response_plans_for_it():
    """Against the truth of first price, as where the report is asked for aloud."""
    people = [BestResponse(), Truthful()]
    both = (Whispered(FirstPrice()), FirstPrice())
    mine, theirs = (expected_outcome(one, PRIOR, strategies=people) for one in both)
    np.testing.assert_allclose(mine.utility, theirs.utility, rtol=1e-6)
    assert mine.utility[0] > expected_outcome(FirstPrice(), PRIOR).utility[0] + 0.1
