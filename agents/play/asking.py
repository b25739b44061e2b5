"""Party: those who take part in one conversation, and how their answers to a question are collected.

The market, instant play and exact play all ask through here. Strategies may be anybody's code: what they
answer is checked before it is believed, and what they raise becomes a refusal with its reason.
"""

from __future__ import annotations

import math
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.play.patience import at_most
from agents.population import Side
from agents.view import Mixed, View
from mechanisms.conversation import Mechanism
from mechanisms.questions import Announce, BuyerQuestion, TypeBelief
from mechanisms.types import TypeSpace

ANSWERED, LATE, SILENCE, REFUSED, NOT_ASKED = range(5)

_SHOWN = 5
_FLOAT = np.dtype(float)
MISBEHAVIOUR = (Exception, SystemExit, GeneratorExit)
"""What a strategy may raise without stopping the market: anything but Ctrl-C."""

_NOT_STRATEGIES = (
    str(Path(__file__).parent / "_")[:-1],
    str(Path(__file__).parents[1] / "strategies" / "base.py"),
    str(Path(__file__).parents[2] / "sim" / "_")[:-1],
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    "<",
)
"""Where code lies that calls strategies, or that they call."""

Resolve = Callable[[Mixed, Side, BuyerQuestion], NDArray[Any]]
"""Turns a randomised answer of a side into a definite one, shape `(m, *question.shape)`."""


def at(lead: tuple[int, ...], seats: NDArray[np.intp]) -> Any:
    """Index of some seats in an array of shape `(*lead, n, …)`."""
    return (*(slice(None),) * len(lead), seats)


@dataclass(slots=True)
class Party:
    """The n participants of one conversation, or of many alike that are played at once (`lead`).

    values
        Shape `(*lead, n)`, or `(*lead, n, items)`: their types.
    sides
        The participants by group.
    posterior
        Called with a local index: that buyer's belief over type profiles now; None where nature gives none.
    heard, said
        The history: what was announced, and what was asked with the answers that counted, `(*lead, n, …)`.
    limit
        Seconds that an answer may take, see `agents.play.patience`; many at once may take as many times that.
    raises
        Whether a strategy that fails raises StrategyError, in place of a refusal.
    space
        What the mechanism is about.
    """

    mechanism: Mechanism
    values: NDArray[Any]
    sides: tuple[Side, ...]
    n: int
    lead: tuple[int, ...] = ()
    posterior: Callable[[int], TypeBelief | None] | None = None
    heard: tuple[Announce, ...] = ()
    said: tuple[tuple[BuyerQuestion, NDArray[Any]], ...] = ()
    limit: float | None = None
    raises: bool = False
    space: TypeSpace = field(init=False)

    def __post_init__(self) -> None:
        self.space = self.mechanism.space  # some make it anew whenever they are asked

    def of(self, array: NDArray[Any], seats: NDArray[np.intp]) -> NDArray[Any]:
        """The entries of `array`, shape `(*lead, n, …)`, for some seats; a copy."""
        return array[at(self.lead, seats) if self.lead else seats]

    def view(self, side: Side) -> View:
        """What the members of a side know now."""
        seats, group, posterior = side.seats, side.group, self.posterior
        values = self.values[at(self.lead, seats) if self.lead else seats]
        buyers, n, rules = side.buyers, self.n, self.mechanism
        view = View(values, seats, buyers, n, rules, group.prior, group.utility, self.heard)
        if posterior is not None:
            view.posterior = lambda k: posterior(int(seats[k]))
        if self.said:
            view.said = self._said_by(seats)
        return view

    def _said_by(self, seats: NDArray[np.intp]) -> Sequence[tuple[BuyerQuestion, NDArray[Any]]]:
        """The answers of some seats so far."""
        return Looked(self.said, lambda answers: self.of(answers, seats))


class Looked(Sequence[tuple[BuyerQuestion, NDArray[Any]]]):
    """Questions with answers of some, copied when they are looked at: most strategies do not look back."""

    def __init__(
        self, said: tuple[tuple[BuyerQuestion, NDArray[Any]], ...], of: Callable[[NDArray[Any]], NDArray[Any]]
    ) -> None:
        self._said = said
        self._of = of

    def __len__(self) -> int:
        return len(self._said)

    def __getitem__(self, which: Any) -> Any:
        if isinstance(which, slice):
            return Looked(self._said[which], self._of)
        question, answers = self._said[which]
        return question, self._of(answers)


