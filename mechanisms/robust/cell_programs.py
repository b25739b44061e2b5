"""The two linear programs behind the bounds for two bidders: the seller's and nature's, both on cells.

Each is solved on finitely many points or cuts of a convex function; what is handed back is evaluated exactly
afterwards, so both bounds hold in the continuum whatever the solver did.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.robust.cell_nature import CellNature, split_integrals
from mechanisms.robust.cells import CellMechanism, greatest_chance, secured
from mechanisms.robust.rows import RowBuilder

PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Where on a cell, as shares of its width, the seller's program looks for the minimum of the revenue."""
CUTS = 5
"""Cuts of the integral of the higher of two virtual values over a cell, besides the two plain ones."""


def best_cell_mechanism(nodes: FloatArray, mean: float) -> tuple[CellMechanism, float]:
    """A `CellMechanism` that secures as much as the program finds under the Markov set, and how much.

    The revenue is held above λ + σ (x + y) at the `PLACES` of each side of each cell.
    """
    nodes = np.asarray(nodes, dtype=float)
    n = nodes.size
    rows = RowBuilder()
    atoms, spread, match = (rows.variables(*shape, most=1.0) for shape in ((n, n), (n - 1, n), (n - 1,)))
    won, paid = rows.variables(n, n, most=1.0), rows.variables(n, n, most=1.0)
    slope = 0.5 / (1 - mean)
    high, low = (rows.variables(n - 1, n, least=-slope, most=1.0) for _ in range(2))
    sigma, floor = rows.variables(1, most=slope), rows.variables(1, least=-2 * slope * mean, most=0.0)
    _accumulate(rows, nodes, atoms, spread, won, paid)
    _minima(rows, nodes, spread, sigma, high, match=None)
    _minima(rows, nodes, spread, sigma, low, match=match)
    k, j = np.tril_indices(n)
    inner, one = j < n - 1, k == n - 1
    # One good: up to cells k >= j, both chances and the match on the lower cell.
    rows.at_most(1.0, (won[k, j], 1.0), (won[j, k], 1.0), (match[np.minimum(j, n - 2)], inner * 1.0))
    # The revenue stays above the plane: floor <= paid + minima; a bidder at 1 has no cell to search.
    rows.at_most(
        0.0, (np.broadcast_to(floor, k.shape), 1.0), (paid[k, j], -1.0), (paid[j, k], -1.0),
        (high[np.minimum(k, n - 2), j], -1.0 * ~one), (low[np.minimum(j, n - 2), k], -1.0 * inner),
        (np.broadcast_to(sigma, k.shape), one * 1.0 + ~inner),
    )
    found = rows.maximise((sigma, 2 * mean), (floor, 1.0))
    chances = [np.maximum(found[part], 0.0) for part in (atoms, spread, match)]
    mechanism = _feasible(nodes, *chances)
    return mechanism, secured(mechanism, mean)


def _accumulate(rows: RowBuilder, nodes: FloatArray, atoms: Any, spread: Any, won: Any, paid: Any) -> None:
    """won[k, j] and paid[k, j]: the chance up to the end of cell k, and the payment up to node k."""
    middles = (nodes[1:] + nodes[:-1]) / 2
    rows.equal(0.0, (won[0], 1.0), (atoms[0], -1.0), (spread[0], -1.0))
    rows.equal(0.0, (won[1:-1], 1.0), (won[:-2], -1.0), (atoms[1:-1], -1.0), (spread[1:], -1.0))
    rows.equal(0.0, (won[-1], 1.0), (won[-2], -1.0), (atoms[-1], -1.0))
    rows.equal(0.0, (paid[0], 1.0), (atoms[0], -nodes[0]))
    rows.equal(0.0, (paid[1:], 1.0), (paid[:-1], -1.0), (atoms[1:], -nodes[1:, None]),
               (spread, -middles[:, None]))


