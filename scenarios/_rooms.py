"""Rooms: sellers with truthful buyers of their own, each before a nature that picks the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Strategy, Truthful
from mechanisms.conversation import DirectLottery, DirectMechanism, Mechanism
from mechanisms.distributions import Distribution, Prior
from sim.market.market import Market
from sim.market.panel import Panel
from sim.measures.batch_means import batch_means
from sim.measures.comparison import Figure
from sim.records import Records

if TYPE_CHECKING:
    import pandas

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Room:
    """A seller before a nature, by names for tables; what theory says comes of it, NaN if it is silent.

    first
        How the bidder in the first seat answers, if not truthfully.
    """

    seller: str
    nature: str
    mechanism: Mechanism
    prior: Prior
    theory: float = float("nan")
    first: Strategy | None = None


class Drawn(Prior):
    """Profiles (n, *type_shape) made from `uniforms` numbers by a function of them, (..., uniforms)."""

    def __init__(self, name: str, n: int, uniforms: int, made: Callable[[Numbers], Numbers],
                 type_shape: tuple[int, ...] = ()) -> None:
        self.name, self._n, self._uniforms, self._made, self._shape = name, n, uniforms, made, type_shape

    n = property(lambda self: self._n)
    uniforms_per_profile = property(lambda self: self._uniforms)
    type_shape = property(lambda self: self._shape)

    def _from_uniforms(self, u: Numbers) -> Numbers:
        return self._made(u)

    def __repr__(self) -> str:
        return f"<{self.name} of {self.n} bidders>"


def alike(law: Distribution, bidders: int) -> Drawn:
    """A town in which all have the same value."""
    def made(u: Numbers) -> Numbers:
        return np.repeat(law.quantile(u), bidders, axis=-1)

    return Drawn("alike", bidders, 1, made)


def one_high(bids: Numbers, bidders: int) -> Numbers:
    """Profiles (b, I, I) of bids (b, 2): one bidder after the other has the first, all others the second."""
    own = np.eye(bidders, dtype=bool)
    return np.where(own, bids[:, :1, None], bids[:, 1:, None])


def market_of(rooms: Sequence[Room], seed: int, records: Records | None) -> Market:
    """A market with a seller for each room, who holds an auction in each unit of time."""
    honest = Truthful()
    odd = list(dict.fromkeys(room.first for room in rooms if room.first is not None))
    groups = [Group(strategy) for strategy in (honest, *odd)]
    membership: list[int] = []
    plans, panels = [], []
    for room in rooms:
        members = len(membership) + np.arange(room.prior.n)
        membership += [0] * room.prior.n
        if room.first is not None:
            membership[members[0]] = 1 + odd.index(room.first)
        name = f"{room.seller} / {room.nature}"
        plans.append(SellerPlan(room.mechanism, window=0.5, name=name))
        panels.append(Panel(members, prior=room.prior, same_profiles=True))
    population = Population(groups, np.array(membership))
    return Market(population, plans, panels, rooms[0].prior, seed, records)


def series(tables: Mapping[str, pandas.DataFrame], rooms: int, regret: bool = False) -> list[Numbers]:
    """Of each room the revenue of its finished auctions, or by how much the best welfare exceeds it."""
    auctions = tables["auctions"]
    done = auctions[auctions["status"] != "unfinished"].sort_values("auction")
    figures = done["best_welfare"] - done["revenue"] if regret else done["revenue"]
    return [figures[done["seller_id"] == number].to_numpy(dtype=float) for number in range(rooms)]


def figures(rooms: Sequence[Room], found: Sequence[Numbers], settled: float = 0.5,
            unit: float = 1.0) -> dict[str, dict[str, Figure]]:
    """By nature and seller: the mean with its interval, in `unit`, and theory.

    Of those who learn only what comes after the share `settled` of their auctions counts.
    """
    table: dict[str, dict[str, Figure]] = {}
    for room, numbers in zip(rooms, found, strict=True):
        learns = bool(getattr(room.prior, "learns", False))
        kept = numbers[int(settled * len(numbers)):] if learns else numbers
        figure = Figure(batch_means(kept / unit), room.theory, target=learns)
        table.setdefault(room.nature, {})[room.seller] = figure
    return table


def average_revenue(rule: DirectMechanism | DirectLottery, prior: Prior, points: int = 4096) -> float:
    """The mean revenue under a prior of one uniform, by the midpoint rule."""
    uniforms = (np.arange(points)[:, None] + 0.5) / points
    return float(np.mean(rule.outcome(prior.from_uniforms(uniforms)).revenue))
