"""Earned: the panels of who earns what and of a scenario's own figures, as Solara components."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import solara

from agents.play.asking import MISBEHAVIOUR, in_words
from sim.market.guard import LONGEST_REASON
from sim.page.drawing.drawing import Drawing
from sim.page.earnings import earnings, epoch, figures_html
from sim.page.inspector import panel_heading
from sim.page.picture import Pictured

if TYPE_CHECKING:
    from sim.page.scene import Scene
    from sim.page.show import Show


@solara.component
def Earned(show: Show, scene: Scene, steps: int) -> None:
    """Who earns what, and below it what the scenario says for itself; `steps` lets it look again."""
    when = [show, epoch(int(scene.held.sum())), show.running, scene.theory]
    told = solara.use_memo(lambda: safely(show, lambda: earnings(scene, steadiness(show))), when)
    with solara.Div(classes=["earned"]):
        for make in show.figures:
            Figured(show, scene, make, steps)
        with solara.Div(classes=["panel", "panel-earnings"]):
            panel_heading("Who earns what", "By strategy, side payments counted; below, what sellers earn.")
            solara.HTML("div", unsafe_innerHTML=told, classes=["table"])


@solara.component
def Figured(show: Show, scene: Scene, make: Callable[..., Any], steps: int) -> None:
    """A scenario's own figures, worked out as seldom."""
    title, _, caption = (make.__doc__ or make.__name__).strip().partition("\n")
    when = [show, make, epoch(int(scene.held.sum())), show.running, scene.theory]
    drawings, told = solara.use_memo(lambda: figured(show, make, scene), when)
    with solara.Div(classes=["panel", "panel-figures"]):
        panel_heading(title.rstrip("."), " ".join(caption.split()))
        with solara.Div(classes=["drawings"]):
            for number, drawing in enumerate(drawings):
                Pictured(drawing, f"figures-{number}", steps)
        solara.HTML("div", unsafe_innerHTML=told, classes=["table"])


def figured(show: Show, make: Callable[..., Any], scene: Scene) -> tuple[list[Drawing], str]:
    """The drawings among a scenario's own figures, and the rest as HTML.

    A function with a parameter `theory` is told whether to draw what theory says.
    """
    drawings: list[Drawing] = []

    def lines() -> str:
        asks = "theory" in inspect.signature(make).parameters
        made = make(scene.market, theory=scene.theory) if asks else make(scene.market)
        drawings.extend(line for line in made if isinstance(line, Drawing))
        return figures_html([line for line in made if not isinstance(line, Drawing)], scene.theory)

    told = safely(show, lines)
    return drawings, told


def safely(show: Show, make: Callable[[], str]) -> str:
    """What is made while the market stands still, or a sentence that says that it failed."""
    try:
        with show.lock:
            return make()
    except MISBEHAVIOUR as error:  # scenarios may be anybody's code; the page must go on
        return f"<p class='quiet'>This panel failed: {escape(in_words(error)[:LONGEST_REASON])}</p>"


def steadiness(show: Show) -> Callable[[float], str] | None:
    """The scenario's own `unsteady`, asked about a run that ends at some time; None if it has none."""
    why = getattr(show.entry.load(), "unsteady", None)
    if not callable(why):
        return None
    return lambda now: str(why(show.parameters.model_copy(update={"until": max(now, 1e-9)})))
