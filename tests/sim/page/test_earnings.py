"""Who earns what on the page: the numbers of `run`'s tables, their pictures, and a scenario's own figures."""

import math
import re

import numpy as np
import pytest

from scenarios import (
    learn_to_tell,
    liars_market,
    neighbours,
    risk_averse_bidders,
    sell_the_room,
    town_market,
)
from sim.measures.batch_means import Estimate
from sim.measures.benchmarks import record_benchmarks
from sim.measures.by_strategy import strategy_measures
from sim.measures.comparison import Figure, Sentence, comparison_table
from sim.page import earned
from sim.page.earnings import (
    amount,
    earnings,
    epoch,
    figures_html,
    interval_svg,
    optimum_per_auction,
    scale_of,
)
from sim.runs.report import seller_measures
from tests.sim.page.shows import shown

WITH_FIGURES = [learn_to_tell, liars_market, risk_averse_bidders, sell_the_room, town_market]


def cells(told):
    rows = re.findall(r"<tr>(.*?)</tr>", told)
    bare = (re.sub(r"<svg.*?</svg>", "", row) for row in rows)
    found = (re.findall(r"<td[^>]*>(.*?)</td>", row) for row in bare)
    return {row[0]: row[1:] for row in found if row}


@pytest.fixture(scope="module")
def show():
    return shown(40, module=liars_market, buyers="", rate="", until="40")


def test_the_numbers_are_those_of_run(show):
    """The run is over, so that its records hold what the report reads."""
    tables = show.records.frames()
    told = cells(earnings(show.scene))
    for seller in seller_measures(tables):
        row = told[seller.name]
        assert row[:2] == [f"{seller.auctions:,}", amount(seller.revenue_per_auction)]
        assert f"{100 * seller.welfare_share.mean:.1f}" in row[4] or row[4].startswith("100")
    for one in strategy_measures(tables):
        assert told[one.strategy][:2] == [f"{one.buyers}", amount(one.payoff)]
        assert "±" in told[one.strategy][1]


def test_before_the_end_the_optimum_is_known_too():
    """The tick: what the optimal auction earns from eight uniform values, as `run` will say."""
    early = shown(5, module=liars_market, buyers="", rate="", until="9")
    assert not len(early.records.frame("benchmarks"))
    assert "tick: the optimal auction" in earnings(early.scene)
    record_benchmarks(early.market)
    second = seller_measures(early.records.frames())[0]
    # n = 8, uniform on [0, 1]: the expectation of max(second highest, reserve 1/2 if the highest is above it)
    values = np.sort(np.random.default_rng(0).random((200_000, 8)), axis=1)
    expected = np.where(values[:, -1] >= 0.5, np.maximum(values[:, -2], 0.5), 0).mean()
    assert optimum_per_auction(second) == pytest.approx(expected, abs=2e-3)


def test_where_buyers_learn_there_is_no_interval():
    learning = shown(30, module=liars_market, buyers="", rate="", until="30", strategy="hedge")
    told = earnings(learning.scene)
    assert "No intervals: some buyers learn" in told
    assert "±" not in told


def test_where_the_scenario_knows_no_steady_state_it_says_why():
    town = shown(4)
    why = earned.steadiness(town)
    assert why(4.0) == town_market.unsteady(town.parameters.model_copy(update={"until": 4.0}))
    assert "No intervals: an unserved want lasts" in earnings(town.scene, why)
    assert earned.steadiness(shown(module=liars_market, buyers="", rate="", until="9")) is None


def test_nothing_is_said_of_nothing():
    assert "No auction is over yet" in earnings(shown().scene)


def test_a_scenarios_figures_are_its_tables(show):
    """Liars' market: rows of the run's own table, simulated beside theory."""
    (make,) = show.figures
    told = cells(figures_html(make(show.market)))
    rows = liars_market.figures(show.records.frames(), show.parameters)
    assert list(told) == list(rows)
    for kind, figures in rows.items():
        for cell, figure in zip(told[kind], figures.values(), strict=True):
            assert amount(figure.estimate) in cell
            assert ("theory" in cell) == math.isfinite(figure.theory)


def test_first_price_against_second_is_the_runs_own_table():
    seen = shown(60, module=risk_averse_bidders, buyers="", rate="", until="60")
    (make,) = seen.figures
    told = cells(figures_html(make(seen.market)))
    rows = risk_averse_bidders.figures(seen.records.frames(), seen.parameters)
    assert list(told) == list(rows) == ["risk-neutral", "CRRA 0.6", "CARA 4"]
    for crowd, row in rows.items():
        assert amount(row["difference"].estimate) in told[crowd][2]
        assert "theory" in told[crowd][2]


