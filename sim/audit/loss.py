"""The ex-interim utility loss of a play: what each type could still gain, given that the others play it.

As the literature on learned equilibria reports it (Bichler, Fichtl, Heidekrüger, Kohring and Sutterer,
"Learning equilibria in symmetric auction games", Nature Machine Intelligence 2021): its mean and its maximum
over types, absolute and relative to the ex-ante utility of the play. Relative figures are ratios of means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.strategies.base import Strategy
from mechanisms.conversation import Mechanism
from mechanisms.distributions import Discrete, Prior
from mechanisms.utilities import Utility
from sim.audit.instance import Instance
from sim.audit.sampled.sampling import Sampler
from sim.audit.sampled.trial import Effort, rows_to_try
from sim.audit.table import game_of

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("buyer", "mean", "maximum", "utility", "relative_mean", "relative_maximum")


def utility_loss(instance: Instance) -> pd.DataFrame:
    """The loss of the instance's play, exactly: one row for each buyer, and one, "all", for them together.

    `mean` is over the prior, `maximum` over types (and cells of knowledge) that can occur, `utility` is the
    ex-ante expected utility of the play. A ratio to a utility of 0 is NaN, or infinite if there is a loss.

    Raises TooLargeError for an instance that is too large.
    """
    game = game_of(instance)
    lines = []
    for buyer in range(game.n):
        weights, losses, utilities = [], [], []
        for type_ in range(instance.prior.shape[buyer]):
            mass = game.slice_of(instance.prior.table, buyer, type_)
            labels = game.slice_of(instance.cells[buyer], buyer, type_)
            for cell, belief in game.beliefs(buyer, type_):
                truth = float(game.truth(buyer, type_, belief)[0])
                weights.append(float(mass[labels == cell].sum()))
                utilities.append(truth)
                losses.append(float(game.best(buyer, type_, belief)[0].utilities[0]) - truth)
        lines.append(_line(buyer, np.array(weights), np.array(losses), np.array(utilities)))
    return _frame(lines)


def sampled_utility_loss(
    mechanism: Mechanism,
    prior: Prior,
    *,
    effort: Effort | None = None,
    utilities: Utility | Sequence[Utility] | None = None,
    strategies: Strategy | Sequence[Strategy] | None = None,
) -> pd.DataFrame:
    """The loss of a play, estimated on profiles sampled from a prior; columns as those of `utility_loss`.

    Each type's deviation is chosen on one half of the sample and valued on the other, so that the estimate is
    not raised by the choice; it is of the deviations tried, and counts as 0 where it comes out below. Types
    are quantiles at the middles of equal ranks, or all of few. Raises as `Sampler` does.
    """
    plan = effort or Effort()
    sampler = Sampler(mechanism, prior, utilities, strategies)
    lines = []
    for buyer in range(sampler.n):
        types = sampler.types(buyer, plan.types)
        deviations = sampler.deviations(buyer, types, rows_to_try(sampler, plan.deviations))
        half = plan.profiles // 2
        streams = (np.random.default_rng([plan.seed, buyer, part]) for part in (0, 1))
        chosen_on, tested_on = (sampler.moments(deviations, half, stream) for stream in streams)
        rows = np.arange(len(types))
        losses = np.maximum(tested_on.mean_gain[rows, chosen_on.mean_gain.argmax(axis=1)], 0.0)
        utility = (chosen_on + tested_on).mean_utility[rows, deviations.honest]
        lines.append(_line(buyer, _weights(sampler.marginal(buyer), types), losses, utility))
    return _frame(lines)


def _weights(marginal: Any, types: NDArray[Any]) -> NDArray[Any]:
    """How much each type counts."""
    if isinstance(marginal, Discrete) and len(types) == int((marginal.probabilities > 0).sum()):
        return marginal.probabilities[marginal.probabilities > 0]
    return np.full(len(types), 1 / len(types))


def _line(
    buyer: object, weights: NDArray[Any], losses: NDArray[Any], utilities: NDArray[Any]
) -> dict[str, Any]:
    mean, utility, greatest = float(weights @ losses), float(weights @ utilities), float(losses.max())
    return {"buyer": buyer, "mean": mean, "maximum": greatest, "utility": utility}


def _frame(lines: list[dict[str, Any]]) -> pd.DataFrame:
    """Add the row for all buyers, whose means are means over buyers, and the ratios."""
    import pandas as pd

    frame = pd.DataFrame(lines)
    together = {
        "buyer": "all",
        "mean": frame["mean"].mean(),
        "maximum": frame["maximum"].max(),
        "utility": frame["utility"].mean(),
    }
    frame = pd.concat([frame.astype({"buyer": object}), pd.DataFrame([together])], ignore_index=True)
    for name in ("mean", "maximum"):
        frame[f"relative_{name}"] = frame[name] / frame["utility"]
    return frame[list(COLUMNS)]
