"""What sellers under the Markov set cost: closed rules against plain NumPy, programs in seconds."""

from __future__ import annotations

import numpy as np

from mechanisms.auctions import SecondPrice
from mechanisms.robust import (
    HighestBidderLottery,
    MarkovSet,
    RandomReserveLottery,
    design_program,
    markov_bounds,
    worst_case_revenue,
)
from tests.benchmarks.measure import Figure, against, seconds

PROFILES, BIDDERS = 1_000_000, 10


def plain_top_two(values):
    """Winner and two highest of each row, as one would write it in NumPy."""
    winner = values.argmax(axis=1)
    highest, second = np.partition(values, BIDDERS - 2, axis=1)[:, [BIDDERS - 1, BIDDERS - 2]].T
    return winner, highest, second


def placed(values, winner, amounts):
    """Zeros with the amounts at the winners' places."""
    array = np.zeros_like(values)
    array[np.arange(len(values)), winner] = amounts
    return array


def plain_lottery(values, sigma, r):
    """(1.12) and (1.13)."""
    winner, x, y = plain_top_two(values)
    floor = np.maximum(y, r)
    chance = sigma * (np.log(np.maximum(x, r) / floor) + np.where(y >= r, BIDDERS - r / floor, BIDDERS - 1))
    fee = sigma * (np.maximum(x - r, 0) + (BIDDERS - 1) * y)
    return placed(values, winner, chance), placed(values, winner, fee)


def plain_random_reserve(values, sigma, r):
    """The expectation over the reserve."""
    winner, x, y = plain_top_two(values)
    below = sigma * (BIDDERS - 1 + np.log(np.maximum(y, r) / r))
    chance = sigma * (BIDDERS - 1 + np.log(np.maximum(x, r) / r))
    fee = y * below + sigma * np.maximum(x - np.maximum(y, r), 0)
    return placed(values, winner, chance), placed(values, winner, fee)


def figures():
    """Yield the figures one by one."""
    values = np.random.default_rng(0).random((PROFILES, BIDDERS))
    for rule, plain in (
        (HighestBidderLottery(BIDDERS, 0.5), plain_lottery),
        (RandomReserveLottery(BIDDERS, 0.5), plain_random_reserve),
    ):
        ratio = against(
            lambda rule=rule: rule.outcome(values),
            lambda rule=rule, plain=plain: plain(values, rule.sigma, rule.worst_case_revenue),
        )
        yield Figure(f"outcome of the {rule.name}, 10⁶ profiles of 10", ratio, "times plain NumPy", 1.3)
    for bidders, points in ((2, 60), (3, 40)):
        market = MarkovSet(bidders, 0.5)
        spent = seconds(
            lambda m=market, p=points: worst_case_revenue(SecondPrice(0.3), m, p, closed_form=False)
        )
        yield Figure(f"worst case by program, {bidders} bidders, {points} points", spent, "seconds", 1)
    yield Figure("design program (1.11), 2 bidders, 64 steps", seconds(lambda: design_program(2, 0.5, 64)),
                 "seconds", 10)
    yield Figure("the same for any rule", seconds(lambda: design_program(2, 0.5, 64, "any")), "seconds", None)
    bounds = []
    spent = seconds(lambda: bounds.append(markov_bounds(2, 0.5)))
    remark = f"{bounds[0].lower:.5f} to {bounds[0].upper:.5f}, gap {1 - bounds[0].certificate:.2%}"
    yield Figure("bounds on every mechanism, 2 bidders, μ = ½", spent, "seconds", 60, remark)
