"""What seller and nature have learned, drawn on given axes: laws of prices and reserves, values, gaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.measures.plots import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Numbers = NDArray[np.float64]


def draw_law(axes: Axes, actions: ArrayLike, mixture: ArrayLike, law: Callable[[Numbers], Any],
             label: str = "learned") -> None:
    """A learned mixture (k,) over increasing numbers (k,) as distribution function, and theory's dashed."""
    at = np.asarray(actions, dtype=float)
    axes.step(at, np.cumsum(mixture), where="post", linewidth=1.2, label=label)
    fine = np.linspace(at[0], at[-1], 401)
    axes.plot(fine, law(fine), "--", color="black", linewidth=1.0, label="theory")


def draw_reserves(axes: Axes, reserves: ArrayLike, mixture: ArrayLike, sigma: float, r: float,
                  bidders: int, label: str = "learned") -> None:
    """A learned mixture of reserves in [0, 1] as distribution function, and all optimal ones as a band.

    Below r a law is optimal between σ (I − r/x)⁺ and (I − 1) σ, above it is (I − 1) σ + σ ln(x/r).
    """
    at = np.asarray(reserves, dtype=float)
    below, above = np.linspace(0.0, r, 201), np.linspace(r, 1.0, 201)
    with np.errstate(divide="ignore"):
        least = np.maximum(sigma * (bidders - r / below), 0.0)
    axes.fill_between(below, least, (bidders - 1) * sigma, color="black", alpha=0.12, linewidth=0)
    axes.plot(above, (bidders - 1) * sigma + sigma * np.log(above / r), "--", color="black", linewidth=1.0,
              label="optimal above r")
    axes.plot([], [], color="black", alpha=0.12, linewidth=8, label="optimal below r")
    axes.step(at, np.cumsum(mixture), where="post", linewidth=1.2, label=label)


def draw_joint(axes: Axes, values: ArrayLike, mixture: ArrayLike, label: str = "") -> None:
    """A mixture (k,) over pairs of values (k, 2): discs whose areas are in proportion to probability.

    The first mixture on the axes is filled, those that follow are circles, so that none hides another.
    """
    pairs, weights = np.asarray(values, dtype=float), np.asarray(mixture, dtype=float)
    number = len(axes.collections)
    colour = COLOURS[number % len(COLOURS)]
    axes.scatter(pairs[:, 0], pairs[:, 1], s=400 * weights / weights.max(), linewidths=1.5 if number else 0,
                 facecolors="none" if number else f"{colour}80", edgecolors=colour)
    if label:
        axes.plot([], [], "o", color=colour, fillstyle="none" if number else "full", label=label)


def draw_gaps(axes: Axes, rounds: ArrayLike, gaps: ArrayLike, label: str = "") -> None:
    """Duality gaps (k,) after so many rounds (k,), on logarithmic axes."""
    axes.loglog(np.asarray(rounds), np.asarray(gaps), linewidth=1.2, label=label or None)
