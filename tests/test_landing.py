"""The landing notebook and its pictures, and every link from one notebook to another."""

import re
import urllib.parse
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from nbconvert.filters import markdown2html

from scripts.lesson_pictures import CARDS, PICTURES

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
INDEX = FOLDER / "index.ipynb"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LESSONS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
MINUTES = {"ten": 10, "fifteen": 15, "twenty": 20, "twenty-five": 25}

# What neither JupyterLab's sanitiser nor GitHub's drops.
KEPT: dict[str, set[str]] = {
    "a": {"href"},
    "b": set(),
    "br": set(),
    "code": set(),
    "img": {"src", "alt", "width", "align", "hspace"},
    "table": {"width"},
    "tbody": set(),
    "td": {"width", "valign"},
    "tr": set(),
}


@dataclass
class Link:
    """A link with the words in it, and its picture."""

    href: str
    words: str = ""
    src: str = ""
    alt: str = ""


@dataclass
class Prose(HTMLParser):
    """What the Markdown of a notebook says, as a reader gets it."""

    links: list[Link] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    words: str = ""
    inside: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(Link(told["href"]))
        elif re.fullmatch("h[1-6]", tag):
            self.headings.append("")
        elif tag in ("img", "source"):
            self.pictures.append(told.get("src") or told["srcset"])
            if "a" in self.inside:
                self.links[-1].src, self.links[-1].alt = self.pictures[-1], told["alt"]
        if tag not in ("img", "source", "br", "hr"):
            self.inside.add(tag)

    def handle_endtag(self, tag: str) -> None:
        self.inside.discard(tag)

    def handle_data(self, data: str) -> None:
        data = data.replace("\N{NO-BREAK SPACE}", " ")
        self.words += data
        if "a" in self.inside:
            self.links[-1].words += data
        if any(re.fullmatch("h[1-6]", tag) for tag in self.inside):
            self.headings[-1] += data


def markdown(notebook: Path) -> list[str]:
    cells = nbformat.read(notebook, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "markdown"]


def prose(*sources: str) -> Prose:
    told = Prose()
    for source in sources:
        # nbconvert adds a link to each heading.
        told.feed(re.sub(r'<a class="anchor-link".*?</a>', "", markdown2html(source)))
    return told


def read(notebook: Path) -> Prose:
    return prose(*markdown(notebook))


def broken(found: Prose, path: Path) -> list[str]:
    """The links and pictures of a notebook at this path that lead nowhere."""
    targets = [link.href for link in found.links] + found.pictures
    return [target for target in targets if not leads_somewhere(target, path)]


def leads_somewhere(target: str, path: Path) -> bool:
    parts = urllib.parse.urlsplit(target)
    if parts.scheme:
        return True
    there = path.parent / urllib.parse.unquote(parts.path) if parts.path else path
    if not there.is_file() or not parts.fragment:
        return there.is_file()
    # As Jupyter names a heading.
    names = [heading.strip().replace(" ", "-") for heading in read(there).headings]
    return urllib.parse.unquote(parts.fragment) in names


def lesson_links() -> tuple[list[Link], list[Link]]:
    """The links to lessons from pictures, and those from titles."""
    links = [link for link in read(INDEX).links if re.match(r"\d\d_", link.href)]
    return [link for link in links if link.src], [link for link in links if link.words]


# ---- the landing notebook


def test_every_lesson_is_linked_once_and_in_order() -> None:
    for links in lesson_links():
        assert [link.href for link in links] == [lesson.name for lesson in LESSONS]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_a_link_has_the_lesson_s_title_time_and_picture(lesson: Path) -> None:
    picture, title = (next(x for x in links if x.href == lesson.name) for links in lesson_links())
    assert title.words == read(lesson).headings[0].strip()
    assert picture.src == f"images/lessons/{lesson.stem}.svg"
    shown = ElementTree.parse(FOLDER / picture.src).findtext("{*}title") or ""
    assert len(shown) > 40
    assert picture.alt == f"Lesson {int(lesson.name[:2])}: {shown}"
    opening = nbformat.read(lesson, as_version=4).cells[0].source
    shape = 'width="300" align="right" hspace="12"'
    assert f'<img src="{picture.src}" alt="{escape(shown)}" {shape}>' in opening
    (minutes,) = re.findall(r"([\w-]+) minutes", opening)
    assert f"{title.words} · {MINUTES[minutes]} minutes" in read(INDEX).words


