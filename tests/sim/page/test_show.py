"""The page without a browser: what it reads, that it changes nothing, what it says when something fails."""

import re
import socket
from types import SimpleNamespace

import numpy as np
import pytest
from pandas import DataFrame

from agents.population import Population
from agents.seller import SellerPlan
from agents.strategies.base import Truthful
from mechanisms.auctions import FirstPrice, SecondPrice
from mechanisms.auctions.myerson import optimal_revenue
from mechanisms.distributions import Uniform
from scenarios import coffee_shop, town_market
from scenarios._coffee_shop_page import at_the_counter
from sim.market.market import Market
from sim.market.panel import Panel
from sim.page import bids, panels, scene, server, town
from sim.page.show import show_of
from sim.records import IncompleteRunWarning, OutputError, load
from sim.runs.run import play_until
from sim.runs.scenario import Parameters
from tests.sim.command import bazaar, run
from tests.sim.page.shows import SMALL, entry_of, shown, tiny

__all__ = ["bazaar"]


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


# --- the run is the same ----------------------------------------------------------------------------


def test_same_seed_same_bytes_with_and_without_the_page(bazaar, tmp_path):
    show = shown(seed=3)
    while show.running:
        show.step()
        for panel in (*panels.figures(show.scene), *panels.TABLES):
            panel.draw(show.scene)
        town.town(show.scene)
    folder = show.save(tmp_path / "saved")
    told = [f"--set={name}={value}" for name, value in SMALL.items()]
    assert bazaar("run", "--seed", "3", *told, "--out", str(tmp_path / "plain")).code == 0
    plain = files_of(tmp_path / "plain")
    assert len(plain) >= 5
    assert files_of(folder) == plain
    assert load(folder).complete


def test_saving_in_the_middle_changes_nothing(tmp_path):
    disturbed, left_alone = shown(), shown()
    for show in (disturbed, left_alone):
        for step in range(8):
            show.step()
            if show is disturbed and step in (2, 5):
                show.save(tmp_path / "runs")
    for name, table in left_alone.records.frames().items():
        assert table.equals(disturbed.records.frame(name)), name


def test_what_is_saved_in_the_middle_is_the_run_so_far(tmp_path):
    folder = shown(steps=4).save(tmp_path)
    market = town_market.build(town_market.Parameters(buyers=40, rate=0.3, until=4), 0)
    play_until(market, 4)
    with pytest.warns(IncompleteRunWarning, match="interrupted"):
        saved = load(folder)
    for name, table in market.records.frames().items():
        if name == "auctions":
            table = table[table["status"] != "unfinished"]
        pairs = zip(saved[name].items(), table.items(), strict=True)
        for (column, found), (_, expected) in pairs:
            assert found.astype(object).equals(expected.astype(object)), (name, column)
    assert saved.manifest["parameters"]["buyers"] == 40


def test_rows_held_back_are_seen():
    """A panel plays 256 auctions ahead; after 5 units of time each of two sellers has finished 5."""
    show = shown(steps=5, module=tiny([Truthful()] * 3, [SecondPrice(), FirstPrice()]), buyers="", rate="")
    assert show.scene.held.tolist() == [5, 5]
    assert len(show.scene.messages) == 2 * 5 * 3


def test_panels_played_ahead_leave_the_same_rows_in_the_same_order():
    """The market brings its records up to date at whole ticks, with the page and without."""
    module = tiny([Truthful()] * 3, [SecondPrice(), FirstPrice()])
    show = shown(steps=8, module=module, buyers="", rate="")
    market = module.build(Parameters(until=8), 0)
    play_until(market, 8)
    for name in ("auctions", "messages", "transactions"):
        watched, plain = (records.frame(name) for records in (show.records, market.records))
        assert len(watched)
        assert watched.equals(plain)


# --- what it reads ----------------------------------------------------------------------------------


def test_revenue_and_benchmark_are_those_of_the_records():
    show = shown(steps=6)
    times, earned, expected = show.scene.revenue()
    auctions = show.records.frame("auctions")
    assert times.tolist() == [0, 1, 2, 3, 4, 5, 6]
    for row, time in enumerate(times):
        so_far = auctions[auctions["closed"] < time]
        for seller in range(6):
            own = so_far[so_far["seller_id"] == seller]
            assert earned[row, seller] == pytest.approx(own["revenue"].sum())
            best = sum(optimal_revenue(Uniform(0, 100), n) for n in own["bidders"].tolist())
            assert expected[row, seller] == pytest.approx(best)


def test_surplus_is_value_less_payment():
    show = shown(steps=8)
    sales = show.records.frame("transactions")
    assert show.scene.surplus.sum() == pytest.approx((sales["value"] - sales["payment"]).sum())
    happiest = int(show.scene.surplus.argmax())
    own = sales[sales["bidder_id"] == happiest]
    assert show.scene.surplus[happiest] == pytest.approx((own["value"] - own["payment"]).sum())


