"""Knowledge in a large town: a structured prior, bins along a network, and no enumeration of profiles.

The prior is a product, or a mixture of products. A buyer knows her own value and the bins of those she is
acquainted with. This reads two situations: nothing was announced, and ℳ's announcement of the star and
the others' values (Azar, Chen and Micali 2010, Section 5, step d), perhaps with the star's own.
`agents.knowledge` does the same for any mechanism on small priors; the two agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.bins import Acquaintances
from agents.knowledge.protocol import Beliefs
from mechanisms._validation import FloatArray
from mechanisms.conservative.star_auction import classical_price
from mechanisms.conservative.structure import Structured, log_likelihoods, prior_given, structure_of
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Prior
from mechanisms.questions import Announce


class TownKnowledge:
    """A structured prior and who knows how much of whom.

    Raises ValueError unless the prior and the acquaintances are of the same number of buyers, TypeError for a
    prior that is no product or mixture of products of `Discrete`.
    """

    def __init__(self, prior: Prior, acquaintances: Acquaintances) -> None:
        self.prior = prior
        self.structure = structure_of(prior)
        self.acquaintances = acquaintances
        if acquaintances.n != prior.n:
            raise ValueError(f"acquaintances must be of {prior.n} buyers, got {acquaintances.n}")

    @property
    def n(self) -> int:
        """The number of buyers of the prior."""
        return self.prior.n

    def during(self, mechanism: Mechanism, values: FloatArray) -> Beliefs:
        """Everybody's beliefs in one conversation of ℳ or 𝕄."""
        beliefs = self.at(values)
        return lambda seat, heard, said: beliefs.posterior(seat, heard)

    def at(self, values: FloatArray) -> TownBeliefs:
        """What everybody believes at one profile of true values, shape (n,)."""
        return TownBeliefs(self, np.asarray(values, dtype=float))


