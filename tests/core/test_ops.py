"""Every row of the op table, against witnesses that know nothing of the table."""

import itertools
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from cgraph_edu.core.derivatives import finite_difference
from cgraph_edu.core.expressions import parse, write
from cgraph_edu.core.ops import NEGATED, OPS, Op, op
from tests.witnesses import WITNESSES

EVERY_OP = pytest.mark.parametrize("row", OPS.values(), ids=lambda row: row.name)


def points(row: Op, count: int = 20) -> Iterator[list[float]]:
    """Points inside the row's domain, the same ones on every run."""
    chance = random.Random(row.name)
    for box in row.domain:
        for _ in range(count):
            yield [chance.uniform(low, high) for low, high in box]


def complaint(row: Op, function: Callable[..., Any]) -> str:
    """Where a row's value or a partial differs from its witness; empty if nowhere."""
    for point in points(row):
        out = row.evaluate(*point)
        if out != pytest.approx(function(*point), rel=1e-12, abs=1e-12):
            return f"{row.name}{point}: {out}"
        for port, x in enumerate(point):

            def moved(x: float, port: int = port, point: list[float] = point) -> float:
                return float(function(*point[:port], x, *point[port + 1 :]))

            slope = row.partial(port, out, *point)
            if slope != pytest.approx(finite_difference(moved, x), rel=1e-6, abs=1e-6):
                return f"{row.name}{point}, partial {port}: {slope}"
    return ""


def test_every_row_has_a_witness_and_a_domain() -> None:
    assert WITNESSES.keys() == OPS.keys()
    assert all(row.domain for row in OPS.values())


@EVERY_OP
def test_values_and_partials_agree_with_the_witness(row: Op) -> None:
    assert complaint(row, WITNESSES[row.name]) == ""


@pytest.mark.parametrize(
    ("name", "port", "wrong"),
    [
        ("mul", 0, "x"),
        ("sub", 1, "1"),
        ("div", 1, "x / y ** 2"),
        ("pow", 0, "y * x ** y"),
        ("sin", 0, "-cos(x)"),
        ("tanh", 0, "1 - out"),
        ("sigmoid", 0, "1.0005 * out * (1 - out)"),
        ("maximum", 1, "where(x > y, 1, 0)"),
    ],
)
def test_a_planted_wrong_partial_is_caught(name: str, port: int, wrong: str) -> None:
    row = OPS[name]
    partials = list(row.partials)
    partials[port] = parse(wrong, (*row.operands, "out"))
    planted = replace(row, partials=tuple(partials))
    assert f"partial {port}" in complaint(planted, WITNESSES[name])


def test_a_planted_wrong_value_is_caught() -> None:
    planted = replace(OPS["cosh"], forward=parse("sinh(x)", ["x"]))
    assert complaint(planted, math.cosh).startswith("cosh[")


@pytest.mark.parametrize(
    ("name", "point", "out", "partials"),
    [
        ("add", [3.0, 4.0], 7.0, [1.0, 1.0]),
        ("sub", [3.0, 4.0], -1.0, [1.0, -1.0]),
        ("mul", [3.0, 4.0], 12.0, [4.0, 3.0]),
        ("div", [3.0, 4.0], 0.75, [0.25, -3 / 16]),
        ("pow", [2.0, 3.0], 8.0, [12.0, 8 * math.log(2)]),
        ("neg", [3.0], -3.0, [-1.0]),
        ("exp", [0.0], 1.0, [1.0]),
        ("log", [2.0], math.log(2), [0.5]),
        ("sqrt", [9.0], 3.0, [1 / 6]),
        ("sin", [0.0], 0.0, [1.0]),
        ("cos", [0.0], 1.0, [0.0]),
        ("tanh", [0.0], 0.0, [1.0]),
        ("sigmoid", [0.0], 0.5, [0.25]),
        ("relu", [-1.0], 0.0, [0.0]),
        ("relu", [2.0], 2.0, [1.0]),
        ("mod", [7.0, 3.0], 1.0, [1.0, -2.0]),
        ("where", [True, 5.0, 7.0], 5.0, [0.0, 1.0, 0.0]),
        # Kinks and corners: the slope that is taken there.
        ("abs", [0.0], 0.0, [0.0]),
        ("relu", [0.0], 0.0, [0.0]),
        ("maximum", [1.0, 1.0], 1.0, [0.5, 0.5]),
        ("minimum", [1.0, 1.0], 1.0, [0.5, 0.5]),
        ("pow", [0.0, 0.0], 1.0, [0.0, 0.0]),
        ("pow", [0.0, 2.0], 0.0, [0.0, 0.0]),
        ("pow", [0.0, 1.0], 0.0, [1.0, 0.0]),
    ],
)
def test_values_worked_by_hand(
    name: str, point: list[float], out: float, partials: list[float]
) -> None:
    row = OPS[name]
    assert row.evaluate(*point) == pytest.approx(out, rel=1e-15)
    found = [row.partial(port, out, *point) for port in range(len(point))]
    assert found == pytest.approx(partials, rel=1e-15)


