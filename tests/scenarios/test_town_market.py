"""The main scenario: what is in it, against theory, and the same bytes from the same seed."""

import numpy as np
import pandas as pd
import pytest

from mechanisms.auctions import AscendingClock, FirstPrice, OpenProxy, PostedPrice, SecondPrice
from mechanisms.auctions.myerson import MyersonAuction
from mechanisms.distributions import Uniform
from scenarios import town_market
from scenarios.town_market import Parameters, build
from sim.records import load
from sim.runs.logged_bids import BidsError, read_bids
from sim.runs.report import seller_measures
from sim.runs.run import play_until
from tests.sim.command import ROOT, SMALL, bazaar, run

__all__ = ["bazaar"]

SYNTHETIC = ROOT / "scenarios" / "data" / "synthetic_bids.csv"


def played(until=15, seed=0, **settings):
    """The tables of a small run."""
    settings = {"buyers": 40, "rate": 0.3, "until": until} | settings
    parameters = Parameters(**settings)
    market = build(parameters, seed)
    assert play_until(market, parameters.until) == "complete"
    market.close()
    return market.records.frames()


# --- what is in it ----------------------------------------------------------------------------------


def test_six_sellers_with_six_formats():
    """For values uniform on 0 to 100 the monopoly price is 50 (Krishna, Auction Theory, Section 2.5)."""
    market = build()
    formats = [seller.plan.mechanism for seller in market.sellers]
    assert [type(format_) for format_ in formats] == [
        SecondPrice,
        FirstPrice,
        PostedPrice,
        AscendingClock,
        OpenProxy,
        MyersonAuction,
    ]
    assert formats[0].reserve == pytest.approx(50, abs=1e-3)
    assert formats[2].price == pytest.approx(50, abs=1e-3)
    assert formats[4].increment == pytest.approx(0.02 * 50)
    assert len(market.population) >= 200
    assert len(set(market.population.latency)) > 1
    market.close()


def test_a_price_of_ones_own():
    formats = town_market.mechanisms(Parameters(reserve=0, posted_price=70), Uniform(0, 100), 0)
    assert formats["second price"].reserve == 0
    assert formats["posted price"].price == 70


def test_myerson_knows_a_sample_and_no_buyers_value():
    formats = town_market.mechanisms(Parameters(sample=50), Uniform(0, 100), 0)
    estimate = formats["Myerson"].priors
    assert 0 <= estimate.support[0] < estimate.support[1] <= 100
    edges = set(estimate.edges)
    values = played()["messages"]["value"]
    assert edges.isdisjoint(values)


def test_the_estimate_approaches_the_prior():
    """By Dvoretzky, Kiefer and Wolfowitz 10,000 samples are within 0.02 but for 2 exp(-8) = 0.0007."""
    prior = Uniform(0, 100)
    samples = prior.quantile(np.random.default_rng(1).random(10_000))
    values = np.linspace(0, 100, 201)
    assert np.abs(town_market.smoothed(samples).cdf(values) - prior.cdf(values)).max() < 0.02


def test_latencies_have_the_mean_that_was_asked_for():
    """The mean of n log-normals with sigma 0.5 has the relative standard error sqrt((exp(0.25) - 1) / n)."""
    n = 20_000
    latency = town_market.make_population(Parameters(buyers=n), Uniform(0, 1), 3).latency
    assert latency.mean() == pytest.approx(0.02, rel=4 * np.sqrt((np.exp(0.25) - 1) / n))


def test_another_buyer_changes_nothing_for_the_others():
    few, more = (town_market.make_population(Parameters(buyers=n), Uniform(0, 1), 3) for n in (50, 51))
    assert few.latency.tolist() == more.latency[:50].tolist()
    assert few.membership.tolist() == more.membership[:50].tolist()


def test_snipers_and_step_by_step_bidders_are_a_few():
    membership = town_market.make_population(Parameters(buyers=10_000), Uniform(0, 1), 0).membership
    shares = np.bincount(membership) / 10_000
    assert np.abs(shares - [0.9, 0.05, 0.05]).max() < 4 * np.sqrt(0.09 / 10_000)


# --- against theory ---------------------------------------------------------------------------------


def test_bidders_shade_as_in_equilibrium_at_first_price():
    """With n bidders uniform on 0 to 100, bid (n − 1)/n of the value (Krishna, Section 2.3)."""
    tables = played(sellers=2)
    auctions = tables["auctions"].set_index("auction")
    messages = tables["messages"].join(auctions[["seller", "bidders"]], on="auction")
    sealed = messages[messages["seller"] == "first price"]
    assert len(sealed) > 20
    n = sealed["bidders"]
    np.testing.assert_allclose(sealed["bid"], sealed["value"] * (n - 1) / n, atol=1e-3)


