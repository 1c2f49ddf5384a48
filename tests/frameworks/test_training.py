"""Networks trained on scikit-learn's data, and optimisers beside PyTorch's."""

from typing import Any

import numpy as np
import pytest

import cgraph_edu as cg

pytestmark = pytest.mark.frameworks


def test_two_moons() -> None:
    datasets = pytest.importorskip(
        "sklearn.datasets", reason="`make test-frameworks` installs scikit-learn"
    )
    x, y = datasets.make_moons(200, noise=0.1, random_state=0)
    net = cg.nn.MLP([2, 16, 16, 1])

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        return cg.hinge_loss(net(parameters, x)[:, 0], y)

    for seed in range(3):
        parameters, losses = cg.nn.fit(
            loss,
            net.init(seed),
            x,
            2 * y - 1,
            optimiser=cg.nn.SGD(0.1, momentum=0.9),
            epochs=150,
        )
        accuracy = np.mean((net(parameters, x)[:, 0] > 0) == y)
        assert accuracy >= 0.97
        assert losses[-1] < 0.1 < losses[0]


def test_digits_that_were_held_out() -> None:
    datasets = pytest.importorskip(
        "sklearn.datasets", reason="`make test-frameworks` installs scikit-learn"
    )
    digits = datasets.load_digits()
    x = digits.data / 16
    order = np.random.default_rng(0).permutation(len(x))
    held_out, learnt = order[:360], order[360:]
    net = cg.nn.MLP([64, 32, 10])

    @cg.function
    def loss(parameters: Any, x: Any, labels: Any) -> Any:
        return cg.cross_entropy(net(parameters, x), labels)

    parameters, _ = cg.nn.fit(
        loss,
        net.init(seed=0),
        x[learnt],
        digits.target[learnt],
        optimiser=cg.nn.Adam(0.005),
        epochs=30,
        batch_size=64,
    )
    guesses = net(parameters, x[held_out]).argmax(axis=1)
    assert np.mean(guesses == digits.target[held_out]) >= 0.95
    assert loss.traces == 2


@pytest.mark.parametrize(
    ("optimiser", "name", "settings"),
    [
        (cg.nn.SGD(0.1), "SGD", {"lr": 0.1}),
        (cg.nn.SGD(0.05, momentum=0.9), "SGD", {"lr": 0.05, "momentum": 0.9}),
        (cg.nn.Adam(0.02), "Adam", {"lr": 0.02}),
        (
            cg.nn.Adam(0.1, beta1=0.8, beta2=0.9, epsilon=1e-3),
            "Adam",
            {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3},
        ),
    ],
)
def test_the_same_steps_as_pytorch(optimiser: Any, name: str, settings: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch", reason="`make test-frameworks` installs PyTorch")
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(20, 3)), generator.normal(size=(20, 2))
    net = cg.nn.MLP([3, 4, 2], activation=cg.tanh)
    start = net.init(seed=1)
    found, losses = cg.nn.fit(
        lambda parameters, x, y: cg.mse_loss(net(parameters, x), y),
        start,
        x,
        y,
        optimiser=optimiser,
        epochs=20,
    )

    theirs = [
        {key: torch.tensor(value, requires_grad=True) for key, value in own.items()}
        for own in start
    ]
    first, second = theirs
    step = getattr(torch.optim, name)([w for own in theirs for w in own.values()], **settings)
    expected = []
    for _ in range(20):
        step.zero_grad()
        hidden = torch.tanh(torch.tensor(x) @ first["weight"] + first["bias"])
        scores = hidden @ second["weight"] + second["bias"]
        loss = torch.nn.functional.mse_loss(scores, torch.tensor(y))
        loss.backward()
        step.step()
        expected.append(loss.item())
    np.testing.assert_allclose(losses, expected, rtol=1e-12)
    for own, other in zip(found, theirs, strict=True):
        for key in own:
            np.testing.assert_allclose(own[key], other[key].detach().numpy(), rtol=1e-9, atol=1e-14)
