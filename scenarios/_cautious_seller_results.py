"""What the cautious seller's evenings came to: tables, plots, and the panel of her page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.utilities import Utility
from scenarios._cautious_seller_designs import FAMILIES, LADDER, SELLERS, Sale
from scenarios._plain_table import plain_table
from sim.measures.batch_means import Estimate, batch_means
from sim.measures.comparison import Figure
from sim.measures.plots import COLOURS, figure

if TYPE_CHECKING:
    import pandas

SaleOf = Callable[..., Sale]
"""From the parameters, and optionally a family of values or a caution, to a sale."""

EXPLANATION = (
    "Utility: her expected utility of one evening's revenue, exactly, late answers counted; seen: in the "
    "market, ± half of a 95% confidence interval by batch means. Sure: the revenue that, if it were sure, "
    "would be worth as much. Mean and spread (standard deviation) of revenue. Of best: at least this share "
    "of the utility of the best dominant-strategy mechanism, whatever it is; what is missing to 100% is "
    "lost by the way to sell or given away by the bound on the best, nobody knows how much by which."
)
LADDER_EXPLANATION = (
    "Sure revenue by caution, for designed prices with their mean and spread; and the certificate of each."
)
FAMILIES_EXPLANATION = "Certificates for other values, the same seller: at least this share of the best."


def revenues(tables: Mapping[str, pandas.DataFrame]) -> dict[str, NDArray[np.float64]]:
    """Each seller's revenue, evening by evening."""
    auctions = tables["auctions"]
    done = auctions[auctions["status"] != "unfinished"].sort_values("auction")
    return {
        name: done.loc[done["seller_id"] == number, "revenue"].to_numpy(dtype=float)
        for number, name in enumerate(SELLERS)
    }


def seen_utility(tables: Mapping[str, pandas.DataFrame], utility: Utility) -> dict[str, Estimate]:
    """Her utility of an evening with each seller, as the market saw it."""
    return {name: batch_means(utility(earned)) for name, earned in revenues(tables).items()}


def passed_over(tables: Mapping[str, pandas.DataFrame], buyers: int) -> tuple[float, float]:
    """The share of answers that were late; and how many of the line designed prices left unasked, a time."""
    messages = tables["messages"]
    asked = messages.loc[messages["auction"] % len(SELLERS) == 0, "auction"].value_counts()
    late = float((messages["status"] == "late").mean()) if len(messages) else float("nan")
    return late, float(buyers - asked.mean()) if len(asked) else float("nan")


# --- tables -------------------------------------------------------------------------------------------


def lines_of(tables: Any, told: Any, sale_of: SaleOf) -> list[Any]:
    """What stands at the end of a run."""
    chosen = sale_of(told)
    late, gone = passed_over(tables, told.buyers)
    return [
        f"Cautious seller: {told.units} units, {told.buyers} buyers {told.come}, {told.values} values; "
        f"{told.attitude}, caution {told.caution:g}.",
        seller_table(chosen, seen_utility(tables, chosen.utility)),
        EXPLANATION,
        f"Of all answers {late:.1%} came too late. Of the line {gone:.2f} buyers an evening went "
        "home unasked by designed prices: the units were gone, or there was no price for them.",
        ladder_table({degree: sale_of(told, caution=degree) for degree in LADDER}),
        LADDER_EXPLANATION,
        family_table({family: sale_of(told, values=family) for family in FAMILIES}),
        FAMILIES_EXPLANATION,
    ]


def seller_table(chosen: Sale, seen: Mapping[str, Estimate]) -> Any:
    """A row for each way to sell, for `rich`; up to 80 columns."""
    rows = [
        (
            name,
            f"{chosen.worth(name):.4g}",
            Figure(seen[name], chosen.worth(name)),
            f"{chosen.sure(name):.2f}",
            f"{way.law.mean:.2f}",
            f"{way.law.standard_deviation:.2f}",
            f"{chosen.certified(name):.1%}",
        )
        for name, way in chosen.ways.items()
    ]
    return plain_table(("way to sell", "utility", "seen", "sure", "mean", "spread", "of best"), rows)


