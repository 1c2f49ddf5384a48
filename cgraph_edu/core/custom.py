"""A learner's own op, from Python functions: what it computes, and how an adjoint comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any

from . import derivatives
from .numbers import counted
from .parameters import check_callable, labels, parameters
from .rules import RuleOp
from .tensor import Tensor, apply, constant, variable

Rule = Callable[..., Any]


def custom_op(f: Callable[..., Any], vjp: Rule | None = None) -> CustomFunction:
    """An op out = f(x, y, ...) that the engine takes as it is, without looking inside.

        @cg.custom_op
        def cube(x):
            return x**3

        @cube.vjp
        def cube_vjp(out_bar, out, x):
            return out_bar * 3 * x**2

    f gets plain numbers and arrays, and may do with them what it likes. The vjp gets the adjoint of
    the result, the result, and the operands; it gives the adjoint x_bar = out_bar · ∂out/∂x of each
    operand, in its shape: one, or a tuple for several operands, with None for 0. Derivatives of
    derivatives, and `cg.function`, give it Tensors: it should compute with operators and with
    functions of `cg` or NumPy. `cg.gradcheck` finds a wrong one.

    Forward mode needs no rule of its own. The vjp is linear in `out_bar`, so its derivative is the
    same map transposed, which is the jvp (J. Townsend, "A new trick for calculating Jacobian vector
    products", 2017).
    """
    check_callable(f, "cg.custom_op takes")
    return CustomFunction(f, vjp)


class CustomFunction:
    """What `cg.custom_op` makes: a function on numbers, arrays and Tensors."""

    def __init__(self, f: Callable[..., Any], vjp: Rule | None) -> None:
        update_wrapper(self, f)
        self._op = CustomOp(getattr(f, "__name__", "custom"), f, self)
        self.rule: Rule | None = None
        if vjp is not None:
            self.vjp(vjp)

    def __call__(self, *operands: Any, **named: Any) -> Any:
        """The function at these operands, recorded where one of them is a Tensor."""
        if named:
            operands = parameters(self._op.function).bind(*operands, **named).args
        return apply(self._op, *operands)

    def __repr__(self) -> str:
        return f"<custom op {self._op.name}>"

    def vjp(self, rule: Rule) -> Rule:
        """Make `rule` the op's vjp; for use as a decorator.

        It counts for what was recorded before, too. Only the gradient of a `cg.function` that is
        compiled already keeps the rule that it was compiled with.
        """
        check_callable(rule, f"the vjp of {self._op.name} is")
        self.rule = rule
        return rule


@dataclass(frozen=True, eq=False)
class CustomOp(RuleOp):
    """An op made of a learner's functions."""

    name: str
    function: Callable[..., Any]
    face: CustomFunction
    """What the learner calls; it knows the vjp."""

    def compute(self, *values: Any) -> Any:
        """What the learner's function gives, as a float or as an array of its own."""
        result = self.function(*values)
        if isinstance(result, Tensor):
            result = result.value
        # A copy of its own: what is recorded is made read-only, the learner's array is not.
        return variable(result, f"the result of {self.name}").value

    def vjp(self, port: int, x_bar: Any, out: Any, *values: Any) -> Any:
        """The adjoint for one operand, by the learner's rule."""
        return self.vjps([port], x_bar, out, *values)[0]

    def vjps(self, ports: Sequence[int], x_bar: Any, out: Any, *values: Any) -> Sequence[Any]:
        """The adjoints for several operands, by one call of the learner's rule."""
        rule = self.face.rule
        if rule is None:
            raise ValueError(
                f"{self.name} has no vjp yet, so it can't be differentiated: define one with "
                f"@{self.name}.vjp"
            )
        try:
            given = rule(x_bar, out, *values)
        except TypeError:
            self._check_parameters(rule, (x_bar, out, *values))
            raise
        bars = given if isinstance(given, (tuple, list)) else (given,)
        if len(bars) != len(values):
            raise ValueError(
                f"the vjp of {self.name} gives {counted(len(bars), 'adjoint')} for "
                f"{counted(len(values), 'operand')}: return one for each, None where the "
                "derivative is 0"
            )
        return [self._fitting(bars[port], port, values[port]) for port in ports]

    def jvp(self, port: int, x_dot: Any, out: Any, *values: Any) -> Any:
        """out_dot = ∂out/∂x · x_dot: the vjp, which is linear in its adjoint, transposed."""

        def along(out_bar: Any) -> Any:
            moved = self.vjp(port, out_bar, out, *values) * x_dot
            return moved.sum() if getattr(moved, "shape", ()) else moved

        return derivatives.grad(along)(derivatives.zeros_like(getattr(out, "value", out)))

    def _check_parameters(self, rule: Rule, arguments: Sequence[Any]) -> None:
        """Raise TypeError if the rule does not take these."""
        try:
            parameters(rule).bind(*arguments)
        except TypeError as misfit:
            names = labels(parameters(self.function), len(arguments) - 2)
            raise TypeError(
                f"the vjp of {self.name} is called with {', '.join(['out_bar', 'out', *names])}: "
                f"{misfit}"
            ) from None

    def _fitting(self, bar: Any, port: int, operand: Any) -> Any:
        """An adjoint, which must have its operand's shape."""
        if bar is None:
            return derivatives.zeros_like(getattr(operand, "value", operand))
        name = labels(parameters(self.function), port + 1)[port]
        what = f"the adjoint of {name} that the vjp of {self.name} gives"
        bar = bar if isinstance(bar, Tensor) else constant(bar, what).value
        found, wanted = (tuple(getattr(x, "shape", ())) for x in (bar, operand))
        if found != wanted:
            raise ValueError(f"{what} has shape {found}; {name} has shape {wanted}")
        return bar
