"""Questions: what a mechanism may put to buyers, to nature and to the public while it runs.

A mechanism is a conversation: a generator that yields questions and receives their answers (see
`mechanisms.conversation`). A question knows no clock. It says to whom it goes, what an answer looks like,
what silence means (`default`), and which method of a strategy answers it. Payloads are tuples, so that
questions can be compared and hashed: exact play tells public histories apart by them.
"""

from __future__ import annotations

from mechanisms.questions.base import (
    LARGEST_ANSWER,
    SILENT,
    BuyerQuestion,
    Question,
    Replies,
    Respondents,
    TypeBelief,
    kinds,
)
from mechanisms.questions.knowledge import (
    PRODUCT_TOLERANCE,
    AskBelief,
    AskGridBelief,
    AskMarginals,
    AskProductBelief,
    AskValueBound,
)
from mechanisms.questions.moves import Announce, Chance, Draw, branch
from mechanisms.questions.offers import CallPrice, InviteBid, OfferPrice, ShowMenu
from mechanisms.questions.values import AskGridValue, AskValue

__all__ = [
    "LARGEST_ANSWER",
    "PRODUCT_TOLERANCE",
    "SILENT",
    "Announce",
    "AskBelief",
    "AskGridBelief",
    "AskGridValue",
    "AskMarginals",
    "AskProductBelief",
    "AskValue",
    "AskValueBound",
    "BuyerQuestion",
    "CallPrice",
    "Chance",
    "Draw",
    "InviteBid",
    "OfferPrice",
    "Question",
    "Replies",
    "Respondents",
    "ShowMenu",
    "TypeBelief",
    "branch",
    "kinds",
]
