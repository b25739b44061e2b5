"""The standard instances cover the project, break no guarantee of theory, and come out of the command."""

import math
from dataclasses import replace

import pytest

from mechanisms.auctions import FirstPrice
from mechanisms.menus import COFFEE_SHOP, Menu, coffee_shop_menu
from mechanisms.menus.examples import Example
from mechanisms.robust import HighestBidderLottery
from mechanisms.utilities import CARA, Capped, Linear
from sim.audit import NOTIONS, audit, notion, report, standard_instance, standard_instances
from sim.audit.library import menu_instance, robust_instances, sales_by_lottery
from sim.audit.notions import _NOTIONS
from tests.sim.audit.examples import INCENTIVES
from tests.sim.command import bazaar

__all__ = ["bazaar"]

INSTANCES = {instance.name: instance for instance in standard_instances()}
MENUS = ("coffee shop's menu, 2 visits", "menu of lottery tickets, 2 visits")
"""These ask for nothing that could be true."""
TRUTHFUL = (
    "second price",
    "second price, reserve 1.5",
    "uniform price",
    "posted price",
    "ascending clock",
    "ascending clock, 3 buyers",
    "Myerson",
    "additive VCG, 2 items",
    "unit-demand VCG, 2 items",
    "combinatorial VCG",
    "second price procurement",
    "McAfee's double auction",
    "position VCG",
    "second price, ties by lot",
    "lookahead auction",
    "optimal for the prior",
    "segal auction",
    "baliga vohra auction",
    "single sample auction",
    "sequential prices",
    "history prices",
    "item prices",
    "deterministic regret pricing",
    "bundle prices",
    "random posted prices",
)
"""Truth is dominant in these, by the theorems named in their modules."""

LOTTERY = HighestBidderLottery(2, 0.5)
LOSSES = {
    "all pay": 3.0,
    "posted menu": 0.5,
    "highest bidder lottery": LOTTERY.sigma * (2 - LOTTERY.worst_case_revenue),
    "random reserve auctions, all pay": 2 + 2 * math.log(2 / 3),
    "minimax regret pricing": 2 - 3 / math.e,
    "insured sale": 0.1,
    "eso futo auction": 15 / 16,
}
"""Type 3 pays 3 and loses against a tie of lower index; a chance of 1/2 for 0.5 may bring nothing; who has 1
against 1 pays σ*(1 − r) + σ* for a chance below 1; 2 against 2 pays v + s ln(s/3), and 2 alone v − 3/e; the
insurer pays her premium for nothing. In Eső and Futó's auction what the other is expected to pay in
Myerson's, (9/4 + 6/4)/4, falls to who has 0 against 0."""


@pytest.mark.parametrize("name", TRUTHFUL)
def test_truth_is_dominant_where_theory_says_so(name):
    frame = audit(INSTANCES[name], INCENTIVES)
    assert set(frame.verdict) == {"holds"}
    assert set(frame.gain) == {0.0}


def test_a_random_reserve_is_truthful_in_expectation():
    """Second price is dominant at each reserve; its quadrature is exact on average, not coin by coin."""
    frame = audit(INSTANCES["random reserve"], ["expectation", "ex-post-ir", "bayesian-ic"])
    assert set(frame.verdict) == {"holds"}


@pytest.mark.parametrize("attitude", [Linear(), CARA(3.0), Capped(0.5)], ids=repr)
@pytest.mark.parametrize("name", ["sequential prices", "history prices"])
def test_prices_one_by_one_are_dominant_whatever_the_buyers_attitudes(name, attitude):
    """Nobody moves her own price (risk-averse seller, Section 3)."""
    frame = audit(replace(INSTANCES[name], utilities=attitude), ["dominant", "ex-post-ir"])
    assert frame.verdict.tolist() == ["holds"] * 2
    assert frame.gain.tolist() == [0.0] * 2


LOTTERIES = [
    *(instance for instance in robust_instances() if instance.name not in TRUTHFUL),
    *sales_by_lottery(),
]


