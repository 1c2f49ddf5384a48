"""The PyTorch dialect beside PyTorch itself."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from cgraph_edu.dialects import torch as dialect
from tests.dialects.parity import Program, in_dialect, programs, recordings, run
from tests.dialects.test_torch_arguments import SAID

torch = pytest.importorskip("torch", reason="`make test-frameworks` installs PyTorch")
pytestmark = pytest.mark.frameworks

PROGRAMS = list(programs("torch"))


@pytest.fixture(autouse=True)
def every_warning() -> Iterator[None]:
    """PyTorch gives some warnings once in a process; here each program is to get them."""
    for framework in (torch, dialect):
        framework.set_warn_always(True)
    yield
    for framework in (torch, dialect):
        framework.set_warn_always(False)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.title)
def test_a_program_prints_the_same_and_its_recording_is_fresh(program: Program) -> None:
    real = run(program.source)
    assert run(in_dialect(program.source, "torch")) == real
    assert recordings("torch")["programs"][program.title]["output"] == real


@pytest.mark.parametrize("source", ["x * y", "y * x", "x + y", "y / x", "torch.exp(x)", "y @ x"])
def test_mixing_the_two_says_which_line(source: str) -> None:
    scope = {"x": dialect.ones(2), "y": torch.ones(2), "torch": torch}
    with pytest.raises(TypeError, match="line 3 of <learner>.*PyTorch"):
        exec(compile(f"\n\nz = {source}\n", "<learner>", "exec"), scope)


@pytest.mark.parametrize("seed", [0, 1, 1234, 2**40])
@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 40])
def test_the_same_seed_gives_the_same_numbers(seed: int, size: int) -> None:
    for draw in ("rand", "randn"):
        for kind in ("float32", "float64"):
            found = []
            for framework in (torch, dialect):
                framework.manual_seed(seed)
                first = getattr(framework, draw)(size, dtype=getattr(framework, kind))
                found.append([*first.tolist(), *framework.randn(3).tolist()])
            assert found[1] == pytest.approx(found[0], rel=2e-6, abs=2e-6)


@pytest.mark.parametrize("shape", [(1,), (5,), (37,), (200,), (3, 4), (17, 9), (40, 33), (8, 1)])
def test_sums_agree_to_the_last_digit(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    x = torch.randn(shape)
    y = dialect.from_numpy(x.numpy())
    assert y.sum().item() == x.sum().item()
    assert y.mean().item() == x.mean().item()
    for dim in range(len(shape)):
        assert y.sum(dim).tolist() == x.sum(dim).tolist()


@pytest.mark.parametrize("call", SAID)
def test_pytorch_says_the_same(call: str) -> None:
    with pytest.raises(TypeError) as caught:
        eval(f"torch.{call}", {"torch": torch})
    assert str(caught.value) == SAID[call]


@pytest.mark.parametrize("where", ["", "nn.functional", "optim", "autograd"])
def test_only_pytorchs_names_are_offered(where: str) -> None:
    own: Any = dialect
    real: Any = torch
    for part in where.split(".") if where else ():
        own, real = getattr(own, part), importlib.import_module(f"{real.__name__}.{part}")
    offered = [name for name in dir(own) if not name.startswith("_")]
    assert len(offered) > 5
    assert [name for name in offered if not hasattr(real, name)] == []
    assert all(hasattr(own, name) for name in offered)
