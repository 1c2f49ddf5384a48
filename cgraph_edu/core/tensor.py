"""Tensor: a value that remembers how it was computed.

Each operation on a Tensor makes a new one that holds its op and its operands, and is never changed
afterwards. The Tensors behind a result are its tape; `order`, a running number, puts them in the
order of recording, which is also a topological order.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from . import operators, recording
from .describe import describe, formula
from .frameworks import framework_of, learners_line
from .like_numpy import LikeNumPy
from .numbers import format_number
from .ops import OPS, Op
from .recording import DomainWarning, GraphBreakWarning, Recording
from .rules import RuleOp

Operation: TypeAlias = Op | RuleOp

_new = object.__new__
_order = recording.next_order
_current = recording.current
by_order = attrgetter("order")
_is_array_type: dict[type, bool] = {}

_NUMERIC = ("f", "i", "u", "b")
"""The kinds of NumPy's types that hold real numbers or truth values."""


def is_array(value: object) -> bool:
    """Whether `value` is a NumPy array; NumPy is not imported to find out."""
    kind = type(value)
    known = _is_array_type.get(kind)
    if known is None:
        known = any(base.__name__ == "ndarray" for base in kind.__mro__)
        _is_array_type[kind] = known
    return known


class Tensor(LikeNumPy):
    """A number or an array in a computation, with the op and the operands that made it.

    Attributes:
        value: a Python float, a truth value for a comparison, or a NumPy array.
        name: the learner's name for it, or None.
    """

    # One object a node: a tuple of operands would be a second one for the garbage collector to
    # visit, and visiting is what a long tape spends its time on. Two parents have slots of their
    # own; operands that these do not tell, constants or a third one, are kept beside them.
    __slots__ = (
        "left",
        "left_partial",
        "name",
        "op",
        "order",
        "others",
        "right",
        "right_partial",
        "value",
    )

    value: Any
    name: str | None
    op: Operation | None
    left: Tensor | None
    right: Tensor | None
    """The first and the second parent; a Tensor with more than two has none here."""
    left_partial: Any
    right_partial: Any
    """The local partials for them as floats, where they were cheap to have, else None."""
    others: tuple[Any, ...] | None
    """All operands, where `left` and `right` do not tell them."""
    order: int

    def __init__(self, value: Any, name: str | None = None) -> None:
        self.value = value
        self.name = name
        self.op = self.left = self.right = self.left_partial = self.right_partial = None
        self.others = None
        self.order = _order()

    @property
    def operands(self) -> tuple[Any, ...]:
        """What the op was applied to, in order: Tensors and plain values."""
        return self.parents if self.others is None else self.others

    @property
    def parents(self) -> tuple[Tensor, ...]:
        """The operands that a derivative flows to, in order; one used twice is there twice."""
        if self.left is None:
            return tuple(o for o in self.others or () if is_recorded(o))
        return (self.left,) if self.right is None else (self.left, self.right)

    @property
    def is_constant(self) -> bool:
        """Whether no derivative flows through it."""
        return False

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes; () for a number."""
        return tuple(self.value.shape) if is_array(self.value) else ()

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    # Not by __getattr__, which would make every attribute slow.
    grad = property(lambda self: self._as_in_pytorch("grad"))
    backward = property(lambda self: self._as_in_pytorch("backward"))

    def _as_in_pytorch(self, name: str) -> NoReturn:
        raise AttributeError(
            f"{describe(self)} has no .{name}: cg.gradient(output, [a, b]) gives the gradient. "
            "Programs with .backward() and .grad: from cgraph_edu.dialects import torch"
        )

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        return f"{type(self).__name__}({self.value!r}{name})"

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)

    def __reduce__(self) -> tuple[Callable[..., Tensor], tuple[Any, ...]]:
        # A copy's place in the order of recording would be before or after its operands' by chance.
        raise TypeError(
            f"{describe(self)} was computed, and only inputs can be copied or pickled: take its "
            "number, .value, or make a graph of it, cg.graph, which can be"
        )

    # --- Reading a value as plain Python -------------------------------------------------------

    def __bool__(self) -> bool:
        if self.shape and self.size != 1:
            shown = describe(self)
            raise ValueError(
                f"{shown} has shape {self.shape}, so it is not true or false as a whole: "
                f"cg.where({shown}, x, y) chooses for each entry; np.all and np.any of its value, "
                f"({shown}).value, ask about all of them"
            )
        outcome = bool(self.value)
        comparison = self if self.op is not None and self.op.is_comparison else self != 0.0
        _guard(comparison, outcome)
        return outcome

    def __float__(self) -> float:
        self._must_be_one("float()")
        value = float(self.value)
        if not self.is_constant:
            recording.warn(
                f"float() takes the plain number {format_number(value)} out of {describe(self)}: "
                "no derivative flows through it. Use cg.sin, cg.exp, ... on it instead.",
                GraphBreakWarning,
            )
            _guard(self == value, True)
        return value

    def __int__(self) -> int:
        self._must_be_one("int()")
        value = int(self.value)
        if not self.is_constant:
            if value > 0:
                guard = self // 1.0 == float(value)
            elif value < 0:
                guard = self // -1.0 == -float(value)
            else:
                guard = abs(self) < 1.0
            _guard(guard, True)
        return value

    def __round__(self, digits: int | None = None) -> float:
        return round(float(self), digits)

    def _must_be_one(self, what: str) -> None:
        if self.shape and self.size != 1:
            raise TypeError(f"{describe(self)} has shape {self.shape}: {what} takes one number")

    def __index__(self) -> int:
        if self.shape:
            raise TypeError(
                f"{describe(self)} is an array of shape {self.shape}, so it can't count"
            )
        if is_array(self.value) or self.value != math.floor(self.value):
            raise TypeError(f"{describe(self)} = {self} is not a whole number, so it can't count")
        _guard(self == self.value, True)
        return int(self.value)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"{describe(self)} is a number: it has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.shape:
            shown = describe(self)
            raise TypeError(
                f"{shown} is a number: it has no entries to go through. Where a list belongs, "
                f"write [{shown}]"
            )
        return (self[i] for i in range(len(self)))

    __hash__ = object.__hash__  # by identity, although == compares values

    # --- Arithmetic: see _install_operators ----------------------------------------------------

    if TYPE_CHECKING:  # installed below, one loop for all of them

        def __add__(self, other: Any) -> Any: ...
        def __radd__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...
        def __floordiv__(self, other: Any) -> Any: ...
        def __rfloordiv__(self, other: Any) -> Any: ...
        def __mod__(self, other: Any) -> Any: ...
        def __rmod__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __rpow__(self, other: Any) -> Any: ...
        def __neg__(self) -> Any: ...
        def __abs__(self) -> Any: ...
        def __lt__(self, other: Any) -> Any: ...
        def __le__(self, other: Any) -> Any: ...
        def __gt__(self, other: Any) -> Any: ...
        def __ge__(self, other: Any) -> Any: ...
        def __eq__(self, other: Any) -> Any: ...
        def __ne__(self, other: Any) -> Any: ...

    def __pos__(self) -> Tensor:
        return self


class Variable(Tensor):
    """An input: a Tensor that a person sets and that takes a gradient. `variable` makes one."""

    __slots__ = ("recordings",)

    op = left = right = left_partial = right_partial = others = None

    recordings: tuple[Recording, ...]
    """Those under which it was made, or in which a guard depends on it."""

    def __reduce__(self) -> tuple[Callable[..., Tensor], tuple[Any, ...]]:
        # A copy is an input of its own.
        return variable, (self.value, self.name)


class ConstantTensor(Tensor):
    """A Tensor through which no derivative flows."""

    __slots__ = ()

    @property
    def is_constant(self) -> bool:
        """Always."""
        return True

    def __reduce__(self) -> tuple[Callable[..., Tensor], tuple[Any, ...]]:
        return constant, (self.value, self.name)


def variable(value: Any, name: str | None = None) -> Variable:
    """An input holding `value`, a number or a float array.

    It holds a copy, so writing into the array afterwards changes nothing that was computed. Raises
    TypeError for what is no number and no array of numbers.
    """
    if type(value) is not float:
        _check_name(name)
        value = _checked(value, name or "the value")
        if is_array(value):
            if value.dtype.name not in ("float32", "float64"):
                value = value.astype(float)
            value = _kept(value)
    # Without an __init__, which would take as long again.
    made = _new(Variable)
    made.value = value
    made.name = name
    now = _current()
    made.recordings = () if now is None else (now,)
    made.order = _order()
    return made


def _check_name(name: Any) -> None:
    if name is not None and not isinstance(name, str):
        raise TypeError(
            f"the name of a variable is text, not {describe(name)} ({type(name).__name__}): "
            "cg.variable(2.0, name='a')"
        )


def variables(*unnamed: Any, **values: Any) -> tuple[Variable, ...]:
    """Make inputs, one for each name, in the order given.

        a, b = cg.variables(a=2.0, b=1.0)

    Raises TypeError for a value without a name, and for what is no number and no array.
    """
    if unnamed:
        raise TypeError(
            "cg.variables takes no values without names; name the values: "
            "cg.variables(a=2.0, b=1.0)"
        )
    return tuple([variable(value, name) for name, value in values.items()])


def constant(value: Any, name: str | None = None) -> Tensor:
    """A Tensor through which no derivative flows; it is drawn as part of a formula."""
    return ConstantTensor(_kept(_checked(value, name or "the value")), name)


def is_recorded(operand: object) -> bool:
    """Whether a derivative flows to `operand`: whether it is a Tensor, and no constant."""
    return isinstance(operand, Tensor) and not operand.is_constant


def node_of(value: Any) -> Tensor | None:
    """The Tensor behind a value: a Tensor itself, or the one that a dialect's tensor stands for."""
    if isinstance(value, Tensor):
        return value
    node = value.__cgraph_node__ if is_foreign(value) else None
    return node if isinstance(node, Tensor) else None


