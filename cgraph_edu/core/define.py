"""A learner's own op, from one row of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .ops import OPS, Box, row
from .tensor import recorded


def op(
    name: str,
    forward: str,
    partials: Sequence[str],
    latex: str | None = None,
    operands: Sequence[str] = (),
    domain: Sequence[Box] = (),
) -> Callable[..., Any]:
    r"""A function out = forward(x, y, ...), elementwise, with its local partials ∂out/∂x, ∂out/∂y.

        swish = cg.op("swish", "x / (1 + exp(-x))", ["(1 + out * exp(-x)) / (1 + exp(-x))"])

    `forward` is a formula in x, or in x and y, unless `operands` names others; `partials` gives one
    formula for each, in which `out` is the result. Formulas may use numbers, + - * / // % **,
    comparisons, and exp, expm1, log, log1p, sqrt, sin, cos, tan, asin, acos, atan, sinh, cosh,
    tanh, abs, sign, floor, maximum,
    minimum and where. `latex` is a template such as r"{x} \cdot {y}"; `domain` says where the op is
    smooth. The function takes numbers, arrays and Tensors; what it records is differentiated, drawn
    and moved by sliders like any other op. `cg.gradcheck` finds a wrong partial.

    Raises ValueError for a formula that is not allowed, and for the name of an op that exists.
    """
    if name in OPS:
        raise ValueError(f"there is an op {name!r} already: give yours another name")
    if not name.isidentifier():
        raise ValueError(f"{name!r} can't be the name of a function")
    made = row(name, forward, partials, "", operands, domain)
    if latex is None:
        arguments = ", ".join(f"{{{operand}}}" for operand in made.operands)
        latex = rf"\operatorname{{{{{name}}}}}\left({arguments}\right)"
    return recorded(row(name, forward, partials, latex, operands, domain))
