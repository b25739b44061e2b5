"""What another answer would have brought is worked out in one place, and so is how a mechanism is looked at.

The source is read as syntax: whoever asks a space for payoffs, puts reports through a lottery, or asks
whether there is a closed rule, stands in a list here, with the reason.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("mechanisms", "agents", "sim", "scenarios")
SOURCES = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")]

PAYOFFS = {
    "mechanisms/types": "spaces say what a payoff is",
    "mechanisms/deviations.py": "the home",
    "agents/play/payoffs.py": "what play brought to those who played",
    "agents/play/exact.py": "the same, at every end of play",
}
LOTTERY = {
    "mechanisms/deviations.py": "the home",
    "mechanisms/conversation.py": "a rule played as a conversation",
    "mechanisms/conservative/knowledge_extraction.py": "a rule that ends in another one",
    "agents/play/exact.py": "every end of play",
    "agents/nature/adversary.py": "what the seller earns from profiles that nature weighs",
}
HAS_RULE = {
    "mechanisms/conversation.py": "where it is defined, and refused",
    "agents/play/ways.py": "the choice",
    "agents/nature/adversary.py": "a nature refuses sellers without one",
    "agents/strategies/equilibrium.py": "known equilibria are of sealed rounds",
    "sim/market/sealed.py": "which auctions are held in blocks",
}


def calls(*names):
    """The files, from the root, in which a function or method of one of these names is called."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = node.func
                name = getattr(called, "attr", getattr(called, "id", ""))
                if name in names:
                    found.add(path.relative_to(ROOT).as_posix())
    return found


@pytest.mark.parametrize(
    ("names", "homes"),
    [(("payoff", "payoffs"), PAYOFFS), (("lottery",), LOTTERY), (("has_rule",), HAS_RULE)],
    ids=["payoff", "lottery", "has_rule"],
)
def test_asked_in_its_home_alone(names, homes):
    strangers = {path for path in calls(*names) if not path.startswith(tuple(homes))}
    assert not strangers