def is_foreign(value: Any) -> bool:
    """Whether it is a dialect's tensor.

    Of those the layers above know the property `__cgraph_node__`, the Tensor that it stands for,
    and `__cgraph_set__(value)`, which gives another value to one that was not computed. The Tensor
    has `__cgraph_notes__`, words that its box in the picture shows; an input may have
    `__cgraph_owner__`, which is the same for all the values that a tensor had. Where no gradient
    flows to it, `__cgraph_remedy__` says in a sentence what to do.
    """
    return hasattr(type(value), "__cgraph_node__")


def apply(op: Operation, *operands: Any) -> Any:
    """The op's result: a new Tensor if an operand is a Tensor, else a plain value.

    What a Tensor holds can't be written into: its arrays are read-only, and a plain array among the
    operands is copied unless it is read-only too.
    """
    for operand in operands:
        if isinstance(operand, Tensor):
            break
    else:
        foreign = _dialect(operands)
        if foreign is not None:
            return foreign.__cgraph_apply__(op, operands)
        try:
            values = [_checked(operand, "an operand") for operand in operands]
        except TypeError:
            raise TypeError(_misfit(op, operands)) from None
        return op.evaluate(*values)
    try:
        checked = tuple(
            [
                o if isinstance(o, Tensor) else _kept(_checked(o, "a number in a formula"))
                for o in operands
            ]
        )
    except TypeError:
        foreign = _dialect(operands)
        if foreign is not None:
            return foreign.__cgraph_apply__(op, operands)
        raise TypeError(_misfit(op, operands)) from None
    try:
        value = op.evaluate(*[o.value if isinstance(o, Tensor) else o for o in checked])
    except (ValueError, IndexError) as error:
        kind = ValueError if isinstance(error, ValueError) else IndexError
        raise kind(f"{formula(op, checked)}: {error}{_shapes(checked)}") from None
    result = record(op, value, checked)
    if result.is_constant:
        return result
    if type(value) is float and not math.isfinite(value):
        if recording.current() is None:
            _warn_domain(result)
        else:  # the graph will have names to warn with
            recording.note_line(result)
    return result


