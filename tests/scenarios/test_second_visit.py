"""Second visit: one visit's advantage grows, two visits' is bounded."""

import numpy as np
import pytest

from scenarios.second_visit import BOUND, Parameters, audited_menus, build, report
from sim.audit import audit
from sim.runs.run import play_until


@pytest.fixture(scope="module")
def run():
    parameters = Parameters(until=5, doublings=4)
    workdays = build(parameters)
    assert play_until(workdays, parameters.until) == "complete"
    return workdays.records.frames(), parameters


def test_the_paper_in_one_table(run):
    rows = run[0]["advantages"]
    once, twice = rows["once"] / rows["bundling"], rows["twice"] / rows["bundling"]
    assert len(rows) == 5
    assert np.all(np.diff(once[1:]) > 0)
    assert once.iloc[-1] > 2.8
    assert (twice <= 2 * BOUND).all()
    assert twice.iloc[-1] < 1
    best = rows["best"] / rows["bundling"]
    assert np.allclose(best, 2, atol=1e-5)  # a price for each item; Lemma 7 allows no more for two visits
    assert (twice <= best + 1e-5).all()
    assert once.iloc[-1] > best.iloc[-1]
    assert rows["misjudged"].iloc[-1] < once.iloc[-1] / 4


def test_report_fits_and_draws(run, tmp_path):
    class Run(dict):
        directory = tmp_path

    lines = report(Run(run[0]), {"parameters": run[1].model_dump()})
    assert lines[1].row_count == 5
    assert (tmp_path / "second_visit.png").stat().st_size > 5_000


def test_the_audit_says_for_which_visits_the_lotteries_are_safe():
    """Two sure items are safe. Of four, two cheap ones are better than a dear one priced for one visit.

    Priced for two, they are still not safe from people who look: half a chance, tried twice, is 3/4.
    """
    found = audit(audited_menus(Parameters(doublings=1)), ["buy-k-ic", "adaptive-buy-k-ic"])
    assert found.mechanism.unique().tolist() == [
        f"{n} lotteries priced for {visits}, 2 visits" for n in (2, 4) for visits in ("one visit", "two")
    ]
    assert found.verdict[:4].tolist() == ["holds"] * 4
    assert found.verdict[4:6].tolist() == ["fails", "fails"]
    assert found.gain[4] == pytest.approx(1e24 / 4)  # a chance of 3/4 for next to nothing, against 1 at half
    assert found.verdict[6] == "holds"
