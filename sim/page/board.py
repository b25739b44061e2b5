"""The board: a line that says how things stand, and the panels in a grid, as Solara components."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara
from mesa.visualization.utils import update_counter

from sim.page.glance import Glance
from sim.page.panels import FIGURES, TABLES, Panel, picture, scenario_panel, town_panel, words
from sim.page.show import Show
from sim.page.town import COLOURINGS


@solara.component
def Board(show: Show, summary: str) -> None:
    """Everything that is seen of a show."""
    update_counter.get()
    alone = isinstance(show.scene, Glance)
    with solara.Div(classes=["board", "alone"] if alone else ["board"]):
        Standing(show, show.steps, show.running, summary)
        if show.scene is None:
            return
        own = [scenario_panel(draw) for draw in show.panels]
        if alone:
            for panel in own:
                Drawn(show, show.steps, panel)
        else:
            _auctions(show, show.steps, own)


def _auctions(show: Show, steps: int, own: list[Panel]) -> None:
    """The panels of a market, in the board's grid: its town and its auctions, and the scenario's own."""
    race, *others = FIGURES
    conversation, transactions = TABLES
    Town(show, steps)
    Drawn(show, steps, race)
    Written(show, steps, conversation)
    for panel in (*own, *others):
        Drawn(show, steps, panel)
    Written(show, steps, transactions)


@solara.component
def Standing(show: Show, steps: int, running: bool, summary: str) -> None:
    """Where the run stands, and what went wrong."""
    with solara.Div(classes=["standing"]):
        solara.Text(summary, classes=["summary"])
        if show.scene is not None:
            solara.Text(
                f"Time {show.scene.now:g} of {show.until:g} · {show.scene.done} · seed {show.seed}",
                classes=["clock"],
            )
        solara.Text(show.message, classes=["message", "fault" if show.failed else "fine"])


@solara.component
def Town(show: Show, steps: int) -> None:
    """The network, with a choice of what colour means."""
    colouring, colour_by = solara.use_state(COLOURINGS[0])
    panel = town_panel(colouring)
    with solara.Div(classes=["panel", "panel-town"]):
        with solara.Div(classes=["beside"]):
            Heading(panel)
            solara.Select("buyers' colour", list(COLOURINGS), colouring, on_value=colour_by, dense=True)
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
    text = solara.use_memo(lambda: _still(show, words, panel), [show, steps])
    with solara.Div(classes=["panel", f"panel-{panel.name}"]):
        Heading(panel)
        solara.HTML("div", unsafe_innerHTML=text, classes=["table"])


def _still(show: Show, make: Callable[[Panel, Any], Any], panel: Panel) -> Any:
    """What is made of the scene, while the market stands still."""
    with show.lock:
        return make(panel, show.scene)


@solara.component
def Heading(panel: Panel) -> None:
    """Title and caption."""
    with solara.Div(classes=["heading"]):
        solara.Text(panel.title, classes=["title"])
        solara.Text(panel.caption, classes=["caption"])


@solara.component
def Picture(show: Show, steps: int, panel: Panel, option: str) -> None:
    """A figure as an image, drawn anew after each step."""
    image = solara.use_memo(lambda: _still(show, picture, panel), [show, steps, option])
    with solara.Div(classes=["picture"]):
        solara.Image(image)