def _dialect(operands: tuple[Any, ...]) -> Any:
    """The first operand that records ops in its own way: a dialect's tensor."""
    return next((o for o in operands if hasattr(type(o), "__cgraph_apply__")), None)


def record(op: Operation, value: Any, operands: tuple[Any, ...], kind: Any = Tensor) -> Any:
    """A Tensor of this value, said to be the op's result: a constant if no operand is recorded."""
    if type(value) is not float and is_array(value):
        value.flags.writeable = False
    parents = [o for o in operands if is_recorded(o)]
    if not parents:
        return ConstantTensor(value)
    result = kind(value)
    result.op = op
    if len(parents) <= 2:
        result.left, result.right = (*parents, None)[:2]
    if len(parents) > 2 or len(parents) < len(operands):
        result.others = operands
    return result


def _warn_domain(tensor: Tensor) -> None:
    operands = {describe(o): o.value for o in tensor.operands if isinstance(o, Tensor)}
    if tensor.op is not None and all(
        not is_array(v) and math.isfinite(v) for v in operands.values()
    ):
        message = recording.domain_message(
            formula(tensor.op, tensor.operands), tensor.value, operands
        )
        recording.warn(message, DomainWarning)


def _checked(value: Any, what: str) -> Any:
    """`value` as a float, a truth value or an array; else TypeError or OverflowError."""
    if type(value) is float or type(value) is bool:
        return value
    if isinstance(value, Tensor):
        return value.value
    if is_array(value) and value.ndim:
        if value.dtype.kind not in _NUMERIC:
            raise TypeError(f"{what} is an array of {value.dtype}; use an array of floats")
        return value if type(value).__name__ == "ndarray" else _bare(value, what)
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if isinstance(value, numbers.Real) or kind in _NUMERIC:
        try:
            return float(value)
        except OverflowError:
            raise OverflowError(
                f"{what} has {_digits(value):,} digits: the largest float is about 1.8e308"
            ) from None
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    shown = describe(value) if isinstance(value, (list, tuple)) else shown
    raise TypeError(
        f"{what} is {shown} ({type(value).__name__}) where a number belongs{_remedy(value)}"
    )


