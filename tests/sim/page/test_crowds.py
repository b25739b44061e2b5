"""Crowds: with many buyers the page shows each seller, and says what it leaves out; nothing is false."""

from types import SimpleNamespace

import numpy as np
import pandas
import pytest

from agents.strategies.base import Truthful
from mechanisms.auctions import FirstPrice, SecondPrice
from scenarios import neighbours, town_market
from sim.page import bids, inspector, keeping, scene, sellers, town
from sim.page.drawing.network import EACH_ALONE, dots_of, on_rings
from tests.sim.page.drawing.svg import corners, of_class, parsed, texts
from tests.sim.page.shows import shown, tiny


def numbers(tree, tag, *classes):
    """How many places the paths of these classes name."""
    return sum(len(corners(each)) for each in of_class(tree, tag, *classes))


# --- what is kept -----------------------------------------------------------------------------------


def test_no_seller_pushes_out_the_others():
    sellers_of_rows = np.array([0] * 5 + [1] + [0] * 90 + [2] * 4)
    rows = pandas.DataFrame({"row": np.arange(100)})
    kept = keeping.last_of_each(rows, sellers_of_rows, 3)
    assert kept["row"].tolist() == [5, 93, 94, 95, 97, 98, 99]


def test_auctions_that_have_not_ended_are_kept_whole():
    """Of two sellers, auction 4 (the first's) has ended, and her auction 2 before."""
    auctions = np.repeat([2, 4, 3], [5, 7, 6])
    messages = pandas.DataFrame({"auction": auctions, "row": np.arange(18)})
    kept = keeping.conversations(messages, np.array([4, 1]), most=2, longest=100)
    assert kept["row"].tolist() == list(range(5, 18))
    cut = keeping.conversations(messages, np.array([4, 1]), most=2, longest=6)
    assert cut["row"].tolist() == list(range(6, 18))


def test_a_conversation_of_many_bidders_is_whole():
    module = tiny([Truthful()] * 500, [SecondPrice(), FirstPrice()] * 5)
    show = shown(steps=3, module=module, buyers="", rate="")
    found = inspector.seen(show.scene, inspector.Choice())
    assert "500 bidders" in found.story
    assert len(found.buyers) == 500
    assert "Left out: 440 buyers who bid less" in found.table
    seen = set((show.scene.messages["auction"] % 10).tolist())
    assert seen == set(range(10))


def test_beliefs_about_many_values_are_told():
    market = neighbours.build(neighbours.Parameters(buyers=12, value_bound=400), 3)
    seen = scene.Scene(market)
    for time in (1, 2, 3):
        market.advance_to(time)
        seen.update()
    found = inspector.seen(seen, inspector.Choice())
    auction = found.look.number
    everything = market.records.frame("vectors")
    pandas.testing.assert_frame_equal(
        seen.entries(auction).reset_index(drop=True),
        everything[everything["auction"] == auction].reset_index(drop=True),
        check_categorical=False, check_dtype=False,
    )
    assert "likeliest" in found.table


def test_each_seller_has_dots_among_the_bids_and_prices():
    show = shown(steps=4, module=tiny([Truthful()] * 200, [SecondPrice()] * 12), buyers="", rate="")
    assert set(bids.last_bids(show.scene)["seller_id"]) == set(range(12))
    assert show.scene.sales["seller_id"].value_counts().tolist() == [4] * 12


# --- what is drawn ----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 40, 200, 300, 1_500, 5_000, 50_000])
def test_dots_neither_touch_nor_leave_the_circle(count):
    from scipy.spatial import cKDTree

    stand = dots_of(count)
    assert np.linalg.norm(stand.places, axis=1).max() <= 1 + 1e-9
    assert len(stand.places) <= EACH_ALONE
    if len(stand.places) > 1:
        nearest = cKDTree(stand.places).query(stand.places, k=2)[0][:, 1].min()
        assert stand.dot < nearest


def test_neighbours_stand_side_by_side():
    places = on_rings(1_000)
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).max() < 0.45


