"""What `bazaar audit` prints: the table in the terminal, and what it means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sim.audit.instance import REPORTS, Instance
from sim.audit.library import standard_instances
from sim.audit.matrix import matrix
from sim.audit.notions import DEEDS, Witness
from sim.audit.sellers import chosen_shops, instance_sampled, only, sampled, small_instances
from sim.audit.table import WITNESS, Told, audit, chosen_notions, nobody

if TYPE_CHECKING:
    import pandas as pd

EXPLANATION = (
    "IC: the greatest gain of a lie over truth, at a menu of several entries over one; IR: of staying away. "
    "Gains are in utility, which is money for the risk-neutral; of groups, the least member's. Budget "
    "balance: the deficit; efficiency: the welfare missing, both of truth and in money. Exact rows try every "
    "profile of a few types: {sizes}. A notion holds for the types and answers tried, of which there are "
    "finitely many."
)
NOWHERE = (
    "{names}, which says nothing about the mechanisms here: two-step notions are about those that ask for "
    "values and then for knowledge, buy-k and buy-many about menus, groups, false names and finer lies about "
    "small closed rules, budget balance about those to whom somebody pays, the others about all but menus"
)
SAMPLE_EXPLANATION = (
    "IC: the greatest gain of a lie over truth, in utility; IR: of staying away. A notion fails if a lie "
    "that was chosen on one half of the sample gains on the other beyond its 95% interval, or if one "
    "profile was seen that breaks it. Otherwise no gain above the figure was found, over all types and lies "
    "tried; it is no proof, and what is so rare that no profile showed it is not in the figure. Budget "
    "balance: the deficit; efficiency: the welfare missing, both of truth and in money. Groups, false names "
    "and lies off the grid are audited exactly alone."
)

MENU_EXPLANATION = (
    "Gain: of the best purchase of several entries over the best single one. Buy-k: of up to k at once, k as "
    "the name says; adaptive: she looks at what she got before she buys again; buy-many: of any number at "
    "once. Coming back costs nothing. Each type is tried, and every purchase, unless it says `tried`."
)


@dataclass(frozen=True)
class Wanted:
    """What a report is to hold.

    notions
        Names of notions, None for all.
    details
        Whether to tell gains and lies; they are told too where few notions are named, or one mechanism.
    reports
        What counts as a lie, as in `Instance`; None: as the instance says.
    told
        Hears how far it is.
    """

    notions: Sequence[str] | None = None
    details: bool = False
    reports: str | None = None
    told: Told = nobody

    def shown(self, frame: pd.DataFrame) -> Iterator[Any]:
        """A matrix, or the details, or both."""
        few = self.notions is not None or frame["mechanism"].nunique() <= 1
        if not few or self.details:
            yield _plain(matrix(frame))
        if few or self.details:
            yield terminal_table(frame)
        else:
            yield "What a lie gains, and who lies how: --details, or --notion NAME, or --mechanism NAME."

    def of(self, instances: Iterable[Instance]) -> list[Instance]:
        """The instances with the lies that are wanted."""
        each = list(instances)
        return each if self.reports is None else [replace(one, reports=self.reports) for one in each]


def menu_report(instances: Iterable[Instance], names: Sequence[str], wanted: Wanted) -> Iterator[Any]:
    """The exact audit of menus, and what it means; ValueError for unknown names."""
    named = only({instance.name: instance for instance in instances}, names)
    yield from _table(list(named.values()), wanted)
    yield MENU_EXPLANATION


def own_report(instances: Iterable[Instance], names: Sequence[str], wanted: Wanted) -> Iterator[Any]:
    """The exact audit of a scenario's own instances; ValueError for unknown names."""
    named = only({instance.name: instance for instance in instances}, names)
    yield from exact_report(list(named.values()), wanted)


def exact_report(instances: Sequence[Instance], wanted: Wanted) -> Iterator[Any]:
    """The exact table and what it means; ValueError if none of the notions named applies to any instance."""
    yield from _table(instances, wanted)
    yield EXPLANATION.format(sizes=_sizes(instances))
    yield from dict.fromkeys(instance.note for instance in instances if instance.note)


