"""Counter: customers queue before a menu, buy one entry a visit, and may queue again (buy-many paper, 1).

A customer's errand is the conversation of an adaptive `PostedMenu`, which she answers by her strategy; what
she buys takes its time. SimPy owns the time: the counter is a resource that serves one customer after the
other. A run holds any number of counters, each with customers of its own, and obeys what
`sim.runs.run.play_until` needs of a run.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, NoReturn

import numpy as np
import simpy
from numpy.typing import ArrayLike, NDArray

from agents.play.asking import Party
from agents.play.instant import InstantPlayer
from agents.play.tree import TreePlayer
from agents.population import Group, Side
from agents.strategies.base import Strategy
from agents.strategies.menu_buyers import MenuBuyer
from agents.strategies.menu_plans import HOME
from agents.strategies.wrapper import check_strategy
from agents.view import Feedback, Mixed
from mechanisms._validation import FloatArray, number_in
from mechanisms.conversation import check_count
from mechanisms.engine import walk
from mechanisms.menus import Menu, PostedMenu
from mechanisms.menus.purchase import check_menu, type_probabilities
from mechanisms.menus.valuations import additive_values
from mechanisms.names import as_set
from mechanisms.questions import BuyerQuestion, Replies, ShowMenu
from sim.draws import Stream
from sim.menus.station import Station
from sim.records import Column, Records, Table
from sim.records.cast import under_way, write_seller

CUSTOMERS = Table("customers", "One row for each customer who went home.", (
    Column("seller_id", "int32", "", "the counter", refers="sellers.seller_id"),
    Column("person_id", "int32", "", "the customer, among those of her counter"),
    Column("type", "int32", "", "number of her type"),
    Column("habit", "category", "", "how she decides"),
    Column("cost", "float64", "money", "what each visit after the first costs her; NaN if nothing is known"),
    Column("arrived", "float64", "time", "when she first queued"),
    Column("left", "float64", "time", "when she went home"),
    Column("visits", "int32", "", "how often she bought"),
    Column("waited", "float64", "time", "time in the queue, over all visits"),
    Column("paid", "float64", "money", "what she paid"),
    Column("worth", "float64", "money", "her value of what she got"),
))
PURCHASES = Table("purchases", "One row for each entry that was sold.", (
    Column("time", "float64", "time", "when"),
    Column("seller_id", "int32", "", "the counter", refers="sellers.seller_id"),
    Column("person_id", "int32", "", "the customer, among those of her counter"),
    Column("name", "int32", "", "number of the name that she gave in this errand, from 0"),
    Column("entry", "int32", "", "number of the entry"),
    Column("price", "float64", "money", "its price"),
))


@dataclass(frozen=True, eq=False)
class Crowd:
    """Who comes to a counter.

    types, probabilities
        Additive values of items, shape (T, n), and shape (T,).
    strategies
        How customers decide, each as likely as the others. Those that are memoryless are asked once for each
        type and history: for them a customer has no number.
    rate
        Customers in a unit of time.
    regulars
        How many people there are, who come again and again with a type and a strategy for life, types in
        proportion to their probabilities; None: everyone comes once.
    names
        Under how many names a person can come in one errand.

    Raises TypeError or ValueError for what does not fit.
    """

    types: FloatArray
    probabilities: FloatArray
    strategies: tuple[Strategy, ...]
    rate: float = 1.0
    regulars: int | None = None
    names: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", additive_values(self.types, "a counter"))
        object.__setattr__(self, "probabilities", type_probabilities(self.probabilities, len(self.types)))
        if not self.strategies:
            raise ValueError("strategies must hold at least one, got none")
        for strategy in self.strategies:
            check_strategy("strategies", strategy)
        number_in("rate", self.rate, above=0)
        check_count("names", self.names)
        if self.regulars is not None:
            check_count("regulars", self.regulars)


@dataclass(frozen=True, eq=False)
class CounterPlan:
    """One counter: its name, its menu, its crowd, how long a purchase takes, and its rule.

    a_name
        How many entries one name may buy; with `crowd.names` this bounds a customer's visits.

    Raises TypeError or ValueError for what does not fit.
    """

    name: str
    menu: Menu
    crowd: Crowd
    service: float = 0.1
    a_name: int = 1

    def __post_init__(self) -> None:
        check_menu(self.menu)
        if self.crowd.types.shape[1] != self.menu.n:
            valued = self.crowd.types.shape[1]
            raise ValueError(f"types must value the menu's {self.menu.n} items, not {valued}")
        number_in("service", self.service, above=0)
        check_count("a_name", self.a_name)

    @property
    def most(self) -> int:
        """How many visits a customer can make."""
        return self.a_name * self.crowd.names

    @property
    def rules(self) -> PostedMenu:
        """The conversation with each customer: she may look at what she got before she buys again."""
        return PostedMenu(self.menu, self.most, adaptive=True)


class CounterMarket:
    """Counters in simulated time, and their records; what happens follows from (plans, seed) alone."""

    def __init__(self, plans: list[CounterPlan], seed: int = 0, records: Records | None = None,
                 tick: float = 1.0) -> None:
        self.tick = number_in("tick", tick, above=0)
        self.records = Records() if records is None else records
        for table in (CUSTOMERS, PURCHASES):
            self.records.add(table)
        self.env = simpy.Environment()
        self.plans = list(plans)
        for number, plan in enumerate(self.plans):
            write_seller(self.records, number, plan.name, as_set(plan.rules))
            Counter(self.env, self.records, number, plan, Stream(seed, "counter"))

    @property
    def now(self) -> float:
        """Simulated time."""
        return float(self.env.now)

    def advance_to(self, until: float) -> None:
        """Run the clock up to, and without, `until`; ValueError if that is not finite."""
        if not math.isfinite(until):
            raise ValueError(f"until must be finite, got {until}")
        if until > self.now:
            self.env.run(until=until)

    def flush(self) -> None:
        """Nothing to do: rows are written as things happen."""

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise under_way(self)

    def finish(self, status: str = "complete") -> None:
        """End the run; customers still in a queue are not recorded."""
        self.records.close(status)


class Counter:
    """A counter at work: one server, and a queue."""

    def __init__(self, env: simpy.Environment, records: Records, number: int, plan: CounterPlan,
                 stream: Stream) -> None:
        self.env, self.plan, self.number = env, plan, number
        self.desk = simpy.Resource(env)
        self._rng = stream.generator(number)
        self._customers, self._purchases = records["customers"], records["purchases"]
        strategies = copy.deepcopy(plan.crowd.strategies)  # learners begin afresh at every opening
        seat = np.zeros(1, dtype=np.intp)
        self._sides = [Side(Group(strategy), seat.copy(), seat.copy()) for strategy in strategies]
        self._learns = [not strategy.memoryless for strategy in strategies]
        self._costs = [one.cost if isinstance(one, MenuBuyer) else math.nan for one in strategies]
        self._codes = [self._customers.code("habit", strategy.name) for strategy in strategies]
        self._values = plan.crowd.types.tolist()
        self._own = [np.array([row if len(row) > 1 else row[0]]) for row in self._values]
        self._rules = plan.rules
        self._start = Station(self._rules)
        self._prices = plan.menu.prices.tolist()
        self._parties: dict[tuple[int, int], Party] = {}
        self._people = self._regulars()
        env.process(self._arrivals())

    def _draw(self, people: int) -> list[tuple[int, int]]:
        """Types and strategies, by number, of so many people."""
        crowd, rng = self.plan.crowd, self._rng
        types = rng.choice(len(self._values), size=people, p=crowd.probabilities)
        strategies = rng.integers(len(crowd.strategies), size=people)
        return list(zip(types.tolist(), strategies.tolist(), strict=True))

    def _regulars(self) -> list[tuple[int, int]] | None:
        """The same of the regulars: of types as many as their probabilities say."""
        crowd = self.plan.crowd
        if crowd.regulars is None:
            return None
        shares = (np.arange(crowd.regulars) + 0.5) / crowd.regulars
        types = np.searchsorted(np.cumsum(crowd.probabilities)[:-1], shares, side="right")
        return [(int(type_), k % len(crowd.strategies)) for k, type_ in enumerate(types)]

    def _arrivals(self) -> Generator[simpy.Event, Any, None]:
        """Customers come at random times, each free of the others."""
        serial = count()
        block = 1024
        while True:
            gaps = self._rng.exponential(1 / self.plan.crowd.rate, size=block).tolist()
            people = self._draw(block) if self._people is None else self._people
            chosen = range(block) if self._people is None else self._rng.integers(len(people), size=block)
            for gap, who in zip(gaps, chosen, strict=True):
                yield self.env.timeout(gap)
                type_, habit = people[who]
                person = next(serial) if self._people is None else int(who)
                self.env.process(self._errand(person, type_, habit))

    def _errand(self, person: int, type_: int, habit: int) -> Generator[simpy.Event, Any, None]:
        """Answer, and queue for what she buys, until she wants no more."""
        env, arrived, waited = self.env, self.env.now, 0.0
        customer = self._customer(person, type_, habit)
        bought: list[int] = []
        while (question := customer.station.question) is not None:
            reply = question.put(customer)
            customer.station = customer.station.after(reply)
            if isinstance(question, ShowMenu) and (entry := reply.values.item(0)) != HOME:
                queued = env.now
                with self.desk.request() as turn:
                    yield turn
                    waited += env.now - queued
                    yield env.timeout(self.plan.service)
                name = len(bought) // self.plan.a_name
                bought.append(entry)
                self._purchases.row(env.now, self.number, person, name, entry, self._prices[entry])
        worth, paid = self._settle(customer, type_, habit)
        self._customers.row(
            self.number, person, type_, self._codes[habit], self._costs[habit], arrived, env.now, len(bought),
            waited, paid, worth,
        )

    def _customer(self, person: int, type_: int, habit: int) -> Customer:
        """Someone at the start of her errand."""
        side, who = self._sides[habit], (habit, type_)
        if self._learns[habit]:
            party = self._party(type_, replace(side, buyers=np.array([person])))
            return Customer(party, self._rng, None, self._start)
        party = self._parties.get(who) or self._parties.setdefault(who, self._party(type_, side))
        return Customer(party, self._rng, who, self._start)

    def _party(self, type_: int, side: Side) -> Party:
        return Party(self._rules, self._own[type_], (side,), 1)

    def _settle(self, customer: Customer, type_: int, habit: int) -> tuple[float, float]:
        """What she got is worth to her, and what she paid; a learner hears of it."""
        end, values = customer.station, self._values[type_]
        worth = float(sum([value for value, has in zip(values, end.got, strict=True) if has]))
        if self._learns[habit]:
            customer.learn(worth - end.paid)
        return worth, end.paid


class Customer(InstantPlayer):
    """One customer at the counter: her strategy answers, the counter's coins decide.

    who
        What she has in common with those who answer alike; None if nobody does, because she learns.
    station
        Where her conversation stands.
    """

    def __init__(
        self, party: Party, rng: np.random.Generator, who: tuple[int, int] | None, start: Station
    ) -> None:
        super().__init__(party, rng)
        self.who, self.station = who, start

    def ask(self, question: BuyerQuestion) -> Replies:
        """By her strategy, unless her likes have said what it says here."""
        known = self.station.answers.get(self.who)
        if known is not None:
            return known
        self.party.said = self.station.said
        replies = super().ask(question)
        if self.who is not None:
            self.station.answers[self.who] = replies
        return replies

    def _resolve(self, mixed: Mixed, side: Side, question: BuyerQuestion) -> NDArray[Any]:
        self.who = None  # from here on nobody need be like her
        return super()._resolve(mixed, side, question)

    def learn(self, payoff: float) -> None:
        """Let her strategy hear what came of it."""
        (side,), party, outcome = self.party.sides, self.party, self.station.outcome
        if outcome is None:
            return
        told = Feedback(
            seats=side.seats, buyers=side.buyers, n=1, mechanism=party.mechanism, values=party.values.copy(),
            utility=side.group.utility, answers=self.station.said, allocation=outcome.allocation.copy(),
            payments=outcome.payments.copy(), payoffs=np.array([payoff]), causes=dict(outcome.itemised),
        )
        side.group.strategy.observe(told)


def crowd_of(example: Any, *strategies: Strategy, rate: float = 1.0, **options: Any) -> Crowd:
    """The crowd of an example's types (`types`, `probabilities`) with these strategies."""
    types: ArrayLike = example.types
    return Crowd(np.asarray(types), example.probabilities, strategies, rate, **options)


def expected_payment(rules: PostedMenu, values: Sequence[float], strategy: Strategy) -> float:
    """What a customer with these values pays on average over all coins, and all that she may say."""
    seat = np.zeros(1, dtype=np.intp)
    own = np.array([list(values) if len(values) > 1 else values[0]], dtype=float)
    side = Side(Group(strategy), seat.copy(), seat.copy())
    ends = walk(rules, 1, lambda path: TreePlayer(Party(rules, own, (side,), 1), path))
    return float(sum(p.path.probability * end.payments[0] for p, end in ends if end is not None))
