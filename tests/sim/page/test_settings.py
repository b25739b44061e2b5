"""Settings that wait for a reset are told, and what is wrong with them; a second run's name no file."""

import pytest

from scenarios import town_market
from sim.page.settings import changed, pairs, second
from sim.page.show import show_of
from sim.runs.scenario import ParameterError
from tests.sim.page.shows import SMALL, entry_of, shown

TOWN = entry_of(town_market)


def told(versus="", shown_beside="", **new):
    show = shown(seed=3)
    return changed(TOWN, {"seed": "3", **SMALL, **new}, show, versus, shown_beside)


def test_nothing_is_said_of_settings_that_are_those_of_the_run():
    assert told().words == ""
    assert told(rate="0.30").words == ""


def test_what_waits_is_named():
    said = told(buyers="25", seed="7", versus="comeback=0.9")
    assert said.words == "From the next reset: seed 7, buyers 25, beside it: comeback=0.9."
    assert not said.wrong


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({"rate": "5000"}, "rate is 5000; it must be a number above 0 and at most 1,000"),
        ({"seed": "x"}, "seed is x"),
        ({"degree": "3"}, "degree is 3; it must be even"),
        ({"versus": "buyers=many"}, "buyers is many"),
        ({"versus": "bids=private.csv"}, "bids may name a file"),
        ({"versus": "comeback"}, "name=value"),
    ],
)
def test_what_is_wrong_is_said_in_words(new, said):
    found = told(**new)
    assert found.wrong
    assert said in found.words


def test_a_run_beside_has_the_same_seed_and_its_own_settings():
    show = second(show_of(TOWN), {"seed": "3", **SMALL}, "comeback=0.9; buyers=30")
    assert (show.seed, show.parameters.comeback, show.parameters.buyers) == (3, 0.9, 30)
    assert show.anew().against == "comeback=0.9; buyers=30"


def test_a_run_beside_that_cannot_be_says_why():
    show = second(show_of(TOWN), {"seed": "3", **SMALL}, "bids=private.csv")
    assert (show.failed, show.market) == (True, None)


def test_pairs_are_read_and_files_refused():
    assert pairs(town_market.Parameters, "a=1, b=2") == {"a": "1", "b": "2"}
    with pytest.raises(ParameterError, match="trace may name a file"):
        pairs(town_market.Parameters, "trace=x")
