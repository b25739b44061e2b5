"""The audit's table: for each instance and notion holds or fails, the greatest gain, and the witness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from agents.play.ways import by_rule_or_replay
from mechanisms.menus import PostedMenu
from mechanisms.names import nearest
from sim.audit import joint_notions, outcome_notions  # noqa: F401 — they register their notions
from sim.audit.blame import blamed
from sim.audit.exact.conversing import ConversationGame
from sim.audit.exact.direct import DirectGame
from sim.audit.exact.game import Game, Subject
from sim.audit.instance import Instance
from sim.audit.menus import MenuSubject
from sim.audit.notions import NOTIONS, Finding, Notion, Witness

if TYPE_CHECKING:
    import pandas as pd

WITNESS = ("buyer", "type", "knows", "says", "others", "undominated")
COLUMNS = ("mechanism", "notion", "verdict", "gain", "interval", *WITNESS)
TOLERANCE = 1e-9
"""Gains up to this part of what the greatest type's money is worth do not make a notion fail."""


def game_of(instance: Instance) -> Game:
    """The instance as a game: through the closed rule if it has one, else by replay. Raises TooLargeError."""
    return by_rule_or_replay(
        instance.mechanism,
        lambda rule: DirectGame(instance, rule),
        lambda: ConversationGame(instance),
    )


def subject_of(instance: Instance) -> Subject:
    """What notions look at: a menu, or a game. Raises TooLargeError."""
    return MenuSubject(instance) if isinstance(instance.mechanism, PostedMenu) else game_of(instance)


def chosen_notions(names: Iterable[str] | None = None) -> list[Notion]:
    """Notions by name; None: all. ValueError for a name that is unknown, with the nearest."""
    if names is None:
        return list(NOTIONS.values())
    wanted = list(names)
    for name in wanted:
        if name not in NOTIONS:
            raise ValueError(f"there is no notion {name!r}; {nearest(name, NOTIONS)}")
    return [NOTIONS[name] for name in wanted]


Told = Callable[[str, float], Any]
"""Told in words what is being done, and which part of the work is done before it, from 0 to 1."""


def nobody(words: str, part: float) -> None:
    """Hears nothing."""


def audit(
    instances: Instance | Iterable[Instance], notions: Sequence[str] | None = None, told: Told = nobody
) -> pd.DataFrame:
    """Audit finite instances exactly under all notions, or those named.

    One row for each instance and notion that applies. `verdict` is "holds", "fails", or "no gain found" where
    the others' ways to play were too many to try all; `gain` is the greatest gain over truth (for individual
    rationality, of staying away), `interval` is "exact", and the witness says which `buyer` of what `type`,
    knowing what (`knows`), says what instead (`says`), while the `others` say what; `undominated` lists the
    answers that Knightian buyers of this type do not rule out. A notion holds among the answers that are
    tried: reports of all types, the instance's extra ones, and silence if it says so; see
    `BuyerQuestion.possible_answers`.

    `told` hears how far it is. Raises TooLargeError, with the size, for an instance that is too large;
    ValueError for unknown notions; MechanismError for a mechanism that fails in its own code.
    """
    wanted = chosen_notions(notions)
    each = [instances] if isinstance(instances, Instance) else list(instances)
    rows: list[dict[str, Any]] = []
    for number, instance in enumerate(each):
        with blamed(instance.mechanism, instance.name):
            told(instance.name, number / len(each))
            game = subject_of(instance)
            for k, one in enumerate(wanted):
                if one.applies(game):
                    told(instance.name, (number + k / len(wanted)) / len(each))
                    rows.append(exact_row(instance.name, one.title, one.examine(game)))
    return as_frame(rows)


def exact_row(mechanism: str, notion: str, finding: Finding) -> dict[str, Any]:
    """One line of the table from an exact finding."""
    fails = finding.gain > TOLERANCE * finding.size
    verdict = "fails" if fails else "holds" if finding.exhaustive else "no gain found"
    interval = "exact" if finding.exhaustive else "at least" if fails else "tried"
    return row(mechanism, notion, verdict, finding.gain, interval, finding.witness if fails else None)


def row(
    mechanism: str, notion: str, verdict: str, gain: float, interval: str, witness: Witness | None
) -> dict[str, Any]:
    """One line of the table."""
    line: dict[str, Any] = dict.fromkeys(COLUMNS, "")
    line |= {"mechanism": mechanism, "notion": notion, "verdict": verdict, "gain": gain, "interval": interval}
    return line | ({} if witness is None else vars(witness))


def as_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The lines as a frame."""
    import pandas as pd

    return pd.DataFrame(rows, columns=list(COLUMNS))
