"""`%%cgraph` and `%cgraph` in a real IPython shell."""

import re
from base64 import b64decode

import pytest

import cgraph_edu as cg
from tests.examples import FIVE_LINES, FIVE_NODES
from tests.shell import Notebook

# --- A cell ---------------------------------------------------------------------------------------


def test_the_five_node_example(notebook: Notebook) -> None:
    shown = notebook.run(f"%%cgraph\n{FIVE_LINES}\n")
    assert shown.error is None
    assert [bundle["text/plain"] for bundle in shown.bundles] == [FIVE_NODES]
    assert shown.printed == ""


def test_the_output_serves_every_kind_of_viewer(notebook: Notebook) -> None:
    (bundle,) = notebook.run(f"%%cgraph\n{FIVE_LINES}\n").bundles
    assert bundle.keys() == {
        "application/vnd.jupyter.widget-view+json",
        "text/plain",
        "text/html",
        "text/latex",
    }
    assert "data:image/svg+xml;base64," in bundle["text/html"]
    assert bundle["text/latex"].startswith(r"$$\begin{aligned}")


def test_running_a_cell_again_gives_the_same_text_byte_for_byte(notebook: Notebook) -> None:
    cell = "%%cgraph\na = 0.0\nb = 1 / a\nc = float(a) + b\n"
    first, second = notebook.run(cell), notebook.run(cell)
    for kind in ("text/plain", "text/html", "text/latex"):
        assert first.bundles[-1][kind] == second.bundles[-1][kind]
    assert first.printed == second.printed == ""
    assert first.warnings == second.warnings
    assert [warning[:40] for warning in first.warnings] == [
        "4: GraphBreakWarning: float() takes the ",
        "3: DomainWarning: b = 1 / a is inf at a ",
    ]


def test_afterwards_the_names_the_graph_and_the_explorer_are_there(notebook: Notebook) -> None:
    notebook.run(f"%%cgraph\n{FIVE_LINES}\n")
    assert notebook["e"].value == 6.0
    assert notebook["graph"].gradient() == {"a": 2.0, "b": 5.0}
    assert notebook["explorer"].inputs == {"a": 2.0, "b": 1.0}


def test_the_graph_takes_the_name_that_is_asked_for(notebook: Notebook) -> None:
    notebook.run(f"%%cgraph mine\n{FIVE_LINES}\n")
    assert notebook["mine"].output.name == "e"
    assert "graph" not in notebook


def test_an_output_can_be_chosen(notebook: Notebook) -> None:
    shown = notebook.run(f"%%cgraph --output c\n{FIVE_LINES}\n")
    assert shown.text.startswith("c = a + b = 3\n")


def test_wrt_chooses_the_inputs(notebook: Notebook) -> None:
    shown = notebook.run(f"%%cgraph --wrt b\n{FIVE_LINES}\n")
    assert "∂e/∂b" in shown.text
    assert "∂e/∂a" not in shown.text


def test_a_limit_on_the_paths_listed(notebook: Notebook) -> None:
    shown = notebook.run(f"%%cgraph --limit 1\n{FIVE_LINES}\n")
    assert "    b → d → e   1 · 3 = 3\n    and 1 more, sum 2\n" in shown.text


def test_sliders_take_the_ranges_that_are_given(notebook: Notebook) -> None:
    notebook.run(f"%%cgraph --slider a=-3:3:0.1 b=0:4\n{FIVE_LINES}\n")
    assert list(notebook["explorer"].ranges["a"]) == [-3.0, 3.0, 0.1]
    assert list(notebook["explorer"].ranges["b"])[:2] == [0.0, 4.0]


