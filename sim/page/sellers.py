"""The sellers' race: revenue over simulated time, alone and against the optimal auction; and prices paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.page.colours import INK, label_ends, new_figure, plain_axes, say_nothing_yet, seller_colour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.page.scene import Scene

_NAMES_FROM = 0.79
_LABELS_APART = 0.056


def race(scene: Scene) -> Figure:
    """Revenue so far of each seller, and of the benchmark: the optimal auctions for as many bidders."""
    figure = new_figure(6.2, 3.4)
    axes = plain_axes(figure, "simulated time", "revenue so far (money)", right=_NAMES_FROM)
    times, earned, expected = scene.revenue()
    end = max(float(times[-1]), 1e-9)
    ends = []
    for number, name in enumerate(scene.sellers):
        axes.plot(times, earned[:, number], color=seller_colour(number), linewidth=2)
        ends.append((float(earned[-1, number]), name, seller_colour(number)))
    if scene.has_benchmark:
        mean = expected.mean(axis=1)
        axes.plot(times, mean, color=INK, linewidth=1.4, linestyle=(0, (5, 3)))
        ends.append((float(mean[-1]), "optimal (mean)", INK))
    top = max(1.0, *(height for height, _, _ in ends)) * 1.06
    axes.set(xlim=(0, end), ylim=(0, top))
    label_ends(axes, ends, end, _LABELS_APART * top)
    return figure


def against_benchmark(scene: Scene) -> Figure:
    """Revenue so far, in percent of what the optimal auction would earn from as many bidders."""
    figure = new_figure()
    axes = plain_axes(figure, "simulated time", "revenue, % of the optimal auction's", right=0.73)
    times, earned, expected = scene.revenue()
    end = max(float(times[-1]), 1e-9)
    ends = [(100.0, "optimal", INK)]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(expected > 0, 100 * earned / expected, np.nan)
    known = shares[-1][np.isfinite(shares[-1])]
    top = float(np.clip(1.1 * known.max(initial=0.0), 150, 1000))
    for number, name in enumerate(scene.sellers):
        axes.plot(times, shares[:, number], color=seller_colour(number), linewidth=1.8)
        if np.isfinite(shares[-1, number]):
            ends.append(
                (float(np.clip(shares[-1, number], 0.01 * top, 0.99 * top)), name, seller_colour(number))
            )
    axes.axhline(100, color=INK, linewidth=1.4, linestyle=(0, (5, 3)))
    axes.set(xlim=(0, end), ylim=(0, top))
    if scene.has_benchmark:
        label_ends(axes, ends, end, 0.066 * top)
    else:
        say_nothing_yet(axes, "no single prior, so no benchmark")
    return figure


def prices(scene: Scene) -> Figure:
    """What was paid for each of the last goods, over simulated time."""
    figure = new_figure()
    axes = plain_axes(figure, "simulated time", "price paid (money)")
    sales = scene.transactions[scene.transactions["cause"] == "price"]
    if len(sales):
        colours = [seller_colour(number) for number in sales["seller_id"].tolist()]
        axes.scatter(sales["time"], sales["payment"], s=12, c=colours, linewidths=0, alpha=0.85)
        first = float(sales["time"].iloc[0]) if len(sales) > 300 else 0.0
        top = max(1e-9, float(sales["payment"].max()))
        axes.set(
            xlim=(first, max(scene.now, first + 1e-9)),
            ylim=(min(0.0, float(sales["payment"].min())), top * 1.06),
        )
    else:
        say_nothing_yet(axes, "nothing was sold yet")
    return figure
