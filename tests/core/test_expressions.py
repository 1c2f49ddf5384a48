"""The expression language: what it accepts, what it refuses, how it prints and computes."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgraph_edu.core.expressions import (
    FUNCTIONS,
    Expression,
    compile_fast,
    compile_in,
    compile_total,
    parse,
    substitute,
    write,
)

VARIABLES = ("x", "y", "out")


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("x", "x"),
        ("2", 2),
        ("-2", ("neg", 2)),
        ("1 - out ** 2", ("sub", 1, ("pow", "out", 2))),
        ("x - y - 1", ("sub", ("sub", "x", "y"), 1)),
        ("x ** y ** 2", ("pow", "x", ("pow", "y", 2))),
        ("-x ** 2", ("neg", ("pow", "x", 2))),
        ("x // y % 2", ("mod", ("floordiv", "x", "y"), 2)),
        ("where(x >= 0, sin(x), 0.5)", ("where", ("ge", "x", 0), ("sin", "x"), 0.5)),
    ],
)
def test_parsing(source: str, tree: Expression) -> None:
    assert parse(source, VARIABLES) == tree


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("x.real", "x.real"),
        ("x + y.__class__", "y.__class__"),
        ("eval(x)", "eval(x)"),
        ("1 + open(x)", "open(x)"),
        ("math.sin(x)", "math.sin(x)"),
        ("sin(x)(y)", "sin(x)(y)"),
        ("lambda: x", "lambda: x"),
        ("x[0]", "x[0]"),
        ("'x'", "'x'"),
        ("b'x'", "b'x'"),
        ("True", "True"),
        ("None", "None"),
        ("2j", "2j"),
        ("...", "..."),
        ("sin(x=y)", "sin(x=y)"),
        ("sin(*x)", "*x"),
        ("sin(x, y)", "sin(x, y)"),
        ("sin()", "sin()"),
        ("maximum(x)", "maximum(x)"),
        ("x < y < 1", "x < y < 1"),
        ("x in y", "x in y"),
        ("x is y", "x is y"),
        ("x and y", "x and y"),
        ("not x", "not x"),
        ("+x", "+x"),
        ("~x", "~x"),
        ("x @ y", "x @ y"),
        ("x << 1", "x << 1"),
        ("x if y else 1", "x if y else 1"),
        ("(x, y)", "(x, y)"),
        ("[x]", "[x]"),
        ("{x}", "{x}"),
        ("[x for x in y]", "[x for x in y]"),
        ("(x := 1)", "x := 1"),
        ("f'{x}'", "f'{x}'"),
    ],
)
def test_everything_else_is_refused_by_name(source: str, part: str) -> None:
    with pytest.raises(ValueError, match="is not allowed in an op's expression") as refused:
        parse(source, VARIABLES)
    assert repr(part) in str(refused.value)


def test_an_unknown_variable_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(ValueError, match=r"unknown name 'z' in 'x \+ z'; its variables are: x, y"):
        parse("x + z", ("x", "y"))


@pytest.mark.parametrize("source", ["", "x +", "x = 1", "x; y", "import os", "x y", "(x"])
def test_what_is_no_expression_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="is not an expression"):
        parse(source, VARIABLES)


@pytest.mark.parametrize(
    "source",
    [
        "x - (y - 1)",
        "(x + y) * 2",
        "x / (y * 2)",
        "(x ** y) ** 2",
        "(-x) ** 2",
        "-(x + y)",
        "x ** (-y)",
        "(x < y) * 2",
        "(x < y) < 1",
        "2 - -x",
    ],
)
def test_brackets_stand_where_reading_needs_them(source: str) -> None:
    assert write(parse(source, VARIABLES)) == source


def test_calls_only() -> None:
    assert write(parse("-x / y", VARIABLES), calls=FUNCTIONS) == "div(neg(x), y)"


def test_substitution_replaces_variables_by_trees() -> None:
    tree = substitute(("mul", "x", ("sin", "x")), {"x": ("add", "a", 1)})
    assert write(tree) == "(a + 1) * sin(a + 1)"


# Non-negative numbers only: "-2" is read as the negation of 2.
leaves = st.sampled_from(VARIABLES) | st.integers(0, 9) | st.floats(0, 1e9)
trees: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.sampled_from(sorted(FUNCTIONS)).flatmap(
        lambda name: st.tuples(st.just(name), *[inner] * FUNCTIONS[name].arity)
    ),
    max_leaves=12,
)


@given(trees)
def test_a_tree_survives_writing_and_parsing(tree: Expression) -> None:
    assert parse(write(tree), VARIABLES) == tree


@given(trees)
def test_a_tree_survives_json(tree: Expression) -> None:
    def tuples(data: Any) -> Any:
        return tuple(map(tuples, data)) if isinstance(data, list) else data

    assert tuples(json.loads(json.dumps(tree))) == tree


@given(trees, *[st.floats(-3, 3)] * 3)
def test_fast_and_total_arithmetic_agree_wherever_python_does_not_raise(
    tree: Expression, x: float, y: float, out: float
) -> None:
    try:
        fast = float(compile_fast(tree, VARIABLES)(x, y, out))
    except (ArithmeticError, ValueError):
        return
    total = float(compile_total(tree, VARIABLES)(x, y, out))
    assert fast == total or (math.isnan(fast) and math.isnan(total))


def test_compiling_in_a_namespace_uses_its_functions() -> None:
    spelled = compile_in(("add", "x", 1), ["x"], {"add": lambda x, y: f"{x} plus {y}"})
    assert spelled("a") == "a plus 1"
