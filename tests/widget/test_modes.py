"""Explorer's traits `mode` and `step`, in Python."""

import json
from typing import Any

import pytest
from traitlets import TraitError

import cgraph_edu as cg
from tests.examples import five_nodes
from tests.widget.test_explorer import branched, from_browser


@pytest.fixture
def explorer() -> cg.Explorer:
    return cg.Explorer(five_nodes())


def test_it_starts_with_the_paths(explorer: cg.Explorer) -> None:
    assert (explorer.mode, explorer.step, explorer.steps) == ("paths", 0, 0)


def test_mode_and_step_can_be_set_and_observed(explorer: cg.Explorer) -> None:
    seen: list[Any] = []
    explorer.observe(lambda change: seen.append((change["name"], change["new"])), ["mode", "step"])
    explorer.mode = "reverse"
    explorer.step = 2
    from_browser(explorer, {"step": 3})
    from_browser(explorer, {"mode": "forward", "step": 1})
    assert seen == [
        ("mode", "reverse"),
        ("step", 2),
        ("step", 3),
        ("mode", "forward"),
        ("step", 1),
    ]
    assert json.loads(json.dumps(explorer.get_state(["mode", "step"]))) == {
        "mode": "forward",
        "step": 1,
    }


@pytest.mark.parametrize(
    ("mode", "source", "target", "steps"),
    [
        ("reverse", "", "e", 4),  # e, then e, d and c act
        ("reverse", "b", "e", 4),
        ("reverse", "", "d", 2),
        ("reverse", "", "a", 1),
        ("forward", "", "e", 3),  # a, then c and e
        ("forward", "b", "e", 4),
        ("forward", "b", "d", 2),
        ("forward", "a", "d", 1),
        ("forward", "d", "e", 2),
        ("paths", "b", "e", 0),
    ],
)
def test_how_many_steps_there_are(
    explorer: cg.Explorer, mode: str, source: str, target: str, steps: int
) -> None:
    explorer.set_trait("source", source)
    explorer.set_trait("target", target)
    explorer.set_trait("mode", mode)
    assert explorer.steps == steps


@pytest.mark.parametrize("mode", ["Reverse", "backward", "", None, 1])
def test_another_mode_is_refused(explorer: cg.Explorer, mode: Any) -> None:
    with pytest.raises(TraitError, match=r"'mode' trait.*'paths', 'forward', 'reverse'"):
        explorer.mode = mode
    assert explorer.mode == "paths"


@pytest.mark.parametrize("step", [-1, 5, True])
def test_a_step_that_there_is_not_is_refused(explorer: cg.Explorer, step: Any) -> None:
    explorer.mode = "reverse"
    explorer.step = 2
    with pytest.raises(TraitError, match="an integer from 0 to 4, the steps of reverse mode here"):
        explorer.step = step
    assert explorer.step == 2


@pytest.mark.parametrize("step", [1.5, "2", None])
def test_a_step_that_is_no_integer_is_refused(explorer: cg.Explorer, step: Any) -> None:
    explorer.mode = "reverse"
    with pytest.raises(TraitError, match="'step' trait"):
        explorer.step = step


def test_paths_have_no_steps(explorer: cg.Explorer) -> None:
    with pytest.raises(TraitError, match="set mode to 'forward' or 'reverse' first"):
        explorer.step = 1
    explorer.mode = "reverse"
    explorer.step = 4
    explorer.mode = "paths"
    assert explorer.step == 0


def test_a_shorter_pass_holds_the_step(explorer: cg.Explorer) -> None:
    explorer.mode = "reverse"
    explorer.step = 4
    explorer.target = "d"
    assert explorer.step == 2


def test_a_step_of_the_branch_that_was_left_does_no_harm() -> None:
    def f(a: Any) -> Any:
        return cg.sin(cg.exp(a * a)) if a > 0 else -a

    explorer = cg.Explorer(cg.trace(f, a=1.0))
    explorer.mode = "reverse"
    explorer.step = 4
    from_browser(explorer, {"inputs": {"a": -2.0}, "asked": 1})
    assert (explorer.mode, explorer.step, explorer.steps) == ("reverse", 2, 2)
    # The browser has not heard of it yet, and says two things at once.
    from_browser(explorer, {"inputs": {"a": -3.0}, "asked": 2, "step": 3})
    assert explorer.inputs == {"a": -3.0}
    assert explorer.step == 2


def test_a_source_that_the_other_branch_lacks_is_no_seed() -> None:
    explorer = cg.Explorer(branched(), wrt="b")
    explorer.mode = "forward"
    explorer.step = 2
    explorer.inputs = {"a": -1.0}
    assert (explorer.source, explorer.step, explorer.steps) == ("", 2, 2)
