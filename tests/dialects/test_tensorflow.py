"""The TensorFlow dialect beside what TensorFlow printed; TensorFlow itself is not needed."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.dialects import tensorflow as tf
from cgraph_edu.dialects import torch
from tests.dialects.parity import Program, in_dialect, programs, recordings, run

PROGRAMS = list(programs("tensorflow"))
RECORDED = recordings("tensorflow")["programs"]


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    """What a program sets for the whole process ends with it."""
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.title)
def test_a_program_prints_what_tensorflow_printed(program: Program) -> None:
    assert run(in_dialect(program.source, "tensorflow")) == RECORDED[program.title]["output"]


def test_every_recording_is_of_the_program_as_it_stands() -> None:
    assert {p.title: p.source for p in PROGRAMS} == {
        title: recorded["source"] for title, recorded in RECORDED.items()
    }


def test_there_are_programs_enough_many_of_them_as_a_learner_meets_them() -> None:
    introductory = [p for p in PROGRAMS if p.title.startswith(("introduction", "notebooks"))]
    assert len(PROGRAMS) >= 60
    assert len(introductory) >= 60
    of_torch = list(programs("torch"))
    assert len(of_torch) >= 60
    assert len(PROGRAMS) + len(of_torch) >= 120


def test_titles_are_told_apart() -> None:
    assert len({p.title for p in PROGRAMS}) == len(PROGRAMS)


def test_a_change_of_what_is_printed_is_noticed() -> None:
    program = next(p for p in PROGRAMS if p.title == "introduction: watch a constant")
    changed = program.source.replace("x**2", "x**3")
    assert changed != program.source
    assert run(in_dialect(changed, "tensorflow")) != RECORDED[program.title]["output"]


def test_a_change_on_the_standard_error_is_noticed() -> None:
    program = next(p for p in PROGRAMS if p.title == "introduction: print and tf.print")
    changed = program.source.replace('tf.print("run"', 'tf.print("ran"')
    assert changed != program.source
    assert run(in_dialect(changed, "tensorflow")) != RECORDED[program.title]["output"]


def test_importing_the_package_loads_no_dialect() -> None:
    code = "import sys, cgraph_edu; print([m for m in sys.modules if 'dialects' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_dialect_does_without_the_frameworks() -> None:
    code = (
        "import sys\n"
        "sys.modules.update(tensorflow=None, keras=None, torch=None)\n"
        "from cgraph_edu.dialects import tensorflow as tf\n"
        "print(tf.function(lambda x: tf.keras.losses.mse(x, x))(tf.ones([2])))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "tf.Tensor(0.0, shape=(), dtype=float32)\n"


# --- Names that it lacks -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "nearest"),
    [
        (lambda: tf.reduce_summ, "reduce_sum"),
        (lambda: tf.GradientTap, "GradientTape"),
        (lambda: tf.constant(1.0).nunpy, "numpy"),
        (lambda: tf.Variable(1.0).asign, "assign"),
        (lambda: tf.math.logg, "log"),
        (lambda: tf.nn.sigmoidd, "sigmoid"),
        (lambda: tf.random.nomal, "normal"),
        (lambda: tf.keras.optimizers.SDG, "SGD"),
        (lambda: tf.keras.layers.Dence, "Dense"),
        (lambda: tf.keras.losses.MeanSquareError, "MeanSquaredError"),
    ],
)
def test_a_name_that_is_missing_is_answered_with_the_nearest(
    use: Callable[[], Any], nearest: str
) -> None:
    with pytest.raises(AttributeError, match=rf"\b{nearest}\b.*cg\.from_tensorflow"):
        use()


# --- Mixing --------------------------------------------------------------------------------------


def test_native_and_dialect_numbers_mix_in_both_orders() -> None:
    a = cg.variable(3.0, "a")
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        products = [a * x, x * a]
    for product in products:
        assert isinstance(product, tf.Tensor)
        assert tape.gradient(product, x).numpy() == 3.0
        assert cg.gradient(product.__cgraph_node__, [a]) == (2.0,)


def test_native_functions_take_dialect_tensors() -> None:
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = cg.sum(cg.exp(x))
    assert np.allclose(tape.gradient(y, x).numpy(), np.exp([1.0, 2.0]))


def test_a_native_number_may_go_through_a_function() -> None:
    a = cg.variable(3.0, "a")

    @tf.function
    def double(x: Any) -> Any:
        return x * 2.0

    assert cg.gradient(double(a).__cgraph_node__, [a]) == (2.0,)


def _formula(a: Any, b: Any) -> Any:
    c = a + b
    d = b + 1.0
    return c * d


@pytest.mark.parametrize("function", [_formula, tf.function(_formula)], ids=["eager", "graph"])
def test_a_dialect_graph_is_the_native_graph(function: Callable[..., Any]) -> None:
    native = cg.graph(_formula(cg.variable(2.0, "a"), cg.variable(1.0, "b")))
    a, b = tf.Variable(2.0), tf.Variable(1.0)
    e = function(a, b).__cgraph_node__
    drawn = cg.graph(e, names={"a": a.__cgraph_node__, "b": b.__cgraph_node__})
    assert [node.op for node in drawn.nodes] == [node.op for node in native.nodes]
    assert drawn.gradient() == native.gradient() == {"a": 2.0, "b": 5.0}
    assert drawn.path_sum("b").count == native.path_sum("b").count == 2


def test_a_branch_of_a_graph_leaves_a_guard() -> None:
    @tf.function
    def f(x: Any) -> Any:
        if x > 1.0:  # noqa: SIM108
            y = x * 3.0
        else:
            y = -x
        return y

    x = tf.Variable(2.0)
    drawn = cg.graph(f(x).__cgraph_node__, names={"x": x.__cgraph_node__})
    assert drawn.gradient() == {"x": 3.0}
    with pytest.raises(cg.GuardError):
        drawn.at(x=0.0)


class Foreign:
    """Stands for a tensor of the real framework."""


Foreign.__module__ = "tensorflow.python.framework.ops"


@pytest.mark.parametrize("source", ["x * other", "tf.add(x, other)", "tf.function(f)(x)"])
def test_mixing_with_the_real_framework_says_which_line(source: str) -> None:
    scope = {"x": tf.constant(1.0), "other": Foreign(), "tf": tf}
    text = f"f = lambda t: t * other\nz = {source}\n"
    with pytest.raises(TypeError, match="line [12] of <learner>.*TensorFlow"):
        exec(compile(text, "<learner>", "exec"), scope)


@pytest.mark.parametrize("source", ["x * y", "y * x"])
def test_mixing_the_dialects_says_which_line(source: str) -> None:
    scope = {"x": tf.Variable(1.0), "y": torch.tensor(2.0)}
    with pytest.raises(TypeError, match="line 2 of <learner>.*dialect"):
        exec(compile(f"\nz = {source}\n", "<learner>", "exec"), scope)


# --- Graphs --------------------------------------------------------------------------------------


def test_a_graph_runs_with_values_that_it_was_not_traced_with() -> None:
    def total(x: Any, n: Any) -> Any:
        found = tf.zeros([])
        for i in tf.range(n):
            found += tf.reduce_sum(x[i:]) + tf.cast(tf.shape(x)[0], tf.float32)
        return found

    f = tf.function(total, [tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.int32)])

    def plainly(x: Any, n: int) -> float:
        return sum(float(np.sum(x[i:])) + len(x) for i in range(n))

    for x, n in (([1.0, 2.0], 2), ([4.0, 3.0, 2.0, 1.0], 3), ([5.0], 0)):
        assert f(x, n).numpy() == plainly(np.array(x), n)
    assert f.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("value", [-2.0, 0.5, 3.0])
def test_a_function_computes_and_differentiates_as_python_does(value: float) -> None:
    def f(x: Any) -> Any:
        count = 0
        while x < 2.0:
            if x < 0.0:
                x = x * -0.5
                continue
            x = x * 1.5 + 0.1
            count += 1
            if count > 3:
                break
        if x > 4.0:
            return x * x
        return x * 3.0

    x = tf.Variable(value)
    found = []
    for function in (f, tf.function(f)):
        with tf.GradientTape() as tape:
            y = function(x)
        found.append((y.numpy(), tape.gradient(y, x).numpy()))
    assert found[0] == found[1]
    step = 1e-3
    slope = (f(tf.constant(value + step)) - f(tf.constant(value - step))) / (2 * step)
    assert found[0][1] == pytest.approx(slope.numpy(), rel=1e-2)


def test_tracing_changes_no_variable_and_draws_no_random_number() -> None:
    v = tf.Variable(1.0)

    @tf.function
    def f(x: Any) -> Any:
        v.assign_add(x)
        return v + tf.random.uniform([], seed=1)

    tf.random.set_seed(1)
    f.get_concrete_function(tf.constant(5.0))
    assert v.numpy() == 1.0
    first = f(tf.constant(5.0)) - v
    assert v.numpy() == 6.0
    tf.random.set_seed(1)
    assert first.numpy() == pytest.approx(tf.random.uniform([], seed=1).numpy(), abs=1e-6)


def test_an_error_in_a_function_tells_the_learners_line(tmp_path: Any) -> None:
    file = tmp_path / "lesson.py"
    file.write_text(
        "def f(x):\n    if x > 0:\n        y = x @ x\n    else:\n        y = x\n    return y\n"
    )
    scope: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), scope)
    with pytest.raises(Exception, match=r"lesson\.py\", line 3, in f  \*\n\s+y = x @ x"):
        tf.function(scope["f"])(tf.constant(1.0))


def test_the_warning_of_retracing_names_the_function_without_an_address(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Model:
        def __call__(self, x: Any) -> Any:
            return x * 2

        def method(self, x: Any) -> Any:
            return x * 3

    def again(f: Any) -> str:
        for i in range(5):
            tf.function(f)(float(i))
        return capsys.readouterr().err

    model = Model()
    here = "test_the_warning_of_retracing_names_the_function_without_an_address.<locals>"
    assert f"calls to <function {here}.Model.method> triggered" in again(model.method)
    assert f"calls to <function {here}.<lambda>> triggered" in again(lambda x: x * 4)
    assert "0x" not in again(lambda x: x * 5)
