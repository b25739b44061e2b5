"""A market driven at random, with hostile buyers, through every kind of question: it goes on, in order."""

import os
from dataclasses import dataclass, field

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agents.population import Population
from agents.seller import SellerPlan
from agents.strategies import Strategy
from agents.view import Mixed, SidePayments
from mechanisms.auctions import AscendingClock, FirstPrice, OpenProxy, PostedPrice, SecondPrice
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Uniform
from mechanisms.outcome import Outcome
from mechanisms.questions import (
    SILENT,
    Announce,
    AskBelief,
    AskGridBelief,
    AskGridValue,
    AskMarginals,
    AskProductBelief,
    AskValue,
    AskValueBound,
    BuyerQuestion,
    CallPrice,
    InviteBid,
    OfferPrice,
    ShowMenu,
    kinds,
)
from sim.market.market import Market
from sim.market.panel import Panel

QUESTIONS = (
    AskValue(),
    AskGridValue(bound=4),
    AskValue(to=(1, 0)),
    AskValueBound(about=(2,)),
    AskBelief(about=(2,), outcomes=3),
    AskGridBelief(about=(2,), outcomes=3),
    AskProductBelief(about=(1, 2), outcomes=9),
    AskMarginals(about=(1, 2), outcomes=3),
    OfferPrice(prices=(0.5, 0.2, 0.3)),
    ShowMenu(entries=((1.0,), (0.5,)), prices=(0.5, 0.2)),
    ShowMenu(entries=((1.0,), (0.5,)), prices=(0.5, 0.2), purchases=2, adaptive=True),
    CallPrice(price=0.1),
    InviteBid(price=0.1, leader=1, increment=0.1),
)


def test_every_kind_of_question_is_asked():
    own = {kind for kind in kinds() if kind.__module__.startswith("mechanisms.questions")}
    assert {type(question) for question in QUESTIONS} | {BuyerQuestion} == own


@dataclass(frozen=True)
class AsksAll(Mechanism):
    """Puts some questions, in an order, and sells nothing; it notes what it is told."""

    order: tuple[int, ...] = ()
    told: list = field(default_factory=list, hash=False, compare=False)

    def conversation(self, n):
        for number in self.order:
            replies = yield QUESTIONS[number]
            self.told.append((number, replies.values.copy(), replies.answered.copy()))
            replies.values[...] = 0  # its own, to do with as it likes
            yield Announce.facts(number=number)
        return Outcome(np.zeros(n), np.zeros(n))


def raises(kind):
    def raising(*_):
        raise kind("enough")

    return raising


def grab(question, view):
    for array in (view.seats, view.buyers, *(answers for _, answers in view.said)):
        for owner in (array, array.base):
            if isinstance(owner, np.ndarray):
                try:
                    owner.flags.writeable = True
                    owner[...] = 0
                except ValueError:
                    pass
    view.values[...] = 1e9
    return np.zeros((len(view.seats), *question.shape))


def filled(number):
    return lambda question, view: np.full((len(view.seats), *question.shape), number)


ODD = {
    "nan": filled(np.nan),
    "inf": filled(np.inf),
    "minus": filled(-1e300),
    "largest": filled(1e100),
    "half": filled(0.5),
    "one": filled(1.0),
    "third": filled(1 / 3),
    "silent": filled(SILENT),
    "text": filled("much"),
    "bytes": filled(b"\xff"),
    "objects": filled(None),
    "complex": filled(1j),
    "a date": lambda question, view: np.full(len(view.seats), np.datetime64("2000-01-01")),
    "nothing": lambda question, view: None,
    "empty": lambda question, view: np.zeros(0),
    "large": lambda question, view: np.zeros((1000, 1000)),
    "nested": lambda question, view: [[[[[1.0]]]]],
    "ragged": lambda question, view: [[1.0], [1.0, 2.0]],
    "mixed": lambda question, view: Mixed(np.zeros((len(view.seats), 2, *question.shape)), [0.5, 0.5]),
    "ill mixed": lambda question, view: Mixed(np.zeros((len(view.seats), 2)), [0.7, 0.7]),
    "mixed of nothing": lambda question, view: Mixed(None, None),
    "raises": raises(ValueError),
    "leaves": raises(SystemExit),
    "stops": raises(StopIteration),
    "closes": raises(GeneratorExit),
    "deep": lambda question, view: ODD["deep"](question, view),
    "grabs": grab,
}
ODD_HOOKS = {
    "nothing": lambda *_: None,
    "number": lambda *_: 0.5,
    "nan": lambda *_: np.nan,
    "raises": raises(RuntimeError),
    "leaves": raises(SystemExit),
    "pays": lambda *_: SidePayments(np.array([0]), np.array([1]), np.array([0.1]), "share"),
    "pays oddly": lambda *_: SidePayments(["x"], None, np.array([[0.1]]), object()),
}


