"""The sellers' race: revenue over simulated time, alone and against the optimal auction; and prices paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.page.drawing.look import THEORY, Look, look_of_seller
from sim.page.drawing.marks import (
    MOST_NAMES,
    curve,
    legend_above,
    level,
    names_at_ends,
    nothing_yet,
    points,
    room_for,
    stripes,
    ticks_on_rows,
)
from sim.page.drawing.plot import Plot, framed, plot_of, rows_of
from sim.page.drawing.scales import roomy, roomy_range

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.page.drawing.drawing import Drawing
    from sim.page.scene import Scene

OPTIMAL = "optimal (mean)"
RACE_WIDTH, RACE_HEIGHT = 480.0, 310.0
_POINTS_OF_ALL = 1_600
_MOST_IN_LEGEND = 7
_HIGHEST_SHARE = 1_000.0
"""Per cent of the optimal auction's revenue: more is drawn at the edge."""


def race(scene: Scene) -> Drawing:
    """Revenue so far of each seller, and of the benchmark: the optimal auctions for as many bidders.

    Of many sellers, whose lines could not be told apart, a bar each.
    """
    times, earned, expected = scene.revenue()
    data = {"time": times, **_columns(scene, earned)}
    best = expected.mean(axis=1) if scene.has_benchmark and scene.theory else None
    if best is not None:
        data[OPTIMAL] = best
    if len(scene.sellers) > MOST_NAMES:
        marks = expected[-1] if best is not None else None
        return _bars(scene, "revenue so far (money)", earned[-1], marks, data)
    lowest, highest = float(earned.min()), float(max(earned.max(), 0 if best is None else best.max()))
    end = roomy(max(1.0, float(times[-1])))
    names = [*scene.sellers, OPTIMAL]
    plot = plot_of((0, end), roomy_range(lowest, highest), "simulated time", "revenue so far (money)",
                   right=room_for(names), width=RACE_WIDTH, height=RACE_HEIGHT)
    series = [(name, look_of_seller(k), earned[:, k]) for k, name in enumerate(scene.sellers)]
    if best is not None:
        series.append((OPTIMAL, THEORY, best))
    return framed(plot, "The sellers' race", _lines(plot, times, series), told=_standing(scene, earned[-1]),
                  data=data)


def _columns(scene: Scene, amounts: NDArray[Any]) -> dict[str, Any]:
    """A column for each seller, shape (t, sellers); names that are alike are told apart by numbers."""
    numbered = [name if scene.sellers.count(name) == 1 else f"{name} ({k})"
                for k, name in enumerate(scene.sellers)]
    return dict(zip(numbered, amounts.T, strict=True))


def _lines(plot: Plot, times: NDArray[Any], series: Sequence[tuple[str, Look, NDArray[Any]]]) -> str:
    """A line each, with its name at its end."""
    most = max(40, min(240, _POINTS_OF_ALL // len(series)))
    drawn = [curve(plot, times, heights, look, name, most) for name, look, heights in series]
    ends = [(float(heights[-1]), name, look) for name, look, heights in series if np.isfinite(heights[-1])]
    return "".join(drawn) + names_at_ends(plot, ends, float(times[-1]))


def _standing(scene: Scene, amounts: NDArray[Any], unit: str = "") -> str:
    """Who has how much, the highest first, in words."""
    order = [k for k in np.argsort(-amounts) if np.isfinite(amounts[k])]
    return "; ".join(f"{scene.sellers[k]} {amounts[k]:,.4g}{unit}" for k in order)


def _bars(
    scene: Scene, across: str, amounts: NDArray[Any], marks: NDArray[Any] | None, data: dict[str, Any],
    title: str = "The sellers' race", reach: tuple[float, float] | None = None,
) -> Drawing:
    """A bar for each seller, in the order of the sellers, and a mark for what theory says."""
    known = np.concatenate([amounts, [0.0] if marks is None else marks])
    known = known[np.isfinite(known)]
    x = reach or roomy_range(float(known.min(initial=0.0)), float(known.max(initial=0.0)))
    plot, rows = rows_of(scene.sellers, x, across, width=RACE_WIDTH), -np.arange(len(amounts))
    drawn = [stripes(plot, amounts[k : k + 1], rows[k : k + 1], look_of_seller(k)) for k in range(len(rows))]
    if marks is not None:
        drawn.append(ticks_on_rows(plot, marks, rows, Look("ink")))
    return framed(plot, title, *drawn, told=_standing(scene, amounts), data=data)


def against_benchmark(scene: Scene) -> Drawing:
    """Revenue so far, in percent of what the optimal auction would earn from as many bidders."""
    times, earned, expected = scene.revenue()
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(expected > 0, 100 * earned / expected, np.nan)
    title, up = "Against the optimal auction", "revenue, % of optimal auction's"
    data = {"time": times, **_columns(scene, shares)}
    known = shares[-1][np.isfinite(shares[-1])]
    top = float(np.clip(roomy(known.max(initial=0.0)), 150, _HIGHEST_SHARE))
    if len(scene.sellers) > MOST_NAMES:
        marks = np.full(len(scene.sellers), 100.0 if scene.theory else np.nan)
        return _bars(scene, up, shares[-1], marks, data, title, (0.0, top))
    end = roomy(max(1.0, float(times[-1])))
    plot = plot_of((0, end), (0, top), "simulated time", up, right=room_for([*scene.sellers, "optimal"]))
    held = np.clip(shares, 0.0, top)
    series = [(name, look_of_seller(k), held[:, k]) for k, name in enumerate(scene.sellers)]
    if scene.theory:
        series.append(("optimal", THEORY, np.full(len(times), 100.0)))
    line = level(plot, 100.0, THEORY) if scene.theory else ""
    return framed(plot, title, line, _lines(plot, times, series), told=_standing(scene, shares[-1], "%"),
                  data=data)


def sellers_legend(scene: Scene) -> tuple[float, str]:
    """How many pixels are to be free above a plot for a legend, and the legend; none of many sellers."""
    if not 1 < len(scene.sellers) <= _MOST_IN_LEGEND:
        return legend_above([])
    return legend_above([(name, look_of_seller(k)) for k, name in enumerate(scene.sellers)])


def points_of_sellers(plot: Plot, x: Any, y: Any, sellers: Any) -> str:
    """A dot for each point (x, y), shape (n,) each, in the look of its seller."""
    x, y, sellers = (np.asarray(each) for each in (x, y, sellers))
    each = [(k, sellers == k) for k in np.unique(sellers).tolist()]
    return "".join(points(plot, x[own], y[own], look_of_seller(k)) for k, own in each)


def prices(scene: Scene) -> Drawing:
    """What was paid for each of the last goods of each seller, over simulated time."""
    sales, title = scene.sales, "Prices paid"
    top, named = sellers_legend(scene)
    plot = plot_of(scene.window if len(sales) else (0, 1), roomy_range(*scene.prices), "simulated time",
                   "price paid (money)", top=top)
    if not len(sales):
        return framed(plot, title, named, nothing_yet(plot, "nothing was sold yet"))
    time, paid, seller = (sales[column].to_numpy() for column in ("time", "payment", "seller_id"))
    told = f"{len(sales)} sales, from {paid.min():,.4g} to {paid.max():,.4g}, on average {paid.mean():,.4g}"
    data = {"time": time, "seller": np.array(scene.sellers)[seller], "price": paid}
    return framed(plot, title, named, points_of_sellers(plot, time, paid, seller), told=told, data=data)
