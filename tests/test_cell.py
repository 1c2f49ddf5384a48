"""Running a learner's code: inputs, output, names, and otherwise ordinary Python."""

import textwrap
import traceback
import warnings
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.cell import Cell, Run
from cgraph_edu.core.tensor import Variable


def run(body: str, namespace: dict[str, Any] | None = None) -> Run:
    """Run the body of a cell."""
    return Cell(f"%%cgraph\n{textwrap.dedent(body).strip()}\n").run(
        {} if namespace is None else namespace
    )


def draw(body: str, namespace: dict[str, Any] | None = None, output: str | None = None) -> cg.Graph:
    """Run the body of a cell that must not fail, and give its graph."""
    result = run(body, namespace)
    if result.error is not None:
        raise result.error
    return result.graph(output)


def formulas(graph: cg.Graph) -> list[str]:
    """Each node that is computed, as "c = a + b"."""
    return [f"{node.name} = {graph.describe(node)}" for node in graph.nodes if node.op]


def inputs(graph: cg.Graph) -> dict[str, Any]:
    return {node.name: node.value for node in graph.inputs}


# --- Inputs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a = 2.0; y = a * 3", {"a": 2.0}),
        ("a = 2; y = a * 3", {"a": 2.0}),
        ("a = 1 + 1; y = a * 3", {"a": 2.0}),
        ("a = len('xy'); y = a * 3", {"a": 2.0}),
        ("a, b = 2.0, 3.0; y = a * b", {"a": 2.0, "b": 3.0}),
        ("(a, b), c = (1, 2), 3; y = a * b * c", {"a": 1.0, "b": 2.0, "c": 3.0}),
        ("[a, b] = 1, 2; y = a * b", {"a": 1.0, "b": 2.0}),
        ("a, *rest = 1.0, 2.0, 3.0; y = a * rest[0]", {"a": 1.0}),
        ("a = b = 2.0; y = a * b", {"a": 2.0, "b": 2.0}),
        ("a: float = 2.0; y = a * 3", {"a": 2.0}),
        ("a = 2.0; a += 1; y = a * 3", {"a": 2.0}),
        ("y = (a := 2.0) * 3", {"a": 2.0}),
        ("y = (a := 2.0) * (b := a + 1)", {"a": 2.0}),
        ("a = 2.0; b = 3.0; del b; y = a * 3", {"a": 2.0}),
        ("import math; a = math.pi; y = a * 3", {"a": np.pi}),
        ("import fractions; a = fractions.Fraction(1, 2); y = a * 3", {"a": 0.5}),
        ("import numpy as np; a = np.float32(0.5); y = a * 3", {"a": 0.5}),
        ("import numpy as np; a = np.array(0.5); y = a * 3", {"a": 0.5}),
        ("a = float('inf'); y = a * 3", {"a": np.inf}),
    ],
)
def test_a_name_bound_to_a_plain_number_is_an_input(body: str, expected: dict[str, float]) -> None:
    assert inputs(draw(body)) == expected


@pytest.mark.parametrize(
    ("body", "constant"),
    [
        ("k = True", "k"),
        ("k = 2.0 > 1.0", "k"),
        ("for k in [3.0]: pass", "k"),
        ("for i in range(1):\n    k = 3.0", "k"),
        ("def f():\n    k = 3.0\n    return k", "f()"),
        ("f = lambda: (k := 3.0)", "f()"),
        ("class K:\n    k = 3.0", "K.k"),
        ("ks = [(k := 3.0) for _ in range(1)]", "k"),
        ("ks = [3.0]", "ks[0]"),
        ("ks = {}\nks['k'] = 3.0", "ks['k']"),
        ("from math import e as k", "k"),
        ("import cgraph_edu\nk = cgraph_edu.constant(3)", "k"),
        ("import numpy as np\nks = np.array([1, 2])", "int(ks[0])"),
        ("k = '3'", "float(k)"),
    ],
)
def test_what_is_no_input(body: str, constant: str) -> None:
    assert list(inputs(draw(f"{body}\na = 2.0\ny = a * {constant}"))) == ["a"]


def test_float_arrays_are_inputs_and_integer_arrays_are_not() -> None:
    g = draw(
        """
        import numpy as np
        w = np.array([1.0, 2.0])
        n = np.array([3, 4])
        y = (w * n).sum()
        """
    )
    assert list(inputs(g)) == ["w"]


def test_an_input_given_again_replaces_the_first() -> None:
    assert inputs(draw("a = 2.0\na = 3.0\ny = a * 2")) == {"a": 3.0}


