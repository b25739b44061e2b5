"""Best response: the answers of the highest expected utility, given a belief and a model of the others.

Harsanyi (1967) and Myerson (1981). Before the conversation she chooses the type that it is best to imitate,
by the mechanism's own rule or by replaying it, and answers every question as a truthful buyer of that type
would. She plans again with what she knows at each question; a plan that changes with the history of a clock
or an open auction is not considered. From a menu she chooses at once, by expected utility.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.best_response.rivals import Believed, Rivals
from agents.strategies.base import Answer, Disclosure, Strategy
from agents.view import Feedback, View
from mechanisms.comparison import RELATIVE_SLACK
from mechanisms.questions import AskBelief, AskValueBound, BuyerQuestion, ShowMenu
from mechanisms.utilities import Utility


@dataclass(frozen=True)
class BestResponse(Strategy):
    """Answer as is best against `rivals`, with the attitude to risk of one's group.

    rivals
        The model of the others; by default they are truthful. TypeError if it is not a `Rivals`.
    reports
        What may be said, a number each, or a tuple of one for each item; None for every amount. The truth
        may always be said. ValueError if empty, or if one is negative or NaN; `-inf` is silence.
    anonymous
        Whether the rules are known to treat all seats alike, ties apart. Then buyers with independent values
        from one continuous prior share one policy, which saves the work of one for each seat.

    With finite beliefs and given reports the answer is exact, by enumeration. With all amounts it is exact
    up to the refinement of a grid, and up to the part 1e-9 by which a rival's bid is beaten. With continuous
    values policies are worked out at a grid of types and interpolated. Ties go to the truth. Where there is
    no closed rule, each policy takes some thousand simulated conversations: seconds, for many buyers.

    Beliefs are reported truthfully. That is best for a risk-neutral buyer under a proper scoring rule
    (Savage 1971); where a score rewards something else, or a concave utility is put on top of it, it need
    not be.
    """

    rivals: Rivals = field(default_factory=Believed)
    reports: tuple[Any, ...] | None = None
    anonymous: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.rivals, Rivals):
            raise TypeError(f"rivals must be a Rivals, got {self.rivals!r}")
        if self.reports is None:
            return
        said = np.asarray(self.reports, dtype=float)
        if not said.size or not np.all((said >= 0) | (said == -np.inf)):
            raise ValueError(f"reports must be some numbers of at least 0, or -inf, got {self.reports!r}")

    @property
    def memoryless(self) -> bool:  # type: ignore[override]
        """Whether the model of the others learns nothing."""
        return self.rivals.memoryless

    @property
    def needs(self) -> Disclosure:  # type: ignore[override]
        """What the model of the others has to be told."""
        return self.rivals.needs

    def plan(self, view: View) -> NDArray[np.float64]:
        """The types that the members imitate, of the shape of `view.values`."""
        axis = -1 - len(view.mechanism.space.type_shape)
        columns = [self._column(view, k, view.values.take(k, axis=axis)) for k in range(len(view.seats))]
        return np.stack(columns, axis=axis)

    def _column(self, view: View, k: int, own: NDArray[Any]) -> NDArray[np.float64]:
        """One member's plans for types of shape `(...)` or `(..., items)`."""
        from agents.best_response.best_plan import (  # they build on strategies
            Problem,
            best_plan,
            policy,
            remembered_plan,
        )

        items = prod(view.mechanism.space.type_shape)
        belief = self.rivals.belief(view, k)
        seat = 0 if self.anonymous and belief.exchangeable else int(view.seats[k])
        rivals, utility = self.rivals.strategy, view.utility
        problem = Problem(view.mechanism, seat, belief, rivals, utility, view.prior, self.reports)
        if not self.memoryless:
            return _each(own, items, lambda one: best_plan(problem, _single(one)))
        schedule = policy(problem)
        if schedule is not None and self.reports is None:
            return np.interp(own, *schedule)
        return _each(own, items, lambda one: remembered_plan(problem, one))

    def otherwise(self, question: BuyerQuestion, view: View) -> Answer:
        """What a buyer of the planned type would say."""
        return question.truth(replace(view, values=self.plan(view)))

    def report_belief(self, question: AskBelief, view: View) -> Answer:
        """The truth."""
        return question.truth(view)

    def report_value_bound(self, question: AskValueBound, view: View) -> Answer:
        """The truth."""
        return question.truth(view)

    def choose_from_menu(self, question: ShowMenu, view: View) -> Answer:
        """The entry of the highest expected utility, bought once; ties go to the seller.

        The price is paid whatever the lottery gives; several items are drawn independently and add up.
        """
        entries, prices = np.array(question.entries, dtype=float), np.array(question.prices, dtype=float)
        values = view.values if entries.shape[1] > 1 else view.values[..., None]
        felt = [_felt(view.utility, values, *entry) for entry in zip(entries, prices, strict=True)]
        utilities = np.stack(felt, axis=-1)
        best = np.maximum(utilities.max(axis=-1, keepdims=True), 0.0)
        size = np.maximum(np.abs(best), np.abs(view.utility(np.abs(prices))))
        return question.bought_once(utilities >= best - RELATIVE_SLACK * size)

    def observe(self, feedback: Feedback) -> None:
        """Let the model of the others learn."""
        self.rivals.observe(feedback)


def _felt(utility: Utility, values: NDArray[Any], lottery: NDArray[Any], price: float) -> NDArray[np.float64]:
    """Expected utility of a lottery over items, shape `(...)`, from values `(..., items)`."""
    got = (np.arange(2 ** len(lottery))[:, None] >> np.arange(len(lottery))) & 1
    probabilities = np.where(got, lottery, 1 - lottery).prod(axis=1)
    possible = probabilities > 0
    return utility(values @ got[possible].T - price) @ probabilities[possible]


def _single(one: tuple[float, ...]) -> Any:
    return one[0] if len(one) == 1 else one


def _each(own: NDArray[Any], items: int, plan: Any) -> NDArray[np.float64]:
    """Plans of all types, each distinct type worked out once."""
    rows = own.reshape(-1, items)
    found = {one: np.ravel(plan(one)) for one in set(map(tuple, rows.tolist()))}
    return np.array([found[tuple(row)] for row in rows.tolist()]).reshape(own.shape)
