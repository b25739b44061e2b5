"""The board: a line that says how things stand, and the panels in a grid, as Solara components."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import solara
from mesa.visualization.utils import update_counter

from sim.page.drawing.drawing import Drawing
from sim.page.earned import Earned
from sim.page.inspector import Inspector
from sim.page.panels import (
    TABLES,
    WORTHS,
    PagePanel,
    figures,
    panel_content,
    scenario_panel,
    town_panel,
)
from sim.page.picture import Pictured
from sim.page.scene import Scene
from sim.page.show import Show
from sim.page.town import COLOURINGS, colourings


@solara.component
def Board(show: Show, summary: str) -> None:
    """Everything that is seen of a show."""
    update_counter.get()
    show.loops.begin_drawing()
    solara.use_effect(show.loops.end_drawing)  # when it can be seen
    scene = show.scene
    with solara.Div(classes=["board"]):
        Standing(show, show.steps, show.running, summary)
        own = [] if scene is None else [scenario_panel(draw) for draw in show.panels]
        if isinstance(scene, Scene):
            _auctions(show, scene, show.steps, own)
        else:
            _alone(show, show.steps, own)


def _alone(show: Show, steps: int, own: list[PagePanel]) -> None:
    """The scenario's own panels, and nothing else."""
    for panel in own:
        Drawn(show, steps, panel, wide=True)


def _auctions(show: Show, scene: Scene, steps: int, own: list[PagePanel]) -> None:
    """The panels of a market, in the board's grid: its town and its auctions, and the scenario's own."""
    race, first, *others = figures(scene)
    (transactions,) = TABLES
    TownPicture(show, scene, steps)
    Drawn(show, steps, race)
    Drawn(show, steps, first, wide=True)
    Inspector(show, scene, steps)
    Earned(show, scene, steps)
    small = [*own, *others]
    odd = ["odd"] if len(small) % 2 else []
    for number, panel in enumerate(small):
        Drawn(show, steps, panel, wide=number >= len(small) - wide(len(small)))
    Written(show, steps, transactions, odd)
    if scene.averse:
        Written(show, steps, WORTHS)


def wide(small: int) -> int:
    """How many of these panels take half a row, not a third, so that all rows are full.

    >>> [wide(count) for count in range(1, 7)]
    [1, 2, 0, 4, 2, 0]
    """
    return min(small, (0, 4, 2)[small % 3])


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
def TownPicture(show: Show, scene: Scene, steps: int) -> None:
    """The network, with a choice of what colour means."""
    chosen, colour_by = solara.use_state(COLOURINGS[0])
    choices = colourings(scene)
    colouring = chosen if chosen in choices else choices[0]
    panel = town_panel(colouring)
    with solara.Div(classes=["panel", "panel-town"]):
        solara.Select("buyers' colour", choices, colouring, on_value=colour_by, dense=True)
        Heading(panel)
        Content(show, steps, panel, colouring)


@solara.component
def Drawn(show: Show, steps: int, panel: PagePanel, wide: bool = False) -> None:
    """A panel with a picture."""
    with solara.Div(classes=["panel", f"panel-{panel.name}", *(["wide"] if wide else [])]):
        Heading(panel)
        Content(show, steps, panel)


@solara.component
def Written(show: Show, steps: int, panel: PagePanel, more: Sequence[str] = ()) -> None:
    """A panel with a table."""
    with solara.Div(classes=["panel", f"panel-{panel.name}", *more]):
        Heading(panel)
        Content(show, steps, panel)


def _still(show: Show, make: Callable[[PagePanel, Any], Any], panel: PagePanel) -> Any:
    """What is made of the scene, while the market stands still."""
    with show.lock:
        return make(panel, show.scene)


@solara.component
def Heading(panel: PagePanel) -> None:
    """Title and caption."""
    with solara.Div(classes=["heading"]):
        solara.Text(panel.title, classes=["title"])
        solara.Text(panel.caption, classes=["caption"])


@solara.component
def Content(show: Show, steps: int, panel: PagePanel, option: str = "") -> None:
    """What a panel shows, made anew after each step: a drawing, an image, or HTML."""
    made = solara.use_memo(lambda: _still(show, panel_content, panel), [show, steps, option])
    if isinstance(made, Drawing):
        Pictured(made, panel.name, steps)
    elif isinstance(made, bytes):
        with solara.Div(classes=["picture", "image"]):
            solara.Image(made, classes=["shown", f"step-{steps}"])
    else:
        solara.HTML("div", unsafe_innerHTML=made, classes=["table"])
