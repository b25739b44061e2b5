"""Wrappers: whatever one does not override is the inner strategy's, for all wrappers and all strategies."""

import importlib
import pkgutil

import numpy as np
import pytest

import agents
from agents.best_response.expected_utility import Imitation
from agents.learners import Hedge
from agents.learners.share_learner import AveragePlay
from agents.population import Group, Population
from agents.registry import STRATEGIES, make_strategy
from agents.strategies import (
    FalseNames,
    Late,
    LazyReporter,
    RandomBidder,
    Ring,
    Sniper,
    Strategy,
    Truthful,
    Wrapper,
)
from agents.strategies.bid_policy import BidPolicy
from agents.view import SidePayments
from mechanisms.questions import AskValue, BuyerQuestion, kinds
from sim.conformance.strategy import answer, assert_same
from sim.conformance.views import QUESTIONS, feedback_on, items_of, view_for
from tests.sim.market.markets import run

WRAPPERS = {
    Late: lambda inner: Late(inner, 0.25),
    Ring: Ring,
    FalseNames: FalseNames,
    Imitation: lambda inner: Imitation(np.array(0.5), inner),
}
APART = {AveragePlay}
"""It stands for a learner that has stopped learning: see its own test."""
HOOKS = {kind.answered_by for kind in kinds() if kind.__module__.startswith("mechanisms.")} - {"otherwise"}


class Eager(Strategy):
    """Does everything that a strategy can do, each in a way of its own."""

    memoryless = False
    needs = "bids"
    honest = True

    def __init__(self):
        self.seen = []

    def otherwise(self, question, view):
        shape = (*view.values.shape[: view.values.ndim - (np.ndim(view_for(question).values) - 1)],)
        return np.full((*shape, *question.shape), 0.625)

    def wait(self, question, view):
        return 0.75

    def observe(self, feedback):
        self.seen.append(feedback)

    def side_payments(self, feedback):
        return SidePayments(feedback.buyers[:1], feedback.buyers[1:2], np.array([1.0]), "eager")

    def policy(self):
        return BidPolicy(np.ones(1), np.ones(1), np.zeros(1))


class Patient(Eager):
    """The same without a memory, for those who take no learners."""

    memoryless = True
    honest = True


def everything():
    """All modules of `agents`, so that no wrapper is overlooked."""
    for module in pkgutil.walk_packages(agents.__path__, "agents."):
        importlib.import_module(module.name)


def below(kind):
    return {one for sub in kind.__subclasses__() for one in (sub, *below(sub))}


def shipped_wrappers():
    everything()
    return {kind for kind in below(Wrapper) if kind.__module__.startswith("agents.")}


def test_no_wrapper_is_left_out():
    assert shipped_wrappers() == WRAPPERS.keys() | APART


def test_no_strategy_holds_another_without_being_a_wrapper():
    everything()
    for kind in below(Strategy):
        held = [name for name, of in getattr(kind, "__annotations__", {}).items() if of == "Strategy"]
        assert not held or issubclass(kind, Wrapper), kind


def test_a_wrapper_forwards_all_that_a_strategy_has():
    """A new method of `Strategy` is thought of here: it answers a question, or it is forwarded."""
    public = {name for name in vars(Strategy) if not name.startswith("_")}
    assert public - vars(Wrapper).keys() == HOOKS | {"answer", "name"}


def inners(kind, question=None):
    """All strategies that may be wrapped and can answer; the views' beliefs are about one number each."""
    names = [name for name in STRATEGIES if name != "best_response" or items_of(question) == 1]
    makers = {name: lambda name=name: make_strategy(name) for name in names}
    makers |= {"eager": Eager, "patient": Patient}
    return [make for make in makers.values() if kind is not Ring or make().memoryless]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: type(question).__name__)
@pytest.mark.parametrize("kind", WRAPPERS, ids=lambda kind: kind.__name__)
def test_answers_that_are_not_overridden_are_those_of_the_inner_strategy(kind, question):
    if "answer" in vars(kind) or question.answered_by in vars(kind):
        return
    view = view_for(question)
    for make in inners(kind, question):
        inner = make()
        assert_same(answer(WRAPPERS[kind](inner), question, view), answer(inner, question, view))


