"""Sell the room, learn to tell: what the scenarios show, against theory and each other."""

import numpy as np
import pytest
from scipy import stats

from mechanisms.myerson import optimal_revenue
from scenarios import learn_to_tell, sell_the_room
from sim.statistics import batch_means
from tests.scenarios.played import Folder, manifest, played, printed

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
    revenue = tables["auctions"].query("seller_id == 10").sort_values("auction")["revenue"].to_numpy()
    alone = batch_means(revenue / optimal_revenue(sell_the_room.value_of(told), 6))
    assert rows[6]["𝕄"].estimate.half_width < 0.7 * alone.half_width
    text = printed(sell_the_room.report(Folder(tables, tmp_path), manifest(told)))
    assert max(map(len, text.splitlines())) <= 100
    assert (tmp_path / "revenue.png").stat().st_size > 10_000


def test_a_control_takes_luck_away_and_intervals_cover():
    """Revenue is half of the control (of mean 4) and noise: its mean, 2, is covered by half the width."""
    rng, covered, narrower = np.random.default_rng(3), 0, []
    for _ in range(400):
        control = rng.exponential(4, 200)
        series = control / 2 + rng.normal(0, 0.5, 200)
        estimate = batch_means(sell_the_room.with_control(series, control, 4.0))
        covered += estimate.low <= 2 <= estimate.high
        narrower.append(estimate.half_width / batch_means(series).half_width)
    low, high = stats.binom.interval(0.999, 400, 0.95)
    assert low - 4 <= covered <= high + 4
    assert np.mean(narrower) < 0.5


def test_a_control_without_spread_or_without_auctions_changes_nothing():
    series = np.array([1.0, 3.0])
    np.testing.assert_array_equal(sell_the_room.with_control(series, np.ones(2), 5.0), series)
    assert sell_the_room.with_control(np.empty(0), np.empty(0), 5.0).shape == (0,)


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
    assert "values, told her payoff" in text
    assert text.count("at first") == 2
    assert max(map(len, text.splitlines())) <= 100
    assert (tmp_path / "values.png").stat().st_size > 5_000
    assert (tmp_path / "beliefs.png").stat().st_size > 5_000
