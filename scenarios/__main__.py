"""The `bazaar` command: finds the scenarios in this folder, and hands them down to `sim.cli`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PACKAGES = ("mechanisms", "agents", "sim", "scenarios")
DEFAULT = "town_market"


def foreign_packages() -> list[str]:
    """Those of the four packages that do not lie beside this one, with the place they come from.

    Their names are so general that a folder, or another distribution, can stand in for them; one that is
    installed in the same environment can overwrite their files.
    """
    foreign = []
    for name in PACKAGES:
        spec = find_spec(name)
        places: list[str | None] = []
        if spec is not None:
            places += spec.submodule_search_locations or [spec.origin]
        if [Path(str(place)).resolve() for place in places] != [FOLDER.parent / name]:
            foreign.append(f"{name} ({', '.join(map(str, places)) or 'not found'})")
        elif not _is_ours(FOLDER.parent / name / "__init__.py"):
            foreign.append(f"{name} ({FOLDER.parent / name}, overwritten by another distribution)")
    return foreign


def _is_ours(file: Path) -> bool:
    """Whether the first line of a package says that it is Bazaar's."""
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return "Bazaar" in text.readline()
    except OSError:
        return False


def scenario_files() -> list[Path]:
    """The files of this folder that are scenarios."""
    return [path for path in FOLDER.glob("*.py") if not path.stem.startswith("_")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with the arguments, by default those of the process; it ends in SystemExit."""
    intruders = foreign_packages()
    if intruders:
        sys.exit(_refusal(intruders))
    if hasattr(sys.stdout, "reconfigure"):  # a terminal that lacks a sign shows a question mark
        sys.stdout.reconfigure(errors="replace")
    from sim.cli import run_command
    from sim.runs.registry import Registry, ScenarioFile

    entries = [
        ScenarioFile(path.stem, path, partial(importlib.import_module, f"scenarios.{path.stem}"))
        for path in scenario_files()
    ]
    run_command(Registry(entries, DEFAULT), arguments)


def _refusal(intruders: list[str]) -> int:
    sys.stderr.write(
        f"Error: the package {' and '.join(intruders)} is not Bazaar's; all of "
        f"{', '.join(PACKAGES)} must lie in {FOLDER.parent}. "
        "Remove or rename the other, or install Bazaar in an environment of its own.\n"
    )
    return 2


if __name__ == "__main__":
    main()
