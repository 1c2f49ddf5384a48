"""Clusters for the tests: processes on this computer, all of them closed afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from distributed import Client

from cgraph_edu.distributed.clusters import start
from tests.waiting import until

STEP = 0.01
"""Seconds of a short sleep."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Assert that the block takes no longer, on a machine that has nothing else to do.

    Time is counted in short sleeps, which take as much longer on a busy machine as all else does.
    """
    ended = Event()
    slept: list[None] = []

    def count() -> None:
        while not ended.wait(STEP):
            slept.append(None)

    counting = Thread(target=count)
    counting.start()
    try:
        yield
    finally:
        ended.set()
        counting.join()
    assert len(slept) * STEP < seconds


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """Three workers, for tests that leave them alone."""
    with start(3) as client:
        yield client


@pytest.fixture(scope="session")
def pair() -> Iterator[Client]:
    """Two workers, for tests that leave them whole."""
    with start(2) as client:
        yield client


class Cluster:
    """A scheduler, and workers, each a process of its own that a test started."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, program: str, *options: str, code: str = "", **environment: str) -> Any:
        """Start Dask's scheduler or a worker; `code` runs first."""
        told = ["--scheduler-file", str(self.file), "--no-dashboard", *options]
        script = f"{code}\nfrom distributed.cli.dask_{program} import main\nmain({told!r})"
        log = (self.folder / f"{program}{len(self.processes)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-c", script],
                cwd=self.folder,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def scheduler(self, *options: str) -> Any:
        """Start the scheduler, and wait for its address."""
        process = self.start("scheduler", "--host", "127.0.0.1", "--port", "0", *options)
        until(lambda: self.file.exists() and self.file.read_text())
        return process

    @property
    def address(self) -> str:
        """The scheduler's."""
        return str(json.loads(self.file.read_text())["address"])

    def worker(self, name: str, *options: str, code: str = "", **environment: str) -> Any:
        """Start a worker without a nanny, and wait until the scheduler knows it."""
        plain = ("--nthreads", "1", "--no-nanny", "--name", name, "--host", "127.0.0.1")
        process = self.start("worker", *plain, *options, code=code, **environment)
        with Client(self.address, set_as_default=False) as client:
            until(
                lambda: (
                    name in {str(w["name"]) for w in client.scheduler_info()["workers"].values()}
                )
            )
        return process

    def close(self) -> None:
        """End every process."""
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster that a test builds from processes."""
    made = Cluster(tmp_path)
    try:
        yield made
    finally:
        made.close()