def test_a_number_of_an_earlier_cell_is_a_constant() -> None:
    assert inputs(draw("a = 2.0\ny = a * k", {"k": 3.0})) == {"a": 2.0}


def test_an_annotation_alone_binds_nothing() -> None:
    namespace: dict[str, Any] = {"k": 3}
    draw("k: int\na = 2.0\ny = a * k", namespace)
    assert namespace["k"] == 3
    assert type(namespace["k"]) is int


def test_an_assignment_that_is_skipped_binds_nothing() -> None:
    namespace: dict[str, Any] = {"k": 3}
    draw("a = 2.0\nb = False and (k := 4.0)\ny = a * k", namespace)
    assert type(namespace["k"]) is int


def test_inputs_that_do_not_feed_the_output_are_absent() -> None:
    assert list(inputs(draw("a = 2.0\nb = 3.0\ny = a * 2"))) == ["a"]


# --- The output -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("a = 2.0\nb = a * 2\nc = b * 3", "c"),
        ("a = 2.0\nc = a * 2\nb = a * 3", "b"),
        ("a = 2.0\nb, c = a * 2, a * 3", "c"),
        ("a = 2.0\nb = [c := a * 2, c * 3][1]", "b"),
        ("a = 2.0\nb = a * 2\nprint(b)", "b"),
        ("a = 2.0\nb = a * 2\na", "b"),
        ("a = 2.0\nb = a * 2\na * 5", "v1"),
        ("a = 2.0\nif a > 1:\n    b = a * 2", "b"),
        ("a = 2.0\n(b := a * 2)", "b"),
        ("a = 2.0\nb = a * 2\ndef f(x): return x", "b"),
        ("a = 2.0\nb = a * 2\ntext = 'done'", "b"),
        ("a = 2.0\na = a * 2", "a_1"),
        ("a = 2.0", "a"),
    ],
)
def test_the_output_is_the_last_name_assigned(
    body: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draw(body).output.name == name


def test_an_output_can_be_chosen() -> None:
    body = "a = 2.0\nb = a * 2\nc = b * 3"
    assert draw(body, output="b").output.name == "b"
    assert draw("d = 1.0", {"e": cg.variable(2.0, name="e") * 3}, output="e").output.value == 6.0


@pytest.mark.parametrize(
    ("body", "output", "message"),
    [
        ("a = 2.0\nb = a * 2", "z", "--output z: the cell computes no z; it has: a, b"),
        ("", None, "there is no number in this cell"),
        ("# nothing", None, "there is no number in this cell"),
        ("text = 'hello'", None, "there is no number in this cell"),
        ("import cgraph_edu as cg\nk = cg.constant(3.0) * 2", None, "k = 6 does not depend on any"),
    ],
)
def test_where_there_is_nothing_to_draw(body: str, output: str | None, message: str) -> None:
    with pytest.raises(cg.NoGraphError, match=message):
        draw(body, output=output)


# --- Names ----------------------------------------------------------------------------------------


def test_subexpressions_are_numbered() -> None:
    assert formulas(draw("a = 2.0\nb = 1.0\ne = (a + b) * (b + 1)")) == [
        "v1 = a + b",
        "v2 = b + 1",
        "e = v1 * v2",
    ]


def test_a_name_given_again_is_counted() -> None:
    assert formulas(draw("x = 2.0\nx = x + 1\nx *= x")) == ["x_1 = x + 1", "x_2 = x_1 * x_1"]


def test_a_second_name_does_not_replace_the_first() -> None:
    assert formulas(draw("a = 2.0\nb = a\nc = b * 2")) == ["c = a * 2"]


def test_a_loop_names_each_round() -> None:
    g = draw("a = 2.0\ny = a\nfor i in range(3):\n    y = y * a")
    assert formulas(g) == ["y = a * a", "y_1 = y * a", "y_2 = y_1 * a"]


def test_results_of_an_earlier_cell_can_be_used() -> None:
    namespace: dict[str, Any] = {}
    draw("a = 2.0\nb = a * 3", namespace)
    assert formulas(draw("c = b + 1", namespace)) == ["b = a * 3", "c = b + 1"]


# --- math, and sum --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        *[
            (f"math.{f}(a)", [f"y = {f}(a)"])
            for f in "exp sqrt sin cos tan asin acos atan expm1 log1p sinh tanh".split()
        ],
        ("math.log(a)", ["y = log(a)"]),
        ("math.log(a, 2)", ["v1 = log(a)", "y = v1 / 0.693147"]),
        ("math.log2(a)", ["v1 = log(a)", "y = v1 / 0.693147"]),
        ("math.log10(a)", ["v1 = log(a)", "y = v1 / 2.30259"]),
        ("math.pow(a, 3)", ["y = a ** 3"]),
        ("math.fabs(a)", ["y = abs(a)"]),
        ("math.hypot(a, 3)", ["v1 = a * a", "v2 = v1 + 9", "y = sqrt(v2)"]),
        ("sin(a)", ["y = sin(a)"]),
        ("m.sin(a)", ["y = sin(a)"]),
        ("[math.sin][0](a)", None),
        ("wave(a)", ["y = sin(a)"]),
        ("Wave()(a)", ["y = sin(a)"]),
        ("(lambda x: math.sin(x))(a)", ["y = sin(a)"]),
        ("sum([a, 2 * a, 3])", ["v1 = 2 * a", "v2 = a + v1", "y = v2 + 3"]),
        ("sum(x * a for x in (1, 2))", ["v1 = 1 * a", "v2 = 2 * a", "y = v1 + v2"]),
        ("sum([a, a], start=a)", ["v1 = a + a", "y = v1 + a"]),
        ("sum([1, 2]) * a", ["y = 3 * a"]),
    ],
)
def test_functions_of_math_are_recorded(call: str, expected: list[str] | None) -> None:
    prelude = """
        import math
        import math as m
        from math import sin
        def wave(x):
            return math.sin(x)
        class Wave:
            def __call__(self, x):
                return sin(x)
        a = 0.5
        """
    if expected is None:  # not called by a name: what happens is said aloud
        with pytest.warns(cg.GraphBreakWarning, match=r"number 0\.5 out of a"):
            run(textwrap.dedent(prelude) + f"y = {call}")
    else:
        assert formulas(draw(textwrap.dedent(prelude) + f"y = {call}")) == expected


