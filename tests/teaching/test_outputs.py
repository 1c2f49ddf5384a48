"""What a difference between two runs is said to come from."""

import pytest

from cgraph_edu.teaching.outputs import Difference, remedy

ROUNDING = 'rounding: print fewer digits, f"{x:.6g}"'
TIME = "a time: leave it out, or tag the cell nbval-ignore-output"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("0.30000000000000004", "0.3", ROUNDING),
        ("[1. 2.0000001 3]", "[1. 2.0000002 3]", ROUNDING),
        ("1763825971.2513", "1763825973.9", TIME),
        ("1763825971", "1763825973", TIME),
        ("1763825971251300000", "1763825973251300000", TIME),
        ("at 1763825971251.5, of 3", "at 1763825973251.5, of 3", TIME),
        # Made of large numbers, but a machine apart, not a second.
        ("1763825971.2513", "1763825971.2513003", ROUNDING),
        ("100000001", "100000002", None),
        ("1.5", "1.6", None),
        ("1.5 m", "1.5000001 km", None),
    ],
)
def test_rounding_is_told_from_time(before: str, after: str, told: str | None) -> None:
    assert remedy(Difference("stdout", before, after), "print(x)") == told
