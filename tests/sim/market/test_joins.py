"""Records that join: every id is found where its column says; documented merges neither add nor lose rows.

The tables of six runs, chosen so that each table has rows: a town whose losers come back; false names and
side payments; learners, and strategies that fail; clocks, offers and open bids; and beliefs.
"""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from agents.knowledge.network import small_world
from agents.population import Group, Population
from agents.seller import SellerPlan
from agents.strategies import Strategy, Truthful
from agents.town.choice import Logit
from agents.view import SidePayments
from mechanisms.auctions import AscendingClock, FirstPrice, OpenProxy, PostedPrice, SecondPrice
from mechanisms.questions import SILENT
from mechanisms.utilities import CARA
from scenarios import coffee_shop, learn_first_price, neighbours
from sim.market.market import Market
from sim.market.panel import Panel
from sim.market.town import Town
from sim.records.schema import SCHEMAS
from sim.runs.run import play_until
from tests.sim.market.markets import UNIT, Says, SometimesSilent, frames_of, market, run

KEYS = {"agents": "bidder_id", "sellers": "seller_id", "auctions": "auction"}


def town():
    """Two sellers, few people, many wants; losers come back."""
    people = Population([Group(SometimesSilent(0.5)), Group(Truthful())], [0, 1] * 10, latency=0.05)
    network = small_world(20, 4, 0.1, np.random.default_rng(0))
    entry = Town(Logit(0.05), network, rate=0.5, comeback=0.7, retry=0.4)
    plans = [SellerPlan(FirstPrice(0.3), name="Ann"), SellerPlan(PostedPrice(0.5), name="Bob", stock=20)]
    return Market(people, plans, [entry] * 2, UNIT, seed=1)


class Shares(Strategy):
    """Truthful, in a ring that pays its first member, and forgetful."""

    memoryless = False

    def observe(self, feedback):
        raise RuntimeError("cannot learn")

    @property
    def colludes(self):
        return True

    def side_payments(self, feedback):
        who = feedback.buyers
        return SidePayments(who[1:], np.full(len(who) - 1, who[0]), np.full(len(who) - 1, 0.1), "share")


def ring():
    """A ring of two names and a person with two names, one of whom says nothing sensible."""
    groups = [Group(Shares()), Group(Says([np.nan]), CARA(1.0)), Group(Truthful())]
    people = Population(groups, [0, 0, 1, 2, 2], persons=[10, 11, 12, 13, 13])
    return Market(people, [SellerPlan(SecondPrice())], [Panel()], UNIT, seed=1)


def of_scenario(module, **settings):
    """A scenario's run, to its end."""
    parameters = module.Parameters(**settings)
    one = module.build(parameters)
    play_until(one, parameters.until)
    getattr(one, "close", lambda: None)()
    return one.records.frames()


RUNS = {
    "town": lambda: frames_of(town(), 30.0),
    "ring": lambda: frames_of(ring(), 8.5),
    "clock": lambda: run(20.5, [Truthful(), SometimesSilent(0.5)] * 2, AscendingClock(), period=4.0),
    "learners": lambda: of_scenario(learn_first_price, until=200),
    "beliefs": lambda: of_scenario(neighbours, until=3, buyers=10, value_bound=8),
    "counters": lambda: of_scenario(coffee_shop, until=20),
}


@pytest.fixture(scope="module")
def played():
    return {name: make() for name, make in RUNS.items()}


@pytest.mark.parametrize("name", RUNS)
def test_every_id_is_found_where_its_column_says(played, name):
    frames = played[name]
    for table, key in KEYS.items():
        assert frames[table][key].is_unique, table
    for table in SCHEMAS:
        for column in table.columns:
            if column.refers:
                where, key = column.refers.split(".")
                ids = set(frames[table.name][column.name]) - {-1}
                assert ids <= set(frames[where][key]), (table.name, column.name)


def test_every_table_that_refers_to_another_has_rows_in_some_run(played):
    referring = {table.name for table in SCHEMAS if any(column.refers for column in table.columns)}
    empty = {name for name in referring if not any(len(frames[name]) for frames in played.values())}
    assert empty == set()


def test_every_id_says_what_it_refers_to():
    """A column that has a key's name, or that of a person, is a key or says where it is found."""
    named = {*KEYS.values(), "person_id", "from_person", "to_person", "group"}
    for table in SCHEMAS:
        for column in table.columns:
            if column.name in named and table.name != "agents" and KEYS.get(table.name) != column.name:
                assert column.refers, (table.name, column.name)


@pytest.mark.parametrize("name", ["town", "ring", "clock"])
def test_merges_neither_add_nor_lose_rows(played, name):
    frames = played[name]
    for table in ("messages", "transactions"):
        rows = frames[table]
        with_buyers = rows.merge(frames["agents"], on=["bidder_id", "person_id"])
        with_auctions = rows.merge(frames["auctions"], on="auction", suffixes=("", "_of_auction"))
        assert len(with_buyers) == len(with_auctions) == len(rows) > 0
    auctions = frames["auctions"].merge(frames["sellers"], on="seller_id", suffixes=("", "_of_seller"))
    assert len(auctions) == len(frames["auctions"])
    for column in ("seller", "mechanism"):
        assert (auctions[column].astype(str) == auctions[f"{column}_of_seller"].astype(str)).all()


