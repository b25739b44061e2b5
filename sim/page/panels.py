"""Panels: what the page shows of every market, and how a scenario's own function becomes one more.

A scenario adds panels with a module-level `PANELS`, a tuple of functions that take the market and return a
`Drawing`, a matplotlib figure, or HTML as text. The first line of a function's docstring is the panel's
title, the rest its caption.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from agents.play.asking import MISBEHAVIOUR, in_words
from sim.market.guard import LONGEST_REASON
from sim.page import bids, sellers, tables
from sim.page import town as network
from sim.page.drawing.drawing import Drawing
from sim.page.report import report_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.page.scene import Scene
    from sim.page.show import Show


_DPI = 140


@dataclass(frozen=True)
class PagePanel:
    """A panel's title, what it shows in a line, and how it is drawn; `name` stands in the page's source.

    `draw` makes of what was seen a `Drawing`, a matplotlib figure, or HTML as text.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[Scene], Any]


RACE = PagePanel(
    "race",
    "The sellers' race",
    "Revenue so far; dashed: what the optimal auction would have earned from as many bidders, mean over the "
    "sellers.",
    sellers.race,
)
BIDS = PagePanel(
    "bids",
    "Bids against values",
    "A dot for each bidder's last answer in money, the last of each seller; on the dashed line she tells the "
    "truth.",
    bids.bids_against_values,
)
BENCHMARK = PagePanel(
    "benchmark",
    "Against the optimal auction",
    "Revenue so far, of what the optimal auction would earn from as many bidders.",
    sellers.against_benchmark,
)
PRICES = PagePanel(
    "prices", "Prices paid", "A dot for each good sold, the last of each seller.", sellers.prices
)


def figures(scene: Scene) -> tuple[PagePanel, ...]:
    """The figures that every market has; without a single prior there is no benchmark to compare with."""
    if scene.has_benchmark:
        return RACE, BIDS, BENCHMARK, PRICES
    return replace(RACE, caption="Revenue so far."), BIDS, PRICES


TABLES = (PagePanel("transactions", "Last transactions", "The newest first.", tables.transactions),)


WORTHS = PagePanel(
    "worths",
    "What it is worth to sellers who fear risk",
    "Expected utility of an auction's revenue so far, and the revenue that, if sure, would be worth as much.",
    tables.worths,
)
"""For markets in which a seller is averse to risk."""


def town_panel(colouring: str) -> PagePanel:
    """The town as a network, with the buyers' colour standing for one of `COLOURINGS`."""
    return PagePanel(
        "town",
        "The town",
        "Thin lines: who knows or hears of whom. Of the last step: visits in grey, trades in strong colour, "
        "rewards in light.",
        partial(network.town, colouring=colouring),
    )


def png(figure: Figure) -> bytes:
    """The figure as a PNG file."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI)
    return file.getvalue()


def panel_content(panel: PagePanel, scene: Any) -> Drawing | bytes | str:
    """What the panel shows: a drawing, a matplotlib figure as a PNG file, or HTML; its failure in words."""
    try:
        made = panel.draw(scene)
        return png(made) if hasattr(made, "savefig") else made if isinstance(made, Drawing) else str(made)
    except MISBEHAVIOUR as error:  # scenarios may be anybody's code; the page must go on
        return f"<p class='quiet'>This panel failed: {escape(in_words(error)[:LONGEST_REASON])}</p>"


def scenario_panel(draw: Callable[[Any], Any]) -> PagePanel:
    """A scenario's own panel: its function takes the market and returns what a panel may show."""
    title, _, caption = (draw.__doc__ or draw.__name__).strip().partition("\n")
    name = draw.__name__.replace("_", "-")
    return PagePanel(name, title.rstrip("."), " ".join(caption.split()), lambda scene: draw(scene.market))


def report_panel(show: Show) -> PagePanel:
    """What `bazaar run` would report of the run so far."""
    return PagePanel("report", "What was found so far", "As `bazaar run` tells it at the end of a run.",
                     lambda _: report_html(show))
