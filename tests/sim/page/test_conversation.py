"""A conversation round by round, the choice of what is looked at, and the picture of a lie; no browser."""

import html
import re
from importlib import import_module

import numpy as np
import pytest

from agents.strategies import Late, Shading, Truthful
from mechanisms.auctions import (
    AllPay,
    AscendingClock,
    FirstPrice,
    OpenProxy,
    PostedPrice,
    SecondPrice,
    ThirdPrice,
)
from scenarios import liars_market, neighbours
from scenarios.__main__ import scenario_files
from sim.audit import Instance, game_of
from sim.measures.other_bids import other_bids
from sim.page import inspector, lie, looks
from sim.page.conversation import conversation_table, last_amounts, rounds_of, story, why_unsold
from sim.page.earned import figured
from sim.page.earnings import earnings
from sim.page.inspector import Choice, seen
from sim.page.scene import Scene
from sim.page.show import show_of
from tests.sim.page.shows import entry_of, shown, tiny


def scene_of(sellers, strategies=None, steps=1):
    module = tiny([Truthful()] * 3 if strategies is None else strategies, list(sellers))
    return shown(steps, module=module, buyers="", rate="").scene


def rows_of(table):
    """The cells of each buyer's row."""
    rows = re.findall(r"<tr [^>]*data-choose.*?</tr>", table)
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]


def headings_of(table):
    return re.findall(r"<th [^>]*>(.*?)</th>", table)


# --- what is looked at ----------------------------------------------------------------------------------


def test_the_sellers_have_their_turn():
    """Each of the five of liars_market within five looks, and again in the next five."""
    show, told = shown(module=liars_market, buyers="", rate="", until="20"), []
    for _ in range(10):
        show.step()
        look = looks.look_at(show.scene, looks.in_turn(show.scene))
        told.append(look.auction.seller_id)
    assert sorted(told[:5]) == sorted(told[5:]) == [0, 1, 2, 3, 4]


def test_in_the_town_no_seller_is_passed_over():
    show, told = shown(buyers="300", rate="2", until="80"), []
    for _ in range(24):
        show.step()
        number = looks.in_turn(show.scene)
        if number is not None:
            told.append(looks.look_at(show.scene, number).seller)
    counts = [told.count(name) for name in show.scene.sellers]
    assert min(counts) >= 2
    assert max(counts) <= 6


def test_an_auction_is_found_again_and_one_that_is_not_over_is_none():
    scene = scene_of([SecondPrice(), FirstPrice()], steps=4)
    assert looks.auctions_of(scene, 1) == [1, 3, 5, 7]
    look = looks.look_at(scene, 3)
    assert (look.number, look.seller, look.buyers) == (3, "first price", [3, 4, 5])
    assert looks.look_at(scene, 99) is None
    assert seen(scene_of([SecondPrice()], steps=0), Choice()).table == ""


def test_what_is_chosen_stays_and_what_is_gone_gives_way():
    scene = scene_of([SecondPrice(), FirstPrice()], steps=3)
    found = seen(scene, Choice(seller=1, auction=3, buyer=4))
    assert (found.look.number, found.buyer, found.auctions) == (3, 4, (1, 3, 5))
    assert seen(scene, Choice(seller=1)).look.number == 5
    assert seen(scene, Choice(seller=1, auction=77, buyer=77)).look.number == 5


def test_it_is_read_without_a_trace():
    """To look changes nothing in the run: the records are the same as of a run that nobody looked at."""
    looked, alone = (shown(module=liars_market, buyers="", rate="", until="4") for _ in range(2))
    for _ in range(4):
        looked.step()
        for seller in range(5):
            seen(looked.scene, Choice(seller=seller))
        alone.step()
    for name, frame in alone.records.frames().items():
        assert frame.equals(looked.records.frame(name)), name


@pytest.mark.parametrize("name", [path.stem for path in scenario_files()])
def test_every_market_can_be_looked_into(name):
    """Each seller's last auction has a table, and a picture of a lie or a reason why there is none."""
    module = import_module(f"scenarios.{name}")
    show = show_of(entry_of(module, name))()
    if not isinstance(show.scene, Scene):
        pytest.skip("no auctions")
    for _ in range(3):
        show.step()
    assert "failed" not in earnings(show.scene)
    for make in show.figures:
        assert "failed" not in figured(show, make, show.scene)[1]
    looked = 0
    for seller in range(0, len(show.scene.sellers), 5):
        found = seen(show.scene, Choice(seller))
        if found.look is not None:
            looked += 1
            assert found.table.count("data-choose") == len(found.buyers)
            assert "failed" not in found.lesson
            assert (found.lie is None) or f"buyer {found.buyer} " in found.lesson
    assert looked


