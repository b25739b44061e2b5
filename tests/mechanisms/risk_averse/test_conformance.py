"""The mechanisms for a risk-averse seller and risk-averse buyers pass the suite of mechanisms."""

import numpy as np

from mechanisms.distributions import Discrete
from mechanisms.risk_averse import (
    EsoFutoAuction,
    InsuredSale,
    ItemPrices,
    OnePass,
    OrderObliviousPrices,
    Rounds,
    SequentialPrices,
    SequentialSale,
)
from sim.conformance.mechanism import MechanismConformance

TABLES = (
    [[1.0, 4.0], [2.0, 5.0, 9.0], [3.0]],
    [0.0, 1.0, 3.0],
    [
        [[0.3, 0.2, 0.0], [0.0, 0.4, 0.5]],
        [[0.2, 0.5, 0.0], [0.0, 0.5, 0.5], [0.1, 0.1, 0.8]],
        [[0.0, 0.3, 0.7]],
    ],
)


class ForItsBuyers(MechanismConformance):
    """For a number of buyers of the mechanism's own; chance decides who is served."""

    ties_to_lowest = False

    def sizes(self, mechanism):
        return (mechanism.least_buyers,)


class TestSalesByLottery(ForItsBuyers):
    instances = (
        OnePass(*TABLES, 1),
        OnePass(*TABLES, 2),
        Rounds(*TABLES, 2),
        Rounds(*TABLES, 2, rounds=3),
        SequentialSale(*TABLES, [np.zeros_like(table) for table in TABLES[2]], (2, 0, 1), 2),
    )


class TestSaleThatCharges(ForItsBuyers):
    sales, charges = [[[0.5, 0.2]]] * 2, [[[0.2, 0.0]]] * 2
    instances = (SequentialSale([[1.0], [2.0]], [0.5, 2.5], sales, charges, (1, 0), 1),)


class TestItemPrices(ForItsBuyers):
    instances = (
        ItemPrices(OrderObliviousPrices([[{1.0: 0.5, 3.0: 0.4}, {2.0: 1.0}], [{5.0: 0.3}, {}]])),
        ItemPrices(OrderObliviousPrices([[{1.0: 0.5}, {2.0: 1.0}]] * 3), (2, 0, 1)),
        ItemPrices(OrderObliviousPrices([[{1.0: 0.5}], [{4.0: 1.0}]])),
    )


class TestEsoFuto(ForItsBuyers):
    instances = (
        EsoFutoAuction([Discrete([0, 2, 5], [0.5, 0.2, 0.3])] * 3),
        EsoFutoAuction([Discrete([0, 2, 5], [0.5, 0.2, 0.3]), Discrete([1, 9], [0.5, 0.5])], 2),
    )

    def test_rule_accepts_no_profiles(self, instance):
        n = len(instance.priors)
        assert instance.outcome(np.empty((0, n))).payments.shape == (0, n)


class TestInsuredSale(ForItsBuyers):
    instances = (
        InsuredSale(3.0, 1.0, may_decline=True),
        InsuredSale(3.0, 1.0, may_decline=True, walk_away=True),
    )

    def test_rule_accepts_no_profiles(self, instance):
        assert instance.outcome(np.empty((0, 2))).payments.shape == (0, 2)


class TestSequentialPrices(ForItsBuyers):
    """Prices are personal: equal buyers need not be served alike."""

    instances = (
        SequentialPrices((3.0, 5.0, 4.0)),
        SequentialPrices((5.0, 3.0), units=2),
        SequentialPrices((4.0, 2.0, 6.0), order=(2, 0, 1)),
    )
