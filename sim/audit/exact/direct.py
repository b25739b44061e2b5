"""Games of one report each, whose rule is in closed form: every report profile through the rule at once."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import Party, collect, definite
from agents.play.exact import TooLargeError
from agents.population import Group, Side
from mechanisms.comparison import first_best
from mechanisms.conversation import ClosedRule
from mechanisms.deviations import Brought, deal, lottery_at
from mechanisms.outcome import Lottery
from mechanisms.questions import SILENT
from sim.audit.exact.game import Ends, Game, Plan, Says, Weights, Worst
from sim.audit.instance import Instance

TABLE_LIMIT = 5_000_000
"""The most entries of a table of one buyer's utility: types times report profiles times branches."""


class DirectGame(Game):
    """The game of a mechanism with a closed rule.

    The reports that each buyer may send: all her types, what the audited strategy says, the instance's extra
    ones, and silence if it is tried. Raises TooLargeError if the table of all report profiles is too large.
    """

    def __init__(self, instance: Instance, rule: ClosedRule) -> None:
        super().__init__(instance)
        self.rule = rule
        reports = [self._reports(buyer) for buyer in range(self.n)]
        self.reports = [each for each, _ in reports]
        self.honest = [places for _, places in reports]
        sizes = [len(each) for each in self.reports]
        entries = prod(sizes) * max(instance.prior.shape)
        if entries > TABLE_LIMIT:
            raise TooLargeError(
                f"the instance has {self.n} buyers with {sizes} reports and {list(instance.prior.shape)} "
                f"types: {entries} utilities, an exact audit takes at most {TABLE_LIMIT}; "
                "audit a sample (Monte-Carlo, --sample)"
            )
        self.sizes = tuple(sizes)

    def _reports(self, buyer: int) -> tuple[NDArray[Any], NDArray[np.intp]]:
        """All reports of a buyer, and the place of the audited strategy's report for each type."""
        types, extra = self.instance.types(buyer), self.instance.extra
        honest = self._answers(buyer, types)
        tried = [honest, types]
        if types.ndim == 1:
            tried.append(extra)
        if self.instance.silence:
            tried.append(np.full((1, *types.shape[1:]), SILENT))
        reports, places = np.unique(np.concatenate(tried), axis=0, return_inverse=True)
        return reports, places.ravel()[: len(honest)]

    def _answers(self, buyer: int, types: NDArray[Any]) -> NDArray[Any]:
        """What the audited strategy reports for each type."""
        instance = self.instance
        values = np.repeat(types[:, None], self.n, axis=1).astype(float)
        strategy, utility = instance.players[buyer], instance.attitudes[buyer]
        side = Side(Group(strategy, utility, instance.prior), np.arange(self.n), np.arange(self.n))
        party = Party(instance.mechanism, values, (side,), self.n, lead=(len(types),))
        answers = collect(instance.mechanism.space.question(), party, definite)
        for _, reason in answers.refusals:
            raise ValueError(f"the answer of buyer {buyer} is refused: {reason}")
        return answers.values[:, buyer]

    @cached_property
    def _lottery(self) -> Lottery:
        """The rule at all P report profiles, leading axes (P, 1)."""
        profiles = self.report_profiles()
        lottery = lottery_at(self.rule, profiles[:, None])
        if lottery.probabilities.size * max(self.instance.prior.shape) > TABLE_LIMIT:
            raise TooLargeError(
                f"the mechanism's lottery has {lottery.probabilities.shape[-1]} branches at "
                f"{len(profiles)} report profiles; audit a sample (Monte-Carlo, --sample)"
            )
        return lottery

    def report_profiles(self) -> NDArray[Any]:
        """All P report profiles, (P, n, *report_shape)."""
        places = np.indices(self.sizes).reshape(self.n, -1)
        return np.stack([each[at] for each, at in zip(self.reports, places, strict=True)], axis=1)

    def with_reports(self, amounts: NDArray[Any]) -> DirectGame:
        """The same game where these numbers, as far as they may be reported, are tried as reports too."""
        least, most = self.rule.space.report_range
        fit = amounts[(amounts >= max(least, 0.0)) & (amounts <= most)]
        more = np.concatenate([self.instance.extra, fit])
        return DirectGame(replace(self.instance, extra_reports=more), self.rule)

    def ends_of_truth(self) -> Ends:
        """The branches of the lottery at everybody's honest report."""
        types = np.argwhere(np.ones(self.instance.prior.shape, dtype=bool))
        said = [places[column] for places, column in zip(self.honest, types.T, strict=True)]
        rows = np.ravel_multi_index(said, self.sizes)
        ends = self._lottery.outcomes
        profile, branch = np.nonzero(self._lottery.probabilities[rows, 0] > 0)
        at = (rows[profile], 0, branch)
        return Ends(types[profile], ends.allocation[at], ends.payments[at])

    def expected(self, buyer: int, type_: int) -> NDArray[Any]:
        """Expected utility over chance at every report profile, in each world, shape (P, W)."""
        return self._brought(buyer, type_).expected(self.instance.attitudes[buyer])

    def _brought(self, buyer: int, type_: int) -> Brought:
        """What every report profile brings on every branch, in each world: (P, W, b).

        W is 1 where values are private: then the others' types do not matter beside their reports.
        """
        mine = deal(self.rule.space, self._lottery, buyer)
        return mine.brought(self.valuations(buyer, type_)[None])

    def own_by_others(self, buyer: int, entries: NDArray[Any]) -> NDArray[Any]:
        """Entries (P, …) as an array (own reports, others' report profiles, …)."""
        shaped = np.moveaxis(entries.reshape(*self.sizes, *entries.shape[1:]), buyer, 0)
        return shaped.reshape(self.sizes[buyer], -1, *entries.shape[1:])

    def _table(self, buyer: int, type_: int) -> NDArray[Any]:
        """Expected utility over chance, shape (own reports, others' report profiles, worlds)."""
        return self.own_by_others(buyer, self.expected(buyer, type_))

    def _truthful(self, buyer: int) -> NDArray[np.intp]:
        """The others' report profiles, by number, when they play as audited in each of the S worlds."""
        others = [j for j in range(self.n) if j != buyer]
        if not others:
            return np.zeros(1, dtype=np.intp)
        grids = np.meshgrid(*(self.honest[j] for j in others), indexing="ij")
        return np.ravel_multi_index([g.ravel() for g in grids], [self.sizes[j] for j in others])

    def _utilities(self, buyer: int, type_: int, weights: Weights) -> NDArray[Any]:
        """Expected utility of each report under each belief, shape (own reports, K)."""
        table, truthful = self._table(buyer, type_), self._truthful(buyer)
        worlds = 0 if table.shape[-1] == 1 else np.arange(len(truthful))
        table = table[:, truthful, worlds]
        possible = [np.where(row > 0, table, 0.0) * row for row in weights]  # -inf in no possible world is 0
        return np.stack([each.sum(axis=-1) for each in possible], axis=-1)

    def _says(self, buyer: int, place: int) -> Says:
        report = self.reports[buyer][place]
        return (("value", report.item() if np.ndim(report) == 0 else tuple(report.tolist())),)

    def truth(self, buyer: int, type_: int, weights: Weights) -> NDArray[np.float64]:
        """The row of the honest report."""
        return self._utilities(buyer, type_, weights)[self.honest[buyer][type_]]

    def best(self, buyer: int, type_: int, weights: Weights, *, later_only: bool = False) -> list[Plan]:
        """The best report under each belief; there are no later answers."""
        utilities = self._utilities(buyer, type_, weights)
        if later_only:
            utilities = utilities[[self.honest[buyer][type_]]]
            return [Plan((), column[:1]) for column in utilities.T]
        places = [first_best(column, self.slack) for column in utilities.T]
        return [Plan(self._says(buyer, p), utilities[p, [k]]) for k, p in enumerate(places)]

    def frontier(self, buyer: int, type_: int, weights: Weights) -> list[Plan]:
        """All reports."""
        utilities = self._utilities(buyer, type_, weights)
        return [Plan(self._says(buyer, place), row) for place, row in enumerate(utilities)]

    def dominance(self, buyer: int, type_: int, *, each_coin: bool) -> Worst:
        """Compare all reports against the honest one at all reports of the others."""
        if each_coin:
            table = self.own_by_others(buyer, self._by_coin(buyer, self._brought(buyer, type_)))
        else:
            table = self._table(buyer, type_)[..., None]
        truth = np.broadcast_to(table[self.honest[buyer][type_]], table.shape)
        gains = np.zeros(table.shape)
        np.subtract(table, truth, out=gains, where=table != truth)  # infinite losses may be equal
        own, others, *_ = np.unravel_index(first_best(gains.ravel(), self.slack), gains.shape)
        return Worst(float(gains.max()), self._says(buyer, int(own)), self.others_say(buyer, int(others)))

    def _by_coin(self, buyer: int, brought: Brought) -> NDArray[Any]:
        """Utilities (P, W, C) by the uniform that chance draws; columns for where no branch changes."""
        felt = self.instance.attitudes[buyer](brought.payoffs)
        ends = np.unique(np.round(np.clip(np.cumsum(brought.probabilities, axis=-1), 0, 1), 12))
        starts = np.concatenate([[0.0], ends[ends < 1]])
        draws = (starts + np.append(starts[1:], 1.0)) / 2
        draws = draws[np.append(np.diff(starts) > 0, True)]
        return np.stack([brought.at(np.full((1, 1), u), felt) for u in draws], axis=-1)

    def values_first(self, buyer: int, type_: int) -> Worst:
        """There is only the value: the same as dominance on average over chance."""
        return self.dominance(buyer, type_, each_coin=False)

    def worst_of_truth(self, buyer: int, type_: int) -> Worst:
        """The least utility of the honest report over others' reports and branches."""
        brought = self._brought(buyer, type_)
        least = brought.least(self.instance.attitudes[buyer](brought.payoffs)).min(axis=-1)
        worst = self.own_by_others(buyer, least)[self.honest[buyer][type_]]
        others = first_best(-worst, self.slack)
        return Worst(-float(worst[others]), (), self.others_say(buyer, others))

    def others_say(self, buyer: int, number: int) -> str:
        """The others' report profile in words."""
        others = [j for j in range(self.n) if j != buyer]
        if not others:
            return ""
        places = np.unravel_index(number, [self.sizes[j] for j in others])
        said = [(j, self.reports[j][place]) for j, place in zip(others, places, strict=True)]
        return ", ".join(f"buyer {j}: {words(report)}" for j, report in said)


def words(answer: Any) -> str:
    """An answer in words."""
    array = np.asarray(answer, dtype=float)
    if array.ndim:
        return "(" + ", ".join(words(part) for part in array) + ")"
    return "nothing" if array == SILENT else f"{array:.4g}"