# --- round by round --------------------------------------------------------------------------------------


def test_a_sealed_auction_is_one_round_with_the_highest_bid_first():
    scene = scene_of([SecondPrice()], [Truthful(), Shading(0.5), Truthful()])
    look = looks.look_at(scene, 0)
    table = conversation_table(look, chosen=1)
    assert headings_of(table) == ["buyer", "strategy", "value", "bid", "after", "result"]
    rows = rows_of(table)
    bids = [float(row[3]) for row in rows]
    assert bids == sorted(bids, reverse=True)
    assert rows[0][5] == f"wins, pays {rows[1][3]}"
    assert [row[5] for row in rows[1:]] == ["", ""]
    assert re.search(r"class='winner' data-choose='(\d)'", table)[1] == rows[0][0]
    assert re.findall(r"class='chosen' data-choose='(\d)'", table) == ["1"]
    assert "the second highest bid" in story(look)


def test_the_rounds_of_a_clock_are_rounds():
    """Each round calls the price at which somebody left; who left is not asked again."""
    scene = scene_of([AscendingClock()], [Truthful()] * 4)
    look = looks.look_at(scene, 0)
    rounds = rounds_of(look.messages)
    values = np.sort(look.messages.drop_duplicates("bidder_id")["value"])
    assert len(rounds) == 3
    np.testing.assert_allclose([one.price for one in rounds], [0, *values[:2]])
    rows = rows_of(conversation_table(look))
    assert [row.count("has left") for row in rows] == [0, 0, 1, 2]
    assert rows[0][-1] == f"wins, pays {values[2]:.2f}"


def test_rounds_are_told_one_after_the_other_and_the_end_last():
    scene = scene_of([OpenProxy(increment=0.05, rounds=3)])
    found = [seen(scene, Choice(auction=0, rounds=number)) for number in (1, 2, 3, 99)]
    assert [one.told for one in found] == [1, 2, 3, 3]
    assert [len(headings_of(one.table)) for one in found] == [5, 5, 7, 7]
    assert ["wins" in one.story + one.table for one in found] == [False, False, True, True]
    assert headings_of(found[1].table)[3].startswith("1. bid (price 0.00)")


def test_offers_one_after_the_other_are_one_round():
    scene = scene_of([PostedPrice(0.4)], [Truthful()] * 5, steps=6)
    for number in range(6):
        look = looks.look_at(scene, number)
        assert len(rounds_of(look.messages)) == 1
        words = [row[3] for row in rows_of(conversation_table(look))]
        bought = look.messages["value"].max() >= 0.4
        assert ("yes at 0.40" in words) == bought == bool(look.auction.sold)


def test_why_nothing_was_sold():
    scene = scene_of([SecondPrice(1.5), PostedPrice(2.0), SecondPrice(), AscendingClock(1.5)])
    told = [why_unsold(looks.look_at(scene, number)) for number in (0, 1, 3)]
    highest = looks.look_at(scene, 0).messages["bid"].max()
    assert told[0] == f"the highest bid, {highest:.2f}, is below the reserve of 1.50"
    assert told[1] == "nobody took it at that price"
    assert "below the reserve of 1.50" in told[2]
    assert "<tr class='reserve'><td colspan='6'>reserve 1.50" in conversation_table(looks.look_at(scene, 0))
    silent = scene_of([SecondPrice()], [Late()] * 2, steps=3)
    look = looks.look_at(silent, 0)
    assert why_unsold(look) == "no answer came in time"
    assert all("too late" in row[3] for row in rows_of(conversation_table(look)))


def test_what_the_price_was():
    scene = scene_of([FirstPrice(), ThirdPrice(), SecondPrice(0.01), AllPay()], [Truthful()] * 3)
    told = [story(looks.look_at(scene, number)) for number in range(4)]
    assert "what she bid" in told[0]
    assert "the third highest bid" in told[1]
    assert "the second highest bid" in told[2]
    assert "Others pay" in told[3]


def test_what_stands_in_no_row_is_said():
    scene = scene_of([AscendingClock()], [Truthful()] * 70)
    told = conversation_table(looks.look_at(scene, 0))
    assert len(rows_of(told)) == 60
    assert "Left out: 10 buyers who bid less and the first 63 rounds." in told


