"""Every public sampler draws the shape it is asked for, and refuses sizes and generators that are none."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
from scipy import stats

from agents.nature import Duel, DuelNature, LearningNature, WithOrdinaryTrade, WorstCaseNature
from mechanisms.auctions import SecondPrice
from mechanisms.distributions import (
    AtomicPrior,
    Discrete,
    EqualRevenue,
    Exponential,
    FromScipy,
    IndependentPrior,
    IndependentTypes,
    JointDistribution,
    LogNormal,
    MixturePrior,
    PiecewiseUniform,
    PowerLaw,
    TruncatedNormal,
    Uniform,
)
from mechanisms.distributions.local_local_global import LocalLocalGlobal
from mechanisms.distributions.marginal_values import TwoUnitValues
from mechanisms.distributions.signals import (
    CommonComponent,
    IndependentPrivateValues,
    MineralRights,
    SignalDraw,
    SumOfSignals,
)
from mechanisms.robust import (
    CellNature,
    FaceNature,
    HighestBidderNature,
    LogarithmicPrice,
    MarkovSet,
    RandomPostedPrices,
    RandomReserveAuctions,
    RandomReserveLottery,
    ZeroSumGame,
    nature_auction,
    nature_pricing,
    regret_matching_plus,
)
from mechanisms.types import unit_of_each

VALUE, PROFILES = Uniform(0, 1), [[[0.0, 1.0]], [[1.0, 0.0]]]
PENNIES = ZeroSumGame(np.eye(2), np.arange(2.0), np.arange(2.0))


def worst_case():
    """The extremal distribution of a second price auction, as nature plays it."""
    nature = WorstCaseNature(MarkovSet(2, 0.5), points=5)
    nature.meet(SecondPrice())
    return nature


def duelling():
    return DuelNature(Duel(PENNIES, regret_matching_plus(2), regret_matching_plus(2)), PROFILES)


def learning():
    nature = LearningNature(PROFILES, regret_matching_plus(2))
    nature.meet(SecondPrice())
    return nature


SAMPLERS = {  # with the shape of one draw
    FromScipy(stats.uniform()): (),
    VALUE: (),
    PowerLaw(2): (),
    Exponential(1): (),
    LogNormal(0, 1): (),
    TruncatedNormal(0.5, 1, 0, 1): (),
    EqualRevenue(4): (),
    Discrete([0, 1], [0.5, 0.5]): (),
    PiecewiseUniform([0, 1], [1]): (),
    LogarithmicPrice(1): (),
    AtomicPrior([[0.0, 1.0], [1.0, 0.0]], [0.5, 0.5]): (2,),
    JointDistribution([[0.5, 0.0], [0.0, 0.5]]): (2,),
    IndependentPrior([VALUE] * 3): (3,),
    MixturePrior([0.5, 0.5], [IndependentPrior([VALUE] * 2)] * 2): (2,),
    IndependentTypes(unit_of_each(2), [VALUE] * 3): (3, 2),
    HighestBidderNature(2, 0.5): (2,),
    FaceNature(3, 0.5): (3,),
    CellNature(np.array([0.5, 1]), np.full((1, 1), 0.5), np.zeros(1), 0.5): (2,),
    nature_pricing((1, 2)): (2,),
    nature_auction((1, 2), 3): (3, 2),
    RandomReserveLottery(2, 0.5): (),
    RandomReserveAuctions((1, 2), 3): (2,),
    RandomPostedPrices((VALUE, None)): (2,),
    LocalLocalGlobal(): (3,),
    TwoUnitValues(): (2, 2),
    IndependentPrivateValues([VALUE] * 2): (2,),
    CommonComponent(): (2,),
    MineralRights(3): (3,),
    SumOfSignals(): (2,),
    worst_case(): (2,),
    duelling(): (2,),
    learning(): (2,),
    WithOrdinaryTrade(learning(), 0.5, IndependentPrior([VALUE] * 2)): (2,),
}


def samplers_of(kind):
    """Its public methods that draw a number of times."""
    return [name for name, method in inspect.getmembers(kind, inspect.isfunction)
            if name.startswith("sample") and "size" in inspect.signature(method).parameters]


def drawn(sampler, rng, size):
    """What all its methods draw: arrays."""
    for name in samplers_of(type(sampler)):
        draw = getattr(sampler, name)(rng, size)
        yield from [draw.values, draw.signals] if isinstance(draw, SignalDraw) else [np.asarray(draw)]


def test_all_public_samplers_are_here():
    found = set()
    for floor in ("mechanisms", "agents"):
        package = importlib.import_module(floor)
        for info in pkgutil.walk_packages(package.__path__, f"{floor}."):
            found.update(
                thing for name, thing in vars(importlib.import_module(info.name)).items()
                if inspect.isclass(thing) and thing.__module__ == info.name and not name.startswith("_")
                and not inspect.isabstract(thing) and samplers_of(thing)
            )
    assert found == {type(sampler) for sampler in SAMPLERS}


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_shapes(sampler):
    one = SAMPLERS[sampler]
    for size, shape in ((4, (4,)), (0, (0,)), ((2, 3), (2, 3)), ((), ()), (np.int64(2), (2,))):
        for draws in drawn(sampler, np.random.default_rng(1), size):
            assert draws.shape == (*shape, *one)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_what_is_refused(sampler):
    rng = np.random.default_rng(1)
    for size, message in ((-1, r"size must be at least 0, got -1"), ((2, -3), r"got \(2, -3\)")):
        with pytest.raises(ValueError, match=message):
            list(drawn(sampler, rng, size))
    for size in (2.0, "3", None, True, (2, 0.5)):
        with pytest.raises(TypeError, match="size must be an integer or a tuple of integers, got"):
            list(drawn(sampler, rng, size))
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator, got 7"):
        list(drawn(sampler, 7, 2))
