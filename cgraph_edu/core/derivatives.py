"""Forward mode, reverse mode, and finite differences as their independent witness.

For out = f(x, y, ...) with local partials ∂out/∂x, one op gives

    forward:  out_dot  = Σ ∂out/∂x · x_dot           a tangent flows with the edges
    reverse:  x_bar   += out_bar · ∂out/∂x           an adjoint flows against them

Both walk the tape once, without recursion.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from inspect import Signature
from types import MappingProxyType
from typing import Any

from .describe import describe
from .numbers import counted, format_number
from .ops import OPS
from .parameters import argument_names, check_callable, parameters
from .tensor import Tensor, apply, by_order, constant, is_array, node_of, tape, variable
from .trees import CONTAINERS, leaves, matched, transform, transform_named


def gradient(output: Any, wrt: Sequence[Any], seed: Any = None) -> tuple[Any, ...]:
    """∂output/∂x for each x in `wrt`, by one reverse pass; 0.0 where output does not depend on x.

    `output` must hold one number unless `seed`, an adjoint of its shape, is given. They are
    Tensors, or a dialect's. Each gradient has the shape of its x. Raises ValueError where `output`
    holds several numbers and there is no seed.
    """
    if not isinstance(output, Tensor):
        output = _computed(output)
    x_bar = reverse(output, seed)
    found = []
    for x in wrt:
        adjoint = x_bar.get(x) if isinstance(x, Tensor) else None
        if type(adjoint) is not float:
            return tuple(delivered(x_bar, _asked(wrt)))
        found.append(adjoint)
    return tuple(found)


def _computed(output: Any) -> Tensor:
    """The Tensor of an output."""
    node = node_of(output)
    if node is None:
        raise TypeError(
            f"the output is {describe(output)} ({type(output).__name__}), which does not tell how "
            "it was computed: compute it with Tensors, a, b = cg.variables(a=2.0, b=1.0)"
        )
    return node


def _asked(wrt: Any) -> list[Tensor]:
    """The Tensors of what a gradient is asked for."""
    if isinstance(wrt, Tensor):
        raise TypeError(f"wrt is {describe(wrt)}, and it must be a list: [{describe(wrt)}]")
    found = [wrt] if isinstance(wrt, str) else list(wrt)
    nodes = [node_of(x) for x in found]
    for x, node in zip(found, nodes, strict=True):
        if node is None:
            raise TypeError(
                f"wrt holds {describe(x)} ({type(x).__name__}), and it must hold Tensors: "
                "cg.gradient(e, [a, b]) after a, b = cg.variables(a=2.0, b=1.0)"
            )
    return [node for node in nodes if node is not None]


def _behind(value: Any) -> Any:
    """The Tensor that a dialect's tensor stands for; anything else as it is."""
    node = node_of(value)
    return value if node is None else node


def reverse(
    output: Tensor,
    seed: Any = None,
    is_recorded: bool = False,
    visit: Callable[[Tensor, Any], Any] | None = None,
) -> dict[Tensor, Any]:
    """The adjoint x_bar = ∂output/∂x of every Tensor x that `output` was computed from.

    With `is_recorded` the adjoints are Tensors, computed by recorded operations, so that they can
    be differentiated again; else they are plain values. `visit` is given each Tensor that has an
    op, with its adjoint once that is complete, and gives the adjoint to go on with.
    """
    is_plain = seed is None and type(output.value) is float
    x_bar: dict[Any, Any] = {output: 1.0 if is_plain else _seed(output, seed)}
    inner = [output] if output.op is not None else []  # the list grows while it is read
    for tensor in inner:
        parent = tensor.left
        if parent is None:
            fresh = [p for p in dict.fromkeys(tensor.parents) if p not in x_bar]
            x_bar.update(dict.fromkeys(fresh, 0.0))
            inner.extend(p for p in fresh if p.op is not None)
            continue
        if parent not in x_bar:
            x_bar[parent] = 0.0
            if parent.op is not None:
                inner.append(parent)
        parent = tensor.right
        if parent is not None and parent not in x_bar:
            x_bar[parent] = 0.0
            if parent.op is not None:
                inner.append(parent)
    inner.sort(key=by_order, reverse=True)
    for tensor in inner:
        out_bar = x_bar[tensor]
        if visit is not None:
            out_bar = x_bar[tensor] = visit(tensor, out_bar)
        left_partial = tensor.left_partial
        if left_partial is None or is_recorded:
            _pull_back(tensor, out_bar, x_bar, is_recorded)
            continue
        x_bar[tensor.left] += out_bar * left_partial
        right = tensor.right
        if right is not None:
            x_bar[right] += out_bar * tensor.right_partial
    return x_bar


