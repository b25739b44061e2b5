"""Controls: they follow a scenario's parameters, and name no files where others see the page."""

import pytest

from scenarios import town_market
from sim.page import server
from sim.page.controls import controls, settable
from sim.page.show import show_of
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


def test_where_others_see_the_page_it_cannot_set_what_may_name_a_file():
    """They could try out which files there are."""
    made = controls(town_market.Parameters, town_market.Parameters(bids="mine.csv"))
    assert settable(made, shared=False) == made
    shared = settable(made, shared=True)
    fixed = {name: value for name, value in shared.items() if value is not made[name]}
    assert fixed == {"trace": "none", "bids": "mine.csv"}


@pytest.mark.parametrize(("host", "shared"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_whether_others_see_the_page_follows_from_the_host(host, shared, monkeypatch):
    app = pytest.importorskip("sim.page.app", reason="the page is not installed")
    monkeypatch.setattr(app, "EXHIBIT", app.Exhibit())
    with server.bind(host, 0) as listening:
        server._exhibit(entry_of(town_market), None, 0, listening)
    assert app.EXHIBIT.shared is shared
