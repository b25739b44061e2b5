"""Assignment contexts: several items, values on bundles, a set of feasible assignments closed downwards.

Azar, Chen and Micali 2010, Section 1.2. OPT is a linear program over all reports, for small instances: a
lottery over assignments, and payments, for each profile of types. A bundle of m items is a bit mask
0 … 2^m−1, and for the players each bundle but the empty one counts as a kind of good of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from time import perf_counter
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mechanisms._validation import FloatArray, finite_vector
from mechanisms.conservative.optimal import OptimalAuction
from mechanisms.conversation import DirectLottery, check_count
from mechanisms.distributions import JointDistribution
from mechanisms.outcome import Lottery, Outcome
from mechanisms.programs import maximise
from mechanisms.types import TypeSpace

MAX_VARIABLES = 200_000
"""The largest program that is built."""


class AssignmentContext:
    """Who may get what, and which valuations there are.

    item_count
        Number m >= 1 of items.
    types
        For each buyer an array (T_i, 2^m): her possible valuations, the value of each bundle, at least 0,
        and 0 for the empty bundle (index 0).
    assignments
        Array (A, n) of bundles: the feasible assignments, closed downwards (a buyer's bundle may always be
        replaced by the empty one).

    Raises TypeError or ValueError for anything else.
    """

    def __init__(self, item_count: int, types: Sequence[ArrayLike], assignments: ArrayLike) -> None:
        check_count("item_count", item_count)
        self.item_count = item_count
        self.bundles = 2**item_count
        self.types = tuple(_checked_types(i, table, self.bundles) for i, table in enumerate(types))
        self.assignments = np.unique(np.asarray(assignments, dtype=np.intp), axis=0)
        if self.assignments.ndim != 2 or self.assignments.shape[1] != len(self.types):
            raise ValueError(
                f"assignments must have shape (A, {len(self.types)}), got {self.assignments.shape}"
            )
        if self.assignments.min() < 0 or self.assignments.max() >= self.bundles:
            raise ValueError(f"assignments must hold bundles 0 .. {self.bundles - 1}")
        feasible = set(map(tuple, self.assignments.tolist()))
        for assignment, i in product(sorted(feasible), range(self.n)):
            if (*assignment[:i], 0, *assignment[i + 1 :]) not in feasible:
                raise ValueError(
                    f"assignments must be closed downwards: {assignment} is one, not so without buyer {i}"
                )

    @classmethod
    def combinatorial(cls, item_count: int, types: Sequence[ArrayLike]) -> AssignmentContext:
        """A combinatorial auction: each item goes to one buyer at most."""
        check_count("item_count", item_count)
        owners = product(range(len(types) + 1), repeat=item_count)
        shares = [
            [sum(2**item for item, owner in enumerate(who) if owner == i) for i in range(1, len(types) + 1)]
            for who in owners
        ]
        return cls(item_count, types, shares)

    @property
    def n(self) -> int:
        """The number of buyers."""
        return len(self.types)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of types of each buyer."""
        return tuple(len(table) for table in self.types)

    def __repr__(self) -> str:
        return f"<AssignmentContext of {self.item_count} items, with {self.shape} types>"

    def without(self, buyer: int) -> AssignmentContext:
        """The same context when a buyer gets nothing and is not there."""
        kept = self.assignments[self.assignments[:, buyer] == 0]
        types = self.types[:buyer] + self.types[buyer + 1 :]
        return AssignmentContext(self.item_count, types, np.delete(kept, buyer, axis=1))

    def type_of(self, buyer: int, report: NDArray[Any]) -> int:
        """Index of the type that values all bundles but the empty one as `report`; −1 if there is none."""
        found = np.flatnonzero((self.types[buyer][:, 1:] == report).all(axis=1))
        return int(found[0]) if found.size else -1

    def worth(self) -> list[FloatArray]:
        """For each buyer, shape (T_i, A): what each assignment is worth to each type."""
        return [table[:, self.assignments[:, i]] for i, table in enumerate(self.types)]


