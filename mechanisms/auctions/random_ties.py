"""Ties by lot: for closed rules that give them to the lowest index, and within conversations."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import lcm, prod
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mechanisms.conversation import DirectLottery, DirectMechanism
from mechanisms.outcome import Lottery, Outcome
from mechanisms.questions import Chance, Question
from mechanisms.types import TypeSpace

Ties = Literal["lowest", "by lot"]
"""Who is served first among equals: the lowest index, or whoever the lot falls on."""


def check_ties(ties: Any) -> None:
    """ValueError unless it is one of the two."""
    if ties not in get_args(Ties):
        raise ValueError(f"ties must be one of {get_args(Ties)}, got {ties!r}")


def one_of(equals: Sequence[int], ties: Ties) -> Generator[Question, Any, list[int]]:
    """The one of some seats that goes first, within a conversation; nature is asked only where it matters."""
    if ties == "lowest" or len(equals) == 1:
        return [min(equals)]
    taken = yield Chance((1 / len(equals),) * len(equals))
    return [equals[taken]]


@dataclass(frozen=True)
class RandomTies(DirectLottery):
    """Plays `rule` with equal reports in random order, each equally likely in every place among its equals.

    rule
        A mechanism without chance in which, but for ties, only reports and roles matter (`anonymous`), not
        seats. TypeError otherwise.

    Groups of equal reports are rotated together: as many branches as the least common multiple of the groups'
    sizes, one where there are no ties.
    """

    rule: DirectMechanism

    def __post_init__(self) -> None:
        if not isinstance(self.rule, DirectMechanism) or not self.rule.anonymous:
            raise TypeError(f"rule must be without chance and treat seats alike, got {self.rule!r}")

    @property
    def name(self) -> str:
        """Name for tables."""
        return f"{self.rule.name}, ties by lot"

    @property
    def space(self) -> TypeSpace:
        """The rule's."""
        return self.rule.space

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """The rule's."""
        return self.rule.least_buyers

    @property
    def ex_post_ir(self) -> bool:  # type: ignore[override]
        """The rule's."""
        return self.rule.ex_post_ir

    def lottery(self, reports: NDArray[Any]) -> Lottery:
        """The rule under each rotation of the tied; profiles with fewer ties repeat theirs."""
        reports = np.asarray(reports, dtype=float)
        width = len(self.space.report_shape)
        lead = reports.shape[: reports.ndim - 1 - width]
        n = reports.shape[len(lead)]
        rows = reports.reshape(*lead, n, prod(self.space.report_shape))
        roles = np.broadcast_to(self.space.sells(n)[:, None], (*lead, n, 1))
        groups = _groups(np.concatenate([rows, roles], axis=-1))
        sizes = (groups[..., :, None] == groups[..., None, :]).sum(axis=-1)
        branches = lcm(*np.unique(sizes).tolist()) if sizes.size else 1
        orders = np.stack([_rotated(groups, sizes, turn) for turn in range(branches)], axis=-2)
        seats, numbers = len(lead) + 1, (1,) * width
        whose = orders.reshape(*orders.shape, *numbers)
        outcome = self.rule.outcome(np.take_along_axis(np.expand_dims(reports, len(lead)), whose, axis=seats))
        back = np.argsort(orders, axis=-1)
        places = back.reshape(*back.shape, *(1,) * len(self.space.allocation_shape))
        allocation = np.take_along_axis(outcome.allocation, places, axis=seats)
        payments = np.take_along_axis(outcome.payments, back, axis=-1)
        return Lottery(np.full((*lead, branches), 1 / branches), Outcome(allocation, payments))


def _groups(rows: NDArray[Any]) -> NDArray[np.intp]:
    """For each seat the first one with the same report and role, from `(..., n, numbers)`: `(..., n)`."""
    return (rows[..., :, None, :] == rows[..., None, :, :]).all(axis=-1).argmax(axis=-1)


def _rotated(groups: NDArray[np.intp], sizes: NDArray[np.intp], turn: int) -> NDArray[np.intp]:
    """Whose report stands in each seat when every group has been rotated by `turn` places."""
    n = groups.shape[-1]
    same = groups[..., :, None] == groups[..., None, :]
    rank = (same & (np.arange(n) < np.arange(n)[:, None])).sum(axis=-1)
    wanted = (rank + turn) % sizes
    found = same & (rank[..., None, :] == wanted[..., :, None])
    return found.argmax(axis=-1)
