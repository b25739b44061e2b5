"""The figures of a run: those from the table of auctions against plain pandas, and scenarios' own."""

import importlib
import math

import numpy as np
import pytest

from scenarios import town_market
from sim.records import Records
from sim.runs.run import play_until
from sim.runs.scenario import Parameters
from sim.sweep.measures import MeasuresError, auction_measures, is_headline, measures_of


@pytest.fixture(scope="module")
def tables():
    market = town_market.build(town_market.Parameters(buyers=60, until=20), 3, Records())
    play_until(market, 20)
    return market.records.frames()


def test_figures_over_all_sellers_are_those_of_the_records(tables):
    auctions = tables["auctions"][tables["auctions"]["status"] != "unfinished"]
    trade = tables["transactions"]
    held = len(auctions)
    told = auction_measures(tables)
    assert told["auctions"] == held
    assert math.isclose(told["revenue"], trade["payment"].sum() / held)
    assert math.isclose(told["surplus"], (trade["value"].fillna(0).sum() - trade["payment"].sum()) / held)
    assert math.isclose(told["sold"], auctions["sold"].sum() / auctions["offered"].sum())
    assert math.isclose(told["welfare"], auctions["welfare"].sum() / auctions["best_welfare"].sum())


def test_figures_of_sellers_add_up_to_those_over_all(tables):
    told = auction_measures(tables)
    sellers = [name.partition(": ")[2] for name in told if name.startswith("auctions: ")]
    assert sellers == [
        "second price", "first price", "posted price", "ascending clock", "open proxy", "Myerson"
    ]  # fmt: skip
    held = np.array([told[f"auctions: {name}"] for name in sellers])
    for what in ("revenue", "surplus"):
        series = np.array([told[f"{what}: {name}"] for name in sellers])
        assert math.isclose(series @ held / held.sum(), told[what])
    assert math.isclose(sum(told[f"visits: {name}"] for name in sellers), 1)


OWN = {
    "coffee_shop": ({"until": 2}, "revenue: clever, once"),
    "few_tickets": ({"until": 1}, "revenue: order 3, 2 visits"),
    "learn_first_price": ({"until": 200}, None),
    "liars_market": ({"until": 20}, "truthful: second price"),
    "lottery_tickets": ({"until": 2, "most": 1}, "revenue: k = 1"),
    "second_visit": ({"until": 2, "doublings": 1}, "best: 2 lotteries"),
    "table_one": ({"until": 1}, "ratio: nobody | BIC | Myerson"),
    "unit_demand": ({"until": 1}, None),
}


@pytest.mark.parametrize("name", OWN)
def test_scenarios_that_say_what_their_figures_are(name):
    scenario = importlib.import_module(f"scenarios.{name}")
    settings, figure = OWN[name]
    told = scenario.Parameters(**settings)
    records = Records()
    records.manifest.parameters = told.model_dump(mode="json")
    run = scenario.build(told, 0, records)
    play_until(run, told.until)
    found = measures_of(scenario, run.records, told)
    assert all(isinstance(value, float) for value in found.values())
    assert figure is None or math.isfinite(found[figure])


def test_every_scenario_has_auctions_or_says_what_its_figures_are():
    """Those whose run is no market of auctions have no other figures."""
    from scenarios.__main__ import scenario_files

    for path in scenario_files():
        scenario = importlib.import_module(f"scenarios.{path.stem}")
        market = scenario.build.__annotations__["return"] == "Market"
        assert market or hasattr(scenario, "measures"), path.stem


def test_a_run_without_auctions_and_without_figures_is_told():
    with pytest.raises(MeasuresError, match="give its module a function measures"):
        measures_of(object(), Records(), Parameters())


def test_headlines_are_of_no_seller():
    assert [is_headline(name) for name in ("revenue", "revenue: first price")] == [True, False]
