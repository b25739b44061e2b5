"""Presets: each scenario has three to five that it takes; the first is the story's own."""

from importlib import import_module

import pytest

from scenarios.__main__ import scenario_files
from sim.records import load
from sim.runs.scenario import ParameterError, Preset
from tests.sim.command import bazaar

__all__ = ["bazaar"]

NAMES = sorted(path.stem for path in scenario_files())


@pytest.mark.parametrize("name", NAMES)
def test_they_can_be_set(name):
    module = import_module(f"scenarios.{name}")
    assert 3 <= len(module.PRESETS) <= 5
    made = [preset.parameters(module.Parameters) for preset in module.PRESETS]
    assert made[0] == module.Parameters()
    assert all(one != other for i, one in enumerate(made) for other in made[:i])
    assert len({preset.name for preset in module.PRESETS}) == len(made)
    assert all(preset.sentence.endswith((".", "?")) for preset in module.PRESETS)


def test_one_that_cannot_be_says_why():
    from scenarios.town_market import Parameters

    with pytest.raises(ParameterError, match="sellers is 9"):
        Preset("too many", "Nine sellers.", {"sellers": 9}).parameters(Parameters)


def test_a_run_may_start_from_one_and_what_is_set_comes_on_top(bazaar, tmp_path):
    told = ("--preset", "two formats", "--set", "buyers=30", "--set", "comeback=0.25", "--until", "3")
    assert bazaar("run", *told, "--out", str(tmp_path / "run")).code == 0
    made = load(tmp_path / "run").manifest["parameters"]
    assert (made["sellers"], made["buyers"], made["comeback"]) == (2, 30, 0.25)


def test_an_unknown_one_is_told(bazaar):
    answer = bazaar("run", "--preset", "three formats")
    assert (answer.code, "'two formats'" in answer.err) == (2, True)
