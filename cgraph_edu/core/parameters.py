"""What a function calls its arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from .describe import describe


def parameters(f: Callable[..., Any]) -> inspect.Signature:
    """The parameters of f; any number of them for a function that does not tell."""
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):  # some functions written in C have none
        return inspect.signature(lambda *arguments, **named: None)


def check_callable(f: Any, what: str) -> None:
    """Raise TypeError for what can't be called."""
    if callable(f):
        return
    remedy = ". cg.gradient(output, [a, b]) takes Tensors" if hasattr(f, "op") else ""
    raise TypeError(f"{what} a function, not {describe(f)} ({type(f).__name__}){remedy}")


def labels(signature: inspect.Signature, count: int) -> list[str]:
    """A name for each positional argument; those of *args are args_0, args_1, ..."""
    found: list[str] = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            found += [f"{parameter.name}_{i}" for i in range(count - len(found))]
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            found.append(parameter.name)
    # More than it takes: the error says so when it is called.
    found += [f"argument_{i}" for i in range(len(found), count)]
    return found[:count]


def argument_names(f: Callable[..., Any], count: int) -> Sequence[str]:
    """What f calls its first `count` arguments; quick, as each use of `cg.grad` asks."""
    is_plain = type(f) is FunctionType and not hasattr(f, "__signature__")
    if is_plain and count <= f.__code__.co_argcount:
        return f.__code__.co_varnames[:count]
    return labels(parameters(f), count)
