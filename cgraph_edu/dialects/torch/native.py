"""The engine's own Tensors among this dialect's, and its ops on this dialect's tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.describe import describe
from ...core.ops import Op
from ...core.tensor import ConstantTensor, Operation, is_array
from ...core.tensor import Tensor as CoreTensor
from . import dtypes
from .results import result
from .tape import Edge, Node
from .tensors import Tensor, lifted, wrap


def from_native(value: CoreTensor) -> Tensor:
    """A Tensor of the engine as one of this dialect; a derivative flows through."""
    plain = value.value
    is_number = isinstance(plain, float)
    made = wrap(np.array(plain, dtypes.get_default_dtype().numpy if is_number else None))
    if not value.is_constant and made._data.dtype.kind == "f":
        made._node = value
        made._edge = Edge(Node("NativeBackward0", ()), 0, made.dtype)
        made._requires_grad = True
    elif isinstance(value, ConstantTensor):
        made._node = value
    return made


def apply_native(op: Operation, operands: tuple[Any, ...]) -> Any:
    """An op of the engine on tensors of this dialect: `cg.sin(x)`, or a native number times x."""
    from . import methods

    if isinstance(op, Op) and op.name in methods.OF_ROW:
        return methods.OF_ROW[op.name](*operands)
    tensors = [lifted(o) if isinstance(o, (Tensor, CoreTensor)) else o for o in operands]
    value = op.evaluate(*[_value(o) for o in tensors])
    kind = dtypes.promoted([o for o in tensors if isinstance(o, (Tensor, float, int))])
    array = np.asarray(value)
    name = getattr(op, "name", describe(op)).title().replace("_", "")
    array = array.astype(kind.numpy) if array.dtype.kind == "f" else array
    return result(array, f"{name}Backward0", op, tensors)


def _value(operand: Any) -> Any:
    if not isinstance(operand, Tensor):
        return operand.value if is_array(getattr(operand, "value", None)) else operand
    return operand._data if operand.ndim else operand._data.item()
