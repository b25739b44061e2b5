import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms.menus import AdditiveValuation, Menu, Policy, TableValuation, best_purchase, menu_revenue
from mechanisms.menus.bounds import BestOfEach, Nodes
from tests.mechanisms.menus import brute


@settings(max_examples=150)
@given(st.data())
def test_committed_purchases_equal_enumeration(data):
    menu = data.draw(brute.menus())
    buyer, table = data.draw(brute.buyers(menu.n))
    k = data.draw(st.integers(1, 4))
    best = best_purchase(menu, buyer, k)
    utility, payment = brute.best_committed(menu, table, k)
    assert best.utility == pytest.approx(utility, abs=1e-10)
    assert best.payment == pytest.approx(payment, abs=1e-10)  # ties to the seller
    assert best.bound == pytest.approx(best.utility, abs=1e-10)
    assert len(best.entries) <= k
    together = 1 - np.prod(1 - menu.probabilities[list(best.entries)], axis=0)
    worth = brute.lottery_value(table, together * np.ones(menu.n))
    assert best.utility == pytest.approx(worth - menu.prices[list(best.entries)].sum(), abs=1e-10)
    least = best_purchase(menu, buyer, k, ties="buyer")
    assert least.utility == pytest.approx(utility, abs=1e-10)
    cheapest = min(p for u, p, _ in brute.all_purchases(menu, table, k) if u >= utility - 1e-11)
    assert least.payment == pytest.approx(cheapest, abs=1e-10)


