"""The names that other people's code calls can be imported from `mechanisms` itself."""

import subprocess
import sys

import pytest

import mechanisms


@pytest.mark.parametrize("name", mechanisms.__all__)
def test_each_name_is_the_thing_of_that_name(name):
    assert getattr(mechanisms, name).__name__ == name


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mechanisms.nothing


def test_importing_the_floor_loads_nothing_heavy():
    code = "import sys, mechanisms; sys.exit('numpy' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
