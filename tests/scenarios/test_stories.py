"""What stories and explanations claim, by theory where it has the figures, else by play."""

import re
from pathlib import Path

import numpy as np
import pytest

from scenarios import coffee_shop, liars_market, risk_averse_bidders, sell_the_room
from scenarios._coffee_shop_sweep import expected_revenue, paid_in_order, revenues, sweep_name
from sim.measures.lost_answers import sellers_who_missed_answers
from sim.menus.counter import CounterMarket
from tests.scenarios.played import manifest, played, printed


def payoffs(name, **settings):
    return liars_market.expected_payoffs(liars_market.Parameters(**settings), name)


HONEST_RING = {"truthful": 3, "colluders": 1}
"""As many people as by default, a ring of one and one more truthful buyer in place of a ring of two."""


# --- liars: second price ----------------------------------------------------------------------------


def test_in_second_price_a_shader_earns_less_than_by_truth():
    assert payoffs("second price")["shaders"] < payoffs("second price", truthful=3, shaders=1)["truthful"]


def test_in_second_price_the_ring_gains_and_leaves_outsiders_exactly_as_they_were():
    """The bid that outsiders have to beat is the ring's highest, whether the others in it bid or not."""
    ring, honest = payoffs("second price"), payoffs("second price", **HONEST_RING)
    assert ring["colluders"] > honest["colluders"] + 1e-3
    for outsiders in ("truthful", "shaders", "snipers"):
        assert ring[outsiders] == pytest.approx(honest[outsiders], abs=1e-6)


def test_in_second_price_the_shaders_help_all_others():
    shaded, honest = payoffs("second price"), payoffs("second price", share=1.0)
    for others in ("truthful", "snipers", "colluders"):
        assert shaded[others] > honest[others] + 1e-3


def test_the_story_blames_no_ring_for_what_shaders_do():
    story = " ".join(liars_market.__doc__.split())
    assert "Outsiders are left exactly as they were" in story
    assert "It is the shaders who help them" in story
    assert "for outsiders too" not in story


# --- liars: the other rules -------------------------------------------------------------------------


def test_on_the_clock_shaders_are_honest_and_only_the_ring_gains():
    clock, honest = payoffs("ascending clock"), payoffs("ascending clock", **HONEST_RING)
    assert clock["shaders"] == pytest.approx(clock["truthful"], abs=1e-9)
    assert clock["truthful"] == pytest.approx(honest["truthful"], abs=1e-6)
    assert clock["colluders"] > honest["colluders"] + 1e-4


def test_in_first_price_the_honest_earn_nothing_and_shaders_something():
    first = payoffs("first price")
    assert first["truthful"] == first["snipers"] == pytest.approx(0, abs=1e-12)
    assert first["shaders"] > 1e-3


def test_all_pay_costs_the_honest_far_more_than_they_win():
    """They pay their values, 1/2 on average, and win at most 2/5 of that."""
    won = 0.5 + payoffs("all-pay")["truthful"]
    assert won < 0.4 * 0.5


def test_theory_stands_only_where_all_answers_were_heard():
    tables, told = played(liars_market, until=30, latency=0.05)
    missed, names = sellers_who_missed_answers(tables), list(liars_market.mechanisms(told))
    assert {names[seller] for seller in missed} == set(names)
    rows = liars_market.figures(tables, told)
    assert all(np.isnan(one.theory) for row in rows.values() for one in row.values())
    messages = tables["messages"]
    snipers = liars_market.kinds_of(messages["bidder_id"].to_numpy(), told) == 2
    open_proxy = messages["auction"].to_numpy() % len(names) == names.index("open proxy")
    assert (messages["status"][snipers & open_proxy] == "late").mean() > 0.1
    tables, told = played(liars_market, until=30)
    assert sellers_who_missed_answers(tables) == {names.index("open proxy")}


# --- risk-averse bidders ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "known", "target"),
    [("equilibrium", 9, False), ("truthful", 3, False), ("shading", 0, False), ("hedge", 9, True)],
)
def test_theory_stands_only_for_those_who_play_it(strategy, known, target):
    tables, told = played(risk_averse_bidders, until=30, strategy=strategy, replicates=1)
    figures = [one for row in risk_averse_bidders.figures(tables, told).values() for one in row.values()]
    assert sum(np.isfinite(one.theory) for one in figures) == known
    assert all(one.target == target for one in figures)


def test_what_crowds_lose_is_told_in_one_unit():
    assert "money an auction" in Path(risk_averse_bidders.__file__).read_text(encoding="utf-8")
    assert "in utility" not in Path(risk_averse_bidders.__file__).read_text(encoding="utf-8")


# --- the coffee shop --------------------------------------------------------------------------------


