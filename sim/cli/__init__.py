"""The command line: list scenarios, run or watch one, show what came of it, audit mechanisms."""

from __future__ import annotations

from mechanisms._exports import exports

__getattr__, __dir__, __all__ = exports(__name__, {"sim.cli.app": ("run_command",)})
