"""DSIC optimum by a linear program over mixtures of outcomes at each profile.

At each profile a mixture of outcomes (who buys at which prices) has to sell at each price as often as that
price is chosen. Whole choices leave one outcome a profile, so that the linear program bounds the optimum; its
own optimum is nearly always whole, and then optimal, unless the utility has flat pieces with many ties. Those
a little strict concavity breaks: what is best then is one of the optima, if the tilt is small enough.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.programs import maximise
from mechanisms.risk_averse.price_choices import PriceChoices

WHOLE = 1e-7
"""How far from a whole number a choice may be."""


TILT, SLIGHT_TILT = 1e-3, 1e-7
"""How much of a strictly concave utility is added to break ties, as a part of the greatest utility."""


def tilted_choice(instance: PriceChoices) -> tuple[FloatArray | None, float]:
    """What `mixture_choice` finds for a strictly concave utility close by; and a bound for the utility.

    The bound comes from an interior point, which ties do not slow down.
    """
    choice, _ = mixture_choice(_tilted(instance, TILT), None)
    _, bound = mixture_choice(instance, None, interior=True)
    return choice, bound


def slightly_tilted_choice(instance: PriceChoices, seconds: float) -> tuple[FloatArray | None, float]:
    """The same for a utility so close by that its own bound is one for this utility, which is nowhere higher.

    One linear program in place of two; but the less the tilt, the more ties may slow it down.
    """
    return mixture_choice(_tilted(instance, SLIGHT_TILT), seconds)


def _tilted(instance: PriceChoices, tilt: float) -> PriceChoices:
    """The same with a bounded, strictly concave utility added, at least 0."""
    knots, heights = max(instance.polygons, key=lambda polygon: polygon[0][-1])
    scale, size = float(knots[-1]) or 1.0, tilt * float(heights[-1])
    return replace(
        instance, utility=lambda money: np.asarray(instance.utility(money)) - size * np.expm1(-money / scale)
    )


def mixture_choice(
    instance: PriceChoices, seconds: float | None, interior: bool = False
) -> tuple[FloatArray | None, float]:
    """The choices, shape (C,), or None if the program's optimum mixes them; and a bound on any mechanism."""
    from scipy.sparse import block_diag, csr_array, hstack

    parts = [_Outcomes.at(instance, profile) for profile in range(instance.profiles)]
    outcomes = block_diag([part.rows for part in parts], format="csr")
    sales = _choice_rows(instance, outcomes.shape[0])
    limits = np.concatenate([np.eye(1, part.rows.shape[0])[0] for part in parts])
    nothing = csr_array((instance.one_price.shape[0], outcomes.shape[1]))
    solution = maximise(
        np.concatenate([np.zeros(instance.choices), *(part.objective for part in parts)]),
        at_most=(hstack([instance.one_price, nothing], format="csr"), np.ones(nothing.shape[0])),
        equal=(hstack([sales, outcomes], format="csr"), limits), bounds=(0.0, 1.0), seconds=seconds,
        interior=interior,
    )
    choice = solution.x[: instance.choices]
    whole = np.abs(choice - np.round(choice)).max() <= WHOLE
    return (np.round(choice) if whole else None), solution.upper_bound


def _choice_rows(instance: PriceChoices, rows: int) -> Any:
    """Minus one where a row counts the sales of a choice, shape (rows, C).

    A profile's rows are: the outcomes' total, then one for each buyer and price up to her value.
    """
    from scipy.sparse import csr_array

    columns, places, row = [], [], 0
    for profile, types in enumerate(instance.types):
        row += 1
        for i, own in enumerate(types):
            columns.append(instance.numbers[i][profile, : own + 1])
            places.append(row + np.arange(own + 1))
            row += int(own) + 1
    flat = np.concatenate(columns)
    return csr_array((-np.ones(flat.size), (np.concatenate(places), flat)), shape=(rows, instance.choices))


@dataclass(frozen=True, eq=False)
class _Outcomes:
    """The outcomes of a profile: their part of the objective, and their rows (total, then sales)."""

    objective: FloatArray
    rows: Any

    @classmethod
    def at(cls, instance: PriceChoices, profile: int) -> _Outcomes:
        from scipy.sparse import csr_array

        types = instance.types[profile]
        bought = np.indices(types + 2).reshape(types.size, -1)  # per buyer 0, or 1 + the price she pays
        bought = bought[:, (bought > 0).sum(axis=0) <= instance.units]
        paid = [np.append(0.0, prior.values)[own] for prior, own in zip(instance.priors, bought, strict=True)]
        utility = np.asarray(instance.utility(np.sum(paid, axis=0)), dtype=np.float64)
        buyer, outcome = np.nonzero(bought)
        firsts = 1 + np.concatenate([[0], np.cumsum(types + 1)[:-1]])
        row = np.append(np.zeros(bought.shape[1], dtype=np.int64), firsts[buyer] + bought[buyer, outcome] - 1)
        column = np.append(np.arange(bought.shape[1]), outcome)
        rows = csr_array((np.ones(row.size), (row, column)), (1 + int((types + 1).sum()), bought.shape[1]))
        return cls(instance.weights[profile] * utility, rows)