@pytest.mark.parametrize("instance", LOTTERIES, ids=lambda instance: instance.name)
def test_lotteries_are_truthful_in_expectation_whatever_others_do(instance):
    """Ex-post IC, in the mean over the seller's draw, and so all notions over sets (Proposition 1.2.1).

    Not branch by branch: who knew the draw would lie; losers who are charged lose. The same for one pass,
    rounds and Algorithm 1 with buyers of the attitudes that they are made for (risk-averse seller, Section 4
    and Appendix D), whose truthful buyers never lose.
    """
    frame = audit(instance, INCENTIVES)
    branch_by_branch = ["dominant-strategy IC"]
    if not instance.mechanism.ex_post_ir:
        branch_by_branch.append("ex-post IR")
    assert sorted(frame.notion[frame.verdict != "holds"]) == branch_by_branch
    assert not frame.gain[frame.verdict == "holds"].any()


@pytest.mark.parametrize("name", ["one pass", "rounds"])
def test_the_witness_against_dominance_knows_that_she_would_be_drawn(name):
    """Type 2 says 1: draws below 1/3 then sell at 1, and at 1.5 to truth: U(1) − U(1/2)."""
    row = audit(INSTANCES[name], ["dominant"]).iloc[0]
    assert row.gain == pytest.approx(float(CARA(3.0)(1.0)) - float(CARA(3.0)(0.5)), rel=1e-9)
    assert (row.type, row.says) == ("2", "report_value 1")


@pytest.mark.parametrize("name", ["one pass", "rounds"])
def test_lotteries_for_the_cautious_are_not_truthful_for_the_neutral(name):
    frame = audit(replace(INSTANCES[name], utilities=None), ["expectation", "ex-post-ir"])
    assert frame.verdict.tolist() == ["fails", "holds"]


def test_insurance_gives_up_that_nobody_loses_ex_post():
    """Example 1: dominant and fair on average; the insurer pays 0.1 where the other does not buy (R5)."""
    frame = audit(INSTANCES["insured sale"], INCENTIVES)
    assert frame.notion[frame.verdict != "holds"].tolist() == ["ex-post IR"]
    assert frame.set_index("notion").verdict[["dominant-strategy IC", "interim IR"]].tolist() == ["holds"] * 2


def test_revenue_without_risk_is_bayesian_alone():
    """Eső and Futó: BIC and interim IR; neither dominant nor ex-post individually rational."""
    frame = audit(INSTANCES["eso futo auction"]).set_index("notion").verdict
    assert frame[["Bayesian IC", "interim IR"]].tolist() == ["holds"] * 2
    notions = ["dominant-strategy IC", "truthful in expectation", "ex-post IC", "ex-post IR"]
    assert frame[notions].tolist() == ["fails"] * 4


@pytest.mark.parametrize("name", ["star auction", "knowledge extraction"])
def test_knowledge_is_sold_truthfully_in_two_steps(name):
    """Theorems 1 and 2 of Azar, Chen and Micali; beliefs are best on average only, given true values."""
    frame = audit(INSTANCES[name], ["two-step-values", "two-step-knowledge", "bayesian-ic"])
    assert frame.verdict.tolist() == ["holds"] * 3


def test_where_values_are_public_a_lie_in_the_first_step_pays():
    """B = 3, n = 2, δ = ε = 0.1: (B - 1)(1 - δ) - δε/(nB), by rivals who name what they heard."""
    frame = audit(INSTANCES["star auction, values public"], ["two-step-values", "bayesian-ic"])
    assert frame.verdict.tolist() == ["fails"] * 2
    assert frame.gain[0] == pytest.approx(2 * 0.9 - 0.01 / 6, rel=1e-12)
    assert (frame.type[0], frame.says[0]) == ("2", "report_value 1")


@pytest.mark.parametrize("name", [name for name in INSTANCES if name not in MENUS])
def test_truth_loses_nothing_where_the_mechanism_promises_it(name):
    (row,) = audit(INSTANCES[name], ["ex-post-ir"]).to_dict("records")
    if INSTANCES[name].mechanism.ex_post_ir:
        assert row["verdict"] == "holds"
    else:
        assert row["gain"] == pytest.approx(LOSSES[name])


def test_demand_reduction_and_free_riding_pay():
    """Uniform price with several units each, and core-selecting rules: truth is no equilibrium."""
    for name in ("uniform price multi unit", "nearest zero", "nearest bid", "nearest VCG"):
        frame = audit(INSTANCES[name], ["dominant", "ex-post-ic"])
        assert (frame.verdict == "fails").all()


