"""Scene: what has been seen of a market so far, kept up to date from its records after every step.

Only rows that are new since the last look are read, so that a long run stays as quick as a short one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mechanisms.names import counted
from sim.measures.benchmarks import optimum_of
from sim.measures.surplus import surplus_of
from sim.page.colours import roomy
from sim.page.knowledge import knowledge, ties

if TYPE_CHECKING:
    import pandas
    from numpy.typing import NDArray

    from agents.seller import Seller
    from sim.market.market import Market

_KEPT = {"auctions": 400, "messages": 4000, "transactions": 400}
_SALES, _ENTRIES = 400, 20_000
_MOST_POINTS = 1200


class Scene:
    """A market as the page sees it. Reading it changes nothing in the run.

    Attributes
    ----------
    sellers, strategies
        Names of the sellers, and of the strategies of the buyers' groups.
    auctions, messages, transactions
        The last rows of these tables.
    sales
        The last transactions that are no rewards.
    trades, rewards, visits
        Those of the last step alone: sales, other payments, and visits.
    surplus
        Shape (buyers,): what each buyer's goods were worth to her, less what she paid, so far.
    knowledge
        What is counted, and how much of it each buyer knows, shape (buyers,); None where nobody knows of
        anybody.
    highest_value
        Of all who were asked so far.
    felt
        Shape (sellers,): utility of their auctions' revenue, added up, of sellers who are averse to risk.
    looks
        How often it was brought up to date.
    theory
        Whether what theory says is shown.
    """

    theory = True

    def __init__(self, market: Market) -> None:
        self.market = market
        self.sellers = [seller.plan.name for seller in market.sellers]
        population = market.population
        names = [group.strategy.name for group in population.groups]
        self.strategies = list(dict.fromkeys(names))
        self.strategy_of = np.array([self.strategies.index(name) for name in names])[population.membership]
        self.ties, self.knowledge = ties(market), knowledge(market)
        self.surplus = np.zeros(len(population))
        self._optimum = optimum_of(market)
        self._read = dict.fromkeys((*_KEPT, "visits"), 0)
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
        fresh = {table: self._fresh(table) for table in self._read}
        paid, self.visits = fresh["transactions"], fresh["visits"]
        for table, most in _KEPT.items():
            setattr(self, table, _joined(getattr(self, table), fresh[table], most))
        sold = paid["cause"] == "price"
        self.trades, self.rewards = paid[sold], paid[~sold]
        self.sales = _joined(self.sales, self.trades, _SALES)
        if len(self.sales) == _SALES:
            self._first_sale = float(self.sales["time"].min())
        self._book(fresh["auctions"])
        gains = surplus_of(paid).to_numpy()
        known = np.isfinite(gains)
        np.add.at(self.surplus, paid["bidder_id"].to_numpy()[known], gains[known])
        values = fresh["messages"]["value"].to_numpy()
        self.highest_value = float(np.max(values, where=np.isfinite(values), initial=self.highest_value))

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
        records = self.market.records
        rows = records.recent("vectors", max(0, len(records["vectors"]) - _ENTRIES))
        return rows[rows["auction"] == auction]

    def revenue(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Times, shape (t,); revenue so far and the benchmark's so far, shape (t, sellers)."""
        return np.array(self._times), np.array(self._earned), np.array(self._expected)


def _joined(old: pandas.DataFrame, new: pandas.DataFrame, most: int) -> pandas.DataFrame:
    """The last `most` rows of both together, categories united."""
    import pandas

    if not len(new):
        return old
    if not len(old) or len(new) >= most:
        return new.tail(most)
    for column in old.columns:
        if isinstance(old[column].dtype, pandas.CategoricalDtype):
            both = pandas.api.types.union_categoricals([old[column], new[column]]).categories
            old[column], new[column] = (part[column].cat.set_categories(both) for part in (old, new))
    return pandas.concat([old, new], ignore_index=True).tail(most).reset_index(drop=True)
