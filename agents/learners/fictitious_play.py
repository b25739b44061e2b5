"""Fictitious play: the best response to how the others have bid so far (Brown 1951; Robinson 1951).

In its form for auctions with types: at each knot, the share of the value that would have brought most in all
rounds so far, the others' bids being what they were. What the others bid is taken to be independent of one's
own type, so that every round teaches all knots. Between knots the share is interpolated, which keeps the
bids of a population free of atoms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.learners.counterfactual import can_be_told, counterfactual_utility
from agents.learners.knots import FloatArray
from agents.learners.memory import DecisionState, Memory
from agents.learners.share_learner import Occasions, ShareLearner
from agents.strategies.base import Answer, Disclosure
from agents.view import Feedback, View, sells, shaded
from mechanisms.questions import AskValue

CHUNK = 2_000_000
"""Reports evaluated at once, to bound memory."""


@dataclass(eq=False)
class FictitiousPlay(ShareLearner):
    """Plays the share of the value that is best against all bids seen so far; ties go to the highest share.

    Parameters and errors as in `ShareLearner`. Needs all bids. With several items, or a single knot, only the
    member's own type teaches: a knot says nothing about how a type is made up, or stands for all types. So
    too where types are signals of a value, which need not be independent of the others' bids.
    """

    needs: ClassVar[Disclosure] = "bids"

    def mixture(self, known: DecisionState) -> FloatArray:
        """All weight on the best share."""
        actions = len(self.shares)
        best = actions - 1 - known.scores[..., ::-1].argmax(axis=-1)
        return (np.arange(actions) == best[..., None]).astype(float)

    def report_value(self, question: AskValue, view: View) -> Answer:
        """The interpolated share of the value."""
        types = view.mechanism.space.level(view.values)
        return shaded(view, view.values, self._mixtures(view.buyers, types) @ np.asarray(self.shares))

    def credit(self, known: DecisionState, occasions: Occasions) -> FloatArray:
        """The utility that each share would have brought."""
        if occasions.utilities is None:
            raise ValueError("utilities is None: fictitious play needs the utility of every action")
        return occasions.utilities

    def observe(self, feedback: Feedback) -> None:
        """Let each member see what every share would have brought at every knot."""
        if not can_be_told(feedback):
            return
        memory = self._memory_for(feedback)
        several = bool(feedback.mechanism.space.type_shape)
        if several or len(memory.knots) == 1 or feedback.realised is not None:
            super().observe(feedback)
        else:
            rows = memory.rows_for(feedback.buyers)
            gains, rounds = self._gains(feedback, memory)
            known = memory.experience
            np.add.at(known.played, rows, rounds * self.mixture(known.at(rows)))
            np.add.at(known.scores, rows, gains)
            np.add.at(known.rounds, rows, rounds)

    def _at_knots(self, feedback: Feedback, knots: FloatArray) -> FloatArray:
        """Each member's reports for every share at every knot, shape (m, J K), or (J K,) for all alike."""
        selling = sells(feedback)
        roles = selling if selling is False else selling[:, None, None]
        reports = feedback.mechanism.space.shaded(knots[:, None], np.asarray(self.shares), roles)
        return reports.reshape(*reports.shape[:-2], -1)

    def _gains(self, feedback: Feedback, memory: Memory) -> tuple[FloatArray, int]:
        """Utilities of every share at every knot, summed over occasions, (m, J, K); how many occasions."""
        knots, shares = memory.knots.points, np.asarray(self.shares)
        bids = np.atleast_2d(feedback.bids) if feedback.bids is not None else None
        if bids is None:
            raise ValueError("bids is None: fictitious play needs the seller to tell all bids")
        m, cells = len(feedback.seats), knots.size * shares.size
        rows = max(1, CHUNK // (m * cells * bids.shape[-1]))
        total = np.zeros((m, knots.size, shares.size))
        for start in range(0, len(bids), rows):
            part = _told(feedback, bids[start : start + rows])
            shape = (len(part.bids), m, cells)  # type: ignore[arg-type]
            types = np.broadcast_to(np.repeat(knots, shares.size), shape)
            alternatives = np.broadcast_to(self._at_knots(part, knots), shape)
            felt = counterfactual_utility(part, types, alternatives)
            total += felt.sum(axis=0).reshape(total.shape)
        return total, len(bids)


def _told(feedback: Feedback, bids: NDArray[Any]) -> Feedback:
    """The same feedback with other bids."""
    from dataclasses import replace

    return replace(feedback, bids=bids)
