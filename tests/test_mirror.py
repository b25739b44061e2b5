"""The tests stand as the floors do: each folder of tests of a floor has the name of a room that it tests."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FLOORS = ("mechanisms", "agents", "sim", "scenarios")
FOLDERS = sorted(
    path.parent.relative_to(TESTS).as_posix()
    for floor in FLOORS
    for path in (TESTS / floor).rglob("__init__.py")
)


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_of_tests_has_its_room(folder):
    assert (TESTS.parent / folder / "__init__.py").is_file()


def test_no_folder_of_tests_lacks_its_init():
    """Without it, tests/sim would stand in for sim."""
    folders = {path.parent for floor in FLOORS for path in (TESTS / floor).rglob("test_*.py")}
    assert all((folder / "__init__.py").is_file() for folder in folders)
