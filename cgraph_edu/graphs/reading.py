"""A Graph from its JSON form, which may come from anywhere: nothing in it is believed unchecked.

It is data and never code. An op's formulas are trees of the functions that the op table is written
in, and their variables are plain names.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from string import Formatter
from typing import Any
from unicodedata import normalize

from ..core.expressions import FUNCTIONS, Expression
from ..core.numbers import counted
from ..core.ops import OPS, Op
from .document import FORMAT, VERSION
from .graph import DEEPEST, Constant, Graph, Guard, Node

_DEEPEST = 60
"""How far the formula of an op may be nested."""

MOST_NOTES = 4
LONGEST_NOTE = 40

_NON_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}

# LaTeX that reaches beyond the formula, in MathJax or in TeX.
_ACTIVE = re.compile(
    r"\\(href|url|class|style|css|html|data|require|unicode|[egx]?def|let|(re)?newcommand|"
    r"include|input|write|open|read|catcode|csname)",
    re.IGNORECASE,
)


def from_json(document: str | bytes | Mapping[str, Any]) -> Graph:
    """The graph of a document: JSON text, or what `json.loads` makes of it.

    The values of its inputs count; all others are computed again.

    Raises:
        ValueError: for anything else than a sound document; it says which part is wrong, and how.
    """
    data = _record(_parsed(document), "a graph document")
    if data.get("format") != FORMAT:
        raise ValueError(f"this is no graph document: its format is not {FORMAT!r}")
    if data.get("version") != VERSION:
        raise ValueError(
            f"the document is of version {data.get('version')!r}; this cgraph_edu reads version "
            f"{VERSION}"
        )
    table = _record(data.get("ops"), "ops")
    ops = {name: _op(name, _record(row, f"op {name!r}")) for name, row in table.items()}
    tape: list[Node] = []
    for entry in _items(data.get("nodes"), "nodes"):
        tape.append(_node(_record(entry, f"node {len(tape)}"), tape, ops))
    _refuse_repeated("the name of several nodes", [node.name for node in tape])
    output = tape[_index(data.get("output"), len(tape), "output")]
    if not output.drawn:
        raise ValueError(f"output: {output.name} is not drawn")
    guards = [
        _guard(_record(entry, f"guard {place}"), f"guard {place}", tape)
        for place, entry in enumerate(_items(data.get("guards"), "guards"))
    ]
    return Graph(tuple(tape), output, tuple(dict.fromkeys(guards)))


def _parsed(document: str | bytes | Mapping[str, Any]) -> Any:
    if not isinstance(document, (str, bytes)):
        return document
    try:
        return json.loads(document, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("this is no graph document: it is nested too deeply") from None
    except ValueError as error:  # bytes that are no text, too
        raise ValueError(f"this is not JSON: {error}") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number; write it as a string")


# --- Ops -----------------------------------------------------------------------------------------


def _op(name: str, row: Mapping[str, Any]) -> Op:
    what = f"op {name!r}"
    _check_name(name, what)
    operands = tuple(_items(row.get("operands"), f"{what}: operands"))
    for operand in operands:
        if not isinstance(operand, str):
            raise ValueError(f"{what}: an operand is {operand!r}, and it must be a name")
        _check_name(operand, f"{what}: operand {operand!r}")
        if operand in (*FUNCTIONS, "out"):
            raise ValueError(f"{what}: operand {operand!r} has the name of something else")
    _refuse_repeated(f"several operands of {what}", operands)
    partials = _items(row.get("partials"), f"{what}: partials")
    if len(partials) != len(operands):
        raise ValueError(
            f"{what} has {counted(len(operands), 'operand')} but "
            f"{counted(len(partials), 'partial')}"
        )
    latex = row.get("latex")
    _check_latex(latex, operands, what)
    made = Op(
        name,
        operands,
        _expression(row.get("forward"), operands, f"{what}: forward"),
        tuple(
            _expression(partial, (*operands, "out"), f"{what}: partial {port}")
            for port, partial in enumerate(partials)
        ),
        str(latex),
    )
    known = OPS.get(name)
    if known is None:
        return made
    if (known.operands, known.forward) != (made.operands, made.forward):
        raise ValueError(f"{what} is not what cgraph_edu means by {name!r}: use another name")
    return known if (known.partials, known.latex) == (made.partials, made.latex) else made


def _check_name(name: str, what: str) -> None:
    is_name = name.isidentifier() and not iskeyword(name) and not name.startswith("__")
    if not is_name or normalize("NFKC", name) != name:
        raise ValueError(f"{what}: that can't be a name in a formula")


def _check_latex(latex: Any, operands: Sequence[str], what: str) -> None:
    """It is filled in by `str.format`, whose fields can do more than name an operand."""
    try:
        fields = [field[1:] for field in Formatter().parse(latex) if field[1] is not None]
    except (TypeError, ValueError):
        raise ValueError(f"{what}: latex must be a template such as '{{x}} + {{y}}'") from None
    for name, spec, conversion in fields:
        if name not in operands or spec or conversion:
            raise ValueError(f"{what}: latex may hold {{{'}, {'.join(operands)}}}, not {{{name}}}")
    found = _ACTIVE.search(latex)
    if found:
        raise ValueError(f"{what}: latex may not hold {found[0]}")


def _expression(tree: Any, variables: Sequence[str], what: str, depth: int = 0) -> Expression:
    if isinstance(tree, str):
        if tree not in variables:
            raise ValueError(f"{what}: there is no {tree!r}; it has {', '.join(variables)}")
        return tree
    if isinstance(tree, (int, float)) and not isinstance(tree, bool):
        _float(tree, what)
        return tree
    if not isinstance(tree, (list, tuple)) or not tree or not isinstance(tree[0], str):
        raise ValueError(f"{what}: {_shown(tree)} is no number, variable or [function, ...]")
    function = FUNCTIONS.get(tree[0])
    if function is None:
        raise ValueError(f"{what}: no function is named {tree[0]!r}; there are: {_FUNCTIONS}")
    if len(tree) != 1 + function.arity:
        raise ValueError(
            f"{what}: {tree[0]!r} takes {counted(function.arity, 'argument')}, not {len(tree) - 1}"
        )
    if depth == _DEEPEST:
        raise ValueError(f"{what}: it is nested more than {_DEEPEST} deep")
    arguments = (_expression(argument, variables, what, depth + 1) for argument in tree[1:])
    return (tree[0], *arguments)


_FUNCTIONS = " ".join(FUNCTIONS)

# --- Nodes and guards ----------------------------------------------------------------------------


def _node(entry: Mapping[str, Any], tape: Sequence[Node], ops: Mapping[str, Op]) -> Node:
    index = len(tape)
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError(f"node {index}: its name is {_shown(name)}, and it must be a text")
    what = f"node {index}, {name}"
    drawn = entry.get("drawn", True)
    if not isinstance(drawn, bool):
        raise ValueError(f"{what}: drawn is {_shown(drawn)}, and it must be true or false")
    scope = tuple(_items(entry.get("scope", []), f"{what}: scope"))
    if len(scope) > DEEPEST or not all(isinstance(part, str) and part.strip() for part in scope):
        raise ValueError(f"{what}: scope is {_shown(list(scope))}, and it must be a list of names")
    notes = tuple(_items(entry.get("notes", []), f"{what}: notes"))
    if len(notes) > MOST_NOTES or not all(_is_note(note) for note in notes):
        raise ValueError(
            f"{what}: notes is {_shown(list(notes))}, and it must be a list of up to {MOST_NOTES} "
            f"texts of up to {LONGEST_NOTE} characters"
        )
    told = _value(entry.get("value"), f"{what}: its value")
    if entry.get("op") is None:
        if isinstance(told, bool):
            raise ValueError(f"{what}: its value is {_shown(told)}, and it must be a number")
        return Node(index, name, None, (), told, drawn, scope, notes)
    op = ops.get(entry["op"]) if isinstance(entry["op"], str) else None
    if op is None:
        raise ValueError(f"{what}: its op is {_shown(entry['op'])}, which is not in ops")
    operands = tuple(
        _operand(operand, tape, f"{what}: operand {port}")
        for port, operand in enumerate(_items(entry.get("operands"), f"{what}: operands"))
    )
    if len(operands) != len(op.operands):
        raise ValueError(f"{what}: {op.name} takes {counted(len(op.operands), 'operand')}")
    parents = [tape[operand] for operand in operands if isinstance(operand, int)]
    if not parents:
        raise ValueError(f"{what}: one of its operands at least must be a node")
    for parent in parents:
        if drawn and not parent.drawn:
            raise ValueError(f"{what}: it is drawn, and its operand {parent.name} is not")
    before = [tape[x].value if isinstance(x, int) else x.value for x in operands]
    value = _computed(op, before, told, what)
    return Node(index, name, op, operands, value, drawn, scope, notes)


def _is_note(note: Any) -> bool:
    return isinstance(note, str) and 0 < len(note.strip()) <= len(note) <= LONGEST_NOTE


def _computed(op: Op, operands: Sequence[Any], told: Any, what: str) -> Any:
    """The value here. Another machine's may differ in its last digits, and not by more."""
    value = op.evaluate(*operands)
    if not (
        math.isclose(value, told, rel_tol=1e-6, abs_tol=1e-12) or value != value != told != told
    ):
        raise ValueError(f"{what}: its value is {_shown(told)}, and {op.name} gives {value!r}")
    return value


