"""Standard small instances: of each mechanism of the project, and how to make them of any other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mechanisms.auctions import (
    AllPay,
    AscendingClock,
    CombinatorialClock,
    Discriminatory,
    Dutch,
    FirstPrice,
    GeneralizedSecondPrice,
    KDoubleAuction,
    McAfee,
    OpenProxy,
    PositionVCG,
    PostedPrice,
    Procurement,
    RandomReserve,
    RandomTies,
    SecondPrice,
    ThirdPrice,
    UniformPrice,
    WithBudgets,
)
from mechanisms.auctions.combinatorial_vcg import CombinatorialVCG
from mechanisms.auctions.core_selecting import NearestBid, NearestVCG, NearestZero
from mechanisms.auctions.multi_unit_demand import UniformPriceMultiUnit
from mechanisms.auctions.myerson import MyersonAuction
from mechanisms.auctions.vcg import AdditiveVCG, UnitDemandVCG
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
from mechanisms.distributions import Discrete, JointDistribution, Uniform
from mechanisms.menus import (
    COFFEE_SHOP,
    LOTTERY_TICKETS,
    Menu,
    PostedMenu,
    coffee_shop_menu,
    ticket_menu,
)
from mechanisms.risk_averse import (
    EsoFutoAuction,
    InsuredSale,
    ItemPrices,
    OrderObliviousPrices,
    Rounds,
    SequentialPrices,
    design_history_prices,
    design_one_pass,
    design_risk_averse_buyers,
)
from mechanisms.robust import (
    BundlePrices,
    CellMechanism,
    DeterministicRegretPricing,
    FiniteAmbiguitySet,
    HighestBidderLottery,
    MinimaxRegretPricing,
    RandomPostedPrices,
    RandomReserveAuctions,
    RandomReserveLottery,
)
from mechanisms.utilities import CARA, Capped, Linear
from sim.audit.instance import Instance

BUNDLE_VALUES = np.array([[0, 0, 0], [2, 0, 2], [0, 1, 1], [1, 1, 1], [0, 0, 2]], dtype=float)
"""Valuations of the first good, the second, and both."""
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)

STANDARD_SET = (
    "The ambiguity set holds four distributions: all profiles equally likely, low types more likely, high "
    "types more likely, types tending to be alike; alpha is 1/2, the weights are equal."
)
MARKOV_NOTE = (
    "The ambiguity set holds all distributions on the grid in which each value has at least the mean, in any "
    "dependence; alpha is 1/2, and Bayesian buyers think of one of them alone."
)


def standard_instance(
    mechanism: Mechanism,
    values: ArrayLike | None = None,
    n: int | None = None,
    name: str = "",
    **options: Any,
) -> Instance:
    """An instance with n >= 1 buyers whose types are equally likely, and a set of distributions around that.

    `values`, increasing, are what the numbers of types may be, by default 0, 1, 2 and 3, or 0, 1 and 2 where
    a type is a vector (rows of an array are types themselves); n is 2, or as many as the mechanism needs. The
    set holds the prior, one in which low types are more likely, one in which high types are, and one in which
    the buyers' types tend to be alike; Bayesian buyers weigh them equally.
    """
    n = max(2, mechanism.least_buyers) if n is None else n
    check_count("n", n)
    grid = types_among(mechanism, values)
    ranks = np.arange(1, len(grid) + 1)
    prior = _independent(grid, np.ones(len(grid)), n)
    low, high = _independent(grid, ranks[::-1], n), _independent(grid, ranks, n)
    possible = FiniteAmbiguitySet((prior, low, high, _alike(prior)))
    return Instance(mechanism, prior, ambiguity=possible, name=name, note=STANDARD_SET, **options)


def markov_instance(
    mechanism: Mechanism, mean: float, name: str = "", values: ArrayLike = QUARTERS, **options: Any
) -> Instance:
    """Two buyers with values on a grid of [0, 1], and all distributions on it with means of at least `mean`.

    The prior is one of them: independent values of the greatest entropy. Raises TypeError or ValueError for a
    mean outside (0, 1), or a grid that does not increase within [0, 1].
    """
    from mechanisms.robust import MarkovSet, Moment
    from mechanisms.robust.learned_play import tilted

    possible = MarkovSet(2, mean).on_grid(np.asarray(values, dtype=float))
    grid = possible.grids[0]
    weights, _ = tilted(np.zeros(grid.size), Moment(grid, mean))
    prior = _independent(grid, weights, 2)
    return Instance(mechanism, prior, ambiguity=possible, name=name, note=MARKOV_NOTE, **options)


def types_among(mechanism: Mechanism, values: ArrayLike | None = None) -> Any:
    """All types of the mechanism's space whose numbers are among the values; see `standard_instance`."""
    shape = mechanism.space.type_shape
    each = np.asarray((0.0, 1.0, 2.0) if shape else (0.0, 1.0, 2.0, 3.0)) if values is None else values
    grid = np.asarray(each, dtype=float)
    if not shape or grid.ndim > 1:
        return grid
    return np.unique(mechanism.space.types_of(np.array(list(product(grid, repeat=shape[0])))), axis=0)


