"""By rule or by conversation: the one place where it is decided how a mechanism is looked at.

A closed rule takes whole tables of reports at once. Where there is none, or where somebody mixes her answers,
so that play branches before the rule is reached, the conversation is replayed. Whether profiles are
enumerated or sampled is the caller's choice, and another one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from agents.play.asking import RefusesRandomness
from mechanisms.conversation import ClosedRule, Mechanism, has_rule

T = TypeVar("T")


def by_rule_or_replay(
    mechanism: Mechanism, by_rule: Callable[[ClosedRule], T], by_replay: Callable[[], T]
) -> T:
    """What `by_rule` makes of the closed rule; of a mechanism without, and for mixed answers, `by_replay`."""
    if has_rule(mechanism):
        with suppress(RefusesRandomness):
            return by_rule(mechanism)
    return by_replay()


def rule_or_replay(mechanism: Mechanism, by_rule: T, by_replay: T) -> T:
    """The first for a mechanism with a closed rule, the second for any other."""
    return by_rule_or_replay(mechanism, lambda _: by_rule, lambda: by_replay)
