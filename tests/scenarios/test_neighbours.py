"""Neighbours: the gap closes with knowledge; what the odd ones earn and cost; the sweep; the panels."""

import numpy as np
import pytest
from scipy import stats

from agents.knowledge.bins import Acquaintances
from agents.knowledge.network import Neighbours
from agents.knowledge.town import TownKnowledge
from agents.play.exact import expected_outcome
from agents.strategies.reporters import shifted
from mechanisms.auctions.myerson import MyersonAuction, optimal_revenue
from mechanisms.conservative import LookaheadAuction, star_benchmark
from mechanisms.distributions import JointDistribution
from scenarios import neighbours
from scenarios._neighbours_page import last_asked, sums_so_far, watched
from scenarios._neighbours_results import earnings, losses, over_rooms
from sim.measures.batch_means import batch_means
from sim.runs.scenario import ParameterError, make_parameters
from tests.scenarios.played import Folder, manifest, played, printed


@pytest.fixture(scope="module")
def town():
    return played(neighbours, until=60, buyers=10, value_bound=16)


def results_of(tables, told):
    return neighbours.results_of(tables, len(neighbours.rooms_of(told, 0)), told.buyers)


def test_the_gap_closes_with_knowledge(town):
    """Without ties S less about δS + ε; with eight ties and bins as fine as values nearly all of the gap."""
    tables, told = town
    results, prior = results_of(tables, told), neighbours.prior_of(told)
    rows = neighbours.comparisons(prior, results)
    share = [row["share of gap"].estimate.mean for row in rows]
    assert abs(share[0]) < 0.2
    assert share[-1] > 0.95
    assert share[1] < share[7] < share[-1]
    known = np.concatenate([result.values for result in results])
    lookahead = LookaheadAuction(prior).outcome(known).revenue
    error = lookahead.std() / np.sqrt(len(lookahead))
    assert abs(lookahead.mean() - star_benchmark(prior)) < 4.5 * error
    assert optimal_revenue(prior.marginals[0], prior.n) >= star_benchmark(prior) - 1e-12


def test_the_optimal_auction_stands_beside_on_the_same_profiles(town):
    """Its revenue is Myerson's in expectation; where values are correlated it is not known, and left out."""
    tables, told = town
    results, prior = results_of(tables, told), neighbours.prior_of(told)
    rows = neighbours.comparisons(prior, results)
    series = [MyersonAuction(prior.marginals[0]).outcome(result.values).revenue for result in results]
    for row, earned in zip(rows, series, strict=True):
        assert row["optimal"].estimate.mean == pytest.approx(earned.mean())
    everything = np.concatenate(series)
    error = everything.std() / np.sqrt(len(everything))
    assert abs(everything.mean() - optimal_revenue(prior.marginals[0], prior.n)) < 4.5 * error
    shares = neighbours.shares_beside(rows)
    assert [*shares] == ["Vickrey", "optimal"]
    assert shares["Vickrey"] < 0 <= shares["optimal"] + 0.05
    tables, told = played(neighbours, until=5, prior="common factor")
    correlated = neighbours.comparisons(neighbours.prior_of(told), results_of(tables, told))
    assert "optimal" not in correlated[0]
    assert [*neighbours.shares_beside(correlated)] == ["Vickrey"]


def test_the_share_counts_from_the_lookahead_auction_to_the_highest_value(town):
    """What the lookahead auction earns closes nothing of the gap, half of the way a half, all of it one."""
    tables, told = town
    prior = neighbours.prior_of(told)
    for result in results_of(tables, told)[:2]:
        highest = result.values.max(axis=1)
        known = LookaheadAuction(prior).outcome(result.values).revenue
        for part in (0, 0.5, 1):
            share = neighbours.share_of_gap(prior, result, known + part * (highest - known))
            assert share.mean == pytest.approx(part, abs=1e-12)
            assert np.isnan(share.half_width)  # too few random offers to tell


def test_money_adds_up_and_rewards_are_bounded(town):
    """What buyers keep and the seller earns is the value of the good; a reward is at most 2δε/(3nB)."""
    tables, told = town
    for result in results_of(tables, told):
        welfare = result.payoffs.sum(axis=1) + result.revenue
        assert np.all(
            (np.abs(welfare[:, None] - result.values).min(axis=1) < 1e-9) | (np.abs(welfare) < 1e-9)
        )
        most = 2 * told.delta * told.epsilon / (3 * told.buyers * told.value_bound)
        assert result.rewards.max() <= most * (1 + 1e-12)
        assert not result.rewards[~result.tails].any()


