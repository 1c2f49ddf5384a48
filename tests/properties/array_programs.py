"""Random programs on arrays: broadcasting, products, reductions, indexing, shapes.

A step is written once, with NumPy's names, and runs on Tensors by the engine and on plain arrays by
NumPy itself; what only the engine has is written out in NumPy here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st

import cgraph_edu as cg

Function = Callable[..., Any]
LARGEST = 10.0
"""Larger values are brought into -1 to 1 before they are used again."""
MOST = 40
"""Larger arrays are summed over their first axis."""


@dataclass(frozen=True)
class Step:
    """An op with its settings, by the engine and by NumPy, and where its operands come from."""

    name: str
    engine: Function
    plain: Function
    sources: tuple[int, ...]


@dataclass(frozen=True)
class ArrayProgram:
    """A function of arrays and numbers that gives one number, and inputs to try it at."""

    steps: tuple[Step, ...]
    inputs: tuple[Any, ...]

    def __call__(self, *inputs: Any) -> Any:
        """Run it by the engine."""
        return self._run(inputs, lambda step: step.engine)

    def plain(self, *inputs: Any) -> float:
        """Run it by NumPy."""
        return float(self._run(inputs, lambda step: step.plain))

    def _run(self, inputs: Sequence[Any], choose: Callable[[Step], Function]) -> Any:
        values = list(inputs)
        for step in self.steps:
            values.append(choose(step)(*(values[place] for place in step.sources)))
        used = {place for step in self.steps for place in step.sources}
        unused = [x for place, x in enumerate(values) if place not in used]
        return sum(np.sum(x * _weights(np.shape(x))) for x in unused)


def _weights(shape: tuple[int, ...]) -> Any:
    """No two entries of a result count alike."""
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape) if shape else 1.0


# --- The steps --------------------------------------------------------------------------------


def _exp_sum(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def _softmax(x: Any, axis: Any) -> Any:
    powers = np.exp(x)
    return powers / np.sum(powers, axis=axis, keepdims=True)


UNARY: Mapping[str, Function | tuple[Function, Function]] = {
    **{name: getattr(np, name) for name in "sin cos tanh negative square absolute".split()},
    "exp": lambda x: np.exp(np.tanh(x)),
    "log": lambda x: np.log(1.5 + np.sin(x)),
    "sqrt": lambda x: np.sqrt(1.5 + np.cos(x)),
    "power": lambda x: (1.5 + np.cos(x)) ** np.tanh(x),
    "clip": lambda x: np.clip(x, -0.8, 0.9),
    "relu": (lambda x: cg.relu(x), lambda x: np.maximum(x, 0.0)),
    "sigmoid": (lambda x: cg.sigmoid(x), lambda x: 1 / (1 + np.exp(-x))),
    "if": lambda x: x if np.sum(x) > 0 else -x,
}

BINARY: Mapping[str, Function] = {
    **{name: getattr(np, name) for name in "add subtract multiply maximum minimum".split()},
    "divide": lambda x, y: x / (1.5 + np.sin(y)),
    # It jumps where x is y + 0.1. Where x is y would be met: at ties, which rounding would decide.
    "where": lambda x, y: np.where(x > y + 0.1, x, 2 * y),
}

REDUCTIONS: Mapping[str, Function | tuple[Function, Function]] = {
    **{name: getattr(np, name) for name in "sum mean max min".split()},
    "norm": np.linalg.norm,
    "logsumexp": (cg.logsumexp, _exp_sum),
}

ALONG: Mapping[str, Function | tuple[Function, Function]] = {
    "cumsum": np.cumsum,
    "softmax": (cg.softmax, _softmax),
    "log_softmax": (cg.log_softmax, lambda x, axis: np.log(_softmax(x, axis))),
    "twice": lambda x, axis: np.concatenate([x, x * x], axis),
    "back and forth": lambda x, axis: np.stack([x, np.sin(x)], axis),
    "halves": lambda x, axis: np.split(x, [1], axis)[0],
}

INDEXED: Mapping[str, Function] = {
    "first": lambda x: x[0],
    "last, kept": lambda x: x[-1:],
    "backwards": lambda x: x[..., ::-1],
    "new axis": lambda x: x[:, None],
    "one twice": lambda x: x[[0, -1, 0]],
    "masked": lambda x: x[np.arange(np.shape(x)[0]) % 2 == 0],
    "row": lambda x: np.ravel(x),
    "transposed": lambda x: np.transpose(x),
    "swapped": lambda x: np.swapaxes(x, 0, -1),
    "column": lambda x: np.reshape(x, (-1, 1)),
    "squeezed": lambda x: np.squeeze(x),
    "repeated": lambda x: np.broadcast_to(x, (2, *np.shape(x))),
    "square sums": lambda x: np.einsum("...i,...i", x, x),
    "outer": lambda x: np.einsum("...i,...j->...ij", x, np.cos(x)),
    "times itself": lambda x: (
        x @ np.swapaxes(x, 0, -1)
        if np.ndim(x) == 2
        else x @ np.ravel(x[0])
        if np.ndim(x) > 2 and np.size(x[0]) == np.shape(x)[-1]
        else x * x
    ),
}

NAMES = [*UNARY, *BINARY, *BINARY, *REDUCTIONS, *ALONG, *INDEXED, "matmul", "matmul"]


def _both(found: Function | tuple[Function, Function]) -> tuple[Function, Function]:
    return found if isinstance(found, tuple) else (found, found)


class _Builder:
    """Makes steps that fit the shapes there are, at the inputs given."""

    def __init__(self, inputs: Sequence[Any]) -> None:
        self.values = list(inputs)
        self.steps: list[Step] = []

    def add(self, name: str, functions: tuple[Function, Function], *sources: int) -> int:
        engine, plain = functions
        value = plain(*(self.values[place] for place in sources))
        self.values.append(value)
        self.steps.append(Step(name, engine, plain, sources))
        if np.size(value) > MOST:
            return self.add("sum", _both(partial(np.sum, axis=0)), len(self.values) - 1)
        if np.size(value) and np.abs(value).max() > LARGEST:
            return self.add("sin", _both(np.sin), len(self.values) - 1)
        return len(self.values) - 1

    def step(self, name: str, numbers: tuple[int, int, int]) -> None:
        i, j = (len(self.values) - 1 - n % len(self.values) for n in numbers[:2])
        x, y, number = self.values[i], self.values[j], numbers[2]
        ndim = np.ndim(x)
        axis = number % (ndim + 1) - 1 if ndim else None
        if name in UNARY:
            self.add(name, _both(UNARY[name]), i)
        elif name in BINARY:
            if not _broadcast(x, y):
                j = self.add("mean", _both(np.mean), j)
            self.add(name, _both(BINARY[name]), *((i, j) if number % 2 else (j, i)))
        elif name == "matmul":
            self.product(i, j)
        elif name in REDUCTIONS:
            over = None if number % 3 == 0 else axis
            if name != "norm" or ndim <= 2:
                settings = {"axis": over, "keepdims": number % 2 == 1}
                engine, plain = _both(REDUCTIONS[name])
                self.add(name, (partial(engine, **settings), partial(plain, **settings)), i)
        elif ndim and np.shape(x)[0]:
            functions = _both(INDEXED[name] if name in INDEXED else ALONG[name])
            if name in ALONG:
                functions = partial(functions[0], axis=axis), partial(functions[1], axis=axis)
            self.add(name, functions, i)

    def product(self, i: int, j: int) -> None:
        x, y = self.values[i], self.values[j]
        if not np.ndim(x):
            return
        rows = np.shape(y)[-2 if np.ndim(y) > 1 else 0] if np.ndim(y) else None
        stacks = np.shape(x)[:-2], np.shape(y)[:-2]
        if rows != np.shape(x)[-1] or not _broadcast(*map(np.empty, stacks)):
            j = (
                self.add("swapped", _both(lambda x: np.swapaxes(np.cos(x), -1, -2)), i)
                if (np.ndim(x) > 1)
                else self.add("cos", _both(np.cos), i)
            )
        self.add("matmul", _both(np.matmul), i, j)


def _broadcast(x: Any, y: Any) -> bool:
    try:
        np.broadcast_shapes(np.shape(x), np.shape(y))
    except ValueError:
        return False
    return True


SHAPES: list[tuple[int, ...]] = [(), (3,), (2, 3), (3, 2), (1, 3), (2, 1), (2, 2, 3), (1,), (4,)]


def _drawn(shapes: Sequence[tuple[int, ...]], seed: int) -> list[Any]:
    random = np.random.default_rng(seed)
    arrays = [random.uniform(-2.0, 2.0, shape) for shape in shapes]
    return [array if array.shape else float(array) for array in arrays]


Choice = tuple[str, tuple[int, int, int]]


def _built(shapes: list[tuple[int, ...]], seed: int, choices: list[Choice]) -> ArrayProgram:
    inputs = _drawn(shapes, seed)
    builder = _Builder(inputs)
    for choice in choices:
        builder.step(*choice)
    return ArrayProgram(tuple(builder.steps), tuple(inputs))


_WHOLE = st.integers(0, 11)
_CHOICES = st.tuples(st.sampled_from(NAMES), st.tuples(_WHOLE, _WHOLE, _WHOLE))


def array_programs() -> st.SearchStrategy[ArrayProgram]:
    """Programs of one to three arrays or numbers."""
    return st.builds(
        _built,
        st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3),
        st.integers(0, 10_000),
        st.lists(_CHOICES, min_size=2, max_size=12),
    )
