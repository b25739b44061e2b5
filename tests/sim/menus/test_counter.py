"""The counter: queues, visits and money, and the records of them."""

import numpy as np
import pytest

from agents.strategies import Strategy, Truthful
from agents.strategies.menu_buyers import ExactMenuBuyer, GreedyMenuBuyer, ImpatientMenuBuyer
from agents.strategies.menu_learner import LearningMenuBuyer
from agents.view import Mixed
from mechanisms.menus import COFFEE_SHOP, Menu, PostedMenu, coffee_shop_menu
from sim.menus.counter import CounterMarket, CounterPlan, Crowd, crowd_of
from sim.records import Records, Table
from tests.mechanisms.menus.walking import expected


def open_counter(until=300.0, seed=1, **options):
    """One counter of the coffee shop, run up to `until`: customers and purchases."""
    crowd = options.pop("crowd", crowd_of(COFFEE_SHOP, ImpatientMenuBuyer(), rate=3.0))
    menu = options.pop("menu", coffee_shop_menu())
    market = CounterMarket([CounterPlan("shop", menu, crowd, **options)], seed)
    market.advance_to(until)
    market.finish()
    return market.records.frame("customers"), market.records.frame("purchases")


def test_who_comes_once_pays_as_in_example_1():
    customers, _ = open_counter()
    paid = customers.groupby("type")["paid"]
    assert [set(rows) for _, rows in paid] == [{2.0}, {4.0}, {8.0}]


def test_who_comes_twice_pays_six():
    customers, _ = open_counter(a_name=2)
    hungry = customers[customers["type"] == 2]
    assert set(hungry["paid"]) == {6.0}
    assert set(hungry["visits"]) == {2}
    assert set(hungry["worth"]) == {10.0}


def test_two_names_are_as_good_as_two_visits():
    crowd = crowd_of(COFFEE_SHOP, ImpatientMenuBuyer(), rate=3.0, names=2)
    customers, purchases = open_counter(crowd=crowd)
    assert set(customers[customers["type"] == 2]["paid"]) == {6.0}
    assert (purchases.groupby(["person_id", "name"]).size() == 1).all()
    assert set(purchases["name"]) == {0, 1}


def test_one_is_served_at_a_time_and_money_adds_up():
    customers, purchases = open_counter(a_name=2, service=0.2)
    assert np.all(np.diff(purchases["time"]) >= 0.2 - 1e-9)
    finished = purchases[purchases["person_id"].isin(customers["person_id"])]
    assert finished["price"].sum() == pytest.approx(customers["paid"].sum())
    assert (customers["waited"] >= -1e-9).all()
    stay = customers["left"] - customers["arrived"]
    assert np.allclose(stay, customers["waited"] + 0.2 * customers["visits"])


def test_the_queue_is_that_of_theory():
    """M/D/1 (Pollaczek and Khinchine): mean wait ρ s / (2 (1 − ρ)), here 0.5 · 0.5 / (2 · 0.5) = 0.25."""
    crowd = Crowd(np.array([[1.0]]), np.array([1.0]), (ImpatientMenuBuyer(),), rate=1.0)
    customers, _ = open_counter(8000.0, crowd=crowd, menu=Menu([[1.0]], [1.0]), service=0.5)
    assert customers["waited"].mean() == pytest.approx(0.25, abs=0.03)


def test_a_lottery_gives_what_it_says():
    """One bag (1/2, 1/4) each: means within four standard errors."""
    crowd = Crowd(np.array([[1.0, 10.0]]), np.array([1.0]), (ExactMenuBuyer(),), rate=3.0)
    customers, _ = open_counter(1000.0, crowd=crowd, menu=Menu([[0.5, 0.25]], [0.1]))
    first = customers["worth"] % 10
    assert first.mean() == pytest.approx(0.5, abs=4 * 0.5 / len(first) ** 0.5)
    second = customers["worth"] // 10
    assert second.mean() == pytest.approx(0.25, abs=4 * 0.433 / len(first) ** 0.5)


