"""Frames: a picture with a kept frame is the picture without, and a frame that has changed is drawn anew."""

from collections import OrderedDict

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.ticker import PercentFormatter

from scenarios import neighbours
from sim.page import frames
from sim.page.colours import new_figure, plain_axes


@pytest.fixture(autouse=True)
def no_frames(monkeypatch):
    monkeypatch.setattr(frames, "_FRAMES", type(frames._FRAMES)())


def straight(figure):
    """Pixels as matplotlib draws them, all at once."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def kept(figure):
    return np.array(frames.drawn(figure).buffer_rgba())


@pytest.mark.parametrize("panel", neighbours.PANELS, ids=lambda panel: panel.__name__)
def test_a_picture_is_the_same_to_the_pixel(panel):
    """With a frame that is new, one that was kept, and one that has become another."""
    market = neighbours.build(neighbours.Parameters(buyers=10, value_bound=16), 1)
    for now in (0, 1, 2, 45):
        market.advance_to(now)
        np.testing.assert_array_equal(kept(panel(market)), straight(panel(market)))
    market.close()


def curve(change=lambda axes: None, heights=(0, 1)):
    figure = new_figure()
    axes = plain_axes(figure, "time", "money")
    axes.plot([0, 1], heights)
    axes.set(xlim=(0, 2), ylim=(0, 3))
    change(axes)
    return figure


def test_a_frame_is_drawn_once():
    one, other = kept(curve()), kept(curve(heights=(2, 1)))
    assert len(frames._FRAMES) == 1
    assert (one != other).any()
    np.testing.assert_array_equal(other, straight(curve(heights=(2, 1))))


@pytest.mark.parametrize(
    "change",
    [
        lambda axes: axes.set_xlim(0, 3),
        lambda axes: axes.set_ylabel("euros"),
        lambda axes: axes.set_xlabel("time", color="red"),
        lambda axes: axes.set_yticks([0, 1, 2]),
        lambda axes: axes.set_xticks([0, 2], ["now", "then"]),
        lambda axes: axes.tick_params(labelsize=12),
        lambda axes: axes.grid(visible=False),
        lambda axes: axes.set_yscale("symlog"),
        lambda axes: axes.yaxis.set_major_formatter(PercentFormatter()),
        lambda axes: axes.yaxis.set_visible(False),
        lambda axes: axes.axis("off"),
        lambda axes: axes.set_facecolor("#EEEEEE"),
        lambda axes: axes.set_position((0.3, 0.3, 0.5, 0.5)),
        lambda axes: axes.figure.set_facecolor("#DDDDDD"),
        lambda axes: axes.figure.set_size_inches(5, 4),
        lambda axes: axes.spines["left"].set_visible(False),
        lambda axes: axes.set_title("above"),
        lambda axes: axes.legend(["line"]),
        lambda axes: axes.figure.text(0.5, 0.5, "words"),
        lambda axes: axes.figure.add_axes((0.6, 0.6, 0.2, 0.2)),
    ],
)
def test_what_has_changed_is_seen(change):
    before = kept(curve())
    after = kept(curve(change))
    assert before.shape != after.shape or (before != after).any()
    np.testing.assert_array_equal(after, straight(curve(change)))


def test_other_axes_are_drawn_as_ever():
    figure = new_figure()
    figure.add_axes((0.2, 0.2, 0.6, 0.6)).plot([0, 1])
    pixels = kept(figure)
    assert not frames._FRAMES
    np.testing.assert_array_equal(pixels, straight(figure))


def test_old_frames_are_let_go(monkeypatch):
    monkeypatch.setattr(frames, "_MOST", 3)
    for reach in range(1, 7):
        frames.drawn(curve(lambda axes, reach=reach: axes.set_xlim(0, reach)))
    assert len(frames._FRAMES) == 3


class Fleeting(OrderedDict):
    """What other windows do in the worst case: whatever was looked up or kept is let go at once."""

    def __contains__(self, key):
        found = super().__contains__(key)
        self.clear()
        return found

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        self.clear()


def test_windows_may_draw_at_the_same_time(monkeypatch):
    monkeypatch.setattr(frames, "_FRAMES", Fleeting())
    np.testing.assert_array_equal(kept(curve()), straight(curve()))