def price_by_hand(told, acquaintances, values):
    """What an honest town of independent values offers the star at, by its definition: shape of one number.

    The prior's masses on what no neighbour rules out and what leaves her the star; the best price for them.
    """
    star = int(values.argmax())
    least = max(np.r_[values[:star] + 1, values[star + 1 :]])
    lower, upper = acquaintances.bounds(values)
    ties = acquaintances.network.listed == star
    grid = np.arange(told.value_bound)
    possible = (grid >= max([least, *lower[ties]])) & (grid < min([told.value_bound, *upper[ties]]))
    masses = np.where(possible, neighbours.prior_of(told).marginals[0].probabilities, 0)
    revenues = [price * masses[grid >= price].sum() / masses.sum() for price in grid]
    best = int(np.flatnonzero(revenues >= max(revenues) * (1 - 1e-12))[0])
    return least if least >= max(revenues) * (1 - 1e-12) else best


@pytest.mark.parametrize("common", [False, True])
def test_honest_prices_by_hand(common):
    sweep = {"density": (2, 4), "resolution": (3,), "common_cut_points": common}
    tables, told = played(neighbours, until=12, buyers=6, value_bound=12, **sweep)
    rooms = neighbours.rooms_of(told, 0)
    for room, result in zip(rooms, results_of(tables, told), strict=True):
        for values, revenue, rewards, tails in zip(
            result.values, result.revenue, result.rewards, result.tails, strict=True
        ):
            if tails:
                price = price_by_hand(told, room.knowledge.acquaintances, values)
                gross = price - told.epsilon if values.max() >= price else 0
                assert revenue == pytest.approx(gross - rewards.sum())


def test_the_sweep_is_a_parameter():
    told = neighbours.Parameters(buyers=7, density="2,6", resolution="3")
    names = [room.name for room in neighbours.rooms_of(told, 0)]
    assert names == ["no ties", "2 ties, 3 bins", "6 ties, 3 bins"]
    market = neighbours.build(told, 0)
    assert [seller.plan.name for seller in market.sellers] == names
    market.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"density": "3"}, "density is 3; it must be 1 to 6 rising .* from 2 to 100 in steps of 2"),
        ({"density": "2,4", "buyers": 4}, "density is 2,4; .*it must be below buyers, 4"),
        ({"resolution": "1,2"}, "resolution is 1,2; it must be .* from 2 to 1,000"),
        ({"common_cut_points": "perhaps"}, "common_cut_points is perhaps; it must be true or false"),
    ],
)
def test_sweeps_that_are_refused(settings, message):
    with pytest.raises(ParameterError, match=message):
        make_parameters(neighbours.Parameters, settings)


def gross_revenue(told, room):
    """Expected prices of one room, exactly: over all profiles, coins and beliefs."""
    prior = JointDistribution.product(neighbours.prior_of(told).marginals)
    mechanism = neighbours.mechanism_of(told)
    partitions = room.knowledge.acquaintances.partitions(prior)
    return expected_outcome(mechanism, prior, partitions).causes["price"].sum()


def test_with_common_cut_points_a_second_neighbour_adds_nothing():
    """Exactly, all profiles of three people; with cut points of their own it does."""
    settings = {"buyers": 3, "value_bound": 4, "density": (2,), "resolution": (2,), "tail": 0.3}
    one_each = Neighbours(np.arange(4), np.array([1, 2, 0]))
    gains = []
    for seed, common in [(1, True), (2, True), (1, False), (2, False)]:
        told = neighbours.Parameters(common_cut_points=common, **settings)
        both = neighbours.rooms_of(told, seed)[1]
        known = both.knowledge.acquaintances
        ties = [(known.knower == j) & (known.network.listed == (j + 1) % 3) for j in range(3)]
        cuts = [known.cuts[tie][0] for tie in ties]
        fewer = neighbours.Room(1, 2, TownKnowledge(both.knowledge.prior, Acquaintances.of(one_each, cuts)))
        gains.append(gross_revenue(told, both) - gross_revenue(told, fewer))
    assert gains[:2] == pytest.approx([0, 0], abs=1e-12)
    assert min(gains[2:]) > 1e-3


