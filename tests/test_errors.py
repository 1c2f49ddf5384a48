"""What a learner sees of an error: their own lines, and none of the package's."""

import re
import traceback

import pytest

from cgraph_edu.magics import load, unload
from tests.examples import FIVE_LINES, FIVE_NODES
from tests.shell import Notebook


def test_a_chained_error_shows_the_learners_lines_only(notebook: Notebook) -> None:
    body = (
        "a = 1.0\ntry:\n    c = a * 'x'\nexcept TypeError as e:\n    raise ValueError('bad') from e"
    )
    shown = notebook.run(f"%%cgraph\n{body}\n")
    assert "ValueError: bad" in shown.printed
    assert "tensor.py" not in shown.printed


def test_a_failing_cell_leaves_no_older_graph_behind(notebook: Notebook) -> None:
    notebook.run("%%cgraph\na = 2.0\nb = a * 3\n")
    notebook.run("%%cgraph\nx = 1.0\ny = x + 1\nz = y + nope\n")
    assert notebook.shell.user_ns["graph"].output.name == "y"


FAILING = [
    ("b = = 3", 3, "SyntaxError: invalid syntax"),
    ("return a", 3, "SyntaxError: 'return' outside function"),
    ("b = a + nope", 3, "NameError: name 'nope' is not defined"),
    ("\n\nb = a + nope", 5, "NameError: name 'nope' is not defined"),
    ("b = a * 'x'", 3, "TypeError: a * 'x': 'x' is of type str where a number belongs"),
    ("b = a * None", 3, "TypeError: a * None: None is of type NoneType where a number belongs"),
    ("b = a * 10**9999", 3, "OverflowError: a number in a formula has 10,000 digits"),
    ("b = 10**9999", 3, "OverflowError: b has 10,000 digits: the largest float is"),
    ("b = 1 / 0", 3, "ZeroDivisionError: division by zero"),
    ("import math\nb = math.log(-1)", 4, "ValueError: "),
    ("b = a['<script>alert(1)</script>']", 3, "TypeError: a is a number"),
    ("def f(x):\n    return x / 0\nb = f(3)", 4, "ZeroDivisionError: division by zero"),
    ("def f(x):\n    return f(x)\nb = f(a)", 4, "RecursionError: maximum recursion depth"),
    ("raise KeyboardInterrupt", 3, "KeyboardInterrupt"),
]


@pytest.mark.parametrize(("body", "line", "message"), FAILING)
def test_an_error_shows_the_learners_line_and_no_other_frames(
    notebook: Notebook, body: str, line: int, message: str
) -> None:
    shown = notebook.run(f"%%cgraph\na = 2.0\n{body}\n")
    assert message in shown.printed
    assert re.search(rf"(-> {line} |:{line}\n)", shown.printed)
    for frame in ("cgraph_edu/", "run_cell_magic", "site-packages", "magics.py"):
        assert frame not in shown.printed


PLAIN_FAILING = [
    ("x = torch.tensor(2.0, requires_grad=True)\ny = x * x\ny.backward()\ny.backward()", 5),
    ("x = torch.tensor(2.0)\nx.nope", 3),
    ("import cgraph_edu as cg\ndef f(a):\n    return a / 'b'\ncg.trace(f, a=1.0)", 4),
    ("import cgraph_edu as cg\ncg.check_answer(cg.trace(lambda a: a * 2, a=1.0), 'a', 3)", 3),
    (
        "try:\n    torch.nope\nexcept AttributeError as error:\n    raise ValueError from error",
        3,
    ),
]


@pytest.mark.parametrize(("body", "line"), PLAIN_FAILING)
def test_in_a_plain_cell_an_error_shows_no_frames_of_the_package_either(
    notebook: Notebook, body: str, line: int
) -> None:
    shown = notebook.run(f"from cgraph_edu.dialects import torch\n{body}\n")
    assert shown.error is not None
    assert str(shown.error) in shown.printed
    assert f"-> {line} " in shown.printed
    for frame in ("cgraph_edu/", "site-packages"):
        assert frame not in shown.printed