def test_a_prediction_hides_what_would_give_it_away(notebook: Notebook) -> None:
    shown = notebook.run(f"%%cgraph --predict b --tolerance 0.1\n{FIVE_LINES}\n")
    (bundle,) = shown.bundles
    assert shown.text == "e = c * d = 6"
    assert "reverse mode found" not in bundle["text/html"]
    assert "= 5" not in bundle["text/latex"]
    explorer = notebook["explorer"]
    assert explorer.question["tolerance"] == 0.1
    assert explorer.source == "b"
    assert explorer.prediction == {}
    assert repr(explorer) == "e = c * d = 6"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--predict z", "--predict z: not an input; the inputs are: a, b"),
        ("--mode sideways", "invalid choice"),
        ("--predict b --tolerance 2", "a tolerance is a part, between 0 and 1, not 2.0"),
        ("--predict b --tolerance much", "invalid float value"),
        ("--predict", "expected one argument"),
    ],
)
def test_a_prediction_of_nothing_is_refused(notebook: Notebook, options: str, said: str) -> None:
    assert said in str(notebook.run(f"%%cgraph {options}\n{FIVE_LINES}\n").error)


def test_the_still_picture_of_a_prediction_has_no_partials(notebook: Notebook) -> None:
    body = "a = 4.0\nb = 7.0\ny = a * b + 1\n"
    for page in ("", "--page "):
        (bundle,) = notebook.run(f"%%cgraph {page}--predict b\n{body}").bundles
        still = bundle["text/html"].partition("</iframe>")[2] or bundle["text/html"]
        picture = b64decode(still.partition("base64,")[2].partition('"')[0]).decode()
        assert "∂v1/∂b" not in still + picture
        assert "∂v1/∂b = " not in bundle["text/html"]


def test_several_are_asked_for_one_after_the_other(notebook: Notebook) -> None:
    notebook.run(f"%%cgraph --predict b,a\n{FIVE_LINES}\n")
    assert notebook["explorer"].question["wrt"] == ["b", "a"]
    assert notebook["explorer"].source == "b"


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_cell_may_start_in_a_mode(notebook: Notebook, mode: str) -> None:
    shown = notebook.run(f"%%cgraph --mode {mode}\n{FIVE_LINES}\n")
    assert notebook["explorer"].mode == mode
    assert shown.text == FIVE_NODES


def test_a_cell_may_start_with_an_engine_that_is_wrong(notebook: Notebook) -> None:
    shown = notebook.run(f"%%cgraph --engine overwrite\n{FIVE_LINES}\n")
    assert notebook["explorer"].engine == "overwrite"
    assert notebook["graph"].gradient() == {"a": 2.0, "b": 5.0}
    assert "b: 2 instead of 5; lost: b → d → e, worth 3." in shown.text
    assert "instead of" in shown.bundles[-1]["text/html"]


@pytest.mark.parametrize(
    ("options", "body", "said"),
    [
        ("--engine forward", FIVE_LINES, "invalid choice"),
        ("--engine stale --predict b", FIVE_LINES, "--predict hides derivatives, --engine shows"),
        ("--engine stale --wrt b", FIVE_LINES, "--engine tells of all inputs and paths"),
        ("--engine stale --limit 1", FIVE_LINES, "--engine tells of all inputs and paths"),
        (
            "--engine stale",
            "import numpy as np\nx = np.ones(2)\ny = (x * x).sum()",
            "--engine needs the explorer of numbers",
        ),
    ],
)
def test_an_engine_that_fits_nothing_is_refused(
    notebook: Notebook, options: str, body: str, said: str
) -> None:
    assert said in str(notebook.run(f"%%cgraph {options}\n{body}\n").error)


def test_a_prediction_needs_sliders(notebook: Notebook) -> None:
    cell = "%%cgraph --predict x\nimport numpy as np\nx = np.ones(2)\ny = (x * x).sum()\n"
    assert "--predict needs the explorer" in str(notebook.run(cell).error)


