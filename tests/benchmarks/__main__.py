"""The benchmarks: `make bench`, or `python -m tests.benchmarks market menus` for some of them.

Prints ratios, and whether goals are met. Nothing fails: the figures are for people to read.
"""

from __future__ import annotations

import sys
from itertools import chain

from rich.console import Console
from rich.table import Table

from tests.benchmarks import (
    audit,
    counter,
    knowledge,
    learning,
    market,
    menus,
    one_pass,
    page,
    programs,
    regret,
    risk_averse,
    robust,
    sweep,
)

GROUPS = {
    "market": (market.figures, market.rule_figures),
    "audit": (audit.figures,),
    "learning": (learning.figures,),
    "knowledge": (knowledge.figures,),
    "programs": (programs.figures,),
    "menus": (menus.figures,),
    "one pass": (one_pass.figures,),
    "regret": (regret.figures,),
    "robust": (robust.figures,),
    "risk averse": (risk_averse.figures,),
    "counter": (counter.figures,),
    "page": (page.figures,),
    "sweep": (sweep.figures,),
}


def main(wanted: list[str]) -> None:
    """Measure the groups that are wanted, all if none is named, and print line by line."""
    unknown = [name for name in wanted if name not in GROUPS]
    if unknown:
        sys.exit(f"no benchmarks are called {unknown[0]!r}; there are {', '.join(GROUPS)}")
    console = Console(width=100)
    table = Table("what", "ratio", "unit", "goal", "", "remark", title="Benchmarks")
    with console.status("measuring …"):
        for source in chain.from_iterable(GROUPS[name] for name in wanted or GROUPS):
            for figure in source():
                measured = (figure.name, f"{figure.ratio:.2f}", figure.unit)
                table.add_row(*measured, figure.goal, figure.verdict, figure.remark)
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
