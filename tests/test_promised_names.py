"""The names that other people's code calls: what packages export, and what moved where."""

import importlib
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

CHANGELOG = (Path(__file__).parent.parent / "CHANGELOG.md").read_text(encoding="utf-8")
EXPORTING = ("mechanisms", "agents", "agents.play", "sim", "sim.conformance")
PROMISED = {
    "agents": ("Population", "SellerPlan", "Strategy", "OneBuyerStrategy", "Truthful", "small_world"),
    "agents.play": ("expected_outcome", "play_once"),
    "agents.registry": ("STRATEGIES", "make_strategy"),
    "mechanisms": (
        "Mechanism",
        "DirectMechanism",
        "Outcome",
        "AskValue",
        "FirstPrice",
        "SecondPrice",
        "JointDistribution",
        "KnowledgeExtraction",
        "StarAuction",
        "aggregate_knowledge",
        "best_purchase",
        "brier_score",
        "bundle_revenue",
        "is_buy_k_ic",
        "lookahead_revenue",
        "menu_revenue",
        "optimal_buy_k_menu",
        "optimal_dsic",
        "optimal_menu",
        "star_benchmark",
    ),
    "mechanisms.registry": ("MECHANISMS", "make_mechanism"),
    "sim": ("Market", "Panel", "Town", "Parameters", "Records", "load"),
    "sim.audit": ("audit", "audit_market", "audit_sample", "standard_instance"),
    "sim.conformance": (
        "DistributionConformance",
        "MechanismConformance",
        "StrategyConformance",
        "UtilityConformance",
    ),
    "sim.records": ("load",),
}
MOVED = re.findall(r"^\| `([\w.]+)` \| `([\w.]+)` \| (.+) \|$", CHANGELOG, re.MULTILINE)


@pytest.mark.parametrize(("package", "name"), [(home, name) for home in PROMISED for name in PROMISED[home]])
def test_promised_names_are_there(package, name):
    assert hasattr(importlib.import_module(package), name)


@pytest.mark.parametrize("package", EXPORTING)
def test_what_is_exported_is_the_thing_of_that_name(package):
    found = importlib.import_module(package)
    for name in found.__all__:
        thing = getattr(found, name)
        assert getattr(thing, "__name__", name) == name
        assert name in dir(found)
    assert list(found.__all__) == sorted(set(found.__all__))


def test_one_name_has_one_meaning():
    """What two packages export under one name is one thing."""
    owners = {}
    for package in EXPORTING:
        found = importlib.import_module(package)
        for name in found.__all__:
            assert owners.setdefault(name, getattr(found, name)) is getattr(found, name), name


@pytest.mark.parametrize("package", EXPORTING)
def test_unknown_names_are_refused(package):
    with pytest.raises(AttributeError, match=r"no attribute 'nothing'; there are \w+, "):
        _ = importlib.import_module(package).nothing


@pytest.mark.parametrize("package", ["mechanisms", "agents", "sim"])
def test_importing_a_floor_loads_nothing_heavy(package):
    code = f"import sys, {package}; sys.exit('numpy' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_table_of_moves_is_read():
    assert len(MOVED) > 50


@pytest.mark.parametrize(("old", "new", "names"), MOVED, ids=lambda part: part[:40])
def test_moved_names_are_in_their_new_homes_and_gone_from_the_old(old, new, names):
    left = importlib.import_module(old) if _exists(old) else None
    home = importlib.import_module(new)
    for name in re.findall(r"`(\w+)`", names):
        assert hasattr(home, name)
        assert name not in vars(left or object)


def test_renamed_names_are_in_their_new_homes():
    """Of the second table: whatever is named with its module."""
    renamed = CHANGELOG.partition("### Renamed, or gone")[2].partition("\n## ")[0]
    new = [cell for row in renamed.splitlines() if row.startswith("| `") for cell in row.split(" | ")[1:]]
    full = re.findall(r"`((?:mechanisms|agents|sim)\.[\w.]+)`", "\n".join(new))
    assert full
    for name in full:
        home, _, thing = name.rpartition(".")
        assert _exists(name) or hasattr(importlib.import_module(home), thing), name


def _exists(module):
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
