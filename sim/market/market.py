"""Market: sellers and buyers in simulated time. SimPy owns time, Mesa owns the population and the screen.

`Market.step()` is a pump: it runs the SimPy clock to the next whole tick. Everything that happens goes into
the records; what happens follows from (parameters, seed) alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NoReturn

import mesa
import numpy as np

from agents.buyer import Buyer
from agents.nature import Nature
from agents.play.patience import check_limit
from agents.population import Population
from agents.seller import Seller, SellerPlan
from mechanisms.distributions import Distribution, Prior
from mechanisms.names import as_set
from sim.draws import DrawAhead, Stream
from sim.market.entry import Entry
from sim.market.fitness import refuse_misfits, refuse_unmet_needs
from sim.market.participants import Participants
from sim.market.policies import PolicyRecorder
from sim.market.sealed import SealedRounds
from sim.market.session import Session
from sim.market.stage import Stage
from sim.records import Records
from sim.records.cast import under_way, write_seller


class Market(mesa.Model):
    """A market under way.

    Parameters
    ----------
    population
        The buyers.
    plans
        One plan for each seller.
    entries
        Who comes to each seller: one for each plan; the same object may serve several sellers.
    prior
        What nature draws types from.
    seed
        An integer of at least 0.
    records
        Where everything is written; by default in memory.
    tick
        How much simulated time one `step()` runs. Where there are several sellers, the records are brought up
        to date at each whole tick, which settles the order of their rows.
    redraw
        Whether each want has a new type.
    policies_every
        Simulated time from one look at the policies of those who learn to the next, above 0.

    Raises ValueError where a strategy relies on more than a seller tells, can never answer, or would do
    nothing (`sim.market.fitness`), and where shapes disagree.
    """

    def __init__(
        self,
        population: Population,
        plans: Sequence[SellerPlan],
        entries: Sequence[Entry],
        prior: Distribution | Prior,
        seed: int = 0,
        records: Records | None = None,
        tick: float = 1.0,
        redraw: bool = True,
        policies_every: float = 10.0,
    ) -> None:
        super().__init__(rng=Stream(seed, "mesa").generator())
        if not plans:
            raise ValueError("plans must hold at least one seller's, got none")
        shapes = sorted({plan.mechanism.space.type_shape for plan in plans})
        if len(shapes) > 1:
            raise ValueError(f"plans must ask for types of the same shape, got shapes {shapes}")
        if len(plans) != len(entries):
            raise ValueError(f"entries must be {len(plans)}, one a plan, got {len(entries)}")
        if not (math.isfinite(tick) and tick > 0):
            raise ValueError(f"tick must be above 0, got {tick}")
        if not (math.isfinite(policies_every) and policies_every > 0):
            raise ValueError(f"policies_every must be finite and above 0, got {policies_every}")
        self.tick = tick
        self.population = population
        self.records = Records() if records is None else records
        self.sellers = [Seller(self, number, plan) for number, plan in enumerate(plans)]
        self.entries = list(entries)
        refuse_unmet_needs(population.groups, self.sellers)
        self.nature = self._nature(prior, seed, redraw)
        self.buyers = [Buyer(self, population, number) for number in range(len(population))]
        self.stage = Stage(seed, population, self.sellers, self.nature, self.records)
        self.env, self.ledger = self.stage.env, self.stage.ledger
        self._under_way: dict[int, Session | SealedRounds] = {}
        self._ticks = 0
        self._write_agents()
        PolicyRecorder(self.env, self.records, population.groups, policies_every)
        for entry in dict.fromkeys(entries):
            entry.start(self.stage, [seller for seller in self.sellers if self.entry(seller) is entry])
        refuse_misfits(population, self.sellers, self.entries)
        for seller in self.sellers:
            self._start_seller(seller)
        self.records.mark()

    # --- time -------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Simulated time."""
        return float(self.env.now)

    def step(self) -> None:
        """Run the clock to the next whole tick; what happens exactly then belongs to the next step."""
        self.advance_to((self._ticks + 1) * self.tick)

    def advance_to(self, until: float) -> None:
        """Run the clock up to, and without, `until`; ValueError if that is not finite.

        The order of rows may depend on the tick, but not on how many calls the time was run in.
        """
        if not math.isfinite(until):
            raise ValueError(f"until must be finite, got {until}")
        while (self._ticks + 1) * self.tick <= until:
            self._ticks += 1
            if len(self.sellers) > 1:
                self._run_to(self._ticks * self.tick)
                self.flush()
        self._run_to(until)
        if len(self.sellers) == 1:  # whose rows come in one order, however often they are written
            self.flush()

    def _run_to(self, until: float) -> None:
        if until > self.env.now:
            self.env.run(until=until)
        if self.ledger.unbalanced >= len(self.population):  # so that many buyers cost no more than few
            self.ledger.reconcile()

    def flush(self) -> None:
        """Bring the records up to date with all that has happened so far, between ticks too."""
        self.ledger.catch_up()
        for seller in self.sellers:
            if seller.number in self._under_way:
                self._under_way[seller.number].flush()
        self.records.mark()

    def finish(self, status: str = "complete") -> None:
        """End the run: note the auctions still open as unfinished, and close the records."""
        self.flush()
        for auctions in self._under_way.values():
            open_now = auctions.open_auction()
            if open_now is not None:
                self.ledger.write_unfinished(auctions.seller, *open_now)
        self._under_way.clear()
        self.ledger.reconcile()
        self.records.close(status)

    def limit_answers(self, seconds: float | None) -> None:
        """Refuse answers that take longer; None sets no limit.

        Raises ValueError for no time above 0, and where no limit can be kept (see `agents.play.patience`).
        """
        check_limit(seconds)
        self.stage.answer_limit = seconds

    def close(self) -> None:
        """Let the model go: Mesa before 3.4 would keep it for the rest of the process."""
        getattr(mesa.Agent, "_ids", {}).pop(self, None)

    # --- auctions ---------------------------------------------------------------------------------

    def entry(self, seller: Seller) -> Entry:
        """Who decides who comes to this seller."""
        return self.entries[seller.number]

    def _start_seller(self, seller: Seller) -> None:
        if seller.plan.restock_every is not None:
            self._await_delivery(seller, 1)
        self._schedule_opening(seller)

    def _schedule_opening(self, seller: Seller) -> None:
        """Let the seller open at her next scheduled time that is not past."""
        seller.turn = max(seller.turn + 1, seller.next_opening(self.env.now))
        self.stage.at(seller.opening(seller.turn), lambda _: self._open(seller))

    def _await_delivery(self, seller: Seller, number: int) -> None:
        """Let the seller take her delivery of this number, from 1, and wait for the next."""

        def restock(_: Any) -> None:
            seller.restock()
            self._await_delivery(seller, number + 1)

        if seller.plan.restock_every is not None:
            self.stage.at(number * seller.plan.restock_every, restock)

    def _open(self, seller: Seller) -> None:
        """Hold an auction, if there is something to sell and somebody to sell it to."""
        if not seller.can_open:
            self.entry(seller).turn_away(seller)
            self._schedule_opening(seller)
            return
        participants = self.entry(seller).admit(seller)
        rows, n = participants.buyers.shape
        if n < seller.plan.mechanism.least_buyers:
            self._send_home(seller, participants[0])
            return
        kind = SealedRounds if rows > 1 else Session
        auctions = kind(self.stage, seller, participants, self._finished)
        seller.held += rows
        seller.turn += rows - 1
        self._under_way[seller.number] = auctions
        auctions.begin()

    def _send_home(self, seller: Seller, people: Participants) -> None:
        """Too few have come: the auction is not held."""
        auction = self.stage.auction_number(seller, seller.held)
        seller.held += 1
        self.ledger.write_unheld(auction, seller, seller.opening(seller.turn), people)
        nobody = np.zeros(len(people.buyers))
        self.entry(seller).dismiss(seller, people, nobody, nobody > 0)
        self._schedule_opening(seller)

    def _finished(self, auctions: Session | SealedRounds, payoffs: Any = None, served: Any = None) -> None:
        """All auctions that were admitted are over: let the buyers go, and plan the seller's next auction."""
        seller = auctions.seller
        del self._under_way[seller.number]
        if isinstance(auctions, Session):
            self.entry(seller).dismiss(seller, auctions.people, payoffs, served)
        self._schedule_opening(seller)
        if self.ledger.caught_up:
            self.records.mark()

    # --- set-up -----------------------------------------------------------------------------------

    def _nature(self, prior: Distribution | Prior, seed: int, redraw: bool) -> Nature:
        """Nature, with draws of their own for each number of a type."""
        space = self.sellers[0].plan.mechanism.space
        names = ["wants", *(f"wants of item {item}" for item in range(1, math.prod(space.type_shape)))]
        draws = [DrawAhead(Stream(seed, name), len(self.population)) for name in names]
        several_names = len(np.unique(self.population.persons)) < len(self.population)
        persons = self.population.persons if several_names else None
        return Nature(self, prior, draws, Stream(seed, "profiles").uniform, redraw, persons, space)

    def _write_agents(self) -> None:
        table, population = self.records["agents"], self.population
        groups = [
            (
                number,
                table.code("strategy", group.strategy.name),
                table.code("settings", as_set(group.strategy)),
                table.code("utility", as_set(group.utility)),
            )
            for number, group in enumerate(population.groups)
        ]
        of_buyers = np.array(groups)[population.membership].T
        names = np.arange(len(population))
        table.extend((names, population.persons, *of_buyers, population.latency), len(population))
        for seller in self.sellers:
            write_seller(self.records, seller.number, seller.plan.name, as_set(seller.plan.mechanism))

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise under_way(self)
