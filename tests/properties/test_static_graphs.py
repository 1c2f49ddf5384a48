"""A static graph of any program gives what the program gives, value and gradient."""

from hypothesis import given, settings
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.core.numbers import close

from .programs import NUMBERS, Program, programs

TOLERANCE = 1e-12
"""Merged operations add up their adjoints in another order."""

PLACES = st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=3)


@settings(max_examples=200)
@given(programs(), PLACES)
def test_compiled_code_is_the_function_and_its_gradient(
    program: Program, others: list[list[float]]
) -> None:
    static = cg.function(program)
    everything = range(len(program.inputs))
    both = cg.value_and_grad(static, everything)
    bare = cg.value_and_grad(program, everything).compile(*program.inputs)
    for inputs in (program.inputs, *(place[: len(program.inputs)] for place in others)):
        expected, slopes = cg.value_and_grad(program, everything)(*inputs)
        assert static(*inputs) == expected
        value, gradient = both(*inputs)
        assert value == expected
        scale = max(map(abs, slopes))
        for ours, theirs in zip(gradient, slopes, strict=True):
            assert close(ours, theirs, scale, TOLERANCE)
        assert bare(*inputs) == (value, gradient)
        assert cg.grad(static, everything)(*inputs) == gradient
    assert static.traces == 1


@given(programs())
def test_its_graph_is_the_graph_of_the_program(program: Program) -> None:
    static = cg.function(program)
    value = static(*program.inputs)
    graph = static.graph
    assert graph.output.value == value
    assert [node.value for node in graph.nodes] == [node.value for node in program.graph().nodes]


@given(programs(), st.lists(NUMBERS, min_size=3, max_size=3))
def test_on_tensors_it_records_what_the_program_records(
    program: Program, others: list[float]
) -> None:
    static = cg.function(program)
    static(*others[: len(program.inputs)])
    tensors = cg.variables(**program.named)
    graph = cg.graph(static(*tensors))
    assert [node.value for node in graph.nodes] == [node.value for node in program.graph().nodes]
    assert graph.gradient() == program.graph().gradient()
