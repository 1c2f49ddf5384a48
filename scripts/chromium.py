"""Find a Chromium that starts, or install one.

`python scripts/chromium.py` prints its path. In order: one on the PATH, Playwright's own, one that
Playwright can download, and for root one from the system's package manager.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

PACKAGE_MANAGERS = {
    "apt-get": [
        "apt-get update",
        "apt-get install -y --no-install-recommends chromium fonts-liberation fonts-inter",
    ],
    "dnf": ["dnf install -y chromium liberation-fonts"],
    "apk": ["apk add chromium font-liberation"],
}


def find() -> str | None:
    """The path of a Chromium that starts, or None."""
    for name in NAMES:
        path = shutil.which(name)
        if path and _starts(path):
            return path
    path = _playwrights_own()
    return path if _starts(path) else None


def install() -> list[str]:
    """Try to install Chromium, and return what stood in the way of each attempt."""
    reasons = []
    for attempt in (_with_playwright, _with_package_manager):
        reason = attempt()
        if find():
            return []
        reasons.append(reason or "installed, but nothing that starts came of it")
    return reasons


def _starts(path: str) -> bool:
    """Whether it runs at all: Ubuntu's chromium-browser may be a stub, libraries may be missing."""
    if not Path(path).is_file():
        return False
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _playwrights_own() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _with_playwright() -> str:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return _run(command, timeout=600)


def _with_package_manager() -> str:
    manager = next(filter(shutil.which, PACKAGE_MANAGERS), None)
    if manager is None:
        return f"none of {', '.join(PACKAGE_MANAGERS)} is here"
    if os.geteuid() != 0:
        return f"{manager} needs root"
    for command in PACKAGE_MANAGERS[manager]:
        reason = _run(command.split(), timeout=900)
        if reason:
            return reason
    return ""


def _run(command: list[str], timeout: float) -> str:
    """Run a command quietly; return why it failed, or nothing."""
    shown = " ".join(command)
    print(f"$ {shown}", file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{shown}: no answer within {timeout:.0f} s"
    if done.returncode == 0:
        return ""
    last = "\n".join(done.stdout.strip().splitlines()[-5:])
    return f"{shown}: exit status {done.returncode}\n{last}"


def main() -> int:
    """Print the path of a Chromium that starts, installing one if there is none."""
    path = find()
    if path is None:
        reasons = install()
        path = find()
        if path is None:
            print("No Chromium, and none could be installed:", file=sys.stderr)
            for reason in reasons:
                print(f"- {reason}", file=sys.stderr)
            print("Put Chromium or Google Chrome on the PATH and run this again.", file=sys.stderr)
            return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
