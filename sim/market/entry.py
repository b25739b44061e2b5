"""Entry: who comes to a seller's auctions, and what becomes of them afterwards."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.network import Neighbours
from agents.knowledge.protocol import Knowledge
from agents.seller import Seller
from mechanisms.distributions import Prior
from sim.market.participants import Participants
from sim.market.stage import Stage


class Entry(Protocol):
    """Decides who comes to a seller's auctions, and what becomes of them afterwards."""

    @property
    def members(self) -> NDArray[np.intp] | slice:
        """Numbers of the buyers who may come, once started; a slice of all where everybody may."""

    @property
    def prior(self) -> Prior | None:
        """Over the profiles of its participants; None where nature's holds."""

    @property
    def knowledge(self) -> Knowledge | None:
        """What its participants know of one another, by seat; None for nothing."""

    @property
    def neighbours(self) -> Neighbours | None:
        """Whom each buyer hears from; None where nobody tells anybody."""

    def start(self, stage: Stage, sellers: list[Seller]) -> None:
        """Begin; called once, when the stage is set."""

    def admit(self, seller: Seller) -> Participants:
        """Those who take part in the auction that opens now, a row; or in this and the next ones, row by row.

        More than one row only where nothing that happens elsewhere bears on those auctions.
        """

    def dismiss(
        self, seller: Seller, participants: Participants, payoffs: NDArray[Any], served: NDArray[Any]
    ) -> None:
        """The participants of one auction leave: payoffs in money, and a mask of those served, shapes (n,).

        Not called where several auctions were admitted: nobody waits for their ends.
        """

    def turn_away(self, seller: Seller) -> None:
        """The seller cannot open: her stock does not cover an auction."""
