"""`%%cgraph` on PyTorch's and TensorFlow's notation: the native graph, with a dialect's notes."""

from __future__ import annotations

import gc
import json
import math
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgraph_edu as cg
from cgraph_edu import dialects
from cgraph_edu.cell import Cell
from cgraph_edu.dialects import torch
from cgraph_edu.render.svg import draw, in_words
from cgraph_edu.render.text import plain
from tests.dialects.cells import FIVE, TENSORFLOW, TORCH, graph, notes, run, shape
from tests.examples import FIVE_LINES, FIVE_NODES

# --- Which cells are in a dialect -----------------------------------------------------------------

BY_DOTS = [
    ("from cgraph_edu import dialects", "dialects"),
    ("from cgraph_edu import dialects as other", "other"),
    ("import cgraph_edu.dialects as other", "other"),
    ("import cgraph_edu.dialects", "cgraph_edu.dialects"),
    ("import cgraph_edu as cg", "cg.dialects"),
]


@pytest.mark.parametrize(("opening", "home"), BY_DOTS)
@pytest.mark.parametrize("is_earlier", [True, False])
def test_a_dialect_that_is_named_with_dots_is_one(
    opening: str, home: str, is_earlier: bool
) -> None:
    body = FIVE["torch"].partition("\n")[2].replace("torch.", f"{home}.torch.")
    namespace: dict[str, Any] = {}
    if is_earlier:
        exec(opening, namespace)
    else:
        body = f"{opening}\n{body}"
    done = run(f"lr = 0.1\n{body}", namespace)
    assert done.dialects == {"torch"}
    assert namespace["lr"] == 0.1
    assert type(namespace["lr"]) is float
    assert plain(done.graph()) == FIVE_NODES


def test_the_home_of_the_dialects_alone_is_none() -> None:
    done = run(f"from cgraph_edu import dialects\nimport cgraph_edu as cg\n{FIVE_LINES}")
    assert not done.dialects
    assert plain(done.graph()) == FIVE_NODES


def test_a_name_that_only_looks_like_the_home_is_none() -> None:
    done = run("class dialects:\n    torch = 2.0\na = 3.0\ne = a * dialects.torch")
    assert not done.dialects
    assert done.graph().gradient() == {"a": 2.0}


def test_the_dialects_are_found_without_their_import() -> None:
    code = "from cgraph_edu import dialects; print(dialects.torch.tensor(2.0), dir(dialects))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "tensor(2.) ['tensorflow', 'torch']\n"
    home: Any = dialects
    with pytest.raises(AttributeError, match="numpy"):
        _ = home.numpy


# --- The same graph -------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", FIVE)
def test_a_dialects_cell_gives_the_native_graph_and_ledger(dialect: str) -> None:
    drawn, native = graph(FIVE[dialect]), graph(FIVE_LINES)
    assert shape(drawn) == shape(native)
    assert [node.op for node in drawn.nodes] == [node.op for node in native.nodes]
    assert [node.name for node in drawn.inputs] == ["a", "b"]
    assert plain(drawn) == FIVE_NODES
    assert drawn.gradient() == native.gradient() == {"a": 2.0, "b": 5.0}
    assert all(drawn.path_sum(name).agrees for name in "ab")


@pytest.mark.parametrize(
    ("variable", "opening"),
    [
        ("torch.tensor([{}], requires_grad=True)", "from cgraph_edu.dialects import torch\n"),
        ("tf.Variable([{}])", "from cgraph_edu.dialects import tensorflow as tf\n"),
    ],
)
def test_arrays_of_one_entry_are_numbers(variable: str, opening: str) -> None:
    a, b = (variable.format(value) for value in ("2.0", "0.1"))
    drawn = graph(f"{opening}a = {a}\nb = {b}\nc = a + b\nd = b + 1\ne = c * d * 0.3")
    native = graph("a = 2.0\nb = 0.1\nc = a + b\nd = b + 1\ne = c * d * 0.3")
    assert drawn.is_live
    assert shape(drawn) == shape(native)
    assert drawn.path_sum("b").agrees
    assert drawn.gradient() == native.gradient()


@pytest.mark.parametrize(
    ("formula", "nodes"),
    [
        ("3 / x", ["y = 3 / x"]),
        ("0.5 * x", ["y = 0.5 * x"]),
        ("sum([x, x * x])", ["v1 = x * x", "y = x + v1"]),
        ("1 / (x * 1 / x)", ["v1 = x * 1", "v2 = v1 / x", "y = 1 / v2"]),
        ("x.reciprocal() * x", ["v1 = reciprocal(x)", "y = v1 * x"]),
    ],
)
def test_pytorchs_own_steps_are_not_drawn(formula: str, nodes: list[str]) -> None:
    drawn = graph(
        "from cgraph_edu.dialects import torch\n"
        f"x = torch.tensor(2.0, requires_grad=True)\ny = {formula}"
    )
    assert [f"{n.name} = {drawn.describe(n)}" for n in drawn.nodes if n.op] == nodes


