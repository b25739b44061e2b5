"""Frames: the numbers, names and grid of plain axes, drawn once and used again while they stay the same.

Most of the time of a picture goes into them, and from step to step they seldom change. They are kept as
pixels, and what the panel shows is drawn on top. The picture is the same as without.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

PLAIN = "plain axes"
"""Group of the axes whose frame may be kept; their ticks are styled by `tick_params` and nothing else."""

_MOST = 64
_FRAMES: OrderedDict[Any, NDArray[np.uint8]] = OrderedDict()


def drawn(figure: Figure) -> FigureCanvasAgg:
    """The figure on a canvas; its plain axes lose their visible scales on the way."""
    canvas = FigureCanvasAgg(figure)
    plain = [axes for axes in figure.axes if axes.get_gid() == PLAIN]
    if not plain or figure.get_layout_engine() is not None:
        canvas.draw()
        return canvas
    frame = _frame(canvas, plain)
    pixels = np.asarray(canvas.get_renderer().buffer_rgba())
    pixels[:] = frame
    with _hidden([figure.patch, *_scales(plain)]):
        figure.draw(canvas.get_renderer())
    return canvas


def _frame(canvas: FigureCanvasAgg, plain: list[Axes]) -> NDArray[np.uint8]:
    """Pixels of the scales alone, shape (height, width, 4), from the last time if nothing has changed.

    Windows draw at the same time, in threads of their own, so that a kept frame may vanish between two steps
    here; it is then drawn anew.
    """
    key = (tuple(canvas.figure.bbox.size), canvas.figure.get_facecolor(), *map(_look, plain))
    frame = _FRAMES.pop(key, None)
    if frame is None:
        scales = _scales(plain)
        others = [each for axes in plain for each in axes.get_children() if each not in scales]
        above = [each for each in canvas.figure.get_children() if each not in (*plain, canvas.figure.patch)]
        with _hidden([*others, *above]):
            canvas.draw()
        frame = np.array(canvas.buffer_rgba())
    _FRAMES[key] = frame
    while len(_FRAMES) > _MOST:
        _FRAMES.popitem(last=False)
    return frame


def _scales(plain: Iterable[Axes]) -> list[Artist]:
    return [part for axes in plain for part in (axes.patch, axes.xaxis, axes.yaxis)]


def _look(axes: Axes) -> tuple[Any, ...]:
    """Everything that the look of the scales depends on."""
    looks: list[Any] = [axes.get_position().bounds, axes.get_facecolor(), axes.axison]
    for axis in (axes.xaxis, axes.yaxis):
        places, name = np.asarray(axis.get_majorticklocs()).tolist(), axis.label
        words = axis.get_major_formatter().format_ticks(places)
        looks += [axis.get_visible(), axis.get_scale(), *axis.get_view_interval(), *places, *words]
        looks += [name.get_text(), name.get_color(), name.get_fontsize(), str(axis.get_tick_params())]
    return tuple(looks)


@contextmanager
def _hidden(artists: list[Artist]) -> Iterator[None]:
    """Some artists are not drawn in between."""
    seen = [artist for artist in artists if artist.get_visible()]
    for artist in seen:
        artist.set_visible(False)
    try:
        yield
    finally:
        for artist in seen:
            artist.set_visible(True)
