"""A learner's own op, from one row of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from keyword import iskeyword
from typing import Any

from .describe import describe
from .expressions import FUNCTIONS, UnknownNameError
from .ops import OPS, Box, row
from .tensor import Tensor, recorded


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

    Raises ValueError for a formula that is not allowed, and for the name of an op that exists;
    TypeError for what should be text and is not.
    """
    _check_name(name)
    what = f"op {name!r}"
    names = _listed(operands, f"{what}: operands")
    _check_operands(names, what)
    slopes = _listed(partials, f"{what}: partials")
    _check_formula(forward, f"{what}: what it computes", "x")
    for x, slope in zip(names or "xy", slopes, strict=False):  # row says where one is missing
        _check_formula(slope, f"{what}: the partial for {x}", x)
    if latex is not None and not isinstance(latex, str):
        raise TypeError(f"{what}: latex is {_shown(latex)}, and it must be text")
    _check_domain(domain, names or ("x", "y")[: len(slopes)], what)
    try:
        made = row(name, forward, slopes, "", names, domain)
    except UnknownNameError as error:
        if names:
            raise
        raise ValueError(
            f"{error}. They are x, or x and y for two partials, unless operands=[...] names others"
        ) from None
    if latex is None:
        arguments = ", ".join(f"{{{operand}}}" for operand in made.operands)
        latex = rf"\operatorname{{{{{name}}}}}\left({arguments}\right)"
    _check_latex(latex, made.operands, what)
    return recorded(replace(made, latex=latex))


def _shown(given: Any) -> str:
    return f"{describe(given)} ({type(given).__name__})"


def _check_name(name: Any) -> None:
    if not isinstance(name, str):
        raise TypeError(f"the name of an op is text, such as 'f', not {_shown(name)}")
    if name in OPS:
        raise ValueError(f"there is an op {name!r} already: give yours another name")
    if not name.isidentifier() or iskeyword(name):
        raise ValueError(f"{name!r} can't be the name of a function")


def _listed(given: Any, what: str) -> tuple[Any, ...]:
    """The entries of what should be a list."""
    if isinstance(given, str):
        names = given.replace(",", " ").split()
        parts = names if all(map(str.isidentifier, names)) else [given]
        raise TypeError(f"{what} is one text; put it in a list, {parts}")
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"{what} is {_shown(given)}, and it must be a list of texts")
    return tuple(given)


def _check_operands(names: Sequence[Any], what: str) -> None:
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{what}: operands holds {_shown(name)}, and it must be text")
        if not name.isidentifier() or iskeyword(name) or name in (*FUNCTIONS, "out"):
            raise ValueError(f"{what}: {name!r} can't be the name of an operand")
        if names.count(name) > 1:
            raise ValueError(f"{what}: two operands are named {name}")


def _check_domain(domain: Any, operands: Sequence[str], what: str) -> None:
    try:
        for box in domain:
            for low, high in box:
                float(low), float(high)
    except (TypeError, ValueError):
        example = ", ".join(["(0.2, 3.0)"] * len(operands)) + "," * (len(operands) == 1)
        raise TypeError(
            f"{what}: domain is a list of boxes, each with an interval for each operand, such as "
            f"[({example})], not {describe(domain)}"
        ) from None


def _check_latex(latex: str, operands: Sequence[str], what: str) -> None:
    try:
        latex.format(**dict.fromkeys(operands, ""))
    except (AttributeError, KeyError, IndexError, ValueError):
        places = " and ".join(f"{{{x}}}" for x in operands)
        raise ValueError(
            f"{what}: in latex={latex!r} {places} "
            f"{'stands for an operand' if len(operands) == 1 else 'stand for the operands'}; "
            "other braces are doubled, {{ and }}"
        ) from None


def _check_formula(given: Any, what: str, operand: str) -> None:
    if isinstance(given, str):
        return
    if callable(given):
        raise TypeError(
            f"{what} is a Python function, and it must be a formula in text, such as "
            f'"2 * {operand}"; cg.custom_op takes functions'
        )
    is_number = isinstance(given, (int, float, Tensor))
    text = f'"{describe(given)}"' if is_number else f'such as "2 * {operand}"'
    raise TypeError(f"{what} is {_shown(given)} where a formula belongs: write it as text, {text}")
