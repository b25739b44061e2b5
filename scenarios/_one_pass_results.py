"""What one pass and the other ways came to: tables, what is proved beside them, and plots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mechanisms.risk_averse import gamma
from scenarios._one_pass_designs import Found
from scenarios._plain_table import plain_table
from sim.measures.batch_means import Estimate, batch_means
from sim.measures.comparison import Figure
from sim.measures.plots import COLOURS, figure

if TYPE_CHECKING:
    import pandas

EXPLANATION = (
    "Utility: the seller's of one sale, expected, exactly; seen: in the market, ± half of a 95% confidence "
    "interval by batch means. Sure: the revenue that, if it were sure, would be worth as much. Mean and "
    "spread (standard deviation) of revenue. Of best: of the best Bayesian incentive compatible mechanism, "
    "ex-post individually rational and without positive transfers; of a bound on it where that is too large."
)


def seen_utilities(tables: Mapping[str, pandas.DataFrame], found: Found) -> dict[str, Estimate]:
    """The seller's utility of a sale in each way, as the market saw it."""
    auctions = tables["auctions"]
    done = auctions[auctions["status"] != "unfinished"].sort_values("auction")
    return {
        name: batch_means(
            found.game.seller(done.loc[done["seller_id"] == number, "revenue"].to_numpy(dtype=float))
        )
        for number, name in enumerate(found.mechanisms)
    }


# --- tables -------------------------------------------------------------------------------------------


def lines_of(tables: Any, told: Any, found: Found) -> list[Any]:
    """What stands at the end of a run."""
    return [
        f"One pass: {told.units} units, {told.buyers} buyers, values up to {told.types}; absolute risk "
        f"aversion of the seller {told.seller_fear:g}, of the buyers {told.buyer_fear:g}.",
        way_table(found, seen_utilities(tables, found)),
        EXPLANATION,
        *proved_lines(found),
    ]


def way_table(found: Found, seen: Mapping[str, Estimate]) -> Any:
    """A row for each way, for `rich`; up to 80 columns."""
    best = found.bound if math.isnan(found.best) else found.best
    rows = [
        (
            name,
            f"{found.worth(name):.4f}",
            Figure(seen[name], found.worth(name)),
            f"{law.certainty_equivalent(found.game.seller):.3f}",
            f"{law.mean:.3f}",
            f"{law.standard_deviation:.3f}",
            f"{found.worth(name) / best:.1%}",
        )
        for name, law in found.laws.items()
    ]
    return plain_table(("way", "utility", "seen", "sure", "mean", "spread", "of best"), rows)


def proved_lines(found: Found) -> list[str]:
    """What is proved, beside what is so."""
    k, one_pass, soft = found.game.units, found.worth("one pass"), found.worth("soft")
    best = f"{found.best:.4f}" if math.isfinite(found.best) else "not known, the instance is too large"
    return [
        f"The best mechanism's utility: {best}; proved to be at most {found.bound:.4f}, so that one pass is "
        f"certified {found.design.certificate:.1%}, oversold {found.oversold.certificate:.1%}.",
        f"One pass keeps {one_pass / soft:.3f} of soft; proved: c = {found.design.factor:.3f} for this "
        f"design. The paper's γ(k) is {gamma(k):.3f}.",
        f"Of the best: proved {found.proved['one pass']:.3f} for this one pass, c of the lotteries from "
        "which it climbed times 1 − 1/e less the greedy's steps' error; "
        f"{found.proved['Theorem 2']:.3f} for rounds of lotteries with the best masses (Theorem 2: "
        "(1 − 1/e)² γ(k)), which these are not quite.",
    ]


# --- plots --------------------------------------------------------------------------------------------


def draw(folder: Any, tables: Any, found: Found, ladder: Mapping[float, Found]) -> None:
    """Utilities beside what is proved, and by the buyers' fear, into the run's folder."""
    one = found.game
    title = f"{one.units} units, {one.buyers} buyers, values up to {one.types}"
    with figure(folder / "one_pass.png", "", "the seller's expected utility (utility)", title) as axes:
        draw_utilities(axes, found, seen_utilities(tables, found))
        draw_proved(axes, found)
    with figure(
        folder / "fear.png", "the buyers' absolute risk aversion (1/money)", "expected utility (utility)",
        title,
    ) as axes:
        draw_ladder(axes, ladder)


def draw_utilities(axes: Any, found: Found, seen: Mapping[str, Estimate]) -> None:
    """A bar for each way, exact; dots with intervals for what was seen; a line for the best."""
    names = list(found.laws)
    axes.bar(names, [found.worth(name) for name in names], color=COLOURS[: len(names)], alpha=0.6)
    for place, name in enumerate(names):
        if np.isfinite(seen[name].half_width):
            label = "_" * bool(place) + "seen, 95%"
            axes.errorbar(place, seen[name].mean, seen[name].half_width, color="black", marker=".", capsize=3,
                          label=label)
    if math.isfinite(found.best):
        axes.axhline(found.best, color="black", linestyle="--", linewidth=1, label="best mechanism")
    axes.tick_params(axis="x", labelrotation=35, labelsize=7)


def draw_proved(axes: Any, found: Found) -> None:
    """What is proved of one pass, from soft by c and from the best, and by Theorem 2 of rounds."""
    levels = {"c · soft": (found.design.factor * found.worth("soft"), 0)}
    if math.isfinite(found.best):
        levels["proved share · best"] = (found.proved["one pass"] * found.best, 0)
        levels["(1 − 1/e)² γ(k) · best"] = (found.proved["Theorem 2"] * found.best, 2)
    for (label, (level, place)), style in zip(levels.items(), ("_", "v", "^"), strict=False):
        axes.plot(place, level, style, color="black", markersize=14 if style == "_" else 6, label=label)


def draw_ladder(axes: Any, ladder: Mapping[float, Found]) -> None:
    """Exact utilities by the buyers' fear."""
    ways = ("one pass", "oversold", "rounds, limit", "fixed prices")
    for place, name in enumerate(ways):
        axes.plot(list(ladder), [one.worth(name) for one in ladder.values()], "o-", markersize=4,
                  color=COLOURS[place], label=name)
    best = [one.best for one in ladder.values()]
    if np.isfinite(best).any():
        axes.plot(list(ladder), best, "k--", linewidth=1, label="best mechanism")
