"""Ex-post regret and payoffs by person, on tables written by hand."""

import numpy as np
import pandas as pd
import pytest

from mechanisms.utilities import Power
from sim.measures.batch_means import Estimate
from sim.measures.comparison import Figure, comparison_table
from sim.measures.ex_post_regret import ex_post_regret
from sim.measures.people import payoffs_by_person
from sim.measures.plots import running_means

MESSAGES = pd.DataFrame({
    "auction": [3, 3, 3, 7, 7, 9],
    "bidder_id": [0, 1, 2, 0, 1, 5],
    "value": [0.9, 0.5, 0.4, 0.2, 0.8, 0.6],
    "bid": [0.45, 0.25, 0.7, 0.1, 0.4, 0.3],
    "status": ["answered", "answered", "late", "answered", "answered", "answered"],
})
TRADE = pd.DataFrame({
    "auction": [3, 7, 9],
    "bidder_id": [0, 1, 5],
    "person_id": [0, 1, 0],
    "value": [0.9, 0.8, 0.6],
    "quantity": [1.0, 1.0, 1.0],
    "payment": [0.45, 0.4, 0.3],
})


@pytest.mark.parametrize("utility", [None, Power(0.5)])
def test_regrets_of_first_price_bids(utility):
    """The late bid counts for nobody: the winner of auction 3 could have paid 0.25, alone 0 would do."""
    regrets = ex_post_regret(MESSAGES, TRADE, utility)
    felt = utility or (lambda money: money)
    expected = [felt(0.9 - 0.25) - felt(0.45), felt(0.05), 0, felt(0.1), 0, 0]
    expected[2] = felt(max(0.4 - 0.45, 0.0))
    expected[3] = felt(0.0)
    expected[4] = felt(0.8 - 0.1) - felt(0.4)
    expected[5] = felt(0.6) - felt(0.3)
    np.testing.assert_allclose(regrets["regret"], expected, atol=1e-12)
    assert regrets["bidder_id"].tolist() == [0, 1, 2, 0, 1, 5]


def test_order_of_rows_does_not_matter():
    shuffled = MESSAGES.iloc[[4, 2, 0, 5, 3, 1]]
    again = ex_post_regret(shuffled, TRADE).sort_values(["auction", "bidder_id"])
    np.testing.assert_array_equal(again["regret"], ex_post_regret(MESSAGES, TRADE)["regret"])


def test_payoffs_are_of_people_under_all_their_names():
    agents = pd.DataFrame({"person_id": [0, 1, 2, 0]})
    transfers = pd.DataFrame({"from_person": [0, 1], "to_person": [2, 2], "amount": [0.1, 0.2]})
    people = payoffs_by_person({"agents": agents, "transactions": TRADE, "transfers": transfers})
    np.testing.assert_allclose(people["surplus"], [0.45 + 0.3, 0.4, 0.0])
    np.testing.assert_allclose(people["payoff"], [0.65, 0.2, 0.3])
    assert people.index.tolist() == [0, 1, 2]


def test_figures_and_their_table():
    figure = Figure(Estimate(0.5, 0.1, 20), 0.55)
    assert figure.agrees
    assert not Figure(Estimate(0.5, 0.1, 20), 0.61).agrees
    assert not Figure(Estimate(0.5, 0.1, 20)).agrees
    table = comparison_table("kind", ["a", "b"], {"x": {"a": figure}}, decimals=2)
    drawn = table.__rich__()
    assert [cell.plain for cell in drawn.columns[1].cells] == ["0.50\n±0.10\n0.55"]
    assert list(drawn.columns[2].cells) == ["–"]


def test_running_means():
    counts, means = running_means([1.0, 3.0, 5.0], points=3)
    assert counts.tolist() == [1, 2, 3]
    assert means.tolist() == [1, 2, 3]
    assert running_means([])[0].size == 0
