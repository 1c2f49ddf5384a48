"""What an operation gives: a tensor of its entries, recorded where a derivative flows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core import recording
from ...core.ops import Op
from ...core.rules import RuleOp
from ...core.tensor import Operation, record
from . import readings
from .tape import Edge, Node, Recorded, Saved, is_grad_enabled, saving, without_hooks
from .tensors import Tensor, core_value, wrap

INFERENCE = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
    "inference mode in computation tracked by autograd. To work around this, you can make a clone "
    "to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
    "`torch.inference_mode()`."
)


def is_recording(operands: Sequence[Any]) -> bool:
    """Whether what is computed from these must be recorded."""
    if not is_grad_enabled():
        return False
    return any(isinstance(operand, Tensor) and operand._requires_grad for operand in operands)


def node_for(label: str, operands: Sequence[Any]) -> Node:
    """The Node of an operation on these operands."""
    edges: list[tuple[Node | None, int]] = []
    for operand in operands:
        if isinstance(operand, Tensor) and operand._requires_grad:
            edge = operand._place()
            edges.append((edge.node, edge.number))
        else:
            edges.append((None, 0))
    return Node(label, tuple(edges))


def result(
    array: Any,
    label: str,
    op: Operation | Callable[..., Any],
    operands: Sequence[Any],
    *,
    view_of: Tensor | None = None,
    node: Node | None = None,
    number: int = 0,
    shown: Sequence[Any] | None = None,
    saves: str = "",
) -> Tensor:
    """A Tensor of these entries, recorded as `op` of the operands where a derivative flows.

    `op` may also be a function that computes with the engine. `shown` are the operands of
    `next_functions`, if they are others; `saves` names what the derivative needs: the result, the
    first operand as self, the second one by another name. A factor is only needed where the other
    one has a derivative, unless a ! says so.
    """
    made = wrap(array) if view_of is None else view_of._shared(array)
    if view_of is not None:
        made._taken = view_of, op
    if not is_recording(operands) or made._data.dtype.kind != "f":
        return made
    readings.use(*(o for o in operands if isinstance(o, Tensor) and o._read and o._node is None))
    inner = tuple(o._core() if isinstance(o, Tensor) else float(o) for o in operands)
    value = core_value(made._data)
    if isinstance(op, Op | RuleOp):
        core = record(op, value, inner, Recorded)
    else:
        with recording.record():  # so that no warning is given at numbers that are inf or nan
            computed = op(*inner)
        core = record(computed.op, value, computed.operands, Recorded)
    is_own = node is None
    if node is None:
        node = node_for(label, operands if shown is None else shown)
    made._node = core
    made._edge = core.edge = Edge(node, number, made.dtype)
    node.step = core.op, value, core.operands, made.dtype
    made._requires_grad = True
    if is_own and saves:
        _save(node, saves, made, operands)
    return made


def _save(node: Node, names: str, made: Tensor, operands: Sequence[Any]) -> None:
    hooks = saving.get()
    for name in names.split() if hooks is None else sorted(names.split()):
        if name == "result":
            node.values[name] = made
            if hooks is None:
                node.saved.append(Saved(made, node))
            else:
                _pack(node, name, made, hooks)
            continue
        place = 0 if name.startswith("self") else 1
        kept = operands[place]
        other = operands[1 - place] if len(operands) > 1 else None
        is_needed = other is None or name[-1] == "!"
        if not is_needed and not (isinstance(other, Tensor) and other._requires_grad):
            kept = None
        elif not isinstance(kept, Tensor):
            kept = wrap(np.asarray(kept))
        elif kept._is_inference:
            raise RuntimeError(INFERENCE)
        elif hooks is None:
            node.saved.append(Saved(kept))
        else:
            _pack(node, name.rstrip("!"), kept, hooks)
        node.values[name.rstrip("!")] = kept


def _pack(node: Node, name: str, tensor: Tensor, hooks: tuple[Any, Any]) -> None:
    pack, unpack = hooks
    with without_hooks():
        node.packed = {**node.packed, name: (pack(tensor), unpack)}
