"""Exports: a package's names, each loaded from its module when it is first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def exports(
    package: str, homes: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """What a package puts into its `__getattr__`, `__dir__` and `__all__`, from names by their modules."""
    home = {name: module for module, names in homes.items() for name in names}
    known = sorted(home)

    def find(name: str) -> Any:
        if name not in home:
            told = f"there are {', '.join(known)}"
            raise AttributeError(f"module {package!r} has no attribute {name!r}; {told}")
        found = getattr(import_module(home[name]), name)
        setattr(sys.modules[package], name, found)
        return found

    return find, lambda: known, known
