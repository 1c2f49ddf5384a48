"""Run a learner's code and draw what it computed: the machinery behind `%%cgraph`, without IPython.

The code runs as it stands, but for the two changes of rewriting.py. What is bound to a name comes
by here: a plain number becomes an input, a result takes the name that it was given.

A cell that uses a dialect says itself which of its numbers are inputs, so its plain numbers stay
plain: `lr = 0.1` beside `w = torch.tensor(2.0, requires_grad=True)` is what it is in PyTorch.
"""

from __future__ import annotations

import ast
import hashlib
import linecache
import numbers
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from io import StringIO
from types import ModuleType
from typing import Any

from .core.recording import DomainWarning, GuardError, Recording, record
from .core.tensor import Tensor, Variable, is_array, is_foreign, node_of, variable
from .graphs.build import NoGraphError, build, members
from .graphs.graph import Graph, door
from .keeping import DIALECTS, Kept, random_state
from .rewriting import BIND, CALL, Rewriter, bound_names, is_hook, route


@dataclass(frozen=True)
class Cell:
    """A learner's code, parsed.

    Raises SyntaxError, with the learner's own line, if it is not Python, and OverflowError for a
    number too long for Python to read.
    """

    source: str
    """The whole cell as the editor shows it; its first line is the magic's own."""
    filename: str = field(init=False)
    tree: ast.Module = field(init=False)
    names: frozenset[str] = field(init=False)
    """The names that the code uses or binds."""
    free: frozenset[str] = field(init=False)
    """The names that it uses before it binds them."""
    imported: frozenset[str] = field(init=False)
    """The dialects that it imports."""
    dotted: frozenset[str] = field(init=False)
    """Names with dots, such as dialects.torch.tensor; of imported ones with their full names."""

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.source.encode()).hexdigest()[:8]
        object.__setattr__(self, "filename", f"<%%cgraph {digest}>")
        lines = self.source.splitlines(keepends=True)
        # Tracebacks and warnings find the learner's lines here.
        linecache.cache[self.filename] = (len(self.source), None, lines, self.filename)
        body = "\n" + "".join(lines[1:])
        try:
            tree = ast.parse(body, self.filename)
        except SyntaxError as error:
            digits = re.search(r"value has (\d+) digits", error.msg)
            if digits is None:
                raise
            raise OverflowError(
                f"line {error.lineno}, {lines[(error.lineno or 1) - 1][:30]}...: this number has "
                f"{int(digits[1]):,} digits, and the largest float is about 1.8e308"
            ) from None
        found = list(ast.walk(tree))
        names = frozenset(each.id for each in found if isinstance(each, ast.Name))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "free", frozenset(_free_names(tree)))
        imports = [pair for each in found for pair in _imports(each)]
        imported = frozenset(filter(None, (_dialect_in(module) for _, module in imports)))
        object.__setattr__(self, "imported", imported)
        dotted = frozenset(_replaced(_dotted(each), dict(imports)) for each in found)
        object.__setattr__(self, "dotted", dotted)
        object.__setattr__(self, "tree", Rewriter().visit(tree))
        ast.fix_missing_locations(self.tree)

    def dialects(self, namespace: Mapping[str, Any]) -> set[str]:
        """The dialects that it imports, or of which it names something in the namespace."""
        named = (_dialect_of(namespace[name]) for name in self.free if name in namespace)
        modules = {
            name: value.__name__
            for name in self.free
            if isinstance(value := namespace.get(name), ModuleType)
        }
        written = (_dialect_in(_replaced(name, modules)) for name in self.dotted)
        return {*self.imported, *filter(None, (*named, *written))}

    def run(self, namespace: dict[str, Any], inputs: Mapping[str, Any] | None = None) -> Run:
        """Run the code in `namespace`; `inputs` replaces values that it gives to its inputs."""
        run = Run(self, namespace, dict(namespace), dict(inputs or {}))
        run.execute()
        return run


