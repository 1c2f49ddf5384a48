"""Tensor: PyTorch's view of a value of this engine.

It holds a NumPy array, which may be written into, and where a derivative flows the engine's own
Tensor, which never changes. Writing into one that was computed gives it another Tensor of the
engine; a leaf gets one when it is used, and another one when its entries have changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core import recording
from ...core.tensor import ConstantTensor, Operation
from ...core.tensor import Tensor as CoreTensor
from ..operators import Operators
from . import dtypes, printing, readings, warned
from .devices import CPU, NO_CUDA, Device
from .dtypes import dtype
from .missing import PYTORCH
from .tape import (
    AccumulateGrad,
    Edge,
    Leaf,
    Node,
    RemovableHandle,
    is_inference_mode_enabled,
)

NOT_A_LEAF = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
    "attribute won't be populated during autograd.backward(). If you indeed want the .grad field "
    "to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you "
    "access the non-leaf Tensor by mistake, make sure you access the leaf Tensor instead. See "
    "github.com/pytorch/pytorch/pull/30531 for more information."
)
AS_NUMBER = (
    "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
    "Consider using tensor.detach() first."
)


class Size(tuple[int, ...]):
    """The lengths of the axes."""

    __module__ = "torch"

    def numel(self) -> int:
        """The number of entries."""
        return int(np.prod(self)) if self else 1

    def __add__(self, other: Any) -> Any:
        return Size(tuple(self) + tuple(other))

    def __radd__(self, other: Any) -> Any:
        return Size(tuple(other) + tuple(self))

    def __mul__(self, count: Any) -> Any:
        return Size(tuple(self) * count)

    def __getitem__(self, index: Any) -> Any:
        found = tuple(self)[index]
        return Size(found) if isinstance(index, slice) else found

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"


class Tensor(Operators):
    """A number or an array, as PyTorch has it."""

    __module__ = "torch"
    __array_priority__ = 2000
    __cgraph_remedy__ = PYTORCH.remedy

    _data: Any
    _node: CoreTensor | None
    """What the engine knows of it, if it was computed; a comparison's, for its guard."""
    _edge: Edge | None
    _counter: list[int]
    """How often it was written into; views share it."""
    _base: Tensor | None
    _is_inference = False
    _read: readings.Inputs = ()
    """Inputs that its entries depend on past autograd."""
    _taken: tuple[Tensor, Any] | None = None
    """Of a view that autograd knows of: what it is a view of, and by which op."""

    def __init__(self, *data: Any) -> None:
        if len(data) == 1 and not isinstance(data[0], int):
            array = np.array(plain(data[0]), dtype=np.float32)
        else:
            array = np.zeros(data or (0,), np.float32)
        self._set(array)

    def _set(self, array: Any) -> None:
        self._data = array
        self._node = None
        self._edge = None
        self._requires_grad = False
        self._grad: Tensor | None = None
        self._retains = False
        self._counter = [0]
        self._base = None

    # --- What it is ----------------------------------------------------------------------------

    @property
    def dtype(self) -> dtype:
        """The type of the entries."""
        return dtypes.of(self._data)

    @property
    def shape(self) -> Size:
        """The lengths of the axes."""
        return Size(self._data.shape)

    def size(self, dim: int | None = None) -> Any:
        """The lengths of the axes, or of one of them."""
        return self.shape if dim is None else self._data.shape[dim]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return int(self._data.ndim)

    def dim(self) -> int:
        """The number of axes."""
        return self.ndim

    def numel(self) -> int:
        """The number of entries."""
        return int(self._data.size)

    nelement = numel

    @property
    def device(self) -> Device:
        """Where it is."""
        return CPU

    def cuda(self, device: Any = None) -> Tensor:
        """AssertionError: there is no CUDA."""
        raise AssertionError(NO_CUDA)

    is_cuda = False
    is_sparse = False
    is_quantized = False
    layout = "torch.strided"

    def element_size(self) -> int:
        """The bytes of one entry."""
        return int(self._data.itemsize)

    def data_ptr(self) -> int:
        """Where in memory its entries start."""
        return int(self._data.__array_interface__["data"][0])

    def stride(self, dim: int | None = None) -> Any:
        """How many entries lie between neighbours along each axis."""
        steps = tuple(step // self._data.itemsize for step in self._data.strides)
        return steps if dim is None else steps[dim]

    def storage_offset(self) -> int:
        """How many entries lie before its first one in the memory that it shares."""
        whole = self if self._base is None else self._base
        return (self.data_ptr() - whole.data_ptr()) // self.element_size()

    def is_contiguous(self) -> bool:
        """Whether its entries lie row by row in memory."""
        return bool(self._data.flags.c_contiguous)

    def type(self, kind: Any = None) -> Any:
        """The name of its type, or itself in another one."""
        from .legacy import kind_of

        return f"torch.{self.dtype.label}Tensor" if kind is None else self.to(kind_of(kind))

    def is_floating_point(self) -> bool:
        """Whether the entries are floats."""
        return self.dtype.is_floating_point

    @property
    def _version(self) -> int:
        return self._counter[0]

    def __repr__(self) -> str:
        return printing.write(self)

    def __format__(self, spec: str) -> str:
        if self._data.ndim == 0 and type(self) is Tensor:
            return format(self._data.item(), spec)
        if spec:
            name = type(self).__name__
            raise TypeError(f"unsupported format string passed to {name}.__format__")
        return str(self)

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self._data)

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    __hash__ = object.__hash__

    def __contains__(self, value: Any) -> bool:
        return bool((self == value)._data.any())

    def __getattr__(self, name: str) -> Any:
        from .missing import no_method

        raise no_method(self, name)

    if TYPE_CHECKING:  # installed by methods.py, one loop for all of them

        def __iadd__(self, other: Any) -> Any: ...
        def __isub__(self, other: Any) -> Any: ...
        def __imul__(self, other: Any) -> Any: ...
        def __itruediv__(self, other: Any) -> Any: ...
        def __pos__(self) -> Any: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...

    # --- As plain Python -----------------------------------------------------------------------

    def item(self) -> Any:
        """The one entry, as a Python number."""
        readings.use(self)
        if self._data.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._data.size} elements cannot be converted to Scalar"
            )
        return self._data.item()

    def tolist(self) -> Any:
        """The entries, in nested lists."""
        readings.use(self)
        return self._data.tolist()

    def numpy(self, *, force: bool = False) -> Any:
        """The entries as a NumPy array, which shares their memory."""
        if self.requires_grad and not force:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. "
                "Use tensor.detach().numpy() instead."
            )
        readings.use(self)
        return self._data

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.numpy() if dtype is None else self.numpy().astype(dtype)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return wrap(np.asarray(array))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment.  If you were attempting to deepcopy a module, this may be "
                "because of a torch.nn.utils.weight_norm usage, see "
                "https://github.com/pytorch/pytorch/pull/103001"
            )
        made = object.__new__(type(self))
        made._set(self._data.copy())
        made._requires_grad = self._requires_grad
        made._grad = deepcopy(self._grad, memo)
        memo[id(self)] = made
        return made

    def __bool__(self) -> bool:
        if self._data.size != 1:
            if not self._data.size:
                raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        if self._node is not None and not self._requires_grad:
            return bool(self._node)  # a comparison: the engine takes a note of its outcome
        if self._requires_grad and self._data.ndim == 0:
            return bool(self != 0)
        readings.use(self)
        return bool(self._data.item())

    def __float__(self) -> float:
        self._warn_as_number()
        return float(self.item())

    def __int__(self) -> int:
        self._warn_as_number()
        return int(self.item())

    def __index__(self) -> int:
        if self._data.size != 1 or self._data.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def _warn_as_number(self) -> None:
        if self.requires_grad:
            warned.once(AS_NUMBER)

    # --- Its place in the graph ----------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether a derivative flows to it."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Ask for the derivative with respect to it, or no more."""
        if not isinstance(requires_grad, bool):
            raise TypeError(
                "requires_grad_(): argument 'requires_grad' (position 1) must be bool, "
                f"not {type(requires_grad).__name__}"
            )
        if not self.is_leaf and not requires_grad:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach()."
            )
        if requires_grad and not self.dtype.is_floating_point:
            raise RuntimeError(
                "only Tensors of floating point dtype can require gradients"
                if self._edge is None
                else "Only Tensors of floating point and complex dtype can require gradients"
            )
        if requires_grad and self._is_inference and not is_inference_mode_enabled():
            raise RuntimeError(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not "
                "allowed."
            )
        if requires_grad and not self._requires_grad:
            self._node = None
        self._requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by hand, not computed from what requires a gradient."""
        return self.grad_fn is None

    @property
    def grad_fn(self) -> Node | None:
        """The operation of the backward pass that it is a result of."""
        edge = self._edge
        return None if edge is None or isinstance(edge.node, AccumulateGrad) else edge.node

    @property
    def output_nr(self) -> int:
        """Which result of its grad_fn it is."""
        return 0 if self._edge is None else self._edge.number

    @property
    def grad(self) -> Tensor | None:
        """What the backward passes have added up."""
        if self._grad is None and not self.is_leaf and not self._retains:
            recording.warn(NOT_A_LEAF, UserWarning)
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(
                    "assigned grad expected to be a Tensor or None but got grad of type "
                    f"{type(value).__name__}"
                )
            if value.shape != self.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of "
                    f"size '{list(self.shape)}'. Please ensure that the gradient and the tensor "
                    "are the same size"
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def retain_grad(self) -> None:
        """Keep the gradient although it is not a leaf."""
        if not self._requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self._edge is not None and not self.is_leaf and not self._retains:
            self._edge.keepers.append(self)
            self._retains = True

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on it."""
        return self._retains

    def register_hook(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        """Call `hook` with the gradient in each backward pass; what it gives replaces it."""
        if not self._requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return RemovableHandle(self._place().hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        """Call `hook` with this leaf each time its `.grad` has grown."""
        if not self.is_leaf:
            raise RuntimeError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors"
            )
        if not self._requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return RemovableHandle(self._place().node.after, hook)

    def is_inference(self) -> bool:
        """Whether it was made in inference mode."""
        return self._is_inference

    def detach(self) -> Tensor:
        """The same entries, with no derivative."""
        made = self._shared(self._data)
        made._read = readings.inputs_of([self])
        return made

    def detach_(self) -> Tensor:
        """Forget what it was computed from."""
        self._node = self._edge = None
        self._requires_grad = False
        return self

    @property
    def data(self) -> Tensor:
        """The entries, to be written into past autograd."""
        made = wrap(self._data)
        made._read = readings.inputs_of([self])
        return made

    @data.setter
    def data(self, value: Tensor) -> None:
        self._data = value._data

    def _shared(self, array: Any) -> Tensor:
        """A view of this tensor's memory."""
        made = wrap(array)
        made._counter = self._counter
        made._base = self if self._base is None else self._base
        return made

    @property
    def is_view(self) -> bool:
        """Whether it shares the memory of another."""
        return self._base is not None

    def _place(self) -> Edge:
        """Where gradients arrive for it."""
        if self._edge is None:
            self._edge = Edge(AccumulateGrad(self), 0, self.dtype)
        return self._edge

    def _core(self) -> CoreTensor:
        """The engine's Tensor for it, as an operand."""
        if not self._requires_grad:
            constant = ConstantTensor(core_value(self._data))
            return constant if self._node is None else self._node
        if not self.is_leaf:
            assert self._node is not None
            return self._node
        value = core_value(self._data)
        if self._node is None or not same(self._node.value, value):
            fresh = Leaf(value, self._place(), self._node is None)
            if self._node is not None:
                fresh.name = self._node.name
                readings.forget(self._node)
            self._node = fresh
        return self._node

    @property
    def __cgraph_node__(self) -> CoreTensor:
        """The engine's Tensor for it: what is drawn."""
        return self._core()

    @property
    def __cgraph_notes__(self) -> tuple[str, ...]:
        """What its box in the picture notes: that it is a leaf; or its grad_fn, and "retained"."""
        return tuple(getattr(self._core(), "__cgraph_notes__", ()))

    def __cgraph_set__(self, value: Any) -> None:
        """Another value for the same tensor: what a slider asks for when the code runs again."""
        self._data = np.array(np.broadcast_to(value, self.shape), self._data.dtype)

    # --- Mixing --------------------------------------------------------------------------------

    @staticmethod
    def __cgraph_apply__(op: Operation, operands: tuple[Any, ...]) -> Any:
        from .native import apply_native

        return apply_native(op, operands)

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, *rest: Any, **named: Any) -> Any:
        from .missing import mixed

        raise mixed("PyTorch")


