"""Figures 1.2, 1.4 and 1.5 of the robust paper, drawn again from computation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mechanisms.auctions import SecondPrice
from mechanisms.robust import extra_bidders, optimal_reserve, second_price_nature, second_price_plane
from mechanisms.robust.markov import lottery_constants
from sim.measures.plots import COLOURS, DPI

SLACKNESS_MEAN = 5 / 8
"""μ of Figure 1.2."""
RESERVES = {"R₁": 0.2, "R₂": 0.4, "R₃": 0.55}
"""A reserve in each region, for two bidders of that mean."""
MEANS = (0.1, 0.3, 0.5, 0.7)
HALVES = (-1, -0.5, 0, 0.5, 1)


@contextmanager
def panels(path: Path | str, count: int, **kind: Any) -> Iterator[list[Any]]:
    """Axes side by side; on leaving, the figure is written to `path` as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(5.0 * count, 4.4), layout="constrained")
    FigureCanvasAgg(drawn)
    axes = [drawn.add_subplot(1, count, 1 + k, **kind) for k in range(count)]
    for one in axes:
        one.set_prop_cycle(color=COLOURS) if not kind else None
    yield axes
    drawn.savefig(path, format="png", dpi=DPI, metadata={"Software": None})


def slackness(reserve: float, points: int = 41, mean: float = SLACKNESS_MEAN) -> dict[str, Any]:
    """Two bidders: on a grid of values the auction's revenue, and the plane below it; nature's atoms."""
    grid = np.unique(np.append(np.linspace(0, 1, points), [reserve, reserve - 1e-6]))
    first, second = np.meshgrid(grid, grid, indexing="ij")
    slope, level = second_price_plane(2, mean, reserve)
    nature = second_price_nature(2, mean, reserve)
    revenue = SecondPrice(reserve).outcome(np.stack([first, second], axis=-1)).revenue
    return {"first": first, "second": second, "revenue": revenue, "atoms": nature.profiles,
            "plane": slope * (first + second) + level, "paid": slope * nature.profiles.sum(axis=1) + level}


def draw_slackness(path: Path | str) -> None:
    """Figure 1.2: the revenue touches the plane where nature's atoms lie, in each region of reserves."""
    with panels(path, 3, projection="3d") as axes:
        for one, (region, reserve) in zip(axes, RESERVES.items(), strict=True):
            drawn = slackness(reserve)
            values = (drawn["first"], drawn["second"])
            one.plot_surface(*values, drawn["revenue"], color=COLOURS[2], alpha=0.5, linewidth=0,
                             label="revenue of the auction")
            one.plot_surface(*values, drawn["plane"], color=COLOURS[4], alpha=0.5, linewidth=0,
                             label="plane below it, of the dual")
            one.scatter(*drawn["atoms"].T, drawn["paid"], color="red", s=30, depthshade=False,
                        label="atoms of the worst distribution")
            one.set(title=f"Figure 1.2: reserve {reserve:g}, in {region}", xlabel="value of bidder 1",
                    ylabel="value of bidder 2", zlabel="revenue (money)", xticks=HALVES[2:],
                    yticks=HALVES[2:], zticks=HALVES)
            one.set_box_aspect(None, zoom=0.88)
        axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3,
                              frameon=False)


def worst_cases(mean: float, sizes: Sequence[int]) -> tuple[Any, Any]:
    """What the best highest-bidder lottery and the best second price auction secure, by bidders."""
    lottery = [lottery_constants(bidders, mean).value for bidders in sizes]
    second = [optimal_reserve(bidders, mean).revenue for bidders in sizes]
    return np.array(lottery), np.array(second)


def draw_worst_cases(path: Path | str, mean: float, most: int = 20) -> None:
    """Figure 1.4: what both secure, and the gap in percent of the lottery's, by the number of bidders."""
    sizes = range(2, most + 1)
    with panels(path, 2) as (secured, gaps):
        for label, numbers in zip(("highest-bidder lottery", "best second price"),
                                  worst_cases(mean, sizes), strict=True):
            secured.plot(sizes, numbers, marker="o", markersize=3, label=label)
        secured.axhline(mean, color="black", linewidth=0.7, linestyle=":", label="mean")
        secured.set(title=f"Figure 1.4a: mean {mean:g}", ylabel="worst-case revenue (money)")
        for one in MEANS:
            lottery, second = worst_cases(one, sizes)
            gaps.plot(sizes, 100 * (1 - second / lottery), marker="o", markersize=3, label=f"mean {one:g}")
        gaps.set(title="Figure 1.4b: what the best second price lacks",
                 ylabel="gap (share of the lottery, %)", ylim=(0, 100))
        for one in (secured, gaps):
            one.set(xlabel="bidders", xticks=sizes[::3])
            one.legend(frameon=False)


def draw_extra_bidders(path: Path | str, most: int = 50) -> None:
    """Figure 1.5: how many more bidders the best second price auction needs; dashed, its slope's limit."""
    sizes = np.arange(2, most + 1)
    with panels(path, 1) as (axes,):
        for place, mean in enumerate(MEANS):
            needed = [extra_bidders(int(bidders), mean) for bidders in sizes]
            axes.plot(sizes, needed, color=COLOURS[place], linewidth=1.2, label=f"mean {mean:g}")
            slope = (1 - mean) / (mean * np.log(1 / mean)) - 1
            axes.plot(sizes, slope * sizes, "--", color=COLOURS[place], linewidth=0.8)
        axes.plot([], [], "--", color="black", linewidth=0.8, label="its slope for many bidders")
        axes.set(title="Figure 1.5: bidders that make up for the lottery", xlabel="bidders of the lottery",
                 ylabel="more bidders needed", yscale="log")
        axes.legend(frameon=False)
