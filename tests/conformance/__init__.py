"""Conformance suites, one for each extension point: subclass, name your instances, and get the checks."""

import pkgutil

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)))
