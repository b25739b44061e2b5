"""Questions about one's own value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.questions.base import SILENT, Asked, BuyerQuestion, all_parts, plain


@dataclass(frozen=True)
class AskValue(BuyerQuestion):
    """Report your value: a number, or with `items` > 1 a number for each item. Silence: no bid, `-inf`.

    An auction without truth in it uses the same question; the report is then simply the bid.
    """

    items: int = 1

    answered_by: ClassVar[str] = "report_value"
    money: ClassVar[bool] = True

    @property
    def shape(self) -> tuple[int, ...]:
        """() for one kind of good, else (items,)."""
        return () if self.items == 1 else (self.items,)

    def truth(self, view: Asked) -> NDArray[Any]:
        """The value."""
        return view.values

    def possible_answers(self, amounts: NDArray[Any]) -> list[Any]:
        """The amounts, and silence."""
        return [*map(plain, amounts), plain(np.full(self.shape, SILENT))]


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
