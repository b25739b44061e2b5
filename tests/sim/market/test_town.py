"""The town: wants arise, buyers choose sellers, are served or come back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from agents.knowledge.network import Neighbours, small_world
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Truthful
from agents.town.choice import Logit, Uniformly
from mechanisms.auctions import PostedPrice, SecondPrice
from mechanisms.distributions import Uniform
from sim.market.arrivals import Trace, TraceError
from sim.market.market import Market
from sim.market.town import Town

PRIOR = Uniform(0, 1)


def run(town, plans, buyers=40, until=200.0, seed=1, **options):
    population = Population([Group(Truthful(), prior=PRIOR)], np.zeros(buyers, int), **options)
    market = Market(population, plans, [town] * len(plans), PRIOR, seed=seed)
    market.advance_to(until)
    market.finish()
    market.close()
    return market, market.records.frames()


def open_town(buyers=40, **options):
    return Town(options.pop("choice", Uniformly()), Neighbours.none(buyers), **options)


def test_wants_arise_at_the_poisson_rate_while_buyers_are_free():
    # Served or not, nobody comes back with an old want; auctions are held so often and so quickly that
    # a buyer is busy for a negligible time. Visits are then Poisson with mean buyers × rate × time.
    plan = SellerPlan(PostedPrice(0.0, supply=1000), period=0.001, window=0.001)
    _, frames = run(open_town(rate=0.5, comeback=0.0), [plan], until=50.0)
    expected = 40 * 0.5 * 50
    low, high = stats.poisson(expected).ppf([0.0005, 0.9995])
    assert low <= len(frames["visits"]) <= high


def test_everybody_served_goes_home_and_everybody_else_comes_back_with_probability_comeback():
    plan = SellerPlan(SecondPrice(), period=1.0, window=0.5)
    _, frames = run(open_town(rate=0.05, comeback=1.0, retry=0.1), [plan])
    values = frames["messages"].sort_values(["bidder_id", "time"])
    # With certain comebacks a buyer brings the same value until she is served.
    for _, of_buyer in values.groupby("bidder_id"):
        won = of_buyer.merge(frames["transactions"][["auction", "bidder_id", "quantity"]], how="left")
        fresh = won["quantity"].shift(fill_value=1.0).notna().to_numpy()
        repeated = won["value"].to_numpy()[1:] == won["value"].to_numpy()[:-1]
        assert (repeated == ~fresh[1:]).all()


def test_without_comebacks_every_visit_has_a_new_value():
    plan = SellerPlan(SecondPrice(), period=1.0, window=0.5)
    _, frames = run(open_town(rate=0.05, comeback=0.0), [plan])
    assert frames["messages"]["value"].is_unique


def test_a_buyer_is_in_one_auction_at_a_time():
    plans = [SellerPlan(SecondPrice(), period=1.0, window=0.9, first=0.1 * k) for k in range(4)]
    _, frames = run(open_town(rate=2.0, comeback=0.9, retry=0.05), plans, latency=0.3)
    spells = frames["messages"].merge(frames["auctions"][["auction", "opened", "closed"]])
    for _, of_buyer in spells.sort_values("opened").groupby("bidder_id"):
        assert (of_buyer["opened"].to_numpy()[1:] >= of_buyer["closed"].to_numpy()[:-1]).all()
    assert (frames["messages"].groupby(["auction", "bidder_id"]).size() == 1).all()


def test_buyers_learn_where_they_fare_better():
    # The second seller posts a price that leaves nothing to anybody.
    plans = [SellerPlan(SecondPrice(), window=0.5), SellerPlan(PostedPrice(1.0), window=0.5)]
    town = open_town(choice=Logit(temperature=0.01, optimism=0.2), rate=0.05, comeback=0.0)
    _, frames = run(town, plans, until=400)
    late = frames["visits"].query("time > 200")
    assert (late["seller_id"] == 0).mean() > 0.9


def test_neighbours_spare_each_other_bad_visits():
    plans = [SellerPlan(SecondPrice(), window=0.5), SellerPlan(PostedPrice(1.0), window=0.5)]
    shares = []
    for heard_weight in (0.0, 1.0):
        choice = Logit(temperature=0.02, heard_weight=heard_weight, optimism=0.2)
        network = small_world(40, 6, 0.1, np.random.default_rng(3))
        _, frames = run(Town(choice, network, rate=0.1), plans, until=300)
        shares.append((frames["visits"]["seller_id"] == 1).mean())
    assert shares[1] < shares[0]


def test_sold_out_sellers_send_visitors_away_with_nothing():
    plan = SellerPlan(PostedPrice(0.0, supply=2), stock=5, window=0.1)
    market, frames = run(open_town(rate=0.5), [plan], until=50)
    assert market.sellers[0].stock == 1  # two auctions of two units each; one unit cannot fill a third
    assert frames["transactions"]["quantity"].sum() == 4
    assert set(frames["visits"].query("time > 20")["outcome"]) == {"sold out"}


def test_who_was_turned_away_brings_a_type_of_the_prior_elsewhere():
    """Her want has none yet, or the one that she was seated with before, and loses nothing by coming back."""
    plans = [SellerPlan(SecondPrice(), window=0.1, stock=0), SellerPlan(SecondPrice(), window=0.1, first=0.5)]
    _, frames = run(open_town(rate=0.2, comeback=1.0), plans)
    served = frames["visits"]["outcome"] == "served"
    values = frames["messages"].groupby("bidder_id")["value"]
    assert (frames["visits"]["outcome"] == "sold out").sum() > 100
    assert (frames["messages"]["value"] > 0).all()
    wins = frames["visits"][served].groupby("person_id").size().reindex(range(40), fill_value=0)
    assert (values.nunique().reindex(range(40), fill_value=0) - wins).isin([0, 1]).all()


def test_restocked_sellers_open_again():
    plan = SellerPlan(PostedPrice(0.0), stock=0, restock_every=10.0, restock_units=3, window=0.1)
    market, frames = run(open_town(rate=0.5), [plan], until=45)
    assert frames["transactions"]["quantity"].sum() == 12
    assert market.sellers[0].stock == 0


def test_another_buyer_changes_nobody_elses_draws():
    # Everybody is offered a free unit as soon as she comes, so nobody bears on anybody else.
    plan = SellerPlan(PostedPrice(0.0, supply=1000), period=0.01, window=0.01)
    worlds = []
    for buyers in (30, 31):
        _, frames = run(open_town(buyers, rate=0.5, comeback=0.0), [plan], buyers=buyers, until=20)
        worlds.append((frames["visits"], frames["transactions"][["bidder_id", "value"]]))
    for fewer, more in zip(*worlds, strict=True):
        column = "person_id" if "person_id" in fewer else "bidder_id"
        for buyer in range(30):
            ours, theirs = (frame[frame[column] == buyer].iloc[:, -1].tolist() for frame in (fewer, more))
            assert ours == theirs


def test_same_seed_same_records_and_another_seed_others():
    plans = [SellerPlan(SecondPrice(), window=0.5), SellerPlan(PostedPrice(0.5), window=0.5)]
    frames = [run(open_town(rate=0.3), plans, seed=seed)[1] for seed in (7, 7, 8)]
    assert all(frames[0][name].equals(frames[1][name]) for name in frames[0])
    assert not frames[0]["visits"].equals(frames[2]["visits"])


def test_a_trace_sets_who_comes_when(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("buyer,time\n3,0.5\n1,0.25\n1,0.3\n2,7.5\n")
    trace = Trace.read(path, buyers=40)
    plan = SellerPlan(PostedPrice(0.0, supply=9), window=0.5)
    _, frames = run(open_town(trace=trace, comeback=0.0), [plan], until=20)
    visits = frames["visits"].sort_values("time")
    assert visits[["time", "person_id"]].to_numpy().tolist() == [[0.25, 1], [0.3, 1], [0.5, 3], [7.5, 2]]
    assert visits["outcome"].tolist() == ["served", "busy", "served", "served"]


def test_a_trace_brings_no_second_want_while_the_first_one_waits():
    trace = Trace(np.array([0.1, 1.6]), np.array([0, 0]))
    plan = SellerPlan(PostedPrice(2.0), window=0.5)  # nobody takes it
    _, frames = run(open_town(1, trace=trace, comeback=1.0, retry=100.0), [plan], buyers=1, until=3000)
    visits = frames["visits"].sort_values("time")
    assert visits["outcome"].tolist()[:3] == ["not served", "busy", "not served"]
    # One want, which returns after 100 units of time on average, and not a second one beside it.
    low, high = stats.poisson(3000 / 100).ppf([0.0005, 0.9995])
    assert low <= (visits["outcome"] == "not served").sum() - 1 <= high
    assert frames["messages"]["value"].nunique() == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("buyer,when\n1,2\n", "needs the columns time and buyer, each once, has buyer, when"),
        ("", "each once, has none"),
        ("time,time,buyer\n1,2,3\n", "each once, has time, time, buyer"),
        ("time,buyer\n1,2,3\n", "line 2: has more fields than the header has columns"),
        ("time,buyer\n", "no arrivals"),
        ("time,buyer\nsoon,1\n", "line 2: time must be finite and at least 0, got 'soon'"),
        ("time,buyer\n1,1\n-2,1\n", "line 3: time must"),
        ("time,buyer\n1,40\n", "buyer must be a number from 0 to 39, got '40'"),
        ("time,buyer\n1\n", "buyer must be"),
        ("time,buyer\n1,²\n", "line 2: buyer must be a number from 0 to 39, got '²'"),
        ("time,buyer\n1," + "9" * 5000, "line 2: buyer must be a number from 0 to 39, got '9999"),
        ("time,buyer\n1," + "9" * 200_000, "cannot be read as a UTF-8 CSV file"),
        ('time,buyer\n1,"2\n', "cannot be read as a UTF-8 CSV file"),
    ],
)
def test_bad_traces_are_refused(tmp_path, text, complaint):
    path = tmp_path / "trace.csv"
    path.write_text(text)
    with pytest.raises(TraceError, match=complaint):
        Trace.read(path, buyers=40)


def test_a_missing_trace_is_refused(tmp_path):
    with pytest.raises(TraceError, match=r"none.csv': cannot be read \(No such file"):
        Trace.read(tmp_path / "none.csv", buyers=40)
    with pytest.raises(TraceError, match="trace is '': cannot be read"):
        Trace.read("", buyers=40)


@pytest.mark.parametrize(
    "options", [{"rate": 0}, {"rate": np.nan}, {"comeback": 1.5}, {"comeback": -0.1}, {"retry": 0.0}]
)
def test_parameters_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        open_town(**options)
