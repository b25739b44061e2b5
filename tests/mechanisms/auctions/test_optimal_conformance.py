"""Myerson's auction and VCG pass the suite of mechanisms."""

import numpy as np

from mechanisms.auctions.myerson import MyersonAuction
from mechanisms.auctions.vcg import AdditiveVCG, UnitDemandVCG
from mechanisms.distributions import Discrete, Exponential, PiecewiseUniform, Uniform
from sim.conformance.mechanism import MechanismConformance

IRREGULAR = Discrete([0, 1, 2, 4, 7, 9], [0.3, 0.1, 0.25, 0.05, 0.2, 0.1])


class TestMyersonAuction(MechanismConformance):
    instances = (
        MyersonAuction(Uniform(0, 10)),
        MyersonAuction(Exponential(0.3), units=2),
        MyersonAuction(PiecewiseUniform([0, 2, 8, 9], [0.6, 0.1, 0.3])),
        MyersonAuction(IRREGULAR),
        MyersonAuction(IRREGULAR, units=3),
    )


class TestMyersonAuctionOfUnlikeBuyers(MechanismConformance):
    """Buyers with different priors: equal values need not be equal virtual values."""

    ties_to_lowest = False
    instances = (
        MyersonAuction([Uniform(0, 10), IRREGULAR, Uniform(2, 8)]),
        MyersonAuction([IRREGULAR, Uniform(0, 10)], units=2),
    )

    def sizes(self, mechanism):
        return (len(mechanism.priors),)

    def test_rule_accepts_no_profiles(self, instance):
        n = len(instance.priors)
        assert instance.outcome(np.empty((0, n))).payments.shape == (0, n)


class TestAdditiveVCG(MechanismConformance):
    instances = (AdditiveVCG(1), AdditiveVCG(2), AdditiveVCG(3))


class TestUnitDemandVCG(MechanismConformance):
    instances = (UnitDemandVCG(1), UnitDemandVCG(2), UnitDemandVCG(3))

    def test_ties_go_to_the_lowest_index(self, instance):
        """Equal buyers are served in the order of their indices, each with one item."""
        for n in self.sizes(instance):
            alike = np.full((n, *instance.space.type_shape), 10.0)
            served = self.converse(instance, alike).allocation.reshape(n, instance.items).sum(axis=-1)
            np.testing.assert_array_equal(served, np.arange(n) < instance.items)
