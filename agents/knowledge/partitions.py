"""Partitions: what each buyer can tell apart (Azar, Chen and Micali, "Conservative-Bayesian …", 2).

Nature draws a type profile from a common prior; each buyer knows the cell of her own partition that holds it.
A partition is an array of the prior's shape, with the label of the cell of each profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.conversation import Mechanism
from mechanisms.distributions import JointDistribution


def own_type_partitions(prior: JointDistribution) -> tuple[NDArray[np.intp], ...]:
    """Cell labels for buyers who know their own type only; one array of the prior's shape each."""
    return tuple(np.indices(prior.shape)[i] for i in range(prior.n))


def check_partitions(prior: JointDistribution, partitions: Sequence[Any]) -> tuple[NDArray[Any], ...]:
    """The partitions as arrays; ValueError unless each has the prior's shape and tells own types apart.

    Consistency with one's own type is asked of the prior's support: elsewhere nobody ever stands.
    """
    if not isinstance(partitions, (Sequence, np.ndarray)):
        raise TypeError(f"partitions must be a sequence of label arrays, got {partitions!r}")
    if len(partitions) != prior.n:
        raise ValueError(f"partitions must hold {prior.n} label arrays, one a buyer, got {len(partitions)}")
    checked = []
    possible = prior.table > 0
    own_types = np.indices(prior.shape)
    for i, given in enumerate(partitions):
        labels = _rectangular(f"partitions[{i}]", given)
        if labels.shape != prior.shape:
            raise ValueError(f"partitions[{i}] must have the prior's shape {prior.shape}, got {labels.shape}")
        if labels.dtype.kind not in "iu":
            raise TypeError(f"partitions[{i}] must hold integer cell labels, got dtype {labels.dtype}")
        for cell in np.unique(labels[possible]):
            inside = np.argwhere(possible & (labels == cell))
            own = own_types[i][tuple(inside.T)]
            if own.min() != own.max():
                first, second = inside[own.argmin()], inside[own.argmax()]
                raise ValueError(
                    f"partitions[{i}] is not consistent with buyer {i}'s own type: "
                    f"cell {cell} holds profiles {first.tolist()} and {second.tolist()}"
                )
        checked.append(labels)
    return tuple(checked)


def _rectangular(name: str, given: Any) -> NDArray[Any]:
    try:
        return np.asarray(given)
    except ValueError as error:
        raise ValueError(f"{name} must be a rectangular array, got {given!r}") from error


def check_value_bound(mechanism: Mechanism, grids: Sequence[NDArray[Any]]) -> None:
    """ValueError if a buyer's type, on her grid, is none of a mechanism's integer values 0 … B−1."""
    bound = mechanism.value_bound
    if bound is None:
        return
    for buyer, grid in enumerate(grids):
        wrong = grid[(grid % 1 != 0) | (grid < 0) | (grid >= bound)]
        if wrong.size:
            raise ValueError(
                f"prior must hold integers from 0 to {bound - 1}, because the mechanism's value_bound is "
                f"{bound}, got {wrong.max():g} for buyer {buyer}"
            )
