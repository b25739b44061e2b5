"""Figures, tables and the town: what they show, and that it can be told apart."""

import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from agents.strategies.base import Truthful
from mechanisms.auctions import FirstPrice
from scenarios import learn_first_price, neighbours, town_market
from scenarios._neighbours_page import last_asked
from sim.measures.learning_curves import Room
from sim.page import panels, scene, sellers, tables, town
from sim.page.colours import SELLERS, label_ends, seller_look, spread
from tests.sim.page.shows import shown, tiny

# --- panels of markets ------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [neighbours, learn_first_price], ids=["neighbours", "learn_first_price"])
def test_own_panels_change_with_the_run(module):
    market = module.build(module.Parameters(), 0)
    before = [pixels(draw(market)) for draw in module.PANELS]
    market.advance_to(110 if module is learn_first_price else 3)
    after = [pixels(draw(market)) for draw in module.PANELS]
    assert all(one != other for one, other in zip(before, after, strict=True))


def test_the_star_and_what_is_believed_of_her():
    """The star bids the most; honest beliefs sum to 1 and hold her value possible; all are paid for them."""
    market = neighbours.build(neighbours.Parameters(), 3)
    market.advance_to(4)
    asked = last_asked(market)
    values = market.records.frame("messages").query("question_number == 0").set_index("auction")["value"]
    assert asked.value == values[asked.auction].max()
    np.testing.assert_allclose(asked.beliefs.sum(axis=1), 1)
    assert (asked.beliefs[:, int(asked.value)] > 0).all()
    assert sorted([*asked.seats, asked.star]) == list(range(12))
    assert (asked.scores > 0).all()
    paid = market.records.frame("transactions").query("auction == @asked.auction")["payment"]
    revenue = market.records.frame("auctions").set_index("auction")["revenue"][asked.auction]
    assert np.nan_to_num(asked.price) - asked.scores.sum() == pytest.approx(revenue) == paid.sum()


def test_mean_bids_by_value():
    """Four bids by hand, in the first, the fifth and the last of eight bins."""
    values, offers = np.array([[0.05, 0.55], [0.6, 1.0]]), np.array([[0.01, 0.2], [0.3, 0.5]])
    middles, bids = learn_first_price.mean_bids(Room(np.arange(2.0), np.zeros(2), values, offers))
    assert middles[[0, 7]].tolist() == [0.0625, 0.9375]
    np.testing.assert_allclose(bids[[0, 4, 7]], [0.01, 0.25, 0.5])
    assert np.isnan(bids[[1, 2, 3, 5, 6]]).all()


# --- figures and tables -----------------------------------------------------------------------------


def pixels(figure):
    return panels.png(figure)


@pytest.mark.parametrize("panel", [panels.RACE, panels.BIDS, panels.BENCHMARK, panels.PRICES],
                         ids=lambda panel: panel.name)
def test_each_figure_changes_with_the_run(panel):
    show = shown()
    before = pixels(panel.draw(show.scene))
    show.step()
    show.step()
    assert pixels(panel.draw(show.scene)) != before


def test_the_town_changes_with_the_run_and_with_what_colour_means():
    show = shown()
    before = pixels(town.town(show.scene))
    show.step()
    show.step()
    images = [pixels(town.town(show.scene, colouring)) for colouring in town.COLOURINGS]
    assert len({before, *images}) == 4


def test_figures_have_units_on_their_axes():
    show = shown(steps=2)
    for panel in panels.figures(show.scene):
        (axes,) = panel.draw(show.scene).axes
        assert axes.get_xlabel() in ("simulated time", "buyer's value (money)")
        assert "money" in axes.get_ylabel() or "%" in axes.get_ylabel()


def linear_rgb(colour):
    """Linear parts of sRGB (IEC 61966-2-1)."""
    parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lightness(colour):
    """Relative luminance."""
    return float(linear_rgb(colour) @ [0.2126, 0.7152, 0.0722])