def _bare(value: Any, what: str) -> Any:
    """A matrix or another kind of array as a plain one: what * means must not depend on it."""
    import numpy as np

    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{what} is a masked array; fill it first, with .filled(0.0)")
    return np.asarray(value)


def _remedy(value: Any) -> str:
    if not isinstance(value, (list, tuple)):
        return ""
    if any(isinstance(entry, Tensor) for entry in value):
        return f": put them together, cg.stack({describe(value)})"
    return ": make it an array, np.array([1.0, 2.0])"


def _kept(value: Any) -> Any:
    """`value`, as a read-only copy if it is an array that somebody could write into."""
    if not is_array(value):
        return value
    owner = value
    while not owner.flags.writeable:
        if not is_array(owner.base):
            return value
        owner = owner.base
    value = value.copy()
    value.flags.writeable = False
    return value


def _digits(value: Any) -> int:
    # Python refuses to print very long integers; the logarithm is exact enough to count digits.
    return int(value.bit_length() * math.log10(2)) + 1 if isinstance(value, int) else 309


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(getattr(value, "shape", ()))


def _shapes(operands: tuple[Any, ...]) -> str:
    shapes = [f"{describe(o)} has shape {_shape(o)}" for o in operands if _shape(o)]
    return f" ({', '.join(shapes)})" if shapes else ""


