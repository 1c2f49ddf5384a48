"""What `strip` takes out, and that every other byte stays."""

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest

from cgraph_edu.teaching import Refused
from cgraph_edu.teaching.files import NotebookError, find
from cgraph_edu.teaching.stripping import WIDGET_VIEW, strip
from tests.teaching.planted import LESSON, change, executed, stored

VIEW = {WIDGET_VIEW: {"model_id": "1", "version_major": 2, "version_minor": 0}}
OUTPUT = {"output_type": "display_data", "metadata": {}}


def with_widgets(path: Path) -> Path:
    stored(path, ("1", None), ("2", "two\n"))
    notebook = json.loads(path.read_text())
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    notebook["cells"][0]["outputs"] = [
        {**OUTPUT, "data": {**VIEW, "text/plain": ["seen"]}},
        {**OUTPUT, "data": dict(VIEW)},
    ]
    path.write_text(json.dumps(notebook, indent=1) + "\n")
    return path


def test_widgets_go_and_what_else_a_cell_shows_stays(tmp_path: Path) -> None:
    path = with_widgets(tmp_path / "x.ipynb")
    assert strip(path) == ["2 widget views", "widget state"]
    first, second = nbformat.read(path, as_version=4).cells
    assert [output.data for output in first.outputs] == [{"text/plain": "seen"}]
    assert second.outputs[0].text == "two\n"
    assert "widgets" not in json.loads(path.read_text())["metadata"]


def test_an_explorers_picture_and_text_stay(tmp_path: Path) -> None:
    path = executed(
        tmp_path / "x.ipynb",
        "%load_ext cgraph_edu",
        "%%cgraph\na = 2.0\nb = a * a",
        keep_widgets=True,
    )
    before = nbformat.read(path, as_version=4).cells[1].outputs[0].data
    assert "1 widget view" in strip(path)
    after = nbformat.read(path, as_version=4).cells[1].outputs[0].data
    assert before.pop(WIDGET_VIEW)
    assert after == before
    assert set(after) == {"text/html", "text/latex", "text/plain"}


def test_what_differs_between_machines_goes(tmp_path: Path) -> None:
    path = change(
        stored(tmp_path / "x.ipynb", ("1", None)),
        kernelspec={
            "name": "python3",
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
        },
        language_info={"name": "python", "version": "3.12.1", "pygments_lexer": "ipython3"},
        papermill={"duration": 1.5},
        title="Chains",
    )
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["metadata"] = {"execution": {"iopub.busy": "2026"}, "tags": ["kept"]}
    path.write_text(json.dumps(notebook, indent=1))
    assert strip(path) == [
        "when and where it ran",
        "the kernel's title",
        "the language's version",
    ]
    notebook = json.loads(path.read_text())
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "title": "Chains",
    }
    assert notebook["cells"][0]["metadata"] == {"tags": ["kept"]}


def test_a_kernel_of_a_teachers_own_stays(tmp_path: Path) -> None:
    own = {"name": "course-2026", "display_name": "The course", "language": "python"}
    path = change(stored(tmp_path / "x.ipynb"), kernelspec=own)
    assert strip(path) == []
    assert json.loads(path.read_text())["metadata"]["kernelspec"] == own


def test_the_lessons_are_clean_and_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / LESSON.name
    path.write_bytes(LESSON.read_bytes())
    os.utime(path, (1, 1))
    assert strip(path) == []
    assert path.stat().st_mtime == 1


