"""Questions: what a mechanism may put to buyers, to nature and to the public while it runs.

A mechanism is a conversation: a generator that yields questions and receives their answers (see
`mechanisms.conversation`). A question knows no clock. It says to whom it goes, what an answer looks like,
what silence means (`default`), and which method of a strategy answers it. Payloads are tuples, so that
questions can be compared and hashed: exact play tells public histories apart by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

SILENT = -np.inf
"""The answer of a buyer who says nothing: the question's default stands, and no error is recorded."""


@dataclass(frozen=True, slots=True)
class Replies:
    """What came back from a question to buyers.

    values
        Shape `(n, *question.shape)`: the answers in the order of the buyers' local indices, the question's
        default where a buyer was not asked, was silent, late, or answered something unacceptable.
    answered
        Shape `(n,)`, bool: whose answer arrived and was accepted.
    """

    values: NDArray[Any]
    answered: NDArray[np.bool_]


@dataclass(frozen=True)
class Question:
    """Anything that a conversation may yield."""

    def put(self, player: Any) -> Any:
        """Hand the question to whoever plays the conversation and return the reply."""
        raise NotImplementedError


@dataclass(frozen=True)
class BuyerQuestion(Question):
    """A question to buyers; subclasses add their payload.

    `to` holds the local indices of those who are asked, or None for everyone.
    """

    to: tuple[int, ...] | None = None

    answered_by: ClassVar[str]
    """Name of the strategy's method that answers."""
    allowed: ClassVar[str] = "a finite number, at least 0"
    """What an acceptable answer is, for the message that goes with a refusal."""
    default: ClassVar[float] = SILENT
    """What stands when no acceptable answer arrives in time."""
    dtype: ClassVar[type] = np.float64

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one buyer's answer; () for a number."""
        return ()

    def put(self, player: Any) -> Replies:
        """Ask the buyers."""
        return player.ask(self)

    def seats(self, n: int) -> NDArray[np.intp]:
        """Local indices of those who are asked, in the order of `to`; ValueError if one is not in 0 … n−1."""
        if self.to is None:
            return np.arange(n)
        if not all(0 <= seat < n for seat in self.to):
            raise ValueError(f"to must hold local indices from 0 to {n - 1}, got {self.to}")
        return np.asarray(self.to, dtype=np.intp)

    def defaults(self, n: int) -> NDArray[Any]:
        """Array `(n, *shape)` of the default answer."""
        return np.full((n, *self.shape), self.default, dtype=self.dtype)

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Mask over the leading axes of `answers`: which may be believed."""
        return _all_parts(np.isfinite(answers) & (answers >= 0), self.shape)

    def silent(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Mask over the leading axes of `answers`: who chose to say nothing."""
        return _all_parts(answers == SILENT, self.shape)


