"""The report of a sweep: what was planned and what was not, means at each point, differences, and plots."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.measures.batch_means import Estimate
from sim.records.sweep_reading import Recorded, frame_of, incomplete, index_of, read_recorded
from sim.sweep.estimates import PointEstimates, means, paired_differences
from sim.sweep.measures import RESERVED, is_headline
from sim.sweep.plan import axis_value, value_text

if TYPE_CHECKING:
    import pandas

WIDTH = 80
_MOST_SHOWN, _MOST_ERRORS, _MOST_NAME = 8, 5, 16
MEANS = "± is half a 95% interval by Student's t over the seeds at a point, which are independent runs."


def report(directory: str | Path, versus: tuple[str, str, str] | None = None) -> list[Any]:
    """Lines of text, and tables for `rich`, at most WIDTH columns wide; plots go into the folder.

    `versus` asks for a comparison of two values of an axis, as texts, that need not have been planned.
    Raises RecordsError for a folder of something else, PlanError for a comparison that cannot be made.
    """
    directory = Path(directory)
    recorded, frame = read_recorded(directory), frame_of(directory)
    measures = shown_measures(recorded, frame)
    lines: list[Any] = [*_what_was_planned(recorded, frame, measures), *_failures(directory)]
    if not measures:
        return [*lines, "No task has finished yet."]
    estimates = means(frame, recorded.points, measures)
    lines += [*tables(estimates, measures), MEANS, *_unknown(frame, measures)]
    lines += _differences(recorded, frame, measures, versus)
    from sim.sweep.plots import draw

    return [*lines, *draw(directory, recorded, estimates, measures)]


def shown_measures(recorded: Recorded, frame: pandas.DataFrame) -> list[str]:
    """The figures that were planned, or else the first of the whole run."""
    known = _all_measures(recorded, frame)
    planned = [name for name in recorded.described["measures"] if name in known]
    return planned or ([name for name in known if is_headline(name)] or known)[:_MOST_SHOWN]


def _all_measures(recorded: Recorded, frame: pandas.DataFrame) -> list[str]:
    return [name for name in frame.columns if name not in {*RESERVED, *recorded.axes}]


# --- what was planned -------------------------------------------------------------------------------


def _what_was_planned(recorded: Recorded, frame: pandas.DataFrame, measures: Sequence[str]) -> Iterator[str]:
    described, manifest = recorded.described, recorded.manifest
    points, seeds = len(recorded.points), len(described["seeds"])
    when = manifest.get("recorded", "a time that is not known")
    yield (
        f"{described['scenario']}: planned were {points:,} points with {seeds:,} seeds each, "
        f"{points * seeds:,} tasks. Plan {recorded.hash[:16]}, recorded at {when}, before the first run."
    )
    if recorded.changed:
        yield "The plan that is there now is NOT the one that was recorded: its hash is another."
    lacking = incomplete(frame)
    yield f"Not as planned: {lacking}." if lacking else "All planned tasks were run."
    yield _about_measures(described["measures"], measures)
    hidden = len(_all_measures(recorded, frame)) - len(measures)
    if hidden > 0:
        yield f"{hidden:,} figures more are in the frame: sim.load(DIR), or bazaar show DIR --csv OUT."


def _about_measures(planned: Sequence[str], shown: Sequence[str]) -> str:
    if not planned:
        return (
            "Not planned: which figure decides. All are shown alike; what stands out among them is a reason "
            "for a new sweep, no finding."
        )
    absent = [name for name in planned if name not in shown]
    missing = f" Planned, but not among the figures: {', '.join(absent)}." if absent else ""
    return f"Planned figures: {', '.join(planned)}; all others were not planned.{missing}"


def _failures(directory: Path) -> Iterator[str]:
    index = index_of(directory)
    failed = index[index["status"] == "failed"]
    for row in failed.head(_MOST_ERRORS).itertuples():
        said = str(row.error).strip().splitlines() or ["no reason is known"]
        yield f"Failed: task {row.task}, point {row.parameters}, seed {row.seed}: {said[-1][:200]}"
    if len(failed):
        yield f"Tracebacks: column `error` of {directory / 'index.parquet'}. --resume tries them again."


def _unknown(frame: pandas.DataFrame, measures: Sequence[str]) -> Iterator[str]:
    done = frame[frame["status"] == "done"]
    for name in measures:
        if count := int(done[name].isna().sum()):
            yield f"{name} is not known of {count:,} tasks, which are left out of its means."


# --- tables -----------------------------------------------------------------------------------------


def tables(rows: Sequence[PointEstimates], measures: Sequence[str]) -> Iterator[Any]:
    """Tables with a row for each point; measures that do not fit beside the others come in another one."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    names = list(rows[0].point) if rows else []
    points = {name: [value_text(row.point[name]) for row in rows] for name in names}
    shown = {name: cells([row.estimates[name] for row in rows]) for name in measures}
    taken = sum(min(_MOST_NAME, _width(name, column)) + 2 for name, column in points.items())
    for part in _parts(shown, WIDTH - 2 - taken):
        table = Table(box=SIMPLE_HEAD, padding=(0, 1))
        for name in names:
            table.add_column(name, justify="right", overflow="fold", max_width=_MOST_NAME)
        for name in part:
            table.add_column(name, justify="right", overflow="fold", min_width=max(map(len, shown[name])))
        columns = [*points.values(), *(shown[name] for name in part)]
        for row in zip(*columns, strict=True):
            table.add_row(*row)
        yield table


