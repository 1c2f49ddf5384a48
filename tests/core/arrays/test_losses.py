"""Losses by their formulas, and what they refuse."""

from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg

RNG = np.random.default_rng(6)


def test_losses_by_their_formulas() -> None:
    x, y = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
    labels, signs = np.array([0, 2, 1, 2]), np.where(y > 0, 1.0, -1.0)
    assert cg.mse_loss(x, y) == pytest.approx(np.mean((x - y) ** 2))
    assert cg.hinge_loss(x, signs) == pytest.approx(np.mean(np.maximum(0, 1 - signs * x)))
    chances = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    expected = -np.mean(np.log(chances[np.arange(4), labels]))
    assert cg.cross_entropy(x, labels) == pytest.approx(expected)
    assert cg.cross_entropy(x, labels.astype(float)) == pytest.approx(expected)


def test_cross_entropy_does_not_overflow() -> None:
    logits = np.array([[1e4, -1e4], [0.0, 0.0]])
    loss, slope = cg.value_and_grad(lambda x: cg.cross_entropy(x, np.array([1, 0])))(logits)
    assert loss == pytest.approx((2e4 + np.log(2.0)) / 2)
    np.testing.assert_allclose(slope, [[0.5, -0.5], [-0.25, 0.25]])


def test_a_loss_over_nothing_is_nan() -> None:
    nothing = np.ones((0, 2))
    for loss in (cg.mse_loss, cg.hinge_loss):
        assert np.isnan(loss(nothing, nothing))
        assert cg.grad(loss)(nothing, nothing).shape == (0, 2)
    assert np.isnan(cg.cross_entropy(nothing, np.array([], int)))


def test_labels_have_no_slope() -> None:
    x, labels = cg.variables(x=np.eye(2), labels=np.array([0, 1]))
    assert cg.gradient(cg.cross_entropy(x, labels), [labels])[0].tolist() == [0.0, 0.0]


def test_a_loss_is_one_node_with_its_labels_named() -> None:
    labels = np.array([0, 1])
    x = cg.variable(np.eye(2), name="x")
    loss = cg.cross_entropy(x, labels)
    g = cg.graph(loss, names={"loss": loss, "labels": labels})
    assert g.describe(g.output) == "cross_entropy(x, labels)"


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda x: cg.mse_loss(x, np.ones(2)), r"one shape, not \(2, 3\) and \(2,\)"),
        (lambda x: cg.hinge_loss(x, 1.0), r"one shape, not \(2, 3\) and \(\)"),
        (lambda x: cg.cross_entropy(x, np.ones((2, 3), int)), r"not \(2, 3\) and \(2, 3\)"),
        (lambda x: cg.cross_entropy(x, np.array([0, 3])), "whole numbers from 0 to 2"),
        (lambda x: cg.cross_entropy(x, np.array([0, -1])), "whole numbers from 0 to 2"),
        (lambda x: cg.cross_entropy(x, np.array([0, 0.5])), "whole numbers from 0 to 2"),
        (lambda x: cg.cross_entropy(2.0, 1), r"not \(\) and \(\)"),
    ],
)
def test_what_does_not_fit_is_named(use: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        use(cg.variable(np.ones((2, 3)), name="x"))
