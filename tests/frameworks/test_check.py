"""`Graph.check`: our engine beside every framework installed, on functions that all have."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg
from cgraph_edu.bridges import FRAMEWORKS, is_installed
from cgraph_edu.core.ops import OPS, row
from cgraph_edu.core.tensor import apply, recorded

INSTALLED = [name for name, package in FRAMEWORKS.items() if is_installed(package)]
MISSING = [name for name in FRAMEWORKS if name not in INSTALLED]

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(not INSTALLED, reason="`make test-frameworks` installs PyTorch and JAX"),
]

RNG = np.random.default_rng(5)
X = RNG.uniform(0.3, 1.6, (2, 3))
Y = RNG.uniform(-1.0, 1.0, (2, 3))
W = RNG.uniform(-1.0, 1.0, (3, 4))
V = RNG.uniform(0.3, 1.6, 3)
IMAGE = RNG.permutation(2 * 36).reshape(1, 2, 6, 6) / 20.0
FILTERS = RNG.normal(size=(3, 2, 3, 3))
LABELS = np.array([2, 0])

FUNCTIONS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    # Numbers
    "sum and product": (lambda a, b: (a + b) * (b + 1), {"a": 2.0, "b": 1.0}),
    "quotient": (lambda a, b: (a - b) / (a + b), {"a": 2.0, "b": 1.5}),
    "power": (lambda a, b: a**b, {"a": 1.7, "b": 2.5}),
    "cube": (lambda a: -(a**3), {"a": -1.2}),
    "remainder": (lambda a, b: a * (a % b), {"a": 2.7, "b": 0.8}),
    "floor": (lambda a: a * np.floor(a) + a // 2, {"a": 2.7}),
    "exponential": (lambda a: np.exp(-a) * np.expm1(a), {"a": 0.8}),
    "logarithm": (lambda a: np.log(a) * np.log1p(a), {"a": 1.8}),
    "root": (lambda a, b: np.sqrt(a * a + b * b), {"a": 3.0, "b": 4.0}),
    "sine and cosine": (lambda a: np.sin(a) * np.cos(2 * a), {"a": 0.7}),
    "tangent": (lambda a: np.tan(a) / a, {"a": 0.7}),
    "inverse sine and cosine": (lambda a: np.arcsin(a) * np.arccos(a), {"a": 0.4}),
    "inverse tangent": (lambda a, b: np.arctan(a / b), {"a": 1.0, "b": 2.0}),
    "hyperbolic": (lambda a: np.sinh(a) * np.cosh(a) - np.tanh(a), {"a": 0.7}),
    "sigmoid": (lambda a: cg.sigmoid(3 * a), {"a": -0.7}),
    "sigmoid far out": (lambda a: cg.sigmoid(a), {"a": -40.0}),
    "relu": (lambda a, b: cg.relu(a) + 2 * cg.relu(b), {"a": 1.5, "b": -1.5}),
    "relu at its kink": (lambda a: cg.relu(a) + a, {"a": 0.0}),
    "size and sign": (lambda a: abs(a) * np.sign(a) * a, {"a": -1.5}),
    "larger, smaller": (lambda a, b: np.maximum(a, b) * np.minimum(a, 2.0), {"a": 1.0, "b": 3.0}),
    "clip": (lambda a, b: cg.clip(a, 0.0, 1.0) + cg.clip(b, 0.0, 1.0), {"a": 0.4, "b": 1.4}),
    "a choice": (lambda a, b: cg.where(a > b, a * b, a - b), {"a": 2.0, "b": 1.0}),
    "logistic loss": (lambda w, b: np.log1p(np.exp(-(w * 1.5 + b))), {"w": 0.3, "b": -0.2}),
    "Baydin's example": (lambda a, b: np.log(a) + a * b - np.sin(b), {"a": 2.0, "b": 5.0}),
    "a recurrence": (lambda a: cg.tanh(a + cg.tanh(a + cg.tanh(a))), {"a": 0.4}),
    # Arrays
    "mean square": (lambda x: np.mean(x**2), {"x": X}),
    "sum over an axis": (lambda x: (x.sum(axis=0) ** 2).sum(), {"x": X}),
    "mean, kept": (lambda x: ((x - x.mean(axis=1, keepdims=True)) ** 2).sum(), {"x": X}),
    "broadcasting": (lambda x, v: (x * v / (v + 1)).sum(), {"x": X, "v": V}),
    "variance": (lambda x: np.var(x, axis=0).sum(), {"x": X}),
    "standard deviation": (lambda x: np.std(x), {"x": X}),
    "largest": (lambda x: x.max() * x.min(axis=1).sum(), {"x": X}),
    "length": (lambda x: np.linalg.norm(x, axis=1).sum(), {"x": X}),
    "running sums": (lambda v: (np.cumsum(v) ** 2).sum(), {"v": V}),
    "matrix product": (lambda x, w: np.tanh(x @ w).sum(), {"x": X, "w": W}),
    "matrix times vector": (lambda x, v: ((x @ v) ** 2).sum(), {"x": X, "v": V}),
    "inner product": (lambda v: v @ v, {"v": V}),
    "outer product": (lambda v: np.sin(np.outer(v, v)).sum(), {"v": V}),
    "einsum": (lambda x, w: (np.einsum("ij,jk->ki", x, w) ** 2).sum(), {"x": X, "w": W}),
    "shapes": (
        lambda x: (np.reshape(x.T, (2, 3)) * np.squeeze(np.expand_dims(x, 0))).sum(),
        {"x": X},
    ),
    "entries": (lambda x: x[0, 1] * x[1].sum() + (x[:, ::-1] * x)[0].sum(), {"x": X}),
    "side by side": (lambda x, v: (np.concatenate([x, x * 2], axis=1)[0] ** 2).sum() + v[0],
                     {"x": X, "v": V}),
    "stacked": (lambda v: np.prod(v.shape) * (np.stack([v, v**2], axis=1) ** 2).sum(), {"v": V}),
    "softmax": (lambda x: (cg.softmax(x) ** 2).sum(), {"x": Y}),
    "log softmax": (lambda x: -cg.log_softmax(x, axis=0)[0].sum(), {"x": Y}),
    "log-sum-exp": (lambda x: cg.logsumexp(2 * x, axis=1).sum(), {"x": Y}),
    "cross-entropy": (lambda x, w: cg.cross_entropy(x @ w, LABELS), {"x": X, "w": W}),
    "mean squared error": (lambda x, w: cg.mse_loss(x @ w, np.ones((2, 4))), {"x": X, "w": W}),
    "hinge loss": (lambda x: cg.hinge_loss(x, np.sign(Y)), {"x": X}),
    "attention": (lambda x, w: (cg.softmax((x @ w) @ (x @ w).T) @ x).sum() ** 2, {"x": X, "w": W}),
    "convolution": (
        lambda x, w: (cg.conv2d(x, w, stride=2, padding=1) ** 2).mean(),
        {"x": IMAGE, "w": FILTERS},
    ),
    "pooling": (lambda x: (cg.max_pool2d(x, 2) ** 2).sum(), {"x": IMAGE}),
    "a layer and its loss": (
        lambda x, w, b: cg.cross_entropy(cg.relu(x @ w + b), LABELS),
        {"x": X, "w": W, "b": np.array([0.1, 0.2, -0.1, 0.3])},
    ),
}  # fmt: skip


def test_there_are_fifty() -> None:
    assert len(FUNCTIONS) >= 50


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_framework_agrees(name: str) -> None:
    f, inputs = FUNCTIONS[name]
    graph = cg.trace(f, **inputs)
    check = graph.check()
    found = {(finding.source, finding.way): finding for finding in check.findings}
    for source in inputs:
        for framework in INSTALLED:
            finding = found[source, framework]
            assert finding.agrees, f"{finding.remark}\n{check}"
            # Closer than the verdict asks for.
            reverse = found[source, "reverse mode"].value
            assert finding.difference is not None
            assert finding.difference <= 1e-12 * max(1.0, float(np.max(np.abs(reverse))))
        assert found[source, "forward mode"].agrees, str(check)
        if name != "relu at its kink":
            assert found[source, "finite differences"].agrees, str(check)


def test_single_precision() -> None:
    inputs = {"x": X.astype(np.float32), "w": W.astype(np.float32)}
    graph = cg.trace(lambda x, w: (cg.softmax(np.tanh(x @ w)) ** 2).sum(), **inputs)
    check = graph.check()
    assert check, str(check)
    for finding in check.findings:
        assert finding.way in MISSING or finding.agrees is not False
        if finding.way in INSTALLED:
            assert finding.value.dtype == np.float32


def test_a_wrong_row_is_found() -> None:
    """Path sum and modes share the row's partial, and so its error; the others do not."""
    wrong = row("tanh", "tanh(x)", ["1 - out"], r"\tanh {x}", domain=[((-1.0, 1.0),)])
    tanh = recorded(wrong)
    check = cg.trace(lambda a: tanh(a) * 2, a=0.5).check()
    assert not check
    verdicts = {finding.way: finding.agrees for finding in check.findings}
    assert verdicts["path sum"]
    assert verdicts["forward mode"]
    assert verdicts["finite differences"] is False
    assert all(verdicts[framework] is False for framework in INSTALLED)
    assert "✗ not equal to reverse mode: finite differences (by a), " in str(check)


