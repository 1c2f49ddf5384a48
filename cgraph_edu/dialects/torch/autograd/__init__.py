"""`torch.autograd`: backward passes over the engine's reverse mode.

What PyTorch has beside the sums of the chain rule is done at each recorded result as its adjoint is
complete: it is rounded to the result's precision, given to hooks, and kept where it was asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from ....core.derivatives import reverse
from ....core.rules import RuleOp
from ....core.tensor import Tensor as CoreTensor
from ....core.tensor import record, tape
from .. import tape as tapes
from .. import warned
from ..tape import (
    LIGHT,
    SECOND_TIME,
    AccumulateGrad,
    Edge,
    Leaf,
    Node,
    Recorded,
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)
from ..tensors import Tensor, core_value, lifted, node_for, wrap

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter "
    "and its gradient which can cause a memory leak. We recommend using autograd.grad when "
    "creating the graph to avoid this. If you have to use this function, make sure to reset the "
    ".grad fields of your parameters to None after use to break the cycle and avoid the leak."
)


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add ∂tensors/∂leaf to the `.grad` of each leaf."""
    outputs = _listed(tensors)
    if inputs is not None and not _listed(inputs):
        raise RuntimeError("'inputs' argument to backward cannot be empty.")
    wanted = None if inputs is None else _listed(inputs)
    if create_graph:
        warned.once(CYCLE)
    arrived = _run(outputs, _listed(grad_tensors), wanted, retain_graph, create_graph)
    for tensor, gradient in arrived:
        if gradient is not None:
            _accumulate(tensor, gradient, create_graph)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """∂outputs/∂x for each x of `inputs`; `.grad` stays as it is."""
    wanted = [lifted(each) for each in _listed(inputs)]
    for each in wanted:
        if not each.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    found = _run(_listed(outputs), _listed(grad_outputs), wanted, retain_graph, create_graph)
    gradients: list[Tensor | None] = []
    for place, (tensor, gradient) in enumerate(found):
        if gradient is None and materialize_grads:
            gradient = wrap(np.zeros_like(tensor._data))
        if gradient is None and not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {place} appears to not have been used in the "
                "graph. Set allow_unused=True if this is the desired behavior."
            )
        gradients.append(gradient)
    return tuple(gradients)


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return [given] if isinstance(given, (Tensor, CoreTensor)) else list(given)


def _run(
    outputs: Sequence[Any],
    seeds: Sequence[Any],
    wanted: Sequence[Tensor] | None,
    retain_graph: bool | None,
    create_graph: bool,
) -> list[tuple[Tensor, Tensor | None]]:
    """Each wanted tensor, or each leaf, with what arrives at it."""
    seeds = list(seeds) or [None] * len(outputs)
    roots = [
        _root(output, seed, place)
        for place, (output, seed) in enumerate(zip(outputs, seeds, strict=True))
    ]
    sums: dict[int, Any] = {}
    places: dict[int, Edge] = {}
    consumers: dict[CoreTensor, list[CoreTensor]] = defaultdict(list)
    for output, seed in roots:
        core = output._core()
        walked = _walked(core, wanted, consumers)
        nodes = {t.edge.node for t in walked if isinstance(t, Recorded)}
        for node in nodes:
            if node.is_freed and node.label not in LIGHT:
                raise RuntimeError(SECOND_TIME)
            for saved in node.saved:
                saved.check()

        def visit(tensor: CoreTensor, bar: Any, walked: set[CoreTensor] = walked) -> Any:
            return _arrived(tensor.edge, bar) if isinstance(tensor, Recorded) else bar

        with tapes.recording(create_graph):
            x_bar = reverse(core, seed, create_graph, visit)
        for tensor, bar in x_bar.items():
            edge = getattr(tensor, "edge", None)
            key = tensor if edge is None else edge
            if isinstance(tensor, Leaf) and tensor in walked:
                sums[id(key)] = sums[id(key)] + bar if id(key) in sums else bar
                places[id(key)] = tensor.edge
            elif wanted is not None and tensor in walked:
                sums[id(key)] = sums[id(key)] + bar if id(key) in sums else bar
        if not (create_graph if retain_graph is None else retain_graph):
            for node in nodes:
                node.is_freed = True
    for key, edge in places.items():
        sums[key] = _arrived(edge, sums[key])
    if wanted is None:
        found: list[tuple[Tensor, Tensor | None]] = []
        for key, edge in places.items():
            assert isinstance(edge.node, AccumulateGrad)
            found.append((edge.node.variable, _given(edge, sums[key], consumers)))
        return found
    answers: list[tuple[Tensor, Tensor | None]] = []
    for goal in wanted:
        own = goal._core()
        place = getattr(own, "edge", None) or goal._place()
        key = id(own) if not hasattr(own, "edge") else id(place)
        answers.append((goal, _given(place, sums[key], consumers) if key in sums else None))
    return answers