def test_with_common_cut_points_rooms_of_one_resolution_know_the_same():
    told = neighbours.Parameters(common_cut_points=True, buyers=6, density=(2, 4), resolution=(3,))
    _, few, many = (room.knowledge.acquaintances for room in neighbours.rooms_of(told, 5))
    for known in (few, many):
        for person in range(6):
            assert len(np.unique(known.cuts[known.network.listed == person], axis=0)) == 1
    of_one = [known.cuts[known.network.listed == 2][0] for known in (few, many)]
    np.testing.assert_array_equal(*of_one)


ODD = {"liars": 1, "lazy": 1, "noisy": 2, "learners": 1, "odd_seat": 2, "prior": "common factor"}


@pytest.fixture(scope="module")
def odd_town():
    return played(neighbours, until=25, buyers=10, value_bound=16, **ODD)


def test_a_twin_meets_the_same_values_and_coins(odd_town):
    """With nobody made honest it is the run itself; with all honest, values and coins stay."""
    tables, told = played(neighbours, until=12, buyers=10, value_bound=16, noisy=1, density=(2,), delta=0.2)
    results = results_of(tables, told)
    for one, other in zip(results, neighbours.twin(told, 0, results, 3), strict=True):
        np.testing.assert_array_equal(one.revenue, other.revenue)
    tables, told = odd_town
    results = results_of(tables, told)
    for one, other in zip(results, neighbours.twin(told, 0, results), strict=True):
        np.testing.assert_array_equal(one.auctions, other.auctions)
        np.testing.assert_array_equal(one.values, other.values)
        np.testing.assert_array_equal(one.tails, other.tails)


def test_a_twin_of_an_interrupted_run_ends_where_it_does():
    parameters = neighbours.Parameters(until=100, lazy=1, density=(2,), resolution=(2,))
    market = neighbours.build(parameters, 0)
    market.advance_to(11.2)
    market.finish("interrupted")
    results = results_of(market.records.frames(), parameters)
    other = neighbours.twin(parameters, 0, results)
    assert [len(each.auctions) for each in other] == [len(each.auctions) for each in results]


