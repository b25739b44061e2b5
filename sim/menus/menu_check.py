"""Is a menu in a file safe against customers who come back? The machinery of `bazaar menu check`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mechanisms._validation import FloatArray
from mechanisms.menus import BuyKCheck, bundle_revenue, is_buy_k_ic
from mechanisms.menus.incentives import TOLERANCE
from mechanisms.menus.menu import check_purchases
from sim.menus.menu_file import MenuFile, read_menu_file
from sim.menus.purchase_words import bought

ADAPTIVE_ITEMS = 8
"""Up to so many items the report also asks about adaptive buyers."""
MAX_NODES = 100_000
"""Multisets looked at for a type before an answer stays undecided."""
MOST_LISTED = 1000
"""The command tells what holds for so many purchases one by one, at most."""
MOST = 1_000_000
"""A menu that does not break with so many purchases is said to break with any number."""


@dataclass(frozen=True)
class Verdict:
    """What holds when people may buy up to k entries.

    committed, adaptive
        The checks; None for adaptive buyers where there are too many items.
    revenue
        What the menu really earns. Where the search was cut short: by the best purchases found.
    revenue_bound
        It earns no more than this; equal to `revenue` when nothing was cut short.
    seconds
        How long it took.
    """

    k: float
    committed: BuyKCheck
    adaptive: BuyKCheck | None
    revenue: float
    revenue_bound: float
    seconds: float


@dataclass(frozen=True)
class MenuReport:
    """Verdicts for k = 1, 2, … and for buy-many, and what selling everything together would earn.

    breaks_at
        The smallest k found for which committed buyers gain, also beyond the verdicts' finite k; None if
        there is none.
    holds_below
        Whether the menu is known to hold for every smaller k.
    """

    source: MenuFile
    verdicts: tuple[Verdict, ...]
    bundle_revenue: float
    breaks_at: float | None
    holds_below: bool

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def purchases_from(text: str) -> float:
    """The number of purchases in an option's text; ValueError unless it is 1 to 1000, `inf` or `∞`."""
    if text in ("inf", "∞"):
        return math.inf
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST_LISTED):
        raise ValueError(f"--k is {text[:60]!r}; it must be an integer from 1 to {MOST_LISTED}, or inf")
    return int(text)


def check_menu_file(path: str | Path, k: float | None = None, max_nodes: float = MAX_NODES) -> MenuReport:
    """Read a file and check its menu for 1, 2, …, k purchases, and for any number.

    k is 5 unless given. After `max_nodes` multisets for a type an answer may stay undecided. Raises
    ValueError, naming file, row and value, for a file that is not as `sim.menus.menu_file` describes.
    """
    return check_menu_for(read_menu_file(path), 5 if k is None else check_purchases(k), max_nodes)


def check_menu_for(source: MenuFile, k: float, max_nodes: float = MAX_NODES) -> MenuReport:
    """Check a menu for 1, 2, …, k purchases, and for any number."""
    counts: list[float] = [] if k == math.inf else list(range(1, int(k) + 1))
    if k == math.inf:
        counts = [1.0]
    verdicts = tuple(_verdict(source, count, max_nodes) for count in [*counts, math.inf])
    breaks_at, holds_below = _first_break(source, verdicts, max_nodes)
    earned = bundle_revenue(list(source.types), source.probabilities)
    return MenuReport(source, verdicts, earned, breaks_at, holds_below)


def _first_break(
    source: MenuFile, verdicts: tuple[Verdict, ...], max_nodes: float
) -> tuple[float | None, bool]:
    """`breaks_at` and `holds_below`, by bisection: what breaks a menu for k breaks it for every larger k."""
    known = {verdict.k: verdict.committed.holds for verdict in verdicts}

    def holds(k: int) -> bool | None:
        if k not in known:
            known[k] = is_buy_k_ic(source.menu, list(source.types), k, max_nodes=max_nodes).holds
        return known[k]

    broken = min((k for k, held in known.items() if held is False), default=None)
    if broken is None:
        return None, True
    low = max(int(k) for k in known if k < broken)  # one purchase breaks no menu
    high = low + 1 if broken < math.inf else 2 * low
    while holds(high) is not False:
        low, high = high, 2 * high
        if high > MOST:
            return math.inf, False
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) is False else (middle, high)
    return high, holds(low) is True


