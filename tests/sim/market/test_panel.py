"""Panels: who takes part, drawn without favour; types from priors over whole profiles; what does not fit."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Truthful
from mechanisms.auctions import SecondPrice
from mechanisms.distributions import Discrete, IndependentPrior, JointDistribution
from sim.market.market import Market
from sim.market.panel import Panel, _subsets
from tests.sim.market.markets import UNIT, frames_of, group, market, run


def participants(frames):
    """Rows of buyers in the order of their seats."""
    said = frames["messages"]
    return said["bidder_id"].to_numpy().reshape(said["auction"].nunique(), -1)


@pytest.mark.parametrize("members", [6, 60], ids=["by sorting", "by rejection"])
def test_subsets_are_uniform_in_random_order(members):
    """Chi-square of 6,000 ordered triples: each place is uniform over members, and so are sets of three."""
    rows = _subsets(np.random.default_rng(1), np.arange(members) + 10, (6000, 3))
    assert (np.sort(rows, axis=1)[:, 1:] != np.sort(rows, axis=1)[:, :-1]).all()
    for place in range(3):
        counts = np.bincount(rows[:, place] - 10, minlength=members)
        assert len(counts) == members
        assert stats.chisquare(counts).pvalue > 1e-4
    if members == 6:
        sets = [tuple(row) for row in np.sort(rows - 10, axis=1).tolist()]
        counts = [sets.count(triple) for triple in combinations(range(6), 3)]
        assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("ahead", [True, False], ids=["ahead", "sessions"])
def test_a_few_are_drawn_for_each_auction(ahead):
    rows = participants(run(300.5, group(Truthful(), 6), size=2, ahead=ahead))
    assert rows.shape == (301, 2)
    assert (rows[:, 0] != rows[:, 1]).all()
    assert set(rows.ravel()) == set(range(6))
    assert len({tuple(row) for row in rows.tolist()}) == 30


def test_all_members_take_their_seats_in_order():
    frames = run(3.5, group(Truthful(), 6), members=[4, 1, 2])
    assert participants(frames).tolist() == [[4, 1, 2]] * 4


def test_types_are_drawn_from_the_prior():
    """20 buyers with values on three points, 300 auctions: chi-square."""
    prior = Discrete([1.0, 2.0, 4.0], [0.2, 0.3, 0.5])
    values = run(300.5, group(Truthful(), 20), prior=prior)["messages"]["value"]
    counts = values.value_counts().reindex([1.0, 2.0, 4.0])
    assert stats.chisquare(counts, len(values) * np.array([0.2, 0.3, 0.5])).pvalue > 1e-4
    lags = values.to_numpy().reshape(-1, 20)
    assert abs(np.corrcoef(lags[1:].ravel(), lags[:-1].ravel())[0, 1]) < 4.5 / np.sqrt(lags.size)


def test_lifelong_types_are_drawn_once():
    values = run(5.5, group(Truthful(), 4), redraw=False)["messages"].groupby("bidder_id")["value"]
    assert values.nunique().tolist() == [1] * 4
    assert values.first().nunique() == 4


def test_profiles_are_drawn_whole():
    """Two buyers of always equal values: nobody gains anything in second price."""
    prior = JointDistribution.from_table(np.eye(3) / 3)
    frames = run(300.5, group(Truthful(), 2), prior=prior, window=0.5)
    assert (frames["auctions"]["welfare"] == frames["auctions"]["revenue"]).all()
    assert stats.chisquare(frames["auctions"]["welfare"].value_counts()).pvalue > 1e-4


def with_panels(*panels, buyers=4, prior=UNIT):
    people = Population([Group(Truthful())], [0] * buyers)
    return Market(people, [SellerPlan(SecondPrice())] * len(panels), panels, prior)


SHARED = Panel()
THREE = IndependentPrior([UNIT] * 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: with_panels(SHARED, SHARED), "a panel serves one seller, got 2"),
        (lambda: with_panels(Panel(size=5)), "size must be at most the 4 members, got 5"),
        (lambda: with_panels(Panel([0, 1], 3)), "size must be at most the 2 members, got 3"),
        (lambda: with_panels(Panel(size=0)), "size must be at least 1, got 0"),
        (lambda: with_panels(Panel([])), "members must be buyers from 0 to 3, at least one, got none"),
        (lambda: with_panels(Panel([0, 4])), "members must be buyers from 0 to 3, at least one, got 4"),
        (lambda: with_panels(Panel([-1, 0])), "members must be buyers from 0 to 3, at least one, got -1"),
        (lambda: with_panels(Panel([0, 1, 0])), "members must be distinct, got 0 more than once"),
        (lambda: with_panels(Panel([0, 1]), Panel([1, 2])), "to one panel, but 1 is in two"),
        (lambda: with_panels(Panel(), Panel()), "to one panel, but 0 is in two"),
        (lambda: with_panels(Panel(), prior=THREE), "size must be the prior's 3 buyers, got 4"),
        (lambda: with_panels(Panel(same_profiles=True)), "same_profiles must be False where nature"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_members_are_whole_numbers():
    with pytest.raises(TypeError, match="members must hold integers, got dtype float64"):
        Panel([0.5, 1.0])


@pytest.mark.parametrize("same", [True, False])
def test_sellers_may_meet_the_same_profiles(same):
    panels = [Panel(np.arange(3) + 3 * k, same_profiles=same) for k in range(2)]
    messages = frames_of(with_panels(*panels, buyers=6, prior=THREE), 300.5)["messages"]
    by_seller = [
        messages[messages["bidder_id"] // 3 == k].sort_values(["auction", "bidder_id"])["value"].to_numpy()
        for k in range(2)
    ]
    assert len(by_seller[0]) > 256 * 3  # a second block of draws
    assert (by_seller[0] == by_seller[1]).all() == same
    assert (by_seller[0] == by_seller[1]).any() == same


def test_two_sellers_have_auctions_of_their_own():
    frames = frames_of(with_panels(Panel([0, 1]), Panel([2, 3])), 5.5)
    said = frames["messages"].merge(frames["auctions"][["auction", "seller_id"]])
    assert said.groupby("seller_id")["bidder_id"].unique().map(sorted).tolist() == [[0, 1], [2, 3]]
    assert sorted(frames["auctions"]["auction"]) == list(range(12))


def test_sold_out_sellers_draw_nobody():
    """Types are drawn for those who take part: the second auction held has the second profile drawn."""
    sold_out = run(9.5, [Truthful()] * 2, stock=1, restock_every=5.5, restock_units=1, window=0.5)
    plenty = market([Truthful()] * 2, window=0.5)
    always = frames_of(plenty, 9.5)
    np.testing.assert_array_equal(sold_out["messages"]["value"], always["messages"]["value"][:4])
