"""Mechanism 𝕄: one buyer sells what she knows (Azar, Chen and Micali 2010, Section 4 and Theorem 1).

A buyer, chosen at random, leaves the auction and says what she knows of the others, paid by a proper scoring
rule; the optimal mechanism for what she says is run on the others. At most 1/n of OPT is lost, and ε.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import check_field
from mechanisms.conservative.beliefs import (
    MAX_TABLE,
    ProductBelief,
    ReportedBelief,
    check_table,
    table_belief,
)
from mechanisms.conservative.inner import AssignmentInner, Inner, inner_of
from mechanisms.conservative.scoring import Brier, ScoringRule
from mechanisms.conversation import Conversation, DirectLottery, DirectMechanism, Mechanism, check_count
from mechanisms.outcome import Outcome
from mechanisms.questions import (
    AskGridValue,
    AskValueBound,
    Chance,
    Question,
)
from mechanisms.types import TypeSpace


@dataclass(frozen=True)
class KnowledgeExtraction(Mechanism):
    """𝕄 for n buyers with values 0 … B−1.

    n
        Number of buyers, at least 2.
    inner
        What is run on the others: "myerson" (only products are accepted as F), "program" (any F, by linear
        program), a mechanism with a closed rule, whatever F is, a function from F (a `JointDistribution`) to
        such a mechanism (an F for which it raises ValueError does not fit), or an `AssignmentContext`. What
        earns β times the optimum gives β(1 − 1/n).
    epsilon
        What knowledge costs at most; any positive amount of money.
    removed
        The buyer who sells her knowledge; None: drawn at random.
    value_bound
        B. If None, the removed buyer names it with F; F then has a million cells at most, or 50,000 for the
        program.
    marginals
        Whether she describes F by its marginals, as a product: then profiles are never enumerated. The true
        marginals are her best answer where what she knows leaves the others independent; else another
        product may score better.
    units
        How many identical units there are ("myerson", "program").
    scoring
        How F is paid: ε/2 times the rule's reward. With `Logarithmic` she may lose ex post.

    Without an acceptable F nothing is known: the units go at the (units+1)st price (in an assignment context
    nothing is sold). Who sends no acceptable value gets nothing; then F earns nothing either.

    An F that the inner mechanism does not fit, or is too large, is not acceptable: the market goes on without
    it, and plays of honest buyers in which that happens raise ValueError, as for every such answer.

    Raises TypeError or ValueError for parameters out of range.
    """

    n: int
    inner: Any = "myerson"
    epsilon: float = 0.1
    removed: int | None = None
    value_bound: int | None = None
    marginals: bool = False
    units: int = 1
    scoring: ScoringRule = field(default_factory=Brier)

    def __post_init__(self) -> None:
        check_count("n", self.n, least=2)
        check_count("units", self.units)
        family = inner_of(self.inner, self.units)
        check_field(self, "epsilon", above=0)
        if self.removed is not None:
            check_count("removed", self.removed, least=0)
            if self.removed >= self.n:
                raise ValueError(f"removed must be below n = {self.n}, got {self.removed}")
        if self.value_bound is not None:
            check_count("value_bound", self.value_bound)
        as_table = not self.marginals or family.largest is not None
        if as_table and not isinstance(family, AssignmentInner):
            check_table((self.value_bound or 2,) * (self.n - 1))
        if not isinstance(self.scoring, ScoringRule):
            raise TypeError(f"scoring must be a ScoringRule, not {self.scoring!r}")
        if isinstance(family, AssignmentInner) and family.context.n != self.n:
            raise ValueError(f"inner must be a context of n = {self.n} buyers, got {family.context.n}")
        if isinstance(self.inner, Mechanism) and self.inner.least_buyers > self.n - 1:
            raise ValueError(
                f"inner must do with n - 1 = {self.n - 1} buyers, "
                f"got a mechanism for {self.inner.least_buyers}"
            )
        if isinstance(family, AssignmentInner) and self.marginals:
            raise ValueError("marginals must be False in an assignment context, got True")
        object.__setattr__(self, "_family", family)

    @property
    def family(self) -> Inner:
        """The inner mechanisms."""
        return self._family  # type: ignore[attr-defined]

    @property
    def space(self) -> TypeSpace:
        """That of the inner mechanisms."""
        return self.family.space

    @property
    def least_buyers(self) -> int:  # type: ignore[override]
        """Exactly n."""
        return self.n

    @property
    def ex_post_ir(self) -> bool:  # type: ignore[override]
        """Whether rewards are never negative; inner mechanisms are taken to be individually rational."""
        return self.scoring.never_negative

    def conversation(self, n: int) -> Conversation:
        """Play 𝕄; ValueError for another number of buyers than it was made for."""
        if n != self.n:
            raise ValueError(f"n must be {self.n}, the number of buyers of the mechanism, got {n}")
        removed = self.removed
        if removed is None:
            removed = yield Chance((1 / n,) * n)
        others = tuple(j for j in range(n) if j != removed)
        belief = yield from self._belief(removed, others)
        bounded = self.value_bound is not None
        question = (
            AskGridValue(to=others, bound=self.value_bound)  # type: ignore[arg-type]
            if bounded
            else self.space.question(others)
        )
        values = (yield question).values[list(others)]
        auction = self.family.without() if belief is None else self.family.given(belief, removed)
        prices, allocation = np.zeros(n), self.space.nothing(n)
        if auction is not None:
            sale = yield from _run(auction, values)
            prices[list(others)], allocation[list(others)] = sale.payments, sale.allocation
        rewards = np.zeros(n)
        rewards[removed] = 0.0 if belief is None else self._reward(belief, values, removed)
        return Outcome(allocation, prices - rewards, {"price": prices, "reward": -rewards})

    def _belief(
        self, removed: int, others: tuple[int, ...]
    ) -> Generator[Question, Any, ReportedBelief | None]:
        """Step 1: F, or None if it does not come."""
        if isinstance(self.family, AssignmentInner):
            shape = tuple(np.delete(self.family.context.shape, removed).tolist())
        else:
            bound = self.value_bound
            if bound is None:
                named = yield AskValueBound(to=(removed,), about=others, most=self._most(len(others)))
                if not named.answered[removed]:
                    return None
                bound = int(named.values[removed])
            shape = (bound,) * len(others)
        if self.marginals:
            said = yield self.family.asks_marginals(to=(removed,), about=others, outcomes=shape[0])
            return ProductBelief(said.values[removed]) if said.answered[removed] else None
        check_table(shape)
        said = yield self.family.asks(to=(removed,), about=others, outcomes=int(np.prod(shape)))
        return table_belief(said.values[removed], shape) if said.answered[removed] else None

    def _most(self, others: int) -> int:
        """The largest bound that a reporter may name."""
        if self.marginals and self.family.largest is None:
            return MAX_TABLE // others
        cells = self.family.largest or MAX_TABLE
        root = round(cells ** (1 / others))
        return root if root**others <= cells else root - 1

    def _reward(self, belief: ReportedBelief, values: NDArray[Any], removed: int) -> float:
        """Step c: (ε/2)(2 + BSR(v_−i, F)); 0 if a value is missing."""
        if isinstance(self.family, AssignmentInner):
            context = self.family.context.without(removed)
            tables = values if self.space.type_shape else values[..., None]
            types = np.array([context.type_of(j, tables[j]) for j in range(self.n - 1)])
        else:
            whole = np.isfinite(values) & (values == np.floor(values))
            types = np.where(whole, values, -1).astype(np.intp)
        if (types < 0).any():
            return 0.0
        return self.epsilon / 2 * float(self.scoring.reward(*belief.mass_and_norm(types)))


def _run(auction: Mechanism, values: NDArray[Any]) -> Generator[Question, Any, Outcome]:
    """The closed rule of the inner mechanism, its chance moves put to nature."""
    if isinstance(auction, DirectLottery):
        lottery = auction.lottery(values)
        taken = yield Chance(tuple(lottery.probabilities.tolist()))
        return lottery.branch(taken)
    if not isinstance(auction, DirectMechanism):
        raise TypeError(f"inner must be a mechanism with a closed rule, got {auction!r}")
    return auction.outcome(values)