def ladder_table(ladder: Mapping[float, Sale]) -> Any:
    """A row for each degree of caution."""
    rows = []
    for degree, one in ladder.items():
        law = one.ways[SELLERS[0]].law
        shares = (f"{one.certified(name):.1%}" for name in SELLERS)
        rows.append(
            (f"{degree:g}", f"{law.mean:.2f}", f"{law.standard_deviation:.2f}", f"{one.sure(SELLERS[0]):.2f}",
             *shares)
        )
    headings = ("caution", "mean", "spread", "sure", "designed", "history", "single", "Myerson")
    return plain_table(headings, rows)


def family_table(families: Mapping[str, Sale]) -> Any:
    """A row for each family of values."""
    rows = [
        (family, *(f"{one.certified(name):.1%}" for name in SELLERS)) for family, one in families.items()
    ]
    return plain_table(("values", "designed", "history", "single", "Myerson"), rows)


# --- plots --------------------------------------------------------------------------------------------


def draw(folder: Any, tables: Any, told: Any, sale_of: SaleOf) -> None:
    """The frontier of mean against risk, and the laws of an evening's revenue, into the run's folder."""
    ladder = {degree: sale_of(told, caution=degree) for degree in LADDER}
    title = f"{told.units} units, {told.buyers} buyers, {told.values} values"
    spread = "spread of an evening's revenue (money); numbers: caution"
    with figure(folder / "frontier.png", spread, "mean revenue (money)", title) as axes:
        draw_frontier(axes, ladder)
    with figure(
        folder / "revenue.png", "an evening's revenue (money)", "probability of no more", title
    ) as axes:
        draw_laws(axes, sale_of(told), revenues(tables))


def draw_frontier(axes: Any, ladder: Mapping[float, Sale]) -> None:
    """Mean against spread: a point for each caution, and one for Myerson's auction."""
    for place, name in enumerate(SELLERS[:3]):
        laws = [one.ways[name].law for one in ladder.values()]
        spreads, means = [law.standard_deviation for law in laws], [law.mean for law in laws]
        axes.plot(spreads, means, "o-", color=COLOURS[place], label=name, markersize=5, linewidth=1)
        if place == 0:
            _name_points(axes, ladder, spreads, means)
    neutral = next(iter(ladder.values())).ways[SELLERS[3]].law
    axes.plot(neutral.standard_deviation, neutral.mean, "D", color=COLOURS[3], label=SELLERS[3])


def _name_points(axes: Any, ladder: Mapping[float, Sale], x: list[float], y: list[float]) -> None:
    """The degrees of caution beside their points; those at one place share a name."""
    names: dict[tuple[float, float], list[str]] = {}
    for degree, spread, mean in zip(ladder, x, y, strict=True):
        names.setdefault((round(spread, 3), round(mean, 3)), []).append(f"{degree:g}")
    for point, degrees in names.items():
        axes.annotate(", ".join(degrees), point, (5, -11), textcoords="offset points", fontsize=8)


def exact_law(law: Any, top: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Amounts from 0 to `top`, and the probability of no more than each, which holds until the next."""
    amounts = np.concatenate([[0.0], law.amounts, [top]])
    return amounts, np.concatenate([[law.cdf(0.0)], np.cumsum(law.probabilities), [1.0]])


def draw_laws(axes: Any, chosen: Sale, seen: Mapping[str, NDArray[np.float64]]) -> None:
    """Distribution functions: exact as lines, and the evenings that were seen as dots."""
    top = max(float(way.law.amounts[-1]) for way in chosen.ways.values())
    for place, (name, way) in enumerate(chosen.ways.items()):
        axes.step(*exact_law(way.law, top), where="post", color=COLOURS[place], label=name, linewidth=1.4)
        if len(seen[name]):
            at, counts = np.unique(seen[name], return_counts=True)
            axes.plot(at, np.cumsum(counts) / len(seen[name]), ".", color=COLOURS[place], markersize=5)
    axes.set_ylim(0, 1.02)
