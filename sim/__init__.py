"""Bazaar's time, market, records, measurement and screens.

The names below can be imported from here; each module is loaded when one of its names is first asked for.
(`sim.audit` is the package of the audit: `from sim.audit import audit, standard_instance`; `sim.sweep` is
that of sweeps: `from sim import sweep`, `sweep.run(…)`.)
"""

from __future__ import annotations

from mechanisms._exports import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "sim.draws": ("Stream",),
        "sim.audit": ("Instance", "audit_market", "audit_sample", "standard_instance"),
        "sim.market": ("Market", "Panel", "Town"),
        "sim.measures.batch_means": ("Estimate", "batch_means", "batch_ratio"),
        "sim.records": ("Records", "load", "load_many", "write_csv"),
        "sim.runs.scenario": ("OneOf", "Parameters"),
    },
)
