"""Working out by Python what the text of a formula says, to compare it with the value beside it."""

import re
from collections.abc import Mapping

from tests.witnesses import WITNESSES

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def worked_out(formula: str, values: Mapping[str, float]) -> float:
    """The value of "x1_dot · x2 + v1²" where its names have these values."""
    python = formula.replace("·", "*")
    python = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: f"**({power[0].translate(RAISED)})", python)
    result: float = eval(python, {"__builtins__": {}, **WITNESSES, **values})
    return result
