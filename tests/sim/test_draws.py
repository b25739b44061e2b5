"""Draws against Random123's known answers, and the laws that counter-based draws must obey."""

import hashlib

import numpy as np
import pytest
from scipy import stats

from sim.draws import DrawAhead, Stream, philox4x32

# Random123 1.14, tests/kat_vectors, "philox4x32 10".
KNOWN_ANSWERS = [
    ([0] * 4, (0, 0), [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, (0xFFFFFFFF, 0xFFFFFFFF), [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], (0xA4093822, 0x299F31D0),
     [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_known_answers(counter, key, expected):
    assert philox4x32(counter, key).tolist() == expected


def test_philox_keeps_leading_axes():
    counters = np.arange(24).reshape(3, 2, 4)
    blocks = philox4x32(counters, (1, 2))
    assert blocks.shape == (3, 2, 4)
    assert blocks[1, 0].tolist() == philox4x32(counters[1, 0], (1, 2)).tolist()


def test_philox_needs_four_words():
    with pytest.raises(ValueError, match="four 32-bit words"):
        philox4x32([1, 2, 3], (0, 0))


def test_pair_is_the_philox_block_of_id_and_counter():
    stream = Stream(5, "types")
    key = tuple(int(word[0]) for word in stream._round_keys[0])
    big, when = (7 << 32) + 3, (1 << 32) + 9
    block = [int(word) for word in philox4x32([3, 7, 9, 1], key)]
    first, second = stream.pair(big, when)
    assert first == ((block[0] << 32 | block[1]) >> 11) / 2**53
    assert second == ((block[2] << 32 | block[3]) >> 11) / 2**53


def test_a_draw_depends_on_seed_name_id_and_counter_alone():
    stream = Stream(3, "types")
    whole = stream.uniform(np.arange(5000)[:, np.newaxis], np.arange(3))
    assert whole.shape == (5000, 3)
    assert stream.uniform(4321, 2) == whole[4321, 2]
    assert Stream(3, "types").uniform(4321, 2) == whole[4321, 2]
    assert Stream(4, "types").uniform(4321, 2) != whole[4321, 2]
    assert Stream(3, "latency").uniform(4321, 2) != whole[4321, 2]
    assert len(np.unique(whole)) == whole.size


def test_draws_are_the_same_in_every_process():
    # The key is BLAKE2b of "seed NUL name", computed here by its definition, not by Python's salted hash.
    digest = hashlib.blake2b(b"12\0nature", digest_size=8, person=b"bazaar-draws").digest()
    key = (int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little"))
    high, low = (int(word) for word in philox4x32([6, 0, 2, 0], key)[:2])
    assert Stream(12, "nature").uniform(6, 2) == ((high << 32 | low) >> 11) / 2**53


def test_uniforms_pass_chi_square():
    # False alarm probability 1e-4 for each of the two lanes; the seed is fixed.
    for lane in Stream(11, "uniformity").pair(np.arange(100_000), 0):
        assert lane.min() >= 0
        assert lane.max() < 1
        counts = np.bincount((lane * 256).astype(int), minlength=256)
        assert stats.chisquare(counts).pvalue > 1e-4


def test_lanes_ids_and_counters_are_uncorrelated():
    # Each correlation of n independent pairs is about normal with deviation 1/sqrt(n): 4 deviations.
    stream = Stream(11, "independence")
    first, second = stream.pair(np.arange(50_000), 0)
    later = stream.uniform(np.arange(50_000), 1)
    other = Stream(12, "independence").uniform(np.arange(50_000), 0)
    for a, b in [(first, second), (first, later), (first, other), (first[1:], first[:-1])]:
        assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(len(a))
    cells = np.bincount((first * 8).astype(int) * 8 + (second * 8).astype(int), minlength=64)
    assert stats.chisquare(cells).pvalue > 1e-4


@pytest.mark.parametrize(("seed", "error"),
                         [(-1, ValueError), (1.5, TypeError), (True, TypeError), ("1", TypeError)])
def test_seed_is_a_natural_number(seed, error):
    with pytest.raises(error, match="seed is"):
        Stream(seed, "x")


def test_seed_may_be_large():
    assert 0 <= Stream(2**200, "x").uniform(0, 0) < 1
    assert 0 <= Stream(2**200, "x").generator().random() < 1


def test_ids_and_counters_are_naturals():
    stream = Stream(0, "x")
    with pytest.raises(ValueError, match="ids holds -1"):
        stream.uniform([-1], 0)
    with pytest.raises(TypeError, match="counters has dtype float64"):
        stream.uniform(0, 1.0)
    with pytest.raises(TypeError, match="name is 3"):
        Stream(0, 3)
    assert stream.uniform([], 0).shape == (0,)


def test_generators_depend_on_name_and_index_alone():
    draws = {(name, index): Stream(1, name).generator(index).random(3).tolist()
             for name in ("a", "b") for index in range(3)}
    assert len({tuple(values) for values in draws.values()}) == 6
    assert Stream(1, "b").generator(2).random(3).tolist() == draws["b", 2]
    with pytest.raises(ValueError, match="index is -1"):
        Stream(1, "a").generator(-1)


def rows_of_distinct_ids(rng, population, rows, width):
    return np.array([rng.permutation(population)[:width] for _ in range(rows)])


@pytest.mark.parametrize("block", [1, 3, 64, None])
def test_take_gives_each_id_its_own_sequence(block):
    stream = Stream(9, "want")
    draws = DrawAhead(stream, 300, block)      # several pages of ids
    seen = np.zeros(300, dtype=int)
    for row in rows_of_distinct_ids(np.random.default_rng(1), 300, 250, 90):
        assert draws.counters(row).tolist() == seen[row].tolist()
        np.testing.assert_array_equal(draws.take(row), stream.pair(row, seen[row]))
        seen[row] += 1


@pytest.mark.parametrize("block", [2, 5, None])
def test_take_block_equals_take_row_by_row(block):
    stream = Stream(9, "want")
    by_row, at_once = DrawAhead(stream, 40, block), DrawAhead(stream, 40, block)
    rng = np.random.default_rng(2)
    for rows in (1, 13, 50):
        ids = rows_of_distinct_ids(rng, 40, rows, 6)
        expected = np.array([by_row.take(row) for row in ids])
        first, second = at_once.take_block(ids)
        np.testing.assert_array_equal(first, expected[:, 0])
        np.testing.assert_array_equal(second, expected[:, 1])
        single = rng.permutation(40)[:5]
        np.testing.assert_array_equal(at_once.take(single), by_row.take(single))


@pytest.mark.parametrize("block", [1, 3, 64])
def test_what_is_put_back_is_drawn_again(block):
    """Against ids that never took what was put back, with takes in between that refill whole pages."""
    stream, rng = Stream(2, "mixing"), np.random.default_rng(1)
    draws, sober = DrawAhead(stream, 9, block), DrawAhead(stream, 9, block)
    for _ in range(60):
        kept = rng.permutation(9)[:4]
        np.testing.assert_array_equal(draws.take(kept), sober.take(kept))
        undone = rng.permutation(9)[: rng.integers(1, 9)]
        draws.take(undone)
        others = np.setdiff1d(np.arange(9), undone)
        np.testing.assert_array_equal(draws.take(others), sober.take(others))
        draws.put_back(undone)
        rows = np.array([rng.permutation(9)[:3] for _ in range(5)])
        draws.take_block(rows)
        draws.put_back(rows[2:])
        sober.take_block(rows[:2])
        np.testing.assert_array_equal(draws.counters(np.arange(9)), sober.counters(np.arange(9)))


def test_adding_an_id_changes_no_other_draws():
    stream = Stream(2, "want")
    small, large = DrawAhead(stream, 10), DrawAhead(stream, 1_000_000)
    assert small.block != large.block
    for turn in range(100):
        row = np.array([turn % 10, (turn + 3) % 10])
        among_others = [lane[:2] for lane in large.take(np.append(row, 10 + turn))]
        np.testing.assert_array_equal(small.take(row), among_others)


def test_take_refuses_unknown_ids():
    draws = DrawAhead(Stream(2, "want"), 10)
    with pytest.raises(IndexError):
        draws.take(np.array([10]))
    with pytest.raises(IndexError, match=r"0 \.\.\. 9"):
        draws.take_block(np.array([[0, 10]]))
    with pytest.raises(IndexError, match=r"0 \.\.\. 9"):
        draws.take_block(np.array([[0, -1]]))
    assert draws.take_block(np.empty((0, 3), dtype=int))[0].shape == (0, 3)


@pytest.mark.parametrize(("field", "arguments"), [("population", (0,)), ("block", (5, 0))])
def test_sizes_are_positive(field, arguments):
    with pytest.raises(ValueError, match=f"{field} is 0"):
        DrawAhead(Stream(0, "x"), *arguments)


def test_a_million_ids_take_at_most_64_megabytes_of_draws():
    draws = DrawAhead(Stream(0, "x"), 1_000_000)
    assert draws._buffer.nbytes <= 64e6
