"""Neighbours, sell the room, learn to tell: what the scenarios show, against theory and each other."""

import io

import numpy as np
import pytest
from rich.console import Console

from agents.strategies.reporters import shifted
from mechanisms.conservative import star_benchmark
from mechanisms.myerson import optimal_revenue
from scenarios import learn_to_tell, neighbours, sell_the_room
from sim.running import play


def played(module, seed=0, **settings):
    parameters = module.Parameters(**settings)
    market = module.build(parameters, seed)
    assert play(market, parameters.until) == "complete"
    market.close()
    return market.records.frames(), parameters


class Folder(dict):
    """Tables of a run with a folder."""

    def __init__(self, tables, directory):
        super().__init__(tables)
        self.directory = directory


def manifest(parameters, seed=0):
    return {"parameters": parameters.model_dump(), "seed": seed}


def printed(lines):
    console = Console(width=100, record=True, file=io.StringIO())
    for line in lines:
        console.print(line)
    return console.export_text()


# --- neighbours -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town():
    return played(neighbours, until=60, buyers=10, value_bound=16)


def test_the_gap_closes_with_knowledge(town):
    """Without ties S less about δS + ε; with eight ties and bins as fine as values nearly all of the gap."""
    tables, told = town
    results = neighbours.results_of(tables, told)
    rows = neighbours.comparisons(told, results)
    share = [row["share of gap"].estimate.mean for row in rows]
    assert abs(share[0]) < 0.2
    assert share[-1] > 0.95
    assert share[1] < share[7] < share[-1]
    prior = neighbours.prior_of(told)
    known = np.concatenate([result.values for result in results])
    lookahead = neighbours.LookaheadAuction(prior).outcome(known).revenue
    error = lookahead.std() / np.sqrt(len(lookahead))
    assert abs(lookahead.mean() - star_benchmark(prior)) < 4.5 * error
    assert optimal_revenue(prior.marginals[0], prior.n) >= star_benchmark(prior) - 1e-12


def test_money_adds_up_and_rewards_are_bounded(town):
    """What buyers keep and the seller earns is the value of the good; a reward is at most 2δε/(3nB)."""
    tables, told = town
    for result in neighbours.results_of(tables, told):
        welfare = result.payoffs.sum(axis=1) + result.revenue
        assert np.all(
            (np.abs(welfare[:, None] - result.values).min(axis=1) < 1e-9) | (np.abs(welfare) < 1e-9)
        )
        most = 2 * told.delta * told.epsilon / (3 * told.buyers * told.value_bound)
        assert result.rewards.max() <= most * (1 + 1e-12)
        assert not result.rewards[~result.tails].any()


def test_an_honest_town_costs_nothing(town):
    """Replayed on the recorded profiles it earns, on tails, what the records say."""
    tables, told = town
    results = neighbours.results_of(tables, told)
    room = neighbours.rooms_of(told, 0)[5]
    tails = results[5].tails
    again = neighbours.honest_revenue(told, 0, room, results[5].values[tails])
    np.testing.assert_allclose(again, results[5].revenue[tails], atol=1e-12)


def test_the_odd_ones_cost_the_seller(tmp_path):
    tables, told = played(
        neighbours,
        until=25,
        buyers=10,
        value_bound=16,
        liars=1,
        lazy=1,
        noisy=2,
        learners=1,
        odd_seat=2,
        prior="common factor",
    )
    assert neighbours.kinds_in_a_room(told).tolist() == [0, 0, 1, 2, 3, 3, 4, 0, 0, 0]
    results = neighbours.results_of(tables, told)
    cost = neighbours.cost_of_the_odd(told, 0, results)
    assert cost.low > 0
    text = printed(neighbours.report(Folder(tables, tmp_path), manifest(told)))
    for kind in ("5 honest", "1 liars", "1 lazy", "2 noisy", "1 learners", "at most 2S", "cost the seller"):
        assert kind in text
    assert max(map(len, text.splitlines())) <= 100
    assert (tmp_path / "share.png").stat().st_size > 10_000


def test_where_the_lazy_one_sits_matters():
    """The lowest index gives the density: laziness at seat 0 costs more than at the last seat."""
    costs = []
    for seat in (0, 9):
        tables, told = played(neighbours, until=40, buyers=10, value_bound=16, lazy=1, odd_seat=seat)
        costs.append(neighbours.cost_of_the_odd(told, 0, neighbours.results_of(tables, told)))
    assert costs[0].mean > costs[1].mean