def _table(instances: Iterable[Instance], wanted: Wanted) -> Iterator[Any]:
    notions = wanted.notions
    frame = audit(wanted.of(instances), notions, wanted.told)
    unfit = [one.name for one in chosen_notions(notions) if one.title not in set(frame["notion"])]
    if notions and frame.empty:
        raise ValueError(f"--notion is {_nowhere(unfit)}")
    yield from wanted.shown(frame)
    if notions and unfit:
        yield f"--notion is also {_nowhere(unfit)}."


def _nowhere(names: Sequence[str]) -> str:
    return NOWHERE.format(names=" and ".join(names))


def _sizes(instances: Sequence[Instance]) -> str:
    """How many profiles there are."""
    shapes = {instance.prior.shape for instance in instances}
    if len(shapes) == 1:
        return " × ".join(map(str, *shapes))
    counts = [math.prod(shape) for shape in shapes]
    return f"from {min(counts)} to {max(counts)} profiles"


def market_report(
    scenario: str, market: Any, names: Sequence[str], wanted: Wanted,
    types: int, buyers: int, sample: int | None, seed: int,
) -> Iterator[Any]:
    """The audit of the mechanisms of a market's sellers: of few types exactly, or of a sample.

    Raises ValueError for a run without auctions, and as `small_instances` and `audit_sample` do.
    """
    if not hasattr(market, "nature"):
        raise ValueError(f"{scenario} has no auctions to audit")
    yield from (f"{note}." for note in market.records.manifest.notes)
    chosen = chosen_shops(market, names)
    if sample is not None:
        lies = wanted.reports or REPORTS[1]
        frame = sampled(chosen, buyers, sample, seed, wanted.notions, reports=lies, told=wanted.told)
        yield from wanted.shown(frame)
        yield SAMPLE_EXPLANATION
        return
    instances, left_out = small_instances(chosen, types, buyers)
    yield from exact_report(instances, wanted)
    if left_out:
        yield f"Left out: {'; '.join(left_out)}. Or take --sample PROFILES."


def named_report(instance: Instance, sample: int | None, seed: int, wanted: Wanted) -> Iterator[Any]:
    """The audit of one mechanism: exactly, or of so many profiles from its prior, as `audit_sample` does."""
    if sample is None:
        yield from exact_report([instance], wanted)
        return
    yield from wanted.shown(instance_sampled(wanted.of([instance])[0], sample, seed, wanted.notions))
    yield SAMPLE_EXPLANATION


def standard(wanted: Iterable[str]) -> list[Instance]:
    """The standard instances, or those of the names wanted."""
    return list(only({instance.name: instance for instance in standard_instances()}, wanted).values())


def _plain(text: str) -> Any:
    """Text that the terminal shows as it stands."""
    from rich.text import Text

    return Text(text, no_wrap=True)


def terminal_table(frame: pd.DataFrame) -> Any:
    """The frame for the terminal: each mechanism, its notions, a line each, and below a line who lies how."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    width = frame["notion"].str.len().max() if len(frame) else 0
    parts: list[Any] = []
    before = None
    for line in frame.to_dict("records"):
        name = str(line["mechanism"])
        if name != before:
            parts += [Text(), Text(name, style="bold")]
        told = f"  {line['notion']:{width}}  {line['verdict']}  {line['gain']:.4g}  {line['interval']}"
        parts += [Text(told), *(Padding(Text(part), (0, 0, 0, 4)) for part in _sentence(line).splitlines())]
        before = name
    return Group(*parts, Text())


def _sentence(line: Mapping[Any, Any]) -> str:
    """The witness in a sentence."""
    if line["buyer"] == "":
        return ""
    witness = Witness(*(line[name] for name in WITNESS))
    if witness.buyer == "all":
        return f"types {witness.type} {witness.says}"
    against = f", when {witness.others}" if witness.others else ""
    verb = "" if witness.says.startswith(DEEDS) else "says "
    s = "s" if isinstance(witness.buyer, str) else ""
    who = f"buyer{s} {witness.buyer} of type{s} {witness.type}, knowing {witness.knows}"
    left = f"; undominated: {witness.undominated}" if witness.undominated else ""
    return f"{who}, {verb}{witness.says}{against}{left}"
