"""The audit of a sample: for mechanisms and priors that are too large to enumerate.

A deviation is chosen on one half of the sample, by a grid and then by a closer search around its best, and
tried on the other half; a notion fails if it gains there beyond its 95 % interval. Otherwise the table says
that no gain above x was found: x bounds all gains of all types and deviations tried at once, by the empirical
Bernstein bound (Maurer and Pontil 2009, Theorem 4) with the range that was seen, and adds the grid's error.
That error is an estimate: the step from the best deviation to its neighbours on the grid, which bounds what
lies between for gains that are concave there, and the step between neighbouring types. A sample never shows
that a notion holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.strategies.base import Strategy
from mechanisms.conversation import Mechanism, check_count
from mechanisms.distributions import Prior
from mechanisms.utilities import Utility
from sim.audit.notions import NOTIONS, Witness
from sim.audit.sampling import Floats, Moments, Sampler, Situation
from sim.audit.table import TOLERANCE, as_frame, chosen_notions, row

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.95
ZOOMS, ZOOM_POINTS = 2, 17
"""The closer search: how often, and with how many points, around the best so far."""


@dataclass(frozen=True)
class Effort:
    """How much is tried: profiles (at least 4), each buyer's types and deviations (at least 2); the seed."""

    profiles: int = 20_000
    types: int = 16
    deviations: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        check_count("profiles", self.profiles, 4)
        check_count("types", self.types, 2)
        check_count("deviations", self.deviations, 2)
        check_count("seed", self.seed, 0)


@dataclass(frozen=True)
class Test:
    """A deviation that was chosen on the first half, and the mean gain with its half-width on the second."""

    type: float
    row: Floats
    chosen_for: float
    gain: float
    half_width: float


@dataclass(frozen=True)
class Tried:
    """One buyer on a grid of types and deviations: the halves of the sample apart, and the test."""

    situation: Situation
    chosen_on: Moments
    tested_on: Moments
    test: Test

    @cached_property
    def all(self) -> Moments:
        """The whole sample."""
        return self.chosen_on + self.tested_on

    @property
    def tries(self) -> int:
        """How many means were estimated."""
        return self.all.gain.size + ZOOMS * ZOOM_POINTS


class SampledAudit:
    """What all notions of a sample's audit share: everything that was tried, under each prior."""

    def __init__(
        self,
        mechanism: Mechanism,
        priors: Sequence[Prior],
        effort: Effort,
        utilities: Utility | Sequence[Utility] | None = None,
        strategies: Strategy | Sequence[Strategy] | None = None,
    ) -> None:
        self.effort = effort
        self.samplers = [Sampler(mechanism, prior, utilities, strategies) for prior in priors]

    @cached_property
    def tried(self) -> list[list[Tried]]:
        """For each prior, for each buyer."""
        return [[self._try(sampler, buyer) for buyer in range(sampler.n)] for sampler in self.samplers]

    @property
    def tosses_coins(self) -> bool:
        """Whether a conversation was seen to leave something to chance."""
        return bool(self.tried) and any(sampler.tosses_coins for sampler in self.samplers)

    def _try(self, sampler: Sampler, buyer: int) -> Tried:
        effort, half = self.effort, self.effort.profiles // 2
        types = sampler.types(buyer, effort.types)
        situation = sampler.situation(buyer, types, deviations(sampler, buyer, effort.deviations))
        one, other = (np.random.default_rng([effort.seed, buyer, part]) for part in (0, 1))
        chosen_on = sampler.moments(situation, half, one)
        tested_on = sampler.moments(situation, effort.profiles - half, other)
        return Tried(situation, chosen_on, tested_on, self._search(sampler, situation, chosen_on))

    def _search(self, sampler: Sampler, grid: Situation, found: Moments) -> Test:
        """The best deviation of all, looked for more closely on the first half and tried on the second."""
        t, place = np.unravel_index(found.mean_gain.argmax(), found.gain.shape)
        row, half = grid.rows[place], self.effort.profiles // 2
        width = np.array([_spacing(grid.rows[:, k]) for k in range(grid.rows.shape[1])])
        single = Situation(grid.buyer, grid.types[[t]], grid.rows, grid.honest[[t]])
        honest = grid.rows[grid.honest[t]]
        chosen_for = 0.0
        for _ in range(ZOOMS):
            steps = np.linspace(-1, 1, ZOOM_POINTS)[:, None] * width
            rows = np.concatenate([honest[None], row[None], np.maximum(row + steps, 0.0)])
            single = Situation(grid.buyer, single.types, rows, np.array([0]))
            near = sampler.moments(single, half, np.random.default_rng([self.effort.seed, grid.buyer, 0]))
            row, chosen_for = rows[int(near.mean_gain[0].argmax())], float(near.mean_gain.max())
            width = width * 2 / (ZOOM_POINTS - 1)
        single = Situation(grid.buyer, single.types, np.stack([honest, row]), np.array([0]))
        rest = self.effort.profiles - half
        last = sampler.moments(single, rest, np.random.default_rng([self.effort.seed, grid.buyer, 1]))
        error = float(np.sqrt(last.gain_variance[0, 1] / rest))
        gain = float(last.mean_gain[0, 1])
        return Test(float(single.types[0]), row, chosen_for, gain, _student(rest - 1) * error)