def _all_parts(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Reduce a mask over the axes of one answer, which are the last ones."""
    return np.all(mask, axis=tuple(range(-len(shape), 0))) if shape else mask


@dataclass(frozen=True)
class AskValue(BuyerQuestion):
    """Report your value: a number, or with `items` > 1 a number for each item. Silence: no bid, `-inf`.

    An auction without truth in it uses the same question; the report is then simply the bid.
    """

    items: int = 1

    answered_by: ClassVar[str] = "report_value"

    @property
    def shape(self) -> tuple[int, ...]:
        """() for one kind of good, else (items,)."""
        return () if self.items == 1 else (self.items,)


@dataclass(frozen=True)
class AskGridValue(AskValue):
    """Report your value, an integer from 0 to `bound` − 1. Silence: no bid, `-inf`."""

    bound: int = 1

    @property
    def allowed(self) -> str:  # type: ignore[override]
        """In words."""
        return f"an integer from 0 to {self.bound - 1}"

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Integers in range."""
        whole = answers == np.floor(answers)
        return _all_parts(whole & (answers >= 0) & (answers < self.bound), self.shape)


@dataclass(frozen=True)
class AskValueBound(BuyerQuestion):
    """Name the least B such that the buyers in `about` have values in 0 … B−1. Silence: not known, NaN."""

    about: tuple[int, ...] = ()

    answered_by: ClassVar[str] = "report_value_bound"
    allowed: ClassVar[str] = "an integer, at least 1"
    default: ClassVar[float] = np.nan

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Positive integers."""
        return np.isfinite(answers) & (answers >= 1) & (answers == np.floor(answers))

    def told_by(self, belief: Any) -> int:
        """The true answer of a buyer with this belief over type profiles (None: 1)."""
        return 1 if belief is None else belief.value_bound(self.about)


@dataclass(frozen=True)
class AskBelief(BuyerQuestion):
    """Report your belief about the types of the buyers in `about`.

    The answer is a probability for each joint type of them, `outcomes` numbers in lexicographic order.
    Silence: no belief, NaN throughout.
    """

    about: tuple[int, ...] = ()
    outcomes: int = 0

    answered_by: ClassVar[str] = "report_belief"
    allowed: ClassVar[str] = "probabilities, at least 0, that sum to 1"
    default: ClassVar[float] = np.nan

    @property
    def shape(self) -> tuple[int, ...]:
        """(outcomes,)."""
        return (self.outcomes,)

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Non-negative masses that sum to 1 within 1e-9."""
        with np.errstate(invalid="ignore"):
            sums_to_1 = np.abs(answers.sum(axis=-1) - 1) <= 1e-9
            return np.asarray(np.all(answers >= 0, axis=-1) & sums_to_1)

    def silent(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """NaN or SILENT throughout."""
        return _all_parts(np.isnan(answers) | (answers == SILENT), self.shape)

    def told_by(self, belief: Any) -> NDArray[np.float64]:
        """The true answer of a buyer with this belief over type profiles (None: she has none; uniform)."""
        return self.uniform() if belief is None else self._read(belief)

    def uniform(self) -> NDArray[np.float64]:
        """The answer of somebody who can say nothing at all."""
        return np.full(self.shape, 1 / self.outcomes)

    def _read(self, belief: Any) -> NDArray[np.float64]:
        return belief.marginal(self.about).table.ravel()


@dataclass(frozen=True)
class AskGridBelief(AskBelief):
    """Report your belief about m buyers whose types are 0 … B−1; `outcomes` is B to the power of m.

    `least` is the least type that any of them may have, given what was announced: who can make no sense of
    what she heard reports uniform on the types from there on.
    """

    least: int = 0

    @property
    def bound(self) -> int:
        """B, the number of types of each buyer in `about`."""
        return round(self.outcomes ** (1 / max(len(self.about), 1)))

    def uniform(self) -> NDArray[np.float64]:
        """Uniform from `least` on."""
        table = np.zeros((self.bound,) * len(self.about))
        table[(slice(min(self.least, self.bound - 1), None),) * len(self.about)] = 1.0
        return table.ravel() / table.sum()

    def _read(self, belief: Any) -> NDArray[np.float64]:
        return belief.integer_table(self.about, self.bound).ravel()


@dataclass(frozen=True)
class AskMarginals(AskGridBelief):
    """Report your belief about several buyers as a product: one distribution for each of `about`.

    The answer has shape (len(about), outcomes); `outcomes` is the number of types of each.
    """

    @property
    def bound(self) -> int:
        """How many types each has."""
        return self.outcomes

    @property
    def shape(self) -> tuple[int, ...]:
        """(len(about), outcomes)."""
        return (len(self.about), self.outcomes)

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Each row a distribution."""
        return np.asarray(super().acceptable(answers).all(axis=-1))

    def uniform(self) -> NDArray[np.float64]:
        """All alike, uniform from `least` on."""
        row = np.arange(self.bound) >= min(self.least, self.bound - 1)
        return np.tile(row / row.sum(), (len(self.about), 1))

    def _read(self, belief: Any) -> NDArray[np.float64]:
        return np.stack([belief.integer_table((buyer,), self.bound) for buyer in self.about])


@dataclass(frozen=True)
class OfferPrice(BuyerQuestion):
    """Take one unit at your price, or leave it. Answer 1 or 0; silence: 0.

    `prices` holds one price for each buyer in `to`, in the same order.
    """

    prices: tuple[float, ...] = ()

    answered_by: ClassVar[str] = "answer_offer"
    allowed: ClassVar[str] = "0 (leave it) or 1 (take it)"
    default: ClassVar[float] = 0

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """0 or 1."""
        return (answers == 0) | (answers == 1)


@dataclass(frozen=True)
class ShowMenu(BuyerQuestion):
    """Choose up to `purchases` entries of a menu of priced lotteries. Silence: nothing.

    entries
        One tuple of probabilities (one for each item) for each entry.
    prices
        One price for each entry.
    adaptive
        Whether the buyer sees what she holds before she chooses again.

    The answer is `purchases` indices of entries, −1 for no purchase.
    """

    entries: tuple[tuple[float, ...], ...] = ()
    prices: tuple[float, ...] = ()
    purchases: int = 1
    adaptive: bool = False

    answered_by: ClassVar[str] = "choose_from_menu"
    allowed: ClassVar[str] = "indices of menu entries, −1 for none"
    default: ClassVar[float] = -1
    dtype: ClassVar[type] = np.int64

    @property
    def shape(self) -> tuple[int, ...]:
        """(purchases,)."""
        return (self.purchases,)

    def acceptable(self, answers: NDArray[Any]) -> NDArray[np.bool_]:
        """Indices of entries, or −1."""
        return np.all((answers >= -1) & (answers < len(self.prices)), axis=-1)


@dataclass(frozen=True)
class CallPrice(BuyerQuestion):
    """Ascending clock: the price stands at `price`; at which price will you leave?

    The clock jumps to the lowest answer, so that a buyer is asked again only when somebody has left.
    `exits` lists the prices at which others left so far. An answer below `price` means to leave at once;
    so does silence.
    """

    price: float = 0.0
    exits: tuple[float, ...] = ()

    answered_by: ClassVar[str] = "answer_clock"


@dataclass(frozen=True)
class InviteBid(BuyerQuestion):
    """Open proxy auction: the standing price is `price`; raise your maximum, or stay silent.

    `leader` is the local index of the standing high bidder (None before the first bid), `increment` the
    least raise over the standing price, `round` counts from 0, and bidding closes hard after `rounds` of
    them. An answer not above one's earlier maximum changes nothing.
    """

    price: float = 0.0
    leader: int | None = None
    increment: float = 0.0
    round: int = 0
    rounds: int = 1

    answered_by: ClassVar[str] = "raise_bid"


@dataclass(frozen=True)
class Announce(Question):
    """A public announcement: named facts that every buyer hears. There is no reply.

    >>> Announce.facts(star=2, values=(3, 1)).content
    (('star', 2), ('values', (3, 1)))
    """

    content: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def facts(cls, **facts: Any) -> Announce:
        """Make an announcement from keywords; payloads must be hashable."""
        return cls(tuple(facts.items()))

    def __getitem__(self, name: str) -> Any:
        """The announced fact called `name`."""
        return dict(self.content)[name]

    def put(self, player: Any) -> None:
        """Tell everyone."""
        return player.announce(self)


@dataclass(frozen=True)
class Chance(Question):
    """A finite chance move, put to nature; the reply is the index of the branch that was taken."""

    probabilities: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        masses = self.probabilities
        if not all(p >= 0 for p in masses) or abs(sum(masses) - 1) > 1e-9:
            raise ValueError(f"probabilities must be at least 0 and sum to 1, got {masses}")

    def put(self, player: Any) -> int:
        """Let nature move."""
        return player.chance(self)


@dataclass(frozen=True)
class Draw(Question):
    """A continuous chance move: the reply is a number drawn from `distribution` (it has `quantile`).

    Exact play refuses it, unless the mechanism offers a discretised form.
    """

    distribution: Any = None

    def put(self, player: Any) -> float:
        """Let nature draw."""
        return player.draw(self)


def branch(probabilities: Sequence[float], uniform: float) -> int:
    """Index of the branch of positive probability that a uniform number in [0, 1) selects.

    >>> branch((0.25, 0.75), 0.2), branch((0.25, 0.75), 0.25), branch((1.0, 0.0), 0.999)
    (0, 1, 0)
    """
    cumulated = 0.0
    last = 0
    for k, p in enumerate(probabilities):
        if p > 0:
            last = k
            cumulated += p
            if uniform < cumulated:
                return k
    return last