def wrap(array: Any) -> Tensor:
    """A Tensor with this array as its memory."""
    made = object.__new__(Tensor)
    made._set(array if type(array) is np.ndarray else np.asarray(array))
    if is_inference_mode_enabled():
        made._is_inference = True
    return made


def core_value(array: Any) -> Any:
    """An array as the engine holds it: a float, or a copy that nobody writes into."""
    if not array.ndim:
        return array.item() if array.dtype.kind == "b" else float(array)
    kept = array.astype(np.float32) if array.dtype.kind in "iu" else array.copy()
    kept.flags.writeable = False
    return kept


def same(first: Any, second: Any) -> bool:
    """Whether two values of the engine are alike, nan and the sign of 0 included."""
    one, other = np.asarray(first), np.asarray(second)
    return (
        one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    )


def lifted(value: Any, like: Tensor | None = None) -> Tensor:
    """An operand as a Tensor: a number, or a Tensor of the engine's own."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, CoreTensor):
        from .native import from_native

        return from_native(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, int, float)):
        return wrap(np.array(value, dtype=dtypes.of_number(value).numpy))
    from .missing import refuse

    raise refuse(value)


def plain(data: Any) -> Any:
    """Nested lists in which each tensor is a plain number or array."""
    if isinstance(data, (list, tuple)):
        return [plain(entry) for entry in data]
    if isinstance(data, Tensor):
        return data._data
    if isinstance(data, CoreTensor):
        return data.value
    return data
