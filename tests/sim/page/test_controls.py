"""Controls: they follow a scenario's parameters, and name no files."""

from scenarios import town_market
from sim.page.controls import controls, settable
from sim.page.show import show_of
from sim.runs.scenario import BidsFile
from tests.sim.page.shows import entry_of, shown


def test_controls_follow_the_parameters():
    made = controls(town_market.Parameters, town_market.Parameters(sellers=2), seed=5)
    assert set(made) == {"seed", *town_market.Parameters.model_fields}
    assert made["seed"]["value"] == "5"
    slider = made["sellers"]
    assert [slider[key] for key in ("type", "value", "min", "max", "step")] == ["SliderInt", 2, 1, 6, 1]
    assert made["comeback"]["type"] == "SliderFloat"
    assert made["strategy"]["type"] == "Select"
    assert "truthful" in made["strategy"]["values"]
    assert (made["buyers"]["type"], made["buyers"]["value"]) == ("InputText", "300")
    assert made["bids"]["value"] == "none"
    assert "from 1 to 6" in slider["help"]


def test_what_the_controls_show_makes_the_same_parameters():
    told = {name: control["value"] for name, control in controls(town_market.Parameters).items()}
    show = show_of(entry_of(town_market))(**told)
    assert show.parameters == town_market.Parameters()


def test_a_seed_of_the_command_line_is_one_of_the_page():
    assert shown(seed=10**99).seed == 10**99


def test_the_page_cannot_set_what_may_name_a_file():
    """Whoever drives it could try out which files there are."""
    mine = BidsFile(file="mine.csv", bid="amount")
    made = controls(town_market.Parameters, town_market.Parameters(bids=mine))
    told = settable(made)
    fixed = {name: value for name, value in told.items() if value is not made[name]}
    assert fixed == {"trace": None, "bids": mine}
