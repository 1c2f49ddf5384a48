"""`torch.func`: derivatives of functions, as functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .autograd import functional
from .autograd import grad as _grad
from .functions import stack
from .missing import no_name
from .results import is_recording
from .tape import recording
from .tensors import Tensor

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp", "vmap"]


def grad_and_value(
    func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that gives the gradient of func, and its value."""
    is_one = isinstance(argnums, int)
    places = (argnums,) if is_one else tuple(argnums)

    def function(*arguments: Any, **named: Any) -> Any:
        is_nested = is_recording(arguments)
        given = list(arguments)
        with recording(True):
            own = []
            for place in places:
                x: Tensor = given[place]
                inner = x.view_as(x) if x.requires_grad else x.detach().requires_grad_()
                given[place] = inner
                own.append(inner)
            answer = func(*given, **named)
            value = answer[0] if has_aux else answer
            slopes = _grad(value, own, create_graph=True, materialize_grads=True)
        if not is_nested:
            slopes = tuple(None if each is None else each.detach() for each in slopes)
            value = value.detach()
        found = slopes[0] if is_one else slopes
        return (found, (value, answer[1])) if has_aux else (found, value)

    return function


def grad(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that gives the gradient of func."""
    both = grad_and_value(func, argnums, has_aux)

    def function(*arguments: Any, **named: Any) -> Any:
        slopes, value = both(*arguments, **named)
        return (slopes, value[1]) if has_aux else slopes

    return function


def jacrev(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """A function that gives the matrix of derivatives of func."""
    is_one = isinstance(argnums, int)
    places = (argnums,) if is_one else tuple(argnums)

    def function(*arguments: Any) -> Any:
        def of_places(*chosen: Any) -> Any:
            given = list(arguments)
            for place, value in zip(places, chosen, strict=True):
                given[place] = value
            return func(*given)

        wanted = tuple(arguments[place] for place in places)
        found = functional.jacobian(of_places, wanted, create_graph=is_recording(arguments))
        return found[0] if is_one else found

    return function


jacfwd = jacrev


def hessian(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """A function that gives the second derivatives of func."""

    def function(*arguments: Any) -> Any:
        given = list(arguments)

        def of_place(x: Any) -> Any:
            given[argnums] = x
            return func(*given)

        return functional.hessian(of_place, arguments[argnums])

    return function


def vjp(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """func(*primals), and a function that carries an adjoint of it back to the primals."""
    out = func(*primals)

    def back(cotangents: Any) -> tuple[Any, ...]:
        return tuple(functional.vjp(func, primals, cotangents)[1])

    return out, back


def jvp(func: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    """func(*primals), and its change along the tangents."""
    return functional.jvp(func, tuple(primals), tuple(tangents))


def vmap(func: Callable[..., Any], in_dims: Any = 0, out_dims: int = 0) -> Callable[..., Any]:
    """A function that applies func to each row of its arguments, one after the other."""

    def function(*arguments: Any) -> Any:
        axes = in_dims if isinstance(in_dims, tuple) else (in_dims,) * len(arguments)
        (count, *_) = (
            x.shape[axis] for x, axis in zip(arguments, axes, strict=True) if axis is not None
        )
        made = [
            func(
                *[
                    x if axis is None else x.unbind(axis)[i]
                    for x, axis in zip(arguments, axes, strict=True)
                ]
            )
            for i in range(count)
        ]
        if isinstance(made[0], tuple):
            return tuple(stack(parts, out_dims) for parts in zip(*made, strict=True))
        return stack(made, out_dims)

    return function


def __getattr__(name: str) -> Any:
    raise no_name("torch.func", name, globals())
