"""Runs of scenarios for tests, and their reports as text."""

import io

from rich.console import Console

from sim.runs.run import play_until


def played(module, seed=0, **settings):
    parameters = module.Parameters(**settings)
    market = module.build(parameters, seed)
    assert play_until(market, parameters.until) == "complete"
    market.close()
    return market.records.frames(), parameters


class Folder(dict):
    """Tables of a run with a folder."""

    def __init__(self, tables, directory):
        super().__init__(tables)
        self.directory = directory


def manifest(parameters, seed=0):
    return {"parameters": parameters.model_dump(), "seed": seed}


def printed(lines, width=100):
    console = Console(width=width, record=True, file=io.StringIO())
    for line in lines:
        console.print(line)
    return console.export_text()


def table_width(lines):
    """The columns that the widest table of a report takes where there is room for all."""
    tables = [line for line in lines if not isinstance(line, str)]
    return max(len(row) for row in printed(tables, width=300).rstrip().splitlines() for row in [row.rstrip()])
