"""Linear and integer programs against enumeration of vertices and of points, and against their duals."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy import sparse

from mechanisms.programs import ProgramError, maximise
from mechanisms.programs.duality import repaired, weak_duality


def best_vertex(objective, rows, limits):
    """The best basic feasible point of A x <= b, for a bounded program: every m rows, solved."""
    best = -np.inf
    for chosen in combinations(range(len(rows)), rows.shape[1]):
        square = rows[list(chosen)]
        if abs(np.linalg.det(square)) > 1e-9:
            point = np.linalg.solve(square, limits[list(chosen)])
            if (rows @ point <= limits + 1e-9).all():
                best = max(best, objective @ point)
    return best


def boxed(rows, limits, low, high):
    """Bounds on variables written as rows."""
    m = rows.shape[1]
    sides = np.concatenate([limits, np.full(m, high), np.full(m, -low)])
    return np.vstack([rows, np.eye(m), -np.eye(m)]), sides


@pytest.mark.parametrize("seed", range(40))
def test_an_optimum_lies_at_a_vertex(seed):
    # A bounded linear program that has a point has an optimal vertex (fundamental theorem).
    rng = np.random.default_rng(seed)
    m, r = int(rng.integers(1, 5)), int(rng.integers(1, 6))
    rows, objective = rng.integers(-4, 5, size=(r, m)).astype(float), rng.normal(size=m)
    limits = rows @ rng.uniform(-1, 2, size=m) + rng.integers(0, 2, size=r)
    found = maximise(objective, at_most=(rows, limits), bounds=(-1, 2))
    assert found.value == pytest.approx(best_vertex(objective, *boxed(rows, limits, -1.0, 2.0)), abs=1e-8)
    assert found.value == pytest.approx(objective @ found.x)
    assert (rows @ found.x <= limits + 1e-8).all()
    assert ((found.x >= -1) & (found.x <= 2)).all()


def random_program(rng, scale=1.0):
    """A feasible, bounded program with equations, free variables, and rows in units up to `scale` apart."""
    m = int(rng.integers(2, 30))
    r, e = int(rng.integers(1, 30)), int(rng.integers(0, m // 2 + 1))
    units = scale ** rng.uniform(-1, 1, size=r)
    rows = rng.normal(size=(r, m)) * (rng.random((r, m)) < 0.5) * units[:, None]
    equations, inside = rng.normal(size=(e, m)), rng.normal(size=m)
    limits = rows @ inside + units * rng.random(r) * (rng.random(r) < 0.7)
    objective = (rng.random(r) / units) @ rows + rng.normal(size=e) @ equations  # so the dual has a point
    lower = np.where(rng.random(m) < 0.5, -np.inf, inside - 1)
    return objective, (rows, limits), (equations, equations @ inside), (lower, np.inf)


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6])
def test_the_dual_meets_the_primal(scale):
    # Strong duality: the bound by weak duality, computed from multipliers alone, is the value.
    rng = np.random.default_rng(int(scale))
    for _ in range(60):
        objective, (rows, limits), (equations, sides), bounds = random_program(rng, scale)
        found = maximise(objective, (rows, limits), (equations, sides), bounds)
        units = np.abs(rows).max(axis=1)
        assert found.status == "optimal"
        assert (rows @ found.x <= limits + 1e-8 * (1 + units)).all()
        assert equations @ found.x == pytest.approx(sides, abs=1e-8)
        assert (found.at_most_multipliers >= 0).all()
        assert found.upper_bound == pytest.approx(found.value, rel=1e-7, abs=1e-7)


def test_rows_and_variables_in_units_far_apart():
    # The dual has a point by construction, the primal too: both have an optimum, and the same. HiGHS 1.12
    # gives up on the program of trial 639 at first.
    rng = np.random.default_rng(2)
    for trial in range(640):
        m, r = rng.integers(1, 60, size=2)
        units, sizes = 10.0 ** rng.uniform(-4, 6, size=r), 10.0 ** rng.uniform(-3, 3, size=m)
        rows = rng.normal(size=(r, m)) * (rng.random((r, m)) < 0.4) * units[:, None] * sizes
        inside = rng.normal(size=m) / sizes
        limits = rows @ inside + units * rng.random(r) * (rng.random(r) < 0.7)
        objective = (rng.random(r) / units * (rng.random(r) < 0.8)) @ rows
        lower = np.where(rng.random(m) < 0.5, -np.inf, inside - 1 / sizes)
        if trial % 3:
            continue
        found = maximise(objective, (rows, limits), bounds=(lower, np.inf))
        terms = 1e-12 + np.abs(objective) @ np.abs(found.x)
        assert found.value >= objective @ inside - 1e-9 * terms
        assert abs(found.upper_bound - found.value) <= 1e-9 * terms
        assert (rows @ found.x - limits <= 1e-9 * (units + np.abs(rows) @ np.abs(found.x))).all()


def test_sparse_and_dense_are_the_same():
    rng = np.random.default_rng(5)
    objective, (rows, limits), (equations, sides), bounds = random_program(rng)
    dense = maximise(objective, (rows, limits), (equations, sides), bounds)
    for form in (sparse.csr_array, sparse.coo_array, sparse.csc_matrix):
        other = maximise(objective, (form(rows), limits), (form(equations), sides), bounds)
        assert other.x.tobytes() == dense.x.tobytes()
        assert other.upper_bound == dense.upper_bound


def test_entries_given_twice_add_up():
    twice = sparse.csr_array((np.array([1.0, 1.0]), np.array([0, 0]), np.array([0, 2])), shape=(1, 1))
    assert maximise([1.0], at_most=(twice, [3.0])).value == pytest.approx(1.5)


def test_multipliers_are_what_a_unit_of_the_limit_gains():
    rows, limits = np.array([[1.0, 1.0], [1.0, 3.0]]), np.array([4.0, 6.0])
    found = maximise([3.0, 4.0], (rows, limits))
    for i, step in enumerate(np.eye(2) * 0.01):
        gain = maximise([3.0, 4.0], (rows, limits + step)).value - found.value
        assert gain == pytest.approx(0.01 * found.at_most_multipliers[i])


def test_the_price_of_an_equation_may_be_negative():
    found = maximise([-1.0, -2.0], equal=([[1.0, 1.0]], [5.0]))
    assert found.value == -5.0
    assert found.equal_multipliers == pytest.approx([-1.0])
    assert found.at_most_multipliers.shape == (0,)


def test_no_rows_at_all():
    assert maximise([1.0, -1.0], bounds=([0, -2], [3, 7])).value == 5.0


@pytest.mark.parametrize("seed", range(30))
def test_integer_programs_against_every_point(seed):
    rng = np.random.default_rng(seed)
    m, r = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    rows, objective = rng.normal(size=(r, m)), rng.normal(size=m)
    limits = rng.random(r) * 2
    points = np.array(list(product(range(4), repeat=m)), dtype=float)
    best = (points[(points @ rows.T <= limits + 1e-12).all(axis=1)] @ objective).max()
    found = maximise(objective, (rows, limits), bounds=(0, 3), integral=np.ones(m, dtype=bool))
    assert found.value == pytest.approx(best, abs=1e-9)
    assert best <= found.upper_bound + 1e-6
    assert found.upper_bound == pytest.approx(best, abs=1e-5)
    assert (found.x == np.round(found.x)).all()
    assert found.at_most_multipliers is None


@pytest.mark.parametrize("seed", range(15))
def test_mixed_programs_are_the_best_of_their_linear_ones(seed):
    # max over integers and reals = max over the integers of the linear program in the rest.
    rng = np.random.default_rng(seed)
    rows, objective, limits = rng.normal(size=(3, 5)), rng.normal(size=5), rng.random(3) * 2
    whole = np.array([True, False, True, False, False])
    found = maximise(objective, (rows, limits), bounds=(0, 2), integral=whole)
    values = []
    for held in product(range(3), repeat=2):
        lower, upper = np.zeros(5), np.full(5, 2.0)
        lower[whole] = upper[whole] = held
        try:
            values.append(maximise(objective, (rows, limits), bounds=(lower, upper)).value)
        except ProgramError:
            continue
    assert found.value == pytest.approx(max(values), abs=1e-7)
    assert (found.x[whole] == np.round(found.x[whole])).all()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({}, "unbounded"),
        ({"integral": [True, True]}, "unbounded"),
        ({"equal": ([[1.0, 1.0]], [-1.0])}, "infeasible"),
        ({"at_most": ([[1.0, 1.0]], [-1.0])}, "infeasible"),
        ({"bounds": (1.0, 0.0)}, "infeasible: bounds of variable 0 are 1.0 and 0.0"),
        ({"equal": ([[2.0, 2.0]], [1.0]), "integral": [True, True], "bounds": (0, 9)}, "infeasible"),
    ],
)
def test_programs_without_an_optimum_say_why(arguments, reason):
    with pytest.raises(ProgramError, match=reason):
        maximise([1.0, 1.0], **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"objective": [1.0, np.nan]}, "objective must be finite"),
        ({"objective": []}, "objective must be a vector"),
        ({"at_most": ([[1.0]], [1.0])}, r"at_most\[0\] must have .* shape \(1, 2\)"),
        ({"equal": ([[1.0, 1.0]], [1.0, 2.0])}, r"equal\[0\] must have .* shape \(2, 2\)"),
        ({"at_most": ([[1.0, np.inf]], [1.0])}, r"at_most\[0\] must be finite"),
        ({"at_most": ([[1.0, 1.0]], [np.nan])}, r"at_most\[1\] must be finite"),
        ({"bounds": ([0, 0, 0], 1)}, r"bounds\[0\] must be a number or have shape \(2,\)"),
        ({"bounds": (0, np.nan)}, r"bounds\[1\] must not be NaN"),
        ({"integral": [1, 0]}, "integral must be a mask"),
        ({"integral": [True]}, "integral must be a mask"),
        ({"seconds": 0}, "seconds must be > 0"),
        ({"tolerance": 1e-13}, "tolerance must be >= 1e-12"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        maximise(**({"objective": [1.0, 1.0]} | arguments))


def test_a_knapsack_out_of_time_keeps_its_proved_bound():
    rng = np.random.default_rng(1)
    m = 60
    rows = rng.integers(50, 100, size=(20, m)).astype(float)
    limits, worth = rows.sum(axis=1) / 2, rng.integers(50, 100, size=m).astype(float)
    found = maximise(worth, (rows, limits), bounds=(0, 1), integral=np.ones(m, dtype=bool), seconds=0.3)
    relaxed = maximise(worth, (rows, limits), bounds=(0, 1))
    assert found.status == "time limit"
    assert found.value <= found.upper_bound <= relaxed.upper_bound + 1e-6
    assert (rows @ found.x <= limits + 1e-9).all()


def test_a_linear_program_out_of_time_says_so():
    rng = np.random.default_rng(1)
    rows = rng.random((400, 400))
    with pytest.raises(ProgramError, match="no feasible point was found within 1e-05 seconds"):
        maximise(-rng.random(400), at_most=(-rows, -np.ones(400)), seconds=1e-5)


def test_weak_duality_holds_for_any_multipliers():
    rng = np.random.default_rng(2)
    for _ in range(100):
        rows, limits, objective = rng.normal(size=(3, 4)), rng.random(3), rng.normal(size=4)
        y = np.append(rng.random(2) * 3, rng.normal())  # the last row is an equation
        best = maximise(objective, (rows[:2], limits[:2]), (rows[2:], limits[2:]), bounds=(-9, 9)).value
        assert weak_duality(objective, rows, limits, y, np.full(4, -9.0), np.full(4, 9.0)) >= best - 1e-9


def test_multipliers_that_prove_nothing_give_infinity():
    rows, limits, free = np.array([[1.0, 2.0]]), np.array([1.0]), np.full(2, np.inf)
    assert weak_duality(np.array([1.0, 2.0]), rows, limits, np.array([1.0]), -free, free) == 1.0
    assert weak_duality(np.array([1.0, 2.0]), rows, limits, np.array([0.9]), -free, free) == np.inf
    assert weak_duality(np.array([1.0, 2.0]), rows, limits, np.array([1.1]), -free, free) == np.inf
    assert weak_duality(np.array([1.0, 2.0]), rows, limits, np.array([1.1]), np.zeros(2), free) == 1.1


def test_multipliers_are_repaired_where_variables_have_no_bounds():
    # Free variables need reduced costs of exactly 0: the solver's are off by its tolerance.
    rng = np.random.default_rng(871)
    rows, inside = rng.normal(size=(50, 50)), rng.normal(size=50)
    y, free = rng.random(50), np.full(50, np.inf)
    rough = y + 1e-10 * rng.normal(size=50)
    assert weak_duality(y @ rows, rows, rows @ inside, rough, -free, free) == np.inf
    mended = repaired(y @ rows, rows, rough, 50, -free, free)
    assert mended == pytest.approx(y, abs=1e-9)
    bound = weak_duality(y @ rows, rows, rows @ inside, mended, -free, free)
    assert bound == pytest.approx(y @ rows @ inside)


def test_multipliers_far_off_are_not_repaired_into_a_proof():
    # 2 x over x <= 1, x >= 0: a multiplier of 0 leaves a reduced cost of 2, which no rounding explains.
    two, one, zero, endless = np.array([2.0]), np.ones(1), np.zeros(1), np.full(1, np.inf)
    same = repaired(two, np.ones((1, 1)), zero, 1, zero, endless)
    assert weak_duality(two, np.ones((1, 1)), one, same, zero, endless) == np.inf


def test_repairs_along_a_chain_do_not_overflow():
    """Least squares leaves traces near the least float on a chain's idle rows: not to be divided by."""
    rng, n = np.random.default_rng(0), 50
    rows = np.eye(n) - np.diag(rng.uniform(0.1, 1, n - 1), k=-1)
    objective, free = np.eye(n)[0], np.full(n, np.inf)
    y = np.linalg.solve(rows.T, objective)
    y[0] *= 1 + 1e-10
    for used in (2, n):
        rough = np.where(np.arange(n) < used, y, 0.0)
        mended = repaired(objective, sparse.csr_array(rows), rough, 0, -free, free)
        assert np.isfinite(mended).all()
        assert weak_duality(objective, rows, np.zeros(n), mended, -free, free) >= 0


