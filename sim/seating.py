"""Seating: who takes part in one auction, with what types and latencies; and who decides that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from agents.population import Side
from agents.seller import Seller

if TYPE_CHECKING:
    from sim.market import Market


@dataclass(slots=True)
class Seating:
    """The n participants of one auction.

    buyers, persons
        Shape (n,): their lasting numbers, in the order of their seats; the persons behind them.
    values
        Shape (n,), or (n, items): the types of their wants.
    latencies
        Shape (n,): how long the first message of each travels.
    sides
        The participants by group.
    """

    buyers: NDArray[Any]
    persons: NDArray[Any]
    values: NDArray[Any]
    latencies: NDArray[Any]
    sides: tuple[Side, ...]


class Attendance(Protocol):
    """Decides who comes to a seller's auctions, and what becomes of them afterwards."""

    def start(self, market: Market, sellers: list[Seller]) -> None:
        """Begin; called once, when the market is complete."""

    def opens_itself(self, seller: Seller) -> bool:
        """Whether the attendance runs this seller's auctions itself (see `sim.ahead`)."""

    def seat(self, seller: Seller) -> Seating:
        """Those who take part in the auction that opens now."""

    def dismiss(self, seller: Seller, seating: Seating, payoffs: NDArray[Any], served: NDArray[Any]) -> None:
        """They leave: payoffs in money, and a mask of those who got something, shapes (n,)."""

    def turn_away(self, seller: Seller) -> None:
        """The seller cannot open: her stock does not cover an auction."""

    def under_way(self) -> list[tuple[int, Seller, float, int]]:
        """Auctions open now that the attendance runs itself: number, seller, opening, participants."""

    def flush(self) -> None:
        """Bring the records up to date with all that has happened."""
