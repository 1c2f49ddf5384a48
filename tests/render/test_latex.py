"""A graph in LaTeX."""

from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.render.latex import formula, latex, name, number


def last_formula(f: Any, **inputs: Any) -> str:
    g = cg.trace(f, **inputs)
    return formula(g, g.output)


def test_the_five_node_example() -> None:
    a, b = cg.variables(a=2.0, b=1.0)
    c = a + b
    d = b + 1
    e = c * d
    assert latex(cg.graph(e, names=locals())) == "\n".join(
        [
            r"$$\begin{aligned}",
            r"c &= a + b = 3 \\",
            r"d &= b + 1 = 2 \\",
            r"e &= c \cdot d = 6 \\",
            r"\frac{\partial e}{\partial a} &= \frac{\partial c}{\partial a} \cdot "
            r"\frac{\partial e}{\partial c} = 1 \cdot 2 = 2 \\",
            r"\frac{\partial e}{\partial b} &= \frac{\partial c}{\partial b} \cdot "
            r"\frac{\partial e}{\partial c} + \frac{\partial d}{\partial b} \cdot "
            r"\frac{\partial e}{\partial d} = 1 \cdot 2 + 1 \cdot 3 = 5",
            r"\end{aligned}$$",
        ]
    )


def test_wrt_chooses_the_derivatives() -> None:
    text = latex(cg.trace(lambda a, b: a * b, a=2.0, b=3.0), wrt=["b"])
    assert r"\partial b" in text
    assert r"\partial a" not in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", "x"),
        ("x1", "x_{1}"),
        ("x_1", "x_{1}"),
        ("alpha", r"\alpha"),
        ("theta2", r"\theta_{2}"),
        ("loss", r"\mathit{loss}"),
        ("my_loss", r"\mathit{my}_{loss}"),
        ("w_in", "w_{in}"),
        ("a_b_c", r"\mathit{a\_b\_c}"),
        ("_", r"\mathit{\_}"),
        ("π", r"\pi"),
    ],
)
def test_names(text: str, expected: str) -> None:
    assert name(text) == expected


def test_names_that_would_look_alike_stay_as_typed() -> None:
    text = latex(cg.trace(lambda x1, x_1: x1 * x_1, x1=1.0, x_1=2.0))
    assert r"v_{1} &= \mathit{x1} \cdot \mathit{x\_1} = 2" in text


@pytest.mark.parametrize("text", ["a$b", "x{", "}", r"\input", "a%b", "#", "a&b", "^"])
def test_a_name_cannot_leave_its_place(text: str) -> None:
    shown = name(text).removeprefix(r"\mathit{").removesuffix("}")
    for special in "$%#&_":
        assert shown.count(special) == shown.count(f"\\{special}")
    assert r"\input" not in shown
    assert shown.count("{") == shown.count("}") or r"\{" in shown or r"\}" in shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.0, "2"),
        (-0.5, "-0.5"),
        (1.5e-7, r"1.5 \cdot 10^{-7}"),
        (1e20, r"1 \cdot 10^{20}"),
        (float("inf"), r"\infty"),
        (float("-inf"), r"-\infty"),
        (float("nan"), r"\text{nan}"),
        (True, r"\text{True}"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda a: a / 2, r"\frac{a}{2} = 0.5"),
        (lambda a: a**2, r"{a}^{2} = 1"),
        (lambda a: a * -2, r"a \cdot \left(-2\right) = -2"),
        (lambda a: cg.sigmoid(a - 1), r"\sigma\left(v_{1}\right) = 0.5"),
        (lambda a: cg.sqrt(a), r"\sqrt{a} = 1"),
        (lambda a: cg.maximum(a, -2), r"\max\left(a, -2\right) = 1"),
        (lambda a: a > 0, r"a > 0 = \text{True}"),
    ],
)
def test_formulas(f: Any, text: str) -> None:
    assert last_formula(f, a=1.0) == text


def test_array_ops_write_their_own_latex() -> None:
    assert last_formula(lambda x: x.sum(), x=np.ones(2)) == r"\operatorname{sum}\left(x\right) = 2"
    assert last_formula(lambda x: x[0], x=np.ones(2)) == "x_{[0]} = 1"
    assert last_formula(lambda w, x: w @ x, w=np.ones((2, 2)), x=np.ones(2)) == r"w \, x"


def test_a_parallel_edge_is_a_term_of_its_own() -> None:
    text = latex(cg.trace(lambda a: a * a, a=3.0))
    assert r"\frac{\partial v_{1}}{\partial a} + \frac{\partial v_{1}}{\partial a} = 3 + 3" in text


def test_many_paths_are_summed_without_their_terms() -> None:
    def f(x: Any) -> Any:
        for _ in range(100):
            x = x + x
        return x

    assert r"&= 1.26765 \cdot 10^{30}" in latex(cg.trace(f, x=1.0))


def test_braces_balance() -> None:
    def f(a: Any, b: Any) -> Any:
        return cg.log(a) / cg.sqrt(b) + cg.tanh(a**b) - abs(a) * cg.exp(-b) % 3

    text = latex(cg.trace(f, a=2.0, b=3.0))
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