def test_the_odd_ones_cost_the_seller(odd_town, tmp_path):
    tables, told = odd_town
    assert neighbours.kinds_in_a_room(told).tolist() == [0, 0, 1, 2, 3, 3, 4, 0, 0, 0]
    results = results_of(tables, told)
    assert over_rooms(losses(neighbours.twin(told, 0, results), results)[1:]).low > 0
    text = printed(neighbours.report(Folder(tables, tmp_path), manifest(told)))
    for words in ("honest (5)", "liars (1)", "lazy (1)", "noisy (2)", "learners (1)", "at most 2S", "gain"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 100
    assert (tmp_path / "share.png").stat().st_size > 10_000


def test_the_kind_table_adds_up(odd_town):
    """What all seats gain and the seller loses is the welfare that is lost; each kind has its own column."""
    tables, told = odd_town
    results, seats = results_of(tables, told), neighbours.kinds_in_a_room(told)
    honest = neighbours.twin(told, 0, results)
    alone = neighbours.twins_of_kinds(told, 0, results)
    rows = earnings(seats, neighbours.KINDS, results, honest, alone)
    gain = sum(
        rows[f"{kind} ({count})"]["gain"].estimate.mean * count
        for kind, count in zip(neighbours.KINDS, np.bincount(seats), strict=True)
    )
    welfare = [each.payoffs.sum(axis=1) + each.revenue for each in results[1:]]
    best = [each.payoffs.sum(axis=1) + each.revenue for each in honest[1:]]
    lost = over_rooms(losses(honest, results)[1:]).mean
    assert gain - lost == pytest.approx(np.mean(welfare) - np.mean(best))
    assert "cost the seller" not in rows["honest (5)"]
    assert rows["liars (1)"]["cost the seller"].estimate.mean == pytest.approx(
        np.mean([(a.revenue - b.revenue).mean() for a, b in zip(honest[1:], alone["liars"][1:], strict=True)])
    )


def test_a_town_without_honest_people_has_its_costs():
    sweep = {"density": (2,), "resolution": (2,)}
    tables, told = played(neighbours, until=12, buyers=3, value_bound=8, lazy=3, **sweep)
    seats, results = neighbours.kinds_in_a_room(told), results_of(tables, told)
    honest, alone = neighbours.twin(told, 0, results), neighbours.twins_of_kinds(told, 0, results)
    rows = earnings(seats, neighbours.KINDS, results, honest, alone)
    assert list(rows) == ["lazy (3)"]
    assert {"gain", "cost the seller"} <= set(rows["lazy (3)"])


def test_where_the_lazy_one_sits_matters():
    """The lowest index gives the density: at seat 0 laziness erases the prior, at the last seat nothing.

    Where ties are many and fine, what they rule out mends it.
    """
    costs = []
    for seat in (0, 11):
        tables, told = played(
            neighbours, until=60, value_bound=16, lazy=1, odd_seat=seat, density=(8,), resolution=(16,)
        )
        results = results_of(tables, told)
        costs.append([each.mean() for each in losses(neighbours.twin(told, 0, results), results)])
    assert costs[0][0] > 0.1
    assert costs[1][0] == pytest.approx(0, abs=1e-4)    # she pays for it herself, by a smaller reward
    assert costs[0][1] == pytest.approx(0, abs=1e-4)


def test_all_rooms_meet_the_same_values(town, odd_town):
    """Independent or with a common factor: what stands beside ℳ is the same in every room."""
    for tables, told in (town, odd_town):
        first, *others = results_of(tables, told)
        for other in others:
            np.testing.assert_array_equal(other.values, first.values)
        rows = neighbours.comparisons(neighbours.prior_of(told), [first, *others])
        assert len({row["lookahead"].estimate.mean for row in rows}) == 1


def test_with_common_cut_points_the_curves_are_flat_but_for_the_coins():
    tables, told = played(neighbours, until=40, common_cut_points=True, resolution=(4,))
    _, *rooms = results_of(tables, told)
    tails = np.all([room.tails for room in rooms], axis=0)
    assert tails.sum() > 20
    for room in rooms[1:]:
        np.testing.assert_allclose(room.revenue[tails], rooms[0].revenue[tails], atol=1e-4)


def test_rooms_that_were_interrupted_go_together_as_far_as_all_have_come():
    assert over_rooms([np.arange(21.0), np.arange(20.0)]).mean == pytest.approx(9.5)


def test_intervals_over_rooms_cover():
    """Earnings of two rooms of known mean, 400 runs of 60 auctions: 95% of the intervals hold their mean.

    The rooms meet the same luck. Batches laid over both rooms end to end would give intervals many times as
    wide.
    """
    rng, runs, covered, wider = np.random.default_rng(8), 400, 0, []
    for _ in range(runs):
        luck = rng.exponential(3, 60)
        few, many = rng.binomial(1, 0.5, 60) + luck / 6, 20 + luck
        estimate = over_rooms([few, many])
        covered += estimate.low <= 12 <= estimate.high
        wider.append(batch_means(np.concatenate([few, many])).half_width / estimate.half_width)
    low, high = stats.binom.interval(0.999, runs, 0.95)
    assert low - 0.01 * runs <= covered <= high
    assert min(wider) > 3


def test_the_page_reads_only_what_is_new():
    """Sums of revenue and highest values, and the last beliefs, are those of the whole tables at any time."""
    market = neighbours.build(neighbours.Parameters(delta=0.24, density=(2, 4), resolution=(3,)), 2)
    room = watched(market)
    assert market.sellers[room].plan.name == "2 ties, 3 bins"
    for now in (1, 2, 5, 6, 7, 8, 30):
        market.advance_to(now)
        auctions, messages = (market.records.frame(name) for name in ("auctions", "messages"))
        by_hand = auctions.groupby("seller_id")[["revenue", "best_welfare"]].sum().to_numpy()
        np.testing.assert_allclose(sums_so_far(market), by_hand.T, atol=1e-9)
        asked = messages[(messages["question_number"] == 1) & (messages["auction"] % 3 == room)]
        assert last_asked(market).auction == asked["auction"].max()
    market.close()


def test_too_many_odd_ones_are_refused():
    with pytest.raises(ValueError, match="odd_seat is 8 and 3 people"):
        neighbours.Parameters(buyers=10, liars=3, odd_seat=8)


def test_shifted_beliefs_keep_their_mass():
    np.testing.assert_allclose(shifted(np.array([0.2, 0.3, 0.5]), -1), [0.5, 0.5, 0.0])
    np.testing.assert_allclose(shifted(np.array([0.2, 0.3, 0.5]), 7), [0.0, 0.0, 1.0])
