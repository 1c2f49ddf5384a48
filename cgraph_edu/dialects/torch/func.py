"""`torch.func`: gradients of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .autograd import grad as _grad
from .functions import stack
from .missing import no_name
from .tape import recording
from .tensors import Tensor, is_recording

__all__ = ["grad", "grad_and_value", "vmap"]


def grad_and_value(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
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
            value = func(*given, **named)
            slopes = _grad(value, own, create_graph=True, materialize_grads=True)
        if not is_nested:
            slopes = tuple(None if each is None else each.detach() for each in slopes)
            value = value.detach()
        return (slopes[0] if is_one else slopes), value

    return function


def grad(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """A function that gives the gradient of func."""
    both = grad_and_value(func, argnums)
    return lambda *arguments, **named: both(*arguments, **named)[0]


def vmap(func: Callable[..., Any]) -> Callable[..., Any]:
    """A function that applies func to each row of its arguments, one after the other."""

    def function(*arguments: Any) -> Any:
        return stack([func(*row) for row in zip(*arguments, strict=True)])

    return function


def __getattr__(name: str) -> Any:
    raise no_name("torch.func", name, globals())
