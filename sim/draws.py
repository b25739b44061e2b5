"""Counter-based random draws: Philox4x32-10 of Salmon, Moraes, Dror and Shaw (SC 2011), vectorised.

A draw is a pure function of (seed, stream name, id, draw number). Adding a buyer, or asking her more
often, leaves the draws of everybody else as they were.
"""

from __future__ import annotations

import hashlib
import operator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.intp]

_ROUNDS = 10
_MULTIPLIERS = np.array([[0xD2511F53], [0xCD9E8D57]], dtype=np.uint64)
_WEYL = (0x9E3779B9, 0xBB67AE85)          # the golden ratio and the square root of 3 less 1, in 32 bits
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_TO_53_BITS = np.uint64(11)
_CHUNK = 8192                             # blocks worked on at once: the working arrays stay in cache
_PAGE_BLOCKS = 4096                       # blocks drawn ahead at once: pays for the calls into numpy


def _round_keys(key: tuple[int, int]) -> Words:
    """Return the keys of the ten rounds, shape (10, 2, 1): the first bumped by the Weyl constants."""
    keys = [[(word + turn * step) & 0xFFFFFFFF for word, step in zip(key, _WEYL, strict=True)]
            for turn in range(_ROUNDS)]
    return np.array(keys, dtype=np.uint64)[:, :, np.newaxis]


def _scramble(even: Words, odd: Words, round_keys: Words) -> None:
    """Run ten rounds in place on words (0, 2) in `even` and (1, 3) in `odd`, each of shape (2, m)."""
    product = np.empty_like(even)
    high = np.empty_like(even)
    for key in round_keys:
        np.multiply(even, _MULTIPLIERS, out=product)
        np.right_shift(product, _HALF, out=high)
        np.bitwise_xor(high[::-1], odd, out=even)
        np.bitwise_xor(even, key, out=even)
        np.bitwise_and(product[::-1], _LOW, out=odd)


def philox4x32(counter: npt.ArrayLike, key: tuple[int, int]) -> Words:
    """Return the Philox4x32-10 blocks of the counters.

    `counter` has shape (..., 4) and `key` two entries, all 32-bit words in 0 ... 2^32 - 1. The result
    has the shape of `counter`, 32-bit words held in uint64.
    """
    words = np.asarray(counter, dtype=np.uint64)
    if words.ndim == 0 or words.shape[-1] != 4:
        raise ValueError(f"counter has shape {words.shape}; its last axis must hold four 32-bit words")
    flat = words.reshape(-1, 4).T
    even, odd = flat[::2].copy(), flat[1::2].copy()
    _scramble(even, odd, _round_keys(key))
    return np.stack([even[0], odd[0], even[1], odd[1]], axis=-1).reshape(words.shape)


def _hash(seed: int, name: str, size: int) -> bytes:
    """Return `size` bytes hashed from seed and name, the same in every process."""
    return hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=size, person=b"bazaar-draws").digest()


