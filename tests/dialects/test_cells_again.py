"""Cells in a dialect's notation one after another, beside native functions, and run again."""

from __future__ import annotations

import math
from typing import Any

import pytest

import cgraph_edu as cg
from cgraph_edu.cell import Cell
from cgraph_edu.dialects import tensorflow, torch
from cgraph_edu.render.text import plain
from tests.dialects.cells import graph

# --- Several cells --------------------------------------------------------------------------------

TORCH_OPENING = "from cgraph_edu.dialects import torch\n"
TENSORFLOW_OPENING = "from cgraph_edu.dialects import tensorflow as tf\n"
INPUTS = {
    "torch": (TORCH_OPENING, "torch.tensor({}, requires_grad=True)"),
    "tensorflow": (TENSORFLOW_OPENING, "tf.Variable({})"),
}


@pytest.mark.parametrize("dialect", INPUTS)
@pytest.mark.parametrize("condition", ["x > 1", "w * x > 0.6"])
def test_a_guard_of_one_cell_stays_out_of_the_next_ones_graph(dialect: str, condition: str) -> None:
    opening, made = INPUTS[dialect]
    namespace: dict[str, Any] = {}
    exec(f"{opening}w = {made.format(0.5)}", namespace)
    branching = f"x = {made.format(2.0)}\nloss = w * x if {condition} else w * x * 5"
    for _ in range(2):
        drawn = graph(branching, namespace)
        assert sorted(node.name for node in drawn.inputs) == ["w", "x"]
        assert drawn.at(x=0.5).output.value == 1.25
    later = graph(f"u = {made.format(3.0)}\nq = w * u", namespace)
    assert sorted(node.name for node in later.inputs) == ["u", "w"]
    assert later.gradient() == {"w": 3.0, "u": 0.5}


@pytest.mark.parametrize(
    "body",
    [
        f"{TORCH_OPENING}net = torch.nn.Linear(1, 1)\npred = net(torch.tensor([[2.0]]))",
        f"{TORCH_OPENING}net = torch.nn.Linear(1, 1)\npred = net(torch.tensor([2.0]))",
        f"{TENSORFLOW_OPENING}weight = tf.Variable([[3.0]])\npred = tf.constant([[2.0]]) @ weight",
    ],
)
def test_an_output_that_is_an_array_of_one_entry(body: str) -> None:
    drawn = graph(body)
    assert drawn.path_sum("weight").total == 2.0
    assert drawn.path_sum("weight").agrees
    assert "weight" in plain(drawn)


EARLY_STOPPING = {
    "torch": """
        from cgraph_edu.dialects import torch
        t = torch.tensor(3.0, requires_grad=True)
        w = torch.tensor(0.0, requires_grad=True)
        opt = torch.optim.SGD([w], lr=0.1)
        for i in range(5):
            opt.zero_grad()
            loss = (w - {target}) ** 2
            if loss < 4:
                break
            loss.backward()
            opt.step()
        """,
    "tensorflow": """
        from cgraph_edu.dialects import tensorflow as tf
        t = tf.Variable(3.0)
        w = tf.Variable(0.0)
        for i in range(5):
            with tf.GradientTape() as tape:
                loss = (w - {target}) ** 2
            if loss < 4:
                break
            w.assign_sub(0.1 * tape.gradient(loss, w))
        """,
}


@pytest.mark.parametrize("dialect", EARLY_STOPPING)
def test_early_stopping_draws_no_former_values(dialect: str) -> None:
    drawn = graph(EARLY_STOPPING[dialect].format(target=3))
    # 0 - 0.1 * 2 * (0 - 3) = 0.6; 0.6 + 0.2 * 2.4 = 1.08, where (1.08 - 3)² < 4
    assert {node.name: node.value for node in drawn.inputs} == pytest.approx({"w": 1.08})
    assert [drawn.guard_text(guard) for guard in drawn.guards] == ["loss < 4"]
    assert drawn.at(w=2.0).output.value == 1.0
    assert cg.Graph.from_json(drawn.to_json()).at(w=2.0).output.value == 1.0
    with pytest.raises(cg.GuardError, match="w = 1.08 is what this cell came to"):
        drawn.at(w=-1.0)


