"""Networks of neighbours, against the networkx graphs that they are made from."""

import networkx
import numpy as np
import pytest

from agents.knowledge.network import Neighbours, small_world


@pytest.mark.parametrize(
    "graph",
    [
        networkx.path_graph(5),
        networkx.empty_graph(3),
        networkx.gnp_random_graph(30, 0.2, seed=1),
        networkx.gnp_random_graph(20, 0.2, seed=1, directed=True),
        networkx.watts_strogatz_graph(40, 4, 0.3, seed=3),
    ],
    ids=str,
)
def test_rows_list_the_neighbours_in_the_graph(graph):
    neighbours = Neighbours.from_graph(graph)
    assert len(neighbours) == len(graph)
    for person in graph:
        assert neighbours.of(person).tolist() == sorted(graph[person])


def test_nodes_must_be_numbered():
    with pytest.raises(ValueError, match="nodes 0 to 1"):
        Neighbours.from_graph(networkx.Graph([("ann", "bob")]))


def test_nobody_hears_from_anybody():
    assert len(Neighbours.none(4)) == 4
    assert Neighbours.none(4).of(2).size == 0


def test_small_world_without_rewiring_is_a_ring():
    ring = small_world(9, 4, 0.0, np.random.default_rng(0))
    for person in range(9):
        assert set(ring.of(person)) == {(person + step) % 9 for step in (-2, -1, 1, 2)}


def test_rewiring_keeps_the_number_of_ties_and_moves_about_the_stated_share():
    """Each of 1,500 ties moves with probability 0.2; five standard deviations are 0.052."""
    n, degree = 500, 6
    world = small_world(n, degree, 0.2, np.random.default_rng(5))
    assert len(world.listed) == n * degree
    owners = np.repeat(np.arange(n), np.diff(world.starts))
    distance = np.abs(owners - world.listed)
    far = np.minimum(distance, n - distance) > degree // 2
    assert abs(far.mean() - 0.2) < 0.052


def test_ties_are_mutual():
    world = small_world(60, 4, 0.5, np.random.default_rng(2))
    assert all(person in world.of(other) for person in range(60) for other in world.of(person))


def test_the_generator_decides():
    one, same, other = (small_world(50, 4, 0.5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.listed, same.listed)
    assert one.listed.tolist() != other.listed.tolist()


def test_degree_zero_is_a_town_of_strangers():
    assert small_world(5, 0, 0.1, np.random.default_rng(0)).listed.size == 0


@pytest.mark.parametrize(
    ("n", "degree", "rewiring", "error", "message"),
    [
        (0, 2, 0.1, ValueError, "n must be at least 1, got 0"),
        (5.0, 2, 0.1, TypeError, "n must be an integer, got 5.0"),
        (5, 3, 0.1, ValueError, "degree must be even and below n = 5, got 3"),
        (4, 4, 0.1, ValueError, "degree must be even and below n = 4, got 4"),
        (5, -2, 0.1, ValueError, "degree must be at least 0, got -2"),
        (5, 2, 1.1, ValueError, "rewiring must be at least 0 and at most 1, got 1.1"),
    ],
)
def test_parameters_out_of_range_are_refused(n, degree, rewiring, error, message):
    with pytest.raises(error, match=message):
        small_world(n, degree, rewiring, np.random.default_rng(0))
