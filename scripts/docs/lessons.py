"""The notebooks as pages, as they are stored: nothing is run."""

import re
from collections.abc import Iterator
from html import escape
from typing import Any

import nbformat

from cgraph_edu.teaching.maths import mathml
from scripts.docs.links import ROOT

NOTEBOOKS = ROOT / "notebooks"

KEPT = (".ipynb", ".npz", ".png", ".svg", ".txt")

_CODE = re.compile(r"(^ {0,3}(```+|~~~+).*?^ {0,3}\2|^(?: {4}|\t).*?$|`[^`\n]+`)", re.M | re.S)
_BLOCK = re.compile(r"\$\$(.+?)\$\$", re.S)
_INLINE = re.compile(r"(?<![\\$\w])\$(?=\S)([^$\n]+?)(?<=\S)\$(?![\w$])")
_STYLES = re.compile(r"\x1b\[[0-9;]*m")


def pages() -> Iterator[tuple[str, str]]:
    """Each notebook in Markdown, and where its page goes."""
    for path in sorted(NOTEBOOKS.glob("**/*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            name = path.relative_to(NOTEBOOKS).with_suffix("").as_posix()
            notebook = nbformat.read(path, as_version=4)
            yield f"lessons/{name}.md", markdown(notebook, path.name)


def files() -> Iterator[tuple[str, bytes]]:
    """The notebooks themselves, to be downloaded, their pictures and data."""
    for path in sorted(NOTEBOOKS.glob("**/*")):
        kept = path.suffix in KEPT and ".ipynb_checkpoints" not in path.parts
        if kept:
            yield f"lessons/{path.relative_to(NOTEBOOKS).as_posix()}", path.read_bytes()


def markdown(notebook: Any, file: str) -> str:
    """A notebook as one text."""
    parts: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(with_maths(cell.source))
        elif cell.cell_type == "code" and cell.source.strip():
            parts.append(fenced(cell.source, "python"))
            parts += [shown for output in cell.outputs if (shown := outcome(output))]
    note = (
        f'<p class="cg-note">This page is a notebook, as it was stored. To run it and move its '
        f'sliders, <a href="{file}" download>download {file}</a>, or take all lessons with '
        "<code>cgraph-edu lessons</code>.</p>"
    )
    title = re.match(r"# .*\n?", parts[0])
    if title:
        parts[:1] = [title[0], note, parts[0][title.end() :]]
    return "\n\n".join(parts) + "\n"


def outcome(output: Any) -> str:
    """What a cell printed or showed."""
    if output.output_type == "stream":
        return printed(output.text)
    if output.output_type == "error":
        return printed("\n".join(output.traceback))
    data = output.data
    if "text/html" in data:
        # One line, or Markdown would take what follows an empty one for its own.
        inner = re.sub(r"\n\s*\n", "\n", data["text/html"])
        return f'<div class="cg-shown">{inner}</div>'
    if "image/png" in data:
        png = data["image/png"].replace("\n", "")
        return f'<p><img class="cg-plot" alt="The plot." src="data:image/png;base64,{png}"></p>'
    return printed(data.get("text/plain", ""))


def printed(text: str) -> str:
    """Text as a cell's output."""
    return f'<div class="cg-printed"><pre>{escape(_STYLES.sub("", text).rstrip())}</pre></div>'


def fenced(source: str, language: str) -> str:
    """A block of code."""
    fence = "`" * max(3, *(1 + len(run) for run in re.findall("`+", source) or [""]))
    return f"{fence}{language}\n{source}\n{fence}"


def with_maths(source: str) -> str:
    """Markdown with the formulas between dollars as MathML, which needs no script."""
    pieces = _CODE.split(source)
    # Of each three: text, code, and the code's fence.
    texts = pieces[::3]
    codes = pieces[1::3]
    for i, text in enumerate(texts):
        text = _BLOCK.sub(lambda found: mathml(found[1], is_block=True), text)
        texts[i] = _INLINE.sub(lambda found: mathml(found[1], is_block=False), text)
    return "".join(text + code for text, code in zip(texts, [*codes, ""], strict=True))
