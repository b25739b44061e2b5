"""The command line: what it prints, what it refuses, and how it ends."""

import json
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from agents.play.asking import StrategyError
from agents.population import Population
from agents.seller import SellerPlan
from agents.strategies import Equilibrium
from agents.strategies.base import Strategy, Truthful
from mechanisms.auctions import SecondPrice
from mechanisms.conversation import DirectMechanism
from mechanisms.distributions import Uniform
from mechanisms.outcome import Outcome
from scenarios.__main__ import PACKAGES, main
from sim.cli import run_command
from sim.market.market import Market
from sim.market.panel import Panel
from sim.records import IncompleteRunWarning, Records, load, prepare_directory
from sim.runs.registry import Registry, ScenarioFile
from sim.runs.run import play_until
from sim.runs.scenario import Parameters
from tests.sim.command import ROOT, SMALL, bazaar, finish, run, start

__all__ = ["bazaar"]

SYNTHETIC = ROOT / "scenarios" / "data" / "synthetic_bids.csv"


# --- what it prints ---------------------------------------------------------------------------------


def test_list_gives_each_scenario_a_line(bazaar):
    answer = bazaar("list")
    assert answer.code == 0
    story = (ROOT / "scenarios" / "town_market.py").read_text()
    summary = story.split('"""')[1].partition("\n")[0]
    assert [line for line in answer.out.splitlines() if line.startswith("town_market") and summary in line]


def test_list_of_one_tells_its_story_and_parameters(bazaar):
    answer = bazaar("list", "town_market")
    assert "revenue equivalence" in answer.out
    assert "an integer from 1 to 6" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 110


def test_show_prints_what_run_printed(bazaar):
    ran = bazaar("run", *SMALL, "--out", "here")
    shown = bazaar("show", "here")
    assert (ran.code, shown.code) == (0, 0)
    first, _, summary = ran.out.partition("\n\n")
    assert first == "Records: here"
    assert summary == shown.out


def test_show_writes_csv_on_request(bazaar):
    import pandas as pd

    bazaar("run", "--set", "buyers=20", "--until", "5", "--out", "run")
    assert bazaar("show", "run", "--csv", "tables").code == 0
    from sim.records import load

    payments = load("run")["transactions"].payment
    assert pd.read_csv("tables/transactions.csv").payment.tolist() == payments.tolist()


def test_a_terminal_without_unicode_shows_the_summary_too(tmp_path):
    command = ("-m", "scenarios", "run", *SMALL, "--out", "there")
    shown = run(*command, folder=tmp_path, PYTHONIOENCODING="ascii")
    assert (shown.code, shown.err) == (0, "")
    assert "half-width of a 95% confidence interval" in shown.out


def test_the_table_fits_a_hundred_columns(bazaar):
    answer = bazaar("run", *SMALL, "--bids", str(SYNTHETIC))
    assert max(map(len, answer.out.splitlines())) <= 100


def test_without_a_folder_each_run_gets_a_fresh_one(bazaar):
    runs = [bazaar("run", *SMALL) for _ in range(2)]
    folders = [Path(answer.out.splitlines()[0].removeprefix("Records: ")) for answer in runs]
    assert all(answer.code == 0 for answer in runs)
    assert folders[0] != folders[1]
    assert all(folder.parent == Path("runs") and load(folder).complete for folder in folders)


def test_seed_until_and_set_reach_the_manifest(bazaar):
    bazaar("run", "--seed", "7", "--until", "3", "--set", "sellers=2", "--out", "here")
    manifest = load("here").manifest
    assert manifest["seed"] == 7
    assert manifest["parameters"]["until"] == 3
    assert manifest["parameters"]["sellers"] == 2


def test_until_is_left_out_itself(bazaar):
    """Time is half-open: each of two sellers opens at 0, 1, 2 and a half later; what opens at 3 does not."""
    bazaar("run", "--until", "3", "--set", "sellers=2", "--set", "buyers=20", "--out", "here")
    opened = load("here")["auctions"]["opened"]
    assert sorted(opened) == [0, 0.5, 1, 1.5, 2, 2.5]


def test_the_summary_says_what_was_read(bazaar):
    answer = bazaar("run", *SMALL, "--bids", str(SYNTHETIC), "--bids-item", "camera")
    radios = sum(line.split(",")[7] == "radio" for line in SYNTHETIC.read_text().splitlines()[1:])
    words = " ".join(answer.out.split())
    assert f"rows left out: {radios} with another item" in words


