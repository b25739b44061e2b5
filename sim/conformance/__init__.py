"""Conformance: what every mechanism, strategy, utility and distribution owes, as suites for pytest.

A test file names its instances, and gets all checks of their kind::

    from sim.conformance import MechanismConformance

    class TestMyAuction(MechanismConformance):
        instances = (MyAuction(reserve=2.0), MyAuction(reserve=0.0))

`PlayConformance` takes instances of an audit, such as `standard_instance(MyAuction())`, and looks that
market, exact play and audit agree on them.

The suites need pytest, which the extra `conformance` brings.
"""

from __future__ import annotations

try:
    import pytest
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "sim.conformance needs pytest; pip install 'bazaar-auctions[conformance]' brings it", name="pytest"
    ) from error

from mechanisms._exports import exports

_SUITES = {
    "sim.conformance.distribution": ("DistributionConformance",),
    "sim.conformance.mechanism": ("MechanismConformance",),
    "sim.conformance.play": ("PlayConformance",),
    "sim.conformance.strategy": ("StrategyConformance",),
    "sim.conformance.utility": ("UtilityConformance",),
    "sim.conformance.values": ("ValueConformance",),
    "sim.conformance.views": ("QUESTIONS", "about_any_belief", "about_one_item", "feedback_on", "view_for"),
}

pytest.register_assert_rewrite(*_SUITES)

__getattr__, __dir__, __all__ = exports(__name__, _SUITES)
