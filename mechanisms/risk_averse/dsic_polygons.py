"""DSIC optimum by a mixed-integer program whose utilities lie below polygons.

The utility at a profile lies below the polygon through the utilities of all revenues that can occur there, so
that at whole numbers it is the utility of revenue itself. Chords are added where an optimum crosses them.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.programs import maximise
from mechanisms.risk_averse.price_choices import PriceChoices

FIRST_CHORDS = 24
"""Chords of each profile's utility that the first program has."""
TOLERANCE = 1e-9
"""By how much, relative to the utility of the greatest revenue, an optimum may be above its polygon."""


def polygon_choice(instance: PriceChoices, seconds: float | None) -> tuple[FloatArray, float]:
    """The best choices, shape (C,), and a bound on any; ProgramError if none is found within `seconds`."""
    deadline = None if seconds is None else time.perf_counter() + seconds
    chords = _Chords(instance)
    highest = np.array([heights[-1] for _, heights in instance.polygons])
    scale = float(highest.max()) or 1.0  # utilities in the program are at most 1
    integral = np.arange(instance.choices + instance.profiles) < instance.choices
    while True:
        left = None if deadline is None else max(deadline - time.perf_counter(), 1e-3)
        solution = maximise(
            np.concatenate([np.zeros(instance.choices), instance.weights]), at_most=chords.rows(scale),
            bounds=(0.0, np.append(np.ones(instance.choices), highest / scale)),
            integral=integral, seconds=left,
        )
        choice = np.round(solution.x[: instance.choices])
        utility = solution.x[instance.choices :] * scale
        crossed = chords.cross(instance.payment @ choice, utility, TOLERANCE * scale)
        if not crossed or solution.status != "optimal":
            return choice, solution.upper_bound * scale


class _Chords:
    """The program's rows: one price a choice, at most k sales a profile, and chords of the utilities."""

    def __init__(self, instance: PriceChoices) -> None:
        self.instance = instance
        self.known: set[tuple[int, int]] = set()
        for profile, (knots, _) in enumerate(instance.polygons):
            pieces = knots.size - 1
            for piece in np.unique(np.linspace(0, max(pieces - 1, 0), min(pieces, FIRST_CHORDS)).astype(int)):
                self.known.add((profile, int(piece)))

    def cross(self, revenue: FloatArray, utility: FloatArray, slack: float) -> bool:
        """Add the chords at revenues, shape (P,), where utilities are too high; whether any was missing."""
        before = len(self.known)
        for profile, (knots, heights) in enumerate(self.instance.polygons):
            if utility[profile] > np.interp(revenue[profile], knots, heights) + slack:
                place = int(np.abs(knots - revenue[profile]).argmin())
                pieces = {max(place - 1, 0), min(place, knots.size - 2)}
                self.known |= {(profile, piece) for piece in pieces if knots.size > 1}
        return len(self.known) > before

    def rows(self, scale: float) -> tuple[Any, FloatArray]:
        """All rows as a matrix over choices and utilities in units of `scale`, and their limits."""
        from scipy.sparse import csr_array, hstack, vstack

        instance = self.instance
        place, slopes, limits = self._pieces()
        slopes, limits = slopes / scale, limits / scale
        shape = (place.size, instance.profiles)
        below = csr_array((np.ones(place.size), (np.arange(place.size), place)), shape)
        sloped = instance.payment[place].multiply(-slopes[:, None])
        nothing = csr_array((instance.one_price.shape[0] + instance.profiles, instance.profiles))
        prices = vstack([instance.one_price, instance.sale])
        matrix = vstack([hstack([prices, nothing]), hstack([sloped, below])], format="csr")
        capacity = np.full(instance.profiles, float(instance.units))
        return matrix, np.concatenate([np.ones(instance.one_price.shape[0]), capacity, limits])

    def _pieces(self) -> tuple[np.ndarray, FloatArray, FloatArray]:
        """Profile, slope, and height at revenue 0 of each chord."""
        rows = []
        for profile, piece in sorted(self.known):
            knots, heights = self.instance.polygons[profile]
            slope = (heights[piece + 1] - heights[piece]) / (knots[piece + 1] - knots[piece])
            rows.append((profile, slope, heights[piece] - slope * knots[piece]))
        columns = np.array(rows, dtype=np.float64).reshape(-1, 3)
        return columns[:, 0].astype(np.int64), columns[:, 1], columns[:, 2]