@pytest.mark.parametrize(
    "cell",
    [
        "import json\njson.loads('{')",
        "1 / 0",
        "def f():\n    raise KeyError('a')\nf()",
        "raise SystemExit",
        "a = = 2",
        "exec('a = = 2')",
        "raise ExceptionGroup('two', [ValueError(1), ValueError(2)])",
        "%nope",
        "raise KeyboardInterrupt",
    ],
)
def test_other_errors_are_shown_as_ever(notebook: Notebook, cell: str) -> None:
    shell = notebook.shell

    def printed() -> str:
        shell.execution_count = 1
        return notebook.run(cell).printed

    with_extension = printed()
    kept, shell.custom_exceptions = shell.custom_exceptions, ()
    try:
        assert printed() == with_extension
    finally:
        shell.custom_exceptions = kept


FROZEN = """\
from dataclasses import dataclass
@dataclass(frozen=True)
class Frozen(Exception):
    why: str = "cold"
"""


@pytest.mark.parametrize("magic", ["", "%%cgraph\n"])
def test_an_error_that_can_t_be_assigned_to_is_shown_as_well(
    notebook: Notebook, magic: str
) -> None:
    notebook.run(FROZEN)
    shown = notebook.run(f"{magic}raise Frozen()")
    assert type(shown.error).__name__ == "Frozen"
    assert re.search(r"-> \d raise Frozen\(\)", shown.printed)
    assert "FrozenInstanceError" not in shown.printed
    assert notebook.shell.custom_exceptions


def test_the_whole_traceback_is_there_for_who_looks_for_it(notebook: Notebook) -> None:
    shown = notebook.run("import cgraph_edu as cg\ncg.trace(lambda a: a / 'b', a=1.0)")
    assert "cgraph_edu/" not in shown.printed
    assert shown.error is not None
    files = [frame.filename for frame in traceback.extract_tb(shown.error.__traceback__)]
    assert any("cgraph_edu" in file for file in files)


def test_the_extension_can_be_unloaded(notebook: Notebook) -> None:
    shell = notebook.shell
    kept = shell.custom_exceptions
    try:
        unload(shell)
        assert shell.custom_exceptions == ()
        assert "cgraph" not in shell.magics_manager.magics["cell"]
        assert "cgraph" not in shell.magics_manager.magics["line"]
    finally:
        load(shell)
    assert shell.custom_exceptions == kept
    assert notebook.run(f"%%cgraph\n{FIVE_LINES}\n").text == FIVE_NODES


def test_who_else_shows_errors_is_left_alone(notebook: Notebook) -> None:
    shell = notebook.shell
    kept, shell.custom_exceptions = shell.custom_exceptions, (ZeroDivisionError,)
    try:
        load(shell)
        assert shell.custom_exceptions == (ZeroDivisionError,)
    finally:
        shell.custom_exceptions = kept


@pytest.mark.parametrize("body", [body for body, _, message in FAILING if "Syntax" not in message])
def test_names_bound_before_a_failure_stay_bound_and_the_shell_lives_on(
    notebook: Notebook, body: str
) -> None:
    notebook.run(f"%%cgraph\na = 2.0\n{body}\n")
    assert notebook["a"].value == 2.0
    assert notebook.run(f"%%cgraph\n{FIVE_LINES}\n").text == FIVE_NODES


def test_blank_lines_at_the_top_count(notebook: Notebook) -> None:
    assert "----> 5 b = a + nope" in notebook.run("%%cgraph\n\n\na = 2.0\nb = a + nope\n").printed


def test_a_failing_cell_shows_the_graph_as_far_as_it_got(notebook: Notebook) -> None:
    shown = notebook.run("%%cgraph\na = 2.0\nb = a * 3\nc = b + nope\n")
    assert shown.text.startswith("as far as the cell got:\nb = a * 3 = 6\n")
    assert "NameError: name 'nope' is not defined" in shown.printed


def test_a_failing_cell_of_arrays_still_shows_the_learners_error(notebook: Notebook) -> None:
    shown = notebook.run("%%cgraph\nimport numpy as np\nx = np.ones(2)\nh = x * 2\ny = h + nope\n")
    assert shown.printed.endswith("NameError: name 'nope' is not defined\n")