@pytest.mark.parametrize("dialect", EARLY_STOPPING)
def test_guards_on_former_values_still_hold_the_other_inputs(dialect: str) -> None:
    drawn = graph(EARLY_STOPPING[dialect].format(target="t"))
    assert {node.name: node.value for node in drawn.inputs} == pytest.approx({"t": 3.0, "w": 1.08})
    again = cg.Graph.from_json(drawn.to_json())
    assert again.at(t=2.9).output.value == pytest.approx(1.82**2, rel=1e-6)
    with pytest.raises(cg.GuardError, match=r"\(0\.6 - t\)"):  # it would have stopped earlier
        again.at(t=2.5)
    moved = drawn.at(t=2.5)
    # 0 + 0.2 * 2.5 = 0.5, where (0.5 - 2.5)² is not yet < 4; 0.5 + 0.2 * 2 = 0.9
    assert moved.value("w") == pytest.approx(0.9)


# --- A dialect's tensors among the engine's own functions -----------------------------------------


def test_trace_and_gradient_take_a_dialects_tensors() -> None:
    slope = math.sin(2.0) + 2.0 * math.cos(2.0)
    drawn = cg.trace(lambda x: torch.sin(x) * x, x=2.0)
    assert [node.name for node in drawn.inputs] == ["x"]
    assert drawn.gradient()["x"] == pytest.approx(slope)
    assert cg.grad(lambda x: torch.sin(x) * x)(2.0) == pytest.approx(slope, rel=1e-6)
    n = cg.variable(5.0, "n")
    x = torch.tensor(3.0, requires_grad=True)
    assert cg.gradient(x * n, [n, x]) == (3.0, 5.0)
    v = tensorflow.Variable(3.0)
    assert cg.gradient(v * v, [v]) == (6.0,)


def test_an_explorer_is_of_a_graph() -> None:
    with pytest.raises(TypeError, match=r"not of a Tensor: cg\.Explorer\(cg\.graph\(e\)\)"):
        cg.Explorer(torch.tensor(3.0, requires_grad=True) * 2)


@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        (f"{TORCH_OPENING}x = torch.tensor(2.0)\ny = x * 3", "requires_grad=True"),
        (f"{TENSORFLOW_OPENING}x = tf.constant(2.0)\ny = x * 3", r"tape\.watch\(x\)"),
    ],
)
def test_what_no_gradient_flows_to_is_told_what_to_do(body: str, remedy: str) -> None:
    with pytest.raises(cg.NoGraphError, match=f"no gradient flows to it.*{remedy}"):
        graph(body)


def test_an_error_inside_a_tf_function_shows_the_learners_own_lines_only() -> None:
    from cgraph_edu.errors import own_frames

    cell = Cell(
        "%%cgraph\nfrom cgraph_edu.dialects import tensorflow as tf\n"
        "@tf.function\ndef f(u):\n    v = u * 2\n    return v.foo\ny = f(tf.Variable(3.0))\n"
    )
    error = cell.run({}).error
    assert isinstance(error, AttributeError)
    traceback, shown = own_frames(error.__traceback__), []
    while traceback is not None:
        shown.append((traceback.tb_frame.f_code.co_filename, traceback.tb_lineno))
        traceback = traceback.tb_next
    assert shown == [(cell.filename, 7)]


# --- Running again --------------------------------------------------------------------------------


