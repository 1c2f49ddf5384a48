"""The documentation site: it builds without a warning, and links, names and formulas are there."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import cgraph_edu as cg
from cgraph_edu.core.expressions import write
from cgraph_edu.core.ops import OPS
from tests.binder import ROOT

pytestmark = pytest.mark.slow

PACKAGE = ROOT / "cgraph_edu"


def public(stub: Path) -> list[str]:
    """The public names of a package, as its stub lists them."""
    return re.findall(r"^from \S+ import (\w+) as \w+$", stub.read_text(encoding="utf-8"), re.M)


NAMES = public(PACKAGE / "__init__.pyi")

MODULES = {"nn", "distributed"}

# What is only reached with a framework installed.
ELSEWHERE = {"from_torch", "from_jax", "from_tensorflow"}

LOADS = {
    ("script", "src"),
    ("img", "src"),
    ("source", "srcset"),
    ("iframe", "src"),
    ("video", "src"),
    ("object", "data"),
}
"""Where a page names what a browser fetches unasked; of `link` it depends on what it is for."""

FETCHED = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "manifest"}


class Page(HTMLParser):
    """The links, anchors, text and loads of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.words: list[str] = []
        self._inside = ""
        self.feed(html)
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ("href", "src", "srcset", "data") and value:
                is_load = (tag, name) in LOADS
                if tag == "link":
                    is_load = bool(FETCHED & set((dict(attrs).get("rel") or "").split()))
                (self.loads if is_load else self.links).append(value)
        if tag in ("script", "style"):
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.words.append(data)