def test_functions_of_math_on_plain_numbers_are_pythons_own() -> None:
    namespace: dict[str, Any] = {}
    run(
        "import math\nk = [math.sin(1), math.log(8, 2), sum([1, 2]), sum([]), sum([[1]], [])]",
        namespace,
    )
    assert namespace["k"] == [np.sin(1), 3.0, 3, 0, [1]]
    with pytest.raises(ValueError, match="math domain error|expected a positive input"):
        raise_error(run("import math\nk = math.log(-1)"))


def raise_error(result: Run) -> None:
    assert result.error is not None
    raise result.error


def test_functions_of_numpy_are_recorded() -> None:
    assert formulas(draw("import numpy as np\na = 0.5\ny = np.sin(a) * np.exp(a)")) == [
        "v1 = sin(a)",
        "v2 = exp(a)",
        "y = v1 * v2",
    ]


def test_math_that_has_no_derivative_here_says_so_at_its_line() -> None:
    with pytest.warns(cg.GraphBreakWarning, match="number 0.5 out of a: no derivative") as caught:
        run("import math\na = 0.5\ny = a * math.gamma(a)")
    assert caught[0].lineno == 4


# --- Ordinary Python ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "y = a\nfor _ in range(2): y = y * a",
        "y = a\nn = 0\nwhile n < 2:\n    n = n + 1\n    y = y * a",
        "def cube(x):\n    return x * x * x\ny = cube(a)",
        "def cube(x, n=3):\n    return x if n == 1 else x * cube(x, n - 1)\ny = cube(a)",
        "cube = lambda x: x * x * x\ny = cube(a)",
        "parts = [a for _ in range(3)]\ny = parts[0] * parts[1] * parts[2]",
        "from functools import reduce\ny = reduce(lambda p, q: p * q, [a] * 3)",
        "import math\ny = math.prod([a, a, a])",
        "class Power:\n    n = 3\n    def __call__(self, x):\n        return x**self.n\n"
        "y = Power()(a)",
        "class Base:\n    def f(self, x):\n        return x * x\n"
        "class Cube(Base):\n    def f(self, x):\n        return super().f(x) * x\ny = Cube().f(a)",
        "def twice(f):\n    return lambda x: f(f(x))\n"
        "@twice\ndef times(x):\n    return x * a\ny = times(a)",
        "from functools import cache\n@cache\ndef cube(x):\n    return x * x * x\ny = cube(a)",
        "def powers(x):\n    p = x\n    while True:\n        yield p\n        p = p * x\n"
        "from itertools import islice\n*_, y = islice(powers(a), 3)",
        "def cube(x, *, times):\n    return x * x * times\ny = cube(a, times=a)",
        "def cube(*xs, **named):\n    p, q = xs\n    return p * q * named['r']\n"
        "y = cube(*[a, a], **{'r': a})",
        "try:\n    raise ValueError\nexcept ValueError:\n    y = a * a * a\nfinally:\n    pass",
        "import contextlib\nwith contextlib.nullcontext(a) as b:\n    y = b * b * b",
        "match a:\n    case 3.0:\n        y = a\n    case _:\n        y = a * a * a",
        "y = a * a * a if a > 1 and not a > 5 else a",
        "def cube():\n    global y\n    y = a * a * a\ncube()\ny = y",
        "y = a.__pow__(3)",
        "y = eval('a * a * a')",
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    w: float\n    def f(self):\n"
        "        return self.w**3\ny = P(a).f()",
        "y = max(a**3, a)",
        "y = sorted([a**3, a])[-1]",
        "data = {'x': a}\ny = data['x'] ** 3",
        "import numpy as np\ny = np.power(a, 3)",
        "k = 3\ny = a**k",
        "assert a > 0, 'positive'\ny = a**3",
        "y = 1\nfor x in (a, a, a): y *= x",
    ],
)
def test_a_cube_by_any_road_has_the_derivative_of_a_cube(body: str) -> None:
    g = draw(f"a = 2.0\n{body}")
    assert g.output.value == 8.0
    assert g.gradient(wrt="a")["a"] == pytest.approx(12.0)
    assert g.path_sum("a").agrees
    assert g.at(a=3.0).output.value == (27.0 if "case 3.0" not in body else 3.0)


