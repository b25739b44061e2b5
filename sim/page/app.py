"""The page itself: Mesa's SolaraViz with its controls, and beside them the board of panels.

Every browser session builds its own show, so that windows do not disturb each other. The server puts the
scenario into `EXHIBIT` before the first page is opened; a window's address may name another.
"""

from __future__ import annotations

from html import escape
from typing import Any

import solara
from mesa.visualization import SolaraViz

from sim.page.address import Asked, read_address
from sim.page.board import Board
from sim.page.controls import controls, settable
from sim.page.exhibit import EXHIBIT
from sim.page.show import Show, show_of
from sim.page.style import CSS
from sim.records import OutputError
from sim.runs.registry import ScenarioFile

PLAY_INTERVAL = 201
"""Milliseconds between two steps at first, one of the values of Mesa's slider: 1, 11, 21 and so on."""
FIXED = " (set when the page is started)"
"""Said of parameters that cannot be set on the page because they may name a file."""


@solara.component
def Page() -> None:
    """What a browser session sees first."""
    router = solara.use_router()
    if EXHIBIT.entry is None:
        solara.Error("No scenario was chosen; start the page with `bazaar watch`.")
    else:
        asked = solara.use_memo(lambda: read_address(router.search, EXHIBIT), [router.search])
        Watched(asked).key(router.search or "")


@solara.component
def Watched(asked: Asked) -> None:
    """One browser session."""
    entry = asked.entry
    told = solara.use_memo(lambda: controls(type(asked.parameters), asked.parameters, asked.seed), [])
    first = solara.use_memo(lambda: first_show(entry, told), [])
    show = solara.use_reactive(first)
    current = show.value
    solara.use_effect(lambda: current.close, [current])
    solara.Title(f"Bazaar: {entry.name}")
    solara.Style(CSS)
    if asked.problem:
        solara.Warning(asked.problem)
    SolaraViz(
        show,
        components=[],
        model_params=settable(told),
        name=f"Bazaar: {entry.name}",
        play_interval=PLAY_INTERVAL,
    )
    Extras(current, told)
    Board(current, entry.summary)


def first_show(entry: ScenarioFile, told: dict[str, Any]) -> Show:
    """The show with what the controls say at first."""
    return show_of(entry)(**{name: control["start"] for name, control in told.items()})


@solara.component
def Extras(show: Show, told: dict[str, Any]) -> None:
    """What stands in the sidebar below Mesa's own controls, because it is nested more deeply."""
    Saving(show)
    Meanings(told)


@solara.component
def Saving(show: Show) -> None:
    """The button that saves the records, and where they went."""
    told, tell = solara.use_state("")
    failed, fail = solara.use_state(False)

    def save() -> None:
        try:
            tell(f"Saved in {EXHIBIT.save(show)}")
            fail(False)
        except (OutputError, ValueError) as error:
            tell(str(error))
            fail(True)

    with solara.Sidebar(), solara.Card("Records"):
        solara.Button("Save records", on_click=save, outlined=True, disabled=show.market is None)
        if told:
            solara.Text(told, classes=["saved", "fault" if failed else "fine"])


@solara.component
def Meanings(told: dict[str, Any]) -> None:
    """What each parameter means and may be."""
    words = "".join(
        f"<dt>{escape(each['label'])}</dt><dd>{escape(each['help'])}"
        f"{FIXED if each['file'] else ''}</dd>"
        for each in told.values()
    )
    with solara.Sidebar(), solara.Details("What the parameters mean"):
        solara.HTML("dl", unsafe_innerHTML=words, classes=["meanings"])
