"""`torch.autograd.functional`: matrices of derivatives."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..functions import reshape, stack
from ..tape import recording
from ..tensors import Tensor, wrap
from . import grad


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False) -> Any:
    """∂func/∂inputs, a row for each entry of the result."""
    is_one = isinstance(inputs, Tensor)
    given = (inputs,) if is_one else tuple(inputs)
    with recording(True):
        own = [x.detach().requires_grad_() if not create_graph else x.view_as(x) for x in given]
        out = func(*own)
        rows: list[Any] = []
        for index in itertools.product(*map(range, out.shape)):
            entry = out[index] if index else out
            rows.append(
                grad(
                    entry, own, retain_graph=True, create_graph=create_graph, materialize_grads=True
                )
                if entry.requires_grad
                else tuple(wrap(np.zeros_like(x._data)) for x in own)
            )
    found: Any = tuple(
        reshape(stack([row[i] for row in rows]), *out.shape, *x.shape) for i, x in enumerate(own)
    )
    if not create_graph:
        found = tuple(each.detach() for each in found)
    return found[0] if is_one else found


def hessian(func: Callable[..., Any], inputs: Any) -> Any:
    """The second derivatives of a function that gives one number."""
    is_one = isinstance(inputs, Tensor)
    given = (inputs,) if is_one else tuple(inputs)
    with recording(True):
        own = [x.detach().requires_grad_() for x in given]
        first = grad(func(*own), own, create_graph=True, materialize_grads=True)
        table = []
        for gradient in first:
            assert gradient is not None
            rows: list[Any] = []
            for index in itertools.product(*map(range, gradient.shape)):
                entry = gradient[index] if index else gradient
                rows.append(
                    grad(entry, own, retain_graph=True, materialize_grads=True)
                    if entry.requires_grad
                    else tuple(wrap(np.zeros_like(x._data)) for x in own)
                )
            shape = gradient.shape
            table.append(
                tuple(
                    wrap(np.stack([row[i]._data for row in rows]).reshape(*shape, *x.shape))
                    for i, x in enumerate(own)
                )
            )
    return table[0][0] if is_one else tuple(table)


def vjp(func: Callable[..., Any], inputs: Any, v: Tensor | None = None) -> tuple[Any, Any]:
    """func(inputs), and the adjoint v of the result carried back to the inputs."""
    is_one = isinstance(inputs, Tensor)
    given = (inputs,) if is_one else tuple(inputs)
    with recording(True):
        own = [x.detach().requires_grad_() for x in given]
        out = func(*own)
        found = grad(out, own, v, materialize_grads=True)
    return out.detach(), found[0] if is_one else found


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None) -> tuple[Any, Any]:
    """func(inputs), and its change along v: the vjp, which is linear in its adjoint, transposed."""
    is_one = isinstance(inputs, Tensor)
    given = (inputs,) if is_one else tuple(inputs)
    along = (v,) if isinstance(v, Tensor) else v
    with recording(True):
        own = [x.detach().requires_grad_() for x in given]
        out = func(*own)
        adjoint = wrap(np.zeros_like(out._data)).requires_grad_()
        back = grad(out, own, adjoint, create_graph=True, materialize_grads=True)
        (found,) = grad(back, [adjoint], along, materialize_grads=True)
    return out.detach(), found
