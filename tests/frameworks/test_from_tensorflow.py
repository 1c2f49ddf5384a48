"""`cg.from_tensorflow` beside TensorFlow itself."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.cell import Cell
from cgraph_edu.core.recording import record

tf = pytest.importorskip("tensorflow", reason="`make test-frameworks` installs TensorFlow")
keras = pytest.importorskip("keras", reason="`make test-frameworks` installs TensorFlow")

from cgraph_edu.bridges.tensorflow import Listener, eager  # noqa: E402
from cgraph_edu.bridges.tensorflow.inputs import Inputs  # noqa: E402

pytestmark = pytest.mark.frameworks

Function = Callable[..., Any]
RNG = np.random.default_rng(8)
X = RNG.normal(size=(2, 3))
IMAGES = RNG.uniform(size=(2, 6, 6, 1))
LABELS = np.array([0, 2])


@pytest.fixture(autouse=True)
def same_start() -> None:
    keras.utils.clear_session()
    keras.utils.set_random_seed(8)


def by_tensorflow(f: Function, variables: list[Any], **inputs: Any) -> dict[str, Any]:
    """What a learner finds with a tape."""
    tensors = {name: tf.constant(value) for name, value in inputs.items()}
    with tf.GradientTape() as tape:
        for tensor in tensors.values():
            tape.watch(tensor)
        out = f(**tensors)
    sources = [*tensors.values(), *variables]
    names = [*tensors, *("/".join(v.name.split(":")[0].split("/")[-2:]) for v in variables)]
    slopes = tape.gradient(out, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return {n: tf.convert_to_tensor(s).numpy() for n, s in zip(names, slopes, strict=True)}


def assert_same(ours: Mapping[str, Any], theirs: Mapping[str, Any], single: bool) -> None:
    assert set(ours) == set(theirs)
    for name, expected in theirs.items():
        scale = max(1.0, float(np.abs(expected).max()))
        difference = float(np.abs(ours[name] - expected).max())
        assert difference <= (1e-6 if single else 1e-12) * scale, (name, difference)


def kernels(model: Any) -> list[Any]:
    return [weight.value for weight in model.trainable_weights]


# --- Functions of numbers -------------------------------------------------------------------------


def test_a_function_of_two_numbers_is_the_readme_s_graph() -> None:
    def f(a: Any, b: Any) -> Any:
        c = a + b
        d = b + 1
        e = c * d
        return e  # noqa: RET504  # the name is what is tested

    g = cg.from_tensorflow(f, a=2.0, b=1.0)
    assert str(g) == (
        "e = c * d = 6\n"
        "  ∂e/∂a = 2   1 path\n"
        "    a → c → e   1 · 2 = 2\n"
        "  ∂e/∂b = 5   2 paths\n"
        "    b → c → e   1 · 2 = 2\n"
        "    b → d → e   1 · 3 = 3\n"
        "  sum over paths = reverse mode: a ✓ b ✓"
    )
    assert g.is_live
    assert g.check()


ROWS: dict[str, Function] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "mod": lambda x, y: (x + 2.0) % y,
    "floordiv": lambda x, y: x // y + y,
    "neg": lambda x, y: -x * y,
    "exp": lambda x, y: tf.exp(x * y),
    "expm1": lambda x, y: tf.math.expm1(x) * y,
    "log": lambda x, y: tf.math.log(x) * y,
    "log1p": lambda x, y: tf.math.log1p(x) * y,
    "sqrt": lambda x, y: tf.sqrt(x) * y,
    "rsqrt": lambda x, y: tf.math.rsqrt(x) * y,
    "reciprocal": lambda x, y: tf.math.reciprocal(x) * y,
    "square": lambda x, y: tf.square(x) * y,
    "squared difference": lambda x, y: tf.math.squared_difference(x, y),
    "sin": lambda x, y: tf.sin(x) * tf.cos(y) + tf.tan(x),
    "asin": lambda x, y: tf.asin(x) + tf.acos(x) * tf.atan(y),
    "sinh": lambda x, y: tf.sinh(x) * tf.cosh(y) + tf.tanh(x),
    "sigmoid": lambda x, y: tf.sigmoid(x) * y,
    "relu": lambda x, y: tf.nn.relu(x) * tf.nn.relu6(y),
    "softplus": lambda x, y: tf.nn.softplus(x) * y,
    "softsign": lambda x, y: tf.nn.softsign(x) * y,
    "elu": lambda x, y: tf.nn.elu(-x) * y,
    "abs": lambda x, y: tf.abs(-x) * tf.sign(y) + tf.floor(y) * x,
    "maximum": lambda x, y: tf.maximum(x, y) * tf.minimum(x, y),
    "where": lambda x, y: tf.where(x > y, x, y * x),
    "divide_no_nan": lambda x, y: tf.math.divide_no_nan(x, y),
}
"""All of it has rows in our table, or rows of the bridge's: sliders are live."""


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("f", ROWS.values(), ids=ROWS.keys())
def test_calls_that_are_rows(f: Function, dtype: Any) -> None:
    given = {"x": dtype(0.7), "y": dtype(1.3)}
    g = cg.from_tensorflow(f, **given)
    assert g.is_live, [node.op for node in g.tape]
    assert not g.foreign
    assert_same(g.gradient(), by_tensorflow(f, [], **given), dtype is np.float32)
    assert g.check()


