"""What least regret costs: programs on grids, and play in which seller and nature learn; in seconds."""

from __future__ import annotations

import numpy as np

from mechanisms import MinimaxRegretPricing, RandomReserveAuctions, regret_program
from mechanisms.robust import (
    auction_regret_program,
    bundle_pricing_game,
    grid_regret,
    hedge,
    learn_game,
    pricing_game,
    regret_matching_plus,
    reserve_game,
)
from tests.benchmarks.measure import Figure, against, seconds


def figures():
    """Yield the figures one by one."""
    yield from programs()
    yield from learned_play()
    yield from rules()


def timed(work):
    """Seconds, and what came of it."""
    results = []
    return seconds(lambda: results.append(work())), results[0]


def programs():
    """(2.6) and (3.1) on grids; the remark shows how far the value is from the closed form."""
    spent, found = timed(lambda: regret_program((1.0, 1.0), 0.0, 30))
    remark = f"{found.value:.7f}, closed form {grid_regret((1.0, 1.0), 0.0, 30):.7f}"
    yield Figure("least regret, 2 goods, 30 steps", spent, "seconds", 15, remark)
    spent, found = timed(lambda: auction_regret_program(1.0, 2, 30))
    remark = f"{found.value:.7f}, closed form {grid_regret(1.0, 0.0, 30):.7f}"
    yield Figure("least regret, 1 good, 2 bidders, 30 steps", spent, "seconds", None, remark)


def learned_play():
    """Until the duality gap is 1 % of the range."""
    pricing, both = pricing_game(1.0, 0.0, 100), bundle_pricing_game((1.0, 1.0), 0.0, 10)
    reserves = reserve_game(2, 0.5, 40)
    yield duel("one price, 100 steps, nature by regret matching", pricing, regret_matching_plus(101), 0.01)
    yield duel("one price, 100 steps, nature by Hedge", pricing, hedge(101, 1.0), 0.01)
    yield duel("two prices and one for both, 10 steps", both, regret_matching_plus(121), 0.02)
    tilted = hedge(len(reserves.nature_actions), 1.0, reserves.moment)
    yield duel("reserves, mean ½, 40 steps, nature by Hedge", reserves, tilted, 0.01)


def duel(name, game, nature, gap):
    """A seller who matches regrets against nature."""
    spent, end = timed(lambda: learn_game(game, regret_matching_plus(len(game.payoffs)), nature, gap))
    remark = f"{end.rounds} rounds, value {end.value:.4f}"
    return Figure(f"learned play, {name}", spent, "seconds", 5, remark)


def rules():
    """Outcomes of 10⁵ profiles, against the sort that finds the two highest bids and one logarithm."""
    rng = np.random.default_rng(0)
    values, one = rng.random((100_000, 10, 2)), rng.random((100_000, 2))
    auctions, pricing = RandomReserveAuctions((1.0, 1.0), 10), MinimaxRegretPricing((1.0, 1.0))
    yield Figure("auctions of 2 items among 10, 10⁵ profiles",
                 against(lambda: auctions.outcome(values), lambda: np.log(np.partition(values, -2, axis=1))),
                 "times plain NumPy", None)
    yield Figure("prices of 2 items, 10⁵ buyers",
                 against(lambda: pricing.outcome(one), lambda: np.log(one).sum(axis=-1)),
                 "times one logarithm", None)
