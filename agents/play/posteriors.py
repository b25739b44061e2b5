"""Posteriors: what a buyer believes about all types, from her cell and from what she has heard.

Azar, Chen and Micali, "Conservative-Bayesian Mechanism Design", Section 2: during a conversation a buyer
conditions her cell further on the public announcements, reading them as the play of honest others (and of
herself as she really answered). Everything here enumerates profiles, for small instances.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.partitions import check_partitions
from agents.knowledge.protocol import Said
from agents.play.asking import Party, insist
from agents.play.tree import TreePlayer
from agents.population import Group, Side
from agents.strategies.base import Truthful
from mechanisms.conversation import Mechanism
from mechanisms.distributions import JointDistribution
from mechanisms.engine import Enough, Path, walk
from mechanisms.questions import Announce, BuyerQuestion, Draw, Replies

Facts = tuple[Any, ...]
"""The contents of announcements."""
_Answered = tuple[NDArray[Any], NDArray[np.bool_], list[tuple[int, Any]]]
Memo = dict[tuple[tuple[int, ...], int], _Answered]
"""From the choices taken and the number of questions asked before to what was answered, by whom."""
Transcripts = list[tuple[Facts, float]]
"""What may have been heard, with probabilities."""


class Posteriors:
    """Beliefs of every buyer in every situation of one mechanism on one finite prior; remembered once found.

    If nothing that honest others could do explains what a buyer heard (somebody lied), she drops the facts of
    the last announcement one by one, the last-named first, and with the first of them falls back on her cell
    alone: in ℳ she drops the others' announced values first, then the star. Her own type stays the true one.
    Who has left by the announcements (`Mechanism.drop_outs`) is taken to be silent at every type: that
    she left tells nothing.
    """

    def __init__(self, mechanism: Mechanism, prior: JointDistribution, partitions: Sequence[Any]) -> None:
        self.mechanism = mechanism
        self.prior = prior
        self.partitions = check_partitions(prior, partitions)
        self._beliefs: dict[Any, JointDistribution | None] = {}
        self._transcripts: dict[Any, Transcripts] = {}
        everyone = np.arange(prior.n)
        self.honest_sides = (Side(Group(Truthful()), everyone, everyone.copy()),)

    def cell(self, buyer: int, profile: tuple[int, ...]) -> int:
        """Label of the cell in which the buyer finds herself; `profile` holds indices of types."""
        return int(self.partitions[buyer][profile])

    def belief(
        self, buyer: int, cell: int, heard: tuple[Announce, ...], said: Said
    ) -> JointDistribution | None:
        """The prior given the buyer's cell, the announcements so far, and her own answers so far.

        None if the prior gives her cell no mass at all.
        """
        key = (buyer, cell, heard, said)
        if key not in self._beliefs:
            self._beliefs[key] = self._condition(*key)
        return self._beliefs[key]

    def _condition(
        self, buyer: int, cell: int, heard: tuple[Announce, ...], said: Said
    ) -> JointDistribution | None:
        within = np.where(self.partitions[buyer] == cell, self.prior.table, 0.0)
        if not within.any():
            return None
        left = frozenset(self.mechanism.drop_outs(heard)) - {buyer}
        for facts in _fewer_and_fewer(heard):
            table = self._explaining(facts, buyer, within, said, left) if heard else within
            if table.any():
                return JointDistribution.from_table(table / table.sum(), self.prior.values)
        return JointDistribution.from_table(within / within.sum(), self.prior.values)

    def _explaining(
        self,
        facts: tuple[Any, ...],
        buyer: int,
        within: NDArray[np.float64],
        said: Said,
        left: frozenset[int],
    ) -> NDArray[np.float64]:
        """`within` times, for each profile, how likely its honest play is to be heard as `facts`."""
        table = np.zeros(self.prior.shape)
        last = len(facts[-1])
        for profile in map(tuple, np.argwhere(within > 0).tolist()):
            for heard, probability in self._heard_at(profile, buyer, said, left):
                if len(heard) == len(facts) and (*heard[:-1], heard[-1][:last]) == facts:
                    table[profile] += within[profile] * probability
        return table

    def _heard_at(
        self, profile: tuple[int, ...], buyer: int, said: Said, left: frozenset[int]
    ) -> Transcripts:
        """What the buyer may have heard at a profile when her next question comes, with probabilities."""
        key = (profile, buyer, said, left)
        if key not in self._transcripts:
            self._rehearse(*key)
        return self._transcripts[key]

    def _rehearse(self, profile: tuple[int, ...], buyer: int, said: Said, left: frozenset[int]) -> None:
        """Fill in the transcripts of a buyer, and of those who are always asked together with her."""
        rehearsal = partial(_Rehearsal, self, profile, buyer, said, left, {})
        played = walk(self.mechanism, self.prior.n, rehearsal)
        stopped = [player for player, _ in played if player.together]
        together = set.intersection(*(player.together for player in stopped)) if stopped else set()
        found: dict[Any, Transcripts] = {(profile, buyer, said, left): []}
        for other in {buyer, *together}:
            for player in stopped:
                here = found.setdefault((profile, other, player.said[other], left - {other}), [])
                here.append((player.facts, player.path.probability))
        self._transcripts.update(found)


def _fewer_and_fewer(heard: tuple[Announce, ...]) -> Iterator[Facts]:
    """What was heard, as facts; then without the last facts of the last announcement, down to its first."""
    *before, last = tuple(announcement.content for announcement in heard) or ((),)
    return ((*before, last[:kept]) for kept in range(len(last), 0, -1))


class ProfilePlayer(TreePlayer):
    """Plays a conversation at one known type profile, along one path of chance moves and mixed answers.

    Refuses continuous draws, and answers that are not acceptable, with a ValueError. Players that replay the
    same profile along other paths may share a `memo`: answering is pure, so that what was answered after the
    same choices need not be asked again.
    """

    def __init__(
        self,
        posteriors: Posteriors,
        profile: tuple[int, ...],
        sides: tuple[Side, ...],
        path: Path,
        memo: Memo | None = None,
    ) -> None:
        prior = posteriors.prior
        values = np.array([grid[k] for grid, k in zip(prior.values, profile, strict=True)], dtype=float)
        super().__init__(
            Party(posteriors.mechanism, values, sides, prior.n, posterior=self._belief), path
        )
        self.posteriors = posteriors
        self.profile = profile
        self.said: list[Said] = [()] * prior.n
        self._memo: Memo = {} if memo is None else memo
        self._asked = 0

    def _belief(self, buyer: int) -> JointDistribution | None:
        cell = self.posteriors.cell(buyer, self.profile)
        return self.posteriors.belief(buyer, cell, self.party.heard, self.said[buyer])

    def ask(self, question: BuyerQuestion) -> Replies:
        """Collect everybody's answers, branching the path where they are mixed."""
        history = (self.path.taken, self._asked)
        self._asked += 1
        values, answered, said = self._memo.get(history) or self._collect(question, history)
        for seat, answer in said:
            self.said[seat] += (answer,)
        self.party.said += ((question, values.copy()),)
        return Replies(values.copy(), answered.copy())

    def _collect(self, question: BuyerQuestion, history: tuple[tuple[int, ...], int]) -> _Answered:
        answers = insist(question, self.party, self._resolve)
        seats = question.seats(self.party.n).tolist()
        said = [(seat, hashable(answers.values[seat])) for seat in seats]
        found = answers.values, answers.answered, said
        if self.path.taken == history[0]:  # nobody randomised
            self._memo[history] = found
        return found

    def overwrite(self, replies: Replies, question: BuyerQuestion, seat: int, answer: Any) -> None:
        """Put an answer, as `hashable` makes it, in the place of a buyer's own; if refused, the default."""
        array = np.asarray(answer, dtype=float).reshape(question.shape)
        accepted = bool(question.acceptable(array))
        replies.values[seat] = array if accepted else question.default
        replies.answered[seat] = accepted
        self.party.said[-1][1][seat] = replies.values[seat]
        self.said[seat] = (*self.said[seat][:-1], hashable(replies.values[seat]))

    def draw(self, question: Draw) -> float:
        """Refuse: there are infinitely many branches."""
        raise ValueError(
            f"exact play cannot enumerate a continuous draw from {question.distribution!r}: "
            "give the mechanism a discrete distribution, or play it at once or in the market"
        )


