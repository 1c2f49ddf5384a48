"""What the command `cgraph-edu` does, one module for each idea; cli.py is the command itself."""

TIMEOUT = 300
"""Seconds that a cell may take, where nobody says otherwise."""


class Refused(Exception):
    """What was asked cannot be done. The text says why, and what to do, in one line."""
