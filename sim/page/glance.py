"""Glance: a run without auctions, as the page sees it: a clock, for the scenario's own panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mechanisms.names import counted
from sim.market.market import Market
from sim.page.scene import Scene

if TYPE_CHECKING:
    from sim.runs.scenario import Run


class Glance:
    """Any run: the panels read its records themselves, so nothing is kept here.

    Attributes
    ----------
    market
        The run.
    theory
        Whether what theory says is shown.
    """

    theory = True

    def __init__(self, run: Run) -> None:
        self.market = run

    @property
    def now(self) -> float:
        """Simulated time."""
        return self.market.now

    @property
    def done(self) -> str:
        """How much has happened, in words."""
        records = self.market.records
        return f"{counted(sum(len(records[name]) for name in records.manifest.tables), 'row')} recorded"

    @property
    def sold_out(self) -> bool:
        """Nobody knows here."""
        return False

    def update(self) -> None:
        """Bring the records up to date, so that the panels see what happened."""
        self.market.flush()


def scene_of(run: Run) -> Scene | Glance:
    """What the page sees of a run."""
    return Scene(run) if isinstance(run, Market) else Glance(run)
