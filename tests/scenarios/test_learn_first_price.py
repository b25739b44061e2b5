"""Learning to bid: what the scenario shows, against theory."""

import numpy as np
import pytest

from scenarios.learn_first_price import Parameters, build, findings, report, settings
from sim.runs.run import play_until


@pytest.fixture(scope="module")
def run():
    """The tables of a short run, and its parameters."""
    parameters = Parameters(until=500, replicates=1)
    market = build(parameters, seed=3)
    assert play_until(market, parameters.until) == "complete"
    market.close()
    return market.records.frames(), parameters


def test_what_is_learned_beside_what_theory_says(run):
    """Wide margins, for a short run: n = 2 uniform, half the value is bid in first price, revenue 1/3."""
    tables, parameters = run
    rows = findings(tables, parameters)
    found = {(room, name): one.estimate.mean for room, row in rows.items() for name, one in row.items()}
    for learner in ("hedge", "regret matching", "fictitious play"):
        assert found[f"first price: {learner}", "bids, of values"] == pytest.approx(0.5, abs=0.1)
        assert found[f"first price: {learner}", "revenue"] == pytest.approx(1 / 3, abs=0.08)
        assert found[f"first price: {learner}", "loss, of utility"] < 0.25
    assert found["second price: values anew", "bids, of values"] > 0.75
    assert found["second price: values fixed", "weak buyer's bids, of value"] < 0.8
    assert found["second price: values fixed", "revenue"] < 0.42


def test_fixed_values_are_one_and_a_half(run):
    tables, _ = run
    messages = tables["messages"]
    fixed = messages[messages["auction"] % 7 == 6]
    assert set(fixed["value"]) == {0.5, 1.0}


def test_the_path_of_play_is_on_record(run):
    tables, parameters = run
    policies = tables["policies"]
    assert set(policies["group"]) == set(range(14))
    assert policies["time"].nunique() == 39
    first = policies[policies["group"] == 0]
    assert np.all(np.diff(first[first["time"] == first["time"].max()]["bid"]) >= -1e-12)
    assert parameters.until == 500


def test_one_strategy_for_both_rooms_of_second_price():
    first = [room.learner for room in settings(Parameters())]
    told = [room.learner for room in settings(Parameters(strategy="exp3"))]
    assert told == [*first[:5], "exp3", "exp3"]


def test_report_fits_and_draws(run, tmp_path):
    tables, parameters = run

    class Run(dict):
        directory = tmp_path

    lines = report(Run(tables), {"parameters": parameters.model_dump(), "seed": 3})
    assert sum(map(len, lines[0].figures.values())) == 20
    assert (tmp_path / "bids.png").stat().st_size > 10_000
    assert (tmp_path / "loss.png").stat().st_size > 5_000
