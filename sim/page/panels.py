"""Panels: what the page shows of every market, and how a scenario's own function becomes one more.

A scenario adds panels with a module-level `PANELS`, a tuple of functions that take the market and return a
matplotlib figure. The first line of a function's docstring is the panel's title, the rest its caption.
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
from sim.page.colours import new_figure, plain_axes, say_nothing_yet
from sim.page.frames import drawn
from sim.page.report import report_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.page.scene import Scene
    from sim.page.show import Show


@dataclass(frozen=True)
class PagePanel:
    """A panel's title, what it shows in a line, and how it is drawn; `name` stands in the page's source."""

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
    "A dot for each bidder's last answer in money, in the seller's colour.",
    bids.bids_against_values,
)
BENCHMARK = PagePanel(
    "benchmark",
    "Against the optimal auction",
    "Revenue so far, of what the optimal auction would earn from as many bidders.",
    sellers.against_benchmark,
)
PRICES = PagePanel(
    "prices", "Prices paid", "A dot for each good sold, in its seller's colour.", sellers.prices
)


def figures(scene: Scene) -> tuple[PagePanel, ...]:
    """The figures that every market has; without a single prior there is no benchmark to compare with."""
    if scene.has_benchmark:
        return RACE, BIDS, BENCHMARK, PRICES
    return replace(RACE, caption="Revenue so far."), BIDS, PRICES


TABLES = (
    PagePanel(
        "conversation", "The last conversation", "Questions, answers and outcome.", tables.conversation
    ),
    PagePanel("transactions", "Last transactions", "The newest first.", tables.transactions),
)


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
    """The figure as a PNG file; light compression, because drawing must be quick and the way is short."""
    from PIL import Image

    canvas = drawn(figure)
    pixels = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    file = io.BytesIO()
    pixels.convert("RGB").save(file, "png", compress_level=1)
    return file.getvalue()


def picture(panel: PagePanel, scene: Scene) -> bytes:
    """The panel's figure as a PNG file; if it fails, one that says so."""
    try:
        return png(panel.draw(scene))
    except MISBEHAVIOUR as error:  # scenarios may be anybody's code; the page must go on
        figure = new_figure()
        why = f"this panel failed:\n{in_words(error)[:LONGEST_REASON]}"
        say_nothing_yet(plain_axes(figure, "", ""), why)
        return png(figure)


def panel_html(panel: PagePanel, scene: Scene) -> str:
    """The panel's table as HTML; if it fails, a sentence that says so."""
    try:
        return str(panel.draw(scene))
    except MISBEHAVIOUR as error:  # as above
        return f"<p class='quiet'>This panel failed: {escape(in_words(error)[:LONGEST_REASON])}</p>"


def scenario_panel(draw: Callable[[Any], Figure]) -> PagePanel:
    """A scenario's own panel: its function takes the market and returns a figure."""
    title, _, caption = (draw.__doc__ or draw.__name__).strip().partition("\n")
    name = draw.__name__.replace("_", "-")
    return PagePanel(name, title.rstrip("."), " ".join(caption.split()), lambda scene: draw(scene.market))


def report_panel(show: Show) -> PagePanel:
    """What `bazaar run` would report of the run so far."""
    return PagePanel("report", "What was found so far", "As `bazaar run` tells it at the end of a run.",
                     lambda _: report_html(show))