def test_the_names_of_the_cell_are_there_afterwards_and_nothing_else() -> None:
    namespace: dict[str, Any] = {}
    run("a = 2.0\ndef f(x):\n    return x * 2\nb = f(a)", namespace)
    assert namespace.keys() - {"__builtins__"} == {"a", "f", "b", "_cgraph_call"}
    assert isinstance(namespace["a"], Variable)
    assert namespace["f"](3.0) == 6.0


def test_a_function_of_the_cell_can_be_used_later() -> None:
    namespace: dict[str, Any] = {}
    run("import math\ndef f(x):\n    return math.sin(x)\na = 2.0\nb = f(a)", namespace)
    exec("c = f(0.0)", namespace)
    assert namespace["c"] == 0.0


def test_side_effects_happen_once() -> None:
    namespace: dict[str, Any] = {"calls": []}
    draw("calls.append(1)\na = 2.0\nb = a * 2\n[calls.append(2), b][1]", namespace)
    assert namespace["calls"] == [1, 2]


def test_a_cell_may_be_run_again(recwarn: pytest.WarningsRecorder) -> None:
    namespace: dict[str, Any] = {}
    body = "a = 0.0\nb = 1 / a\nc = float(a) + b * a\nd = c + a if a == 0 else a"
    texts, said = set(), set()
    for _ in range(3):
        texts.add(str(draw(body, namespace)))
        said.add(tuple((str(w.message), w.lineno) for w in recwarn.list))
        recwarn.clear()
    assert len(texts) == 1
    assert len(said) == 1
    ((*_, last),) = said
    assert len(last) == 2


# --- Errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "error", "message", "line"),
    [
        ("a = 2.0\nb = a + nope", NameError, "'nope' is not defined", 3),
        ("a = 2.0\nb = a * 'x'", TypeError, r"^a \* 'x': 'x' is of type str where a number", 3),
        ("a = 2.0\n\n\nb = a + None", TypeError, r"^a \+ None", 5),
        ("a = 2.0\nb = 1 / 0", ZeroDivisionError, "division by zero", 3),
        ("a = 10**9999", OverflowError, "^a has 10,000 digits", 2),
        ("a = 2.0\nb = a * 10**9999", OverflowError, "has 10,000 digits", 3),
        ("a = 2.0\nb = a[0]", TypeError, "^a is a number: it has no entries", 3),
        ("def f(x):\n    return x + nope\na = 2.0\nb = f(a)", NameError, "'nope'", 3),
        ("a = 2.0\nfor i in range(a / 4): pass", TypeError, r"^a / 4 = 0\.5 is not a whole num", 3),
        ("a = 2.0\nassert a > 3, 'too small'", AssertionError, "too small", 3),
    ],
)
def test_an_error_names_the_learners_text_and_line(
    body: str, error: type[Exception], message: str, line: int
) -> None:
    result = run(body)
    with pytest.raises(error, match=message) as raised:
        raise_error(result)
    own = [frame for frame in traceback.extract_tb(raised.tb) if "%%cgraph" in frame.filename]
    assert own[-1].lineno == line
    assert own[-1].line == result.cell.source.splitlines()[line - 1].strip()