def test_a_tie_is_tensorflow_s_own_way() -> None:
    g = cg.from_tensorflow(lambda a, b: tf.maximum(a, b), a=1.0, b=1.0)
    assert g.gradient() == {"a": 1.0, "b": 0.0}  # ours would be one half each
    assert g.foreign == {"TensorFlow": ["maximum"]}
    assert all(f.agrees for f in g.check().findings if f.way == "TensorFlow")


def test_tensors_of_one_entry_are_numbers() -> None:
    def f(x: Any) -> Any:
        return tf.reduce_sum(tf.squeeze(tf.constant([[2.0]]) @ x))

    g = cg.from_tensorflow(f, x=np.array([[3.0]], np.float32))
    assert g.is_live
    assert g.gradient() == {"x": 2.0}


def test_names_are_the_learner_s() -> None:
    w = tf.Variable(2.0)
    target = tf.constant([1.0, 2.0])

    def inner(v: Any) -> Any:
        twice = v * 2.0
        return twice  # noqa: RET504

    def f(x: Any) -> Any:
        h = inner(x) * w
        for _ in range(2):
            h = tf.tanh(h)
        loss = tf.reduce_sum((h - target) ** 2)
        return loss  # noqa: RET504

    g = cg.from_tensorflow(f, x=np.array([0.5, 1.5], np.float32))
    names = [node.name for node in g.nodes]
    assert names == ["x", "twice", "w", "h", "h_1", "h_2", "v1", "v2", "loss"]
    assert g.describe(g.node("v1")) == "h_2 - target"
    assert g.describe(g.node("loss")) == "sum(v2)"


def test_precision() -> None:
    assert cg.from_tensorflow(lambda a: a / 3.0, a=1.0).output.value == np.float32(1 / 3)
    assert cg.from_tensorflow(lambda a: a / 3.0, a=np.float64(1)).output.value == 1 / 3
    mixed = cg.from_tensorflow(
        lambda a: tf.reduce_sum(tf.cast(a, tf.float64) ** 2), a=np.array([1.0, 2.0], np.float32)
    )
    assert [node.name for node in mixed.nodes] == ["a", "v1", "output"]
    assert mixed.check()


# --- What decides, repeats and calls --------------------------------------------------------------


def test_a_branch_is_taken_with_a_guard() -> None:
    def f(x: Any) -> Any:
        return tf.sin(x) if x > 0 else x * x

    g = cg.from_tensorflow(f, x=1.5)
    assert g.describe(g.output) == "sin(x)"
    assert [g.guard_text(guard) for guard in g.guards] == ["x > 0"]
    other = g.at(x=-2.0)
    assert other.describe(other.output) == "x * x"
    assert other.gradient() == {"x": -4.0}
    assert other.check()


def test_switch_case() -> None:
    def f(x: Any) -> Any:
        place = tf.cast(x, tf.int32)
        return tf.switch_case(place, [lambda: x, lambda: x**2, lambda: x**3])

    g = cg.from_tensorflow(f, x=1.5)
    assert g.gradient() == {"x": 3.0}
    assert g.at(x=2.5).gradient() == {"x": pytest.approx(3 * 2.5**2)}
    assert g.at(x=1.75).gradient() == {"x": 3.5}


def test_a_loop_is_its_rounds() -> None:
    def f(x: Any) -> Any:
        h = x
        while h > 0.5:
            h = h * x
        return h * 2.0

    g = cg.from_tensorflow(f, x=0.8)
    scopes = [node.scope for node in g.nodes if node.op]
    assert scopes == [*[("while", f"round {i}") for i in (1, 2, 3)], ()]
    assert g.output.value == pytest.approx(2 * 0.8**4)
    assert g.check()
    shorter = g.at(x=0.6)
    assert shorter.output.value == pytest.approx(2 * 0.6**2)
    assert shorter.check()


def test_tensor_arrays_scan_and_map() -> None:
    def f(x: Any) -> Any:
        sums = tf.scan(lambda s, v: s * 0.5 + v, x)
        squares = tf.map_fn(lambda v: v * v, x)
        kept = tf.TensorArray(tf.float64, size=3)
        for i in tf.range(3):
            kept = kept.write(i, squares[i] * sums[i])
        return tf.reduce_sum(kept.stack())

    given = np.array([0.5, -1.0, 2.0])
    g = cg.from_tensorflow(f, x=given)
    assert_same(g.gradient(), by_tensorflow(tf.function(f), [], x=given), single=False)
    assert g.check()


