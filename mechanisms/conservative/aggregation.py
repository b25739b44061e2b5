"""AGG: what several buyers know together about one (Azar, Chen and Micali 2010, Section 3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import float_array
from mechanisms.conservative.scoring import checked_beliefs
from mechanisms.conversation import check_count


def aggregate_knowledge(i: int, reports: Sequence[ArrayLike | None] | Mapping[int, ArrayLike | None]) -> Any:
    """Condition the first report on the intersection of all supports; row i is not looked at.

    reports
        Beliefs about buyer i's type, one of shape (B,) for each buyer in the order of their indices (an
        array of shape (n, B) will do), or a mapping from indices. None, or NaN throughout, is no report.

    If the supports have no common point the reports disagree, and the first one stands. Among truthful
    reports it does not matter which one comes first. Returns shape (B,), or None if nobody reports.

    Raises TypeError for an i or masses that are no numbers, ValueError for i out of range, negative mass, a
    sum other than 1, or different lengths.

    >>> aggregate_knowledge(1, [[0.2, 0.4, 0.4], None, [0.0, 0.5, 0.5]])
    array([0. , 0.5, 0.5])
    """
    check_count("i", i, least=0)
    known = sorted(reports.items()) if isinstance(reports, Mapping) else list(enumerate(reports))
    if not isinstance(reports, Mapping) and i >= len(known):
        raise ValueError(f"i must be below {len(known)}, the number of reports, got {i}")
    beliefs: list[NDArray[np.float64]] = []
    for j, report in known:
        if j == i or report is None:
            continue
        masses = float_array(f"reports[{j}]", report)
        if masses.size and np.isnan(masses).all():
            continue
        belief = checked_beliefs(f"reports[{j}]", masses)
        if belief.ndim != 1 or (beliefs and belief.shape != beliefs[0].shape):
            wanted = beliefs[0].shape if beliefs else "(B,)"
            raise ValueError(f"reports[{j}] must have shape {wanted}, not {belief.shape}")
        beliefs.append(belief)
    return combine(np.array(beliefs)) if beliefs else None


def combine(beliefs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rule itself, for valid beliefs of shape (m, B), m >= 1, the first of which gives the density."""
    common = np.where((beliefs > 0).all(axis=0), beliefs[0], 0.0)
    total = common.sum()
    return common / total if total > 0 else beliefs[0].copy()
