"""Counter: customers queue before a menu, buy one entry a visit, and may queue again (buy-many paper, 1).

SimPy owns the time: the counter is a resource that serves one customer after the other. A run holds any
number of counters, each with customers of its own, and obeys what `sim.runs.run.play` needs of a run.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Generator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import simpy
from numpy.typing import ArrayLike

from agents.habits import HOME, Habit
from mechanisms._validation import FloatArray, number_in
from mechanisms.conversation import check_count
from mechanisms.menus import Menu
from mechanisms.menus.purchase import check_menu, type_probabilities
from mechanisms.menus.valuations import additive_values
from sim.draws import Stream
from sim.records import Column, Records, Table

CUSTOMERS = Table("customers", "One row for each customer who went home.", (
    Column("seller_id", "int32", "", "the counter, an agent_id"),
    Column("person_id", "int32", "", "the customer"),
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
    Column("seller_id", "int32", "", "the counter, an agent_id"),
    Column("person_id", "int32", "", "the customer"),
    Column("bidder_id", "int32", "", "number of the name that she gave, from 0"),
    Column("entry", "int32", "", "number of the entry"),
    Column("price", "float64", "money", "its price"),
))


@dataclass(frozen=True, eq=False)
class Crowd:
    """Who comes to a counter.

    types, probabilities
        Additive values of items, shape (T, n), and shape (T,).
    habits
        How customers decide, each as likely as the others.
    rate
        Customers in a unit of time.
    regulars
        How many people there are, who come again and again with a type and a habit for life, types in
        proportion to their probabilities; None: everyone comes once.
    names
        Under how many names a person can come in one errand.

    Raises TypeError or ValueError for what does not fit.
    """

    types: FloatArray
    probabilities: FloatArray
    habits: tuple[Habit, ...]
    rate: float = 1.0
    regulars: int | None = None
    names: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", additive_values(self.types, "a counter"))
        object.__setattr__(self, "probabilities", type_probabilities(self.probabilities, len(self.types)))
        if not self.habits:
            raise ValueError("habits must hold at least one, got none")
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
        agents = self.records["agents"]
        for number, plan in enumerate(self.plans):
            name = agents.code("strategy", plan.name)
            agents.row(number, agents.code("kind", "seller"), -1, name, math.nan)
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
        self._habits = copy.deepcopy(plan.crowd.habits)  # learners begin afresh at every opening
        self._codes = [self._customers.code("habit", habit.name) for habit in self._habits]
        self._values = [tuple(row) for row in plan.crowd.types.tolist()]
        self._chances = plan.menu.probabilities.tolist()
        self._prices = plan.menu.prices.tolist()
        self._people = self._regulars()
        env.process(self._arrivals())

    def _draw(self, people: int) -> list[tuple[int, int]]:
        """Types and habits of so many people."""
        crowd, rng = self.plan.crowd, self._rng
        types = rng.choice(len(self._values), size=people, p=crowd.probabilities)
        return list(zip(types.tolist(), rng.integers(len(crowd.habits), size=people).tolist(), strict=True))

    def _regulars(self) -> list[tuple[int, int]] | None:
        """Types and habits of the regulars: of types as many as their probabilities say."""
        crowd = self.plan.crowd
        if crowd.regulars is None:
            return None
        shares = (np.arange(crowd.regulars) + 0.5) / crowd.regulars
        types = np.searchsorted(np.cumsum(crowd.probabilities)[:-1], shares, side="right")
        return [(int(type_), k % len(crowd.habits)) for k, type_ in enumerate(types)]

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
        """Queue, buy, look, and queue again until she wants no more."""
        env, plan, values = self.env, self.plan, self._values[type_]
        decides = self._habits[habit]
        step = decides.start(plan.menu, values, plan.most, person, self._rng)
        held, paid, waited, arrived = (0,) * len(values), 0.0, 0.0, env.now
        bought: list[int] = []
        while len(bought) < plan.most and (entry := step(held, len(bought))) != HOME:
            queued = env.now
            with self.desk.request() as turn:
                yield turn
                waited += env.now - queued
                yield env.timeout(plan.service)
            held = self._hand_out(entry, held)
            name = len(bought) // plan.a_name
            bought.append(entry)
            paid += self._prices[entry]
            self._purchases.row(env.now, self.number, person, name, entry, self._prices[entry])
        worth = sum(value for value, has in zip(values, held, strict=True) if has)
        decides.end(plan.menu, values, plan.most, person, bought, worth - paid)
        self._customers.row(
            self.number, person, type_, self._codes[habit], getattr(decides, "cost", math.nan), arrived,
            env.now, len(bought), waited, paid, worth,
        )

    def _hand_out(self, entry: int, held: tuple[int, ...]) -> tuple[int, ...]:
        """One coin for each item that she does not have and that the entry may give."""
        return tuple(
            1 if has or chance == 1 or (chance > 0 and self._rng.random() < chance) else 0
            for has, chance in zip(held, self._chances[entry], strict=True)
        )


def crowd_of(example: Any, *habits: Habit, rate: float = 1.0, **options: Any) -> Crowd:
    """The crowd of an example's types (`types`, `probabilities`) with these habits."""
    types: ArrayLike = example.types
    return Crowd(np.asarray(types), example.probabilities, habits, rate, **options)
