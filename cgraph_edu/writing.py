"""A cell of plain Python, written in another notation.

The learner's own text is kept, comments and layout too; what a notation needs is put in at the
places that the syntax tree names.
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .cell import Run
from .core import functions
from .graphs.graph import Graph
from .rewriting import bound_names


class NotationError(ValueError):
    """A line that a notation can't say, told with its number as the editor shows it."""

    def __init__(self, node: ast.AST, problem: str) -> None:
        super().__init__(f"line {getattr(node, 'lineno', 0) + 1}: {problem}")


class Piece(NamedTuple):
    """A part of a program: the learner's own, or what the notation adds."""

    text: str
    is_added: bool


@dataclass(frozen=True)
class Notation:
    """How inputs, functions and gradients are written."""

    name: str
    title: str
    module: str
    """What the program calls the library."""
    opening: str
    variable: tuple[str, str]
    """What stands before and after the number that an input is given."""
    closing: str
    """How the result and its gradients are printed, in terms of y and inputs, a tuple of names."""
    functions: Mapping[str, str]
    is_taped: bool = False
    """Whether what is to be differentiated stands in the block of a tape."""
    keeps: frozenset[str] = frozenset()
    """The notes on a node whose `.grad` is kept, where nodes have one."""


_SHARED = "exp log sqrt sin cos tan asin acos atan sinh cosh tanh expm1 log1p"
_CHOSEN = "sigmoid relu maximum minimum where"
_BUILT_IN = {"fabs": "abs", "pow": "pow"}
"""What Python's own functions do, to tensors too."""
_IN_MATH = {name: f"tf.math.{name}" for name in ("log", "expm1", "log1p")}

NOTATIONS = {
    "native": Notation(
        "native",
        "cgraph_edu",
        "cg",
        "import cgraph_edu as cg",
        ("cg.variable(", ', "{name}")'),
        "print({y})\nprint(cg.gradient({y}, [{inputs}]))",
        {name: f"cg.{name}" for name in f"{_SHARED} {_CHOSEN}".split()} | _BUILT_IN,
    ),
    "torch": Notation(
        "torch",
        "PyTorch",
        "torch",
        "from cgraph_edu.dialects import torch",
        ("torch.tensor(", ", requires_grad=True)"),
        "{y}.backward()\nprint({y})\nprint({grads})",
        _BUILT_IN | {name: f"torch.{name}" for name in f"{_SHARED} {_CHOSEN} pow".split()},
        keeps=frozenset({"leaf", "retained"}),
    ),
    "tensorflow": Notation(
        "tensorflow",
        "TensorFlow",
        "tf",
        "from cgraph_edu.dialects import tensorflow as tf",
        ("tf.Variable(", ")"),
        "print({y})\nprint({tape}.gradient({y}, [{inputs}]))",
        _BUILT_IN
        | {name: f"tf.{name}" for name in f"{_SHARED} {_CHOSEN} pow".split()}
        | {"relu": "tf.nn.relu"}
        | _IN_MATH,
        is_taped=True,
    ),
}

_KNOWN = {
    id(home): name
    for name in [*_SHARED.split(), *_CHOSEN.split(), *_BUILT_IN]
    for home in (getattr(math, name, None), getattr(functions, name, None))
    if home is not None
}
"""The functions of `math` and of this package, by id."""

# What Python's own functions do to numbers, they do to tensors; these leave the graph or its text.
_PLAIN = frozenset(id(each) for each in vars(builtins).values() if callable(each))


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


