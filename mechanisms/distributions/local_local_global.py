"""Values of two local bidders, who want an item each, and a global one, for both (Ausubel, Baranov 2020).

The locals' values are uniform on [0, 1]: equal with probability `correlation`, independent otherwise. The
global bidder's value of the pair is uniform on [0, 2] and independent of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechanisms._validation import check_field
from mechanisms.distributions.signals import SignalDraw, TypeModel
from mechanisms.distributions.uniforms import draw_uniforms


@dataclass(frozen=True)
class LocalLocalGlobal(TypeModel):
    """Bidders 0 and 1 are local, bidder 2 is global. Raises unless `correlation` is in [0, 1]."""

    correlation: float = 0.0

    def __post_init__(self) -> None:
        check_field(self, "correlation", at_least=0, at_most=1)

    @property
    def n(self) -> int:
        """3."""
        return 3

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> SignalDraw:
        """Values `(*size, 3)`, which are the signals."""
        uniforms = draw_uniforms(rng, size, 4)
        equal = uniforms[..., 3] < self.correlation
        first, second = uniforms[..., 0], np.where(equal, uniforms[..., 0], uniforms[..., 1])
        values = np.stack([first, second, 2 * uniforms[..., 2]], axis=-1)
        return SignalDraw(values, values)

    def support(self, bidder: int) -> tuple[float, float]:
        """[0, 1] for a local bidder, [0, 2] for the global one."""
        return 0.0, 2.0 if bidder == 2 else 1.0
