"""The books, and the rows an auction leaves: against the auctions' own outcomes, and counts by hand."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Shading, Truthful
from mechanisms.auctions import AllPay, FirstPrice, PostedPrice, UniformPrice
from mechanisms.conversation import Mechanism
from mechanisms.outcome import Outcome
from mechanisms.questions import AskValue
from mechanisms.types import one_good
from mechanisms.utilities import Linear
from sim.market.invariants import BreachError
from sim.market.ledger import MOST_REASONS
from sim.market.market import Market
from sim.market.panel import Panel
from tests.sim.market.markets import AHEAD, UNIT, Silent, frames_of, market, run


@given(st.lists(st.integers(0, 8), max_size=6), st.integers(1, 4))
def test_best_welfare_is_the_best_of_all_ways_to_serve(values, units):
    array = np.array(values, dtype=float)
    ways = [sum(served) for k in range(min(units, len(values)) + 1) for served in combinations(values, k)]
    assert one_good(units).best_welfare(array) == max(ways)
    if values:
        rows = np.stack([array, array[::-1]])
        assert one_good(units).best_welfare(rows).tolist() == [max(ways)] * 2


@AHEAD
@pytest.mark.parametrize("mechanism", [FirstPrice(0.3), UniformPrice(2, 0.2), AllPay()], ids=repr)
def test_rows_follow_from_the_messages(mechanism, ahead):
    """Each auction's row and sales from its recorded bids, by the mechanism's own rule."""
    strategies = [Truthful(), Shading(0.5), Silent(), Truthful()]
    frames = run(20.5, strategies, mechanism, ahead=ahead, window=0.5, latency=0.01)
    said = frames["messages"]
    bids = said["bid"].fillna(-np.inf).to_numpy().reshape(-1, 4)
    values = said["value"].to_numpy().reshape(-1, 4)
    auctions = frames["auctions"].set_index("auction").sort_index()
    for number, (bid, value) in enumerate(zip(bids, values, strict=True)):
        outcome, row = mechanism.outcome(bid), auctions.loc[number]
        assert row["bidders"] == 4
        assert row["offered"] == mechanism.units
        assert row["sold"] == outcome.allocation.sum()
        assert row["revenue"] == pytest.approx(outcome.payments.sum())
        assert row["welfare"] == pytest.approx((value * outcome.allocation).sum())
        assert row["best_welfare"] == pytest.approx(np.sort(value)[-mechanism.units :].sum())
        assert row["status"] == ("sold" if outcome.allocation.any() else "unsold")
        sales = frames["transactions"][frames["transactions"]["auction"] == number]
        moved = [i for i in range(4) if outcome.allocation[i] > 0 or outcome.payments[i] != 0]
        assert sorted(sales["bidder_id"]) == moved
        sales = sales.set_index("bidder_id")
        for i in moved:
            assert sales.loc[i, "payment"] == outcome.payments[i]
            assert sales.loc[i, "quantity"] == outcome.allocation[i]
            assert sales.loc[i, "value"] == value[i]
            assert sales.loc[i, "time"] == row["closed"]
        assert set(sales["cause"]) <= {"price"}


def test_a_gift_is_a_sale():
    frames = run(0.5, [Truthful()], PostedPrice(0.0))
    assert frames["transactions"]["payment"].tolist() == [0.0]
    assert frames["auctions"]["status"].tolist() == ["sold"]


@dataclass(frozen=True)
class Thanks(Mechanism):
    """Whoever is first gets the good for 2; everybody who answered gets 1."""

    def conversation(self, n):
        answered = (yield AskValue()).answered
        first = np.eye(n)[0] * answered[0]
        return Outcome.of_causes(first, price=2 * first, reward=-1.0 * answered)


def test_payments_are_itemised_by_cause():
    frames = run(0.6, [Truthful(), Truthful(), Silent()], Thanks(), window=0.5)
    sales = frames["transactions"][["bidder_id", "quantity", "payment", "cause"]]
    assert sales.astype({"cause": str}).to_numpy().tolist() == [
        [0, 1.0, 2.0, "price"],
        [0, 0.0, -1.0, "reward"],
        [1, 0.0, -1.0, "reward"],
    ]
    assert frames["auctions"]["revenue"].tolist() == [0.0]


def test_persons_stand_behind_names():
    people = Population([Group(Truthful())], [0, 0], persons=[7, 7])
    one = Market(people, [SellerPlan(FirstPrice())], [Panel()], UNIT)
    frames = frames_of(one, 3.5)
    for table in ("messages", "transactions"):
        assert set(frames[table]["person_id"]) == {7}
        assert set(frames[table]["bidder_id"]) <= {0, 1}
    assert frames["agents"]["person_id"].tolist() == [7, 7]


@AHEAD
def test_books_that_do_not_balance_stop_the_run(ahead):
    one = market([Truthful()] * 2, FirstPrice(), ahead=ahead)
    one.advance_to(3.5)
    one.flush()
    one.sellers[0].received += 0.01
    with pytest.raises(BreachError, match=r"buyers paid .*, but sellers got"):
        one.advance_to(4.5)
    one.close()


def test_buyers_and_sellers_stand_as_set():
    frames = run(0.5, [Truthful(), Shading(0.5)], FirstPrice(0.3), latency=[0.1, 0.2], name="Ann's")
    agents, sellers = frames["agents"], frames["sellers"]
    assert agents["bidder_id"].tolist() == [0, 1]
    assert agents["group"].tolist() == [0, 1]
    assert agents["strategy"].tolist() == ["Truthful", "Shading"]
    assert agents["settings"].tolist() == [repr(Truthful()), repr(Shading(0.5))]
    assert agents["utility"].tolist() == [repr(Linear())] * 2
    assert agents["latency"].tolist() == [0.1, 0.2]
    assert sellers["seller"].tolist() == ["Ann's"]
    for table in (sellers, frames["auctions"]):
        assert set(table["seller"]) == {"Ann's"}
        assert set(table["mechanism"]) == {repr(FirstPrice(0.3))}


def test_only_so_many_reasons_of_refusals_are_kept():
    """A reason may hold what was answered; a strategy that errs in ever new ways must not fill the memory."""
    one = market([Truthful()])
    for k in range(MOST_REASONS + 50):
        one.ledger.write_refusals(k, 0, [0], f"reason {k}")
    one.ledger.write_refusals(0, 0, [0], "reason 3")
    reasons = frames_of(one, 1.0)["refusals"].reason
    assert reasons.nunique() == MOST_REASONS + 1
    assert reasons.iloc[-1] == "reason 3"
    assert (reasons == "another reason (too many to keep them all)").sum() == 50
