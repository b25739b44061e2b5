"""AGG by its definition, and its independence of order among truthful reports."""

from itertools import permutations

import numpy as np
import pytest

from mechanisms.conservative.aggregation import aggregate_knowledge
from tests.mechanisms.conservative import by_hand


def test_the_first_report_is_conditioned_on_the_common_support():
    reports = [[0.1, 0.3, 0.6], None, [0.5, 0.0, 0.5], [0.0, 0.2, 0.8]]
    np.testing.assert_allclose(aggregate_knowledge(1, reports), [0, 0, 1])
    np.testing.assert_allclose(aggregate_knowledge(3, reports), [1 / 7, 0, 6 / 7])
    np.testing.assert_allclose(aggregate_knowledge(0, reports), [0, 0, 1])


def test_disagreement_leaves_the_first_report():
    reports = {5: [0.0, 1.0], 2: [1.0, 0.0], 9: [0.5, 0.5]}
    np.testing.assert_array_equal(aggregate_knowledge(0, reports), [1, 0])
    np.testing.assert_array_equal(aggregate_knowledge(2, reports), [0, 1])


def test_rows_without_a_report():
    rows = np.array([[np.nan, np.nan], [0.25, 0.75], [9.0, 9.0]])
    np.testing.assert_array_equal(aggregate_knowledge(2, rows), [0.25, 0.75])
    assert aggregate_knowledge(1, rows[:2]) is None
    assert aggregate_knowledge(0, [None, None]) is None


def test_truthful_reports_in_any_order():
    for prior, partitions in by_hand.instances(1, 12, sizes=((3, 3), (3, 4))):
        for _, profile, _, beliefs in by_hand.tails(prior, partitions):
            star = by_hand.star_of(profile)
            results = []
            for order in permutations(beliefs.values()):
                results.append(aggregate_knowledge(9, dict(enumerate(order))))
            assert results[0][profile[star]] > 0
            for other in results[1:]:
                np.testing.assert_allclose(other, results[0], atol=1e-14)


@pytest.mark.parametrize(
    ("i", "reports", "message"),
    [
        (2, [[1.0], [1.0]], "i must be below 2, the number of reports, got 2"),
        (-1, [[1.0], [1.0]], "i must be at least 0, got -1"),
        (0, [None, []], r"reports\[1\] must hold at least one probability"),
        (0, [None, [np.nan, 1.0]], r"reports\[1\] must be nonnegative, not nan"),
        (0, [None, [0.5, 0.6]], r"reports\[1\] must sum to 1"),
        (0, [None, [-0.5, 1.5]], r"reports\[1\] must be nonnegative"),
        (0, [None, [0.5, 0.5], [1.0]], r"reports\[2\] must have shape \(2,\)"),
    ],
)
def test_bad_input(i, reports, message):
    with pytest.raises(ValueError, match=message):
        aggregate_knowledge(i, reports)


@pytest.mark.parametrize(
    ("i", "reports", "message"),
    [(0.5, [None, [1.0]], "i must be an integer"), (0, [None, "ab"], r"reports\[1\] must hold real numbers")],
)
def test_bad_types(i, reports, message):
    with pytest.raises(TypeError, match=message):
        aggregate_knowledge(i, reports)
