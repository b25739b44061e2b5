"""The board: a line that says how things stand, and the panels in a grid."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import solara
from mesa.visualization.utils import update_counter

from sim.page import bids, sellers, tables, town
from sim.page.colours import new_figure, plain_axes, say_nothing_yet
from sim.page.show import Show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.page.scene import Scene


@dataclass(frozen=True)
class Panel:
    """A panel's title, what it shows in a line, and how it is drawn; `name` stands in the page's source."""

    name: str
    title: str
    caption: str
    draw: Callable[[Scene], Any]


FIGURES = (
    Panel("race", "The sellers' race", "Revenue so far; dashed: what the optimal auction would have earned "
          "from as many bidders, mean over the sellers.", sellers.race),
    Panel("bids", "Bids against values", "A dot for each bidder's last answer in money.",
          bids.bids_against_values),
    Panel("benchmark", "Against the optimal auction", "Revenue so far, of what the optimal auction would earn "
          "from as many bidders.", sellers.against_benchmark),
    Panel("prices", "Prices paid", "A dot for each good sold, in its seller's colour.", sellers.prices),
)
TABLES = (
    Panel("conversation", "The last conversation", "Questions, answers and outcome.", tables.conversation),
    Panel("transactions", "Last transactions", "The newest first.", tables.transactions),
)


@solara.component
def Board(show: Show, summary: str) -> None:
    """Everything that is seen of a show."""
    update_counter.get()
    with solara.Div(classes=["board"]):
        Standing(show, show.steps, show.running, summary)
        if show.scene is None:
            return
        Town(show, show.steps)
        race, *others = FIGURES
        conversation, transactions = TABLES
        Drawn(show, show.steps, race)
        Written(show, show.steps, conversation)
        for panel in others:
            Drawn(show, show.steps, panel)
        for draw in show.panels:
            Drawn(show, show.steps, scenario_panel(draw))
        Written(show, show.steps, transactions)


@solara.component
def Standing(show: Show, steps: int, running: bool, summary: str) -> None:
    """Where the run stands, and what went wrong."""
    with solara.Div(classes=["standing"]):
        solara.Text(summary, classes=["summary"])
        if show.scene is not None:
            held = int(show.scene.held.sum())
            solara.Text(
                f"Time {show.scene.now:g} of {show.until:g} · {held:,} auctions finished · seed {show.seed}",
                classes=["clock"],
            )
        solara.Text(show.message, classes=["message", "fault" if show.failed else "fine"])


@solara.component
def Town(show: Show, steps: int) -> None:
    """The network, with a choice of what colour means."""
    colouring, colour_by = solara.use_state(town.COLOURINGS[0])
    panel = Panel("town", "The town", "Squares: sellers. Dots: buyers. Grey lines: visits of the last step; "
                  "coloured: trades.", partial(town.town, colouring=colouring))
    with solara.Div(classes=["panel", "panel-town"]):
        with solara.Div(classes=["beside"]):
            Heading(panel)
            solara.Select("buyers' colour", list(town.COLOURINGS), colouring, on_value=colour_by, dense=True)
        Picture(show, steps, panel, colouring)


@solara.component
def Drawn(show: Show, steps: int, panel: Panel) -> None:
    """A panel with a figure."""
    with solara.Div(classes=["panel", f"panel-{panel.name}"]):
        Heading(panel)
        Picture(show, steps, panel, "")


@solara.component
def Written(show: Show, steps: int, panel: Panel) -> None:
    """A panel with a table."""
    words = solara.use_memo(lambda: _safely(show, panel.draw), [show, steps])
    with solara.Div(classes=["panel", f"panel-{panel.name}"]):
        Heading(panel)
        solara.HTML("div", unsafe_innerHTML=words, classes=["table"])


def _safely(show: Show, draw: Callable[[Scene], Any]) -> Any:
    with show.lock:
        return None if show.scene is None else draw(show.scene)


@solara.component
def Heading(panel: Panel) -> None:
    """Title and caption."""
    with solara.Div(classes=["heading"]):
        solara.Text(panel.title, classes=["title"])
        solara.Text(panel.caption, classes=["caption"])


@solara.component
def Picture(show: Show, steps: int, panel: Panel, option: str) -> None:
    """A figure as an image, drawn anew after each step."""
    image = solara.use_memo(lambda: png(_safely(show, panel.draw)), [show, steps, option])
    with solara.Div(classes=["picture"]):
        solara.Image(image)


def png(figure: Figure) -> bytes:
    """The figure as a PNG file; light compression, because drawing must be quick and the way is short."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    file = io.BytesIO()
    pixels.convert("RGB").save(file, "png", compress_level=1)
    return file.getvalue()


def scenario_panel(draw: Callable[[Any], Figure]) -> Panel:
    """A scenario's own panel: its function takes the market and returns a figure; its docstring is the title."""
    title, _, caption = (draw.__doc__ or draw.__name__).strip().partition("\n")
    name = draw.__name__.replace("_", "-")
    return Panel(name, title.rstrip("."), " ".join(caption.split()), partial(_drawn_by_scenario, draw))


def _drawn_by_scenario(draw: Callable[[Any], Figure], scene: Scene) -> Figure:
    """What the scenario draws; if it fails, a figure that says so."""
    try:
        return draw(scene.market)
    except Exception as error:  # noqa: BLE001 — scenarios may be anybody's code; the page must live
        figure = new_figure()
        say_nothing_yet(plain_axes(figure, "", ""), f"{draw.__name__} failed:\n{type(error).__name__}: {error}")
        return figure