def test_truthful_buyers_keep_nothing_at_first_price():
    tables = played(sellers=2, strategy="truthful", snipers=0, incremental=0)
    first = seller_measures(tables)[1]
    assert first.name == "first price"
    assert first.revenue > 0
    assert first.surplus_per_auction.mean == pytest.approx(0, abs=1e-9)


def test_benchmarks_are_the_optimal_auctions():
    """The highest of n virtual values 2v − 1, or 0, is expected to be 1/4 for n = 1, 5/12 for n = 2."""
    benchmarks = played()["benchmarks"].set_index("bidders")["optimal_revenue"]
    known = {0: 0.0, 1: 25.0, 2: 500 / 12}
    found = {n: benchmarks[n] for n in known if n in benchmarks.index}
    assert len(found) >= 2
    for n, revenue in found.items():
        assert revenue == pytest.approx(known[n], rel=1e-4)


def test_the_posted_price_is_what_is_paid():
    tables = played(sellers=3, posted_price=40)
    sales = tables["transactions"]
    paid = sales[sales["seller_id"] == 2]["payment"]
    assert len(paid)
    assert set(paid) == {40.0}


def test_a_single_seller_has_all_visits():
    (only,) = seller_measures(played(sellers=1, degree=0))
    assert only.visit_share.mean == 1


def test_only_those_in_the_trace_come(tmp_path):
    (tmp_path / "trace.csv").write_text("time,buyer\n0.5,3\n0.7,5\n1.5,3\n")
    rate = Parameters().rate  # as it is, since the trace says who wants when
    visits = played(trace=str(tmp_path / "trace.csv"), comeback=0, rate=rate)["visits"]
    assert sorted(zip(visits["time"], visits["person_id"], strict=True)) == [(0.5, 3), (0.7, 5), (1.5, 3)]


# --- logged bids ------------------------------------------------------------------------------------


def test_values_follow_the_logged_bids():
    """Each is as frequent in the prior as in the file, and no other value is drawn."""
    logged = read_bids(SYNTHETIC, item="camera")
    prior, samples = town_market.estimated_prior(logged), logged.prior()
    shares = np.searchsorted(samples, samples, side="right") / samples.size
    np.testing.assert_allclose(prior.cdf(samples), shares, atol=1e-12)
    values = played(bids={"file": str(SYNTHETIC), "item": "camera"})["messages"]["value"]
    assert set(values.dropna()) <= set(samples)


def test_one_value_is_no_prior(tmp_path):
    path = tmp_path / "bids.csv"
    path.write_text("auctionid,bidder,bid\n1,ann,5\n2,bob,5\n")
    with pytest.raises(BidsError, match="all highest bids are 5"):
        build(Parameters(bids={"file": str(path)}))


def test_the_scale_of_money_does_not_matter(tmp_path):
    """Bids in cents instead of units: everything a hundred times as large, and nothing else different."""
    frame = pd.read_csv(SYNTHETIC)
    frame.assign(bid=frame["bid"] * 128).to_csv(tmp_path / "scaled.csv", index=False)
    units = played(bids={"file": str(SYNTHETIC)})["auctions"]
    scaled = played(bids={"file": str(tmp_path / "scaled.csv")})["auctions"]
    np.testing.assert_allclose(scaled["revenue"], 128 * units["revenue"], rtol=1e-9)


# --- runs -------------------------------------------------------------------------------------------


def test_three_lines_of_pandas_give_the_same_revenue(bazaar):
    answer = bazaar("run", *SMALL, "--out", "here", "--bids", str(SYNTHETIC))
    lines = answer.out.splitlines()
    run = load("here")
    auctions = run["auctions"]
    revenue = auctions.groupby("seller", observed=True)["revenue"].sum()
    assert len(revenue) == 6
    for name, money in revenue.items():
        place = next(k for k, line in enumerate(lines) if line.strip().startswith(str(name)))
        below = lines[place + 1].split()
        assert below[:2] in ([f"{money:,.2f}", "in"], [f"{money:,.1f}", "in"], [f"{money:,.0f}", "in"])


def test_the_command_and_the_script_leave_the_same_bytes_in_processes_of_their_own(tmp_path):
    command, script = ("-m", "scenarios", "run", "town_market"), (ROOT / "scenarios" / "town_market.py",)
    one = run(*command, *SMALL, "--out", "run-1", folder=tmp_path, PYTHONHASHSEED="1")
    two = run(*script, *SMALL, "--out", "run-2", folder=tmp_path, PYTHONHASHSEED="2")
    assert (one.code, one.err, two.code, two.err) == (0, "", 0, "")
    assert one.out == two.out.replace("run-2", "run-1")
    files = sorted(path.relative_to(tmp_path / "run-1") for path in tmp_path.glob("run-1/**/*.parquet"))
    assert len(files) >= 5
    for file in files:
        assert (tmp_path / "run-1" / file).read_bytes() == (tmp_path / "run-2" / file).read_bytes(), file


def test_another_seed_another_run():
    assert not played(until=5, seed=0)["messages"].equals(played(until=5, seed=1)["messages"])
