"""All benchmarks: `make bench`. Prints the ratios; nothing fails, the figures are for people to read."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from tests.benchmarks import audit, counter, knowledge, learning, market, menus, page


def main() -> None:
    """Measure and print, line by line."""
    console = Console(width=100)
    table = Table("what", "ratio", "unit", "at most", "remark", title="Benchmarks")
    with console.status("measuring …"):
        sources = (market.figures, market.rule_figures, audit.figures, learning.figures)
        for source in (*sources, knowledge.figures, menus.figures, counter.figures, page.figures):
            for figure in source():
                limit = "" if figure.at_most is None else f"{figure.at_most:g}"
                table.add_row(figure.name, f"{figure.ratio:.2f}", figure.unit, limit, figure.remark)
    console.print(table)


if __name__ == "__main__":
    main()
