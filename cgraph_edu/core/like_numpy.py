"""What a Tensor shares with NumPy's arrays: their methods, and NumPy's functions applied to it.

NumPy calls `__array_ufunc__` for np.exp(x) and `__array_function__` for np.sum(x). Both find the
engine's own function of that name. NumPy is imported by the first use, not by this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .describe import describe
from .ops import OPS

UFUNCS: Mapping[str, str] = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "negative": "neg",
    "power": "pow",
    "float_power": "pow",
    "absolute": "abs",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "equal": "eq",
    "not_equal": "ne",
    **{name: name for name in "exp log sqrt sin cos tan sinh cosh tanh sign floor".split()},
    **{name: name for name in "expm1 log1p".split()},
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    **{name: name for name in "maximum minimum".split()},
}
"""NumPy's names of elementwise functions, and the rows' names."""

FUNCTIONS: Mapping[str, str] = {
    "amax": "max",
    "amin": "min",
    **{name: name for name in "sum mean var std max min argmax argmin norm cumsum".split()},
    **{name: name for name in "dot outer einsum".split()},
    **{name: name for name in "reshape ravel squeeze expand_dims transpose swapaxes".split()},
    **{name: name for name in "broadcast_to concatenate stack hstack vstack split".split()},
}
"""NumPy's names of functions of whole arrays, and the engine's."""

ELEMENTWISE = ("clip", "where")
"""NumPy's functions that are rows of the op table here."""

BOUNDS: Mapping[str, str] = {"a_min": "low", "a_max": "high", "min": "low", "max": "high"}
"""NumPy's names of the bounds of `clip`, and the engine's."""

FACTS: Mapping[str, Callable[[Any], Any]] = {
    "shape": lambda x: x.shape,
    "ndim": lambda x: x.ndim,
    "size": lambda x: x.size,
}


class LikeNumPy:
    """NumPy's side of a Tensor."""

    __slots__ = ()
    __array_priority__ = 1000

    if TYPE_CHECKING:  # a Tensor has them

        @property
        def shape(self) -> tuple[int, ...]:
            """The lengths of the axes."""

        value: Any

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(getattr(self.value, "size", 1))

    @property
    def T(self) -> Any:
        """The transpose."""
        return _arrays().transpose(self)

    def __getitem__(self, index: Any) -> Any:
        if not self.shape:
            raise TypeError(f"{describe(self)} is a number: it has no entries to index")
        return _arrays().getitem(self, index)

    def __matmul__(self, other: Any) -> Any:
        return _arrays().matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _arrays().matmul(other, self)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The sum of the entries, over everything or over the axes given."""
        return _arrays().sum(self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The mean of the entries, over everything or over the axes given."""
        return _arrays().mean(self, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The largest entry, of everything or along the axes given."""
        return _arrays().max(self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The smallest entry, of everything or along the axes given."""
        return _arrays().min(self, axis, keepdims)

    def var(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The variance, of everything or along the axes given."""
        return _arrays().var(self, axis, keepdims)

    def std(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The standard deviation, of everything or along the axes given."""
        return _arrays().std(self, axis, keepdims)

    def argmax(self, axis: int | None = None) -> Any:
        """Where the largest entry is, as plain whole numbers."""
        return _arrays().argmax(self, axis)

    def argmin(self, axis: int | None = None) -> Any:
        """Where the smallest entry is, as plain whole numbers."""
        return _arrays().argmin(self, axis)

    def cumsum(self, axis: int | None = None) -> Any:
        """Running sums along an axis, or along all entries in one row."""
        return _arrays().cumsum(self, axis)

    def dot(self, other: Any) -> Any:
        """The product x @ y, or x * y where one of them is a number."""
        return _arrays().dot(self, other)

    def clip(self, low: Any = None, high: Any = None) -> Any:
        """The entries, none below `low` and none above `high`."""
        return _functions().clip(self, low, high)

    def reshape(self, *shape: Any) -> Any:
        """The entries in rows of another length; one -1 stands for what is left."""
        return _arrays().reshape(self, *shape)

    def ravel(self) -> Any:
        """The entries in one row."""
        return _arrays().ravel(self)

    flatten = ravel

    def squeeze(self, axis: Any = None) -> Any:
        """Without its axes of length one, or without those of them that are named."""
        return _arrays().squeeze(self, axis)

    def transpose(self, *axes: Any) -> Any:
        """With its axes in another order, reversed unless given."""
        order = axes[0] if len(axes) == 1 else axes or None
        return _arrays().transpose(self, order)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """With two of its axes exchanged."""
        return _arrays().swapaxes(self, axis1, axis2)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError(
            f"NumPy can't make an array of {describe(self)}, which would lose its derivative: use "
            "cg.stack([x, y]) to put Tensors together, and x.value for the plain number or array"
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        name = ufunc.__name__
        if "out" in settings:
            raise TypeError(
                f"np.{name} with out=, as in x += y, writes into an array, where {describe(self)} "
                "can't be recorded: write x = x + y"
            )
        if method == "__call__" and not settings:
            if name in UFUNCS:
                return _apply(OPS[UFUNCS[name]], *inputs)
            if name == "matmul":
                return _arrays().matmul(*inputs)
            if name == "square":
                return inputs[0] * inputs[0]
        called = name if method == "__call__" else f"{name}.{method}"
        raise _refusal(called, self, settings)

    def __array_function__(
        self, function: Any, types: Any, arguments: tuple[Any, ...], settings: dict[str, Any]
    ) -> Any:
        name = function.__name__
        if name in FACTS:
            return FACTS[name](*arguments, **settings)
        if name in ELEMENTWISE:
            named = {BOUNDS.get(setting, setting): value for setting, value in settings.items()}
            return getattr(_functions(), name)(*arguments, **named)
        if name not in FUNCTIONS:
            raise _refusal(name, self)
        found = getattr(_arrays(), FUNCTIONS[name])
        unknown = [setting for setting in settings if setting not in signature(found).parameters]
        if unknown:
            raise _refusal(name, self, unknown)
        return found(*arguments, **settings)


def _arrays() -> ModuleType:
    from . import arrays

    return arrays


def _functions() -> ModuleType:
    from . import functions

    return functions


def _apply(*arguments: Any) -> Any:
    from .tensor import apply

    return apply(*arguments)


def _refusal(called: str, operand: Any, settings: Iterable[str] = ()) -> TypeError:
    given = ", ".join(f"{name}=" for name in settings)
    called += f" with {given}" if given else ""
    known = sorted({*UFUNCS, "matmul", "square", *FUNCTIONS, *ELEMENTWISE, *FACTS})
    return TypeError(
        f"np.{called} is not recorded on {describe(operand)}; these are: {', '.join(known)}"
    )
