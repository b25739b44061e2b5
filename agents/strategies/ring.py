"""A ring: bidders with one plan and side payments (Graham and Marshall 1987; Krishna 2010, ch. 11).

The members tell one another their values. The one with the highest bids; the others stay out. Afterwards the
winner pays into a pool what the knockout among members would have cost her beyond the price: the second
highest value in the ring less what she paid, if that is above 0. The pool is shared equally by all members.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from agents.strategies.base import Answer, Strategy, Truthful
from agents.strategies.wrapper import Wrapper, check_strategy
from agents.view import Feedback, Mixed, SidePayments, View
from mechanisms.questions import SILENT, AskValue, CallPrice, InviteBid, OfferPrice, ShowMenu

REASON = "ring"


@dataclass(frozen=True)
class Ring(Wrapper):
    """The members of the group who take part in an auction collude in it.

    inner
        How the leader, the member of the highest value (the lowest number among equals), answers. To a
        question for reports she counts as bidders only herself and the outsiders. TypeError if not a
        `Strategy`, ValueError if it learns.

    The others send no bid, or 0 where there are several items and each has its own leader. Of members who
    are asked one after the other (a posted price) each is the leader when her turn comes. Other questions, as
    for beliefs, are answered as `inner` does.
    """

    inner: Strategy = field(default_factory=Truthful)

    def __post_init__(self) -> None:
        check_strategy("inner", self.inner)
        if not self.inner.memoryless:
            raise ValueError(f"inner must be memoryless, got {self.inner!r}")

    def report_value(self, question: AskValue, view: View) -> Answer:
        """The leader's report, as one bidder among the outsiders."""
        alone = replace(view, n=view.n - len(view.seats) + 1)
        several = bool(question.shape)
        silence = 0.0 if several else SILENT
        return _only(_leads(view, several), self.inner.answer(question, alone), silence, several)

    def answer_offer(self, question: OfferPrice, view: View) -> Answer:
        """The leader decides, the others decline."""
        return _only(_leads(view), self.inner.answer(question, view), 0.0)

    def choose_from_menu(self, question: ShowMenu, view: View) -> Answer:
        """The leader chooses, the others buy nothing."""
        several = len(question.entries[0]) > 1
        totals = replace(view, values=view.values.sum(axis=-1)) if several else view
        return _only(_leads(totals)[..., None], self.inner.answer(question, view), -1, vector=True)

    def answer_clock(self, question: CallPrice, view: View) -> Answer:
        """The leader stays, the others never come in."""
        return _only(_leads(view), self.inner.answer(question, view), SILENT)

    def raise_bid(self, question: InviteBid, view: View) -> Answer:
        """The leader bids, the others are silent."""
        return _only(_leads(view), self.inner.answer(question, view), SILENT)

    def side_payments(self, feedback: Feedback) -> SidePayments | None:
        """The winner pays each other member an equal share of what the ring saved her."""
        members = len(feedback.seats)
        if members < 2 or feedback.allocation.ndim > 1 or not (feedback.allocation > 0).any():
            return None
        winner = int(feedback.allocation.argmax())
        others = np.delete(np.arange(members), winner)
        saved = float(feedback.values[others].max() - feedback.payments[winner])
        if saved <= 0:
            return None
        payers = np.repeat(feedback.buyers[winner], members - 1)
        share = np.full(members - 1, saved / members)
        return SidePayments(payers, feedback.buyers[others], share, REASON)


def _leads(view: View, items: bool = False) -> NDArray[np.bool_]:
    """Who leads, of the shape of the values: the highest, of equals the one with the lowest number."""
    axis = view.values.ndim - (2 if items else 1)
    values = np.moveaxis(view.values, axis, -1)
    best = values == values.max(axis=-1, keepdims=True)
    first = np.where(best, view.buyers, np.iinfo(np.intp).max).argmin(axis=-1)
    return np.moveaxis(np.arange(len(view.seats)) == first[..., None], -1, axis)


def _only(leads: NDArray[np.bool_], answer: Answer, else_: float, vector: bool = False) -> Answer:
    """The leader's answer, and `else_` for the others; `vector`: one answer has an axis of its own."""
    if isinstance(answer, Mixed):
        behind_members = -2 if vector else -1
        branches = np.expand_dims(leads, behind_members)
        return Mixed(np.where(branches, answer.answers, else_), answer.probabilities)
    return np.where(leads, answer, else_)