def test_functions_and_name_scopes_are_scopes() -> None:
    @tf.function  # type: ignore[untyped-decorator]
    def neuron(v: Any) -> Any:
        return tf.tanh(v * 2.0)

    def f(x: Any) -> Any:
        with tf.name_scope("first"):
            y = neuron(x) + 1.0
        return neuron(y)

    g = cg.from_tensorflow(f, x=0.3)
    scopes = [node.scope for node in g.nodes]
    assert scopes == [(), *[("first", "neuron")] * 2, ("first",), *[("neuron",)] * 2]
    assert g.check()


def test_a_tf_function_itself_and_its_settings() -> None:
    @tf.function  # type: ignore[untyped-decorator]
    def power(x: Any, n: int, is_half: bool = False) -> Any:
        y = x
        for _ in range(n - 1):
            y = y * x
        return y / 2.0 if is_half else y

    assert cg.from_tensorflow(power, x=2.0, n=3).gradient() == {"x": 12.0}
    assert cg.from_tensorflow(power, x=2.0, n=3, is_half=True).gradient() == {"x": 6.0}


def test_a_derivative_inside_the_function() -> None:
    def slope(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.sin(x) * x
        return tape.gradient(y, x)

    g = cg.from_tensorflow(slope, x=np.float64(0.7))
    assert g.gradient()["x"] == pytest.approx(2 * np.cos(0.7) - 0.7 * np.sin(0.7), abs=1e-12)
    assert g.check()


def test_a_derivative_of_a_loop_inside_the_function() -> None:
    def slope(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            h = x
            for _ in tf.range(3):
                h = h * x
        return tape.gradient(h, x)

    g = cg.from_tensorflow(slope, x=np.float64(0.7))
    assert g.output.value == pytest.approx(4 * 0.7**3, abs=1e-12)
    assert g.gradient()["x"] == pytest.approx(12 * 0.7**2, abs=1e-12)
    assert g.check()


def test_custom_gradients() -> None:
    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def reversed_(x: Any) -> Any:
        return x * 1.0, lambda up: -up

    g = cg.from_tensorflow(lambda a: reversed_(a * 2.0) * 3.0, a=1.5)
    assert [node.name for node in g.nodes] == ["a", "v1", "v2", "output"]
    assert g.describe(g.node("v2")) == "reversed(v1)"
    assert g.gradient() == {"a": -6.0}
    findings = {f.way: f.agrees for f in g.check(wrt="a").findings}
    assert findings["TensorFlow"]
    assert not findings["finite differences"]
    smooth = cg.from_tensorflow(lambda a: tf.nn.silu(a), a=np.float64(1.5))
    assert smooth.describe(smooth.output) == "swish(a, 1)"
    assert smooth.check()


def test_a_custom_gradient_with_variables_in_it() -> None:
    w = tf.Variable(3.0)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def scaled(x: Any) -> Any:
        y = w * x

        def slope(up: Any, variables: Any = None) -> Any:
            return up * w * 10.0, [up * x]

        return y, slope

    g = cg.from_tensorflow(lambda a: scaled(a), a=2.0)
    assert g.gradient() == {"a": 30.0, "w": 2.0}
    assert g.at(w=5.0).output.value == 10.0


# --- Keras ----------------------------------------------------------------------------------------


def mlp() -> Any:
    return keras.Sequential(
        [
            keras.layers.Input((3,)),
            keras.layers.Dense(4, activation="tanh", name="hidden"),
            keras.layers.Dense(1, name="out"),
        ],
        name="mlp",
    )


def cnn() -> Any:
    return keras.Sequential(
        [
            keras.layers.Input((6, 6, 1)),
            keras.layers.Conv2D(2, 3, activation="relu", name="conv"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dense(3, name="out"),
        ],
        name="cnn",
    )


def recurrent() -> Any:
    return keras.Sequential([keras.layers.LSTM(1, name="lstm")])


def attention() -> Any:
    x = keras.Input((3, 4))
    y = keras.layers.MultiHeadAttention(1, 2, name="attention")(x, x)
    return keras.Model(x, keras.layers.LayerNormalization(name="norm")(x + y))


MODELS: dict[str, tuple[Function, Any]] = {
    "MLP": (mlp, X),
    "CNN": (cnn, IMAGES),
    "LSTM": (recurrent, RNG.normal(size=(1, 2, 1))),
    "attention": (attention, RNG.normal(size=(1, 3, 4))),
}


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("make", "given"), MODELS.values(), ids=MODELS.keys())
def test_models(make: Function, given: Any, precision: str) -> None:
    before = keras.config.floatx()
    is_single = precision == "float32"
    keras.config.set_floatx(precision)
    keras.config.set_dtype_policy(precision)
    try:
        model = make()
        x = given.astype(precision)
        model(x)

        def loss(x: Any) -> Any:
            return tf.reduce_mean(tf.square(model(x) - 0.5))

        g = cg.from_tensorflow(loss, x=x)
        assert g.output.value == pytest.approx(float(loss(x)), rel=1e-6 if is_single else 1e-12)
        theirs = by_tensorflow(loss, kernels(model), x=x)
        assert_same(g.gradient(), theirs, is_single)
        paths = {name: g.path_sum(name) for name in theirs}
        for name, paths_ in paths.items():
            if paths_.is_summed:
                assert_same({name: paths_.total}, {name: theirs[name]}, is_single)
        assert g.check(), str(g.check())
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)


def test_a_model_s_picture_is_folded_by_layer() -> None:
    model = mlp()
    g = cg.from_tensorflow(model, x=X.astype("float32"))
    assert [node.name for node in g.inputs] == [
        "x",
        "hidden/kernel",
        "hidden/bias",
        "out/kernel",
        "out/bias",
    ]
    assert [node.scope[0] for node in g.nodes if node.op] == ["hidden"] * 3 + ["out"] * 2
    folding = g.folding
    assert folding is not None
    assert [group.name for group in folding.groups if group.is_scope][1:] == ["hidden", "out"]
    drawing = g.draw()
    assert "hidden" in drawing
    assert g.describe(g.node("v1")) == "x @ hidden/kernel"


def test_layers_of_the_same_kind_keep_their_names() -> None:
    one, two = keras.layers.Dense(2), keras.layers.Dense(2)
    one.build((2, 3))
    two.build((2, 2))
    g = cg.from_tensorflow(lambda x: tf.reduce_sum(two(one(x))), x=X.astype("float32"))
    names = {node.scope[0] for node in g.nodes if node.scope}
    assert names == {one.name, two.name}
    assert {n.name for n in g.inputs} >= {f"{one.name}/kernel", f"{two.name}/kernel"}


def test_a_model_is_called_as_the_learner_does() -> None:
    net = keras.Sequential([keras.layers.Dense(2), keras.layers.Dense(1)])
    g = cg.from_tensorflow(lambda x: tf.reduce_sum(net(x)) * 2.0, x=X.astype("float32"))
    assert {node.scope[0] for node in g.nodes if node.scope} == {"net"}
    g = heard(lambda x: tf.reduce_sum(net(x)) * 2.0, x=X.astype("float32"))
    assert {node.scope[0] for node in g.nodes if node.scope} == {"net"}


def test_a_model_of_the_learner_s_own_kind() -> None:
    class Net(keras.Model):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.first = keras.layers.Dense(2, activation="relu", name="first")
            self.last = keras.layers.Dense(1, name="last")
            self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

        def call(self, left: Any, right: Any) -> Any:
            h = self.first(left) * self.scale
            return tf.reduce_sum(self.last(h) + right)

    g = cg.from_tensorflow(Net(), left=X.astype("float32"), right=np.ones((2, 1), np.float32))
    assert {node.name for node in g.inputs} == {
        *("left", "right", "net/scale"),
        *("first/kernel", "first/bias", "last/kernel", "last/bias"),
    }
    assert g.check()


def test_a_module_of_tensorflow() -> None:
    class Line(tf.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            self.slope = tf.Variable(2.0)
            self.start = tf.Variable(1.0, name="at_zero")

        @tf.function  # type: ignore[untyped-decorator]
        def __call__(self, x: Any) -> Any:
            return self.slope * x + self.start

    g = cg.from_tensorflow(Line(), x=3.0)
    assert [node.name for node in g.inputs] == ["x", "slope", "at_zero"]
    assert g.gradient() == {"x": 2.0, "slope": 3.0, "at_zero": 1.0}
    assert g.at(slope=4.0).output.value == 13.0


def test_a_step_of_training() -> None:
    w = tf.Variable(3.0)
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build([w])

    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = (w * x - 1.0) ** 2
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])
        return loss

    g = cg.from_tensorflow(step, x=2.0)
    assert g.gradient() == {"x": 30.0, "w": 20.0}
    assert g.check()
    assert w.numpy() == 3.0


