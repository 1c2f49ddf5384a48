"""Links between files of the repository, as links between pages of the site."""

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from urllib.parse import unquote

from pymdownx.slugs import slugify

ROOT = Path(__file__).parents[2]

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks": "benchmarks.md",
    "benchmarks/README.md": "benchmarks.md",
    "notebooks/frameworks": "lessons/frameworks/how_to_pytorch.md",
}
"""Where a file of the repository is on the site, if not by one of the rules of `_place`."""

FILES = ["constraints.txt", "LICENSE"]
"""Other files that pages link to: the site has a copy of them."""

_MARKDOWN = re.compile(r"(\]\()([^)\s]+)(\))")
_HTML = re.compile(r'((?:href|src|srcset)=")([^"]+)(")')
_slug = slugify(case="lower")


def files() -> Iterator[tuple[str, bytes]]:
    """The copies, and where they go."""
    for name in FILES:
        yield f"files/{name}", (ROOT / name).read_bytes()


def turned(markdown: str, origin: str, uri: str) -> str:
    """The text of the file `origin` of the repository, with links as its page `uri` needs them."""

    def turn(link: re.Match[str], is_html: bool) -> str:
        before, target, after = link.groups()
        path, _, heading = target.partition("#")
        if not path or ":" in path or path.startswith("/"):
            return link[0]
        place = _place(normpath(join(dirname(origin), path)))
        if place is None:
            return link[0]
        if heading and path.endswith(".ipynb"):
            heading = slug(heading)
        found = relpath(place, dirname(uri) or ".")
        if is_html:  # MkDocs leaves these alone
            found = re.sub(r"\.md$", ".html", found)
        return before + found + (f"#{heading}" if heading else "") + after

    markdown = _MARKDOWN.sub(lambda link: turn(link, False), markdown)
    return _HTML.sub(lambda link: turn(link, True), markdown)


def slug(heading: str) -> str:
    """The site's anchor for a heading, named as Jupyter names it: with hyphens for spaces."""
    return str(_slug(unquote(heading).replace("-", " "), "-"))


def _place(path: str) -> str | None:
    """Where a file of the repository is on the site; None if it is not there, or stays."""
    if path in PAGES:
        return PAGES[path]
    if path in FILES:
        return f"files/{path}"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path.startswith("notebooks/"):
        return re.sub(r"\.ipynb$", ".md", f"lessons/{path.removeprefix('notebooks/')}")
    return None
