"""Finding a known equilibrium: by the auction, what types are drawn from, and the attitude to risk.

Where several are known, as of values uniform on [0, 5] and [6, 7], it is the one for intervals in general.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial, singledispatch

from mechanisms.auctions import AllPay, FirstPrice, SecondPrice
from mechanisms.auctions.core_selecting import NearestBid, NearestVCG, NearestZero
from mechanisms.auctions.multi_unit_demand import UniformPriceMultiUnit
from mechanisms.conversation import Mechanism
from mechanisms.distributions.base import ContinuousDistribution
from mechanisms.distributions.continuous import Uniform
from mechanisms.distributions.local_local_global import LocalLocalGlobal
from mechanisms.distributions.marginal_values import TwoUnitValues
from mechanisms.distributions.prior import IndependentPrior
from mechanisms.distributions.priors import CommonPrior
from mechanisms.distributions.signals import (
    CommonComponent,
    IndependentPrivateValues,
    MineralRights,
    SumOfSignals,
    TypeModel,
)
from mechanisms.equilibria import core_selecting, interdependent, private_values
from mechanisms.equilibria.equilibrium import KnownEquilibrium
from mechanisms.equilibria.kaplan_zamir import first_price_two_uniforms
from mechanisms.equilibria.multi_unit import uniform_price_two_units
from mechanisms.utilities import Linear, Power, Utility

Formula = tuple[Mechanism, Callable[[], KnownEquilibrium]]
"""An auction, and how to make its equilibrium."""


def find_equilibrium(
    mechanism: Mechanism, prior: CommonPrior, n: int, utility: Utility | None = None
) -> KnownEquilibrium | None:
    """The known equilibrium of n bidders of this utility (None: risk-neutral); None where none is known.

    A single distribution is that of each of n independent private values.
    """
    model = _model(prior, n)
    if model is not None and model.n != n:
        return None
    attitude = Linear() if utility is None else utility
    known = next((auction for auction, _ in formulas(model, attitude) if auction == mechanism), None)
    return None if known is None else _made(known, prior, n, attitude)


@lru_cache(maxsize=256)
def _made(auction: Mechanism, prior: CommonPrior, n: int, utility: Utility) -> KnownEquilibrium:
    return next(make() for one, make in formulas(_model(prior, n), utility) if one == auction)


def _model(prior: CommonPrior, n: int) -> TypeModel | None:
    """The prior as a model of types; None if it is none that formulas are known for."""
    if isinstance(prior, TypeModel):
        return prior
    if n < 2:
        return None
    if isinstance(prior, ContinuousDistribution):
        return IndependentPrivateValues.identical(prior, n)
    if isinstance(prior, IndependentPrior) and (n == 2 or len(set(prior.marginals)) == 1):
        return IndependentPrivateValues(prior.marginals)
    return None


@singledispatch
def formulas(model: TypeModel | None, utility: Utility) -> Iterable[Formula]:
    """The auctions that an equilibrium is known of; register a function for a new kind of model."""
    return ()


@formulas.register
def _(model: IndependentPrivateValues, utility: Utility) -> Iterable[Formula]:
    first, second = model.prior.marginals[0], model.prior.marginals[1]
    if first == second and isinstance(first, ContinuousDistribution):
        yield from _alike(first, model.n, utility)
    elif isinstance(first, Uniform) and isinstance(second, Uniform) and utility.is_risk_neutral:
        yield from _two_uniforms(first, second)


def _alike(prior: ContinuousDistribution, n: int, utility: Utility) -> Iterable[Formula]:
    yield SecondPrice(), partial(private_values.second_price, prior, n)
    if isinstance(prior, Uniform) and prior.low >= 0 and isinstance(utility, Power):
        power = partial(private_values.first_price_uniform, n, prior.low, prior.high, utility.exponent)
        yield FirstPrice(), power
    if utility.is_risk_neutral:
        yield FirstPrice(), partial(private_values.first_price, prior, n)
        if prior == Uniform():
            yield AllPay(), partial(private_values.all_pay_uniform, n)


def _two_uniforms(first: Uniform, second: Uniform) -> Iterable[Formula]:
    low, high = (first.low, first.high), (second.low, second.high)
    if first.low == second.low:
        tops = (first.high, second.high)
        yield FirstPrice(), partial(private_values.first_price_common_low, tops, first.low)
    elif first.low < second.low:
        yield FirstPrice(), partial(first_price_two_uniforms, low, high)


@formulas.register
def _(model: CommonComponent, utility: Utility) -> Iterable[Formula]:
    if utility.is_risk_neutral:
        yield FirstPrice(), interdependent.affiliated_first_price
        yield SecondPrice(), interdependent.affiliated_second_price


@formulas.register
def _(model: MineralRights, utility: Utility) -> Iterable[Formula]:
    if utility.is_risk_neutral:
        yield SecondPrice(), partial(interdependent.mineral_rights, model.n)


@formulas.register
def _(model: SumOfSignals, utility: Utility) -> Iterable[Formula]:
    if utility.is_risk_neutral:
        yield FirstPrice(), interdependent.wallet_first_price
        yield SecondPrice(), interdependent.wallet_second_price


@formulas.register
def _(model: LocalLocalGlobal, utility: Utility) -> Iterable[Formula]:
    if utility.is_risk_neutral:
        yield NearestZero(), partial(core_selecting.nearest_zero, model.correlation)
        yield NearestBid(), partial(core_selecting.nearest_bid, model.correlation)
        yield NearestVCG(), partial(core_selecting.nearest_vcg, model.correlation)


@formulas.register
def _(model: TwoUnitValues, utility: Utility) -> Iterable[Formula]:
    if utility.is_risk_neutral and model.n == 2:
        yield UniformPriceMultiUnit(2), uniform_price_two_units
