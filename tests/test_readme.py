"""The README's examples run: Python blocks in one namespace, in order; commands with exit code 0."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import is_dataclass
from pathlib import Path
from types import ModuleType

import pytest

from agents.strategies import Strategy
from mechanisms.conversation import Mechanism
from sim.conformance.mechanism import MechanismConformance
from sim.conformance.strategy import StrategyConformance
from sim.menus.menu_check import check_menu_file

README = Path(__file__).parent.parent / "README.md"
ROOT = README.parent
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [
    line[2:]
    for language, text in BLOCKS
    if language == "console"
    for line in text.splitlines()
    if line.startswith("$ bazaar")
]


def bazaar(command, folder):
    """Run one of the README's commands in a folder that stands for the clone."""
    return subprocess.run(
        [sys.executable, "-m", "scenarios", *shlex.split(command)[1:]],
        cwd=folder,
        env={"PATH": "", "HOME": str(folder), "COLUMNS": "100", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder with what the commands find in a clone."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("scenarios", "sim", "agents", "mechanisms"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def readme_module():
    """The README's classes and what needs no run, as a module; importable, so that classes can be pickled."""
    module = sys.modules["readme"] = ModuleType("readme")
    for text in PYTHON:
        if "load(" not in text:
            exec(compile(text, str(README), "exec"), vars(module))
    return module


NAMES = vars(readme_module())


def defined(kind):
    """Subclasses of `kind` that the README itself defines."""
    return [
        thing
        for thing in NAMES.values()
        if isinstance(thing, type) and issubclass(thing, kind) and thing.__module__ == "readme"
    ]


def lines_of(thing):
    """The lines of a class in the README, decorator included, blank lines left out."""
    for text in PYTHON:
        found = re.search(rf"^(?:@\w+.*\n)?class {thing.__name__}\b.*\n(?:(?: .*)?\n)*", text, re.MULTILINE)
        if found:
            return [line for line in found[0].splitlines() if line.strip()]
    raise AssertionError(thing)


def test_a_mechanism_takes_at_most_25_lines():
    (mechanism,) = defined(Mechanism)
    assert len(lines_of(mechanism)) <= 25


def test_a_strategy_takes_at_most_10_lines():
    strategies = defined(Strategy)
    assert strategies
    assert min(len(lines_of(strategy)) for strategy in strategies) <= 10


def test_the_learner_takes_25_lines_and_is_the_one_that_is_tested():
    example = (ROOT / "tests/examples/follow_the_leader.py").read_text(encoding="utf-8")
    code = example.split('"""\n', 1)[1].strip()
    assert code in README.read_text(encoding="utf-8")
    assert len(lines_of(NAMES["FollowTheLeader"])) <= 25


def test_the_mechanism_is_a_frozen_dataclass():
    (mechanism,) = defined(Mechanism)
    assert is_dataclass(mechanism)


class TestReadmeMechanism(MechanismConformance):
    instances = tuple(kind(0.6) for kind in defined(Mechanism))

class TestReadmeStrategy(StrategyConformance):
    instances = tuple(kind() for kind in defined(Strategy)[:1])


def test_commands_run_in_order_and_pandas_reads_what_they_wrote(clone, monkeypatch):
    for command in COMMANDS:
        done = bazaar(command, clone)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    monkeypatch.chdir(clone)
    (reading,) = [text for text in PYTHON if "load(" in text]
    names = {}
    exec(compile(reading, str(README), "exec"), names)
    revenue = names["run"]["auctions"].groupby("seller_id").revenue.sum()
    paid = names["payments"].groupby("seller_id").payment.sum()
    assert len(revenue) == 6
    assert (revenue - paid).abs().max() < 1e-9 * revenue.max()


def test_the_menu_file_is_one_and_breaks_as_told(tmp_path):
    """Two tickets give the pair with chance 9/16: 90/16 − 2 beats 10 − 8 by 1.625."""
    (text,) = [text for language, text in BLOCKS if language == "toml"]
    path = tmp_path / "menu.toml"
    path.write_text(text, encoding="utf-8")
    report = check_menu_file(path)
    assert report.breaks_at == 2
    (told,) = re.findall(r"`(who wants a pair gains .*?)`", README.read_text(encoding="utf-8"))
    assert told in str(report)