@dataclass(slots=True)
class Answers:
    """What n buyers said to one question; whether it arrives in time is not settled yet.

    values
        Shape `(*lead, n, *question.shape)`: acceptable answers; the default for everyone else. `sent` itself
        where all are acceptable.
    sent
        The same, with refused numbers as they were sent, and the default where no numbers came.
    status
        Shape `(*lead, n)`: ANSWERED, SILENCE, REFUSED or NOT_ASKED.
    refusals
        Positions in `status`, and reasons.
    """

    values: NDArray[Any]
    sent: NDArray[Any]
    status: NDArray[np.uint8]
    refusals: list[tuple[tuple[int, ...], str]] = field(default_factory=list)

    def __getitem__(self, rows: Any) -> Answers:
        """Those to one auction of many, or to some: views, without the refusals."""
        sent = self.sent[rows]
        return Answers(sent if self.values is self.sent else self.values[rows], sent, self.status[rows])

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Whose answer is believed."""
        return self.status == ANSWERED

    def refuse(self, question: BuyerQuestion, seats: NDArray[np.intp], reason: str) -> None:
        """Let the default stand for those of some seats who answered; for answers without leading axes."""
        seats = seats[self.status[seats] == ANSWERED]
        self.values = self.values.copy()
        self.values[seats] = question.default
        self.status[seats] = REFUSED
        self.refusals += [((seat,), reason) for seat in seats.tolist()]


def unasked(question: BuyerQuestion, shape: tuple[int, ...]) -> Answers:
    """Nobody's answers yet; `shape` is `(*lead, n)`."""
    sent: NDArray[Any] = np.empty((*shape, *question.shape), dtype=question.dtype)
    sent.fill(question.default)
    status = np.empty(shape, dtype=np.uint8)
    status.fill(NOT_ASKED)
    return Answers(sent, sent, status)


def collect(
    question: BuyerQuestion,
    party: Party,
    resolve: Resolve,
    sides: Sequence[Side] | None = None,
    known: Answers | None = None,
) -> Answers:
    """Ask every side, or some sides; believe only acceptable answers.

    `known` are answers of the other sides, to be filled up in place; those who are asked now are noted there
    as ANSWERED already.
    """
    answers = unasked(question, (*party.lead, party.n)) if known is None else known
    sent, status = answers.sent, answers.status
    answers.values = sent
    whom = party.sides if sides is None else sides
    for side in whom if question.to is None else asked(question, party.sides):
        where = at(party.lead, side.seats) if party.lead else side.seats
        try:
            sent[where] = _answer(question, party, side, resolve)
            if known is None:
                status[where] = ANSWERED
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # strategies may be anybody's code, and raise anything
            if isinstance(error, RefusesRandomness) and resolve is definite:
                raise
            if party.raises:
                raise StrategyError(_failed(question, side.group.strategy, in_words(error))) from error
            sent[where] = question.default
            status[where] = REFUSED
            reason = in_words(error)
            answers.refusals += [(position, reason) for position in _positions(party.lead, side)]
    _believe(question, answers)
    if party.raises and answers.refusals:
        where, reason = answers.refusals[0]
        (strategy,) = (side.group.strategy for side in party.sides if where[-1] in side.seats)
        raise StrategyError(_failed(question, strategy, reason))
    return answers


class StrategyError(RuntimeError):
    """A strategy failed, or answered what may not be believed, where that is to stop the run."""


def _failed(question: BuyerQuestion, strategy: Any, reason: str) -> str:
    return f"{question.answered_by} of {strategy!r}: {reason}"


def in_words(error: BaseException) -> str:
    """Kind and message of what anybody's code raised, and the file and line, as text to be written down."""
    kind = type(error).__name__
    try:
        words = f"{kind}: {error}".encode(errors="backslashreplace").decode()
    except MISBEHAVIOUR:  # the error's own words are anybody's code too
        words = f"{kind}, which cannot say why"
    return words + _place(error)


