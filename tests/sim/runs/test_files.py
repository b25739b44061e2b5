"""Files of one's own: imported from anywhere, with their neighbours; ambiguous names are refused."""

import sys

import pytest

from scenarios.__main__ import scenario_files
from sim.runs.files import FileError, checked_file, import_file, load_named
from sim.runs.registry import Registry, ScenarioFile, UnknownScenarioError
from tests.sim.command import ROOT

SCENARIO = """\"\"\"A story of its own.\"\"\"
from sim import Parameters as Base
from {neighbour} import ANSWER

class Parameters(Base):
    pass

def build(parameters=None, seed=0, records=None):
    return ANSWER
"""


@pytest.fixture(autouse=True)
def as_before(tmp_path):
    """The search path is afterwards what it was before, and the folder's modules are forgotten."""
    path = list(sys.path)
    yield
    sys.path[:] = path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def registry():
    def never():
        raise AssertionError

    return Registry([ScenarioFile(path.stem, path, never) for path in scenario_files()], "town_market")


def written(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def test_a_scenario_anywhere_with_its_neighbour(tmp_path, registry):
    written(tmp_path, own_story=SCENARIO.format(neighbour="own_neighbour"), own_neighbour="ANSWER = 42")
    entry = registry.find(str(tmp_path / "own_story.py"))
    assert (entry.name, entry.summary) == ("own_story", "A story of its own.")
    assert entry.load().build() == 42
    assert entry.load() is entry.load()


def test_names_are_found_as_ever(registry):
    assert registry.find("neighbours") is registry["neighbours"]
    assert registry.find(str(ROOT / "scenarios" / "neighbours.py")) is registry["neighbours"]
    with pytest.raises(UnknownScenarioError, match=r"the nearest of \d+ is neighbours"):
        registry.find("neighbour")


def test_a_scenario_of_ours_is_not_replaced(tmp_path, registry):
    written(tmp_path, neighbours="")
    with pytest.raises(FileError, match="name of Bazaar's own scenario neighbours; rename"):
        registry.find(str(tmp_path / "neighbours.py"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing.py", "there is no file .*missing.py"),
        ("notes.txt", "must be a Python file"),
        ("my-story.py", "must have a name that Python can import"),
        ("folder.py", "there is no file"),
    ],
)
def test_what_is_no_file_of_python_is_refused(tmp_path, name, told):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "my-story.py").touch()
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(FileError, match=told):
        checked_file(str(tmp_path / name))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1", "is no scenario: it has no class Parameters .* and no function build"),
        ("class Parameters: ...\ndef build(): ...", r"no class Parameters that derives from [\w.]+$"),
        ("import sim\nclass Parameters(sim.Parameters): ...", r"it has no function build\(parameters, "),
        ("x = 1\ny = (", r"odd\.py, line 2: '\(' was never closed"),
        ("x = 1\n\ny = z", r"odd\.py, line 3: NameError: name 'z' is not defined"),
        ("import no_such_module_anywhere", "line 1: ModuleNotFoundError"),
    ],
)
def test_what_is_no_scenario_is_told(tmp_path, registry, text, told):
    written(tmp_path, odd=text)
    with pytest.raises(FileError, match=told):
        registry.find(str(tmp_path / "odd.py")).load()


@pytest.mark.parametrize("name", ["numpy", "json", "sim", "sys", "__main__"])
def test_the_name_of_another_module_is_refused(tmp_path, name):
    written(tmp_path, **{name: "x = 1"})
    with pytest.raises(FileError, match=f"has the name of another module, {name} .*rename the file"):
        import_file(tmp_path / f"{name}.py")


def test_a_neighbour_that_another_module_hides_is_told(tmp_path):
    written(tmp_path, own_story_2="from statistics import ANSWER", statistics="ANSWER = 1")
    with pytest.raises(FileError, match=r"statistics\.py has the name of another module"):
        import_file(tmp_path / "own_story_2.py")
    written(tmp_path, own_story_2="x = 1")
    assert import_file(tmp_path / "own_story_2.py").x == 1, "it is not imported, and may stay"


def test_neighbours_stand_in_for_nothing(tmp_path):
    """Whoever imports `statistics` afterwards gets Python's, though the folder has one."""
    written(tmp_path, own_story_3="x = 1", statistics="ANSWER = 1")
    import_file(tmp_path / "own_story_3.py")
    assert sys.path[-1] == str(tmp_path)
    import statistics

    assert statistics.mean([1, 3]) == 2


@pytest.mark.parametrize("text", ["math", ":pi", "math:", "math:no such", "math:nothing", "no_module_x:y"])
def test_what_names_nothing_is_refused(text):
    with pytest.raises(FileError):
        load_named(text)
