"""One meaning for each public name: no class, function or type of `agents` has an owner elsewhere."""

import ast
from pathlib import Path

import agents

ROOT = Path(agents.__file__).parent.parent
FLOORS = ("mechanisms", "agents", "sim", "scenarios")
SHARED = {
    "regret_bound",  # of each algorithm its own
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


def test_no_public_name_of_agents_has_two_owners():
    twice = {name: where for name, where in owners().items() if len(where) > 1}
    assert {name for name, where in twice.items() if any(w.startswith("agents/") for w in where)} <= SHARED
