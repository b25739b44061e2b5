"""The shared strategies keep their promises: own types in partitions, no bids, ties and zeros do occur."""

import numpy as np
from hypothesis import find, given, settings

from tests.property import correlated_priors, informed_priors, reports, type_profiles

MODEST = settings(max_examples=30)
PATIENT = settings(max_examples=500)


@MODEST
@given(informed_priors())
def test_a_cell_never_holds_two_types_of_its_buyer(informed):
    prior, partitions = informed
    assert len(partitions) == prior.n
    for buyer, labels in enumerate(partitions):
        assert labels.shape == prior.shape
        own_type = np.indices(prior.shape)[buyer]
        for label in np.unique(labels):
            assert np.unique(own_type[labels == label]).size == 1


@MODEST
@given(type_profiles(n=3, integers=True, max_value=4))
def test_integer_profiles(profile):
    assert profile.shape == (3,)
    assert set(profile) <= {0, 1, 2, 3, 4}


def test_rare_things_occur():
    find(reports(n=3), lambda bids: np.isneginf(bids).any() and np.isfinite(bids).any(), settings=PATIENT)
    find(type_profiles(n=2), lambda values: values[0] == values[1] > 0, settings=PATIENT)
    find(correlated_priors(n=2), lambda prior: (prior.table == 0).any(), settings=PATIENT)
    find(correlated_priors(n=2), lambda prior: not prior.is_product(), settings=PATIENT)
