"""The sellers' race: revenue over simulated time, alone and against the optimal auction; and prices paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.page.colours import (
    INK,
    dots,
    label_ends,
    new_figure,
    plain_axes,
    right_of,
    roomy,
    say_nothing_yet,
    seller_look,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.page.scene import Scene

_APART = 0.058
"""Of the height of the axes: from one name to the next."""
_DASHES = (0, (5, 3))


def race(scene: Scene) -> Figure:
    """Revenue so far of each seller, and of the benchmark: the optimal auctions for as many bidders."""
    figure = new_figure(5.2, 3.3)
    names = [*scene.sellers, "optimal (mean)"]
    axes = plain_axes(figure, "simulated time", "revenue so far (money)", right=right_of(figure, names))
    times, earned, expected = scene.revenue()
    ends = []
    for number, name in enumerate(scene.sellers):
        look = seller_look(number)
        axes.plot(times, earned[:, number], color=look.colour, linestyle=look.line, linewidth=2)
        ends.append((float(earned[-1, number]), name, look.colour))
    if scene.has_benchmark:
        mean = expected.mean(axis=1)
        axes.plot(times, mean, color=INK, linewidth=1.4, linestyle=_DASHES)
        ends.append((float(mean[-1]), "optimal (mean)", INK))
    now, end = float(times[-1]), roomy(max(1.0, float(times[-1])))
    top = roomy(max(1.0, *(height for height, _, _ in ends)))
    axes.set(xlim=(0, end), ylim=(min(0.0, float(earned.min())), top))
    label_ends(axes, ends, end, _APART * top, now)
    return figure


def against_benchmark(scene: Scene) -> Figure:
    """Revenue so far, in percent of what the optimal auction would earn from as many bidders."""
    figure = new_figure()
    right = right_of(figure, [*scene.sellers, "optimal"])
    axes = plain_axes(figure, "simulated time", "revenue, % of optimal auction's", right)
    times, earned, expected = scene.revenue()
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(expected > 0, 100 * earned / expected, np.nan)
    known = shares[-1][np.isfinite(shares[-1])]
    top = float(np.clip(roomy(known.max(initial=0.0)), 150, 1000))
    ends = [(100.0, "optimal", INK)]
    for number, name in enumerate(scene.sellers):
        look = seller_look(number)
        axes.plot(times, shares[:, number], color=look.colour, linestyle=look.line, linewidth=1.8)
        if np.isfinite(shares[-1, number]):
            height = float(np.clip(shares[-1, number], 0.01 * top, 0.99 * top))
            ends.append((height, name, look.colour))
    axes.axhline(100, color=INK, linewidth=1.4, linestyle=_DASHES)
    now, end = float(times[-1]), roomy(max(1.0, float(times[-1])))
    axes.set(xlim=(0, end), ylim=(0, top))
    label_ends(axes, ends, end, 1.15 * _APART * top, now)
    return figure


def prices(scene: Scene) -> Figure:
    """What was paid for each of the last goods, over simulated time."""
    figure = new_figure()
    axes = plain_axes(figure, "simulated time", "price paid (money)")
    sales = scene.sales
    if len(sales):
        dots(axes, sales["time"], sales["payment"], sales["seller_id"], alpha=0.85)
        axes.set(
            xlim=scene.window,
            ylim=(min(0.0, float(sales["payment"].min())), roomy(max(1e-9, float(sales["payment"].max())))),
        )
    else:
        say_nothing_yet(axes, "nothing was sold yet")
    return figure