def deviations(sampler: Sampler, buyer: int, count: int) -> Floats:
    """Amounts from 0 to a little above all values of all buyers; in conversations the root of the count."""
    top = max(float(sampler.marginal(j).quantile(0.9999)) for j in range(sampler.n))
    return np.linspace(0.0, 1.05 * top, count if sampler.closed else max(2, int(np.sqrt(count))))


# --- notions ---------------------------------------------------------------------------------------

Line = dict[str, Any]


def _interim(mechanism: str, title: str, parts: Iterable[tuple[str, Tried]]) -> Line:
    """A notion about mean gains, each part under one belief, named by what the buyer knows."""
    each = list(parts)
    knows, best = max(each, key=lambda part: part[1].test.chosen_for)
    if best.test.gain - best.test.half_width > TOLERANCE:
        witness = Witness(best.situation.buyer, f"{best.test.type:.4g}", knows, _row_words(best.test.row))
        return _fails(mechanism, title, best.test.gain, best.test.half_width, witness)
    tries = sum(part.tries for _, part in each)
    bound = max(_bound(part.all, tries) + _grid_error(part) for _, part in each)
    return _not_found(mechanism, title, bound)


def _fails(mechanism: str, title: str, gain: float, half: float, witness: Witness) -> Line:
    return row(mechanism, title, "fails", gain, f"[{gain - half:.4g}, {gain + half:.4g}]", witness)


def _row_words(deviation: Floats) -> str:
    """A report, or as whom she answers first and then."""
    return " then ".join(f"{amount:.4g}" for amount in deviation)


def _not_found(mechanism: str, title: str, bound: float) -> Line:
    return row(mechanism, title, f"no gain above {bound:.3g} found", bound, f"{LEVEL:.0%}, all at once", None)


def _bound(moments: Moments, tries: int) -> float:
    """The greatest simultaneous upper bound of a mean gain."""
    if moments.count < 2:
        return float("inf")
    size = log(2 * tries / (1 - LEVEL))
    spread = float((moments.greatest_gain - moments.least_gain).max())
    slack = np.sqrt(2 * moments.gain_variance * size / moments.count)
    slack += 7 * spread * size / (3 * moments.count - 3)
    return float((moments.mean_gain + slack).max())


def _grid_error(tried: Tried) -> float:
    """How much the greatest gain may rise between grid points, from the steps beside the best ones."""
    gains = tried.all.mean_gain
    if tried.situation.rows.shape[1] > 1:
        return _step(gains.max(axis=1)[None])
    return max(_step(gains), _step(gains.max(axis=1)[None]))


def _step(gains: Floats) -> float:
    """The greatest fall from a row's maximum to its nearer neighbours."""
    best = gains.argmax(axis=1)
    rows = np.arange(len(gains))
    last = gains.shape[1] - 1
    beside = [gains[rows, np.clip(best + side, 0, last)] for side in (-1, 1)]
    return float(max(np.min([gains[rows, best] - one for one in beside], axis=0).max(), 0.0))


def _spacing(column: Floats) -> float:
    steps = np.diff(np.unique(column))
    return float(steps.max()) if steps.size else 0.0


def _realised(mechanism: str, title: str, each: Sequence[Tried], loss: bool) -> Line:
    """A notion about every profile: one profile that breaks it is enough."""
    best: tuple[float, Witness | None] = (0.0, None)
    for tried in each:
        situation, rows = tried.situation, np.arange(len(tried.situation.types))
        if loss:
            amounts = -tried.all.least_utility[rows, situation.honest][:, None]
        else:
            amounts = tried.all.greatest_gain
        t, place = np.unravel_index(amounts.argmax(), amounts.shape)
        if amounts[t, place] > max(best[0], TOLERANCE):
            says = "stays away" if loss else _row_words(situation.rows[place])
            witness = Witness(situation.buyer, f"{situation.types[t]:.4g}", "everyone's type", says)
            best = (float(amounts[t, place]), witness)
    if best[1] is not None:
        return row(mechanism, title, "fails", best[0], "seen", best[1])
    return row(mechanism, title, "no gain above 0 found", 0.0, "on the sample", None)


