"""The size of money does not matter: everything that decides decides the same in any unit of money.

Metamorphic: the same instance, with all money times 10^k, k from -12 to 12, has the same verdicts, witnesses,
allocations, sales and refusals, and money times 10^k. The amounts are no powers of 2, so that they round.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from agents.play.exact import expected_outcome
from agents.strategies import AdaptiveShading, Equilibrium, Shading, Truthful
from mechanisms.auctions import (
    AllPay,
    AscendingClock,
    FirstPrice,
    MyersonAuction,
    PostedPrice,
    SecondPrice,
    UniformPrice,
)
from mechanisms.auctions.combinatorial_vcg import CombinatorialVCG
from mechanisms.auctions.equilibrium import all_pay, pay_as_bid
from mechanisms.auctions.myerson import monopoly_price, optimal_revenue
from mechanisms.auctions.vcg import AdditiveVCG, UnitDemandVCG
from mechanisms.comparison import at_least, first_best, size_of
from mechanisms.conservative import optimal_dsic
from mechanisms.conversation import DirectMechanism, Mechanism
from mechanisms.distributions import Discrete, IndependentPrior, JointDistribution, PiecewiseUniform, Uniform
from mechanisms.menus import Menu, PostedMenu, is_buy_k_ic
from mechanisms.menus.programs import optimal_menu
from mechanisms.outcome import Outcome
from mechanisms.risk_averse.deterministic import best_sequential_prices
from mechanisms.risk_averse.revenue import RevenueLaw
from mechanisms.utilities import Linear
from sim.audit import Effort, Instance, audit, audit_sample, standard_instance
from sim.market.invariants import BreachError
from tests.sim.market.markets import run

POWERS = range(-12, 13)
SCALES = [10.0**k for k in POWERS if k]
FEW = [1e-12, 1e-9, 1e-3, 1e7, 1e12]
ENDS = [1e-12, 1e12]
TALKS = ("posted price", "clock")
"""Conversations, which are replayed: they take long."""
VALUES = np.array([0.3, 0.7, 1.1, 1.9])
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Overcharging(DirectMechanism):
    """Second price, and half as much again: not individually rational, though it says so."""

    ex_post_ir: ClassVar[bool] = True

    def outcome(self, reports: Any) -> Outcome:
        fair = SecondPrice().outcome(reports)
        return Outcome(fair.allocation, 1.5 * fair.payments)


RULES = {
    "second price": lambda s: SecondPrice(0.5 * s),
    "first price": lambda s: FirstPrice(),
    "all-pay": lambda s: AllPay(),
    "posted price": lambda s: PostedPrice(0.9 * s),
    "uniform price": lambda s: UniformPrice(2),
    "Myerson": lambda s: MyersonAuction(Discrete(VALUES * s, [0.25] * 4)),
    "overcharging": lambda s: Overcharging(),
    "clock": lambda s: AscendingClock(),
}


def numbers(text: str, scale: float) -> list[Any]:
    """The words of a witness, with their numbers in the unit."""
    money = [float(found) for found in NUMBER.findall(re.sub(r"buyer \d+", "", text))]
    return [NUMBER.sub("#", text), *np.round(np.array(money) / scale, 3).tolist()]


def decided(frame: pd.DataFrame, scale: float) -> list[Any]:
    """Everything that an audit says, in the unit."""
    rows = []
    for row in frame.itertuples():
        verdict = "none found" if row.verdict.startswith("no gain above") else row.verdict
        gain = row.gain / scale if verdict == "fails" else 0.0
        told = [numbers(getattr(row, name), scale) for name in ("type", "says", "others")]
        rows.append((row.notion, verdict, pytest.approx(gain, rel=1e-6), row.buyer, told))
    return rows


@pytest.mark.parametrize("name", RULES)
def test_exact_audits_say_the_same(name):
    unit = decided(audit(standard_instance(RULES[name](1.0), VALUES)), 1.0)
    for scale in ENDS if name in TALKS else SCALES if name == "first price" else FEW:
        frame = audit(standard_instance(RULES[name](scale), VALUES * scale))
        assert decided(frame, scale) == unit, scale


@pytest.mark.parametrize("name", [name for name in RULES if name != "clock"])
def test_sampled_audits_say_the_same(name):
    effort = Effort(20, 2, 4) if name in TALKS else Effort(2000, 6, 16)

    def found(scale):
        prior = IndependentPrior.identical(Uniform(0.1 * scale, 1.9 * scale), 2)
        return decided(audit_sample(RULES[name](scale), prior, effort=effort), scale)

    unit = found(1.0)
    for scale in ENDS if name in TALKS else FEW:
        assert found(scale) == unit, scale


@pytest.mark.parametrize("rule", [AdditiveVCG(2), UnitDemandVCG(3)])
def test_vcg_with_large_amounts_in_cents_is_dominant(rule):
    """Theorem (Clarke, Groves): truth is dominant; amounts of 1e7 round by more than 1e-9."""
    rng = np.random.default_rng(5)
    for _ in range(6):
        grid = np.round(rng.uniform(0, 1e7, size=(4, rule.space.kinds)), 2)
        frame = audit(standard_instance(rule, grid, n=3), ["dominant", "ex-post-ir"])
        assert frame.verdict.tolist() == ["holds", "holds"]


def test_vcg_of_bundles_with_large_amounts_is_dominant():
    rng = np.random.default_rng(6)
    for _ in range(6):
        single = np.round(rng.uniform(0, 1e7, size=(4, 2)), 2)
        tables = np.column_stack([single, np.round(single.sum(axis=1) * 1.1, 2)])
        frame = audit(standard_instance(CombinatorialVCG(2), tables), ["dominant", "ex-post-ir"])
        assert frame.verdict.tolist() == ["holds", "holds"]


def test_first_price_with_small_amounts_is_not_dominant():
    frame = audit(standard_instance(FirstPrice(), VALUES * 1e-10), ["dominant"])
    assert frame.verdict.tolist() == ["fails"]


@pytest.mark.parametrize("scale", [1.0, *SCALES])
def test_an_overcharge_of_half_is_a_breach(scale):
    with pytest.raises(BreachError, match="a truthful buyer lost"):
        run(20.0, [Truthful()] * 3, Overcharging(), prior=Uniform(0.5 * scale, scale))


def played(scale: float, rule: Mechanism, strategy: Any) -> dict[str, pd.DataFrame]:
    return run(12.0, [strategy(), Truthful(), Shading(0.7)], rule, prior=Uniform(0.1 * scale, 1.1 * scale))


RULE = "mechanism"
"""A column that names the reserve, which is money."""


@pytest.mark.parametrize("strategy", [Truthful, AdaptiveShading, Equilibrium])
@pytest.mark.parametrize("name", ["second price", "first price", "posted price", "clock", "Myerson"])
def test_markets_run_the_same(name, strategy):
    if strategy is Equilibrium and name not in ("posted price", "clock"):
        pytest.skip("needs a prior to be told; schedules are compared below")
    unit = played(1.0, RULES[name](1.0), strategy)
    for scale in (1e-12, 1e-7, 1e9, 1e12):
        tables = played(scale, RULES[name](scale), strategy)
        for table, money in (
            ("auctions", ["revenue", "welfare", "best_welfare"]),
            ("transactions", ["payment", "value"]),
        ):
            mine, theirs = (found[table].drop(columns=RULE, errors="ignore") for found in (tables, unit))
            rest = [column for column in mine if column not in money]
            pd.testing.assert_frame_equal(mine[rest], theirs[rest])
            for column in (column for column in money if column in mine):
                np.testing.assert_allclose(mine[column] / scale, theirs[column], rtol=1e-9, atol=1e-12)
        assert tables["messages"]["status"].tolist() == unit["messages"]["status"].tolist()
        assert len(tables["refusals"]) == len(unit["refusals"])


def test_exact_play_is_the_same():
    for name, rule in RULES.items():
        table = np.full((4, 4), 1 / 16)
        one = expected_outcome(rule(1.0), JointDistribution(table, [VALUES] * 2))
        for scale in FEW:
            other = expected_outcome(rule(scale), JointDistribution(table, [VALUES * scale] * 2))
            assert other.revenue / scale == pytest.approx(one.revenue, rel=1e-9), (name, scale)
            np.testing.assert_allclose(np.array(other.utility) / scale, one.utility, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("scale", SCALES)
def test_optimal_auctions_are_the_same(scale):
    priors = {
        "discrete": lambda s: Discrete(VALUES * s, [0.4, 0.3, 0.2, 0.1]),
        "uniform": lambda s: Uniform(0.3 * s, 1.9 * s),
        "gap": lambda s: PiecewiseUniform(np.array([0.1, 1.1, 4.1, 5.1]) * s, [0.7, 0, 0.3]),
    }
    profiles = np.random.default_rng(1).choice(np.append(VALUES, [0.1, 4.5]), size=(200, 3))
    for name, prior in priors.items():
        one, other = prior(1.0), prior(scale)
        assert monopoly_price(other) / scale == pytest.approx(monopoly_price(one), rel=1e-9), name
        assert optimal_revenue(other, 3) / scale == pytest.approx(optimal_revenue(one, 3), rel=1e-9), name
        here, there = MyersonAuction(one).outcome(profiles), MyersonAuction(other).outcome(profiles * scale)
        np.testing.assert_array_equal(here.allocation, there.allocation)
        np.testing.assert_allclose(there.payments / scale, here.payments, rtol=1e-9)
    schedules = (lambda prior: pay_as_bid(prior, 3, 1, 0.0), lambda prior: all_pay(prior, 3, 0.0))
    for schedule in schedules:
        here, there = schedule(Uniform(0.3, 1.9))(VALUES), schedule(Uniform(0.3 * scale, 1.9 * scale))
        np.testing.assert_allclose(there(VALUES * scale) / scale, here, rtol=1e-6, atol=1e-9)


def test_comparisons_are_the_same():
    left, right = 0.1 + 0.2, 0.3
    for scale in SCALES:
        assert at_least(right * scale, left * scale)
        assert not at_least(right * (1 - 1e-9) * scale, left * scale)
        assert first_best(np.array([right, left]) * scale, 1e-12 * size_of(left * scale)) == 0


TICKETS = Menu([[0.4, 0.0], [0.0, 0.6], [0.7, 0.7]], [0.2, 0.35, 1.1])
TYPES = np.array([[0.7, 0.9], [1.3, 0.2], [1.1, 1.7]])


@pytest.mark.parametrize("scale", SCALES)
def test_menus_are_judged_and_bought_from_the_same(scale):
    scaled = Menu(TICKETS.probabilities, TICKETS.prices * scale)
    for k in (1, 2, np.inf):
        one, other = is_buy_k_ic(TICKETS, TYPES, k), is_buy_k_ic(scaled, TYPES * scale, k)
        assert one.holds == other.holds
        assert other.gain / scale == pytest.approx(one.gain, rel=1e-9)
    sales = [
        run(12.0, [Truthful()], PostedMenu(menu, 1), prior=Uniform(0.0, 2.0 * size))["transactions"]
        for menu, size in ((TICKETS, 1.0), (scaled, scale))
    ]
    assert len(sales[0]) > 5
    np.testing.assert_allclose(sales[1]["payment"] / scale, sales[0]["payment"], rtol=1e-12)


def test_a_tie_on_a_menu_goes_to_the_seller_in_any_unit():
    """Values 0.1 and 0.2 for sure at their sum, or nothing: the tie is exact but for rounding."""
    for scale in [1.0, *SCALES]:
        menu = Menu([[1.0, 1.0]], [0.3 * scale])
        types = JointDistribution(np.ones(1), [np.array([[0.1, 0.2]]) * scale])
        assert expected_outcome(PostedMenu(menu, 1), types).revenue == pytest.approx(0.3 * scale)


@pytest.mark.parametrize("scale", FEW)
def test_designs_are_the_same(scale):
    weights = [0.5, 0.3, 0.2]
    chances = [[0.4, 0.3, 0.2, 0.1]] * 3
    one = best_sequential_prices([VALUES] * 3, chances, 2, Linear())
    other = best_sequential_prices([VALUES * scale] * 3, chances, 2, Linear())
    np.testing.assert_allclose(other.prices / scale, one.prices, rtol=1e-12)
    law = RevenueLaw.of(np.array([0.3, 0.1 + 0.2, 0.7]) * scale, np.array([0.25, 0.25, 0.5]))
    assert law.amounts.size == 2
    here, there = optimal_menu(TYPES, weights), optimal_menu(TYPES * scale, weights)
    assert there.revenue / scale == pytest.approx(here.revenue, rel=1e-6)
    joint = np.array([[0.3, 0.1], [0.1, 0.5]])
    each = [optimal_dsic(JointDistribution(joint, [np.array([1.0, 3.0]) * s] * 2)) for s in (1.0, scale)]
    assert each[1].revenue / scale == pytest.approx(each[0].revenue, rel=1e-7)


def test_an_instance_without_money_has_size_zero():
    nothing = Instance(SecondPrice(), JointDistribution(np.ones((1, 1)), [np.zeros(1)] * 2))
    assert (audit(nothing).verdict == "holds").all()