def test_variables_at_other_values_take_other_branches() -> None:
    w = tf.Variable(2.0)

    def f(a: Any) -> Any:
        return w * a if w > 1.0 else a - w

    other = cg.from_tensorflow(f, a=3.0).at(w=0.5)
    assert other.describe(other.output) == "a - w"
    assert other.check()
    assert w.numpy() == 2.0


def test_a_layer_used_twice() -> None:
    layer = keras.layers.Dense(3, name="twice", activation="tanh")
    layer.build((2, 3))
    g = cg.from_tensorflow(lambda x: tf.reduce_sum(layer(layer(x))), x=X.astype("float32"))
    assert [n.name for n in g.inputs] == ["x", "twice/kernel", "twice/bias"]
    assert {node.scope[0] for node in g.nodes if node.scope} == {"twice", "twice_1"}
    assert g.check()


def test_a_frozen_layer_s_weights_are_constants() -> None:
    model = mlp()
    model.layers[0].trainable = False
    g = cg.from_tensorflow(lambda x: tf.reduce_sum(model(x)), x=X.astype("float32"))
    assert [n.name for n in g.inputs] == ["x", "out/kernel", "out/bias"]
    assert g.describe(g.node("v1")) == "x @ hidden/kernel"


def test_a_loss_of_keras_with_labels() -> None:
    model = cnn()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    x = IMAGES.astype("float32")
    g = cg.from_tensorflow(lambda image: loss(LABELS, model(image)), image=x)
    theirs = by_tensorflow(lambda image: loss(LABELS, model(image)), kernels(model), image=x)
    assert_same(g.gradient(), theirs, single=True)
    formulas = [g.describe(node) for node in g.nodes]
    assert any("softmax_cross_entropy" in formula and "LABELS" in formula for formula in formulas)


