"""Games of any conversation, by replay: backward induction over a liar's situations, search among all play.

A liar's plan says what to answer in each information set (question, announcements, own earlier answers).
Plans are built from the last one to the first; under one belief only the best is kept, under several those
that no other beats under all of them. That suffices for every attitude that does not fall when utility rises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.exact import TooLargeError
from agents.play.posteriors import Posteriors, hashable
from agents.population import Group, Side
from mechanisms.comparison import first_best
from mechanisms.deviations import realised
from mechanisms.engine import Path, play, walk
from mechanisms.outcome import Outcome
from mechanisms.questions import SILENT, AskBelief, AskValue, BuyerQuestion
from sim.audit.exact.coins import Coins
from sim.audit.exact.direct import words
from sim.audit.exact.game import Ends, Game, Plan, Says, Weights, Worst
from sim.audit.exact.players import Anything, AuditPlayer, InformationSet, Liar
from sim.audit.exact.recall import Choose, End, Recall
from sim.audit.exact.search import Search
from sim.audit.instance import Instance

PROFILE_LIMIT = 1_000
"""The most type profiles of an instance whose conversations are replayed."""
PLAN_LIMIT = 5_000
"""The most plans kept at a time."""
PLAY_LIMIT = 100_000
"""The most conversations replayed for one type's best plan."""
QUESTION_LIMIT = 1_000_000
"""The most questions asked for one notion; each type of each buyer has an even part of them."""
SEARCH_LIMIT = 6_000
"""The most ways in which everybody may play that are tried for one type; above it, so many at random."""

NEAR = 1 / 16
"""How far towards a point mass a true belief is also bent."""

Gain = Callable[[tuple[int, ...], Choose], float]
"""Called with a type profile and a way to choose."""

World = tuple[int, tuple[int, ...], tuple[int, ...]]
"""A number among the S worlds, the type profile, and the branches taken so far."""


