"""How numbers are written, and when two routes to one number agree."""

from math import inf, nan

import numpy as np
import pytest

from cgraph_edu.core.numbers import agree, close, counted, format_count, format_number


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (6.0, "6"),
        (5.5, "5.5"),
        (1 / 3, "0.333333"),
        (-0.28366218546322625, "-0.283662"),
        (11.652071455223084, "11.6521"),
        (1e-5, "1e-05"),
        (1.5e6, "1.5e+06"),
        (123456.0, "123456"),
        (0.0, "0"),
        (-0.0, "0"),
        (inf, "inf"),
        (-inf, "-inf"),
        (nan, "nan"),
        (True, "True"),
        (False, "False"),
    ],
)
def test_a_number_in_six_digits(x: float, text: str) -> None:
    assert format_number(x) == text


def test_fewer_digits_for_the_picture() -> None:
    assert format_number(1 / 3, digits=4) == "0.3333"


@pytest.mark.parametrize(
    ("x", "y", "agree"),
    [
        (1.0, 1.0, True),
        (1.0, 1.0 + 1e-10, True),
        (1.0, 1.0 + 1e-8, False),
        (1e20, 1e20 * (1 + 1e-10), True),
        (0.0, 1e-10, False),
        (1e-10, 5e-10, False),
        (inf, inf, True),
        (inf, -inf, False),
        (inf, 1.0, False),
        (nan, nan, True),
        (nan, 1.0, False),
    ],
)
def test_agreement_is_relative_to_size(x: float, y: float, agree: bool) -> None:
    assert close(x, y) is agree
    assert close(y, x) is agree


def test_terms_that_cancel_may_leave_rounding_of_their_own_size() -> None:
    assert not close(0.0, 1e-3)
    assert close(0.0, 1e-3, scale=1e9)


def test_an_infinite_scale_excuses_nothing() -> None:
    assert not close(0.0, 1.0, scale=inf)


def test_arrays_agree_entry_by_entry_as_exactly_as_their_largest_allows() -> None:
    x = np.array([1e6, 1.0, np.nan])
    assert agree(x, x + np.array([0.0, 1e-4, 0.0]))
    assert not agree(x, x + np.array([0.0, 1e-2, 0.0]))
    assert not agree(x, np.array([1e6, 1.0, 1.0]))
    assert not agree(x, x[:2])
    assert not agree(x, 1.0)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (1024, "1,024"),
        (10**36 - 1, ",".join(["999"] * 12)),
        (2 * 10**60, "about 10^60"),
        (2**200, "about 10^60"),
        (2**200 - 1, "about 10^60"),
        (4 * 10**60, "about 10^61"),
        (10**4000, "about 10^4000"),
    ],
)
def test_a_count_is_exact_or_of_the_right_size(count: int, text: str) -> None:
    assert format_count(count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 paths"), (1, "1 path"), (2, "2 paths"), (1024, "1,024 paths")],
)
def test_a_count_with_its_noun(count: int, text: str) -> None:
    assert counted(count, "path") == text
