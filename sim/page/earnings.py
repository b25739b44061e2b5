"""Who earns what: payoffs by strategy, earnings by seller, and a scenario's own figures, with intervals.

The numbers are those of `run`'s tables (`sim.measures`, `sim.runs.report`), worked out anew whenever there
are a twentieth more auctions than the last time, so that a long run stays as quick as a short one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from mechanisms.names import counted
from sim.measures.batch_means import Estimate
from sim.measures.benchmarks import optimum_of
from sim.measures.by_strategy import StrategyMeasures, strategy_measures
from sim.measures.comparison import Figure, interval_shown, rounded
from sim.runs.report import ESTIMATES, LEARNERS, SellerMeasures, seller_measures

if TYPE_CHECKING:
    import pandas

    from sim.page.scene import Scene

GROWTH = 1.05
"""Figures are worked out again when there are so many times as many auctions."""
BAR, ROW = 150.0, 18.0
"""Pixels of an interval's picture."""


def epoch(auctions: int) -> int:
    """A number that grows by 1 whenever there are `GROWTH` times as many auctions.

    >>> epoch(0), epoch(100) == epoch(101), epoch(100) < epoch(106)
    (0, True, True)
    """
    return int(math.log1p(auctions) / math.log(GROWTH))


def tables_so_far(scene: Scene) -> dict[str, pandas.DataFrame]:
    """All tables of the records, with the benchmarks that a run adds at its end."""
    import pandas

    tables, optimum = scene.market.records.frames(), optimum_of(scene.market)
    if optimum is not None and not len(tables["benchmarks"]):
        auctions = tables["auctions"]
        numbers = sorted(set(auctions.loc[auctions["status"] != "unfinished", "bidders"].tolist()))
        best = [optimum(number) for number in numbers]
        tables["benchmarks"] = pandas.DataFrame({"bidders": numbers, "optimal_revenue": best})
    return tables


def unsteady(scene: Scene, why: Callable[[float], str] | None, tables: Mapping[str, Any]) -> str:
    """Why there are no intervals, in words; nothing where there are."""
    if len(tables["policies"]):
        return LEARNERS
    return "" if why is None else why(scene.now)


def earnings(scene: Scene, why: Callable[[float], str] | None = None) -> str:
    """Who earns what, as HTML; `why` says, at a time, why there is no steady state."""
    tables = tables_so_far(scene)
    finished = int((tables["auctions"]["status"] != "unfinished").sum())
    if not finished:
        return "<p class='quiet'>No auction is over yet.</p>"
    reason = unsteady(scene, why, tables)
    of_strategies = strategy_table(strategy_measures(tables, not reason))
    of_sellers = seller_table_html(seller_measures(tables, not reason), scene.theory)
    notes = f"From {counted(finished, 'finished auction')}; bars are 95 % intervals."
    if reason:
        notes = notes.partition(";")[0] + f". No intervals: {reason[0].lower()}{reason[1:]}."
    return f"{of_strategies}{of_sellers}<p class='quiet'>{escape(notes)}</p>"


def strategy_table(strategies: Sequence[StrategyMeasures]) -> str:
    """Payoffs by strategy, the highest first."""
    ordered = sorted(strategies, key=lambda one: -_known(one.payoff.mean))
    scale = scale_of([Figure(one.payoff) for one in ordered])
    rows = [
        [
            one.strategy,
            f"{one.buyers:,}",
            amount(one.payoff),
            interval_svg(Figure(one.payoff), scale),
            _signed(one.side_payments),
        ]
        for one in ordered
    ]
    return figure_table(
        ("strategy", "buyers", "payoff an auction", "", "of it side payments"), rows, pictures={3}
    )


def seller_table_html(sellers: Sequence[SellerMeasures], theory: bool = True) -> str:
    """What each seller did, as in `run`'s table; a tick is what the optimal auction would earn."""
    best = [optimum_per_auction(one) if theory else math.nan for one in sellers]
    figures = [Figure(one.revenue_per_auction, most) for one, most in zip(sellers, best, strict=True)]
    scale = scale_of(figures)
    left_out = {"revenue_per_auction"} | (set() if theory else {"optimal_share"})
    others = [name for name in ESTIMATES if name not in left_out]
    some = [name for name in others if any(not math.isnan(getattr(one, name).mean) for one in sellers)]
    rows = [
        [
            one.name,
            f"{one.auctions:,}",
            amount(one.revenue_per_auction),
            interval_svg(figure, scale),
            *(_cell(getattr(one, name), name) for name in some),
        ]
        for one, figure in zip(sellers, figures, strict=True)
    ]
    known = any(math.isfinite(figure.theory) for figure in figures)
    headings = ("seller", "auctions", "revenue an auction", "tick: the optimal auction's" if known else "")
    return figure_table((*headings, *(ESTIMATES[name][0] for name in some)), rows, pictures={3})


def optimum_per_auction(seller: SellerMeasures) -> float:
    """What the optimal auction would have earned on average from as many bidders; NaN if it is not known."""
    share = float(seller.optimal_share.mean)
    return float(seller.revenue_per_auction.mean) / share if share > 0 else math.nan


