"""What MkDocs calls to put the documentation site together: see mkdocs.yml.

Lessons become pages; README's neighbours (CONTRIBUTING, CHANGELOG, the benchmarks) too; pictures
and explorers are drawn by the package; and the reference is filled in from the code.
"""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from scripts.docs import lessons, links, pictures, reference

TAKEN_OVER = {
    "benchmarks.md": "benchmarks/README.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
}
"""Pages that are files of the repository, by where they are on the site."""


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add what is not in docs/."""

    def add(uri: str, content: str | bytes) -> None:
        files.append(File.generated(config, uri, content=content))

    for uri, source in TAKEN_OVER.items():
        add(uri, (links.ROOT / source).read_text(encoding="utf-8"))
    for uri, text in lessons.pages():
        add(uri, text)
    for uri, data in (*lessons.files(), *pictures.files(), *links.files()):
        add(uri, data)
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in what a page asks for, and turn its links to files of the repository."""
    uri = page.file.src_uri
    if uri in TAKEN_OVER:
        origin = TAKEN_OVER[uri]
    elif uri.startswith("lessons/"):
        origin = "notebooks/" + uri.removeprefix("lessons/")
    else:
        origin = f"docs/{uri}"
    markdown = links.turned(markdown, origin, uri)
    return pictures.placed(reference.filled(markdown), uri)