def test_a_step_with_a_name_is_drawn() -> None:
    drawn = graph(
        "from cgraph_edu.dialects import torch\n"
        "x = torch.tensor(2.0, requires_grad=True)\nr = torch.reciprocal(x)\ny = r * 3"
    )
    assert [node.name for node in drawn.nodes] == ["x", "r", "y"]


def test_numbers_are_those_that_were_written() -> None:
    drawn = graph(
        """
        from cgraph_edu.dialects import torch
        x = torch.tensor(0.1, requires_grad=True)
        k = torch.tensor(0.3)
        y = torch.sin(x) * torch.exp(x * k) / 7
        """
    )
    assert drawn.value("x") == 0.1
    assert "0.1000000" not in plain(drawn)
    assert drawn.describe(drawn.node("v2")) == "x * 0.3"
    assert drawn.output.value == pytest.approx(math.sin(0.1) * math.exp(0.03) / 7, rel=1e-15)
    assert drawn.path_sum("x").agrees


def test_double_precision_stays_as_it_is() -> None:
    drawn = graph(
        "from cgraph_edu.dialects import torch\n"
        "x = torch.tensor(0.123456789012345, dtype=torch.float64, requires_grad=True)\ny = x * 3"
    )
    assert drawn.value("x") == 0.123456789012345


def test_arrays_are_drawn_as_arrays() -> None:
    drawn = graph(
        """
        from cgraph_edu.dialects import torch
        w = torch.tensor([1.0, 2.0, 0.3], requires_grad=True)
        x = torch.tensor([0.1, 2.0, 0.3])
        loss = ((w * x).sum() - 1) ** 2
        loss.backward()
        """
    )
    assert not drawn.is_live
    assert drawn.describe(drawn.node("v1")) == "w * x"
    assert drawn.path_sum("w").agrees
    assert drawn.gradient()["w"] == pytest.approx([0.638, 12.76, 1.914], rel=1e-5)


def test_the_dialect_may_come_from_an_earlier_cell() -> None:
    namespace: dict[str, Any] = {}
    run("from cgraph_edu.dialects.torch import tensor", namespace)
    drawn = graph("x = tensor(2.0, requires_grad=True)\nk = 3\ny = k * x", namespace)
    assert [node.name for node in drawn.inputs] == ["x"]
    assert type(namespace["k"]) is int


def test_tensors_of_an_earlier_cell_keep_their_names() -> None:
    namespace: dict[str, Any] = {}
    exec(
        "from cgraph_edu.dialects import torch\nw = torch.tensor(2.0, requires_grad=True)",
        namespace,
    )
    assert shape(graph("y = w * w", namespace))[0] == ("w", "w", 2.0)


# --- Plain numbers --------------------------------------------------------------------------------


def test_plain_numbers_stay_plain_and_print_as_in_pytorch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    drawn = graph(
        """
        from cgraph_edu.dialects import torch
        lr = 0.1
        w = torch.tensor(2.0, requires_grad=True)
        for step in range(2):
            loss = (w * 3 - 1) ** 2
            loss.backward()
            w.data -= lr * w.grad
            w.grad.zero_()
        print(w, lr, type(lr).__name__)
        step = w.grad
        """
    )
    # 2 - 0.1 * 2 * 3 * (6 - 1) = -1; -1 - 0.1 * 6 * (-3 - 1) = 1.4
    assert capsys.readouterr().out == "tensor(1.4000, requires_grad=True) 0.1 float\n"
    assert drawn.output.name == "loss"  # not a step of training, nor a gradient
    assert {node.name: node.value for node in drawn.inputs} == {"w": -1.0}
    assert drawn.output.value == pytest.approx(16.0)


def test_a_training_loop_does_not_hold_on_to_its_earlier_steps() -> None:
    namespace: dict[str, Any] = {}
    run(
        """
        import weakref
        from cgraph_edu.dialects import torch
        w = torch.tensor(2.0, requires_grad=True)
        seen = []
        for step in range(5):
            loss = (w * 3 - 1) ** 2
            seen.append(weakref.ref(loss))
        """,
        namespace,
    )
    gc.collect()
    assert [ref() is None for ref in namespace["seen"]] == [True] * 4 + [False]


