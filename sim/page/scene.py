"""Scene: what has been seen of a market so far, kept up to date from its records after every step.

Only rows that are new since the last look are read, so that a long run stays as quick as a short one.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from mechanisms.names import counted
from sim.measures.benchmarks import optimum_of
from sim.measures.surplus import surplus_of
from sim.page.drawing.scales import roomy
from sim.page.keeping import conversations, joined, last_of_each
from sim.page.knowledge import knowledge, ties

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from agents.seller import Seller
    from sim.market.market import Market

_TABLES = ("auctions", "messages", "transactions", "visits")
_AUCTIONS, _MESSAGES, _TRANSACTIONS, _SALES = 400, 4_000, 1_200, 600
"""Rows that are kept, shared among the sellers."""
_LONGEST = 20_000
"""Messages of one auction that are kept."""
_MOST_POINTS, _MOST_LOOKS = 1_200, 2_000


class Scene:
    """A market as the page sees it. Reading it changes nothing in the run.

    Attributes
    ----------
    sellers, strategies
        Names of the sellers, and of the strategies of the buyers' groups.
    theory
        Whether what theory says is to be shown.
    auctions, transactions
        The last rows of these tables, some of each seller.
    messages
        The same, and all of each seller's last auction that has ended and of those that have not.
    sales
        The last transactions of each seller that are no rewards, at most `sales_kept`.
    payments
        How many transactions there were so far.
    trades, rewards, visits
        Those of the last step alone: sales, other payments, and visits.
    surplus
        Shape (buyers,): what each buyer's goods were worth to her, less what she paid, so far.
    knowledge
        What is counted, and how much of it each buyer knows, shape (buyers,); None where nobody knows of
        anybody.
    highest_value
        Of all who were asked so far.
    prices
        The lowest and the highest price paid so far, 0 among them.
    asked
        How many messages there were so far.
    felt
        Shape (sellers,): utility of their auctions' revenue, added up, of sellers who are averse to risk.
    looks
        How often it was brought up to date.
    theory
        Whether what theory says is shown.
    """

    theory = True

    def __init__(self, market: Market) -> None:
        self.market, self.theory = market, True
        self.sellers = [seller.plan.name for seller in market.sellers]
        population = market.population
        names = [group.strategy.name for group in population.groups]
        self.strategies = list(dict.fromkeys(names))
        self.strategy_of = np.array([self.strategies.index(name) for name in names])[population.membership]
        self.ties, self.knowledge = ties(market), knowledge(market)
        self.surplus = np.zeros(len(population))
        self._optimum = optimum_of(market)
        self._read = dict.fromkeys(_TABLES, 0)
        self._looked: deque[tuple[float, int]] = deque([(0.0, 0)], _MOST_LOOKS)
        self._ended = np.zeros(len(self.sellers), dtype=np.int64)
        self._times = [0.0]
        self._held = np.zeros(len(self.sellers), dtype=int)
        self._earned = [np.zeros(len(self.sellers))]
        self.felt = np.zeros(len(self.sellers))
        self._expected = [np.zeros(len(self.sellers))]
        self.auctions, self.messages, self.transactions, self.visits = (
            market.records.recent(table, len(market.records[table])) for table in self._read
        )
        self.sales = self.trades = self.rewards = self.transactions
        self._first_sale, self.highest_value, self.looks = 0.0, 0.0, 0
        self.prices = (0.0, 0.0)

    @property
    def now(self) -> float:
        """Simulated time."""
        return self.market.now

    @property
    def sold_out(self) -> bool:
        """Whether no seller has anything left, or will ever get more."""
        return not any(
            seller.can_open or seller.plan.restock_every is not None for seller in self.market.sellers
        )

    @property
    def window(self) -> tuple[float, float]:
        """The time of the sales that are shown, from tenth to tenth, so that it moves rarely."""
        step = roomy(max(self.now - self._first_sale, 1e-9)) / 10
        first = math.floor(self._first_sale / step) * step
        return first, first + step * max(10, math.ceil((self.now - first) / step))

    @property
    def has_benchmark(self) -> bool:
        """Whether the optimal auction's revenue is known, and shown."""
        return self._optimum is not None and self.theory

    @property
    def averse(self) -> list[Seller]:
        """The sellers who are averse to risk."""
        return [seller for seller in self.market.sellers if not seller.plan.utility.is_risk_neutral]

    @property
    def revenue_so_far(self) -> NDArray[Any]:
        """Shape (sellers,): money of each seller's auctions."""
        return self._earned[-1]

    @property
    def held(self) -> NDArray[Any]:
        """Shape (sellers,): auctions finished by each seller."""
        return self._held

    @property
    def done(self) -> str:
        """How much has happened, in words."""
        return f"{counted(int(self._held.sum()), 'auction')} finished"

    def update(self) -> None:
        """Read what happened since the last time; the market brings its records up to date at each tick."""
        self.looks += 1
        self._looked.append((self.now, len(self.market.records["vectors"])))
        fresh = {table: self._fresh(table) for table in self._read}
        paid, self.visits = fresh["transactions"], fresh["visits"]
        sold = paid["cause"] == "price"
        self.trades, self.rewards = paid[sold], paid[~sold]
        self._keep(fresh)
        self._book(fresh["auctions"])
        gains = surplus_of(paid).to_numpy()
        known = np.isfinite(gains)
        np.add.at(self.surplus, paid["bidder_id"].to_numpy()[known], gains[known])
        values = fresh["messages"]["value"].to_numpy()
        self.highest_value = float(np.max(values, where=np.isfinite(values), initial=self.highest_value))

    def _share(self, rows: int) -> int:
        """Of so many rows, those for each seller."""
        return max(rows // 20, rows // len(self.sellers))

    @property
    def sales_kept(self) -> int:
        """How many sales of each seller are kept."""
        return self._share(_SALES)

    @property
    def payments(self) -> int:
        """How many transactions there were so far."""
        return self._read["transactions"]

    @property
    def asked(self) -> int:
        """How many messages there were so far."""
        return self._read["messages"]

    def _keep(self, fresh: dict[str, pandas.DataFrame]) -> None:
        """Add the step's rows to those that are kept, and let the oldest go, for each seller."""
        ended = fresh["auctions"][fresh["auctions"]["status"] != "unfinished"]
        np.maximum.at(self._ended, ended["seller_id"].to_numpy(), ended["auction"].to_numpy())
        for table, most in (("auctions", _AUCTIONS), ("transactions", _TRANSACTIONS)):
            rows = joined(getattr(self, table), fresh[table])
            setattr(self, table, last_of_each(rows, rows["seller_id"].to_numpy(), self._share(most)))
        messages = joined(self.messages, fresh["messages"])
        self.messages = conversations(messages, self._ended, self._share(_MESSAGES), _LONGEST)
        sales = joined(self.sales, self.trades)
        self.sales = last_of_each(sales, sales["seller_id"].to_numpy(), self.sales_kept)
        if len(self.sales) < len(sales):
            self._first_sale = float(self.sales["time"].min())
        paid = self.trades["payment"].to_numpy()
        low, high = self.prices
        self.prices = float(np.min(paid, initial=low)), float(np.max(paid, initial=high))

    def _fresh(self, table: str) -> pandas.DataFrame:
        rows = self.market.records.recent(table, self._read[table])
        self._read[table] = len(self.market.records[table])
        return rows

    def _book(self, auctions: pandas.DataFrame) -> None:
        """Add the step's revenue, and what the optimal auction would have earned, to the series."""
        finished = auctions[auctions["status"] != "unfinished"]
        sellers = finished["seller_id"].to_numpy()
        earned, expected = self._earned[-1].copy(), self._expected[-1].copy()
        np.add.at(earned, sellers, finished["revenue"].to_numpy())
        np.add.at(expected, sellers, [self._benchmark(n) for n in finished["bidders"].tolist()])
        np.add.at(self._held, sellers, 1)
        for seller in self.averse:
            own = finished.loc[sellers == seller.number, "revenue"].to_numpy()
            self.felt[seller.number] += float(seller.plan.utility(own).sum())
        self._times.append(self.now)
        self._earned.append(earned)
        self._expected.append(expected)
        if len(self._times) > _MOST_POINTS:
            for series in (self._times, self._earned, self._expected):
                del series[1:-1:2]

    def _benchmark(self, bidders: int) -> float:
        return math.nan if self._optimum is None else self._optimum(bidders)

    def entries(self, auction: int) -> pandas.DataFrame:
        """The entries of answers that are vectors, of one of the last auctions."""
        opened = self.auctions.loc[self.auctions["auction"] == auction, "opened"].min()
        before = [row for time, row in self._looked if time < opened]
        rows = self.market.records.recent("vectors", max(before, default=0))
        return rows[rows["auction"] == auction]

    def revenue(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Times, shape (t,); revenue so far and the benchmark's so far, shape (t, sellers)."""
        return np.array(self._times), np.array(self._earned), np.array(self._expected)

