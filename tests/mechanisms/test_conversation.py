"""Questions, the engine that plays them, and outcomes: against definitions and hand-made enumerations."""

from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms.conversation import DirectLottery, DirectMechanism, Mechanism
from mechanisms.engine import Enough, Path, converse, play, walk
from mechanisms.outcome import Lottery, Outcome
from mechanisms.questions import (
    SILENT,
    Announce,
    AskBelief,
    AskValue,
    CallPrice,
    Chance,
    Draw,
    InviteBid,
    OfferPrice,
    Replies,
    ShowMenu,
    branch,
)
from tests.property import type_profiles

# --- questions ------------------------------------------------------------------------------------

INF, NAN = np.inf, np.nan
BELIEF = AskBelief(outcomes=2)
MENU = ShowMenu(entries=((1.0,), (0.5,)), prices=(2.0, 1.0), purchases=2)


@pytest.mark.parametrize("question", [AskValue(), CallPrice(price=1.0), InviteBid()], ids=repr)
def test_bids_are_finite_and_not_negative(question):
    answers = np.array([0.0, 3.5, -1.0, INF, -INF, NAN])
    assert question.acceptable(answers).tolist() == [True, True, False, False, False, False]
    assert question.silent(answers).tolist() == [False, False, False, False, True, False]


def test_several_values_are_acceptable_together():
    question = AskValue(shape=(2,))
    answers = np.array([[1.0, 2.0], [1.0, -1.0], [SILENT, SILENT], [SILENT, 1.0]])
    assert question.acceptable(answers).tolist() == [True, False, False, False]
    assert question.silent(answers).tolist() == [False, False, True, False]


def test_offers_are_taken_or_left():
    assert OfferPrice().acceptable(np.array([0, 1, 2, NAN])).tolist() == [True, True, False, False]


def test_beliefs_are_probabilities():
    answers = np.array([[0.25, 0.75], [0.5, 0.6], [1.5, -0.5], [NAN, 1.0], [INF, -INF]])
    assert BELIEF.acceptable(answers).tolist() == [True, False, False, False, False]


def test_menu_choices_are_entries_or_none():
    answers = np.array([[0, 1], [1, -1], [2, 0], [0, -2]])
    assert MENU.acceptable(answers).tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (AskValue(), [SILENT] * 3),
        (AskValue(shape=(2,)), [[SILENT, SILENT]] * 3),
        (BELIEF, [[NAN, NAN]] * 3),
        (OfferPrice(), [0, 0, 0]),
        (MENU, [[-1, -1]] * 3),
    ],
    ids=repr,
)
def test_defaults_stand_for_silence(question, wanted):
    np.testing.assert_array_equal(question.defaults(3), wanted)


def test_seats_are_those_asked():
    assert AskValue().seats(3).tolist() == [0, 1, 2]
    assert AskValue(to=(2, 0)).seats(3).tolist() == [2, 0]
    assert AskValue(to=()).seats(3).tolist() == []


@pytest.mark.parametrize("to", [(3,), (-1,), (0, 7)], ids=repr)
def test_nobody_can_be_asked_who_is_not_there(to):
    with pytest.raises(ValueError, match=r"to must hold local indices from 0 to 2, got"):
        AskValue(to=to).seats(3)


def test_questions_are_compared_by_content():
    assert Announce.facts(star=1, others=(2.0, 3.0)) == Announce.facts(star=1, others=(2.0, 3.0))
    assert len({AskValue(to=(1,)), AskValue(to=(1,)), AskValue(to=(2,))}) == 2
    assert Announce.facts(star=1, price=3)["price"] == 3


@pytest.mark.parametrize("masses", [(0.5, 0.4), (1.5, -0.5), (NAN, 1.0), ()], ids=repr)
def test_chance_refuses_what_is_no_distribution(masses):
    with pytest.raises(ValueError, match="probabilities must be at least 0 and sum to 1"):
        Chance(masses)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5).filter(any), st.floats(0, 1, exclude_max=True))