def _verdict(source: MenuFile, k: float, max_nodes: float) -> Verdict:
    start = time.perf_counter()
    committed = is_buy_k_ic(source.menu, list(source.types), k, max_nodes=max_nodes)
    adaptive = None
    if source.menu.n <= ADAPTIVE_ITEMS:
        adaptive = is_buy_k_ic(source.menu, list(source.types), k, adaptive=True)
    paid, most = _payments(source, committed)
    revenue, revenue_bound = (math.fsum((source.probabilities * one).tolist()) for one in (paid, most))
    return Verdict(k, committed, adaptive, revenue, revenue_bound, time.perf_counter() - start)


def _payments(source: MenuFile, check: BuyKCheck) -> tuple[FloatArray, FloatArray]:
    """What every type pays, and at most: whose search was cut short gets at least the utility found."""
    totals = np.array([buyer.total for buyer in source.types])
    purchases = [choice.several for choice in check.choices]
    paid = np.array([purchase.payment for purchase in purchases])
    utility = np.array([purchase.utility for purchase in purchases])
    bound = np.array([purchase.bound for purchase in purchases])
    return paid, np.where(bound - utility > TOLERANCE * totals, totals - utility, paid)


def _lines(report: MenuReport) -> Iterable[str]:
    source = report.source
    yield "The menu:"
    for e in range(len(source.menu)):
        yield f"  entry {e}: {_lottery(source, e)} for {source.menu.prices[e]:.6g}"
    yield ""
    dream = report.verdicts[0].revenue
    yield f"If everybody bought at most one entry, the menu would earn {dream:.6g} a customer."
    yield f"Selling everything together at its best price earns {report.bundle_revenue:.6g}."
    yield ""
    yield "Do several entries do better than one? (holds: for nobody; fails: for somebody)"
    for verdict in report.verdicts:
        yield from _verdict_lines(source, verdict)
    yield ""
    yield from _conclusion(report)


def _conclusion(report: MenuReport) -> Iterable[str]:
    broken = report.breaks_at
    looking = next((v.k for v in report.verdicts if v.adaptive and v.adaptive.holds is False), None)
    if broken is not None:
        perhaps = "" if report.holds_below else ", and perhaps with fewer: not all ways were looked at"
        yield f"The menu breaks with up to {_times(broken)}{perhaps}."
    elif report.verdicts[-1].committed.holds:
        beforehand = "" if looking is None else ", if they decide beforehand what to buy"
        yield f"The menu is safe however often customers come back{beforehand}."
    else:
        yield "No way to break the menu was found, but not all were looked at."
    if looking is not None and (broken is None or looking < broken):
        yield (
            "It breaks with customers who look at what they got before they buy again, with up to "
            f"{_times(looking)}."
        )


def _verdict_lines(source: MenuFile, verdict: Verdict) -> Iterable[str]:
    check = verdict.committed
    word = {True: "holds", False: "fails", None: "undecided"}[check.holds]
    earns = f"{verdict.revenue:.6g}"
    if verdict.revenue_bound != verdict.revenue:
        earns += f" by the best purchases found, at most {verdict.revenue_bound:.6g}"
    yield f"Up to {_times(verdict.k)}: {word}; earns {earns} ({verdict.seconds:.2g} s)"
    if check.holds is False:
        witness = check.witness
        yield (
            f"  {source.names[witness.type]} gains {check.gain:.6g}: "
            f"buys {bought(witness.several)} instead of {bought(witness.single)}"
        )
    if check.holds is None:
        yield f"  nobody was found to gain; nobody gains more than {check.most:.6g}"
    adaptive = verdict.adaptive
    if check.holds is not False and adaptive is not None and adaptive.holds is False:
        yield (
            f"  but {source.names[adaptive.witness.type]} gains {adaptive.gain:.6g} by looking at what she "
            "got before she buys again"
        )


def _times(k: float) -> str:
    return "any number of purchases" if k == math.inf else "1 purchase" if k == 1 else f"{k:g} purchases"


def _lottery(source: MenuFile, entry: int) -> str:
    chances = zip(source.items, source.menu.probabilities[entry].tolist(), strict=True)
    parts = [item if q == 1 else f"{item} with chance {q:.4g}" for item, q in chances if q > 0]
    return " and ".join(parts) or "nothing"
