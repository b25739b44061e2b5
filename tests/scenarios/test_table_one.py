"""Table one: every measured share is at least what is proved, and none above its benchmark."""

import math

import numpy as np
import pytest

from mechanisms.risk_averse import gamma
from scenarios import table_one
from scenarios._table_one_cells import CELLS, KEPT, ratios_of
from sim.audit import audit
from sim.runs.run import play_until
from tests.scenarios.played import Folder, manifest, printed, table_width


def tables_of(seed=0, **settings):
    parameters = table_one.Parameters(**settings)
    workdays = table_one.build(parameters, seed)
    assert play_until(workdays, parameters.until) == "complete"
    return workdays.records.frames(), parameters


@pytest.mark.parametrize(
    "settings",
    [{"until": 3}, {"until": 2, "units": 2, "alike": True, "seller_fear": 1.5}, {"until": 1, "buyers": 2}],
    ids=str,
)
def test_measured_shares_are_between_what_is_proved_and_one(settings):
    tables, parameters = tables_of(seed=2, **settings)
    measured = ratios_of(tables)
    assert min(table_one.measures(tables, parameters).values()) == min(own.min() for own in measured.values())
    for cell in CELLS:
        own = measured[cell.name]
        assert len(own) == math.ceil(parameters.until)
        assert own.max() <= 1 + 1e-6, cell.name
        assert own.min() >= cell.sharper(parameters) - 1e-9, cell.name
        assert cell.sharper(parameters) >= cell.proved(parameters)
        if cell.mechanism in ("Myerson", "Eső and Futó", "Alaei et al."):
            assert own == pytest.approx(np.ones(len(own)), abs=1e-6)


def test_the_factors_are_the_papers_and_ours():
    """Table 1 for k = 2 and ε = 1/4; Appendix C's footnote d for buyers who are alike."""
    told = table_one.Parameters(units=2, epsilon=0.25)
    factors = {
        (cell.who, cell.kind, cell.mechanism): (cell.proved(told), cell.sharper(told)) for cell in CELLS
    }
    assert factors["seller", "DSIC", "sequential prices"] == pytest.approx((KEPT - 0.25, KEPT))
    two = 1 - 2 * math.exp(-2)
    assert gamma(2) == pytest.approx(two)
    after_twenty_steps = 1 - math.exp(2 / 40 - 1)
    for who, kind in (("both", "TIE"), ("both", "BIC"), ("seller", "TIE")):
        assert factors[who, kind, "one pass"] == pytest.approx((KEPT**2 * two, after_twenty_steps * 2 / 3))
    assert factors["buyers", "TIE", "Algorithm 1"][0] == pytest.approx(two)
    assert factors["buyers", "BIC", "Alaei et al."] == (1.0, 1.0)
    assert factors["seller", "BIC", "Eső and Futó"] == (1.0, 1.0)
    alike = table_one.Parameters(units=2, alike=True)
    (cell,) = (one for one in CELLS if one.name == "both | BIC | TIE | one pass")
    assert cell.proved(alike) == pytest.approx(KEPT * two)


def test_each_cell_of_the_papers_table_is_there():
    """Four rows; against DSIC with a dominant-strategy mechanism, against BIC with a TIE and a BIC one."""
    places = {(cell.who, cell.benchmark, cell.kind) for cell in CELLS}
    columns = [("DSIC", "DSIC"), ("BIC", "TIE"), ("BIC", "BIC")]
    assert places == {(who, *column) for who in ("nobody", "buyers", "seller", "both") for column in columns}
    assert len({cell.name for cell in CELLS}) == len(CELLS)


def test_the_audit_of_what_stands_in_the_cells():
    """DSIC, TIE and BIC as the columns say; Eső and Futó's auction is BIC, and not dominant."""
    notions = ["dominant", "expectation", "bayesian-ic", "interim-ir", "ex-post-ir"]
    frame = audit(table_one.audited_instances(table_one.Parameters(values=2)), notions)
    verdicts = frame.pivot(index="mechanism", columns="notion", values="verdict") == "holds"
    dominant, tie = verdicts["dominant-strategy IC"], verdicts["truthful in expectation"]
    assert verdicts["Bayesian IC"].all()
    assert verdicts["interim IR"].all()
    assert dominant[["Myerson", "sequential prices"]].all()
    assert tie[["one pass", "Algorithm 1"]].all()
    assert not tie["Eső and Futó"]
    assert not dominant["Eső and Futó"]
    assert verdicts["ex-post IR"].drop(["Algorithm 1", "Eső and Futó"]).all()
    assert not verdicts["ex-post IR"]["Eső and Futó"]


def test_the_report_fits_and_draws(tmp_path):
    tables, parameters = tables_of(until=1, values=2, buyers=2)
    lines = table_one.report(Folder(tables, tmp_path), manifest(parameters))
    text = printed(lines)
    assert table_width(lines) <= 80
    for words in ("sharper", "Eső and Futó", "sequential prices", "1 markets of 2 buyers"):
        assert words in text
    assert (tmp_path / "table_one.png").stat().st_size > 10_000
