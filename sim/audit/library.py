"""Standard small instances: of each mechanism of the project, and how to make them of any other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mechanisms.auctions import (
    AllPay,
    AscendingClock,
    Discriminatory,
    FirstPrice,
    OpenProxy,
    PostedPrice,
    SecondPrice,
    UniformPrice,
)
from mechanisms.auctions.multi_unit_demand import UniformPriceMultiUnit
from mechanisms.combinatorial_vcg import CombinatorialVCG
from mechanisms.conservative import (
    AssignmentContext,
    BaligaVohraAuction,
    KnowledgeExtraction,
    LookaheadAuction,
    SegalAuction,
    SingleSampleAuction,
    StarAuction,
    optimal_assignment,
    optimal_dsic,
)
from mechanisms.conversation import Mechanism, check_count
from mechanisms.core_selecting import NearestBid, NearestVCG, NearestZero
from mechanisms.distributions import Discrete, JointDistribution
from mechanisms.menus import (
    COFFEE_SHOP,
    LOTTERY_TICKETS,
    Menu,
    PostedMenu,
    coffee_shop_menu,
    ticket_menu,
)
from mechanisms.myerson import MyersonAuction
from mechanisms.robust import (
    CellMechanism,
    FiniteAmbiguitySet,
    HighestBidderLottery,
    RandomReserveLottery,
)
from mechanisms.vcg import AdditiveVCG, UnitDemandVCG
from sim.audit.instance import Instance, additive, unit_demand, units_in_turn

BUNDLE_VALUES = np.array([[0, 0, 0], [2, 0, 2], [0, 1, 1], [1, 1, 1], [0, 0, 2]], dtype=float)
"""Valuations of the first good, the second, and both."""


def standard_instance(
    mechanism: Mechanism, values: ArrayLike = (0.0, 1.0, 2.0, 3.0), n: int = 2, name: str = "", **options: Any
) -> Instance:
    """An instance with n >= 1 buyers whose values are equally likely, and a set of distributions around that.

    `values` are increasing. The set holds the prior, one in which low values are more likely, one in which
    high values are, and one in which the buyers' values tend to be alike; Bayesian buyers weigh them equally.
    """
    check_count("n", n)
    grid = np.asarray(values, dtype=float)
    ranks = np.arange(1, len(grid) + 1)
    prior = _independent(grid, np.ones(len(grid)), n)
    low, high = _independent(grid, ranks[::-1], n), _independent(grid, ranks, n)
    possible = FiniteAmbiguitySet((prior, low, high, _alike(prior)))
    return Instance(mechanism, prior, ambiguity=possible, name=name, **options)


def _independent(grid: Any, weights: Any, n: int) -> JointDistribution:
    return JointDistribution.product([Discrete(grid, weights / np.sum(weights))] * n)


def _alike(prior: JointDistribution) -> JointDistribution:
    """Half the prior, half everyone with the same type."""
    table = prior.table / 2
    count = prior.shape[0]
    table[(np.arange(count),) * prior.n] += 1 / (2 * count)
    return JointDistribution(table, prior.values)


def _several_items(mechanism: Mechanism, worth: Any, name: str) -> Instance:
    """Two buyers who value each item at 0, 1 or 2; the first item's value counts three in a type's number."""
    vectors = np.array(list(product((0.0, 1.0, 2.0), repeat=mechanism.items)))
    numbers = np.arange(len(vectors), dtype=float)
    return standard_instance(mechanism, numbers, name=name, vectors=(vectors, vectors), worth=worth)


def _two_units(mechanism: Mechanism) -> Instance:
    """Two buyers who value a first unit at 0, 1, 2 or 3, and a second at no more."""
    vectors = np.array([(first, second) for first in range(4) for second in range(first + 1)], dtype=float)
    numbers = np.arange(len(vectors), dtype=float)
    return standard_instance(mechanism, numbers, vectors=(vectors, vectors), worth=units_in_turn)


def _bundles(mechanism: Mechanism, name: str = "") -> Instance:
    """Two buyers with a few valuations of two goods: nothing, either alone, substitutes, complements."""
    numbers = np.arange(len(BUNDLE_VALUES), dtype=float)
    return standard_instance(mechanism, numbers, name=name, vectors=(BUNDLE_VALUES, BUNDLE_VALUES))


def _optimal_for_bundles() -> Mechanism:
    tables = np.insert(BUNDLE_VALUES, 0, 0.0, axis=1)
    count = len(tables)
    prior = JointDistribution.from_table(np.full((count, count), 1 / count**2))
    return optimal_assignment(prior, AssignmentContext.combinatorial(2, (tables, tables))).auction


def correlated(bound: int) -> JointDistribution:
    """Two buyers with values below `bound` that tend to be alike."""
    return _alike(_independent(np.arange(bound, dtype=float), np.ones(bound), 2))


def _knowing_parity(mechanism: Mechanism, prior: JointDistribution, name: str = "") -> Instance:
    """Buyer 1 knows her value and whether buyer 0's is even; buyer 0 knows her own only."""
    own, other = np.indices(prior.shape)[:2]
    return Instance(mechanism, prior, partitions=(own, 2 * other + own % 2), name=name)


