"""What every test gets: settings of its own, and an order in which the quick ones come first."""

from collections.abc import Iterator

import hypothesis
import pytest

from tests.binder import Binder, build
from tests.shell import notebook, shell

__all__ = ["notebook", "shell"]

# A busy machine must not fail a test; how long things take is for the benchmarks. And who sees a
# test fail must have broken something: the examples are the same each time. To look at others:
# `pytest --hypothesis-profile=others`.
hypothesis.settings.register_profile("cgraph_edu", deadline=None, derandomize=True)
hypothesis.settings.register_profile("others", deadline=None)
hypothesis.settings.load_profile("cgraph_edu")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def cost(item: pytest.Item) -> int:
        # Browsers come last also because Playwright's event loop, once started, stays.
        return 2 * ("browser" in item.keywords) + ("slow" in item.keywords)

    items.sort(key=cost)


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep IPython, Jupyter and matplotlib away from the developer's own settings."""
    home = tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        patch.setenv("JUPYTER_CONFIG_DIR", str(home / "jupyter_config"))
        patch.setenv("JUPYTER_DATA_DIR", str(home / "jupyter_data"))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(home / "jupyter_runtime"))
        patch.setenv("MPLBACKEND", "agg")
        yield


@pytest.fixture(scope="session")
def binder(tmp_path_factory: pytest.TempPathFactory) -> Binder:
    """What Binder builds, once for all tests."""
    return build(tmp_path_factory.mktemp("binder"))
