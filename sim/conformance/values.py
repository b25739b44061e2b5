"""What every value object owes: repr, equality, hash and pickle; and how a suite spreads over instances."""

import pickle


class Suite:
    """Base of the suites: a test that asks for `instance` runs once for each of `instances`."""

    instances: tuple = ()

    def pytest_generate_tests(self, metafunc):
        if "instance" in metafunc.fixturenames:
            metafunc.parametrize("instance", self.instances, ids=self.label)

    def label(self, instance):
        """What the report calls an instance."""
        return repr(instance)

    def test_there_are_instances(self):
        assert self.instances


class ValueConformance(Suite):
    """What is compared by its parameters: equal to its copies, and different from all else."""

    def test_repr_is_its_own(self, instance):
        assert type(instance).__name__ in repr(instance)
        assert " object at 0x" not in repr(instance)

    def test_pickle_gives_an_equal_with_the_same_hash(self, instance):
        copy = pickle.loads(pickle.dumps(instance))
        assert copy is not instance
        assert copy == instance
        assert hash(copy) == hash(instance)

    def test_differs_from_others(self, instance):
        assert instance != object()
        assert sum(instance == other for other in self.instances) == 1
