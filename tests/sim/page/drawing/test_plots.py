"""Plots, marks and names: everything stands where its amount says, in well-formed SVG, and can be read."""

import io

import numpy as np
import pandas
import pytest

from sim.page.drawing import marks
from sim.page.drawing.look import INKED, THEORY, look_of_seller, look_of_strategy
from sim.page.drawing.names import spread
from sim.page.drawing.plot import framed, plot_of
from sim.page.drawing.scales import Scale, ticks
from tests.sim.page.drawing.svg import corners, of_class, overlap, parsed, texts

PLOT = plot_of((0, 10), (0, 50), "time", "money (euros)")


def drawn(*given, plot=PLOT, **more):
    return parsed(framed(plot, "a picture", *given, **more))


def amounts(plot, path):
    """Where a path goes, in amounts."""
    x, y = np.array(corners(path)).T
    across, up = plot.x, plot.y
    return (across.low + (x - across.start) / (across.end - across.start) * (across.high - across.low),
            up.low + (y - up.start) / (up.end - up.start) * (up.high - up.low))


def test_a_curve_goes_through_its_points_and_breaks_where_nothing_is_known():
    x, y = np.array([0, 2.5, 5, 7, 10]), np.array([50, 12, np.nan, 30, 0])
    (path,) = of_class(drawn(marks.curve(PLOT, x, y, look_of_seller(1))), "path", "line", "s1")
    seen = amounts(PLOT, path)
    np.testing.assert_allclose(seen[0], x[[0, 1, 3, 4]], atol=0.01)
    np.testing.assert_allclose(seen[1], y[[0, 1, 3, 4]], atol=0.05)
    assert path.get("d").count("M") == 2


def test_a_long_curve_keeps_its_end_and_few_points():
    x = np.linspace(0, 10, 10_001)
    (path,) = of_class(drawn(marks.curve(PLOT, x, x**2 / 2, INKED)), "path", "line")
    seen = amounts(PLOT, path)
    assert len(seen[0]) <= marks.MOST_POINTS + 1
    assert (seen[0][-1], seen[1][-1]) == (pytest.approx(10, abs=0.01), pytest.approx(50, abs=0.1))


@pytest.mark.parametrize("number", range(5))
def test_each_point_is_drawn_in_the_shape_of_its_look(number):
    x, y = np.array([1.0, 3.0, 8.0]), np.array([10.0, 20.0, 45.0])
    mark = marks.points(PLOT, x, y, look_of_strategy(number))
    (path,) = of_class(drawn(mark), "path", f"b{number}")
    seen = amounts(PLOT, path)
    np.testing.assert_allclose(seen[0], x, atol=0.01)
    np.testing.assert_allclose(seen[1], y, atol=0.05)


@pytest.mark.parametrize("number", range(5))
def test_what_is_not_known_is_not_drawn(number):
    unknown, look = np.array([10.0, np.nan, np.inf]), look_of_strategy(number)
    tree = drawn(marks.points(PLOT, [1, 2, 3], unknown, look),
                 marks.intervals(PLOT, [1, 2, 3], unknown - 1, unknown + 1, look),
                 marks.spans_on_rows(PLOT, unknown, unknown, [1, 2, 3], look),
                 marks.stripes(PLOT, unknown / 2, [1, 2, 3], look),
                 marks.ticks_on_rows(PLOT, unknown, [1, 2, 3], look))
    paths = "".join(each.get("d") for each in tree.iter("{http://www.w3.org/2000/svg}path"))
    assert "nan" not in paths
    assert "inf" not in paths
    assert of_class(tree, "path", f"b{number}")[0].get("d").count("M") == 1


def test_steps_hold_until_the_next():
    (path,) = of_class(drawn(marks.staircase(PLOT, [0, 4, 6], [10, 30, 20], INKED)), "path", "line")
    seen = np.round(amounts(PLOT, path)).astype(int).T.tolist()
    assert seen == [[0, 10], [4, 10], [4, 30], [6, 30], [6, 20]]


def test_bars_stand_on_nought():
    plot = plot_of((0, 3), (-20, 50), "kind", "money")
    bars = marks.columns(plot, [1, 2], [40.0, -10.0], INKED, 20.0)
    (path,) = of_class(drawn(bars, plot=plot), "path", "solid")
    tops = amounts(plot, path)[1]
    np.testing.assert_allclose(tops, [40, -10], atol=0.2)
    rises = [float(each.split("h")[0]) for each in path.get("d").split("v")[1:]]
    scale = (plot.y.start - plot.y.end) / 70
    np.testing.assert_allclose(rises, [40 * scale, -10 * scale], atol=0.1)


