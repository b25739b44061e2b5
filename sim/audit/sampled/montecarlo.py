"""The audit of a sample: for mechanisms and priors that are too large to enumerate.

A deviation is chosen on one half of the sample, by a grid and then by a closer search around its best, and
tried on the other half; a notion fails if it gains there beyond its 95 % interval. Otherwise the table says
that no gain above x was found: x bounds all gains, or losses, of all types and deviations tried at once, by
the empirical Bernstein bound (Maurer and Pontil 2009, Theorem 4) with the range that was seen, and adds the
grid's error. What is so rare that it was not seen is outside that range: the table says "as seen". The grid's
error is an estimate: what lies between for gains that are concave there, or else the step from the best
deviation to its nearer neighbour on the grid; and the step between neighbouring types. In played
conversations it counts types only, and in rationality none: there x is about the types that were tried. A
sample never shows that a notion holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from agents.knowledge.protocol import Knowledge
from agents.strategies.base import Strategy
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Prior
from mechanisms.robust.attitudes import Attitude, Maxmin
from mechanisms.utilities import Utility
from sim.audit.exact.direct import words
from sim.audit.instance import REPORTS
from sim.audit.notions import NOTIONS, Witness
from sim.audit.outcome_notions import OUTCOME_LOSSES, somebody_pays, worst_end
from sim.audit.sampled.sampling import Floats, Moments
from sim.audit.sampled.trial import LEVEL, Effort, SampledAudit, Tried, student
from sim.audit.table import TOLERANCE, as_frame, chosen_notions, row

if TYPE_CHECKING:
    import pandas as pd

Line = dict[str, Any]

SEEN = f"{LEVEL:.0%}, as seen"
"""What a bound is worth: at so much confidence, if gains and losses lie in the range that was seen."""


def _interim(mechanism: str, title: str, size: float, parts: Iterable[tuple[str, Tried]]) -> Line:
    """A notion about mean gains, each part under one belief, named by what the buyer knows."""
    each = list(parts)
    knows, best = max(each, key=lambda part: part[1].test.chosen_for)
    if best.test.gain - best.test.half_width > TOLERANCE * size:
        said = best.deviations.says(best.test.row)
        witness = Witness(best.deviations.buyer, words(best.test.type), knows, said)
        return _fails(mechanism, title, best.test.gain, best.test.half_width, witness)
    return _not_found(mechanism, title, _greatest_bound([part for _, part in each]))


def _greatest_bound(each: Sequence[Tried]) -> float:
    """The bound x on all mean gains."""
    tries = sum(tried.tries for tried in each)
    return max(_bound(tried.all, tries) + _grid_error(tried) for tried in each)


def _fails(mechanism: str, title: str, gain: float, half: float, witness: Witness) -> Line:
    return row(mechanism, title, "fails", gain, f"[{gain - half:.4g}, {gain + half:.4g}]", witness)


def _not_found(mechanism: str, title: str, bound: float) -> Line:
    return row(mechanism, title, f"no gain above {bound:.3g} found", bound, SEEN, None)


def _bound(moments: Moments, tries: int) -> float:
    """The greatest simultaneous upper bound of a mean gain."""
    spread = float((moments.greatest_gain - moments.least_gain).max())
    return float((moments.mean_gain + _slack(moments.count, moments.gain_variance, spread, tries)).max())


def _slack(count: int, variance: Floats, spread: float, tries: int) -> Floats:
    """How far means may exceed those of the sample, all at once (Maurer and Pontil 2009, Theorem 4)."""
    if count < 2:
        return np.full_like(variance, np.inf)
    size = log(2 * tries / (1 - LEVEL))
    return np.sqrt(2 * variance * size / count) + 7 * spread * size / (3 * count - 3)


def _grid_error(tried: Tried) -> float:
    """How much the greatest gain may rise between grid points, of types and of deviations."""
    gains = tried.all.mean_gain
    types = float(np.abs(np.diff(gains.max(axis=1))).max(initial=0.0))
    if tried.deviations.rows.shape[1] > 1:
        return types
    points = tried.deviations.rows[:, 0]
    spoken = np.isfinite(points)  # silence stands beside no report
    gains = gains[:, spoken]
    return max(types, _step(gains), concave_rise(points[spoken], gains))


def _step(gains: Floats) -> float:
    """The greatest fall from a row's maximum to its nearer neighbour: what a jump and a fall may hide."""
    padded = np.pad(gains, ((0, 0), (1, 1)), constant_values=-np.inf)
    best, rows = gains.argmax(axis=1), np.arange(len(gains))
    falls = gains[rows, best] - np.maximum(padded[rows, best], padded[rows, best + 2])
    return float(falls.max())


