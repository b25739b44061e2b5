"""A seller and a nature who both learn: a zero-sum game played between the auctions of a market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents.nature.adversary import FiniteAdversary
from mechanisms._validation import FloatArray
from mechanisms.conversation import Conversation, Mechanism, check_count
from mechanisms.questions import Chance
from mechanisms.types import TypeSpace

if TYPE_CHECKING:
    from mechanisms.robust.learned_play import Averages, Learner
    from mechanisms.robust.zero_sum import ZeroSumGame


class Duel:
    """Some rounds of a zero-sum game before each auction; in auctions both play their averages so far.

    game
        With as many actions as the learners have.
    seller, nature
        Learners (`mechanisms.robust.learned_play`).
    rounds
        Before each auction, at least 1.

    Attributes
    ----------
    averages
        What both have learned, with what it guarantees.

    Raises TypeError or ValueError for another number of rounds.
    """

    def __init__(self, game: ZeroSumGame, seller: Learner, nature: Learner, rounds: int = 10) -> None:
        from mechanisms.robust.learned_play import play_zero_sum

        check_count("rounds", rounds)
        self.game = game
        self.rounds = rounds
        self._play = play_zero_sum(game, seller, nature, rounds)
        self.advance()

    def advance(self) -> None:
        """Play the rounds before the next auction."""
        self.averages: Averages = next(self._play)


class DuelNature(FiniteAdversary):
    """The nature of a duel in her seat: draws profiles as she has learned.

    profiles
        Shape (b, k, n, *type_shape): the equally likely profiles that each of the game's b actions stands
        for. Raises TypeError or ValueError for anything else.
    """

    def __init__(self, duel: Duel, profiles: ArrayLike) -> None:
        super().__init__(profiles)
        if len(self.profiles) != len(duel.averages.nature):
            raise ValueError(
                f"profiles must be of {len(duel.averages.nature)} actions, got {len(self.profiles)}"
            )
        self.duel = duel

    @property
    def mixture(self) -> FloatArray:
        """Her average."""
        return self.duel.averages.nature

    def told(self, profile: NDArray[Any], revenue: float) -> None:
        """The next rounds."""
        self.duel.advance()


class LearnedOffer(Mechanism):
    """The seller of a duel: draws one of her mechanisms as she has learned to mix them, and runs it.

    offers
        A mechanism for each of her actions, all of one type space. Raises ValueError for another number.
    """

    def __init__(self, duel: Duel, offers: Sequence[Mechanism], name: str = "learned offer") -> None:
        self.duel = duel
        self.offers = tuple(offers)
        self._name = name
        if len(self.offers) != len(duel.averages.seller):
            raise ValueError(f"offers must be {len(duel.averages.seller)}, got {len(self.offers)}")
        if len({offer.space.type_shape for offer in self.offers}) > 1:
            raise ValueError("offers must be about types of one shape")

    @property
    def space(self) -> TypeSpace:
        """That of the offers."""
        return self.offers[0].space

    @property
    def ex_post_ir(self) -> bool:  # type: ignore[override]
        """If all offers are."""
        return all(offer.ex_post_ir for offer in self.offers)

    @property
    def name(self) -> str:
        """For tables."""
        return self._name

    def conversation(self, n: int) -> Conversation:
        """Chance draws the offer, as she mixes now."""
        mixture = np.maximum(self.duel.averages.seller, 0.0)
        taken = yield Chance(tuple((mixture / mixture.sum()).tolist()))
        return (yield from self.offers[taken].conversation(n))

    def __repr__(self) -> str:
        return f"<LearnedOffer of {len(self.offers)} mechanisms>"
