"""Notions of incentive compatibility and individual rationality, each a search for the greatest gain.

Sources: robust paper, Definitions 1.2.3, 1.2.4 and 1.2.6; risk-averse seller, footnote a, for dominant
strategies (for every realisation of the mechanism's coins) and truth in expectation (on average over them);
conservative-Bayesian paper, Section 3, for knowledge and the two-step notion. Every utility is an expected
utility of realised outcomes.

Register a further notion with `notion(...)`; the table and the command then know it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite, isnan
from types import MappingProxyType
from typing import Any

import numpy as np

from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.robust.attitudes import Attitude, ExtremesAttitude, Maxmin
from sim.audit.exact.ambiguity import Given, GivenList, given
from sim.audit.exact.direct import words
from sim.audit.exact.game import Game, Plan, Says, Subject, Worst

DEEDS = ("stays away", "buys ")
"""What a witness does rather than says begins so."""


@dataclass(frozen=True)
class Witness:
    """Who gains: which buyer, of what type, knowing what, says what instead, when the others say what.

    `says` is an answer, or a deed in words (see `DEEDS`). `undominated` names the answers to which a
    Knightian buyer of this type prefers no other. `buyer` names several where they gain together, or "all"
    where the outcome of everybody's truth is at fault; `type` then holds their types.
    """

    buyer: int | str
    type: str
    knows: str
    says: str
    others: str = ""
    undominated: str = ""


@dataclass(frozen=True)
class Finding:
    """The greatest gain over truth (or, for rationality, of staying away), and who has it; at least 0.

    `exhaustive` is False where not everything could be tried. `size` is that of utilities in the game, by
    which it is decided what counts as a gain.
    """

    gain: float
    witness: Witness | None
    exhaustive: bool = True
    size: float = 1.0


Search = Callable[[Any], Iterator[tuple[float, Witness, bool]]]
"""Called with a subject: yields gains with their witnesses, and whether everything was tried."""


@dataclass(frozen=True)
class Notion:
    """One notion: its short name, its title in tables, how its gains are found, and where it applies."""

    name: str
    title: str
    gains: Search
    applies: Callable[[Subject], bool]

    def examine(self, game: Subject) -> Finding:
        """The greatest gain in a game."""
        best: tuple[float, Witness | None] = (0.0, None)
        exhaustive = True
        for gain, witness, complete in self.gains(game):
            exhaustive &= complete
            if isnan(gain):
                raise ValueError(
                    f"utilities must stay finite where outcomes are compared, but overflow for {witness}"
                )
            if gain > best[0] + rounding(gain, game.size):
                best = (gain, witness)
        return Finding(*best, exhaustive, game.size)


def rounding(amount: float, size: float) -> float:
    """Gains up to this are rounding, where utilities are of this size."""
    return RELATIVE_SLACK * max(size, abs(amount)) if isfinite(amount) else 0.0


_NOTIONS: dict[str, Notion] = {}
NOTIONS: Mapping[str, Notion] = MappingProxyType(_NOTIONS)
"""All notions by name, in the order of the table."""


def is_game(subject: Subject) -> bool:
    """Whether truth and lies are defined: it is a game of reports and answers."""
    return isinstance(subject, Game)


def asks_for_knowledge(subject: Subject) -> bool:
    """Whether it is a game with questions about values and later ones about beliefs."""
    return isinstance(subject, Game) and subject.asks_for_knowledge


def notion(
    name: str, title: str, applies: Callable[[Any], bool] = is_game
) -> Callable[[Search], Search]:
    """Register the decorated search as a notion, by default of games; ValueError if the name is taken."""

    def register(gains: Search) -> Search:
        if name in _NOTIONS:
            raise ValueError(f"name must be new, but there is a notion {name!r}")
        _NOTIONS[name] = Notion(name, title, gains, applies)
        return gains

    return register


def _everybody(game: Game) -> Iterator[tuple[int, int]]:
    """Every buyer with every type."""
    for buyer in range(game.n):
        yield from ((buyer, type_) for type_ in range(game.instance.prior.shape[buyer]))


def _witness(game: Game, buyer: int, type_: int, knows: str, says: str, others: str = "") -> Witness:
    return Witness(buyer, words(game.instance.types(buyer)[type_]), knows, says, others)


def plan_words(says: Says) -> str:
    """A plan in words; the method that answers, and the answer."""
    shown = [words(answer) if name == "value" else f"{name} {words(answer)}" for name, answer in says]
    return "; ".join(shown[:4]) + (" …" if len(shown) > 4 else "")


# --- whatever others do ----------------------------------------------------------------------------


def _against_anything(
    game: Game, search: Callable[[int, int], Worst], says: str = ""
) -> Iterator[tuple[float, Witness, bool]]:
    for buyer, type_ in _everybody(game):
        worst = search(buyer, type_)
        text = says or plan_words(worst.says)
        yield worst.gain, _witness(game, buyer, type_, "her type", text, worst.others), worst.exhaustive


@notion("dominant", "dominant-strategy IC")
def dominant(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Truth is best whatever the others say and however the coins fall."""
    return _against_anything(game, lambda buyer, type_: game.dominance(buyer, type_, each_coin=True))


