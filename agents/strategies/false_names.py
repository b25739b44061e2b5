"""False names: one person bids under several names (Yokoo, Sakurai and Matsubara 2004).

The names want what their person wants. Against VCG with complements she may gain by splitting: each name
claims some of the goods, and each seems to do without little, so that the others' loss, which sets the
price, is counted against each of them alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from agents.strategies.base import Answer, Strategy, Truthful
from agents.strategies.wrapper import Wrapper, check_strategy
from agents.view import View
from mechanisms.questions import AskValue
from mechanisms.types.bundles import bundle_of, bundles


@dataclass(frozen=True)
class FalseNames(Wrapper):
    """The members of the group are names of one person, whose type is that of the lowest number among them.

    inner
        How each name answers; truthfully unless said otherwise. TypeError if not a `Strategy`.

    Where bundles are reported, the goods are dealt out to the names in turn, in the order of their numbers,
    and each name answers as if a bundle were worth what its own goods in it are worth to the person. With one
    name that is the person's type. Other questions, and those for single values, are answered by each name as
    by a person of her own.
    """

    inner: Strategy = field(default_factory=Truthful)

    def __post_init__(self) -> None:
        check_strategy("inner", self.inner)

    def report_value(self, question: AskValue, view: View) -> Answer:
        """Each name's share of the person's values of bundles."""
        if not question.shape:
            return self.otherwise(question, view)
        goods = _goods(*question.shape)
        order = np.argsort(view.buyers, kind="stable")
        person = view.values[..., order[0], :]
        parts = np.empty_like(view.values)
        for turn, name in enumerate(order.tolist()):
            claimed = np.arange(goods) % len(order) == turn
            part = bundle_of(bundles(goods) & claimed)
            parts[..., name, :] = np.where(part < 0, 0.0, person[..., part])
        return self.otherwise(question, replace(view, values=parts))


def _goods(items: int) -> int:
    """The number of goods whose bundles are so many; ValueError if there is none."""
    goods = int(items + 1).bit_length() - 1
    if 2**goods != items + 1:
        raise ValueError(f"items must be 2^goods - 1 bundles, got {items}")
    return goods


def person_payoff(
    worth: NDArray[np.float64], allocation: NDArray[np.float64], payments: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What a person gains who is behind some names, in money, shape `(...)`.

    worth
        Shape `(..., bundles)`: her values of bundles.
    allocation, payments
        Shapes `(..., names, bundles)` and `(..., names)`: the part of an outcome that concerns her names.
        What they got is held together, and worth what the union of it is worth to her.
    """
    contents = bundles(_goods(worth.shape[-1]))
    held = (allocation[..., None] * contents).sum(axis=(-3, -2)) > 0
    union = bundle_of(held)
    value = np.take_along_axis(worth, np.maximum(union, 0)[..., None], axis=-1)[..., 0]
    return np.where(union < 0, 0.0, value) - payments.sum(axis=-1)
