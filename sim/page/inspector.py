"""Inspector: choose a seller, an auction, a buyer; read the conversation round by round, and see the lie.

Where nothing is chosen, the page looks at the sellers' last auctions in turn, and at the highest bidder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import solara

from agents.play.asking import MISBEHAVIOUR, in_words
from sim.market.guard import LONGEST_REASON
from sim.measures.other_bids import announcements
from sim.page.conversation import (
    announced_in_words,
    conversation_table,
    last_amounts,
    rounds_of,
    story,
)
from sim.page.lie import lie
from sim.page.looks import PastAuction, auctions_of, in_turn, look_at, stepped
from sim.page.picture import Pictured

if TYPE_CHECKING:
    from sim.page.drawing.drawing import Drawing
    from sim.page.scene import Scene
    from sim.page.show import Show

IN_TURN = "each in turn"
"""Shown where no seller is chosen."""
SLOW = (
    "Beliefs are asked for here, which takes a second to work out: click a row to see it, and what was "
    "announced."
)
NOTHING_YET = "No auction is over yet."


@dataclass(frozen=True)
class Choice:
    """What somebody has chosen to look at; None where the page chooses.

    rounds
        How many rounds of the conversation are told.
    """

    seller: int | None = None
    auction: int | None = None
    buyer: int | None = None
    rounds: int | None = None


@dataclass(frozen=True)
class Seen:
    """What is looked at, and what can be chosen beside it; HTML of the conversation.

    lie, lesson
        The picture of the lie, None where there is none, and what it says, or why there is none.
    """

    look: PastAuction | None = None
    auctions: tuple[int, ...] = ()
    buyers: tuple[int, ...] = ()
    buyer: int | None = None
    rounds: int = 0
    told: int = 0
    story: str = NOTHING_YET
    table: str = ""
    lie: Drawing | None = None
    lesson: str = NOTHING_YET


def seen(scene: Scene, choice: Choice) -> Seen:
    """What is seen of a market by this choice; what is no longer at hand gives way to what is."""
    look = _look(scene, choice)
    if look is None:
        return Seen()
    amounts = last_amounts(look.messages)
    buyers = sorted(look.buyers, key=lambda buyer: -amounts[buyer])
    buyer = choice.buyer if choice.buyer in buyers else buyers[0]
    rounds = len(rounds_of(look.messages))
    told = rounds if choice.rounds is None else min(max(choice.rounds, 1), rounds)
    auctions = tuple(auctions_of(scene, int(look.auction.seller_id)))
    passing = choice.auction is None
    slow = passing and scene.market.entries[int(look.auction.seller_id)].knowledge is not None
    words = story(look, told < rounds) + ("" if passing else _announced(scene, look))
    picture, lesson = (None, SLOW) if slow else _lie(scene, look, buyer)
    table = conversation_table(look, buyer, told)
    buyers = sorted(buyers)
    return Seen(look, auctions, tuple(buyers), buyer, rounds, told, words, table, picture, lesson)


def _look(scene: Scene, choice: Choice) -> PastAuction | None:
    if choice.auction is not None and (chosen := look_at(scene, choice.auction)) is not None:
        return chosen
    if choice.seller is not None:
        own = auctions_of(scene, choice.seller)
        return look_at(scene, own[-1]) if own else None
    number = in_turn(scene)
    return None if number is None else look_at(scene, number)


def _announced(scene: Scene, look: PastAuction) -> str:
    """What was announced, where the conversation can be held again to find out."""
    try:
        told = announcements(scene.market, look.tables, look.number)
    except MISBEHAVIOUR:  # no replay, no word of it: the lie's panel says why
        return ""
    return f"<br>{escape(announced_in_words(told, look.buyers))}" if told else ""


def _lie(scene: Scene, look: PastAuction, buyer: int) -> tuple[Drawing | None, str]:
    try:
        return lie(scene, look, buyer)
    except MISBEHAVIOUR as error:  # mechanisms may be anybody's code; the page must go on
        return None, f"This picture failed: {in_words(error)[:LONGEST_REASON]}"


# --- components -------------------------------------------------------------------------------------


@solara.component_vue("clickable.vue")
def Clickable(html: str, event_choose: Callable[[str], None]) -> None:
    """HTML in which every element with `data-choose` can be clicked, or chosen by the keyboard."""


@solara.component
def Inspector(show: Show, scene: Scene, steps: int) -> None:
    """Two panels: the conversation with its controls, and what a lie would have brought."""
    choice, choose = solara.use_state(Choice())
    found = solara.use_memo(lambda: _still(show, scene, choice), [show, steps, choice])

    def pick(buyer: str) -> None:
        choose(_pinned(choice, found, int(buyer)))

    with solara.Div(classes=["inspector"]):
        with solara.Div(classes=["panel", "panel-conversation"]):
            panel_heading("The conversation", "Choose a seller, an auction, a round; click a row.")
            Choosing(scene, choice, choose, found)
            solara.HTML("p", unsafe_innerHTML=found.story, classes=["auction-told"])
            Clickable(html=found.table, event_choose=pick)
        with solara.Div(classes=["panel", "panel-lie"]):
            whose = "" if found.buyer is None else f" of buyer {found.buyer}"
            caption = f"The payoff{whose} for every bid, the others as they were."
            panel_heading("What a lie would have brought", caption)
            with solara.Div(classes=["lie-picture", f"step-{steps}"]):
                if found.lie is not None:
                    Pictured(found.lie, "lie", steps)
                solara.Text(found.lesson, classes=["lesson"])


def _still(show: Show, scene: Scene, choice: Choice) -> Seen:
    """What is seen while the market stands still."""
    with show.lock:
        return seen(scene, choice)


def _pinned(choice: Choice, found: Seen, buyer: int) -> Choice:
    """Who chooses a buyer chooses the auction with her."""
    return replace(choice, auction=None if found.look is None else found.look.number, buyer=buyer)


def panel_heading(title: str, caption: str) -> None:
    """Title and caption of a panel."""
    with solara.Div(classes=["heading"]):
        solara.HTML("h2", unsafe_innerHTML=escape(title), classes=["title"])
        solara.Text(caption, classes=["caption"])


@solara.component
def Choosing(scene: Scene, choice: Choice, choose: Callable[[Choice], None], found: Seen) -> None:
    """Seller, auction, buyer and round, each to be chosen, the auction and the round also step by step."""
    names = [IN_TURN, *(f"{number}: {name}" for number, name in enumerate(scene.sellers))]
    looked = found.look.number if found.look is not None else None
    at = 0 if choice.seller is None else choice.seller + 1

    def by_seller(name: str) -> None:
        choose(Choice(None if name == IN_TURN else names.index(name) - 1))

    def to_auction(steps: int) -> None:
        if looked is not None:
            chosen = stepped(list(found.auctions), looked, steps)
            choose(replace(choice, auction=chosen, buyer=None, rounds=None))

    with solara.Div(classes=["choosing"]):
        solara.Select("seller", names, names[at], on_value=by_seller, dense=True)
        solara.Button("‹", on_click=lambda: to_auction(-1), disabled=looked is None, classes=["earlier"])
        solara.Text("auction –" if looked is None else f"auction {looked}", classes=["looked-at"])
        solara.Button("›", on_click=lambda: to_auction(1), disabled=looked is None, classes=["later"])
        solara.Button(
            "the latest", on_click=lambda: choose(Choice(choice.seller)), disabled=choice.auction is None
        )
        solara.Select(
            "buyer", [*found.buyers], found.buyer, dense=True,
            on_value=lambda buyer: choose(_pinned(choice, found, buyer)),
        )
        if found.rounds > 1:
            RoundByRound(choice, choose, found)


@solara.component
def RoundByRound(choice: Choice, choose: Callable[[Choice], None], found: Seen) -> None:
    """Step through the rounds of the auction that is looked at."""

    def tell(rounds: int) -> None:
        if found.look is not None:
            pinned = replace(choice, auction=found.look.number, rounds=min(max(rounds, 1), found.rounds))
            choose(pinned)

    first, last = found.told == 1, found.told == found.rounds
    with solara.Div(classes=["rounds"]):
        solara.Button("‹", on_click=lambda: tell(found.told - 1), disabled=first, classes=["earlier"])
        solara.Text(f"round {found.told} of {found.rounds}", classes=["looked-at"])
        solara.Button("›", on_click=lambda: tell(found.told + 1), disabled=last, classes=["later"])