def _root(output: Any, seed: Any, place: int) -> tuple[Tensor, Any]:
    """An output, and its adjoint to start with."""
    output = lifted(output)
    if not output.requires_grad:
        raise RuntimeError(
            f"element {place} of tensors does not require grad and does not have a grad_fn"
        )
    if seed is None:
        if output.numel() != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        return output, core_value(np.ones_like(output._data))
    seed = lifted(seed)
    if seed.shape != output.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{place}] has a shape of {seed.shape} and "
            f"output[{place}] has a shape of {output.shape}."
        )
    return output, seed._core() if seed.requires_grad else core_value(seed._data)


def _walked(
    core: CoreTensor,
    wanted: Sequence[Tensor] | None,
    consumers: dict[CoreTensor, list[CoreTensor]],
) -> set[CoreTensor]:
    """The Tensors that the backward pass needs: those between the output and what is wanted."""
    behind = tape(core)
    if wanted is None:
        needed = set(behind)
    else:
        goals = {id(tensor._core()) for tensor in wanted}
        goals |= {id(tensor._place()) for tensor in wanted}
        needed = set()
        for tensor in behind:
            is_goal = id(tensor) in goals or id(getattr(tensor, "edge", None)) in goals
            if is_goal or any(parent in needed for parent in tensor.parents):
                needed.add(tensor)
    for tensor in behind:
        if tensor in needed and tensor.op is not None:
            for parent in tensor.parents:
                consumers[parent].append(tensor)
    return needed


def _arrived(edge: Edge, bar: Any) -> Any:
    """An adjoint that is complete: rounded, changed by hooks, and kept where that was asked for."""
    bar = _rounded(bar, edge.dtype.numpy)
    for hook in list(edge.hooks.values()):
        answer = hook(_given(edge, bar, {}))
        if answer is not None:
            bar = _bare(answer)
    for keeper in edge.keepers:
        if keeper._edge is edge:
            given = _given(edge, bar, {})
            keeper._grad = given if keeper._grad is None else keeper._grad + given
    return bar


def _rounded(bar: Any, precision: Any) -> Any:
    value = bar.value if isinstance(bar, CoreTensor) else bar
    if isinstance(value, np.ndarray):
        return bar if value.dtype == precision else bar.astype(precision)
    rounded = float(precision.type(value))
    if isinstance(bar, CoreTensor):
        # The engine's arithmetic on single numbers is in double precision.
        bar.value = rounded
        return bar
    return rounded


def _bare(tensor: Tensor) -> Any:
    return tensor._core() if tensor.requires_grad else core_value(tensor._data)


def _given(edge: Edge, bar: Any, consumers: Any) -> Tensor:
    """An adjoint as a tensor; one that was recorded can be differentiated again."""
    value = bar.value if isinstance(bar, CoreTensor) else bar
    made = wrap(np.array(value, dtype=edge.dtype.numpy))
    if not isinstance(bar, CoreTensor) or bar.is_constant:
        return made
    if isinstance(bar, (Leaf, Recorded)):
        made._edge, made._node = bar.edge, bar
        if isinstance(bar, Leaf):
            made._edge = Edge(Node("AliasBackward0", ((bar.edge.node, 0),)), 0, made.dtype)
    else:
        targets = [t for t in consumers if getattr(t, "edge", None) is edge]
        label = _label(targets, consumers) or _of_op(bar)
        node = Node(label, partial(_before, bar))
        core = record(bar.op, bar.value, bar.operands, Recorded) if bar.op else bar
        made._edge, made._node = Edge(node, 0, made.dtype), core
        if isinstance(core, Recorded):
            core.edge = made._edge
    made._requires_grad = True
    return made


def _before(bar: CoreTensor) -> tuple[tuple[Node | None, int], ...]:
    """The Nodes before a recorded adjoint."""
    found: list[tuple[Node | None, int]] = []
    for operand in bar.operands:
        edge = getattr(operand, "edge", None)
        if edge is not None:
            found.append((edge.node, edge.number))
        elif isinstance(operand, CoreTensor) and operand.op is not None:
            found.append((Node(_of_op(operand), partial(_before, operand)), 0))
        else:
            found.append((None, 0))
    return tuple(found)


_PASSED_ON = frozenset(["AddBackward0", "CloneBackward0", "ToCopyBackward0"])

