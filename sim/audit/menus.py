"""Menus under audit: does anybody do better with several entries than with one? (buy-many paper, Section 2)

A posted menu asks for no report, so nothing can be told truly or falsely: what its seller fears is that
buyers come back. The gain is that of the best purchase of several entries over the best single one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from mechanisms.menus import PostedMenu, is_buy_k_ic
from mechanisms.utilities import Linear
from sim.audit.exact.direct import words
from sim.audit.exact.game import Subject
from sim.audit.instance import Instance
from sim.audit.notions import Witness, notion
from sim.menus.purchase_words import bought

MAX_NODES = 1_000_000
"""The most multisets that are looked at for a type."""


class MenuSubject(Subject):
    """A posted menu and the types of its one buyer, who is additive and risk-neutral.

    Raises TypeError for another mechanism, NotImplementedError for a risk-averse buyer.
    """

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        if not all(isinstance(utility, Linear) for utility in instance.attitudes):
            raise NotImplementedError(f"menus are audited for risk-neutral buyers, not {instance.attitudes}")
        if not isinstance(instance.mechanism, PostedMenu):
            raise TypeError(f"mechanism must be a PostedMenu, got {instance.mechanism!r}")
        self.menu, self.k = instance.mechanism.menu, instance.mechanism.k

    def gains(self, k: float, adaptive: bool = False) -> Iterator[tuple[float, Witness, bool]]:
        """For each type: the gain from up to k purchases, 0 where it is rounding, and how.

        Where nothing is left to chance there is nothing to look at: then to adapt is to commit (Appendix A).
        """
        adaptive = adaptive and not np.isin(self.menu.probabilities, (0, 1)).all()
        for value in self.instance.types(0):
            row = value.reshape(1, -1)
            check = is_buy_k_ic(self.menu, row, k, adaptive, math.inf if adaptive else MAX_NODES)
            told = check.witness
            does = f"buys {bought(told.several)} instead of {bought(told.single)}"
            gain = 0.0 if check.holds else check.gain
            yield gain, Witness(0, words(value), "her type", does), check.holds is not None


def is_menu(subject: Subject) -> bool:
    """Whether it is a posted menu."""
    return isinstance(subject, MenuSubject)


@notion("buy-k-ic", "buy-k IC", is_menu)
def buy_k_ic(subject: MenuSubject) -> Iterator[tuple[float, Witness, bool]]:
    """One entry, or none, is best among all purchases of as many entries as the seller allows."""
    return subject.gains(subject.k)


@notion("adaptive-buy-k-ic", "adaptive buy-k IC", is_menu)
def adaptive_buy_k_ic(subject: MenuSubject) -> Iterator[tuple[float, Witness, bool]]:
    """The same for buyers who see what they got before they buy again (Appendix A)."""
    return subject.gains(subject.k, adaptive=True)


@notion("buy-many-ic", "buy-many IC", is_menu)
def buy_many_ic(subject: MenuSubject) -> Iterator[tuple[float, Witness, bool]]:
    """One entry, or none, is best among all purchases of any number of entries."""
    return subject.gains(math.inf)