def test_too_many_odd_ones_are_refused():
    with pytest.raises(ValueError, match="odd_seat is 8 and 3 people"):
        neighbours.Parameters(buyers=10, liars=3, odd_seat=8)


def test_shifted_beliefs_keep_their_mass():
    np.testing.assert_allclose(shifted(np.array([0.2, 0.3, 0.5]), -1), [0.5, 0.5, 0.0])
    np.testing.assert_allclose(shifted(np.array([0.2, 0.3, 0.5]), 7), [0.0, 0.0, 1.0])


# --- sell the room ----------------------------------------------------------------------------------


def test_the_room_earns_what_theory_says(monkeypatch, tmp_path):
    monkeypatch.setattr(sell_the_room, "SIZES", (2, 3, 6))
    tables, told = played(sell_the_room, until=150, prior="two kinds")
    rows = sell_the_room.shares(tables, told)
    for n, row in rows.items():
        room = row["𝕄"]
        assert abs(room.estimate.mean - room.theory) < 2.5 * room.estimate.half_width
        best = optimal_revenue(sell_the_room.value_of(told), n)
        assert room.theory >= 1 - 1 / n - told.epsilon / best
    assert sell_the_room.ahead(rows[6]).startswith("𝕄")
    text = printed(sell_the_room.report(Folder(tables, tmp_path), manifest(told)))
    assert max(map(len, text.splitlines())) <= 100
    assert (tmp_path / "revenue.png").stat().st_size > 10_000


@pytest.mark.parametrize("prior", sell_the_room.PRIORS)
def test_the_guarantee_holds_for_all_sizes(prior):
    """OPT(n-1) less ε is at least (1 - 1/n) OPT - ε (Theorem 1)."""
    told = sell_the_room.Parameters(prior=prior)
    for n in sell_the_room.SIZES:
        best = optimal_revenue(sell_the_room.value_of(told), n)
        assert sell_the_room.expected_share(told, n) * best >= (1 - 1 / n) * best - told.epsilon


# --- learn to tell ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lessons():
    return played(learn_to_tell, until=600)


def test_truth_is_learned_from_everything_and_not_from_payoffs(lessons):
    tables, told = lessons
    informed, bandit, scored, paid = learn_to_tell.learned(tables, told)
    assert learn_to_tell.quarter(informed, last=True).mean > 0.95
    assert learn_to_tell.quarter(bandit, last=True).mean < 0.6
    assert learn_to_tell.quarter(scored, last=True).mean < 0.02
    assert learn_to_tell.quarter(paid, last=True).mean > 0.05


def test_how_long_bandits_would_need():
    """n = 2, B = 4, δ = ε = 1/5: (4 / (0.04 · 1.4 / 24))², about three million."""
    value, belief = learn_to_tell.auctions_needed(learn_to_tell.Parameters())
    assert value == pytest.approx((4 * 24 / (0.04 * 1.4)) ** 2)
    truth = np.array([8, 4, 2, 1]) / 15
    assert belief == pytest.approx((4 * 24 / (0.04 * ((truth - 0.25) ** 2).sum())) ** 2)


def test_what_informed_learners_are_told_is_exact():
    """Heads: ε δ / (nB) for each price up to the report; the table holds ℳ's expected allocation."""
    told = learn_to_tell.Parameters()
    informed = learn_to_tell.strategies(told, 0)[0]
    got, paid = informed.allocation[3, 0], informed.payments[3, 0]
    heads = told.delta * 4 / (2 * 4)
    beliefs = np.array([8, 4, 2, 1]) / 15  # a priori the star may be worth anything; best price 1: 7/15
    revenues = np.arange(4) * beliefs[::-1].cumsum()[::-1]
    price = int(revenues.argmax())
    assert got[0] == pytest.approx(heads + (1 - told.delta))
    money = told.delta / 8 * sum(p - told.epsilon for p in range(4)) + 0.8 * (price - told.epsilon)
    assert paid[0] == pytest.approx(money)


def test_lessons_are_reported(lessons, tmp_path):
    tables, told = lessons
    text = printed(learn_to_tell.report(Folder(tables, tmp_path), manifest(told)))
    assert "values, told" in text
    assert max(map(len, text.splitlines())) <= 100
    assert (tmp_path / "values.png").stat().st_size > 5_000
    assert (tmp_path / "beliefs.png").stat().st_size > 5_000
