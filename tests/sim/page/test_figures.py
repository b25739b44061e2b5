"""Figures, tables and the town: what they show, and that it can be told apart."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from agents.strategies.base import Truthful
from mechanisms.auctions import FirstPrice
from scenarios import learn_first_price, neighbours, town_market
from scenarios._neighbours_page import last_asked
from sim.measures.learning_curves import Room
from sim.page import panels, scene, sellers, tables, town
from sim.page.drawing.drawing import Drawing
from sim.page.drawing.names import short
from tests.sim.page.drawing.svg import SVG, corners, of_class, overlap, parsed, texts
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


def pixels(made):
    """What is seen of a figure or a drawing."""
    return made.standalone() if isinstance(made, Drawing) else panels.png(made)


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
        said = {each.text for each in parsed(panel.draw(show.scene)).iter(SVG + "text")}
        assert said & {"simulated time", "buyer's value (money)"}
        assert any("(money)" in each or "%" in each for each in said)


ROOMS = {"learn_first_price": learn_first_price, "neighbours": neighbours, "town_market": town_market}


@pytest.mark.parametrize("name", ROOMS)
def test_names_of_sellers_are_not_cut_and_do_not_overlap(name):
    seen = looked_at(ROOMS[name], 2)
    for draw in (sellers.race, sellers.against_benchmark, sellers.prices, town.town):
        drawn = draw(seen)
        said = [each for each in texts(parsed(drawn)) if "small" not in each.classes]
        assert all(each.x0 >= 0 and each.x1 <= drawn.width for each in said)
        assert all(each.y0 >= 0 and each.y1 <= drawn.height for each in said)
        assert [(a.words, b.words) for i, a in enumerate(said) for b in said[:i] if overlap(a, b)] == []
        if draw is sellers.race:
            assert {short(name) for name in seen.sellers} <= {each.words for each in said}


def looked_at(module, until, steps=None, **told):
    """What was seen of a scenario, looked at after each step."""
    market = module.build(module.Parameters(**told), 0)
    seen = scene.Scene(market)
    for time in np.linspace(0, until, (steps or int(until)) + 1)[1:]:
        market.advance_to(float(time))
        seen.update()
    return seen


def test_axes_grow_rarely():
    """In 40 steps each time axis ends in turn at 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30 and 40."""
    show, limits = shown(until="40"), {"race": set(), "benchmark": set(), "prices": set()}
    for _ in range(40):
        show.step()
        for panel in panels.figures(show.scene):
            if panel.name in limits:
                drawn = panel.draw(show.scene)
                ticks = [each.words for each in texts(parsed(drawn)) if each.classes == ["small", "middle"]]
                limits[panel.name].add(tuple(ticks))
                assert float(ticks[-1]) + float(ticks[1]) > show.scene.now
    assert {name: len(seen) for name, seen in limits.items()} == dict.fromkeys(limits, 12)


def test_prices_that_left_the_picture_move_its_frame_by_tenths():
    market = learn_first_price.build(learn_first_price.Parameters(), 0)
    seen, windows = scene.Scene(market), set()
    for time in range(60, 101, 2):
        market.advance_to(time)
        seen.update()
        assert seen.sales["seller_id"].value_counts().max() <= seen.sales_kept < 100
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
    below = [each.words for each in texts(parsed(town.town(seen))) if each.y0 > town.SIZE]
    assert below == ["Truthful"]


def test_learners_loss_says_what_is_awaited():
    market = learn_first_price.build(learn_first_price.Parameters(), 0)
    market.advance_to(40)
    said = [each.words for each in texts(parsed(learn_first_price.learners_loss(market)))]
    assert said[-2:] == ["shown from 100 auctions", "a room on; 40 so far"]




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
    assert panels.panel_content(own[0], show.scene).startswith(b"\x89PNG")
    with pytest.raises(RuntimeError, match="out of order"):
        own[1].draw(show.scene)
    assert "out of order" in panels.panel_content(own[1], show.scene)


def test_before_anything_happened_every_picture_stands_and_no_line_runs():
    show = shown(module=tiny([Truthful()], [FirstPrice()]), buyers="", rate="")
    for panel in (*panels.figures(show.scene), panels.town_panel("strategy"), panels.town_panel("wealth")):
        assert len(pixels(panel.draw(show.scene))) > 1000
    assert {each[0] for line in of_class(parsed(sellers.race(show.scene)), "path", "line", "s0")
            for each in corners(line)} == {54.0}