@dataclass
class Formula:
    """A cell of plain Python that can be written in other notations.

    Raises NotationError where no notation but the native one can say it.
    """

    run: Run
    graph: Graph
    chosen: str | None
    wrt: Sequence[str]
    body: str = field(init=False)
    tree: ast.Module = field(init=False)
    inputs: list[str] = field(init=False)
    """The names of the graph's inputs in the cell."""
    traced: set[str] = field(init=False)
    """The names of what depends on them."""
    output: str = field(init=False)

    def __post_init__(self) -> None:
        self.body = self.run.cell.source.partition("\n")[2].rstrip()
        self.tree = ast.parse(self.body)
        if self.graph.has_arrays:
            raise NotationError(self.tree.body[0], "only formulas of numbers are written anew")
        self.inputs = [node.name for node in self.graph.inputs]
        self._check_inputs()
        self._leave_plain(self._counts)
        self.traced = self._depends_on_inputs()
        self._leave_plain(self._starts_a_sum)
        unnamed = self.run.name_of(self.chosen)
        self.output = self._free("result") if unnamed is None else unnamed

    def _check_inputs(self) -> None:
        given = set(self.run.inputs.values())
        for name in self.inputs:
            base, _, number = name.rpartition("_")
            if name in self.run.cell.names and name in given:
                continue
            why = (
                f"{base} is given several numbers: give each a name of its own"
                if number.isdigit() and base in given
                else f"{name} is from another cell: give it its value in this one"
            )
            raise NotationError(self.tree.body[0], why)

    def _leave_plain(self, is_plain: Callable[[str], bool]) -> None:
        """Take such names from the inputs, but not the last one, and none that was asked for."""
        for name in [*self.inputs]:
            if len(self.inputs) > 1 and name not in self.wrt and is_plain(name):
                self.inputs.remove(name)

    def _counts(self, name: str) -> bool:
        """Whether it is a whole number that only says how often or which: `range(n)`, `w[n]`."""
        places = {
            read
            for node in ast.walk(self.tree)
            for place in self._places_of_counts(node)
            for read in ast.walk(place)
        }
        reads = list(_reads(self.tree, name))
        is_whole = not any(
            isinstance(binding, ast.AugAssign) or _is_float(binding.value)
            for binding in self._bindings(name)
        )
        return bool(reads) and is_whole and places.issuperset(reads)

    def _places_of_counts(self, node: ast.AST) -> list[ast.expr]:
        match node:
            case ast.Call(func=function, args=arguments) if self._meant(function) is range:
                return arguments
            case ast.Subscript(slice=index):
                return [index]
        return []

    def _starts_a_sum(self, name: str) -> bool:
        """`total = 0`, to which a loop adds, is a number to start from and no input.

        So it is where nothing before the loop reads that number.
        """
        bindings = self._bindings(name)
        start, later = next(iter(bindings), None), bindings[1:]
        if not (isinstance(start, ast.Assign) and isinstance(start.value, ast.Constant)):
            return False
        changes = [each for each in later if _refers(each, self.traced)]
        loops = [each for each in _own(self.tree) if isinstance(each, (ast.For, ast.While))]
        around = [
            loop for loop in loops if changes and any(each is changes[0] for each in ast.walk(loop))
        ]
        return (
            start.value.value in (0, 1)
            and bool(around)
            and all(read.lineno >= around[0].lineno for read in _reads(self.tree, name))
        )

    def _bindings(self, name: str) -> list[ast.Assign | ast.AugAssign]:
        """The statements that give `name` a value, in the order of the text."""
        found = []
        for node in _own(self.tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=bound)]):
                    pass
                case ast.AugAssign(target=ast.Name(id=bound)):
                    pass
                case _:
                    continue
            if bound == name:
                found.append(node)
        return sorted(found, key=lambda node: node.lineno)

    def _depends_on_inputs(self) -> set[str]:
        found = set(self.inputs)
        size = -1
        while size < len(found):
            size = len(found)
            for node in ast.walk(self.tree):
                found |= _passed_on(node, found)
        return found

    def _is_traced(self, node: ast.AST) -> bool:
        return _refers(node, self.traced)

    def _free(self, wanted: str) -> str:
        name, count = wanted, 0
        while name in self.run.cell.names or name in self.run.before:
            count += 1
            name = f"{wanted}_{count}"
        return name

    # --- Writing -------------------------------------------------------------------------------

    def written(self, notation: Notation) -> Iterator[Piece]:
        """The program. Raises NotationError for a line that the notation can't say."""
        if notation.module in self.run.cell.names:
            raise NotationError(
                self.tree.body[0],
                f"{notation.module} is a name of this cell, and {notation.title}'s own",
            )
        edits = list(self._edits(notation))
        tape = self._free("tape")
        if notation.is_taped:
            edits = [*self._in_block(f"with tf.GradientTape() as {tape}:\n"), *edits]
        edits.sort(key=lambda edit: (edit.start, edit.end))
        yield Piece(f"{notation.opening}\n", True)
        at = 0
        for start, end, text in edits:
            yield Piece(self.body[at:start], False)
            yield Piece(text, True)
            at = end
        yield Piece(f"{self.body[at:]}\n", False)
        asked = [name for name in self.inputs if name in self.wrt or not self.wrt]
        closing = notation.closing.format(
            y=self.output,
            inputs=", ".join(asked),
            grads=", ".join(f"{name}.grad" for name in asked),
            tape=tape,
        )
        yield Piece(closing, True)

    def _edits(self, notation: Notation) -> Iterator[_Edit]:
        pending: list[tuple[ast.AST, bool]] = [(node, False) for node in self.tree.body]
        for node, is_inside in pending:  # the list grows while it is read
            if isinstance(node, ast.Call):
                yield from self._call(node, notation)
            if not is_inside:
                yield from self._binding(node, notation)
            is_inside = is_inside or isinstance(node, _OWN_SCOPES)
            pending += ((child, is_inside) for child in ast.iter_child_nodes(node))
        last = self.tree.body[-1]
        if isinstance(last, ast.Expr) and self.run.name_of(self.chosen) is None:
            yield self._insert(last, f"{self.output} = ")

    def _binding(self, node: ast.AST, notation: Notation) -> Iterator[_Edit]:
        match node:
            case ast.Assign(targets=targets, value=value):
                names = [set(bound_names(target)) for target in targets]
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.NamedExpr(target=target, value=value)
            ):
                names = [set(bound_names(target))]
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                if name in self.inputs:
                    raise NotationError(node, _REBOUND.format(name=name))
                if notation.name == "torch" and name in self.traced:
                    yield from self._written_out(node, name)
                return
            case _:
                return
        own = set().union(*names) & set(self.inputs)
        if not own:
            return
        if self._is_traced(value):
            raise NotationError(node, _REBOUND.format(name=min(own)))
        if isinstance(node, ast.Assign) and len(names) > 1:
            yield self._one_by_one(node, notation)
        elif isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name):
            yield from self._unpacked(node, notation)
        else:
            yield from self._wrapped(value, min(own), notation)

    def _wrapped(self, value: ast.expr, name: str, notation: Notation) -> Iterator[_Edit]:
        """`2.0` turns into `torch.tensor(2.0, requires_grad=True)`, and 2 into 2.0."""
        before, after = notation.variable
        after = after.replace("{name}", name)
        start, end = self._span(value)
        match value:
            case ast.Constant(value=int()) | ast.UnaryOp(operand=ast.Constant(value=int())):
                after = f".0{after}"
            case _ if not _is_float(value):
                before, after = f"{before}float(", f"){after}"
        yield _Edit(start, start, before)
        yield _Edit(end, end, after)

    def _unpacked(self, node: ast.Assign, notation: Notation) -> Iterator[_Edit]:
        """`a, b = 2.0, 3.0`."""
        target, value = node.targets[0], node.value
        sides = (target, value)
        if not all(isinstance(side, (ast.Tuple, ast.List)) for side in sides):
            raise NotationError(node, "give each input its number by itself, a = 2.0")
        left, right = target.elts, value.elts  # type: ignore[attr-defined]
        if len(left) != len(right) or not all(isinstance(each, ast.Name) for each in left):
            raise NotationError(node, "give each input its number by itself, a = 2.0")
        for each, number in zip(left, right, strict=True):
            if each.id in self.inputs:
                yield from self._wrapped(number, each.id, notation)

    def _one_by_one(self, node: ast.Assign, notation: Notation) -> _Edit:
        """`a = b = 2.0`: they are inputs of their own, so each gets a line."""
        start, end = self._span(node)
        value = self.body[slice(*self._span(node.value))]
        before, after = self._wrapped(node.value, "{name}", notation)
        wrapped = f"{before.text}{value}{after.text}"
        names = [name for target in node.targets for name in bound_names(target)]
        if len(names) != len(node.targets):
            raise NotationError(node, "give each input its number by itself, a = 2.0")
        lines = [
            f"{name} = {wrapped.replace('{name}', name) if name in self.inputs else value}"
            for name in names
        ]
        indent = "\n" + " " * node.col_offset
        return _Edit(start, end, indent.join(lines))

    def _written_out(self, node: ast.AugAssign, name: str) -> Iterator[_Edit]:
        """`c += a`, which would write into a tensor that its own derivative needs: `c = c + a`."""
        start, end = self._span(node)
        value, _ = self._span(node.value)
        after = self._span(node.target)[1]
        equals = self.body.index("=", after)
        text = f"{name} = {name} {self.body[after:equals].strip()}"
        if self.body[equals + 1 : value].strip() or isinstance(node.value, _ATOMS):
            yield _Edit(start, equals + 1, text)  # its own brackets are there, or none are needed
        else:
            yield _Edit(start, value, f"{text} (")
            yield _Edit(end, end, ")")

    def _call(self, node: ast.Call, notation: Notation) -> Iterator[_Edit]:
        arguments: list[ast.AST] = [*node.args, *node.keywords]
        is_method = isinstance(node.func, ast.Attribute) and self._is_traced(node.func.value)
        if not is_method and not any(map(self._is_traced, arguments)):
            return
        start, end = self._span(node.func)
        shown = self.body[start:end]
        function = self._meant(node.func)
        known = _KNOWN.get(id(function))
        if known is not None:
            said = notation.functions.get(known)
            is_lost = said in _BUILT_IN.values() and said in self.run.namespace
            if said is None or is_lost or (known == "log" and len(node.args) > 1):
                raise NotationError(node, f"{notation.title}'s notation has no {shown}(...)")
            if said != shown:
                yield _Edit(start, end, said)
        elif id(function) not in _PLAIN and not self._is_own(node.func):
            raise NotationError(node, f"{notation.title}'s notation does not know {shown}(...)")

    def _meant(self, node: ast.expr) -> Any:
        """What a name stands for, or a module's attribute; None where that is not clear."""
        match node:
            case ast.Name(id=name):
                return self.run.namespace.get(name, getattr(builtins, name, None))
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                return getattr(self.run.namespace.get(name), attribute, None)
        return None

    def _is_own(self, node: ast.expr) -> bool:
        """Whether it names a function of this cell, or an argument of one."""
        if not isinstance(node, ast.Name):
            return False
        return any(node.id in _defined(each) for each in ast.walk(self.tree))

    # --- Places in the text --------------------------------------------------------------------

    def _span(self, node: Any) -> tuple[int, int]:
        """Where a node starts and ends in the body."""
        return (
            self._place(node.lineno, node.col_offset),
            self._place(node.end_lineno, node.end_col_offset),
        )

    def _place(self, line: int, column: int) -> int:
        """Python counts bytes of UTF-8 within a line."""
        before = self.body.splitlines(keepends=True)[: line - 1]
        here = self.body.splitlines()[line - 1].encode()[:column]
        return sum(map(len, before)) + len(here.decode())

    def _insert(self, node: ast.stmt, text: str) -> _Edit:
        start, _ = self._span(node)
        return _Edit(start, start, text)

    def _in_block(self, head: str) -> Iterator[_Edit]:
        """The head of a block before the first line that computes, which is indented from there."""
        first = next(
            (node for node in self.tree.body if not self._is_before(node)), self.tree.body[-1]
        )
        inside = {
            line
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.Constant, ast.JoinedStr))
            for line in range(node.lineno + 1, (node.end_lineno or 0) + 1)
        }
        lines = self.body.splitlines(keepends=True)
        place = sum(map(len, lines[: first.lineno - 1]))
        yield _Edit(place, place, head + "    ")
        for number, line in enumerate(lines[first.lineno - 1 :], first.lineno):
            if number > first.lineno and line.strip() and number not in inside:
                yield _Edit(place, place, "    ")
            place += len(line)

    def _is_before(self, node: ast.stmt) -> bool:
        """Whether a line can stand before the tape: it computes nothing of the formula."""
        if isinstance(node, (ast.FunctionDef, ast.Import, ast.ImportFrom)):
            return True
        value = getattr(node, "value", None)
        is_last = node is self.tree.body[-1]
        is_binding = isinstance(node, (ast.Assign, ast.AnnAssign))
        return is_binding and not is_last and (value is None or not self._is_traced(value))