def _losses(mechanism: str, title: str, parts: Iterable[tuple[str, Tried]]) -> Line:
    """A notion about mean utilities of truth: of staying away the gain is minus them."""
    each = list(parts)
    tests: list[tuple[float, float, float, Witness]] = []
    bounds = []
    for knows, tried in each:
        situation, rows = tried.situation, np.arange(len(tried.situation.types))
        honest = (rows, situation.honest)
        worst = int(tried.chosen_on.mean_utility[honest].argmin())
        test, at = tried.tested_on, (worst, situation.honest[worst])
        half = _student(test.count - 1) * float(np.sqrt(test.utility_variance[at] / test.count))
        witness = Witness(situation.buyer, f"{situation.types[worst]:.4g}", knows, "stays away")
        chosen_for = -float(tried.chosen_on.mean_utility[at])
        tests.append((chosen_for, -float(test.mean_utility[at]), half, witness))
        error = np.sqrt(tried.all.utility_variance[honest] / tried.all.count)
        bounds.append(float((-tried.all.mean_utility[honest] + _normal(len(each) * len(rows)) * error).max()))
    _, gain, half, witness = max(tests, key=lambda test: test[0])
    if gain - half > TOLERANCE:
        return _fails(mechanism, title, gain, half, witness)
    return _not_found(mechanism, title, max(0.0, *bounds))


def _student(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(max(freedom, 1), 0.5 + LEVEL / 2))


def _normal(tries: int) -> float:
    from scipy.special import ndtri

    return float(ndtri(1 - (1 - LEVEL) / tries))


Examine = Callable[[str, str, SampledAudit], Line]


def _each_belief(audit: SampledAudit) -> Iterator[tuple[str, Tried]]:
    for k, tried in enumerate(audit.tried):
        yield from ((f"distribution {k}", one) for one in tried)


def _prior(audit: SampledAudit) -> Iterator[tuple[str, Tried]]:
    return (("her type", tried) for tried in audit.tried[0])


SAMPLED: dict[str, Examine] = {
    "dominant": lambda name, title, audit: _realised(name, title, audit.tried[0], loss=False),
    "expectation": lambda name, title, audit: _realised(name, title, audit.tried[0], loss=False),
    "ex-post-ir": lambda name, title, audit: _realised(name, title, audit.tried[0], loss=True),
    "ex-post-ic": lambda name, title, audit: _realised(name, title, audit.tried[0], loss=False),
    "bayesian-ic": lambda name, title, audit: _interim(name, title, _prior(audit)),
    "interim-ir": lambda name, title, audit: _losses(name, title, _prior(audit)),
    "knightian-ic": lambda name, title, audit: _interim(name, title, _each_belief(audit)),
    "knightian-ir": lambda name, title, audit: _losses(name, title, _each_belief(audit)),
}
"""How each notion that a sample can break is examined, by the notion's name."""

AVERAGED = frozenset({"expectation", "ex-post-ic"})
"""Notions that average over the mechanism's coins; a played conversation shows only one draw of them."""


def audit_sample(
    mechanism: Mechanism,
    prior: Prior,
    notions: Sequence[str] | None = None,
    *,
    effort: Effort | None = None,
    ambiguity: Sequence[Prior] = (),
    utilities: Utility | Sequence[Utility] | None = None,
    strategies: Strategy | Sequence[Strategy] | None = None,
    name: str = "",
) -> pd.DataFrame:
    """Audit a mechanism on profiles sampled from a prior; the columns are those of `audit`.

    `ambiguity` holds further distributions that buyers think possible. For a notion that fails, `gain` and
    `interval` come from the half of the sample on which the deviation was not chosen; where one profile is
    enough, it was "seen". Otherwise `gain` is the bound x of "no gain above x found".

    Raises ValueError for notions that are unknown or that a sample cannot break, and as `Sampler` does.
    """
    wanted = [one.name for one in chosen_notions(notions)]
    unfit = [one for one in wanted if one not in SAMPLED]
    if notions is not None and unfit:
        raise ValueError(f"notion is {unfit[0]!r}; on a sample it must be one of {', '.join(SAMPLED)}")
    sampled = SampledAudit(mechanism, (prior, *ambiguity), effort or Effort(), utilities, strategies)
    title = name or mechanism.name
    lines = [
        SAMPLED[one](title, NOTIONS[one].title, sampled)
        for one in wanted
        if one in SAMPLED and not (one in AVERAGED and sampled.tosses_coins)
    ]
    return as_frame(lines)
