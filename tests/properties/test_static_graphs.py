"""A static graph of any program gives what the program gives, value and gradient."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu.core.numbers import close

from .programs import NUMBERS, Program, programs
from .tolerances import ROUNDING, terms

PLACES = st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=3)


@settings(max_examples=300)
@given(programs(), PLACES)
def test_compiled_code_is_the_function_and_its_gradient_at_other_inputs_too(
    program: Program, others: list[list[float]]
) -> None:
    static = cg.function(program)
    everything = range(len(program.inputs))
    both = cg.value_and_grad(static, everything)
    bare = cg.value_and_grad(program, everything).compile(*program.inputs)
    places = [program.inputs, *(tuple(place[: len(program.inputs)]) for place in others)]
    for inputs in places:
        expected, slopes = cg.value_and_grad(program, everything)(*inputs)
        assert static(*inputs) == expected
        value, gradient = both(*inputs)
        assert value == expected
        scale = sum(terms(program.graph(inputs), name) for name in program.named)
        for ours, theirs in zip(gradient, slopes, strict=True):
            assert close(ours, theirs, scale, ROUNDING)
        assert cg.grad(static, everything)(*inputs) == gradient
        if program.branches(inputs) == program.branches(program.inputs):
            assert bare(*inputs) == (value, gradient)
        else:
            with pytest.raises(cg.GuardError, match="this code was compiled for"):
                bare(*inputs)
    assert static.traces == len(set(map(program.branches, places)))


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
    graph = cg.graph(static(*cg.variables(**program.named)))
    expected = cg.graph(program(*cg.variables(**program.named)))
    assert [node.value for node in graph.nodes] == [node.value for node in expected.nodes]
    assert graph.gradient() == expected.gradient()
