"""Addresses: a link shows the same run, and cannot name a file."""

import pytest

from scenarios import coffee_shop, town_market
from sim.page.address import address_of, read_address
from sim.page.exhibit import Exhibit
from sim.runs.scenario import BidsFile
from tests.sim.page.shows import entry_of

TOWN, SHOP = entry_of(town_market), entry_of(coffee_shop, "coffee_shop")
MINE = town_market.Parameters(buyers=40, rate=0.3)


@pytest.fixture
def exhibit():
    return Exhibit(TOWN, MINE, 5, {"coffee_shop": SHOP})


def test_without_an_address_the_run_is_the_command_lines(exhibit):
    for search in (None, ""):
        asked = read_address(search, exhibit)
        assert (asked.entry, asked.parameters, asked.seed, asked.problem) == (TOWN, MINE, 5, "")


@pytest.mark.parametrize("told", [MINE, town_market.Parameters(mechanism="all_pay", comeback=1 / 3)])
def test_a_link_shows_the_same_run(told):
    """On a server that was started with something else."""
    address = address_of(TOWN, told, 10**30)
    asked = read_address(address.removeprefix("?"), Exhibit(TOWN, town_market.Parameters(buyers=9), 1))
    assert (asked.parameters, asked.seed, asked.problem) == (told, 10**30, "")


def test_another_scenario_can_be_named(exhibit):
    asked = read_address("scenario=coffee_shop&until=20", exhibit)
    assert (asked.entry, asked.seed) == (SHOP, 0)
    assert asked.parameters == coffee_shop.Parameters(until=20)


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("scenario=town_markt", "no scenario 'town_markt'; the nearest of 2 is town_market"),
        ("scenario=/etc/passwd", "no scenario '/etc/passwd'"),
        ("buyers=many", "buyers is many; it must be an integer"),
        ("seed=-1", "seed is -1"),
        ("selers=3", "'selers'"),
        ("degree=3", "degree is 3; it must be even"),
        ("bids=private.csv", "bids may name a file"),
        ("trace=private.csv", "trace may name a file"),
    ],
)
def test_what_an_address_may_not_ask_for_is_told(exhibit, search, said):
    asked = read_address(search, exhibit)
    assert said in asked.problem
    assert (asked.parameters, asked.seed) == (MINE, 5)


def test_files_of_the_command_line_stay_and_are_not_in_the_address():
    mine = town_market.Parameters(bids=BidsFile(file="private.csv"))
    assert "private" not in address_of(TOWN, mine, 0)
    asked = read_address("scenario=town_market&buyers=40", Exhibit(TOWN, mine))
    assert asked.parameters == town_market.Parameters(bids=mine.bids, buyers=40)