def test_sniping_pays_against_who_answers_raises():
    """In the open format with few rounds truth is not dominant: others may react to the standing price."""
    (row,) = audit(INSTANCES["open proxy"], ["dominant"]).to_dict("records")
    assert row["verdict"] == "fails"


def test_example_1_breaks_at_the_second_visit():
    """The hungry save 2: coffee and bagel for 6 instead of both for 8; likewise with any number."""
    frame = audit(INSTANCES[MENUS[0]])
    assert frame.notion.tolist() == ["buy-k IC", "adaptive buy-k IC", "buy-many IC"]
    assert set(frame.verdict) == {"fails"}
    assert frame.gain.tolist() == pytest.approx([2.0] * 3)
    assert frame.says[0] == "buys entry 0 and entry 1 (pays 6) instead of entry 2 (pays 8)"
    assert frame.type[0] == "(4, 6)"


def test_m_2_holds_for_those_who_commit_alone():
    """M_2 is buy-2 IC (Claim 25), but neither for those who look first, nor for any number."""
    frame = audit(INSTANCES[MENUS[1]]).set_index("notion")
    assert frame.verdict["buy-k IC"] == "holds"
    assert frame.verdict["adaptive buy-k IC"] == "fails"
    assert frame.verdict["buy-many IC"] == "fails"


def test_rounding_breaks_no_menu():
    """Two visits gain 1/1000 of ten million: the audit forgives what `is_buy_k_ic` does, and no more."""
    example = Example(COFFEE_SHOP.types * 1e6, COFFEE_SHOP.probabilities)
    for gain, verdict in ((1e-3, "holds"), (1.0, "fails")):
        menu = Menu(coffee_shop_menu().probabilities, [2e6, 4e6, 6e6 + gain])
        (row,) = audit(menu_instance(example, menu, 2, "large"), ["buy-k-ic"]).to_dict("records")
        assert row["verdict"] == verdict
        assert row["gain"] == pytest.approx(gain if verdict == "fails" else 0.0)


def test_a_search_cut_short_proves_nothing(monkeypatch):
    """M_2 holds against two visits; when nothing may be looked at, nobody knows."""
    monkeypatch.setattr("sim.audit.menus.MAX_NODES", 0)
    (row,) = audit(INSTANCES[MENUS[1]], ["buy-k-ic"]).to_dict("records")
    assert (row["verdict"], row["interval"]) == ("no gain found", "tried")


def test_menus_are_audited_for_neutral_buyers():
    neutral = INSTANCES[MENUS[0]]
    with pytest.raises(NotImplementedError, match=r"risk-neutral buyers, not .*CARA"):
        audit(replace(neutral, utilities=CARA(0.5)))


def test_notions_of_menus_are_of_menus_alone():
    assert audit(standard_instance(FirstPrice()), ["buy-k-ic"]).empty
    assert audit(INSTANCES[MENUS[0]], ["bayesian-ic"]).empty


def test_a_notion_of_ones_own():
    try:
        @notion("generosity", "seller gives nothing")
        def generosity(game):
            yield 0.0, None, True

        frame = audit(standard_instance(FirstPrice()), ["generosity"])
        assert frame.verdict.tolist() == ["holds"]
        with pytest.raises(ValueError, match="name must be new"):
            notion("generosity", "again")(generosity)
    finally:
        _NOTIONS.pop("generosity", None)
    assert "generosity" not in NOTIONS


# --- the command -----------------------------------------------------------------------------------


def test_the_command_tells_what_the_witness_buys(bazaar):
    call = bazaar("audit", "all", "--mechanism", MENUS[0], "--notion", "buy-k-ic")
    told = " ".join(call.out.replace("│", " ").split())
    assert call.code == 0
    assert "says" not in told
    assert "buys" in told


def test_the_command_prints_the_table(bazaar):
    notions = ("--notion", "bayesian-ic", "--notion", "ex-post-ir")
    call = bazaar("audit", "all", "--mechanism", "first price", *notions)
    assert call.code == 0
    assert "Bayesian IC" in call.out
    assert "fails" in call.out
    assert "ex-post IR" in call.out
    assert "holds" in call.out
    assert "buyer 0 of type 3" in call.out
    assert all(len(line) <= 100 for line in call.out.splitlines())


