"""Explorer's trait `engine`, in Python."""

import json
from typing import Any

import pytest
from traitlets import TraitError

import cgraph_edu as cg
from cgraph_edu.graphs.graph import FAULTY
from cgraph_edu.widget.page import page
from cgraph_edu.widget.setup import Setup
from tests.examples import five_nodes
from tests.widget.test_explorer import branched, from_browser


@pytest.fixture
def explorer() -> cg.Explorer:
    return cg.Explorer(five_nodes())


def test_it_starts_with_the_right_one(explorer: cg.Explorer) -> None:
    assert explorer.engine == "reverse"
    assert json.loads(json.dumps(explorer.get_state(["engine"]))) == {"engine": "reverse"}


def test_it_can_be_set_and_observed(explorer: cg.Explorer) -> None:
    seen: list[str] = []
    explorer.observe(lambda change: seen.append(change["new"]), "engine")
    for engine in FAULTY:
        explorer.engine = engine
        assert explorer.graph.diagnose(explorer.engine).engine == engine
    from_browser(explorer, {"engine": "overwrite"})
    assert seen == [*FAULTY, "overwrite"]


@pytest.mark.parametrize("engine", ["Overwrite", "forward", "", None, 0])
def test_another_engine_is_refused(explorer: cg.Explorer, engine: Any) -> None:
    explorer.engine = "stale"
    with pytest.raises(TraitError, match=r"'engine' trait.*'reverse', 'overwrite', 'no_order'"):
        explorer.engine = engine
    assert explorer.engine == "stale"


def test_it_stays_when_another_branch_is_taken() -> None:
    explorer = cg.Explorer(branched(), wrt="b")
    explorer.engine = "no_order"
    explorer.inputs = {"a": -1.0}
    assert explorer.engine == "no_order"


def test_a_saved_page_knows_it() -> None:
    assert '"engine":"reverse"' in page(five_nodes())
    wrong = page(five_nodes(), Setup(engine="overwrite"))
    assert '"engine":"overwrite"' in wrong
    assert "b: 2 instead of 5; lost: b → d → e, worth 3." in wrong


def test_it_may_be_a_faulty_one_from_the_start() -> None:
    assert cg.Explorer(five_nodes(), engine="stale").engine == "stale"
    with pytest.raises(TraitError, match="'engine' trait"):
        cg.Explorer(five_nodes(), engine="forward")


def test_the_still_forms_say_what_it_found(explorer: cg.Explorer) -> None:
    right = explorer._repr_mimebundle_()[0]
    explorer.engine = "overwrite"
    wrong = explorer._repr_mimebundle_()[0]
    assert wrong["text/plain"].splitlines()[0] == "e = c * d = 6"
    assert wrong["text/plain"].splitlines()[-2:] == [
        "b: 2 instead of 5; lost: b → d → e, worth 3.",
        "At b the contribution of c overwrote that of d.",
    ]
    assert "✓ b ✓" not in wrong["text/plain"]
    assert repr(explorer) == wrong["text/plain"]
    for form in ("text/html", "text/latex"):
        assert "instead of" in wrong[form]
        assert "instead of" not in right[form]
    assert wrong["text/html"].count("✗") == 1
    assert "base64," in wrong["text/html"]
    explorer.engine = "reverse"
    assert explorer._repr_mimebundle_()[0] == right


def test_what_is_to_be_predicted_is_not_told_by_a_faulty_one_either() -> None:
    explorer = cg.Explorer(five_nodes(), predict="b")
    explorer.engine = "overwrite"
    assert repr(explorer) == "e = c * d = 6"


def test_of_a_large_graph_it_is_told_in_words() -> None:
    def doubled(x: Any) -> Any:
        for _ in range(200):
            x = x + x
        return x

    explorer = cg.Explorer(cg.trace(doubled, x=1.0), engine="stale")
    bundle = explorer._repr_mimebundle_()[0]
    assert "counted twice: all about 10^60 paths" in repr(explorer)
    assert "counted twice: all" in bundle["text/html"]
