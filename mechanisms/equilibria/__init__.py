"""Known equilibria of auctions, each with its source, and what the best deviation from them would gain."""

from mechanisms.distributions.continuous import Exponential, PowerLaw, Uniform
from mechanisms.equilibria.core_selecting import nearest_bid, nearest_vcg, nearest_zero
from mechanisms.equilibria.equilibrium import Encounter, KnownEquilibrium, equilibrium_loss
from mechanisms.equilibria.finding import find_equilibrium
from mechanisms.equilibria.interdependent import (
    affiliated_first_price,
    affiliated_second_price,
    mineral_rights,
    wallet_first_price,
    wallet_second_price,
)
from mechanisms.equilibria.kaplan_zamir import (
    first_price_disjoint_flat,
    first_price_disjoint_linear,
    first_price_two_uniforms,
)
from mechanisms.equilibria.multi_unit import uniform_price_two_units
from mechanisms.equilibria.private_values import (
    all_pay_uniform,
    first_price,
    first_price_common_low,
    first_price_uniform,
    second_price,
)


def known_equilibria() -> tuple[KnownEquilibrium, ...]:
    """Every formula of the library for some parameters; for others, call its function."""
    return (
        first_price_uniform(2),
        first_price_uniform(5),
        first_price_uniform(3, low=1.0, high=3.0, exponent=0.5),
        first_price(PowerLaw(2.0), 3),
        first_price(Exponential(1.0), 2),
        second_price(Uniform(), 3),
        all_pay_uniform(2),
        all_pay_uniform(4),
        first_price_common_low((1.0, 2.0)),
        first_price_common_low((3.0, 2.0), low=1.0),
        first_price_two_uniforms((0.0, 5.0), (6.0, 7.0)),
        first_price_two_uniforms((0.0, 4.0), (1.0, 3.0)),
        first_price_disjoint_linear(),
        first_price_disjoint_flat(),
        affiliated_first_price(),
        affiliated_second_price(),
        mineral_rights(3),
        mineral_rights(5),
        wallet_first_price(),
        wallet_second_price(),
        *(rule(c) for rule in (nearest_zero, nearest_bid, nearest_vcg) for c in (0.0, 0.5, 1.0)),
        uniform_price_two_units(),
    )


__all__ = [
    "Encounter",
    "KnownEquilibrium",
    "affiliated_first_price",
    "affiliated_second_price",
    "all_pay_uniform",
    "equilibrium_loss",
    "find_equilibrium",
    "first_price",
    "first_price_common_low",
    "first_price_disjoint_flat",
    "first_price_disjoint_linear",
    "first_price_two_uniforms",
    "first_price_uniform",
    "known_equilibria",
    "mineral_rights",
    "nearest_bid",
    "nearest_vcg",
    "nearest_zero",
    "second_price",
    "uniform_price_two_units",
    "wallet_first_price",
    "wallet_second_price",
]
