"""What a strategy is handed: only what its buyers may know, and afterwards what they are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.conversation import Mechanism
from mechanisms.distributions.priors import CommonPrior
from mechanisms.questions import Announce, BuyerQuestion, TypeBelief
from mechanisms.utilities import Linear, Utility


@dataclass(slots=True)
class View:
    """What the m members of a group know when a question reaches them.

    A group shares one strategy; arrays are copies, so that nothing a strategy does to them is felt outside.

    values
        Shape `(..., m)`, or `(..., m, items)`: the members' own types, each row of the leading axes a
        separate occasion.
    seats
        Shape `(m,)`: their local indices in the conversation.
    buyers
        Shape `(m,)`: their lasting numbers in the town, by which a strategy may keep state.
    n
        How many take part.
    mechanism
        The rules, which are public.
    prior
        What everybody believes about one another's values; None if nobody knows.
    utility
        Their attitude to risk.
    heard
        The public announcements so far.
    posterior
        Called with a member's position in `seats`: her belief over type profiles, a `JointDistribution`
        (her knowledge, conditioned on what she has heard); None where nature gives no beliefs.
    said
        The earlier questions of the conversation with the members' answers that counted, shape
        `(..., m, *question.shape)`, the question's default for those who were not asked.

    What was heard and said is the history: with her type and her knowledge it is all that a buyer goes by.
    """

    values: NDArray[Any]
    seats: NDArray[np.intp]
    buyers: NDArray[np.intp]
    n: int
    mechanism: Mechanism
    prior: CommonPrior | None = None
    utility: Utility = field(default_factory=Linear)
    heard: tuple[Announce, ...] = ()
    posterior: Callable[[int], TypeBelief | None] | None = None
    said: Sequence[tuple[BuyerQuestion, NDArray[Any]]] = ()


def shaded(known: View | Feedback, types: NDArray[Any], share: NDArray[Any]) -> NDArray[Any]:
    """The members' reports at a share of their value, as the mechanism's space has it.

    types
        Shape `(..., m, *type_shape)`.
    share
        Shape `(..., m)`, or broadcast to it.
    """
    space = known.mechanism.space
    return space.shaded(types, share, sells(known) if space.has_sellers else False)


def sells(known: View | Feedback) -> Any:
    """Which members sell, shape `(m,)`; False where nobody does."""
    space = known.mechanism.space
    return space.sells(known.n)[known.seats] if space.has_sellers else False


def each_shaded(known: View | Feedback, types: NDArray[Any], shares: NDArray[Any]) -> NDArray[Any]:
    """The same for each of the shares (K,), or (..., m, K): reports of shape `(..., m, K, *type_shape)`."""
    space = known.mechanism.space
    each = np.expand_dims(types, types.ndim - len(space.type_shape))
    return space.shaded(each, shares, np.expand_dims(sells(known), -1) if space.has_sellers else False)


@dataclass(slots=True)
class Mixed:
    """A randomised answer: finitely many answers with probabilities, independent between buyers.

    answers
        Shape `(..., m, b)`, or `(..., m, b, *question.shape)`: b possible answers for each member.
    probabilities
        Shape `(b,)` for all alike, or `(..., m, b)`.
    """

    answers: NDArray[Any]
    probabilities: NDArray[Any]


@dataclass(slots=True)
class Feedback:
    """What the m members of a group are told when a conversation has ended. Arrays are copies.

    seats, buyers, n, mechanism, values, utility
        As in `View`; `values` has shape `(m,)` or `(m, items)`.
    answers
        Each question that was put to a member, with the answers that counted, shape `(m, *question.shape)`;
        the question's default where a member was not asked.
    allocation, payments, payoffs
        Shape `(m,)` (`allocation` `(m, items)` for several kinds of goods): what they got and paid, and value
        less payment in money.
    causes
        Payments by cause.
    price
        The highest price paid, if the seller discloses it (or all bids), else None.
    bids
        Shape `(n, …)`: everybody's answers to the first question, if the seller discloses them, else None.
    prior
        As in `View`.
    realised
        As `values`: what the good turned out to be worth, where `values` are only signals of it; else None.

    Where many conversations were played alike at once (instant learning), all arrays have the same leading
    axes, a row for each; only `seats` and `buyers` have none.
    """

    seats: NDArray[np.intp]
    buyers: NDArray[np.intp]
    n: int
    mechanism: Mechanism
    values: NDArray[Any]
    utility: Utility
    answers: tuple[tuple[BuyerQuestion, NDArray[Any]], ...]
    allocation: NDArray[Any]
    payments: NDArray[Any]
    payoffs: NDArray[Any]
    causes: Mapping[str, NDArray[Any]]
    price: float | None = None
    bids: NDArray[Any] | None = None
    prior: CommonPrior | None = None
    realised: NDArray[Any] | None = None

    @property
    def worth(self) -> NDArray[Any]:
        """What the good was worth to each member: her value, unless that was only a signal of it."""
        return self.values if self.realised is None else self.realised


@dataclass(slots=True)
class SidePayments:
    """Money that members of a group pay one another after an auction, behind the seller's back.

    payers, payees
        Shape `(k,)`: numbers of buyers (as in `Feedback.buyers`) who took part.
    amounts
        Shape `(k,)`: money, at least 0.
    reason
        Why, for the records.
    """

    payers: NDArray[np.intp]
    payees: NDArray[np.intp]
    amounts: NDArray[np.float64]
    reason: str
