from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from agents.play.instant import InstantPlayer
from agents.strategies.menu_buyers import ExactMenuBuyer, GreedyMenuBuyer, ImpatientMenuBuyer
from agents.strategies.menu_learner import LearningMenuBuyer, purchases_of
from agents.view import Feedback
from mechanisms.engine import play
from mechanisms.menus import Menu, best_purchase, coffee_shop_menu
from mechanisms.menus.posted import PostedMenu
from mechanisms.questions import ShowMenu
from mechanisms.utilities import Linear
from sim.conformance.players import party_of
from sim.conformance.strategy import StrategyConformance
from sim.conformance.views import QUESTIONS, view_for
from tests.mechanisms.menus.brute import additive_table, all_purchases
from tests.mechanisms.menus.walking import expected

MENUS = tuple(question for question in QUESTIONS if isinstance(question, ShowMenu))


class TestMenuBuyers(StrategyConformance):
    instances = (
        ExactMenuBuyer(), ExactMenuBuyer(0.25), GreedyMenuBuyer(), GreedyMenuBuyer(0.25),
        ImpatientMenuBuyer(0.5), ImpatientMenuBuyer(0.25, 2),
    )


class TestLearningMenuBuyer(StrategyConformance):
    instances = (LearningMenuBuyer(), LearningMenuBuyer(0.5))

    def test_only_learners_change_by_observing(self, instance):
        question = MENUS[0]
        before = chances(instance, question, view_for(question))
        instance.observe(told(question, view_for(question), bought=0))
        assert (chances(instance, question, view_for(question)) != before).any()


def chances(strategy, question, view):
    return strategy.choose_from_menu(question, view).probabilities


def told(question, view, bought):
    """Feedback for the members of a view who all bought one entry, and got it if it is sure."""
    answers = np.full((len(view.seats), *question.shape), -1.0)
    answers[:, 0] = bought
    lottery, price = np.array(question.entries[bought]), question.prices[bought]
    worth = view.values * lottery if len(lottery) == 1 else view.values @ lottery
    payments = np.full(len(view.seats), price)
    return Feedback(
        seats=view.seats, buyers=view.buyers, n=view.n, mechanism=view.mechanism, values=view.values,
        utility=Linear(), answers=((question, answers),), allocation=np.ones(len(view.seats)),
        payments=payments, payoffs=worth - payments, causes={"price": payments},
    )


def test_a_learner_ends_at_the_best_purchase():
    """The coffee shop's third type, prices a cent lower: two visits are worth 2 more than the bundle."""
    menu = Menu([[1, 0], [0, 1], [1, 1]], [1.99, 3.99, 7.99])
    question = ShowMenu(
        entries=tuple(map(tuple, menu.probabilities)), prices=tuple(menu.prices), purchases=2
    )
    learner, rng = LearningMenuBuyer(exploration=0.0), np.random.default_rng(1)
    view = view_for(question, values=np.array([[4.0, 6.0]] * 3))
    for _ in range(len(purchases_of(3, 2))):
        mixture = learner.choose_from_menu(question, view)
        picks = [rng.choice(len(p), p=p) for p in mixture.probabilities]
        answers = mixture.answers[np.arange(3), picks]
        learner.observe(lived(question, view, menu, answers))
    final = learner.choose_from_menu(question, view)
    best = best_purchase(menu, [4.0, 6.0], 2)
    for member in range(3):
        favourite = final.answers[member, final.probabilities[member].argmax()]
        assert tuple(favourite) == best.entries == (0, 1)
        assert final.probabilities[member].max() == 1


def lived(question, view, menu, answers):
    """Feedback with the expected payoff of what was bought: all entries are sure."""
    payoffs = []
    for member in range(len(view.seats)):
        bought = [int(e) for e in answers[member] if e >= 0]
        got = menu.probabilities[bought].max(axis=0, initial=0)
        payoffs.append(got @ view.values[member] - menu.prices[bought].sum())
    zeros = np.zeros(len(view.seats))
    return Feedback(
        seats=view.seats, buyers=view.buyers, n=view.n, mechanism=view.mechanism, values=view.values,
        utility=Linear(), answers=((question, answers),), allocation=zeros, payments=zeros,
        payoffs=np.array(payoffs), causes={"price": zeros},
    )


def test_purchases_are_all_multisets():
    assert len(purchases_of(3, 2)) == 10  # 1 + 3 + 6
    with pytest.raises(ValueError, match="more than 1000"):
        purchases_of(50, 5)


def test_greed_is_not_always_best():
    menu = Menu([[0.75, 0], [1, 1]], [0.25, 4])
    # values (4, 2.25): first entry gains 2.75, the bundle 2.25; afterwards the bundle adds 1 + 2.25 − 4 < 0
    greedy = expected(PostedMenu(menu, 2), [4, 2.25], GreedyMenuBuyer())
    # a second copy of the first entry gains ¾ · 1 − ¼ = ½
    assert greedy == pytest.approx((3.25, 0.5))
    # two entries that complete each other beat the one that greed takes first, at 1.5
    menu = Menu([[1, 0, 0.9], [0, 1, 0], [1, 0.75, 0]], [1.4, 1.4, 1.5])
    values = [2, 2, 1]
    assert expected(PostedMenu(menu, 2), values, GreedyMenuBuyer())[0] == pytest.approx(2.0)
    assert expected(PostedMenu(menu, 2), values, ExactMenuBuyer())[0] == pytest.approx(2.1)