def test_a_branch_is_where_the_cumulated_probabilities_pass_the_uniform(weights, uniform):
    masses = [w / sum(weights) for w in weights]
    taken = branch(masses, uniform)
    assert masses[taken] > 0
    assert sum(masses[:taken]) <= uniform + 1e-12
    assert uniform <= sum(masses[: taken + 1]) + 1e-12


# --- engine ---------------------------------------------------------------------------------------


class Scribe:
    """Notes what it is asked, and answers with a counter."""

    def __init__(self):
        self.noted = []

    def _note(self, question):
        self.noted.append(question)
        return len(self.noted)

    ask = chance = draw = announce = _note


def test_the_engine_sends_each_reply_to_the_question_before():
    replies = []

    def conversation():
        for question in (AskValue(), Chance((0.5, 0.5)), Announce.facts(a=1), Draw(None)):
            replies.append((yield question))
        return "the end"

    scribe = Scribe()
    assert converse(conversation(), scribe) == "the end"
    assert replies == [1, 2, 3, 4]
    assert scribe.noted == [AskValue(), Chance((0.5, 0.5)), Announce.facts(a=1), Draw(None)]


def test_a_conversation_without_questions_ends_at_once():
    def conversation():
        return Outcome.nothing(2)
        yield

    assert converse(conversation(), Scribe()).payments.tolist() == [0, 0]


@dataclass(frozen=True)
class Tree(Mechanism):
    """Chance moves one after another; every other one is only made if the one before took branch 0."""

    moves: tuple[tuple[float, ...], ...]

    def conversation(self, n):
        taken = []
        for depth, masses in enumerate(self.moves):
            if depth % 2 == 0 or taken[-1] == 0:
                taken.append((yield Chance(masses)))
            else:
                taken.append(None)
        return Outcome(np.array([np.nan]), np.array([np.nan]), {"taken": taken})


class Walker:
    def __init__(self, path):
        self.path = path

    def chance(self, question):
        return self.path.take(question.probabilities)


def expected_paths(moves):
    """All sequences of choices of positive probability, by the definition of `Tree`."""
    found = {}
    for choice in product(*(range(len(m)) for m in moves)):
        taken = tuple(
            k if depth % 2 == 0 or choice[depth - 1] == 0 else None for depth, k in enumerate(choice)
        )
        p = prod(m[k] for m, k in zip(moves, taken, strict=True) if k is not None)
        if p > 0:
            found[taken] = p
    return found


chances = st.lists(st.integers(0, 3), min_size=1, max_size=3).filter(any).map(
    lambda weights: tuple(w / sum(weights) for w in weights)
)


@given(st.lists(chances, max_size=5))
def test_walk_takes_every_path_once(moves):
    walked = [
        (tuple(end.causes["taken"]), player.path.probability)
        for player, end in walk(Tree(tuple(moves)), 1, Walker)
    ]
    wanted = expected_paths(moves)
    assert len(walked) == len(wanted)
    assert dict(walked) == pytest.approx(wanted)
    assert sum(p for _, p in walked) == pytest.approx(1)


def test_walk_goes_on_after_a_path_that_is_broken_off():
    class Impatient(Walker):
        def chance(self, question):
            taken = super().chance(question)
            if self.path.taken == (1,):
                raise Enough
            return taken

    ends = [(p.path.taken, end) for p, end in walk(Tree(((0.5, 0.5), (0.5, 0.5))), 1, Impatient)]
    assert sorted(taken for taken, _ in ends) == [(0, 0), (0, 1), (1,)]
    assert [end is None for taken, end in ends if taken == (1,)] == [True]


def test_a_path_notes_the_siblings_it_passes_by():
    path = Path((1,))
    assert path.take((0.25, 0.75)) == 1
    assert path.take((0.0, 0.5, 0.5)) == 1
    assert path.untried == [(1, 2)]
    assert path.probability == 0.375