@notion("expectation", "truthful in expectation")
def truthful_in_expectation(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Truth is best whatever the others say, on average over the coins."""
    return _against_anything(game, lambda buyer, type_: game.dominance(buyer, type_, each_coin=False))


@notion("two-step-values", "two-step: values dominant", asks_for_knowledge)
def values_dominant(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Step 1: a true value is best whatever the others say, if later answers stay as they are."""
    return _against_anything(game, game.values_first)


@notion("ex-post-ir", "ex-post IR")
def ex_post_ir(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Truth never loses, whatever the others say and however the coins fall."""
    return _against_anything(game, game.worst_of_truth, "stays away")


# --- one belief ------------------------------------------------------------------------------------


def _against(
    game: Game, buyer: int, type_: int, weights: Any, **options: bool
) -> Iterator[tuple[int, float, Plan]]:
    """For each belief: its number, the greatest gain, and the plan that has it."""
    truth = game.truth(buyer, type_, weights)
    for k, plan in enumerate(game.best(buyer, type_, weights, **options)):
        yield k, float(plan.utilities[0] - truth[k]), plan


@notion("ex-post-ic", "ex-post IC")
def ex_post_ic(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Truth is best against the truth of others, whatever their types."""
    return truthful_ex_post(game)


def truthful_ex_post(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """The gains of lies against the truth of others, type profile by type profile."""
    for buyer, type_ in _everybody(game):
        worlds = game.worlds(buyer, type_)
        for s, gain, plan in _against(game, buyer, type_, np.eye(len(worlds))):
            types = [(j, game.instance.types(j)[k]) for j, k in enumerate(worlds[s]) if j != buyer]
            others = ", ".join(f"buyer {j}: {words(value)}" for j, value in types)
            yield gain, _witness(game, buyer, type_, "everyone's type", plan_words(plan.says), others), True


@notion("bayesian-ic", "Bayesian IC")
def bayesian_ic(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Truth is best on average over the prior, given the buyer's knowledge."""
    return _given_knowledge(game)


@notion("two-step-knowledge", "two-step: knowledge optimal", asks_for_knowledge)
def knowledge_optimal(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Step 2: true knowledge is best on average, given that values were told truthfully."""
    return _given_knowledge(game, later_only=True)


def _given_knowledge(game: Game, **options: bool) -> Iterator[tuple[float, Witness, bool]]:
    for buyer, type_ in _everybody(game):
        for cell, weights in game.beliefs(buyer, type_):
            for _, gain, plan in _against(game, buyer, type_, weights, **options):
                yield gain, _witness(game, buyer, type_, _cell_words(game, cell), plan_words(plan.says)), True


@notion("interim-ir", "interim IR")
def interim_ir(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Truth loses nothing on average over the prior, given the buyer's knowledge."""
    for buyer, type_ in _everybody(game):
        for cell, weights in game.beliefs(buyer, type_):
            loss = -float(game.truth(buyer, type_, weights)[0])
            yield loss, _witness(game, buyer, type_, _cell_words(game, cell), "stays away"), True


def _cell_words(game: Game, cell: object) -> str:
    return "her type" if game.instance.partitions is None else f"cell {cell}"


# --- ambiguity -------------------------------------------------------------------------------------


@notion("knightian-ic", "Knightian IC (distributionally robust)")
def knightian_ic(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Definition 1.2.3: truth is at least as good under every distribution of the set."""
    for buyer, type_ in _everybody(game):
        seen = given(game, buyer, type_)
        if seen is None:
            continue
        gain, plan, knows = max(seen.gains(), key=lambda found: found[0])
        witness = _witness(game, buyer, type_, knows, plan_words(plan.says))
        if gain > rounding(gain, game.size):
            answers = [plan_words(one.says) for one in seen.undominated()]
            shown = " or ".join(answers[:6]) + (" …" if len(answers) > 6 else "")
            witness = replace(witness, undominated=shown)
        yield gain, witness, True


@notion("knightian-ir", "Knightian IR (distributionally robust)")
def knightian_ir(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Definition 1.2.4: truth loses nothing under any distribution of the set."""
    for buyer, type_ in _everybody(game):
        seen = given(game, buyer, type_)
        if isinstance(seen, GivenList):
            for k, utility in zip(seen.kept, game.truth(buyer, type_, seen.weights), strict=True):
                yield -float(utility), _witness(game, buyer, type_, f"distribution {k}", "stays away"), True
        elif seen is not None:
            loss = -seen.least(game.truth(buyer, type_, seen.weights))
            yield loss, _witness(game, buyer, type_, "a distribution of the set", "stays away"), True


def _extremes_ic(game: Game, attitude: ExtremesAttitude) -> Iterator[tuple[float, Witness, bool]]:
    """Definition 1.2.6: truth is worth most to somebody of this attitude."""
    for buyer, type_ in _everybody(game):
        seen = given(game, buyer, type_)
        if seen is None:
            continue
        truth = _worth(attitude, seen, game.truth(buyer, type_, seen.weights))
        for plan in game.frontier(buyer, type_, seen.weights):
            gain = _worth(attitude, seen, plan.utilities) - truth
            yield gain, _witness(game, buyer, type_, "the ambiguity set", plan_words(plan.says)), True


def _extremes_ir(game: Game, attitude: ExtremesAttitude) -> Iterator[tuple[float, Witness, bool]]:
    for buyer, type_ in _everybody(game):
        seen = given(game, buyer, type_)
        if seen is not None:
            loss = -_worth(attitude, seen, game.truth(buyer, type_, seen.weights))
            yield loss, _witness(game, buyer, type_, "the ambiguity set", "stays away"), True


def _worth(attitude: ExtremesAttitude, seen: Given, utilities: Any) -> float:
    """What a plan is worth, from its least and its greatest expected utility over the set."""
    return float(attitude.between(seen.least(utilities), seen.greatest(utilities)))


def _set_ic(game: Game, attitude: Attitude) -> Iterator[tuple[float, Witness, bool]]:
    """The same for an attitude to a list of distributions."""
    for buyer, type_ in _everybody(game):
        kept, weights = game.conditioned_set(buyer, type_)
        feels = attitude.among(kept) if kept else None
        if feels is None:
            continue
        truth = float(feels.evaluate(game.truth(buyer, type_, weights)))
        for plan in game.frontier(buyer, type_, weights):
            gain = float(feels.evaluate(plan.utilities)) - truth
            yield gain, _witness(game, buyer, type_, "the ambiguity set", plan_words(plan.says)), True


def _set_ir(game: Game, attitude: Attitude) -> Iterator[tuple[float, Witness, bool]]:
    for buyer, type_ in _everybody(game):
        kept, weights = game.conditioned_set(buyer, type_)
        feels = attitude.among(kept) if kept else None
        if feels is not None:
            loss = -float(feels.evaluate(game.truth(buyer, type_, weights)))
            yield loss, _witness(game, buyer, type_, "the ambiguity set", "stays away"), True


@notion("maxmin-ic", "maxmin IC")
def maxmin_ic(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Definition 1.2.6 (ii)."""
    return _extremes_ic(game, Maxmin())


@notion("maxmin-ir", "maxmin IR")
def maxmin_ir(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Its individual rationality."""
    return _extremes_ir(game, Maxmin())


@notion("hurwicz-ic", "Hurwicz IC")
def hurwicz_ic(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Definition 1.2.6 (iii), with the instance's alpha."""
    return _extremes_ic(game, game.instance.hurwicz)


@notion("hurwicz-ir", "Hurwicz IR")
def hurwicz_ir(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Its individual rationality."""
    return _extremes_ir(game, game.instance.hurwicz)


@notion("bayesian-set-ic", "Bayesian IC over the set")
def bayesian_set_ic(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Definition 1.2.6 (iv): a weight on each of some distributions, which is not updated."""
    return _set_ic(game, game.instance.bayesian)


@notion("bayesian-set-ir", "Bayesian IR over the set")
def bayesian_set_ir(game: Game) -> Iterator[tuple[float, Witness, bool]]:
    """Its individual rationality."""
    return _set_ir(game, game.instance.bayesian)


def undominated_answers(game: Game, buyer: int, type_: int) -> list[Plan]:
    """The plans to which a Knightian buyer prefers no other; she stays with truth if it is among them."""
    seen = given(game, buyer, type_)
    return [] if seen is None else seen.undominated()