HOOKS = ("wait", "observe", "side_payments", "policy")


class Moody(Strategy):
    """Does what it was last told to."""

    memoryless = False
    waits = colludes = says_policy = True

    def __init__(self):
        self.mood, self.hooks = "half", dict.fromkeys(HOOKS, "nothing")

    def answer(self, question, view):
        return ODD[self.mood](question, view)

    def wait(self, *given):
        return ODD_HOOKS[self.hooks["wait"]](*given)

    def observe(self, *given):
        return ODD_HOOKS[self.hooks["observe"]](*given)

    def side_payments(self, *given):
        return ODD_HOOKS[self.hooks["side_payments"]](*given)

    def policy(self):
        return ODD_HOOKS[self.hooks["policy"]]()


class Steady(Strategy):
    """Says 0.25 to whoever asks for a value, and nothing to others."""

    def otherwise(self, question, view):
        return np.full((len(view.seats), *question.shape), SILENT)

    def report_value(self, question, view):
        return np.full(len(view.seats), 0.25 if type(question) is AskValue else SILENT)


class HostileMarket(RuleBasedStateMachine):
    """Two of three buyers are hostile; the third must never notice."""

    @initialize(
        orders=st.lists(st.permutations(range(len(QUESTIONS))), min_size=1, max_size=2), latency=st.booleans()
    )
    def open(self, orders, latency):
        self.moody = Moody()
        asking = [AsksAll(tuple(order[:8])) for order in orders]
        self.sellers = [*asking, SecondPrice(), FirstPrice(), AscendingClock(), OpenProxy(0.1, 3),
                        PostedPrice(0.4)]
        size = 3 * len(self.sellers)
        strategies = [self.moody, self.moody, Steady()] * len(self.sellers)
        people = Population.of(strategies, 0.01 if latency else 0.0)
        triples = np.arange(size).reshape(-1, 3)
        panels = [Panel(members, ahead=k % 2 == 0) for k, members in enumerate(triples)]
        plans = [SellerPlan(one, period=12.0, window=1.0, discloses="bids") for one in self.sellers]
        self.market = Market(people, plans, panels, Uniform(0, 1), seed=0)

    @rule(mood=st.sampled_from(sorted(ODD)))
    def feel(self, mood):
        self.moody.mood = mood

    @rule(hook=st.sampled_from(HOOKS), way=st.sampled_from(sorted(ODD_HOOKS)))
    def hook(self, hook, way):
        self.moody.hooks[hook] = way

    @rule(ticks=st.integers(1, 7))
    def go_on(self, ticks):
        self.market.advance_to(self.market.now + ticks)

    @invariant()
    def the_third_is_heard(self):
        for seller in getattr(self, "sellers", ()):
            for number, values, answered in getattr(seller, "told", ()):
                question = QUESTIONS[number]
                if type(question) is AskValue and question.to is None and answered[2]:
                    assert values[2] == 0.25
                assert question.acceptable(values[answered]).all()

    @invariant()
    def all_is_in_order(self):
        market = getattr(self, "market", None)
        if market is not None:
            market.ledger.reconcile()
            assert np.isfinite(market.ledger.paid).all()

    def teardown(self):
        if hasattr(self, "market"):
            self.market.finish()
            tables = self.market.records.frames()
            refused = (tables["messages"]["status"] == "refused").sum()
            assert refused <= len(tables["refusals"])
            assert (tables["transfers"]["amount"] > 0).all()
            self.market.close()


TestHostileMarket = HostileMarket.TestCase
TestHostileMarket.settings = settings(
    max_examples=int(os.environ.get("BAZAAR_FUZZ", "10")), stateful_step_count=25, deadline=None
)
