"""What `bazaar audit` shows first, what it refuses, and how it tells of somebody's own mistakes."""

import pytest

from sim.audit import audit, standard_instance
from sim.audit.matrix import WIDTH, matrix
from sim.audit.report import standard
from tests.sim.command import bazaar

__all__ = ["bazaar"]

BROKEN = '''
from dataclasses import dataclass

import numpy as np

from mechanisms import AskValue, Mechanism, Outcome


@dataclass(frozen=True)
class Broken(Mechanism):
    """Divides by nothing, or adds what does not fit, when both bid alike."""

    how: str = "zero"

    def conversation(self, n):
        bids = (yield AskValue()).values
        if bids[0] == bids[1]:
            return 1 // 0 if self.how == "zero" else np.zeros(2) + np.zeros(3)
        return Outcome(np.zeros(n), np.zeros(n))
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_all_mechanisms_open_with_a_matrix_that_fits_a_screen():
    """The widest matrix there can be: every notion, and the longest names."""
    names = ["star auction", "coffee shop's menu, 2 visits", "highest bidder lottery, winners pay"]
    instances = standard(names)
    text = matrix(audit(instances)).splitlines()
    assert max(map(len, text)) <= WIDTH == 80
    head, *lines = text[: text.index("")]
    assert len(lines) == 3
    legend = {head: title for line in text for head, _, title in [line.strip().partition("  ")]}
    assert legend["a"].startswith("dominant-strategy IC")
    assert head.split()[0] == "a"


def test_the_matrix_says_what_the_table_says():
    frame = audit([standard_instance(one) for one in _two()], ["dominant", "ex-post-ir"])
    top, second, first = matrix(frame).splitlines()[:3]
    assert (top.split(), second.split()[-2:], first.split()[-2:]) == (["a", "b"], ["+", "+"], ["-", "+"])


def _two():
    from mechanisms import FirstPrice, SecondPrice

    return SecondPrice(), FirstPrice()


def test_details_on_request(bazaar):
    few = ("audit", "risk_averse_bidders", "--types", "2")
    short, long = bazaar(*few).out, bazaar(*few, "--details").out
    assert "+ holds" in short
    assert ", says " not in short
    assert "+ holds" in long
    assert ", says " in long
    named = bazaar(*few, "--notion", "dominant").out
    assert "+ holds" not in named
    assert ", says " in named


def test_silence_is_asked_for_on_the_command_line(bazaar):
    fee = ("audit", "first_price", "--notion", "dominant")
    assert bazaar(*fee, "--reports", "types").code == 0
    answer = bazaar(*fee, "--reports", "lies")
    assert answer.code == 2
    assert "reports must be 'types' or 'types and silence', got 'lies'" in answer.err


def test_a_mechanism_around_another_one_is_given_its_rule(bazaar):
    answer = bazaar("audit", "random_ties", "--set", "rule=second_price", "--notion", "dominant")
    assert answer.code == 0
    assert "second price, ties by lot" in answer.out
    assert "holds" in answer.out
    missing = bazaar("audit", "random_ties")
    assert missing.code == 2
    assert "RandomTies needs rule, a mechanism: --set rule=second_price" in missing.err


@pytest.mark.parametrize(("typo", "meant"), [("secnd_price", "second_price"), ("town_markt", "town_market")])
def test_a_typo_is_matched_among_all_that_can_be_audited(bazaar, typo, meant):
    answer = bazaar("audit", typo)
    assert answer.code == 2
    assert f"there is no scenario or mechanism '{typo}'" in answer.err
    assert meant in answer.err


@pytest.mark.parametrize(
    ("how", "told"),
    [("zero", "ZeroDivisionError: integer"), ("shape", "ValueError: operands could not be broadcast")],
)
def test_ones_own_mistake_is_told_with_its_place(bazaar, folder, how, told):
    (folder / f"broken_{how}.py").write_text(BROKEN)
    answer = bazaar("audit", f"broken_{how}.py:Broken", "--set", f"how={how}")
    assert answer.code == 2
    assert answer.err.startswith(f"Error: broken failed in its own code: {told}")
    assert f"(broken_{how}.py, line 18, in conversation)" in answer.err
    assert "Traceback" not in answer.err


def test_an_auction_of_too_many_rounds_is_refused(bazaar, monkeypatch):
    monkeypatch.setattr("sim.audit.exact.conversing.QUESTION_LIMIT", 20_000)
    answer = bazaar("audit", "combinatorial_clock")
    assert answer.code == 2
    assert "takes more than" in answer.err
    assert "take fewer types or rounds" in answer.err
