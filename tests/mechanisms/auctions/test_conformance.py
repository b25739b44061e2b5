"""Every auction passes the suite of mechanisms."""

from mechanisms.auctions import (
    AllPay,
    AscendingClock,
    Discriminatory,
    FirstPrice,
    OpenProxy,
    PostedPrice,
    SecondPrice,
    UniformPrice,
)
from sim.conformance.mechanism import MechanismConformance


class TestSecondPrice(MechanismConformance):
    instances = (SecondPrice(), SecondPrice(reserve=4.0), SecondPrice(reserve=20))


class TestFirstPrice(MechanismConformance):
    instances = (FirstPrice(), FirstPrice(reserve=4.0))


class TestAllPay(MechanismConformance):
    instances = (AllPay(), AllPay(reserve=4.0))


class TestUniformPrice(MechanismConformance):
    instances = (UniformPrice(1), UniformPrice(2), UniformPrice(supply=3, reserve=4.0))


class TestDiscriminatory(MechanismConformance):
    instances = (Discriminatory(1), Discriminatory(2), Discriminatory(supply=3, reserve=4.0))


class TestPostedPrice(MechanismConformance):
    instances = (PostedPrice(0.0), PostedPrice(price=4, supply=3))


class TestAscendingClock(MechanismConformance):
    instances = (AscendingClock(), AscendingClock(reserve=4.0))


class TestOpenProxy(MechanismConformance):
    instances = (OpenProxy(0.5, 1), OpenProxy(increment=1, rounds=3, start=2.0), OpenProxy(0.0, 2))
