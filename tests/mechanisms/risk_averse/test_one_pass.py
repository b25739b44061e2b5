"""One pass and rounds of any lotteries: exact utility against play, order, supply, rationality, R1."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate

from mechanisms.risk_averse import OnePass, Rounds
from mechanisms.risk_averse.first_sales import first_sales_law, gradient
from mechanisms.risk_averse.sums import Sums
from mechanisms.utilities import CARA, Capped, Linear
from tests.mechanisms.risk_averse.ends import ends, expected_by_play, profiles
from tests.mechanisms.risk_averse.small_markets import SELLERS, market, random_lotteries


def sale(seed, kind=OnePass, most=1.0, prices=4, **options):
    """Any lotteries, truthful or not."""
    m = market(seed, prices=prices)
    rng = np.random.default_rng([9, seed])
    tables = random_lotteries(rng, m.values, m.prices, most)
    return m, kind(m.values, m.prices, tables, m.units, **options)


@pytest.mark.parametrize("seed", range(6))
def test_expected_utility_of_one_pass_is_that_of_play(seed):
    m, mechanism = sale(seed)
    by_play = expected_by_play(mechanism, m.values, m.probabilities, m.utility)
    assert mechanism.expected_utility(m.probabilities, m.utility) == pytest.approx(by_play, abs=1e-12)


@pytest.mark.parametrize("rounds", [1, 2, math.inf])
@pytest.mark.parametrize("seed", range(3))
def test_expected_utility_of_rounds_is_that_of_play(seed, rounds):
    m, mechanism = sale(seed, Rounds, rounds=rounds, prices=3)
    by_play = expected_by_play(mechanism, m.values, m.probabilities, m.utility)
    assert mechanism.expected_utility(m.probabilities, m.utility) == pytest.approx(by_play, abs=1e-12)


def rounds_as_written(mechanism, probabilities, utility):
    """M_rounds coin by coin: L rounds, in each every buyer not yet processed has her own coin of 1/L."""
    masses = [f @ np.array(table) for f, table in zip(probabilities, mechanism.lotteries, strict=True)]
    n, chance = len(masses), 1 / mechanism.rounds

    def worth(turn, waiting, left, revenue):
        if turn == n * mechanism.rounds or left == 0:
            return float(utility(revenue))
        buyer = turn % n
        if buyer not in waiting:
            return worth(turn + 1, waiting, left, revenue)
        sold = [
            q * worth(turn + 1, waiting - {buyer}, left - 1, revenue + p)
            for p, q in zip(mechanism.prices, masses[buyer], strict=True)
            if q > 0
        ]
        unsold = (1 - masses[buyer].sum()) * worth(turn + 1, waiting - {buyer}, left, revenue)
        return (1 - chance) * worth(turn + 1, waiting, left, revenue) + chance * (sum(sold) + unsold)

    return worth(0, frozenset(range(n)), mechanism.units, 0.0)


@pytest.mark.parametrize("seed", range(4))
def test_rounds_are_the_papers_coin_for_coin(seed):
    for rounds in (1, 2, 3):
        m, mechanism = sale(seed, Rounds, rounds=rounds, prices=3)
        as_written = rounds_as_written(mechanism, m.probabilities, m.utility)
        assert mechanism.expected_utility(m.probabilities, m.utility) == pytest.approx(as_written, abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_many_rounds_approach_the_limit(seed):
    m, limit = sale(seed, Rounds)
    aim = limit.expected_utility(m.probabilities, m.utility)
    errors = [
        abs(sale(seed, Rounds, rounds=rounds)[1].expected_utility(m.probabilities, m.utility) - aim)
        for rounds in (10, 1000)
    ]
    assert errors[1] <= 1e-3 * max(aim, 1)
    assert errors[1] <= errors[0] / 20 + 1e-12


@pytest.mark.parametrize("kind", [OnePass, Rounds])
@pytest.mark.parametrize("seed", range(3))
def test_supply_rationality_and_one_question_each(seed, kind):
    """Never more than k sold, nobody pays above her value, nobody is asked twice or after the last unit."""
    m, mechanism = sale(seed, kind, prices=3)
    for profile, _ in profiles(m.values, m.probabilities):
        played = ends(mechanism, profile)
        assert played.allocation.sum(axis=1).max() <= m.units
        assert (played.payments <= profile * played.allocation).all()
        assert all(len(set(asked)) == len(asked) for asked in played.asked)
        for asked, sold in zip(played.asked, played.allocation, strict=True):
            assert sold.sum() < m.units or sold[asked[-1]] == 1


@pytest.mark.parametrize("seed", range(3))
def test_whether_one_is_reached_does_not_depend_on_ones_report(seed):
    """Why one pass is truthful in expectation."""
    m, mechanism = sale(seed, prices=3)
    for i in range(m.n):
        for others, _ in profiles([v if j != i else [0.0] for j, v in enumerate(m.values)],
                                  [np.ones(len(v)) if j != i else [1.0] for j, v in enumerate(m.values)]):
            reached = []
            for report in m.values[i]:
                reports = others.copy()
                reports[i] = report
                played = ends(mechanism, reports)
                reached.append(played.mean([i in asked for asked in played.asked]))
            np.testing.assert_allclose(reached, reached[0], atol=1e-12)


def by_orders(masses, prices, units, utility):
    """E[U] of one pass by listing orders and what each buyer would pay."""
    n = len(masses)
    prices = np.append(prices, np.nan)
    law = np.column_stack([masses, 1 - masses.sum(axis=1)])
    total, orders = 0.0, list(itertools.permutations(range(n)))
    for would in itertools.product(range(len(prices)), repeat=n):
        chance = math.prod(law[i, j] for i, j in enumerate(would))
        for order in orders:
            paid = [prices[would[i]] for i in order if would[i] < len(prices) - 1]
            total += chance / len(orders) * float(utility(sum(paid[:units])))
    return total


@pytest.mark.parametrize("units", [1, 2, 3, 5])
def test_four_buyers_by_listing_orders(units):
    rng = np.random.default_rng(units)
    masses = rng.dirichlet(np.ones(3), size=4)[:, :2]
    prices = np.array([1.0, math.pi])
    sums = Sums.of(prices, min(units, 4))
    for utility in SELLERS:
        exact = by_orders(masses, prices, units, utility)
        law = first_sales_law(sums, units, masses)
        assert law.expected_utility(utility) == pytest.approx(exact, abs=1e-12)
        slopes = gradient(sums, units, masses, utility)
        for i in range(4):  # linear in each buyer's masses
            without = masses.copy()
            without[i] = 0.0
            added = exact - by_orders(without, prices, units, utility)
            assert slopes[i] @ masses[i] == pytest.approx(added, abs=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_r1_for_any_lotteries(seed):
    """R1: U(one pass) >= c U(soft), >= U(M_rounds in the limit); c by its own integral, c <= 1."""
    m, mechanism = sale(seed)
    tables = map(np.array, mechanism.lotteries)
    q = [float(f @ table.sum(axis=1)) for f, table in zip(m.probabilities, tables, strict=True)]

    def fewer(t):
        chances = [math.prod(t * x if s else 1 - t * x for x, s in zip(q, sold, strict=True))
                   for sold in itertools.product((0, 1), repeat=m.n) if sum(sold) < m.units]
        return sum(chances)

    c = mechanism.factor(m.probabilities)
    assert c == pytest.approx(integrate.quad(fewer, 0, 1)[0], abs=1e-9)
    for utility in SELLERS:
        one_pass = mechanism.expected_utility(m.probabilities, utility)
        soft = mechanism.soft_utility(m.probabilities, utility)
        rounds = Rounds(m.values, m.prices, mechanism.lotteries, m.units)
        assert soft + 1e-12 >= one_pass >= c * soft - 1e-12
        assert one_pass >= rounds.expected_utility(m.probabilities, utility) - 1e-12


def test_soft_utility_by_listing():
    m, mechanism = sale(3)
    masses = np.array([f @ np.array(t) for f, t in zip(m.probabilities, mechanism.lotteries, strict=True)])
    exact = by_orders(masses, m.prices, m.n, CARA(0.5))
    assert mechanism.soft_utility(m.probabilities, CARA(0.5)) == pytest.approx(exact, abs=1e-12)


def test_n_squared_rounds_are_not_enough_for_two_buyers():
    """One unit and two sure buyers at 1: with L = 4 rounds each is processed with probability 1 − (3/4)^4."""
    sure = ([[1.0]] * 2, [1.0], [[[1.0]]] * 2, 1)
    value = Rounds(*sure, rounds=4).expected_utility([[1.0]] * 2, Linear())
    assert value == pytest.approx(1 - (3 / 4) ** 8, abs=1e-12)
    assert Rounds(*sure).expected_utility([[1.0]] * 2, Linear()) == pytest.approx(1 - math.exp(-2), abs=1e-12)


def test_a_report_is_rounded_down_to_a_type():
    mechanism = OnePass([[1.0, 3.0]], [1.0, 2.0], [[[0.5, 0.0], [0.0, 1.0]]], 1)
    assert ends(mechanism, [2.9]).revenue.max() == 1.0
    assert ends(mechanism, [3.0 - 1e-14]).revenue.max() == 2.0
    assert ends(mechanism, [0.5]).revenue.max() == 0.0
    assert ends(mechanism, [-math.inf]).revenue.max() == 0.0


def test_bad_lotteries_are_named():
    good = {"values": [[1.0, 3.0]], "prices": [1.0, 2.0], "lotteries": [[[0.5, 0.0], [0.0, 1.0]]], "units": 1}
    bad = [
        ("units", 0, "units must be at least 1"),
        ("prices", [-1.0, 2.0], "prices must be at least 0"),
        ("prices", [math.nan, 2.0], "prices must be finite, not nan"),
        ("prices", [1.0], r"lotteries\[0\] must have shape \(2, 1\)"),
        ("lotteries", [], "lotteries must hold a table for each of 1 buyers, not 0"),
        ("lotteries", [[[0.5, 0.0], [0.7, 0.7]]], r"must sum to at most 1 for each type, not 1.4"),
        ("lotteries", [[[-0.1, 0.0], [0.0, 1.0]]], r"must hold probabilities from 0 to 1, not -0.1"),
        ("lotteries", [[[math.nan, 0.0], [0.0, 1.0]]], r"lotteries\[0\] must hold probabilities"),
        ("lotteries", [[[0.0, 0.1], [0.0, 1.0]]], r"must not sell above the value, .* 1.0 at 2.0"),
    ]
    for kind in (OnePass, Rounds):
        for name, value, message in bad:
            with pytest.raises(ValueError, match=message):
                kind(**{**good, name: value})
    with pytest.raises(TypeError, match="units must be an integer"):
        OnePass(**{**good, "units": 1.5})
    for rounds, error in ((0, ValueError), (1.5, TypeError), (math.nan, TypeError)):
        with pytest.raises(error, match="rounds must be"):
            Rounds(**good, rounds=rounds)
    mechanism = OnePass(**good)
    with pytest.raises(ValueError, match="probabilities must hold a vector for each of 1 buyers"):
        mechanism.expected_utility([[0.5, 0.5]] * 2, Linear())
    with pytest.raises(ValueError, match="utility must be concave"):
        mechanism.expected_utility([[0.5, 0.5]], np.square)
    with pytest.raises(ValueError, match="is for 1 buyers, not for 2"):
        next(mechanism.conversation(2))


def test_prices_without_common_unit_are_refused_where_there_are_too_many_sums():
    rng = np.random.default_rng(0)
    prices = rng.random(60) / 2
    mechanism = OnePass([[1.0]] * 8, prices, [np.full((1, 60), 1 / 60)] * 8, 8)
    with pytest.raises(ValueError, match=r"different sums of .* take prices with a common unit"):
        mechanism.expected_utility([[1.0]] * 8, Capped(1.0))
