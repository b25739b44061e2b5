"""Tables of the page: the conversation that ended last, and the last transactions, as HTML."""

from __future__ import annotations

import math
import re
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from mechanisms.questions import kinds
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
    people, what = f"{group['bidder_id'].nunique()} buyers", f"{sale.cause}, in all"
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
        rows.append((seller.plan.name, repr(utility), f"{held:,}", money(earned), money(mean), money(sure)))
    return table(headings, rows, {2, 3, 4, 5})


def conversation(scene: Scene) -> str:
    """Who was asked what in the auction that closed last, what each answered, and what came of it."""
    auction = last_conversation(scene)
    if auction is None:
        return "<p class='quiet'>Nobody was asked anything yet.</p>"
    messages = scene.messages[scene.messages["auction"] == auction.auction]
    sales = scene.transactions[scene.transactions["auction"] == auction.auction]
    paid = sales.groupby("bidder_id")["payment"].sum().to_dict()
    got = sales.groupby("bidder_id")["quantity"].sum().to_dict()
    kinds = messages["question"].astype(str).drop_duplicates().tolist()
    vectors = _vectors(scene, auction.auction)
    answers: Any = messages.itertuples()
    last = {(answer.bidder_id, answer.question): answer for answer in answers}
    rows = [
        (
            f"{bidder}",
            scene.strategies[scene.strategy_of[bidder]],
            money(value),
            *(_said(last.get((bidder, kind)), vectors) for kind in kinds),
            _result(got.get(bidder, 0.0), paid.get(bidder)),
        )
        for bidder, value in {each.bidder_id: each.value for each in last.values()}.items()
    ]
    headings = ("buyer", "strategy", "value", *map(question_in_words, kinds), "outcome")
    numbers = {0, *range(2, 3 + len(kinds))}
    return f"<p>{_story(scene, auction, messages)}</p>" + table(headings, rows, numbers)


def last_conversation(scene: Scene) -> Any:
    """The row of the last auction that ended, of those whose messages are at hand; of two or more bidders.

    Of those that ended at the same time each has its turn.
    """
    known = set(scene.messages["auction"].tolist())
    ended = scene.auctions[scene.auctions["auction"].isin(known) & (scene.auctions["status"] != "unfinished")]
    crowded = ended[ended["bidders"] >= 2]
    chosen = crowded if len(crowded) else ended
    last = chosen[chosen["closed"] == chosen["closed"].max()]
    return next(last.iloc[[scene.looks % len(last)]].itertuples()) if len(last) else None


def _story(scene: Scene, auction: Any, messages: pandas.DataFrame) -> str:
    """The auction in a sentence or two."""
    questions = messages.drop_duplicates("question_number")["question"].astype(str)
    counts = questions.value_counts(sort=False)
    asked = ", ".join(
        question_in_words(str(kind)) + (f" × {count}" if count > 1 else "") for kind, count in counts.items()
    )
    outcome = f"sold for {money(auction.revenue)}" if auction.sold else "not sold"
    return (
        f"<b>{escape(seller_name(scene, auction.seller_id))}</b>, auction {auction.auction}, "
        f"time {auction.opened:.2f} to {auction.closed:.2f}. Asked of {auction.bidders}: {escape(asked)}. "
        f"<b>{outcome[0].upper()}{outcome[1:]}</b>."
    )


def _vectors(scene: Scene, auction: int) -> dict[tuple[int, int], NDArray[Any]]:
    """Answers that are vectors, by the number of the question and the bidder."""
    entries = scene.entries(auction)
    grouped: Any = entries.groupby(["question_number", "bidder_id"])["number"] if len(entries) else ()
    return {(number, bidder): numbers.to_numpy() for (number, bidder), numbers in grouped}


def _said(last: Any, vectors: dict[tuple[int, int], NDArray[Any]]) -> str:
    """One buyer's last answer to a kind of question, and what became of it if it was not simply received."""
    if last is None:
        return ""
    vector = vectors.get((last.question_number, last.bidder_id))
    words = _answer_in_words(last) if vector is None else vector_in_short(vector)
    return words if last.status == "answered" else f"{words} ({last.status})"


def _answer_in_words(last: Any) -> str:
    """The answer as its kind of question puts it, or as an amount."""
    words = next((one.words for one in kinds() if one.__name__ == last.question and one.words), None)
    amount = last.drop_out if math.isnan(last.bid) else last.bid
    return money(amount) if words is None else words.get(last.accepted, "–")


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


def _result(got: float, paid: float | None) -> str:
    if paid is None:
        return ""
    pays = f"{'pays' if paid >= 0 else 'receives'} {money(abs(paid))}"
    return f"{'gets it' if got == 1 else f'gets {got:g}'}, {pays}" if got else pays


def question_in_words(kind: str) -> str:
    """The name of a question in words; that an answer lies on a grid goes without saying.

    >>> question_in_words("AskValue"), question_in_words("AskGridBelief")
    ('ask value', 'ask belief')
    """
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower().replace(" grid", "")


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
