"""The board: the panels in a grid, or one of them alone, as Solara components."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
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
    report_panel,
    scenario_panel,
    town_panel,
)
from sim.page.picture import Pictured
from sim.page.scene import Scene
from sim.page.show import Show
from sim.page.town import COLOURINGS, colourings


@solara.component
def Board(show: Show, presented: int = -1) -> None:
    """Everything that is seen of a show; from 0 on, the one panel of this number that is presented."""
    update_counter.get()
    show.drawing.begin()
    solara.use_effect(show.drawing.end)  # when it can be seen
    scene = show.scene
    with solara.Div(classes=["board"]):
        if scene is None:
            return
        own = [scenario_panel(draw) for draw in show.panels]
        shown = _auctions(show, scene, own) if isinstance(scene, Scene) else _alone(show, own)
        for place in shown if presented < 0 else [shown[presented % len(shown)]]:
            place()


def _alone(show: Show, own: list[PagePanel]) -> list[Callable[[], Any]]:
    """The scenario's own panels, and what its run would report so far."""
    report = [] if own else [partial(Written, show, show.steps, report_panel(show), shown=show.theory)]
    return [*(partial(Drawn, show, show.steps, panel, wide=True) for panel in own), *report]


def _auctions(show: Show, scene: Scene, own: list[PagePanel]) -> list[Callable[[], Any]]:
    """The panels of a market, in the board's grid: its town and its auctions, and the scenario's own."""
    steps, theory = show.steps, show.theory
    race, first, *others = figures(scene)
    (transactions,) = TABLES
    small = [*own, *others]
    odd = ["odd"] if len(small) % 2 else []
    return [
        partial(TownPicture, show, scene, steps),
        partial(Drawn, show, steps, race, theory=theory),
        partial(Drawn, show, steps, first, wide=True, theory=theory),
        partial(Inspector, show, scene, steps),
        partial(Earned, show, scene, steps),
        *(partial(Drawn, show, steps, panel, number >= len(small) - wide(len(small)), theory)
          for number, panel in enumerate(small)),
        partial(Written, show, steps, transactions, odd),
        *([partial(Written, show, steps, WORTHS)] if scene.averse else []),
    ]


def wide(small: int) -> int:
    """How many of these panels take half a row, not a third, so that all rows are full.

    >>> [wide(count) for count in range(1, 7)]
    [1, 2, 0, 4, 2, 0]
    """
    return min(small, (0, 4, 2)[small % 3])


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
def Drawn(show: Show, steps: int, panel: PagePanel, wide: bool = False, theory: bool = True) -> None:
    """A panel with a picture, with what theory says or without."""
    with solara.Div(classes=["panel", f"panel-{panel.name}", *(["wide"] if wide else [])]):
        Heading(panel)
        Content(show, steps, panel, f"theory {theory}")


@solara.component
def Written(
    show: Show, steps: int, panel: PagePanel, more: Sequence[str] = (), shown: bool = True
) -> None:
    """A panel with a table."""
    with solara.Div(classes=["panel", f"panel-{panel.name}", *more]):
        Heading(panel)
        Content(show, steps, panel, f"theory {shown}")


def _still(show: Show, make: Callable[[PagePanel, Any], Any], panel: PagePanel) -> Any:
    """What is made of the scene, while the market stands still."""
    with show.lock:
        return make(panel, show.scene)


@solara.component
def Heading(panel: PagePanel) -> None:
    """Title and caption."""
    with solara.Div(classes=["heading"]):
        solara.HTML("h2", unsafe_innerHTML=escape(panel.title), classes=["title"])
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
