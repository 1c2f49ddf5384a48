"""The page of a notebook: what is in it, and that it needs nothing else."""

import base64
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from cgraph_edu.teaching import Refused, exporting
from cgraph_edu.teaching.exporting import Exported, export
from cgraph_edu.teaching.files import NotebookError
from cgraph_edu.teaching.maths import mathml, output
from tests.examples import FIVE_LINES
from tests.teaching.planted import LESSON, METADATA, executed, stored

pytestmark = pytest.mark.slow  # most of them start a kernel

LOAD = "%load_ext cgraph_edu"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def states(exported: Exported) -> list[Any]:
    """What the explorers of a page are told."""
    found = re.findall(r'class="cgx-state"[^>]*>(.*?)</script>', exported.html)
    return [json.loads(each) for each in found]


def shown(path: Path, data: dict[str, Any]) -> Path:
    """A notebook whose one cell shows this."""
    cell = new_code_cell("show", outputs=[new_output("display_data", data)], execution_count=1)
    nbformat.write(new_notebook(cells=[cell], metadata=METADATA), path)
    return path


def test_each_explorer_lives_and_the_module_is_there_once(tmp_path: Path) -> None:
    path = stored(
        tmp_path / "x.ipynb",
        (LOAD, None),
        (f"%%cgraph\n{FIVE_LINES}", None),
        ("%%cgraph\nx = 3.0\ny = x * x", None),
        ("explorer.inputs = {'x': 4.0}", None),
        ("import numpy as np", None),
        ("%%cgraph\nw = np.ones(2)\nloss = (w * w).sum()", None),
    )
    before = path.read_bytes()
    exported = export(path)
    assert path.read_bytes() == before
    assert (exported.living, exported.still, exported.lost) == (3, 0, [])
    first, second, arrays = states(exported)
    assert first["inputs"] == {"a": 2.0, "b": 1.0}
    # As it was left, not as it opened.
    assert second["inputs"] == {"x": 4.0}
    assert set(arrays["saved"]) >= {"w", "loss"}
    assert exported.html.count('<script type="module">') == 2
    assert exported.html.count('class="cgx-page"') == 3


def test_the_file_is_small_and_asks_for_nothing() -> None:
    exported = export(LESSON)
    assert exported.living == 1
    assert exported.lost == []
    assert len(exported.html) < 250_000
    assert re.findall(r'(?:src|href)="(?!data:)([^"#]*)"', exported.html) == [
        "02_sum_over_paths.ipynb"
    ]
    assert "<title>1. Computational graphs</title>" in exported.html
    assert set(re.findall(r"https?://[^\s\"'\\)<]+", exported.html)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
    }


def test_as_stored_the_picture_and_the_tables_are_there() -> None:
    exported = export(LESSON, run=False)
    assert (exported.living, exported.still) == (0, 0)
    assert 'src="data:image/svg+xml;base64,' in exported.html
    assert "<script" not in exported.html


def test_as_stored_what_has_its_state_lives(tmp_path: Path) -> None:
    path = executed(tmp_path / "x.ipynb", LOAD, f"%%cgraph\n{FIVE_LINES}", keep_widgets=True)
    exported = export(path, run=False)
    assert exported.living == 1
    assert states(exported) == states(export(path))


def test_a_page_in_an_output_shares_the_module(tmp_path: Path) -> None:
    path = executed(tmp_path / "x.ipynb", LOAD, f"%%cgraph --page\n{FIVE_LINES}")
    exported = export(path, run=False)
    assert exported.living == 1
    assert "<iframe" not in exported.html
    (state,) = states(exported)
    assert state["inputs"] == {"a": 2.0, "b": 1.0}
    assert exported.html.count('<script type="module">') == 1