@pytest.mark.parametrize("price", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("chances", [(0.5, 0.5), (0.01, 0.02)])
def test_cheap_tickets_for_a_pair_are_bought_as_often_as_they_pay(price, chances):
    """Only both items together are worth 1: r tickets are worth Π_j (1 − (1 − q_j)^r)."""
    often = np.arange(10_000)
    worth = np.prod([1 - (1 - chance) ** often for chance in chances], axis=0) - price * often
    best = best_purchase(Menu([chances, [1, 1]], [price, 2]), [[0, 0], [0, 1]], math.inf)
    assert best.utility == pytest.approx(worth.max(), abs=1e-12)
    assert set(best.entries) <= {0}
    assert worth[len(best.entries)] == pytest.approx(worth.max(), abs=1e-12)


@settings(max_examples=60)
@given(st.data())
def test_the_bound_for_complements_looks_at_enough_purchases(data):
    """What can be gained is as if all numbers of purchases were looked at that money allows."""
    m, most = data.draw(st.integers(1, 4)), 2_000
    buyer = TableValuation(data.draw(brute.tables(2).filter(lambda table: table.max() > 0)))
    chances = st.lists(st.sampled_from([0.0, 0.02, 0.1, 0.5, 1.0]), min_size=2 * m, max_size=2 * m)
    lotteries = np.reshape(data.draw(chances), (m, 2))
    parts = st.lists(st.sampled_from([1, 3, 20, 100]), min_size=m, max_size=m)
    prices = np.array(data.draw(parts)) * buyer.total / most
    bound = BestOfEach(buyer, lotteries, prices, most)
    times = np.arange(1, most + 1)
    for first in range(m):
        node = Nodes(
            np.ones((1, 2)), np.zeros((1, m), dtype=np.int32), np.array([first]), np.zeros(1), np.zeros(1),
            np.zeros(1), most,
        )
        best = 1 - lotteries[first:].max(axis=0)
        hopes = buyer.value(1 - best ** times[:, None]) - times * prices[first:].min()
        assert bound.gains(node)[1][0] == pytest.approx(max(hopes.max(), 0), abs=1e-12)


@settings(max_examples=60)
@given(st.data())
def test_adaptive_purchases_equal_the_tree(data):
    menu = data.draw(brute.menus())
    buyer, table = data.draw(brute.buyers(menu.n))
    k = data.draw(st.integers(1, 4))
    best = best_purchase(menu, buyer, k, adaptive=True)
    for ties in ("seller", "buyer"):
        found = best_purchase(menu, buyer, k, adaptive=True, ties=ties)
        expected = brute.best_adaptive(menu, table, k, ties)
        assert (found.utility, found.payment) == pytest.approx(expected, abs=1e-10)
    assert best.utility >= best_purchase(menu, buyer, k).utility - 1e-10
    assert isinstance(best.entries, Policy)
    utility, payment = follow(menu, table, best.entries, k)
    assert utility == pytest.approx(best.utility, abs=1e-10)
    assert payment == pytest.approx(best.payment, abs=1e-10)


def follow(menu, table, policy, left, held=None):
    """Expected utility and payment of following a policy, outcome by outcome."""
    held = (0,) * menu.n if held is None else held
    entry = policy.next(held, left)
    if entry < 0:
        return table[held], 0.0
    utility, payment = -menu.prices[entry], menu.prices[entry]
    for got in np.ndindex((2,) * menu.n):
        chance = np.prod(np.where(got, menu.probabilities[entry], 1 - menu.probabilities[entry]))
        if chance > 0:
            after = follow(menu, table, policy, left - 1, tuple(np.maximum(held, got).tolist()))
            utility, payment = utility + chance * after[0], payment + chance * after[1]
    return utility, payment


@settings(max_examples=60)
@given(st.data())
def test_without_limit_is_what_many_purchases_come_to(data):
    menu = data.draw(brute.menus(n=data.draw(st.integers(1, 2)), most=3))
    buyer, _ = data.draw(brute.buyers(menu.n))
    for adaptive in (False, True):
        endless = best_purchase(menu, buyer, math.inf, adaptive)
        many = best_purchase(menu, buyer, 60, adaptive)
        assert endless.utility >= many.utility - 1e-10
        assert endless.utility == pytest.approx(many.utility, abs=1e-6)  # (3/4)^60 is 3e-8


def test_without_limit_stops_where_a_copy_no_longer_pays():
    # the c-th copy adds ½^c · 8: worth its price of 1 up to c = 3, where it is a tie
    menu = Menu([[0.5]], [1.0])
    assert best_purchase(menu, [8.0], math.inf).entries == (0, 0, 0)
    assert best_purchase(menu, [8.0], math.inf, ties="buyer").entries == (0, 0)
    assert best_purchase(menu, [8.0], 1).entries == (0,)
    assert best_purchase(menu, [1.9], math.inf).entries == ()


def test_looking_without_limit_by_hand():
    """Items worth 4 and 2, each with chance ½, at 1.5. She stops with the first: the second adds ½ · 2.

    With the second alone she goes on until she has the first: she pays 1.5 / ½ = 3. With nothing, three of
    four outcomes are new: utility (4 + (6 − 3) + 6) / 3 − 2, payment 2 + 3 / 3.
    """
    best = best_purchase(Menu([[0.5, 0.5]], [1.5]), [4, 2], math.inf, adaptive=True)
    assert (best.utility, best.payment) == pytest.approx((13 / 3 - 2, 3))


@pytest.mark.parametrize(("ties", "paid"), [("seller", 1), ("buyer", 0)])
def test_looking_without_limit_at_a_price_that_leaves_nothing(ties, paid):
    """A coin at ½ for what is worth 1: in the end she has it and has paid 1, or she never begins."""
    best = best_purchase(Menu([[0.5]], [0.5]), [1], math.inf, adaptive=True, ties=ties)
    assert (best.utility, best.payment) == pytest.approx((0, paid))


def test_free_entries_are_taken_without_end():
    best = best_purchase(Menu([[0.1, 0], [0, 1]], [0, 1]), [3.0, 2.0], math.inf)
    assert (best.entries, best.endless) == ((0, 1), (0,))
    assert (best.utility, best.payment) == (4.0, 1.0)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_of_equally_good_purchases_the_one_with_the_fewest_entries(k):
    """Everything, worth 50, for 7 in three entries or two; the largest gain, 30 − 3, leads to three."""
    menu = Menu([[1, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [1, 1, 0, 1, 0], [0, 0, 1, 0, 1]],
                [3, 2, 2, 4, 3])
    best = best_purchase(menu, [10] * 5, k)
    assert (best.utility, best.payment, best.entries) == (43, 7, (3, 4))


def test_adaptive_buyer_stops_when_she_has_won():
    # one item worth 1, tickets of ½ at 0.3: .5 − .3, and on losing once more, .2 + ½ · .2
    menu = Menu([[0.5]], [0.3])
    best = best_purchase(menu, [1.0], 2, adaptive=True)
    assert best.utility == pytest.approx(0.3)
    assert best.payment == pytest.approx(0.45)
    assert best.entries.next((1,), 1) == -1
    assert best.entries.next((0,), 1) == 0
    assert best.entries.next((0,), 0) == -1
    endless = best_purchase(menu, [1.0], math.inf, adaptive=True)
    assert endless.utility == pytest.approx(1 - 0.3 / 0.5)  # expected tickets to win: 2
    assert best_purchase(menu, [1.0], 2).utility == pytest.approx(0.2)


def test_complements_can_gain_more_from_the_second_copy():
    """Utility is concave in a multiplicity for submodular buyers; (½, ½) shows why not for all."""
    both_or_nothing = TableValuation([[0, 0], [0, 1]])
    utilities = [both_or_nothing.value(1 - 0.5 ** np.array([c, c], dtype=float)) for c in range(3)]
    assert utilities == [0, 0.25, 0.5625]
    assert best_purchase(Menu([[0.5, 0.5]], [0.27]), both_or_nothing, 2).entries == (0, 0)
    assert best_purchase(Menu([[0.5, 0.5]], [0.27]), both_or_nothing, 1).entries == ()


@settings(max_examples=60)
@given(st.data())
def test_utility_is_concave_in_each_multiplicity_for_submodular_buyers(data):
    """Claim 24."""
    menu = data.draw(brute.menus(most=3))
    buyer, _ = data.draw(brute.buyers(menu.n).filter(lambda pair: pair[0].submodular))
    others = np.prod(1 - menu.probabilities[1:], axis=0) * np.ones(menu.n)
    copies = np.arange(6)[:, None]
    values = buyer.value(1 - others * (1 - menu.probabilities[0]) ** copies)
    assert (np.diff(values, 2) <= 1e-12).all()


def test_a_search_that_is_cut_short_says_how_good_it_may_be():
    rng = np.random.default_rng(3)
    lotteries = rng.random((12, 6)) * 0.5
    menu, values = Menu(lotteries, 0.45 * lotteries.sum(axis=1)), np.ones(6)
    full = best_purchase(menu, values, 5)
    cut = best_purchase(menu, values, 5, max_nodes=3)
    assert cut.utility <= full.utility + 1e-12
    assert cut.bound >= full.utility - 1e-12
    assert cut.bound > cut.utility


def test_revenue_of_crossing_menus():
    """At {4, 4} the coffee shop earns 8/3 when people come once, and 4 when they come back."""
    menu = Menu([[1, 0], [0, 1]], [4, 4])
    types, thirds = [[2, 0], [0, 4], [4, 6]], np.ones(3) / 3
    assert menu_revenue(menu, types, thirds, 1) == pytest.approx(8 / 3)
    assert menu_revenue(menu, types, thirds, 2) == pytest.approx(4)


def test_all_types_of_a_table_array_are_read():
    tables = np.array([[[0, 1], [2, 3]], [[0, 0], [0, 5]]])
    menu = Menu([[1, 1]], [3])
    assert menu_revenue(menu, tables, [0.5, 0.5], 1) == pytest.approx(3)
    assert menu_revenue(Menu([[1, 0]], [1]), tables, [0.5, 0.5], 1) == pytest.approx(0.5)


MENU = Menu([[0.5, 1]], [1])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: best_purchase(MENU, [1, 2], 0), ValueError, "k must be an integer of at least 1.*not 0"),
        (lambda: best_purchase(MENU, [1, 2], -math.inf), ValueError, "k must be"),
        (lambda: best_purchase(MENU, [1, 2], 1.5), ValueError, "not 1.5"),
        (lambda: best_purchase(MENU, [1, 2], math.nan), ValueError, "k must be"),
        (lambda: best_purchase(MENU, [1, 2], "2"), TypeError, "k must be"),
        (lambda: best_purchase(MENU, [1, 2], True), TypeError, "k must be"),
        (lambda: best_purchase(MENU, [1, -2], 1), ValueError, r"values\[1\]"),
        (lambda: best_purchase(MENU, [1, 2, 3], 1), ValueError, "2 items like the menu, not of 3"),
        (lambda: best_purchase(MENU, [[0, 2], [3, 1]], 1), ValueError, "monotone"),
        (lambda: best_purchase([[1]], [1], 1), TypeError, "menu must be a Menu"),
        (lambda: best_purchase(MENU, [1, 2], 1, ties="nobody"), ValueError, "ties"),
        (lambda: menu_revenue(MENU, [[1, 2]], [0.5], 1), ValueError, "sum to 1"),
        (lambda: menu_revenue(MENU, [[1, 2]], [0.5, 0.5], 1), ValueError, "each of 1 types"),
        (
            lambda: best_purchase(
                Menu(np.ones((1, 17)), [1]), AdditiveValuation(np.ones(17)), 1, adaptive=True
            ),
            ValueError,
            "at most 16 items, not 17",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
