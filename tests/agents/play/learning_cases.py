"""Known equilibria, learners who are set to play them from nothing, and what they lose at the end.

A case is an equilibrium, a learner and how long it learns. Bidders who are alike in the equilibrium learn as
one, from what all of them live through; others each for herself. What is lost is judged against what the
others have learned too: the greatest gain from other bids, on average over types, summed over the kinds of
bidders, over the same sum of the equilibrium's utility.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from agents.learners import Exp3, FictitiousPlay, Hedge, RegretMatching, SmoothGradient
from agents.learners.knots import Knots
from agents.play.repeated import learn
from agents.population import Group, Population
from mechanisms import equilibria
from mechanisms.distributions import PowerLaw, Uniform
from mechanisms.distributions.signals import IndependentPrivateValues
from sim.measures.utility_loss import bids_at, utility_losses

KNOTS = 9

ALIKE = {
    "first price": (equilibria.first_price_uniform(2), (0, 0)),
    "second price": (equilibria.second_price(Uniform(), 2), (0, 0)),
    "all-pay": (equilibria.all_pay_uniform(2), (0, 0)),
    "five in first price": (equilibria.first_price_uniform(5), (0,) * 5),
    "risk-averse": (equilibria.first_price_uniform(3, low=1.0, high=3.0, exponent=0.5), (0,) * 3),
    "power law": (equilibria.first_price(PowerLaw(2.0), 3), (0,) * 3),
}
UNLIKE = {
    "asymmetric": (equilibria.first_price_common_low((1.0, 2.0)), (0, 1)),
    "asymmetric from 1": (equilibria.first_price_common_low((3.0, 2.0), low=1.0), (0, 1)),
    "Kaplan-Zamir, overlapping": (equilibria.first_price_two_uniforms((0.0, 4.0), (1.0, 3.0)), (0, 1)),
    "Kaplan-Zamir, disjoint": (equilibria.first_price_two_uniforms((0.0, 5.0), (6.0, 7.0)), (0, 1)),
}
JOINT = {
    "affiliated first price": (equilibria.affiliated_first_price(), (0, 0)),
    "affiliated second price": (equilibria.affiliated_second_price(), (0, 0)),
    "mineral rights": (equilibria.mineral_rights(3), (0,) * 3),
    "wallet first price": (equilibria.wallet_first_price(), (0, 0)),
    "wallet second price": (equilibria.wallet_second_price(), (0, 0)),
    "nearest zero": (equilibria.nearest_zero(), (0, 0, 1)),
    "nearest bid": (equilibria.nearest_bid(), (0, 0, 1)),
    "nearest VCG": (equilibria.nearest_vcg(), (0, 0, 1)),
}
GAMES = ALIKE | UNLIKE | JOINT
"""Equilibria by name, and for each bidder the number of her kind."""

LEARNERS = {
    "hedge": (Hedge, 150, 32),
    "regret matching": (RegretMatching, 150, 32),
    "fictitious play": (FictitiousPlay, 400, 4),
    "exp3": (Exp3, 500, 32),
    "gradient": (partial(SmoothGradient, step=0.05, width=0.1, patience=200), 300, 512),
}
"""How each is made, for how many rounds it learns, and how many auctions a round has."""


@dataclass(frozen=True)
class Case:
    """A game and a learner, by name."""

    game: str
    learner: str

    @property
    def equilibrium(self):
        """What theory knows of the game."""
        return GAMES[self.game][0]

    def untaught(self):
        """A population that has learned nothing yet."""
        kinds = GAMES[self.game][1]
        make = LEARNERS[self.learner][0]
        groups = [
            Group(
                make(shared=True, knots=knots_of(self.equilibrium, kinds.index(kind))),
                self.equilibrium.utility,
            )
            for kind in sorted(set(kinds))
        ]
        return Population(groups, list(kinds))

    def taught(self, seed):
        """The population after it has learned."""
        _, rounds, batch = LEARNERS[self.learner]
        population, game = self.untaught(), self.equilibrium
        for _ in learn(game.mechanism, population, game.model, rounds, batch, np.random.default_rng(seed)):
            pass
        return population

    def loss(self, population):
        """Of the equilibrium's utility: a ratio of sums over the kinds of bidders of means over types."""
        kinds = GAMES[self.game][1]
        bidders = [kinds.index(kind) for kind in sorted(set(kinds))]
        judge = _by_quadrature if self.game in JOINT else _by_quantiles
        types, lost = judge(self.equilibrium, population, bidders)
        strategies = self.equilibrium.strategies
        reached = [
            self.equilibrium.interim_utility(i, t, strategies[i](t)).mean()
            for i, t in zip(bidders, types, strict=True)
        ]
        return sum(each.mean() for each in lost) / sum(reached)


def knots_of(equilibrium, bidder):
    """Even quantiles of independent values, even points of other types."""
    model = equilibrium.model
    if isinstance(model, IndependentPrivateValues):
        return tuple(Knots.of(None, model.prior.marginals[bidder], KNOTS).points.tolist())
    return tuple(np.linspace(*model.support(bidder), KNOTS).tolist())


def bid_function(equilibrium, population, bidder):
    """How a bidder who does not mix bids now: types (...) to bids (...)."""

    def bids(types):
        types = np.asarray(types, dtype=float)
        return bids_at(equilibrium.mechanism, population, bidder, types.ravel())[0].reshape(types.shape)

    return bids


def _by_quantiles(equilibrium, population, bidders):
    """Types and losses where only the highest of independent rival bids counts; mixtures are welcome."""
    priors = equilibrium.model.prior.marginals
    losses = utility_losses(
        equilibrium.mechanism, population, priors, buyers=bidders, types=32, points=1024, deviations=128
    )
    return [loss.types for loss in losses], [loss.by_type for loss in losses]


def _by_quadrature(equilibrium, population, bidders):
    """Types and losses by the quadrature of the known equilibrium, the learned bids put in its place."""
    everybody = tuple(bid_function(equilibrium, population, i) for i in range(equilibrium.n))
    learned = replace(equilibrium, strategies=everybody)
    drawn = equilibrium.model.sample(np.random.default_rng(1), 20_000).signals
    count = 8 if equilibrium.model.private else 32
    types = [np.quantile(drawn[:, i], (np.arange(count) + 0.5) / count) for i in bidders]
    lost = [
        equilibria.equilibrium_loss(learned, i, t, points=33, rounds=2)
        for i, t in zip(bidders, types, strict=True)
    ]
    return types, lost