def _misfit(op: Operation, operands: tuple[Any, ...]) -> str:
    for operand in operands:
        if not isinstance(operand, Tensor):
            try:
                _checked(operand, "")
            except (TypeError, OverflowError):
                framework = framework_of(operand)
                if framework is not None:
                    file, line = learners_line()
                    return (
                        f"line {line} of {file} mixes a Tensor of cgraph_edu with one of "
                        f"{framework}: make both with cg.variable, or both with {framework}"
                    )
                shown = describe(operand)
                return (
                    f"{formula(op, operands)}: {shown} is of type {type(operand).__name__} "
                    f"where a number belongs{_remedy(operand)}"
                )
    return formula(op, operands)


def _guard(comparison: Tensor, outcome: bool) -> None:
    if not isinstance(comparison, Tensor) or comparison.is_constant:
        return
    # Outside a trace each guard is a recording of its own: what is computed from now on.
    notes = recording.current() or Recording(start=comparison.order)
    notes.guards.append((comparison, outcome))
    pending: list[Tensor] = [comparison]
    while pending:
        tensor = pending.pop()
        if tensor in notes.guarded:
            continue
        notes.guarded.add(tensor)
        pending.extend(tensor.parents)
        if isinstance(tensor, Variable) and notes not in tensor.recordings:
            tensor.recordings += (notes,)


def tape(*outputs: Tensor) -> list[Tensor]:
    """The Tensors that `outputs` were computed from, themselves included, in recorded order."""
    found = list(dict.fromkeys(outputs))
    seen = set(found)
    for tensor in found:  # the list grows while it is read
        for parent in tensor.parents if tensor.op is not None else ():
            if parent not in seen:
                seen.add(parent)
                found.append(parent)
    found.sort(key=by_order)
    return found


def recorded(row: Op) -> Callable[..., Any]:
    """The function of an op row: on numbers and arrays as they are, recorded on Tensors."""
    function = operators.unary(row, _SCOPE) if len(row.operands) == 1 else _general(row)
    function.__name__ = function.__qualname__ = row.name
    function.__doc__ = f"{row.name}({', '.join(row.operands)}), elementwise, recorded on Tensors."
    operands = [Parameter(name, Parameter.POSITIONAL_ONLY) for name in row.operands]
    function.__signature__ = Signature(operands)  # type: ignore[attr-defined]
    return function


def _general(row: Op) -> Callable[..., Any]:
    def function(*operands: Any) -> Any:
        if len(operands) != len(row.operands):
            wanted = ", ".join(row.operands)
            raise TypeError(f"{row.name}({wanted}) takes {len(row.operands)}, not {len(operands)}")
        return apply(row, *operands)

    return function


_SCOPE = {"Tensor": Tensor, "Variable": Variable, "apply": apply, "order": _order}


def _install_operators() -> None:
    """Give Tensor its operators: quick ones for floats, and ConstantTensor the general ones."""

    def general(row: Op, is_reflected: bool = False) -> Callable[..., Any]:
        def operator(self: Tensor, other: Any) -> Any:
            return apply(row, other, self) if is_reflected else apply(row, self, other)

        return operator

    def equality(row: Op) -> Callable[..., Any]:
        def operator(self: Tensor, other: Any) -> Any:
            try:
                return apply(row, self, other)
            except (TypeError, OverflowError):
                return NotImplemented  # what is no float is unequal, as everywhere in Python

        return operator

    arithmetic = {name: name for name in "add sub mul floordiv mod pow".split()}
    for name, method in {**arithmetic, "div": "truediv"}.items():
        for prefix, is_reflected in (("", False), ("r", True)):
            quick = operators.binary(OPS[name], _SCOPE, is_reflected)
            setattr(Tensor, f"__{prefix}{method}__", quick)
            setattr(ConstantTensor, f"__{prefix}{method}__", general(OPS[name], is_reflected))
    for name in "lt le gt ge".split():
        setattr(Tensor, f"__{name}__", general(OPS[name]))
    for name in "eq ne".split():
        setattr(Tensor, f"__{name}__", equality(OPS[name]))
    for name in ["neg", "abs"]:
        setattr(Tensor, f"__{name}__", recorded(OPS[name]))


_install_operators()
