"""Search over rules that are made up as they are needed: all of them if they are few, else some at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mechanisms.engine import Path


class Search:
    """Rounds of choices: in each, `choose(key, options)` fixes one option for the key.

    All combinations come up, each once, if there are at most `limit`; otherwise `limit` rounds drawn with
    equal probabilities at every choice, from a generator that is always the same. `exhaustive` tells, after
    the rounds, which it was.
    """

    def __init__(self, limit: int, seed: int = 0) -> None:
        self.limit = limit
        self.exhaustive = True
        self._rng = np.random.default_rng(seed)
        self._chosen: dict[Any, Any] = {}
        self._path = Path()

    def choose(self, key: Any, options: Sequence[Any]) -> Any:
        """The option that stands for the key in this round."""
        if key not in self._chosen:
            count = len(options)
            if self.exhaustive:
                taken = self._path.take((1 / count,) * count)
            else:
                taken = int(self._rng.integers(count))
            self._chosen[key] = options[taken]
        return self._chosen[key]

    def rounds(self) -> Iterator[dict[Any, Any]]:
        """Yield the choices of each round; they fill while the round's caller plays."""
        untried: list[tuple[int, ...]] = [()]
        tried = 0
        while untried and tried < self.limit:
            self._path, self._chosen = Path(untried.pop()), {}
            yield self._chosen
            untried += self._path.untried
            tried += 1
        if untried:
            self.exhaustive = False
            for _ in range(self.limit):
                self._chosen = {}
                yield self._chosen
