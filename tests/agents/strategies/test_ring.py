"""Rings: what the plan says, what it does to the price, and where the money goes."""

import numpy as np
import pytest

from agents.play.instant import play_many, play_once
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import AdaptiveShading, Equilibrium, RandomBidder, Ring, Shading, Sniper, Truthful
from agents.view import SidePayments
from mechanisms.auctions import AscendingClock, FirstPrice, OpenProxy, PostedPrice, SecondPrice
from mechanisms.auctions.vcg import AdditiveVCG
from mechanisms.distributions import Uniform
from sim.conformance.strategy import StrategyConformance
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.people import payoffs_by_person

PRIOR = Uniform()


class TestConformance(StrategyConformance):
    instances = (Ring(), Ring(Shading(0.5)), Ring(Sniper()), Ring(RandomBidder()))


def colluders(ring, outsiders, strategy=None, inner=None):
    """`ring` members first, then truthful outsiders."""
    ring_strategy = Ring() if inner is None else Ring(inner)
    groups = [Group(ring_strategy, prior=PRIOR), Group(strategy or Truthful(), prior=PRIOR)]
    return Population(groups, [0] * ring + [1] * outsiders)


@pytest.mark.parametrize("mechanism", [SecondPrice(0.1), AscendingClock(0.1)], ids=repr)
@pytest.mark.parametrize("profile", np.random.default_rng(3).random((10, 5)), ids=lambda p: f"{p[0]:.3f}")
def test_the_price_is_what_outsiders_would_pay(mechanism, profile):
    """The ring's best bids alone: the price is the second of its best and the outsiders' values."""
    end = play_once(mechanism, profile, colluders(3, 2), np.random.default_rng(0))
    bids = np.array([profile[:3].max(), *profile[3:]])
    assert end.revenue == pytest.approx(max(np.sort(bids)[-2], 0.1))
    assert end.allocation.argmax() == profile.argmax()


def test_all_in_the_ring_pay_the_start_price():
    values = np.array([0.4, 0.9, 0.7])
    rng = np.random.default_rng(0)
    for mechanism in (SecondPrice(0.2), AscendingClock(0.2), OpenProxy(0.05, 3, 0.2)):
        end = play_once(mechanism, values, colluders(3, 0), rng)
        assert end.payments.tolist() == [0, 0.2, 0]


def test_a_leader_at_first_price_counts_the_outsiders():
    """Three in the ring and one outsider: she bids as one of two, v/2."""
    values = np.array([0.3, 0.8, 0.2, 0.1])
    end = play_once(FirstPrice(), values, colluders(3, 1, inner=Equilibrium()), np.random.default_rng(0))
    np.testing.assert_allclose(end.payments, [0, 0.4, 0, 0], atol=1e-6)


def test_each_item_has_its_leader():
    values = np.array([[0.9, 0.2], [0.5, 0.6], [0.4, 0.1]])
    end = play_once(AdditiveVCG(2), values, colluders(2, 1), np.random.default_rng(0))
    assert end.allocation.tolist() == [[1, 0], [0, 1], [0, 0]]
    np.testing.assert_allclose(end.payments, [0.4, 0.1, 0])


def test_at_a_posted_price_whoever_is_asked_buys():
    end = play_once(PostedPrice(0.5), np.array([0.6, 0.9]), colluders(2, 0), np.random.default_rng(0))
    assert end.allocation.tolist() == [1, 0]


def test_expected_revenue_against_a_ring_of_all_but_one():
    """Two of three uniform bidders collude: E[min(max(V1, V2), V3)] is the integral of (1 - x^2)(1 - x)."""
    values = np.random.default_rng(4).random((200_000, 3))
    revenue = play_many(SecondPrice(), values, colluders(2, 1), np.random.default_rng(0)).revenue
    assert abs(revenue.mean() - 5 / 12) <= 4 * revenue.std() / len(revenue) ** 0.5


# --- in the market ----------------------------------------------------------------------------------


def run(population, mechanism, until=400.0, seed=5, **plan):
    market = Market(population, [SellerPlan(mechanism, window=0.5, **plan)], [Panel()], PRIOR, seed)
    market.advance_to(until)
    market.finish()
    market.close()
    return market.records.frames()


def test_side_payments_are_shares_of_what_was_saved():
    """In each auction that a member wins: (second value in the ring - price)/members to each other member."""
    frames = run(colluders(3, 1), SecondPrice(), until=50.0)
    values = frames["messages"].pivot(index="auction", columns="bidder_id", values="value")
    won = frames["transactions"].set_index("auction")
    expected = []
    for auction, row in won[won["bidder_id"] < 3].iterrows():
        ring = np.sort(values.loc[auction, [0, 1, 2]])
        saved = ring[-2] - row["payment"]
        if saved > 0:
            others = [k for k in range(3) if k != row["bidder_id"]]
            expected += [(row["time"], row["person_id"], k, saved / 3) for k in others]
    transfers = frames["transfers"]
    assert len(transfers) == len(expected) > 10
    found = transfers[["time", "from_person", "to_person", "amount"]].to_numpy(dtype=float)
    np.testing.assert_allclose(found, np.array(expected, dtype=float))
    assert set(transfers["reason"]) == {"ring"}


def test_payoffs_by_person_add_up():
    frames = run(colluders(3, 2), SecondPrice())
    people = payoffs_by_person(frames)
    assert people["received"].sum() == pytest.approx(people["paid"].sum())
    assert people["received"].sum() > 0
    traded = frames["transactions"]
    gains = traded["value"] * traded["quantity"] - traded["payment"]
    assert people["surplus"].sum() == pytest.approx(gains.sum())
    assert (people["received"][3:] == 0).all()


def test_names_of_one_person_pay_one_another_nothing():
    membership = [0, 0, 0]
    population = Population([Group(Ring(), prior=PRIOR)], membership, persons=[7, 7, 8])
    frames = run(population, SecondPrice(), until=50.0)
    transfers = frames["transfers"]
    assert len(transfers) > 0
    assert (transfers["from_person"] != transfers["to_person"]).all()
    assert payoffs_by_person(frames).index.tolist() == [7, 8]


class Cheats(Ring):
    def __init__(self, payments):
        self.inner = Truthful()
        self._payments = payments

    __setattr__ = object.__setattr__

    def side_payments(self, feedback):
        return self._payments()


def payments(payees, amounts):
    return SidePayments(np.array([0]), np.array(payees), np.array(amounts), "cheat")


@pytest.mark.parametrize(
    ("cheat", "reason"),
    [
        (lambda: payments([2], [0.1]), "members who took part"),
        (lambda: payments([1], [-0.1]), "at least 0"),
        (lambda: payments([1], [np.nan]), "at least 0"),
        (lambda: payments([1], [0.1, 0.2]), "one length"),
        (lambda: 0.5, "SidePayments"),
        (lambda: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_side_payments_that_cannot_be_are_refused(cheat, reason):
    population = Population([Group(Cheats(cheat)), Group(Truthful())], [0, 0, 1])
    frames = run(population, SecondPrice(), until=3.0)
    assert len(frames["transfers"]) == 0
    assert len(frames["auctions"]) >= 3
    failures = frames["failures"]
    assert failures["reason"].str.contains(reason).all()
    assert set(failures["hook"]) == {"side_payments"}
    assert len(failures) >= 2


def test_refuses_learners_and_others():
    with pytest.raises(ValueError, match="memoryless"):
        Ring(AdaptiveShading())
    with pytest.raises(TypeError, match="inner"):
        Ring("truthful")
