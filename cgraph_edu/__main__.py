"""`python -m cgraph_edu` is `cgraph-edu`."""

from .cli import main

main(prog_name="python -m cgraph_edu")
