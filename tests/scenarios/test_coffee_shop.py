"""The coffee shop: its theory by hand, and the simulation against it."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from scenarios._coffee_shop_sweep import COSTS, EXTRAS, MENUS, expected_revenue, revenues, sweep_name
from scenarios.coffee_shop import (
    PANELS,
    Parameters,
    audited_menus,
    best_in_theory,
    build,
    figures,
    plans,
    report,
)
from sim.menus.counter import CounterMarket
from sim.page.drawing.drawing import Drawing
from sim.runs.run import play_until
from tests.sim.page.drawing.svg import parsed

LEARNED = ("clever, once", "clever, cost 1", "clever, cost 0", "two and four, once")


@pytest.fixture(scope="module")
def run():
    """The tables of a short run, and its parameters."""
    parameters = Parameters(until=150, replicates=2)
    market = build(parameters, seed=4)
    assert play_until(market, parameters.until) == "complete"
    return market.records.frames(), parameters


def theory():
    return {plan.name: expected_revenue(plan) for plan in plans(Parameters())}


@pytest.mark.parametrize(
    ("menu", "once", "free"),
    [
        ("clever", 14 / 3, 4), ("modest", 13 / 3, 4), ("bagel or both", 4, 4), ("each at 4", 8 / 3, 4),
        ("two and four", 10 / 3, 4), ("together", 10 / 3, 10 / 3),
    ],
)
def test_what_menus_earn_from_one_visit_and_from_two(menu, once, free):
    """Example 1's 4 2/3 and 4; the others by hand from the three types."""
    assert theory()[f"{menu}, once"] == pytest.approx(once)
    assert theory()[f"{menu}, cost 0"] == pytest.approx(free)


def test_the_clever_menu_falls_with_the_share_who_come_back():
    """The hungry come back at a cost below 2: of the ten levels at mean 1, -ln(1 - s) < 2 for s <= .85."""
    assert theory()["clever, cost 1"] == pytest.approx((2 + 4 + (9 * 6 + 8) / 10) / 3)
    falling = [theory()[f"clever, {'once' if math.isinf(c) else f'cost {c:g}'}"] for c in COSTS]
    assert all(a >= b - 1e-12 for a, b in pairwise(falling))


def test_what_is_best_depends_on_patience():
    """By hand: both at 6 + d sells at a cost above d. Of ten levels at mean 1 one is above 2, four above 1.

    At mean 2 four are above 2 and six above 1: there the clever menu, with d = 2, is still the better one.
    """
    earned = theory()
    assert earned["modest, cost 1"] == pytest.approx((2 + 4 + (6 * 6 + 4 * 7) / 10) / 3)
    assert earned["clever, cost 2"] == pytest.approx((2 + 4 + (6 * 6 + 4 * 8) / 10) / 3)
    assert best_in_theory(plans(Parameters())).splitlines()[1:] == [
        "  (comes once): clever",
        *(f"  {cost} on average: clever" for cost in (8, 4, 2)),
        "  1 on average: modest", "  0.5 on average: modest",
        "  nothing: clever, modest, bagel or both, each at 4, two and four",
    ]


def test_the_greedy_are_not_tempted_to_come_back():
    """The hungry gain 2 from coffee, from the bagel and from both: they take the dearest, and want no more.

    Where both are not sold together they come back, like those who plan: then the bagel is first, coffee at 2
    still adds 4 − 2, and they take it while coming back costs at most 2.
    """
    greedy = {plan.name: expected_revenue(plan) for plan in plans(Parameters(strategy="greedy"))}
    for cost in COSTS:
        assert greedy[sweep_name("clever", cost)] == pytest.approx(14 / 3)
        for menu in ("two and four", "each at 4"):
            assert greedy[sweep_name(menu, cost)] == pytest.approx(theory()[sweep_name(menu, cost)])


def test_the_exact_come_back_whatever_it_costs():
    """They plan as if it cost nothing: 2, 4 and 6 of the clever menu, but where they may come only once."""
    exact = {plan.name: expected_revenue(plan) for plan in plans(Parameters(strategy="exact"))}
    assert exact["clever, once"] == pytest.approx(14 / 3)
    assert [exact[sweep_name("clever", cost)] for cost in COSTS[1:]] == pytest.approx([4] * (len(COSTS) - 1))


def test_learners_at_the_sweep_find_what_the_impatient_plan():
    """All prices are .995 of the others'. Who has tried everything, and explores no more, is right."""
    told = Parameters(until=1500, strategy="learning", exploration=0)
    counters = [plan for plan in plans(told) if plan.name in LEARNED]
    impatient = theory()
    assert [plan.name for plan in counters] == list(LEARNED)
    assert [expected_revenue(plan) for plan in counters] == pytest.approx(
        [0.995 * impatient[name] for name in LEARNED]
    )
    market = CounterMarket(counters, seed=1)
    assert play_until(market, told.until) == "complete"
    customers = market.records.frame("customers")
    late = customers[customers["left"] > 1000].groupby(["seller_id", "type", "person_id"])["paid"].mean()
    by_type = late.groupby(["seller_id", "type"]).mean().groupby("seller_id").mean()
    assert by_type.tolist() == pytest.approx([expected_revenue(plan) for plan in counters])