def test_columns_can_be_mapped(bazaar, tmp_path):
    renamed = SYNTHETIC.read_text().replace("auctionid,bid,bidtime,bidder,", "lot,amount,bidtime,who,", 1)
    (tmp_path / "renamed.csv").write_text(renamed)
    mapping = "auctionid=lot, bidder=who, bid=amount"
    answers = [
        bazaar("run", *SMALL, "--out", "a", "--bids", "renamed.csv", "--bids-columns", mapping),
        bazaar("run", *SMALL, "--out", "b", "--bids", str(SYNTHETIC)),
    ]
    assert [answer.code for answer in answers] == [0, 0]
    assert load("a")["messages"].equals(load("b")["messages"])


def test_rows_can_be_chosen_and_the_item_named(bazaar):
    chosen = ("--bids-columns", "item=item", "--bids-item", "radio"), ("--bids-where", "item=radio")
    answers = [bazaar("run", *SMALL, "--out", f"r{k}", "--bids", str(SYNTHETIC), *one)
               for k, one in enumerate(chosen)]
    assert [answer.code for answer in answers] == [0, 0]
    assert load("r0")["messages"].equals(load("r1")["messages"])


def test_doubts_about_bids_are_said(bazaar):
    answer = bazaar("run", *SMALL, "--bids", str(SYNTHETIC))
    assert "bids on 2 different goods are pooled" in " ".join(answer.out.split())


def test_an_audit_takes_bids_too(bazaar):
    few = ("--mechanism", "second price", "--notion", "dominant")
    answer = bazaar("audit", "town_market", *few, "--bids", str(SYNTHETIC), "--bids-item", "camera")
    words = " ".join(answer.out.split())
    assert (answer.code, "Prior from" in words, "with another item" in words) == (0, True, True)


def test_the_page_takes_bids_too(bazaar, monkeypatch):
    from sim.page import server

    told = []
    monkeypatch.setattr(server, "watch", lambda entry, parameters, *_: told.append(parameters.bids))
    assert bazaar("watch", "--bids", str(SYNTHETIC), "--bids-columns", "bid=price").code == 0
    assert (told[0].file, told[0].bid) == (str(SYNTHETIC), "price")


# --- what it refuses --------------------------------------------------------------------------------

BAD = {
    "unknown scenario": (["run", "town_markt"], ["'town_markt'", "town_market"]),
    "unknown scenario to list": (["list", "nowhere"], ["'nowhere'", "town_market"]),
    "unknown parameter": (["run", "--set", "selers=3"], ["'selers'", "sellers"]),
    "too few": (["run", "--set", "sellers=0"], ["sellers is 0", "an integer from 1 to 6"]),
    "too many": (["run", "--set", "sellers=7"], ["sellers is 7", "an integer from 1 to 6"]),
    "no number": (["run", "--set", "rate=much"], ["rate is much", "a number above 0"]),
    "not finite": (["run", "--set", "rate=inf"], ["rate is inf", "a number above 0"]),
    "no name": (["run", "--set", "unknown=strategy", "--set", "=3"], ["'=3'", "name=value"]),
    "no value": (["run", "--set", "sellers"], ["'sellers'", "name=value"]),
    "no such strategy": (["run", "--set", "strategy=honest"], ["strategy is honest", "truthful", "sniper"]),
    "odd degree": (["run", "--set", "degree=3"], ["degree is 3", "even"]),
    "shares": (["run", "--set", "snipers=0.7", "--set", "incremental=0.7"], ["snipers is 0.7", "at most 1"]),
    "until zero": (["run", "--until", "0"], ["until is 0", "above 0"]),
    "until negative": (["run", "--until", "-3"], ["until is -3", "above 0"]),
    "until NaN": (["run", "--until", "nan"], ["until is nan", "above 0"]),
    "until text": (["run", "--until", "late"], ["until is late", "above 0"]),
    "seed negative": (["run", "--seed", "-1"], ["--seed is -1", "at least 0"]),
    "seed without end": (["run", "--seed", "9" * 5000], ["--seed is 999", "at most 100 digits"]),
    "seed text": (["run", "--seed", "x"], ["--seed is x", "at least 0"]),
    "unknown option": (["run", "--sead", "1"], ["--sead"]),
    "trace": (["run", "--set", "trace=gone.csv"], ["gone.csv"]),
    "bids options alone": (["run", "--bids-item", "radio"], ["--bids is missing"]),
    "bids columns": (
        ["run", "--bids", str(SYNTHETIC), "--bids-columns", "money=bid"],
        ["'money=bid'", "auctionid, bidder, bid"],
    ),
    "bids condition": (["run", "--bids", str(SYNTHETIC), "--bids-where", "item"], ["'item'", "COLUMN=VALUE"]),
    "bids decimal": (["run", "--bids", str(SYNTHETIC), "--bids-decimal", ";"], ["';'", ". or ,"]),
    "bids format": (["run", "--bids", str(SYNTHETIC), "--bids-format", "dutch"], ["'dutch'", "ascending"]),
    "bids of no scenario": (["audit", "first_price", "--bids", str(SYNTHETIC)], ["--bids needs a scenario"]),
    "bids column twice": (
        ["run", "--bids", str(SYNTHETIC), "--bids-columns", "bid=bid,bid=price"],
        ["'bid=bid,bid=price'", "each once, from auctionid, bidder, bid"],
    ),
    "no folder to write": (["run", "--out", ""], ["output folder is empty text"]),
    "a name that is not UTF-8": (["run", "--out", "out\udcff"], ["is not UTF-8"]),
    "no folder to show": (["show", "gone"], ["gone", "folder of a run"]),
}


