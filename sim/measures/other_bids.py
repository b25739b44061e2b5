"""Other bids: what a buyer would have got in a recorded auction for every bid that she could have made.

Read from the records of a market; worked out by `agents.best_response.in_hindsight`, which asks the one
engine of deviations. Where the records do not tell, `CannotTellError` says why, in a sentence for the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.best_response.in_hindsight import (
    PlayedAuction,
    ReplayPlayer,
    replays,
    utilities_of_bids,
    utility_replayed,
)
from agents.play.asking import RefusesRandomness
from agents.play.ways import by_rule_or_replay, rule_or_replay
from mechanisms.comparison import RELATIVE_SLACK, size_of
from mechanisms.conversation import Mechanism
from mechanisms.questions import SILENT, Announce
from mechanisms.utilities import Utility
from sim.measures.surplus import surplus_of

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from sim.market.market import Market

    Tables = Mapping[str, pandas.DataFrame]

BY_RULE, BY_REPLAY = 201, 25
"""Points of an even grid of bids: many cost little by a rule, a replay each without one."""
MOST_MEETINGS = 24
"""So many bids of others, the highest ones, are met exactly."""
ROOM = 1.15
"""The grid ends so far beyond the highest value or bid."""
NEAR = 1e-9
_AMOUNTS = ("bid", "drop_out", "accepted")


class CannotTellError(ValueError):
    """The records do not tell what another bid would have brought; the message says why, in a sentence."""


@dataclass(frozen=True, eq=False)
class OtherBids:
    """What one buyer's bids would have brought in one auction, the others as they were.

    value, bid
        Her value, and what she bid (NaN if she named no amount, or in time).
    bids, utilities
        Shape (B,): bids in ascending order, with her expected utility for each.
    by_truth, as_played, by_silence
        Her expected utility by bidding her value, by what she did, and by no bid.
    got
        What she really got, in money: value of what she won less what she paid, as the seller's coins fell.
    utility
        Her attitude to risk.
    others
        The others' bids, those that counted.
    """

    value: float
    bid: float
    bids: NDArray[np.float64]
    utilities: NDArray[np.float64]
    by_truth: float
    as_played: float
    by_silence: float
    got: float
    utility: Utility
    others: NDArray[np.float64]

    @property
    def gain(self) -> float:
        """The greatest gain of a lie over the truth, at least 0; what the audit calls it."""
        return max(0.0, float(self.utilities.max()) - self.by_truth, self.by_silence - self.by_truth)

    @property
    def best_bid(self) -> float:
        """The bid that brings most: the truth if none brings more; `-inf` for no bid."""
        if not self.pays:
            return self.value
        if self.by_silence > self.utilities.max():
            return SILENT
        return float(self.bids[self.utilities.argmax()])

    @property
    def pays(self) -> bool:
        """Whether some lie brings more than the truth, beyond rounding."""
        return self.gain > RELATIVE_SLACK * size_of(self.utilities, np.asarray(self.value))


def other_bids(market: Market, tables: Tables, auction: int, bidder: int) -> OtherBids:
    """What each bid would have brought to this bidder in this auction.

    `tables` hold the auction's rows of `auctions`, `messages` and `transactions`. Raises CannotTellError.
    """
    played, messages = played_auction(market, tables, auction)
    seats = _seats(messages)
    if bidder not in seats:
        raise CannotTellError(f"Buyer {bidder} was not asked in auction {auction}.")
    seat = seats.index(bidder)
    value, bid = float(played.types[seat]), _bid_of(messages[messages["bidder_id"] == bidder])
    others = np.delete(played.reports, seat)
    bids = _bids_to_try(played, np.array([value, bid]), others)
    tried = np.array([value, SILENT, *bids])
    by_truth, by_silence, *utilities = _asked_again(utilities_of_bids, played, seat, tried)
    sales = tables["transactions"]
    own = sales[(sales["auction"] == auction) & (sales["bidder_id"] == bidder)]
    return OtherBids(
        value, bid, bids, np.array(utilities), float(by_truth), _as_played(played, seat), float(by_silence),
        float(surplus_of(own).sum()), played.utility_of(seat), others[np.isfinite(others)],
    )


def announcements(market: Market, tables: Tables, auction: int) -> list[tuple[int, Announce]]:
    """What was announced in the auction, with the number of questions asked before; by replay.

    Records hold what was asked and answered only. Raises CannotTellError.
    """
    played, messages = played_auction(market, tables, auction)
    return by_rule_or_replay(
        played.mechanism, lambda _: [], lambda: _matching(played, messages)[0].announced
    )


def _as_played(played: PlayedAuction, seat: int) -> float:
    return by_rule_or_replay(
        played.mechanism,
        lambda _: float(utilities_of_bids(played, seat, played.reports[[seat]])[0]),
        lambda: float(_asked_again(utility_replayed, played, seat)),
    )


def _asked_again(what: Any, *arguments: Any) -> Any:
    """What a replay finds, or why there is none."""
    try:
        return what(*arguments)
    except RefusesRandomness:
        raise CannotTellError("Somebody tosses a coin before she answers, so none can be replayed.") from None
    except ValueError as error:
        raise CannotTellError(f"The conversation cannot be held again: {error}.") from error


# --- from the records -------------------------------------------------------------------------------


def played_auction(market: Market, tables: Tables, auction: int) -> tuple[PlayedAuction, pandas.DataFrame]:
    """An auction as it was played, and its messages; raises CannotTellError."""
    held = tables["auctions"][tables["auctions"]["auction"] == auction]
    if not len(held) or held["status"].iloc[0] == "unfinished":
        raise CannotTellError(f"Auction {auction} is not over, or no longer at hand.")
    messages = tables["messages"][tables["messages"]["auction"] == auction]
    seller = int(held["seller_id"].iloc[0])
    mechanism = market.sellers[seller].plan.mechanism
    _refuse_what_is_no_bid(mechanism, messages)
    buyers = np.array(_seats(messages), dtype=np.intp)
    if len(buyers) != int(held["bidders"].iloc[0]):
        raise CannotTellError("Not everybody who came was asked, so that not all values are on record.")
    values = messages.drop_duplicates("bidder_id")["value"].to_numpy(dtype=float)
    sides = market.population.sides(buyers)
    knowledge = market.entries[seller].knowledge
    played = PlayedAuction(mechanism, values, _reports(messages), sides, knowledge)
    if rule_or_replay(mechanism, False, True):
        _refuse_what_cannot_be_replayed(played, messages)
    return played, messages


def _seats(messages: pandas.DataFrame) -> list[int]:
    """The bidders in the order of their seats, which is that in which they were asked first."""
    return messages["bidder_id"].drop_duplicates().tolist()


def _refuse_what_is_no_bid(mechanism: Mechanism, messages: pandas.DataFrame) -> None:
    if "ShowMenu" in messages["question"].astype(str).to_numpy():
        raise CannotTellError("She chooses from a menu: there is no bid to change.")
    if mechanism.space.type_shape or mechanism.space.report_shape:
        raise CannotTellError("Her value is not one number but several, which one axis of bids cannot show.")
    if not len(messages) or messages["value"].isna().any():
        raise CannotTellError("The values of this auction are not on record, or no longer at hand.")


def _reports(messages: pandas.DataFrame) -> NDArray[np.float64]:
    """What counted of each bidder's first answer; `-inf` where nothing did."""
    first = messages.drop_duplicates("bidder_id")
    return np.where(first["status"] == "answered", _amounts(first), SILENT)