@pytest.mark.parametrize(
    ("lotteries", "prices", "values", "bought"),
    [
        ([[1, 0], [0, 1]], [2, 3], (3, 4), [1, 0]),  # both gain 1: the dearer first
        ([[1, 0], [0, 1]], [2, 2], (3, 3.05), [1, 0]),  # a little more is more
        ([[1, 0], [0, 1]], [3, 4], (3, 4), [1, 0]),  # the indifferent buy, and once: a second copy is lost
        ([[1, 0], [0, 1]], [3, 4.01], (3, 4), [0]),
        ([[1, 0], [0, 0]], [3.5, 0], (3, 4), []),  # what is free and useless is left
        ([[1, 0], [0, 1]], [0, 4], (3, 4), [0, 1]),  # what is free and useful is taken, once
        ([[0.5, 0]], [1], (4, 0), [0, 0]),  # 1, then 0, then -1/2
    ],
)
def test_greed_by_hand(lotteries, prices, values, bought):
    menu = Menu(lotteries, prices)
    assert GreedyMenuBuyer().entries(menu, values, 3, False) == bought
    assert GreedyMenuBuyer().entries(menu, values, 3, True) == bought[:1]


@pytest.mark.parametrize(("cost", "bought"), [(0.5, [1, 0]), (1.0, [1, 0]), (1.1, [1])])
def test_greed_comes_back_while_it_is_worth_the_trouble(cost, bought):
    """The second entry gains 1, and the indifferent come back."""
    menu = Menu([[1, 0], [0, 1]], [2, 3])
    assert GreedyMenuBuyer(cost).entries(menu, (3, 4), 3, False) == bought
    left = Menu([[1, 0], [0, 0]], [2, 3])  # what is left to gain when she has the dearer
    assert GreedyMenuBuyer(cost).entries(left, (3, 4), 2, True, visits=1) == bought[1:]


def one_item(entries, purchases):
    """A menu of lotteries for one item: chances and prices, as a question."""
    return ShowMenu(
        entries=tuple((chance,) for chance, _ in entries), prices=tuple(price for _, price in entries),
        purchases=purchases,
    )


def after(learner, question, payoffs, value=0.5):
    """Chances of each purchase for a buyer who has lived through (entry or −1, payoff)s."""
    view = view_for(question, values=np.full(3, value))
    for bought, payoff in payoffs:
        learner.observe(replace(told(question, view, bought), payoffs=np.full(3, payoff)))
    return learner.choose_from_menu(question, view).probabilities[0]


def test_a_learner_goes_by_averages_and_explores():
    """Purchases: none, A, B. Nothing averages 0, A 1 over three times, B 1.2 at its only time."""
    question, learner = one_item([(1.0, 0.5), (0.5, 0.2)], 1), LearningMenuBuyer(0.3)
    assert after(learner, question, []) == pytest.approx([1 / 3] * 3)  # all untried
    lived_through = [(-1, 0.0), (0, 1.0), (0, 1.0), (0, 1.0), (1, 1.2)]
    assert after(learner, question, lived_through[:2]) == pytest.approx([0.1, 0.1, 0.8])  # B untried
    learner = LearningMenuBuyer(0.3)
    assert after(learner, question, lived_through) == pytest.approx([0.1, 0.1, 0.8])  # the best, and 0.3 / 3
    assert after(learner, question, [(1, 0.4)]) == pytest.approx([0.1, 0.8, 0.1])  # B is 0.8 on average
    assert after(learner, question, [(0, 0.3)]) == pytest.approx([0.1, 0.8, 0.1])  # A is 0.825 still
    assert after(learner, question, [(0, 0.3)]) == pytest.approx([0.1, 0.1, 0.8])  # and 0.72 now


def test_experience_is_ones_own_with_that_type_and_menu():
    question = one_item([(1.0, 0.5)], 1)
    learner = LearningMenuBuyer(0.0)
    assert after(learner, question, [(-1, 0.0), (0, 0.25)]) == pytest.approx([0, 1])
    view = view_for(question, values=np.full(3, 0.5))
    others = replace(view, buyers=view.buyers + 1)
    assert learner.choose_from_menu(question, others).probabilities[0] == pytest.approx([0.5, 0.5])
    assert after(learner, question, [], value=0.4) == pytest.approx([0.5, 0.5])
    assert after(learner, one_item([(1.0, 0.6)], 1), []) == pytest.approx([0.5, 0.5])


