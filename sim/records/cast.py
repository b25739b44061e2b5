"""Who acts in a run: the rows of buyers and sellers that others refer to; and that a run is not copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.records.writing import Records


def write_seller(records: Records, number: int, name: str, mechanism: str) -> None:
    """Write who a seller is, and by which rule she sells."""
    table = records["sellers"]
    table.row(number, table.code("seller", name), table.code("mechanism", mechanism))


def under_way(run: Any) -> TypeError:
    """The error for a copy of a run: clock, draws and records belong to one."""
    kind = type(run).__name__
    return TypeError(
        f"a {kind} under way cannot be copied or pickled: its clock, its draws and its records belong to one "
        "run. Build it again from the same parameters and seed, which gives the same run, and keep "
        "its records: records.frames(), or sim.load(DIR)"
    )