# --- outcomes and base classes --------------------------------------------------------------------


@dataclass(frozen=True)
class Dictator(DirectMechanism):
    """The first buyer gets the good and pays half her report."""

    def outcome(self, reports):
        first = np.zeros(reports.shape)
        first[..., 0] = 1
        return Outcome(first, first * np.where(np.isfinite(reports), reports, 0) / 2)


@dataclass(frozen=True)
class Raffle(DirectLottery):
    """Buyer k of n gets the good with probability (k + 1)/(1 + … + n) and pays half her report."""

    def lottery(self, reports):
        n = reports.shape[-1]
        tickets = np.arange(1, n + 1) / (n * (n + 1) / 2)
        allocation = np.broadcast_to(np.eye(n), (*reports.shape, n))
        probabilities = np.broadcast_to(tickets, reports.shape)
        half = allocation * reports[..., None, :] / 2
        return Lottery(probabilities, Outcome.of_causes(allocation, price=2 * half, reward=-half))


class Honest:
    """Answers with the given values; chance from a path."""

    def __init__(self, values, path=None):
        self.values, self.path = values, path

    def ask(self, question):
        return Replies(self.values, np.ones(len(self.values), dtype=bool))

    def chance(self, question):
        return self.path.take(question.probabilities)


@given(type_profiles())
def test_a_direct_mechanism_converses_as_its_rule(values):
    told, ruled = play(Dictator(), len(values), Honest(values)), Dictator().outcome(values)
    np.testing.assert_array_equal(told.payments, ruled.payments)
    assert told.revenue == values[0] / 2


@given(type_profiles())
def test_a_lottery_is_drawn_as_a_whole(values):
    """On each path exactly one buyer is served, and the mean over paths is the expectation by hand."""
    n = len(values)
    ends = list(walk(Raffle(), n, lambda path: Honest(values, path)))
    tickets = [(k + 1) / sum(range(1, n + 1)) for k in range(n)]
    by_winner = {int(end.allocation.argmax()): (p.path.probability, end) for p, end in ends}
    for k in range(n):
        probability, end = by_winner[k]
        assert probability == pytest.approx(tickets[k])
        assert end.payments.tolist() == [values[k] / 2 if i == k else 0 for i in range(n)]
        assert end.itemised["price"][k] == values[k]
        assert end.itemised["reward"][k] == -values[k] / 2
    mean = Raffle().outcome(values)
    np.testing.assert_allclose(mean.payments, tickets * values / 2)
    np.testing.assert_allclose(mean.allocation, tickets)
    np.testing.assert_allclose(mean.causes["price"], tickets * values)


def test_the_mean_of_a_lottery_over_several_goods():
    allocation = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [1.0, 1.0]]])
    lottery = Lottery(np.array([0.25, 0.75]), Outcome(allocation, np.array([[4.0, 8.0], [0.0, 4.0]])))
    assert lottery.mean().allocation.tolist() == [[0.25, 0.0], [0.75, 1.0]]
    assert lottery.mean().payments.tolist() == [1.0, 5.0]
    assert lottery.branch(1).allocation.tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_payments_without_causes_are_the_price():
    outcome = Outcome(np.array([1.0, 0.0]), np.array([3.0, 0.0]))
    assert outcome.itemised["price"].tolist() == [3.0, 0.0]
    assert outcome.revenue == 3.0
    assert Outcome.nothing(2, items=3).allocation.shape == (2, 3)


def test_names_for_tables():
    assert Dictator().name == "dictator"


def test_a_question_that_accepts_less_is_not_judged_by_its_range_alone():
    class AskEven(AskValue):
        def acceptable(self, answers):
            return answers % 2 == 0

    assert AskEven().all_acceptable(np.array([0.0, 2.0]))
    assert not AskEven().all_acceptable(np.array([0.0, 1.0, 2.0]))
    assert not AskValue().all_acceptable(np.array([0.0, np.nan]))