def test_the_command_audits_a_scenario(bazaar):
    town = ("audit", "town_market", "--mechanism")
    call = bazaar(*town, "second price", "--types", "2", "--set", "reserve=60")
    assert call.code == 0
    failing = [line for line in call.out.splitlines() if "fails" in line]
    assert all("ex-post efficiency" in line for line in failing)
    call = bazaar(*town, "first price", "--notion", "bayesian-ic", "--sample", "2000")
    assert call.code == 0
    assert "fails" in call.out


def test_a_notion_that_does_not_apply_is_named(bazaar):
    notions = ("--notion", "two-step-values", "--notion", "ex-post-ir")
    call = bazaar("audit", "all", "--mechanism", "first price", *notions)
    assert call.code == 0
    assert "--notion is also two-step-values, which says nothing" in call.out


def test_a_run_without_auctions_and_menus_is_refused():
    with pytest.raises(ValueError, match="a walk has no auctions to audit"):
        list(report.market_report("a walk", object(), [], None, 2, 2, None, 0))


def test_the_command_audits_menus(bazaar):
    """Example 1: safe for one visit, and the hungry gain 8 - 6 by two (buy-many paper, Section 1)."""
    call = bazaar("audit", "coffee_shop", "--mechanism", "clever, 2 visits")
    told = " ".join(call.out.replace("│", " ").split())
    assert call.code == 0
    for title in ("buy-k IC", "adaptive buy-k IC", "buy-many IC"):
        assert f"{title} fails 2 exact buyer 0 of type (4," in told
    assert "buys entry 0 and entry 1" in told
    call = bazaar("audit", "coffee_shop", "--notion", "buy-many-ic")
    told = " ".join(call.out.replace("│", " ").split())
    assert "together, 2 visits buy-many IC holds 0" in told
    assert "each at 4, 2 visits buy-many IC holds 0" in told


def test_a_scenario_audits_instances_of_its_own(bazaar):
    """A scenario's name comes before a mechanism's; its instances stand on the Markov set."""
    call = bazaar("audit", "highest_bidder_lottery", "--mechanism", "Vickrey", "--notion", "knightian-ic")
    told = " ".join(call.out.replace("│", " ").split())
    assert call.code == 0
    assert "Vickrey Knightian IC (distributionally robust) holds 0" in told
    assert "all distributions on the grid in which each value has at least the mean" in told
    call = bazaar("audit", "ambiguous_bidders", "--notion", "maxmin-ic", "--notion", "hurwicz-ic")
    told = " ".join(call.out.replace("│", " ").split())
    assert "all pay, α = 0.5 maxmin IC holds 0" in told
    assert "Hurwicz IC fails 0.6667" in told
    assert "Hurwicz IC fails 1 exact" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["one_more_bidder", "--mechanism", "Vickry"], "there is no mechanism 'Vickry'"),
        (["coffee_shop", "--sample", "100"], "--sample needs auctions; coffee_shop has menus"),
        (["few_tickets", "--buyers", "3"], "--buyers needs auctions"),
        (["few_tickets", "--seed", "x"], "--seed is x"),
        (["coffee_shop", "--mechanism", "clevr, 2 visits"], "there is no mechanism 'clevr, 2 visits'"),
        (["coffee_shop", "--set", "visits=1"], "visits is 1; it must be"),
        (["nowhere"], "there is no scenario or mechanism 'nowhere'"),
        (["all", "--mechanism", "frst price"], "there is no mechanism 'frst price'; the nearest"),
        (["all", "--notion", "bayesan-ic"], "there is no notion 'bayesan-ic'; the nearest"),
        (["all", "--sample", "100"], "--sample needs a scenario"),
        (["all", "--types", "5"], "--types needs a scenario"),
        (["all", "--buyers", "2"], "--buyers needs a scenario"),
        (["all", "--set", "reserve=1"], "--set needs a scenario"),
        (["town_market", "--types", "400", "--mechanism", "second price"], "audit a sample"),
        (["all", "--mechanism", "first price", "--notion", "buy-k-ic"], "says nothing about"),
    ],
)
def test_bad_input(bazaar, arguments, said):
    call = bazaar("audit", *arguments)
    assert call.code == 2
    assert said in call.err
    assert call.out == ""
