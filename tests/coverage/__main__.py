"""`python -m tests.coverage FILE`: study the intervals of all scenarios, write the table, and judge it.

It ends with exit code 1 if intervals that are nominally of 95 % cover the truth less than nine times in ten.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.coverage.cases import all_cases
from tests.coverage.study import Line, lines_of, reported, study
from tests.coverage.table import page


def main() -> int:
    """Study case by case; the page is written anew after each, so that what is known is not lost."""
    options = argparse.ArgumentParser(prog="python -m tests.coverage")
    options.add_argument("file", type=Path, help="the page that is written")
    options.add_argument("--only", action="append", help="a scenario; all by default")
    given = options.parse_args()
    lines: list[Line] = []
    without: list[str] = []
    for case in all_cases():
        if given.only and case.scenario not in given.only:
            continue
        if not reported(case, 0):
            without.append(case.scenario)
            continue
        found = lines_of(case, study(case))
        lines += found
        given.file.write_text(page(lines, without), encoding="utf-8")
        for line in found:
            sys.stdout.write(f"{case.scenario} {case.told}: {line.column}: {line.share:.3f}\n")
        sys.stdout.flush()
    given.file.write_text(page(lines, without), encoding="utf-8")
    failing = [line for line in lines if line.fails]
    for line in failing:
        sys.stdout.write(f"Too narrow: {line.case.scenario} {line.case.told}: {line.column}\n")
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
