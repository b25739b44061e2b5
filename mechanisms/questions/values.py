"""Questions about one's own value."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms.questions.base import LARGEST_ANSWER, SILENT, BuyerQuestion, Respondents, all_parts, plain


@dataclass(frozen=True)
class AskValue(BuyerQuestion):
    """Report your type: numbers of some `shape`, from `least` to `most`. Silence: no bid, `-inf`.

    An auction without truth in it uses the same question; the report is then simply the bid.
    """

    shape: tuple[int, ...] = ()
    least: float = 0.0
    most: float = LARGEST_ANSWER

    answered_by: ClassVar[str] = "report_value"
    recorded_as: ClassVar[str] = "bid"
    money: ClassVar[bool] = True

    @property
    def allowed(self) -> str:  # type: ignore[override]
        """In words."""
        return f"a number from {self.least:g} to {self.most:g}"

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Numbers in range."""
        return all_parts((answers >= self.least) & (answers <= self.most), self.shape)

    def all_acceptable(self, answers: NDArray[Any]) -> bool:
        """Whether the least and the greatest number are in range, which takes less time than all of them."""
        if type(self).acceptable is not AskValue.acceptable:  # it asks for more than the range
            return super().all_acceptable(answers)
        if not answers.size:
            return True
        least, most = answers.item(answers.argmin()), answers.item(answers.argmax())
        return bool(least >= self.least and most <= self.most)

    def truth(self, view: Respondents) -> NDArray[Any]:
        """The value."""
        return view.values

    def possible_answers(self, amounts: NDArray[Any]) -> list[Any]:
        """The amounts, and silence."""
        return [*map(plain, amounts), plain(np.full(prod(self.shape), SILENT) if self.shape else SILENT)]


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

    def all_acceptable(self, answers: NDArray[Any]) -> bool:
        """Whether all are integers in range."""
        return bool(self.acceptable(answers).all())
