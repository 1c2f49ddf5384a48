"""From recorded Tensors to a Graph: which nodes belong, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..core.describe import describe
from ..core.recording import GuardError, record
from ..core.scopes import Part, parts_at
from ..core.tensor import Tensor, Variable, is_array, is_foreign, node_of, tape, variable
from .graph import DEEPEST, Constant, Graph, Guard, Node
from .plain import Form, as_written, in_plain_numbers


class NoGraphError(ValueError):
    """There is nothing to draw: the result is not a Tensor, or depends on no input."""


def graph(output: Any, names: Mapping[str, Any] | None = None) -> Graph:
    """The graph of the computation that made `output`, a Tensor or a dialect's tensor.

    `names` gives nodes their names; `names=locals()` works: what is not a Tensor is passed over.
    A Tensor's own name comes first. Nodes without a name are v1, v2, ... in order.

    Raises NoGraphError for what was not computed from `cg.variables`.
    """
    if node_of(output) is None:
        raise NoGraphError(
            f"{output!r} is of type {type(output).__name__}: a graph starts from a Tensor, "
            "the result of a computation on cg.variables(...)"
        )
    return build(output, names or {})


def trace(f: Callable[..., Any], **inputs: Any) -> Graph:
    """Run `f` on inputs of these names and values, and give the graph of its result.

        graph = cg.trace(lambda a, b: (a + b) * (b + 1), a=2.0, b=1.0)

    At other inputs, by `graph.at` or a slider, f is run again where Python would take another
    branch. Raises NoGraphError where the result depends on no input.
    """

    def retrace(values: Mapping[str, Any]) -> Graph:
        for name in values.keys() - inputs.keys():
            if values[name] != traced.value(name):
                raise GuardError(f"{name} is no argument of the traced function: it can't be set")
        return trace(f, **{name: values.get(name, value) for name, value in inputs.items()})

    with record():
        output = f(**{name: variable(value, name) for name, value in inputs.items()})
    if node_of(output) is None:
        raise NoGraphError(f"the function gave {output!r}, which depends on no input")
    traced = replace(build(output, {}), retrace=retrace)
    traced.warn_domain()
    return traced


def build(result: Any, names: Mapping[str, Any]) -> Graph:
    """A Graph from Tensors or a dialect's. NoGraphError where `result` depends on no input."""
    output = node_of(result)
    assert output is not None
    if output.is_constant:
        shown = output.name or next((n for n, t in names.items() if t is result), "the result")
        told = ""
        if is_foreign(result):
            told = f": no gradient flows to it. {getattr(result, '__cgraph_remedy__', '')}".rstrip()
        raise NoGraphError(f"{shown} = {describe(output.value)} does not depend on any input{told}")
    nodes = {name: node for name, value in names.items() if (node := node_of(value)) is not None}
    forms, guards = members(result, names)
    tensors = list(forms)
    # Inputs that only a guard reads are drawn too: they decide which branch is taken.
    behind = tape(output)
    inputs = {tensor for tensor in tensors if isinstance(tensor, Variable)}
    drawn = {*behind, *inputs - _former(behind, tensors)}
    place = {tensor: index for index, tensor in enumerate(tensors)}
    arrays = {name: value for name, value in names.items() if is_array(value)}
    arrays |= {name: node.value for name, node in nodes.items() if node.is_constant and node.shape}

    def operand(x: Any) -> int | Constant:
        if not isinstance(x, Tensor):
            return Constant(x, _name_of(x, arrays) if is_array(x) else None)
        if not x.is_constant:
            return place[x]
        return Constant(x.value, (x.name or _name_of(x.value, arrays)) if x.shape else None)

    made = tuple(
        Node(
            index=place[tensor],
            name=label,
            op=forms[tensor][0],
            operands=tuple(operand(x) for x in forms[tensor][1]),
            value=tensor.value,
            drawn=tensor in drawn,
            scope=scope,
            notes=tuple(getattr(tensor, "__cgraph_notes__", ())),
        )
        for tensor, label, scope in zip(
            tensors, _names(tensors, drawn, nodes), _scopes(tensors), strict=True
        )
    )
    facts = dict.fromkeys(Guard(place[comparison], outcome) for comparison, outcome in guards)
    recorded = Graph(made, made[place[output]], tuple(facts))
    return in_plain_numbers(recorded) if is_foreign(result) else recorded


def _name_of(array: Any, arrays: Mapping[str, Any]) -> str | None:
    """The learner's name for an array in a formula. The tape holds a copy: equal bit by bit."""
    for name, known in arrays.items():
        is_alike = known.shape == array.shape and known.dtype == array.dtype
        if is_alike and known.tobytes() == array.tobytes():
            return name
    return None