def test_a_page_takes_the_place_of_the_widget(notebook: Notebook) -> None:
    cell = f"%%cgraph --page --slider a=-1:5 --wrt b\n{FIVE_LINES}\n"
    shown = notebook.run(cell)
    (bundle,) = shown.bundles
    assert bundle.keys() == {"text/plain", "text/html", "text/latex"}
    assert bundle["text/html"].count("<iframe") == 1
    assert '"a":[-1.0,5.0,0.05]' in bundle["text/html"]
    assert '"source":"b"' in bundle["text/html"]
    assert "data:image/svg+xml;base64," in bundle["text/html"].partition("</iframe>")[2]
    assert "∂e/∂b = 5" in shown.text
    assert "∂e/∂a" not in shown.text
    assert notebook["graph"].gradient() == {"a": 2.0, "b": 5.0}
    assert "explorer" not in notebook
    assert notebook.run(cell).bundles == shown.bundles


def test_a_page_of_arrays_shows_heat_maps(notebook: Notebook) -> None:
    body = "import numpy as np\nx = np.ones(2)\ny = (x * x).sum()\n"
    (bundle,) = notebook.run(f"%%cgraph --page\n{body}").bundles
    assert "<iframe" in bundle["text/html"]
    assert '"followed":["x",[0]]' in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" not in bundle


def test_a_page_refuses_the_slider_of_what_is_no_input(notebook: Notebook) -> None:
    shown = notebook.run(f"%%cgraph --page --slider z=0:1\n{FIVE_LINES}\n")
    assert "'z' is not an input; the inputs are: a, b" in str(shown.error)


def test_a_static_graph_refuses_where_python_would_branch(notebook: Notebook) -> None:
    body = "a = 2.0\ny = a * 2 if a > 0 else a\n"
    notebook.run(f"%%cgraph moving\n{body}")
    notebook.run(f"%%cgraph fixed --static\n{body}")
    assert notebook["moving"].at(a=-1.0).output.value == -1.0
    with pytest.raises(cg.GuardError, match="recorded for a > 0"):
        notebook["fixed"].at(a=-1.0)


def test_magics_and_shell_commands_inside_the_cell_work(notebook: Notebook) -> None:
    shown = notebook.run("%%cgraph\na = 2.0\nhere = %pwd\nb = a * 3\n")
    assert shown.error is None
    assert type(notebook["here"]) is str


@pytest.mark.parametrize(
    ("last", "printed"),
    [("b", ""), ("b * 1", ""), ("print('hi')", "hi"), ("'hi'", "'hi'"), ("a", "Variable(2.0")],
)
def test_what_the_last_line_gives_is_shown_unless_the_graph_shows_it(
    notebook: Notebook, last: str, printed: str
) -> None:
    shown = notebook.run(f"%%cgraph\na = 2.0\nb = a * 3\n{last}\n")
    assert printed in shown.printed
    assert bool(shown.printed) is bool(printed)
    assert len(shown.bundles) == 1


def test_arrays_get_the_explorer_of_arrays(notebook: Notebook) -> None:
    (bundle,) = notebook.run(
        "%%cgraph\nimport numpy as np\nx = np.ones(2)\ny = (x * 3).sum()\n"
    ).bundles
    assert "∂y/∂x = [3, 3]" in bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    explorer = notebook["explorer"]
    assert isinstance(explorer, cg.ArrayExplorer)
    explorer.inputs = {"x": {"1": 5.0}}
    assert explorer.graph.output.value == 18.0


def test_numpy_need_not_be_imported_for_numbers(notebook: Notebook) -> None:
    notebook.run(f"%%cgraph\n{FIVE_LINES}\n")
    assert "np" not in notebook


# --- An expression --------------------------------------------------------------------------------


def test_a_value_that_exists_can_be_drawn(notebook: Notebook) -> None:
    notebook.run(f"%%cgraph\n{FIVE_LINES}\n")
    assert notebook.run("%cgraph e").text == FIVE_NODES
    assert notebook.run("%cgraph graph").text == FIVE_NODES
    assert notebook.run("%cgraph c * 2").text.startswith("v1 = c * 2 = 6\n")