def test_running_again_leaves_the_live_tensors_as_they_are() -> None:
    namespace: dict[str, Any] = {}
    exec(
        f"{TORCH_OPENING}w = torch.tensor(0.0, requires_grad=True)\n"
        "net = torch.nn.Linear(1, 1)\nopt = torch.optim.Adam(net.parameters(), lr=0.1)",
        namespace,
    )
    drawn = graph(
        """
        t = torch.tensor(3.0, requires_grad=True)
        loss = (w - t) ** 2 + 0 * torch.rand(())
        if loss > 4:
            loss = loss * 2
        loss.backward()
        with torch.no_grad():
            w += 1
        opt.zero_grad()
        net(torch.tensor([1.0])).sum().backward()
        opt.step()
        """,
        namespace,
    )

    def state() -> Any:
        net, w = namespace["net"], namespace["w"]
        steps = [each["step"].item() for each in namespace["opt"].state.values()]
        return w.item(), w.grad.item(), net.weight.item(), net.weight.grad.item(), steps

    before = state()
    assert before[:2] == (1.0, -12.0)
    assert before[4] == [1.0, 1.0]
    generator = torch.default_generator.get_state()[1][1].tolist()
    moved = drawn.at(t=1.0)
    assert moved.output.value == 1.0  # (0 - 1)², with the w that the cell started from
    assert moved.at(t=3.0).output.value == 18.0
    assert drawn.at(t=1.0).output.value == 1.0
    assert state() == before
    assert torch.default_generator.get_state()[1][1].tolist() == generator


def test_running_again_leaves_the_live_variables_as_they_are() -> None:
    namespace: dict[str, Any] = {}
    exec(f"{TENSORFLOW_OPENING}w = tf.Variable(0.0)\ntf.random.set_seed(1)", namespace)
    drawn = graph(
        """
        t = tf.Variable(3.0)
        k = tf.random.uniform(())
        loss = (w - t) ** 2 * k
        w.assign_add(1.0)
        if loss > 4 * k:
            loss = loss * 2
        """,
        namespace,
    )
    factor = float(namespace["k"])
    assert drawn.at(t=1.0).output.value == pytest.approx(factor)
    assert drawn.at(t=1.0).output.value == pytest.approx(factor)
    assert float(namespace["w"]) == 1.0
    # The next number is the one that comes after the cell's, not after a slider's.
    following = float(tensorflow.random.uniform(()))
    tensorflow.random.set_seed(1)
    assert [float(tensorflow.random.uniform(())) for _ in range(2)] == [factor, following]


def test_running_again_leaves_what_a_function_writes_into() -> None:
    namespace: dict[str, Any] = {}
    exec(
        f"{TORCH_OPENING}w = torch.tensor(0.0, requires_grad=True)\n"
        "def step():\n    with torch.no_grad():\n        w.add_(1)",
        namespace,
    )
    drawn = graph(
        "x = torch.tensor(2.0, requires_grad=True)\ny = x * 2 if x > 1 else x * 3\nstep()",
        namespace,
    )
    assert drawn.at(x=0.5).output.value == 1.5
    assert namespace["w"].item() == 1.0


def test_a_function_whose_closure_is_not_set_yet_is_no_obstacle() -> None:
    namespace: dict[str, Any] = {}
    exec(
        f"{TORCH_OPENING}def outer():\n    def inner():\n        return later\n"
        "    yield inner\n    later = 1\nwaiting = outer()\ninner = next(waiting)\n",
        namespace,
    )
    body = "x = torch.tensor(2.0, requires_grad=True)\nf = inner\ny = x * 2 if x > 1 else x * 3"
    assert graph(body, namespace).at(x=0.5).output.value == 1.5


def test_only_a_dialects_own_objects_are_kept() -> None:
    from cgraph_edu.keeping import random_state

    assert [type(each).__name__ for each in random_state({"torch"})] == ["Generator"]
    assert [type(each).__name__ for each in random_state({"tensorflow"})] == ["_Seeds"]


@pytest.mark.parametrize("dialect", INPUTS)
def test_a_branch_that_gives_the_input_itself_keeps_its_guard(dialect: str) -> None:
    opening, made = INPUTS[dialect]
    drawn = graph(f"{opening}x = {made.format(2.0)}\ny = x if x >= 1 else x * 5")
    assert drawn.at(x=0.5).output.value == 2.5