def _width(name: str, cells: Sequence[str]) -> int:
    return max(map(len, [name, *cells]))


def _parts(shown: dict[str, list[str]], room: int) -> Iterator[list[str]]:
    """Measures that fit beside one another, at least one at a time."""
    part: list[str] = []
    left = room
    for name, column in shown.items():
        width = _width(name, column) + 2
        if part and width > left:
            yield part
            part, left = [], room
        part.append(name)
        left -= width
    if part:
        yield part


def cells(estimates: Sequence[Estimate]) -> list[str]:
    """Means and half-widths to one digit: three decimals if all means are below 1, two below 1000, or none.

    >>> cells([Estimate(66.571, 1.949, 20), Estimate(0.98765, float("nan"), 1)])
    ['66.57 ±1.95', '0.99 ±–']
    """
    scale = max((abs(one.mean) for one in estimates if not math.isnan(one.mean)), default=0.0)
    decimals = 3 if scale <= 1 else 2 if scale < 1000 else 0
    return [_cell(one, decimals) for one in estimates]


def _cell(estimate: Estimate, decimals: int) -> str:
    mean, half = (
        "–" if math.isnan(part) else f"{part:z,.{decimals}f}" for part in (estimate.mean, estimate.half_width)
    )
    return "–" if mean == "–" else f"{mean} ±{half}"


# --- differences ------------------------------------------------------------------------------------


def _differences(
    recorded: Recorded,
    frame: pandas.DataFrame,
    measures: Sequence[str],
    asked: tuple[str, str, str] | None,
) -> Iterator[Any]:
    for versus, planned in _comparisons(recorded, asked):
        rows = paired_differences(frame, recorded.points, measures, versus)
        axis, first, second = versus[0], value_text(versus[1]), value_text(versus[2])
        yield f"{'Planned' if planned else 'NOT planned'}: {axis} = {second} less {axis} = {first}."
        yield from tables(rows, measures)
        count = len(rows) * len(measures)
        yield (
            f"Differences seed by seed, on the same draws. ± is half a simultaneous 95% interval: Student's "
            f"t, each at level 1 − 0.05/{count} (Bonferroni, for the {count} differences of this comparison)."
        )


def _comparisons(
    recorded: Recorded, asked: tuple[str, str, str] | None
) -> Iterator[tuple[tuple[str, Any, Any], bool]]:
    """The comparison that was planned, and the one that is asked for; and whether it was planned."""
    planned = recorded.described["versus"]
    pair = (planned, *recorded.axes[planned]) if planned is not None else None
    if pair is not None:
        yield pair, True
    if asked is not None:
        axis, first, second = asked
        other = axis, axis_value(recorded.axes, axis, first), axis_value(recorded.axes, axis, second)
        if other != pair:
            yield other, False
