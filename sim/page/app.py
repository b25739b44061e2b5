"""The page itself: a bar of controls that stays in sight, settings beside it, and the board of panels.

It is Mesa's page: parameters are Mesa's inputs (`UserInputs`), and its counter says when to draw anew. Mesa's
own controller is not used: it has one speed in milliseconds, and none to the end, and cannot go back.

Every browser session builds its own shows, so that windows do not disturb each other. The server puts the
scenarios into `EXHIBIT` before the first page is opened; a window's address says which run it shows.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import solara
import solara.lab
from mesa.visualization.solara_viz import UserInputs
from mesa.visualization.utils import force_update, update_counter

from sim.page.address import Asked, address_of, read_address, started
from sim.page.bar import HELP, Bar, Standing
from sim.page.board import Board
from sim.page.controls import controls
from sim.page.difference import difference_html
from sim.page.exhibit import EXHIBIT
from sim.page.playback import Playback
from sim.page.settings import Told, changed, second
from sim.page.show import Show, show_of
from sim.page.story import look_for, marked, story_html
from sim.page.style import CSS
from sim.records import OutputError
from sim.runs.registry import ScenarioFile

FIXED = " (set when the page is started)"
"""Said of parameters that cannot be set on the page because they may name a file."""


@solara.component
def Layout(children: list[Any] | None = None) -> None:
    """The page alone, without Solara's own bar and drawer."""
    solara.Div(children=children or [])


@solara.component_vue("keys.vue")
def Keys(address: str = "", presenting: bool = False) -> None:
    """Keys press buttons; the address of the window; the whole screen."""


@solara.component
def Page() -> None:
    """What a browser session sees first."""
    router = solara.use_router()
    if EXHIBIT.entry is None:
        solara.Error("No scenario was chosen; start the page with `bazaar watch`.")
        return
    first = solara.use_memo(lambda: read_address(router.search, EXHIBIT), [router.search])
    chosen, choose = solara.use_state(first)
    Watched(chosen, choose).key(chosen.entry.name)


@solara.component
def Watched(asked: Asked, choose: Callable[[Asked], None]) -> None:
    """One scenario in one browser session."""
    update_counter.get()
    entry = asked.entry
    kind = show_of(entry)
    made = solara.use_memo(lambda: controls(type(asked.parameters), asked.parameters, asked.seed), [])
    start = {name: each["start"] for name, each in made.items()}
    draft, draw_up = solara.use_state(start)
    controls_now, control = solara.use_state(made)
    chosen, choose_preset = solara.use_state("")
    change = solara.use_memo(lambda: lambda name, value: draw_up(lambda old: {**old, name: value}), [])
    player = solara.use_memo(lambda: Playback(_shows(kind, start, asked.vs), force_update), [])
    solara.use_effect(lambda: player.close, [])
    versus, set_versus = solara.use_state(asked.vs)
    presented, present = solara.use_state(-1)
    closed, close = solara.use_state(False)
    show = player.shows[0]
    told = changed(entry, draft, show, versus, _versus_of(player))

    def begin(settings: dict[str, Any], against: str) -> None:
        draw_up(settings)
        shows = _shows(kind, settings, against)
        _tell_theory(shows, show.theory)
        player.begin(shows)

    def turn_theory() -> None:
        _tell_theory(player.shows, not show.theory)
        force_update()

    def apply_preset(name: str) -> None:
        kind_of = type(asked.parameters)
        preset = next(each for each in entry.load().PRESETS if each.name == name)
        wanted = controls(kind_of, preset.parameters(kind_of), show.seed if show.market else asked.seed)
        control(wanted)
        choose_preset(name)
        begin({each: one["start"] for each, one in wanted.items()}, versus)

    toggles = {
        "theory": (show.theory, turn_theory),
        "present": (presented >= 0, lambda: present(-1 if presented >= 0 else 0)),
        "settings": (not closed, lambda: close(not closed)),
    }
    classes = ["page", *(["presenting"] if presented >= 0 else []), *(["closed"] if closed else [])]
    solara.Title(f"Bazaar: {entry.name}")
    solara.Style(CSS)
    with solara.Div(classes=classes):
        Keys(address=_address(entry, show, _versus_of(player)), presenting=presented >= 0)
        with solara.Div(classes=["bar"]):
            Head(entry, choose)
            Bar(player, lambda: begin(draft, versus), toggles)
            if presented >= 0:
                solara.Button("next panel", on_click=lambda: present(presented + 1), small=True,
                              outlined=True, classes=["key-next"])
            Standing(player, entry.summary, asked.problem or told.words)
            solara.Text(HELP, classes=["help"])
        with solara.Div(classes=["below"]):
            with solara.v.Html(tag="aside", class_="settings"):
                Settings(controls_now, change, told).key(f"settings {chosen}")
                Versus(versus, set_versus)
                Saving(show)
                Meanings(made)
            with solara.v.Html(tag="main", class_="seen"):
                Story(entry, apply_preset)
                _boards(player, presented)


