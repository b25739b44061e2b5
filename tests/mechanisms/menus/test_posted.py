import math

import numpy as np
import pytest

from agents.party import collect, definite
from agents.strategies.base import Truthful
from agents.strategies.menu_buyers import ExactMenuBuyer, GreedyMenuBuyer, ImpatientMenuBuyer
from mechanisms.engine import walk
from mechanisms.menus import LOTTERY_TICKETS, Menu, best_purchase, coffee_shop_menu, ticket_menu
from mechanisms.menus.posted import PostedMenu
from mechanisms.questions import Replies
from tests.conformance.mechanism import MechanismConformance
from tests.conformance.players import party_of


class PathBuyer:
    """A single buyer and nature, along one path of the tree."""

    def __init__(self, mechanism, values, strategy, path):
        own = values if mechanism.items > 1 else values[0]
        self.party = party_of(mechanism, np.array([own], dtype=float), [strategy])
        self.path = path

    def ask(self, question):
        answers = collect(question, self.party, definite)
        assert not answers.refusals
        return Replies(answers.values, answers.answered)

    def chance(self, question):
        return self.path.take(question.probabilities)

    def announce(self, question):
        pass


def expected(mechanism, values, strategy):
    """Expected utility and payment, by walking every branch."""
    utility = payment = total = 0.0
    values = np.array(values, dtype=float)
    for player, outcome in walk(mechanism, 1, lambda path: PathBuyer(mechanism, values, strategy, path)):
        chance = player.path.probability
        total += chance
        payment += chance * outcome.payments[0]
        utility += chance * (float(np.sum(values * outcome.allocation[0])) - outcome.payments[0])
    assert total == pytest.approx(1)
    return utility, payment


@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_exact_buyers_get_the_utility_that_theory_gives_them(k, adaptive):
    rng = np.random.default_rng([5, k])
    for _ in range(6):
        m, n = rng.integers(1, 4), rng.integers(1, 3)
        menu = Menu(rng.integers(0, 5, (m, n)) / 4, rng.integers(0, 6, m) / 4)
        values = rng.integers(0, 5, n).astype(float)
        best = best_purchase(menu, values, k, adaptive)
        utility, payment = expected(PostedMenu(menu, k, adaptive), values, ExactMenuBuyer())
        assert utility == pytest.approx(best.utility, abs=1e-12)
        assert payment == pytest.approx(best.payment, abs=1e-12)
        for other in (GreedyMenuBuyer(), Truthful()):
            assert expected(PostedMenu(menu, k, adaptive), values, other)[0] <= best.utility + 1e-12


def test_the_high_type_of_example_2_comes_back_when_she_may_look():
    menu, high = ticket_menu(2), LOTTERY_TICKETS.types[2]
    committed = expected(PostedMenu(menu, 2), high, ExactMenuBuyer())
    adaptive = expected(PostedMenu(menu, 2, adaptive=True), high, ExactMenuBuyer())
    assert committed == pytest.approx((1, 11))  # M_2 is buy-2 incentive compatible
    assert adaptive[0] > 1 + 1e-3


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
    from tests.mechanisms.menus.brute import additive_table, all_purchases

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


class TestPostedMenu(MechanismConformance):
    instances = (
        PostedMenu(coffee_shop_menu(), 2),
        PostedMenu(ticket_menu(2), 2, adaptive=True),
        PostedMenu(Menu([[0.5]], [1]), 3),
    )

    def sizes(self, mechanism):
        return [1]


def test_bad_input_is_named():
    with pytest.raises(TypeError, match="menu must be a Menu"):
        PostedMenu([[1]], 2)
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        PostedMenu(coffee_shop_menu(), 0)
    with pytest.raises(TypeError, match="k must be an integer, got inf"):
        PostedMenu(coffee_shop_menu(), math.inf)
    with pytest.raises(ValueError, match="one buyer at a time, not for 2"):
        next(PostedMenu(coffee_shop_menu()).conversation(2))
    with pytest.raises(ValueError, match="cost must be finite"):
        ImpatientMenuBuyer(-1)