class TownBeliefs:
    """Everybody's beliefs at one profile, in the course of one conversation."""

    def __init__(self, knowledge: TownKnowledge, values: FloatArray) -> None:
        self.knowledge = knowledge
        self.values = values
        self.lower, self.upper = knowledge.acquaintances.bounds(values)
        self._heard: _Announced | None = None

    def posterior(self, buyer: int, heard: tuple[Announce, ...]) -> StarBelief | BinnedBelief | None:
        """The buyer's belief now; None if the prior gives what she knows no mass at all.

        If the announcement contradicts what she knows (somebody lied), she drops the star's value first, if
        it was announced, then the others' values, then the star. That somebody has left (−inf) tells nothing
        of her value.
        """
        if not heard:
            return self._cell(buyer)
        announced = self._announced(heard[-1])
        masses = self._given_all(buyer, announced)
        if announced.sure is not None and masses[announced.sure].any():
            masses = np.where(announced.sure, masses, 0.0)
        if not masses.any():
            own = self._cell(buyer)
            if own is None:
                return None
            masses = self._given_star(buyer, announced, own)
            if not masses.any():
                return own
        return StarBelief(self.knowledge.structure, announced.star, masses / masses.sum())

    def _announced(self, announcement: Announce) -> _Announced:
        if self._heard is None or self._heard.announcement is not announcement:
            self._heard = _Announced(announcement, self)
        return self._heard

    def _cell(self, buyer: int) -> BinnedBelief | None:
        """What she knew before anything was said."""
        structure, acquaintances = self.knowledge.structure, self.knowledge.acquaintances
        edges = acquaintances.edges_of(buyer)
        grid = structure.grid
        own = int(structure.places(self.values[buyer]))
        if own < 0:
            return None
        known = acquaintances.network.listed[edges]
        first = np.searchsorted(grid, self.lower[edges])
        end = np.searchsorted(grid, self.upper[edges])
        belief = BinnedBelief(structure, buyer, own, known, first, end)
        return belief if np.isfinite(belief.log_weights).any() else None

    def _given_all(self, buyer: int, announced: _Announced) -> FloatArray:
        """Masses of the star's value given the star, the others' values, and the buyer's cell."""
        if announced.contradicts[buyer]:
            return np.zeros(len(self.knowledge.structure.grid))
        masses = announced.masses
        if announced.knows_drop_outs[buyer] or announced.values[buyer] != self.values[buyer]:
            masses = self._given_others(buyer, announced)
        edge = announced.edge_to_star[buyer]
        if edge >= 0:
            masses = np.where(self._inside(edge), masses, 0.0)
        return masses

    def _given_others(self, buyer: int, announced: _Announced) -> FloatArray:
        """The same, but for what the buyer knows of the star, by her true value and her bins of drop-outs."""
        edges = np.arange(len(self.lower))[self.knowledge.acquaintances.edges_of(buyer)]
        known = self.knowledge.acquaintances.network.listed[edges]
        absent = announced.left[known]
        inside = self._inside(edges[absent][:, None])
        return announced.masses_for(buyer, self.values[buyer], known[absent], inside)

    def _inside(self, edges: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which values of the grid lie in the bin that an edge tells; shape (B,), or (e, B) for (e, 1)."""
        grid = self.knowledge.structure.grid
        return (grid >= self.lower[edges]) & (grid < self.upper[edges])

    def _given_star(self, buyer: int, announced: _Announced, own: BinnedBelief) -> FloatArray:
        """Masses of the star's value given that she is the star, the buyer's report, and the buyer's cell."""
        structure, star = self.knowledge.structure, announced.star
        present = np.isfinite(announced.values)
        beaten = np.zeros((len(structure.weights), len(structure.grid)))
        for j in np.flatnonzero(present).tolist():
            if j not in (buyer, star):
                first, end = own.bin_of(j)
                reach = np.clip(np.arange(len(structure.grid)) + (j > star), first, end)
                below = np.insert(structure.masses[:, j].cumsum(axis=-1), 0, 0.0, axis=-1)
                with np.errstate(divide="ignore"):
                    beaten += np.log(np.maximum(below[:, reach] - below[:, [first]], 0.0))
                beaten -= own.log_mass_of(j)[:, None]
        first, end = own.bin_of(star)
        beaten += (own.log_weights - own.log_mass_of(star))[:, None]
        places = np.arange(len(structure.grid))
        report = announced.values[buyer]
        above = structure.grid >= report if buyer > star else structure.grid > report
        beaten[:, (places < first) | (places >= end) | ~above] = -np.inf
        highest = beaten.max()
        if not np.isfinite(highest):
            return np.zeros(len(structure.grid))
        return np.einsum("kb,kb->b", np.exp(beaten - highest), structure.masses[:, star])


class _Announced:
    """What everybody may use of one announcement of ℳ."""

    def __init__(self, announcement: Announce, beliefs: TownBeliefs) -> None:
        facts = dict(announcement.content)
        if not {"star", "values"} <= set(facts):
            raise ValueError(f"a town's knowledge reads the facts star and values only, got {sorted(facts)}")
        self.announcement = announcement
        self.star = int(facts["star"])
        others = np.array(facts["values"], dtype=float)
        self.values = np.insert(others, self.star, np.nan)
        self.left = np.isneginf(self.values)
        self.structure = beliefs.knowledge.structure
        self.sure = self.structure.grid == facts["highest"] if "highest" in facts else None
        acquaintances = beliefs.knowledge.acquaintances
        told = self.values[acquaintances.network.listed]
        wrong = np.isfinite(told) & ((told < beliefs.lower) | (told >= beliefs.upper))
        self.contradicts = np.zeros(len(self.values), dtype=bool)
        np.logical_or.at(self.contradicts, acquaintances.knower, wrong)
        self.knows_drop_outs = np.zeros(len(self.values), dtype=bool)
        self.knows_drop_outs[acquaintances.knower[np.isneginf(told)]] = True
        self.edge_to_star = np.full(len(self.values), -1)
        to_star = np.flatnonzero(acquaintances.network.listed == self.star)
        self.edge_to_star[acquaintances.knower[to_star]] = to_star
        reported = np.insert(others, self.star, -np.inf)
        self.least = classical_price(reported, self.star)

    @cached_property
    def masses(self) -> FloatArray:
        """Masses of the star's value for a buyer who reported the truth and knows nothing more."""
        return self._conditioned(self.values)

    def masses_for(
        self, buyer: int, value: float, absent: NDArray[np.int64], inside: NDArray[np.bool_]
    ) -> FloatArray:
        """The same for a buyer with this true value, whatever she reported, who knows something of drop-outs.

        `absent` (a,) are those of whom she knows something and who have left; `inside` (a, B) what she knows.
        """
        believed = self.values.copy()
        believed[buyer] = value
        chances = (self.structure.masses[:, absent] * inside).sum(axis=-1)
        with np.errstate(divide="ignore"):
            return self._conditioned(believed, np.log(chances).sum(axis=-1))

    def _conditioned(self, values: FloatArray, of_absent: FloatArray | float = 0.0) -> FloatArray:
        """`of_absent` (K,): log probability, in each component, of what is known of those who left."""
        left = np.flatnonzero(np.isneginf(values))
        likelihoods = log_likelihoods(self.structure, values, self.star, left) + of_absent
        masses = prior_given(self.structure, likelihoods, self.star)
        return np.where(self.structure.grid >= self.least, masses, 0.0)


@dataclass(frozen=True, eq=False)
class StarBelief:
    """A belief about one buyer's value: probabilities (B,) on a grid."""

    structure: Structured
    star: int
    probabilities: FloatArray

    def integer_table(self, buyers: Sequence[int], bound: int) -> FloatArray:
        """Probabilities of 0 … bound−1; ValueError about anybody else, or for values that are no integers."""
        if tuple(buyers) != (self.star,):
            raise ValueError(f"buyers must be ({self.star},), the star, got {tuple(buyers)}")
        return self.structure.on_integers(self.probabilities, bound)

    def value_bound(self, buyers: Sequence[int]) -> int:
        """The grid is the same for all."""
        return 1 + int(np.floor(self.structure.grid[-1]))


@dataclass(frozen=True, eq=False)
class BinnedBelief:
    """One buyer's belief before anything was announced: a mixture of products, cut down to bins.

    own
        Place of her own value on the grid.
    known, first, end
        Shape (e,): those she knows something of, and their bins, as places on the grid.
    """

    structure: Structured
    buyer: int
    own: int
    known: NDArray[np.int64]
    first: NDArray[np.intp]
    end: NDArray[np.intp]

    def bin_of(self, j: int) -> tuple[int, int]:
        """First place, and the place after the last, of what she holds possible for buyer j."""
        if j == self.buyer:
            return self.own, self.own + 1
        edge = np.flatnonzero(self.known == j)
        if not edge.size:
            return 0, len(self.structure.grid)
        return int(self.first[edge[0]]), int(self.end[edge[0]])

    def log_mass_of(self, j: int) -> FloatArray:
        """Shape (K,): log probability of buyer j's bin in each component; 0 where it has none."""
        first, end = self.bin_of(j)
        mass = self.structure.masses[:, j, first:end].sum(axis=-1)
        return np.log(mass, out=np.zeros(mass.shape), where=mass > 0)

    @cached_property
    def log_weights(self) -> FloatArray:
        """Shape (K,): log of each component's weight times the probability of what she knows; −inf for 0."""
        structure = self.structure
        total = np.log(structure.weights)
        for j in (self.buyer, *self.known.tolist()):
            first, end = self.bin_of(j)
            with np.errstate(divide="ignore"):
                total = total + np.log(structure.masses[:, j, first:end].sum(axis=-1))
        return total

    def integer_table(self, buyers: Sequence[int], bound: int) -> FloatArray:
        """Joint probabilities of some buyers' values on 0 … bound−1, shape (bound,) * len(buyers).

        The sum is below 1 if there are larger values; ValueError for values that are no integers.
        """
        weights = np.exp(self.log_weights - self.log_weights.max())
        table = np.zeros((bound,) * len(buyers))
        for component, weight in enumerate((weights / weights.sum()).tolist()):
            if weight > 0:
                rows = [self.structure.on_integers(self._row(component, j), bound) for j in buyers]
                table += weight * reduce(np.multiply.outer, rows)
        return table

    def value_bound(self, buyers: Sequence[int]) -> int:
        """The grid is the same for all."""
        return 1 + int(np.floor(self.structure.grid[-1]))

    def _row(self, component: int, j: int) -> FloatArray:
        first, end = self.bin_of(j)
        row = np.zeros(len(self.structure.grid))
        row[first:end] = self.structure.masses[component, j, first:end]
        return row / row.sum()