def test_beliefs_come_after_bids():
    """ℳ asks for values and then for beliefs; the star is not asked what she believes of herself."""
    market = neighbours.build(neighbours.Parameters(), 3)
    watched = Scene(market)
    market.advance_to(2)
    watched.update()
    look = looks.look_at(watched, looks.in_turn(watched))
    told = conversation_table(look)
    assert headings_of(told) == ["buyer", "strategy", "value", "1. bid", "2. belief", "result"]
    rows = rows_of(told)
    believing = [row for row in rows if row[4] != "not asked"]
    assert (len(rows), len(believing)) == (12, 11)
    assert all("likeliest" in row[4] or "surely" in row[4] for row in believing)
    first = look.vectors[1, int(believing[0][0])]
    assert believing[0][4].endswith(f" {first.argmax()}")
    assert rows[0][4] == "not asked"


def test_what_was_announced_is_told_where_an_auction_is_chosen():
    """ℳ announces the star and the others' bids after its first question."""
    market = neighbours.build(neighbours.Parameters(), 3)
    watched = Scene(market)
    market.advance_to(2)
    watched.update()
    found = seen(watched, Choice())
    assert found.lesson == inspector.SLOW
    chosen = seen(watched, Choice(auction=found.look.number))
    bids = found.look.messages.query("question_number == 0")["bid"]
    others = ", ".join(f"{bid:g}" for bid in bids.drop(bids.idxmax()))
    told = html.unescape(chosen.story)
    assert f"Announced after 1 question: the star is buyer {chosen.buyer}; the others' bids {others}." in told
    assert chosen.lie is not None
    assert "What she says of others stays as it was" in chosen.lesson
    assert "Announced" not in seen(scene_of([AscendingClock()]), Choice()).story


# --- the lie ------------------------------------------------------------------------------------------------


def test_what_is_drawn_is_what_the_audit_says():
    """First price, values on a grid: the words hold the exact audit's gain for the same buyer and auction."""
    from mechanisms.distributions import Discrete, JointDistribution

    scene = scene_of([FirstPrice()], [Truthful()] * 2)
    look = looks.look_at(scene, 0)
    values = look.messages["value"].to_numpy()
    buyer = int(values.argmax())
    found = other_bids(scene.market, look.tables, 0, buyer)
    prior = JointDistribution.product([Discrete(np.sort(values), [0.5, 0.5])] * 2)
    game = game_of(Instance(FirstPrice(), prior, extra_reports=found.bids))
    worlds = game.worlds(buyer, 1)
    weights = (worlds[:, 1 - buyer] == 0).astype(float)[None]
    audited = game.best(buyer, 1, weights)[0].utilities[0] - game.truth(buyer, 1, weights)[0]
    assert found.gain == pytest.approx(audited, abs=1e-12)
    drawing, told = lie.lie(scene, look, buyer)
    assert f"would have brought {audited:,.2f} more" in told
    assert f"her value {values.max():.2f}" in drawing.moving
    assert drawing.told == told
    gains = drawing.data["payoff"].max() - found.by_truth
    assert gains == pytest.approx(audited, abs=1e-12)


def test_the_line_jumps_where_she_begins_to_win():
    scene = scene_of([SecondPrice()], [Truthful()] * 2)
    look = looks.look_at(scene, 0)
    winner = int(look.sales["bidder_id"].iloc[0])
    found = other_bids(scene.market, look.tables, 0, winner)
    drawing = lie.lie_picture(found, winner)
    (path,) = re.findall(r'<path class="line s0"[^>]* d="(.*?)"', drawing.moving)
    assert path.count("M") == 2
    assert "No other bid would have brought more than the truth" in lie.lie_in_words(found, winner)
    rival = look.messages.set_index("bidder_id")["bid"][1 - winner]
    won = found.bids[drawing.data["payoff"] > 0]
    assert won.min() == pytest.approx(rival, rel=1e-6)


def test_where_there_is_no_picture_the_page_says_why():
    scene = scene_of([PostedPrice(0.0)], [Truthful()] * 2)
    look = looks.look_at(scene, 0)
    drawing, told = lie.lie(scene, look, 0)
    assert drawing is None
    assert "Not everybody who came was asked" in told


def test_whose_mechanism_fails_does_not_stop_the_page(monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("<b>")

    monkeypatch.setattr(inspector, "lie", broken)
    found = seen(scene_of([SecondPrice()]), Choice())
    assert found.lie is None
    assert "This picture failed: ZeroDivisionError: <b>" in found.lesson
    assert found.table


def test_last_amounts_are_those_that_counted():
    scene = scene_of([OpenProxy(increment=0.01, rounds=2)])
    look = looks.look_at(scene, 0)
    amounts = last_amounts(look.messages)
    assert list(amounts.values()) == look.messages.drop_duplicates("bidder_id")["value"].tolist()
