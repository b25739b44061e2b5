"""How play in recorded auctions changes with time: bids, revenue, and what better bids would have gained.

For auctions of one unit in which each of a seller's buyers reports once. Everything comes from the records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.conversation import DirectMechanism
from mechanisms.utilities import Linear, Utility
from sim.measures.batch_means import Estimate, batch_means
from sim.measures.plots import COLOURS, plot_curves
from sim.measures.utility_loss import BidDistribution, expected_utility, highest_of, loss_against

if TYPE_CHECKING:
    import pandas

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Room:
    """The finished auctions of one seller, in the order of opening.

    opened, revenue
        Shape (auctions,).
    values, bids
        Shape (auctions, buyers), the buyers in the order of their numbers; 0 for who bid nothing.
    """

    opened: FloatArray
    revenue: FloatArray
    values: FloatArray
    bids: FloatArray

    def part(self, start: int, stop: int | None = None) -> Room:
        """Some of the auctions."""
        rows = slice(start, stop)
        return Room(self.opened[rows], self.revenue[rows], self.values[rows], self.bids[rows])

    def __len__(self) -> int:
        return len(self.opened)


def room_of(tables: Mapping[str, pandas.DataFrame], seller: int) -> Room:
    """Read a seller's auctions, in all of which the same buyers took part; ValueError otherwise."""
    auctions = tables["auctions"]
    auctions = auctions[(auctions["seller_id"] == seller) & (auctions["status"] != "unfinished")]
    auctions = auctions.sort_values("auction")
    messages = tables["messages"]
    messages = messages[messages["auction"].isin(auctions["auction"])]
    by_buyer = messages.pivot(index="auction", columns="bidder_id", values=["value", "bid"])
    if by_buyer["value"].isna().to_numpy().any():
        raise ValueError(f"seller must have the same buyers in all auctions, got others at seller {seller}")
    return Room(
        auctions["opened"].to_numpy(),
        auctions["revenue"].to_numpy(),
        by_buyer["value"].to_numpy(),
        by_buyer["bid"].fillna(0.0).to_numpy(),
    )


def loss_in(room: Room, mechanism: DirectMechanism, utility: Utility | None = None) -> Estimate:
    """What better bids would have gained a buyer in these auctions, on average, with a 95% interval.

    For each buyer and type the best bid against the rivals' bids in the odd auctions is put to the even
    ones, beside the bid that was made. So the best bid is not chosen by the luck of those auctions in which
    it is judged; the figure is a lower bound in expectation, and may be negative.
    """
    attitude = Linear() if utility is None else utility
    n = room.values.shape[1]
    gains = []
    for buyer in range(n):
        rivals = [j for j in range(n) if j != buyer]
        first, second = (
            highest_of([BidDistribution.of(room.bids[start::2, j]) for j in rivals]) for start in (0, 1)
        )
        types, bids = room.values[1::2, buyer], room.bids[1::2, buyer]
        chosen = loss_against(mechanism, first, types, bids[:, None], np.ones((len(bids), 1)), attitude)
        better = expected_utility(mechanism, second, types, chosen.best_bids, attitude)
        gains.append(better - expected_utility(mechanism, second, types, bids, attitude))
    return batch_means(np.mean(gains, axis=0))


def loss_path(
    room: Room, mechanism: DirectMechanism, windows: int = 8, utility: Utility | None = None
) -> tuple[FloatArray, list[Estimate]]:
    """The loss in each of so many equal windows of time: the middle of each, and `loss_in`."""
    edges = np.linspace(0, len(room), windows + 1).astype(int)
    parts = [room.part(start, stop) for start, stop in pairwise(edges.tolist())]
    middles = np.array([part.opened.mean() for part in parts])
    return middles, [loss_in(part, mechanism, utility) for part in parts]


def plot_learned_bids(path: Any, panels: Mapping[str, tuple[Room, Any]]) -> None:
    """Bids against values, one panel a name, to a PNG file; each with a room and the bids that theory says.

    The second is a function of values, or None.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(4, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(3.2 * columns, 3.0 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.ravel()[len(panels) :]:
        axis.set_axis_off()
    for axis, (name, (room, theory)) in zip(axes.ravel(), panels.items(), strict=False):
        for buyer in range(room.values.shape[1]):
            colour = COLOURS[buyer % len(COLOURS)]
            axis.plot(room.values[:, buyer], room.bids[:, buyer], ".", color=colour, markersize=2, alpha=0.4)
        if theory is not None:
            values = np.linspace(0, room.values.max(), 101)
            axis.plot(values, theory(values), "k-", linewidth=1, label="theory")
            axis.legend(loc="upper left", frameon=False)
        axis.set(title=name, xlabel="value (money)", ylabel="bid (money)")
    figure.savefig(path, dpi=110)


def plot_losses(path: Any, paths: Mapping[str, tuple[FloatArray, FloatArray]], unit: str) -> None:
    """Loss over time in one run, one line a name, to a PNG file: times and losses by name.

    It is a picture of that run, without intervals: another run would take another path.
    """
    title = "What a better bid would have gained, one run"
    plot_curves(path, paths, "simulated time", f"utility loss ({unit})", title, zero=True)
