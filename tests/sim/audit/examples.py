"""Mechanisms that the audit is tried on, and instances whose answers are known."""

from dataclasses import dataclass

import numpy as np

from mechanisms.auctions import SecondPrice
from mechanisms.conversation import DirectLottery, DirectMechanism, Mechanism
from mechanisms.distributions import JointDistribution
from mechanisms.outcome import Lottery, Outcome
from mechanisms.questions import AskBelief, AskValue
from mechanisms.robust.finite_sets import FiniteAmbiguitySet
from sim.audit import NOTIONS, Instance

OF_OUTCOMES_AND_GROUPS = ("budget-balance", "efficiency", "group", "false-name", "off-grid")
INCENTIVES = [name for name in NOTIONS if name not in OF_OUTCOMES_AND_GROUPS]
"""Notions about what one participant gains by a lie of the grid, or by staying away."""


@dataclass(frozen=True)
class HalfAllPay(DirectMechanism):
    """Example 1.2.2 of the robust paper: the highest bid wins, everyone pays half her bid."""

    def outcome(self, reports):
        bids = np.where(np.isfinite(reports), reports, 0.0)
        wins = (np.arange(reports.shape[-1]) == reports.argmax(axis=-1)[..., None]) & np.isfinite(reports)
        return Outcome(wins.astype(float), bids / 2)


ZERO_FOUR = ([0, 4], [0, 4])
P1 = JointDistribution([[1 / 5, 1 / 5], [1 / 2, 1 / 10]], ZERO_FOUR)
P2 = JointDistribution(np.full((2, 2), 1 / 4), ZERO_FOUR)


def example_1_2_2(**options):
    """The instance of the example; P2 stands as the prior."""
    return Instance(HalfAllPay(), P2, ambiguity=FiniteAmbiguitySet((P1, P2)), **options)


@dataclass(frozen=True)
class Tables(DirectMechanism):
    """Any finite direct mechanism for types 0, 1, …: nested tuples (…, n) by the profile of reports.

    Nothing happens where somebody is silent.
    """

    allocation: tuple
    payments: tuple

    units = 3

    def outcome(self, reports):
        reports = np.asarray(reports, dtype=float)
        heard = np.isfinite(reports).all(axis=-1, keepdims=True)
        places = tuple(np.moveaxis(np.where(heard, reports, 0).astype(int), -1, 0))
        allocation, payments = (np.array(table, float)[places] for table in (self.allocation, self.payments))
        return Outcome(np.where(heard, allocation, 0.0), np.where(heard, payments, 0.0))


@dataclass(frozen=True)
class Flawed(DirectMechanism):
    """Second price that pays buyer 0 a bonus if she reports something in [0, at]."""

    bonus: float
    at: float

    def outcome(self, reports):
        honest = SecondPrice().outcome(reports)
        payments = honest.payments.copy()
        payments[..., 0] -= self.bonus * ((reports[..., 0] >= 0) & (reports[..., 0] <= self.at))
        return Outcome(honest.allocation, payments)


@dataclass(frozen=True)
class Spoken(Mechanism):
    """A mechanism without its closed rule: only the conversation is left."""

    inner: Mechanism

    def conversation(self, n):
        return (yield from self.inner.conversation(n))


@dataclass(frozen=True)
class Gamble(DirectLottery):
    """One buyer; whoever reports 1 gets the good and pays `low` or `high` with probability 1/2 each."""

    low: float
    high: float

    def lottery(self, reports):
        takes = (np.asarray(reports) == 1).astype(float)[..., None, :]
        allocation = np.concatenate([takes, takes], axis=-2)
        payments = np.concatenate([takes * self.low, takes * self.high], axis=-2)
        return Lottery(np.full((*np.shape(reports)[:-1], 2), 0.5), Outcome(allocation, payments))


@dataclass(frozen=True)
class EitherWay(DirectLottery):
    """One buyer of type 0 or 1. On heads she is paid 2 for saying 0; on tails she is paid 2 for saying 1.

    On average every report earns the same; given the coin none is right for both types.
    """

    def lottery(self, reports):
        said = np.asarray(reports)[..., 0]
        paid = 2.0 * np.stack([said == 0, said == 1], axis=-1)[..., None]
        return Lottery(np.full((*said.shape, 2), 0.5), Outcome(np.zeros(paid.shape), -paid))


@dataclass(frozen=True)
class RewardsKnowledge(Mechanism):
    """Asks for values in 0, 1, …, then asks buyer 0 what she knows about buyer 1, and rewards it.

    By Brier's rule, 2 p(v) - sum p², which is proper unless the sum has another weight, or by p(v), which is
    not. Who reports value 0 gets
    `bonus`.
    """

    types: int
    proper: bool = True
    bonus: float = 0.0
    weight: float = 1.0

    def conversation(self, n):
        values = (yield AskValue()).values
        belief = (yield AskBelief(to=(0,), about=(1,), outcomes=self.types)).values[0]
        reward = 0.0
        if np.isfinite(values[1]) and np.isfinite(belief).all():
            likely = belief[int(values[1])]
            reward = 2 * likely - self.weight * belief @ belief if self.proper else likely
        payments = -self.bonus * (values == 0)
        payments[0] -= reward
        return Outcome(np.zeros(n), payments)
