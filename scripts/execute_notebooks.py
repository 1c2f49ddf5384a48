"""Run notebooks from top to bottom and store them with what they show, but no widget state."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from cgraph_edu.teaching.files import write
from cgraph_edu.teaching.stripping import take_out


def execute(path: Path) -> None:
    """Run one notebook in place; an error in a cell leaves the file as it was."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # else it is chance how many pieces a long cell prints
        timeout=120,
        resources={"metadata": {"path": str(path.parent)}},
    )
    notebook.metadata.setdefault("kernelspec", {"name": "python3"})
    client.execute()
    take_out(notebook)
    write(path, nbformat.writes(notebook) + "\n")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name)
        execute(Path(name))
