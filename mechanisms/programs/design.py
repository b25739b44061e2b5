"""What an optimisation hands back: a mechanism, what it earns, and a bound on what any could earn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Mechanism_co = TypeVar("Mechanism_co", covariant=True)


@dataclass(frozen=True)
class Design(Generic[Mechanism_co]):
    """A mechanism that was optimised, with its certificate.

    mechanism
        The best one found.
    value
        What it earns, in the units of the objective.
    upper_bound
        No mechanism of the class that was searched earns more; infinite if no bound is known. It is as it
        was found, never raised to `value`: below it by more than rounding it would show a mistake.
    seconds
        Time that the search took.
    """

    mechanism: Mechanism_co
    value: float
    upper_bound: float
    seconds: float

    @property
    def certificate(self) -> float:
        """The share of the optimum that `value` is known to reach: `value` / `upper_bound`, 1 if equal."""
        return 1.0 if self.value == self.upper_bound else float(self.value / self.upper_bound)
