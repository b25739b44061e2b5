"""Questions about one's own value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.questions.base import BuyerQuestion, all_parts


@dataclass(frozen=True)
class AskValue(BuyerQuestion):
    """Report your value: a number, or with `items` > 1 a number for each item. Silence: no bid, `-inf`.

    An auction without truth in it uses the same question; the report is then simply the bid.
    """

    items: int = 1

    answered_by: ClassVar[str] = "report_value"

    @property
    def shape(self) -> tuple[int, ...]:
        """() for one kind of good, else (items,)."""
        return () if self.items == 1 else (self.items,)


@dataclass(frozen=True)
class AskGridValue(AskValue):
    """Report your value, an integer from 0 to `bound` − 1. Silence: no bid, `-inf`."""

    bound: int = 1

    @property
    def allowed(self) -> str:  # type: ignore[override]
        """In words."""
        return f"an integer from 0 to {self.bound - 1}"

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Integers in range."""
        whole = answers == np.floor(answers)
        return all_parts(whole & (answers >= 0) & (answers < self.bound), self.shape)
