"""Shows for tests: the small town, and markets of a few buyers who are always there."""

from types import SimpleNamespace

import numpy as np

from agents.population import Population
from agents.seller import SellerPlan
from mechanisms.auctions import SecondPrice
from mechanisms.distributions import Uniform
from scenarios import town_market
from sim.market.market import Market
from sim.market.panel import Panel
from sim.page.show import show_of
from sim.runs.registry import ScenarioFile
from sim.runs.scenario import Parameters
from tests.sim.command import ROOT

SMALL = {"buyers": "40", "rate": "0.3", "until": "8"}


def entry_of(module, name="town_market"):
    return ScenarioFile(name, ROOT / "scenarios" / "town_market.py", lambda: module)


def shown(steps=0, seed=0, module=town_market, **told):
    """A show of the small town after some steps; a setting of it that is "" is left out."""
    given = {name: value for name, value in {**SMALL, **told}.items() if value != ""}
    show = show_of(entry_of(module))(seed=str(seed), **given)
    assert show.message == ""
    for _ in range(steps):
        show.step()
    return show


def tiny(strategies, sellers=None, **extra):
    """A scenario's module with panels of buyers who are always there."""

    def build(parameters, seed=0, records=None):
        plans = [SellerPlan(mechanism) for mechanism in sellers or [SecondPrice()]]
        size, people = len(strategies), Population.of(strategies * len(plans))
        members = np.arange(len(people)).reshape(-1, size)
        return Market(people, plans, [Panel(own) for own in members], Uniform(0, 1), seed, records)

    return SimpleNamespace(Parameters=Parameters, build=build, **extra)