def _minima(rows: RowBuilder, nodes: FloatArray, spread: Any, sigma: Any, least: Any, match: Any) -> None:
    """least[k, j] <= what an own report x in cell k pays from its spread, less (σ − match_k) x.

    `match` counts for the lower of the two reports only.
    """
    start, width = nodes[:-1, None], np.diff(nodes)[:, None]
    slopes = np.broadcast_to(sigma, least.shape)
    for place in PLACES:
        x, pays = start + place * width, place * start + place**2 * width / 2
        terms: list[Any] = [(least, 1.0), (spread, -pays), (slopes, x)]
        if match is not None:
            terms.append((np.broadcast_to(match[:, None], least.shape), -x))
        rows.at_most(0.0, *terms)


def _feasible(nodes: FloatArray, atoms: FloatArray, spread: FloatArray, match: FloatArray) -> CellMechanism:
    """The mechanism, its chances scaled down by the solver's tolerance where they exceed 1."""
    parts = (atoms, spread, np.append(match, 0.0))
    total = max(greatest_chance(*parts), 1.0)
    return CellMechanism(nodes, *(part / total for part in parts))


def best_cell_nature(nodes: FloatArray, mean: float) -> CellNature:
    """A `CellNature` of mean at least `mean` against which the program finds that little can be earned.

    The program is free of scale: with s the first node, its weights are w/s², lines u/s², corner p/s, levels
    x_{k+1} φ_kl/s², and values those per s d_l; the d_l are in units of 1/s, and revenue in units of s.
    """
    nodes = np.asarray(nodes, dtype=float)
    m, scale, ends = nodes.size - 1, nodes[0], nodes[1:]
    drops, logarithms = -np.diff(scale / nodes), np.diff(np.log(nodes))
    rows = RowBuilder()
    k, j = np.tril_indices(m)
    pair = np.zeros((m, m), dtype=int)
    pair[k, j] = pair[j, k] = np.arange(k.size)
    weights = rows.variables(k.size)[pair]
    lines, corner = rows.variables(m), rows.variables(1)
    levels, above, value = rows.variables(m, m), rows.variables(m, m), rows.variables(k.size)
    rows.equal(0.0, (above[-1], 1.0))
    rows.equal(0.0, (above[:-1], 1.0), (above[1:], -(ends[:-1] / ends[1:])[:, None]),
               (weights[1:], -(drops[1:] * ends[:-1] / scale)[:, None]))
    rows.at_most(0.0, (weights, 1.0), (above, -1.0), (np.broadcast_to(lines, (m, m)), -ends[:, None]),
                 (levels, -1.0))
    for ratio in _ratios(nodes):
        own, other = (part[k, j] * scale / drops[j] for part in split_integrals(nodes, ratio))
        rows.at_most(0.0, (levels[k, j], own / ends[k]), (levels[j, k], other / ends[j]), (value, -1.0))
    rows.equal_sum(1.0, (weights, drops * drops[:, None]), (lines, 2 * scale * drops), (corner, scale))
    rows.at_most_sum(-mean / scale, (weights, -logarithms[:, None] * drops),
                     (lines, -(drops + scale * logarithms)), (corner, -1.0))
    found = rows.maximise((value, np.where(k == j, -1.0, -2.0) * drops[j]), (lines, -2 * drops),
                          (corner, -1.0))
    weights, lines, corner = (np.maximum(found[part], 0.0) for part in (weights, lines, corner))
    return _normalised(nodes, mean, weights * scale**2, lines * scale**2, corner * scale)


def _ratios(nodes: FloatArray) -> list[FloatArray]:
    """For each cut, where it divides each cell: from all of it to the one, to all of it to the other."""
    low, high = nodes[:-1, None] / nodes[None, 1:], nodes[1:, None] / nodes[None, :-1]
    return [low + share * (high - low) for share in np.linspace(0, 1, CUTS + 2)]


def _normalised(nodes: FloatArray, mean: float, weights: FloatArray, lines: FloatArray,
                corner: FloatArray) -> CellNature:
    """The nature with mass exactly 1, and with as much more at (1, 1) as the mean still lacks."""
    drops = -np.diff(1 / nodes)
    mass = float(drops @ weights @ drops + 2 * lines @ drops + corner[0])
    nature = CellNature(nodes, weights / mass, lines / mass, float(corner[0]) / mass)
    lack = max(mean - nature.mean, 0.0) / (1 - mean)
    keep = 1 - lack
    return CellNature(nodes, nature.weights * keep, nature.lines * keep, nature.corner * keep + lack)
