"""Every example in a docstring runs, and gives what stands there."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("mechanisms", "agents", "sim", "scenarios")


def files_with_examples():
    found = []
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            if ">>> " in path.read_text(encoding="utf-8"):
                found.append(path.relative_to(ROOT).as_posix())
    return found


def module_of(path):
    return importlib.import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


@pytest.mark.filterwarnings("ignore:Failed to validate hooks:UserWarning")
@pytest.mark.parametrize("path", files_with_examples())
def test_examples_give_what_they_say(path):
    """All of them: as many as lines of the file start with >>>."""
    module = module_of(path)
    runner = doctest.DocTestRunner(verbose=False)
    told: list[str] = []
    for examples in doctest.DocTestFinder().find(module):
        runner.run(examples, out=told.append)
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    assert runner.tries == sum(line.lstrip().startswith(">>> ") for line in lines)
    assert not runner.failures, "".join(told)