# --- what was asked and answered --------------------------------------------------------------------

SPLIT = {
    "bid": FirstPrice(),
    "drop_out": AscendingClock(),
    "accepted": PostedPrice(0.4),
}


class Mute(Strategy):
    """Says nothing to anything."""

    def answer(self, question, view):
        return np.full(view.values.shape, SILENT)


@pytest.mark.parametrize("kind", SPLIT)
def test_answers_stand_in_the_column_of_their_kind(kind):
    frames = run(12.5, [Truthful(), Mute(), Truthful()], SPLIT[kind], period=4.0)
    messages = frames["messages"]
    spoke = messages["status"].isin(("answered", "late"))
    assert {"answered", "silent"} <= set(messages["status"])
    assert messages.loc[spoke, kind].notna().all()
    assert messages.loc[~spoke, kind].isna().all()
    for other in {"bid", "drop_out", "accepted"} - {kind}:
        assert messages[other].isna().all()
    truth = (messages["value"] >= 0.4) if kind == "accepted" else messages["value"]
    np.testing.assert_array_equal(messages.loc[spoke, kind], truth[spoke].astype(float))


def test_the_price_is_what_was_offered_called_or_stood():
    posted = run(6.5, [Truthful()] * 3, PostedPrice(0.4), period=2.0)["messages"]
    assert set(posted["price"]) == {0.4}
    sealed = run(6.5, [Truthful()] * 3, FirstPrice())["messages"]
    assert sealed["price"].isna().all()
    for mechanism in (AscendingClock(), OpenProxy(0.05, 3)):
        asked = run(9.5, [Truthful()] * 3, mechanism, period=4.0)["messages"]
        by_question = asked.groupby(["auction", "question_number"])["price"]
        assert (by_question.nunique() == 1).all()
        assert (by_question.first().groupby("auction").diff().dropna() >= 0).all()


def test_nobodys_number_is_no_number():
    """Whose answer was refused because it was none has NaN, not the infinity that stands for silence."""
    said = run(2.5, [Says(["much"]), Truthful()], FirstPrice())["messages"]
    refused = said["status"] == "refused"
    assert refused.any()
    assert said.loc[refused, "bid"].isna().all()


# --- visits -----------------------------------------------------------------------------------------


def test_a_visit_names_the_auction_in_which_its_person_was_asked(played):
    visits, messages = played["town"]["visits"], played["town"]["messages"]
    assert {"served", "not served", "sold out"} <= set(visits["outcome"])
    took_part = visits[visits["outcome"].isin(("served", "not served"))]
    assert (visits.loc[~visits.index.isin(took_part.index), "auction"] == -1).all()
    asked = set(zip(messages["auction"], messages["person_id"], strict=True))
    seen = list(zip(took_part["auction"], took_part["person_id"], strict=True))
    assert set(seen) >= asked
    assert len(set(seen)) == len(seen)
    held = took_part.merge(played["town"]["auctions"], on="auction")
    assert (held["time"] <= held["opened"]).all()
    assert (held["seller_id_x"] == held["seller_id_y"]).all()


def test_a_want_is_one_persons_and_has_one_value_until_it_is_served(played):
    visits, messages = played["town"]["visits"], played["town"]["messages"]
    wanted = visits[visits["want"] >= 0]
    assert (wanted.groupby("want")["person_id"].nunique() == 1).all()
    valued = wanted.merge(messages, on=["auction", "person_id"])
    by_want = valued.groupby("want")
    assert (by_want["value"].nunique() == 1).all()
    assert by_want["auction"].nunique().max() > 1
    assert valued["value"].nunique() == len(by_want)  # values are drawn from a continuum
    served = wanted[wanted["outcome"] == "served"].groupby("want")["time"].max()
    last = wanted.groupby("want")["time"].max()
    assert (served == last[served.index]).all()


# --- a market under way -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps], ids=lambda how: how.__name__)
def test_a_market_under_way_is_not_copied(how):
    one = market([Truthful()] * 2)
    one.advance_to(3.5)
    with pytest.raises(TypeError, match=r"cannot be copied or pickled.*Build it again from the same"):
        how(one)
    counters = coffee_shop.build()
    with pytest.raises(TypeError, match="cannot be copied or pickled"):
        how(counters)
    assert len(frames_of(one, 5.5)["auctions"]) == len(run(5.5, [Truthful()] * 2)["auctions"])


def test_what_is_failing_after_an_auction_stands_apart(played):
    failures, refusals = played["ring"]["failures"], played["ring"]["refusals"]
    assert set(failures["hook"]) == {"observe"}
    assert set(failures["bidder_id"]) == {0, 1}
    assert set(refusals["bidder_id"]) == {2}
    assert failures["reason"].str.contains(r"cannot learn \(test_joins\.py, line \d+\)").all()
    assert set(played["ring"]["agents"]["utility"]) == {repr(CARA(1.0)), "Linear()"}


def test_side_payments_join_their_people(played):
    transfers, agents = played["ring"]["transfers"], played["ring"]["agents"]
    people = agents.drop_duplicates("person_id")
    payers = transfers.merge(people, left_on="from_person", right_on="person_id")
    assert len(payers) == len(transfers) > 0
    assert isinstance(payers, pd.DataFrame)
