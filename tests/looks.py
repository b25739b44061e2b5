"""How what a legend names looks in a figure."""

from matplotlib.lines import Line2D


def look(handle):
    """Colour, line, marker and hatch, as they are in the legend."""
    if isinstance(handle, Line2D):
        return handle.get_color(), handle._unscaled_dash_pattern, handle.get_marker(), handle.get_fillstyle()
    first = handle[0]
    if isinstance(first, Line2D):
        return look(first)
    return first.get_facecolor(), first.get_hatch()
