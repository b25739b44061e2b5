"""What a scenario ends in: a table that fits 80 columns, and pictures that can be read.

Each of `SMALL` is run once, small, by the command, and shown again.
"""

import importlib
import itertools
import math
import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from scenarios.__main__ import scenario_files
from sim.cli.codes import WIDTH
from sim.measures.comparison import figures_in
from sim.records import RecordedRun
from sim.runs.report import summary
from tests.coverage.page import figures_said, to_be_measured
from tests.looks import look
from tests.sim.command import bazaar

__all__ = ["bazaar"]

SMALL = {
    "ambiguous_bidders": {"until": 40},
    "cautious_seller": {"until": 20, "buyers": 4},
    "coffee_shop": {"until": 12},
    "few_tickets": {"until": 2},
    "highest_bidder_lottery": {"until": 30},
    "insurance": {"until": 60},
    "learn_first_price": {"until": 200},
    "learn_to_tell": {"until": 60},
    "liars_market": {"until": 40},
    "lottery_tickets": {"until": 3, "most": 2, "gap": 1e-2},
    "neighbours": {"until": 30, "buyers": 10, "value_bound": 8},
    "one_more_bidder": {"until": 40},
    "one_pass": {"until": 40, "types": 3},
    "random_reserve_emerges": {"until": 20, "steps": 8, "rounds": 20},
    "regret_auction": {"until": 30, "bidders": "2", "steps": 6},
    "regret_pricing": {"until": 30, "steps": 4},
    "risk_averse_bidders": {"until": 60},
    "second_visit": {"until": 2, "doublings": 1},
    "sell_the_room": {"until": 60},
    "table_one": {"until": 2, "buyers": 2},
    "town_market": {"until": 20, "buyers": 60},
    "unit_demand": {"until": 2},
}
THINGS = (
    "(?:more )?(?:auction|bidder|buyer|counter|customer|instance|market|payment|row|run|seller|set|time|"
    "unit|value|visit)"
)
"""What reports count."""
MONEY = ("revenue", "payoff", "bid", "value", "price", "surplus", "regret", "utility", "reserve")
UNITS = (
    "(money", "(utility", "(1/money", "in multiples of", "of OPT", "share of", "of the utility",
    "probability",
)


def test_all_scenarios_are_run():
    assert set(SMALL) == {path.stem for path in scenario_files()}


@pytest.fixture(params=sorted(SMALL))
def reported(request, bazaar, monkeypatch):
    """What a scenario printed when it was run, what when it was shown; the figures drawn in each."""
    drawn = []
    save = Figure.savefig

    def remembered(figure, *arguments, **options):
        drawn.append(figure)
        save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", remembered)
    settings = [f"--set={name}={value}" for name, value in SMALL[request.param].items()]
    ran = bazaar("run", request.param, *settings, "--out", "here")
    figures = list(drawn)
    drawn.clear()
    shown = bazaar("show", "here")
    return ran, shown, figures, list(drawn)


def test_a_scenario_ends_in_a_table_and_pictures(reported):
    """One test a scenario, because a run takes a while."""
    ran, shown, figures, again = reported
    assert (ran.code, shown.code) == (0, 0), ran.err
    assert shown.out == ran.out.partition("\n\n")[2]
    assert "\nPicture" in ran.out
    lines = report_lines("here")
    fits(ran.out, tables_in(lines))
    counts_agree(ran.out)
    intervals_are_studied(ran.out, RecordedRun("here").manifest["scenario"], lines)
    assert figures
    assert not again
    for figure in figures:
        for axes in figure.axes:
            if axes.axison:
                named_with_units(axes)
                told_apart(axes)
                all_seen(axes)


def report_lines(folder):
    """The report of a run."""
    run = RecordedRun(folder)
    module = importlib.import_module(f"scenarios.{run.manifest['scenario']}")
    return getattr(module, "report", summary)(run, run.manifest)


def tables_in(lines):
    """The tables among the lines of a report."""
    tables = [line.__rich__() if hasattr(line, "__rich__") else line for line in lines]
    return [table for table in tables if isinstance(table, Table)]


def counts_agree(text):
    """One of a thing is told in the singular, several in the plural."""
    told = " ".join(text.split())
    assert re.findall(rf"(?<![\d.,])(?<!- )1 (?:{THINGS})s\b", told) == []
    assert re.findall(rf"(?<![\w.])(?:[02-9]|\d[\d,]*\d) (?:{THINGS})\b", told) == []


def intervals_are_studied(text, scenario, lines):
    """Who prints ± hands its figures out, and each has a line in the table of coverage."""
    known = {
        " ".join(column.split())
        for _, column, one in figures_in(lines)
        if not math.isnan(one.estimate.half_width)
    }
    assert known or not re.search(r"±\s?\d", text)
    assert known <= figures_said(scenario) or scenario in {name for name, _ in to_be_measured()}


def fits(text, tables):
    """No line is too long, no word or number in a table is cut, and no name of a row takes several lines."""
    assert WIDTH == 80
    assert [line for line in text.splitlines() if len(line) > WIDTH] == []
    assert "…" not in text
    assert tables
    console = Console(width=WIDTH)
    for table in tables:
        assert Measurement.get(console, console.options.update(width=WIDTH), table).minimum <= WIDTH
        names = [part for cell in table.columns[0].cells for part in str(cell).splitlines()]
        assert [name for name in names if name.partition("[")[0] not in text] == []


def named_with_units(axes):
    assert axes.get_title()
    groups = " ".join(each.get_text() for each in axes.get_xticklabels())
    assert axes.get_ylabel()
    assert axes.get_xlabel() or groups
    for label in (axes.get_ylabel(), axes.get_xlabel()):
        if any(word in label.split() for word in MONEY):
            assert any(unit in label for unit in UNITS), label


def told_apart(axes):
    """No two that the legend names look alike."""
    handles, labels = axes.get_legend_handles_labels()
    looks = dict(zip(labels, map(str, map(look, handles)), strict=True))
    assert len(set(looks.values())) == len(looks), looks


def all_seen(axes):
    """A line under another is seen between the other's dashes."""
    lines = [line for line in axes.get_lines() if line.get_linestyle() not in ("None", "")]
    for below, above in itertools.combinations(lines, 2):
        here, there = below.get_xydata(), above.get_xydata()
        if here.shape == there.shape and len(here) and np.allclose(here, there, rtol=1e-6, equal_nan=True):
            assert above._unscaled_dash_pattern[1] is not None, (below.get_label(), above.get_label())
