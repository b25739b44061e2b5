"""Tables of the page: the conversation that ended last, and the last transactions, as HTML."""

from __future__ import annotations

import math
import re
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas

    from sim.page.scene import Scene

_TRANSACTIONS = 12


def transactions(scene: Scene) -> str:
    """The last transactions, the newest first."""
    headings = ("time", "seller", "buyer", "for", "value", "paid", "surplus")
    last = scene.transactions.tail(_TRANSACTIONS).iloc[::-1]
    sales: Any = last.itertuples()
    rows = [
        (
            f"{row.time:.2f}",
            seller_name(scene, row.seller_id),
            f"{row.bidder_id}",
            row.cause if row.item < 0 else f"{row.cause} of item {row.item}",
            money(row.value),
            money(row.payment),
            money(row.value * row.quantity - row.payment),
        )
        for row in sales
    ]
    return table(headings, rows, numbers={0, 2, 4, 5, 6}, empty="Nothing was sold yet.")


def conversation(scene: Scene) -> str:
    """Who was asked what in the auction that closed last, what each answered, and what came of it."""
    auction = last_conversation(scene)
    if auction is None:
        return "<p class='quiet'>Nobody was asked anything yet.</p>"
    messages = scene.messages[scene.messages["auction"] == auction.auction]
    sales = scene.transactions[scene.transactions["auction"] == auction.auction]
    paid = sales.groupby("bidder_id")["payment"].sum().to_dict()
    got = sales.groupby("bidder_id")["quantity"].sum().to_dict()
    rows = [
        (
            f"{bidder}",
            scene.strategies[scene.strategy_of[bidder]],
            money(own["value"].iloc[-1]),
            _said(own),
            _result(got.get(bidder, 0.0), paid.get(bidder)),
        )
        for bidder, own in messages.groupby("bidder_id", sort=False)
    ]
    headings = ("buyer", "strategy", "value", "answered", "outcome")
    return f"<p>{_story(scene, auction, messages)}</p>" + table(headings, rows, numbers={0, 2, 3})


def last_conversation(scene: Scene) -> Any:
    """The row of the last auction that ended, of those whose messages are at hand; of two or more bidders."""
    known = set(scene.messages["auction"].tolist())
    ended = scene.auctions[scene.auctions["auction"].isin(known) & (scene.auctions["status"] != "unfinished")]
    crowded = ended[ended["bidders"] >= 2]
    chosen = crowded if len(crowded) else ended
    return next(chosen.tail(1).itertuples(), None)


def _story(scene: Scene, auction: Any, messages: pandas.DataFrame) -> str:
    """The auction in a sentence or two."""
    questions = messages.drop_duplicates("question_number")["question"].astype(str)
    counts = questions.value_counts(sort=False)
    asked = ", ".join(
        in_words(str(kind)) + (f" × {count}" if count > 1 else "") for kind, count in counts.items()
    )
    outcome = f"sold for {money(auction.revenue)}" if auction.sold else "not sold"
    return (
        f"<b>{escape(seller_name(scene, auction.seller_id))}</b>, auction {auction.auction}, "
        f"time {auction.opened:.2f} to {auction.closed:.2f}. Asked of {auction.bidders}: {escape(asked)}. "
        f"<b>{outcome[0].upper()}{outcome[1:]}</b>."
    )


def _said(own: pandas.DataFrame) -> str:
    """One buyer's last answer, and what became of it if it was not simply received."""
    last = own.iloc[-1]
    words = money(last["answer"])
    return words if last["status"] == "answered" else f"{words} ({last['status']})"


def _result(got: float, paid: float | None) -> str:
    if paid is None:
        return ""
    got_it = "gets it" if got == 1 else f"gets {got:g}" if got else "gets nothing"
    return f"{got_it}, {'pays' if paid >= 0 else 'receives'} {money(abs(paid))}"


def in_words(kind: str) -> str:
    """The name of a question in words.

    >>> in_words("AskValue")
    'ask value'
    """
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower()


def seller_name(scene: Scene, number: int) -> str:
    """A seller's name."""
    return scene.sellers[int(number)]


def money(amount: float) -> str:
    """An amount with two decimals, or a dash.

    >>> money(1234.5), money(float("nan"))
    ('1,234.50', '–')
    """
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
