"""Every public mechanism, strategy, utility and distribution is in a suite, and in its registry."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

from agents.best_response.expected_utility import Imitation
from agents.nature import LearnedOffer
from agents.registry import STRATEGIES, make_strategy
from agents.strategies import OneBuyerStrategy, Strategy
from mechanisms.conservative.assignment import AssignmentLottery
from mechanisms.conservative.optimal import GridLottery
from mechanisms.conversation import Mechanism, has_rule
from mechanisms.deviations import Tabulated
from mechanisms.distributions import Distribution
from mechanisms.registry import MECHANISMS, mechanism_class
from mechanisms.risk_averse import HistoryPrices
from mechanisms.robust import CellMechanism
from mechanisms.utilities import Utility
from sim.audit import standard_instances
from sim.conformance import (
    DistributionConformance,
    MechanismConformance,
    PlayConformance,
    StrategyConformance,
    UtilityConformance,
)

TESTS = Path(__file__).parent
KINDS = {
    Mechanism: MechanismConformance,
    Strategy: StrategyConformance,
    Utility: UtilityConformance,
    Distribution: DistributionConformance,
}
FLOORS = ("mechanisms", "agents")


def public_classes(base):
    """The classes of this kind that can be made, and are nobody's own business."""
    found = set()
    for floor in FLOORS:
        package = importlib.import_module(floor)
        for info in pkgutil.walk_packages(package.__path__, f"{floor}."):
            for name, thing in vars(importlib.import_module(info.name)).items():
                own = inspect.isclass(thing) and issubclass(thing, base) and thing.__module__ == info.name
                if own and not name.startswith("_") and not inspect.isabstract(thing):
                    found.add(thing)
    return found


def in_suites(suite):
    """The classes of the instances of all suites of this kind in the tests."""
    for path in sorted(TESTS.rglob("test_*.py")):
        if suite.__name__ in path.read_text(encoding="utf-8"):
            importlib.import_module("tests." + ".".join(path.relative_to(TESTS).with_suffix("").parts))
    suites, covered = [suite], set()
    while suites:
        one = suites.pop()
        suites += one.__subclasses__()
        covered.update(type(instance) for instance in one.instances)
    return covered


BASES = {OneBuyerStrategy, Imitation}
"""To be derived from; and one that stands for a single plan within a computation."""
COMPUTED = {GridLottery, AssignmentLottery, HistoryPrices, CellMechanism}
"""Mechanisms that a computation returns: nobody makes them by name."""
WITHIN = {LearnedOffer, Tabulated}
"""Mechanisms within a game of learners, about actions or whole numbers: no market sells by them alone."""


class TestStandardInstances(PlayConformance):
    """The market, exact play and the audit on what `bazaar audit all` audits."""

    instances = tuple(standard_instances())


@pytest.mark.parametrize("base", KINDS, ids=lambda base: base.__name__)
def test_every_public_class_is_in_a_suite(base):
    public = public_classes(base)
    derived_from = {kind for kind in public if any(issubclass(other, kind) for other in public - {kind})}
    missing = public - in_suites(KINDS[base]) - derived_from - BASES - WITHIN
    assert not missing, sorted(kind.__name__ for kind in missing)


def test_every_mechanism_is_in_the_registry():
    named = public_classes(Mechanism) - COMPUTED - WITHIN
    assert {mechanism_class(name) for name in MECHANISMS} == named


def test_every_mechanism_has_a_standard_instance():
    audited = {type(instance.mechanism) for instance in standard_instances()}
    assert public_classes(Mechanism) - WITHIN <= audited


SERVE_MORE = ("double auction", "mcafee")
"""Sellers are fixed, and any number of buyers may come."""


def answer_to(mechanism, n):
    """What a mechanism says when n take part: the error, or None."""
    try:
        if has_rule(mechanism):
            mechanism.outcome(np.zeros((n, *mechanism.space.report_shape)))
        else:
            next(mechanism.conversation(n))
    except Exception as error:  # noqa: BLE001
        return error
    return None


def test_rules_for_a_number_refuse_every_other():
    """Fewer than the least, and more where as many are needed, are a ValueError that says how many."""
    fixed = {instance.mechanism for instance in standard_instances() if instance.mechanism.least_buyers > 1}
    assert len({type(mechanism) for mechanism in fixed}) >= 19
    for mechanism in fixed:
        need, name = mechanism.least_buyers, mechanism.name
        assert answer_to(mechanism, need) is None, name
        for n in (need - 1, need + 1):
            if n > need and any(word in name for word in SERVE_MORE):
                assert answer_to(mechanism, n) is None, name
                continue
            error = answer_to(mechanism, n)
            assert type(error) is ValueError, (name, n, error)
            assert re.search(rf"\b({need}|two)\b", str(error)), (name, error)
            assert str(n) in str(error), (name, error)


def test_every_name_makes_a_strategy_of_its_own():
    kinds = [type(make_strategy(name)) for name in STRATEGIES]
    assert len(set(kinds)) == len(kinds)
