"""Buyers who do not say what they know: liars about values, lazy and noisy reporters of beliefs.

For mechanisms that buy knowledge (Azar, Chen and Micali 2010): what each of them costs the seller depends on
where she sits, since the reporter of the lowest index gives the aggregate its density.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.strategies.base import Answer, Strategy
from agents.strategies.shading import Shading
from agents.validation import check_share
from agents.view import Mixed, View
from mechanisms.conversation import check_count
from mechanisms.questions import AskBelief, AskValue


@dataclass(frozen=True)
class WholeShading(Shading):
    """Report a share of the value, rounded down to a whole number; truth in every other question."""

    def report_value(self, question: AskValue, view: View) -> Answer:
        """The share of the value, as a whole number."""
        return np.floor(self.factor * view.values)


@dataclass(frozen=True)
class LazyReporter(Strategy):
    """Report the uniform belief whatever one knows: it earns something, and takes no thought."""

    def report_belief(self, question: AskBelief, view: View) -> Answer:
        """Uniform on what is possible for everybody to see."""
        return np.tile(question.uniform(), (len(view.seats), *(1,) * len(question.shape)))


@dataclass(frozen=True)
class NoisyReporter(Strategy):
    """With probability `noise`, report one's belief shifted by `step` places, up or down alike.

    noise
        Probability, from 0 to 1.
    step
        How many places on the grid of types, at least 1. Mass shifted off the grid stays at its end.

    Raises TypeError or ValueError for anything else. For beliefs about one buyer, or marginals: the table of
    several is shifted as one line, and a product no longer is one.
    """

    noise: float = 0.5
    step: int = 3

    def __post_init__(self) -> None:
        check_share("noise", self.noise)
        check_count("step", self.step)

    def report_belief(self, question: AskBelief, view: View) -> Answer:
        """A mixture of the belief and its shifts."""
        known = np.asarray(self.otherwise(question, view))
        answers = np.stack([known, shifted(known, self.step), shifted(known, -self.step)], axis=1)
        return Mixed(answers, np.array([1 - self.noise, self.noise / 2, self.noise / 2]))


def shifted(masses: NDArray[Any], step: int) -> NDArray[np.float64]:
    """Masses (..., B) moved by `step` places, those at the ends kept on the grid.

    >>> shifted(np.array([0.5, 0.25, 0.25]), 1)
    array([0. , 0.5, 0.5])
    """
    size = masses.shape[-1]
    moved = np.zeros(masses.shape)
    for place in range(size):
        moved[..., min(max(place + step, 0), size - 1)] += masses[..., place]
    return moved
