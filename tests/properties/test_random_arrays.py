"""Random programs on arrays: reverse = forward = static = finite differences."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import cgraph_edu as cg

from . import tolerances
from .array_programs import NAMES, ArrayProgram, array_programs

ROUNDING = 1e-11
"""Routes that add the same numbers in another order, relative to the largest of them or to 1;
values are kept below 10, and there are at most some dozens of steps."""

FEW = 150
"""How many programs `make check` looks at; `make test` looks at 2,000."""


def equal(ours: Any, theirs: Any) -> bool:
    size = max(1.0, np.max(np.abs(theirs), initial=0.0))
    return np.shape(ours) == np.shape(theirs) and bool(
        np.all(np.abs(ours - theirs) <= ROUNDING * size)
    )


def every_route_agrees(program: ArrayProgram, counts: Counter[str]) -> None:
    """Value and gradient by every route; counts points too ill-conditioned for differences."""
    inputs = program.inputs
    everything = range(len(inputs))
    value, gradient = cg.value_and_grad(program, everything)(*inputs)
    assert equal(value, program.plain(*inputs))
    assert [np.shape(x_bar) for x_bar in gradient] == [np.shape(x) for x in inputs]

    random = np.random.default_rng(0)
    tangents = [x * 0 + random.uniform(-1.0, 1.0, np.shape(x)) for x in inputs]
    tangents = [t if np.shape(t) else float(t) for t in tangents]
    change = sum(np.sum(x_bar * t) for x_bar, t in zip(gradient, tangents, strict=True))
    size = sum(np.sum(abs(x_bar * t)) for x_bar, t in zip(gradient, tangents, strict=True))
    assert abs(cg.jvp(program, inputs, tangents)[1] - change) <= ROUNDING * max(1.0, size)

    static = cg.function(program)
    both = cg.value_and_grad(static, everything)
    bare = both.compile(*inputs)
    for by_code in (static(*inputs), both(*inputs)[0], bare(*inputs)[0]):
        assert equal(by_code, value)
    for slopes in (both(*inputs)[1], bare(*inputs)[1]):
        assert all(map(equal, slopes, gradient))
    assert static.traces == 1

    moved = [x + t / 8 for x, t in zip(inputs, tangents, strict=True)]
    there, slopes = cg.value_and_grad(program, everything)(*moved)
    by_code, found = both(*moved)
    assert equal(by_code, there)
    assert all(map(equal, found, slopes))

    counts.update(step.name for step in program.steps)
    for i, x in enumerate(inputs):
        for index in np.ndindex(np.shape(x)):
            differences(program, i, index, gradient[i], counts)


def differences(
    program: ArrayProgram, i: int, index: tuple[int, ...], x_bar: Any, counts: Counter[str]
) -> None:
    """One entry of the gradient, by values of NumPy's alone."""

    def along(x: float) -> float:
        inputs = list(program.inputs)
        if index:
            inputs[i] = inputs[i].copy()
            inputs[i][index] = x
        else:
            inputs[i] = x
        return program.plain(*inputs)

    x, derivative = (each[index] if index else each for each in (program.inputs[i], x_bar))
    found = tolerances.slope(along, float(x))
    counts["tried"] += 1
    counts["rejected"] += not tolerances.is_trusted(*found)
    if tolerances.is_trusted(*found):
        assert tolerances.agrees(derivative, found[0]), (derivative, found)


@pytest.mark.parametrize("count", [FEW, pytest.param(2_000, marks=pytest.mark.slow)])
def test_reverse_is_forward_is_static_is_finite_differences(count: int) -> None:
    counts: Counter[str] = Counter()

    @settings(max_examples=count)
    @given(array_programs())
    def all_agree(program: ArrayProgram) -> None:
        every_route_agrees(program, counts)

    all_agree()
    assert counts["rejected"] < 0.1 * counts["tried"], "finite differences were rarely refused"
    if count > FEW:
        assert counts.keys() > set(NAMES), "every kind of step took part"