@pytest.mark.parametrize("kind", WRAPPERS, ids=lambda kind: kind.__name__)
def test_all_else_that_is_not_overridden_is_forwarded(kind):
    question, told = AskValue(), feedback_on(AskValue(), 0)
    view = view_for(question)
    for make in inners(kind):
        inner = make()
        outer = WRAPPERS[kind](inner)
        same = {
            "memoryless": outer.memoryless == inner.memoryless,
            "needs": outer.needs == inner.needs,
            "wait": outer.wait(question, view) == inner.wait(question, view),
            "side_payments": type(outer.side_payments(told)) is type(inner.side_payments(told)),
            "policy": type(outer.policy()) is type(inner.policy()),
        }
        assert [name for name, kept in same.items() if not kept and name not in vars(kind)] == []
        assert Group(outer).waits == (outer.wait(question, view) > 0 or inner.waits)
        assert Group(outer).colludes == (inner.colludes or "side_payments" in vars(kind))
        outer.observe(told)
        assert getattr(inner, "seen", [told]) == [told]


def test_each_wrapper_changes_what_it_is_for():
    """Late waits; a ring is silent but for its leader, and pays; names split goods; a disguise is a plan."""
    inner = Patient()
    view = view_for(AskValue())
    assert Late(inner, 2.0).wait(AskValue(), view) == 2.0
    assert np.isfinite(Ring(inner).answer(AskValue(), view)).sum() == 1
    assert Ring(inner).side_payments(feedback_on(AskValue(), 0)).reason == "ring"
    assert (Imitation(np.array(0.5)).answer(AskValue(), view) == 0.5).all()
    bundles = view_for(AskValue(shape=(3,)))
    names = FalseNames(Shaded()).answer(AskValue(shape=(3,)), bundles)
    np.testing.assert_array_equal(names, FalseNames().answer(AskValue(shape=(3,)), bundles) / 2)


class Shaded(Strategy):
    def report_value(self, question, view):
        return view.values / 2


def test_honesty_is_not_inherited():
    """A wrapper that leaves the answers alone is as honest as its inner strategy; others must say so."""
    assert Group(Late(Truthful())).honest
    assert not Group(Late(RandomBidder())).honest
    assert not any(Group(make(Truthful())).honest for kind, make in WRAPPERS.items() if kind is not Late)

    class Shouts(Truthful):
        def report_value(self, question, view):
            return 2 * view.values

    assert not Group(Shouts()).honest


def test_a_late_ring_pays_as_a_ring_does():
    """The same seed, and answers in time: the same side payments, and there are some."""
    paid = [
        run(25.0, Population([Group(strategy)], [0, 0, 0]))["transfers"]
        for strategy in (Ring(), Late(Ring(), 0.5), Late(Late(Ring(), 0.1), 0.25))
    ]
    assert len(paid[0]) > 10
    columns = ["from_person", "to_person", "amount"]
    for later in paid[1:]:
        np.testing.assert_array_equal(later[columns], paid[0][columns])


def test_wrappers_nest():
    """A late ring of snipers waits as long as the slower of the two, and answers beliefs as lazily."""
    strategy = Late(Ring(Sniper(0.75)), 0.5)
    last = next(q for q in QUESTIONS if type(q).__name__ == "InviteBid" and q.round == 2)
    assert strategy.wait(last, view_for(last)) == 0.75
    assert strategy.wait(AskValue(), view_for(AskValue())) == 0.5
    belief = next(q for q in QUESTIONS if type(q).__name__ == "AskBelief")
    lazy = Late(FalseNames(Ring(LazyReporter())))
    np.testing.assert_array_equal(lazy.answer(belief, view_for(belief))[0], belief.uniform())


def test_the_average_play_of_a_learner_learns_no_more():
    learner = Hedge()
    told = feedback_on(AskValue(), 0)
    learner.observe(told)
    average = learner.average()
    assert isinstance(average, AveragePlay)
    assert average.memoryless
    assert average.needs == "own"
    before = answer(average, AskValue(), view_for(AskValue()))
    average.observe(told)
    learner.observe(told)
    assert_same(before, answer(average, AskValue(), view_for(AskValue())))
    for question in QUESTIONS:
        if question.answered_by != "report_value":
            view = view_for(question)
            assert_same(answer(average, question, view), answer(learner, question, view))


@pytest.mark.parametrize("kind", [Late, Ring, FalseNames])
def test_what_is_wrapped_must_be_a_strategy(kind):
    with pytest.raises(TypeError, match="inner must be a Strategy, got 'truthful'"):
        kind("truthful")


def test_a_question_that_no_strategy_has_heard_of_is_answered_by_its_truth():
    class AskNothingKnown(BuyerQuestion):
        def truth(self, view):
            return np.sqrt(view.values)

    view = view_for(AskValue())
    for make in (Truthful, Ring, lambda: Late(Ring())):
        np.testing.assert_array_equal(make().answer(AskNothingKnown(), view), np.sqrt(view.values))