SEEN_BY = {
    "all cones": np.eye(3),
    "no red cones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                     [-0.003882, -0.048116, 1.051998]],
    "no green cones": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                       [-0.011820, 0.042940, 0.968881]],
    "no blue cones": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                      [0.004733, 0.691367, 0.303900]],
}
"""How linear RGB looks to them (Machado, Oliveira and Fernandes 2009, table 1, severity 1)."""


def cielab(linear):
    """CIE L*a*b* of linear sRGB, with the white point D65."""
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(matrix @ np.clip(linear, 0.003, 1) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("matrix", SEEN_BY.values(), ids=SEEN_BY)
def test_sellers_colours_can_be_told_apart_with_any_eyes(matrix):
    """A difference of 2.3 is just noticeable (Mahy, Van Eycken and Oosterlinck 1994)."""
    seen = [cielab(np.array(matrix) @ linear_rgb(colour)) for colour in SELLERS]
    assert min(np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]) > 6 * 2.3
    assert max(map(lightness, SELLERS)) < 0.6


def test_sellers_of_one_colour_differ_in_line_and_marker():
    looks = [seller_look(number) for number in range(21)]
    for part in ("line", "marker"):
        assert len({(look.colour, str(getattr(look, part))) for look in looks}) == 21


@pytest.mark.parametrize("name", ["learn_first_price", "neighbours", "town_market"])
def test_names_of_sellers_are_not_cut_and_do_not_overlap(name):
    module = {"learn_first_price": learn_first_price, "neighbours": neighbours}.get(name, town_market)
    market = module.build(module.Parameters(), 0)
    seen = scene.Scene(market)
    market.advance_to(2)
    seen.update()
    for draw in (sellers.race, sellers.against_benchmark, town.town):
        drawn = draw(seen)
        FigureCanvasAgg(drawn).draw()
        named = [text for text in drawn.axes[0].texts if " ".join(text.get_text().split()) in seen.sellers]
        boxes = [text.get_window_extent() for text in named]
        if draw is not sellers.against_benchmark or seen.has_benchmark:
            assert len(boxes) == len(seen.sellers)
        width, height = drawn.canvas.get_width_height()
        assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)
        crossing = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if overlap(a, b)]
        assert crossing == []


def test_of_many_sellers_the_highest_are_named():
    drawn = Figure()
    axes = drawn.subplots()
    axes.set_ylim(0, 40)
    label_ends(axes, [(float(k), f"seller {k}", "#000000") for k in range(30)], 1.0, 1.0)
    assert {text.get_text() for text in axes.texts} == {f"seller {k}" for k in range(16, 30)}


def overlap(one, other):
    """Whether the overlap of two boxes is more than the padding of letters, two pixels."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return wide > 2 and high > 2


def test_axes_grow_rarely():
    """In 40 steps each time axis ends in turn at 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30 and 40."""
    show, limits = shown(until="40"), {"race": set(), "benchmark": set(), "prices": set()}
    for _ in range(40):
        show.step()
        for panel in panels.figures(show.scene):
            if panel.name in limits:
                (axes,) = panel.draw(show.scene).axes
                limits[panel.name].add(axes.get_xlim())
                assert axes.get_xlim()[1] >= show.scene.now
    assert {name: len(seen) for name, seen in limits.items()} == dict.fromkeys(limits, 12)


def test_prices_that_left_the_picture_move_its_frame_by_tenths():
    market = learn_first_price.build(learn_first_price.Parameters(), 0)
    seen, windows = scene.Scene(market), set()
    for time in range(60, 101, 2):
        market.advance_to(time)
        seen.update()
        assert len(seen.sales) <= 400
        first, last = seen.window
        assert first <= seen.sales["time"].min()
        assert last >= seen.now
        windows.add(seen.window)
    assert len(windows) < 15


def test_rewards_do_not_push_prices_out_of_the_picture():
    """Among neighbours eleven rewards go with each price; 10 rooms × 12 auctions."""
    market = neighbours.build(neighbours.Parameters(), 0)
    seen = scene.Scene(market)
    for time in range(1, 13):
        market.advance_to(time)
        seen.update()
    paid = market.records.frame("transactions")
    assert len(seen.sales) == (paid["cause"] == "price").sum() > 80
    last = paid[paid["time"].between(11, 12, inclusive="left")]
    assert len(seen.trades) == (last["cause"] == "price").sum()
    assert len(seen.rewards) == (last["cause"] == "reward").sum() > 5 * len(seen.trades)


def test_without_a_single_prior_there_is_no_benchmark_panel():
    """Learners' rooms have two priors, neighbours a joint one; the town has one."""
    for module, names in ((learn_first_price, 3), (neighbours, 3), (town_market, 4)):
        drawn = panels.figures(scene.Scene(module.build(module.Parameters(), 0)))
        assert len(drawn) == names
        assert ("benchmark" in [panel.name for panel in drawn]) == ("dashed" in drawn[0].caption)