def test_the_order_of_purchases_does_not_matter_to_a_learner():
    question = one_item([(0.25, 0.1), (0.5, 0.2)], 2)
    learner, view = LearningMenuBuyer(0.0), view_for(question, values=np.full(3, 0.5))
    for order in ((0, 1), (1, 0)):
        feedback = told(question, view, 0)
        answers = feedback.answers[0][1].copy()
        answers[:] = order
        learner.observe(replace(feedback, answers=((question, answers),), payoffs=np.full(3, 1.0)))
    untried = learner.choose_from_menu(question, view).probabilities[0]
    pair = [tuple(sorted(row)) for row in purchases_of(2, 2).tolist()].index((0, 1))
    assert untried == pytest.approx([0 if row == pair else 1 / 5 for row in range(6)])


@pytest.mark.parametrize(("cost", "utility", "payment"), [(0, 4, 6), (1.5, 2.5, 6), (2.5, 2, 8), (9, 2, 8)])
def test_patience_decides_whether_one_comes_back(cost, utility, payment):
    """Example 1's third type gains 2 by coming twice: up to a cost of 2 she does."""
    got, paid = expected(PostedMenu(coffee_shop_menu(), 2), [4, 6], ImpatientMenuBuyer(cost))
    assert paid == pytest.approx(payment)
    assert got - (cost if payment == 6 else 0) == pytest.approx(utility)
    limited = expected(PostedMenu(coffee_shop_menu(), 2), [4, 6], ImpatientMenuBuyer(limit=1))
    assert limited == pytest.approx((2, 8))


def test_the_impatient_buyer_is_exact():
    """Against enumeration of all purchases, each after the first at a cost."""
    rng = np.random.default_rng(8)
    for _ in range(60):
        m, n, k = rng.integers(1, 4), rng.integers(1, 3), int(rng.integers(1, 4))
        menu = Menu(rng.integers(0, 5, (m, n)) / 4, rng.integers(0, 6, m) / 4)
        values, cost = rng.integers(0, 7, n).astype(float), rng.integers(0, 4) / 4
        found = all_purchases(menu, additive_table(values), k)
        top = max(utility - cost * max(len(entries) - 1, 0) for utility, _, entries in found)
        bought = ImpatientMenuBuyer(cost).entries(menu, tuple(values), k, False)
        together = 1 - np.prod(1 - menu.probabilities[bought], axis=0)
        felt = together @ values - menu.prices[bought].sum() - cost * max(len(bought) - 1, 0)
        assert felt == pytest.approx(top, abs=1e-12)


SHADED = Menu(coffee_shop_menu().probabilities, [1.99, 3.99, 7.97])


@pytest.mark.parametrize(("cost", "bought"), [(0.0, [0, 1]), (2.1, [2])])
@pytest.mark.parametrize("adaptive", [False, True])
def test_learners_find_the_second_visit_and_count_what_it_costs(cost, bought, adaptive):
    """Of ten purchases the best: 10 − 5.98; at 2.10 a visit both for 7.97 (2.03) beat that (4.02 − 2.10)."""
    learner, rng = LearningMenuBuyer(0.0, cost), np.random.default_rng(0)
    rules = PostedMenu(SHADED, 2, adaptive)
    values = np.array([[4.0, 6.0]])
    for _ in range(12):
        player = InstantPlayer(party_of(rules, values, [learner]), rng)
        outcome = play(rules, 1, player)
        (side,) = player.party.sides
        payoffs = (outcome.allocation * values).sum(axis=1) - outcome.payments
        learner.observe(
            Feedback(
                seats=side.seats, buyers=side.buyers, n=1, mechanism=rules, values=values, utility=Linear(),
                answers=player.party.said, allocation=outcome.allocation, payments=outcome.payments,
                payoffs=payoffs, causes={},
            )
        )
    assert [e for e in player.party.said[0][1][0].tolist() if e >= 0] == bought
    assert len(player.party.said) == (min(2, len(bought) + 1) if adaptive else 1)


def test_who_plans_sticks_to_the_plan_and_who_looks_does_not():
    """A bag of (1/2, 1/2) at 1 to (2, 2), twice: 3 − 2 = 1 beforehand; she who looks stops with both, 1 1/4.

    To plan costs 2 for sure; to look 1, and 1 more with chance 3/4.
    """
    rules = PostedMenu(Menu([[0.5, 0.5]], [1.0]), 2, adaptive=True)
    assert expected(rules, [2, 2], ImpatientMenuBuyer()) == pytest.approx((1.0, 2.0))
    assert expected(rules, [2, 2], ExactMenuBuyer()) == pytest.approx((1.25, 1.75))
    assert expected(rules, [2, 2], ExactMenuBuyer(2.0))[1] == pytest.approx(1.0)


def test_bad_input_is_named():
    for buyer in (ImpatientMenuBuyer, GreedyMenuBuyer, ExactMenuBuyer, partial(LearningMenuBuyer, 0.1)):
        with pytest.raises(ValueError, match="cost must be finite"):
            buyer(-1)
    with pytest.raises(ValueError, match="limit must be at least 1"):
        ImpatientMenuBuyer(limit=0)
    with pytest.raises(ValueError, match="exploration"):
        LearningMenuBuyer(2)
