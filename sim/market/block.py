"""Block: many auctions of one seller, worked out together (see `sim.market.ahead`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import Answers
from mechanisms.outcome import Outcome


@dataclass(slots=True)
class Block:
    """Auctions that will happen: arrays with a row for each. `late` are messages that miss the deadline."""

    participants: NDArray[Any]
    values: NDArray[Any]
    answers: Answers
    arrivals: NDArray[Any]
    late: NDArray[np.bool_]
    opened: NDArray[Any]
    closed: NDArray[Any]
    outcome: Outcome

    def __len__(self) -> int:
        return len(self.opened)
