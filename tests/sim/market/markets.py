"""Small markets for the tests: one seller and a panel, run to a time, as frames."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Strategy
from agents.view import Mixed
from mechanisms.auctions import SecondPrice
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Discrete, Uniform
from mechanisms.outcome import Outcome
from mechanisms.questions import SILENT, Announce, AskValue
from sim.market.market import Market
from sim.market.panel import Panel

UNIT = Uniform(0.0, 1.0)
ONE = Discrete([1.0], [1.0])
AHEAD = pytest.mark.parametrize("ahead", [True, False], ids=["ahead", "sessions"])


def people(strategies, latency=0.0, prior=None):
    """One buyer for each entry; the same object again means the same group."""
    return Population.of(strategies, latency, prior)


def market(strategies, mechanism=None, *, latency=0.0, prior=UNIT, seed=0, size=None, ahead=True,
           members=None, records=None, redraw=True, tick=1.0, **plan):
    """One seller with a panel; further keywords are her plan's."""
    population = strategies if isinstance(strategies, Population) else people(strategies, latency)
    plans = [SellerPlan(SecondPrice() if mechanism is None else mechanism, **plan)]
    return Market(population, plans, [Panel(members, size, ahead)], prior, seed, records, tick, redraw)


def run(until, strategies, mechanism=None, **options):
    """The frames of a market run to a time."""
    return frames_of(market(strategies, mechanism, **options), until)


def frames_of(one, until):
    """Run a market to a time, and let it go."""
    try:
        one.advance_to(until)
        one.finish()
        return one.records.frames()
    finally:
        one.close()


def assert_same(one, other, tables=None):
    """Equal frames, row by row, in tables ordered by auction; categories by label."""
    for name in one if tables is None else tables:
        pd.testing.assert_frame_equal(_plain(one[name]), _plain(other[name]), obj=name, check_exact=True)


def _plain(frame):
    frame = frame.copy()
    for column in frame.columns[frame.dtypes == "category"]:
        frame[column] = frame[column].astype(str)
    keys = [key for key in ("auction", "question_number") if key in frame]
    return frame.sort_values(keys, kind="stable").reset_index(drop=True) if keys else frame


def group(strategy, count):
    """A population of one group."""
    return Population([Group(strategy)], np.zeros(count, dtype=int))


class Says(Strategy):
    """Answers everything with one thing, or with what it returns if it can be called."""

    def __init__(self, answer):
        self.said = answer

    def _say(self, question, view):
        return self.said(view) if callable(self.said) else self.said

    report_value = report_belief = answer_offer = choose_from_menu = answer_clock = raise_bid = _say


class Silent(Strategy):
    """Says nothing."""

    def report_value(self, question, view):
        return np.full((len(view.seats), *question.shape), SILENT)


class SometimesSilent(Strategy):
    """Bids the value if it is at least `floor`, and nothing otherwise."""

    def __init__(self, floor=0.3):
        self.floor = floor

    def report_value(self, question, view):
        return np.where(view.values >= self.floor, view.values, SILENT)


class Wavers(Strategy):
    """Bids the value, half of it, or nothing, with probabilities 1/2, 1/4 and 1/4."""

    def report_value(self, question, view):
        bids = np.stack([view.values, view.values / 2, np.full(view.values.shape, SILENT)], axis=-1)
        return Mixed(bids, np.array([0.5, 0.25, 0.25]))


class Stumbles(Strategy):
    """Truthful, but answers with NaN where its value is at least `ceiling`."""

    def __init__(self, ceiling=0.95):
        self.ceiling = ceiling

    def report_value(self, question, view):
        return np.where(view.values >= self.ceiling, np.nan, view.values)


@dataclass(frozen=True)
class TwoRounds(Mechanism):
    """The first buyer is asked alone, then the others; the highest report wins for nothing."""

    def conversation(self, n):
        first = (yield AskValue(to=(0,))).values
        yield Announce.facts(first=float(first[0]))
        others = (yield AskValue(to=tuple(range(1, n)))).values
        reports = np.concatenate([first[:1], others[1:]])
        return Outcome((np.arange(n) == reports.argmax()) * (reports.max() >= 0.0), np.zeros(n))