def test_of_the_learners_the_later_half_counts():
    counters = plans(Parameters())
    number = [plan.name for plan in counters].index(EXTRAS[2])
    came = np.arange(100.0)
    paid = [100.0] * 50 + [4.0] * 50
    customers = pd.DataFrame(
        {"seller_id": number, "paid": paid, "arrived": came, "left": came + 0.2, "visits": 1}
    )
    assert revenues({"customers": customers}, counters)[EXTRAS[2]].estimate.mean == 4


def test_bags_by_hand():
    """At 1.90: the bagel eaters buy one bag beforehand, the hungry two (7.5 - 3.8 beats 5 - 1.9)."""
    assert theory()[EXTRAS[0]] == pytest.approx((1.9 + 3.8) / 3)


def test_simulation_and_theory_agree(run):
    """Four and a half standard errors, where customers do what is best: an interval holds two."""
    found = figures(*run)
    assert len(found) == len(MENUS) * len(COSTS) + len(EXTRAS)
    for name, figure in found.items():
        if not figure.target:
            slack = 2.25 * figure.estimate.half_width + 0.02
            assert figure.estimate.mean == pytest.approx(figure.theory, abs=slack), name


def test_nobody_has_come_yet(tmp_path):
    """A run that ends at once has a report and plots all the same."""
    told = Parameters(until=0.001, replicates=2)
    market = build(told)
    assert play_until(market, told.until) == "complete"

    class Run(dict):
        directory = tmp_path

    lines = report(Run(market.records.frames()), {"parameters": told.model_dump(), "seed": 4})
    assert lines[0].startswith("Coffee shop: 0 customers")
    assert (tmp_path / "learning.png").exists()


def test_report_fits_and_draws(run, tmp_path):
    tables, parameters = run

    class Run(dict):
        directory = tmp_path

    lines = report(Run(tables), {"parameters": parameters.model_dump(), "seed": 4})
    assert lines[1].row_count == len(COSTS)
    assert lines[3].row_count == len(EXTRAS)
    for name in ("revenue", "visits", "learning"):
        assert (tmp_path / f"{name}.png").stat().st_size > 5_000


FILE = "scenarios/data/coffee_shop.toml"


def test_a_menu_from_a_file_is_sold_as_theory_says():
    """The file holds Example 1: the sweep is that of the clever menu, customer by customer."""
    own, told = Parameters(until=150), Parameters(until=150, menu=FILE, replicates=1)
    sold = {plan.name: expected_revenue(plan) for plan in plans(told)}
    for cost in COSTS:
        assert sold[sweep_name("coffee_shop", cost)] == theory()[sweep_name("clever", cost)]
    assert sold["coffee_shop, looks first"] == pytest.approx(4)  # nothing is left to chance
    assert sold["coffee_shop, learns"] == pytest.approx(0.995 * 4)
    assert sold["coffee_shop, two names"] == pytest.approx(4)
    ends = []
    for parameters in (own, told):
        market = build(parameters, seed=4)
        assert play_until(market, parameters.until) == "complete"
        ends.append(market.records.frames())
    customers = [frames["customers"] for frames in ends]
    sweep = [rows[rows["seller_id"] < len(COSTS)].reset_index(drop=True) for rows in customers]
    pd.testing.assert_frame_equal(*sweep)
    found = figures(ends[1], told)
    assert len(found) == len(COSTS) + 3
    assert best_in_theory(plans(told)).count("coffee_shop") == len(COSTS)


def test_the_page_and_the_audit_take_the_file(tmp_path):
    told = Parameters(until=20, menu=FILE, replicates=1)
    market = build(told)
    market.advance_to(20)
    for panel in PANELS:
        shown = panel(market)
        assert parsed(shown) if isinstance(shown, Drawing) else "visits" in shown
    (instance,) = audited_menus(told)
    assert instance.mechanism.menu == MENUS["clever"]

    class Run(dict):
        directory = tmp_path

    lines = report(Run(market.records.frames()), {"parameters": told.model_dump(), "seed": 4})
    assert lines[1].row_count == len(COSTS)
    assert lines[3].row_count == 3


def test_a_file_that_cannot_be_sold_is_refused():
    with pytest.raises(ValueError, match=r"shoes.toml: a counter takes additive types.*types\[0\]"):
        build(Parameters(menu="scenarios/data/shoes.toml"))
    with pytest.raises(ValueError, match=r"must end in .toml or .csv, not 'clever'"):
        build(Parameters(menu="clever"))
