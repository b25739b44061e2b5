"""Decreasing values of further units: uniform draws in descending order (Krishna, Auction Theory, ch. 13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.conversation import check_count
from mechanisms.distributions.signals import SignalDraw, TypeModel
from mechanisms.distributions.uniforms import draw_uniforms


@dataclass(frozen=True)
class TwoUnitValues(TypeModel):
    """n >= 1 independent bidders with values (x1, x2) of density 2 on the triangle 1 >= x1 >= x2 >= 0.

    They are the order statistics of two uniform draws (Krishna, Example 13.1). Raises TypeError or ValueError
    for another n.
    """

    n: int = 2
    width: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_count("n", self.n)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> SignalDraw:
        """Values `(*size, n, 2)`, which are the signals."""
        uniforms = draw_uniforms(rng, size, 2 * self.n)
        values: FloatArray = np.sort(uniforms.reshape(*uniforms.shape[:-1], self.n, 2), axis=-1)[..., ::-1]
        return SignalDraw(values, values)

    def support(self, bidder: int) -> tuple[float, float]:
        """[0, 1] for each unit."""
        return 0.0, 1.0
