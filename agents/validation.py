"""Checks of the parameters of strategies and choices; messages name the field, the value, what is allowed."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_share(name: str, value: Any, *, positive: bool = False) -> None:
    """Raise unless `value` is a number from 0 to 1, above 0 if `positive`: TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not 0 <= value <= 1 or (positive and value == 0):
        least = "above 0" if positive else "at least 0"
        raise ValueError(f"{name} must be {least} and at most 1, got {value!r}")
