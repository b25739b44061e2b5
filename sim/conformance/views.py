"""Questions of every kind, with views and feedback for a group of three among five buyers."""

from dataclasses import dataclass, replace

import numpy as np

from agents.view import Feedback, Mixed, View
from mechanisms.conversation import DirectMechanism
from mechanisms.distributions import Discrete, JointDistribution, Uniform
from mechanisms.outcome import Outcome
from mechanisms.questions import (
    AskBelief,
    AskGridBelief,
    AskMarginals,
    AskProductBelief,
    AskValue,
    AskValueBound,
    CallPrice,
    InviteBid,
    OfferPrice,
    ShowMenu,
)
from mechanisms.types import Additive, one_good
from mechanisms.utilities import Linear

N = 5
SEATS = (0, 2, 3)
BUYERS = (40, 7, 1000)

QUESTIONS = (
    AskValue(),
    AskValue(to=SEATS),
    AskValue(shape=(3,)),
    AskBelief(about=(1, 4), outcomes=6),
    AskGridBelief(about=(1, 4), outcomes=9),
    AskProductBelief(about=(1, 4), outcomes=9),
    AskMarginals(about=(1, 4), outcomes=3),
    AskValueBound(about=(1, 4)),
    OfferPrice(prices=(0.5, 0.1, 0.5, 0.0, 2.0)),
    OfferPrice(to=SEATS, prices=(0.5, 0.25, 0.75)),
    ShowMenu(entries=((1.0,), (0.5,)), prices=(0.5, 0.2)),
    ShowMenu(entries=((1.0, 0.0, 0.0), (0.5, 0.5, 1.0)), prices=(0.5, 1.0), purchases=2, adaptive=True),
    CallPrice(),
    CallPrice(price=0.5, exits=(0.25, 0.5)),
    InviteBid(price=0.5, increment=0.125, rounds=3),
    InviteBid(price=0.5, leader=1, increment=0.125, round=1, rounds=3),
    InviteBid(price=0.5, leader=2, increment=0.125, round=2, rounds=3),
)
"""One of each kind at least; prices are met exactly by some values of the views, so that ties occur."""


@dataclass(frozen=True)
class PayYourBid(DirectMechanism):
    """The highest bid is paid; with values uniform on [0, 1], (n − 1)/n of the value is its equilibrium."""

    goods: int = 1

    @property
    def space(self):
        return Additive(self.goods) if self.goods > 1 else one_good(1)

    def outcome(self, reports):
        won = np.arange(reports.shape[-1]) == reports.argmax(axis=-1)[..., None]
        allocation = won & np.isfinite(reports)
        return Outcome(allocation.astype(float), np.where(allocation, reports, 0.0))

    def equilibrium_bids(self, values, n, prior):
        return values * (n - 1) / n


THREE, TWO = Discrete([0, 1, 2], [0.2, 0.3, 0.5]), Discrete([0, 1], [0.4, 0.6])
BELIEF = JointDistribution.product([TWO, THREE, TWO, TWO, TWO])
"""What each member believes in these views: independent types, three values of buyer 1, two of others."""


def items_of(question):
    """How many kinds of goods a question is about."""
    if isinstance(question, ShowMenu):
        return len(question.entries[0])
    return question.shape[0] if isinstance(question, AskValue) and question.shape else 1


def takes_rows(question):
    """Whether many occasions can be answered at once; a belief stands for one."""
    return not isinstance(question, AskBelief | AskValueBound)


def about_one_item(questions):
    """The questions about one kind of goods."""
    return tuple(question for question in questions if items_of(question) == 1)


def about_any_belief(questions):
    """Without those that accept products only: no strategy that bends a table keeps it a product."""
    return tuple(question for question in questions if not isinstance(question, AskProductBelief))


def view_for(question, rows=(), values=None):
    """A view of the group: values on quarters (ties with prices), one of them random."""
    rng = np.random.default_rng(2)
    shape = (*rows, len(SEATS)) if items_of(question) == 1 else (*rows, len(SEATS), items_of(question))
    if values is None:
        values = np.where(rng.random(shape) < 0.7, rng.integers(0, 5, shape) / 4, rng.random(shape))
    return View(
        values=values,
        seats=np.array(SEATS),
        buyers=np.array(BUYERS),
        n=N,
        mechanism=PayYourBid(items_of(question)),
        prior=Uniform(0.0, 1.0),
        posterior=lambda member: BELIEF,
    )


def reordered(view, question, order):
    """The same view with its members in another order."""
    axis = -1 if items_of(question) == 1 else -2
    values = np.take(view.values, order, axis=axis)
    return replace(view, values=values, seats=view.seats[order], buyers=view.buyers[order])


def lesson(strategy, question, seats, winner=0):
    """What the members hear at some seats, after a question that they answered by their strategy.

    The first of their possible answers counted; the member at `winner` got the good and paid a quarter.
    """
    view = replace(view_for(question), seats=np.array(seats))
    given = strategy.answer(question, view)
    members = given.answers[:, 0] if isinstance(given, Mixed) else given
    bids = question.defaults(N).astype(float)
    bids[list(seats)] = members
    several = isinstance(question, ShowMenu) and items_of(question) > 1
    won = (np.arange(len(seats)) == winner).astype(float)
    paid = won / 4
    worth = won * (view.values.sum(axis=-1) if several else view.values)
    return Feedback(
        seats=view.seats, buyers=view.buyers, n=N, mechanism=view.mechanism, values=view.values,
        utility=Linear(), answers=((question, members),), payments=paid, payoffs=worth - paid,
        allocation=won[:, None] * np.ones(items_of(question)) if several else won,
        causes={"price": paid + won / 8, "reward": -won / 8}, price=0.25, bids=bids, prior=view.prior,
    )


def feedback_on(question, winner, values=(1.0, 0.5, 0.75)):
    """What the group is told after all bid half their values and the member at `winner` (or none) won."""
    values = np.array(values)
    bids = np.full(N, 0.1)
    bids[list(SEATS)] = values / 2
    allocation = (np.arange(len(SEATS)) == winner).astype(float)
    payments = allocation * values / 2
    return Feedback(
        seats=np.array(SEATS),
        buyers=np.array(BUYERS),
        n=N,
        mechanism=PayYourBid(),
        values=values,
        utility=Linear(),
        answers=((question, bids[list(SEATS)]),),
        allocation=allocation,
        payments=payments,
        payoffs=allocation * values - payments,
        causes={"price": payments},
        price=float(payments.max()),
        bids=bids,
        prior=Uniform(0.0, 1.0),
    )