def test_the_same_seed_is_the_same_run_in_any_steps():
    plan = CounterPlan("shop", coffee_shop_menu(), crowd_of(COFFEE_SHOP, ImpatientMenuBuyer(0.5)), a_name=2)
    whole, steps = CounterMarket([plan], 5), CounterMarket([plan], 5)
    whole.advance_to(50)
    for time in range(1, 51):
        steps.advance_to(time)
    assert whole.records.frame("customers").equals(steps.records.frame("customers"))


def test_regulars_are_in_proportion():
    crowd = crowd_of(COFFEE_SHOP, ImpatientMenuBuyer(), rate=5.0, regulars=9)
    customers, _ = open_counter(200, crowd=crowd)
    people = customers.drop_duplicates("person_id")
    assert people["type"].value_counts().to_dict() == {0: 3, 1: 3, 2: 3}


@pytest.mark.parametrize(("chances", "type_"), [((0.1, 0.9), 1), ((0.9, 0.1), 0)])
def test_of_three_regulars_none_is_of_a_type_of_a_tenth(chances, type_):
    crowd = Crowd(np.array([[1.0], [2.0]]), np.array(chances), (ImpatientMenuBuyer(),), rate=5.0, regulars=3)
    customers, _ = open_counter(50, crowd=crowd, menu=Menu([[1.0]], [1.0]))
    assert set(customers["type"]) == {type_}


def test_regulars_of_a_type_have_each_strategy_as_often():
    """Twelve people, two types at 1/6 and 5/6, two strategies: 1, 1, 5, 5."""
    decided, chances = (ImpatientMenuBuyer(0.25), ExactMenuBuyer(0.5)), np.array([1 / 6, 5 / 6])
    crowd = Crowd(np.array([[1.0], [2.0]]), chances, decided, 5.0, regulars=12)
    customers, _ = open_counter(200, crowd=crowd, menu=Menu([[1.0]], [1.0]))
    people = customers.drop_duplicates("person_id")
    assert people.groupby(["type", "cost"]).size().to_dict() == {
        (0, 0.25): 1, (0, 0.5): 1, (1, 0.25): 5, (1, 0.5): 5,
    }


def test_types_come_as_often_as_they_are_likely():
    """Of about 900 customers 1/10 are of the first type, within four standard errors."""
    crowd = Crowd(np.array([[1.0], [2.0]]), np.array([0.1, 0.9]), (ImpatientMenuBuyer(),), rate=3.0)
    customers, _ = open_counter(300, crowd=crowd, menu=Menu([[1.0]], [1.0]))
    assert (customers["type"] == 0).mean() == pytest.approx(0.1, abs=4 * 0.3 / len(customers) ** 0.5)


def test_names_and_entries_a_name_multiply():
    """Three tickets a name, and two names: six tickets of a chance of 1/2 at next to nothing."""
    crowd = Crowd(np.array([[1.0]]), np.array([1.0]), (ImpatientMenuBuyer(),), rate=0.5, names=2)
    customers, purchases = open_counter(60, crowd=crowd, menu=Menu([[0.5]], [1e-3]), a_name=3)
    assert set(customers["visits"]) == {6}
    first = purchases[purchases["person_id"] == 0]
    assert first["name"].tolist() == [0, 0, 0, 1, 1, 1]


def test_a_learner_hears_the_value_less_the_price():
    heard = []

    class Listener(Strategy):
        """Buys the first entry, once, and learns nothing from it."""

        memoryless = False
        name = "listens"

        def choose_from_menu(self, question, view):
            return np.full((1, question.purchases), -1 if view.said else 0)

        def observe(self, feedback):
            told = (feedback.values, feedback.payoffs, feedback.answers[0][1])
            heard.append(tuple(array.tolist() for array in told))

        def __deepcopy__(self, memo):
            return self

    crowd = Crowd(np.array([[5.0, 3.0]]), np.array([1.0]), (Listener(),), rate=1.0)
    customers, _ = open_counter(20, crowd=crowd, menu=Menu([[1, 0]], [2]), a_name=2)
    assert heard
    assert all(one == ([[5.0, 3.0]], [3.0], [[0, 0]]) for one in heard)
    assert set(customers["habit"]) == {"listens"}
    assert customers["cost"].isna().all()


