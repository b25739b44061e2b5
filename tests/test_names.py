"""One meaning for each public name: no class or function of the house has two owners."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
FLOORS = ("mechanisms", "agents", "sim")
SHARED = {
    "regret_bound",  # of each learning algorithm its own
}


def owners():
    """Public names to the modules that define them, constants apart."""
    found = {}
    for floor in FLOORS:
        for path in (ROOT / floor).rglob("*.py"):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                named = isinstance(node, ast.ClassDef | ast.FunctionDef)
                if named and not node.name.startswith("_"):
                    found.setdefault(node.name, set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_no_public_name_has_two_owners():
    twice = {name: sorted(where) for name, where in owners().items() if len(where) > 1}
    assert {name: where for name, where in twice.items() if name not in SHARED} == {}