def concave_rise(points: Floats, gains: Floats) -> float:
    """How far concave gains may rise above each row's greatest; points (D,), increasing, and gains (T, D).

    Between two points they lie below the lines through the two before and through the two after them. With
    fewer than three points nothing is known, and the answer is 0.
    """
    if len(points) < 3:
        return 0.0
    widths = np.diff(points)
    slopes = np.diff(gains, axis=1) / widths
    unknown = np.full((len(gains), 1), np.inf)
    before, after = np.hstack([unknown, slopes[:, :-1]]), np.hstack([-slopes[:, 1:], unknown])
    from_before = gains[:, :-1] + np.maximum(before, 0.0) * widths
    from_after = gains[:, 1:] + np.maximum(after, 0.0) * widths
    ceilings = np.minimum(from_before, from_after).max(axis=1)
    return float(np.maximum(ceilings - gains.max(axis=1), 0.0).max())


def _realised(
    mechanism: str, title: str, audit: SampledAudit, *, loss: bool = False, each_coin: bool = False
) -> Line:
    """A notion about every profile, or every fall of the coins too: one that breaks it is enough."""
    best: tuple[float, Witness | None] = (0.0, None)
    for tried in audit.tried[0]:
        deviations, rows = tried.deviations, np.arange(len(tried.deviations.types))
        if loss:
            amounts = -tried.all.least_utility[rows, deviations.honest][:, None]
        else:
            amounts = tried.all.greatest_realised if each_coin else tried.all.greatest_gain
        t, place = np.unravel_index(amounts.argmax(), amounts.shape)
        if amounts[t, place] > max(best[0], TOLERANCE * audit.size):
            says = "stays away" if loss else deviations.says(deviations.rows[place])
            witness = Witness(deviations.buyer, words(deviations.types[t]), "everyone's type", says)
            best = (float(amounts[t, place]), witness)
    if best[1] is not None:
        return row(mechanism, title, "fails", best[0], "seen", best[1])
    return row(mechanism, title, "no gain above 0 found", 0.0, "on the sample", None)


def _ends(name: str, mechanism: str, title: str, audit: SampledAudit) -> Line:
    """A notion about how truth ends: one profile that breaks it is enough."""
    sampler, effort = audit.samplers[0], audit.effort
    types, ends = sampler.ends_of_truth(effort.profiles, np.random.default_rng([effort.seed, sampler.n]))
    loss, witness = worst_end(name, sampler.space, types, ends.allocation, ends.payments)
    if loss > TOLERANCE * audit.size:
        return row(mechanism, title, "fails", loss, "seen", witness)
    return row(mechanism, title, "no gain above 0 found", 0.0, "on the sample", None)


def _losses(mechanism: str, title: str, size: float, parts: Iterable[tuple[str, Tried]]) -> Line:
    """A notion about mean utilities of truth: of staying away the gain is minus them."""
    each = list(parts)
    knows, tried, worst = max(
        ((knows, tried, _worst_type(tried)) for knows, tried in each), key=lambda part: part[2][1]
    )
    deviations, test = tried.deviations, tried.tested_on
    at = (worst[0], deviations.honest[worst[0]])
    gain = -float(test.mean_utility[at])
    half = student(test.count - 1) * float(np.sqrt(test.utility_variance[at] / test.count))
    if gain - half > TOLERANCE * size:
        witness = Witness(deviations.buyer, words(deviations.types[worst[0]]), knows, "stays away")
        return _fails(mechanism, title, gain, half, witness)
    return _not_found(mechanism, title, _loss_bound([one for _, one in each]))


def _worst_type(tried: Tried) -> tuple[int, float]:
    """The type whose truth loses most on the first half, and how much."""
    losses = -tried.chosen_on.mean_utility[np.arange(len(tried.deviations.types)), tried.deviations.honest]
    return int(losses.argmax()), float(losses.max())


def _loss_bound(each: Sequence[Tried]) -> float:
    """A simultaneous upper bound on the losses of truth, at least 0."""
    bounds = [0.0]
    tries = sum(len(one.deviations.types) for one in each)
    for tried in each:
        seen, honest = tried.all, (np.arange(len(tried.deviations.types)), tried.deviations.honest)
        spread = float((seen.highest[honest] - seen.lowest[honest]).max())
        slack = _slack(seen.count, seen.utility_variance[honest], spread, tries)
        bounds.append(float((slack - seen.mean_utility[honest]).max()))
    return max(bounds)