@pytest.mark.parametrize(("arguments", "said"), BAD.values(), ids=BAD)
def test_bad_input(bazaar, arguments, said):
    answer = bazaar(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert [part for part in said if part not in answer.err] == []
    assert not list(Path("runs").glob("*"))


HEADER = "auctionid,bidder,bid\n"
BAD_BIDS = {
    "empty": (b"", ["empty"]),
    "header only": (HEADER.encode(), ["no bid to use"]),
    "without a column": (b"auctionid,person,bid\n1,ann,3\n", ["'bidder'", "person"]),
    "text": (f"{HEADER}1,ann,three\n".encode(), ["line 2", "bid is 'three'", "a number from 0"]),
    "NaN": (f"{HEADER}1,ann,nan\n".encode(), ["line 2", "bid is 'nan'", "a number from 0"]),
    "negative": (f"{HEADER}1,ann,5\n1,bob,-3\n".encode(), ["line 3", "bid is '-3'", "a number from 0"]),
    "absurd": (f"{HEADER}1,ann,1e300\n".encode(), ["line 2", "bid is '1e300'", "a number from 0"]),
    "no text": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ["bids.csv"]),
    "first price": (b"lot,bidder,bid,format\n1,ann,5,first price\n", ["first-price bids lie below values"]),
    "all the same": (f"{HEADER}1,ann,5\n1,bob,5\n".encode(), ["all highest bids are 5"]),
}


@pytest.mark.parametrize(("content", "said"), BAD_BIDS.values(), ids=BAD_BIDS)
def test_bad_bids(bazaar, content, said):
    Path("bids.csv").write_bytes(content)
    answer = bazaar("run", *SMALL, "--bids", "bids.csv", "--out", "here")
    assert answer.code == 2
    assert "Traceback" not in answer.err
    assert [part for part in ["bids.csv", *said] if part not in answer.err] == []
    assert not Path("here").exists()


def test_missing_bids(bazaar):
    answer = bazaar("run", "--bids", "gone.csv")
    assert (answer.code, "gone.csv is not there" in answer.err) == (2, True)


def test_skipped_rows_are_counted(bazaar):
    Path("bids.csv").write_text(f"{HEADER}1,ann,3\n1,bob,five\n1,eve,4\n")
    answer = bazaar("run", *SMALL, "--bids", "bids.csv", "--bids-skip-bad")
    assert answer.code == 0
    assert "1 auctions, 2 bidders, 2 bids; rows left out: 1 with text as the bid" in " ".join(
        answer.out.split()
    )


def test_a_folder_that_is_not_empty(bazaar):
    Path("full").mkdir()
    Path("full/mine.txt").write_text("keep")
    answer = bazaar("run", *SMALL, "--out", "full")
    assert (answer.code, "full is not empty" in answer.err) == (2, True)
    assert [path.name for path in Path("full").iterdir()] == ["mine.txt"]


def test_a_folder_that_is_a_file_or_lies_in_one(bazaar):
    Path("file").write_text("")
    for out in ("file", "file/below"):
        answer = bazaar("run", *SMALL, "--out", out)
        assert (answer.code, out in answer.err, "Traceback" in answer.err) == (2, True, False)


def test_a_folder_of_ones_own_is_left_when_nothing_was_run(bazaar):
    Path("mine").mkdir()
    assert bazaar("run", "--bids", "gone.csv", "--out", "mine").code == 2
    assert list(Path("mine").iterdir()) == []


