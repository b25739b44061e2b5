"""Plots are PNG files, the same bytes for the same figures, and leave no state behind."""

import sys

import numpy as np
import pytest

from sim.measures.plots import plot_bars, plot_bids, plot_curves

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