def delivered(x_bar: Mapping[Tensor, Any], wrt: Iterable[Tensor]) -> list[Any]:
    """The adjoints of `wrt`, zeros where there is none; each array shares its memory with none."""
    adjoints = [x_bar[x] if x in x_bar else zeros_like(x.value) for x in wrt]
    seen = set()
    for i, adjoint in enumerate(adjoints):
        if type(adjoint) is not float and is_array(adjoint):
            if adjoint.base is not None or id(adjoint) in seen:
                adjoints[i] = adjoint.copy()
            seen.add(id(adjoint))
    return adjoints


def _pull_back(tensor: Tensor, out_bar: Any, x_bar: dict[Tensor, Any], is_recorded: bool) -> None:
    """Add to the adjoint of each parent what comes back from `tensor`, by its op's vjp."""
    if tensor.op is None:
        return
    out, values = _as_operands(tensor, is_recorded)
    with ieee(out, *values):
        operands = tensor.operands
        ports = [
            port
            for port, operand in enumerate(operands)
            if isinstance(operand, Tensor) and not operand.is_constant
        ]
        contributions = tensor.op.vjps(ports, out_bar, out, *values)
        for port, contribution in zip(ports, contributions, strict=True):
            operand = operands[port]
            known = x_bar[operand]
            # An untouched adjoint is a plain 0.0: no need to add it to a whole array.
            is_first = type(known) is float and known == 0.0
            x_bar[operand] = contribution if is_first else known + contribution


def ieee(*values: Any) -> AbstractContextManager[Any]:
    """In it, arithmetic on arrays gives inf and nan without NumPy's warnings."""
    if not any(is_array(x.value if isinstance(x, Tensor) else x) for x in values):
        return nullcontext()
    import numpy as np

    return np.errstate(all="ignore")


def _as_operands(tensor: Tensor, is_recorded: bool) -> tuple[Any, Sequence[Any]]:
    """A Tensor and its operands, for its op's rules: as they are, or as plain values."""
    if is_recorded:
        return tensor, tensor.operands
    return tensor.value, [o.value if isinstance(o, Tensor) else o for o in tensor.operands]


def _seed(output: Tensor, given: Any) -> Any:
    if given is not None:
        return fitting(given, output, "a seed")
    if type(output.value) is float or not output.shape:
        return 1.0
    if output.value.size != 1:
        raise ValueError(
            f"{describe(output)} has shape {output.shape}: a gradient needs one number. "
            "Sum it first, or give a seed of that shape"
        )
    return zeros_like(output.value) + 1.0


def forward(
    outputs: Sequence[Tensor], seeds: Mapping[Tensor, Any], is_recorded: bool = False
) -> dict[Tensor, Any]:
    """The tangent x_dot of every Tensor behind `outputs` that the seeded inputs reach."""
    x_dot: dict[Tensor, Any] = dict(seeds)
    for tensor in tape(*outputs):
        if tensor in x_dot or tensor.op is None:
            continue
        out, values = _as_operands(tensor, is_recorded)
        with ieee(out, *values):
            terms = [
                tensor.op.jvp(port, x_dot[operand], out, *values)
                for port, operand in enumerate(tensor.operands)
                if isinstance(operand, Tensor) and operand in x_dot
            ]
            if terms:
                x_dot[tensor] = sum(terms[1:], terms[0])
    return x_dot