class ConversationGame(Game):
    """The game of any mechanism, with the answers that its questions list.

    Raises TooLargeError if the prior's grid has too many profiles, or when a search grows too large.
    """

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        if instance.prior.table.size > PROFILE_LIMIT:
            raise TooLargeError(
                f"the instance has {instance.prior.table.size} type profiles; an exact audit replays at "
                f"no more than {PROFILE_LIMIT}; audit a sample (Monte-Carlo, --sample)"
            )
        self.posteriors = Posteriors(instance.mechanism, instance.prior, instance.cells)
        self.sides = tuple(
            Side(Group(strategy, utility, instance.prior), np.array([seat]), np.array([seat]))
            for seat, (strategy, utility) in enumerate(zip(instance.players, instance.attitudes, strict=True))
        )
        self._plays = self._questions = 0
        self._tossed = False
        self._possible: dict[tuple[BuyerQuestion, int], list[Any]] = {}
        self._without_coins: dict[tuple[int, int], Worst] = {}

    @cached_property
    def asks_for_knowledge(self) -> bool:
        """Whether some honest play has a question about values and one about beliefs."""
        kinds: set[type] = set()
        for profile in np.ndindex(self.instance.prior.shape):

            def note(question: BuyerQuestion) -> bool:
                kinds.add(type(question))
                return False

            for _ in self._ends(0, (0, profile, ()), (), note):
                pass
            if all(any(issubclass(kind, wanted) for kind in kinds) for wanted in (AskValue, AskBelief)):
                return True
        return False

    # --- playing ---------------------------------------------------------------------------------

    def _ends(
        self, buyer: int, world: World, given: tuple[Any, ...], may_lie: Callable[[BuyerQuestion], bool]
    ) -> Iterator[tuple[Liar, Outcome | None]]:
        """All plays of a world on from the branches it has taken."""
        _, profile, taken = world
        make = partial(Liar, self.posteriors, profile, self.sides, buyer, given, may_lie)
        for player, outcome in walk(self.instance.mechanism, self.n, make, taken):
            self._plays += 1
            self._count(player)
            if self._plays > PLAY_LIMIT:
                raise TooLargeError(
                    f"the best plan of buyer {buyer} needs more than {PLAY_LIMIT} conversations; "
                    "take fewer types, or audit a sample (Monte-Carlo, --sample)"
                )
            yield player, outcome

    def _count(self, player: AuditPlayer) -> None:
        """Note how many questions were asked."""
        self._questions += len(player.party.said)
        most = QUESTION_LIMIT // sum(self.instance.prior.shape)
        if self._questions > most:
            raise TooLargeError(
                f"what one type may say in {self.instance.name} takes more than {most:,} questions to try; "
                "take fewer types or rounds, or audit a sample (Monte-Carlo, --sample)"
            )

    def ends_of_truth(self) -> Ends:
        """Honest play at every type profile, along every branch."""
        self._plays = self._questions = 0
        profiles, outcomes = [], []
        for profile in np.ndindex(self.instance.prior.shape):
            for _, outcome in self._ends(0, (0, profile, ()), (), _nowhere):
                if outcome is not None:
                    profiles.append(profile)
                    outcomes.append(outcome)
        allocation = np.stack([outcome.allocation for outcome in outcomes]).astype(float)
        payments = np.stack([outcome.payments for outcome in outcomes])
        self.instance.mechanism.space.insist(allocation, payments)
        return Ends(np.array(profiles), allocation, payments)

    def _felt(self, buyer: int, profile: tuple[int, ...], outcome: Outcome) -> float:
        types, space = self.instance.profiles(np.array([profile]))[0], self.instance.mechanism.space
        space.insist(outcome.allocation, outcome.payments)
        return float(self.instance.attitudes[buyer](np.asarray(realised(space, types, outcome, buyer))))

    def _worlds(self, buyer: int, type_: int, weights: Weights) -> list[World]:
        """The worlds that some belief does not exclude."""
        profiles = map(tuple, self.worlds(buyer, type_).tolist())
        return [(s, p, ()) for s, p in enumerate(profiles) if (weights[:, s] > 0).any()]

    # --- plans -----------------------------------------------------------------------------------

    def truth(self, buyer: int, type_: int, weights: Weights) -> NDArray[np.float64]:
        """Play without a lie."""
        self._plays = self._questions = 0
        return self._plans(buyer, self._worlds(buyer, type_, weights), weights, (), _nowhere)[0].utilities

    def best(self, buyer: int, type_: int, weights: Weights, *, later_only: bool = False) -> list[Plan]:
        """Backward induction under each belief by itself."""
        may_lie = _not_about_values if later_only else _anywhere
        plans = []
        for row in weights:
            self._plays = self._questions = 0
            belief = row[None]
            plans += self._plans(buyer, self._worlds(buyer, type_, belief), belief, (), may_lie)
        return plans

    def frontier(self, buyer: int, type_: int, weights: Weights) -> list[Plan]:
        """Backward induction under all beliefs at once."""
        self._plays = self._questions = 0
        return self._plans(buyer, self._worlds(buyer, type_, weights), weights, (), _anywhere)

    def _plans(
        self,
        buyer: int,
        worlds: list[World],
        weights: Weights,
        given: tuple[Any, ...],
        may_lie: Callable[[BuyerQuestion], bool],
    ) -> list[Plan]:
        """What can be had in some worlds after the answers given so far."""
        ended = np.zeros(len(weights))
        standing: dict[InformationSet, list[World]] = {}
        honest: dict[InformationSet, dict[Any, None]] = {}
        for world in worlds:
            for player, outcome in self._ends(buyer, world, given, may_lie):
                if outcome is not None:
                    felt = self._felt(buyer, world[1], outcome)
                    ended += weights[:, world[0]] * player.path.probability * felt
                elif player.stands is not None:
                    standing.setdefault(player.stands, []).append((world[0], world[1], player.path.taken))
                    honest.setdefault(player.stands, {})[player.honest] = None
        plans = [Plan((), ended)]
        for information_set, members in standing.items():
            question = information_set[0]
            options = []
            true, others = list(honest[information_set]), self._answers(question, buyer)
            between = _towards(true, others) if question.convex else []
            for answer in dict.fromkeys([*true, *others, *between]):
                said = ((question.answered_by, answer),)
                after = self._plans(buyer, members, weights, (*given, answer), may_lie)
                options += [Plan(said + plan.says, plan.utilities) for plan in after]
            options = _undominated(options, self.slack)
            plans = _undominated([_together(*pair) for pair in product(plans, options)], self.slack)
        return plans

    def _answers(self, question: BuyerQuestion, buyer: int) -> list[Any]:
        if (question, buyer) not in self._possible:
            seats = (buyer, *question.about)
            amounts = [*map(self.instance.types, seats)]
            if amounts[0].ndim == 1:
                amounts.append(self.instance.extra)
            tried = np.unique(np.concatenate(amounts), axis=0)
            answers = question.possible_answers(tried)
            silence = hashable(np.full(question.shape, question.default))
            heard = [*answers, silence] if self.instance.silence else _spoken(answers, len(tried))
            self._possible[question, buyer] = list(dict.fromkeys(heard))
        return self._possible[question, buyer]

    # --- whatever the others say -----------------------------------------------------------------

    def dominance(self, buyer: int, type_: int, *, each_coin: bool) -> Worst:
        """Search over the others' rules and her own, each fixed for every information set.

        Where nothing is left to chance, both kinds of dominance are one.
        """
        if (buyer, type_) in self._without_coins:
            return self._without_coins[buyer, type_]
        self._tossed = False
        search = partial(self._search, buyer, type_, lambda where, _: ("own", where), _anywhere)
        worst = self._at_each_coin(search) if each_coin else search(None)
        if not self._tossed:
            self._without_coins[buyer, type_] = worst
        return worst

    def values_first(self, buyer: int, type_: int) -> Worst:
        """Search where her later answers go by their number, the same after truth and after the lie.

        If there are too many ways to play on average over the coins, each coin by itself may do: a lie that
        never gains at any gains on average over none.
        """

        def later(information_set: InformationSet, asked: int) -> Any:
            return "later", asked, information_set[0].answered_by

        on_average = self._search(buyer, type_, later, _about_values, None)
        if on_average.exhaustive:
            return on_average
        at_each = self._at_each_coin(
            lambda coins: self._search(buyer, type_, later, _about_values, coins)
        )
        return at_each if at_each.exhaustive and at_each.gain <= self.slack else on_average

    def worst_of_truth(self, buyer: int, type_: int) -> Worst:
        """Search over the others' rules and chance."""

        def losses(coins: Coins) -> Worst:
            truth = self._runs(buyer, _anywhere, lambda information_set, _: information_set, coins)
            return self._greatest(buyer, type_, lambda at, choose: -truth.expected(at, choose), coins)

        return self._at_each_coin(losses)

    def _at_each_coin(self, search: Callable[[Coins], Worst]) -> Worst:
        """A search over chance too, begun anew whenever a coin turns out to fall in more ways."""
        coins = Coins()
        while True:
            coins.grown = False
            worst = search(coins)
            if not coins.grown:
                return worst

    def _search(
        self,
        buyer: int,
        type_: int,
        own_key: Callable[[InformationSet, int], Any],
        honest: Callable[[BuyerQuestion], bool],
        coins: Coins | None,
    ) -> Worst:
        """The greatest gain of a lie over a run that is truthful where `honest` says, and alike elsewhere."""
        truth = self._runs(buyer, honest, own_key, coins)
        lie = self._runs(buyer, _nowhere, own_key, coins)

        def gain(profile: tuple[int, ...], choose: Choose) -> float:
            true = truth.expected(profile, choose)
            return lie.expected(profile, choose) - true

        return self._greatest(buyer, type_, gain, coins)

    def _runs(
        self,
        buyer: int,
        honest: Callable[[BuyerQuestion], bool],
        own_key: Callable[[InformationSet, int], Any],
        coins: Coins | None,
    ) -> Recall:
        """Runs of everybody's chosen rules, for the buyer's expected utility."""

        def run(profile: Any, taken: tuple[int, ...], choose: Choose) -> End:
            seats, answers = self.sides, self._answers
            path = Path(taken)
            player = Anything(
                self.posteriors, profile, seats, buyer, honest, answers, choose, own_key, coins, path
            )
            outcome = play(self.instance.mechanism, self.n, player)
            self._count(player)
            self._tossed |= player.chances > 0
            return End(path.probability * self._felt(buyer, profile, outcome), tuple(path.untried))

        return Recall(run)

    def _profile(self, search: Search, buyer: int, type_: int) -> tuple[int, ...]:
        """The others' types matter only to what she believes, by her cell, if that is asked."""
        worlds = [tuple(world) for world in self.worlds(buyer, type_).tolist()]
        cells = {self.posteriors.cell(buyer, world): world for world in worlds[::-1]}
        firsts = sorted(cells.values())
        return search.choose(("types",), firsts if self.asks_for_knowledge else firsts[:1])

    def _greatest(self, buyer: int, type_: int, gain: Gain, coins: Coins | None) -> Worst:
        best: tuple[float, Says, str] = (-np.inf, (), "")
        search = Search(SEARCH_LIMIT)
        self._questions = 0
        for chosen in search.rounds():
            found = gain(self._profile(search, buyer, type_), search.choose)
            if coins is not None and coins.grown:
                break
            if found > best[0] + self.slack:
                best = (found, _own(chosen), _others(chosen))
        return Worst(*best, exhaustive=search.exhaustive)


