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


def printed(lines):
    console = Console(width=100, record=True, file=io.StringIO())
    for line in lines:
        console.print(line)
    return console.export_text()
