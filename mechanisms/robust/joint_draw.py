"""One uniform number decides which of several items are sold: a finite lottery over sets of items.

The robust paper's Chapters 2 and 3 fix the probability of each item only. With u uniform, item j is sold if
u is below q_j: the sets are nested, so that items + 1 branches do for all profiles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mechanisms._validation import FloatArray


def nested_sales(probabilities: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Branches for items sold with probabilities q (..., items).

    Returns probabilities of the branches, shape (..., items + 1), and what is sold in each,
    (..., items + 1, items): branch k sells the k items of the highest q.
    """
    order = np.argsort(-probabilities, axis=-1, kind="stable")
    falling = np.take_along_axis(probabilities, order, axis=-1)
    ends = [(0, 0)] * (falling.ndim - 1)
    steps = np.pad(falling, [*ends, (1, 0)], constant_values=1.0)
    branches = steps - np.pad(falling, [*ends, (0, 1)])
    rank = np.argsort(order, axis=-1)
    sold = rank[..., None, :] < np.arange(probabilities.shape[-1] + 1)[:, None]
    return branches, sold
