"""Whole matrices of derivatives, a row at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .derivatives import check_one, grad, misplaced, named_vjp
from .parameters import argument_names, check_callable
from .tensor import Tensor, is_array


def jacobian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """A function that gives J[i, j] = ∂out[i]/∂x[j] for the argument x in place `argnums`.

    Its shape is that of f's result, then that of x; for two numbers it is a number. One reverse
    pass is made for each entry of the result. Raises ValueError where there is no such argument.
    """
    check_callable(f, "cg.jacobian takes")
    if not isinstance(argnums, int):
        raise TypeError(
            f"argnums={argnums!r}: a Jacobian is with respect to one argument at a time"
        )

    def jacobian_at(*arguments: Any) -> Any:
        if not -len(arguments) <= argnums < len(arguments):
            raise misplaced(argnums, len(arguments))
        place = argnums % len(arguments)

        def of_one(x: Any) -> Any:
            return f(*arguments[:place], x, *arguments[place + 1 :])

        name = argument_names(f, len(arguments))[place]
        value, pull_back = named_vjp(of_one, [arguments[place]], [name])
        check_one(value)
        if not _shape(value):
            return pull_back(1.0)[0]
        return _rows(value, pull_back, arguments[place])

    return jacobian_at


def hessian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """A function that gives H[i, j] = ∂²f/∂x[i]∂x[j], the Jacobian of the gradient of f.

    For the product of H with a vector v alone, `cg.jvp(cg.grad(f), (x,), (v,))[1]` costs no more
    than two gradients and never makes H.
    """
    check_callable(f, "cg.hessian takes")
    return jacobian(grad(f, argnums), argnums)


def _rows(value: Any, pull_back: Callable[[Any], tuple[Any, ...]], x: Any) -> Any:
    import numpy as np

    from .arrays import reshape, stack

    plain = value.value if isinstance(value, Tensor) else value
    seeds = np.eye(plain.size, dtype=plain.dtype).reshape(plain.size, *plain.shape)
    rows = [pull_back(seed)[0] for seed in seeds]
    shape = (*plain.shape, *_shape(x))
    if not rows:
        return np.zeros(shape, plain.dtype)
    return reshape(stack(rows), shape)


def _shape(value: Any) -> tuple[int, ...]:
    plain = value.value if isinstance(value, Tensor) else value
    return tuple(plain.shape) if is_array(plain) else ()