_DERIVATIVE = {
    **{
        f"{name}Backward0": "MulBackward0"
        for name in "Mul Pow Sin Cos Exp Dot Div Abs Prod LinalgVectorNorm".split()
    },
    **{f"{name}Backward0": "DivBackward0" for name in "Log Sqrt Log1P Mean".split()},
    "MeanBackward1": "DivBackward0",
    "PowBackward1": "MulBackward0",
    "PowBackward2": "MulBackward0",
    "SumBackward0": "ExpandBackward0",
    "SumBackward1": "ExpandBackward0",
    "NegBackward0": "NegBackward0",
    "SubBackward0": "NegBackward0",
    "RsubBackward1": "NegBackward0",
    "ReciprocalBackward0": "MulBackward0",
    "ReluBackward0": "ThresholdBackwardBackward0",
    "TanhBackward0": "TanhBackwardBackward0",
    "SigmoidBackward0": "SigmoidBackwardBackward0",
    "SoftmaxBackward0": "SoftmaxBackwardDataBackward0",
    "LogSoftmaxBackward0": "LogSoftmaxBackwardDataBackward0",
    "SelectBackward0": "SelectBackwardBackward0",
    "SliceBackward0": "SliceBackwardBackward0",
    "MseLossBackward0": "MseLossBackwardBackward0",
    "MmBackward0": "MmBackward0",
    "MvBackward0": "MulBackward0",
    "SoftplusBackward0": "SoftplusBackwardBackward0",
    "ViewBackward0": "ViewBackward0",
    "UnsqueezeBackward0": "SqueezeBackward1",
    "TBackward0": "TBackward0",
}
"""What PyTorch names the gradient that comes back through an operation."""


def _label(targets: Sequence[CoreTensor], consumers: Any) -> str:
    """The name of the last operation that makes the gradient of a tensor."""
    while True:
        uses = [
            (target, use)
            for target in targets
            for use in consumers[target]
            if use.op is not None and not use.op.is_comparison
        ]
        last = _results([use for _, use in uses], consumers)
        if not uses or len(last) > 1 or (len(uses) > 1 and uses[0][1] is last[0]):
            return "AddBackward0" if uses else ""
        target, use = uses[0][0], last[0]
        edge = getattr(use, "edge", None)
        label: str = _of_op(use) if edge is None else edge.node.label
        if target.shape != use.shape and label[:3] in ("Mul", "Add", "Sub", "Div", "Pow"):
            return "SumBackward1" if target.shape else "SumBackward0"
        is_first = use.operands[0] is target
        if label in _PASSED_ON or (label == "SubBackward0" and is_first):
            targets = [use]
        elif label == "DivBackward0" and is_first:
            return label
        else:
            return _DERIVATIVE.get(label, "")


def _results(uses: Sequence[CoreTensor], consumers: Any) -> list[CoreTensor]:
    """The results with a grad_fn that Tensors within an operation go into."""
    found = list({id(use): use for use in uses}.values())
    seen = {id(use) for use in found}
    ends = []
    for use in found:  # the list grows while it is read
        onward = [] if hasattr(use, "edge") else consumers[use]
        if not onward:
            ends.append(use)
        for each in onward:
            if id(each) not in seen:
                seen.add(id(each))
                found.append(each)
    return ends


def _of_op(core: CoreTensor) -> str:
    name = getattr(core.op, "name", "mul") if core.op else "mul"
    return f"{name.title().replace('_', '')}Backward0"


def _accumulate(tensor: Tensor, gradient: Tensor, create_graph: bool) -> None:
    """Add a gradient to what a leaf has already."""
    known = tensor._grad
    if known is None:
        if gradient.requires_grad and gradient._edge is not None:
            before = gradient._edge
            gradient._edge = Edge(
                Node("CopyBackwards", ((before.node, before.number),)), 0, gradient.dtype
            )
        tensor._grad = gradient
    elif create_graph:
        with tapes.recording(True):
            tensor._grad = known + gradient
    else:
        known._data += gradient._data
        known._counter[0] += 1


