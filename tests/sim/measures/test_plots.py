"""Plots are PNG files, the same bytes for the same figures, and leave no state behind."""

import sys
import time

import numpy as np
import pytest
from matplotlib.figure import Figure

from sim.measures.plots import COLOURS, pictures, plot_bars, plot_bids, plot_curves
from tests.looks import look

VALUES = np.linspace(0, 1, 20)


def bids(path):
    plot_bids(path, {"bids": (VALUES, VALUES / 2)}, {"theory": (VALUES, VALUES / 2)}, "Bids")


def curves(path):
    plot_curves(path, {"loss": (VALUES + 1, VALUES + 0.1)}, "round", "loss", "Losses", log_y=True)


def bars(path):
    heights = {"a": ([1.0, 2.0], [0.1, 0.2]), "b": ([-1.0, 0.5], [0.1, np.nan])}
    plot_bars(path, heights, ["x", "y"], "money", "Payoffs")


@pytest.mark.parametrize("plot", [bids, curves, bars])
def test_is_a_png_and_the_same_each_time(plot, tmp_path):
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    plot(first)
    plot(again)
    assert first.read_bytes().startswith(b"\x89PNG")
    assert first.read_bytes() == again.read_bytes()


def test_what_fails_within_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match="shape"):
        plot_bids(tmp_path / "no.png", {"bids": (VALUES, VALUES[:3])}, {}, "Bids")
    assert not list(tmp_path.iterdir())


def test_pyplot_is_not_touched(tmp_path):
    before = "matplotlib.pyplot" in sys.modules
    bids(tmp_path / "bids.png")
    assert ("matplotlib.pyplot" in sys.modules) == before


@pytest.fixture
def drawn(monkeypatch):
    """The axes of the figures that are written."""
    found, save = [], Figure.savefig

    def remembered(figure, *arguments, **options):
        found.extend(figure.axes)
        save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", remembered)
    return found


@pytest.mark.parametrize("plot", [plot_bids, plot_curves, plot_bars])
def test_more_lines_than_colours_are_told_apart(plot, drawn, tmp_path):
    count = 2 * len(COLOURS) + 3
    rows = {f"number {k}": (VALUES, VALUES * k) for k in range(count)}
    if plot is plot_bids:
        plot(tmp_path / "a.png", rows, {}, "Bids")
    elif plot is plot_curves:
        plot(tmp_path / "a.png", rows, "x", "y", "Curves")
    else:
        plot(tmp_path / "a.png", {name: ([k], [0.1]) for k, name in enumerate(rows)}, ["x"], "y", "Bars")
    handles, labels = drawn[0].get_legend_handles_labels()
    assert len(labels) == count
    assert len({str(look(handle)) for handle in handles}) == count


def test_a_line_on_another_is_dashed_and_one_beside_it_is_not(drawn, tmp_path):
    rows = {"below": (VALUES, VALUES), "on it": (VALUES, VALUES), "beside": (VALUES, VALUES + 0.1)}
    plot_curves(tmp_path / "a.png", rows, "x", "y", "Curves")
    dashed = [look(line)[1][1] is not None for line in drawn[0].get_lines()]
    assert dashed == [False, True, False]


def test_pictures_are_drawn_when_the_run_has_ended_and_not_again(tmp_path):
    calls = []

    def draw(folder):
        calls.append(folder)
        bids(folder / "a.png")
        bids(folder / "b.png")

    class Run:
        directory = tmp_path

    lines = [pictures(Run, ["a.png", "b.png"], draw)]  # while it goes on
    time.sleep(0.01)
    (tmp_path / "manifest.json").write_text("{}")
    lines += [pictures(Run, ["a.png", "b.png"], draw) for _ in range(2)]
    assert len(calls) == 2
    (tmp_path / "b.png").unlink()
    lines.append(pictures(Run, ["a.png", "b.png"], draw))
    assert len(calls) == 3
    assert set(map(tuple, lines)) == {(f"Pictures: a.png and b.png in {tmp_path}",)}
    assert pictures(Run, ["a.png"], draw) == [f"Picture: a.png in {tmp_path}"]
    assert pictures({}, ["a.png"], draw) == []
    assert len(calls) == 3
