"""Rival shops: two formats, one town; to whom do people go, and who earns more?"""

from pydantic import Field

import sim
from agents import Equilibrium, Logit, Population, SellerPlan, small_world
from mechanisms import FirstPrice, SecondPrice, Uniform

VALUES = Uniform(0, 100)


class Parameters(sim.Parameters):
    """What can be set, with its range: `--set buyers=50`."""

    buyers: int = Field(default=100, ge=10, le=10_000, description="people in the town")
    reserve: float = Field(default=50, ge=0, le=100, description="reserve of the second-price seller")


def build(parameters=None, seed=0, records=None):
    """Two sellers in a town whose people go where they, and their neighbours, did well."""
    told = parameters or Parameters()
    plans = [
        SellerPlan(SecondPrice(told.reserve), window=0.2),
        SellerPlan(FirstPrice(), window=0.2, first=0.5),
    ]
    people = Population.of([Equilibrium()] * told.buyers, latency=0.01, prior=VALUES)
    network = small_world(told.buyers, 6, 0.1, sim.Stream(seed, "network").generator())
    town = sim.Town(Logit(temperature=5, optimism=5), network, rate=0.1)
    return sim.Market(people, plans, [town] * len(plans), VALUES, seed, records)
