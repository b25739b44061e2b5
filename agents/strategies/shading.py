"""Shading: bid a fixed share of one's value when asked for a sealed report, whatever the rules are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.strategies.base import Answer, Strategy
from agents.validation import check_share
from agents.view import View, shaded
from mechanisms.questions import AskValue


@dataclass(frozen=True)
class Shading(Strategy):
    """Report `factor` times the value; truth in every other question.

    factor
        Share of the value that is bid, above 0 and at most 1. ValueError outside, TypeError if not a number.

    >>> Shading(0.8)
    Shading(factor=0.8)
    """

    factor: float = 0.8

    def __post_init__(self) -> None:
        check_share("factor", self.factor, positive=True)

    def report_value(self, question: AskValue, view: View) -> Answer:
        """The share of the value, of each item's value where there are several."""
        return shaded(view, view.values, np.array(self.factor))