@pytest.mark.parametrize(
    ("body", "line"), [("a = 2.0\nb = = 3", 3), ("a = 2.0\nif a:\nb = 3", 4), ("a = (2.0", 2)]
)
def test_a_syntax_error_has_the_line_that_the_editor_shows(body: str, line: int) -> None:
    with pytest.raises(SyntaxError) as error:
        Cell(f"%%cgraph\n{body}\n")
    assert error.value.lineno == line
    assert error.value.text is not None
    assert error.value.text.strip() == body.splitlines()[line - 2].strip()


def test_a_literal_too_long_for_python_is_counted() -> None:
    with pytest.raises(OverflowError, match=r"line 3, b = 9+\.\.\.: this number has 10,000 digits"):
        Cell(f"%%cgraph\na = 2.0\nb = {'9' * 10_000}\n")


def test_names_bound_before_a_failure_stay_bound() -> None:
    namespace: dict[str, Any] = {}
    run("a = 2.0\nb = a * 3\nc = b + nope\nd = 1.0", namespace)
    assert namespace["b"].value == 6.0
    assert "d" not in namespace
    assert not any("bind" in name for name in namespace)


def test_the_graph_as_far_as_a_failing_cell_got() -> None:
    partial = run("a = 2.0\nb = a * 3\nc = b + nope").partial_graph()
    assert partial is not None
    assert formulas(partial) == ["b = a * 3"]
    assert run("a = 2.0\nc = a + nope").partial_graph() is None


@pytest.mark.parametrize(
    ("body", "message", "line"),
    [
        ("a = -1.0\nb = a * 2\nc = b ** 0.5", "c = b ** 0.5 is nan at b = -2", 4),
        ("import math\na = -1.0\nb = math.log(a) + 1", "v1 = log(a) is nan at a = -1", 4),
        ("x = 0.0\nx = 1 / x\ny = x * 2", "x_1 = 1 / x is inf at x = 0", 3),
        ("a = 0.0\nb = a * 2\n1 / b", "v1 = 1 / b is inf at b = 0", 4),
        ("a = 0.0\nb = 1 / a\nc = b * 2", "b = 1 / a is inf at a = 0", 3),
    ],
)
def test_leaving_the_domain_is_said_at_the_line(body: str, message: str, line: int) -> None:
    with pytest.warns(cg.DomainWarning) as caught:
        draw(body)
    assert [(str(w.message), w.lineno) for w in caught] == [(message, line)]


# --- Other inputs ---------------------------------------------------------------------------------


def test_moving_an_input_across_a_branch_runs_the_cell_again() -> None:
    g = draw("a = 2.0\nif a > 1:\n    y = a * 2\nelse:\n    y = a * 30")
    moved = g.at(a=0.5)
    assert formulas(moved) == ["y = a * 30"]
    assert moved.output.value == 15.0
    assert formulas(moved.at(a=3.0)) == ["y = a * 2"]


def test_running_again_changes_nothing_in_the_namespace_and_prints_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    namespace: dict[str, Any] = {}
    g = draw("a = 2.0\nprint('here')\ny = a * 2 if a > 1 else a", namespace)
    y = namespace["y"]
    assert g.at(a=0.0).output.value == 0.0
    assert namespace["y"] is y
    assert capsys.readouterr().out == "here\n"


def test_an_input_given_twice_is_replaced_in_its_turn() -> None:
    g = draw("a = 2.0\nb = a * 2\na = 5.0\ny = a * b if a > 1 else a - b")
    assert inputs(g) == {"a": 2.0, "a_1": 5.0}
    assert g.at(a_1=-1.0).output.value == -5.0


def test_an_input_that_hides_an_unused_one_of_its_name_is_the_one_replaced() -> None:
    g = draw("a = 2.0\na = 5.0\ny = a * 2 if a > 1 else -a")
    assert inputs(g) == {"a": 5.0}
    assert g.at(a=-1.0).output.value == 1.0
    assert g.at(a=-1.0).at(a=3.0).output.value == 6.0


