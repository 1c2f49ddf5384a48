"""Function: an operation given by its forward and its backward."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ....core import arrays
from ....core.rules import RuleOp
from ....core.tensor import Tensor as CoreTensor
from ....core.tensor import record
from .. import reductions
from .. import tape as tapes
from ..results import node_for
from ..shapes import reshape
from ..tape import SECOND_TIME, Edge, Node, Recorded, Saved
from ..tensors import Tensor, core_value, wrap
from .adjoints import as_adjoint, as_gradient


class FunctionCtx(Node):
    """What a Function's forward leaves for its backward; the `grad_fn` of its results, too."""

    home = "torch.autograd.function"
    needs_input_grad: tuple[bool, ...] = ()
    function: type[Function]
    constants: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for the backward pass."""
        self.saved = [Saved(each) for each in tensors if isinstance(each, Tensor)]
        self.values["tensors"] = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors that were kept."""
        if self.is_freed:
            raise RuntimeError(SECOND_TIME)
        kept = iter(self.saved)
        return tuple(
            next(kept).tensor if isinstance(each, Tensor) else each
            for each in self.values.get("tensors", ())
        )

    def apply(self, *adjoints: Any) -> Any:
        """What its backward makes of these adjoints."""
        return self.function.backward(self, *adjoints)

    @property
    def needs_values(self) -> bool:
        """Whether tensors were kept."""
        return bool(self.saved)

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Results through which no derivative flows."""
        self.constants = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Operands that the forward has written into."""


LEGACY = (
    "Legacy autograd function with non-static forward method is deprecated. Please use new-style "
    "autograd function with static forward method. (Example: "
    "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
)


class Function:
    """An operation given by its forward and its backward."""

    __module__ = "torch.autograd.function"

    @staticmethod
    def forward(ctx: Any, *operands: Any) -> Any:
        """The value."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """What the backward needs, where `forward` is not given the context."""

    @staticmethod
    def backward(ctx: Any, *adjoints: Any) -> Any:
        """The adjoints of the operands."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    def __call__(self, *operands: Any) -> Any:
        """RuntimeError: it is `apply` that is called."""
        raise RuntimeError(LEGACY)

    @classmethod
    def apply(cls, *operands: Any) -> Any:
        """The function at these operands, recorded."""
        tensors = [o for o in operands if isinstance(o, Tensor)]
        is_recorded = tapes.is_grad_enabled() and any(o.requires_grad for o in tensors)
        before = node_for("", tensors if is_recorded else ()).next_functions
        ctx = FunctionCtx(f"{cls.__name__}Backward", before)
        ctx.function = cls
        ctx.needs_input_grad = tuple(isinstance(o, Tensor) and o.requires_grad for o in operands)
        with tapes.recording(False):
            if cls.setup_context is Function.setup_context:
                made = cls.forward(ctx, *operands)
            else:
                made = cls.forward(*operands)
                cls.setup_context(ctx, operands, made)
        if not is_recorded:
            return made
        return _recorded(cls, ctx, operands, made)


def _recorded(function: type[Function], ctx: FunctionCtx, operands: Any, made: Any) -> Any:
    """The results of a Function as results of one op of the engine."""
    for place, each in enumerate(ctx.values.get("tensors", ())):
        if not (each is None or isinstance(each, Tensor)):
            raise TypeError(
                "save_for_backward can only save variables, but argument "
                f"{place} is of type {type(each).__name__}"
            )
    results = made if isinstance(made, tuple) else (made,)
    places = [i for i, o in enumerate(operands) if isinstance(o, Tensor)]
    op = FunctionOp(function, ctx, places, results)
    inner = tuple(operands[i]._core() for i in places)
    is_one = len(results) == 1
    whole = record(op, op.joined(results), inner, Recorded if is_one else CoreTensor)
    given = []
    for number, result in enumerate(results):
        if not isinstance(result, Tensor) or any(result is each for each in ctx.constants):
            given.append(result)
            continue
        fresh = wrap(result._data)
        core = whole if is_one else op.part(whole, number)
        fresh._edge = core.edge = Edge(ctx, number, fresh.dtype)
        fresh._node, fresh._requires_grad = core, True
        for saved in ctx.saved:  # a result that is kept is kept as this one
            if saved.tensor is result:
                saved.tensor, saved.node = fresh, ctx
        given.append(fresh)
    return tuple(given) if isinstance(made, tuple) else given[0]