def _independent(grid: Any, weights: Any, n: int) -> JointDistribution:
    table = reduce(np.multiply.outer, [weights / np.sum(weights)] * n)
    return JointDistribution(table, [grid] * n)


def _alike(prior: JointDistribution) -> JointDistribution:
    """Half the prior, half everyone with the same type."""
    table = prior.table / 2
    count = prior.shape[0]
    table[(np.arange(count),) * prior.n] += 1 / (2 * count)
    return JointDistribution(table, prior.values)


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


def exchange_instances() -> Sequence[Instance]:
    """Procurement, two-sided trade, positions, clocks, and the other rules of one good."""
    three, halves = (0.0, 1.0, 2.0), (0.5, 1.5)
    return (
        standard_instance(Procurement(2.0), extra_reports=halves),
        standard_instance(Procurement(2.0, "first price"), extra_reports=halves),
        standard_instance(McAfee(2), three, n=4),
        standard_instance(KDoubleAuction(1, 0.5), extra_reports=halves),
        standard_instance(GeneralizedSecondPrice((2.0, 1.0)), n=3, extra_reports=halves),
        standard_instance(PositionVCG((2.0, 1.0)), n=3, extra_reports=halves),
        standard_instance(ThirdPrice(), n=3),
        standard_instance(Dutch(), extra_reports=halves),
        standard_instance(RandomTies(SecondPrice())),
        standard_instance(RandomReserve(Uniform(0.0, 3.0))),
        standard_instance(WithBudgets(SecondPrice())),
        standard_instance(CombinatorialClock(rounds=3), BUNDLE_VALUES[:3]),
    )


def menu_instance(example: Any, menu: Menu, k: int, name: str) -> Instance:
    """A posted menu before the one buyer of an example (`types`, `probabilities`) who may buy k entries.

    Raises TypeError or ValueError for what does not fit.
    """
    rule = PostedMenu(menu, k)
    types = np.reshape(example.types, (-1, *rule.space.type_shape))
    return Instance(rule, JointDistribution(example.probabilities, [types]), name=name)


def robust_instances() -> Sequence[Instance]:
    """Sellers who know the mean of two values in [0, 1], or the range of the values alone."""
    thirds = (0.0, 1.0, 2.0, 3.0)
    charged = HighestBidderLottery(2, 0.5, charge="winner")
    drawn = RandomPostedPrices((Discrete([1.0, 2.0], [0.5, 0.5]), None))
    return (
        markov_instance(HighestBidderLottery(2, 0.5), 0.5),
        markov_instance(charged, 0.5, "highest bidder lottery, winners pay"),
        markov_instance(RandomReserveLottery(2, 0.5), 0.5),
        markov_instance(reserve_by_cells(), 0.5),
        standard_instance(RandomReserveAuctions((2.0, 2.0), 2)),
        standard_instance(
            RandomReserveAuctions(3.0, 2, "always"), thirds, name="random reserve auctions, all pay"
        ),
        standard_instance(MinimaxRegretPricing(3.0), thirds, 1),
        standard_instance(
            MinimaxRegretPricing((2.0, 2.0), 0.0, "winner"), n=1, name="minimax regret pricing, winner pays"
        ),
        standard_instance(DeterministicRegretPricing((2.0, 2.0), (0.0, 1.0)), n=1),
        standard_instance(BundlePrices((0.0, 1.0, 1.0, 1.5)), n=1),
        standard_instance(drawn, n=1),
    )