def test_intervals_and_bands_reach_from_low_to_high():
    tree = drawn(marks.intervals(PLOT, [5], [10], [30], INKED),
                 marks.band(PLOT, [0, 1], [5, 6], [9, 8], INKED))
    (interval,) = of_class(tree, "path", "line")
    heights = amounts(PLOT, interval)[1]
    assert (heights.min(), heights.max()) == (pytest.approx(10, abs=0.1), pytest.approx(30, abs=0.1))
    (area,) = of_class(tree, "path", "area")
    np.testing.assert_allclose(amounts(PLOT, area)[1], [5, 6, 8, 9], atol=0.1)
    assert area.get("d").endswith("Z")


def test_levels_beyond_the_axis_are_left_out():
    assert marks.level(PLOT, 51, THEORY) == marks.upright(PLOT, -0.1, THEORY) == ""
    assert "stroke-dasharray" in marks.level(PLOT, 50, THEORY)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 7.3), (-3, 40), (0, 1e-4), (990, 1010), (0, 3e7)])
def test_ticks_are_round_few_and_within(low, high):
    found = ticks(low, high)
    assert 3 <= len(found) <= 7
    assert low - 1e-12 <= found[0] <= found[-1] <= high + 1e-6
    np.testing.assert_allclose(np.diff(found), found[1] - found[0], rtol=1e-6)


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (0, np.inf), (np.nan, 1)])
def test_a_scale_of_no_length_is_refused(low, high):
    with pytest.raises(ValueError, match="low must be below high"):
        Scale(low, high, 0, 1)


def test_axes_have_names_and_numbers_that_do_not_overlap():
    plot = plot_of((0, 1e6), (0, 123_456), "simulated time", "money")
    said = texts(drawn(plot=plot))
    assert {"simulated time", "100,000"} <= {each.words for each in said}
    assert [(a.words, b.words) for i, a in enumerate(said) for b in said[:i] if overlap(a, b)] == []
    assert all(each.x0 >= 0 and each.x1 <= plot.width for each in said)


def test_names_at_ends_keep_apart_inside_the_picture_and_are_those_of_the_highest():
    names = [f"seller number {number}" for number in range(30)]
    plot = plot_of((0, 1), (0, 40), "time", "money", right=marks.room_for(names))
    ends = [(30 + number / 10, name, look_of_seller(number)) for number, name in enumerate(names)]
    said = [each for each in texts(drawn(marks.names_at_ends(plot, ends), plot=plot))
            if each.words.startswith("seller")]
    assert {each.words for each in said} == set(names[16:])
    assert [(a.words, b.words) for i, a in enumerate(said) for b in said[:i] if overlap(a, b)] == []
    assert all(each.x1 <= plot.width and each.y0 >= 0 and each.y1 <= plot.height for each in said)


def test_names_from_elsewhere_are_words_and_nothing_else():
    name = "<b onclick='x'>&\"</b>"
    tree = drawn(marks.names_at_ends(PLOT, [(1.0, name, INKED)]), marks.note(PLOT, name, 1, 1),
                 marks.legend([(name, INKED)], 50, 20, 300), marks.curve(PLOT, [0], [0], INKED, name),
                 marks.nothing_yet(PLOT, name), plot=PLOT)
    assert [each.words for each in texts(tree)].count(name) == 4
    assert not list(tree.iter("{http://www.w3.org/2000/svg}b"))


def test_a_legend_breaks_into_rows():
    entries = [(f"a strategy of buyers {number}", look_of_strategy(number)) for number in range(5)]
    said = [each for each in texts(drawn(marks.legend(entries, 60, 20, 380))) if "strategy" in each.words]
    assert [(a.words, b.words) for i, a in enumerate(said) for b in said[:i] if overlap(a, b)] == []
    assert all(each.x1 <= 440 for each in said)
    assert len({each.y0 for each in said}) > 1


def test_labels_are_spread():
    heights = [3.0, 3.1, 0.0, 3.05, 9.0]
    placed = spread(heights, 1.0)
    ordered = np.sort(placed)
    assert np.diff(ordered).min() >= 1 - 1e-12
    assert np.argsort(placed).tolist() == np.argsort(heights).tolist()
    assert placed[4] == 9.0
    assert np.mean([placed[k] for k in (0, 1, 3)]) == pytest.approx(3.05)


def test_a_picture_speaks_and_gives_its_data():
    drawing = framed(PLOT, "Prices <paid>", marks.curve(PLOT, [0, 1], [2, 3], INKED), told="Two of them.",
                     data={"time": [0.0, 1.0], "seller": ["a,b", "c"]})
    assert 'aria-label="Prices &lt;paid&gt;. Two of them."' in drawing.layer(drawing.moving, True)
    assert 'role="img"' in drawing.layer(drawing.moving, True)
    assert 'aria-hidden="true"' in drawing.layer(drawing.still, False)
    read = pandas.read_csv(io.StringIO(drawing.csv()))
    assert read.to_dict("list") == {"time": [0.0, 1.0], "seller": ["a,b", "c"]}
    assert parsed(drawing).find("{http://www.w3.org/2000/svg}title").text == "Prices <paid>"
