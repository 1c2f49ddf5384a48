"""Arguments and results that hold numbers in nested tuples, lists and dicts, as parameters do."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator
from typing import Any

from .describe import describe
from .numbers import counted
from .tensor import Tensor, is_array

CONTAINERS = (tuple, list, dict)


def items(tree: Any) -> list[tuple[Any, Any]]:
    """What a container holds, each with its key or place."""
    return list(tree.items()) if type(tree) is dict else list(enumerate(tree))


def transform(function: Callable[[Any], Any], tree: Any) -> Any:
    """A tree of the same form, with `function` applied to each of its leaves."""
    kind = type(tree)
    if kind is dict:
        return {key: transform(function, branch) for key, branch in tree.items()}
    if kind is tuple or kind is list:
        return kind([transform(function, branch) for branch in tree])
    return function(tree)


def transform_named(function: Callable[[Any, str], Any], tree: Any, name: str) -> Any:
    """The same, with a function that also gets a name for each leaf, by its place: params_0_w."""
    kind = type(tree)
    if kind is dict:
        return {
            key: transform_named(function, branch, f"{name}_{key}") for key, branch in tree.items()
        }
    if kind is tuple or kind is list:
        return kind(
            [transform_named(function, branch, f"{name}_{i}") for i, branch in enumerate(tree)]
        )
    return function(tree, name)


def leaves(tree: Any) -> Iterator[Any]:
    """The leaves, in order."""
    kind = type(tree)
    if kind in CONTAINERS:
        for branch in tree.values() if kind is dict else tree:
            yield from leaves(branch)
    else:
        yield tree


def matched(given: Any, result: Any) -> Iterator[tuple[Any, Any]]:
    """The leaves of an adjoint, each with the leaf of the result that it belongs to.

    Raises TypeError where their forms differ.
    """
    kind = type(result)
    if kind not in CONTAINERS:
        yield given, result
        return
    keys = [key for key, _ in items(result)]
    if type(given) is not kind or {key for key, _ in items(given)} != set(keys):
        named = f", {', '.join(map(repr, keys))}" if kind is dict else ""
        raise TypeError(
            f"the result is a {kind.__name__} of {counted(len(keys), 'part')}{named}, so its "
            f"adjoint is one too, not {describe(given)} ({type(given).__name__})"
        )
    for key in keys:
        yield from matched(given[key], result[key])


def is_number(leaf: Any) -> bool:
    """Whether a leaf is an input of a static graph: a float, a float array or a Tensor.

    All else (whole numbers, truth values, text) is taken as it is, by value.
    """
    if type(leaf) is float or isinstance(leaf, Tensor):
        return True
    kind = getattr(getattr(leaf, "dtype", None), "kind", None)
    if kind is not None:
        return bool(kind == "f")
    return isinstance(leaf, numbers.Real) and not isinstance(leaf, numbers.Rational)


def signature(tree: Any, found: list[Any]) -> Any:
    """A key that says what a trace depends on; the inputs are added to `found`.

    It holds the form of the tree, shapes and types of arrays, and other Python values themselves.
    Raises TypeError for a value that can't be a key.
    """
    kind = type(tree)
    if kind is float:
        found.append(tree)
        return float
    if kind is tuple or kind is list:
        return (kind, *[signature(branch, found) for branch in tree])
    if kind is dict:
        return (kind, *[(key, signature(branch, found)) for key, branch in tree.items()])
    if is_number(tree):
        found.append(tree)
        value = tree.value if isinstance(tree, Tensor) else tree
        if is_array(value) and value.ndim:
            return value.dtype.char, value.shape
        return bool if type(value) is bool else float
    if is_array(tree) and not tree.dtype.hasobject:
        return tree.dtype.str, tree.shape, tree.tobytes()
    hash(tree)
    return kind, tree


def misfit(tree: Any, name: str) -> tuple[str, Any] | None:
    """The first leaf that can't be part of a signature, with how Python writes its place."""
    if type(tree) in CONTAINERS:
        found = (misfit(branch, f"{name}[{key!r}]") for key, branch in items(tree))
        return next((each for each in found if each is not None), None)
    try:
        signature(tree, [])
    except TypeError:
        return name, tree
    return None