def reserve_by_cells() -> CellMechanism:
    """Second price with reserve 0 or ½, each half the time; a tie at 1 is broken by a coin."""
    atoms = np.zeros((3, 3))
    atoms[1, 0] = atoms[2, 2] = 0.5
    return CellMechanism(np.array([0.0, 0.5, 1.0]), atoms, np.zeros((2, 3)), np.array([0.5, 1.0, 0.0]))


def risk_averse_instances() -> Sequence[Instance]:
    """Sellers who are averse to risk, and buyers who may be."""
    bold = design_history_prices([[1, 2, 4]] * 2, [[0.4, 0.3, 0.3]] * 2, 2, Capped(3.0)).mechanism
    offers = OrderObliviousPrices([[{1.0: 0.5, 2.0: 0.5}, {1.0: 1.0}], [{1.0: 1.0}, {2.0: 1.0}]])
    rare, even = Discrete([0.0, 1.0], [0.9, 0.1]), Discrete([0, 1, 2, 3], [0.25] * 4)
    return (
        standard_instance(SequentialPrices((2.0, 1.0, 1.0)), (0.0, 1.0, 2.0), n=3, utilities=CARA(1.0)),
        standard_instance(bold, (1.0, 2.0, 4.0), utilities=[CARA(3.0), Linear()]),
        standard_instance(ItemPrices(offers), [[2.0, 0.0], [1.0, 2.0]]),
        Instance(InsuredSale(1.0, 0.1), JointDistribution.product([rare] * 2)),
        Instance(EsoFutoAuction([even] * 2), JointDistribution.product([even] * 2)),
        *sales_by_lottery(),
    )


def sales_by_lottery() -> Sequence[Instance]:
    """One unit for two buyers with values 1 or 2, whose fear of risk the seller knows and uses."""
    values, chances, prices = [[1.0, 2.0]] * 2, [[0.6, 0.4]] * 2, [1.0, 1.5, 2.0]
    prior = JointDistribution.product([Discrete([1.0, 2.0], [0.6, 0.4])] * 2)
    cautious = CARA(3.0)
    design = design_one_pass(values, chances, 1, Linear(), cautious, prices)
    rounds = Rounds(values, prices, design.lotteries, 1, rounds=2)
    unlike = design_risk_averse_buyers(values, chances, 1, [cautious, Linear()], prices)
    return (
        Instance(design.mechanism, prior, utilities=cautious),
        Instance(rounds, prior, utilities=cautious),
        Instance(unlike.mechanism, prior, utilities=[cautious, Linear()]),
    )


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
        standard_instance(AdditiveVCG(2), name="additive VCG, 2 items"),
        standard_instance(UnitDemandVCG(2), name="unit-demand VCG, 2 items"),
        standard_instance(UniformPriceMultiUnit(2), (0.0, 1.0, 2.0, 3.0)),
        standard_instance(NearestZero(), n=3),
        standard_instance(NearestBid(), n=3),
        standard_instance(NearestVCG(), n=3),
        standard_instance(CombinatorialVCG(), BUNDLE_VALUES),
        standard_instance(_optimal_for_bundles(), BUNDLE_VALUES, name="optimal for bundles"),
        *exchange_instances(),
        *conservative_instances(),
        *robust_instances(),
        *risk_averse_instances(),
        menu_instance(COFFEE_SHOP, coffee_shop_menu(), 2, "coffee shop's menu, 2 visits"),
        menu_instance(LOTTERY_TICKETS, ticket_menu(2), 2, "menu of lottery tickets, 2 visits"),
    )
