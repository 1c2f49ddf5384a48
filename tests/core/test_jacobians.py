"""Jacobians and Hessians against formulas worked out by hand."""

import math
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg


def polar(p: Any) -> Any:
    """Radius and angle to x and y."""
    return cg.stack([p[0] * cg.cos(p[1]), p[0] * cg.sin(p[1])])


def baydin(x: Any) -> Any:
    return cg.log(x[0]) + x[0] * x[1] - cg.sin(x[1])


def test_jacobian_of_polar_coordinates() -> None:
    r, t = 2.0, 0.3
    expected = [[math.cos(t), -r * math.sin(t)], [math.sin(t), r * math.cos(t)]]
    assert cg.jacobian(polar)(np.array([r, t])) == pytest.approx(np.array(expected), rel=1e-14)


def test_hessian_of_baydins_example() -> None:
    hessian = cg.hessian(baydin)(np.array([2.0, 5.0]))
    assert hessian == pytest.approx(np.array([[-0.25, 1], [1, math.sin(5.0)]]), rel=1e-14)


def test_numbers_in_numbers_out() -> None:
    assert cg.jacobian(lambda x: x**3)(2.0) == 12.0
    assert cg.hessian(lambda x: x**3)(2.0) == 12.0
    assert cg.hessian(cg.hessian(lambda x: x**5))(2.0) == 240.0


def test_shapes_are_those_of_result_and_argument() -> None:
    w = np.arange(6.0).reshape(2, 3)
    x = np.array([1.0, 2.0, 3.0])
    jacobian = cg.jacobian(lambda w, x: w @ x)(w, x)
    assert jacobian.shape == (2, 2, 3)
    assert jacobian == pytest.approx(np.einsum("ik,j->ikj", np.eye(2), x))
    assert cg.jacobian(lambda w, x: w @ x, argnums=1)(w, x) == pytest.approx(w)


def test_a_product_with_the_hessian_needs_no_hessian() -> None:
    x, v = np.array([2.0, 5.0]), np.array([0.3, -1.0])
    product = cg.jvp(cg.grad(baydin), (x,), (v,))[1]
    assert product == pytest.approx(cg.hessian(baydin)(x) @ v, rel=1e-14)


def test_the_gradient_of_a_jacobians_trace() -> None:
    def trace(x: Any) -> Any:
        jacobian = cg.jacobian(lambda y: y**3)(x)
        return jacobian[0, 0] + jacobian[1, 1]

    assert cg.grad(trace)(np.array([2.0, 3.0])) == pytest.approx(np.array([12.0, 18.0]))


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(
        ValueError, match="argnums=2, but the call has 1 argument: they are counted from 0"
    ):
        cg.jacobian(lambda x: x, argnums=2)(1.0)


def test_the_jacobian_of_nothing_keeps_the_precision() -> None:
    found = cg.jacobian(lambda x: x[:0])(np.ones(3, np.float32))
    assert (found.shape, found.dtype) == ((0, 3), np.float32)
