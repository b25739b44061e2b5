"""Tables of the page as HTML: the last transactions, what sellers who fear risk have, and how one is made."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from mechanisms.names import counted
from sim.measures.surplus import surplus_of

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from sim.page.scene import Scene

_TRANSACTIONS, _LOOKED_AT, _ALIKE = 12, 160, 3
_SHORT = 3


def transactions(scene: Scene) -> str:
    """The last transactions, the newest first; many of one auction for the same cause in one row."""
    headings = ("time", "seller", "buyer", "for", "value", "paid", "surplus")
    last = scene.transactions.sort_values("time", kind="stable").tail(_LOOKED_AT)
    last = last.assign(surplus=surplus_of(last))
    alike = list(last.groupby(["auction", "cause"], sort=False, observed=True))
    rows: list[tuple[str, ...]] = []
    for _, group in reversed(alike[-_TRANSACTIONS:]):
        each: Any = group.iloc[::-1].itertuples()
        rows.extend([_all(scene, group)] if len(group) > _ALIKE else [_one(scene, sale) for sale in each])
    return table(headings, rows[:_TRANSACTIONS], {0, 2, 4, 5, 6}, empty="Nothing was sold yet.")


def _one(scene: Scene, sale: Any) -> tuple[str, ...]:
    return (
        f"{sale.time:.2f}",
        seller_name(scene, sale.seller_id),
        f"{sale.bidder_id}",
        sale.cause if sale.item < 0 else f"{sale.cause} of item {sale.item}",
        money(sale.value),
        money(sale.payment),
        money(sale.surplus),
    )


def _all(scene: Scene, group: pandas.DataFrame) -> tuple[str, ...]:
    sale: Any = next(group.itertuples())
    people, what = counted(group["bidder_id"].nunique(), "buyer"), f"{sale.cause}, in all"
    sums = money(group["payment"].sum()), money(group["surplus"].sum())
    return f"{sale.time:.2f}", seller_name(scene, sale.seller_id), people, what, "–", *sums


def worths(scene: Scene) -> str:
    """What auctions are worth to each seller who is averse to risk."""
    headings = ("seller", "her utility", "auctions", "mean revenue", "expected utility", "sure revenue")
    rows = []
    for seller in scene.averse:
        held, utility = int(scene.held[seller.number]), seller.plan.utility
        mean = float(scene.felt[seller.number]) / held if held else math.nan
        sure = float(utility.inverse(min(mean, utility.supremum))) if held else math.nan
        earned = float(scene.revenue_so_far[seller.number]) / held if held else math.nan
        rows.append((seller.plan.name, str(utility), f"{held:,}", money(earned), money(mean), money(sure)))
    return table(headings, rows, {2, 3, 4, 5})


def vector_in_short(vector: NDArray[Any]) -> str:
    """What stands for a vector: of a belief what is held possible and likeliest, of others the first numbers.

    >>> vector_in_short(np.array([0, 0, 0.25, 0.75])), vector_in_short(np.array([0.0, 1.0]))
    ('2 to 3, likeliest 3', 'surely 1')
    >>> vector_in_short(np.array([2.5, 4]))
    '2.50, 4.00'
    """
    if len(vector) > 1 and (vector >= 0).all() and abs(vector.sum() - 1) < 1e-6:
        possible = np.flatnonzero(vector)
        if len(possible) == 1:
            return f"surely {possible[0]}"
        return f"{possible[0]} to {possible[-1]}, likeliest {vector.argmax()}"
    return ", ".join(map(money, vector[:_SHORT])) + (" …" if len(vector) > _SHORT else "")


def seller_name(scene: Scene, number: int) -> str:
    """A seller's name."""
    return scene.sellers[int(number)]


def money(amount: float) -> str:
    """An amount with two decimals, or two digits if it is very small, or a dash.

    >>> money(1234.5), money(0.00000043), money(float("nan"))
    ('1,234.50', '4.3e-07', '–')
    """
    if 1e-12 < abs(amount) < 0.005:
        return f"{amount:.1e}"
    return "–" if not math.isfinite(amount) else f"{amount:,.2f}".replace("-0.00", "0.00")


def table(headings: Any, rows: Any, numbers: set[int], empty: str = "") -> str:
    """An HTML table; columns in `numbers` stand to the right. All text is escaped."""
    align = ["number" if column in numbers else "text" for column in range(len(headings))]
    head = "".join(f"<th class='{a}'>{escape(str(h))}</th>" for a, h in zip(align, headings, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td class='{a}'>{escape(str(c))}</td>" for a, c in zip(align, row, strict=True))
        + "</tr>"
        for row in rows
    )
    below = "" if body or not empty else f"<p class='quiet'>{escape(empty)}</p>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"
