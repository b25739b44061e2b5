"""Parameters of scenarios: made from text, described in words, refused with the reason."""

from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from sim.runs import scenario
from sim.runs.scenario import (
    BidsFile,
    OneOf,
    ParameterError,
    WholeNumbers,
    allowed,
    as_text,
    make_parameters,
)


class Parameters(scenario.Parameters):
    count: int = Field(default=3, ge=1, le=6)
    share: float = Field(default=0.5, ge=0, lt=1)
    price: float | None = Field(default=None, ge=0)
    colour: Annotated[str, OneOf(("red", "green"))] = Field(default="red")
    flag: bool = Field(default=False)
    sizes: Annotated[tuple[int, ...], WholeNumbers(2, 10, step=2, length=3)] = Field(default=(2, 4))
    bids: BidsFile | None = Field(default=None)


def test_from_text():
    given = {"count": "4", "share": "0.25", "price": "7", "colour": "green", "flag": "true", "until": "12"}
    made = make_parameters(Parameters, given)
    assert (made.count, made.share, made.price, made.colour, made.flag) == (4, 0.25, 7.0, "green", True)
    assert made.until == 12


def test_none_in_words():
    assert make_parameters(Parameters, {"price": "none"}).price is None
    with pytest.raises(ParameterError, match=r"count is none; it must be an integer from 1 to 6"):
        make_parameters(Parameters, {"count": "none"})


def test_a_name_stands_for_a_file_of_bids():
    assert make_parameters(Parameters, {"bids": "a.csv"}).bids == BidsFile(file="a.csv")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("count", "an integer from 1 to 6"),
        ("share", "a number at least 0 and below 1"),
        ("price", "a number at least 0, or none"),
        ("colour", "one of red, green"),
        ("flag", "true or false"),
        ("sizes", "1 to 3 rising whole numbers, separated by commas, from 2 to 10 in steps of 2"),
        ("bids", "a file of bids, or none"),
    ],
)
def test_what_is_allowed_in_words(field, words):
    assert allowed(Parameters.model_fields[field]) == words


@pytest.mark.parametrize("value", ["0", "7", "2.5", "three", ""])
def test_a_value_that_is_not_allowed(value):
    with pytest.raises(ParameterError, match=r"count is .*; it must be an integer from 1 to 6"):
        make_parameters(Parameters, {"count": value})


@pytest.mark.parametrize("given", ["2,6,10", (2, 6, 10), [2, 6, 10], " 2, 6 ,10"])
def test_a_list_of_whole_numbers(given):
    made = make_parameters(Parameters, {"sizes": given})
    assert made.sizes == (2, 6, 10)
    assert make_parameters(Parameters, made.model_dump(mode="json")) == made
    assert as_text(made.sizes) == "2,6,10"


def test_a_list_of_one_number():
    assert [make_parameters(Parameters, {"sizes": given}).sizes for given in ("4", 4)] == [(4,), (4,)]


@pytest.mark.parametrize(
    "given", ["", "2,", "4,2", "2,2", "3", "0,2", "12", "2,4,6,8", "two", "2.5", (2.0,), (True,), None, ()]
)
def test_a_list_that_is_not_allowed(given):
    with pytest.raises(ParameterError, match=r"sizes is .*; it must be 1 to 3 rising whole numbers"):
        make_parameters(Parameters, {"sizes": given})


def test_all_faults_are_named():
    with pytest.raises(ParameterError, match=r"count is 0; .*; colour is blue; it must be one of red, green"):
        make_parameters(Parameters, {"count": 0, "colour": "blue"})


def test_an_unknown_name():
    with pytest.raises(ParameterError, match=r"no parameter 'color'; .*colour"):
        make_parameters(Parameters, {"color": "red"})


def test_parameters_are_frozen_and_closed():
    made = Parameters()
    with pytest.raises(ValidationError):
        made.count = 4
    with pytest.raises(ValidationError):
        Parameters(counts=4)
