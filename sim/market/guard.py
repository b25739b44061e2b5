"""Guard: every hook of anybody's code that the market calls goes through here, and so do its reasons.

Strategies and mechanisms may be anybody's code. What a strategy's hook raises is put into words, and becomes
a refusal or a note; what a mechanism raises is a breach. Ctrl-C alone goes through. Words that come from
anybody's code are cut, and so are how many different ones are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from agents.play.asking import StrategyError, in_words

Told = TypeVar("Told")

LONGEST_REASON = 500
"""Characters of a reason that are kept."""
MOST_MOVES = 2**16
"""Questions, announcements and moves of nature in one conversation; the records number no more."""
TOO_MANY_MOVES = f"it asks, announces and draws more than {MOST_MOVES:,} times in one auction"


def attempt(
    hook: Callable[..., Told], *given: Any, blamed: Any = None
) -> tuple[Told | None, str | None]:
    """What a hook returns, and None; or None and, in words, what it raised.

    With `blamed`, the strategy whose hook it is, it raises StrategyError instead.
    """
    try:
        return hook(*given), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 — anybody's code may raise anything
        return None, fault_of(hook, error, blamed)


def fault_of(hook: Callable[..., Any], error: BaseException, blamed: Any = None) -> str:
    """What a hook raised, in words; raises StrategyError instead with `blamed`, as `attempt` does."""
    fault = reason_of(error)
    if blamed is not None:
        name = getattr(hook, "__name__", hook)
        raise StrategyError(f"{name} of {repr_in_short(blamed)}: {fault}") from error
    return fault


def reason_of(error: BaseException) -> str:
    """Kind and message of what anybody's code raised, cut."""
    return cut(in_words(error))


def cut(words: str, longest: int = LONGEST_REASON) -> str:
    """Words of anybody's, as text that can be written down, not too long.

    >>> cut("abcdef", 4)
    'abc…'
    """
    plain = words[:longest + 1].encode(errors="backslashreplace").decode()
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def repr_in_short(thing: Any) -> str:
    """The repr of a thing of anybody's, cut; its type where it has none."""
    told, fault = attempt(repr, thing)
    return f"a {type(thing).__name__}" if fault is not None or told is None else cut(told)


def numbers(name: str, given: Any) -> NDArray[np.float64]:
    """A vector of numbers in an array of its own; TypeError or ValueError, which names it, if it is none."""
    array = np.array(given)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be numbers, got dtype {array.dtype}")
    if array.ndim != 1:
        raise ValueError(f"{name} must be a vector, got shape {array.shape}")
    return array.astype(float)


class Reasons:
    """Reasons for a table, cut, and at most so many different ones: they may hold anything."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: set[str] = set()

    def kept(self, reason: str) -> str:
        """The reason as it is written down."""
        reason = cut(reason)
        if reason not in self._kept and len(self._kept) >= self._most:
            return "another reason (too many to keep them all)"
        self._kept.add(reason)
        return reason
