"""Table 1 with what was measured: for the terminal, and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scenarios._plain_table import plain_table
from scenarios._table_one_cells import CELLS, ratios_of
from sim.measures.plots import COLOURS, figure

EXPLANATION = (
    "Who fears risk; the benchmark, the best of all dominant-strategy (DSIC) or Bayesian incentive "
    "compatible (BIC) mechanisms; what truth is in the mechanism that stands there; the paper's factor, "
    "the sharper one of this project where there is one, and the measured share, the worst and the mean "
    "over the markets. TIE: truthful in expectation. As written: Theorem 1's algorithm with a step of "
    "masses so coarse that its factor is not proved of it. Eső and Futó's benchmark is U of Myerson's "
    "revenue, which no mechanism can exceed. Alaei et al.: interim lotteries under Border's inequalities, "
    "against the best mechanism over all profiles."
)


def lines_of(tables: Any, told: Any) -> list[Any]:
    """What stands at the end of a run."""
    measured = ratios_of(tables)
    rows = []
    for cell in CELLS:
        own, proved, sharper = measured[cell.name], cell.proved(told), cell.sharper(told)
        if len(own):
            rows.append((
                cell.who, cell.benchmark, cell.kind, cell.mechanism, f"{proved:.3f}",
                f"{sharper:.3f}" if sharper > proved else "–", f"{own.min():.3f}", f"{own.mean():.3f}",
            ))
    count, alike = tables["ratios"]["market"].nunique(), "alike " * told.alike
    return [
        f"Table one: {count} markets of {told.buyers} {alike}buyers with {told.values} values, "
        f"k = {told.units}, ε = {told.epsilon:g}.",
        plain_table(("fears", "best", "truth", "mechanism", "proved", "sharper", "worst", "mean"), rows),
        EXPLANATION,
    ]


def draw(path: Any, tables: Mapping[str, Any], told: Any) -> None:
    """A column of dots for each cell, one a market, with what is proved and what is sharper."""
    measured = ratios_of(tables)
    title = f"Table 1, k = {told.units}: dots are markets"
    with figure(path, "who fears, against, truth, mechanism", "share of the best mechanism", title) as axes:
        for place, cell in enumerate(CELLS):
            own = measured[cell.name]
            axes.plot([place] * len(own), own, ".", color=COLOURS[0], alpha=0.6,
                      label="_" * bool(place) + "measured")
            axes.plot(place, cell.proved(told), "_", color="black", markersize=14,
                      label="_" * bool(place) + "proved")
            axes.plot(place, cell.sharper(told), "_", color=COLOURS[1], markersize=14,
                      label="_" * bool(place) + "sharper")
        names = [f"{cell.who}, {cell.benchmark}, {cell.kind}\n{cell.mechanism}" for cell in CELLS]
        axes.set_xticks(range(len(CELLS)), names, rotation=60, ha="right", fontsize=6)
        axes.set_ylim(0, 1.08)
