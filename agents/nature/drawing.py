"""Nature: the agent who draws people's types, one for each want."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import mesa
import numpy as np
from numpy.typing import NDArray

from mechanisms.distributions import Distribution, Prior
from mechanisms.types import TypeSpace, one_good

Values = NDArray[np.float64]
Uniforms = NDArray[np.float64]


class PairDraws(Protocol):
    """Draws by counter, two uniforms at a time; each buyer has her own count."""

    def take(self, ids: NDArray[np.intp]) -> tuple[Uniforms, Uniforms]:
        """The next pair of each of distinct buyers, shapes (m,)."""

    def take_block(self, ids: NDArray[np.intp]) -> tuple[Uniforms, Uniforms]:
        """The next pairs, row after row, shapes (rows, m)."""


class Nature(mesa.Agent):
    """Draws a value for each want, and with it a uniform number for the want's first message.

    Parameters
    ----------
    prior
        A `Distribution`: the numbers of types are independent. Or a `Prior` over the profiles of those who
        meet in one auction.
    draws
        One source of draws for each number of a type.
    uniforms
        Called with (places, numbers of auctions), broadcast: uniform numbers, from which a `Prior` makes the
        profiles of whole auctions.
    redraw
        Whether each want has a new type; otherwise a buyer keeps the type of her first want for life.
    persons
        Shape (buyers,): who is behind each name, if somebody has several. Names of one person who meet in an
        auction have one type, that of the first.
    space
        What types are; by default numbers.

    Raises ValueError for a `Prior` over types of another shape, or without redrawing.
    """

    def __init__(
        self,
        model: Any,
        prior: Distribution | Prior,
        draws: Sequence[PairDraws],
        uniforms: Callable[[Any, Any], Uniforms],
        redraw: bool = True,
        persons: NDArray[np.int64] | None = None,
        space: TypeSpace | None = None,
    ) -> None:
        super().__init__(model)
        self.space = one_good(1) if space is None else space
        if isinstance(prior, Prior) and prior.type_shape != self.space.type_shape:
            raise ValueError(
                f"prior must be over types of shape {self.space.type_shape}, got {prior.type_shape}"
            )
        if isinstance(prior, Prior) and not redraw:
            raise ValueError("redraw must be True where the prior is over whole profiles")
        self.prior = prior
        self.redraw = redraw
        self._draws = draws
        self._uniforms = uniforms
        self._persons = persons
        self._lifelong: dict[int, Any] = {}

    def wants(self, buyers: NDArray[np.intp]) -> tuple[Values, Uniforms]:
        """Types of shape (m, *type_shape) for new wants of distinct buyers, and uniforms (m,)."""
        return self._typed([source.take(buyers) for source in self._draws], buyers)

    def rows_of_wants(
        self, buyers: NDArray[np.intp], auctions: NDArray[np.int64], prior: Prior | None = None
    ) -> tuple[Values, Uniforms]:
        """Types of shape (rows, m, *type_shape) for rows of participants, and uniforms (rows, m).

        `prior` over whole profiles stands in place of nature's own, if given.
        """
        pairs = [source.take_block(buyers) for source in self._draws]
        joint = prior or self.prior
        if isinstance(joint, Prior):
            places = np.arange(joint.uniforms_per_profile)
            profiles = joint.from_uniforms(self._uniforms(places, auctions[:, None]))
            return self._shared(profiles, buyers), pairs[0][1]
        values, uniforms = self._typed(pairs, buyers)
        return self._shared(values, buyers), uniforms

    def _typed(
        self, pairs: list[tuple[Uniforms, Uniforms]], buyers: NDArray[np.intp]
    ) -> tuple[Values, Uniforms]:
        if isinstance(self.prior, Prior):
            raise ValueError("prior is over whole profiles: each seller needs a panel of its own buyers")
        drawn = [self.prior.quantile(of_number) for of_number, _ in pairs]
        values = self.space.types_of(np.stack(drawn, axis=-1)) if self.space.type_shape else drawn[0]
        return values if self.redraw else self._kept(values, buyers), pairs[0][1]

    def _shared(self, values: Values, buyers: NDArray[np.intp]) -> Values:
        """The same types for all names of a person in a row."""
        if self._persons is None:
            return values
        behind = self._persons[buyers]
        first = (behind[:, :, None] == behind[:, None, :]).argmax(axis=-1)
        return np.take_along_axis(values, first if values.ndim == 2 else first[:, :, None], axis=1)

    def _kept(self, values: Values, buyers: NDArray[np.intp]) -> Values:
        """Each buyer's first type, in place of the one just drawn."""
        kept = values.copy()
        for where in np.ndindex(*buyers.shape):
            kept[where] = self._lifelong.setdefault(int(buyers[where]), values[where])
        return kept