def test_native_numbers_of_another_cell_mix_in() -> None:
    namespace: dict[str, Any] = {}
    run("a = 3.0\nb = a * 1", namespace)
    drawn = graph(
        "from cgraph_edu.dialects import torch\nx = torch.tensor(2.0, requires_grad=True)\ny=a*x",
        namespace,
    )
    assert drawn.gradient() == {"a": 2.0, "x": 3.0}


def test_a_cell_without_a_dialect_is_as_before_beside_one() -> None:
    namespace: dict[str, Any] = {}
    run(
        "from cgraph_edu.dialects import torch\nw = torch.tensor(2.0, requires_grad=True)\ny=w*w",
        namespace,
    )
    assert [node.name for node in graph("lr = 0.5\nz = lr * 3", namespace).inputs] == ["lr"]


def test_names_that_a_cell_binds_anew_do_not_count() -> None:
    namespace: dict[str, Any] = {}
    run(TORCH, namespace)
    assert shape(graph("a = 0.5\nb = a * 3", namespace)) == shape(graph("a = 0.5\nb = a * 3"))
    run(TORCH, namespace)
    drawn = graph("lr = 2.0\nc = lr * c", namespace)
    assert [node.name for node in drawn.inputs] == ["a", "b"]


def test_what_no_gradient_flows_to_is_refused_in_words() -> None:
    with pytest.raises(cg.NoGraphError, match="y = 6 does not depend on any input"):
        graph("from cgraph_edu.dialects import torch\nx = torch.tensor(2.0)\ny = x * 3")


def test_a_failing_cell_shows_the_graph_as_far_as_it_got() -> None:
    result = Cell(f"%%cgraph\n{TORCH}e.backward()\n").run({})
    assert isinstance(result.error, RuntimeError)
    partial = result.partial_graph()
    assert partial is not None
    assert plain(partial) == FIVE_NODES


# --- Sliders --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start",
    [
        "from cgraph_edu.dialects import torch\nx = torch.tensor([1.5], requires_grad=True)\n",
        "from cgraph_edu.dialects import torch\nx = torch.tensor(1.5)\nx.requires_grad_()\n",
        "from cgraph_edu.dialects import tensorflow as tf\nx = tf.Variable(1.5)\n",
        "from cgraph_edu.dialects import tensorflow as tf\nx = tf.constant([1.5])\n"
        "with tf.GradientTape() as tape:\n    tape.watch(x)\n",
    ],
)
def test_a_slider_that_crosses_an_if_runs_the_code_again(start: str) -> None:
    drawn = graph(f"{start}if x > 0:\n    y = x * x\nelse:\n    y = -x * 3\nz = y + 1")
    assert drawn.at(x=2.0).output.value == 5.0
    moved = drawn.at(x=-0.7)
    native = graph("x = 1.5\nif x > 0:\n    y = x * x\nelse:\n    y = -x * 3\nz = y + 1")
    assert shape(moved) == shape(native.at(x=-0.7))
    assert moved.gradient() == {"x": -3.0}
    assert moved.at(x=1.0).gradient() == {"x": 2.0}


@pytest.mark.parametrize("dialect", FIVE)
def test_the_picture_is_there_after_the_graph_is_freed(dialect: str) -> None:
    namespace: dict[str, Any] = {}
    run(FIVE[dialect], namespace)
    for key in ("c", "d", "tape"):
        namespace.pop(key, None)
    assert plain(cg.graph(namespace["e"], names=namespace)) == FIVE_NODES


def test_graph_takes_a_dialects_tensor_and_locals() -> None:
    def formula() -> cg.Graph:
        from cgraph_edu.dialects import torch

        a = torch.tensor(2.0, requires_grad=True)
        b = torch.tensor(1.0, requires_grad=True)
        c = a + b
        e = c * (b + 1)
        return cg.graph(e, names=locals())

    drawn = formula()
    assert [node.name for node in drawn.nodes] == ["a", "b", "c", "v1", "e"]
    assert notes(drawn)["v1"] == ("AddBackward0",)


# --- Notes ----------------------------------------------------------------------------------------


def test_pytorchs_notes() -> None:
    drawn = graph(TORCH.replace("e.backward()", "d.retain_grad()\ne.backward()"))
    assert notes(drawn) == {
        "a": ("leaf",),
        "b": ("leaf",),
        "c": ("AddBackward0",),
        "d": ("AddBackward0", "retained"),
        "e": ("MulBackward0",),
    }


def test_tensorflows_notes() -> None:
    assert notes(graph(TENSORFLOW))["a"] == ("Variable", "watched")
    persistent = graph(
        """
        from cgraph_edu.dialects import tensorflow as tf
        x = tf.constant(3.0)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x * x
        slope = tape.gradient(y, x)
        """
    )
    assert notes(persistent)["x"] == ("watched", "persistent")
    assert persistent.output.name == "y"


