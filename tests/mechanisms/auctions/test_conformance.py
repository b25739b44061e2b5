"""Every auction passes the suite of mechanisms."""

from mechanisms.auctions import (
    AllPay,
    AscendingClock,
    CombinatorialClock,
    Discriminatory,
    Dutch,
    FirstPrice,
    GeneralizedSecondPrice,
    KDoubleAuction,
    McAfee,
    OpenProxy,
    PositionVCG,
    PostedPrice,
    Procurement,
    RandomReserve,
    RandomTies,
    SecondPrice,
    ThirdPrice,
    UniformPrice,
    UniformPriceMultiUnit,
    WithBudgets,
)
from mechanisms.distributions import Uniform
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


class TestThirdPrice(MechanismConformance):
    instances = (ThirdPrice(),)


class TestDutch(MechanismConformance):
    instances = (Dutch(), Dutch(reserve=4.0))


class TestRandomReserve(MechanismConformance):
    instances = (RandomReserve(Uniform(0, 8), nodes=4),)


class TestRandomTies(MechanismConformance):
    ties_to_lowest = False
    instances = (RandomTies(SecondPrice()), RandomTies(FirstPrice(4.0)))


class TestWithBudgets(MechanismConformance):
    instances = (WithBudgets(SecondPrice()), WithBudgets(FirstPrice(), refuses=True))


class TestUniformPriceMultiUnit(MechanismConformance):
    instances = (UniformPriceMultiUnit(1), UniformPriceMultiUnit(2))


class TestCombinatorialClock(MechanismConformance):
    instances = (CombinatorialClock(2), CombinatorialClock(2, increment=2.5))


class TestProcurement(MechanismConformance):
    instances = (Procurement(8.0), Procurement(20.0, rule="first price"))


class TestKDoubleAuction(MechanismConformance):
    instances = (KDoubleAuction(1), KDoubleAuction(2, k=0.0))


class TestMcAfee(MechanismConformance):
    instances = (McAfee(1), McAfee(2))


class TestGeneralizedSecondPrice(MechanismConformance):
    instances = (GeneralizedSecondPrice((3.0, 1.0)), GeneralizedSecondPrice((2.0,)))


class TestPositionVCG(MechanismConformance):
    instances = (PositionVCG((3.0, 1.0)), PositionVCG((1.0, 2.0, 3.0)))