def test_looking_up_rows() -> None:
    table = tf.Variable(RNG.normal(size=(5, 2)), name="table")

    def f(ids: Any) -> Any:
        return tf.reduce_sum(tf.nn.embedding_lookup(table, ids) ** 2)

    g = cg.from_tensorflow(f, ids=np.array([1, 3, 1]))
    assert [n.name for n in g.inputs] == ["table"]
    expected = np.zeros((5, 2))
    np.add.at(expected, [1, 3, 1], 2 * table.numpy()[[1, 3, 1]])
    np.testing.assert_allclose(g.gradient()["table"], expected, rtol=1e-12)
    assert g.check()


def test_training_mode_draws_once_and_changes_nothing() -> None:
    model = keras.Sequential(
        [
            keras.layers.Input((3,)),
            keras.layers.Dropout(0.5),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dense(1, name="out"),
        ]
    )
    before = [weight.numpy().copy() for weight in model.variables]
    x = np.ones((4, 3), np.float32)
    g = cg.from_tensorflow(model, x=x, training=True)
    again = g.at(x=x)
    np.testing.assert_array_equal(again.output.value, g.output.value)
    for weight, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
    total = cg.from_tensorflow(lambda x: tf.reduce_sum(model(x, training=True) ** 2), x=x)
    assert total.check()


# --- Bad input ------------------------------------------------------------------------------------


def test_an_output_of_several_numbers_is_drawn_but_has_no_gradient() -> None:
    g = cg.from_tensorflow(lambda x: x * 2.0, x=np.ones(3, np.float32))
    assert g.output.value.shape == (3,)
    assert "output" in g.draw()
    with pytest.raises(ValueError, match="output is several numbers: a gradient needs one"):
        g.check()


