"""Blocks played ahead leave the records that sessions leave, whoever takes part."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.learners import Exp3, FictitiousPlay, Hedge, RegretMatching, SmoothGradient
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import AdaptiveShading, Late, RandomBidder, Shading, Strategy, Truthful
from agents.view import Mixed
from mechanisms.auctions import AllPay, Discriminatory, FirstPrice, PostedPrice, SecondPrice, UniformPrice
from mechanisms.auctions.vcg import AdditiveVCG
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.questions import SILENT
from mechanisms.utilities import CARA
from sim.market.market import Market
from sim.market.panel import Panel
from sim.market.sealed import can_look_ahead
from tests.sim.market.markets import (
    UNIT,
    Silent,
    SometimesSilent,
    Stumbles,
    Wavers,
    assert_same,
    frames_of,
    group,
    run,
)

LONG = 300.3
"""More than one block of auctions, ending in the middle of one."""


class Learns(Strategy):
    """Bids the share of its value that it has won so far; says nothing or stumbles at some values.

    Randomises if `mixes`; what it learned is part of every answer, so that any difference in what it is told
    shows in the records.
    """

    memoryless = False
    needs = "price"

    def __init__(self, mixes=False, silent_below=0.1, stumbles_above=2.0):
        self.mixes, self.silent_below, self.stumbles_above = mixes, silent_below, stumbles_above
        self.gained, self.heard = 0.0, 1.0

    def report_value(self, question, view):
        share = 0.5 + 0.5 / (1 + self.gained) * self.heard
        bids = np.where(view.values >= self.silent_below, share * view.values, SILENT)
        bids = np.where(view.values >= self.stumbles_above, np.nan, bids)
        if not self.mixes:
            return bids
        return Mixed(np.stack([bids, np.where(bids > 0, bids / 2, bids)], axis=-1), np.array([0.5, 0.5]))

    def observe(self, feedback):
        self.gained += float(feedback.payoffs.sum())
        self.heard = 0.5 + 0.5 * feedback.price


def casts():
    """Who takes part, made anew each time since learners remember."""
    shared = Truthful()
    return {
        "one group": lambda: [shared] * 4,
        "four groups": lambda: [Truthful(), Shading(0.5), RandomBidder(), Wavers()],
        "silence": lambda: [Silent(), SometimesSilent(0.5), SometimesSilent(0.9)],
        "nobody": lambda: [Silent()] * 2,
        "one alone": lambda: [SometimesSilent()],
        "a learner": lambda: [Learns(), Truthful(), SometimesSilent()],
        "learners only": lambda: [Learns(), Learns(), AdaptiveShading()],
        "a learner who mixes": lambda: [Learns(mixes=True), Wavers(), Truthful()],
        "stumbling": lambda: [Stumbles(), Truthful(), Truthful()],
        "stumbling beside one who mixes": lambda: [Stumbles(), Wavers(), Truthful()],
        "a learner beside stumbling": lambda: [Learns(), Stumbles(), Wavers()],
        "a learner who stumbles": lambda: [Learns(stumbles_above=0.95), Truthful(), Wavers()],
        "a mixing learner who stumbles": lambda: [Learns(True, 0.1, 0.9), Wavers(), Truthful()],
        "late anyway": lambda: [Late(Truthful(), 0.5), Wavers()],
    }


@pytest.mark.parametrize("cast", casts().values(), ids=casts())
@pytest.mark.parametrize("latency", [0.0, 0.2], ids=["at once", "late bids"])
def test_records_are_those_of_sessions(cast, latency):
    options = {"latency": latency, "window": 0.5, "discloses": "price", "seed": 3}
    ahead, sessions = (run(LONG, cast(), SecondPrice(0.1), ahead=a, **options) for a in (True, False))
    assert_same(ahead, sessions)
    assert len(ahead["auctions"]) == 301


@pytest.mark.parametrize(
    "mechanism",
    [FirstPrice(), SecondPrice(), AllPay(0.2), UniformPrice(2, 0.1), Discriminatory(3), PostedPrice(0.5)],
    ids=repr,
)
def test_records_are_the_same_in_every_format(mechanism):
    def cast():
        return [Truthful(), SometimesSilent(), Learns(), Wavers(), Shading(0.75)]

    options = {"latency": 0.05, "window": 0.4, "first": 0.7, "discloses": "bids"}
    ahead, sessions = (run(40.0, cast(), mechanism, ahead=a, **options) for a in (True, False))
    assert_same(ahead, sessions)


@pytest.mark.parametrize("strategy", [Truthful(), Wavers(), Stumbles(0.99)], ids=lambda s: s.name)
@pytest.mark.parametrize(("buyers", "size"), [(6, 2), (40, 3), (5, 5)])
def test_records_are_the_same_for_panels_drawn_anew(strategy, buyers, size):
    ahead, sessions = (
        run(LONG, group(strategy, buyers), latency=0.1, size=size, ahead=a, window=0.5) for a in (True, False)
    )
    assert_same(ahead, sessions)
    assert set(ahead["auctions"]["bidders"]) == {size}


def test_records_are_the_same_for_correlated_types():
    prior = JointDistribution.from_table([[0.4, 0.1], [0.0, 0.5]], [[1.0, 2.0], [0.0, 3.0]])
    ahead, sessions = (run(LONG, [Truthful()] * 2, prior=prior, ahead=a, window=0.5) for a in (True, False))
    assert_same(ahead, sessions)


@pytest.mark.parametrize("period", [0.1, 0.3, 0.7, 1 / 3])
def test_ends_fall_on_either_side_of_openings_alike(period):
    """Ends on multiples of the period, where rounding could hide or invent an opening."""
    for until in period * np.array([1, 3, 7, 29, 64]):
        options = {"period": period, "window": period, "latency": 0.02}
        ahead, sessions = (run(until, [Truthful()] * 2, ahead=a, **options) for a in (True, False))
        assert_same(ahead, sessions)


@settings(max_examples=20)
@given(
    st.lists(
        st.sampled_from(["truth", "shade", "silent", "waver", "stumble", "learn"]), min_size=1, max_size=4
    ),
    st.sampled_from([0.0, 0.01, 0.3]),
    st.floats(0.05, 1.0),
    st.integers(0, 10),
    st.floats(0.1, 12.0),
)
def test_records_are_the_same_in_random_scenarios(names, latency, window, seed, until):
    def cast():
        made = {
            "truth": Truthful(),
            "shade": Shading(0.5),
            "silent": SometimesSilent(),
            "waver": Wavers(),
            "stumble": Stumbles(0.7),
            "learn": Learns(True, 0.2, 0.9),
        }
        return [made[name] for name in names]

    options = {"latency": latency, "window": window, "seed": seed, "discloses": "price"}
    ahead, sessions = (run(until, cast(), FirstPrice(), ahead=a, **options) for a in (True, False))
    assert_same(ahead, sessions)


def bits(table):
    """The numbers of each column to the last bit, the rows of each auction in their order."""
    ordered = table.sort_values("auction", kind="stable") if "auction" in table else table
    return {
        name: column.to_numpy().tobytes() for name, column in ordered.items() if column.dtype.kind in "fiub"
    }


@pytest.mark.parametrize("kind", [Exp3, FictitiousPlay, Hedge, RegretMatching, SmoothGradient])
@pytest.mark.parametrize("shared", [False, True], ids=["each for herself", "as one"])
@pytest.mark.parametrize("latency", [0.0, 0.2], ids=["at once", "late bids"])
def test_records_are_the_same_with_learners(kind, shared, latency):
    """What they learned is in every bid, and in the policies that are recorded on the way."""

    def frames(ahead):
        quick = {"batch": 4} if kind is SmoothGradient else {}
        learners = [kind(shared=shared, **quick), kind(shared=shared, **quick)]
        people = Population([Group(each, prior=UNIT) for each in learners], [0, 0, 1], latency)
        plans = [SellerPlan(FirstPrice(), window=0.5, discloses="bids")]
        return frames_of(Market(people, plans, [Panel(ahead=ahead)], UNIT, 5, policies_every=7.5), 60.3)

    ahead, sessions = frames(True), frames(False)
    assert_same(ahead, sessions)
    for name, table in ahead.items():
        assert bits(table) == bits(sessions[name]), name
    assert len(ahead["auctions"]) == 61
    assert len(ahead["policies"]) > 0


def test_learners_shared_with_another_seller_are_asked_in_time():
    """Two sides of one learner at two sellers: what it hears at one bears on what it bids at the other."""

    def frames(ahead):
        learner = Learns()
        people = Population([Group(learner), Group(learner, CARA(1.0))], [0, 0, 1, 1])
        plans = [SellerPlan(SecondPrice(), 1.0, 0.5, first, discloses="price") for first in (0.0, 0.3)]
        panels = [Panel([0, 1], ahead=ahead), Panel([2, 3], ahead=ahead)]
        return frames_of(Market(people, plans, panels, UNIT), 20.0)

    assert_same(frames(True), frames(False))


def test_looking_at_the_records_in_between_changes_nothing():
    def frames(looks, ahead=True):
        people = Population([Group(Truthful())], [0] * 4)
        plans = [SellerPlan(FirstPrice(), period, 0.2) for period in (0.5, 0.7)]
        market = Market(people, plans, [Panel([0, 1], ahead=ahead), Panel([2, 3], ahead=ahead)], UNIT)
        for time in looks:
            market.advance_to(time)
            market.flush()
        return frames_of(market, 300.1)

    looked = frames(np.linspace(1, 300, 40))
    assert_same(looked, frames([]))
    assert_same(looked, frames([], ahead=False))


def plan(mechanism=None, **options):
    return SellerPlan(SecondPrice() if mechanism is None else mechanism, **options)


@pytest.mark.parametrize(
    ("its_plan", "strategy", "possible"),
    [
        (plan(), Truthful(), True),
        (plan(), AdaptiveShading(), True),
        (plan(window=1.0), Truthful(), True),
        (plan(window=1.5), Truthful(), False),
        (plan(stock=5), Truthful(), False),
        (plan(PostedPrice(1.0)), Truthful(), False),
        (plan(AdditiveVCG(2)), Truthful(), True),
        (plan(), Late(), False),
    ],
    ids=["honest", "learner", "full window", "overlapping", "stock", "conversation", "items", "waits"],
)
def test_what_can_be_played_ahead(its_plan, strategy, possible):
    assert can_look_ahead(its_plan, [Group(strategy)]) is possible


def test_a_lifelong_type_is_kept_ahead_and_in_sessions():
    prior = Discrete([1.0, 2.0, 3.0], [0.2, 0.3, 0.5])
    ahead, sessions = (
        run(20.5, group(Truthful(), 9), prior=prior, size=3, ahead=a, redraw=False) for a in (True, False)
    )
    assert_same(ahead, sessions)
    assert (ahead["messages"].groupby("bidder_id")["value"].nunique() == 1).all()