def test_colours_mean_strategy_knowledge_or_wealth_where_that_means_something():
    every = [town.colourings(scene.Scene(module.build(module.Parameters(), 0)))
             for module in (town_market, neighbours, learn_first_price)]
    assert every == [["strategy", "knowledge", "wealth"]] * 2 + [["strategy", "wealth"]]


def test_the_legend_names_the_strategies_that_somebody_plays():
    seen = scene.Scene(neighbours.build(neighbours.Parameters(), 0))
    (legend,) = town.town(seen).legends
    assert [text.get_text() for text in legend.get_texts()] == ["Truthful"]


def test_learners_loss_says_what_is_awaited():
    market = learn_first_price.build(learn_first_price.Parameters(), 0)
    market.advance_to(40)
    (said,) = learn_first_price.learners_loss(market).axes[0].texts
    assert said.get_text() == "shown from 100 auctions\na room on; 40 so far"


def test_labels_are_spread():
    heights = [3.0, 3.1, 0.0, 3.05, 9.0]
    placed = spread(heights, 1.0)
    ordered = np.sort(placed)
    assert np.diff(ordered).min() >= 1 - 1e-12
    assert np.argsort(placed).tolist() == np.argsort(heights).tolist()
    assert placed[4] == 9.0
    assert np.mean([placed[k] for k in (0, 1, 3)]) == pytest.approx(3.05)


def test_many_rewards_of_one_auction_share_a_row():
    market = neighbours.build(neighbours.Parameters(), 0)
    seen = scene.Scene(market)
    market.advance_to(3)
    seen.update()
    rows = tables.transactions(seen).split("<tr>")[2:]
    assert len(rows) == 12
    assert sum("11 buyers" in row and "reward, in all" in row for row in rows) >= 5
    assert sum("price" in row for row in rows) >= 3


def test_names_are_escaped():
    assert "<b>" not in tables.table(("a<b>",), [("<b>x",)], set())


def test_a_scenario_adds_a_panel_with_one_function():
    def queue(market):
        """How long it is.

        People who wait.
        """
        figure = Figure()
        figure.subplots().plot([0, market.now])
        return figure

    def broken(market):
        raise RuntimeError("out of order")

    show = shown(module=tiny([Truthful()] * 2, PANELS=(queue, broken)), buyers="", rate="")
    own = [panels.scenario_panel(draw) for draw in show.panels]
    assert [panel.title for panel in own] == ["How long it is", "broken"]
    assert own[0].caption == "People who wait."
    for panel in own:
        assert panels.picture(panel, show.scene).startswith(b"\x89PNG")
    with pytest.raises(RuntimeError, match="out of order"):
        own[1].draw(show.scene)
    assert "out of order" in panels.panel_html(own[1], show.scene)


def test_before_anything_happened_the_race_shows_no_lines():
    (axes,) = sellers.race(shown().scene).axes
    assert [line.get_xdata().max() for line in axes.lines] == [0] * len(axes.lines)


def test_every_figure_stands_before_anything_happened():
    show = shown(module=tiny([Truthful()], [FirstPrice()]), buyers="", rate="")
    for panel in panels.figures(show.scene):
        file = io.BytesIO(pixels(panel.draw(show.scene)))
        assert file.getbuffer().nbytes > 1000
