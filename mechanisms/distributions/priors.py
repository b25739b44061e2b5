"""What everybody may be told about one another's types: any of the forms of a common prior."""

from __future__ import annotations

from mechanisms.distributions.base import Distribution
from mechanisms.distributions.prior import Prior
from mechanisms.distributions.signals import TypeModel

CommonPrior = Distribution | Prior | TypeModel
"""Independent values from one distribution; values of a profile together; or signals with their values."""