# --- how it ends ------------------------------------------------------------------------------------


def test_a_strategy_that_fails_may_stop_the_run(bazaar, monkeypatch):
    def fails(self, question, view):
        raise RuntimeError("no idea")

    monkeypatch.setattr(Equilibrium, "report_value", fails, raising=False)
    told = bazaar("run", *SMALL, "--out", "told")
    assert told.code == 0
    reasons = load("told")["refusals"]["reason"]
    assert reasons.str.contains("no idea (test_commands.py, line", regex=False).any()
    with pytest.raises(StrategyError, match=r"report_value of .*no idea"):
        main(["run", *SMALL, "--out", "stopped", "--raise"])
    assert json.loads(Path("stopped/manifest.json").read_text())["status"] == "failed"



@dataclass(frozen=True)
class Overcharging(DirectMechanism):
    """Promises that nobody honest loses, and takes more than the winner's value."""

    ex_post_ir = True

    def outcome(self, reports):
        won = reports == reports.max(axis=-1, keepdims=True)
        return Outcome(won.astype(float), np.where(won, reports + 1, 0.0))


class Faulty(Strategy):
    """Somebody's code that fails."""

    def report_value(self, question, view):
        raise RuntimeError("out of order")


@pytest.fixture
def scenario_of(tmp_path):
    """A registry with one small scenario: a mechanism and the strategies of its buyers."""

    def registry(mechanism, strategies):
        def build(parameters, seed=0, records=None):
            population = Population.of(strategies)
            return Market(
                population, [SellerPlan(mechanism)], [Panel(ahead=False)], Uniform(1, 2), seed, records
            )

        module = SimpleNamespace(Parameters=Parameters, build=build)
        path = tmp_path / "tiny.py"
        path.write_text('"""A tiny market."""\n')
        return Registry([ScenarioFile("tiny", path, lambda: module)], "tiny")

    return registry


def test_a_breach_stops_the_run(bazaar, scenario_of):
    registry = scenario_of(Overcharging(), [Truthful()] * 2)
    answer = bazaar("run", "--until", "5", "--out", "here", command=lambda args: run_command(registry, args))
    assert answer.code == 1
    assert "auction 0" in answer.err
    assert "AskValue" in answer.err
    assert "Traceback" not in answer.err
    with pytest.warns(IncompleteRunWarning, match="failed"):
        load("here")


def leave(*_):
    raise SystemExit(0)


def test_a_scenario_that_ends_the_program_is_told(bazaar, scenario_of):
    registry = scenario_of(SecondPrice(), [Truthful()] * 2)
    entry = registry.find("tiny")
    entry.load().build = leave
    answer = bazaar("run", command=lambda args: run_command(registry, args))
    assert (answer.code, answer.out) == (2, "")
    assert "would have ended the program" in answer.err


def test_a_file_that_ends_the_program_is_told(bazaar, tmp_path):
    (tmp_path / "leaves.py").write_text("raise SystemExit(0)\n")
    answer = bazaar("run", str(tmp_path / "leaves.py"))
    assert (answer.code, answer.out) == (2, "")
    assert "line 1: SystemExit: 0" in answer.err


def test_a_run_whose_code_ends_the_program_fails(tmp_path):
    class Leaves:
        tick, now, records = 1.0, 0.0, Records(prepare_directory(tmp_path / "here"))

        def advance_to(self, until):
            leave()

    with pytest.raises(RuntimeError, match="SystemExit: 0"):
        play_until(Leaves(), 3.0)
    with pytest.warns(IncompleteRunWarning, match="failed"):
        load(tmp_path / "here")


def test_no_error_is_longer_than_a_page(bazaar):
    answer = bazaar("run", "--set", f"learners={'x' * 2_000_000}")
    assert answer.code == 2
    assert len(answer.err) < 4_000


@pytest.mark.parametrize("rows", [10, 250_000], ids=["little", "parts on the disk"])
def test_ctrl_c_while_the_run_is_built(rows, bazaar, scenario_of):
    registry = scenario_of(SecondPrice(), [Truthful()] * 2)

    def build(parameters, seed, records):
        visits = records["visits"]
        rest = dict.fromkeys(visits.schema.names[1:-1], 0)
        for _ in range(0, rows, 10):
            visits.append(time=np.zeros(10), **rest, outcome="served")
        raise KeyboardInterrupt

    registry.find("tiny").load().build = build
    answer = bazaar("run", "--out", "here", command=lambda args: run_command(registry, args))
    assert (answer.code, "Traceback" in answer.err) == (130, False)
    if rows == 10:
        assert not Path("here").exists()
    else:
        with pytest.warns(IncompleteRunWarning, match="interrupted"):
            assert len(load("here")["visits"]) == rows