@pytest.mark.parametrize(
    ("f", "given", "message"),
    [
        (lambda a: tf.constant(2.0), {"a": 1.0}, "does not depend on any input"),
        (lambda a: a * 2, {"a": 3}, "the function gives 6; a graph's output is a tensor"),
        (
            lambda a: a * 2,
            {"a": np.array([1, 2])},
            "a is of whole numbers, and TensorFlow sends no derivative through those; give floats",
        ),
        (lambda a: (a, a + 1.0), {"a": 1.0}, "the function gives 2 results"),
        (lambda a: {"y": a}, {"a": 1.0}, "the function gives 1 results"),
        (lambda a: None, {"a": 1.0}, "the function gives None"),
        (
            lambda a: tf.SparseTensor([[0]], [a], [1]),
            {"a": 1.0},
            "the function gives a SparseTensor; a graph's output is a tensor",
        ),
        (lambda z: z * z, {"z": 1 + 2j}, "take tf.math.real or tf.abs of it"),
        (lambda s: s, {"s": np.array(["a", "b"])}, "s is a tensor of string"),
    ],
    ids="constant int integers tuple dict None sparse complex strings".split(),
)
def test_what_no_graph_can_hold(f: Function, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cg.from_tensorflow(f, **given)


def test_a_ragged_tensor() -> None:
    with pytest.raises(cg.CaptureError, match="x is a RaggedTensor: give an ordinary tensor"):
        cg.from_tensorflow(lambda x: x, x=tf.ragged.constant([[1.0], [2.0, 3.0]]))


def test_no_function() -> None:
    with pytest.raises(TypeError, match="takes a function, a layer or a model, not a float"):
        cg.from_tensorflow(2.0, a=1.0)


def test_integers_beside_floats_are_constants() -> None:
    g = cg.from_tensorflow(lambda x, n: x * tf.cast(n, tf.float32), x=2.0, n=np.array(3))
    assert [node.name for node in g.inputs] == ["x"]
    assert g.describe(g.output) == "x * 3"


def test_complex_numbers_inside() -> None:
    def f(z: Any) -> Any:
        return tf.abs(z * z + 1.0) ** 2

    g = cg.from_tensorflow(f, z=1 + 2j)
    # |z² + 1|² by the real and the imaginary part: 2 (z² + 1) · conj(2 z).
    expected = 2 * ((1 + 2j) ** 2 + 1) * np.conj(2 * (1 + 2j))
    np.testing.assert_allclose(g.gradient()["z"], [expected.real, expected.imag], rtol=1e-12)
    assert g.check()


def test_stop_gradient() -> None:
    g = cg.from_tensorflow(lambda a: tf.stop_gradient(a * 2.0) * a, a=3.0)
    assert g.gradient() == {"a": 6.0}
    assert any("stop_gradient" in g.describe(node) for node in g.nodes)
    assert g.check()
    cut = cg.from_tensorflow(lambda a: tf.stop_gradient(a) + 1.0, a=3.0)
    assert cut.gradient() == {"a": 0.0}


def test_assigning() -> None:
    w = tf.Variable(2.0)
    steps = tf.Variable(0.0, trainable=False)

    def f(a: Any) -> Any:
        steps.assign_add(1.0)
        y = w * a * steps
        w.assign(y)  # afterwards: nothing reads it
        return y

    g = cg.from_tensorflow(f, a=3.0)
    assert g.gradient() == {"a": 2.0, "w": 3.0}
    assert g.check()
    assert (w.numpy(), steps.numpy()) == (2.0, 0.0)


def test_assigning_and_reading_names_the_line() -> None:
    w = tf.Variable(2.0)

    def f(a: Any) -> Any:
        w.assign(a * 2.0)
        return w * a

    line = f.__code__.co_firstlineno + 1
    message = f"line {line}: w is written into and read afterwards"
    with pytest.raises(cg.CaptureError, match=message):
        cg.from_tensorflow(f, a=3.0)


def test_random_numbers_are_drawn_once() -> None:
    def f(a: Any) -> Any:
        noise = tf.random.normal([])
        return a * noise

    g = cg.from_tensorflow(f, a=3.0)
    slope = g.gradient()["a"]
    assert g.at(a=6.0).output.value == pytest.approx(2 * g.output.value)
    assert g.output.value == pytest.approx(3 * slope)
    assert g.check()


def test_random_numbers_from_what_takes_a_gradient() -> None:
    def f(a: Any) -> Any:
        return tf.random.gamma([], a)

    line = f.__code__.co_firstlineno + 1
    with pytest.raises(cg.CaptureError, match=f"line {line}: random_gamma draws random numbers"):
        cg.from_tensorflow(f, a=3.0)


def test_an_op_without_a_derivative_names_the_line() -> None:
    def f(x: Any) -> Any:
        lower = tf.linalg.lu(x)[0]
        return tf.reduce_sum(lower)

    line = f.__code__.co_firstlineno + 1
    with pytest.raises(cg.CaptureError, match=f"line {line}: lu has no derivative in TensorFlow"):
        cg.from_tensorflow(f, x=np.eye(2))


def test_entries_that_no_derivative_flows_to() -> None:
    def f(x: Any) -> Any:
        return x[tf.argmax(x)] * tf.cast(tf.shape(x)[0], tf.float64)

    g = cg.from_tensorflow(f, x=np.array([1.0, 3.0, 2.0]))
    np.testing.assert_array_equal(g.gradient()["x"], [0.0, 3.0, 0.0])


ARRAYS: dict[str, Function] = {
    "norms": lambda x: tf.linalg.norm(x) + tf.math.reduce_std(x),
    "einsum": lambda x: tf.reduce_sum(tf.einsum("ij,kj->ik", x, x) ** 2),
    "fft": lambda x: tf.reduce_sum(tf.abs(tf.signal.fft(tf.cast(x, tf.complex128))) ** 3),
    "sort": lambda x: tf.reduce_sum(tf.sort(x, axis=1) * tf.range(3, dtype=x.dtype)),
    "top_k": lambda x: tf.reduce_sum(tf.nn.top_k(x, 2).values ** 2),
    "scatter": lambda x: tf.reduce_sum(tf.tensor_scatter_nd_update(x, [[0]], [x[1] * 2]) ** 2),
    "mask": lambda x: tf.reduce_sum(tf.boolean_mask(x, x > 0) ** 2),
    "slices": lambda x: tf.reduce_sum(x[:, ::2] ** 2) + tf.reduce_sum(x[1:, None, :2] ** 3),
    "parts": lambda x: tf.reduce_sum(tf.concat(tf.split(x, 3, axis=1)[1:], 1) ** 2),
    "repeats": lambda x: tf.reduce_sum(tf.tile(x, [2, 1]) ** 2) + tf.reduce_sum(tf.cumsum(x) ** 2),
    "softmax": lambda x: tf.reduce_sum(tf.nn.softmax(x) ** 2) + tf.reduce_logsumexp(x),
    "losses": lambda x: tf.reduce_sum(
        tf.nn.softmax_cross_entropy_with_logits(tf.one_hot([0, 1], 3, dtype=x.dtype), x)
    ),
    "activations": lambda x: tf.reduce_sum(tf.nn.gelu(x) * tf.nn.leaky_relu(x)),
    "clipping": lambda x: tf.reduce_sum(tf.clip_by_value(x, -0.5, 0.5) * tf.clip_by_norm(x, 1.0)),
    "convolution": lambda x: tf.reduce_sum(tf.nn.conv1d(x[None], x[:, :, None], 1, "SAME") ** 2),
    "matrices": lambda x: tf.linalg.det(x @ tf.transpose(x)) + tf.linalg.trace(x),
    "vectorised": lambda x: tf.reduce_sum(tf.vectorized_map(lambda r: tf.reduce_sum(r) ** 2, x)),
    "recomputed": lambda x: tf.recompute_grad(lambda z: tf.reduce_sum(tf.sin(z) * z))(x),
    "compiled": lambda x: tf.function(lambda z: tf.reduce_sum(z**3), jit_compile=True)(x),
    "printed": lambda x: (
        tf.debugging.assert_greater(tf.reduce_sum(x * x), tf.constant(0.0, x.dtype)),
        tf.reduce_sum(tf.ensure_shape(x, (2, 3)) ** 2),
    )[1],
}


@pytest.mark.parametrize("route", ["traced", "heard"])
@pytest.mark.parametrize("f", ARRAYS.values(), ids=ARRAYS.keys())
def test_functions_of_arrays(f: Function, route: str) -> None:
    g = cg.from_tensorflow(f, x=X) if route == "traced" else heard(f, x=X)
    assert g.output.value == pytest.approx(float(f(tf.constant(X))), rel=1e-12)
    assert_same(g.gradient(), by_tensorflow(f, [], x=X), single=False)
    assert g.check()


def test_more_entries_chosen_at_other_inputs() -> None:
    g = cg.from_tensorflow(ARRAYS["mask"], x=X)
    other = g.at(x=np.abs(X))
    assert other.output.value == pytest.approx((X**2).sum())
    np.testing.assert_allclose(other.gradient()["x"], 2 * np.abs(X), rtol=1e-12)


def test_python_code_inside_names_the_line() -> None:
    def f(x: Any) -> Any:
        return tf.py_function(lambda z: z * z, [x], tf.float32)

    line = f.__code__.co_firstlineno + 1
    with pytest.raises(cg.CaptureError, match=f"line {line}: eager_py_func runs Python code"):
        cg.from_tensorflow(f, x=2.0)


# --- What can't be traced -------------------------------------------------------------------------


def untraceable(a: Any, b: Any) -> Any:
    c = a * b
    if c.numpy() > 1.0:
        c = c + 1.0
    d = tf.tanh(c) if a > b else c * c
    return d * b


def test_a_function_that_can_not_be_traced_is_run() -> None:
    g = cg.from_tensorflow(untraceable, a=2.0, b=1.0)
    assert [node.name for node in g.nodes] == ["a", "b", "c", "c_1", "d", "output"]
    assert [g.guard_text(guard) for guard in g.guards] == ["a > b"]
    assert g.is_live
    assert_same(g.gradient(), by_tensorflow(untraceable, [], a=2.0, b=1.0), single=True)
    assert g.check()
    other = g.at(a=0.5)
    assert other.describe(other.node("d")) == "c * c"
    assert other.check()


def heard(f: Function, **inputs: Any) -> Any:
    return eager.run(Inputs(f, inputs, {}))


@pytest.mark.parametrize(("make", "given"), MODELS.values(), ids=MODELS.keys())
def test_models_heard_op_by_op(make: Function, given: Any) -> None:
    model = make()
    x = given.astype("float32")
    model(x)

    def loss(x: Any) -> Any:
        return tf.reduce_mean(tf.square(model(x) - 0.5))

    g = heard(loss, x=x)
    assert_same(g.gradient(), by_tensorflow(loss, kernels(model), x=x), single=True)
    assert {node.name: node.scope[-1:] for node in g.inputs}.keys() == {
        node.name for node in cg.from_tensorflow(loss, x=x).inputs
    }
    assert g.check()


def test_custom_gradients_heard() -> None:
    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def reversed_(x: Any) -> Any:
        return x * 1.0, lambda up: -up

    g = heard(lambda a: reversed_(a * 2.0) * 3.0, a=1.5)
    assert g.describe(g.node("v2")) == "reversed(v1)"
    assert g.gradient() == {"a": -6.0}
    g = heard(lambda a: tf.nn.silu(a * 2.0), a=1.5)
    assert g.check()


def test_a_mistake_of_the_learner_s_is_told_as_theirs() -> None:
    def f(x: Any) -> Any:
        return x @ tf.ones([4, 2])

    with pytest.raises(tf.errors.InvalidArgumentError, match="MatMul|Matrix size-incompatible"):
        cg.from_tensorflow(f, x=np.ones((2, 3), np.float32))


# --- Cells ----------------------------------------------------------------------------------------


def cell(
    *statements: str, given: Mapping[str, Any] | None = None
) -> tuple[Listener, dict[str, Any]]:
    """Run statements as a cell does: after each, what it bound is told to the listener."""
    names: dict[str, Any] = {"tf": tf, "keras": keras, "np": np}
    listener = Listener(names)
    with record(), listener:
        for statement in statements:
            before = dict(names)
            exec(statement, names)
            for name in [n for n, x in names.items() if before.get(n) is not x]:
                names[name] = listener.bound(name, names[name], given or {})
    return listener, names


def test_a_cell_with_a_tape() -> None:
    lines = (
        "x = tf.Variable(3.0)",
        "c = tf.constant(2.0)",
        "with tf.GradientTape() as tape:\n    tape.watch(c)\n    y = x ** 2 * c\n",
        "dx = tape.gradient(y, x)",
        "x.assign_sub(0.1 * dx)",
    )
    listener, names = cell(*lines)
    output = listener.output(None)
    assert output is names["y"]
    g = listener.graph(output)
    assert g.gradient() == {"x": 12.0, "c": 9.0}
    assert listener.is_input("x")
    assert listener.is_input("c")
    assert g.check()
    slope = listener.graph(listener.output("dx"))
    assert slope.gradient() == {"x": 4.0, "c": 6.0}
    again, names = cell(*lines, given={"x": 5.0})
    assert again.graph(again.output("y")).gradient() == {"x": 20.0, "c": 25.0}


def test_a_cell_of_code_is_run_again_where_a_guard_breaks() -> None:
    body = "%%cgraph\nx = tf.Variable(3.0)\ny = x ** 2\nz = y * 2 if y > 5.0 else y\n"
    done = Cell(body).run({"tf": tf})
    assert done.error is None
    graph = done.graph()
    assert graph.describe(graph.output) == "y * 2"
    assert graph.is_live
    other = graph.at(x=1.0)
    assert other.output.name == "y"
    assert other.gradient() == {"x": 2.0}
    assert other.check()


def test_a_cell_without_anything_to_draw() -> None:
    listener, _ = cell("a = tf.constant(2.0)", "b = a * 3.0")
    assert listener.output(None) is None
    assert "tf.Variable" in listener.silence


def test_a_cell_that_trains_is_not_heard_while_it_does() -> None:
    listener, names = cell(
        "m = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1, name='d')])",
        "m.compile(loss='mse', optimizer='sgd')",
        "h = m.fit(np.ones((4, 3)), np.ones((4, 1)), epochs=2, verbose=0)",
        "y = tf.reduce_sum(m(np.ones((1, 3))))",
    )
    g = listener.graph(listener.output(None))
    assert [node.name for node in g.inputs] == ["d/kernel", "d/bias"]
    kernel = names["m"].layers[0].kernel.numpy()
    np.testing.assert_array_equal(g.value("d/kernel"), kernel)
    assert g.check()


def test_nothing_is_left_behind() -> None:
    equal, call = type(tf.constant(0.0)).__bool__, keras.layers.Layer.__call__
    cell("x = tf.Variable(3.0)", "y = x * 2.0")
    cg.from_tensorflow(untraceable, a=2.0, b=1.0)
    assert type(tf.constant(0.0)).__bool__ is equal
    assert keras.layers.Layer.__call__ is call
    assert not tf.config.functions_run_eagerly()
    assert sys.gettrace() is None


# --- Versions -------------------------------------------------------------------------------------


def test_a_version_outside_the_tested_range_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = ("tensorflow<2.22,>=2.18; extra == 'tensorflow'",)
    monkeypatch.setattr("cgraph_edu.bridges.versions._requirements", lambda: requirements)
    monkeypatch.setattr(tf, "__version__", "2.30.1")
    with pytest.warns(cg.UntestedVersionWarning, match="tensorflow 2.30.1 was not tested"):
        cg.from_tensorflow(lambda a: a * 2.0, a=1.0)
    monkeypatch.undo()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cg.from_tensorflow(lambda a: a * 2.0, a=1.0)
