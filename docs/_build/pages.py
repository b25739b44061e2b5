"""Pages of the site that nobody writes: scenarios, from small runs, and the reference, from docstrings."""

from __future__ import annotations

import importlib
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from scenarios.__main__ import scenario_files

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("mechanisms", "agents", "sim")
NOT_SHOWN = ("sim.page.app",)
"""Importing it starts the page."""

SMALL: dict[str, dict[str, Any]] = {
    "ambiguous_bidders": {"until": 1000},
    "cautious_seller": {"until": 200},
    "coffee_shop": {"until": 200},
    "few_tickets": {"until": 3},
    "highest_bidder_lottery": {"until": 300},
    "insurance": {"until": 800},
    "learn_first_price": {"until": 300},
    "learn_to_tell": {"until": 300},
    "liars_market": {"until": 300},
    "lottery_tickets": {"most": 4, "until": 5},
    "neighbours": {"until": 30, "buyers": 10, "value_bound": 16},
    "one_more_bidder": {"until": 1000},
    "one_pass": {"until": 200},
    "random_reserve_emerges": {"until": 60},
    "regret_auction": {"until": 100},
    "regret_pricing": {"until": 60},
    "risk_averse_bidders": {"until": 1000},
    "second_visit": {"until": 4},
    "sell_the_room": {"until": 60},
    "table_one": {"until": 4},
    "town_market": {"until": 60, "buyers": 100},
    "unit_demand": {"until": 6},
}
"""Parameters of the runs whose pictures and tables the site shows; the defaults for the rest."""
LOOKS = 60
"""How often a run is looked at for its picture."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages that are made, and all pages of theory, into the navigation."""
    theory = sorted(path.name for path in Path(config.docs_dir, "theory").glob("*.md"))
    config.nav = [
        *(config.nav or []),
        {"Theory": [f"theory/{name}" for name in theory]},
        {"Scenarios": [f"scenarios/{name}.md" for name in scenario_names()]},
        {"Reference": [{floor: [f"reference/{room}.md" for room in rooms(floor)]} for floor in FLOORS]},
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Make a page for each scenario, with its picture, and one for each room of a floor."""
    for name in scenario_names():
        text, picture = scenario_page(name)
        files.append(File.generated(config, f"scenarios/{name}.md", content=text))
        if picture is not None:
            files.append(File.generated(config, f"scenarios/{name}.{kind_of(picture)}", content=picture))
    for floor in FLOORS:
        for room in rooms(floor):
            files.append(File.generated(config, f"reference/{room}.md", content=reference_page(room)))
    return files


# --- scenarios --------------------------------------------------------------------------------------


def scenario_names() -> list[str]:
    """All scenarios, by name."""
    return sorted(path.stem for path in scenario_files())


def scenario_page(name: str) -> tuple[str, bytes | None]:
    """The story, a picture and the report of a small run, and the parameters; and the picture itself."""
    from sim.runs.scenario import allowed, as_text

    module: Any = importlib.import_module(f"scenarios.{name}")
    title, _, story = (module.__doc__ or "").partition("\n")
    report, picture = small_run(name, module)
    settings = "".join(f" --set {key}={as_text(value)}" for key, value in SMALL.get(name, {}).items())
    fields = module.Parameters.model_fields.items()
    lines = [
        f"# {name}",
        f"**{title}**",
        story,
        *([f"![What came of a small run]({name}.{kind_of(picture)})"] if picture else []),
        "## A small run",
        f"```console\n$ bazaar run {name}{settings}\n```",
        f"```text\n{report}\n```",
        "## Parameters",
        "| name | default | meaning |\n|---|---|---|\n"
        + "\n".join(
            f"| `{key}` | {as_text(field.default)} | {field.description}; {allowed(field)} |"
            for key, field in fields
        ),
    ]
    return "\n\n".join(lines) + "\n", picture


def small_run(name: str, module: Any) -> tuple[str, bytes | None]:
    """What a small run reports, and a picture of it if there is one."""
    from sim.page.glance import scene_of
    from sim.records import load
    from sim.runs.report import summary
    from sim.runs.run import play_until, set_up

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / name
        parameters = module.Parameters(**SMALL.get(name, {}))
        run = set_up(name, module, parameters, 0, str(folder))
        seen = scene_of(run)
        play_until(run, parameters.until, looking(seen, parameters.until / LOOKS))
        tables = load(folder)
        lines = getattr(module, "report", summary)(tables, tables.manifest)
        drawn = sorted(folder.glob("*.png"))
        picture = drawn[0].read_bytes() if drawn else drawing(seen, module)
        return printed(lines).replace(f"{place}/", ""), picture


def looking(seen: Any, pause: float) -> Callable[[float], None]:
    """A function of the time that looks at the run now and then."""
    looks = 0

    def look(now: float) -> None:
        nonlocal looks
        if now >= pause * (looks + 1):
            looks += 1
            seen.update()

    return look


def kind_of(picture: bytes) -> str:
    """What the name of a file with this picture ends in."""
    return "png" if picture.startswith(b"\x89PNG") else "svg"


def drawing(seen: Any, module: Any) -> bytes | None:
    """The scenario's own panel, or the sellers' race; None for a run that has neither."""
    from sim.page.drawing.drawing import Drawing
    from sim.page.panels import RACE
    from sim.page.scene import Scene

    if hasattr(module, "PANELS"):
        figure = module.PANELS[0](seen.market)
    elif isinstance(seen, Scene):
        figure = RACE.draw(seen)
    else:
        return None
    if isinstance(figure, Drawing):
        return figure.standalone().encode()
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=130)
    return target.getvalue()


def printed(lines: list[Any]) -> str:
    """The report as text."""
    from rich.console import Console

    console = Console(width=100, record=True, file=io.StringIO())
    for line in lines:
        console.print(line)
    return console.export_text().rstrip()


# --- reference --------------------------------------------------------------------------------------


def rooms(floor: str) -> list[str]:
    """The floor's packages, and the floor itself for the modules that stand by themselves."""
    packages = sorted(path.parent.name for path in (ROOT / floor).glob("*/__init__.py"))
    return [floor, *(f"{floor}.{name}" for name in packages)]


def reference_page(room: str) -> str:
    """All public modules of a room, each from its docstrings."""
    whole = "::: {}\n    options:\n      members: false\n\n"  # a package's names stand at their modules
    return f"# {room}\n\n" + "".join(
        (whole if (ROOT / module.replace(".", "/")).is_dir() else "::: {}\n\n").format(module)
        for module in modules_of(room)
    )


def modules_of(room: str) -> Iterator[str]:
    """A floor's own modules, or those of a room and of what it holds."""
    folder = ROOT / room.replace(".", "/")
    paths = folder.glob("*.py") if room in FLOORS else folder.rglob("*.py")
    for path in sorted(paths):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        private = any(part.startswith("_") for part in name.split("."))
        if not private and name not in NOT_SHOWN:
            yield name
