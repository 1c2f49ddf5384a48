"""Imports point down: a module uses its own layer and those beneath it.

The only doors upwards are in graphs/graph.py, for what is drawn, printed, explored or checked, and
in core/function.py, for the Graph of a static graph. They import by name, when they are called. So
does bridges/__init__.py, which opens the bridge to a framework.
"""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "cgraph_edu"

# Each layer, and the layers that it may import. The package's __init__ is above them all.
CORE = {"core"}
GRAPHS = CORE | {"graphs"}
RENDER = GRAPHS | {"render"}
WIDGET = RENDER | {"widget"}
CELL = WIDGET | {"cell"}
LAYERS = {
    "core": CORE,
    "nn": CORE | {"nn"},
    "graphs": GRAPHS,
    "render": RENDER,
    "widget": WIDGET,
    "keeping": CORE | {"keeping"},
    "rewriting": CORE | {"rewriting"},
    "cell": GRAPHS | {"keeping", "rewriting", "cell"},
    "writing": CELL | {"rewriting", "writing"},
    "notations": CELL | {"writing", "notations"},
    "errors": {"errors"},
    "magics": CELL | {"errors", "notations", "rewriting", "magics"},
    "teaching": CELL | {"teaching"},
    "cli": {"teaching", "cli"},
    "__main__": {"cli"},
    "dialects": CORE | {"dialects"},
    "bridges": GRAPHS | {"bridges"},
    "distributed": WIDGET | {"nn", "bridges", "distributed"},
}

DOORS = {"graphs/graph.py", "core/function.py", "bridges/__init__.py"}


def violations(package: Path) -> list[str]:
    """Each import that points up, sideways or nowhere known, as `file:line imports layer`."""
    found = []
    for file in sorted(package.rglob("*.py")):
        name = file.relative_to(package)
        if name.as_posix() == "__init__.py":
            continue
        layer = name.parts[0].removesuffix(".py")
        if layer not in LAYERS:
            found.append(f"{name.as_posix()}: {layer} is no layer known to this test")
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for target in imported(node, (package.name, *name.parts[:-1])):
                    if target not in LAYERS[layer]:
                        found.append(f"{name.as_posix()}:{node.lineno} imports {target}")
            elif (
                isinstance(node, ast.Name | ast.Attribute)
                and imports_by_name(node)
                and name.as_posix() not in DOORS
            ):
                found.append(f"{name.as_posix()}:{node.lineno} imports by name")
    return found


def imported(statement: ast.Import | ast.ImportFrom, home: tuple[str, ...]) -> list[str]:
    """The layers of the package that a statement of a module in `home` imports."""
    if isinstance(statement, ast.Import):
        modules = [alias.name.split(".") for alias in statement.names]
    else:
        base = list(home[: len(home) + 1 - statement.level]) if statement.level else []
        base += statement.module.split(".") if statement.module else []
        modules = [[*base, alias.name] for alias in statement.names]
    # The name after the package is a layer, or something that only its __init__ knows.
    return [module[1] if len(module) > 1 else "" for module in modules if module[0] == home[0]]


def imports_by_name(node: ast.Name | ast.Attribute) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr
    return name in {"import_module", "__import__"}


def test_imports_point_down() -> None:
    assert violations(PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("core/planted.py", "from ..graphs.graph import Graph", ":1 imports graphs"),
        ("core/planted.py", "from .. import render", ":1 imports render"),
        ("graphs/planted.py", "import cgraph_edu.widget.explorer", ":1 imports widget"),
        ("graphs/planted.py", "def f():\n    from ..render import svg", ":2 imports render"),
        ("render/deep/planted.py", "from ...widget import explorer", ":1 imports widget"),
        ("widget/planted.py", "from cgraph_edu import magics", ":1 imports magics"),
        ("widget/planted.py", "from cgraph_edu import trace", ":1 imports trace"),
        ("core/planted.py", "import cgraph_edu", ":1 imports "),
        ("core/planted.py", "import importlib\nimportlib.import_module('x')", ":2 imports by name"),
        ("planted.py", "", ": planted is no layer known to this test"),
    ],
)
def test_a_planted_violation_is_found(
    tmp_path: Path, file: str, source: str, complaint: str
) -> None:
    planted = tmp_path / "cgraph_edu" / file
    planted.parent.mkdir(parents=True)
    planted.write_text(source)
    assert violations(tmp_path / "cgraph_edu") == [f"{file}{complaint}"]


def test_imports_that_point_down_are_left_alone(tmp_path: Path) -> None:
    module = tmp_path / "cgraph_edu" / "render" / "sound.py"
    module.parent.mkdir(parents=True)
    module.write_text("import math\nfrom . import text\nfrom ..core.ops import Op\n")
    assert violations(tmp_path / "cgraph_edu") == []