class Dreams(Strategy):
    """Thinks without end, whatever is raised."""

    def report_value(self, question, view):
        while True:
            with suppress(Exception):
                time.sleep(0.01)


def test_an_answer_may_take_so_long_and_no_longer(bazaar, scenario_of):
    registry = scenario_of(SecondPrice(), [Truthful(), Dreams()])
    answer = bazaar("run", "--until", "2.5", "--answer-limit", "0.1", "--out", "here",
                    command=lambda args: run_command(registry, args))
    assert answer.code == 0
    refusals = load("here")["refusals"]
    assert len(refusals) == 3
    assert all("no answer within 0.1 seconds" in reason for reason in refusals["reason"])
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize("limit", ["0", "-1", "nan"])
def test_a_limit_is_a_time(limit, bazaar, scenario_of):
    registry = scenario_of(SecondPrice(), [Truthful()] * 2)
    answer = bazaar("run", "--answer-limit", limit, command=lambda args: run_command(registry, args))
    assert answer.code == 2
    assert "answer_limit must be finite and above 0" in answer.err


def test_refused_answers_are_told(bazaar, scenario_of):
    registry = scenario_of(SecondPrice(), [Truthful(), Faulty()])
    answer = bazaar("run", "--until", "5", command=lambda args: run_command(registry, args))
    assert answer.code == 0
    words = " ".join(answer.out.split())
    assert "5 of 10 answers were refused" in words
    assert "out of order" in words


def test_interruption_closes_the_records(tmp_path):
    process = start("-m", "scenarios", "run", "--until", "1e6", "--out", "here", folder=tmp_path)
    deadline = time.monotonic() + 90
    while not list(tmp_path.glob("here/messages/*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.05)  # until the run is under way for certain
    process.send_signal(signal.SIGINT)
    answer = finish(process)
    assert answer.code == 130, answer.err
    assert "Traceback" not in answer.err
    assert "incomplete: it was interrupted" in answer.out
    with pytest.warns(IncompleteRunWarning, match="interrupted"):
        run = load(tmp_path / "here")
    assert len(run["auctions"])
    assert len(run["benchmarks"])


# --- how it starts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["list"]], ids=" ".join)
def test_help_loads_nothing_heavy(tmp_path, arguments):
    program = (
        "import sys\nfrom scenarios.__main__ import main\n"
        f"try:\n    main({arguments})\nexcept SystemExit as end:\n    print('code', end.code)\n"
        "print('loaded', sorted({'numpy', 'scipy', 'pandas', 'mesa', 'simpy', 'pyarrow', 'networkx',"
        " 'matplotlib', 'rich'} & set(sys.modules)))"
    )
    answer = run("-c", program, folder=tmp_path)
    assert answer.out.splitlines()[-2:] == ["code 0", "loaded []"]


def test_an_intruder_is_named(tmp_path):
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").write_text("")
    answer = run("-m", "scenarios", "list", folder=tmp_path)
    assert answer.code == 2
    assert str(tmp_path / "agents") in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("name", ["agents", "sim"])
def test_a_package_that_was_overwritten_is_named(name, tmp_path):
    """Another distribution in the same environment may have a package of the same name."""
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        for file in ("__init__.py", "__main__.py"):
            if (ROOT / package / file).exists():
                shutil.copy(ROOT / package / file, tmp_path / package)
    (tmp_path / name / "__init__.py").write_text('"""Agents that talk."""\n')
    answer = run("-m", "scenarios", "run", folder=tmp_path, PYTHONPATH=str(tmp_path))
    assert answer.code == 2
    assert f"{tmp_path / name}, overwritten" in answer.err
    assert len(answer.err.splitlines()) == 1


def test_main_takes_the_process_arguments(bazaar, monkeypatch):
    monkeypatch.setattr("sys.argv", ["bazaar", "list"])
    answer = bazaar(command=lambda _: main())
    assert "\ntown_market " in f"\n{answer.out}"


def test_a_scenario_may_report_in_its_own_way(bazaar, scenario_of):
    registry = scenario_of(SecondPrice(), [Truthful()] * 2)
    registry["tiny"].load().report = lambda tables, manifest: [f"{len(tables['auctions'])} auctions"]
    answer = bazaar("run", "--until", "5", command=lambda args: run_command(registry, args))
    assert answer.out.endswith("\n5 auctions\n")