def test_a_variable_that_was_assigned_to_since_keeps_its_notes() -> None:
    drawn = graph(
        """
        from cgraph_edu.dialects import tensorflow as tf
        w = tf.Variable(1.0)
        k = tf.Variable(2.0, trainable=False)
        for step in range(2):
            with tf.GradientTape() as tape:
                loss = (w * k - 3) ** 2
            w.assign_sub(0.1 * tape.gradient(loss, w))
        """
    )
    assert notes(drawn)["w"] == ("Variable", "watched")
    assert notes(drawn)["k"] == ("Variable", "not trainable")
    assert drawn.value("w") == pytest.approx(1.4)  # 1 - 0.1 * 2 * 2 * (2 - 3)


def test_native_graphs_have_no_notes() -> None:
    native = graph(FIVE_LINES)
    assert set(notes(native).values()) == {()}
    assert "note" not in draw(native)
    assert "notes" not in native.to_json()


def test_notes_are_drawn_and_told() -> None:
    drawn = graph(TORCH)
    assert '<text class="note"' in draw(drawn)
    assert ">MulBackward0</text>" in draw(drawn)
    assert "e = c * d = 6 (MulBackward0)" in in_words(drawn)
    assert "a = 2 (leaf), b = 1 (leaf)" in in_words(drawn)


def test_a_document_keeps_the_notes() -> None:
    drawn = graph(TORCH)
    assert notes(cg.Graph.from_json(drawn.to_json())) == notes(drawn)


@pytest.mark.parametrize(
    "bad", ["leaf", [1], [""], [" "], ["x" * 41], ["leaf"] * 5, [["leaf"]], {"leaf": 1}]
)
def test_notes_of_a_document_are_checked(bad: Any) -> None:
    document = json.loads(graph(TORCH).to_json())
    document["nodes"][0]["notes"] = bad
    with pytest.raises(ValueError, match="node 0, a: notes"):
        cg.Graph.from_json(document)


def test_hostile_notes_are_only_shown() -> None:
    document = json.loads(graph(TORCH).to_json())
    document["nodes"][0]["notes"] = ["</text><script>x</script>"]
    assert "<script" not in draw(cg.Graph.from_json(document))


# --- Random formulas ------------------------------------------------------------------------------

OPERATORS = (
    *("{} + {}", "{} - {}", "{} * {}", "{} / ({} * {} + 2)"),
    *("2 - {}", "-{}", "abs({}) ** 1.5", "0.3 / ({} * {} + 9.5)", "sum([{}, {}, {}])"),
)


@st.composite
def formulas(draw_from: Any) -> str:
    """Lines that compute with a and b, each naming its result."""
    names = ["a", "b"]
    lines = []
    for place in range(draw_from(st.integers(1, 6))):
        operator = draw_from(st.sampled_from(OPERATORS))
        count = operator.count("{}")
        chosen = [draw_from(st.sampled_from([*names, "0.1", "3"])) for _ in range(count - 1)]
        formula = operator.format(draw_from(st.sampled_from(names)), *chosen)
        lines.append(f"x{place} = {formula}")
        names.append(f"x{place}")
    lines.append(f"y = {names[-1]} * a + b")
    return "\n".join(lines)


@settings(max_examples=40, deadline=None)
@given(formulas(), *[st.decimals(-3, 3, places=2)] * 2)
def test_random_formulas_have_one_graph_in_every_notation(body: str, a: Any, b: Any) -> None:
    a, b = float(a), float(b)
    native = graph(f"a = {a}\nb = {b}\n{body}")
    indented = textwrap.indent(body, "    ")
    torch = graph(
        f"from cgraph_edu.dialects import torch\n"
        f"a = torch.tensor({a}, requires_grad=True)\nb = torch.tensor({b}, requires_grad=True)\n"
        f"{body}\ny.backward()"
    )
    tensorflow = graph(
        f"from cgraph_edu.dialects import tensorflow as tf\na = tf.Variable({a})\n"
        f"b = tf.Variable({b})\nwith tf.GradientTape() as tape:\n{indented}"
    )
    for drawn in (torch, tensorflow):
        assert shape(drawn) == shape(native)
        assert drawn.gradient() == native.gradient()
        assert all(drawn.path_sum(n.name).agrees for n in drawn.inputs)


def test_what_a_module_trains_has_the_name_that_it_has_there() -> None:
    layer = torch.nn.Linear(2, 1)
    drawn = cg.graph(layer(torch.ones(2)).sum())
    assert [node.name for node in drawn.inputs] == ["weight", "bias"]