def test_trades_of_the_last_step_alone_light_up():
    show = shown(steps=7)
    times = show.records.frame("transactions")["time"]
    assert 0 < len(show.scene.trades) == times.between(6, 7, inclusive="left").sum() < len(times)


def test_ties_are_the_small_world():
    """Without rewiring a small world of degree 2 is a ring (Watts and Strogatz 1998)."""
    ties = shown(degree="2", rewiring=0.0).scene.ties.tolist()
    assert sorted(ties) == sorted([[k, k + 1] for k in range(39)] + [[0, 39]])


def test_bids_on_the_page_are_the_last_answers():
    show = shown(steps=5, sellers=1)
    last = bids.last_bids(show.scene)
    messages = show.records.frame("messages")
    assert len(last) == len(messages.drop_duplicates(["auction", "bidder_id"]))
    np.testing.assert_array_equal(last["said"], last["value"])


def test_long_series_are_thinned_and_keep_their_ends(monkeypatch):
    monkeypatch.setattr(scene, "_MOST_POINTS", 40)
    monkeypatch.setattr(scene, "_MESSAGES", 30)
    show = shown(steps=90, module=tiny([Truthful()] * 2), buyers="", rate="", until="100")
    times, earned, _ = show.scene.revenue()
    assert 20 <= len(times) <= 40
    assert (times[0], times[-1]) == (0, 90)
    assert earned[-1, 0] == pytest.approx(show.records.frame("auctions")["revenue"].sum())
    last = show.records.frame("messages").tail(30)
    assert show.scene.messages["bid"].tolist() == last["bid"].tolist()


# --- runs that are no market ------------------------------------------------------------------------


def test_the_coffee_shop_has_a_page_of_its_own_panels(bazaar, tmp_path):
    show = show_of(entry_of(coffee_shop, "coffee_shop"))(until="20")
    own = [panels.scenario_panel(draw) for draw in show.panels]
    before = [panels.panel_content(panel, show.scene) for panel in own]
    while show.running:
        show.step()
    assert (show.failed, show.scene.now) == (False, 20)
    after = [panels.panel_content(panel, show.scene) for panel in own]
    assert not any("failed" in str(each) for each in after)
    assert all(one != other for one, other in zip(before, after, strict=True))
    folder = show.save(tmp_path / "saved")
    assert bazaar("run", "coffee_shop", "--until", "20", "--out", str(tmp_path / "plain")).code == 0
    assert files_of(folder) == files_of(tmp_path / "plain")
    assert load(folder).complete


@pytest.mark.parametrize(("rate", "steps"), [("1", 20), ("0.25", 5), ("0.001", 1)])
def test_in_a_step_of_a_short_run_a_customer_comes_to_each_counter(rate, steps):
    show = show_of(entry_of(coffee_shop, "coffee_shop"))(until="20", rate=rate)
    while show.running:
        show.step()
    assert (show.failed, show.steps) == (False, steps)


def test_people_at_the_counter_are_those_between_coming_and_leaving():
    customers = DataFrame({"arrived": [0.0, 1.0, 1.5], "left": [2.0, 1.2, 4.0]})
    times = np.array([0.5, 1.1, 1.3, 1.5, 3.0, 4.0])
    assert at_the_counter(customers, times).tolist() == [1, 2, 1, 2, 1, 0]


# --- what goes wrong --------------------------------------------------------------------------------

WRONG = {
    "seed": ({"seed": "x"}, "seed is x; it must be an integer of at least 0"),
    "no seed": ({"seed": " "}, "seed is empty"),
    "range": ({"rate": "5000"}, "rate is 5000; it must be a number above 0 and at most 1,000"),
    "number": ({"rate": "much"}, "rate is much"),
    "empty": ({"buyers": ""}, "buyers is ''; it must be an integer"),
    "together": ({"degree": "3"}, "degree is 3; it must be even"),
    "file": ({"bids": "gone.csv"}, "with this file (bids): BidsError"),
}


@pytest.mark.parametrize(("told", "said"), WRONG.values(), ids=WRONG)
def test_bad_input_is_told_and_nothing_runs(told, said, tmp_path):
    show = show_of(entry_of(town_market))(**told)
    show.step()
    assert said in show.message
    assert (show.failed, show.steps, show.market) == (True, 0, None)
    with pytest.raises(ValueError, match="no run to save"):
        show.save(tmp_path)


@pytest.mark.parametrize("name", ["bids", "trace"])
def test_nothing_of_a_file_is_quoted(name, tmp_path):
    file = tmp_path / "private.csv"
    file.write_text("root:x:0:0,secret\n7,secret\n")
    message = show_of(entry_of(town_market))(**{name: str(file)}).message
    assert f"this file ({name})" in message
    assert not {"secret", "root", "private"} & set(re.findall(r"\w+", message))


