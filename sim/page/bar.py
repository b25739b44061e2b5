"""The bar: play, pause, step, speed and time, always in sight, each with its key, and how things stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara
from mesa.visualization.utils import update_counter

from sim.page.playback import SPEEDS, TO_THE_END, Playback

HELP = (
    "Keys: space play or pause · → step · ← back · e to the end · + − faster, slower · r reset · "
    "t theory · f present · n next panel · s settings"
)


@solara.component
def Bar(
    player: Playback, reset: Callable[[], None], toggles: dict[str, tuple[bool, Callable[[], None]]]
) -> None:
    """The buttons and sliders. `toggles` are switches by name: whether each is on, and what turns it."""
    update_counter.get()
    show = player.shows[0]
    playing, running = player.playing, player.running

    def hasten(by: int) -> None:
        player.speed = min(max(player.speed + by, 0), TO_THE_END)
        draw_again(turn + 1)

    def to_the_end() -> None:
        player.speed = TO_THE_END
        draw_again(turn + 1)
        if not player.playing:
            player.toggle()

    turn, draw_again = solara.use_state(0)
    with solara.Div(classes=["controls"]):
        _button("Reset", "reset", reset)
        _button("◀", "back", lambda: player.go_to(player.steps - 1), show.steps == 0, "one step back")
        _button("❚❚" if playing else "▶", "play", player.toggle, not running, "pause" if playing else "play")
        _button("Step", "step", player.step, playing or not running)
        _button("To the end", "end", to_the_end, not running)
        with solara.Div(classes=["speed"]):
            solara.SliderInt("speed", value=player.speed, min=0, max=TO_THE_END, thumb_label=False,
                             on_value=lambda value: hasten(value - player.speed))
            solara.Text(SPEEDS[player.speed].name, classes=["speed-name"])
        with solara.Div(classes=["travel"]):
            solara.SliderInt("step", value=min(player.steps, show.last_step), min=0,
                             max=max(1, show.last_step), thumb_label=False,
                             on_value=lambda value: None if value == player.steps else player.go_to(value))
        for name, (on, turn_it) in toggles.items():
            _button(f"{'☑' if on else '☐'} {name}", name, turn_it)
        with solara.Div(classes=["unseen"]):
            _button("slower", "slower", lambda: hasten(-1))
            _button("faster", "faster", lambda: hasten(1))


def _button(label: str, key: str, press: Callable[[], Any], disabled: bool = False, told: str = "") -> None:
    more = {"attributes": {"aria-label": told, "title": told}} if told else {}
    solara.Button(label, on_click=press, disabled=disabled, outlined=True, small=True,
                  classes=[f"key-{key}"], **more)


@solara.component
def Standing(player: Playback, summary: str, pending: str) -> None:
    """Where the run stands, what went wrong, and what waits for the next reset; read aloud as it changes."""
    update_counter.get()
    show = player.shows[0]
    with solara.Div(classes=["standing"], attributes={"role": "status", "aria-live": "polite"}):
        if show.scene is not None:
            solara.Text(
                f"Time {show.scene.now:g} of {show.until:g} · {show.scene.done} · seed {show.seed}",
                classes=["clock"],
            )
        for each in player.shows:
            if each.message:
                solara.Text(each.message, classes=["message", "fault" if each.failed else "fine"])
        if pending:
            solara.Text(pending, classes=["pending", "fault" if "must be" in pending else "fine"])
