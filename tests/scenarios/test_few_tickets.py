"""Few tickets: every customer pays her price, and the gap is what Lemma 21 says."""

import numpy as np
import pytest

from scenarios.few_tickets import Family, Parameters, build, families, gaps, report
from sim.running import play


@pytest.fixture(scope="module")
def run():
    parameters = Parameters(until=2, sets=20)
    workdays = build(parameters)
    assert play(workdays, parameters.until) == "complete"
    return workdays.records.frames(), parameters


def test_everyone_pays_the_price_that_was_made_for_her(run):
    """Lemma 21: with up to k purchases every type buys her own entry."""
    buyers = run[0]["buyers"]
    assert len(buyers) == 9 + 16
    assert np.allclose(buyers["once"], buyers["price"])
    assert np.allclose(buyers["planned"], buyers["price"], atol=1e-6)


def test_the_gap_is_at_least_what_is_promised(run):
    for order, (bundling, _, planned, _) in gaps(run[0]).items():
        assert planned / bundling >= Family(order, (order - 1) // 2).promised(2)


def test_families_grow_exponentially_with_the_order():
    """q^((q - 1)/2 + 1) sets of which two others cover none: 9, 125 and 2401 for q = 3, 5 and 7."""
    sizes = {family.order: family.sets for family in families(2)}
    assert (sizes[3], sizes[5], sizes[7]) == (9, 125, 2401)
    assert all(family.order > 2 * family.degree for family in families(2))


def test_report_fits_and_draws(run, tmp_path):
    class Run(dict):
        directory = tmp_path

    lines = report(Run(run[0]), {"parameters": run[1].model_dump()})
    assert lines[1].row_count == 8
    assert (tmp_path / "few_tickets.png").stat().st_size > 5_000