@pytest.mark.parametrize(
    ("name", "point", "out"),
    [
        ("div", [1.0, 0.0], inf),
        ("div", [-1.0, 0.0], -inf),
        ("div", [0.0, 0.0], nan),
        ("log", [-1.0], nan),
        ("log", [0.0], -inf),
        ("exp", [1000.0], inf),
        ("pow", [-8.0, 1 / 3], nan),
        ("pow", [0.0, -1.0], inf),
        ("sinh", [-1000.0], -inf),
        ("sub", [inf, inf], nan),
        ("sqrt", [-1.0], nan),
        ("sigmoid", [-1000.0], 0.0),
        ("maximum", [nan, 1.0], nan),
        ("maximum", [1.0, nan], nan),
        ("mod", [1.0, 0.0], nan),
    ],
)
def test_the_arithmetic_is_ieee(name: str, point: list[float], out: float) -> None:
    assert OPS[name].evaluate(*point) == pytest.approx(out, nan_ok=True)


SPECIALS = [0.0, -0.0, 0.5, 1.0, -1.0, 2.0, 3.0, -8.0, 1 / 3, 710.0, -1000.0]
SPECIALS += [1e17, 1e308, -1e308, 5e-324, inf, -inf, nan]


@EVERY_OP
def test_floats_and_arrays_get_the_same_answers_at_special_values(row: Op) -> None:
    values = SPECIALS if len(row.operands) < 3 else [0.0, 1.0, -2.0, inf, nan]
    for point in itertools.product(values, repeat=len(row.operands)):
        arrays = [np.array([x]) for x in point]
        out = row.evaluate(*point)
        assert row.evaluate(*arrays)[0] == pytest.approx(out, rel=1e-14, nan_ok=True), point
        for port in range(len(point)):
            on_floats = row.partial(port, out, *point)
            on_arrays = row.partial(port, np.array([float(out)]), *arrays)
            assert np.ravel(on_arrays)[0] == pytest.approx(on_floats, rel=1e-14, nan_ok=True), point


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "neg", "pow", "exp", "sinh", "sqrt"])
def test_zeros_have_the_sign_that_numpy_gives_them(name: str) -> None:
    row = OPS[name]
    for point in itertools.product(SPECIALS, repeat=len(row.operands)):
        out = row.evaluate(*point)
        expected = row.evaluate(*(np.array([x]) for x in point))[0]
        if out == 0.0:
            assert math.copysign(1.0, out) == math.copysign(1.0, expected), point


@EVERY_OP
def test_one_partial_for_each_operand(row: Op) -> None:
    assert len(row.partials) == len(row.operands)
    assert all(len(box) == len(row.operands) for box in row.domain)


@EVERY_OP
def test_the_latex_has_a_place_for_each_operand(row: Op) -> None:
    text = row.latex.format(**{name: f"<{name}>" for name in row.operands})
    assert all(f"<{name}>" in text for name in row.operands)
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mul", "x * y"),
        ("neg", "-x"),
        ("le", "x <= y"),
        ("sin", "sin(x)"),
        # Not its definition but its name is what a learner reads.
        ("sigmoid", "sigmoid(x)"),
        ("relu", "relu(x)"),
        ("where", "where(c, x, y)"),
    ],
)
def test_how_a_use_is_written(name: str, text: str) -> None:
    assert write(OPS[name].formula) == text


@pytest.mark.parametrize("name", NEGATED)
def test_the_opposite_of_a_comparison(name: str) -> None:
    assert OPS[name].is_comparison
    for x, y in itertools.product([1.0, 2.0], repeat=2):
        assert OPS[name].evaluate(x, y) is not OPS[NEGATED[name]].evaluate(x, y)


def test_only_comparisons_give_truth_values() -> None:
    assert {row.name for row in OPS.values() if row.is_comparison} == NEGATED.keys()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"partials": ["1"], "operands": ["x", "y"]}, "2 operands, x and y, but 1 partial"),
        ({"domain": [((0.0, 1.0),)]}, "a box of its domain needs 2 intervals"),
        (
            {"forward": "x", "partials": ["1"], "domain": [((0.0, 1.0), (0.0, 1.0))]},
            "a box of its domain needs 1 interval$",
        ),
        ({"forward": "x + z"}, "unknown name 'z'"),
        ({"partials": ["1", "z"]}, "unknown name 'z'"),
        ({"forward": "__import__('os')"}, "is not allowed"),
    ],
)
def test_a_row_that_does_not_fit_together_is_refused(
    settings: dict[str, Any], message: str
) -> None:
    row: dict[str, Any] = {"forward": "x + y", "partials": ["1", "1"], "latex": ""}
    with pytest.raises(ValueError, match=message):
        op("planted", **row | settings)
    assert "planted" not in OPS


def test_a_new_row_works_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cgraph_edu.core.ops.OPS", dict(OPS))
    cube = op("cube", "x ** 3", ["3 * x ** 2"], r"{x}^3", domain=[((0.5, 2.0),)])
    assert complaint(cube, lambda x: x * x * x) == ""
    assert write(cube.formula) == "cube(x)"