def members(
    result: Any, names: Mapping[str, Any]
) -> tuple[dict[Tensor, Form], list[tuple[Tensor, bool]]]:
    """The Tensors of the graph of `result`, in recorded order, and the guards that it depends on.

    With each its op and operands. The guards are those of each recording in which a part of it was
    computed.
    """
    output = node_of(result)
    assert output is not None
    behind = tape(output)
    recordings = dict.fromkeys(
        notes for tensor in behind if isinstance(tensor, Variable) for notes in tensor.recordings
    )
    # A dialect makes the input of a tensor where that is first used, perhaps in a later cell: the
    # place of such an input does not tell where its value is from.
    telling = behind
    if is_foreign(result):
        telling = [t for t in behind if t.op is not None or t is output]
    guards = [
        guard
        for notes in recordings
        if any(notes.start <= tensor.order <= notes.end for tensor in telling)
        for guard in notes.guards
    ]
    tensors = tape(output, *(comparison for comparison, _ in guards))
    former = _former(behind, tensors)
    if former:  # a guard on nothing else holds at any inputs
        moving = {t for t in tensors if isinstance(t, Variable)} - former
        guards = [guard for guard in guards if not moving.isdisjoint(tape(guard[0]))]
        tensors = tape(output, *(comparison for comparison, _ in guards))
    if not is_foreign(result):
        return {tensor: (tensor.op, tensor.operands) for tensor in tensors}, guards
    named = [node for value in names.values() if (node := node_of(value)) is not None]
    return as_written(tensors, {output, *named, *(each for each, _ in guards)}), guards


def _former(behind: Sequence[Tensor], tensors: Sequence[Tensor]) -> set[Tensor]:
    """The inputs that are values which a dialect's tensor only had in earlier steps of training.

    Of the inputs that stand for one tensor, those count that the output was computed from; where
    there is none, the last. The guards on the others hold them fixed.
    """
    counts = set(behind)
    values: dict[int, list[Tensor]] = {}
    for tensor in tensors:
        if isinstance(tensor, Variable):
            owner = getattr(tensor, "__cgraph_owner__", tensor)
            values.setdefault(id(owner), []).append(tensor)
    return {
        tensor
        for each in values.values()
        for tensor in each
        if tensor not in counts and (tensor is not each[-1] or not counts.isdisjoint(each))
    }


def _scopes(tensors: Sequence[Tensor]) -> Iterator[tuple[str, ...]]:
    """For each Tensor the scopes that it was made in, from the outside in.

    The second of two with one name is "neuron_1", as with the names of nodes.
    """
    known: dict[Part | None, tuple[str, ...]] = {None: ()}
    taken: set[tuple[str, ...]] = set()

    for part in parts_at(tensor.order for tensor in tensors):
        chain = []
        outer = part
        while outer is not None and outer not in known:
            chain.append(outer)
            outer = outer.parent
        for each in reversed(chain):
            around = known[each.parent]
            if len(around) == DEEPEST:
                known[each] = around
                continue
            name, repeat = each.name, 0
            while (*around, name) in taken:
                repeat += 1
                name = f"{each.name}_{repeat}"
            known[each] = (*around, name)
            taken.add(known[each])
        yield known[part]


def _names(tensors: Sequence[Tensor], drawn: set[Tensor], given: Mapping[str, Tensor]) -> list[str]:
    """A name for each Tensor: its own, the first one given to it, or v1, v2, ..."""
    first: dict[Tensor, str] = {}
    for name, value in given.items():
        first.setdefault(value, name)
    wanted = [
        tensor.name or first.get(tensor)
        if tensor in drawn or not isinstance(tensor, Variable)
        else None
        for tensor in tensors
    ]
    taken = {name for name in wanted if name is not None}
    used: set[str] = set()
    count = dict.fromkeys(("v", "guard"), 0)
    result = [""] * len(tensors)
    # What is drawn comes first: a value that only a guard reads may have the same name.
    for place in sorted(range(len(tensors)), key=lambda place: tensors[place] not in drawn):
        tensor, given_name = tensors[place], wanted[place]
        name = given_name or ""
        if given_name is None:
            prefix = "v" if tensor in drawn else "guard"
            count[prefix] += 1
            while f"{prefix}{count[prefix]}" in taken:
                count[prefix] += 1
            name = f"{prefix}{count[prefix]}"
        elif name in used:
            repeat = 1
            while f"{name}_{repeat}" in taken or f"{name}_{repeat}" in used:
                repeat += 1
            name = f"{name}_{repeat}"
        used.add(name)
        result[place] = name
    return result
