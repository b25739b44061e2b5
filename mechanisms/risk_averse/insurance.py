"""A buyer insures the seller: Example 1 of the risk-averse seller, and what it gives up.

The first buyer pays a premium whatever happens, gets no unit, and is given what the second buyer pays for
hers. The seller's revenue is the premium, without risk. For both buyers truth is dominant, since the first
one's report decides nothing; but she pays where the second does not buy: what is given up is ex-post
individual rationality, and that no money flows to buyers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray, number_in
from mechanisms.comparison import at_least
from mechanisms.conversation import DirectMechanism, check_money
from mechanisms.outcome import Outcome


@dataclass(frozen=True)
class InsuredSale(DirectMechanism):
    """Offer the second of two buyers a unit at `price`; the first pays `premium` and is paid that price.

    price, premium
        Money, at least 0.
    may_decline
        Whether an insurer who makes no bid does not take part, so that the price is the seller's. Else she
        has agreed beforehand, and pays and is paid whatever she says, silence included.
    walk_away
        Whether the insurer may leave once she knows the outcome: she pays and gets nothing where she would
        lose.

    Raises TypeError or ValueError for prices or premiums that are no money, and ValueError for reports of
    other than two buyers.
    """

    price: float
    premium: float
    may_decline: bool = False
    walk_away: bool = False

    least_buyers: ClassVar[int] = 2
    anonymous: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_money("price", self.price)
        check_money("premium", self.premium)

    @property
    def ex_post_ir(self) -> bool:  # type: ignore[override]
        """Only if the insurer may walk away."""
        return self.walk_away or self.premium == 0

    def outcome(self, reports: NDArray[Any]) -> Outcome:
        """The rule, for reports of shape `(..., 2)`."""
        reports = np.asarray(reports, dtype=float)
        if reports.ndim == 0 or reports.shape[-1] != 2 or np.isnan(reports).any():
            raise ValueError(f"reports must be of two buyers, not NaN, got shape {reports.shape}")
        sold = np.asarray(at_least(reports[..., 1], self.price), dtype=float)
        declines = self.may_decline & ~np.isfinite(reports[..., 0])
        insured = ~declines & ~(self.walk_away & (self.premium > self.price * sold))
        nothing = np.zeros(reports.shape[:-1])
        return Outcome.of_causes(
            np.stack([nothing, sold], axis=-1),
            price=np.stack([nothing, self.price * sold], axis=-1),
            premium=np.stack([self.premium * insured, nothing], axis=-1),
            payout=np.stack([-self.price * sold * insured, nothing], axis=-1),
        )


def fair_premium(utility: Callable[[FloatArray], Any], price: float, chance: float) -> float:
    """Return the premium P with E[U(T − P)] = 0, where T is `price` with probability `chance`, else 0.

    `utility` is concave and increasing with U(0) = 0; `price` at least 0. `chance` is ε of Example 1, in
    (0, 1): at 0 and 1 there is no risk to insure. A risk-neutral insurer asks for chance · price; one with
    CARA a pays −ln(1 − chance (1 − e^(−a price))) / a only.

    Raises TypeError or ValueError for a price that is no money, and for chances outside (0, 1).
    """
    check_money("price", price)
    share = number_in("chance", chance, above=0.0, below=1.0)

    def gain(premium: float) -> float:
        received, kept = np.asarray(utility(np.array([price - premium, -premium])), dtype=float)
        return float(share * received + (1 - share) * kept)

    if price == 0:
        return 0.0
    from scipy.optimize import brentq

    return float(brentq(gain, 0.0, price, xtol=1e-15 * price, rtol=1e-14))
