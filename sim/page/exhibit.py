"""Exhibit: what one server shows: its scenarios, what it was started with, and how often it has saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sim.records import OutputError

if TYPE_CHECKING:
    from sim.page.show import Show
    from sim.runs.registry import ScenarioFile
    from sim.runs.scenario import Parameters

MOST_SAVES = 100
"""Folders that all windows of one server can fill."""


@dataclass
class Exhibit:
    """What this server shows, set once before it starts.

    entry, parameters, seed
        What a window shows if its address names nothing; parameters are the defaults if they are None.
    scenarios
        By name, those that a window may choose from; `entry` is one more.
    """

    entry: ScenarioFile | None = None
    parameters: Parameters | None = None
    seed: int = 0
    scenarios: Mapping[str, ScenarioFile] = field(default_factory=dict)
    saves: int = 0

    @property
    def names(self) -> list[str]:
        """The names of all scenarios that can be chosen, in order."""
        own = [] if self.entry is None else [self.entry.name]
        return sorted({*self.scenarios, *own})

    def named(self, name: str) -> ScenarioFile | None:
        """The scenario of this name; None if there is none."""
        if self.entry is not None and name == self.entry.name:
            return self.entry
        if name not in self.scenarios:    # a registry raises an error of its own
            return None
        return self.scenarios[name]

    def save(self, show: Show) -> Path:
        """Save a show's records, see `Show.save`; OutputError too if that was done `MOST_SAVES` times."""
        if self.saves >= MOST_SAVES:
            raise OutputError(f"the records were saved {MOST_SAVES} times since the page was started; "
                              "start it again to save more")
        self.saves += 1
        return show.save()


EXHIBIT = Exhibit()
"""What this process shows."""
