"""A conversation round by round: what was asked and answered, when, who won, and why nothing was sold.

In a student's words: one bids, stays, takes or leaves it. Text and tables are HTML, made of a `PastAuction`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from mechanisms.names import counted
from mechanisms.questions import kinds
from sim.page.tables import money, vector_in_short

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from mechanisms.conversation import Mechanism
    from mechanisms.questions import Announce
    from sim.page.looks import PastAuction

MOST_ROUNDS = 6
"""So many rounds stand side by side, the last ones."""
MOST_BUYERS = 60
"""So many buyers have a row, those who bid most."""
MOST_FACTS = 16
"""So many numbers of an announcement are told."""
NEAR = 1e-9

WORDS = {
    "AskValue": "bid",
    "AskGridValue": "bid",
    "InviteBid": "bid",
    "CallPrice": "leaves at",
    "OfferPrice": "takes it?",
    "ShowMenu": "choice",
    "AskValueBound": "highest value thought possible",
}
"""What stands above the answers to a kind of question."""
_STATUS = {"late": "too late", "silent": "nothing", "refused": "refused"}


@dataclass(frozen=True)
class Round:
    """Questions of one kind, each put to other buyers; `messages` are the answers."""

    number: int
    kind: str
    messages: pandas.DataFrame

    @property
    def price(self) -> float:
        """The price that was named to all alike; NaN if there was none."""
        prices = self.messages["price"].dropna().unique()
        return float(prices[0]) if len(prices) == 1 else math.nan

    @property
    def ended(self) -> float:
        """When the last answer came; NaN if none did."""
        return float(self.messages["time"].max())

    @property
    def heading(self) -> str:
        """What its answers are, and at which price."""
        words = heard_as(self.kind)
        return words if math.isnan(self.price) else f"{words} (price {money(self.price)})"


def heard_as(kind: str) -> str:
    """An answer to this kind of question, in a word or two.

    >>> heard_as("AskGridValue"), heard_as("AskBelief"), heard_as("AskHandedOver")
    ('bid', 'belief', 'handed over')
    """
    if kind in WORDS:
        return WORDS[kind]
    if "Belief" in kind or "Marginals" in kind:
        return "belief"
    spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in kind).strip()
    return spaced.removeprefix("ask ")


def rounds_of(messages: pandas.DataFrame) -> list[Round]:
    """The rounds: a new one begins where the kind changes, or where somebody is asked again."""
    found: list[list[Any]] = []
    kind, asked = "", set[int]()
    for _, rows in messages.groupby("question_number"):
        people = set(rows["bidder_id"].tolist())
        if str(rows["question"].iloc[0]) != kind or people & asked:
            kind, asked = str(rows["question"].iloc[0]), set()
            found.append([])
        asked |= people
        found[-1].append(rows)
    return [_round(number, parts) for number, parts in enumerate(found)]


def _round(number: int, parts: Sequence[pandas.DataFrame]) -> Round:
    import pandas

    rows = parts[0] if len(parts) == 1 else pandas.concat(list(parts))
    return Round(number, str(rows["question"].iloc[0]), rows)


# --- in words ---------------------------------------------------------------------------------------


def story(look: PastAuction, unfinished: bool = False) -> str:
    """The auction in two or three sentences; without what came of it where that is not to be told yet."""
    auction, number = look.auction, len(rounds_of(look.messages))
    when = f"time {auction.opened:.2f} to {auction.closed:.2f}"
    people = f"{counted(int(auction.bidders), 'bidder')}, {counted(number, 'round')}"
    ended = "" if unfinished else f" <b>{escape(came_of_it(look))}</b>"
    return f"<b>{escape(look.seller)}</b>, auction {look.number}, {when}: {people}.{ended}"


def came_of_it(look: PastAuction) -> str:
    """Who got it and paid what, or why nothing was sold."""
    sales = look.sales
    if not look.auction.sold:
        paid = float(sales["payment"].sum())
        more = f" Paid all the same: {money(paid)}." if paid else ""
        return f"Nothing was sold: {why_unsold(look)}.{more}"
    winners = sales[sales["quantity"] != 0]["bidder_id"].unique()
    if len(winners) != 1:
        in_all = money(look.auction.revenue)
        return f"{counted(len(winners), 'buyer')} got something; {in_all} was paid in all."
    winner = int(winners[0])
    price = float(sales.loc[(sales["bidder_id"] == winner) & (sales["cause"] != "reward"), "payment"].sum())
    others = float(look.auction.revenue) - price
    more = f" {_from_others(others)}" if abs(others) > NEAR * max(1.0, abs(price)) else ""
    return f"Buyer {winner} wins and pays {money(price)}{_price_is(look, winner, price)}.{more}"


def _from_others(amount: float) -> str:
    paid = "Others pay" if amount > 0 else "Rewards of"
    return f"{paid} {money(abs(amount))}{' too' if amount > 0 else ' are paid to buyers'}."


def _price_is(look: PastAuction, winner: int, price: float) -> str:
    """What the price is: a bid, the reserve, or nothing that has a name."""
    bids = last_amounts(look.messages)
    others = sorted((bid for buyer, bid in bids.items() if buyer != winner and bid > -math.inf), reverse=True)
    reserve = reserve_of(look.mechanism)
    named = [
        (bids.get(winner, math.nan), "what she bid"),
        (others[0] if others else math.nan, "the second highest bid"),
        (others[1] if len(others) > 1 else math.nan, "the third highest bid"),
        (math.nan if reserve is None else reserve, "the reserve"),
    ]
    if "OfferPrice" in set(look.messages["question"].astype(str)):
        return ", the price that was offered"
    words = [word for amount, word in named if abs(amount - price) <= NEAR * max(1.0, abs(price))]
    return f", {words[0]}" if words else ""


def why_unsold(look: PastAuction) -> str:
    """Why nothing was sold."""
    messages = look.messages
    heard = messages[messages["status"] == "answered"]
    if not len(heard):
        return "no answer came in time"
    if "OfferPrice" in set(messages["question"].astype(str)):
        return "nobody took it at that price"
    bids = [bid for bid in last_amounts(messages).values() if bid > -math.inf]
    if not bids:
        return "nobody bid"
    reserve = reserve_of(look.mechanism)
    if reserve is not None and max(bids) < reserve:
        return f"the highest bid, {money(max(bids))}, is below the reserve of {money(reserve)}"
    return "the rule keeps the good this time"


def reserve_of(mechanism: Mechanism) -> float | None:
    """The least bid that can win, if the rule has one that is above 0."""
    for name in ("reserve", "start"):
        amount = getattr(mechanism, name, None)
        if isinstance(amount, int | float) and amount > 0:
            return float(amount)
    return None


def last_amounts(messages: pandas.DataFrame) -> dict[int, float]:
    """What each buyer bid in the end, of what counted: her highest bid, or where she would leave the clock.

    `-inf` for who named nothing.
    """
    amounts: dict[int, float] = dict.fromkeys(map(int, messages["bidder_id"]), -math.inf)
    heard: Any = messages[messages["status"] == "answered"].itertuples()
    for answer in heard:
        if not math.isnan(answer.drop_out):
            amounts[answer.bidder_id] = answer.drop_out
        elif not math.isnan(answer.bid):
            amounts[answer.bidder_id] = max(amounts[answer.bidder_id], answer.bid)
    return amounts


def announced_in_words(told: Sequence[tuple[int, Announce]], buyers: Sequence[int]) -> str:
    """What was announced after how many questions; `buyers` are in the order of their seats."""
    lines = []
    for asked, one in told:
        facts = "; ".join(_fact(*each, buyers) for each in one.content)
        lines.append(f"Announced after {counted(asked, 'question')}: {facts}.")
    return " ".join(lines)


def _fact(name: str, content: Any, buyers: Sequence[int]) -> str:
    if name == "star":
        return f"the star is buyer {buyers[content]}"
    if name == "values":
        name = "the others' bids"
    if isinstance(content, tuple):
        some = ", ".join(f"{each:g}" for each in content[:MOST_FACTS])
        return f"{name} {some}" + (" …" if len(content) > MOST_FACTS else "")
    return f"{name} {content:g}" if isinstance(content, int | float) else f"{name} {content}"


# --- as a table -------------------------------------------------------------------------------------


def conversation_table(look: PastAuction, chosen: int | None = None, upto: int | None = None) -> str:
    """Who was asked what, round by round, the highest bid first; rows can be chosen, one is marked.

    With `upto`, only so many rounds are told, and what came of it where these are all. The reserve is a line
    between those above and those below it.
    """
    told = rounds_of(look.messages)[:upto]
    over = upto is None or upto >= len(rounds_of(look.messages))
    shown = told[-MOST_ROUNDS:]
    amounts = last_amounts(look.messages)
    buyers = sorted(look.buyers, key=lambda buyer: -amounts[buyer])
    times = len(shown) == 1
    headings = ["buyer", "strategy", "value", *(_heading(one, len(told)) for one in shown)]
    headings += (["after"] if times else []) + (["result"] if over else [])
    cells = _Cells(look, shown, times, over)
    some = buyers[:MOST_BUYERS]
    rows = [_row(cells.of(buyer), buyer, buyer == chosen, cells.wins(buyer)) for buyer in some]
    _insert_reserve(rows, look, [amounts[buyer] for buyer in some], len(headings))
    notes = _left_out(len(buyers) - MOST_BUYERS, len(told) - MOST_ROUNDS)
    named = enumerate(headings)
    head = "".join(f"<th class='{_side(k)}' scope='col'>{escape(each)}</th>" for k, each in named)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{notes}"


def _heading(one: Round, count: int) -> str:
    """The round's number and heading; of a later round with a price that alone."""
    if count == 1:
        return one.heading
    short = one.number > 0 and not math.isnan(one.price)
    return f"{one.number + 1}. price {money(one.price)}" if short else f"{one.number + 1}. {one.heading}"


