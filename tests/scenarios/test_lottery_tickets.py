"""Lottery tickets: certificates for a few k; all of them: tests/mechanisms/menus/test_optimal_buy_k."""

import math

import pandas as pd
import pytest

from mechanisms.menus import is_buy_k_ic, ticket_revenue
from scenarios.lottery_tickets import (
    TYPES,
    Parameters,
    audited_menus,
    build,
    certify,
    draw_menus,
    draw_misjudged,
    finding,
    menu_for,
    report,
)
from sim.audit import audit
from sim.runs.run import play_until


@pytest.fixture(scope="module")
def run():
    """Days for k = 1, 2 and any number."""
    parameters = Parameters(until=3, most=2)
    workdays = build(parameters)
    assert play_until(workdays, parameters.until) == "complete"
    return workdays.records, parameters


def test_each_day_has_its_certificate(run):
    """Claim 25: the revenue is 8 + 7/6 α_k for k = 1, 2; for any number that of the other shape."""
    records, _ = run
    rows = records.frame("certificates").set_index("k")
    assert list(rows.index) == [1, 2, math.inf]
    assert ((rows["upper_bound"] - rows["revenue"]).between(0, 1e-5)).all()
    for k in (1, 2):
        assert rows["revenue"][k] == pytest.approx(ticket_revenue(k), abs=1e-5)
    assert rows["revenue"][math.inf] > ticket_revenue(11) + 1e-4
    assert set(records.manifest.timings) == {"k = 1", "k = 2", "k = inf"}


def test_the_menu_for_any_number_is_safe_and_loses_nothing(run):
    tables = run[0].frames()
    assert is_buy_k_ic(menu_for(tables, math.inf), TYPES, math.inf).holds
    sales = tables["sales"]
    always = sales[sales["k"] == math.inf]["revenue"]
    assert always.max() == pytest.approx(always.min(), abs=1e-9)


def test_a_menu_for_one_visit_earns_less_when_people_come_back(run):
    """Observation 1: no menu earns more from people who come k times than the best menu for k does."""
    tables = run[0].frames()
    sales = tables["sales"].set_index(["k", "visits"])["revenue"]
    bounds = tables["certificates"].set_index("k")["upper_bound"]
    assert sales[1, 1] > sales[1, 2]
    assert all(sales[made, 1] <= bounds[1] for made in (1, 2, math.inf))


def test_report_fits_and_draws(run, tmp_path):
    records, parameters = run

    class Run(dict):
        directory = tmp_path

    manifest = {"parameters": parameters.model_dump(), "timings": records.manifest.timings}
    lines = report(Run(records.frames()), manifest)
    assert lines[1].row_count == 3
    assert "Up to k = 2 no menu earns more than the conjectured ones by more than" in lines[2]
    for name in ("menus", "revenue", "misjudged"):
        assert (tmp_path / f"{name}.png").stat().st_size > 5_000


def test_the_conjecture_fails_at_eleven():
    """The finding: at k = 11 a certified menu earns more than R_11 = 8.02954."""
    parameters = Parameters(until=1, most=11)
    workdays = build(parameters)
    certify(workdays.records, 11, parameters)
    (row,) = workdays.records.frame("certificates").itertuples()
    assert row.revenue > ticket_revenue(11) + 1e-4
    lines = report(workdays.records.frames(), {"parameters": parameters.model_dump()})
    assert lines[2] == "At k = 11 a menu earns more than the conjectured one."


def told(*rows):
    """What the report finds in certificates (k, revenue, bound)."""
    return " ".join(finding({"certificates": pd.DataFrame(rows, columns=["k", "revenue", "upper_bound"])}))


def test_the_finding_says_what_is_certified():
    """R_10 = 8.03232, R_11 = 8.02954, R_12 = 8.02719.

    At a gap of 1/1000 the menus for 10, 11 and any number may lie below R_11; that for any number then beats
    the conjecture at 12, and the bound at 12 is the best that is known of all later ones.
    """
    coarse = told(
        (10, 8.0318, 8.0325), (11, 8.0294, 8.0302), (12, 8.0265, 8.0301), (math.inf, 8.0294, 8.0303),
    )
    assert "Up to k = 11 no menu earns more than the conjectured ones by more than 7e-04." in coarse
    assert "At k = 12 a menu earns more" in coarse
    assert "For every k from 12 on the best menu earns between 8.02940 and 8.03010" in coarse
    assert "cost the seller 7e-04 at most" in coarse
    fine = told(
        (10, 8.03232, 8.03233), (11, 8.02972, 8.02973), (12, 8.02972, 8.02974), (math.inf, 8.02972, 8.02973),
    )
    assert "Up to k = 10 no menu" in fine
    assert "For every k from 11 on the best menu earns between 8.02972 and 8.02973" in fine
    assert told((11, 8.02972, 8.02973)) == "At k = 11 a menu earns more than the conjectured one."
    assert told((math.inf, 8.02972, 8.02973)) == ""


def test_the_menus_that_are_drawn_include_those_where_revenue_stops_falling(run, tmp_path, monkeypatch):
    """Also where k = 11 was not computed: the menu for any number has the same shape."""
    from matplotlib.axes import Axes

    labels = []
    plot = Axes.plot
    monkeypatch.setattr(Axes, "plot", lambda *a, **b: labels.append(b.get("label", "")) or plot(*a, **b))
    draw_misjudged(run[0].frames(), tmp_path / "misjudged.png")
    assert labels == ["made for 1", "made for 2", "made for any"]
    draw_menus(run[0].frames(), tmp_path / "menus.png")
    assert labels[-1] == "any k: ticket at 1.24"


def test_the_audit_tells_who_commits_from_who_looks():
    """The best menu for k is safe from k purchases at once, and for k = 2 not from those who look first."""
    found = audit(audited_menus(Parameters(most=2)), ["buy-k-ic", "adaptive-buy-k-ic", "buy-many-ic"])
    verdicts = found.verdict.to_numpy().reshape(-1, 3).tolist()
    names = ["best for k = 1", "best for k = 2", "best for any k, k = 2"]
    assert found.mechanism.unique().tolist() == names
    assert verdicts[:2] == [["holds", "holds", "fails"], ["holds", "fails", "fails"]]
    assert verdicts[2][0] == verdicts[2][2] == "holds"
