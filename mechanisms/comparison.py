"""Comparisons that decide, with a slack, so that rounding never decides a tie.

Every slack is relative to the size of the amounts at hand: in cents, euros or billions the same is decided.
"""

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


def size_of(*amounts: Any) -> float:
    """The greatest absolute value among all finite numbers of some arrays; 0 if there is none.

    >>> size_of([1.0, -3.0], 2), size_of([np.inf])
    (3.0, 0.0)
    """
    finite = [np.abs(each[np.isfinite(each)]).max(initial=0.0) for each in map(np.asarray, amounts)]
    return float(max(finite, default=0.0))


def first_best(utilities: Any, slack: float) -> int:
    """The first place of a vector whose entry is the greatest, up to `slack`; infinities compare exactly.

    >>> first_best(np.array([1.0, 3.0, 3.0 + 1e-13]), 1e-12)
    1
    """
    return int((utilities >= utilities.max() - slack).argmax())