class Stream:
    """A named stream of draws: the same (seed, name, id, counter) gives the same draw, always.

    `seed` is an integer of at least 0, of any size; `name` tells apart streams of the same seed.
    Raises TypeError if seed is not an integer or name not a string, ValueError if seed is negative.
    """

    def __init__(self, seed: int, name: str) -> None:
        if isinstance(seed, bool):
            raise TypeError(f"seed is {seed!r}; it must be an integer of at least 0")
        try:
            self.seed = operator.index(seed)
        except TypeError:
            raise TypeError(f"seed is {seed!r}; it must be an integer of at least 0") from None
        if self.seed < 0:
            raise ValueError(f"seed is {seed}; it must be an integer of at least 0")
        if not isinstance(name, str):
            raise TypeError(f"name is {name!r}; it must be a string")
        self.name = name
        digest = _hash(self.seed, name, 8)
        self._round_keys = _round_keys((int.from_bytes(digest[:4], "little"),
                                        int.from_bytes(digest[4:], "little")))

    def __repr__(self) -> str:
        return f"Stream(seed={self.seed}, name={self.name!r})"

    def pair(self, ids: npt.ArrayLike, counters: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return two independent uniforms in [0, 1) for each (id, counter): one block gives 2 x 53 bits.

        `ids` and `counters` are integers of at least 0 that broadcast against each other. The counter's
        words are (id, counter), low halves first; a uniform is the upper 53 bits of words (0, 1) or (2, 3).
        Raises TypeError if they are not integers, ValueError if one is negative.
        """
        who, when = np.broadcast_arrays(_naturals("ids", ids), _naturals("counters", counters))
        pairs = self._blocks(who.reshape(-1), when.reshape(-1)).reshape(who.shape)
        return pairs.real, pairs.imag

    def uniform(self, ids: npt.ArrayLike, counters: npt.ArrayLike) -> Floats:
        """Return a uniform in [0, 1) for each (id, counter): the first of `pair`."""
        return self.pair(ids, counters)[0]

    def _blocks(self, ids: Words, counters: Words) -> npt.NDArray[np.complex128]:
        """Return the pairs of flat ids and counters, one complex number (first, second) each."""
        words = np.empty((2, len(ids)), dtype=np.uint64)
        for start in range(0, len(ids), _CHUNK):
            part = slice(start, start + _CHUNK)
            counter = np.empty((2, len(ids[part])), dtype=np.uint64)
            counter[0], counter[1] = ids[part], counters[part]
            even, odd = counter & _LOW, counter >> _HALF
            _scramble(even, odd, self._round_keys)
            np.left_shift(even, _HALF, out=even)
            np.bitwise_or(even, odd, out=words[:, part])
        np.right_shift(words, _TO_53_BITS, out=words)
        pairs = np.empty(len(ids), dtype=np.complex128)
        np.multiply(words.T, 2.0**-53, out=pairs.view(np.float64).reshape(-1, 2))
        return pairs

    def generator(self, index: int = 0) -> np.random.Generator:
        """Return generator number `index` of this stream, for bulk draws owned by one thing.

        Its seed sequence depends on (seed, name, index) alone. Costs about 12 microseconds: make it once.
        """
        if operator.index(index) < 0:
            raise ValueError(f"index is {index}; it must be an integer of at least 0")
        key = np.frombuffer(_hash(self.seed, self.name, 16), dtype="<u4")
        sequence = np.random.SeedSequence(self.seed, spawn_key=(*map(int, key), index))
        return np.random.Generator(np.random.PCG64(sequence))


def _naturals(field: str, values: npt.ArrayLike) -> Words:
    """Return integers of at least 0 as uint64."""
    array = np.asarray(values)
    if array.size == 0:
        return array.astype(np.uint64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{field} has dtype {array.dtype}; they must be integers of at least 0")
    if array.dtype.kind == "i" and array.min() < 0:
        raise ValueError(f"{field} holds {array.min()}; they must be integers of at least 0")
    return array.astype(np.uint64)


class DrawAhead:
    """The next draws of each id of a population, drawn ahead in blocks.

    Each id counts its own draws from 0; draw number c of an id is `stream.pair(id, c)`. `population` is
    the number of ids (0 ... population - 1); `block` the draws held for each (chosen if None, so that
    about 64 MB are enough for a million ids). Raises ValueError if either is below 1.
    """

    # A position in `_buffer`, flat (block, population), is turn * population + id. An id whose block is
    # used up has a position past the end, so that the read itself raises IndexError: a hit pays no check.

    def __init__(self, stream: Stream, population: int, block: int | None = None) -> None:
        if population < 1:
            raise ValueError(f"population is {population}; it must be at least 1")
        if block is None:
            block = int(np.clip(4_000_000 // population, 4, 64))
        if block < 1:
            raise ValueError(f"block is {block}; it must be at least 1")
        self.stream = stream
        self.population = population
        self.block = block
        self._page = max(_PAGE_BLOCKS // block, 1)
        self._buffer = np.empty(block * population, dtype=np.complex128)
        self._position = np.arange(population, dtype=np.intp) + block * population
        self._base = np.full(population, -block, dtype=np.intp)

    def counters(self, ids: npt.ArrayLike) -> Ints:
        """Return how many draws each of the ids has taken so far."""
        who = np.asarray(ids, dtype=np.intp)
        taken: Ints = self._base[who] + self._position[who] // self.population
        return taken

    def take(self, ids: Ints) -> tuple[Floats, Floats]:
        """Return the next pair of uniforms of each id, two arrays of shape (m,).

        `ids` is an integer array of distinct ids, shape (m,); use `take_block` where ids repeat. This is
        the hot path: distinctness is not checked. Raises IndexError if an id is not in the population.
        """
        at = self._position.take(ids)
        try:
            pairs = self._buffer.take(at)
        except IndexError:
            self._refill(np.asarray(ids)[at >= len(self._buffer)])
            at = self._position.take(ids)
            pairs = self._buffer.take(at)
        at += self.population
        self._position[ids] = at
        return pairs.real, pairs.imag

    def take_block(self, ids: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return the draws that `take` would give row by row, two arrays of the shape of `ids`.

        `ids` has shape (R, m), those of a row distinct; an id may appear in many rows. Raises IndexError if
        an id is not in the population.
        """
        who = np.asarray(ids, dtype=np.intp)
        flat = who.reshape(-1)
        if flat.size and not (flat.min() >= 0 and flat.max() < self.population):
            raise IndexError(f"ids run from {flat.min()} to {flat.max()}; they must lie in 0 ... "
                             f"{self.population - 1}")
        if len(who) and (who == who[0]).all():
            counters = (self.counters(who[0]) + np.arange(len(who))[:, np.newaxis]).reshape(-1)
            self._position[who[0]] += len(who) * self.population
        else:
            counters = self.counters(flat) + _earlier_occurrences(flat)
            np.add.at(self._position, flat, self.population)
        pairs = self.stream._blocks(flat.astype(np.uint64), counters.astype(np.uint64)).reshape(who.shape)
        return pairs.real, pairs.imag

    def put_back(self, ids: npt.ArrayLike) -> None:
        """Undo the last takes of these ids, as many as there are entries of an id: they are drawn again."""
        who, times = np.unique(np.asarray(ids, dtype=np.intp), return_counts=True)
        self._base[who] = self.counters(who) - times - self.block
        self._position[who] = who + self.block * self.population

    def _refill(self, used_up: Ints) -> None:
        """Draw new blocks for the ids that are used up, and for their neighbours that have used some.

        A call for few blocks costs as much as one for a thousand, so each id brings its page along.
        """
        pages = np.unique(used_up // self._page)
        near = (pages[:, np.newaxis] * self._page + np.arange(self._page)).reshape(-1)
        near = near[near < self.population]
        ids = near[self._position[near] >= self.population]
        first = self.counters(ids)
        turns = np.arange(self.block)[:, np.newaxis]
        counters = (first + turns).astype(np.uint64).reshape(-1)
        repeated = np.tile(ids.astype(np.uint64), self.block)
        at = ids + turns * self.population
        self._buffer[at.reshape(-1)] = self.stream._blocks(repeated, counters)
        self._position[ids] = ids
        self._base[ids] = first


def _earlier_occurrences(flat: Ints) -> Ints:
    """Return for each entry how many equal entries stand before it, shape (k,)."""
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(flat) else flat
    lengths = np.diff(np.append(starts, len(flat)))
    ranks = np.empty(len(flat), dtype=np.intp)
    ranks[order] = np.arange(len(flat)) - np.repeat(starts, lengths)
    return ranks
