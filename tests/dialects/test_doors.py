"""The three doors that the engine has for a dialect."""

from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.core.derivatives import reverse
from cgraph_edu.core.ops import OPS
from cgraph_edu.core.tensor import Tensor, record


def test_each_result_is_visited_once_with_its_whole_adjoint() -> None:
    a = cg.variable(3.0, "a")
    b = a * 2.0
    c = b + b * a
    visited: list[tuple[Tensor, Any]] = []

    def visit(tensor: Tensor, bar: Any) -> Any:
        visited.append((tensor, bar))
        return bar

    x_bar = reverse(c, visit=visit)
    assert [bar for tensor, bar in visited if tensor is b] == [4.0]
    assert visited[0][0] is c
    assert len(visited) == 3
    assert x_bar[a] == 2 * 4.0 + 6.0


@pytest.mark.parametrize("recorded", [False, True])
def test_what_a_visitor_answers_goes_on(recorded: bool) -> None:
    a = cg.variable(3.0, "a")
    b = a * 2.0
    c = b * 5.0
    x_bar = reverse(c, None, recorded, lambda t, bar: bar * 10.0 if t is b else bar)
    assert float(np.asarray(getattr(x_bar[a], "value", x_bar[a]))) == 100.0


def test_a_result_can_be_recorded_with_a_value_of_its_own() -> None:
    a = cg.variable(0.1, "a")
    rounded = float(np.float32(0.1) * np.float32(3.0))
    made = record(OPS["mul"], rounded, (a, 3.0))
    assert made.value == rounded
    assert cg.gradient(made, [a]) == (3.0,)
    assert record(OPS["mul"], 6.0, (cg.constant(2.0), 3.0)).is_constant


class Guest:
    """A dialect's tensor."""

    @staticmethod
    def __cgraph_apply__(op: Any, operands: tuple[Any, ...]) -> Any:
        return op.name, [type(operand).__name__ for operand in operands]


def test_ops_on_a_dialects_tensor_are_left_to_the_dialect() -> None:
    a, guest = cg.variable(2.0, "a"), Guest()
    assert a * guest == ("mul", ["Variable", "Guest"])
    assert cg.exp(guest) == ("exp", ["Guest"])
    assert cg.sum(guest) == ("sum", ["Guest"])
    assert cg.maximum(guest, 1.0) == ("maximum", ["Guest", "float"])
