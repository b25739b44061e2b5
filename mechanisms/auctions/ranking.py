"""Ranking reports: who bid most, what the next bid is, and a sale to the highest, as Vickrey (1961) ranks.

Reports have shape `(..., n)`, and `-inf` stands for no bid. Ties go to the lowest index. One profile takes a
short path, because there the cost of NumPy's calls decides; many profiles are ranked in blocks that stay
in the processor's cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.outcome import Outcome

BLOCK = 80_000
"""Reports ranked at a time."""


def lowest_accepted(reserve: float) -> float:
    """The least bid that meets a reserve: `at_least(bid, reserve)` as one plain comparison."""
    return reserve - RELATIVE_SLACK * abs(reserve)


def top_one(reports: NDArray[Any]) -> tuple[Any, Any]:
    """Index of the highest report and that report (`-inf` if there is none), each of shape `(...)`.

    Raises ValueError for NaN.

    >>> top_one(np.array([2.0, 5.0, 5.0]))
    (1, 5.0)
    """
    if not reports.shape[-1]:
        return _nobody(reports.shape[:-1])
    if reports.ndim == 1:
        best = int(reports.argmax())
        return best, _number(reports.item(best))
    winner = reports.argmax(axis=-1)
    flat = reports.reshape(-1)
    return winner, _numbers(flat[_positions(winner, reports.shape[-1])].reshape(winner.shape))


def top_two(reports: NDArray[Any]) -> tuple[Any, Any, Any]:
    """Index of the highest report, that report, and the second highest (`-inf` if there is none).

    Each has shape `(...)`; reports are floats. Raises ValueError for NaN.

    >>> top_two(np.array([2.0, 5.0, 3.0]))
    (1, 5.0, 3.0)
    """
    if not reports.shape[-1]:
        winner, highest = _nobody(reports.shape[:-1])
        return winner, highest, highest.copy()
    if reports.ndim == 1:
        return _top_two_of_one(reports)
    n = reports.shape[-1]
    rows = reports.reshape(-1, n)
    winner = np.empty(len(rows), dtype=np.intp)
    highest, second = np.empty(len(rows)), np.empty(len(rows))
    size = max(1, BLOCK // n)
    for start in range(0, len(rows), size):
        block = slice(start, start + size)
        winner[block], highest[block], second[block] = _top_two_of_block(rows[block])
    leading = reports.shape[:-1]
    return winner.reshape(leading), _numbers(highest).reshape(leading), second.reshape(leading)


def _nobody(leading: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The highest of no reports."""
    return np.zeros(leading, dtype=np.intp), np.full(leading, -np.inf)


def _number(highest: float) -> float:
    """The highest report; ValueError if it is NaN, which it is if any report is."""
    if highest != highest:
        raise ValueError("reports must be numbers, or -inf for no bid, got NaN")
    return highest


def _numbers(highest: NDArray[Any]) -> NDArray[Any]:
    """The same for many profiles."""
    if highest.size:
        _number(highest.min().item())  # NaN if there is one
    return highest


def _top_two_of_one(reports: NDArray[Any]) -> tuple[int, float, float]:
    winner = int(reports.argmax())
    others = reports.copy()
    others[winner] = -np.inf
    return winner, _number(reports.item(winner)), others.item(int(others.argmax()))


def _top_two_of_block(rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    by_buyer = rows.T.copy()  # always a copy: it is written to below
    profiles = np.arange(len(rows))
    winner = by_buyer.argmax(axis=0)
    highest = by_buyer.max(axis=0)
    by_buyer[winner, profiles] = -np.inf
    return winner, highest, by_buyer.max(axis=0)


def k_highest(reports: NDArray[Any], k: int) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Who is among the k highest, shape `(..., n)`, and the (k+1)st highest report, shape `(...)`.

    With n <= k all are, and the (k+1)st is `-inf`. Raises ValueError for NaN.

    >>> k_highest(np.array([1.0, 4.0, 2.0, 4.0, 4.0]), 2)[0]
    array([False,  True, False,  True, False])
    """
    n = reports.shape[-1]
    if np.isnan(reports).any():
        raise ValueError("reports must be numbers, or -inf for no bid, got NaN")
    if n <= k:
        return np.ones(reports.shape, dtype=bool), np.full(reports.shape[:-1], -np.inf)
    ascending = np.partition(reports, n - k - 1, axis=-1)
    next_highest = ascending[..., n - k - 1]
    kth_highest = ascending[..., n - k:].min(axis=-1)[..., None]
    among = reports >= kth_highest
    if np.count_nonzero(among) > k * (reports.size // n):
        among = _ties_to_lowest(reports, kth_highest, k)
    return among, next_highest


def _ties_to_lowest(reports: NDArray[Any], kth_highest: NDArray[Any], k: int) -> NDArray[np.bool_]:
    """All above the k-th highest report, and as many of those tied with it, from the left, as have room."""
    above, tied = reports > kth_highest, reports == kth_highest
    room = k - above.sum(axis=-1, keepdims=True)
    return above | (tied & (tied.cumsum(axis=-1) <= room))


def single_sale(shape: tuple[int, ...], winner: Any, highest: Any, price: Any, reserve: float) -> Outcome:
    """Sell a unit to `winner` if her report `highest` meets the reserve, at `price` but at least the reserve.

    `shape` is `(..., n)`; `winner`, `highest` and `price` have shape `(...)`.
    """
    allocation, payments = np.zeros(shape), np.zeros(shape)
    if not shape[-1]:
        return Outcome(allocation, payments)
    if len(shape) == 1:
        if highest >= lowest_accepted(reserve):
            allocation[winner] = 1.0
            payments[winner] = max(price, reserve)
        return Outcome(allocation, payments)
    sold = (highest >= lowest_accepted(reserve)).reshape(-1)
    seats = _positions(winner, shape[-1])
    allocation.reshape(-1)[seats] = sold
    payments.reshape(-1)[seats] = np.where(sold, np.maximum(price, reserve).reshape(-1), 0.0)
    return Outcome(allocation, payments)


def _positions(winner: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """Where the winner of each profile stands in the flattened `(..., n)` array."""
    return np.arange(0, winner.size * n, n) + winner.reshape(-1)
