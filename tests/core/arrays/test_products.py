"""Products: how they are written, and what does not fit."""

from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core.arrays.products import Einsum, Matmul


def test_a_matrix_product_is_written_with_its_operator() -> None:
    assert Matmul().write(["w", "x"]) == "w @ x"
    assert Matmul().latex(["w", "x"]) == r"w \, x"


def test_an_einsum_is_written_with_its_letters() -> None:
    op = Einsum(("ij", "jk"), "ik")
    assert op.write(["w", "x"]) == "einsum('ij,jk->ik', w, x)"
    assert op.latex(["w", "x"]) == r"\sum_{j} w_{ij} \, x_{jk}"
    assert Einsum(("i", "j"), "ij").latex(["a", "b"]) == r"a_{i} \, b_{j}"


def test_a_length_of_one_is_repeated_in_an_einsum() -> None:
    x, y = cg.variables(x=np.ones((2, 1)), y=np.ones((3, 4)))
    z: Any = cg.einsum("ij,jk->ik", x, y)
    assert z.value.tolist() == [[3.0] * 4] * 2
    assert cg.gradient(z.sum(), [x])[0].tolist() == [[12.0], [12.0]]


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda x, y: x @ y, r"x @ y: .*x has shape \(2, 3\), y has shape \(2, 4\)"),
        (lambda x, y: np.dot(x, y), r"x @ y: .*x has shape \(2, 3\), y has shape \(2, 4\)"),
        (lambda x, y: x @ 2.0, "for plain numbers write x \\* y"),
        (lambda x, y: np.einsum("ij,jk", x, y), r"einsum.*x has shape \(2, 3\), y has shape"),
        (lambda x, y: np.einsum("ij", x, y), "names 1 operand, not 2"),
        (lambda x, y: np.einsum("i,jk", x, y), "'i' does not fit 2 axes"),
        (lambda x, y: np.dot(x, np.ones((2, 3, 4))), "is not recorded: use @"),
    ],
)
def test_what_does_not_fit_is_named(use: Any, message: str) -> None:
    x, y = cg.variables(x=np.ones((2, 3)), y=np.ones((2, 4)))
    with pytest.raises(ValueError, match=message):
        use(x, y)


def test_constants_take_part_without_a_gradient() -> None:
    w = cg.variable(np.ones(2), name="w")
    y = (np.array([[1.0, 2.0]]) @ w).sum()
    assert cg.gradient(y, [w])[0].tolist() == [1.0, 2.0]