class FunctionOp(RuleOp):
    """A Function as an op of the engine; several results are one array, end to end."""

    def __init__(
        self, function: type[Function], ctx: FunctionCtx, places: list[int], results: Sequence[Any]
    ) -> None:
        self.name = function.__name__
        self.function = function
        self.ctx = ctx
        self.places = places
        """Which operands of the Function are tensors."""
        self.results = [r for r in results if isinstance(r, Tensor)]
        sizes = [math.prod(r.shape) for r in self.results]
        self.ends = [0, *np.cumsum(sizes).tolist()]

    def joined(self, results: Any) -> Any:
        """The results as one value of the engine."""
        results = results if isinstance(results, tuple) else (results,)
        if len(results) == 1:
            return core_value(results[0]._data)
        tensors = [r for r in results if isinstance(r, Tensor)]
        return core_value(np.concatenate([r._data.ravel() for r in tensors]))

    def part(self, whole: CoreTensor, number: int) -> Any:
        """One of several results, taken out of the array of all."""
        start, end = self.ends[number : number + 2]
        shape = self.results[number].shape
        index: Any = slice(start, end) if shape else start
        taken = arrays.getitem(whole, index)
        taken = arrays.reshape(taken, tuple(shape)) if len(shape) > 1 else taken
        return record(taken.op, core_value(self.results[number]._data), taken.operands, Recorded)

    def compute(self, *values: Any) -> Any:
        """The value at other operands."""
        ctx = FunctionCtx(self.ctx.label, ())
        given = [wrap(np.asarray(value, np.float32)) for value in values]
        with tapes.recording(False):
            return self.joined(self.function.forward(ctx, *given))

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint of one operand."""
        return self.vjps([port], x_bar, out, *values)[0]

    def vjps(self, ports: Sequence[int], x_bar: Any, out: Any, *values: Any) -> Sequence[Any]:
        """The adjoints, by the Function's own backward."""
        answers = self.function.backward(self.ctx, *self._adjoints(x_bar))
        answers = answers if isinstance(answers, tuple) else (answers,)
        answers = self._checked(answers)
        found = [self._fitting(answers, self.places[port], values[port]) for port in ports]
        return [0.0 if answer is None else as_adjoint(answer) for answer in found]

    def _checked(self, answers: tuple[Any, ...]) -> tuple[Any, ...]:
        """The answers without Nones too many; RuntimeError if they are too many or too few."""
        wanted = len(self.ctx.needs_input_grad)
        kept = answers[:wanted] if all(a is None for a in answers[wanted:]) else answers
        if len(kept) != wanted:
            raise RuntimeError(
                f"function {self.ctx.label} returned an incorrect number of gradients "
                f"(expected {wanted}, got {len(kept)})"
            )
        return kept

    def _fitting(self, answers: tuple[Any, ...], place: int, value: Any) -> Any:
        """One answer, summed where broadcasting repeated the operand."""
        answer = answers[place]
        if answer is None:
            return None
        if not isinstance(answer, Tensor):
            raise RuntimeError(f"expected Variable or None (got {type(answer).__name__})")
        given, wanted = tuple(answer.shape), tuple(np.shape(getattr(value, "value", value)))
        if given == wanted:
            return answer
        extra = len(given) - len(wanted)
        if extra < 0 or any(n not in (m, 1) for m, n in zip(given[extra:], wanted, strict=True)):
            raise RuntimeError(
                f"Function {self.ctx.label} returned an invalid gradient at index {place} - got "
                f"{list(given)} but expected shape compatible with {list(wanted)}"
            )
        added = [i for i in range(len(given)) if i < extra or wanted[i - extra] == 1 != given[i]]
        return reshape(reductions.sum(answer, tuple(added)), wanted)

    def _adjoints(self, x_bar: Any) -> list[Tensor]:
        edges = [Edge(self.ctx, number, r.dtype) for number, r in enumerate(self.results)]
        if len(edges) == 1:
            return [as_gradient(edges[0], x_bar, {})]
        whole = as_gradient(edges[0], x_bar, {})
        parts = [whole[self.ends[i] : self.ends[i + 1]] for i in range(len(edges))]
        return [reshape(p, r.shape) for p, r in zip(parts, self.results, strict=True)]

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """Not known: a Function only has a backward."""
        raise NotImplementedError(f"{self.name} has no forward mode")


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """A backward whose own results are not recorded."""

    @functools.wraps(backward)
    def plain(ctx: Any, *adjoints: Any) -> Any:
        with tapes.recording(False):
            return backward(ctx, *adjoints)

    return plain