def test_a_dot_for_a_block_of_buyers_shows_their_mean_and_one_of_their_labels():
    stand = dots_of(50_000)
    amounts = np.random.default_rng(1).exponential(size=50_000)
    means = stand.means(amounts)
    sizes = np.bincount(np.arange(50_000) // stand.block)
    assert (means * sizes).sum() == pytest.approx(amounts.sum())
    assert means[0] == pytest.approx(amounts[: stand.block].mean())
    labels = np.random.default_rng(2).random(50_000) < 0.2
    assert stand.samples(labels).mean() == pytest.approx(0.2, abs=0.03)


def crowded(count, rate=0.3):
    """A scene of so many buyers of whom many visit and trade."""
    market = town_market.build(town_market.Parameters(buyers=count, rate=rate), 0)
    seen = scene.Scene(market)
    market.advance_to(1)
    seen.update()
    return seen


def test_five_thousand_buyers_each_have_a_dot_and_what_is_left_out_is_said():
    seen = crowded(5_000, rate=3)
    drawn = parsed(town.town(seen))
    dots = sum(each.get("d").count("M") for each in drawn.iter("{http://www.w3.org/2000/svg}path")
               if {"b0", "b1", "b2", "b3", "b4"} & set(each.get("class", "").split()))
    assert dots - len(set(seen.strategy_of)) == 5_000
    (said,) = [each.words for each in texts(drawn) if each.words.startswith("Drawn:")]
    lines = numbers(drawn, "path", "thin", "faint") // 2
    step = int(said.split("1 of ")[-1].split(" visit")[0])
    assert lines == -(-(seen.visits["seller_id"] >= 0).sum() // step) <= 400


def test_fifty_thousand_buyers_are_summed_up():
    seen = crowded(50_000)
    drawing = town.town(seen, "wealth")
    assert "a dot for 17 buyers" in drawing.moving
    assert len(drawing.still) + len(drawing.moving) < 150_000
    assert len(drawing.data["surplus"]) == 50_000


def test_few_buyers_have_every_visit_and_trade_drawn():
    show = shown(steps=3, rate="0.9")
    drawn = parsed(town.town(show.scene))
    visits = show.scene.visits
    assert numbers(drawn, "path", "thin", "faint") == 2 * (visits["seller_id"] >= 0).sum() > 20
    assert not [each for each in texts(drawn) if each.words.startswith("Drawn:")]


def test_many_sellers_are_bars_in_their_order():
    show = shown(steps=4, module=tiny([Truthful()] * 3, [SecondPrice()] * 30), buyers="", rate="")
    drawing = sellers.race(show.scene)
    drawn = parsed(drawing)
    bars = [each for each in of_class(drawn, "path", "solid") if "h" in each.get("d")]
    assert len(bars) == 30
    assert [corners(each)[0][1] for each in bars] == sorted(corners(each)[0][1] for each in bars)
    lengths = [float(each.get("d").split("h")[1].split("v")[0]) for each in bars]
    earned = show.scene.revenue_so_far
    np.testing.assert_allclose(lengths, earned * lengths[0] / earned[0], atol=0.2)


# --- axes -------------------------------------------------------------------------------------------


def fake(values, said, highest):
    """A scene of one seller who was told these bids."""
    count = len(said)
    messages = pandas.DataFrame({"auction": 0, "bidder_id": np.arange(count), "question": "AskValue",
                                 "status": "answered", "value": values, "bid": said, "drop_out": np.nan})
    return SimpleNamespace(messages=messages, sellers=["one"], highest_value=highest, asked=count)


def test_axes_of_bids_fit_the_bids():
    drawing = bids.bids_against_values(fake([1.0, 39.0], [1.0, 38.0], 39.0))
    ticks = [each.words for each in texts(parsed(drawing)) if each.classes == ["small", "middle"]]
    assert ticks[-1] == "40"
    assert len(corners(of_class(parsed(drawing), "path", "spot")[0])) == 2


def test_bids_far_out_are_counted_not_drawn():
    said = np.append(np.linspace(0, 1, 200), 1e6)
    drawn = parsed(bids.bids_against_values(fake(np.append(np.linspace(0, 1, 200), 1.0), said, 1.0)))
    assert "1 bids beyond the axes" in {each.words for each in texts(drawn)}
    assert numbers(drawn, "path", "spot") == 200


def test_negative_bids_and_prices_are_on_the_axes():
    drawing = bids.bids_against_values(fake([1.0, 1.0], [-0.5, 0.5], 1.0))
    assert numbers(parsed(drawing), "path", "spot") == 2
    assert ">-0.5<" in drawing.still


def test_theory_can_be_hidden():
    show = shown(steps=5)
    for draw in (sellers.race, sellers.against_benchmark):
        show.scene.theory = True
        assert of_class(parsed(draw(show.scene)), "path", "line", "ink")
        show.scene.theory = False
        assert not of_class(parsed(draw(show.scene)), "path", "line", "ink")