def test_every_row_has_its_counterpart() -> None:
    for name, op in OPS.items():
        if op.is_comparison:
            continue
        for box in op.domain:
            values = [float(RNG.uniform(*ends)) for ends in box]
            inputs = dict(zip("abc", values, strict=False))
            graph = cg.trace(lambda op=op, **x: apply(op, *x.values()) * 1.5, **inputs)
            check = graph.check()
            ways = {f.way: f for f in check.findings if f.source == graph.inputs[0].name}
            for framework in INSTALLED:
                assert ways[framework].agrees, f"{name}: {ways[framework].remark}\n{check}"


def test_what_a_framework_has_not_is_said() -> None:
    cube = cg.custom_op(lambda x: x**3, vjp=lambda out_bar, out, x: out_bar * 3 * x**2)
    check = cg.trace(lambda a: cube(a) + a, a=2.0).check()
    assert check
    remarks = {finding.way: finding.remark for finding in check.findings}
    for framework in INSTALLED:
        assert remarks[framework] == "no counterpart of <lambda> here"


def test_another_frameworks_own_calls_are_not_compared() -> None:
    torch = pytest.importorskip("torch", reason="`make test-frameworks` installs PyTorch")

    graph = cg.from_torch(lambda x: torch.nn.functional.gelu(x), x=0.5)
    remarks = {finding.way: finding.remark for finding in graph.check().findings}
    for framework in INSTALLED:
        expected = "" if framework == "PyTorch" else "gelu is PyTorch's own"
        assert remarks[framework] == expected


def test_a_captured_graph_of_numbers_is_compared_with_every_framework() -> None:
    torch = pytest.importorskip("torch", reason="`make test-frameworks` installs PyTorch")

    graph = cg.from_torch(lambda a, b: torch.tanh(a * b) / b, a=0.5, b=1.5)
    verdicts = {(f.source, f.way): f.agrees for f in graph.check().findings}
    assert all(verdicts[x, framework] for x in "ab" for framework in INSTALLED)
    # At other inputs PyTorch runs the graph again.
    moved = graph.at(a=-1.0)
    assert moved.check()
    values = {f.way: f.value for f in moved.check().findings if f.source == "a"}
    assert values["PyTorch"] == pytest.approx(1 - np.tanh(-1.5) ** 2, rel=1e-12)
