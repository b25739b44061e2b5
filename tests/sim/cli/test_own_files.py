"""A newcomer's own scenario and mechanism on the command line."""

import re

import pytest

from tests.blocks import ROOT, file_in
from tests.sim.command import bazaar, run

__all__ = ["bazaar"]

RIVALS = file_in(ROOT / "README.md", "rival_shops.py")
MECHANISM = '''
from dataclasses import dataclass

from mechanisms import DirectMechanism, Outcome, SecondPrice


@dataclass(frozen=True)
class HalfOfSecond(DirectMechanism):
    """The highest bidder pays a share of the second price: with less than all, truth is not dominant."""

    share: float = 0.5

    def outcome(self, reports):
        sale = SecondPrice().outcome(reports)
        return Outcome(sale.allocation, self.share * sale.payments)
'''


def test_list_run_show_and_audit(bazaar, tmp_path):
    (tmp_path / "rivals_1.py").write_text(RIVALS, encoding="utf-8")
    told = bazaar("list", "rivals_1.py")
    assert "Rival shops: two formats" in told.out
    assert "an integer from 10 to 10,000" in told.out
    ran = bazaar("run", "rivals_1.py", "--set", "buyers=30", "--until", "10", "--out", "here")
    assert ran.code == 0
    assert "rivals_1, seed 0, up to time 10: 30 buyers, 2 sellers" in ran.out
    assert bazaar("show", "here").out == ran.out.partition("\n\n")[2]
    audited = bazaar("audit", "rivals_1.py", "--notion", "bayesian-ic")
    assert audited.code == 0
    assert "22.22" in audited.out, "of type 83.33, one bids 16.67 and gains (83.33 − 16.67)/3 over nothing"


def test_show_reports_as_the_scenario_does(bazaar, tmp_path):
    (tmp_path / "own_report.py").write_text(
        RIVALS + "\n\ndef report(tables, manifest):\n    return [f'{len(tables)} tables']\n", encoding="utf-8"
    )
    ran = bazaar("run", "own_report.py", "--until", "3", "--out", "here")
    assert ran.out.endswith(" tables\n")
    assert "own_report, seed 0" in bazaar("show", "here").out
    assert bazaar("show", "here", "--scenario", "own_report.py").out.endswith(" tables\n")
    assert bazaar("show", "here", "--scenario", "nowhere.py").code == 2


def test_bad_files_end_in_one_line(bazaar, tmp_path):
    (tmp_path / "no_scenario_1.py").write_text("x = 1", encoding="utf-8")
    for command in ("run", "list", "audit", "watch"):
        answer = bazaar(command, "no_scenario_1.py")
        assert answer.code == 2
        assert answer.err.startswith("Error: ")
        assert "is no scenario" in answer.err


def test_the_installed_command_looks_in_the_working_folder(tmp_path):
    """In a process of its own, so that nothing but the command has touched the search path."""
    (tmp_path / "own_auctions_1.py").write_text(MECHANISM, encoding="utf-8")
    code = "import sys; sys.path.remove(''); from scenarios.__main__ import main; main(sys.argv[1:])"
    for named in ("own_auctions_1:HalfOfSecond", "./own_auctions_1.py:HalfOfSecond"):
        done = run("-c", code, "audit", named, "--notion", "dominant", folder=tmp_path)
        assert done.code == 0, done.err
        assert "half of second" in done.out
        assert "fails" in done.out


def test_the_gain_is_that_of_the_second_price(bazaar, tmp_path):
    """Buyer 1 of type 2 loses a tie at 2; if she says 3 she wins, pays half of 2, and gains 1."""
    (tmp_path / "own_auctions_2.py").write_text(MECHANISM, encoding="utf-8")
    audit = ("audit", "own_auctions_2.py:HalfOfSecond", "--notion", "dominant")
    half = bazaar(*audit)
    assert "fails" in half.out
    assert "fails  1  exact" in half.out
    assert "holds" in bazaar(*audit, "--set", "share=1.0", "--buyers", "3", "--types", "3").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("second_price", "--set", "reserv=2"), "SecondPrice has no parameter 'reserv'; .* reserve"),
        (("posted_price",), "PostedPrice needs price; there are price, supply"),
        (("second_price", "--set", "reserve=-1"), "reserve must be finite and at least 0, got -1"),
        (("second_price", "--seed", "1"), "--seed needs a scenario; second_price is a mechanism"),
        (("second_price", "--sample", "100", "--notion", "group"), "'group'; it is audited exactly alone"),
        (("math:pi",), "math:pi must be a class of mechanisms"),
        (("nowhere.py:A",), "there is no file nowhere.py"),
        (("no_such_module_x:A",), "no_such_module_x cannot be imported"),
    ],
)
def test_what_cannot_be_audited_is_told(bazaar, arguments, told):
    answer = bazaar("audit", *arguments)
    assert answer.code == 2

    assert re.search(told, answer.err), answer.err
