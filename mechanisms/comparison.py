"""Comparisons that decide, with a slack, so that rounding never decides a tie."""

from __future__ import annotations

from typing import Any

import numpy as np

RELATIVE_SLACK = 1e-12


def at_least(left: Any, right: Any) -> Any:
    """Whether left >= right, elementwise, up to a relative slack of 1e-12; infinities compare exactly.

    >>> at_least(0.1 + 0.2, 0.3), at_least(0.3, 0.1 + 0.2), at_least(0.3, 0.31)
    (True, True, False)
    """
    scale = np.where(np.isfinite(right), np.abs(right), 0.0)
    decided = left >= right - RELATIVE_SLACK * scale
    return decided if np.ndim(decided) else bool(decided)