def _amounts(messages: pandas.DataFrame) -> NDArray[np.float64]:
    """The answers that are one number each; `-inf` where there is none."""
    answers = messages[list(_AMOUNTS)].max(axis=1).to_numpy(dtype=float)
    return np.where(np.isnan(answers), SILENT, answers)


def _bid_of(messages: pandas.DataFrame) -> float:
    """What one bidder bid: her highest maximum, or where she meant to leave the clock; NaN for none."""
    heard = messages[messages["status"] == "answered"]
    exits = heard["drop_out"].dropna()
    return float(exits.iloc[-1]) if len(exits) else float(heard["bid"].max())


def _refuse_what_cannot_be_replayed(played: PlayedAuction, messages: pandas.DataFrame) -> None:
    lost = set(messages["status"].astype(str)).intersection(("late", "refused"))
    if lost:
        raise CannotTellError(
            f"An answer was {lost.pop()}, and later questions followed from that: after another bid it might "
            "have arrived in time."
        )
    if not all(side.group.strategy.memoryless for side in played.sides):
        raise CannotTellError("Somebody here learns, and would no longer answer as she did then.")
    _matching(played, messages)


def _matching(played: PlayedAuction, messages: pandas.DataFrame) -> list[ReplayPlayer]:
    """The branches of the replay in which everybody says what is on record; CannotTellError if none."""
    players = [player for player, _ in _asked_again(list, replays(played))]
    alike = [player for player in players if _said(player.party.said, messages)]
    if not alike:
        raise CannotTellError("Asked again, the buyers answer otherwise than they did.")
    return alike


def _said(said: Any, messages: pandas.DataFrame) -> bool:
    """Whether the answers of a replay are those on record; answers of several numbers are not compared."""
    numbers = dict(tuple(messages.groupby("question_number")))
    if list(numbers) != list(range(len(said))):
        return False
    seats = {bidder: seat for seat, bidder in enumerate(_seats(messages))}
    for number, (question, values) in enumerate(said):
        rows = numbers[number]
        if not question.shape and question.recorded_as in _AMOUNTS:
            again = values[[seats[bidder] for bidder in rows["bidder_id"].tolist()]]
            heard = rows["status"] == "answered"
            if not np.array_equal(again, np.where(heard, _amounts(rows), question.default)):
                return False
    return True


# --- what is tried ----------------------------------------------------------------------------------


def _bids_to_try(
    played: PlayedAuction, own: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.float64]:
    """An even grid, and on both sides of every bid at which something may change; all of them if few."""
    mechanism = played.mechanism
    if mechanism.value_bound is not None:
        return np.arange(mechanism.value_bound, dtype=float)
    breaks = np.array(mechanism.breakpoints, dtype=float)
    special = np.concatenate([own, _highest(others), _highest(played.types), breaks])
    special = special[np.isfinite(special)]
    least, most = mechanism.space.report_range
    top = ROOM * special.max(initial=0.0) or 1.0
    even = np.linspace(0.0, top, rule_or_replay(mechanism, BY_RULE, BY_REPLAY))
    beside = NEAR * np.maximum(np.abs(special), top)
    tried = np.concatenate([even, special - beside, special, special + beside])
    return np.unique(np.clip(tried, max(least, 0.0), most))


def _highest(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sort(amounts[np.isfinite(amounts)])[-MOST_MEETINGS:]

