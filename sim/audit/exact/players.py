"""Players of an audited conversation: one who lies at chosen places, and a whole table without a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agents.play.posteriors import Posteriors, ProfilePlayer, hashable
from agents.population import Side
from mechanisms.distributions import JointDistribution
from mechanisms.engine import Enough, Path
from mechanisms.questions import Announce, BuyerQuestion, Chance, Replies, branch
from sim.audit.exact.coins import Coins

InformationSet = tuple[BuyerQuestion, tuple[Announce, ...], tuple[Any, ...]]
"""What a buyer knows when she is asked, her type apart: the question, what was announced, what she said."""

Choose = Callable[[Any, Sequence[Any]], Any]
"""Called with a key and the possible answers: the answer that stands for this key."""


class AuditPlayer(ProfilePlayer):
    """Plays at one type profile of the grid; in a cell that the prior excludes, the prior is the belief."""

    def _belief(self, buyer: int) -> JointDistribution | None:
        posteriors = self.posteriors
        inside = posteriors.partitions[buyer] == posteriors.cell(buyer, self.profile)
        return super()._belief(buyer) if posteriors.prior.table[inside].sum() > 0 else posteriors.prior

    def information_set(self, buyer: int, question: BuyerQuestion) -> InformationSet:
        """Where the buyer stands before she answers."""
        return question, self.party.heard, self.said[buyer]


class Liar(AuditPlayer):
    """One buyer gives the answers in `given` in turn, where she may lie; the play stops at the next place.

    Then `stands` holds her information set, and `honest` the honest answer there.
    """

    def __init__(
        self,
        posteriors: Posteriors,
        profile: tuple[int, ...],
        sides: tuple[Side, ...],
        buyer: int,
        given: tuple[Any, ...],
        may_lie: Callable[[BuyerQuestion], bool],
        path: Path,
    ) -> None:
        super().__init__(posteriors, profile, sides, path)
        self.buyer, self.given, self.may_lie = buyer, given, may_lie
        self.lies = 0
        self.stands: InformationSet | None = None
        self.honest: Any = None

    def ask(self, question: BuyerQuestion) -> Replies:
        """Answer as audited, but for her."""
        concerned = self.may_lie(question) and self.buyer in question.seats(self.party.n)
        before = self.information_set(self.buyer, question)
        replies = super().ask(question)
        if not concerned:
            return replies
        if self.lies == len(self.given):
            self.stands, self.honest = before, hashable(replies.values[self.buyer])
            raise Enough
        self.overwrite(replies, question, self.buyer, self.given[self.lies])
        self.lies += 1
        return replies


class Anything(AuditPlayer):
    """Everybody says what `choose` says, but for the honest answers of one buyer where `honest` allows them.

    `choose(key, answers)` fixes an answer for each key. Others' keys are their situations, so that a rule of
    theirs is one rule throughout; hers are made by `own_key` from her information set and how often she was
    asked.
    Chance is chosen too where there are `coins`.
    """

    def __init__(
        self,
        posteriors: Posteriors,
        profile: tuple[int, ...],
        sides: tuple[Side, ...],
        buyer: int,
        honest: Callable[[BuyerQuestion], bool],
        answers: Callable[[BuyerQuestion, int], Sequence[Any]],
        choose: Choose,
        own_key: Callable[[InformationSet, int], Any],
        coins: Coins | None,
        path: Path,
    ) -> None:
        super().__init__(posteriors, profile, sides, path)
        self.buyer, self.honest, self.answers = buyer, honest, answers
        self.choose, self.own_key, self.coins = choose, own_key, coins
        self.chances = 0
        self.asked = 0

    def ask(self, question: BuyerQuestion) -> Replies:
        """Let everybody's answers be chosen."""
        seats = question.seats(self.party.n).tolist()
        before = {seat: self.information_set(seat, question) for seat in seats}
        replies = super().ask(question)
        for seat, information_set in before.items():
            key: Any = (seat, information_set)
            options = self.answers(question, seat)
            if seat == self.buyer:
                self.asked += 1
                if self.honest(question):
                    continue
                key = self.own_key(information_set, self.asked)
                options = list(dict.fromkeys([hashable(replies.values[seat]), *options]))
            self.overwrite(replies, question, seat, self.choose(key, options))
        return replies

    def chance(self, question: Chance) -> int:
        """Take a branch: by choice, or along the path."""
        self.chances += 1
        if self.coins is None:
            return super().chance(question)
        uniforms = self.coins.uniforms(self.chances, question.probabilities)
        return branch(question.probabilities, self.choose(("chance", self.chances), uniforms))