def test_slow_service_does_not_change_what_a_customer_pays():
    """Of those who went home the patient are missing; of those who came nobody is.

    The clever menu, from people to whom coming back is free, earns 4: 2, 4 or 6, each as likely.
    """
    told = coffee_shop.Parameters(service=2)
    counters = [plan for plan in coffee_shop.plans(told) if plan.name == sweep_name("clever", 0.0)]
    market = CounterMarket(counters, seed=2)
    market.advance_to(2000)
    market.finish()
    home = market.records.frame("customers")
    assert home["paid"].mean() < 4 - 5 * np.sqrt(8 / 3 / len(home))  # what was once reported
    (figure,) = revenues({"customers": home}, counters).values()
    came = len(paid_in_order(home))
    assert came > 200
    assert figure.estimate.mean == pytest.approx(4, abs=4 * np.sqrt(8 / 3 / came))


def test_the_best_in_theory_does_not_depend_on_who_came():
    told = coffee_shop.Parameters(until=0.01, replicates=1)
    tables, _ = played(coffee_shop, until=0.01, replicates=1)
    lines = coffee_shop.report(tables, manifest(told))
    best = next(line for line in lines if isinstance(line, str) and line.startswith("Best in theory"))
    assert best.splitlines()[1:3] == ["  (comes once): clever", "  8 on average: clever"]
    assert "–" not in best


def test_the_clever_menu_is_best_while_coming_back_costs_two_or_more():
    earned = {plan.name: expected_revenue(plan) for plan in coffee_shop.plans(coffee_shop.Parameters())}
    for cost, best in ((np.inf, "clever"), (8, "clever"), (4, "clever"), (2, "clever"), (1, "modest")):
        rows = {menu: earned[sweep_name(menu, cost)] for menu in coffee_shop.MENUS}
        assert max(rows, key=rows.get) == best
    free = [earned[sweep_name(menu, 0.0)] for menu in coffee_shop.MENUS]
    assert sum(one == pytest.approx(4) for one in free) == 5


# --- sell the room ----------------------------------------------------------------------------------


def test_who_learns_is_said_in_the_table():
    tables, told = played(sell_the_room, until=5, strategy="exp3", replicates=1)
    text = printed(sell_the_room.report(tables, manifest(told)))
    assert "𝕄's, who are truthful" in " ".join(text.split())
    head = text.split("n = 2")[0]
    assert head.count("exp3") == 1 + 4
    assert "truthful" in head.splitlines()[-3]
    rows = sell_the_room.shares(tables, told)
    assert rows[6]["Vickrey"].target
    assert not rows[6]["𝕄"].target


def test_without_truth_theory_says_nothing_of_vickrey():
    tables, told = played(sell_the_room, until=3, strategy="shading")
    row = sell_the_room.shares(tables, told)[4]
    assert np.isnan(row["Vickrey"].theory)
    assert np.isfinite(row["𝕄"].theory)


@pytest.mark.parametrize("prior", sell_the_room.PRIORS)
def test_the_room_earns_what_is_left_of_opt_without_one_buyer(prior):
    """At least (1 - 1/n) OPT, less ε."""
    told = sell_the_room.Parameters(prior=prior)
    for n in sell_the_room.SIZES:
        best = sell_the_room.optimal_revenue(sell_the_room.value_of(told), n)
        assert sell_the_room.expected_shares(told, n)["𝕄"] >= 1 - 1 / n - told.epsilon / best


def leads(**settings):
    told = sell_the_room.Parameters(**settings)
    found = [sell_the_room.expected_shares(told, n) for n in sell_the_room.SIZES]
    return [one["𝕄"] - one["Vickrey"] for one in found]


def test_with_uniform_values_buyers_are_better_kept_than_asked_but_for_whole_numbers():
    coarse, fine = leads(), leads(value_bound=200)
    assert coarse[0] < 0 < coarse[-1]
    assert max(fine) < max(coarse)
    assert sum(lead < 0 for lead in fine) > sum(lead < 0 for lead in coarse)


def test_with_two_kinds_the_room_is_ahead_by_far_until_there_are_many():
    lead = leads(prior="two kinds")
    assert min(lead[:5]) > 0.05
    assert abs(lead[-1]) < 0.05


def test_too_few_auctions_to_tell_have_no_interval():
    told = sell_the_room.Parameters(prior="two kinds")
    estimate = sell_the_room.batch_means(np.arange(400.0))
    assert np.isnan(sell_the_room.told_enough(estimate, told, 2, 400).half_width)
    assert np.isnan(sell_the_room.told_enough(estimate, told, 50, 400).half_width)
    assert sell_the_room.told_enough(estimate, told, 10, 400) == estimate
    assert sell_the_room.told_enough(estimate, sell_the_room.Parameters(), 2, 400) == estimate


# --- words ------------------------------------------------------------------------------------------


def test_no_table_says_a_time_for_an_auction():
    from sim.runs.report import ESTIMATES

    headings = [heading for heading, _ in ESTIMATES.values()]
    assert not any(re.search(r"\ba time\b", heading) for heading in headings)
    assert "revenue an auction" in headings