def test_widgets_of_others_stand_still_and_are_counted(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", ("import ipywidgets\nipywidgets.IntSlider(3)", None))
    exported = export(path)
    assert (exported.living, exported.still) == (0, 1)
    assert "IntSlider(value=3)" in exported.html


def test_formulas_are_drawn_without_a_script(tmp_path: Path) -> None:
    text = r"Slope $\frac{\partial e}{\partial b} = 5$, and $$x^2$$, $\nosuch{x} < 3$, \$5."
    html = export(stored(tmp_path / "x.ipynb", text=text)).html
    assert "<mfrac><mrow><mo>∂</mo><mi>e</mi></mrow>" in html
    assert 'display="block"' in html
    assert r"<code>$\nosuch{x} &lt; 3$</code>" in html
    assert "</code>, $5" in html
    assert "<mfrac>" in output(r"$\displaystyle \frac{1}{2}$")
    assert "<mtable" in output(r"\begin{aligned} a &= b \\ c &= d \end{aligned}")
    assert mathml(r"\frac{", is_block=False) == r"<code>$\frac{$</code>"


def test_what_a_cell_shows_in_latex_alone_is_a_formula(tmp_path: Path) -> None:
    path = shown(tmp_path / "x.ipynb", {"text/latex": "$x^2$", "text/plain": "x**2"})
    assert "<msup>" in export(path, run=False).html


def test_local_pictures_are_taken_along_and_others_are_told(tmp_path: Path) -> None:
    (tmp_path / "lessons").mkdir()
    (tmp_path / "a b.png").write_bytes(PIXEL)
    text = (
        "![mine](../a%20b.png) ![gone](gone.png) ![far](https://example.com/x.png)\n\n"
        '<img src="../a b.png" alt="tag"> [next](02.ipynb)\n\n<iframe src="https://example.com/v"></iframe>'
    )
    exported = export(stored(tmp_path / "lessons" / "x.ipynb", text=text))
    assert exported.html.count("data:image/png;base64,") == 2
    assert 'href="02.ipynb"' in exported.html
    assert '<a href="https://example.com/x.png">far</a>' in exported.html
    assert "<em>gone</em>" in exported.html
    assert exported.lost == [
        "gone.png is not in the page: no such picture beside the notebook",
        "https://example.com/x.png is not in the page: it is elsewhere; put the file beside the "
        "notebook",
        "a frame is not in the page: https://example.com/v",
    ]


def test_nothing_but_pictures_is_taken_along(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    exported = export(
        stored(tmp_path / "x.ipynb", text="![a](secret.txt) ![b](file:///etc/passwd)")
    )
    assert base64.b64encode(b"secret").decode() not in exported.html
    assert len(exported.lost) == 2


def test_scripts_of_others_are_left_out_and_told(tmp_path: Path) -> None:
    html = "<script>fetch('https://example.com')</script><b>bold</b><link href='https://a.b/c.css'>"
    exported = export(shown(tmp_path / "x.ipynb", {"text/html": html}), run=False)
    assert "example.com" not in exported.html
    assert "a.b/c.css" not in exported.html
    assert "<b>bold</b>" in exported.html
    assert [lost.partition(":")[0] for lost in exported.lost] == [
        "scripts of other libraries are not in the page"
    ]


def test_what_is_written_in_a_notebook_stays_text(tmp_path: Path) -> None:
    hostile = "</script><script>document.title = 'run'</script>"
    path = stored(tmp_path / "x.ipynb", (f"print({hostile!r})", hostile), text=f"# {hostile}")
    html = export(path, run=False).html
    assert "document.title = 'run'</script>" not in html


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", (LOAD, None), (f"%%cgraph\n{FIVE_LINES}", None))
    assert export(path).html == export(path).html


def test_what_breaks_the_format_is_told(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", ("1", None))
    path.write_text(path.read_text().replace('"tags": []', "").replace('"outputs": []', '"x": []'))
    with pytest.raises(NotebookError, match="breaks the notebook format: .*open it in JupyterLab"):
        export(path)


def test_no_cells_and_no_outputs_are_a_page_too(tmp_path: Path) -> None:
    assert "<main>" in export(stored(tmp_path / "x.ipynb")).html
    assert "1 + 1" in re.sub(
        "<[^>]*>", "", export(stored(tmp_path / "y.ipynb", ("1 + 1", None))).html
    )


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("1 / 0", "cell 2 fails: ZeroDivisionError: division by zero: mend it"),
        ("import time\ntime.sleep(60)", "cell 2 did not end within 5 seconds: allow more"),
        ("import os\nos._exit(1)", "the kernel died in cell 2: mend it"),
    ],
)
def test_a_run_that_fails_says_where(tmp_path: Path, source: str, what: str) -> None:
    path = stored(tmp_path / "x.ipynb", ("1", None), (source, None), text="# Title")
    with pytest.raises(NotebookError, match=f"{what}.*--no-run"):
        export(path, timeout=5)


def test_an_error_that_is_the_lesson_is_shown(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", ("1 / 0", None))
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].metadata["tags"] = ["raises-exception"]
    nbformat.write(notebook, path)
    assert "ZeroDivisionError" in export(path).html


def test_a_kernel_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="its kernel 'R' is not installed; try --kernel python3"):
        export(stored(tmp_path / "x.ipynb", ("1", None)), kernel="R")


@pytest.mark.parametrize(
    ("argv", "what"),
    [
        ([sys.executable, "-c", "1"], "Kernel died before replying"),
        ([], "list index out of range"),
        (["/no/such/python"], "No such file"),
    ],
)
def test_a_kernel_that_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str], what: str
) -> None:
    folder = tmp_path / "kernels" / "broken"
    folder.mkdir(parents=True)
    spec = {"argv": argv, "display_name": "Broken", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    path = stored(tmp_path / "x.ipynb", ("1", None))
    with pytest.raises(Refused, match=f"its kernel 'broken' does not start .*{what}"):
        export(path, kernel="broken")


def test_half_a_second_is_a_time(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.ipynb", ("while True: pass", None))
    with pytest.raises(NotebookError, match="cell 1 did not end within 1 seconds"):
        export(path, timeout=0.5)


@pytest.mark.skipif(os.name == "nt", reason="pipes")
def test_a_pipe_is_no_picture(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.png")
    exported = export(stored(tmp_path / "x.ipynb", text="![a pipe](x.png)"), run=False)
    assert exported.lost == ["x.png is not in the page: no such picture beside the notebook"]


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_NEEDED", ("nbconvert", "no_such_module"))
    with pytest.raises(Refused, match=r"needs no_such_module: pip install 'cgraph-edu\[test\]'"):
        export(LESSON)
