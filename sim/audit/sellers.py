"""Shops: what a scenario's sellers run, and on whom, made into small instances or samples for an audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.protocol import Knowledge
from agents.play.exact import TooLargeError
from agents.play.ways import rule_or_replay
from mechanisms.conversation import Mechanism, check_count
from mechanisms.distributions import Discrete, Distribution, IndependentPrior, JointDistribution, Prior
from mechanisms.names import counted, nearest
from mechanisms.utilities import Utility
from sim.audit.blame import blamed
from sim.audit.exact.conversing import PROFILE_LIMIT
from sim.audit.exact.direct import TABLE_LIMIT
from sim.audit.instance import REPORTS, Instance
from sim.audit.library import standard_instance
from sim.audit.sampled.montecarlo import audit_sample
from sim.audit.sampled.trial import Effort
from sim.audit.table import Told, audit, nobody

if TYPE_CHECKING:
    import pandas as pd

    from sim.market.market import Market


@dataclass(frozen=True, eq=False)
class Shop:
    """What one seller runs, and her buyers' attitude to risk, prior, and knowledge of one another."""

    name: str
    mechanism: Mechanism
    utility: Utility
    prior: Distribution | Prior
    knowledge: Knowledge | None = None

    @property
    def least(self) -> int:
        """With fewer buyers there is nothing to audit."""
        return self.mechanism.least_buyers


def audit_market(
    market: Market,
    notions: Sequence[str] | None = None,
    *,
    mechanisms: Sequence[str] = (),
    types: int = 3,
    buyers: int = 2,
    sample: int | None = None,
    seed: int = 0,
    reports: str = REPORTS[1],
) -> pd.DataFrame:
    """What `bazaar audit SCENARIO` prints, as a frame with the columns of `audit`.

    `mechanisms` are names of sellers, none for all. With `sample`, the number of profiles, at least 4, a
    sample is audited in place of `types` types of each of `buyers` buyers. `reports` says whether silence is
    tried as a lie. `frame.attrs["left_out"]` tells which sellers are left out because they need more buyers.
    Raises as `small_instances` and `audit_sample` do, and ValueError for a name that is unknown.
    """
    chosen = chosen_shops(market, mechanisms)
    if sample is not None:
        return sampled(chosen, buyers, sample, seed, notions, reports=reports)
    instances, left_out = small_instances(chosen, types, buyers)
    frame = audit([replace(one, reports=reports) for one in instances], notions)
    frame.attrs["left_out"] = left_out
    return frame


def chosen_shops(market: Market, names: Iterable[str]) -> list[Shop]:
    """The shops of the sellers of these names, of all if there are none; ValueError for an unknown one."""
    return [shop for each in only(shops(market), names).values() for shop in each]