def test_an_input_of_another_cell_is_not_mistaken_for_its_namesake() -> None:
    namespace: dict[str, Any] = {}
    draw("a = 2.0\nc = a * 3", namespace)
    g = draw("a = 5.0\ny = a * c if a > 0 else c", namespace)
    assert inputs(g) == {"a": 2.0, "a_1": 5.0}
    assert g.at(a_1=-1.0).output.value == 6.0
    with pytest.raises(cg.GuardError, match="a was set in another cell"):
        g.at(a=-1.0, a_1=-1.0)


def test_a_guard_on_an_input_of_another_cell_asks_to_run_both() -> None:
    namespace: dict[str, Any] = {}
    draw("a = 2.0\nb = a * 3", namespace)
    g = draw("c = b * 2 if b > 0 else b", namespace)
    assert g.at(a=1.0).output.value == 6.0
    with pytest.raises(cg.GuardError, match="a was set in another cell, and at a = -1"):
        g.at(a=-1.0)


def test_an_error_on_the_other_branch_comes_through() -> None:
    g = draw("a = 2.0\nif a < 1:\n    raise ValueError('a is too small')\ny = a * 2")
    with pytest.raises(ValueError, match="a is too small"):
        g.at(a=0.0)


def test_a_loop_that_depends_on_an_input_is_run_again() -> None:
    g = draw("x = 100.0\nn = 0\nwhile x > 10:\n    x = x / 2\ny = x * 3")
    assert len(g.nodes) == 6
    assert len(g.at(x=1000.0).nodes) == 9


# --- What the learner never sees ------------------------------------------------------------------


def test_a_wrong_call_of_a_routed_function_names_it() -> None:
    with pytest.raises(TypeError, match="sin"):
        raise_error(run("a = 2.0\nimport math\nb = math.sin(a, a)"))


def test_warnings_as_errors_reach_the_learner_as_errors() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(run("a = 2.0\nb = float(a)").error, cg.GraphBreakWarning)


def test_a_warning_stands_at_the_line_that_divides_by_zero() -> None:
    with pytest.warns(cg.DomainWarning) as caught:
        draw("a = 0.0\nxs = []\nxs.append(1.0 / a)\nz = 1.0\ny = xs[0] * z")
    assert [warning.lineno for warning in caught] == [4]


def test_a_cell_does_not_repeat_what_an_earlier_one_warned_of() -> None:
    namespace: dict[str, Any] = {}
    with pytest.warns(cg.DomainWarning):
        draw("a = 0.0\nb = 1.0 / a", namespace)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert draw("c = b * 2", namespace).value("c") == float("inf")


# --- Branches -------------------------------------------------------------------------------------


def test_an_input_that_the_code_computes_is_computed_again() -> None:
    graph = draw("a = 2.567\nb = int(a)\nc = a * b")
    assert graph.at(a=3.5).value("c") == 10.5
    assert graph.at(a=3.5).at(b=5.0).value("c") == 17.5


def test_a_loop_counter_is_counted_again() -> None:
    body = "x = 10.0\nn = 0\ny = x\nwhile y > 1:\n    y = y / 2\n    n = n + 1\nz = y * n"
    assert draw(body).at(x=100.0).value("z") == 100.0 / 2**7 * 7


def test_a_branch_taken_in_an_earlier_cell_still_guards() -> None:
    namespace: dict[str, Any] = {}
    draw("a = 2.0\nif a > 1:\n    c = a * 3\nelse:\n    c = a + 1", namespace)
    later = draw("d = c * 2", namespace)
    assert later.at(a=3.0).value("d") == 18.0
    with pytest.raises(cg.GuardError, match="a was set in another cell"):
        later.at(a=0.0)
    with pytest.raises(cg.GuardError, match="recorded for a > 1"):
        cg.graph(namespace["c"]).at(a=0.0)


def test_guards_of_an_older_run_are_forgotten() -> None:
    namespace: dict[str, Any] = {}
    draw("a = 2.0\nb = a * 1", namespace)
    for limit in (1.0, -5.0):
        latest = draw(f"c = b * 2 if b > {limit} else b", namespace)
    assert latest.at(a=0.0).value("c") == 0.0


def test_the_operand_that_max_left_aside_keeps_its_slider() -> None:
    graph = draw("a = 3.0\nb = 2.0\nc = max(a, b) * 2")
    assert inputs(graph) == {"a": 3.0, "b": 2.0}
    other = graph.at(a=1.0)
    assert other.value("c") == 4.0
    assert other.at(a=5.0).value("c") == 10.0
