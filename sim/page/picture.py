"""Pictures on the page: a drawing in two layers, with a menu that saves it as SVG, as PNG, and its data.

The browser is sent a layer only if it has changed. It makes the files itself, from what it shows; the data it
asks for when somebody wants them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from sim.page.drawing.drawing import Drawing
from sim.page.drawing.look import stylesheet_of_files

_SHEET = stylesheet_of_files()


@solara.component_vue("picture.vue")
def Layers(
    still: str, moving: str, width: float, height: float, name: str, file: str, step: int, sheet: str,
    table: dict[str, Any], event_ask_table: Callable[[Any], None],
) -> None:
    """The template's properties: both layers, size, name, name of files, style of files, data asked for."""


@solara.component
def Pictured(drawing: Drawing, name: str, step: int) -> None:
    """A drawing, as its panel `name` shows it after so many steps."""
    table, tell = solara.use_state(("", 0))

    def answer(_: Any) -> None:
        tell((drawing.csv(), table[1] + 1))

    Layers(
        still=drawing.layer(drawing.still, False),
        moving=drawing.layer(drawing.moving, True),
        width=drawing.width,
        height=drawing.height,
        name=drawing.title,
        file=f"{name}-step-{step}",
        step=step,
        sheet=_SHEET,
        table={"text": table[0], "times": table[1]},
        event_ask_table=answer,
    )
