"""Notions about several names and finer lies, for small instances of closed rules: on average over chance.

Group strategy-proofness (Moulin 1999, in its weak form): no coalition has a joint lie from which all its
members gain, whatever the others say. False-name proofness (Yokoo, Sakurai and Matsubara 2004): nobody gains
by taking part under a second name too. And truth against lies that lie between the types, or beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.comparison import first_best
from mechanisms.deviations import Deal, deal, lottery_at
from sim.audit.exact.direct import TABLE_LIMIT, DirectGame, words
from sim.audit.exact.game import Subject
from sim.audit.notions import Witness, notion, truthful_ex_post

Floats = NDArray[np.float64]


def _small(game: Subject) -> bool:
    """Whether it is a closed rule for private values."""
    return isinstance(game, DirectGame) and game.rule.space.private


# --- groups ----------------------------------------------------------------------------------------


def _coalitions(n: int) -> Iterator[tuple[int, ...]]:
    for size in range(2, n + 1):
        yield from combinations(range(n), size)


def groups_fit(game: Any) -> bool:
    """Whether all joint lies of all coalitions can be tried."""
    if not _small(game) or game.n < 2:
        return False
    types = game.instance.prior.shape
    tried = sum(prod(types[i] for i in members) * len(members) for members in _coalitions(game.n))
    return tried * prod(game.sizes) <= TABLE_LIMIT


@notion("group", "group strategy-proof", groups_fit)
def group_strategy_proof(game: DirectGame) -> Iterator[tuple[float, Witness, bool]]:
    """No joint lie helps all members of a coalition, whatever others say; the gain is the least member's."""
    tables = [
        [game.expected(buyer, type_).reshape(game.sizes) for type_ in range(count)]
        for buyer, count in enumerate(game.instance.prior.shape)
    ]
    for members in _coalitions(game.n):
        for types in product(*(range(game.instance.prior.shape[i]) for i in members)):
            theirs = [tables[i][t] for i, t in zip(members, types, strict=True)]
            yield _joint_lie(game, members, types, theirs)


def _joint_lie(
    game: DirectGame, members: tuple[int, ...], types: tuple[int, ...], tables: list[Floats]
) -> tuple[float, Witness, bool]:
    honest = tuple(int(game.honest[i][t]) for i, t in zip(members, types, strict=True))
    least: Any = np.inf
    for table in tables:
        own_first = np.moveaxis(table, members, range(len(members)))
        least = np.minimum(least, _rise(own_first, own_first[honest]))
    places = np.unravel_index(first_best(least.ravel(), game.slack), least.shape)
    said = ", ".join(
        words(game.reports[i][place]) for i, place in zip(members, places[: len(members)], strict=True)
    )
    told = ", ".join(words(game.instance.types(i)[t]) for i, t in zip(members, types, strict=True))
    others = [i for i in range(game.n) if i not in members]
    against = ", ".join(
        f"buyer {i}: {words(game.reports[i][place])}"
        for i, place in zip(others, places[len(members) :], strict=True)
    )
    who = " and ".join(map(str, members))
    return float(least.max()), Witness(who, told, "one another's types", said, against), True


def _rise(table: Floats, truth: Floats) -> Floats:
    """Gains over truth; infinite losses may be equal."""
    truth = np.broadcast_to(truth, table.shape)
    return np.subtract(table, truth, out=np.zeros(table.shape), where=table != truth)


# --- false names -----------------------------------------------------------------------------------


def takes_one_more(game: Any) -> bool:
    """Whether the rule treats seats alike and takes one more, in a table that is not too large."""
    if not _small(game) or not game.rule.anonymous or game.rule.space.has_sellers:
        return False
    if prod(game.sizes) * max(game.sizes) * max(game.instance.prior.shape) > TABLE_LIMIT:
        return False
    try:
        _with_second_name(game, 0, np.array([game.reports[0][-1]]))
    except (ValueError, TypeError, IndexError):
        return False
    return True


def _with_second_name(game: DirectGame, buyer: int, second: NDArray[Any]) -> Deal:
    """What a buyer and her second name, in the last seat, get and pay together, at all report profiles.

    Leading axes (P, S), for S reports of the second name.
    """
    profiles = np.repeat(game.report_profiles()[:, None], len(second), axis=1)
    more = np.repeat(second[None], len(profiles), axis=0)[:, :, None]
    space, lottery = game.rule.space, lottery_at(game.rule, np.concatenate([profiles, more], axis=2))
    first, other = deal(space, lottery, buyer), deal(space, lottery, game.n)
    held = space.together(first.allocation, other.allocation)
    return Deal(space, first.probabilities, held, first.payments + other.payments)


@notion("false-name", "false-name proof", takes_one_more)
def false_name_proof(game: DirectGame) -> Iterator[tuple[float, Witness, bool]]:
    """Nobody gains by sending a second report under another name, whatever the others say."""
    for buyer, count in enumerate(game.instance.prior.shape):
        second = game.reports[buyer]
        both = _with_second_name(game, buyer, second)
        for type_ in range(count):
            utility = game.instance.attitudes[buyer]
            felt = both.brought(game.valuations(buyer, type_)[None]).expected(utility)
            table = game.own_by_others(buyer, felt)
            truth = game.own_by_others(buyer, game.expected(buyer, type_))[game.honest[buyer][type_]]
            gains = _rise(table, truth)
            own, others, name = np.unravel_index(first_best(gains.ravel(), game.slack), gains.shape)
            says = f"{words(game.reports[buyer][own])} and {words(second[name])} under another name"
            told = words(game.instance.types(buyer)[type_])
            against = game.others_say(buyer, int(others))
            yield float(gains.max()), Witness(buyer, told, "her type", says, against), True


# --- off the grid ----------------------------------------------------------------------------------


def has_finer_lies(game: Any) -> bool:
    """Whether types are numbers, reports need not be whole ones, and the finer table is not too large."""
    if not isinstance(game, DirectGame) or game.rule.space.type_shape or game.rule.value_bound is not None:
        return False
    more = max(map(len, game.instance.prior.values)) * 2 + 1
    return prod(size + more for size in game.sizes) * max(game.instance.prior.shape) <= TABLE_LIMIT // 16


@notion("off-grid", "ex-post IC, lies off the grid", has_finer_lies)
def off_the_grid(game: DirectGame) -> Iterator[tuple[float, Witness, bool]]:
    """Ex-post IC where lies between two types, a little above each, and above all are tried too."""
    types = np.unique(np.concatenate(game.instance.prior.values))
    between, above = (types[1:] + types[:-1]) / 2, types + 1e-6 * np.abs(types).max(initial=0.0)
    return truthful_ex_post(game.with_reports(np.concatenate([between, above, 1.25 * types[-1:]])))