def _method(
    self: Tensor,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add ∂self/∂leaf to the `.grad` of each leaf; `gradient` is the adjoint to start with."""
    seeds = None if gradient is None else [gradient]
    backward(self, seeds, retain_graph, create_graph, inputs)


Tensor.backward = _method  # type: ignore[attr-defined]


def Variable(data: Tensor, requires_grad: bool = False) -> Tensor:
    """A tensor with the same memory: what tensors were once wrapped in."""
    made = wrap(data._data)
    return made.requires_grad_() if requires_grad else made


# --- A function with a backward of its own -------------------------------------------------------


class FunctionCtx(SimpleNamespace):
    """What a Function's forward leaves for its backward."""

    needs_input_grad: tuple[bool, ...] = ()
    saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for the backward pass."""
        self.saved_tensors = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Nothing: such results are not recorded in the first place."""


class Function:
    """An operation given by its forward and its backward."""

    @staticmethod
    def forward(ctx: Any, *operands: Any) -> Any:
        """The value."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def backward(ctx: Any, *adjoints: Any) -> Any:
        """The adjoints of the operands."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    @classmethod
    def apply(cls, *operands: Any) -> Any:
        """The function at these operands, recorded."""
        ctx = FunctionCtx()
        tensors = [o for o in operands if isinstance(o, Tensor)]
        ctx.needs_input_grad = tuple(isinstance(o, Tensor) and o.requires_grad for o in operands)
        with tapes.recording(False):
            made = cls.forward(ctx, *operands)
        if not tapes.is_grad_enabled() or not any(o.requires_grad for o in tensors):
            return made
        result = wrap(made._data)
        places = [i for i, o in enumerate(operands) if isinstance(o, Tensor)]
        op = FunctionOp(cls, ctx, places)
        core = record(op, core_value(result._data), tuple(o._core() for o in tensors), Recorded)
        before = node_for("", tensors).next_functions
        node = Node(f"{cls.__name__}Backward", before, "torch.autograd.function.")
        result._edge = core.edge = Edge(node, 0, result.dtype)
        result._node, result._requires_grad = core, True
        return result


class FunctionOp(RuleOp):
    """A Function as an op of the engine."""

    def __init__(self, function: type[Function], ctx: FunctionCtx, places: list[int]) -> None:
        self.name = function.__name__
        self.function = function
        self.ctx = ctx
        self.places = places
        """Which operands of the Function are tensors."""

    def compute(self, *values: Any) -> Any:
        """The value at other operands."""
        with tapes.recording(False):
            made = self.function.forward(
                FunctionCtx(), *[wrap(np.asarray(value, np.float32)) for value in values]
            )
        return core_value(made._data)

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint of one operand."""
        return self.vjps([port], x_bar, out, *values)[0]

    def vjps(self, ports: Sequence[int], x_bar: Any, out: Any, *values: Any) -> Sequence[Any]:
        """The adjoints, by the Function's own backward."""
        kind = self.ctx.saved_tensors[0].dtype if self.ctx.saved_tensors else None
        given = _given(Edge(Node("", ()), 0, kind or lifted(1.0).dtype), x_bar, {})
        answers = self.function.backward(self.ctx, given)
        answers = answers if isinstance(answers, tuple) else (answers,)
        found = []
        for port in ports:
            answer = answers[self.places[port]]
            found.append(0.0 if answer is None else _bare(answer))
        return found

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """Not known: a Function only has a backward."""
        raise NotImplementedError(f"{self.name} has no forward mode")


class set_detect_anomaly(AbstractContextManager[None]):
    """Nothing: errors of this dialect name their operation anyway."""

    def __init__(self, mode: bool = True, check_nan: bool = True) -> None:
        self.mode = mode

    def __exit__(self, *error: object) -> None:
        pass


detect_anomaly = set_detect_anomaly


def gradcheck(
    func: Any,
    inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Whether the gradients of func agree with central differences, entry by entry."""
    given = _listed(inputs)
    wanted = [x for x in given if x.requires_grad]
    with tapes.recording(True):
        out = func(*given)
    for index in np.ndindex(*out.shape):
        entry = out[index] if index else out
        slopes = grad(entry, wanted, retain_graph=True, materialize_grads=True)
        for x, slope in zip(wanted, slopes, strict=True):
            assert slope is not None
            for place in np.ndindex(*x.shape):
                kept = x._data[place]
                ends = []
                for step in (eps, -eps):
                    x._data[place] = kept + step
                    with tapes.recording(False):
                        ends.append(func(*given)._data[index])
                x._data[place] = kept
                numeric, analytic = (ends[0] - ends[1]) / (2 * eps), slope._data[place]
                if abs(numeric - analytic) > atol + rtol * abs(numeric):
                    if raise_exception:
                        raise GradcheckError(
                            "Jacobian mismatch for output 0 with respect to input 0,\n"
                            f"numerical:{numeric}\nanalytical:{analytic}"
                        )
                    return False
    return True


class GradcheckError(RuntimeError):
    """A gradient that does not agree with central differences."""


from . import functional  # noqa: E402, it needs grad