def _side(column: int) -> str:
    return "text" if column == 1 else "number"


def _row(cells: Sequence[str], buyer: int, chosen: bool, wins: bool) -> str:
    classes = " ".join(name for name, so in (("chosen", chosen), ("winner", wins)) if so)
    body = "".join(f"<td class='{_side(k)}'>{escape(cell)}</td>" for k, cell in enumerate(cells))
    pressed = "true" if chosen else "false"
    return (f"<tr class='{classes}' data-choose='{buyer}' tabindex='0' aria-selected='{pressed}'>{body}</tr>")


def _insert_reserve(rows: list[str], look: PastAuction, amounts: Sequence[float], width: int) -> None:
    """A line where the bids fall below the reserve."""
    reserve = reserve_of(look.mechanism)
    if reserve is None:
        return
    above = sum(amount >= reserve for amount in amounts)
    rows.insert(above, f"<tr class='reserve'><td colspan='{width}'>reserve {money(reserve)}</td></tr>")


def _left_out(buyers: int, rounds: int) -> str:
    """What does not stand in the table."""
    left = [f"{counted(buyers, 'buyer')} who bid less"] if buyers > 0 else []
    left += [f"the first {counted(rounds, 'round')}"] if rounds > 0 else []
    return f"<p class='quiet'>Left out: {' and '.join(left)}.</p>" if left else ""


