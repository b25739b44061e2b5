"""The market: time, stock, books, and the same records for the same seed, whoever looks on or joins."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.play.exact import expected_outcome
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import AdaptiveShading, Late, RandomBidder, Shading, Truthful
from mechanisms.auctions import (
    AllPay,
    AscendingClock,
    Discriminatory,
    FirstPrice,
    OpenProxy,
    PostedPrice,
    SecondPrice,
    UniformPrice,
)
from mechanisms.auctions.vcg import AdditiveVCG
from mechanisms.conversation import Mechanism
from mechanisms.distributions import IndependentPrior, JointDistribution
from mechanisms.outcome import Outcome
from mechanisms.questions import AskValue, Chance
from sim.market.market import Market
from sim.market.panel import Panel
from sim.records import Records
from tests.sim.market.markets import (
    UNIT,
    Says,
    SometimesSilent,
    Wavers,
    assert_same,
    frames_of,
    group,
    market,
    run,
)

# --- time -----------------------------------------------------------------------------------------


def test_steps_do_not_drift():
    one = market([Truthful()] * 2, tick=0.1)
    for k in range(1, 1001):
        one.step()
        assert one.now == k * 0.1
    assert len(frames_of(one, 100.0)["auctions"]) == 100


def test_a_step_goes_to_the_next_whole_tick():
    one = market([Truthful()] * 2, tick=0.5)
    one.advance_to(3.2)
    one.step()
    assert one.now == 3.5
    one.step()
    assert one.now == 4.0
    one.close()


def test_steps_and_one_long_run_leave_the_same_records():
    stepped, whole = (
        market([Truthful(), Wavers()], FirstPrice(), latency=0.1, tick=0.3, window=0.5) for _ in range(2)
    )
    for _ in range(40):
        stepped.step()
    assert_same(frames_of(stepped, 12.0), frames_of(whole, 12.0))


def test_the_order_of_rows_does_not_depend_on_the_calls():
    """Two sellers who play ahead, looked at every tick, at odd times, or at the end only."""

    def two_sellers():
        population = group(Truthful(), 6)
        plans = [SellerPlan(SecondPrice(), period=0.7, window=0.5), SellerPlan(FirstPrice(), first=0.2)]
        return Market(population, plans, [Panel([0, 1, 2]), Panel([3, 4, 5])], UNIT, seed=2, tick=2.0)

    stepped, odd, whole = two_sellers(), two_sellers(), two_sellers()
    for k in range(10):
        stepped.step()
        odd.advance_to(1.7 * (k + 1))
    frames = [frames_of(one, 20.0) for one in (stepped, odd, whole)]
    for other in frames[1:]:
        for name, table in frames[0].items():
            assert table.equals(other[name]), name


@pytest.mark.parametrize("until", [np.nan, np.inf])
def test_time_has_an_end(until):
    one = market([Truthful()])
    with pytest.raises(ValueError, match="until must be finite, got"):
        one.advance_to(until)
    one.close()


def test_sellers_open_by_their_plan():
    """An opening that falls into an auction still running is put off to the next multiple."""
    frames = run(10.0, [Late(Truthful(), 0.9)], window=2.0, period=1.5, first=0.25)
    assert frames["auctions"]["opened"].tolist() == [0.25, 3.25, 6.25, 9.25]
    np.testing.assert_allclose(frames["auctions"]["closed"], [2.05, 5.05, 8.05, np.nan])


def test_fewer_than_the_least_buyers_hold_no_auction():
    class ForTwo(SecondPrice):
        least_buyers = 2

    frames = run(2.5, [Truthful()], ForTwo())
    assert frames["auctions"]["status"].tolist() == ["unsold"] * 3
    assert frames["auctions"]["revenue"].tolist() == [0.0] * 3
    assert len(frames["messages"]) == 0


# --- stock ----------------------------------------------------------------------------------------


def test_who_is_sold_out_does_not_open():
    frames = run(20.5, [Truthful()] * 3, UniformPrice(2), stock=5, window=0.5)
    assert frames["auctions"]["sold"].tolist() == [2, 2]  # one unit is left, which is too few
    assert frames["transactions"]["quantity"].sum() == 4


def test_deliveries_are_sold():
    """Two at the start, one every 3.5 from then on: 2 in the first two auctions, then one each."""
    stock = {"stock": 2, "restock_every": 3.5, "restock_units": 1}
    frames = run(15.5, [Truthful()] * 2, SecondPrice(), window=0.5, **stock)
    assert frames["auctions"]["opened"].tolist() == [0.0, 1.0, 4.0, 7.0, 11.0, 14.0]
    assert frames["auctions"]["sold"].tolist() == [1] * 6


def test_deliveries_do_not_drift():
    one = market([Truthful()], stock=0, restock_every=0.1, restock_units=1, first=1e6)
    one.advance_to(100.05)
    assert one.sellers[0].stock == 1000
    one.close()


def test_what_was_not_sold_stays_in_stock():
    frames = run(30.5, [SometimesSilent(0.8)] * 2, SecondPrice(), stock=3, window=0.5)
    auctions = frames["auctions"]
    assert auctions["sold"].sum() == 3
    assert auctions["sold"].iloc[-1] == 1
    assert (auctions["status"] == np.where(auctions["sold"] > 0, "sold", "unsold")).all()


def test_stock_is_counted_for_each_kind_of_good():
    """Two of each kind; every auction offers one of each."""
    frames = run(9.5, [Truthful()] * 2, AdditiveVCG(3), stock=2, window=0.5)
    assert frames["auctions"]["sold"].tolist() == [3, 3]
    assert frames["transactions"].groupby("item")["quantity"].sum().tolist() == [2, 2, 2]


@dataclass(frozen=True)
class Shares(Mechanism):
    """The first buyer gets two fifths of the good."""

    def conversation(self, n):
        yield AskValue()
        return Outcome(np.eye(n)[0] * 0.4, np.zeros(n))


def test_parts_of_a_good_use_up_the_stock():
    frames = run(9.5, [Truthful()], Shares(), stock=2, window=0.5)
    assert frames["transactions"]["quantity"].sum() == pytest.approx(1.2)


# --- books under random scenarios -----------------------------------------------------------------

MECHANISMS = [
    SecondPrice(0.2), FirstPrice(), AllPay(), UniformPrice(2), Discriminatory(2), PostedPrice(0.4, 2),
    AscendingClock(0.1), OpenProxy(0.1, 3),
]
STRATEGIES = [
    Truthful(), Shading(0.6), RandomBidder(3), SometimesSilent(), Wavers(), Late(Truthful(), 0.5), Late(),
    Says([np.nan]), Says("nonsense"),
]


@settings(max_examples=25)
@given(st.data())
def test_money_and_goods_are_conserved(data):
    draw = data.draw
    plans, entries, strategies, first = [], [], [], 0
    for _ in range(draw(st.integers(1, 3))):
        mechanism = draw(st.sampled_from(MECHANISMS))
        plans.append(SellerPlan(
            mechanism,
            period=draw(st.floats(0.3, 2)),
            window=draw(st.floats(0.05, 2)),
            stock=draw(st.none() | st.integers(0, 6)),
            discloses="bids",
        ))
        members = draw(st.lists(st.sampled_from(STRATEGIES), min_size=1, max_size=4))
        strategies += members
        entries.append(Panel(np.arange(first, first + len(members)), ahead=draw(st.booleans())))
        first += len(members)
    one = Market(Population.of(strategies, draw(st.sampled_from([0.0, 0.05, 0.5]))), plans, entries, UNIT,
                 seed=draw(st.integers(0, 99)))
    frames = frames_of(one, draw(st.floats(0.5, 12)))
    auctions, sales, said = frames["auctions"], frames["transactions"], frames["messages"]
    ended = auctions[auctions["status"] != "unfinished"]
    for seller in one.sellers:
        mine = sales[sales["seller_id"] == seller.number]
        held = ended[ended["seller_id"] == seller.number]
        assert seller.received == pytest.approx(mine["payment"].sum())
        assert seller.received == pytest.approx(held["revenue"].sum())
        assert seller.sold == pytest.approx(mine["quantity"].sum())
        if seller.plan.stock is not None:
            assert seller.stock == seller.plan.stock - mine["quantity"].sum() >= 0
    paid = sales.groupby("bidder_id")["payment"].sum().reindex(range(len(strategies)), fill_value=0.0)
    np.testing.assert_allclose(one.ledger.paid, paid, atol=1e-12)
    per_auction = sales.groupby("auction")["quantity"].sum()
    offered = auctions.set_index("auction")["offered"]
    assert (per_auction <= offered.reindex(per_auction.index)).all()
    spoke = said[said["status"] == "answered"]
    present = set(zip(spoke["auction"], spoke["bidder_id"], strict=True))
    assert set(zip(sales["auction"], sales["bidder_id"], strict=True)) <= present
    promised = {k for k, plan in enumerate(plans) if plan.mechanism.ex_post_ir}
    honest = {k for k, strategy in enumerate(strategies) if strategy.honest}
    checked = sales[sales["seller_id"].isin(promised) & sales["bidder_id"].isin(honest)]
    assert (checked["value"] * checked["quantity"] >= checked["payment"] - 1e-12).all()


# --- the same seed --------------------------------------------------------------------------------


def a_bit_of_everything(folder, seed=5):
    """Three sellers, learners, random answers, late bids and chance moves, streamed to a folder."""
    Path(folder).mkdir(parents=True)
    groups = [Group(s) for s in (Truthful(), Wavers(), AdaptiveShading(), Says([np.nan]))]
    people = Population(groups, [0, 1, 2, 3] * 3, latency=0.1)
    plans = [SellerPlan(m, 1.0, 0.5) for m in (SecondPrice(), AscendingClock(), Flip())]
    panels = [Panel(np.arange(4) + 4 * k, None if k != 1 else 2) for k in range(3)]
    one = Market(people, plans, panels, UNIT, seed, Records(folder, part_rows=100))
    one.advance_to(40.2)
    one.finish()
    one.close()
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(folder).rglob("*.parquet"))
    }


@dataclass(frozen=True)
class Flip(Mechanism):
    """First or second price, by a coin."""

    def conversation(self, n):
        reports = (yield AskValue()).values
        rules = FirstPrice(), SecondPrice()
        return rules[(yield Chance((0.5, 0.5)))].outcome(reports)


def test_the_same_seed_leaves_the_same_bytes(tmp_path):
    one, two = a_bit_of_everything(tmp_path / "one"), a_bit_of_everything(tmp_path / "two")
    assert len(one) > 8
    assert one == two
    assert one != a_bit_of_everything(tmp_path / "other", seed=6)


def test_the_same_seed_leaves_the_same_bytes_in_another_process(tmp_path):
    names = "from tests.sim.market.test_market import *"
    script = f"import sys; {names}; print(a_bit_of_everything(sys.argv[1]))"
    root = Path(__file__).parents[3]
    printed = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "there")],
        capture_output=True, text=True, check=True, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "77"},
    ).stdout
    assert printed.strip() == str(a_bit_of_everything(tmp_path / "here"))


@pytest.mark.parametrize("ahead", [True, False], ids=["ahead", "sessions"])
@pytest.mark.parametrize("mechanism", [SecondPrice(), AscendingClock()], ids=repr)
@pytest.mark.parametrize("size", [None, 2])
def test_a_further_buyer_leaves_all_other_draws_as_they_were(mechanism, ahead, size):
    frames = []
    for newcomers in (0, 1, 500):
        people = Population([Group(Wavers()), Group(Says([0.1]))], [0] * 4 + [1] * newcomers, latency=0.2)
        plan, panel = SellerPlan(mechanism, window=0.4), Panel(range(4), size, ahead)
        one = Market(people, [plan], [panel], UNIT, seed=3)
        frames.append(frames_of(one, 30.2))
    for other in frames[1:]:
        assert_same(frames[0], other, ["auctions", "messages", "transactions"])


def test_a_further_buyer_in_the_same_auctions_changes_nobody_elses_draws():
    few, many = (run(30.2, [Wavers()] * n, latency=0.2, window=0.4)["messages"] for n in (3, 4))
    known = many[many["bidder_id"] < 3].reset_index(drop=True)
    for column in ("value", "status"):
        assert known[column].tolist() == few[column].tolist()
    spoke = few["status"] != "silent"
    np.testing.assert_array_equal(known["bid"][spoke], few["bid"][spoke])
    np.testing.assert_allclose(known["time"][spoke], few["time"][spoke])


# --- theory ---------------------------------------------------------------------------------------

CORRELATED = JointDistribution.from_table(
    [[0.1, 0.2, 0.0], [0.3, 0.0, 0.1], [0.0, 0.2, 0.1]], [[1.0, 2.0, 4.0], [0.0, 2.0, 3.0]]
)


@pytest.mark.parametrize(
    ("mechanism", "strategy"),
    [
        (SecondPrice(1.0), Truthful()),
        (FirstPrice(), RandomBidder(3)),
        (AscendingClock(), Truthful()),
        (Flip(), Truthful()),
    ],
    ids=["second price", "random bids", "clock", "chance"],
)
def test_the_market_does_what_exact_play_expects(mechanism, strategy):
    """Means over the auctions of a run, within 4.5 standard errors; auctions are independent."""
    exact = expected_outcome(mechanism, CORRELATED, strategies=strategy)
    frames = run(1500, group(strategy, 2), mechanism, prior=CORRELATED, window=0.5)
    revenue = frames["auctions"]["revenue"]
    assert abs(revenue.mean() - exact.revenue) <= 4.5 * revenue.std() / np.sqrt(len(revenue))
    sales = frames["transactions"]
    for buyer in range(2):
        won = (sales["bidder_id"] == buyer).sum() / len(revenue)
        share = exact.allocation[buyer]
        assert abs(won - share) <= 4.5 * np.sqrt(share * (1 - share) / len(revenue))
    profiles = frames["messages"].groupby(["auction", "question_number"])["value"].agg(tuple)
    possible = set(map(tuple, CORRELATED.profiles().tolist()))
    assert {profile for profile in profiles if len(profile) == 2} <= possible


# --- what does not fit ----------------------------------------------------------------------------


def two_sellers(*mechanisms, panels=((0, 1), (2, 3)), prior=UNIT, **options):
    people = Population([Group(Truthful())], [0] * 4)
    plans = [SellerPlan(mechanism) for mechanism in mechanisms]
    return Market(people, plans, [Panel(members) for members in panels], prior, **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: two_sellers(SecondPrice(), AdditiveVCG(2)), "plans must ask for types of the same shape"),
        (lambda: two_sellers(SecondPrice()), "entries must be 1, one a plan, got 2"),
        (lambda: two_sellers(panels=()), "plans must hold at least one"),
        (lambda: market([Truthful()], tick=0.0), "tick must be above 0, got 0.0"),
        (
            lambda: market([Truthful()] * 2, AdditiveVCG(2), prior=IndependentPrior([UNIT] * 2)),
            "over types of shape",
        ),
        (lambda: market([Truthful()] * 2, prior=IndependentPrior([UNIT] * 2), redraw=False), "redraw"),
    ],
    ids=["kinds", "entries", "no plans", "tick", "prior of numbers", "lifelong profiles"],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
