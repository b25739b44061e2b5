"""The README's examples run: Python blocks in one namespace, files as modules, commands with exit code 0."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import is_dataclass
from types import ModuleType

import pytest

from agents.strategies import Strategy
from mechanisms.conversation import Mechanism
from sim.conformance import MechanismConformance, StrategyConformance
from tests.blocks import ROOT, bazaar, blocks_of, clone_in

README = ROOT / "README.md"
BLOCKS = blocks_of(README)
PYTHON = [block.text for block in BLOCKS if block.language == "python" and not block.file]
FILES = {block.file: block.text for block in BLOCKS if block.file}
COMMANDS = [command for block in BLOCKS for command in block.commands]


def module_of(name, *texts):
    """A module made of these texts; importable, so that its classes can be pickled."""
    module = sys.modules[name] = ModuleType(name)
    for text in texts:
        exec(compile(text, f"{README}, {name}", "exec"), vars(module))
    return module


AUCTION = module_of("my_auction", FILES["my_auction.py"])
SHOPS = module_of("rival_shops", FILES["rival_shops.py"])
NAMES = module_of("readme", *[text for text in PYTHON if "load(" not in text])


def defined(module, kind):
    """Subclasses of `kind` that a module itself defines."""
    return [
        thing
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, kind) and thing.__module__ == module.__name__
    ]


def lines_of(thing):
    """The lines of a class in the README, decorator included, blank lines left out."""
    for text in [*PYTHON, *FILES.values()]:
        found = re.search(rf"^(?:@\w+.*\n)?class {thing.__name__}\b.*\n(?:(?: .*)?\n)*", text, re.MULTILINE)
        if found:
            return [line for line in found[0].splitlines() if line.strip()]
    raise AssertionError(thing)


def test_a_mechanism_takes_at_most_25_lines():
    (mechanism,) = defined(AUCTION, Mechanism)
    assert len(lines_of(mechanism)) <= 25
    assert is_dataclass(mechanism)


def test_a_strategy_takes_at_most_10_lines():
    strategies = defined(NAMES, Strategy)
    assert strategies
    assert min(len(lines_of(strategy)) for strategy in strategies) <= 10


def test_a_scenario_takes_at_most_30_lines_with_a_town_a_choice_rule_and_a_network():
    assert len(FILES["rival_shops.py"].splitlines()) <= 30
    market = SHOPS.build(SHOPS.Parameters(buyers=20), 3)
    assert {type(market.entry(seller)).__name__ for seller in market.sellers} == {"Town"}
    assert type(market.entry(market.sellers[0]).choice).__name__ == "Logit"


def test_an_example_needs_few_imports():
    """Of Bazaar's own: from the floors, not from their modules."""
    text = "\n".join(PYTHON)
    imports = re.findall(r"^(?:from|import) ((?:mechanisms|agents|sim)[\w.]*)", text, re.MULTILINE)
    assert set(imports) <= {"mechanisms", "agents", "sim", "sim.audit"}


class TestReadmeMechanism(MechanismConformance):
    instances = tuple(kind(0.6) for kind in defined(AUCTION, Mechanism))


class TestReadmeStrategy(StrategyConformance):
    instances = tuple(kind() for kind in defined(NAMES, Strategy)[:1])


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder with what the commands find in a clone, and the README's files."""
    folder = clone_in(tmp_path_factory.mktemp("clone"))
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


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


def test_three_lines_of_a_test_file_bring_the_suite(clone):
    """In a process of its own, as a user runs it, far from our own settings."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_my_auction.py"],
        cwd=clone,
        env={"PATH": "", "HOME": str(clone), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) > 15


HOUSE = README.read_text(encoding="utf-8").partition("## The house\n\n```\n")[2].partition("```")[0]


def rooms_in_the_map():
    """Each room of the map as a path: the floor, and the room's name as it stands there."""
    floor = ""
    for line in HOUSE.splitlines():
        if line[0] != " ":
            floor = line.partition("/")[0]
        elif re.match(r"   [| ] {11}\w", line):
            yield from (f"{floor}/{room}" for room in re.sub(r"\([^)]*\)", "", line.strip(" |")).split())


def test_the_map_of_the_house_names_what_is_there():
    for room in rooms_in_the_map():
        assert (ROOT / room).is_dir() if room.endswith("/") else (ROOT / f"{room}.py").is_file(), room


@pytest.mark.parametrize("floor", ["mechanisms", "agents", "sim"])
def test_every_room_is_in_the_map(floor):
    rooms = {f"{path.parent.relative_to(ROOT).as_posix()}/" for path in (ROOT / floor).glob("*/__init__.py")}
    assert rooms <= set(rooms_in_the_map())


def test_the_files_that_the_readme_names_are_there():
    text = README.read_text(encoding="utf-8")
    for path in re.findall(r"`((?:mechanisms|agents|sim|docs)/[\w/.-]+)`", text):
        assert (ROOT / path).exists(), path