def _operand(entry: Any, tape: Sequence[Node], what: str) -> int | Constant:
    if isinstance(entry, Mapping):
        return Constant(_value(entry.get("value"), f"{what}: its value"))
    return _index(entry, len(tape), what)


def _guard(entry: Mapping[str, Any], what: str, tape: Sequence[Node]) -> Guard:
    node = tape[_index(entry.get("node"), len(tape), f"{what}: node")]
    expected = entry.get("expected")
    if not isinstance(expected, bool):
        raise ValueError(f"{what}: expected is {_shown(expected)}, and it must be true or false")
    if not isinstance(node.op, Op) or not node.op.is_comparison:
        raise ValueError(f"{what}: {node.name} is not a comparison")
    if node.value is not expected:
        raise ValueError(f"{what}: it does not hold at the document's own inputs")
    return Guard(node.index, expected)


# --- Parts ---------------------------------------------------------------------------------------


def _record(part: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(part, Mapping) or not all(isinstance(key, str) for key in part):
        raise ValueError(f"{what}: an object is expected, not {_shown(part)}")
    return part


def _items(part: Any, what: str) -> Sequence[Any]:
    if not isinstance(part, (list, tuple)):
        raise ValueError(f"{what}: a list is expected, not {_shown(part)}")
    return part


def _index(part: Any, below: int, what: str) -> int:
    if isinstance(part, bool) or not isinstance(part, int) or not 0 <= part < below:
        raise ValueError(f"{what} is {_shown(part)}, and it must be the place of an earlier node")
    return part


def _value(part: Any, what: str) -> float | bool:
    if isinstance(part, Mapping) and "shape" in part:
        raise ValueError(f"{what} is an array, of which a document holds only the shape")
    if isinstance(part, str) and part in _NON_FINITE:
        return _NON_FINITE[part]
    return part if isinstance(part, bool) else _float(part, what)


def _float(part: Any, what: str) -> float:
    try:
        number = float(part) if isinstance(part, (int, float)) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{what} is {_shown(part)}, and it must be a number")
    return number


def _refuse_repeated(what: str, names: Sequence[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"{name!r} is {what}")


def _shown(part: Any) -> str:
    """A part as JSON, cut short."""
    text = "missing" if part is None else json.dumps(part, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
