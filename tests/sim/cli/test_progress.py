"""Progress: what takes a while is told on the error stream, where that is a terminal, and nowhere else."""

import sys

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from sim.cli.app import app
from sim.cli.once import OnceCommand
from tests.sim.command import SMALL, bazaar

__all__ = ["bazaar"]

MENU = """
entries = [{probabilities = [1, 0], price = 4}, {probabilities = [1, 1], price = 10}]
types = [{values = [4, 8], probability = 0.5}, {values = [4, 4], probability = 0.5}]
"""
RUN = ["run", *SMALL, "--out", "a"]
LONG = {
    "run": ([RUN], ["preparing town_market", "time 0.0 of 8.0", "reading the records"]),
    "show": ([RUN, ["show", "a", "--csv", "b"]], ["reading the records", "writing CSV"]),
    "audit": ([["audit", "second_price"]], ["audit"]),
    "audit of a scenario": ([["audit", "risk_averse_bidders", "--notion", "dominant"]], ["audit"]),
    "menu": ([["menu", "check", "menu.toml"]], ["looking at purchases from menu.toml"]),
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_told_on_a_terminal_only(bazaar, monkeypatch, tmp_path, name, terminal):
    commands, told = LONG[name]
    (tmp_path / "menu.toml").write_text(MENU)
    *before, last = commands
    for command in before:
        assert bazaar(*command).code == 0
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    errors = sys.stderr  # a bar puts another stream in its place while it is shown
    monkeypatch.setattr(type(errors), "isatty", lambda stream: terminal and stream is errors)
    answer = bazaar(*last)
    assert answer.code == 0, answer.err
    assert [words for words in told if words in answer.err] == (told if terminal else [])
    assert [words for words in told if words in answer.out and words != "audit"] == []


def commands_of(command, *path):
    """All commands below one, with their names."""
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from commands_of(below, *path, name)
    else:
        yield " ".join(path), command


COMMANDS = dict(commands_of(get_command(app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_ignores_an_option(name):
    assert isinstance(COMMANDS[name], OnceCommand)


def test_the_quick_commands_are_named():
    """Who adds a command says whether it takes its time. A sweep has its own bar."""
    lasts = [commands[-1] for commands, _ in LONG.values()]
    tested = {" ".join(last[: 2 if last[0] == "menu" else 1]) for last in lasts}
    assert {*COMMANDS} == tested | {"list", "watch", "sweep"}
