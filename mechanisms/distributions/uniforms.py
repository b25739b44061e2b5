"""The uniform numbers that every sampler starts from."""

from __future__ import annotations

import numpy as np

from mechanisms._validation import FloatArray


def draw_uniforms(
    rng: np.random.Generator, size: int | tuple[int, ...], each: int | None = None
) -> FloatArray:
    """Numbers in [0, 1) for draws of shape `size`: one for each, shape size, or several, shape (*size, each).

    TypeError unless `rng` is a NumPy generator and `size` an integer or a tuple of integers; ValueError for
    negative ones.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, got {rng!r}")
    last = () if each is None else (each,)
    return np.asarray(rng.random((*shape_of(size), *last)))


def shape_of(size: int | tuple[int, ...]) -> tuple[int, ...]:
    """A number of draws, or their shape, as a shape; errors as `draw_uniforms`."""
    shape = size if isinstance(size, tuple | list) else (size,)
    for length in shape:
        if isinstance(length, bool) or not isinstance(length, int | np.integer):
            raise TypeError(f"size must be an integer or a tuple of integers, got {size!r}")
        if length < 0:
            raise ValueError(f"size must be at least 0, got {size!r}")
    return tuple(int(length) for length in shape)
