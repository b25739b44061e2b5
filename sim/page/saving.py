"""Saving: a copy of the records of a run that may still go on, in a folder that `bazaar show` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from sim.market.market import Market
from sim.measures.benchmarks import record_benchmarks
from sim.records import Records, TableBuffer, fresh_directory
from sim.records.manifest import Manifest
from sim.runs.registry import ScenarioFile
from sim.runs.scenario import Run

_ROWS = 8192


class Saved(Protocol):
    """What is saved: a run that is shown (see `sim.page.show`)."""

    entry: ScenarioFile
    seed: int
    market: Run | None
    failed: bool

    @property
    def records(self) -> Records:
        """What has happened so far."""

    def new_manifest(self) -> Manifest:
        """A manifest for its records."""


def save(show: Saved, base: str | Path) -> Path:
    """Copy the show's records into a fresh folder under `base`; a run that is not over counts as interrupted.

    Auctions that are still open are left out. Raises OutputError if the folder cannot be written, ValueError
    if there is no run.
    """
    if show.market is None:
        raise ValueError("there is no run to save")
    folder = fresh_directory(show.entry.name, show.seed, base)
    manifest = show.new_manifest()
    manifest.notes, manifest.started = list(show.records.manifest.notes), show.records.manifest.started
    copy = Records(
        folder, tables=[show.records[name].schema for name in manifest_tables(show)], manifest=manifest
    )
    for name in manifest_tables(show):
        copy_rows(show.records[name], copy[name])
    over = show.records.manifest.status
    if over == "running" and isinstance(show.market, Market):
        record_benchmarks(show.market, copy)
    copy.close("failed" if show.failed else "interrupted" if over == "running" else over)
    return folder


def manifest_tables(show: Saved) -> list[str]:
    """The names of the tables of the show's records."""
    return list(show.records.manifest.tables)


def copy_rows(source: TableBuffer, target: TableBuffer) -> None:
    """Append all rows of one table to another of the same schema, labels under the same codes."""
    rows = source.in_memory()
    columns = []
    for column in source.schema.columns:
        entries = rows.column(column.name).combine_chunks()
        if column.is_category:
            for label in entries.dictionary.to_pylist():
                target.code(column.name, label)
            entries = entries.indices
        columns.append(entries.to_numpy(zero_copy_only=False))
    for start in range(0, rows.num_rows, _ROWS):
        part = [entries[start : start + _ROWS] for entries in columns]
        target.extend(part, len(part[0]))