def _place(error: BaseException) -> str:
    """The last line of a strategy's code that was at work, in words; nothing if none was."""
    lines = [
        (Path(frame.f_code.co_filename), line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith(_NOT_STRATEGIES)
    ]
    return f" ({lines[-1][0].name}, line {lines[-1][1]})" if lines else ""


def insist(question: BuyerQuestion, party: Party, resolve: Resolve) -> Answers:
    """Ask every side, where there is nobody to record a refusal: it raises ValueError."""
    answers = collect(question, party, resolve)
    for where, reason in answers.refusals:
        raise ValueError(f"the answer of buyer {where[-1]} is refused: {reason}")
    return answers


class RefusesRandomness(TypeError):
    """A randomised answer came where only definite ones can be used."""


def definite(mixed: Mixed, side: Side, question: BuyerQuestion) -> NDArray[Any]:
    """The `Resolve` of a player who cannot use randomised answers."""
    raise RefusesRandomness(f"{side.group.strategy!r} randomises its answer to {question.answered_by}")


def asked(question: BuyerQuestion, sides: tuple[Side, ...]) -> tuple[Side, ...]:
    """The sides, cut down to those members whom the question goes to."""
    n = sum(len(side.seats) for side in sides)
    chosen = np.zeros(n, dtype=bool)
    chosen[question.seats(n)] = True
    kept = ((side, chosen[side.seats]) for side in sides)
    return tuple(Side(s.group, s.seats[mask], s.buyers[mask]) for s, mask in kept if mask.any())


def _positions(lead: tuple[int, ...], side: Side) -> Iterator[tuple[int, ...]]:
    return ((*where, seat) for where in np.ndindex(*lead) for seat in side.seats.tolist())


def _answer(question: BuyerQuestion, party: Party, side: Side, resolve: Resolve) -> NDArray[Any]:
    """One side's answer as an array of the right shape; raises if it is nothing of the kind."""
    if party.limit is None:
        given = side.group.strategy.answer(question, party.view(side))
    else:
        with at_most(party.limit * math.prod(party.lead)):
            given = side.group.strategy.answer(question, party.view(side))
    if type(given) is not np.ndarray:
        given = np.asarray(resolve(given, side, question) if isinstance(given, Mixed) else given)
    if given.dtype is not _FLOAT and given.dtype.kind not in "fiub":
        raise TypeError(f"an answer must be numbers, got dtype {given.dtype}")
    wanted = side.seats.shape
    if party.lead or question.shape:
        wanted = party.lead + wanted + question.shape
    if given.shape != wanted:
        raise ValueError(f"answers must have shape {wanted}, got {given.shape}")
    return _whole(given) if question.dtype is np.int64 else given


def _whole(given: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers as integers; ValueError where they are none, or none that fits."""
    with np.errstate(invalid="ignore"):
        whole = given.astype(np.int64)
    if not np.array_equal(whole, given):
        raise ValueError(f"answers must be integers, got {given.ravel()[:_SHOWN].tolist()}")
    return whole


def _believe(question: BuyerQuestion, answers: Answers) -> None:
    """Put the default in place of what is not acceptable, and say why."""
    if question.all_acceptable(answers.sent):
        return
    believed = question.acceptable(answers.sent)
    status = answers.status
    doubtful = (status == ANSWERED) & ~believed
    silent = doubtful & question.silent(answers.sent)
    refused = doubtful & ~silent
    status[silent] = SILENCE
    status[refused] = REFUSED
    if doubtful.any():
        answers.values = answers.sent.copy()
        answers.values[doubtful] = question.default
    if refused.any():
        reason = f"{question.answered_by}: must be {question.allowed}, got"
        where = [tuple(position) for position in np.argwhere(refused).tolist()]
        answers.refusals += [(position, f"{reason} {answers.sent[position]}") for position in where]


def sample_mixed(mixed: Mixed, uniforms: NDArray[Any]) -> NDArray[Any]:
    """A definite answer for each buyer, chosen by her uniform number; `uniforms` has shape `(..., m)`."""
    probabilities = _checked(mixed, uniforms.shape)
    chosen = (np.cumsum(probabilities, axis=-1) <= uniforms[..., None]).sum(axis=-1)
    last = probabilities.shape[-1] - 1 - (probabilities[..., ::-1] > 0).argmax(axis=-1)
    chosen = np.minimum(chosen, last)
    answers = np.asarray(mixed.answers)
    index = chosen.reshape(*chosen.shape, *(1,) * (answers.ndim - chosen.ndim))
    return np.take_along_axis(answers, index, axis=chosen.ndim).squeeze(axis=chosen.ndim)


def checked_probabilities(mixed: Mixed, members: tuple[int, ...]) -> NDArray[Any]:
    """The probabilities of a randomised answer, shape `(*members, b)`, or ValueError."""
    probabilities = _checked(mixed, members)
    return np.broadcast_to(probabilities, (*members, probabilities.shape[-1]))


def _checked(mixed: Mixed, members: tuple[int, ...]) -> NDArray[Any]:
    """The same with shape `(b,)` where they are given for all alike."""
    branches = np.asarray(mixed.answers).shape[len(members)]
    given = np.asarray(mixed.probabilities, dtype=float)
    probabilities = np.broadcast_to(given, (branches,) if given.ndim <= 1 else (*members, branches))
    if not np.all(probabilities >= 0) or not np.all(np.abs(probabilities.sum(axis=-1) - 1.0) <= 1e-9):
        raise ValueError("probabilities of a mixed answer must be at least 0 and sum to 1")
    return probabilities
