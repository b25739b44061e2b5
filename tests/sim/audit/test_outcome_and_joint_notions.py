"""Budget balance, efficiency, groups, false names and finer lies, against cases worked out by hand."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mechanisms.auctions import (
    CombinatorialVCG,
    FirstPrice,
    KDoubleAuction,
    McAfee,
    Procurement,
    RandomTies,
    SecondPrice,
    UniformPrice,
)
from mechanisms.auctions.vcg import AdditiveVCG
from mechanisms.conversation import DirectMechanism
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.outcome import Outcome
from mechanisms.types.bundles import Bundles
from sim.audit import audit, standard_instance
from sim.audit.library import BUNDLE_VALUES
from sim.audit.report import _sentence
from tests.sim.audit.examples import Flawed, Spoken


def line(instance, notion):
    (found,) = audit(instance, [notion]).to_dict("records")
    return found


def both(mechanism, *args, **options):
    """A rule, and its conversation, on the standard instance."""
    return [standard_instance(one, *args, **options) for one in (mechanism, Spoken(mechanism))]


def test_a_bonus_is_a_deficit():
    """Second price with 0.3 for a report of 0 by buyer 0: where the other says 0 too, that is the deficit."""
    for instance in both(Flawed(0.3, 0.0)):
        found = line(instance, "budget-balance")
        assert (found["verdict"], found["gain"]) == ("fails", pytest.approx(0.3))
        assert _sentence(found).startswith("types 0, 0 are paid more")


@pytest.mark.parametrize("mechanism", [McAfee(2), KDoubleAuction(2, 0.5)], ids=lambda one: one.name)
def test_two_sided_trade_without_a_deficit(mechanism):
    assert line(standard_instance(mechanism, (0.0, 1.0, 2.0), n=4), "budget-balance")["verdict"] == "holds"


def test_who_buys_is_not_asked_for_a_budget():
    assert audit(standard_instance(Procurement(2.0)), ["budget-balance"]).empty


def test_a_reserve_costs_welfare():
    """Values 0, 1, 2, 3 and a reserve of 1.5: of (1, 1) nobody is served, and 1 is missing."""
    for instance in both(SecondPrice(reserve=1.5)):
        found = line(instance, "efficiency")
        assert (found["verdict"], found["gain"]) == ("fails", pytest.approx(1.0))
    assert line(standard_instance(SecondPrice()), "efficiency")["verdict"] == "holds"


def test_mcafee_gives_up_the_least_trade():
    """Costs 0, 0 and values 2, 2: nobody is left to set a price, and a trade worth 2 is given up."""
    found = line(standard_instance(McAfee(2), (0.0, 1.0, 2.0), n=4), "efficiency")
    assert found["gain"] == pytest.approx(2.0)


def test_no_two_gain_together_in_second_price_but_by_a_coin():
    """The one who gains has won, and only one wins; by lot, two of type 3 who say 0 win half of 3 each."""
    assert line(standard_instance(SecondPrice(), n=3), "group")["verdict"] == "holds"
    found = line(standard_instance(RandomTies(SecondPrice())), "group")
    assert (found["verdict"], found["gain"]) == ("fails", pytest.approx(1.5))
    assert _sentence(found) == "buyers 0 and 1 of types 3, 3, knowing one another's types, says 0, 0"


def test_two_who_split_two_goods_gain_in_vcg():
    """Types (2, 1) and (1, 2) pay 1 each; if both hide what they lose, they pay nothing."""
    grid = [[2.0, 1.0], [1.0, 2.0], [2.0, 0.0], [0.0, 2.0]]
    instance = standard_instance(AdditiveVCG(2), grid, reports="types")
    found = line(instance, "group")
    assert (found["verdict"], found["gain"]) == ("fails", pytest.approx(1.0))


def by_hand_false_names():
    """Who wants both goods at 2 faces the same; as two who want one each at 2, she pays nothing."""
    values = np.array([[0, 0, 2], [2, 0, 2], [0, 2, 2]], dtype=float)
    return standard_instance(CombinatorialVCG(), values)


def test_a_second_name_helps_in_vcg_with_complements():
    """Yokoo, Sakurai and Matsubara 2004: against VCG, which is dominant among single names."""
    instance = by_hand_false_names()
    assert line(instance, "dominant")["verdict"] == "holds"
    found = line(instance, "false-name")
    assert (found["verdict"], found["gain"], found["type"]) == ("fails", pytest.approx(2.0), "(0, 0, 2)")
    assert "under another name" in found["says"]


@pytest.mark.parametrize("mechanism", [SecondPrice(), SecondPrice(reserve=1.0), UniformPrice(2)], ids=repr)
def test_a_second_name_does_not_help_who_wants_one_unit(mechanism):
    """She pays for a unit that she does not want, and raises the price of the one that she does."""
    assert line(standard_instance(mechanism, n=2), "false-name")["verdict"] == "holds"


def test_two_bundles_are_one():
    space = Bundles(2)
    one, other, none = np.eye(3)[0], np.eye(3)[1], np.zeros(3)
    assert space.together(one, other).tolist() == [0.0, 0.0, 1.0]
    assert space.together(one, none).tolist() == one.tolist()
    assert space.together(none, none).tolist() == none.tolist()


@dataclass(frozen=True)
class BetweenTypes(DirectMechanism):
    """Second price with a bonus for a report strictly between 1 and 2."""

    def outcome(self, reports):
        sold = SecondPrice().outcome(reports)
        return Outcome(sold.allocation, sold.payments - 0.25 * ((reports > 1) & (reports < 2)))


def test_a_lie_between_the_types_is_found_off_the_grid():
    instance = standard_instance(BetweenTypes())
    assert line(instance, "ex-post-ic")["verdict"] == "holds"
    found = line(instance, "off-grid")
    assert (found["verdict"], found["gain"]) == ("fails", pytest.approx(0.25))
    assert line(standard_instance(SecondPrice()), "off-grid")["verdict"] == "holds"


def test_first_price_gains_all_but_a_little_off_the_grid():
    """Type 3 against a truth of 0: a little above 0 wins for next to nothing."""
    found = line(standard_instance(FirstPrice()), "off-grid")
    assert found["gain"] == pytest.approx(3.0, abs=1e-5)


def test_large_instances_leave_joint_lies_out():
    prior = JointDistribution.product([Discrete(np.arange(8), [1 / 8] * 8)] * 5)
    instance = replace(standard_instance(SecondPrice(), n=2), prior=prior, ambiguity=None)
    assert audit(instance, ["group"]).empty


def test_bundles_of_the_library_are_told_of_false_names():
    assert line(standard_instance(CombinatorialVCG(), BUNDLE_VALUES), "false-name")["gain"] == 1.0
