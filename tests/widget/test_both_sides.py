"""What both Python and the browser have to know is the same on both sides."""

import ast
import re
from pathlib import Path

import pytest

import cgraph_edu
from cgraph_edu.graphs import answers
from cgraph_edu.render import palette, scene, svg
from cgraph_edu.widget import page, parts

SOURCES = Path(cgraph_edu.__file__).parent / "widget" / "src"


@pytest.mark.parametrize(
    ("module", "name", "known"),
    [
        ("accents", "SERIF", palette.SERIF),
        ("answers", "FEW", answers.FEW),
        ("answers", "MOST_NAMED", answers.MOST_NAMED),
        ("answers", "MOST_NODES", answers.MOST_NODES),
        ("answers", "LONGEST", answers.LONGEST),
        ("folding", "FLAT", parts.FLAT),
        ("ledger", "LISTED", page._LISTED),
        ("orientation", "HEIGHT", scene.BOX_HEIGHT),
        ("orientation", "RADIUS", svg._RADIUS),
        ("orientation", "STACKED", svg.STACKED),
        ("placement/parts", "COLOURS", len(palette.WORKERS["light"])),
        ("stage", "PARTIAL_SIZE", scene.PARTIAL_SIZE),
        ("stage", "VALUE_SIZE", scene.VALUE_SIZE),
    ],
)
def test_a_constant_is_the_same_in_the_browser(module: str, name: str, known: object) -> None:
    source = (SOURCES / f"{module}.ts").read_text("utf-8")
    found = re.search(rf"^(?:export )?const {name} = (.*);$", source, re.MULTILINE)
    assert found, f"{module}.ts has no {name}"
    assert ast.literal_eval(found[1]) == known
