"""What `bazaar audit` does: instances from a scenario's market, and the table in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mechanisms.conversation import Mechanism, check_count
from mechanisms.distributions import Discrete, Distribution, IndependentPrior, JointDistribution, Prior
from sim.audit.instance import Instance
from sim.audit.library import standard_instance, standard_instances
from sim.audit.montecarlo import audit_sample
from sim.audit.notions import DEEDS, Witness
from sim.audit.table import WITNESS, audit
from sim.audit.trial import Effort
from sim.registry import nearest

if TYPE_CHECKING:
    import pandas as pd

    from sim.market import Market

EXPLANATION = (
    "IC: the greatest gain of a lie over truth, at a menu of several entries over one; IR: of staying away. "
    "Exact rows are about {types}, and an ambiguity set of four distributions: all profiles equally likely, "
    "low types more likely, high types more likely, types tending to be alike; alpha is 1/2, the weights are "
    "equal. A notion holds for the types and answers tried, of which there are finitely many."
)
SAMPLE_EXPLANATION = (
    "IC: the greatest gain of a lie over truth; IR: of staying away. A notion fails if a lie that was chosen "
    "on one half of the sample gains on the other beyond its 95% interval, or if one profile was seen that "
    "breaks it. Otherwise no gain above the figure was found, over all types and lies tried; it is no proof."
)

MENU_EXPLANATION = (
    "Gain: of the best purchase of several entries over the best single one. Buy-k: of up to k at once, k as "
    "the name says; adaptive: she looks at what she got before she buys again; buy-many: of any number at "
    "once. Coming back costs nothing. Each type is tried, and every purchase, unless it says `tried`."
)


def market_report(
    scenario: str, market: Any, wanted: Sequence[str], notions: Sequence[str] | None,
    types: int, buyers: int, sample: int | None, seed: int,
) -> Iterator[Any]:
    """The audit of the mechanisms of a market's sellers: of few types exactly, or of a sample.

    Raises ValueError for a run without auctions, and as `only` and `audited` do.
    """
    if not hasattr(market, "nature"):
        raise ValueError(f"{scenario} has no auctions to audit")
    mechanisms = only(sellers_mechanisms(market), wanted)
    prior = market.nature.prior
    if sample is None:
        yield from exact_report(audited(mechanisms, prior, types, buyers), notions)
    else:
        yield terminal_table(sampled(mechanisms, prior, buyers, sample, seed, notions))
        yield SAMPLE_EXPLANATION


def menu_report(
    instances: Iterable[Instance], wanted: Sequence[str], notions: Sequence[str] | None
) -> Iterator[Any]:
    """The exact audit of menus, and what it means; ValueError for unknown names."""
    named = only({instance.name: instance for instance in instances}, wanted)
    yield terminal_table(audit(named.values(), notions))
    yield MENU_EXPLANATION


MOST_PROFILES = 1_000_000
"""The most type profiles of an instance that is made from a scenario."""


def sellers_mechanisms(market: Market) -> dict[str, Mechanism]:
    """Each seller's mechanism, by the seller's name."""
    plans = [seller.plan for seller in market.sellers]
    return {plan.name or plan.mechanism.name: plan.mechanism for plan in plans}


def audited(
    mechanisms: Mapping[str, Mechanism], prior: Distribution | Prior, types: int, buyers: int
) -> list[Instance]:
    """Small instances of mechanisms: `types` equally likely quantiles of the prior for each of `buyers`.

    A prior that is a finite joint table is taken as it stands. Raises TypeError for another prior over whole
    profiles, TypeError or ValueError for counts below 1, ValueError for more than MOST_PROFILES profiles.
    """
    check_count("types", types)
    check_count("buyers", buyers)
    if isinstance(prior, JointDistribution):
        return [Instance(mechanism, prior, name=name) for name, mechanism in mechanisms.items()]
    if not isinstance(prior, Distribution):
        raise TypeError(
            f"prior must be of one value, or a joint table, for an exact audit, got {type(prior).__name__} "
            f"of {prior.n} buyers; `bazaar audit all` audits a small instance of each mechanism exactly"
        )
    values = np.unique(prior.quantile((np.arange(types) + 0.5) / types))
    if isinstance(prior, Discrete) and (prior.probabilities > 0).sum() <= types:
        values = prior.values[prior.probabilities > 0]
    counts = {name: max(buyers, mechanism.least_buyers) for name, mechanism in mechanisms.items()}
    for name, n in counts.items():
        if len(values) ** n > MOST_PROFILES:
            raise ValueError(
                f"an exact audit of {name!r} takes {len(values)} types for each of {n} buyers, which are too "
                "many profiles; choose others with --mechanism, or take fewer --types; `bazaar audit all` "
                "audits a small instance of each mechanism exactly"
            )
    return [
        standard_instance(mechanism, values, counts[name], name) for name, mechanism in mechanisms.items()
    ]


def sampled(
    mechanisms: Mapping[str, Mechanism],
    prior: Distribution | Prior,
    buyers: int,
    profiles: int,
    seed: int,
    notions: Sequence[str] | None,
) -> pd.DataFrame:
    """The audit of a sample of the scenario's own prior; conversations get a hundredth of the profiles."""
    import pandas as pd

    frames = []
    for name, mechanism in mechanisms.items():
        n = max(buyers, mechanism.least_buyers)
        joint = prior if isinstance(prior, Prior) else IndependentPrior.identical(prior, n)
        closed = hasattr(mechanism, "outcome")
        effort = Effort(profiles, seed=seed) if closed else Effort(max(profiles // 100, 4), 6, 36, seed)
        frames.append(audit_sample(mechanism, joint, notions, effort=effort, name=name))
    return pd.concat(frames, ignore_index=True)


def only(named: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    """The entries whose names are wanted, all if none is; ValueError for an unknown one."""
    names = list(wanted)
    for name in names:
        if name not in named:
            raise ValueError(f"there is no mechanism {name!r}; {nearest(name, named)}")
    return {name: one for name, one in named.items() if not names or name in names}


def exact_report(instances: Sequence[Instance], notions: Sequence[str] | None) -> Iterator[Any]:
    """The exact table and what it means."""
    shapes = sorted({instance.prior.shape for instance in instances})
    sizes = " or ".join(" × ".join(map(str, shape)) for shape in shapes)
    yield terminal_table(audit(instances, notions))
    yield EXPLANATION.format(types=f"{sizes} type profiles")


def standard(wanted: Iterable[str]) -> list[Instance]:
    """The standard instances, or those of the names wanted."""
    return list(only({instance.name: instance for instance in standard_instances()}, wanted).values())


def terminal_table(frame: pd.DataFrame) -> Any:
    """The frame as a table for the terminal, a section for each mechanism."""
    from rich.table import Table

    table = Table("mechanism", "notion", "verdict", "gain", "interval", "witness")
    table.columns[3].justify = "right"
    before = None
    for line in frame.to_dict("records"):
        name = str(line["mechanism"])
        if before not in (None, name):
            table.add_section()
        table.add_row(
            "" if name == before else name,
            str(line["notion"]),
            str(line["verdict"]),
            f"{line['gain']:.4g}",
            str(line["interval"]),
            _sentence(line),
        )
        before = name
    return table


def _sentence(line: Mapping[Any, Any]) -> str:
    """The witness in a sentence."""
    if line["buyer"] == "":
        return ""
    witness = Witness(*(line[name] for name in WITNESS))
    against = f", when {witness.others}" if witness.others else ""
    verb = "" if witness.says.startswith(DEEDS) else "says "
    who = f"buyer {witness.buyer} of type {witness.type}, knowing {witness.knows}"
    left = f"; undominated: {witness.undominated}" if witness.undominated else ""
    return f"{who}, {verb}{witness.says}{against}{left}"
