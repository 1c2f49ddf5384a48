"""The two changes to a cell's syntax tree, and what the changed code calls.

After each assignment outside functions a hook looks at the names that were bound; and each call
goes through a router, so that `math.sin(x)` on a Tensor is recorded rather than refused.
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .core import functions as ops
from .core.tensor import Tensor

BIND = "_cgraph_bind"
CALL = "_cgraph_call"
"""The names under which the rewritten code finds its hooks."""


class Rewriter(ast.NodeTransformer):
    """Puts a hook after each assignment, and a router into each call."""

    def __init__(self) -> None:
        self.in_loop = False

    def _hook(self, node: Any, names: Iterable[str]) -> ast.Call:
        arguments: list[ast.expr] = [
            ast.Constant(" ".join(names)),
            ast.Constant(not self.in_loop),
        ]
        return ast.Call(ast.Name(BIND, ast.Load()), arguments, [])

    def _assignment(self, node: Any) -> Any:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = dict.fromkeys(name for target in targets for name in bound_names(target))
        self.generic_visit(node)
        if not names or node.value is None:  # `x: float` alone binds nothing
            return node
        return [node, ast.copy_location(ast.Expr(self._hook(node, names)), node)]

    visit_Assign = visit_AnnAssign = visit_AugAssign = _assignment

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        """`(a := 2.0)` turns into `(a := 2.0, hook, a)[2]`: what goes on is already an input."""
        self.generic_visit(node)
        name = node.target.id
        steps = [node, self._hook(node, [name]), ast.Name(name, ast.Load())]
        last = ast.Subscript(ast.Tuple(steps, ast.Load()), ast.Constant(2), ast.Load())
        return ast.copy_location(last, node)

    def _loop(self, node: Any) -> Any:
        outside, self.in_loop = self.in_loop, True
        self.generic_visit(node)
        self.in_loop = outside
        return node

    visit_For = visit_While = visit_AsyncFor = _loop
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _loop

    def _own_scope(self, node: Any) -> Any:
        return _Router().visit(node)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _own_scope

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Route the call."""
        return _routed(self, node)


class _Router(ast.NodeTransformer):
    """Puts a router into each call; names inside functions are the learner's own business."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Route the call."""
        return _routed(self, node)


def _routed(visitor: ast.NodeTransformer, node: ast.Call) -> ast.Call:
    visitor.generic_visit(node)
    # Only names and attributes can mean `math.sin` or `sin`; `super()` must stay as it is.
    if isinstance(node.func, (ast.Name, ast.Attribute)) and getattr(node.func, "id", "") != "super":
        router = ast.copy_location(ast.Name(CALL, ast.Load()), node.func)
        node.func = ast.copy_location(ast.Call(router, [node.func], []), node.func)
    return node


def bound_names(target: ast.expr) -> Iterator[str]:
    """The names in the target of an assignment, in the order of writing."""
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from bound_names(part)
        case ast.Starred(value=rest):
            yield from bound_names(rest)


def is_hook(statement: ast.Expr) -> bool:
    """Whether a statement is the hook after an assignment."""
    call = statement.value
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == BIND


# --- The router ----------------------------------------------------------------------------------


def route(function: Any) -> Any:
    """The recorded version of a function of `math`, or of `sum`; any other as it is."""
    return _ROUTES.get(id(function), function)


def _recorded(plain: Callable[..., Any], on_tensors: Callable[..., Any]) -> Callable[..., Any]:
    def routed(*arguments: Any, **settings: Any) -> Any:
        if any(isinstance(argument, Tensor) for argument in arguments):
            return on_tensors(*arguments, **settings)
        return plain(*arguments, **settings)

    return routed


def _log(x: Any, base: Any = None) -> Any:
    return ops.log(x) if base is None else ops.log(x) / ops.log(base)


def _sum(terms: Any, /, start: Any = 0) -> Any:
    """`sum` without its leading zero, which would be a node of its own in the picture."""
    terms = list(terms)
    if terms and isinstance(terms[0], Tensor) and isinstance(start, int) and start == 0:
        return builtins.sum(terms[1:], terms[0])
    return builtins.sum(terms, start)


_ROUTES: dict[int, Callable[..., Any]] = {
    id(getattr(math, name)): _recorded(getattr(math, name), getattr(ops, name))
    for name in "exp expm1 log1p sqrt sin cos tan asin acos atan sinh cosh tanh".split()
} | {
    id(math.log): _recorded(math.log, _log),
    id(math.log2): _recorded(math.log2, lambda x: _log(x, 2.0)),
    id(math.log10): _recorded(math.log10, lambda x: _log(x, 10.0)),
    id(math.fabs): _recorded(math.fabs, ops.absolute),
    id(math.hypot): _recorded(math.hypot, lambda *x: ops.sqrt(_sum([each * each for each in x]))),
    id(math.pow): _recorded(math.pow, lambda x, y: x**y),
    id(builtins.sum): _sum,
}