def dropped(source: str) -> list[str]:
    """The tags in Markdown, and the attributes, that a sanitiser would take out."""
    found = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in KEPT:
                found.append(tag)
            found.extend(f"{tag} {name}" for name, _ in attrs if name not in KEPT.get(tag, set()))

    Tags().feed(re.sub(r"(?s)```.*?```|`[^`]*`", "", source))
    return found


@pytest.mark.parametrize("notebook", [INDEX, *LESSONS], ids=lambda notebook: notebook.stem)
def test_nothing_is_dropped_by_a_sanitiser(notebook: Path) -> None:
    assert [tag for cell in markdown(notebook) for tag in dropped(cell)] == []


def test_what_is_dropped_is_noticed() -> None:
    source = "<script>1</script> <p style='color:red' onclick=x>x</p> <td class=a> `<i>`"
    assert dropped(source) == ["script", "p", "p style", "p onclick", "td class"]


def test_one_cell_is_live() -> None:
    notebook = nbformat.read(INDEX, as_version=4)
    drawn = [cell for cell in notebook.cells if cell.source.startswith("%%cgraph")]
    assert len(drawn) == 1
    assert "text/html" in drawn[0].outputs[0].data


def test_learners_begin_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"LESSON := {INDEX.name}\n" in makefile
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"urlpath=lab/tree/([^\s)]+)", readme)) == {f"notebooks/{INDEX.name}"}


# ---- from one notebook to another


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_every_link_leads_somewhere(notebook: Path) -> None:
    assert broken(read(notebook), notebook) == []


@pytest.mark.parametrize(
    "target",
    [
        "13_nothing.ipynb",
        "images/nothing.svg",
        "01_computational_graphs.ipynb#Nothing",
        "#Nothing",
        "frameworks",
    ],
)
def test_a_broken_link_is_noticed(target: str) -> None:
    for source in (f"See [it]({target}).", f'<p><a href="{target}">it</a></p>'):
        assert broken(prose(source), INDEX) == [target]
    assert broken(prose(f"![it]({target})"), INDEX) == [target]


def test_what_leads_somewhere_is_no_broken_link() -> None:
    fine = "[a](gallery.ipynb) [b](#Try-it) [c](https://example.org) `[d](nothing.ipynb)`"
    assert broken(prose(fine), INDEX) == []
    assert broken(prose("[a](01_computational_graphs.ipynb#Now-move-it)"), INDEX) == []


@pytest.mark.parametrize(
    ("lesson", "following"),
    list(zip(LESSONS, [*LESSONS[1:], INDEX], strict=True)),
    ids=[lesson.stem for lesson in LESSONS],
)
def test_a_lesson_ends_with_a_link_to_the_next(lesson: Path, following: Path) -> None:
    *_, last = nbformat.read(lesson, as_version=4).cells
    ending = last.source.strip().split("\n\n")[-1]
    assert ending.startswith("**Next:**")
    assert [link.href for link in prose(ending).links] == [following.name]


# ---- the pictures


def test_there_is_a_picture_for_every_lesson_and_no_other() -> None:
    assert sorted(path.name for path in PICTURES.iterdir()) == [f"{name}.svg" for name in CARDS]


@pytest.mark.parametrize("name", CARDS)
def test_a_picture_is_what_the_script_draws(name: str) -> None:
    stored = (PICTURES / f"{name}.svg").read_bytes().decode()
    drawn = CARDS[name]()
    if name == "11_a_neuron_learns":
        # What a network learns differs in its last digits from one machine to the next, and so do
        # the points of its border. The rest is ours.
        border = re.compile(r'(?<= d=")M[^"]*')
        stored, drawn = border.sub("", stored), border.sub("", drawn)
    assert drawn == stored, "make screenshots draws it again"


@pytest.mark.parametrize("name", CARDS)
def test_a_picture_is_small_and_whole(name: str) -> None:
    stored = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert len(stored.encode()) < 30_000
    assert re.findall(r"(?:href|src)=|url\((?!#)", stored) == []
