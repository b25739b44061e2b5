"""Attendance: who comes to a seller's auctions, and what becomes of them afterwards."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from agents.seller import Seller
from sim.market.participants import Seating
from sim.market.stage import Stage


class Doors(Protocol):
    """Opens auctions: the market, as an attendance sees it."""

    def schedule_opening(self, seller: Seller) -> None:
        """Let the seller open at her next scheduled time that is not past."""

    def hold(self, seller: Seller, seating: Seating) -> None:
        """Hold the seller's next auction now."""


class Attendance(Protocol):
    """Decides who comes to a seller's auctions, and what becomes of them afterwards."""

    def start(self, stage: Stage, doors: Doors, sellers: list[Seller]) -> None:
        """Begin; called once, when the stage is set."""

    def opens_itself(self, seller: Seller) -> bool:
        """Whether the attendance runs this seller's auctions itself (see `sim.market.ahead`)."""

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