@dataclass
class Run:
    """What one run of a cell left behind."""

    cell: Cell
    namespace: dict[str, Any]
    before: dict[str, Any]
    """The namespace as it was, for running the code again at other inputs."""
    given: dict[str, Any]
    """Values that replace those in the code, by input."""
    inputs: dict[Tensor, str] = field(default_factory=dict)
    """What `given` calls each input of the cell: a, or a_1 where a was given a number before."""
    bound: list[tuple[str, Any]] = field(default_factory=list)
    """Each Tensor, also a dialect's, bound to a name, in the order of running."""
    made: dict[int, tuple[str, Any]] = field(default_factory=dict)
    """By its id, each tensor of a dialect's that the cell gave a value, with its key in `given`."""
    dialects: set[str] = field(default_factory=set)
    """Those that the cell uses; in such a cell plain numbers stay plain."""
    kept: Kept | None = None
    """What the cell found in a dialect's objects, for running the code again."""
    recording: Recording = field(default_factory=Recording)
    result: Any = None
    """The value of the last line, if that is an expression."""
    error: BaseException | None = None
    listener: Any = None
    """Hears what a framework computes (bridges/cells.py), if the cell uses one."""

    def execute(self) -> None:
        """Run the code; an error ends it and is kept."""
        namespace = self.namespace
        times: Counter[str] = Counter()
        self.dialects = self.cell.dialects(namespace)
        is_native = not self.dialects
        if self.dialects:
            named = [namespace[name] for name in self.cell.free if name in namespace]
            self.kept = Kept([*named, *random_state(self.dialects)], namespace)

        def key_of(name: str) -> str:
            key = f"{name}_{times[name]}" if times[name] else name
            times[name] += 1
            return key

        def bind(names: str, may_be_input: bool) -> None:
            for name in names.split():
                value = namespace.get(name)
                if self.listener is not None:
                    given = self.given if may_be_input else {}
                    value = namespace[name] = self.listener.bound(name, value, given)
                elif may_be_input and is_native and _is_number(value):
                    key = key_of(name)
                    value = namespace[name] = variable(self.given.get(key, value), name)
                    self.inputs[value] = key
                if isinstance(value, Tensor):
                    value.name = value.name or name
                    self.bound.append((name, value))
                elif value is not None and is_foreign(value):
                    if may_be_input and id(value) not in self.made and not _is_computed(value):
                        key = key_of(name)
                        self.made[id(value)] = key, value
                        if key in self.given:
                            value.__cgraph_set__(self.given[key])
                    # The tapes of a training loop's earlier steps are nobody's any more.
                    self.bound = [each for each in self.bound if each[0] != name]
                    self.bound.append((name, value))
                    self._know(name, value)

        tree, last = self.cell.tree, None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not is_hook(tree.body[-1]):
            last = ast.Expression(tree.body[-1].value)
            tree = ast.Module(tree.body[:-1], [])
        namespace[BIND], namespace[CALL] = bind, route
        self.listener = door("bridges.cells").listener(self.cell.tree, namespace)
        with record() as self.recording, self.listener or nullcontext():
            try:
                exec(compile(tree, self.cell.filename, "exec"), namespace)
                if last is not None:
                    self.result = eval(compile(last, self.cell.filename, "eval"), namespace)
            except BaseException as error:
                self.error = error
            finally:
                namespace.pop(BIND, None)
        for name, value in self.bound:  # a constant may have been watched since
            self._know(name, value)

    def _know(self, name: str, value: Any) -> None:
        """Take down which node a dialect's tensor stands for at present."""
        node = node_of(value) if is_foreign(value) else None
        if node is None:
            return
        node.name = node.name or name
        if node.is_constant:
            return
        key, _ = self.made.get(id(value), (None, None))
        # One that was written into since is another node, which the code computed.
        if key is not None and isinstance(node, Variable) and key not in self.inputs.values():
            self.inputs[node] = key

    @property
    def names(self) -> set[str]:
        """The names that the cell gave to inputs and results."""
        return {name for name, _ in self.bound}

    def graph(self, output: str | None = None) -> Graph:
        """The graph of `output`, or of what the cell bound last.

        A last line that computes something without naming it counts too. Raises NoGraphError, in
        the learner's own words, where there is nothing to draw.
        """
        heard = self._heard(output)
        if heard is not None:
            captured: Graph = self.listener.graph(heard)
            names = [node.name for node in captured.inputs]
            own = {name: name if self.listener.is_input(name) else None for name in names}
            return replace(captured, retrace=self._retrace(output, captured, own))
        drawn = self._output(output)
        graph = build(drawn, self._named())
        forms, _ = members(drawn, self._named())
        tensors = list(forms)
        for node, message in graph.domain_messages():
            place = self.recording.lines.get(tensors[node.index])
            if place is not None:  # else an earlier cell has warned of it
                warnings.warn_explicit(message, DomainWarning, *place)
        keys = {node.name: self.inputs.get(tensors[node.index]) for node in graph.inputs}
        return replace(graph, retrace=self._retrace(output, graph, keys))

    def partial_graph(self) -> Graph | None:
        """The graph as far as a failing cell got."""
        heard = self._heard(None)
        if heard is not None:
            captured: Graph = self.listener.graph(heard)
            return captured if captured.output.op is not None else None
        results = [value for _, value in self.bound if _is_computed(value)]
        return build(results[-1], self._named()) if results else None

    def _heard(self, name: str | None) -> Any:
        """The output, if it is a framework's."""
        if self.listener is None:
            return None
        if name is None and self.listener.holds(self.result):
            return self.result
        return self.listener.output(name)

    def _named(self) -> dict[str, Any]:
        """What may give nodes and arrays their names."""
        return {
            name: value
            for name, value in self.namespace.items()
            if is_array(value) or (is_foreign(value) and not name.startswith("_"))
        }

    def _output(self, name: str | None) -> Any:
        if name is not None:
            known = dict.fromkeys(bound for bound, _ in self.bound)
            for bound, value in reversed(self.bound):
                if bound == name:
                    return value
            value = self.before.get(name)
            if node_of(value) is not None:
                return value
            names = ", ".join(known) or "none"
            raise NoGraphError(f"--output {name}: the cell computes no {name}; it has: {names}")
        result = node_of(self.result)
        if result is not None and result.name is None and not result.is_constant:
            return self.result
        for _, value in reversed(self.bound):
            # What a step of training or a gradient is bound to is no result of the formula.
            if isinstance(value, Tensor) or _is_computed(value):
                return value
        if self.bound:
            return self.bound[-1][1]
        if self.listener is not None:
            raise NoGraphError(self.listener.silence)
        raise NoGraphError(
            "there is no number in this cell, so there is nothing to draw. "
            "Give an input a value, a = 2.0, and compute with it, c = a + 1"
        )

    def name_of(self, output: str | None = None) -> str | None:
        """The name in the code of what `graph` draws; None for a last line without one."""
        drawn = self._output(output)
        return next((name for name, value in reversed(self.bound) if value is drawn), output)

    def _retrace(
        self, output: str | None, graph: Graph, keys: Mapping[str, str | None]
    ) -> Callable[[Mapping[str, Any]], Graph]:
        def retrace(values: Mapping[str, Any]) -> Graph:
            given = dict(self.given)
            for name, value in values.items():
                key, now = keys[name], graph.value(name)
                if value is now or (not is_array(value) and value == now):
                    continue  # an input that the code computes is computed again
                if key is not None:
                    given[key] = value
                elif self.dialects and name in self.names:
                    raise GuardError(
                        f"{name} = {now} is what this cell came to, and at {name} = {value} Python "
                        "would have taken another branch: change what the cell starts from"
                    )
                else:
                    raise GuardError(
                        f"{name} was set in another cell, and at {name} = {value} Python would "
                        "take another branch in this one: set it there and run both again"
                    )
            silence = redirect_stdout(StringIO()), redirect_stderr(StringIO())
            with silence[0], silence[1], self.kept or nullcontext():
                again = self.cell.run(dict(self.before), given)
                if again.error is not None:
                    raise again.error
                return again.graph(output)

        return retrace