class Wavers(Strategy):
    """Buys the first entry or none with chance 1/2 each, whenever she is asked."""

    def choose_from_menu(self, question, view):
        options = np.full((2, question.purchases), -1)
        options[0, 0] = 0
        return Mixed(options[None], np.array([0.5, 0.5]))


def test_mixed_answers_are_drawn_anew_for_everybody():
    """Nobody is told what another drew: of up to two visits none with 1/2, two with 1/4."""
    crowd = Crowd(np.array([[1.0]]), np.array([1.0]), (Wavers(),), rate=3.0)
    customers, _ = open_counter(400, crowd=crowd, menu=Menu([[1.0]], [1.0]), a_name=2)
    shares = customers["visits"].value_counts(normalize=True)
    for visits, chance in ((0, 0.5), (1, 0.25), (2, 0.25)):
        error = (chance * (1 - chance) / len(customers)) ** 0.5
        assert shares[visits] == pytest.approx(chance, abs=4 * error)


@pytest.mark.parametrize(
    "strategy", [Truthful(), ExactMenuBuyer(0.25), GreedyMenuBuyer(), ImpatientMenuBuyer(0.5)], ids=repr
)
def test_revenue_is_that_of_the_conversation(strategy):
    """A counter is many posted menus: each type's mean payment, within four standard errors of exact play."""
    bags = Menu([[0.5, 0.5], [1, 1]], [1.5, 7.5])
    crowd = crowd_of(COFFEE_SHOP, strategy, rate=4.0)
    customers, _ = open_counter(400, crowd=crowd, menu=bags, a_name=3)
    for type_, paid in customers.groupby("type")["paid"]:
        rules = PostedMenu(bags, 3, adaptive=True)
        wanted = expected(rules, COFFEE_SHOP.types[type_], strategy)[1]
        assert paid.mean() == pytest.approx(wanted, abs=4 * paid.std() / len(paid) ** 0.5 + 1e-9)


def test_learners_begin_afresh_at_every_opening():
    """What happens follows from plan and seed, not from what the same plan's learners saw elsewhere."""
    menu = Menu(coffee_shop_menu().probabilities, [1.99, 3.99, 7.97])
    crowd = crowd_of(COFFEE_SHOP, LearningMenuBuyer(0.05), regulars=5)
    first, _ = open_counter(100, crowd=crowd, menu=menu, a_name=2)
    again, _ = open_counter(100, crowd=crowd, menu=menu, a_name=2)
    assert first.equals(again)


def test_time_does_not_run_backwards():
    crowd = crowd_of(COFFEE_SHOP, ImpatientMenuBuyer())
    market = CounterMarket([CounterPlan("shop", coffee_shop_menu(), crowd)])
    market.advance_to(10)
    for until in (10, 5):
        market.advance_to(until)
        assert market.now == 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"service": 0.0}, "service"),
        ({"a_name": 0}, "a_name"),
        ({"menu": Menu([[1.0]], [1.0])}, "types must value the menu's 1 items, not 2"),
    ],
)
def test_bad_plans(options, message):
    with pytest.raises(ValueError, match=message):
        open_counter(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"rate": 0.0}, "rate"), ({"names": 0}, "names"), ({"regulars": 0}, "regulars")],
)
def test_bad_crowds(options, message):
    with pytest.raises(ValueError, match=message):
        crowd_of(COFFEE_SHOP, ImpatientMenuBuyer(), **options)


def test_a_crowd_needs_a_strategy():
    with pytest.raises(ValueError, match="strategies"):
        crowd_of(COFFEE_SHOP)
    with pytest.raises(TypeError, match="strategies must be a Strategy, got 'greedy'"):
        crowd_of(COFFEE_SHOP, "greedy")


def test_time_is_finite():
    plan = CounterPlan("shop", coffee_shop_menu(), crowd_of(COFFEE_SHOP, ImpatientMenuBuyer()))
    with pytest.raises(ValueError, match="until"):
        CounterMarket([plan]).advance_to(float("inf"))


def test_a_table_is_added_once():
    records = Records()
    extra = Table("extra", "x", records["auctions"].schema.columns)
    records.add(extra)
    assert "extra" in records.manifest.tables
    with pytest.raises(ValueError, match="extra"):
        records.add(extra)