@cache
def page(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr + built.stdout
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> list[Path]:
    """Its pages. An explorer is tested as a page of its own elsewhere, and 404 knows no place."""
    found = [path for path in site.rglob("*.html") if path.parent.name != "explorers"]
    return [path for path in found if path.name != "404.html"]


def dead(start: Path, target: str) -> bool:
    """Whether a link of a page leads nowhere."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return parts.scheme not in ("http", "https", "mailto", "data")
    path = (start.parent / unquote(parts.path)).resolve() if parts.path else start
    if not path.is_file():
        return True
    is_page = path.suffix == ".html" and path.parent.name != "explorers"
    return bool(parts.fragment) and is_page and unquote(parts.fragment) not in page(path).anchors


def test_no_link_is_dead(pages: list[Path], site: Path) -> None:
    assert len(pages) > 40
    found = [
        (str(path.relative_to(site)), target)
        for path in pages
        for target in (*page(path).links, *page(path).loads)
        if dead(path, target)
    ]
    assert found == []


def test_a_dead_link_is_noticed(site: Path) -> None:
    start = site / "tutorial.html"
    assert not dead(start, "learners/explore.html")
    assert not dead(start, "reference/errors.html#cgraph_edu.GuardError")
    for target in ("nowhere.html", "learners/explore.html#nowhere", "#nowhere", "learners"):
        assert dead(start, target)


def test_nothing_comes_from_another_host(pages: list[Path], site: Path) -> None:
    loads = {load for path in pages for load in page(path).loads}
    assert any(load.endswith(".css") for load in loads)
    assert [load for load in loads if urlsplit(load).netloc] == []
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)\"']*", styles) == []


def test_links_of_the_teachers_guide_lead_to_lessons(site: Path) -> None:
    links = page(site / "teachers_guide.html").links
    lessons = [link for link in links if link.startswith("lessons/")]
    assert len(lessons) > 100
    assert [link for link in links if ".ipynb" in link or link.startswith("../")] == []


def test_search_knows_the_pages(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    for location in ("tutorial.html", "lessons/05_reverse_mode.html", "reference/derivatives.html"):
        assert f'"location":"{location}' in index
    assert (site / "search" / "search_index.js").is_file()  # for a page opened from a disk


# ---- the reference


@pytest.fixture(scope="module")
def reference(site: Path) -> dict[str, Page]:
    """The page on which each anchor is."""
    pages = [page(path) for path in sorted((site / "reference").glob("*.html"))]
    return {anchor: found for found in pages for anchor in found.anchors}


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_a_place(name: str, reference: dict[str, Page]) -> None:
    assert f"cgraph_edu.{name}" in reference


@pytest.mark.parametrize("name", sorted({*NAMES} & {*OPS}))
def test_an_op_has_its_formula_and_its_partials(name: str, reference: dict[str, Page]) -> None:
    text = reference[f"cgraph_edu.{name}"].text
    op = OPS[name]
    assert f"{name}({', '.join(op.operands)})" in text
    for formula in (op.forward, *op.partials):
        assert write(formula) in text


@pytest.mark.parametrize("name", sorted({*NAMES} - {*OPS} - ELSEWHERE - MODULES))
def test_a_docstring_is_on_the_page(name: str, reference: dict[str, Page]) -> None:
    """Its first sentence, which has the formula, but for the marks of code."""
    told = (getattr(cg, name).__doc__ or "").strip().split("\n\n")[0]
    assert plain(told) in plain(reference[f"cgraph_edu.{name}"].text)


def plain(text: str) -> str:
    """Letters, digits and signs of formulas alone: how they are set off does not matter."""
    return re.sub(r"[\s`*_\\]+", "", text)


def test_formulas_are_told() -> None:
    """Those that a reader looks up: each is in a docstring, so on its page."""
    formulas = {
        "grad": "∂f/∂x",
        "jvp": "x_dot",
        "vjp": "x_bar",
        "jacobian": "∂out[i]/∂x[j]",
        "hessian": "∂²f/∂x[i]∂x[j]",
        "sum": "Σ",
        "mean": "Σ",
        "matmul": "Σ over j of x[i, j] · y[j, k]",
        "softmax": "eˣ / Σ eˣ",
        "cross_entropy": "-ln softmax",
        "std": "√",
    }
    missing = [n for n, told in formulas.items() if told not in getattr(cg, n).__doc__]
    assert missing == []


@pytest.mark.parametrize(
    "anchor",
    ["MLP", "Linear", "SGD", "Adam", "fit", "tree_map", "Optimiser", "DivergedError"],
)
def test_networks_have_their_places(anchor: str, reference: dict[str, Page]) -> None:
    assert f"cgraph_edu.nn.{anchor}" in reference


@pytest.mark.parametrize("name", public(PACKAGE / "distributed" / "__init__.pyi"))
def test_what_runs_on_several_machines_has_its_place(name: str, reference: dict[str, Page]) -> None:
    text = plain(reference[f"cgraph_edu.distributed.{name}"].text)
    told = (getattr(cg.distributed, name).__doc__ or "").strip().split("\n\n")[0]
    assert plain(told) in text


def test_all_options_and_commands_are_told(site: Path) -> None:
    from cgraph_edu.cli import main
    from cgraph_edu.magics import CGraphMagics

    options = CGraphMagics.cgraph.parser.format_help()
    cell = page(site / "reference" / "cell.html").text
    assert [option for option in re.findall(r"--[a-z]+", options) if option not in cell] == []
    command = page(site / "reference" / "command.html")
    assert set(main.commands) <= command.anchors
    taken = {o for c in main.commands.values() for p in c.params for o in p.opts if "--" in o}
    assert [option for option in taken if option not in command.text] == []


# ---- the code on the pages

BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)

READY = [
    "%load_ext cgraph_edu",
    "%%cgraph\na = 2.0\nb = 1.0\nc = a + b\nd = b + 1\ne = c * d",
    "import cgraph_edu as cg\nmy_answer = 5\ntheir_function = cg.sin",
]
"""What a reader of a page has: the tutorial's graph, and names that stand for the reader's own."""

RUN = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
shell, told = InteractiveShell.instance(), []
for block in json.load(sys.stdin):
    with capture_output() as captured:
        done = shell.run_cell(block)
    told.append([done.success, captured.stdout])
print(json.dumps(told))
"""


def run_blocks(name: str, folder: Path) -> list[tuple[str, bool, str]]:
    """The blocks of a page, run in turn: each with whether it works, and what it prints."""
    blocks = BLOCK.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))
    assert blocks
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder)},
        input=json.dumps(READY + blocks),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert [works for works, _ in told[: len(READY)]] == [True] * len(READY)
    return [(block, *each) for block, each in zip(blocks, told[len(READY) :], strict=True)]


@pytest.mark.parametrize(
    "name",
    [
        "tutorial.md",
        *(f"learners/{page}.md" for page in ("explore", "notations", "papers", "errors")),
        *(f"teachers/{page}.md" for page in ("grade", "repository", "slides")),
    ],
)
def test_the_code_on_a_page_works_as_it_stands(tmp_path: Path, name: str) -> None:
    assert [block for block, works, _ in run_blocks(name, tmp_path) if not works] == []


@pytest.mark.parametrize("name", ["tutorial.md", "learners/notations.md"])
def test_code_prints_what_is_written_beside_it(tmp_path: Path, name: str) -> None:
    beside = [
        (re.findall(r"^print\(.*\)\s+# (.*)$", block, re.M), out)
        for block, _, out in run_blocks(name, tmp_path)
    ]
    told = [(lines, out.splitlines()) for lines, out in beside if lines]
    assert told
    assert [lines for lines, _ in told] == [out for _, out in told]


def test_the_hint_on_the_page_about_grading_is_the_real_one() -> None:
    a, b = cg.variables(a=2.0, b=1.0)
    c, d = a + b, b + 1
    e = c * d
    graph = cg.graph(e, names={"c": c, "d": d, "e": e})
    with pytest.raises(AssertionError) as hint:
        cg.check_answer(graph, wrt="b", answer=2)
    page = (ROOT / "docs/teachers/grade.md").read_text(encoding="utf-8")
    assert f"AssertionError: {hint.value}" in " ".join(page.split())