_REBOUND = (
    "{name} is given a new value, and its derivative is asked for by that name: "
    "call the result something else"
)
_ATOMS = (ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript)
"""What needs no brackets as an operand."""
_OWN_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def _refers(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node))


def _own(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes of the cell, outer ones first, without those in its functions."""
    pending: list[ast.AST] = [tree]
    for node in pending:  # the list grows while it is read
        yield node
        if not isinstance(node, _OWN_SCOPES):
            pending += ast.iter_child_nodes(node)


def _reads(node: ast.AST, name: str) -> Iterator[ast.Name]:
    """Where the cell's value of this name is used, `name += 1` apart."""
    if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
        yield node
    is_another = isinstance(node, (ast.FunctionDef, ast.Lambda)) and name in _parameters(node.args)
    for child in () if is_another else ast.iter_child_nodes(node):
        yield from _reads(child, name)


def _passed_on(node: ast.AST, traced: set[str]) -> set[str]:
    """The names that depend on traced ones by this statement."""
    match node:
        case ast.Assign(targets=targets, value=value):
            return _names(targets) if _refers(value, traced) else set()
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return _names([target]) if _refers(value, traced) else set()
        case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
            return _names([target]) if _refers(value, traced) else set()
        case ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source):
            return _names([target]) if _refers(source, traced) else set()
        case ast.FunctionDef(name=name, args=arguments):
            parameters = _parameters(arguments)
            return parameters | ({name} if _refers(node, traced - parameters) else set())
        case ast.Lambda(args=arguments):
            return _parameters(arguments)
    return set()


def _names(targets: Iterable[ast.expr]) -> set[str]:
    return {name for target in targets for name in bound_names(target)}


def _parameters(arguments: ast.arguments) -> set[str]:
    return {each.arg for each in ast.walk(arguments) if isinstance(each, ast.arg)}


def _defined(node: ast.AST) -> set[str]:
    """The names of functions that a statement makes, and of their arguments."""
    match node:
        case ast.FunctionDef(name=name, args=arguments):
            return {name, *_parameters(arguments)}
        case ast.Lambda(args=arguments):
            return _parameters(arguments)
        case ast.Assign(targets=targets, value=ast.Lambda()):
            return _names(targets)
    return set()


def _is_float(value: ast.expr) -> bool:
    """Whether a formula of numbers can't be a whole number: it has a point in it, or divides."""
    return any(
        (isinstance(each, ast.Constant) and isinstance(each.value, float))
        or isinstance(each, ast.Div)
        or (isinstance(each, ast.Attribute) and each.attr in ("pi", "e", "tau"))
        for each in ast.walk(value)
    )