def test_the_rooms_shares_of_the_optimum_are_the_runs_own():
    seen = shown(12, module=sell_the_room, buyers="", rate="", until="12")
    drawing, table = seen.figures[0](seen.market)
    rows = sell_the_room.shares(seen.records.frames(), seen.parameters)
    assert list(table.figures) == [f"n = {n}" for n in rows]
    for n, row in rows.items():
        means = {name: one.estimate.mean for name, one in table.figures[f"n = {n}"].items()}
        assert means == {name: one.estimate.mean for name, one in row.items()}
    columns = (drawing.data[name] for name in ("line", "x", "y"))
    drawn = {(line, x): y for line, x, y in zip(*columns, strict=True)}
    assert drawn["Vickrey", 3.0] == rows[sell_the_room.SIZES[3]]["Vickrey"].estimate.mean
    assert drawing.moving.count("Vickrey, theory") == 1


def test_what_is_learned_is_of_this_run_alone():
    """No interval, and no replicate is run to find one: the first and the last quarter, as `run` measures."""
    seen = shown(40, module=learn_to_tell, buyers="", rate="", until="40")
    truthful, wrong, *tables = seen.figures[0](seen.market)
    assert truthful.data["y"].mean() == pytest.approx(
        np.mean([learn_to_tell.truthful_reports(seen.records.frames(), room).mean() for room in (0, 1)]))
    assert set(wrong.data["line"]) <= set(learn_to_tell.ROOMS[2:])
    told = learn_to_tell.measures(seen.records.frames(), seen.parameters)
    found = [(f"{room}: {when}", one) for table in tables for room, row in table.figures.items()
             for when, one in row.items()]
    assert {name: float(one.estimate.mean) for name, one in found} == pytest.approx(told)
    assert all(np.isnan(one.estimate.half_width) for _, one in found)


@pytest.mark.parametrize("module", WITH_FIGURES, ids=lambda module: module.__name__)
def test_figures_can_be_shown_from_the_first_step_on(module):
    """They fail at no step, and say what they are."""
    seen = shown(module=module, buyers="", rate="", until="3")
    for _ in range(3):
        seen.step()
        for make in seen.figures:
            _, told = earned.figured(seen, make, seen.scene)
            assert "<table" in told
            assert make.__doc__.count("\n") > 2


def test_who_goes_to_whom():
    """Of the first visits, of the second and of the later ones all sellers' shares are 1 together."""
    town = shown(8)
    (table,) = town.figures[0](town.market)
    assert next(iter(table.figures)) == "first visit"
    for row in table.figures.values():
        assert sum(float(one.estimate.mean) for one in row.values()) == pytest.approx(1)
    visits = town.records.frame("visits").query("seller_id >= 0 and want >= 0")
    first = visits.drop_duplicates(["person_id", "want"])["seller_id"]
    name = town.scene.sellers[0]
    assert table.figures["first visit"][name].estimate.mean == pytest.approx((first == 0).mean())
    assert np.isnan(table.figures["first visit"][name].estimate.half_width)


def test_whose_figures_fail_does_not_stop_the_page(show):
    def failing():
        raise RuntimeError("<i>")

    assert "This panel failed: RuntimeError: &lt;i&gt;" in earned.safely(show, failing)


def test_theory_can_be_left_out(show):
    (make,) = show.figures
    assert "theory" not in figures_html(make(show.market), theory=False)
    show.scene.theory = False
    hidden = earnings(show.scene)
    show.scene.theory = True
    assert "optimal" not in hidden
    assert "class='tick'" not in hidden
    assert "class='tick'" in earnings(show.scene)


def test_a_scenarios_curves_leave_theory_out_too():
    seen = shown(3, module=sell_the_room, buyers="", rate="", until="3")
    counts = []
    for seen.scene.theory in (True, False):
        (drawing,), _ = earned.figured(seen, seen.figures[0], seen.scene)
        counts.append(drawing.moving.count(", theory"))
    assert counts == [2, 0]


def test_all_text_is_escaped():
    table = comparison_table("<a>", ["<b>"], {"<c>": {"<b>": Figure(Estimate(1.0, 0.1, 20), 0.9)}})
    told = figures_html([table, "<d>", Sentence("<e> {x}", {"x": Figure(Estimate(1.0, 0.1, 20))})])
    assert not re.search(r"<[a-e]>", told)
    assert "theory 0.900" in told


def test_the_picture_of_an_interval_is_to_scale():
    figure = Figure(Estimate(1.0, 0.5, 20), 2.0)
    scale = scale_of([figure, Figure(Estimate(-2.0, math.nan, 20))])
    assert scale == (-2.0, 2.0)
    drawn = interval_svg(figure, scale, 108)
    assert "cx='79.0'" in drawn
    assert "M66.5 9H91.5" in drawn
    assert "class='tick' d='M104.0" in drawn
    assert interval_svg(Figure(Estimate(math.nan, math.nan, 20)), scale) == ""


def test_figures_are_worked_out_seldom():
    """Ten thousand auctions, one after the other: no more than 190 times."""
    assert len({epoch(auctions) for auctions in range(10_001)}) < 190


def test_of_beliefs_that_are_paid_rewards_count():
    market = shown(4, module=neighbours, buyers="", rate="", until="9")
    told = cells(earnings(market.scene))
    assert any("Truthful" in name for name in told)