class _Rehearsal(ProfilePlayer):
    """A buyer's reconstruction of the play at one profile: others honest, her own answers as she gave them.

    Those who have `left` say nothing. It breaks off when she would be asked her next question. `together`
    then holds her, and if she was honest those who are asked with her; it is empty if her next question never
    comes.
    """

    def __init__(
        self,
        posteriors: Posteriors,
        profile: tuple[int, ...],
        buyer: int,
        given: Said,
        left: frozenset[int],
        memo: Memo,
        path: Path,
    ) -> None:
        super().__init__(posteriors, profile, posteriors.honest_sides, path, memo)
        self.buyer, self.given, self.left = buyer, given, left
        self.together: set[int] = set()
        self.honest = True

    @property
    def facts(self) -> Facts:
        """What was announced until it broke off."""
        return tuple(announcement.content for announcement in self.party.heard)

    def ask(self, question: BuyerQuestion) -> Replies:
        """Answer for the others honestly, and for her as she did."""
        asked_now = len(self.said[self.buyer])
        seats = question.seats(self.party.n)
        involved = self.buyer in seats
        if involved and asked_now == len(self.given):
            self.together = set(seats.tolist()) if self.honest else {self.buyer}
            raise Enough
        replies = super().ask(question)
        for seat in self.left.intersection(seats.tolist()):
            self.overwrite(replies, question, seat, question.default)
        if involved and self.said[self.buyer][-1] != self.given[asked_now]:
            self.honest = False
            self.overwrite(replies, question, self.buyer, self.given[asked_now])
        return replies


def hashable(answer: NDArray[Any] | Any) -> Any:
    """One buyer's answer as a number, or a tuple of numbers."""
    return tuple(answer.ravel().tolist()) if np.ndim(answer) else float(answer)
