"""Shares by name, of which the worst and the mean are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def worst_and_mean(shares: Mapping[str, Any]) -> dict[str, float]:
    """Two figures for each name that has any shares.

    >>> import numpy as np
    >>> worst_and_mean({"a": np.array([0.5, 1.0]), "b": np.array([])})
    {'worst: a': 0.5, 'mean: a': 0.75}
    """
    return {
        f"{what}: {name}": float(getattr(own, how)())
        for name, own in shares.items()
        if len(own)
        for what, how in (("worst", "min"), ("mean", "mean"))
    }
