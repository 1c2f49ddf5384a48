"""What importing costs, and what stays unloaded until something needs it."""

import json
import re
import subprocess
import sys

BUDGET_MS = 60
HEAVY = ["numpy", "matplotlib", "networkx", "ipywidgets", "anywidget", "IPython", "tqdm"]
HEAVY += ["torch", "jax", "tensorflow", "dask", "distributed", "click", "rich"]
HEAVY += ["cgraph_edu.teaching"]

LOAD = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "cgraph_edu")
"""

CELL = """
from IPython.utils.capture import capture_output
with capture_output() as captured:
    shell.run_cell("%%cgraph\\na = 2.0\\nb = 1.0\\nc = a + b\\nd = b + 1\\ne = c * d\\n")
bundle = captured.outputs[-1].data
for kind in ("application/vnd.jupyter.widget-view+json", "text/html", "text/plain"):
    assert kind in bundle, bundle.keys()
assert "data:image/svg+xml;base64," in bundle["text/html"]
assert "∂e/∂b = 5" in bundle["text/plain"]
graph = shell.user_ns["graph"]
graph.draw()
"""


def loaded_by(code: str) -> list[str]:
    """The heavy packages that a fresh Python has loaded after running the code."""
    ask = f"import json, sys\nprint(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{ask}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    loaded: list[str] = json.loads(done.stdout.splitlines()[-1])
    return loaded


def import_ms() -> float:
    """How long a fresh Python takes over `import cgraph_edu`, all that it imports included."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import cgraph_edu"],
        capture_output=True,
        text=True,
        check=True,
    )
    row = re.search(r"^import time: +\d+ \| +(\d+) \| cgraph_edu$", done.stderr, re.MULTILINE)
    assert row, done.stderr
    return int(row[1]) / 1000


def test_import_is_quick() -> None:
    # The quickest of several: a busy machine only ever adds.
    assert min(import_ms() for _ in range(7)) <= BUDGET_MS


def test_import_loads_nothing_heavy() -> None:
    assert loaded_by("import cgraph_edu") == []


def test_loading_the_extension_loads_nothing_heavy() -> None:
    assert loaded_by(LOAD) == ["IPython"]


def test_a_scalar_cell_needs_neither_numpy_nor_networkx_nor_matplotlib() -> None:
    assert loaded_by(LOAD + CELL) == ["ipywidgets", "anywidget", "IPython"]


def test_a_loaded_package_is_noticed() -> None:
    assert loaded_by("import numpy") == ["numpy"]