def test_a_show_tells_mesas_page_the_time():
    show = shown(steps=3)
    assert show.time == show.market.now == 3
    assert show_of(entry_of(town_market))(seed="x").time == 0


def test_the_end_is_told_and_further_steps_do_nothing():
    show = shown(steps=20)
    assert show.running is False
    assert (show.market.now, show.steps) == (8, 8)
    assert "time 8 is reached" in show.message
    assert not show.failed


def test_when_all_goods_are_sold_the_page_says_so_and_time_goes_on():
    def build(parameters, seed=0, records=None):
        plans, panels = [SellerPlan(SecondPrice(), stock=2)], [Panel(ahead=False)]
        return Market(Population.of([Truthful()] * 2), plans, panels, Uniform(0, 1), seed, records)

    show = show_of(entry_of(SimpleNamespace(Parameters=Parameters, build=build)))(until="5")
    said = []
    while show.running:
        show.step()
        said.append((len(show.scene.sales), show.message.partition(";")[0].partition(":")[0]))
    sold = "All goods are sold"
    assert said == [(1, ""), (2, sold), (2, sold), (2, sold), (2, "The run is over")]
    assert not show.failed


def test_somebodys_broken_code_ends_the_run_with_a_message(tmp_path):
    class Broken(SecondPrice):
        def conversation(self, n):
            raise RuntimeError("out of order")
            yield

    def build(parameters, seed=0, records=None):
        people, plans, panels = Population.of([Truthful()] * 2), [SellerPlan(Broken())], [Panel(ahead=False)]
        return Market(people, plans, panels, Uniform(0, 1), seed, records)

    show = shown(steps=3, module=SimpleNamespace(Parameters=Parameters, build=build), buyers="", rate="")
    assert show.failed
    assert "out of order" in show.message
    with pytest.warns(IncompleteRunWarning, match="failed"):
        load(show.save(tmp_path))


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(OutputError, match="runs"):
        shown(steps=1).save(tmp_path / "runs")


@pytest.mark.parametrize("host", ["", " ", "x" * 70, "a\0b"])
def test_a_host_that_is_none_is_told(host, bazaar, monkeypatch):
    """Sockets take the empty one for all addresses."""
    monkeypatch.setattr(server, "require_extra", lambda: None)
    answer = bazaar("watch", "--no-browser", "--port", "0", "--host", host)
    assert (answer.code, answer.out) == (2, "")
    assert len(answer.err.splitlines()) == 1


def test_a_port_in_use_is_told(bazaar, monkeypatch):
    monkeypatch.setattr(server, "require_extra", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        answer = bazaar("watch", "--no-browser", "--port", port)
    assert answer.code == 2
    assert f"port {port} on 127.0.0.1 cannot be used" in answer.err
    assert "--port" in answer.err


BAD = {
    "unknown scenario": (["watch", "town_markt"], "'town_markt'"),
    "parameter": (["watch", "--set", "sellers=9"], "sellers is 9"),
    "seed": (["watch", "--seed", "-1"], "--seed is -1"),
    "port": (["watch", "--port", "70000"], "--port is 70000"),
    "host": (["watch", "--host", "no.such.host.invalid"], "no.such.host.invalid"),
    "file": (["watch", "--set", "bids=gone.csv"], "gone.csv"),
}


@pytest.mark.parametrize(("arguments", "said"), BAD.values(), ids=BAD)
def test_bad_command_lines(bazaar, monkeypatch, arguments, said):
    monkeypatch.setattr(server, "require_extra", lambda: None)
    answer = bazaar(*arguments)
    assert (answer.code, said in answer.err, "Traceback" in answer.err) == (2, True, False)


def test_without_the_extra_one_line_says_how_to_get_it(bazaar, monkeypatch):
    monkeypatch.setattr(server, "EXTRA", "a-distribution-that-nobody-installed")
    answer = bazaar("watch")
    assert answer.code == 2
    assert "pip install 'bazaar-auctions[page]'" in answer.err
    assert len(answer.err.splitlines()) == 1


def test_it_listens_on_loopback_unless_told_otherwise():
    with server.bind("127.0.0.1", 0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_help_of_watch_loads_nothing_heavy(tmp_path):
    program = (
        "import sys\nfrom scenarios.__main__ import main\n"
        "try:\n    main(['watch', '--help'])\nexcept SystemExit:\n"
        "    print('loaded', sorted({'numpy', 'mesa', 'solara', 'matplotlib'} & set(sys.modules)))"
    )
    assert run("-c", program, folder=tmp_path).out.splitlines()[-1] == "loaded []"
