"""A setting that would do nothing is refused when the scenario is set up; what is refused does nothing."""

import importlib

import numpy as np
import pytest

from scenarios.__main__ import scenario_files
from sim.runs.run import play_until
from sim.runs.scenario import ParameterError, make_parameters

SMALL = {"town_market": {"until": 12, "buyers": 40},
         "neighbours": {"until": 20, "density": "2", "resolution": "2"}}
IN_VAIN = [
    ("town_market", {"sellers": 1}, "posted_price", 70.0, "its seller opens with sellers=3"),
    ("town_market", {"sellers": 4}, "increment", 0.1, "its seller opens with sellers=5"),
    ("town_market", {"sellers": 4}, "rounds", 5, "its seller opens with sellers=5"),
    ("town_market", {"sellers": 5}, "sample", 10, "its seller opens with sellers=6"),
    ("town_market", {"comeback": 0}, "retry", 3.0, "no loser comes back"),
    ("town_market", {"degree": 0}, "heard_weight", 0.9, "nobody has neighbours"),
    ("town_market", {"degree": 0}, "rewiring", 0.9, "nobody has neighbours"),
    ("town_market", {"latency": 0}, "latency_spread", 2.0, "all messages are at once"),
    ("neighbours", {"prior": "common factor"}, "tail", 2.0, "has no such tail"),
    ("neighbours", {}, "share", 0.5, "nobody reports a share"),
    ("neighbours", {}, "noise", 0.1, "nobody is off"),
    ("neighbours", {}, "odd_seat", 2, "all are honest"),
    ("learn_first_price", {"strategy": "exp3"}, "learner", "hedge", "strategy stands in its place"),
    ("learn_first_price", {"strategy": "exp3"}, "fixed_learner", "exp3", "strategy stands in its place"),
]


@pytest.mark.parametrize(("scenario", "beside", "name", "value", "why"), IN_VAIN)
def test_a_setting_that_does_nothing_is_refused(scenario, beside, name, value, why):
    kind = importlib.import_module(f"scenarios.{scenario}").Parameters
    with pytest.raises(ParameterError, match=f"{name} is .*, and would do nothing: .*{why}"):
        make_parameters(kind, beside | {name: value})
    make_parameters(kind, beside)


@pytest.mark.parametrize(
    ("scenario", "beside", "name", "value", "why"), [one for one in IN_VAIN if one[0] in SMALL]
)
def test_what_is_refused_would_have_done_nothing(scenario, beside, name, value, why):
    """The same seed brings the same auctions with another value, past the check."""
    module = importlib.import_module(f"scenarios.{scenario}")
    told = make_parameters(module.Parameters, SMALL[scenario] | beside)
    one, other = (revenues(module, each) for each in (told, told.model_copy(update={name: value})))
    np.testing.assert_array_equal(one, other)


def revenues(module, parameters):
    market = module.build(parameters, 3)
    play_until(market, parameters.until)
    market.close()
    return market.records.frame("auctions")["revenue"].to_numpy()


@pytest.mark.parametrize("scenario", sorted(path.stem for path in scenario_files()))
def test_the_default_is_never_in_vain(scenario):
    """Nothing is refused of what nobody set."""
    importlib.import_module(f"scenarios.{scenario}").Parameters()