@dataclass(frozen=True)
class Assignable(TypeSpace):
    """The type space of an assignment context: a value for each bundle but the empty one.

    An allocation is 1 where a buyer gets just this bundle. With one item types and allocations are numbers.
    """

    context: AssignmentContext

    @property
    def type_shape(self) -> tuple[int, ...]:
        """A value for each bundle, or a number."""
        return (self.context.bundles - 1,) if self.context.item_count > 1 else ()

    @property
    def allocation_shape(self) -> tuple[int, ...]:
        """As types."""
        return self.type_shape

    @property
    def units(self) -> int:
        """How many buyers may get the same bundle at most."""
        bundles = range(1, self.context.bundles)
        return max(1, *(int((self.context.assignments == b).sum(axis=1).max()) for b in bundles))

    def worth(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The value of the bundle."""
        worth = valuations * allocation
        return worth.sum(axis=-1) if self.type_shape else worth

    def item_values(self, valuations: NDArray[Any], allocation: NDArray[Any]) -> FloatArray:
        """The values of the bundles."""
        return valuations

    def best_welfare(self, types: FloatArray) -> FloatArray:
        """The best of all feasible assignments."""
        table = types if self.type_shape else types[..., None]
        table = np.concatenate([np.zeros((*table.shape[:-1], 1)), table], axis=-1)
        got = self.context.assignments
        return np.sum([table[..., i, got[:, i]] for i in range(self.context.n)], axis=0).max(axis=-1)

    def feasible(self, allocation: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether a realised allocation is one of the assignments."""
        held = allocation if self.type_shape else allocation[..., None]
        bundle = (held @ np.arange(1, self.context.bundles))[..., None, :]
        one = ((held >= 0).all(axis=-1) & (held.sum(axis=-1) <= 1)).all(axis=-1)
        return one & (bundle == self.context.assignments).all(axis=-1).any(axis=-1)


@dataclass(frozen=True, eq=False)
class AssignmentLottery(DirectLottery):
    """A lottery over assignments and expected payments for each profile of types.

    chances
        Shape (T_1, …, T_n, A).
    expected_payments
        Shape (T_1, …, T_n, n).

    A buyer reports her value for each bundle but the empty one, shape (..., n, 2^m − 1), or (..., n) for one
    item; a report that is no type is no bid: she gets nothing and counts as her first type for the others.
    Payments are shared out over the branches in proportion to the reported value, so nobody loses ex post.
    """

    context: AssignmentContext
    chances: FloatArray
    expected_payments: FloatArray

    ex_post_ir: ClassVar[bool] = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssignmentLottery) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[Any, ...]:
        tables = (*self.context.types, self.context.assignments, self.chances, self.expected_payments)
        return tuple((table.shape, table.tobytes()) for table in tables)

    def __repr__(self) -> str:
        return f"<AssignmentLottery of {self.context!r}>"

    @property
    def space(self) -> Assignable:
        """The context's."""
        return Assignable(self.context)

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """As many as the context has."""
        return self.context.n

    def lottery(self, reports: NDArray[Any]) -> Lottery:
        """The rule; ValueError for another number of buyers."""
        context, items = self.context, self.context.bundles - 1
        reports = np.asarray(reports, dtype=float)
        tables = reports[..., None] if items == 1 else reports
        if tables.ndim < 2 or tables.shape[-2:] != (context.n, items):
            raise ValueError(f"reports must be {context.n} of {items} values, got shape {reports.shape}")
        lead, branches = tables.shape[:-2], len(context.assignments)
        weights = np.zeros((*lead, branches))
        allocation = np.zeros((*lead, branches, context.n, items))
        payments = np.zeros((*lead, branches, context.n))
        for where in np.ndindex(lead):
            types = [context.type_of(i, tables[where][i]) for i in range(context.n)]
            weights[where], allocation[where], payments[where] = self._at(types)
        return Lottery(weights, Outcome(allocation[..., 0] if items == 1 else allocation, payments))

    def _at(self, types: list[int]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Probabilities (A,), allocation (A, n, bundles−1) and payments (A, n) at one profile of types."""
        context = self.context
        profile = tuple(max(t, 0) for t in types)
        chances = self.chances[profile]
        chances = chances / chances.sum()
        got = np.where(np.array(types) >= 0, context.assignments, 0)
        allocation = (got[..., None] == np.arange(1, context.bundles)).astype(float)
        payments = np.zeros(got.shape)
        for i, own in enumerate(types):
            if own >= 0:
                worth = context.types[i][own][got[:, i]]
                expected = chances @ worth
                due = self.expected_payments[(*profile, i)]
                payments[:, i] = worth * min(due / expected, 1.0) if due > 0 and expected > 0 else min(due, 0)
        return chances, allocation, payments


def optimal_assignment(
    prior: JointDistribution, context: AssignmentContext
) -> OptimalAuction[AssignmentLottery]:
    """Best randomised DSIC, ex-post IR mechanism of a small assignment context.

    prior
        Over the indices of types: a table of shape (T_1, …, T_n).

    Incentive constraints hold at every profile of types, in the support or not. Raises ValueError for
    a prior of another shape, or a program of more than MAX_VARIABLES variables.
    """
    start = perf_counter()
    if prior.shape != context.shape:
        raise ValueError(f"prior must have the shape of types {context.shape}, got {prior.shape}")
    profiles, branches, n = prior.table.size, len(context.assignments), context.n
    size = profiles * (branches + n)
    if size > MAX_VARIABLES:
        raise ValueError(f"context must need at most {MAX_VARIABLES} variables, got {size}")
    rows, sums = _incentive_rows(context), _one_assignment(profiles, branches, n)
    gains = np.concatenate([np.zeros(profiles * branches), np.repeat(prior.table.ravel(), n)])
    least, most = _payment_bounds(context)
    lower = np.append(np.zeros(profiles * branches), np.tile(least, profiles))
    upper = np.append(np.ones(profiles * branches), np.tile(most, profiles))
    best = maximise(gains, (rows, np.zeros(rows.shape[0])), (sums, np.ones(profiles)), (lower, upper))
    chances, payments = np.split(best.x, [profiles * branches])
    auction = AssignmentLottery(
        context, chances.reshape(*prior.shape, branches), payments.reshape(*prior.shape, n)
    )
    return OptimalAuction(auction, best.value, best.upper_bound, perf_counter() - start)


def _payment_bounds(context: AssignmentContext) -> tuple[FloatArray, FloatArray]:
    """The range (n,) in which payments can be optimal.

    For given chances the incentive constraints bound differences of payments, so the highest payments are
    lengths of shortest paths from nothing: no more than a highest value, and no less than minus one a type.
    """
    highest = np.array([table.max() for table in context.types])
    return -highest * context.shape, highest


def _incentive_rows(context: AssignmentContext) -> Any:
    """Rows <= 0: the gain of buyer i of type a from reporting b (DSIC), or from staying away (IR)."""
    from scipy.sparse import coo_array

    shape, branches, worth = context.shape, len(context.assignments), context.worth()
    place = np.arange(int(np.prod(shape))).reshape(shape)
    payment = place.size * branches + place[..., None] * context.n + np.arange(context.n)
    row, column, entry, count = [], [], [], 0

    def add(profile: tuple[int, ...], i: int, own: int, sign: float) -> None:
        """Utility of type `own` of buyer i at a profile of reports, times `sign`, into row `count`."""
        row.extend([count] * (branches + 1))
        column.extend([*range(place[profile] * branches, (place[profile] + 1) * branches)])
        column.append(int(payment[(*profile, i)]))
        entry.extend([*(sign * worth[i][own]), -sign])

    for profile in np.ndindex(shape):
        for i in range(context.n):
            for report in [None, *range(shape[i])]:
                if report == profile[i]:
                    continue
                add(profile, i, profile[i], -1.0)
                if report is not None:
                    add((*profile[:i], report, *profile[i + 1 :]), i, profile[i], 1.0)
                count += 1
    return coo_array((entry, (row, column)), shape=(count, place.size * (branches + context.n))).tocsr()


def _one_assignment(profiles: int, branches: int, n: int) -> Any:
    """Rows = 1: probabilities at each profile."""
    from scipy.sparse import csr_array, eye_array, hstack, kron

    return hstack([kron(eye_array(profiles), np.ones((1, branches))), csr_array((profiles, profiles * n))])


def _checked_types(i: int, table: ArrayLike, bundles: int) -> FloatArray:
    """A buyer's valuations, shape (T, bundles)."""
    array = np.asarray(table, dtype=float)
    if array.ndim != 2 or array.shape[1] != bundles or not len(array):
        raise ValueError(f"types[{i}] must have shape (T, {bundles}), got {array.shape}")
    finite_vector(f"types[{i}]", array.ravel())
    if (array < 0).any() or array[:, 0].any():
        raise ValueError(f"types[{i}] must be at least 0, and 0 for the empty bundle (index 0)")
    return array
