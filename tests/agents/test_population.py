"""The population: groups, sides, people behind names, and what does not fit."""

import mesa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.buyer import Buyer
from agents.population import Group, Population
from agents.strategies import Late, Shading, Truthful
from mechanisms.utilities import CARA, Linear

GROUPS = [Group(Truthful()), Group(Shading(0.5), CARA(1.0)), Group(Late())]


@given(st.data())
def test_sides_sort_the_seats_into_groups(data):
    membership = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=8))
    buyers = np.array(data.draw(st.permutations(range(len(membership)))))
    buyers = buyers[: data.draw(st.integers(0, len(buyers)))]
    sides = Population(GROUPS, membership).sides(buyers)
    seated = {int(seat): (int(buyer), side.group) for side in sides
              for seat, buyer in zip(side.seats, side.buyers, strict=True)}
    wanted = {seat: (buyer, GROUPS[membership[buyer]]) for seat, buyer in enumerate(buyers.tolist())}
    assert seated == wanted
    assert len({id(side.group) for side in sides}) == len(sides)
    assert all((np.diff(side.seats) > 0).all() for side in sides)


def test_sides_are_copies():
    buyers = np.array([1, 0])
    (side,) = Population(GROUPS, [0, 0]).sides(buyers)
    buyers[0] = 7
    assert side.buyers.tolist() == [1, 0]


def test_the_same_strategy_object_is_the_same_group():
    """Equal ones apart are groups apart: each may remember for itself."""
    one, two = Truthful(), Truthful()
    people = Population.of([one, two, one], latency=0.5, prior="known")
    assert people.membership.tolist() == [0, 1, 0]
    assert [group.strategy for group in people.groups] == [one, two]
    assert [group.prior for group in people.groups] == ["known"] * 2
    assert people.latency.tolist() == [0.5] * 3
    assert people.persons.tolist() == [0, 1, 2]


def test_groups_know_whether_they_wait():
    assert [group.waits for group in GROUPS] == [False, False, True]
    assert GROUPS[0].utility == Linear()


def test_a_buyer_is_a_face_of_her_entry():
    people = Population(GROUPS, [0, 1, 1], [0.1, 0.2, 0.3], [5, 6, 5])
    model = mesa.Model()
    buyers = [Buyer(model, people, number) for number in range(3)]
    assert [buyer.person for buyer in buyers] == [5, 6, 5]
    assert [buyer.strategy for buyer in buyers] == [GROUPS[0].strategy, *[GROUPS[1].strategy] * 2]
    assert [buyer.latency for buyer in buyers] == [0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([],), ValueError, "membership must name at least one buyer, got none"),
        (([0, 3],), ValueError, "membership must hold indices of the 3 groups"),
        (([0, -1],), ValueError, "membership must hold indices of the 3 groups"),
        (([[0, 1]],), ValueError, r"membership must have shape \(buyers,\), got \(1, 2\)"),
        (([0.5, 1.0],), TypeError, "membership must hold integers, got dtype float64"),
        (([0, 1], [0.1, -0.1]), ValueError, "latency must be finite and at least 0"),
        (([0, 1], [0.1, np.inf]), ValueError, "latency must be finite and at least 0"),
        (([0, 1], np.nan), ValueError, "latency must be finite and at least 0"),
        (([0, 1], [0.1] * 3), ValueError, r"latency must be one, or one for each of 2 buyers, got"),
        (([0, 1], 0.0, [4]), ValueError, r"persons must have shape \(2,\), got \(1,\)"),
    ],
    ids=["nobody", "unknown", "negative", "deep", "parts", "negative latency", "infinite", "nan", "latencies",
         "persons"],
)
def test_what_does_not_fit_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Population(GROUPS, *arguments)