def _cell(estimate: Estimate, name: str) -> str:
    told = ESTIMATES[name][1]
    if math.isnan(estimate.mean):
        return "–"
    mean = told(estimate.mean, estimate.mean)
    if math.isnan(estimate.half_width):
        return mean
    if estimate.ends is None:
        return f"{mean} ±{told(estimate.half_width, estimate.mean)}"
    low, high = (told(end, 10 * estimate.mean) for end in estimate.ends)
    return f"{mean} ({low}–{high})"


def _known(number: float) -> float:
    return -math.inf if math.isnan(number) else number


def _signed(number: float) -> str:
    return f"{number:+.3f}" if abs(number) > 5e-4 else ("0" if number == 0 else f"{number:+.1e}")


# --- a scenario's own figures -----------------------------------------------------------------------


def figures_html(lines: Sequence[Any], theory: bool = True) -> str:
    """Lines of a report as HTML; figures of tables with their intervals and theory, each column to scale."""
    return "".join(_line_html(line, theory) for line in lines)


def _line_html(line: Any, theory: bool) -> str:
    if isinstance(line, str):
        return f"<p>{escape(line)}</p>"
    if not hasattr(line, "columns"):
        return f"<p>{escape(getattr(line, 'text', str(line)))}</p>"
    told = line.figures if theory else without_theory(line.figures)
    of_column: dict[str, list[Figure]] = {column: [] for column in line.columns}
    for row in told.values():
        for column, figure in row.items():
            of_column[column].append(figure)
    scales = {column: scale_of(figures) for column, figures in of_column.items()}
    rows = []
    for name, figures in told.items():
        known = ((column, figures.get(column)) for column in line.columns)
        rows.append([name, *("–" if one is None else _figure_cell(one, scales[at]) for at, one in known)])
    return figure_table(
        (line.heading, *line.columns), rows, pictures=set(range(1, 1 + len(line.columns))), wide=True
    )


def without_theory(rows: Mapping[str, Mapping[str, Figure]]) -> dict[str, dict[str, Figure]]:
    """The same figures, theory's left out."""
    return {
        name: {column: Figure(one.estimate) for column, one in row.items()} for name, row in rows.items()
    }


def _figure_cell(figure: Figure, scale: tuple[float, float]) -> str:
    """The estimate, its picture, and theory's figure if there is one."""
    told = f"<span>{escape(amount(figure.estimate))}</span>{interval_svg(figure, scale, 90)}"
    known = not math.isnan(figure.theory)
    return told + (f"<span class='theory'>theory {rounded(figure.theory, 3)}</span>" if known else "")


# --- pictures and tables ------------------------------------------------------------------------------


def amount(estimate: Estimate, decimals: int = 3) -> str:
    """An estimate and its interval, as many decimals as its size asks for.

    >>> amount(Estimate(0.5, 0.01, 20)), amount(Estimate(123.456, float("nan"), 20))
    ('0.500 ±0.010', '123.46')
    """
    size = abs(float(estimate.mean))
    digits = decimals if size < 10 else 2 if size < 1000 else 0
    if math.isnan(estimate.mean):
        return "–"
    shown = interval_shown(estimate, digits)
    return rounded(float(estimate.mean), digits) + ("" if shown == "–" else f" {shown}")


def scale_of(figures: Sequence[Figure]) -> tuple[float, float]:
    """The least and the greatest amount that these figures and their intervals reach, and 0."""
    ends = [0.0]
    for figure in figures:
        estimate = figure.estimate
        ends += [float(estimate.mean), float(estimate.low), float(estimate.high), figure.theory]
    known = [end for end in ends if math.isfinite(end)]
    return min(known), max(known)


def interval_svg(figure: Figure, scale: tuple[float, float], width: float = BAR) -> str:
    """A dot with its interval on a scale, a thin line at 0, and a tick where theory is."""
    low, high = scale
    estimate = figure.estimate
    if math.isnan(estimate.mean) or high == low:
        return ""

    def at(number: float) -> float:
        return 4 + (float(number) - low) / (high - low) * (width - 8)

    middle = ROW / 2
    parts = [f"<path class='zero' d='M{at(0):.1f} 1V{ROW - 1:g}'/>"]
    if not math.isnan(estimate.half_width):
        parts.append(f"<path class='reach' d='M{at(estimate.low):.1f} {middle:g}H{at(estimate.high):.1f}'/>")
    side = "loss" if estimate.mean < 0 else "gain"
    parts.append(f"<circle class='{side}' cx='{at(estimate.mean):.1f}' cy='{middle:g}' r='4'/>")
    if math.isfinite(figure.theory):
        parts.append(f"<path class='tick' d='M{at(figure.theory):.1f} 2V{ROW - 2:g}'/>")
    return (f"<svg class='interval' viewBox='0 0 {width:g} {ROW:g}' width='{width:g}' height='{ROW:g}' "
            f"aria-hidden='true'>{''.join(parts)}</svg>")


def figure_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], pictures: set[int], wide: bool = False
) -> str:
    """An HTML table; the cells in `pictures` are HTML already, all others are escaped."""
    kind = ["text" if k == 0 else "picture" if k in pictures else "number" for k in range(len(headings))]
    named = zip(kind, headings, strict=True)
    head = "".join(f"<th class='{each}' scope='col'>{escape(words)}</th>" for each, words in named)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td class='{kind[k]}'>{cell if k in pictures else escape(cell)}</td>"
            for k, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    width = " wide" if wide else ""
    return f"<table class='figures{width}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
