"""Distributions of values: of one buyer's value, and priors over type profiles."""

from mechanisms.distributions.adapter import FromScipy
from mechanisms.distributions.atoms import AtomicPrior
from mechanisms.distributions.base import ContinuousDistribution, Distribution
from mechanisms.distributions.continuous import (
    EqualRevenue,
    Exponential,
    LogNormal,
    PowerLaw,
    TruncatedNormal,
    Uniform,
)
from mechanisms.distributions.discrete import Discrete
from mechanisms.distributions.histogram import PiecewiseUniform
from mechanisms.distributions.joint import JointDistribution
from mechanisms.distributions.of_types import IndependentTypes
from mechanisms.distributions.order_statistics import (
    expected_maximum,
    expected_order_statistic,
    expected_second_highest,
)
from mechanisms.distributions.prior import IndependentPrior, MixturePrior, Prior

__all__ = [
    "AtomicPrior",
    "ContinuousDistribution",
    "Discrete",
    "Distribution",
    "EqualRevenue",
    "Exponential",
    "FromScipy",
    "IndependentPrior",
    "IndependentTypes",
    "JointDistribution",
    "LogNormal",
    "MixturePrior",
    "PiecewiseUniform",
    "PowerLaw",
    "Prior",
    "TruncatedNormal",
    "Uniform",
    "expected_maximum",
    "expected_order_statistic",
    "expected_second_highest",
]