def conservative_instances() -> Sequence[Instance]:
    """ℳ, with its first step in secret and in public, 𝕄, and what they are compared with.

    Two buyers have values 0, 1, 2; three where one report sets others' prices.
    """
    three = (0.0, 1.0, 2.0)
    prior = correlated(3)
    return (
        _knowing_parity(StarAuction(2, 3), prior),
        _knowing_parity(StarAuction(2, 3, public_values=True), prior, "star auction, values public"),
        _knowing_parity(KnowledgeExtraction(2, inner="program", value_bound=2), correlated(2)),
        Instance(LookaheadAuction(prior), prior),
        Instance(optimal_dsic(prior).auction, prior, name="optimal for the prior"),
        standard_instance(SegalAuction(), three, n=3),
        standard_instance(BaligaVohraAuction(), three),
        standard_instance(SingleSampleAuction(), three, n=3),
    )


def menu_instance(example: Any, menu: Menu, k: int, name: str) -> Instance:
    """A posted menu before the one buyer of an example (`types`, `probabilities`) who may buy k entries.

    Raises TypeError or ValueError for what does not fit.
    """
    grid = [np.arange(len(example.types), dtype=float)]
    prior = JointDistribution(example.probabilities, grid)
    return Instance(PostedMenu(menu, k), prior, vectors=(example.types,), name=name)


def robust_instances() -> Sequence[Instance]:
    """Two buyers with values in [0, 1] before sellers who know the mean."""
    quarters = (0.0, 0.25, 0.5, 0.75, 1.0)
    charged = HighestBidderLottery(2, 0.5, charge="winner")
    return (
        standard_instance(HighestBidderLottery(2, 0.5), quarters),
        standard_instance(charged, quarters, name="highest bidder lottery, winners pay"),
        standard_instance(RandomReserveLottery(2, 0.5), quarters),
        standard_instance(reserve_by_cells(), quarters),
    )


def reserve_by_cells() -> CellMechanism:
    """Second price with reserve 0 or ½, each half the time; a tie at 1 is broken by a coin."""
    atoms = np.zeros((3, 3))
    atoms[1, 0] = atoms[2, 2] = 0.5
    return CellMechanism(np.array([0.0, 0.5, 1.0]), atoms, np.zeros((2, 3)), np.array([0.5, 1.0, 0.0]))


def standard_instances() -> Sequence[Instance]:
    """The instances that `bazaar audit all` prints."""
    three = (0.0, 1.0, 2.0)
    skewed = Discrete([0, 1, 2, 3], [0.4, 0.1, 0.1, 0.4])
    return (
        standard_instance(SecondPrice()),
        standard_instance(SecondPrice(reserve=1.5), name="second price, reserve 1.5", extra_reports=(1.5,)),
        standard_instance(FirstPrice(), extra_reports=(0.5, 1.5)),
        standard_instance(AllPay(), extra_reports=(0.5, 1.5)),
        standard_instance(UniformPrice(2), n=3),
        standard_instance(Discriminatory(2), n=3),
        standard_instance(PostedPrice(1.5)),
        standard_instance(AscendingClock(), (0.0, 2.0), n=3, name="ascending clock, 3 buyers"),
        standard_instance(AscendingClock(), three),
        standard_instance(OpenProxy(increment=1.0, rounds=2), three),
        standard_instance(MyersonAuction(skewed), name="Myerson"),
        _several_items(AdditiveVCG(2), additive, "additive VCG, 2 items"),
        _several_items(UnitDemandVCG(2), unit_demand, "unit-demand VCG, 2 items"),
        _two_units(UniformPriceMultiUnit(2)),
        standard_instance(NearestZero(), n=3),
        standard_instance(NearestBid(), n=3),
        standard_instance(NearestVCG(), n=3),
        _bundles(CombinatorialVCG()),
        _bundles(_optimal_for_bundles(), "optimal for bundles"),
        *conservative_instances(),
        *robust_instances(),
        menu_instance(COFFEE_SHOP, coffee_shop_menu(), 2, "coffee shop's menu, 2 visits"),
        menu_instance(LOTTERY_TICKETS, ticket_menu(2), 2, "menu of lottery tickets, 2 visits"),
    )