def _is_number(value: Any) -> bool:
    if is_array(value):
        return str(value.dtype.kind) == "f"
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_computed(value: Any) -> bool:
    """Whether a Tensor was recorded as the result of an op."""
    node = node_of(value)
    return node is not None and node.op is not None


def _free_names(tree: ast.Module) -> Iterator[str]:
    bound: set[str] = set()
    for statement in tree.body:
        named = [each for each in ast.walk(statement) if isinstance(each, ast.Name)]
        yield from {each.id for each in named if isinstance(each.ctx, ast.Load)} - bound
        if isinstance(statement, ast.AugAssign):
            yield from set(bound_names(statement.target)) - bound
        bound |= {each.id for each in named if isinstance(each.ctx, ast.Store)}


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that an import gives, each with the module that it may mean."""
    match node:
        case ast.Import(names=names):
            yield from ((alias.asname or alias.name, alias.name) for alias in names)
        case ast.ImportFrom(module=str(module), names=names):
            yield from ((alias.asname or alias.name, f"{module}.{alias.name}") for alias in names)


def _dotted(node: ast.AST) -> str:
    """A name with dots as it is written, or ""."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if parts and isinstance(node, ast.Name) else ""


def _replaced(dotted: str, modules: Mapping[str, str]) -> str:
    """A name with dots, with the module that its first part means."""
    first, dot, rest = dotted.partition(".")
    return f"{modules.get(first, first)}{dot}{rest}"


def _dialect_in(module: str) -> str:
    """The dialect that a module belongs to, or ""."""
    _, is_one, rest = f"{module}.".partition(f"{DIALECTS}.")
    return rest.partition(".")[0] if is_one else ""


def _dialect_of(value: Any) -> str:
    """The dialect that a tensor, a module, a function or a class is from, or ""."""
    if is_foreign(value):
        value = type(value).__cgraph_node__.fget  # classes say that they are the framework's own
    home = getattr(value, "__name__" if isinstance(value, ModuleType) else "__module__", None)
    return _dialect_in(str(home))
