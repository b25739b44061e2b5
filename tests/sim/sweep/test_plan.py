"""Plans: what they run, what they refuse, and when two of them are the same."""

import itertools

import numpy as np
import pytest

from sim.records.sweep_reading import plan_hash
from sim.runs.registry import Registry
from sim.runs.scenario import ParameterError
from sim.sweep.axes import grid_values, list_values, read_axes, read_versus
from sim.sweep.plan import PlanError, SweepPlan, axis_value, make_plan
from sim.sweep.plan_file import read_plan
from tests.sim.sweep.toys import TOY, toy


@pytest.fixture
def entry():
    return toy()


def test_a_grid_is_numpys_linspace():
    assert np.allclose(grid_values("-1.5:4:7"), np.linspace(-1.5, 4, 7), rtol=1e-15)
    assert grid_values("0:0.3:4")[-1] == 0.3


@pytest.mark.parametrize(
    "text", ["1:2", "1:2:x", "1:2:1", "1:2:0", "1:nan:3", "0:inf:3", "1:2:3:4", "1:2:2000000"]
)
def test_other_grids_are_refused(text):
    with pytest.raises(PlanError, match="must"):
        grid_values(text)


def test_lists_with_commas_in_their_values():
    assert list_values("a, b,c") == ["a", "b", "c"]
    assert list_values("1,2;3,4") == ["1,2", "3,4"]


@pytest.mark.parametrize(("grids", "lists"), [(["a"], []), (["=1:2:3"], []), ([], ["a="])])
def test_axes_of_another_form_are_refused(grids, lists):
    with pytest.raises(PlanError, match="it must be name="):
        read_axes(grids, lists)


def test_a_parameter_swept_twice_is_refused():
    with pytest.raises(PlanError, match="a is swept twice"):
        read_axes(["a=0:1:2"], ["a=1,2"])


@pytest.mark.parametrize("text", ["kind", "kind=a", "kind=a,b,c"])
def test_a_comparison_has_two_values(text):
    with pytest.raises(PlanError, match="must be name=a,b"):
        read_versus(text)


def test_tasks_are_points_times_seeds(entry):
    plan = make_plan(entry, {"scale": 2}, {"shift": ["0", "1"], "kind": ["a", "b"]}, seeds=3)
    tasks = list(plan.tasks())
    expected = list(itertools.product([0.0, 1.0], ["a", "b"], range(3)))
    assert [(t.parameters["shift"], t.parameters["kind"], t.seed) for t in tasks] == expected
    assert [task.number for task in tasks] == list(range(12))
    assert [task.point for task in tasks] == [k // 3 for k in range(12)]
    assert all(task.parameters["scale"] == 2 for task in tasks)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"axes": {"shift": []}}, "shift is swept over"),
        ({"axes": {"shift": ["1", "1.0"]}}, "one value twice"),
        ({"axes": {"scale": [1, 2]}, "settings": {"scale": 1}}, "both set and swept"),
        ({"seeds": 0}, "seeds is 0"),
        ({"seeds": True}, "seeds is True"),
        ({"seeds": [1, 1]}, "a seed twice"),
        ({"seeds": [-1]}, "seeds has -1"),
        ({"seeds": [2**63]}, "seeds has"),
        ({"axes": {"shift": range(2000)}, "seeds": 1000}, "2,000,000 tasks"),
        ({"axes": {"kind": ["a"]}, "vs": ("kind", "a", "b")}, "swept already"),
    ],
)
def test_plans_that_cannot_be_carried_out_are_refused(entry, change, message):
    with pytest.raises(PlanError, match=message):
        make_plan(entry, **change)


def test_values_that_the_scenario_refuses_are_refused_at_every_point(entry):
    with pytest.raises(ParameterError, match="scale is -1"):
        make_plan(entry, axes={"shift": [0, 1], "scale": [1, -1]})
    with pytest.raises(ParameterError, match="no parameter 'shfit'"):
        make_plan(entry, axes={"shfit": [0, 1]})


def test_the_hash_is_that_of_what_is_planned_not_of_how_it_is_written(entry):
    one = make_plan(entry, {"scale": "2", "until": 3}, {"shift": ["0", "1.50"]}, 2, ("kind", "a", "b"))
    other = make_plan(entry, {"until": "3", "scale": 2.0}, {"shift": [0, 1.5]}, [0, 1], ("kind", "a", "b"))
    assert plan_hash(one.described()) == plan_hash(other.described())


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"scale": 3}},
        {"axes": {"shift": [0, 2]}},
        {"axes": {"shift": [1, 0]}},
        {"seeds": 3},
        {"vs": ("kind", "b", "a")},
        {"measures": ["number"]},
        {"records": True},
    ],
)
def test_any_other_plan_has_another_hash(entry, change):
    told = {"settings": {"scale": 2}, "axes": {"shift": [0, 1]}, "seeds": 2}
    one, other = make_plan(entry, **told), make_plan(entry, **{**told, **change})
    assert plan_hash(one.described()) != plan_hash(other.described())


def test_the_value_of_an_axis_by_its_text():
    axes = {"reserve": [None, 0.5], "kind": ["a", "b"]}
    assert axis_value(axes, "reserve", "none") is None
    assert axis_value(axes, "reserve", "0.5") == 0.5
    with pytest.raises(PlanError, match="kind was not c; it was a, b"):
        axis_value(axes, "kind", "c")
    with pytest.raises(PlanError, match="knid was not swept"):
        axis_value(axes, "knid", "a")


# --- in a file --------------------------------------------------------------------------------------

FILE = f"""
scenario = "{TOY}"
seeds = 4
measures = ["number"]
[set]
scale = 2
[grid]
shift = "0:1:3"
[vs]
kind = ["a", "b"]
"""


def read(folder, text):
    (folder / "plan.toml").write_text(text)
    return read_plan(folder / "plan.toml", Registry([], "none"))


def test_a_plan_in_a_file_is_the_plan_of_the_options(entry, tmp_path):
    from_file = read(tmp_path, FILE)
    shift = read_axes(["shift=0:1:3"], [])
    same = make_plan(entry, {"scale": "2"}, shift, 4, ("kind", "a", "b"), ["number"])
    assert isinstance(from_file, SweepPlan)
    assert plan_hash(from_file.described()) == plan_hash(same.described())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seeds = 3", "scenario is missing"),
        ("scenario = 3", "scenario is '3'; it must be text"),
        (FILE.replace("seeds = 4", 'seeds = "4"'), "seeds is '4'"),
        (FILE.replace("measures", "mesures"), "no field 'mesures'; the nearest of 8 is measures"),
        (f'{FILE}shift = ["0", "1"]\n', "vs must name one parameter"),
        (FILE.replace("0:1:3", "0:1"), "must be lo:hi:n"),
        ("[" * 50_000, "is no TOML"),
        ("scenario = ", "is no TOML"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_in_one_message(tmp_path, text, message):
    with pytest.raises(PlanError, match=message) as told:
        read(tmp_path, text)
    assert len(str(told.value)) < 400


def test_a_plan_that_is_too_large_or_not_there_is_refused(tmp_path):
    with pytest.raises(PlanError, match="bytes; it is no plan"):
        read(tmp_path, "#" * 1_000_001)
    with pytest.raises(PlanError, match="cannot be read"):
        read_plan(tmp_path / "nothing.toml", Registry([], "none"))


def test_a_scenarios_file_is_looked_for_beside_the_plan(tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / TOY.name).symlink_to(TOY)
    monkeypatch.chdir(tmp_path)
    plan = read(tmp_path / "inner", FILE.replace(str(TOY), TOY.name))
    assert plan.entry.path == TOY