def fitting(given: Any, tensor: Tensor, what: str) -> Any:
    """A seed or a tangent, which must have the Tensor's shape, in its precision."""
    if tensor.shape and not (hasattr(given, "shape") or isinstance(given, (float, int))):
        raise TypeError(
            f"{what} of {describe(tensor)} is an array of shape {tensor.shape}, "
            f"not {describe(given)} ({type(given).__name__})"
        )
    value = given
    if not isinstance(given, Tensor):
        value = constant(given, f"{what} of {describe(tensor)}").value
    shape = tuple(getattr(value, "shape", ()))
    if shape != tensor.shape:
        raise ValueError(
            f"{what} of {describe(tensor)} needs its shape {tensor.shape}; this one has {shape}"
        )
    if not shape:
        return value
    from .arrays import in_precision_of

    found = in_precision_of(tensor, value)
    # A gradient may be the seed itself, which the caller may write into.
    return found.copy() if found is value and not isinstance(found, Tensor) else found


def zeros_like(value: Any) -> Any:
    """The derivative of something that does not depend on `value`: zeros of its shape."""
    if not is_array(value):
        return 0.0
    import numpy as np

    return np.zeros_like(value)


def ones_like(value: Any) -> Any:
    """The derivative of `value`, each entry by itself: ones of its shape."""
    if not is_array(value):
        return 1.0
    import numpy as np

    return np.ones_like(value)


# --- Functions of functions, with JAX's calling conventions --------------------------------------
#
# Plain values in, plain values out. Where one of them is used inside another, an argument may be a
# Tensor of the outer one, or the function may use one that it did not get as an argument. Then the
# derivative is itself recorded, so that the outer one can differentiate it.


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """f(*primals), and a function from an adjoint of the result to adjoints of the primals.

    x_bar[j] = Σ over i of out_bar[i] · ∂out[i]/∂x[j], in the shape of x, for each primal x. Each
    call of that function is one reverse pass. Raises ValueError for an adjoint of another shape.

    The result may be a nested tuple, list or dict of numbers; so is its adjoint then.
    """
    check_callable(f, "cg.vjp takes")
    return named_vjp(f, primals, argument_names(f, len(primals)))


