"""Equilibria where types are signals of the value (Milgrom and Weber 1982, Econometrica 50)."""

from __future__ import annotations

from functools import partial

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.auctions import FirstPrice, SecondPrice
from mechanisms.distributions.signals import CommonComponent, MineralRights, SumOfSignals
from mechanisms.equilibria.equilibrium import KnownEquilibrium
from mechanisms.equilibria.single_item import highest_rival


def _proportional(signals: FloatArray, factor: float) -> FloatArray:
    return factor * signals


def affiliated_first_price() -> KnownEquilibrium:
    """First price, two signals x = s + t, value their mean: b(x) = 2x/3. Revenue 2/3 E[max x] = 7/9."""
    return KnownEquilibrium(
        name="first price, affiliated signals x = s + t",
        source="Krishna, Auction Theory, Example 6.2",
        mechanism=FirstPrice(),
        model=CommonComponent(),
        strategies=(partial(_proportional, factor=2 / 3),) * 2,
        opponents=highest_rival,
        revenue=7 / 9,
    )


def affiliated_second_price() -> KnownEquilibrium:
    """Second price, two signals x = s + t, value their mean: b(x) = x. Revenue E[min x] = 5/6."""
    return KnownEquilibrium(
        name="second price, affiliated signals x = s + t",
        source="Krishna, Auction Theory, Proposition 6.1 and Example 6.2",
        mechanism=SecondPrice(),
        model=CommonComponent(),
        strategies=(partial(_proportional, factor=1.0),) * 2,
        opponents=highest_rival,
        revenue=5 / 6,
    )


def mineral_rights(n: int = 3) -> KnownEquilibrium:
    """Second price, n >= 3, common value: b(x) = v(x, x), which is 2x / (2 + x) for three bidders.

    With u the second highest of three uniform draws, three bidders' revenue is the integral of
    12 V u^2 (1 - u) / (1 + V u) over V and u in [0, 1]: 17 - 24 log 2.
    """
    model = MineralRights(n)
    return KnownEquilibrium(
        name=f"second price, mineral rights, {n} bidders",
        source="Krishna, Auction Theory, Proposition 6.1 and Example 6.1",
        mechanism=SecondPrice(),
        model=model,
        strategies=(partial(_value_when_tied, model=model),) * n,
        opponents=highest_rival,
        revenue=17 - 24 * float(np.log(2)) if n == 3 else None,
    )


def _value_when_tied(signals: FloatArray, model: MineralRights) -> FloatArray:
    return model.expected_value(signals, signals)


def wallet_second_price() -> KnownEquilibrium:
    """Second price in the wallet game, value x + y: b(x) = 2x, also ex post. Revenue 2 E[min] = 2/3."""
    return KnownEquilibrium(
        name="second price, wallet game",
        source="Klemperer 1998, European Economic Review 42",
        mechanism=SecondPrice(),
        model=SumOfSignals(),
        strategies=(partial(_proportional, factor=2.0),) * 2,
        opponents=highest_rival,
        revenue=2 / 3,
    )


def wallet_first_price() -> KnownEquilibrium:
    """First price in the wallet game, value x + y: b(x) = x, the mean of 2y over y < x. Revenue 2/3."""
    return KnownEquilibrium(
        name="first price, wallet game",
        source="Milgrom and Weber 1982, Theorem 14, with independent signals",
        mechanism=FirstPrice(),
        model=SumOfSignals(),
        strategies=(partial(_proportional, factor=1.0),) * 2,
        opponents=highest_rival,
        revenue=2 / 3,
    )
