"""What a learner may type wrongly: the message names what is theirs, and says what to write."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cgraph_edu

cg: Any = cgraph_edu
"""As a learner calls it, whatever the types."""

Call = Callable[[], Any]

a, b = cg.variables(a=2.0, b=1.0)
w = cg.variable(np.ones((2, 3)), name="w")
e = (a + b) * (b + 1)


def f(x: Any) -> Any:
    return x * x


def pair(x: Any) -> Any:
    return x, x


def rule(out_bar: Any) -> Any:
    return out_bar


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cg.variables(2.0), "name the values: cg.variables(a=2.0, b=1.0)"),
        (
            lambda: cg.variable("a", 2.0),
            "the name of a variable is text, not 2 (float): cg.variable(2.0, name='a')",
        ),
        (lambda: cg.gradient(e, a), "a is a number: it has no entries to go through"),
        (lambda: cg.gradient(e, a), "Where a list belongs, write [a]"),
        (lambda: cg.gradient(w.sum(), w), "wrt is w, and it must be a list: [w]"),
        (lambda: cg.gradient(e, "a"), "wrt holds 'a' (str), and it must hold Tensors"),
        (lambda: cg.gradient(e, ["a"]), "wrt holds 'a' (str), and it must hold Tensors"),
        (lambda: cg.gradient(e, [2.0]), "wrt holds 2 (float), and it must hold Tensors"),
        (
            lambda: cg.gradient(6.0, [a]),
            "the output is 6 (float), which does not tell how it was computed: compute it with "
            "Tensors, a, b = cg.variables(a=2.0, b=1.0)",
        ),
        (lambda: cg.gradient((e, e), [a]), "the output is"),
        (lambda: cg.grad(e), "cg.grad takes a function, not (a + b) * (b + 1) (Tensor)"),
        (lambda: cg.grad(e), "cg.gradient(output, [a, b]) takes Tensors"),
        (lambda: cg.value_and_grad(5), "cg.value_and_grad takes a function, not 5 (int)"),
        (lambda: cg.jvp(5, (2.0,), (1.0,)), "cg.jvp takes a function, not 5 (int)"),
        (lambda: cg.vjp(5, 2.0), "cg.vjp takes a function, not 5 (int)"),
        (lambda: cg.jacobian(5), "cg.jacobian takes a function, not 5 (int)"),
        (lambda: cg.hessian(5), "cg.hessian takes a function, not 5 (int)"),
        (lambda: cg.gradcheck(2.0, f), "cg.gradcheck takes a function, not 2 (float)"),
        (lambda: cg.function(5), "cg.function takes a function, not 5 (int)"),
        (lambda: cg.custom_op(5), "cg.custom_op takes a function, not 5 (int)"),
        (lambda: cg.custom_op(f, vjp=5), "the vjp of f is a function, not 5 (int)"),
        (lambda: cg.custom_op(f).vjp(5), "the vjp of f is a function, not 5 (int)"),
        (
            lambda: cg.grad(cg.custom_op(f, vjp=rule))(2.0),
            "the vjp of f is called with out_bar, out, x: too many positional arguments",
        ),
        (
            lambda: cg.grad(f, "x"),
            "argnums='x': it says which arguments by their places, 0 or (0, 1)",
        ),
        (lambda: cg.grad(f, 2.0), "argnums=2.0: it says which"),
        (lambda: cg.grad(f, 2.0), "The point comes afterwards: cg.grad(f)(2.0)"),
        (lambda: cg.jacobian(f, 2.0), "argnums=2.0: a Jacobian is with respect to one argument"),
        (lambda: cg.jvp(f, (2.0,), ("a",)), "a tangent of x is 'a' (str) where a number belongs"),
        (lambda: cg.vjp(f, 2.0)[1]("a"), "a seed of x * x is 'a' (str) where a number belongs"),
        (
            lambda: cg.grad(pair)(2.0),
            "result is a tuple of 2 parts where a number belongs: return one of them",
        ),
        (lambda: cg.jacobian(pair)(2.0), "the function's result is a tuple of 2 parts where"),
        (lambda: cg.gradcheck(pair, 2.0), "the function's result is a tuple of 2 parts where"),
        (
            lambda: cg.gradcheck(lambda x: x[0], [1.0, 2.0]),
            "x is [1.0, 2.0] (list) where a number belongs: make it an array",
        ),
        (lambda: cg.gradcheck(f, "a"), "x is 'a' (str) where a number belongs"),
        (lambda: cg.sin("a"), "sin('a'): 'a' is of type str where a number belongs"),
        (lambda: cg.sin(None), "sin(None): None is of type NoneType where a number belongs"),
        (lambda: cg.sum([a, b]), "sum([a, b]): [a, b] is of type list where a number belongs"),
        (lambda: cg.sum([a, b]), "put them together, cg.stack([a, b])"),
        (lambda: a * [b], "[b] is of type list where a number belongs: put them together"),
        (
            lambda: cg.variable([a, b]),
            "the value is [a, b] (list) where a number belongs: put them",
        ),
        (lambda: cg.sum(w, axis="x"), "axis='x': an axis is a whole number"),
        (lambda: cg.sum(w, axis=0.5), "axis=0.5: an axis is a whole number"),
        (lambda: cg.max(a, b), "cg.max takes one array; the larger of two is cg.maximum(a, b)"),
        (lambda: cg.min(a, 2.0), "cg.min takes one array; the smaller of two is cg.minimum(a, 2)"),
        (
            lambda: cg.reshape(w, "a"),
            "reshape(w, 'a'): a shape is of whole numbers, such as (2, 3)",
        ),
        (lambda: w.reshape(2.0, 3.0), "reshape(w, 2.0, 3.0): a shape is of whole numbers"),
        (lambda: cg.concatenate(w, w), "concatenate takes its arrays in a list: [w, w]"),
        (lambda: cg.stack(a, b), "stack takes its arrays in a list: [a, b]"),
        (lambda: cg.einsum(w, "ij->ji"), "einsum takes its subscripts first: einsum('ij->ji', w)"),
        (lambda: float(w), "w has shape (2, 3): float() takes one number"),
        (lambda: int(w), "w has shape (2, 3): int() takes one number"),
        (lambda: bool(w), "w has shape (2, 3)"),
        (
            lambda: 1 if w > 0 else 0,
            "w > 0 has shape (2, 3), so it is not true or false as a whole",
        ),
        (lambda: 1 if w > 0 else 0, "cg.where(w > 0, x, y) chooses for each entry"),
        (lambda: range(w), "w is an array of shape (2, 3), so it can't count"),
    ],
)
def test_the_message_says_what_to_write(call: Call, message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        call()
    assert message in str(refused.value)


@pytest.mark.parametrize("name", ["grad", "backward"])
def test_the_names_of_pytorch_say_where_they_are(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"a has no \.{name}: cg\.gradient\(output, \[a"):
        getattr(a, name)
    assert not hasattr(a, name)


def test_arguments_given_by_name_do_not_count_as_places() -> None:
    with pytest.raises(ValueError, match="the call has 0 arguments: .* those given by name don't"):
        cg.grad(f)(x=2.0)