@pytest.mark.parametrize(
    "way",
    [
        {"indent": 1, "ensure_ascii": False},
        {"indent": 4, "ensure_ascii": True},
        {"indent": "\t", "ensure_ascii": False},
        {"separators": (",", ":")},
        {},
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_every_other_byte_stays(
    tmp_path: Path, way: dict[str, Any], newline: str, end: str
) -> None:
    path = stored(
        tmp_path / "x.ipynb", ("x = 'é ∂'", None), ("1e-7", "1e-07\n"), text="Grüße \u2028"
    )
    clean = json.loads(path.read_text("utf-8"))
    spoilt = {**clean, "metadata": {**clean["metadata"], "widgets": {"state": {}}}}
    written = [
        (json.dumps(each, **way) + end).replace("\n", newline).encode() for each in (clean, spoilt)
    ]
    path.write_bytes(written[1])
    assert strip(path) == ["widget state"]
    assert path.read_bytes() == written[0]
    assert strip(path) == []
    assert path.read_bytes() == written[0]


@pytest.mark.parametrize("indent", [None, 2])
def test_numbers_as_javascript_writes_them(tmp_path: Path, indent: int | None) -> None:
    path = stored(tmp_path / "x.ipynb", ("'é'", None))
    separators = None if indent else (",", ":")
    clean = json.loads(path.read_text("utf-8"))
    clean["metadata"]["step"] = 1e-7
    spoilt = {**clean, "metadata": {**clean["metadata"], "widgets": {"state": {}}}}
    before, after = (
        json.dumps(each, indent=indent, separators=separators, ensure_ascii=False)
        for each in (spoilt, clean)
    )
    path.write_text(before.replace("1e-07", "1e-7"), "utf-8")
    assert strip(path) == ["widget state"]
    assert path.read_text("utf-8") == after


@pytest.mark.parametrize(
    ("member", "what"),
    [
        ('"title": 1, "title": 2', "an object names 'title' twice"),
        ('"size": [-1e400]', "the number -1e400 is too large to keep"),
    ],
)
def test_what_would_be_lost_in_writing_is_left_alone(
    tmp_path: Path, member: str, what: str
) -> None:
    path = with_widgets(tmp_path / "x.ipynb")
    before = path.read_text().replace('"widgets": {', member + ', "widgets": {')
    path.write_text(before)
    with pytest.raises(NotebookError, match=what):
        strip(path)
    assert path.read_text() == before


def test_half_a_character_is_no_end(tmp_path: Path) -> None:
    path = with_widgets(tmp_path / "x.ipynb")
    path.write_text(path.read_text().replace("two", "é\\ud800"), encoding="utf-8")
    assert strip(path)
    assert json.loads(path.read_text("utf-8"))["cells"][1]["outputs"][0]["text"] == ["é\ud800\n"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"nbformat": 3}'])
def test_what_is_no_notebook_is_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text(content)
    with pytest.raises(NotebookError):
        strip(path)
    assert path.read_text() == content


def test_a_file_that_is_read_only_is_left_alone(tmp_path: Path) -> None:
    path = with_widgets(tmp_path / "x.ipynb")
    before = path.read_bytes()
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="read-only"):
        strip(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["x.ipynb"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("no space left on device")])
def test_whatever_stops_it_the_notebook_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    path = with_widgets(tmp_path / "x.ipynb")
    before = path.read_bytes()

    def stop(*args: object) -> None:
        raise error

    monkeypatch.setattr("os.fsync", stop)
    with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else OSError):
        strip(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["x.ipynb"]


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path = with_widgets(tmp_path / "x.ipynb")
    path.chmod(0o640)
    link = tmp_path / "link.ipynb"
    link.symlink_to(path)
    assert strip(link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert strip(path) == []


def test_a_folder_is_searched(tmp_path: Path) -> None:
    for name in (
        "b.ipynb",
        "a/c.ipynb",
        ".ipynb_checkpoints/b.ipynb",
        "a/.hidden/d.ipynb",
        "e.py",
        "g/pyvenv.cfg",
        "g/h.ipynb",
        "a/node_modules/i.ipynb",
        "site-packages/j.ipynb",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    (tmp_path / "f.ipynb").mkdir()
    found = [
        path.relative_to(tmp_path).as_posix() for path in find([tmp_path, tmp_path / "b.ipynb"])
    ]
    assert found == ["b.ipynb", "a/c.ipynb"]


def test_a_path_that_leads_to_nothing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="x.ipynb: there is no such file or folder"):
        list(find([tmp_path / "x.ipynb"]))
    with pytest.raises(Refused, match=r"no notebook \(\*\.ipynb\) in this folder"):
        list(find([tmp_path]))
