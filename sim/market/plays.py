"""The path of learned play of a seller and nature: its duality gap and mixtures, at even intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.records import Column, Table

if TYPE_CHECKING:
    from agents.nature import Duel
    from sim.market.market import Market

PLAYS = Table("plays", "One row for each seller who learns against nature, and time.", (
    Column("time", "float64", "time", "when the play was looked at"),
    Column("seller_id", "int32", "", "the seller, an agent_id"),
    Column("rounds", "int64", "", "rounds played so far"),
    Column("guarantee", "float64", "payoff", "what the seller's average over time earns at least"),
    Column("hope", "float64", "payoff", "what nothing earns more than against nature's average"),
    Column("gap", "float64", "payoff", "the duality gap, hope less guarantee: the game's value lies between"),
))
MIXTURES = Table("mixtures", "One row for each action in the averages of a seller and nature, and time.", (
    Column("time", "float64", "time", "when the play was looked at"),
    Column("seller_id", "int32", "", "the seller, an agent_id"),
    Column("side", "category", "", "who mixes", "int8", ("seller", "nature")),
    Column("action", "int32", "", "its place among the game's actions, from 0"),
    Column("probability", "float64", "", "its share in the average, above 0"),
))


class PlayRecorder:
    """Looks at duels every `every` units of simulated time; adds the tables `plays` and `mixtures`.

    duels
        By the numbers of their sellers in the market.
    """

    def __init__(self, market: Market, duels: Mapping[int, Duel], every: float) -> None:
        market.records.add(PLAYS)
        market.records.add(MIXTURES)
        self._env, self._records = market.env, market.records
        self._duels = dict(duels)
        self._every = every
        self._looks = 0
        self._look(None)

    def _look(self, _: Any) -> None:
        for seller, duel in self._duels.items():
            now = duel.averages
            figures = (now.rounds, now.guarantee, now.hope, now.gap)
            self._records["plays"].row(self._env.now, seller, *figures)
            for side, mixture in (("seller", now.seller), ("nature", now.nature)):
                self._write(seller, side, mixture)
        self._looks += 1
        self._env.timeout(self._looks * self._every - self._env.now).callbacks.append(self._look)

    def _write(self, seller: int, side: str, mixture: Any) -> None:
        table = self._records["mixtures"]
        played = np.flatnonzero(mixture > 0)
        columns = (self._env.now, seller, table.code("side", side), played, mixture[played])
        table.extend(columns, len(played))
