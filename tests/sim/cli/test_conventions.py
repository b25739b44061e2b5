"""What people expect of any command: version, short help, no option ignored."""

from importlib.metadata import version
from pathlib import Path

import pytest

from scenarios.__main__ import scenario_files
from tests.sim.cli.test_progress import MENU
from tests.sim.command import bazaar

__all__ = ["bazaar"]


def test_the_version_is_that_of_the_distribution(bazaar):
    answer = bazaar("--version")
    assert (answer.code, answer.out) == (0, f"bazaar {version('bazaar-auctions')}\n")


COMMANDS = [[], ["list"], ["run"], ["watch"], ["show"], ["audit"], ["menu"], ["menu", "check"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_is_short_too(bazaar, command):
    short, long = (bazaar(*command, option) for option in ("-h", "--help"))
    assert short.code == 0
    assert short.out == long.out
    assert "Usage: bazaar" in short.out


TWICE = {
    "a parameter": (["run", "--set", "buyers=20", "--set", "buyers = 30"], "--set gives buyers twice"),
    "time": (["run", "--until", "3", "--set", "until=4"], "until is given by --until and by --set"),
    "a seed": (["run", "--seed", "1", "--seed", "1"], "--seed is given twice"),
    "a folder": (["run", "--out", "a", "--out", "b"], "--out is given twice"),
    "of a mechanism": (["audit", "second_price", "--set", "reserve=1", "--set", "reserve=2"], "twice"),
    "of an audit": (["audit", "--types", "2", "--types", "3"], "--types is given twice"),
    "of a menu": (["menu", "check", "gone.toml", "--k", "2", "--k", "3"], "--k is given twice"),
    "a port": (["watch", "--port", "1", "--port", "2"], "--port is given twice"),
    "a table": (["show", "gone", "--csv", "a", "--csv", "b"], "--csv is given twice"),
}


@pytest.mark.parametrize(("arguments", "said"), TWICE.values(), ids=TWICE)
def test_what_is_given_twice_is_refused(bazaar, arguments, said):
    answer = bazaar(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert not list(Path().iterdir())


SHOWN = {
    "all scenarios": ["list"],
    **{f"list {path.stem}": ["list", path.stem] for path in scenario_files()},
    "audit of a mechanism": ["audit", "myerson"],
    "audit of a scenario": ["audit", "risk_averse_bidders", "--types", "2"],
    "audit of menus": ["audit", "coffee_shop"],
    "audit of a sample": ["audit", "risk_averse_bidders", "--notion", "bayesian-ic", "--sample", "100"],
    "menu": ["menu", "check", "menu.toml"],
}


@pytest.mark.parametrize("arguments", SHOWN.values(), ids=SHOWN)
def test_what_is_shown_fits_eighty_columns(bazaar, tmp_path, arguments):
    """What runs print is looked at in tests/scenarios/test_reports.py."""
    (tmp_path / "menu.toml").write_text(MENU)
    answer = bazaar(*arguments)
    assert answer.code == 0, answer.err
    assert answer.out.count("\n") > 3
    assert [line for line in answer.out.splitlines() if len(line) > 80] == []
