"""Plots: points and curves with axes that are named, written as PNG files without a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sim.records.manifest import NAME

WIDTH, HEIGHT, DPI = 6.4, 4.4, 120

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C510A", "#7F7F7F")
"""Colours that colour-blind people can tell apart (Okabe and Ito 2008, a brown in place of the yellow, and a
grey in place of black, which is theory's)."""

_ROUNDS = (("-", ""), ("--", "//"), (":", ".."))
"""Line and hatch of what comes first, and of what comes when all colours were used."""

_MOST_INSIDE = 4
"""With more labels than this the legend stands beside the plot, not in it."""


def pictures(tables: Any, names: Sequence[str], draw: Callable[[Path], Any]) -> list[str]:
    """Let `draw` draw the pictures of these names into the folder of a run, and say where they are.

    Pictures of a run that has ended are not drawn again. Of tables in memory there are none.
    """
    folder = getattr(tables, "directory", None)
    if folder is None:
        return []
    if not _are_drawn(folder, names):
        draw(folder)
    *others, last = names
    named = f"{', '.join(others)} and {last}" if others else last
    return [f"Picture{'s' if others else ''}: {named} in {folder}"]


def _are_drawn(folder: Path, names: Sequence[str]) -> bool:
    """Whether they are there, and were drawn after the manifest was written, at the run's end."""
    files = [folder / NAME, *(folder / name for name in names)]
    if not all(file.exists() for file in files):
        return False
    ended, *drawn = (file.stat().st_mtime_ns for file in files)
    return min(drawn) >= ended


@contextmanager
def figure(path: str | Path, x_label: str, y_label: str, title: str) -> Iterator[Any]:
    """Axes to draw on; on leaving, the figure is written to `path` as PNG, with a legend of what is labelled.

    Lines that come when all colours were used are dashed, then dotted. Of lines that coincide, those drawn
    later are dashed, so that none hides another.
    Only the Agg canvas is touched, never pyplot or a backend, so that nothing outside the figure changes.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    FigureCanvasAgg(drawn)
    axes = drawn.add_subplot()
    axes.set(xlabel=x_label, ylabel=y_label, title=title)
    axes.set_prop_cycle(
        color=COLOURS * len(_ROUNDS), linestyle=[line for line, *_ in _ROUNDS for _ in COLOURS]
    )
    yield axes
    _uncover(axes)
    labels = axes.get_legend_handles_labels()[1]
    if labels:
        beside: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "fontsize": "small"}
        legend = axes.legend(frameon=False, **(beside if len(labels) > _MOST_INSIDE else {}))
        for text in legend.get_texts():
            text.set_parse_math(False)    # names are anybody's
    drawn.savefig(path, format="png", dpi=DPI, metadata={"Software": None})


def plot_bids(
    path: str | Path,
    points: Mapping[str, tuple[ArrayLike, ArrayLike]],
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    title: str,
) -> None:
    """Bids against values: observed `points` and theoretical `curves`, each (values, bids) by its label.

    Curves are dashed black; one labelled with a leading underscore has no entry in the legend.
    """
    with figure(path, "value (money)", "bid (money)", title) as axes:
        _draw(axes, points, linestyle="none", marker=".", markersize=3)
        _draw(axes, curves, linewidth=1.0, linestyle="--", color="black")


def plot_curves(
    path: str | Path,
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    x_label: str,
    y_label: str,
    title: str,
    log_y: bool = False,
    zero: bool = False,
) -> None:
    """Curves, each (x, y) by its label; `log_y` for a logarithmic axis, `zero` for a line at 0."""
    with figure(path, x_label, y_label, title) as axes:
        _draw(axes, curves, linewidth=1.2, marker=".", markersize=4)
        if zero:
            axes.axhline(0, color="black", linewidth=0.5)
        if log_y:
            axes.set_yscale("log")


def plot_bars(
    path: str | Path,
    bars: Mapping[str, tuple[ArrayLike, ArrayLike]],
    groups: list[str],
    y_label: str,
    title: str,
) -> None:
    """Bars side by side for each of `groups`: (heights, half-widths) by label, shape (groups,)."""
    width = 0.8 / max(1, len(bars))
    places = np.arange(len(groups))
    with figure(path, "", y_label, title) as axes:
        for k, (label, (heights, half_widths)) in enumerate(bars.items()):
            offset = (k - (len(bars) - 1) / 2) * width
            hatch = _ROUNDS[k // len(COLOURS) % len(_ROUNDS)][1]
            axes.bar(places + offset, heights, width, yerr=half_widths, label=label, capsize=2, hatch=hatch)
        axes.set_xticks(places, groups, parse_math=False)
        axes.axhline(0, color="black", linewidth=0.6)


def _uncover(axes: Any) -> None:
    """Dash each line that lies on one drawn before, so that both are seen."""
    drawn: list[Any] = []
    for line in axes.get_lines():
        if line.get_linestyle() == "None":
            continue
        below = sum(_coincide(line, other) for other in drawn)
        if below:
            line.set_linestyle((4 * below, (4, 4)))
        drawn.append(line)


def _coincide(line: Any, other: Any) -> bool:
    """Whether two lines are one on the screen."""
    here, there = line.get_xydata(), other.get_xydata()
    return here.shape == there.shape and bool(np.allclose(here, there, rtol=1e-3, atol=0.0, equal_nan=True))


def _draw(axes: Any, lines: Mapping[str, tuple[ArrayLike, ArrayLike]], **style: Any) -> None:
    for label, (x, y) in lines.items():
        axes.plot(x, y, label=label, **style)


def running_means(series: ArrayLike, points: int = 400) -> tuple[Any, Any]:
    """The mean of all entries so far, at `points` moments: (how many, mean), for a curve over time."""
    entries = np.asarray(series, dtype=float)
    counts = np.arange(1, entries.size + 1)
    at = np.unique(np.linspace(0, entries.size - 1, points).astype(int)) if entries.size else counts - 1
    return counts[at], (np.cumsum(entries) / counts)[at]