def only(named: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    """The entries whose names are wanted, all if none is; ValueError for an unknown one."""
    names = list(wanted)
    for name in names:
        if name not in named:
            raise ValueError(f"there is no mechanism {name!r}; {nearest(name, named)}")
    return {name: one for name, one in named.items() if not names or name in names}


def shops(market: Market) -> dict[str, list[Shop]]:
    """For each seller, by name, what she runs: once for each attitude to risk among her buyers."""
    population, found = market.population, {}
    for seller in market.sellers:
        entry = market.entry(seller)
        present = np.unique(population.membership[entry.members]).tolist()
        utilities = list(dict.fromkeys(population.groups[g].utility for g in present))
        name = seller.plan.name
        titles = [name if len(utilities) == 1 else f"{name}, {utility!r}" for utility in utilities]
        prior = entry.prior or market.nature.prior
        found[name] = [
            Shop(title, seller.plan.mechanism, utility, prior, entry.knowledge)
            for title, utility in zip(titles, utilities, strict=True)
        ]
    return found


def distinct(each: Sequence[Shop], *, by_knowledge: bool) -> list[Shop]:
    """Of shops that are alike only the first, whose name then tells how many more there are."""
    alike: dict[Any, list[Shop]] = {}
    for shop in each:
        knows = id(shop.knowledge) if by_knowledge else None
        what = (_identity(shop.mechanism), shop.utility, _identity(shop.prior), knows)
        alike.setdefault(what, []).append(shop)
    return [
        first if not more else replace(first, name=f"{first.name} (and {len(more)} alike)")
        for first, *more in alike.values()
    ]


def _identity(one: Any) -> Any:
    """The object if it can be compared, else its address."""
    try:
        hash(one)
    except TypeError:  # it holds arrays
        return id(one)
    return one


# --- small instances --------------------------------------------------------------------------------


def small_instances(each: Sequence[Shop], types: int, buyers: int) -> tuple[list[Instance], list[str]]:
    """Small instances: `types` equally likely quantiles of the prior for each of `buyers`.

    A prior that is a finite joint table is taken as it stands. Buyers know their own types only. A rule that
    has the number of buyers as a parameter gets this one. Shops whose rule needs more are left out, and come
    back in words.

    Raises TypeError for another prior over whole profiles, TooLargeError for instances that are too large
    or if all shops need more buyers, TypeError or ValueError for counts below 1.
    """
    check_count("types", types)
    check_count("buyers", buyers)
    each = distinct([_among(shop, buyers) for shop in each], by_knowledge=False)
    fit = [shop for shop in each if shop.least <= buyers or isinstance(shop.prior, JointDistribution)]
    left_out = [f"{shop.name}: {_advice(shop, types)}" for shop in each if shop not in fit]
    if not fit:
        raise TooLargeError(f"--buyers is {buyers}. {'; '.join(left_out)}. Or take --sample PROFILES")
    return [_small_instance(shop, types, buyers) for shop in fit], left_out


def _among(shop: Shop, buyers: int) -> Shop:
    """The shop with its rule for fewer buyers, if their number is a parameter of it; else itself."""
    rule: Any = shop.mechanism
    told = is_dataclass(rule) and any(field.name == "n" for field in fields(rule))
    if not told or rule.n <= buyers or isinstance(shop.prior, JointDistribution):
        return shop
    try:
        return replace(shop, mechanism=replace(rule, n=buyers))
    except ValueError:  # it is not for so few
        return shop


def _advice(shop: Shop, types: int) -> str:
    profiles = types**shop.least
    if profiles > PROFILE_LIMIT:
        least = counted(shop.least, "buyer")
        return f"needs {least}, {profiles:,} type profiles, too many for an exact audit"
    return f"needs --buyers {shop.least}, which may take minutes"


def _small_instance(shop: Shop, types: int, buyers: int) -> Instance:
    prior, name, utility = shop.prior, shop.name, shop.utility
    if isinstance(prior, JointDistribution):
        return Instance(shop.mechanism, prior, name=name, utilities=utility)
    marginals = _marginals(prior, buyers)
    grids = [_grid(marginal, types) for marginal in marginals]
    if (profiles := types**buyers) > TABLE_LIMIT:
        raise TooLargeError(
            f"{counted(buyers, 'buyer')} of {counted(types, 'type')} have {profiles:,} type profiles, an "
            f"exact audit takes at most {TABLE_LIMIT:,}; take fewer, or audit a sample "
            "(Monte-Carlo, --sample)"
        )
    if len(set(marginals)) == 1:
        return standard_instance(shop.mechanism, grids[0], buyers, name, utilities=utility)
    even = [Discrete(grid, np.full(len(grid), 1 / len(grid))) for grid in grids]
    return Instance(shop.mechanism, JointDistribution.product(even), name=name, utilities=utility)


def _marginals(prior: Distribution | Prior, buyers: int) -> Sequence[Distribution]:
    """The distribution of the value of each buyer."""
    if isinstance(prior, Distribution):
        return (prior,) * buyers
    if isinstance(prior, IndependentPrior) and len(set(prior.marginals)) == 1:
        return (prior.marginals[0],) * buyers
    if isinstance(prior, IndependentPrior) and prior.n == buyers:
        return prior.marginals
    raise TypeError(
        f"prior must be of independent values, or a joint table, for an exact audit, got "
        f"{type(prior).__name__} of {counted(prior.n, 'buyer')}; `bazaar audit all` audits a small instance "
        "of each mechanism exactly"
    )


def _grid(marginal: Distribution, types: int) -> NDArray[np.float64]:
    if isinstance(marginal, Discrete) and (marginal.probabilities > 0).sum() <= types:
        return marginal.values[marginal.probabilities > 0]
    return np.unique(marginal.quantile((np.arange(types) + 0.5) / types))


# --- samples ----------------------------------------------------------------------------------------


def sampled(
    each: Sequence[Shop],
    buyers: int,
    profiles: int,
    seed: int,
    notions: Sequence[str] | None,
    *,
    reports: str = REPORTS[1],
    told: Told = nobody,
) -> pd.DataFrame:
    """The audit of a sample of each shop's own prior; conversations get a hundredth of the profiles.

    Where buyers know something of one another, all who belong to that knowledge take part.
    """
    import pandas as pd

    frames, some = [], distinct(each, by_knowledge=True)
    for number, shop in enumerate(some):
        told(shop.name, number / len(some))
        with blamed(shop.mechanism, shop.name):
            frames.append(_sampled(shop, buyers, profiles, seed, notions, reports))
    return pd.concat(frames, ignore_index=True)


def _sampled(
    shop: Shop, buyers: int, profiles: int, seed: int, notions: Sequence[str] | None, reports: str
) -> pd.DataFrame:
    n = max(buyers, shop.least) if shop.knowledge is None else shop.knowledge.n
    joint = shop.prior if isinstance(shop.prior, Prior) else IndependentPrior.identical(shop.prior, n)
    return audit_sample(
        shop.mechanism,
        joint,
        notions,
        effort=effort_for(shop.mechanism, profiles, seed),
        reports=reports,
        utilities=shop.utility,
        knowledge=shop.knowledge,
        name=shop.name,
    )


def effort_for(mechanism: Mechanism, profiles: int, seed: int) -> Effort:
    """So many profiles for a closed rule, a hundredth for a conversation."""
    fewer = Effort(max(profiles // 100, 4), 6, 36, seed)
    return rule_or_replay(mechanism, Effort(profiles, seed=seed), fewer)


def instance_sampled(
    instance: Instance, profiles: int, seed: int, notions: Sequence[str] | None
) -> pd.DataFrame:
    """The audit of a sample of an instance's prior, where all would be too many."""
    with blamed(instance.mechanism, instance.name):
        return audit_sample(
            instance.mechanism,
            instance.prior,
            notions,
            effort=effort_for(instance.mechanism, profiles, seed),
            reports=instance.reports,
            utilities=instance.attitudes,
            strategies=instance.players,
            name=instance.name,
        )
