"""Small networks: layers, optimisers, and the loop that trains them.

    net = cg.nn.MLP([2, 16, 16, 1])
    parameters = net.init(seed=0)

    def loss(parameters, x, y):
        return cg.hinge_loss(net(parameters, x)[:, 0], y)

    parameters, losses = cg.nn.fit(loss, parameters, x, y, optimiser=cg.nn.SGD(0.1), epochs=100)

A network holds no numbers: it is a function of its parameters and of x. The parameters are a tree,
arrays in nested lists and dicts, and so is their gradient. One step of training by hand is

    gradient = cg.grad(loss)(parameters, x, y)
    parameters = cg.nn.tree_map(lambda w, g: w - 0.1 * g, parameters, gradient)

and `fit` does the same, again and again.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeAlias

import numpy as np

from .core.arrays import stack
from .core.arrays.base import shape_of
from .core.derivatives import value_and_grad, zeros_like
from .core.function import Function, function
from .core.functions import relu
from .core.progress import progress_bar
from .core.tensor import variable
from .core.trees import CONTAINERS

Tree: TypeAlias = Any
"""Numbers and arrays in nested tuples, lists and dicts."""

Seed: TypeAlias = int | np.random.Generator
"""A whole number, the same start each time; or a generator, which goes on where it stands."""

# --- Layers --------------------------------------------------------------------------------------


def glorot(inputs: int, outputs: int, generator: np.random.Generator) -> Any:
    """Weights drawn evenly from ±√(6 / (inputs + outputs)): signals keep their size both ways.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
    networks, 2010, equation 16.
    """
    limit = math.sqrt(6 / (inputs + outputs))
    return generator.uniform(-limit, limit, (inputs, outputs))


def he(inputs: int, outputs: int, generator: np.random.Generator) -> Any:
    """Normal weights of variance 2 / inputs: for a relu to follow, which lets half of them through.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015, equation 10.
    """
    return generator.normal(0.0, math.sqrt(2 / inputs), (inputs, outputs))


@dataclass(frozen=True)
class Linear:
    """A layer of neurons: x @ weight + bias.

    x has shape (inputs,) or (rows, inputs), and the result (outputs,) or (rows, outputs). The
    parameters are {"weight": (inputs, outputs), "bias": (outputs,)}. Each of them may also be a
    list of numbers, `{"weight": [[w1], [w2]], "bias": [b]}`, as in a cell about a single neuron.

    Raises ValueError where a shape does not fit.
    """

    inputs: int
    outputs: int
    start: Callable[[int, int, np.random.Generator], Any] = field(default=glorot, repr=False)
    """How the weights are drawn: `glorot` or `he`."""

    def __post_init__(self) -> None:
        if min(self.inputs, self.outputs) < 1:
            raise ValueError(f"{self}: a layer has at least one input and one output")

    def init(self, seed: Seed = 0, dtype: Any = float) -> Tree:
        """Parameters to start from: weights drawn at random, biases 0; float64, or float32."""
        weight = self.start(self.inputs, self.outputs, np.random.default_rng(seed))
        return {"weight": weight.astype(dtype), "bias": np.zeros(self.outputs, dtype)}

    def __call__(self, parameters: Tree, x: Any) -> Any:
        """The weighted sums of x, plus the biases."""
        x = _array(x)
        weight, bias = _array(parameters["weight"]), _array(parameters["bias"])
        if shape_of(x)[-1:] != (self.inputs,):
            raise ValueError(
                f"{self} takes x of shape (rows, {self.inputs}); this x has {shape_of(x)}"
            )
        for name, value, shape in (
            ("weight", weight, (self.inputs, self.outputs)),
            ("bias", bias, (self.outputs,)),
        ):
            if shape_of(value) != shape:
                raise ValueError(f"{self} needs a {name} of shape {shape}, not {shape_of(value)}")
        return x @ weight + bias


@dataclass(frozen=True, eq=False)
class MLP:
    """A multi-layer perceptron: linear layers, with an activation after each but the last.

    MLP([2, 16, 1]) takes x of shape (rows, 2) to scores of shape (rows, 1), by way of 16 neurons.
    The parameters are a list with those of each `Linear`. Weights start as `he` says where a relu
    follows, else as `glorot` says.
    """

    sizes: Sequence[int]
    activation: Callable[[Any], Any] = field(default=relu, repr=False)

    def __post_init__(self) -> None:
        if not hasattr(self.sizes, "__len__"):
            raise TypeError(f"sizes={self.sizes}: they come in one list, such as MLP([2, 16, 1])")
        if len(self.sizes) < 2:
            raise ValueError(f"{self} needs two sizes or more: inputs, ..., outputs")
        self.layers  # noqa: B018, their errors belong here

    @cached_property
    def layers(self) -> list[Linear]:
        """The linear layers."""
        *hidden, last = zip(self.sizes, self.sizes[1:], strict=False)
        start = he if self.activation is relu else glorot
        return [*(Linear(*sizes, start) for sizes in hidden), Linear(*last)]

    def init(self, seed: Seed = 0, dtype: Any = float) -> Tree:
        """Parameters to start from, for each layer; float64, or float32."""
        generator = np.random.default_rng(seed)
        return [layer.init(generator, dtype) for layer in self.layers]

    def __call__(self, parameters: Tree, x: Any) -> Any:
        """The scores: what the last layer gives."""
        if len(parameters) != len(self.layers):
            raise ValueError(
                f"{self} has {len(self.layers)} layers; these parameters have {len(parameters)}"
            )
        *hidden, last = self.layers
        for layer, own in zip(hidden, parameters, strict=False):
            x = self.activation(layer(own, x))
        return last(parameters[-1], x)


def _array(value: Any) -> Any:
    """Numbers or Tensors in nested lists as one array."""
    return stack([_array(row) for row in value]) if isinstance(value, (list, tuple)) else value


# --- Optimisers ----------------------------------------------------------------------------------


def tree_map(f: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """A tree of the same form, with f of each number or array in place of it.

    Of several trees f takes what they have at the same place. Raises ValueError where their forms
    differ.
    """
    kind = type(tree)
    if kind not in CONTAINERS:
        return f(tree, *others)
    for other in others:
        if type(other) is not kind or _places(other) != _places(tree):
            raise ValueError(f"trees of different forms: {_form(tree)} and {_form(other)}")
    if kind is dict:
        return {key: tree_map(f, tree[key], *[other[key] for other in others]) for key in tree}
    return kind([tree_map(f, *branches) for branches in zip(tree, *others, strict=True)])


def _places(tree: Tree) -> Any:
    return tree.keys() if type(tree) is dict else len(tree)


def _form(tree: Tree) -> str:
    kind = type(tree).__name__
    if type(tree) not in CONTAINERS:
        return kind
    return f"{kind} of {', '.join(map(repr, tree)) if type(tree) is dict else len(tree)}"


class Optimiser(Protocol):
    """A way to step downhill. What it has to remember is its state, which it gets back each time.

    Both methods leave their arguments as they are.
    """

    def init(self, parameters: Tree) -> Any:
        """The state before the first step."""

    def step(self, parameters: Tree, gradient: Tree, state: Any) -> tuple[Tree, Any]:
        """The parameters and the state after a step."""


@dataclass(frozen=True)
class SGD:
    """Gradient descent: w - rate · velocity, where velocity = momentum · velocity + gradient.

    Without momentum that is w - rate · gradient. "Stochastic" is the gradient of a mini-batch.

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964; the
    rate is outside of the velocity, as in PyTorch.
    """

    rate: float
    momentum: float = 0.0

    def init(self, parameters: Tree) -> Tree:
        """No velocity yet."""
        return tree_map(zeros_like, parameters)

    def step(self, parameters: Tree, gradient: Tree, state: Tree) -> tuple[Tree, Tree]:
        """The parameters after a step, and the velocity."""
        velocity = tree_map(lambda v, g: self.momentum * v + g, state, gradient)
        return tree_map(lambda w, v: w - self.rate * v, parameters, velocity), velocity


@dataclass(frozen=True)
class Adam:
    """Gradient descent with a step of its own size for each number: w - rate · m̂ / (√v̂ + epsilon).

        m = beta1 · m + (1 - beta1) · gradient         their mean of late, m̂ = m / (1 - beta1ᵗ)
        v = beta2 · v + (1 - beta2) · gradient²        their size of late, v̂ = v / (1 - beta2ᵗ)

    after t steps. Both start at 0, and the hats make up for that.

    Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015, algorithm 1.
    """

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def init(self, parameters: Tree) -> tuple[int, Tree, Tree]:
        """t, m and v before the first step."""
        return 0, tree_map(zeros_like, parameters), tree_map(zeros_like, parameters)

    def step(
        self, parameters: Tree, gradient: Tree, state: tuple[int, Tree, Tree]
    ) -> tuple[Tree, tuple[int, Tree, Tree]]:
        """The parameters after a step; t, m and v."""
        t, m, v = state
        t += 1
        m = tree_map(lambda m, g: self.beta1 * m + (1 - self.beta1) * g, m, gradient)
        v = tree_map(lambda v, g: self.beta2 * v + (1 - self.beta2) * g * g, v, gradient)

        def moved(w: Any, m: Any, v: Any) -> Any:
            m_hat, v_hat = m / (1 - self.beta1**t), v / (1 - self.beta2**t)
            return w - self.rate * m_hat / (v_hat**0.5 + self.epsilon)

        return tree_map(moved, parameters, m, v), (t, m, v)


# --- Training ------------------------------------------------------------------------------------


class DivergedError(ArithmeticError):
    """The loss became inf or nan. `losses` has the epochs before that, to be plotted."""

    def __init__(self, message: str, losses: list[float]) -> None:
        super().__init__(message)
        self.losses = losses


def fit(
    loss: Callable[..., Any],
    parameters: Tree,
    *data: Any,
    optimiser: Optimiser,
    epochs: int,
    batch_size: int | None = None,
    seed: Seed = 0,
) -> tuple[Tree, list[float]]:
    """Make `loss(parameters, *data)` small: a step downhill for each mini-batch, epoch by epoch.

    An epoch goes once through the data, in a new order, `batch_size` rows at a time; all at once
    if that is None. The rows of the arrays in `data` belong together: x[i] and its label y[i].
    Whole numbers, as labels are, come to `loss` as floats.

    The gradient is compiled, as by `cg.function`. To look at it, decorate `loss` with
    `@cg.function`; afterwards `loss.source` and `loss.graph` show it.

    Returns:
        The parameters after the last step, as a new tree; and a list with the mean loss of each
        epoch, of its rows as they were met, before the step that learnt from them.

    Raises:
        DivergedError: when the loss is inf or nan.
        ValueError: where the arrays differ in length, or the loss is not one number.
        TypeError: for data that are not numbers in rows, or a class in place of an optimiser.
    """
    if isinstance(optimiser, type):
        raise TypeError(f"optimiser={optimiser.__name__}: make one, {optimiser.__name__}(rate=0.1)")
    static = loss if isinstance(loss, Function) else function(loss)
    value_and_gradient = value_and_grad(static)
    arrays = _samples(data, inspect.signature(loss))
    rows = len(arrays[0]) if arrays else 1
    size = rows if batch_size is None else min(batch_size, rows)
    if size < 1 or size != int(size):
        raise ValueError(f"batch_size={batch_size}: a mini-batch has one row or more")
    if epochs < 0:
        raise ValueError(f"epochs={epochs}: 0 is the least")
    generator = np.random.default_rng(seed)
    parameters = tree_map(lambda w: variable(w).value, parameters)
    state = optimiser.init(parameters)
    losses: list[float] = []
    # inf and nan show up in the loss, which says more than NumPy's warnings.
    with progress_bar(epochs * math.ceil(rows / size)) as bar, np.errstate(all="ignore"):
        for epoch in range(1, epochs + 1):
            mean = 0.0
            for number, (share, batch) in enumerate(_batches(arrays, rows, size, generator)):
                value, gradient = value_and_gradient(parameters, *batch)
                _check(value, epoch, number, losses)
                parameters, state = optimiser.step(parameters, gradient, state)
                mean += share * value
                bar.update()
            losses.append(mean)
            bar.set_postfix(epoch=epoch, loss=mean, refresh=False)
    return parameters, losses


def _samples(data: Sequence[Any], signature: inspect.Signature) -> list[Any]:
    """The data as arrays of floats, of one length."""
    names = list(signature.parameters)[1:]
    names += [f"data[{i}]" for i in range(len(names), len(data))]
    arrays: list[Any] = []
    for name, given in zip(names, data, strict=False):
        try:
            array = np.asarray(given)
        except ValueError:  # rows of different lengths
            raise TypeError(f"fit needs rows of one length; {name} is {given!r:.60}") from None
        if array.dtype.kind not in "fiub" or not array.ndim:
            raise TypeError(f"fit needs numbers in rows; {name} is {given!r:.60}")
        arrays.append(array if array.dtype.kind == "f" else array.astype(float))
        if len(array) != len(arrays[0]):
            raise ValueError(
                f"{names[0]} has {len(arrays[0])} rows, but {name} has {len(array)}: "
                "each row needs its own"
            )
        if not len(array):
            raise ValueError(f"{name} has no rows: nothing to learn from")
    return arrays


def _batches(
    arrays: list[Any], rows: int, size: int, generator: np.random.Generator
) -> Iterator[tuple[float, list[Any]]]:
    """Mini-batches in random order, each after its share of the rows."""
    if size == rows:
        yield 1.0, arrays
        return
    order = generator.permutation(rows)
    for first in range(0, rows, size):
        chosen = order[first : first + size]
        yield len(chosen) / rows, [array[chosen] for array in arrays]


def _check(value: Any, epoch: int, number: int, losses: list[float]) -> None:
    """Let a finite number pass, the loss of a mini-batch with this number in its epoch."""
    if shape_of(value):
        raise ValueError(
            f"the loss has shape {shape_of(value)} where one number belongs: take its mean"
        )
    if math.isfinite(value):
        return
    advice = (
        "the steps overshoot. Try a smaller rate, a tenth of it say"
        if losses or number
        else "before any step was made. Look for inf and nan in the data and the parameters, and "
        "for log(0) or 0/0 in the loss"
    )
    raise DivergedError(f"the loss is {value} in epoch {epoch}: {advice}", losses)