def test_the_callers_arrays_are_left_alone():
    rows = sparse.csr_array((np.array([1.0, 1.0]), np.array([0, 0]), np.array([0, 2])), shape=(1, 1))
    maximise([1.0], at_most=(rows, [3.0]))
    assert rows.data.tolist() == [1.0, 1.0]


def test_a_point_amid_the_optima_meets_the_same_value():
    """On the face x + y = 1 of the unit square every point is optimal; a corner is not amid them."""
    rows = ([[1.0, 1.0]], [1.0])
    corner = maximise([1.0, 1.0], at_most=rows, bounds=(0, 1))
    amid = maximise([1.0, 1.0], at_most=rows, bounds=(0, 1), interior=True)
    assert sorted(corner.x) == pytest.approx([0.0, 1.0])
    assert amid.x.min() > 0.1
    assert amid.value == pytest.approx(1.0, abs=1e-7)
    assert 1.0 <= amid.upper_bound <= 1.0 + 1e-6


def test_nothing_is_printed(capfd):
    maximise([1.0, 2.0], at_most=([[1.0, 1.0]], [1.0]))
    maximise([1.0, 2.0], at_most=([[1.0, 1.0]], [1.0]), integral=[True, False])
    assert capfd.readouterr() == ("", "")


def test_a_loose_tolerance_leaves_the_bound_a_bound():
    rng = np.random.default_rng(3)
    for _ in range(50):
        objective, at_most, equal, _ = random_program(rng)
        best = maximise(objective, at_most, equal, bounds=(-9, 9)).value
        loose = maximise(objective, at_most, equal, bounds=(-9, 9), tolerance=1e-6)
        assert loose.upper_bound >= best - 1e-9 * (1 + abs(best))