def _normal(tries: int) -> float:
    from scipy.special import ndtri

    return float(ndtri(1 - (1 - LEVEL) / tries))


def _set_ic(mechanism: str, title: str, audit: SampledAudit, attitude: Attitude) -> Line:
    """A notion about a set of distributions at once; the interval covers all of their means.

    Every attitude rises by at most c when all expected utilities do, so that the bound is the Knightian one.
    """
    best: tuple[float, float, float, Witness | None] = (-np.inf, 0.0, 0.0, None)
    for tried in zip(*audit.tried, strict=True):
        deviations = tried[0].deviations
        rows = np.arange(len(deviations.types))
        worth = attitude.evaluate(np.stack([one.chosen_on.mean_utility for one in tried], axis=-1))
        gains = worth - worth[rows, deviations.honest][:, None]
        t, place = np.unravel_index(gains.argmax(), gains.shape)
        if gains[t, place] > best[0]:
            lie = _interval(tried, attitude, (t, place))
            truth = _interval(tried, attitude, (t, deviations.honest[t]))
            says = deviations.says(deviations.rows[place])
            witness = Witness(deviations.buyer, words(deviations.types[t]), "the ambiguity set", says)
            best = (float(gains[t, place]), lie[0] - truth[1], lie[1] - truth[0], witness)
    _, low, high, found = best
    if low > TOLERANCE * audit.size and found is not None:
        return _fails(mechanism, title, (low + high) / 2, (high - low) / 2, found)
    return _not_found(mechanism, title, _greatest_bound([one for _, one in _each_belief(audit)]))


def _set_ir(mechanism: str, title: str, audit: SampledAudit, attitude: Attitude) -> Line:
    """Its individual rationality: truth at the type where it is worth least."""
    best: tuple[float, float, float, Witness | None] = (-np.inf, 0.0, 0.0, None)
    for tried in zip(*audit.tried, strict=True):
        deviations = tried[0].deviations
        rows = np.arange(len(deviations.types))
        means = np.stack([one.chosen_on.mean_utility[rows, deviations.honest] for one in tried], axis=-1)
        worth = attitude.evaluate(means)
        t = int(worth.argmin())
        if -worth[t] > best[0]:
            low, high = _interval(tried, attitude, (t, deviations.honest[t]))
            witness = Witness(deviations.buyer, words(deviations.types[t]), "the ambiguity set", "stays away")
            best = (-float(worth[t]), -high, -low, witness)
    _, low, high, found = best
    if low > TOLERANCE * audit.size and found is not None:
        return _fails(mechanism, title, (low + high) / 2, (high - low) / 2, found)
    return _not_found(mechanism, title, _loss_bound([one for _, one in _each_belief(audit)]))


def _interval(tried: Sequence[Tried], attitude: Attitude, at: tuple[Any, Any]) -> tuple[float, float]:
    """An interval for what a row is worth to a type, from the second half; two such hold together at 95 %."""
    means = np.array([one.tested_on.mean_utility[at] for one in tried])
    errors = [np.sqrt(one.tested_on.utility_variance[at] / one.tested_on.count) for one in tried]
    widths = _normal(4 * len(tried)) * np.array(errors)
    return float(attitude.evaluate(means - widths)), float(attitude.evaluate(means + widths))


Examine = Callable[[str, str, SampledAudit], Line]


def _each_belief(audit: SampledAudit) -> Iterator[tuple[str, Tried]]:
    for k, tried in enumerate(audit.tried):
        yield from ((f"distribution {k}", one) for one in tried)


def _prior(audit: SampledAudit) -> Iterator[tuple[str, Tried]]:
    return (("her type", tried) for tried in audit.tried[0])