def named_vjp(
    f: Callable[..., Any], primals: Sequence[Any], names: Sequence[str]
) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The vjp, with names for the primals."""
    inputs = [*map(_input, primals, names)]
    result = _outputs(f, inputs)
    is_recorded = _is_nested(tape(*leaves(result)), inputs)

    def pull_back(out_bar: Any) -> tuple[Any, ...]:
        found = [
            delivered(reverse(output, bar, is_recorded), inputs)
            for bar, output in matched(out_bar, result)
        ] or [delivered({}, inputs)]
        with ieee(*inputs):
            return tuple(sum(bars[1:], bars[0]) for bars in zip(*found, strict=True))

    return transform(lambda x: x if is_recorded else x.value, result), pull_back


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """f(*primals), and its change per unit of time when the primals move with `tangents`.

    out_dot[i] = Σ over x and j of ∂out[i]/∂x[j] · x_dot[j], by one forward pass. Raises ValueError
    where a tangent has not the shape of its primal.

    The result may be a nested tuple, list or dict of numbers; so is its tangent then.
    """
    check_callable(f, "cg.jvp takes")
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise TypeError(
                f"{what} is {describe(given)} ({type(given).__name__}), and it must be a tuple, "
                "one for each argument, such as (2.0,)"
            )
    if len(primals) != len(tangents):
        raise ValueError(
            f"{counted(len(primals), 'primal')} but {counted(len(tangents), 'tangent')}: "
            "give one for each"
        )
    inputs = [*map(_input, primals, argument_names(f, len(primals)))]
    result = _outputs(f, inputs)
    outputs = list(leaves(result))
    is_recorded = _is_nested(tape(*outputs), inputs) or any(isinstance(t, Tensor) for t in tangents)
    tangents = [fitting(t, x, "a tangent") for t, x in zip(tangents, inputs, strict=True)]
    x_dot = forward(outputs, dict(zip(inputs, tangents, strict=True)), is_recorded)
    value = transform(lambda x: x if is_recorded else x.value, result)
    return value, transform(lambda x: x_dot.get(x, zeros_like(x.value)), result)


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Gradient:
    """A function that gives f(...) and its gradient with respect to the arguments `argnums`.

        value, slope = cg.value_and_grad(f)(2.0)

    The gradient is that of `grad`, and costs one pass forward and one back, together.
    """
    return _gradient_of(f, argnums, True)


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Gradient:
    """A function that gives the gradient ∂f/∂x of f with respect to the arguments `argnums`.

        cg.grad(lambda x: x**3)(2.0)                          # 12.0
        cg.grad(lambda w, b: w * b, argnums=(0, 1))(2.0, 3.0) # (3.0, 2.0)

    f takes numbers, arrays, and nested tuples, lists and dicts of them, and gives one number. The
    gradient has the form and the shapes of the argument; of several arguments it is a tuple. It may
    be differentiated again. Raises ValueError where f gives several numbers or an argument is
    missing, and TypeError for what is no number.
    """
    return _gradient_of(f, argnums, False)


def _gradient_of(f: Callable[..., Any], argnums: int | Sequence[int], with_value: bool) -> Gradient:
    check_callable(f, f"cg.{'value_and_' * with_value}grad takes")
    _check_argnums(argnums)
    # A cg.function brings its own, compiled.
    static = getattr(type(f), "static_gradient", None)
    return Gradient(f, argnums, with_value) if static is None else static(f, argnums, with_value)


def _check_argnums(argnums: Any) -> None:
    try:
        for i in argnums if isinstance(argnums, Iterable) else [argnums]:
            operator.index(i)
    except TypeError:
        raise TypeError(
            f"argnums={argnums!r}: it says which arguments by their places, 0 or (0, 1). "
            "The point comes afterwards: cg.grad(f)(2.0)"
        ) from None


def misplaced(argnum: int, count: int) -> ValueError:
    """The error for a place in `argnums` at which a call has no argument."""
    return ValueError(
        f"argnums={argnum}, but the call has {counted(count, 'argument')}: they are counted from "
        "0, and those given by name don't count"
    )


class Gradient:
    """The gradient of a function, after its value if wanted.

    An argument may be a nested tuple, list or dict of numbers; so is the gradient then.
    """

    def __init__(
        self, f: Callable[..., Any], argnums: int | Sequence[int], with_value: bool
    ) -> None:
        self.f = f
        self.argnums = argnums
        self.is_one = isinstance(argnums, int)
        self.with_value = with_value

    @property
    def __name__(self) -> str:
        name = getattr(self.f, "__name__", type(self.f).__name__)
        return f"{'value_and_' * self.with_value}gradient_of_{name}"

    @property
    def __signature__(self) -> Signature:
        return parameters(self.f)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The gradient at these arguments; those given by name are not differentiated."""
        wanted = self.wanted(len(arguments))
        names = argument_names(self.f, len(arguments))
        trees = {i: transform_named(_input, arguments[i], names[i]) for i in wanted}
        output = _output(self.f, [trees.get(i, x) for i, x in enumerate(arguments)], named)
        x_bar = reverse(output)
        # It has found all that the output depends on: no other walk over the tape is needed.
        is_recorded = _is_nested(x_bar, leaves(list(trees.values())))
        if is_recorded:
            x_bar = reverse(output, None, is_recorded)
        found = iter(delivered(x_bar, leaves([trees[i] for i in wanted])))
        slopes = tuple(transform(lambda _: next(found), trees[i]) for i in wanted)
        gradient = slopes[0] if self.is_one else slopes
        value = output if is_recorded else output.value
        return (value, gradient) if self.with_value else gradient

    def compile(self, *example: Any) -> Callable[..., Any]:
        """The bare compiled gradient for arguments like `example`, for inner loops."""
        from .function import function

        gradient: Gradient = function(self.f).static_gradient(self.argnums, self.with_value)
        return gradient.compile(*example)

    def wanted(self, count: int) -> list[int]:
        """The places of the arguments to differentiate with respect to, out of so many."""
        argnums = [self.argnums] if isinstance(self.argnums, int) else self.argnums
        for i in argnums:
            if not -count <= i < count:
                raise misplaced(i, count)
        return [i % count for i in argnums]

    def with_inputs(self, arguments: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments, with floats for whole numbers that take a gradient."""
        wanted = self.wanted(len(arguments))
        names = argument_names(self.f, len(arguments))
        return tuple(
            transform_named(_number, tree, names[i]) if i in wanted else tree
            for i, tree in enumerate(arguments)
        )


def _input(value: Any, name: str) -> Tensor:
    """An input of the function to differentiate; a Tensor from outside stays connected."""
    if isinstance(value, Tensor) and not value.is_constant:
        connected: Tensor = apply(OPS["identity"], value)
        connected.name = name
        return connected
    return variable(float(value) if isinstance(value, bool) else value, name)


def _number(value: Any, name: str) -> Any:
    """An argument that takes a gradient, as a float, a float array or a Tensor."""
    if type(value) is float or isinstance(value, Tensor):
        return value
    is_ready = is_array(value) and value.dtype.char in "fd"
    return value if is_ready else _input(value, name).value


def _output(
    f: Callable[..., Any], arguments: Sequence[Any], named: Mapping[str, Any] = MappingProxyType({})
) -> Tensor:
    """The result of f, which must be a number or an array."""
    result = f(*arguments, **named)
    check_one(result)
    return _as_output(result)


def check_one(result: Any) -> None:
    """Raise TypeError for a tree of numbers."""
    if type(result) in CONTAINERS:
        raise TypeError(
            f"the function's result is a {type(result).__name__} of "
            f"{counted(len(result), 'part')} where a number belongs: return one of them"
        )


def _outputs(f: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """The result of f, a number or an array, or a tree of them."""
    return transform(_as_output, f(*arguments))


def _as_output(output: Any) -> Tensor:
    output = _behind(output)
    if output is None:
        raise TypeError(
            "the function's result is None where a number belongs: is a `return` missing?"
        )
    return output if isinstance(output, Tensor) else constant(output, "the function's result")


def _is_nested(behind: Iterable[Tensor], inputs: Iterable[Tensor]) -> bool:
    """Whether there are Tensors from outside among those `behind` a result."""
    own = set(inputs)
    return any(x.op is None and not x.is_constant and x not in own for x in behind)


# --- Finite differences: the witness that knows no op table ---------------------------------------

STEP = 6e-6
"""About the cube root of the spacing of floats at 1: where truncation and rounding balance."""


SEED = -0.5
"""What `gradcheck` takes for the adjoint of the result, besides 1: a power of two, which changes no
digit, below 1 in size, so that nothing overflows, and with the other sign."""


def finite_difference(f: Callable[[float], float], x: float) -> float:
    """(f(x + h) - f(x - h)) / 2h, with h about 6e-6 of the size of x."""
    h = STEP * max(1.0, abs(x))
    above, below = x + h, x - h
    return (f(above) - f(below)) / (above - below)


@dataclass(frozen=True)
class GradientCheck:
    """What `gradcheck` found where the gradient and a finite difference are furthest apart."""

    ok: bool
    operand: int
    """Which argument of the function, counted from 0."""
    name: str
    """What the function calls that argument."""
    index: tuple[int, ...]
    """Which entry of it; () for a number."""
    at: float
    """The entry's value."""
    gradient: float
    finite_difference: float
    seed: float = 1.0
    """The adjoint of the result that both are multiplied by."""

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        verdict = "agree" if self.ok else "do NOT agree"
        hint = ""
        if self.seed != 1:
            verdict += f" with out_bar = {format_number(self.seed)} at the result"
            hint = ". With out_bar = 1 they agree: does a vjp forget to multiply by out_bar?"
        entry = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        return (
            f"gradient and finite differences {verdict}; furthest apart for argument "
            f"{self.operand}, at {self.name}{entry} = {format_number(self.at)}: "
            f"gradient {format_number(self.gradient)}, "
            f"finite difference {format_number(self.finite_difference)}, "
            f"off by {format_number(abs(self.gradient - self.finite_difference), 2)}{hint}"
        )


def gradcheck(f: Callable[..., Any], *inputs: Any, tolerance: float = 1e-5) -> GradientCheck:
    """Compare the gradient of f at `inputs` with finite differences, entry by entry.

    They agree when |gradient - difference| <= tolerance · max(1, |gradient|, |difference|). The
    report names the entry where they are furthest apart, is true when all agree, and prints itself.
    Where f gives an array, the sum Σ (1 + i/n) · out[i] of its n entries is differentiated: weights
    that differ, so that errors which cancel in a plain sum do not. Where all agree, the same is
    done with out_bar = -0.5 as the adjoint of the result, in place of 1: that catches a vjp which
    does not multiply by it. Arrays of whole numbers, labels and indices, are taken as they are.
    Raises ValueError where there is nothing to check.
    """
    check_callable(f, "cg.gradcheck takes")
    places = [i for i, x in enumerate(inputs) if not (is_array(x) and x.dtype.kind in "iub")]
    if not places:
        raise ValueError("gradcheck needs at least one input of floats")
    names = argument_names(f, len(inputs))
    for i in places:
        _input(inputs[i], names[i])  # no list: its entries would be inputs of their own

    def number(*arguments: Any) -> Any:
        out = f(*arguments)
        if not getattr(out, "shape", ()):
            return out
        import numpy as np

        size = out.size
        return (out * (1 + np.arange(size) / size).reshape(out.shape)).sum()

    @cache
    def estimate(operand: int, index: tuple[int, ...]) -> float:
        def moved(x: float) -> float:
            arguments = list(inputs)
            # A constant: the engine's arithmetic and methods, but nothing to differentiate.
            arguments[operand] = constant(_replaced(arguments[operand], index, x))
            return float(_output(number, arguments).value)

        return finite_difference(moved, _entry(inputs[operand], index))

    def furthest(seed: float) -> GradientCheck:
        seeded = number if seed == 1 else lambda *arguments: seed * number(*arguments)
        slopes = dict(zip(places, grad(seeded, argnums=places)(*inputs), strict=True))
        worst: tuple[float, GradientCheck] | None = None
        for operand, index in entries:
            exact, nudged = _entry(slopes[operand], index), estimate(operand, index)
            slope = exact / seed  # by the same measure as with 1
            apart = abs(slope - nudged) / max(1.0, abs(slope), abs(nudged))
            apart = float("inf") if apart != apart else apart
            if worst is None or apart > worst[0]:
                at, ok = _entry(inputs[operand], index), apart <= tolerance
                name = names[operand]
                report = GradientCheck(ok, operand, name, index, at, exact, seed * nudged, seed)
                worst = apart, report
        if worst is None:
            raise ValueError("gradcheck needs an input with at least one entry")
        return worst[1]

    entries = [(operand, index) for operand in places for index in _entries(inputs[operand])]
    report = furthest(1.0)
    again = furthest(SEED) if report else report
    return report if again else again


def _entry(value: Any, index: tuple[int, ...]) -> float:
    return float(value[index] if index else value)


def _entries(value: Any) -> list[tuple[int, ...]]:
    if not is_array(value):
        return [()]
    from itertools import product

    return list(product(*map(range, value.shape)))


def _replaced(value: Any, index: tuple[int, ...], x: float) -> Any:
    if not index:
        return x
    copy = value.astype(float)
    copy[index] = x
    return copy