class _Cells:
    """What stands in a buyer's row."""

    def __init__(self, look: PastAuction, shown: Sequence[Round], times: bool, over: bool) -> None:
        self.look, self.shown, self.times, self.over = look, shown, times, over
        sales, messages = look.sales, look.messages
        self.vectors = look.vectors
        self.paid = sales.groupby("bidder_id")["payment"].sum().to_dict()
        self.got = sales.groupby("bidder_id")["quantity"].sum().to_dict()
        self.values = messages.drop_duplicates("bidder_id").set_index("bidder_id")["value"].to_dict()
        self.answers = [
            {answer.bidder_id: answer for answer in rows}
            for rows in (_tuples(one.messages) for one in shown)
        ]

    def wins(self, buyer: int) -> bool:
        """Whether she got something, if that is told."""
        return self.over and bool(self.got.get(buyer, 0.0))

    def of(self, buyer: int) -> list[str]:
        """Number, strategy, value, answers, and the result."""
        cells = [f"{buyer}", self.look.strategies[buyer], money(self.values[buyer])]
        cells += [
            _said(answers.get(buyer), self.vectors, one.kind)
            for answers, one in zip(self.answers, self.shown, strict=True)
        ]
        if self.times:
            cells.append(self._after(buyer))
        if self.over:
            cells.append(result_in_words(self.got.get(buyer, 0.0), self.paid.get(buyer)))
        return cells

    def _after(self, buyer: int) -> str:
        """How long after the opening her answer came."""
        answer = self.answers[0].get(buyer)
        came = math.nan if answer is None else answer.time - self.look.auction.opened
        return "–" if math.isnan(came) else f"{came:.3f}"


def _tuples(rows: pandas.DataFrame) -> Any:
    return rows.itertuples()


def _said(answer: Any, vectors: dict[tuple[int, int], NDArray[Any]], kind: str) -> str:
    """One buyer's answer in a round, and what became of it if it was not simply received."""
    if answer is None:
        return "has left" if kind == "CallPrice" else "not asked"
    if answer.status == "silent":
        return _STATUS["silent"]
    vector = vectors.get((answer.question_number, answer.bidder_id))
    words = _in_words(answer) if vector is None else vector_in_short(vector)
    return words if answer.status == "answered" else f"{words} ({_STATUS[str(answer.status)]})"


def _in_words(answer: Any) -> str:
    """The answer as its kind of question puts it, or as an amount."""
    words = next((one.words for one in kinds() if one.__name__ == answer.question and one.words), None)
    if words is None:
        return money(answer.drop_out if np.isnan(answer.bid) else answer.bid)
    said = words.get(answer.accepted, "–")
    return said if math.isnan(answer.price) else f"{said} at {money(answer.price)}"


def result_in_words(got: float, paid: float | None) -> str:
    """What she got and paid.

    >>> result_in_words(1, 0.5), result_in_words(0, -0.25), result_in_words(0, None)
    ('wins, pays 0.50', 'receives 0.25', '')
    """
    if paid is None:
        return ""
    pays = f"{'pays' if paid >= 0 else 'receives'} {money(abs(paid))}"
    return f"{'wins' if got == 1 else f'gets {got:g}'}, {pays}" if got else pays
