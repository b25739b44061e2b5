"""Toy: one number from the seed, and whatever can go wrong."""

import os
import signal
import time
from pathlib import Path

import numpy as np
from pydantic import Field

import sim


class Parameters(sim.Parameters):
    """What can be set."""

    until: float = Field(default=1.0, gt=0, le=1e9, description="time")
    shift: float = Field(default=0.0, ge=-1e6, le=1e6, description="added to the number")
    scale: float = Field(default=1.0, ge=0, le=1e6, description="its spread")
    kind: str = Field(default="plain", description="a word")
    trouble: str = Field(default="none yet", description="what goes wrong with seed 1")
    marks: str = Field(default="", description="folder in which attempts are marked")
    lasts: float = Field(default=0.0, ge=0, le=100, description="seconds of work")


class Toy:
    tick = 1.0

    def __init__(self, told, seed, records):
        self.told, self.seed, self.records, self.now = told, seed, records, 0.0

    def advance_to(self, until):
        self.now = until
        self.records.append("refusals", auction=self.seed, bidder_id=0, question_number=0, reason="toy")
        end = time.process_time() + self.told.lasts
        while time.process_time() < end:
            pass
        if self.seed == 1:
            getattr(self, self.told.trouble.replace(" ", "_"))()

    def none_yet(self):
        pass

    def raises(self):
        raise ValueError("seed 1 has no luck")

    def exits(self):
        raise SystemExit(0)

    def leaves(self):
        os._exit(7)

    def hangs(self):
        time.sleep(60)

    def is_killed(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def is_killed_once(self):
        mark = Path(self.told.marks) / "killed"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def flush(self):
        pass

    def finish(self, status="complete"):
        self.records.close(status)


def build(parameters=None, seed=0, records=None):
    told = parameters or Parameters()
    return Toy(told, seed, sim.Records() if records is None else records)


def measures(tables, parameters):
    seed = tables["refusals"].auction.iloc[0]
    drawn = np.random.default_rng(seed).standard_normal()
    return {"number": parameters.shift + parameters.scale * drawn, "square: of it": drawn**2}
