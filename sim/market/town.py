"""Town: buyers with wants choose among sellers by what they have seen and what neighbours tell.

A want arises, and its buyer chooses a seller and waits in her room. At the next opening all who wait take
part. Who is served goes home until her next want. Who is not comes back with the same want after a while,
or gives it up. A buyer is in one place at a time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents.knowledge.network import Neighbours
from agents.seller import Seller
from agents.town.choice import SellerChoice
from agents.town.experience import Experience
from agents.validation import check_share
from sim.draws import DrawAhead, Stream
from sim.market.arrivals import PoissonWants, Trace
from sim.market.calendar_queue import Arrival, CalendarQueue
from sim.market.participants import Participants
from sim.market.stage import Stage

A_DAYS_WANTS = 256
"""Wants of the whole town in a day of its calendar, if everybody were free."""


class Town:
    """The entry to several sellers who share one town of buyers.

    Parameters
    ----------
    choice
        How a buyer chooses a seller.
    neighbours
        Whom each buyer hears from.
    rate
        Wants of a buyer in a unit of time while she is free, above 0; one for all or shape (buyers,).
    comeback
        Probability that a buyer who was not served comes back with the same want, 0 to 1.
    retry
        Mean time until she does, above 0.
    memory
        What an old visit counts beside a new one, in (0, 1].
    trace
        Arrivals to replay in place of Poisson wants. An arrival of a buyer who is busy, or is going to come
        back with her last want, is dropped.

    A want's type is drawn when its buyer is first seated. Raises ValueError for values out of range.
    """

    members = slice(None)
    prior = None
    knowledge = None

    def __init__(
        self,
        choice: SellerChoice,
        neighbours: Neighbours,
        rate: ArrayLike = 1.0,
        comeback: float = 0.5,
        retry: float = 1.0,
        memory: float = 0.9,
        trace: Trace | None = None,
    ) -> None:
        rates = np.asarray(rate, dtype=float)
        if not np.all(np.isfinite(rates) & (rates > 0)):
            raise ValueError(f"rate must be finite and above 0, got {rates}")
        if not (math.isfinite(retry) and retry > 0):
            raise ValueError(f"retry must be a finite time above 0, got {retry}")
        check_share("comeback", comeback)
        self.choice = choice
        self.neighbours = neighbours
        self.rate = rates
        self.comeback = comeback
        self.retry = retry
        self.memory = memory
        self.trace = trace

    def start(self, stage: Stage, sellers: list[Seller]) -> None:
        """Everybody is at home; the first wants are on their way."""
        size = len(stage.population)
        seed = stage.seed
        self._stage = stage
        stage.claim(np.arange(size))
        self._sellers = sellers
        self._column = {seller.number: column for column, seller in enumerate(sellers)}
        self.experience = Experience(size, len(sellers), self.neighbours, self.memory)
        self._choices = DrawAhead(Stream(seed, "choice"), size)
        self._returns = DrawAhead(Stream(seed, "returns"), size)
        self._wants = PoissonWants(self.rate, DrawAhead(Stream(seed, "arrivals"), size), size)
        self._kept: NDArray[np.float64] | None = None
        self._has_kept = np.zeros(size, dtype=bool)
        self._busy = np.zeros(size, dtype=bool)
        self._back_at = np.full(size, np.nan)
        self._want = np.full(size, -1)
        self._wants_so_far = 0
        self._rooms: list[list[tuple[int, float]]] = [[] for _ in sellers]
        self._arrived: dict[int, list[float]] = {}
        self._visits = stage.records["visits"]
        self._outcomes = {name: self._visits.code("outcome", name) for name in OUTCOMES}
        total_rate = float(np.broadcast_to(self.rate, (size,)).sum())
        self._arrivals = CalendarQueue(self._first_arrivals(size), day=A_DAYS_WANTS / total_rate)
        self._wake_at = math.inf
        self._sleep()

    def _first_arrivals(self, size: int) -> list[Arrival]:
        if self.trace is not None:
            return list(zip(self.trace.times.tolist(), self.trace.buyers.tolist(), strict=True))
        buyers = np.arange(size)
        return list(zip(self._wants.next_times(buyers, 0.0).tolist(), range(size), strict=True))

    # --- coming -----------------------------------------------------------------------------------

    def _sleep(self) -> None:
        """Wake at the next arrival, unless a wake-up no later than that is already set."""
        first = self._arrivals.first_time
        if first < self._wake_at:
            env = self._stage.env
            self._wake_at = first
            env.timeout(max(0.0, self._wake_at - env.now), self._wake_at).callbacks.append(self._wake)

    def _wake(self, event: Any) -> None:
        """Let in everybody who has arrived by now."""
        due = event.value
        while self._arrivals.first_time <= due:
            time, buyer = self._arrivals.pop()
            self._arrive(buyer, time)
        if due == self._wake_at:
            self._wake_at = math.inf
        self._sleep()

    def _arrive(self, buyer: int, time: float) -> None:
        """One buyer chooses a seller and waits in her room."""
        comes_back_later = self._back_at[buyer] > time
        if self._busy[buyer] or comes_back_later:
            self._note([time], [buyer], -1, "busy", -1)
            return
        if math.isnan(self._back_at[buyer]):
            self._want[buyer] = self._wants_so_far
            self._wants_so_far += 1
        self._busy[buyer] = True
        self._back_at[buyer] = np.nan
        own, heard = self.experience.own(buyer), self.experience.heard(buyer)
        uniform = self._choices.take(np.array([buyer]))[0][0]
        self._rooms[int(self.choice.choose(own, heard, uniform))].append((buyer, time))

    # --- taking part ------------------------------------------------------------------------------

    def admit(self, seller: Seller) -> Participants:
        """All who wait at this seller, in the order of their arrival."""
        waiting = self._empty(seller)
        buyers = np.array([buyer for buyer, _ in waiting], dtype=np.intp)
        self._arrived[seller.number] = [time for _, time in waiting]
        population = self._stage.population
        values = self._values(buyers)
        latencies = self._stage.latencies(buyers) if len(buyers) else np.zeros(0)
        sides = population.sides(buyers) if len(buyers) else ()
        persons = population.persons[buyers]
        return Participants(buyers[None], persons[None], values[None], latencies[None], sides)

    def _empty(self, seller: Seller) -> list[tuple[int, float]]:
        column = self._column[seller.number]
        waiting, self._rooms[column] = self._rooms[column], []
        return waiting

    def _values(self, buyers: NDArray[np.intp]) -> NDArray[np.float64]:
        """Types of the buyers' wants: of those they kept, or new ones."""
        fresh = buyers[~self._has_kept[buyers]]
        drawn = self._stage.nature.wants(fresh)[0] if len(fresh) else None
        if self._kept is None:
            shape = () if drawn is None else drawn.shape[1:]
            self._kept = np.zeros((len(self._busy), *shape))
        if drawn is not None:
            self._kept[fresh] = drawn
        self._has_kept[buyers] = True
        return self._kept[buyers]

    # --- leaving ----------------------------------------------------------------------------------

    def dismiss(
        self, seller: Seller, participants: Participants, payoffs: NDArray[Any], served: NDArray[Any]
    ) -> None:
        """The auction is over: remember it, and go home or come back."""
        buyers = participants.buyers
        if len(buyers) == 0:
            return
        self.experience.record(buyers, self._column[seller.number], payoffs)
        came = self._arrived.pop(seller.number)
        outcome = np.where(served, self._outcomes["served"], self._outcomes["not served"])
        persons = self._stage.population.persons[buyers]
        auction = self._stage.auction_number(seller, seller.held - 1)
        visits = (came, persons, seller.number, auction, self._want[buyers], outcome)
        self._visits.extend(visits, len(buyers))
        self._leave(buyers, served)

    def turn_away(self, seller: Seller) -> None:
        """Sold out: all who wait are sent away empty-handed."""
        waiting = self._empty(seller)
        if waiting:
            buyers = np.array([buyer for buyer, _ in waiting], dtype=np.intp)
            self.experience.record(buyers, self._column[seller.number], np.zeros(len(buyers)))
            self._note([time for _, time in waiting], buyers, seller.number, "sold out", self._want[buyers])
            self._leave(buyers, np.zeros(len(buyers), dtype=bool))

    def _leave(self, buyers: NDArray[np.intp], served: NDArray[Any]) -> None:
        """Free the buyers, and plan when they come again."""
        now = self._stage.now
        stays, waits = self._returns.take(buyers)
        again = ~served & (stays < self.comeback)
        self._busy[buyers] = False
        self._has_kept[buyers] &= again  # who was turned away before she was seated has no type yet
        times = now - self.retry * np.log1p(-waits)
        self._back_at[buyers] = np.where(again, times, np.nan)
        if self.trace is None:
            times = np.where(again, times, self._wants.next_times(buyers, now))
            coming = zip(times.tolist(), buyers.tolist(), strict=True)
        else:
            coming = zip(times[again].tolist(), buyers[again].tolist(), strict=True)
        for arrival in coming:
            self._arrivals.add(arrival)
        self._sleep()

    # --- records ----------------------------------------------------------------------------------

    def _note(self, times: list[float], buyers: Any, seller: int, outcome: str, wants: Any) -> None:
        """Visits that led to no auction."""
        persons = self._stage.population.persons[np.asarray(buyers)]
        self._visits.extend((times, persons, seller, -1, wants, self._outcomes[outcome]), len(times))


OUTCOMES = ("served", "not served", "sold out", "busy")
"""What can come of a visit, in the records."""
