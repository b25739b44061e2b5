"""Make `synthetic_bids.csv`: invented bids in the form of logged bids of an auction site.

Run `python scenarios/data/make_synthetic_bids.py`; the same seed gives the same file.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SEED = 2004
AUCTIONS = 40
PEOPLE = 220
INCREMENT = 1.0
HEADER = ("auctionid", "bid", "bidtime", "bidder", "bidderrate", "openbid", "price", "item", "daystolive")
TARGET = Path(__file__).with_name("synthetic_bids.csv")


@dataclass(frozen=True)
class Good:
    """A kind of good and the range of its values, in money."""

    name: str
    low: float
    high: float


GOODS = (Good("camera", 60.0, 180.0), Good("radio", 20.0, 90.0))


@dataclass(frozen=True)
class Bid:
    """One bid: who, when (days since the opening), how much."""

    bidder: int
    time: float
    amount: float


def draw_value(good: Good, rng: np.random.Generator) -> float:
    """Return a private value: the mean of two uniforms on the good's range, triangular, in cents."""
    return round(good.low + (good.high - good.low) * float(rng.random(2).mean()), 2)


def hold_auction(good: Good, opening: float, days: int, rng: np.random.Generator) -> list[Bid]:
    """Return the bids of one ascending proxy auction.

    Each bidder comes up to three times. She names a share of her value that grows to all of it, if that
    is above the price of the moment. The price is the second highest bid and an increment, and the
    winner's last bid is logged as the price that she pays, as sites do.
    """
    bidders = rng.permutation(PEOPLE)[:rng.integers(2, 12)]
    values = {int(bidder): draw_value(good, rng) for bidder in bidders}
    visits = sorted((days * float(rng.random()), bidder) for bidder in values
                    for _ in range(rng.integers(1, 4)))
    last_visit = {bidder: time for time, bidder in visits}
    price = opening
    proxies: dict[int, float] = {}
    bids: list[Bid] = []
    for time, bidder in visits:
        share = 1.0 if time == last_visit[bidder] else 0.5 + 0.5 * float(rng.random())
        amount = round(values[bidder] * share, 2)
        if amount < price or amount <= proxies.get(bidder, 0.0):
            continue
        proxies[bidder] = amount
        bids.append(Bid(bidder, time, amount))
        ranked = sorted(proxies.values())
        if len(ranked) > 1:
            price = min(ranked[-1], round(ranked[-2] + INCREMENT, 2))
    return [Bid(bid.bidder, bid.time, min(bid.amount, price)) for bid in bids]


def rows(rng: np.random.Generator) -> list[tuple[object, ...]]:
    """Return all rows, one for each bid."""
    table: list[tuple[object, ...]] = []
    ratings = rng.integers(0, 300, PEOPLE)
    for number in range(AUCTIONS):
        good = GOODS[number % len(GOODS)]
        opening, days = float(rng.integers(1, 20)), int(rng.choice([3, 5, 7]))
        bids = hold_auction(good, opening, days, rng)
        price = max((bid.amount for bid in bids), default=opening)
        table += [(7_000_001 + number, f"{bid.amount:.2f}", f"{bid.time:.6f}", f"person{bid.bidder:03d}",
                   ratings[bid.bidder], f"{opening:.2f}", f"{price:.2f}", good.name, days) for bid in bids]
    return table


def main(target: Path = TARGET) -> None:
    """Write the file."""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows(np.random.default_rng(SEED)))


if __name__ == "__main__":
    main()