def _boards(player: Playback, presented: int) -> None:
    """What is seen of the run; of two runs the difference first, then both side by side."""
    shows = player.shows
    paired = len(shows) > 1
    if paired:
        Difference(shows[0], shows[1], shows[0].steps)
    with solara.Div(classes=["pair" if paired else "single"]):
        for number, each in enumerate(shows):
            with solara.Div(classes=["half"]):
                if paired:
                    _heading(2, "as set" if number == 0 else _versus_of(player), "which")
                Board(each, presented)


def _shows(kind: type[Show], settings: dict[str, Any], against: str) -> tuple[Show, ...]:
    """The run, and the one beside it if there is one."""
    one = kind(**settings)
    if not against.strip():
        return (one,)
    other = second(kind, settings, against)
    return (one, other)


def _tell_theory(shows: tuple[Show, ...], shown: bool) -> None:
    """Whether theory is shown, the same on both sides."""
    for each in shows:
        each.theory = shown


def _versus_of(player: Playback) -> str:
    return getattr(player.shows[-1], "against", "") if len(player.shows) > 1 else ""


def _address(entry: ScenarioFile, show: Show, against: str) -> str:
    return "" if show.market is None else address_of(entry, show.parameters, show.seed, against)


def _heading(level: int, words: str, name: str) -> None:
    """A real heading."""
    solara.HTML(f"h{level}", unsafe_innerHTML=escape(words), classes=[name])


@solara.component
def Head(entry: ScenarioFile, choose: Callable[[Asked], None]) -> None:
    """Title, summary, the menu of scenarios, and light or dark."""

    def go(name: str) -> None:
        found = EXHIBIT.named(name)
        if found is not None and name != entry.name:
            choose(started(found, EXHIBIT))

    with solara.Div(classes=["head"]):
        _heading(1, f"Bazaar: {entry.name.replace('_', ' ')}", "name")
        solara.Text(entry.summary, classes=["summary"])
        if len(EXHIBIT.names) > 1:
            solara.Select("scenario", EXHIBIT.names, entry.name, on_value=go, dense=True)
        solara.lab.ThemeToggle()


@solara.component
def Story(entry: ScenarioFile, apply_preset: Callable[[str], None]) -> None:
    """What to look for, named settings, and the whole story."""
    presets = getattr(entry.load(), "PRESETS", ())
    with solara.Div(classes=["tale"]):
        if look_for(entry.story):
            solara.HTML("p", unsafe_innerHTML=f"<b>What to look for.</b> {marked(look_for(entry.story))}",
                        classes=["look"])
        if presets:
            with solara.Div(classes=["presets"]):
                for preset in presets:
                    with solara.Div(classes=["preset"]):
                        solara.Button(preset.name, small=True, outlined=True,
                                      on_click=lambda name=preset.name: apply_preset(name))
                        solara.Text(preset.sentence)
        with solara.Details("The whole story"):
            solara.HTML("div", unsafe_innerHTML=story_html(entry.story), classes=["meanings"])


@solara.component
def Settings(made: dict[str, Any], change: Callable[[str, Any], None], told: Told) -> None:
    """The parameters, as Mesa's inputs, and what is wrong with one.

    The inputs are given the same arguments until other settings are chosen, so that they are not made anew
    while somebody types.
    """
    shown = solara.use_memo(lambda: {name: each for name, each in made.items() if not each["file"]}, [])
    _heading(2, "Parameters", "title")
    solara.Text(told.words, classes=["told", "fault" if told.wrong else "fine"])
    UserInputs(shown, on_change=change)


@solara.component
def Versus(versus: str, set_versus: Callable[[str], None]) -> None:
    """The settings of a second run, beside the first on the same seed."""
    _heading(2, "Side by side", "title")
    solara.InputText("beside it, with other settings", value=versus, on_value=set_versus,
                     continuous_update=False)
    solara.Text("Such as buyers=200, on the same seed; empty for none. From the next reset.",
                classes=["quiet"])


@solara.component
def Difference(one: Show, other: Show, steps: int) -> None:
    """What differs between the two, with its interval."""
    text = solara.use_memo(lambda: difference_html(one, other), [one, other, steps, other.steps])
    with solara.Div(classes=["panel", "panel-difference"]):
        _heading(2, "The first less the second", "title")
        solara.HTML("div", unsafe_innerHTML=text, classes=["table"])


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

    _heading(2, "Records", "title")
    solara.Button("Save records", on_click=save, outlined=True, disabled=show.market is None)
    if told:
        solara.Text(told, classes=["saved", "fault" if failed else "fine"])


@solara.component
def Meanings(made: dict[str, Any]) -> None:
    """What each parameter means and may be."""
    words = "".join(
        f"<dt>{escape(each['label'])}</dt><dd>{escape(each['help'])}"
        f"{FIXED if each['file'] else ''}</dd>"
        for each in made.values()
    )
    with solara.Details("What the parameters mean"):
        solara.HTML("dl", unsafe_innerHTML=words, classes=["meanings"])
