"""How fast learners reach equilibrium in first price with uniform values, from nothing.

The loss is the interim utility loss by type against what was learned by the others; its mean and maximum over
types stand in percent of the ex-ante utility in equilibrium, 1 / (n (n + 1)). Time is of learning alone.
"""

from __future__ import annotations

import time

import numpy as np

from agents.learners import Exp3, FictitiousPlay, Hedge, RegretMatching, SmoothGradient
from agents.play.repeated import learn
from agents.population import Group, Population
from mechanisms.auctions import FirstPrice
from mechanisms.distributions import Uniform
from sim.measures.utility_loss import utility_losses
from tests.benchmarks.measure import Figure

PRIOR = Uniform(0, 1)
SECONDS = 30.0
"""What the best learner may take; the others get a third of it."""
MEAN, MAXIMUM = 0.1, 1.0
"""Percent of the equilibrium's utility that the best learner may lose."""

GRADIENT = {2: (0.1, 2048), 5: (0.06, 1024)}
"""First width of the difference, and auctions a round, by number of bidders; found by trying a few."""

LEARNERS = {
    "Hedge": (Hedge, 64),
    "regret matching": (RegretMatching, 64),
    "fictitious play": (FictitiousPlay, 16),
    "EXP3-IX": (Exp3, 64),
}


def losses(population):
    """Mean and maximum of the loss, in percent of the equilibrium's utility."""
    n = len(population)
    (loss,) = utility_losses(FirstPrice(), population, PRIOR, buyers=[0])
    return 100 * n * (n + 1) * loss.mean, 100 * n * (n + 1) * loss.maximum


def path(learner, n, batch, seconds, seed=0, looks=3, enough=lambda mean, maximum: False):
    """Yield (seconds of learning, mean loss, maximal loss) at times that double, up to `seconds`."""
    population = Population([Group(learner, prior=PRIOR)], np.zeros(n, int))
    spent, due = 0.0, [seconds / 2**k for k in reversed(range(looks))]
    rounds = learn(FirstPrice(), population, PRIOR, 10**9, batch, np.random.default_rng(seed))
    for at in due:
        while spent < at:
            start = time.perf_counter()
            next(rounds)
            spent += time.perf_counter() - start
        found = losses(population)
        yield spent, *found
        if enough(*found):
            return


def figures():
    """Yield the figures one by one: gradient play until it is good enough, and the others' way."""
    for n, (width, batch) in GRADIENT.items():
        gradient = SmoothGradient(shared=True, step=0.05, width=width, patience=200)
        for spent, mean, maximum in path(gradient, n, batch, SECONDS, seed=2, looks=4, enough=good):
            remark = f"mean loss {mean:.3f} %, maximum {maximum:.2f} %"
            limit = SECONDS if good(mean, maximum) else None
            yield Figure(f"first price, n = {n}: gradient play", spent, "seconds", limit, remark)
        for name, (make, auctions) in LEARNERS.items():
            for spent, mean, maximum in path(make(shared=True), n, auctions, SECONDS / 3):
                remark = f"mean loss {mean:.3f} %, maximum {maximum:.2f} %"
                yield Figure(f"first price, n = {n}: {name}", spent, "seconds", None, remark)


def good(mean, maximum):
    """Whether the goal is reached."""
    return mean <= MEAN and maximum <= MAXIMUM