def test_a_value_made_outside_a_cell_takes_its_names_from_the_notebook(notebook: Notebook) -> None:
    notebook.run("import cgraph_edu as cg\nw = cg.variable(2.0)\nz = w * w")
    assert notebook.run("%cgraph z").text.startswith("z = w * w = 4\n")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%cgraph 3", "%cgraph 3: int has no graph"),
        ("%cgraph nope", "%cgraph nope: NameError: name 'nope' is not defined"),
        ("%cgraph 1 +", "%cgraph 1 +: SyntaxError"),
        ("%cgraph", "%cgraph EXPR: give it something to draw, such as %cgraph e"),
    ],
)
def test_what_cannot_be_drawn_is_named(notebook: Notebook, line: str, message: str) -> None:
    shown = notebook.run(line)
    assert shown.printed.startswith(f"UsageError: {message}")
    assert shown.bundles == []


# --- Bad input ------------------------------------------------------------------------------------

BAD_OPTIONS = [
    ("--nope", "%%cgraph --nope: unrecognized arguments: --nope. It knows: [NAME] --output"),
    ("one two", "%%cgraph one two: unrecognized arguments: two."),
    ("--limit 0", "%%cgraph --limit 0: --limit must be at least 1"),
    ("--limit many", "%%cgraph --limit many: argument --limit: invalid int value: 'many'"),
    ("--output z", "--output z: the cell computes no z; it has: a, b, c, d, e"),
    ("--wrt z", "--wrt z: not an input; the inputs are: a, b"),
    ("--wrt c", "--wrt c: not an input; the inputs are: a, b"),
    ("--slider a", "--slider a: write it as a=-3:3 or a=-3:3:0.1"),
    ("--slider a=1", "--slider a=1: write it as"),
    ("--slider a=3:1", "--slider a=3:1: write it as"),
    ("--slider a=0:1:0", "--slider a=0:1:0: write it as"),
    ("--slider a=x:y", "--slider a=x:y: write it as"),
    ("--slider z=0:1", "'z' is not an input; the inputs are: a, b"),
    ("<b>x</b>", "%%cgraph <b>x</b>: '<b>x</b>' can't be the name of a variable"),
    ("class", "%%cgraph class: 'class' can't be the name of a variable"),
    ("'open", "%%cgraph 'open: No closing quotation"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_an_option_that_does_not_fit_is_named(
    notebook: Notebook, options: str, message: str
) -> None:
    shown = notebook.run(f"%%cgraph {options}\n{FIVE_LINES}\n")
    assert shown.printed.startswith(f"UsageError: {message}")
    assert "Traceback" not in shown.printed
    assert shown.bundles == []


NOTHING_TO_DRAW = [
    ("", "there is no number in this cell, so there is nothing to draw."),
    ("# nothing yet", "there is no number in this cell, so there is nothing to draw."),
    ("text = 'hello'", "there is no number in this cell, so there is nothing to draw."),
    ("import cgraph_edu as cg\nk = cg.constant(2.0) * 3", "k = 6 does not depend on any input"),
    (f"a = 1\nb = a * {'9' * 10_000}", "line 3, b = a * 9999"),
]


def test_a_large_graph_is_folded_and_has_sliders(notebook: Notebook) -> None:
    shown = notebook.run("%%cgraph\na = 0.5\ny = a\nfor i in range(200):\n    y = y * a + a\n")
    (bundle,) = shown.bundles
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert (
        "401 nodes are too many for one picture: here its parts are folded" in bundle["text/html"]
    )
    assert 'alt="Inputs: ' in bundle["text/html"]
    assert notebook["explorer"].steps == 0


def test_an_output_of_several_numbers_is_drawn_without_derivatives(notebook: Notebook) -> None:
    shown = notebook.run("%%cgraph\nimport numpy as np\nx = np.ones(2)\ny = x * 3\n")
    assert shown.bundles[-1]["text/plain"] == (
        "y = x * 3 = [3, 3]\n  y is several numbers: a gradient needs one, their sum say"
    )


def test_scalar_inputs_may_meet_arrays(notebook: Notebook) -> None:
    body = "import numpy as np\nx = np.array([0.0, 1.0])\nb = 0.5\ny = (x * b).sum()"
    shown = notebook.run(f"%%cgraph\n{body}\n")
    assert "∂y/∂b = 1   1 path" in shown.bundles[-1]["text/plain"]
    assert r"\frac{\partial y}{\partial b} &= 1" in shown.bundles[-1]["text/latex"]


def test_infinite_array_gradients_agree_with_themselves(notebook: Notebook) -> None:
    body = "import numpy as np\nx = np.array([0.0, 1.0])\ny = np.log(x).sum()"
    shown = notebook.run(f"%%cgraph\n{body}\n")
    assert "reverse mode: x ✓" in shown.bundles[-1]["text/plain"]


def test_the_name_of_the_graph_may_not_be_one_of_the_cells(notebook: Notebook) -> None:
    shown = notebook.run("%%cgraph a\na = 2.0\nb = a * 3\n")
    assert "the cell gives the name 'a' to a value" in shown.printed
    assert notebook.shell.user_ns["a"].value == 2.0


def test_sliders_may_be_given_one_by_one(notebook: Notebook) -> None:
    notebook.run("%%cgraph --slider a=-5:5 --slider b=-7:7\na = 2.0\nb = 1.0\nc = a * b\n")
    ranges = notebook.shell.user_ns["explorer"].ranges
    assert ranges["a"][:2] == [-5.0, 5.0]
    assert ranges["b"][:2] == [-7.0, 7.0]


@pytest.mark.parametrize(("body", "message"), NOTHING_TO_DRAW)
def test_a_cell_without_a_graph_says_why(notebook: Notebook, body: str, message: str) -> None:
    shown = notebook.run(f"%%cgraph\n{body}\n")
    assert shown.printed.startswith(f"UsageError: {message}")
    assert "Traceback" not in shown.printed
    assert len(shown.printed) < 300


@pytest.mark.parametrize("cell", ["%%cgraph", "%%cgraph\n", "%%cgraph mine --limit 3\n"])
def test_an_empty_cell_says_so(notebook: Notebook, cell: str) -> None:
    printed = notebook.run(cell).printed
    assert printed.startswith("UsageError: %%cgraph is a cell magic, but the cell body is empty.")


@pytest.mark.parametrize(
    ("body", "first", "warning"),
    [
        (
            "import math\na = -1.0\nb = math.log(a)",
            "b = log(a) = nan",
            "4: DomainWarning: b = log(a) is nan at a = -1",
        ),
        ("a = 0.0\nb = 1 / a", "b = 1 / a = inf", "3: DomainWarning: b = 1 / a is inf at a = 0"),
    ],
)
def test_infinity_and_nan_are_drawn_with_a_warning(
    notebook: Notebook, body: str, first: str, warning: str
) -> None:
    shown = notebook.run(f"%%cgraph\n{body}\n")
    assert shown.text.splitlines()[0] == first
    assert shown.warnings == [warning]
    assert "application/vnd.jupyter.widget-view+json" in shown.bundles[-1]


# --- Dialects -------------------------------------------------------------------------------------

TORCH = """\
a = torch.tensor([2.0], requires_grad=True)
b = torch.tensor([1.0], requires_grad=True)
c = a + b
d = b + 1
e = c * d
e.backward()
print(a.grad, b.grad)
e"""


def test_a_cell_in_pytorchs_notation_prints_and_draws(notebook: Notebook) -> None:
    notebook.run("from cgraph_edu.dialects import torch")
    shown = notebook.run(f"%%cgraph\n{TORCH}")
    assert shown.error is None
    printed, result = shown.printed.splitlines()
    assert printed == "tensor([2.]) tensor([5.])"
    assert result.endswith(": tensor([6.], grad_fn=<MulBackward0>)")
    (picture,) = shown.bundles
    assert picture["text/plain"] == FIVE_NODES
    svg = b64decode(picture["text/html"].partition("base64,")[2].partition('"')[0]).decode()
    assert ">MulBackward0</text>" in svg
    assert notebook["explorer"].inputs == {"a": 2.0, "b": 1.0}


def test_a_dialects_error_is_shown_at_the_learners_line(notebook: Notebook) -> None:
    notebook.run("from cgraph_edu.dialects import torch")
    shown = notebook.run(f"%%cgraph\n{TORCH}\ne.backward()\n")
    assert isinstance(shown.error, RuntimeError)
    assert "Trying to backward through the graph a second time" in shown.printed
    assert re.search(r"-+> 10 e\.backward\(\)", shown.printed)
    assert "site-packages" not in shown.printed
    assert "tape.py" not in shown.printed


def test_a_dialects_tensor_is_drawn_by_the_line_magic(notebook: Notebook) -> None:
    notebook.run(f"from cgraph_edu.dialects import torch\n{TORCH}")
    assert notebook.run("%cgraph e").text == FIVE_NODES


def test_one_formula_in_all_notations(notebook: Notebook) -> None:
    shown = notebook.run(f"%%cgraph --dialect all\n{FIVE_LINES}")
    assert shown.error is None
    assert shown.printed == ""
    picture, panels = shown.bundles
    assert picture["text/plain"] == FIVE_NODES
    assert panels.keys() == {"text/plain", "text/html"}
    assert "tensor(6., grad_fn=<MulBackward0>)" in panels["text/plain"]
    assert "tf.Tensor(6.0, shape=(), dtype=float32)" in panels["text/plain"]
    assert {node.notes for node in notebook["graph"].nodes} == {()}


@pytest.mark.parametrize(
    ("dialect", "notes"), [("torch", ("leaf",)), ("tensorflow", ("Variable", "watched"))]
)
def test_one_notation_brings_its_own_graph(
    notebook: Notebook, dialect: str, notes: tuple[str, ...]
) -> None:
    shown = notebook.run(f"%%cgraph --dialect {dialect} --wrt b\n{FIVE_LINES}")
    assert shown.error is None
    assert notebook["graph"].node("a").notes == notes
    assert "∂e/∂a" not in shown.bundles[0]["text/plain"]
    assert notebook["graph"].at(b=3.0).gradient() == {"a": 4.0, "b": 9.0}


def test_native_alone_shows_the_program(notebook: Notebook) -> None:
    shown = notebook.run(f"%%cgraph --dialect native\n{FIVE_LINES}")
    assert "print(cg.gradient(e, [a, b]))\n  prints\n    6.0" in shown.text


def test_an_option_that_is_the_cells_own_notation_just_draws(notebook: Notebook) -> None:
    notebook.run("from cgraph_edu.dialects import torch")
    shown = notebook.run(f"%%cgraph --dialect torch\n{TORCH}")
    assert shown.text == FIVE_NODES


@pytest.mark.parametrize("option", ["--static", "--page", "--mode reverse", "--output c"])
def test_dialects_go_with_other_options(notebook: Notebook, option: str) -> None:
    shown = notebook.run(f"%%cgraph --dialect all {option}\n{FIVE_LINES}")
    assert shown.error is None
    assert "grad_fn" in shown.text


@pytest.mark.parametrize(
    ("option", "body", "complaint"),
    [
        ("nonsense", FIVE_LINES, r"choose from '?native'?, '?torch'?, '?tensorflow'?, '?all'?"),
        ("all --predict b", FIVE_LINES, "--predict hides derivatives and --dialect prints them"),
        ("all", f"from cgraph_edu.dialects import torch\n{TORCH}", r"notation already \(torch\)"),
    ],
)
def test_what_does_not_go_together_is_refused(
    notebook: Notebook, option: str, body: str, complaint: str
) -> None:
    shown = notebook.run(f"%%cgraph --dialect {option}\n{body}")
    assert re.search(complaint, shown.printed)


def test_what_a_notation_cannot_say_leaves_the_graph(notebook: Notebook) -> None:
    body = "import numpy as np\na = 2.0\nb = np.sin(a) * 3"
    shown = notebook.run(f"%%cgraph --dialect tensorflow\n{body}")
    assert shown.bundles[0]["text/plain"].startswith("b = v1 * 3 = 2.72789")
    assert "line 4: TensorFlow's notation does not know np.sin(...)" in shown.text