def _towards(true: list[Any], others: list[Any]) -> list[Any]:
    """Beliefs a little of the way from true ones to others: where rewards are smooth, they find a slope."""
    pairs = product(true, others)
    return [tuple((NEAR * np.array(other) + (1 - NEAR) * np.array(one)).tolist()) for one, other in pairs]


def _anywhere(question: BuyerQuestion) -> bool:
    return True


def _nowhere(question: BuyerQuestion) -> bool:
    return False


def _spoken(answers: list[Any], types: int) -> list[Any]:
    """The answers but silence, which stays where some type has no amount left to name: she says nothing."""
    spoken = [answer for answer in answers if not np.all(np.asarray(answer) == SILENT)]
    return answers if len(spoken) < len(answers) and len(spoken) < types else spoken


def _about_values(question: BuyerQuestion) -> bool:
    return isinstance(question, AskValue)


def _not_about_values(question: BuyerQuestion) -> bool:
    return not isinstance(question, AskValue)


def _together(one: Plan, other: Plan) -> Plan:
    return Plan(one.says + other.says, one.utilities + other.utilities)


def _undominated(plans: list[Plan], slack: float) -> list[Plan]:
    """The plans that no other beats, or equals (up to `slack`) and comes before, under every belief."""
    table = np.array([plan.utilities for plan in plans])
    if table.shape[1] == 1:
        return [plans[first_best(table[:, 0], slack)]]
    if len(plans) > PLAN_LIMIT:
        raise TooLargeError(
            f"{len(plans)} plans are to be compared under {table.shape[1]} beliefs; an exact audit takes "
            f"at most {PLAN_LIMIT}; take fewer types, or audit a sample (Monte-Carlo, --sample)"
        )
    kept: list[int] = []
    for k in np.argsort(-table.sum(axis=1), kind="stable").tolist():
        if not any(np.all(table[j] >= table[k] - slack) for j in kept):
            kept.append(k)
    return [plans[k] for k in kept]


def _own(chosen: dict[Any, Any]) -> Says:
    """Her answers among all that was chosen."""
    own = []
    for key, answer in chosen.items():
        if key[0] == "own":
            own.append((key[1][0].answered_by, answer))
        elif key[0] == "later":
            own.append((key[2], answer))
    return tuple(own)


def _others(chosen: dict[Any, Any]) -> str:
    """The others' answers among all that was chosen, in words."""
    said = [f"buyer {key[0]}: {words(answer)}" for key, answer in chosen.items() if isinstance(key[0], int)]
    return ", ".join(said[:6]) + (" …" if len(said) > 6 else "")
