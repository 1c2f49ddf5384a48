"""A learner's own op works everywhere that a built-in one does."""

import math
import re
from typing import Any

import pytest

import cgraph_edu as cg
from cgraph_edu.graphs.document import to_document
from cgraph_edu.render.latex import latex

SWISH = ("swish", "x / (1 + exp(-x))", ["(1 + out * exp(-x)) / (1 + exp(-x))"])


def swish_slope(x: float) -> float:
    s = 1 / (1 + math.exp(-x))
    return s + x * s * (1 - s)


def test_value_slope_and_second_derivative() -> None:
    swish = cg.op(*SWISH)
    assert swish(1.5) == pytest.approx(1.5 / (1 + math.exp(-1.5)), rel=1e-14)
    assert cg.grad(swish)(1.5) == pytest.approx(swish_slope(1.5), rel=1e-14)
    h = 1e-5
    second = (swish_slope(1.5 + h) - swish_slope(1.5 - h)) / (2 * h)
    assert cg.grad(cg.grad(swish))(1.5) == pytest.approx(second, rel=1e-8)


def test_it_is_drawn_told_and_sent_to_the_browser() -> None:
    swish = cg.op(*SWISH)
    graph = cg.trace(lambda x: swish(x) * 2, x=1.5)
    assert str(graph).startswith("v2 = v1 * 2 = 2.45272\n")
    assert "swish(x)" in graph.describe(graph.node("v1"))
    assert r"\operatorname{swish}\left(x\right)" in latex(graph)
    assert to_document(graph)["ops"]["swish"]["partials"][0][0] == "div"
    assert graph.path_sum("x").agrees


def test_two_operands_and_arrays() -> None:
    import numpy as np

    hypotenuse = cg.op("hypotenuse", "sqrt(x ** 2 + y ** 2)", ["x / out", "y / out"])
    assert cg.grad(hypotenuse, argnums=(0, 1))(3.0, 4.0) == pytest.approx((0.6, 0.8))
    slope = cg.grad(lambda x: hypotenuse(x, 4.0).sum())(np.array([3.0, 0.0]))
    assert slope == pytest.approx(np.array([0.6, 0.0]))


def test_gradcheck_finds_a_wrong_partial() -> None:
    wrong = cg.op("wrong", "x * y", ["y", "y"])
    report = cg.gradcheck(wrong, 2.0, 5.0)
    assert not report
    assert report.operand == 1
    assert "argument 1, at y = 5: gradient 5, finite difference 2, off by 3" in repr(report)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("mul", "x * y", ["y", "x"]), "there is an op 'mul' already"),
        (("my op", "x", ["1"]), "'my op' can't be the name"),
        (("bad", "open(x)", ["1"]), "not allowed in an op's expression"),
        (("bad", "x * z", ["z"]), "unknown name 'z'"),
        (("bad", "x * y", ["y"]), "unknown name 'y'"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(row: tuple[str, str, list[str]], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        cg.op(*row)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            ("f", "5 * x", [5]),
            "op 'f': the partial for x is 5 (int) where a formula belongs: write it as text, \"5\"",
        ),
        (
            ("f", 5, ["5"]),
            "op 'f': what it computes is 5 (int) where a formula belongs: write it as text, \"5\"",
        ),
        (
            ("f", "u * v", ["v", None], None, ["u", "v"]),
            "op 'f': the partial for v is None (NoneType) where a formula belongs: "
            'write it as text, such as "2 * v"',
        ),
        (
            ("f", "x * x", [lambda x: 2 * x]),
            "op 'f': the partial for x is a Python function, and it must be a formula in text, "
            'such as "2 * x"; cg.custom_op takes functions',
        ),
        (("f", "sin(x)", "cos(x)"), "op 'f': partials is one text; put it in a list, ['cos(x)']"),
        (("f", "x * y", 5), "op 'f': partials is 5 (int), and it must be a list of texts"),
        (("f", "2 * x", {"x": "2"}), "partials is {'x': '2'} (dict), and it must be a list"),
        (("f", "2 * x", {"2"}), "partials is {'2'} (set), and it must be a list of texts"),
        (
            ("f", "u * v", ["v", "u"], None, "u, v"),
            "op 'f': operands is one text; put it in a list, ['u', 'v']",
        ),
        (("f", "x", ["1"], None, ["x", 5]), "op 'f': operands holds 5 (int), and it must be text"),
        ((5, "x", ["1"]), "the name of an op is text, such as 'f', not 5 (int)"),
        (
            ("f", "x", ["1"], None, (), (0, 1)),
            "op 'f': domain is a list of boxes, each with an interval for each operand, "
            "such as [((0.2, 3.0),)], not (0, 1)",
        ),
        (("f", "x", ["1"], 5), "op 'f': latex is 5 (int), and it must be text"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_write(row: Any, message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        cg.op(*row)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("class", "x", ["1"]), "'class' can't be the name of a function"),
        (("f", "x * y", ["y"]), "op 'f': unknown name 'y' in 'x * y'; its variables are: x"),
        (("f", "sin(z)", ["cos(z)"]), "unless operands=[...] names others"),
        (
            ("f", "x * y", ["y", "x", "1"]),
            "3 partials: give one for each, or name the operands with operands=[...]",
        ),
        (("f", "x", ["1"], None, ["a b"]), "op 'f': 'a b' can't be the name of an operand"),
        (("f", "x", ["1"], None, ["out"]), "op 'f': 'out' can't be the name of an operand"),
        (("f", "x", ["1"], None, ["sin"]), "op 'f': 'sin' can't be the name of an operand"),
        (("f", "x * x", ["1", "1"], None, ["x", "x"]), "op 'f': two operands are named x"),
        (("f", "x", ["1"], r"\frac{x}{2}"), "{x} stands for an operand; other braces are doubled"),
        (("f", "x ^ 2", ["2 * x"]), "expression: a power is written x ** 2"),
        (("f", "math.sin(x)", ["cos(x)"]), "expression: write sin alone"),
        (("f", "np.tanh(x)", ["1"]), "expression: write tanh alone"),
        (("f", "maximum(x)", ["1"]), "expression: maximum takes 2 arguments"),
        (("f", "pi * x", ["pi"]), "write 3.141592653589793 for pi"),
    ],
)
def test_a_wrong_row_is_refused_with_what_to_write(row: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        cg.op(*row)
