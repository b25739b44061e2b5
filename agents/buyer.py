"""Buyer: the face of one buyer in the population, whose state lives in arrays."""

from __future__ import annotations

from typing import Any

import mesa

from agents.population import Population
from agents.strategies.base import Strategy


class Buyer(mesa.Agent):
    """One buyer, by her number in the population; holds nothing of her own."""

    def __init__(self, model: Any, population: Population, number: int) -> None:
        super().__init__(model)
        self.population = population
        self.number = number

    @property
    def strategy(self) -> Strategy:
        """How she answers."""
        return self.population.groups[self.population.membership[self.number]].strategy

    @property
    def person(self) -> int:
        """The person behind the name."""
        return int(self.population.persons[self.number])

    @property
    def latency(self) -> float:
        """Mean time that a message of hers travels."""
        return float(self.population.latency[self.number])