SAMPLED: dict[str, Examine] = {
    "dominant": lambda name, title, audit: _realised(name, title, audit, each_coin=True),
    "expectation": lambda name, title, audit: _realised(name, title, audit),
    "ex-post-ir": lambda name, title, audit: _realised(name, title, audit, loss=True),
    "ex-post-ic": lambda name, title, audit: _realised(name, title, audit),
    "bayesian-ic": lambda name, title, audit: _interim(name, title, audit.size, _prior(audit)),
    "interim-ir": lambda name, title, audit: _losses(name, title, audit.size, _prior(audit)),
    "knightian-ic": lambda name, title, audit: _interim(name, title, audit.size, _each_belief(audit)),
    "knightian-ir": lambda name, title, audit: _losses(name, title, audit.size, _each_belief(audit)),
    "maxmin-ic": lambda name, title, audit: _set_ic(name, title, audit, Maxmin()),
    "maxmin-ir": lambda name, title, audit: _set_ir(name, title, audit, Maxmin()),
    "hurwicz-ic": lambda name, title, audit: _set_ic(name, title, audit, audit.hurwicz),
    "hurwicz-ir": lambda name, title, audit: _set_ir(name, title, audit, audit.hurwicz),
    "bayesian-set-ic": lambda name, title, audit: _set_ic(name, title, audit, audit.bayesian),
    "bayesian-set-ir": lambda name, title, audit: _set_ir(name, title, audit, audit.bayesian),
} | {name: partial(_ends, name) for name in OUTCOME_LOSSES}
"""How each notion that a sample can break is examined, by the notion's name."""

OF_SETS = frozenset(
    name for name in SAMPLED if name.startswith(("knightian", "maxmin", "hurwicz", "bayesian-set"))
)
"""Notions about a set of distributions; with one alone they say what Bayesian IC and interim IR say."""

AVERAGED = frozenset({"expectation", "ex-post-ic"})
"""Notions that average over the mechanism's coins; a played conversation shows only one draw of them."""


EXACT_ALONE = {
    name: f"it is audited exactly alone, because {why}; "
    for name, why in (
        ("group", "joint lies of all coalitions must be tried"),
        ("false-name", "every second report beside every first one must be tried"),
        ("off-grid", "a sample's lies are no types' as it is, in ex-post-ic"),
    )
}
"""Why some notions have no sample, by name."""


def _says_something(notion: str, sampled: SampledAudit) -> bool:
    """Whether a notion says anything of what is sampled."""
    if notion == "budget-balance":
        return somebody_pays(sampled.samplers[0].space, sampled.samplers[0].n)
    return not (notion in AVERAGED and sampled.tosses_coins)


def audit_sample(
    mechanism: Mechanism,
    prior: Prior,
    notions: Sequence[str] | None = None,
    *,
    effort: Effort | None = None,
    ambiguity: Sequence[Prior] = (),
    alpha: float = 0.5,
    weights: Sequence[float] | None = None,
    amounts: ArrayLike | None = None,
    reports: str = REPORTS[1],
    utilities: Utility | Sequence[Utility] | None = None,
    strategies: Strategy | Sequence[Strategy] | None = None,
    knowledge: Knowledge | None = None,
    name: str = "",
) -> pd.DataFrame:
    """Audit a mechanism on profiles sampled from a prior; the columns are those of `audit`.

    The prior and the distributions in `ambiguity` are what buyers think possible; `weights`, one for each of
    these (None: equal), and `alpha` are those of Bayesian and Hurwicz's buyers. `amounts` are the reports
    that are tried; None: an even grid over all values, and a closer search; of mechanisms that take whole
    numbers only, the prior's own values. `reports` says whether silence is tried too, as in `Instance`.
    `knowledge` is what buyers know of one another, where they are asked for it; None: their own types only.
    For a notion that fails, `gain` and `interval` come from the half of the sample on which the deviation
    was not chosen; where one profile is enough, it was "seen". Otherwise `gain` is the bound x of "no gain
    above x found".

    Without `ambiguity`, notions about a set of distributions are left out unless they are named.

    Raises ValueError for notions that are unknown or that a sample cannot break, and as `Sampler` does.
    """
    wanted = [one.name for one in chosen_notions(notions)]
    if notions is None and not ambiguity:
        wanted = [one for one in wanted if one not in OF_SETS]
    unfit = [one for one in wanted if one not in SAMPLED]
    if notions is not None and unfit:
        why = EXACT_ALONE.get(unfit[0], "")
        raise ValueError(f"notion is {unfit[0]!r}; {why}on a sample it must be one of {', '.join(SAMPLED)}")
    how = (effort or Effort(), utilities, strategies, alpha, weights, amounts, knowledge, reports)
    sampled = SampledAudit(mechanism, (prior, *ambiguity), *how)
    title = name or mechanism.name
    lines = [
        SAMPLED[one](title, NOTIONS[one].title, sampled)
        for one in wanted
        if one in SAMPLED and _says_something(one, sampled)
    ]
    return as_frame(lines)
