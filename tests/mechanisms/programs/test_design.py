"""A design carries its certificate."""

import pytest

from mechanisms.programs import Design


def test_the_certificate_is_the_share_of_the_bound():
    assert Design("mechanism", 3.0, 4.0, 0.1).certificate == 0.75
    assert Design("mechanism", 3.0, float("inf"), 0.1).certificate == 0.0


def test_nothing_out_of_nothing_is_everything():
    assert Design("mechanism", 0.0, 0.0, 0.1).certificate == 1.0


def test_designs_are_frozen():
    design = Design("mechanism", 3.0, 4.0, 0.1)
    with pytest.raises(AttributeError):
        design.value = 5.0
