"""Working out by Python what the text of a formula says, to compare it with the value beside it."""

import math
import re
from collections.abc import Mapping

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def worked_out(formula: str, values: Mapping[str, float]) -> float:
    """The value of "x1_dot · x2 + v1²" where its names have these values."""
    python = formula.replace("·", "*")
    python = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: f"**({power[0].translate(RAISED)})", python)
    functions = {name: getattr(math, name) for name in dir(math) if not name.startswith("_")}
    result: float = eval(python, {"__builtins__": {"abs": abs}, **functions, **values})
    return result
