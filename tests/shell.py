"""An IPython shell to run cells in, and what a learner sees of them."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output


@dataclass
class Shown:
    """What a learner sees after running a cell."""

    bundles: list[dict[str, Any]]
    printed: str
    warnings: list[str]
    error: BaseException | None

    @property
    def text(self) -> str:
        """The plain text of the last output."""
        text: str = self.bundles[-1]["text/plain"]
        return text


@dataclass
class Notebook:
    """A shell to run cells in."""

    shell: InteractiveShell = field(repr=False)

    def run(self, cell: str) -> Shown:
        with capture_output() as captured, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")  # as in a kernel
            result = self.shell.run_cell(cell)
        printed = re.sub(r"\x1b\[[0-9;]*m", "", captured.stdout + captured.stderr)
        error = result.error_before_exec or result.error_in_exec
        said = [f"{w.lineno}: {w.category.__name__}: {w.message}" for w in caught]
        return Shown([output.data for output in captured.outputs], printed, said, error)

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.shell.user_ns


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "cgraph_edu")
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def notebook(shell: InteractiveShell) -> Iterator[Notebook]:
    own = set(shell.user_ns)
    yield Notebook(shell)
    for name in set(shell.user_ns) - own:
        del shell.user_ns[name]
